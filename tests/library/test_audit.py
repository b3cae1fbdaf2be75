"""Whose database is it? What our own steps and units of work could not have made does not become the library."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rigs.archives import doctored, good, members, put_together, stage_backup
from tests.rigs.library import opened
from tests.rigs.virtual import run_virtually
from tomb.errors import Conflict
from tomb.library import memory, schema, tags
from tomb.library import settings as kept
from tomb.library.archives import archive, manifest
from tomb.library.archives.archive import BadArchive
from tomb.library.archives.manifest import Manifest


def test_a_backup_of_a_newer_program_changes_nothing(tmp_path: Path) -> None:
    newer = doctored(good(), lambda db: db.execute(f"PRAGMA user_version = {schema.VERSION + 1}"))
    with pytest.raises(Conflict, match="newer"):
        stage_backup(tmp_path, newer)
    parts = members(good())
    told = Manifest(kind="backup", program="9", created="now", schema_version=schema.VERSION + 1)
    parts[archive.MANIFEST] = manifest.encoded(told)
    with pytest.raises(Conflict, match="newer"):
        stage_backup(tmp_path, put_together(parts)[: 2 * archive.BLOCK + archive.BLOCK])
    assert list((tmp_path / "library").iterdir()) == []


HARMFUL: tuple[str, ...] = (
    "CREATE TRIGGER evil AFTER INSERT ON playlists BEGIN DELETE FROM tracks; END",
    "CREATE VIEW plays_view AS SELECT * FROM tracks",
    "CREATE TABLE more (x)",
    "CREATE INDEX slow ON tracks (lower(title))",
    "DROP INDEX tracks_by_file",
    "ALTER TABLE playlists ADD COLUMN evil TEXT DEFAULT 'x'",
    "CREATE VIRTUAL TABLE words USING fts5(word)",
    "PRAGMA user_version = 0",
    "PRAGMA user_version = -1",
    "PRAGMA application_id = 1",
)
IMPOSSIBLE: tuple[str, ...] = (
    (
        "UPDATE files SET hash = '../../../etc/passwd', missing = 1 WHERE size = 3;"
        "UPDATE tracks SET file = '../../../etc/passwd' WHERE file NOT IN (SELECT hash FROM files)"
    ),
    "UPDATE files SET ext = '/../../x'",
    "UPDATE files SET ext = 'mp3' || char(0)",
    "UPDATE files SET missing = 2",
    "UPDATE files SET size = -1",
    "UPDATE files SET size = size + 1",
    "UPDATE files SET duration_ms = 9223372036854775807",
    "UPDATE files SET damaged_ms = -1",
    "UPDATE files SET origin = 'x'",
    "UPDATE covers SET hash = 'x'",
    "UPDATE covers SET ext = 'svg+xml'",
    (
        "UPDATE playlists SET id = 'a/b' WHERE place = 2;"
        "UPDATE tracks SET playlist_id = 'a/b' WHERE playlist_id NOT IN (SELECT id FROM playlists)"
    ),
    (
        "UPDATE playlists SET id = '' WHERE place = 2;"
        "UPDATE tracks SET playlist_id = '' WHERE playlist_id NOT IN (SELECT id FROM playlists)"
    ),
    "UPDATE playlists SET title = CAST(x'ff' AS TEXT)",
    "UPDATE playlists SET same_tag = 'explode'",
    "UPDATE playlists SET created = 9e999",
    "UPDATE playlists SET created = -1e300",
    "UPDATE playlists SET updated = 1e15",
    "UPDATE playlists SET last_played = 9223372036854775807",
    "UPDATE playlists SET playlist_seq = 9223372036854775807",
    "UPDATE playlists SET place = 9223372036854775807 WHERE place = 2",
    "UPDATE playlists SET title = printf('%.*c', 100000, 'x')",
    "UPDATE tracks SET number = number + 1 WHERE number = (SELECT max(number) FROM tracks)",
    "UPDATE tracks SET number = -number",
    "UPDATE tracks SET play_count = -1",
    "UPDATE tracks SET chapters = printf('%.*c', 100000, '[')",
    "UPDATE tracks SET chapters = '[' || printf('%.*c', 300000, ' ') || ']'",
    "UPDATE tracks SET file = 'nowhere'",
    "DELETE FROM files",
    "DELETE FROM playlists",
    "UPDATE tags SET tag_id = 'not hex'",
    "UPDATE tags SET playlist_id = NULL, action = 'format_disk'",
    "UPDATE tags SET minutes = 9223372036854775807",
    "UPDATE resume SET position_ms = -5",
    "UPDATE resume SET track_id = (SELECT t.id FROM tracks t WHERE t.playlist_id <> resume.playlist_id)",
    "UPDATE player SET volume = 1000",
    "UPDATE player SET repeat_mode = 'for ever'",
    "UPDATE counters SET value = 9223372036854775807",
    "UPDATE counters SET value = -1",
    "UPDATE settings SET value = 'no json'",
    "UPDATE settings SET value = printf('%.*c', 100000, '[')",
    "UPDATE settings SET value = '\"loud\"' WHERE key = 'volume_ceiling'",
    "UPDATE settings SET value = '\"1234\"' WHERE key = 'pin'",
    "UPDATE settings SET value = '5' WHERE key = 'pin'",
    "UPDATE settings SET value = upper(value) WHERE key = 'pin'",
    "UPDATE plays SET day = 'yesterday'",
    "UPDATE plays SET count = -1",
)


@pytest.mark.parametrize("statement", HARMFUL + IMPOSSIBLE)
def test_what_no_program_of_ours_would_have_written_is_refused(tmp_path: Path, statement: str) -> None:
    changed = doctored(good(), lambda db: db.executescript(statement))
    with pytest.raises(BadArchive):
        stage_backup(tmp_path, changed)
    assert list((tmp_path / "library").iterdir()) == []


def test_a_schema_that_was_written_by_hand_is_refused(tmp_path: Path) -> None:
    def tamper(db: sqlite3.Connection) -> None:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'playlists'")

    with pytest.raises(BadArchive):
        stage_backup(tmp_path, doctored(good(), tamper))


def swapped_database(content: bytes) -> bytes:
    parts = members(good())
    parts[archive.DATABASE] = content
    return put_together(parts)


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.db").touch()
    with closing(sqlite3.connect(tmp_path / "other.db")) as db:
        db.execute("CREATE TABLE other (x)")
    for content in (b"", b"SQLite format 3\0", b"x" * 5000, (tmp_path / "other.db").read_bytes()):
        with pytest.raises(BadArchive):
            stage_backup(tmp_path / "box", swapped_database(content))


def pages() -> bytes:
    return members(good())[archive.DATABASE]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(good())), st.integers(1, 255)), min_size=1, max_size=4), st.booleans())
def test_a_database_that_is_let_in_can_be_lived_with(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]], in_the_schema: bool
) -> None:
    """Bytes flipped at random, with sums that fit: refused, or a library that opens, reads and takes edits."""
    content = bytearray(pages())
    for at, mask in flips:
        content[at % (4096 if in_the_schema else len(content))] ^= mask
    folder = tmp_path_factory.mktemp("flipped")
    try:
        stage_backup(folder, swapped_database(bytes(content)))
    except (BadArchive, Conflict):
        return
    run_virtually(live_with, folder)


async def live_with(folder: Path) -> None:
    async with opened(folder) as stage:
        for lite in stage.librarian.lites():
            await stage.librarian.playlist(lite.id)
            await stage.librarian.update(lite.id, {"title": "New"})
            await stage.librarian.delete(lite.id)
        await stage.librarian.create("Another")
        await stage.store.read(tags.read_all)
        await stage.store.read(memory.recall)
        await stage.store.read(kept.read_all)
    assert not (folder / "damaged").exists()  # nothing had to be repaired
