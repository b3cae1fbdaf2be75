"""Children that deal with what strangers made: on little memory, behind the music, and gone when the box is.

For the latter one expects PR_SET_PDEATHSIG, but that signal comes when the *thread* ends that started the child
(prctl(2)), and Trio starts processes in worker threads that end after ten idle seconds. A lifeline does better: a pipe
that only the box can write to, and never does. When the box is gone, be it by `kill -9`, the kernel finds the pipe
closed and signals the child that was named its owner (fcntl(2), F_SETOWN and O_ASYNC); SIGIO ends a process that does
not care for it. Nothing runs in the child for that, so it works for any program, and for one that is stuck.

Each child leads a process group of its own. What it starts in turn belongs to that, and ends with it: the lifeline
signals the whole group, and so does the end of the block.
"""

import fcntl
import os
import resource
import signal
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import trio

NICE = 10  # which counts for disks, too, where the kernel has an order of who reads first: see ioprio_set(2)
EXPENDABLE = "800"  # of 1000, see proc(5) oom_score_adj: where memory runs out, the child goes and the music stays
GONE_S = 1.0
LOOK_S = 0.01


@asynccontextmanager
async def child(
    command: Sequence[str | Path],
    *,
    memory: int = resource.RLIM_INFINITY,
    file_size: int = resource.RLIM_INFINITY,
    stdin: int,
    stdout: int,
    stderr: int,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> AsyncIterator[trio.Process]:
    """A child for as long as the block lasts, with `memory` bytes of addresses at most.

    One that writes more than `file_size` bytes into a file gets SIGXFSZ, of which it dies unless it knows better.
    Raises: OSError when it cannot be started.
    """
    lifeline, ours = os.pipe()
    with _closing(ours):
        with _closing(lifeline):
            fcntl.fcntl(lifeline, fcntl.F_SETFL, os.O_ASYNC)
            process = await trio.lowlevel.open_process(
                command, stdin=stdin, stdout=stdout, stderr=stderr, env=env, cwd=cwd,
                pass_fds=[lifeline],
                process_group=0,  # Ctrl-C at the terminal is for the box
            )  # fmt: skip
            fcntl.fcntl(lifeline, fcntl.F_SETOWN, -process.pid)  # negative: the group
        try:
            # Until here it has had no time for more than its own start.
            _limit(process.pid, memory, file_size)
            yield process
        finally:
            await _end(process)


@contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)


def _limit(pid: int, memory: int, file_size: int) -> None:
    # It may have ended already; and not every container lets one touch that score.
    with suppress(ProcessLookupError, PermissionError):
        resource.prlimit(pid, resource.RLIMIT_AS, (memory, memory))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (file_size, file_size))
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
        os.setpriority(os.PRIO_PROCESS, pid, NICE)
        Path(f"/proc/{pid}/oom_score_adj").write_text(EXPENDABLE, encoding="ascii")


async def _end(process: trio.Process) -> None:
    """Killing. SIGKILL at once and not SIGTERM first: these children keep nothing that they could lose, and one that a
    file has taken over would not listen. Whoever leaves the block was mostly cancelled, so that any await would end at
    once; without the shield the child would stay behind as a zombie, and its pipes open. The deadline is for a child
    that hangs in the kernel, in a disk that does not answer: nobody can kill it, and nobody should wait for it.

    The children of the child are not ours to be waited for: they are looked for until they are gone, so that whoever
    removes their folder afterwards removes what they wrote last.
    """
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with trio.move_on_after(GONE_S, shield=True):
        await process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                await stream.aclose()
        while members(process.pid):  # noqa: ASYNC110  # nobody is told when a child of a child has ended
            await trio.sleep(LOOK_S)


def members(group: int) -> list[int]:
    """The processes of a group that still run."""
    pids = [int(place.name) for place in Path("/proc").iterdir() if place.name.isdecimal()]
    return [pid for pid in pids if _runs_in(group, pid)]


def _runs_in(group: int, pid: int) -> bool:
    try:
        if os.getpgid(pid) != group:
            return False
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (ProcessLookupError, FileNotFoundError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")  # the name before it may hold anything (proc(5))
