"""A folder leaves the inbox all at once: what a crash left of it must never come back as music that is new."""

import os
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.rigs import pictures
from tests.rigs.library import Stage, opened, titles
from tomb.ports import VirtualPorts


class PowerCut(BaseException):
    """Nothing of ours runs after it."""


def lay_down(stage: Stage, *names: str) -> Path:
    folder = stage.librarian.folder / "inbox" / "Songs"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(name.encode() * 50)
    for path in (*folder.iterdir(), folder):
        os.utime(path, (0, 0))
    return folder


def cut_after(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """The power goes before the `count`-th change in the inbox, counted from 0; what comes after that does nothing."""
    left = count

    def guarded(name: str) -> None:
        real = getattr(Path, name)

        def change(path: Path, *args: object, **options: object) -> object:
            nonlocal left
            if "inbox" in path.parts:
                left -= 1
                if left < 0:
                    raise PowerCut
            return real(path, *args, **options)

        monkeypatch.setattr(Path, name, change)

    for name in ("unlink", "rename", "rmdir"):
        guarded(name)


@pytest.mark.parametrize("count", range(6))
async def test_what_was_taken_and_deleted_stays_away(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    folder = tmp_path
    with monkeypatch.context() as patch:
        try:
            async with opened(tmp_path) as stage:
                folder = lay_down(stage, "a.mp3", "b.mp3", "c.mp3")
                cut_after(patch, count)
                await stage.importer.sync()
        except PowerCut:
            pass
    async with opened(tmp_path, ports=(ports := VirtualPorts(seed=2))) as stage:
        if folder.exists() and len(list(folder.iterdir())) < 3:  # it changed just now, on the clock of this test
            os.utime(folder, (ports.wall(), ports.wall()))
        await stage.importer.sync()  # as each start does
        [lite] = stage.librarian.lites()
        assert titles(await stage.librarian.playlist(lite.id)) == ["a", "b", "c"]
        await stage.librarian.delete(lite.id)
        await stage.librarian.empty_bin()
        assert stage.files() == set()
        await trio.sleep(3600)
        await stage.importer.sync()
        assert stage.librarian.lites() == []
        assert stage.files() == set()


async def test_the_picture_of_a_folder_goes_with_it_and_what_was_left_out_stays(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with opened(tmp_path) as stage:
        folder = lay_down(stage, "a.mp3")
        (folder / "Cover.PNG").write_bytes(pictures.plain(4, 4))
        os.utime(folder, (0, 0))
        os.utime(folder / "Cover.PNG", (0, 0))
        await stage.importer.sync()
        assert not folder.exists()
        folder = lay_down(stage, "b.mp3", "letter.txt")
        await stage.importer.sync()
        assert [path.name for path in folder.iterdir()] == ["letter.txt"]
        assert stage.librarian.count() == 2  # another folder, though it is called as one was that lay there before
        assert stage.half_taken() == []
