"""The watched inbox: people tidy up in it while it is emptied, and pull out the stick that it is on."""

import os
import resource
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.rigs.library import Length, Stage, opened, titles, weigh
from tomb.errors import Unavailable
from tomb.nurseries.health import Board
from tomb.nurseries.supervisor import LOOK_PAUSES_S, supervised
from tomb.ports import VirtualPorts

EVERY_S = 10.0
HEALED_S = LOOK_PAUSES_S[-1] + 2 * EVERY_S


@asynccontextmanager
async def watched(data: Path, probe: Callable[[Path], Length] = weigh) -> AsyncIterator[Stage]:
    async with opened(data, ports=VirtualPorts(), probe=probe) as stage, trio.open_nursery() as nursery:
        watch = partial(stage.importer.watch_inbox, every_s=EVERY_S)
        await nursery.start(supervised("inbox", Board(VirtualPorts()), watch, LOOK_PAUSES_S).run)
        yield stage
        nursery.cancel_scope.cancel()


def lay_down(inbox: Path, title: str, *names: str) -> Path:
    """A folder that was complete long ago."""
    folder = inbox / title
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(f"{title}/{name}".encode())
    for path in (*folder.iterdir(), folder):
        os.utime(path, (1.0, 1.0))
    return folder


async def playlists(stage: Stage) -> dict[str, list[str]]:
    lites = stage.librarian.lites()
    return {lite.title: titles(await stage.librarian.playlist(lite.id)) for lite in lites}


class Once:
    """A probe that lets something happen at its first file."""

    def __init__(self) -> None:
        self.happens: Callable[[], object] | None = None

    def __call__(self, path: Path) -> Length:
        happens, self.happens = self.happens, None
        if happens is not None:
            happens()
        return weigh(path)


async def test_a_folder_renamed_while_another_is_taken_in_comes_in_under_its_new_name(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with watched(tmp_path, once := Once()) as stage:
        inbox = stage.librarian.folder / "inbox"
        lay_down(inbox, "A", "1.mp3")
        second = lay_down(inbox, "B", "1.mp3", "2.mp3")
        once.happens = partial(second.rename, inbox / "Better")
        await trio.sleep(5 * EVERY_S)
        assert await playlists(stage) == {"A": ["1"], "Better": ["1", "2"]}
        assert list(inbox.iterdir()) == []


async def test_a_folder_deleted_while_another_is_taken_in_is_passed_over(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with watched(tmp_path, once := Once()) as stage:
        inbox = stage.librarian.folder / "inbox"
        lay_down(inbox, "A", "1.mp3")
        second = lay_down(inbox, "B", "1.mp3")

        def tidy() -> None:
            (second / "1.mp3").unlink()
            second.rmdir()

        once.happens = tidy
        await trio.sleep(2 * EVERY_S)
        lay_down(inbox, "C", "1.mp3")
        await trio.sleep(2 * EVERY_S)
        assert await playlists(stage) == {"A": ["1"], "C": ["1"]}


async def test_a_folder_renamed_while_it_is_taken_in_comes_in_once_and_whole(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with watched(tmp_path, once := Once()) as stage:
        inbox = stage.librarian.folder / "inbox"
        folder = lay_down(inbox, "A", "1.mp3", "2.mp3", "3.mp3")
        once.happens = partial(folder.rename, inbox / "Better")
        await trio.sleep(5 * EVERY_S)
        assert await playlists(stage) == {"Better": ["1", "2", "3"]}
        assert list(inbox.iterdir()) == []
        assert stage.half_taken() == []


@pytest.mark.parametrize("lost", ["inbox", "incoming", ""])
async def test_a_disk_that_is_away_for_a_while_is_waited_for_and_said_once(
    tmp_path: Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, lost: str
) -> None:
    async with watched(tmp_path / "data") as stage:
        inbox = stage.librarian.folder / "inbox"
        lay_down(inbox, "A", "1.mp3")
        place = stage.librarian.folder / lost
        place.rename(tmp_path / "unplugged")
        await trio.sleep(10 * EVERY_S)
        assert len([record for record in caplog.records if "inbox" in record.message]) == 1
        (tmp_path / "unplugged").rename(place)
        await trio.sleep(HEALED_S)
        assert await playlists(stage) == {"A": ["1"]}


async def test_folders_as_deep_as_a_disk_takes_them_hold_up_no_others(
    deep_path: Path, autojump_clock: MockClock
) -> None:
    """A joke, or a program's loop; a walk that called itself ended with the stack, and took the inbox along."""
    async with watched(deep_path) as stage:
        inbox = stage.librarian.folder / "inbox"
        lay_down(inbox, "A", "1.mp3")
        deepest = lay_down(inbox, "B", "1.mp3")
        for _ in range(1500):
            deepest /= "d"
            deepest.mkdir()
        while deepest != inbox:
            os.utime(deepest, (1.0, 1.0))
            deepest = deepest.parent
        await trio.sleep(3 * EVERY_S)
        assert await playlists(stage) == {"A": ["1"], "B": ["1"]}
        assert list(inbox.iterdir()) == []
        assert stage.half_taken() == []


async def test_a_box_starts_without_the_stick_that_its_inbox_is_on(tmp_path: Path, autojump_clock: MockClock) -> None:
    library = tmp_path / "data" / "library"
    library.mkdir(parents=True)
    (library / "inbox").symlink_to(tmp_path / "stick")
    async with watched(tmp_path / "data") as stage:
        await trio.sleep(2 * EVERY_S)
        (tmp_path / "stick").mkdir()
        lay_down(tmp_path / "stick", "A", "1.mp3")
        await trio.sleep(HEALED_S)
        assert await playlists(stage) == {"A": ["1"]}


async def test_an_inbox_that_leads_to_itself_is_away(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with watched(tmp_path) as stage:
        inbox = stage.librarian.folder / "inbox"
        inbox.rmdir()
        inbox.symlink_to(inbox)
        with pytest.raises(Unavailable):
            await stage.importer.sync()
        await trio.sleep(2 * EVERY_S)
        inbox.unlink()
        inbox.mkdir()
        lay_down(inbox, "A", "1.mp3")
        await trio.sleep(HEALED_S)
        assert await playlists(stage) == {"A": ["1"]}


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as taken:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (1 + max(int(path.name) for path in Path("/proc/self/fd").iterdir()), hard)
        )
        taken.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        with suppress(OSError):
            while True:
                taken.callback(os.close, os.dup(0))
        with pytest.raises(OSError, match="Too many open files"):
            os.dup(0)
        yield


async def test_without_descriptors_no_file_is_to_blame(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with watched(tmp_path) as stage:
        lay_down(stage.librarian.folder / "inbox", "A", "1.mp3", "2.mp3")
        with no_descriptor_left():
            await trio.sleep(5 * EVERY_S)
        await trio.sleep(HEALED_S)
        assert await playlists(stage) == {"A": ["1", "2"]}


async def test_descriptors_that_run_out_in_the_midst_of_a_folder_leave_none_of_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with watched(tmp_path, once := Once()) as stage:
        lay_down(stage.librarian.folder / "inbox", "A", "1.mp3", "2.mp3")
        gone = no_descriptor_left()
        once.happens = gone.__enter__
        await trio.sleep(5 * EVERY_S)
        assert await playlists(stage) == {}
        gone.__exit__(None, None, None)
        await trio.sleep(HEALED_S)
        assert await playlists(stage) == {"A": ["1", "2"]}


async def test_an_inbox_that_lies_elsewhere_is_emptied_like_any_other(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    (tmp_path / "share").mkdir()
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    async with watched(tmp_path / "data") as stage:
        inbox = stage.librarian.folder / "inbox"
        inbox.rmdir()
        inbox.symlink_to(tmp_path / "share")
        lay_down(inbox, "A", "1.mp3")
        await trio.sleep(2 * EVERY_S)
        assert await playlists(stage) == {"A": ["1"]}
        assert list((tmp_path / "share").iterdir()) == []
