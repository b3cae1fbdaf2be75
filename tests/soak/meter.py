"""What a life costs: memory, descriptors, threads, tasks, samples of them over time, and whether they grow."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Figures = Mapping[str, float]
PAGE = os.sysconf("SC_PAGE_SIZE")


def process_figures(pid: int | str = "self") -> dict[str, float]:
    """Of a process: resident MB, open descriptors, threads."""
    at = Path("/proc") / str(pid)
    return {
        "MB": int((at / "statm").read_text().split()[1]) * PAGE / 1024**2,
        "descriptors": len(list((at / "fd").iterdir())),
        "threads": len(list((at / "task").iterdir())),
    }


@dataclass
class Meter:
    """`samples`: (hours since the start, figures)."""

    samples: list[tuple[float, Figures]] = field(default_factory=list)

    def note(self, hours: float, figures: Figures) -> None:
        self.samples.append((hours, dict(figures)))

    def of(self, name: str) -> list[tuple[float, float]]:
        return [(hours, figures[name]) for hours, figures in self.samples]

    def slope(self, name: str) -> float:
        """An hour, by least squares, of the second half: what a box takes once it has taken at the beginning."""
        half = self.of(name)[len(self.samples) // 2 :]
        return _slope(half)

    def growth(self, name: str) -> float:
        """By how much the median of the last third is above that of the middle one."""
        values = [value for _, value in self.of(name)]
        third = max(1, len(values) // 3)
        return _median(values[-third:]) - _median(values[-2 * third : -third] or values[:1])

    def __str__(self) -> str:
        lines = [f"{'':12}{'start':>10}{'middle':>10}{'end':>10}{'least':>10}{'most':>10}{'an hour':>12}"]
        for name in self.samples[0][1]:
            values = [value for _, value in self.of(name)]
            shown = (values[0], values[len(values) // 2], values[-1], min(values), max(values))
            lines.append(f"{name:12}" + "".join(f"{each:10.1f}" for each in shown) + f"{self.slope(name):+12.3f}")
        return "\n".join(lines)


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]


def _slope(points: Sequence[tuple[float, float]]) -> float:
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
