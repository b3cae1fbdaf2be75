"""A backup takes the place of the library: whole or not at all, wherever it is cut off."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from itertools import count, islice
from pathlib import Path

import pytest

from tests.rigs.archives import furnish, good, held, packed, put_together, stage_backup
from tests.rigs.library import opened
from tests.rigs.virtual import virtual_time
from tomb.errors import Conflict, StartError
from tomb.library import counters, reading, schema, uploads
from tomb.library.archives import archive, manifest, restore
from tomb.library.archives.archive import BadArchive
from tomb.library.archives.backup import Counts
from tomb.library.archives.manifest import Manifest
from tomb.library.files import Reconciled
from tomb.library.opening import open_store
from tomb.library.uploads import Upload
from tomb.models import Playlist
from tomb.ports import VirtualPorts

pytestmark = virtual_time


async def old_library(folder: Path) -> dict[str, object]:
    """One that shares a file and a picture with the backup, and has another."""
    async with opened(folder) as stage:
        await stage.fill("Old", [b"one", b"old"])
    return held(folder)


async def new_library(folder: Path) -> dict[str, object]:
    stage_backup(folder, good())
    restore.finish(folder)
    return held(folder)


def highest(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "tomb.db")) as db:
        db.row_factory = sqlite3.Row
        return counters.read(db, counters.LEASED)


def without_strays(library: dict[str, object]) -> dict[str, object]:
    """What a look at the disk would leave."""
    known, disk = f"{library['files']}{library['covers']}", library["on the disk"]
    assert isinstance(disk, dict)
    return {**library, "on the disk": {name: each for name, each in disk.items() if each in known}}


async def test_a_backup_comes_back_as_it_was(tmp_path: Path) -> None:
    furnish(tmp_path / "a")
    async with opened(tmp_path / "a") as stage:
        original = [await stage.librarian.playlist(lite.id) for lite in stage.librarian.lites()]
        number = stage.events.number
        known = await stage.librarian.tags()
    assert stage_backup(tmp_path / "b", packed(tmp_path / "a")) == Counts(2, 3, 0)
    async with opened(tmp_path / "b") as stage:
        restored = [await stage.librarian.playlist(lite.id) for lite in stage.librarian.lites()]
        assert plain(restored) == plain(original)
        assert [each.resume for each in restored] == [each.resume for each in original] != [None, None]
        assert [track.play_count for track in restored[0].tracks] == [0, 1]
        assert await stage.librarian.tags() == known
        assert (await stage.librarian.settings())["volume_ceiling"] == 70
        recalled = await stage.librarian.recall()
        assert recalled is not None
        assert (recalled.volume, recalled.position_ms, recalled.playing) == (33, 200, False)
        assert stage.events.number > number
        assert (await stage.librarian.reconcile()).changed == frozenset()
    assert {path.read_bytes() for path in (tmp_path / "b" / "library" / "files").iterdir()} == {b"one", b"two" * 300}


def plain(playlists: Sequence[Playlist]) -> list[object]:
    """Without what numbers their telling."""
    return [each.model_dump(exclude={"server_seq": True, "tracks": {"__all__": {"server_seq"}}}) for each in playlists]


# --- the swap -------------------------------------------------------------------------------------------------------


async def test_a_swap_that_is_cut_off_anywhere_is_finished_by_the_next_start(tmp_path: Path) -> None:
    before = await old_library(tmp_path / "old")
    after = without_strays(await new_library(tmp_path / "new"))
    for cut in count():
        folder = tmp_path / str(cut)
        assert await old_library(folder) == before
        leased = highest(folder)
        stage_backup(folder, good())
        done = list(islice(restore.steps(folder), cut))
        if len(done) < cut:
            break
        async with open_store(folder, VirtualPorts()):
            pass
        assert without_strays(held(folder)) == after
        assert highest(folder) >= leased
        assert not (folder / "restore").exists()
        assert not (folder / "library" / "restore").exists()
        kept_aside = folder / "backups" / restore.KEPT
        with closing(sqlite3.connect(kept_aside)) as db:
            assert db.execute("SELECT title FROM playlists").fetchall() == [("Old",)]
    assert cut > 8


async def test_until_the_mark_is_there_the_old_library_is_the_library(tmp_path: Path) -> None:
    before = await old_library(tmp_path)
    stage_backup(tmp_path, good())
    (tmp_path / "restore" / restore.READY).unlink()
    restore.finish(tmp_path)
    assert held(tmp_path) == before
    assert not (tmp_path / "restore").exists()
    assert not (tmp_path / "library" / "restore").exists()


async def test_event_numbers_never_go_back(tmp_path: Path) -> None:
    async with open_store(tmp_path / "ahead", VirtualPorts()) as store:
        await store.write(lambda db: counters.raise_to(db, counters.LEASED, 7_000_000))
    async with open_store(tmp_path / "behind", VirtualPorts()) as store:
        await store.write(lambda db: counters.raise_to(db, counters.LEASED, 3))
    for name in ("ahead", "behind"):
        stage_backup(tmp_path / name, good())
        restore.finish(tmp_path / name)
    assert highest(tmp_path / "ahead") == 7_000_000
    assert highest(tmp_path / "behind") >= 100_000


async def test_a_database_that_cannot_be_read_any_more_is_put_aside_with_its_log(tmp_path: Path) -> None:
    await old_library(tmp_path)
    garbage = b"no database " * 1000
    (tmp_path / "tomb.db").write_bytes(garbage)
    (tmp_path / "tomb.db-wal").write_bytes(b"no log")
    stage_backup(tmp_path, good())
    restore.finish(tmp_path)
    assert (tmp_path / "backups" / restore.KEPT).read_bytes() == garbage
    assert not (tmp_path / "tomb.db-wal").exists()
    assert highest(tmp_path) > 1_000_000_000
    async with opened(tmp_path) as stage:
        assert [lite.title for lite in stage.librarian.lites()] == ["First", "Second"]


async def test_the_library_s_own_files_are_compared_and_not_written_again(tmp_path: Path) -> None:
    await new_library(tmp_path)
    files = tmp_path / "library" / "files"
    before = {path.name: path.stat().st_ino for path in files.iterdir()}
    stage_backup(tmp_path, good())
    restore.finish(tmp_path)
    assert {path.name: path.stat().st_ino for path in files.iterdir()} == before
    # One that has rotted is replaced.
    rotten = max(files.iterdir(), key=lambda path: path.stat().st_size)
    whole = rotten.read_bytes()
    rotten.write_bytes(whole[:-1] + b"?")
    stage_backup(tmp_path, good(), bite=100)
    restore.finish(tmp_path)
    assert rotten.read_bytes() == whole


async def test_a_file_that_is_deleted_while_the_backup_waits_is_there_afterwards(tmp_path: Path) -> None:
    await new_library(tmp_path)
    stage_backup(tmp_path, good())
    for path in (tmp_path / "library" / "files").iterdir():
        path.unlink()
    restore.finish(tmp_path)
    assert len(list((tmp_path / "library" / "files").iterdir())) == 2


async def test_only_one_backup_can_wait_for_the_next_start(tmp_path: Path) -> None:
    stage_backup(tmp_path, good())
    with pytest.raises(Conflict):
        restore.prepare(tmp_path, restore.targets(tmp_path, 0))
    assert (tmp_path / "restore" / "tomb.db").exists()


async def test_uploads_under_way_do_not_come_back(tmp_path: Path) -> None:
    furnish(tmp_path / "a")
    async with opened(tmp_path / "a") as stage:
        [first, _] = stage.librarian.lites()
        session = Upload("0a-1b", first.id, "a.mp3", "mp3", 10, 5, None, 1.0, 1.0)
        await stage.store.write(lambda db: uploads.put(db, session))
    stage_backup(tmp_path / "b", packed(tmp_path / "a"))
    async with opened(tmp_path / "b") as stage:
        assert await stage.store.read(uploads.read_all) == []


async def test_a_start_says_so_when_the_swap_cannot_be_done(tmp_path: Path) -> None:
    stage_backup(tmp_path, good())
    (tmp_path / "backups").write_text("in the way")
    (tmp_path / "tomb.db").touch()
    with pytest.raises(StartError, match="cannot be used"):
        async with open_store(tmp_path, VirtualPorts()):
            pass
    (tmp_path / "backups").unlink()
    async with opened(tmp_path) as stage:
        assert [lite.title for lite in stage.librarian.lites()] == ["First", "Second"]


def old_database(version: int, path: Path) -> None:
    """As an earlier program left it."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        schema.make(db, version)
        name = manifest.digest(b"sound")
        db.execute(
            "INSERT INTO files (hash, ext, size, duration_ms, origin) VALUES (?, 'mp3', 5, 100, ?)", (name, name)
        )
        db.execute(
            "INSERT INTO playlists (id, title, description, created, updated) VALUES ('p', 'Early', '', 1.0, 2.0)"
        )
        db.execute(
            "INSERT INTO tracks (id, playlist_id, number, title, filename, file, play_count, created, updated)"
            " VALUES ('t', 'p', 1, 'Song', 'a.mp3', ?, 4, 1.0, 2.0)",
            (name,),
        )
        db.execute(f"INSERT INTO {'counters' if version > 2 else 'marks'} VALUES (?, 500)", (counters.LEASED,))


@pytest.mark.parametrize("version", range(1, schema.VERSION + 1))
async def test_a_backup_of_an_earlier_program_is_brought_up_to_date(tmp_path: Path, version: int) -> None:
    old_database(version, tmp_path / "old.db")
    told = Manifest(kind="backup", program="0", created="then", schema_version=version)
    name = f"library/files/{manifest.digest(b'sound')}.mp3"
    parts = {
        archive.MANIFEST: manifest.encoded(told),
        archive.DATABASE: (tmp_path / "old.db").read_bytes(),
        name: b"sound",
        archive.SUMS: b"",
    }
    folder = tmp_path / "new"
    stage_backup(folder, put_together(parts))
    async with open_store(folder, VirtualPorts()) as store:
        found = await store.read(lambda db: reading.playlist(db, "p"))
        assert [(track.title, track.play_count) for track in found.tracks] == [("Song", 4)]
        assert await store.read(lambda db: db.execute("PRAGMA user_version").fetchone()[0]) == schema.VERSION


async def test_what_is_left_of_damaged_sound_can_be_had_on_request(tmp_path: Path) -> None:
    content = good().replace(b"twotwotwo", b"twoTWOtwo").replace(b"a picture", b"a pictuRE")
    with pytest.raises(BadArchive, match="--even-damaged"):
        stage_backup(tmp_path, content)
    assert stage_backup(tmp_path, content, even_damaged=True) == Counts(2, 3, 0, 2)
    async with opened(tmp_path) as stage:
        first = await stage.librarian.playlist("first")
        whole, crackling = ((stage.store.library / track.file_path).read_bytes() for track in first.tracks)
        assert whole == b"one"
        assert crackling == content[content.index(b"twoTWO") :][:900]
        assert first.tracks[1].file_hash == manifest.digest(crackling)
        assert (await stage.librarian.reconcile()) == Reconciled((), (), 0)
        cover = (await stage.librarian.track("three")).cover
        assert cover is not None
        assert (stage.store.library / cover).read_bytes().endswith(b"a pictuRE")
        # The same music once more, and whole, is not taken for what is there.
        again = await stage.fill("Again", [b"two" * 300])
        assert again.tracks[0].file_hash == manifest.digest(b"two" * 300)
