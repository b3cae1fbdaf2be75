"""What a process uses, read from /proc, and how rows are made of many measurements."""

import os
import statistics
from collections.abc import Sequence
from pathlib import Path

import trio

TICKS_S = os.sysconf("SC_CLK_TCK")
Row = dict[str, object]


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident, and proportional (shared pages divided by those who share them). MB of 1024 kB, as the goals are."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {name: int(value.split()[0]) for name, value in (line.split(":") for line in lines)}
    return round(kilobytes["Rss"] / 1024, 1), round(kilobytes["Pss"] / 1024, 1)


def peak_mb(pid: int) -> float:
    """The most that was ever resident, in MB of 1024 kB."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024, 1)


def forget_peak(pid: int) -> None:
    """The peak counts from now (proc_pid_clear_refs(5))."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


async def load_percent(pid: int, seconds: float) -> float:
    """Of one core, all threads, in user and system time."""
    before = _ticks(pid)
    await trio.sleep(seconds)
    return round((_ticks(pid) - before) / TICKS_S / seconds * 100, 2)


async def wakeups(pid: int, seconds: float) -> float:
    """How often in a second one of its threads began to run (proc_pid_status(5))."""
    before = _switches(pid)
    await trio.sleep(seconds)
    return round((_switches(pid) - before) / seconds, 1)


def _switches(pid: int) -> int:
    """Of its threads, each of which gave the processor away, to wait, once for each time that it got it."""
    lines = [line for path in Path(f"/proc/{pid}/task").glob("*/status") for line in path.read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


def _ticks(pid: int) -> int:
    # The second field, in parentheses, may hold spaces; utime and stime are the 14th and 15th (proc_pid_stat(5)).
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def timed(title: str, times: Sequence[float], floor: Sequence[float], unit: str = "ms") -> Row:
    """A row of many measurements in `unit`, and of the floor's."""
    middle, bottom = statistics.median(times), statistics.median(floor)
    return {
        "row": f"{title}, {unit}",
        "median": round(middle, 1),
        "p99": p99(times),
        "floor": round(bottom, 1),
        "ratio": round(middle / bottom, 2),
        "floor_p99": p99(floor),
        "count": len(times),
    }


def p99(times: Sequence[float]) -> float:
    """Of a hundred, the second largest; of fewer, the largest."""
    return round(sorted(times)[-1 - len(times) // 100], 1)


def weighed(title: str, value: float, floor: float, **more: object) -> Row:
    """A row of one measurement."""
    return {"row": title, "median": value, "floor": floor, "ratio": round(value / floor, 2) if floor else None, **more}
