"""One run of yt-dlp: what it may, what it takes, and what it says.

It is a stranger's deputy: it runs the scripts of a page, and does what these say. So it lives in a sandbox
(tomb/sandbox.py) where it can read programs, write into one folder, and connect to one port, that of the filtering
proxy; it has no environment but what it needs, and no more memory, disk and time than a song takes.

Its memory is what is resident, of it and all that it starts, looked at each half second: the engine that runs the
scripts reserves many times the addresses that it ever uses.
"""

import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import disk_usage
from subprocess import DEVNULL, PIPE

import trio
from msgspec import Struct

from tomb import confined, sandbox
from tomb.devices.youtube import Reason
from tomb.ports import Ports

MIB = 1024 * 1024
TASKS = 128
LOOK_S = 0.5
LONGEST_LINE = 256 * 1024
SMALLEST = 64 * 1024  # bytes that a file counts as: a million empty ones take no room, but hours to be removed
LAST_WORDS, LAST_WORDS_S = 8192, 1.0
PAGE = os.sysconf("SC_PAGE_SIZE")
# Besides programs: what one needs to reach anybody over TLS, and what engines for scripts look at when they start.
READABLE = (
    *("/etc/ssl", "/etc/ca-certificates", "/etc/pki", "/etc/localtime", "/usr/share/zoneinfo"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/sys/vm/overcommit_memory"),
    *("/sys/devices/system/cpu", "/sys/fs/cgroup", "/sys/kernel/mm/transparent_hugepage"),
)


class Limits(Struct, frozen=True):
    """Seconds and bytes. `pauses_s`: before each further attempt; what fails on the first page, yt-dlp does not try
    again. `scratch`: what is fetched, what is made of it, and a picture."""

    fetch_s: float = 30 * 60.0
    ask_s: float = 90.0
    pauses_s: tuple[float, ...] = (1.0, 4.0)
    file: int = 200 * MIB
    scratch: int = 600 * MIB
    resident: int = 768 * MIB


class Job(Struct, frozen=True):
    """What is to be run. `folder`: where it starts, and the only place where it may write; None: nowhere at all.
    `port`: the only one that it may connect to."""

    command: Sequence[str]
    env: Mapping[str, str]
    read: Sequence[str]
    run: Sequence[str]
    port: int | None
    limits: Limits
    folder: Path | None
    free_kept: int


class Ending(Struct):
    """`status`: None if it was us who ended it, and then `why`. `said`: its last words on stderr. `refused`: it wanted
    to go where it may not."""

    status: int | None = None
    why: Reason | None = None
    said: str = ""
    refused: bool = False


async def run(ports: Ports, job: Job, hear: Callable[[str], None]) -> Ending:
    """Run it to its end; `hear` gets each line of its stdout, and must not raise.

    When this returns or is cancelled, neither it nor anything that it has started is left.
    """
    ending = Ending()
    command = sandbox.command(
        job.command,
        read=[*READABLE, *job.read],
        write=["/dev/null"],
        run=job.run,
        folder=[str(job.folder)] if job.folder else [],
        port=job.port,
        tasks=TASKS,
    )
    home = job.folder or Path("/")
    env = {**job.env, "HOME": str(home), "TMPDIR": str(home)}
    child = confined.child(
        command, file_size=job.limits.file, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, env=env, cwd=home
    )
    try:
        async with child as process, trio.open_nursery() as nursery:
            assert process.stdout is not None
            assert process.stderr is not None
            watched = trio.CancelScope()
            nursery.start_soon(_watch, ports, job, process.pid, ending, watched)
            said = trio.Event()
            nursery.start_soon(_note, process.stderr, ending, said)
            with watched:
                async for line in _lines(process.stdout):
                    hear(line)
                ending.status = await process.wait()
                with trio.move_on_after(LAST_WORDS_S):  # or somebody whom it left behind has them open
                    await said.wait()
            nursery.cancel_scope.cancel()
    except OSError as error:
        ending.why, ending.said = Reason.NO_TOOL, f"it cannot be started: {error.strerror}"
    return ending


async def _lines(stream: trio.abc.ReceiveStream) -> AsyncIterator[str]:
    """Without what is too long to mean anything."""
    pending = b""
    async for block in stream:
        *lines, pending = (pending + block).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace")
        if len(pending) > LONGEST_LINE:
            pending = b""


async def _note(stream: trio.abc.ReceiveStream, ending: Ending, said: trio.Event) -> None:
    words = b""
    async for block in stream:
        words = (words + block)[-LAST_WORDS:]
        ending.said = words.decode("utf-8", "replace")
    said.set()


async def _watch(ports: Ports, job: Job, group: int, ending: Ending, watched: trio.CancelScope) -> None:
    while ending.why is None:
        await trio.sleep(LOOK_S)
        ending.why = await ports.in_thread(_excess, job, group)
    watched.cancel()


def _excess(job: Job, group: int) -> Reason | None:
    """What there is too much of, or too little. Blocks."""
    if sum(map(_resident, confined.members(group))) > job.limits.resident:
        return Reason.MEMORY
    if job.folder is None:
        return None
    try:
        if _size(job.folder) > job.limits.scratch:
            return Reason.TOO_LARGE
    except OSError:  # it made a path that is too long, or forbade to look
        return Reason.TOO_LARGE
    with suppress(FileNotFoundError):
        return Reason.DISK_FULL if disk_usage(job.folder).free < job.free_kept else None
    return None


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE
    except (FileNotFoundError, ProcessLookupError):
        return 0


def _size(folder: Path) -> int:
    """Raises: OSError when not all of it can be seen."""
    size = 0
    for place, folders, names in os.walk(folder, onerror=_unseen):
        size += SMALLEST * len(folders)
        for name in names:
            with suppress(FileNotFoundError):
                size += max(SMALLEST, (Path(place) / name).lstat().st_size)
    return size


def _unseen(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
