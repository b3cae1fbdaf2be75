"""What comes of a damaged database: what is said, where things go, and when it is not touched."""

import json
import logging
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import trio

from tests.rigs.damage import Shelf, behead, heard_after_a_start, lose_all_pages
from tests.rigs.library import opened
from tests.rigs.virtual import virtual_time
from tomb.errors import LibraryDamaged, StartError
from tomb.library import counters, schema
from tomb.library.opening import open_store
from tomb.library.repair import recovery
from tomb.ports import VirtualPorts

pytestmark = virtual_time


async def test_tracks_whose_playlist_is_lost_stay_together(shelf: Shelf, tmp_path: Path) -> None:
    case = shelf.copy(tmp_path / "case")
    with closing(sqlite3.connect(case.database)) as db, db:
        db.execute("DELETE FROM playlists WHERE title IN ('Playlist 3', 'Playlist 4')")
    async with opened(case.folder, ports=VirtualPorts(seed=7)) as stage:
        titles = {lite.title: lite for lite in stage.librarian.lites()}
        assert {"Recovered playlist 1", "Recovered playlist 2"} < set(titles)
        assert titles["Recovered playlist 1"].track_count == 6
        assert "Playlist 3" not in titles


async def test_a_file_whose_row_is_lost_is_written_down_anew(shelf: Shelf, tmp_path: Path) -> None:
    case = shelf.copy(tmp_path / "case")
    with closing(sqlite3.connect(case.database)) as db, db:
        db.execute("DELETE FROM files")
    assert await heard_after_a_start(case.folder) == case.sound
    async with opened(case.folder, ports=VirtualPorts(seed=8)) as stage:
        assert {lite.title for lite in stage.librarian.lites()} == {f"Playlist {number}" for number in range(12)}


async def test_an_extension_that_is_wrong_loses_no_sound(shelf: Shelf, tmp_path: Path) -> None:
    case = shelf.copy(tmp_path / "case")
    with closing(sqlite3.connect(case.database)) as db, db:
        db.execute("UPDATE files SET ext = 'mp2'")
    assert await heard_after_a_start(case.folder) == case.sound


# --- what comes of it -----------------------------------------------------------------------------------------------


async def test_sound_that_is_no_longer_known_becomes_a_playlist(shelf: Shelf, tmp_path: Path) -> None:
    case = shelf.copy(tmp_path / "case")
    lose_all_pages(case)
    async with opened(case.folder, ports=VirtualPorts(seed=7)) as stage:
        inbox = stage.store.library / "inbox" / recovery.RECOVERED
        assert {path.suffix for path in inbox.iterdir()} == {".mp3"}
        assert len(list(inbox.iterdir())) == len(case.sound)
        await stage.importer.empty_inbox()  # as whoever watches it does, should the look at the start fail
        [lite] = stage.librarian.lites()
        assert (lite.title, lite.track_count) == ("Recovered music", len(case.sound))
        assert not inbox.exists()


async def test_event_numbers_go_on_far_above_all_that_were(shelf: Shelf, tmp_path: Path) -> None:
    case = shelf.copy(tmp_path / "case")
    highest = 0
    for turn, hurt in enumerate((behead, lose_all_pages, lose_all_pages), 1):
        hurt(case)
        async with opened(case.folder, ports=VirtualPorts(seed=7)) as stage:
            assert stage.events.number >= turn * recovery.LEAP
            assert highest < stage.events.number < 2**53
            await stage.librarian.create("One more")
            highest = stage.events.number
    assert len(list((case.folder / "damaged").iterdir())) == 3


async def test_it_is_said_until_the_damaged_files_are_moved_away(
    shelf: Shelf, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    case = shelf.copy(tmp_path / "case")
    (case.folder / "backups").mkdir()
    shutil.copy(case.database, case.folder / "backups" / "latest.db")
    behead(case)
    with caplog.at_level(logging.ERROR):
        async with open_store(case.folder, VirtualPorts()) as store:
            told = await store.read(lambda db: recovery.behind(store.folder, db))
    [record] = caplog.records
    assert "damaged" in record.getMessage()
    assert told is not None
    assert told.message == (
        "The library's memory was found damaged on 2025-06-15 and has been repaired: 12 playlists with 72 tracks were "
        f"saved. What was damaged is kept in {case.folder}/damaged/2025-06-15T15-06-40; "
        "this message ends when that folder is moved away."
    )
    async with open_store(case.folder, VirtualPorts()) as store:
        assert await store.read(lambda db: recovery.behind(store.folder, db)) == told
    shutil.rmtree(case.folder / "damaged" / "2025-06-15T15-06-40")
    async with open_store(case.folder, VirtualPorts()) as store:
        assert await store.read(lambda db: recovery.behind(store.folder, db)) is None


async def test_a_restored_backup_is_no_recovered_library(shelf: Shelf, tmp_path: Path) -> None:
    case = shelf.copy(tmp_path / "case")
    behead(case)
    async with open_store(case.folder, VirtualPorts()):
        pass
    shutil.copy(shelf.database, case.database)
    async with open_store(case.folder, VirtualPorts()) as store:
        assert await store.read(lambda db: recovery.behind(store.folder, db)) is None


async def test_what_no_page_says_any_more_comes_from_the_newest_good_copy(shelf: Shelf, tmp_path: Path) -> None:
    case = shelf.copy(tmp_path / "case")
    backups = case.folder / "backups"
    backups.mkdir()
    shutil.copy(case.database, backups / "latest.db")
    shutil.copy(case.database, backups / "before-v9.db")
    (backups / "before-v9.db").write_bytes(b"SQLite format 3\0 but torn")  # the newest, and no good
    async with opened(case.folder, ports=VirtualPorts(seed=5)) as stage:
        gone, binned = stage.librarian.lites()[:2]
        await stage.librarian.delete(gone.id)
        await stage.librarian.empty_bin()
        await stage.librarian.delete(binned.id)
        await stage.fill("Since then", [b"new"])
    lose_all_pages(case)
    await heard_after_a_start(case.folder)
    async with opened(case.folder, ports=VirtualPorts(seed=8)) as stage:
        titles = {lite.title for lite in stage.librarian.lites()}
        # What was deleted for good since the copy stays deleted, and what came since is there by its sound.
        assert titles == {f"Playlist {number}" for number in range(1, 12)} | {"Recovered music"}


async def test_a_copy_from_before_a_restored_backup_is_of_another_library(shelf: Shelf, tmp_path: Path) -> None:
    case = shelf.copy(tmp_path / "case")
    (case.folder / "backups").mkdir()
    shutil.copy(case.database, case.folder / "backups" / "latest.db")
    shutil.copy(case.database, case.folder / "backups" / "before-restore.db")
    lose_all_pages(case)
    async with opened(case.folder, ports=VirtualPorts(seed=8)) as stage:
        assert stage.librarian.lites() == []


# --- refused, no room, at run time ------------------------------------------------------------------------------------


async def test_no_space_for_a_recovery_changes_nothing(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = shelf.copy(tmp_path / "case")
    behead(case)
    before = case.found()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(recovery, "sync", full)
    with pytest.raises(StartError, match="No space left on device"):
        async with open_store(case.folder, VirtualPorts()):
            pass
    monkeypatch.undo()
    assert case.found() == before
    assert not (case.folder / "damaged").exists()
    assert await heard_after_a_start(case.folder) == case.sound


async def test_a_damaged_database_of_a_newer_program_is_left_as_it_is(shelf: Shelf, tmp_path: Path) -> None:
    case = shelf.copy(tmp_path / "case")
    with closing(sqlite3.connect(case.database)) as db:
        db.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    lose_all_pages(case)
    before = case.found()
    with pytest.raises(StartError, match="newer TOMB"):
        async with open_store(case.folder, VirtualPorts()):
            pass
    assert case.found() == before
    assert not (case.folder / "damaged").exists()


async def test_damage_met_with_while_the_box_runs_is_said_once_and_for_all(shelf: Shelf, tmp_path: Path) -> None:
    case = shelf.copy(tmp_path / "case")
    met = []

    async def run_until_damaged() -> None:
        async with open_store(case.folder, VirtualPorts()) as store, trio.open_nursery() as nursery:
            await nursery.start(store.run)
            lose_all_pages(case)
            try:
                await store.read(lambda db: db.execute("SELECT * FROM tracks").fetchall())
            except LibraryDamaged:
                met.append(True)
            await trio.sleep_forever()

    with pytest.raises(BaseExceptionGroup) as raised:
        await run_until_damaged()
    assert raised.group_contains(LibraryDamaged, match="the next start saves what can be read")
    assert met == [True]


async def test_the_report_beside_the_damaged_files(shelf: Shelf, tmp_path: Path) -> None:
    case = shelf.copy(tmp_path / "case")
    lose_all_pages(case)
    async with open_store(case.folder, VirtualPorts()) as store:
        leased = await store.read(lambda db: counters.read(db, counters.LEASED))
    [report] = case.folder.glob("damaged/*/recovery.json")
    said = json.loads(report.read_text())
    assert (said["playlists"], said["tracks"], said["sounds"], said["leased"]) == (0, 0, len(case.sound), leased)
    assert not list(case.folder.glob("damaged/*/rebuilt.db"))
