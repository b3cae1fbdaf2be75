"""Who is whose child, as the kernel has it (proc(5))."""

from pathlib import Path

import trio

from tests.rigs.patience import PATIENCE_S

LOOK_S = 0.02


def alive(pid: int) -> bool:
    """Whether it runs. What has ended and waits to be asked for its status does not."""
    try:
        return _stat(pid)[0] != "Z"
    except OSError:
        return False


def children(of: int, *, command: str = "") -> list[int]:
    """Those that run, and whose command line has `command` in it."""
    found = []
    for place in Path("/proc").iterdir():
        try:
            state, parent = _stat(int(place.name))[:2] if place.name.isdecimal() else ("", "")
            if parent == str(of) and state != "Z" and command in (place / "cmdline").read_text():
                found.append(int(place.name))
        except OSError:
            continue  # it ended meanwhile
    return found


def descendants(of: int, *, command: str = "") -> list[int]:
    """Its children, their children, and so on."""
    below = [each for child in children(of) for each in (child, *descendants(child))]
    return [each for each in below if command in _command(each)]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""  # it ended meanwhile


def peak_kb(pid: int) -> int:
    """The most memory that it ever had, in kB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


async def until_ended(pid: int) -> None:
    """It is not our child, or not ours to wait for."""
    with trio.fail_after(PATIENCE_S):
        while alive(pid):
            await trio.sleep(LOOK_S)


async def until_child(of: int, command: str) -> int:
    with trio.fail_after(PATIENCE_S):
        while not (found := children(of, command=command)):
            await trio.sleep(LOOK_S)
    return found[0]


def _stat(pid: int) -> list[str]:
    """From the state on: what precedes it, the name, may have spaces and brackets in it."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
