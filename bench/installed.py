"""The box as its package installs it, on a computer with a real systemd: from boot to the first tap, and what it costs.

    python -m bench installed [--release bookworm] [--boots 10] [--seconds 30]

systemd notes when it started a process and when that said READY, which the box does when taps work; its clock is that
of the machine outside. A computer here is a container (tests/rigs/machine.py): there is no firmware and no kernel to
start, so "boot" begins with its first process. The floor of the boot is the same computer without the box, that of the
start is a Python that runs Trio. Needs root.
"""

import argparse
import json
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import trio

from bench.meters import Row, load_percent, memory_mb, timed
from tests.rigs.machine import RELEASES, Machine, booted, overlaid, packages, root

HELLO = "import time, trio; trio.run(trio.sleep, 0); print(time.monotonic_ns() // 1000)"
PYTHON = "/usr/lib/tomb-music-box/bin/python"


async def rows(release: str, boots: int, seconds: float) -> AsyncIterator[Row]:
    package = packages(release)[release]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with overlaid(root(release), place / "install") as disk:
            async with booted(disk, package.parent) as machine:
                await machine.run("apt-get", "install", "--yes", f"/mnt/{package.name}")
                await machine.until("/api/playlists", lambda data: bool(data["playlists"]))
        lower = (place / "install/changes", root(release))
        bare = [await _boot_bare(root(release), place / f"bare{number}") for number in range(boots)]
        boot, tap, web, hello = [], [], [], []
        for number in range(boots):
            with overlaid(lower, place / f"boot{number}") as disk:
                async with booted(disk) as machine:
                    await machine.until("/api/health")
                    answered = time.monotonic_ns() // 1000
                    began = await _of_manager(machine, "UserspaceTimestampMonotonic")
                    started = await _of_box(machine, "ExecMainStartTimestampMonotonic")
                    ready = await _of_box(machine, "ActiveEnterTimestampMonotonic")
                    boot.append((ready - began) / 1000)
                    tap.append((ready - started) / 1000)
                    web.append((answered - started) / 1000)
                    before = time.monotonic_ns() // 1000
                    hello.append((int((await machine.run(PYTHON, "-c", HELLO)).said) - before) / 1000)
        yield timed(f"Debian {RELEASES[release]}: the computer's first process to the first tap", boot, bare)
        yield timed("process start to the first tap", tap, hello)
        yield timed("process start to the first answer", web, hello)
        async with _idle(lower, place / "idle") as (main, pids):
            resident = [memory_mb(pid) for pid in pids]
            load = await load_percent(main, seconds)
            yield {
                "row": "idle: memory of all its processes, MB (proportional)",
                "median": round(sum(pss for _, pss in resident), 1),
                "resident of the main one": memory_mb(main)[0],
                "processes": len(pids),
            }
            yield {"row": f"idle: percent of a core, over {seconds:g} s", "median": load}


async def _boot_bare(below: Path, folder: Path) -> float:
    with overlaid(below, folder) as disk:
        async with booted(disk) as machine:
            began = await _of_manager(machine, "UserspaceTimestampMonotonic")
            return (await _of_manager(machine, "FinishTimestampMonotonic") - began) / 1000


async def _of_manager(machine: Machine, name: str) -> int:
    return int((await machine.run("systemctl", "show", "--value", f"--property={name}")).said)


async def _of_box(machine: Machine, name: str) -> int:
    return int((await machine.run("systemctl", "show", "--value", f"--property={name}", "tomb")).said)


@asynccontextmanager
async def _idle(lower: tuple[Path, ...], folder: Path) -> AsyncIterator[tuple[int, list[int]]]:
    """A box that nobody asks, a while after its start: its process, and all that it started."""
    with overlaid(lower, folder) as disk:
        async with booted(disk) as machine:
            await machine.until("/api/health")
            await trio.sleep(20)
            pids = _outside(machine, await _of_box(machine, "MainPID"))
            yield next(iter(pids)), pids


def _outside(machine: Machine, main: int) -> list[int]:
    """The numbers that the service's processes have out here (proc_pid_status(5), NSpid), that of `main` first."""
    space = Path(f"/proc/{machine.leader}/ns/pid").readlink()
    found: dict[int, int] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "ns/pid").readlink() == space and "tomb.service" in (process / "cgroup").read_text():
                lines = (process / "status").read_text().splitlines()
                numbers = next(line for line in lines if line.startswith("NSpid:")).split()
                found[int(numbers[-1])] = int(process.name)
    return [found.pop(main), *found.values()]


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--release", choices=tuple(RELEASES), default="bookworm")
    parser.add_argument("--boots", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    async for row in rows(options.release, options.boots, options.seconds):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    trio.run(main)
