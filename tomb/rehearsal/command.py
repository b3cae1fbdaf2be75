"""`tomb rehearse`: what it is given, what it prints."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from tomb.rehearsal.conductor import Performance, rehearse
from tomb.rehearsal.coverage import Coverage
from tomb.rehearsal.scenario import Scenario, ScenarioError, read

Style = Literal["text", "json", "diagram"]


def rehearse_all(
    paths: Sequence[Path], seed: int, seeds: int | None, style: Style, coverage: Coverage | None = None
) -> bool:
    """Whether every scenario went as expected. The transcript of one alone is printed, and of any that did not, as far
    as it got. `coverage` learns what rows they told. Raises ScenarioError, before anything is rehearsed."""
    scenarios = [read(path) for path in _files(paths)]
    alone = len(scenarios) == 1 and seeds is None
    went_well = True
    for scenario in scenarios:
        for each in range(seed, seed + (seeds or 1)):
            with nullcontext() if coverage is None else coverage.watching(Path(scenario.file).stem):
                performance = rehearse_in_scratch(scenario, each)
            if (alone and coverage is None) or performance.failure is not None:
                print(shown(performance, style))
            if performance.failure is not None:
                _complain(performance)
                went_well = False
                break
        else:
            if not alone and coverage is None:
                times = "" if seeds is None else f" ({seeds} orders)"
                print(f"{scenario.file}: {scenario.told.title}{times}")
    if coverage is not None:
        print("\n".join(coverage.report()))
    return went_well


def rehearse_in_scratch(scenario: Scenario, seed: int = 0) -> Performance:
    """In a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="tomb-rehearsal-") as folder:
        return rehearse(scenario, Path(folder), seed)


def shown(performance: Performance, style: Style) -> str:
    transcript = performance.transcript
    if style == "json":
        return "\n".join(transcript.json_lines())
    return "\n".join(transcript.diagram() if style == "diagram" else transcript.lines())


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        found = sorted(path.glob("*.toml")) if path.is_dir() else [path]
        if not found:
            raise ScenarioError(f"{path}: there is no scenario in it")
        yield from found


def _complain(performance: Performance) -> None:
    seed = f" --seed {performance.seed}" if performance.seed else ""
    print(performance.failure, file=sys.stderr)
    print(f"  again: tomb rehearse{seed} {performance.scenario.file}", file=sys.stderr)
