"""A copy a day, and only when something was edited."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.rigs.library import Stage, opened
from tests.rigs.virtual import virtual_time
from tomb.errors import NoSpace
from tomb.library import schema
from tomb.library.repair import copies
from tomb.library.repair.copies import DAY_S
from tomb.models import Resume
from tomb.nurseries.journal import Notes
from tomb.ports import VirtualPorts

pytestmark = virtual_time

COPY = Path("backups", copies.DAILY)


async def kept(stage: Stage) -> bool:
    return await stage.store.keep_daily_copy(0)


def age(stage: Stage, seconds: float = DAY_S + 1) -> None:
    """Let the copy be as old as that, by the clock of the box."""
    then = VirtualPorts().wall() - seconds
    os.utime(stage.store.folder / COPY, (then, then))


def titles_in(copy: Path) -> list[str]:
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert schema.is_whole(db)
        return [row[0] for row in db.execute("SELECT title FROM playlists ORDER BY place")]


async def test_the_first_copy_and_then_one_a_day(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        assert await kept(stage)
        age(stage, 0)
        await stage.librarian.update(made.id, {"title": "Other songs"})
        assert not await kept(stage)
        assert titles_in(tmp_path / COPY) == ["Songs"]
        age(stage)
        assert await kept(stage)
        assert titles_in(tmp_path / COPY) == ["Other songs"]
        assert [path.name for path in (tmp_path / "backups").iterdir()] == [copies.DAILY]


async def test_playing_is_not_worth_a_copy(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        assert await kept(stage)
        age(stage)
        point = Resume(track_id=made.tracks[1].id, position_ms=5000)
        await stage.librarian.note(Notes({made.id: point}, [(made.id, made.tracks[1].id)]))
        assert not await kept(stage)
        await stage.librarian.change_settings({"volume_ceiling": 70})
        assert await kept(stage)


async def test_a_copy_that_is_damaged_is_made_anew(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.fill("Songs", [b"a"])
        assert await kept(stage)
        (tmp_path / COPY).write_bytes(b"no database")
        age(stage)
        assert await kept(stage)
        assert titles_in(tmp_path / COPY) == ["Songs"]


async def test_a_clock_that_jumps_is_no_reason_to_have_none(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a"])
        assert await kept(stage)
        age(stage, -30 * DAY_S)
        await stage.librarian.update(made.id, {"title": "Later"})
        assert await kept(stage)


async def test_a_disk_that_is_nearly_full_gets_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as stage:
        await stage.fill("Songs", [b"a"])
        assert not await stage.store.keep_daily_copy(2**60)
        assert not (tmp_path / COPY).exists()

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(schema, "sync", full)
        with pytest.raises(NoSpace):
            await kept(stage)
        assert not (tmp_path / COPY).exists()
