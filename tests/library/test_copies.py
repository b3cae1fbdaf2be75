"""A copy when something was edited, an hour apart at least."""

import os
import sqlite3
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
import trio

from tests.rigs.library import Stage, opened
from tests.rigs.virtual import virtual_time
from tomb.errors import NoSpace, Unavailable
from tomb.library import schema
from tomb.library.repair import copies
from tomb.library.repair.copies import APART_S
from tomb.models import Resume
from tomb.nurseries.housekeeping import FIRST_S, QUIET_S, Housekeeping
from tomb.nurseries.journal import Notes
from tomb.ports import VirtualPorts

pytestmark = virtual_time

COPY = Path("backups", copies.COPY)
MINUTE_S = 60.0


def age(stage: Stage, seconds: float = APART_S + 1) -> None:
    """Let the copy be as old as that, by the clock of the box."""
    then = VirtualPorts().wall() - seconds
    os.utime(stage.store.folder / COPY, (then, then))


def titles_in(copy: Path) -> list[str]:
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert schema.is_whole(db)
        return [row[0] for row in db.execute("SELECT title FROM playlists ORDER BY place")]


# --- what is worth one ------------------------------------------------------------------------------------------------


async def test_a_first_copy_and_the_next_an_hour_later(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        assert await stage.store.keep_copy(0) == 0
        age(stage, APART_S - 100)
        await stage.librarian.update(made.id, {"title": "Other songs"})
        assert 99 <= await stage.store.keep_copy(0) <= 100
        assert titles_in(tmp_path / COPY) == ["Songs"]
        age(stage)
        assert await stage.store.keep_copy(0) == 0
        assert titles_in(tmp_path / COPY) == ["Other songs"]
        assert [path.name for path in (tmp_path / "backups").iterdir()] == [copies.COPY]


async def test_playing_is_not_worth_a_copy(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        await stage.store.keep_copy(0)
        age(stage)
        first = (tmp_path / COPY).stat()
        point = Resume(track_id=made.tracks[1].id, position_ms=5000)
        await stage.librarian.note(Notes({made.id: point}, [(made.id, made.tracks[1].id)]))
        assert await stage.store.keep_copy(0) == 0
        assert (tmp_path / COPY).stat().st_ino == first.st_ino
        await stage.librarian.change_settings({"volume_ceiling": 70})
        assert await stage.store.keep_copy(0) == 0
        assert (tmp_path / COPY).stat().st_ino != first.st_ino


async def test_a_copy_that_is_damaged_is_made_anew(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.fill("Songs", [b"a"])
        await stage.store.keep_copy(0)
        (tmp_path / COPY).write_bytes(b"no database")
        age(stage)
        await stage.store.keep_copy(0)
        assert titles_in(tmp_path / COPY) == ["Songs"]


async def test_a_clock_that_jumps_is_no_reason_to_have_none(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a"])
        await stage.store.keep_copy(0)
        age(stage, -30 * APART_S)
        await stage.librarian.update(made.id, {"title": "Later"})
        await stage.store.keep_copy(0)
        assert titles_in(tmp_path / COPY) == ["Later"]


async def test_a_disk_that_is_nearly_full_gets_no_copy_and_nothing_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as stage:
        await stage.fill("Songs", [b"a"])
        assert await stage.store.keep_copy(2**60) == APART_S
        assert not (tmp_path / COPY).exists()

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(schema, "sync", full)
        with pytest.raises(NoSpace):
            await stage.store.keep_copy(0)
        assert list((tmp_path / "backups").iterdir()) == []


async def test_a_database_that_is_gone_does_not_take_the_place_of_its_copy(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.fill("Songs", [b"a"])
        await stage.store.keep_copy(0)
        age(stage)
        (tmp_path / "tomb.db").unlink()
        with pytest.raises(Unavailable):
            await stage.store.keep_copy(0)
        assert titles_in(tmp_path / COPY) == ["Songs"]
        assert not (tmp_path / "tomb.db").exists()


# --- when -------------------------------------------------------------------------------------------------------------


class Kept:
    """Housekeeping that runs since long ago, and what its copy holds."""

    def __init__(self, stage: Stage, nursery: trio.Nursery) -> None:
        self.stage = stage
        self._nursery = nursery

    @property
    def titles(self) -> list[str]:
        return titles_in(self.stage.store.folder / COPY)

    async def run(self) -> None:
        await self._nursery.start(Housekeeping(self.stage.store, 0, self.stage.librarian.expire).run)
        await trio.sleep(FIRST_S + APART_S + QUIET_S)


async def test_it_is_made_ten_minutes_after_the_last_edit(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage, trio.open_nursery() as nursery:
        kept = Kept(stage, nursery)
        made = await stage.fill("Songs", [b"a"])
        await kept.run()
        for number in range(5):
            await stage.librarian.update(made.id, {"title": f"Edit {number}"})
            await trio.sleep(QUIET_S - 1)
        assert kept.titles == ["Songs"]
        await trio.sleep(2)
        assert kept.titles == ["Edit 4"]
        nursery.cancel_scope.cancel()


async def test_edits_without_an_end_are_copied_once_an_hour(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage, trio.open_nursery() as nursery:
        kept = Kept(stage, nursery)
        made = await stage.fill("Songs", [b"a"])
        await kept.run()
        copied = set()
        for number in range(6 * 60):
            await stage.librarian.update(made.id, {"title": f"Edit {number}"})
            await trio.sleep(MINUTE_S)
            copied.add((tmp_path / COPY).stat().st_mtime)
        times = sorted(copied)
        assert 5 <= len(times) <= 7
        assert all(later - earlier >= APART_S for earlier, later in pairwise(times))
        nursery.cancel_scope.cancel()


async def test_what_was_edited_in_the_hour_after_a_copy_is_in_the_next(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage, trio.open_nursery() as nursery:
        kept = Kept(stage, nursery)
        made = await stage.fill("Songs", [b"a"])
        await kept.run()
        await stage.librarian.update(made.id, {"title": "First"})
        await trio.sleep(QUIET_S + 1)
        await stage.librarian.update(made.id, {"title": "Second"})
        await trio.sleep(QUIET_S + 1)
        assert kept.titles == ["First"]
        await trio.sleep(APART_S)
        assert kept.titles == ["Second"]
        nursery.cancel_scope.cancel()


async def test_an_edit_that_a_switch_cut_off_from_its_copy_is_copied_after_the_next_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.fill("Songs", [b"a"])
    async with opened(tmp_path, ports=VirtualPorts(seed=2)) as stage, trio.open_nursery() as nursery:
        await nursery.start(Housekeeping(stage.store, 0, stage.librarian.expire).run)
        await trio.sleep(FIRST_S - 1)
        assert not (tmp_path / COPY).exists()
        await trio.sleep(2)
        assert titles_in(tmp_path / COPY) == ["Songs"]
        nursery.cancel_scope.cancel()


async def test_nothing_is_written_while_nothing_is_edited(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage, trio.open_nursery() as nursery:
        kept = Kept(stage, nursery)
        await stage.fill("Songs", [b"a"])
        await kept.run()
        before = (tmp_path / COPY).stat()
        await trio.sleep(48 * APART_S)
        assert (tmp_path / COPY).stat() == before
        nursery.cancel_scope.cancel()


async def test_a_disk_that_fails_goes_up_and_leaves_nothing_half_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as stage:
        await stage.fill("Songs", [b"a"])

        def broken(*_: object) -> None:
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patched:
            patched.setattr(schema, "sync", broken)
            with pytest.raises(Unavailable):
                await Housekeeping(stage.store, 0, stage.librarian.expire).run()
        assert list((tmp_path / "backups").iterdir()) == []
        async with trio.open_nursery() as nursery:
            await nursery.start(Housekeeping(stage.store, 0, stage.librarian.expire).run)  # as its supervisor does
            await trio.sleep(FIRST_S + 1)
            assert titles_in(tmp_path / COPY) == ["Songs"]
            nursery.cancel_scope.cancel()
