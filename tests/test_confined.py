"""Children on a leash: little memory, behind everybody else, and never left over."""

import os
import resource
import signal
import sys
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest
import trio

from tests.rigs.children import alive, until_ended
from tests.rigs.patience import PATIENCE_S
from tomb import confined

MEMORY = 256 * 1024 * 1024
BUSY = "print('busy', flush=True)\nwhile True: pass"

# A box that has a busy child, says who it is, and can be killed.
BOX = f"""
import sys, trio
from subprocess import DEVNULL, PIPE
from tomb import confined

async def main():
    busy = confined.child([sys.executable, "-c", {BUSY!r}], memory={MEMORY}, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL)
    async with busy as child:
        await child.stdout.receive_some()
        print(child.pid, flush=True)
        await trio.sleep_forever()

trio.run(main)
"""


def open_files() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


async def said(source: str, file_size: int = resource.RLIM_INFINITY) -> tuple[int, str]:
    """The status of a child that runs `source`, and what it printed."""
    words = b""
    command = [sys.executable, "-c", "input()\n" + source]
    async with confined.child(
        command, memory=MEMORY, file_size=file_size, stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        await child.stdin.send_all(b"go\n")
        async for piece in child.stdout:
            words += piece
        return await child.wait(), words.decode()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_a_child_that_is_busy_goes_when_its_box_is_killed(how: signal.Signals) -> None:
    box = await trio.lowlevel.open_process([sys.executable, "-c", BOX], stdout=PIPE)
    assert box.stdout is not None
    with trio.fail_after(PATIENCE_S):
        child = int(await box.stdout.receive_some())
    assert alive(child)
    box.send_signal(how)
    await box.wait()
    await until_ended(child)
    await box.stdout.aclose()


async def test_a_child_outlives_the_thread_that_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # Trio's threads end when they were idle for so long; what is tied to one (as by PR_SET_PDEATHSIG) ends with it.
    monkeypatch.setattr("trio._core._thread_cache.IDLE_TIMEOUT", 0.05)
    command = [sys.executable, "-c", "input(); print('here')"]
    async with confined.child(command, memory=MEMORY, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        with trio.move_on_after(0.5):
            await child.wait()
        await child.stdin.send_all(b"\n")
        assert (await child.stdout.receive_some()).startswith(b"here")


async def test_a_child_that_does_not_end_is_ended() -> None:
    async with confined.child(
        [sys.executable, "-c", BUSY], memory=MEMORY, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
    ) as child:
        assert child.stdout is not None
        await child.stdout.receive_some()
        assert alive(child.pid)
    assert child.returncode == -signal.SIGKILL


async def test_memory_has_an_end() -> None:
    assert await said("bytearray(300_000_000)") == (1, "")
    assert await said("print(len(bytearray(100_000_000)))") == (0, "100000000\n")


async def test_a_file_has_an_end(tmp_path: Path) -> None:
    source = "import pathlib, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_DFL)\n"
    source += f"pathlib.Path({str(tmp_path / 'x')!r}).write_bytes(bytes(%d))"
    assert await said(source % 1000, file_size=1000) == (0, "")
    assert await said(source % 1001, file_size=1000) == (-signal.SIGXFSZ, "")


async def test_it_comes_after_everybody_else() -> None:
    status, words = await said(
        "import os\nprint(os.getpriority(os.PRIO_PROCESS, 0), open('/proc/self/oom_score_adj').read())"
    )
    assert (status, words.split()) == (0, [str(confined.NICE), confined.EXPENDABLE])


async def test_the_interrupt_of_a_terminal_is_not_for_it() -> None:
    status, words = await said("import os\nprint(os.getpgid(0))")
    assert status == 0
    assert int(words) != os.getpgid(0)


async def test_what_is_not_there_cannot_be_started() -> None:
    before = open_files()
    with pytest.raises(FileNotFoundError):
        async with confined.child(["/no/such/program"], memory=MEMORY, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL):
            pass
    assert open_files() == before


FAMILY = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
print(child.pid, flush=True)
time.sleep(1000)
"""


async def test_what_a_child_has_started_ends_with_it() -> None:
    command = [sys.executable, "-c", FAMILY]
    async with confined.child(command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL) as child:
        assert child.stdout is not None
        grandchild = int(await child.stdout.receive_some())
        assert set(confined.members(child.pid)) == {child.pid, grandchild}
    assert not alive(grandchild)
    assert confined.members(child.pid) == []


async def test_what_a_child_has_started_ends_with_the_box() -> None:
    box = await trio.lowlevel.open_process(
        [sys.executable, "-c", BOX.replace(repr(BUSY), repr(FAMILY), 1)], stdout=PIPE
    )
    assert box.stdout is not None
    with trio.fail_after(PATIENCE_S):
        child = int(await box.stdout.receive_some())
        family = confined.members(child)
        assert len(family) == 2
    box.kill()
    await box.wait()
    for each in family:
        await until_ended(each)
    await box.stdout.aclose()
