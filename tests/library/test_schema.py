"""The schema grows by steps, from every version that ever was, and a copy is kept before each."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.rigs.library import opened
from tomb.errors import StartError
from tomb.library import schema
from tomb.library.opening import open_store
from tomb.ports import VirtualPorts

HASH, COVER = "ab" * 32, "cd" * 32
# A row of every table that any version has. A step that makes a table has a row put in here, or a test fails.
ROWS: dict[str, dict[str, object]] = {
    "covers": {"hash": COVER, "ext": "jpg", "size": 7},
    "files": {"hash": HASH, "ext": "mp3", "size": 9, "duration_ms": 1500, "origin": HASH},
    "playlists": {"id": "p1", "title": "Songs", "description": "", "same_tag": "next", "created": 1.5, "updated": 2.5},
    "tracks": {
        "id": "t1", "playlist_id": "p1", "number": 1, "title": "One", "filename": "1.mp3", "artist": "A", "album": "B",
        "file": HASH, "cover": COVER, "play_count": 3, "created": 1.5, "updated": 2.5,
    },
    "imports": {"source": "/music", "playlist_id": "p1"},
    "imported": {"playlist_id": "p1", "title": "music", "origin": HASH, "size": 9, "copies": 1},
    "tags": {"tag_id": "04AA", "playlist_id": "p1", "created": 1.5},
    "resume": {"playlist_id": "p1", "track_id": "t1", "position_ms": 700},
    "player": {
        "one": 1, "volume": 40, "muted": 0, "repeat_mode": "none", "shuffle_enabled": 0, "auto_advance_enabled": 1,
        "playlist_id": "p1", "track_id": "t1", "position_ms": 700, "playing": 1,
    },
    "plays": {"day": "2025-01-02", "track_id": "t1", "count": 3},
    "settings": {"key": "volume_ceiling", "value": "80"},
    "marks": {"name": "events.leased", "value": 5000},
    "counters": {"name": "events.leased", "value": 5000},
    "uploads": {
        "id": "0a", "playlist_id": "p1", "filename": "2.mp3", "ext": "mp3", "file_size": 10, "chunk_size": 5,
        "created": 1.5, "updated": 2.5, "received": b"\1", "status": "uploading",
    },
    "downloads": {
        "id": "0b", "video": "abcdefghi_1", "playlist_id": "p1", "title": "A song", "created": 1.5, "status": "pending",
    },
    "bin": {"place": 1, "id": "p2", "deleted": 2.5, "expires": 100},
    "bin_playlists": {
        "id": "p2", "place": 2, "title": "Old songs", "same_tag": "next", "created": 1.5, "updated": 2.5,
        "resume_track": "t2", "resume_ms": 5,
    },
    "bin_tracks": {
        "id": "t2", "entry": "p2", "playlist_id": "p2", "playlist_title": "Old songs", "number": 1, "title": "One",
        "filename": "1.mp3", "file": HASH, "cover": COVER, "play_count": 3, "created": 1.5, "updated": 2.5,
    },
    "bin_imported": {"playlist_id": "p2", "title": "music", "origin": HASH, "size": 9, "copies": 1},
    "bin_tags": {"playlist_id": "p2", "tag_id": "04BB"},
    "days": {"day": "2025-01-02", "noted": 2, "heard_s": 60.5, "moved_s": 900.0, "until": 1750000000.5, "bonus": 1},
    "taps": {"tag_id": "04AA", "day": "2025-01-02", "count": 3},
    "bin_plays": {"track_id": "t2", "day": "2025-01-02", "count": 3},
}  # fmt: skip

UPGRADE_AND_DIE = """
import os, shutil, sqlite3, sys
from contextlib import closing
from pathlib import Path
from tomb.library import schema

schema.sync = lambda _: None  # it is the program that dies, not the computer: all that was written is there

def upgrade(path, left):
    def die(statement):
        nonlocal left
        left -= 1
        if left < 0:
            os._exit(9)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.set_trace_callback(die)
    schema.upgrade(connection, path.parent / "backups")
    os._exit(0)

folder, status, number = Path(sys.argv[1]), 9, 0
while status:
    shutil.copytree(folder / "before", folder / str(number))
    child = os.fork()
    if not child:
        upgrade(folder / str(number) / "tomb.db", number)
    status, number = os.waitpid(child, 0)[1], number + 1
print(number)
"""


def column(path: Path, query: str) -> list[object]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute(query)]


def copies(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("backups/*"))


def made_by(version: int, path: Path) -> None:
    """A database as the program of that version left it, with a row in every table."""
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        schema.make(db, version)
        for table, row in rows_of(version).items():
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))


def rows_of(version: int) -> dict[str, dict[str, object]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.make(db, version)
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {table: ROWS[table] for table in tables}


def intact(path: Path, version: int) -> bool:
    """Whether it has all that `made_by` put in, and is sound."""
    with closing(sqlite3.connect(path)) as db:
        there = {row[0] for row in db.execute("SELECT name FROM sqlite_schema")}
        for table, row in rows_of(version).items():
            if table == "imports" and table not in there:
                table, row = "imported", ROWS["imported"]  # what the folder brought, instead of where it lay
            table = table if table in there else {"marks": "counters"}[table]
            found = db.execute(f"SELECT {', '.join(row)} FROM {table}").fetchall()
            if table not in ("marks", "counters", "player") and found != [tuple(row.values())]:
                return False
        return (
            db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            and not db.execute("PRAGMA foreign_key_check").fetchall()
        )


@pytest.mark.parametrize("version", range(1, schema.VERSION + 1))
async def test_every_version_is_brought_to_today_with_all_that_is_in_it(tmp_path: Path, version: int) -> None:
    made_by(version, tmp_path / "tomb.db")
    async with opened(tmp_path) as stage:
        [lite] = stage.librarian.lites()
        assert (lite.title, lite.nfc_tag_id, lite.track_count) == ("Songs", "04AA", 1)
        assert stage.events.number == 5000
    assert column(tmp_path / "tomb.db", "PRAGMA user_version") == [schema.VERSION]
    assert intact(tmp_path / "tomb.db", version)
    kept = range(max(version, schema.VERSION - schema.COPIES_KEPT) + 1, schema.VERSION + 1)
    assert copies(tmp_path) == [f"before-v{number}.db" for number in kept]
    for number in kept:
        copy = tmp_path / "backups" / f"before-v{number}.db"
        assert column(copy, "PRAGMA user_version") == [number - 1]
        assert intact(copy, version)


@pytest.mark.parametrize("version", range(schema.VERSION - schema.COPIES_KEPT, schema.VERSION))
def test_a_program_of_that_version_can_go_back_to_its_copy(tmp_path: Path, version: int) -> None:
    made_by(version, tmp_path / "tomb.db")
    with closing(sqlite3.connect(tmp_path / "tomb.db", isolation_level=None)) as db:
        schema.upgrade(db, tmp_path / "backups")
    with closing(sqlite3.connect(tmp_path / "backups" / f"before-v{version + 1}.db")) as db:
        assert schema.version(db) == version
        assert schema.is_whole(db)


@pytest.mark.parametrize("version", range(1, schema.VERSION))
def test_an_upgrade_that_is_killed_anywhere_is_a_whole_number_of_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    monkeypatch.setattr(schema, "sync", lambda _: None)
    made_by(version, tmp_path / "before" / "tomb.db")
    tried = subprocess.run(
        [sys.executable, "-c", UPGRADE_AND_DIE, tmp_path], capture_output=True, text=True, check=True
    )
    statements = int(tried.stdout)
    assert statements > 3
    for number in range(statements):
        path = tmp_path / str(number) / "tomb.db"
        with closing(sqlite3.connect(path)) as db:
            assert schema.is_whole(db)
            assert (schema.version(db) == schema.VERSION) >= (number == statements - 1)
        assert intact(path, version)
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")
            schema.upgrade(db, path.parent / "backups")
        assert intact(path, version)
        assert not list(path.parent.glob("backups/*.half"))


@pytest.mark.parametrize("version", range(1, schema.VERSION))
def test_a_disk_that_is_full_in_the_middle_of_a_step_leaves_the_version_before(tmp_path: Path, version: int) -> None:
    made_by(version, tmp_path / "tomb.db")
    refused = 0
    with closing(sqlite3.connect(tmp_path / "tomb.db", isolation_level=None)) as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        while schema.version(db) < schema.VERSION:
            db.execute(f"PRAGMA max_page_count = {pages + refused}")
            try:
                schema.upgrade(db, tmp_path / "backups")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                    raise
                refused += 1
                assert schema.is_whole(db)
                assert intact(tmp_path / "tomb.db", version)
        grown = db.execute("PRAGMA page_count").fetchone()[0] > pages
    assert (refused > 0) == grown  # a step may need no more pages than there are
    assert intact(tmp_path / "tomb.db", version)


def test_copies_from_before_the_last_steps_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_by(schema.VERSION, tmp_path / "tomb.db")
    more = tuple((f"ALTER TABLE playlists ADD COLUMN added_{number} TEXT",) for number in range(schema.COPIES_KEPT + 2))
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, *more))
    monkeypatch.setattr(schema, "VERSION", len(schema.STEPS))
    with closing(sqlite3.connect(tmp_path / "tomb.db", isolation_level=None)) as db:
        schema.upgrade(db, tmp_path / "backups")
        schema.upgrade(db, tmp_path / "backups")
    last = range(schema.VERSION - schema.COPIES_KEPT + 1, schema.VERSION + 1)
    assert copies(tmp_path) == sorted(f"before-v{number}.db" for number in last)


async def test_an_upgrade_keeps_the_data_and_a_copy_from_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as stage:
        await stage.fill("Songs", [b"a"])
    added = ("ALTER TABLE playlists ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'",)
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, added))
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    async with open_store(tmp_path, VirtualPorts()) as store:
        colours = await store.read(lambda db: [row["colour"] for row in db.execute("SELECT colour FROM playlists")])
    assert colours == ["red"]
    copy = tmp_path / "backups" / f"before-v{schema.VERSION}.db"
    assert column(copy, "PRAGMA user_version") == [schema.VERSION - 1]
    assert column(copy, "SELECT title FROM playlists") == ["Songs"]
    assert column(copy, "PRAGMA integrity_check") == ["ok"]


async def test_a_step_that_fails_leaves_the_database_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as stage:
        await stage.fill("Songs", [b"a"])
    broken = ("ALTER TABLE playlists ADD COLUMN colour TEXT", "INSERT INTO no_such_table VALUES (1)")
    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, broken))
    monkeypatch.setattr(schema, "VERSION", len(schema.STEPS))
    with pytest.raises(StartError, match="no_such_table"):
        async with open_store(tmp_path, VirtualPorts()):
            pass
    monkeypatch.undo()
    assert column(tmp_path / "tomb.db", "PRAGMA user_version") == [schema.VERSION]
    async with opened(tmp_path) as again:
        assert [lite.title for lite in again.librarian.lites()] == ["Songs"]


async def test_a_new_database_needs_no_copy(tmp_path: Path) -> None:
    async with open_store(tmp_path, VirtualPorts()):
        pass
    assert not (tmp_path / "backups").exists()


def test_a_disk_too_full_for_a_step_is_said_in_those_words() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA max_page_count = 3")
    with pytest.raises(sqlite3.OperationalError, match="database or disk is full"):
        schema.upgrade(connection, Path("nowhere"))
    assert connection.execute("PRAGMA user_version").fetchone() == (0,)
    connection.close()


def test_the_fingerprint_is_that_of_what_the_steps_make_and_of_nothing_else() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.make(db, schema.VERSION)
        assert schema.fingerprint(schema.statements(db)) == schema.WHOLE
        assert schema.is_whole(db)
        db.execute("CREATE TABLE strange (id)")
        assert schema.fingerprint(schema.statements(db)) != schema.WHOLE
        assert schema.is_whole(db)  # somebody else's table is no damage
        db.execute("DROP TABLE resume")
        assert not schema.is_whole(db)


def test_a_schema_whose_names_are_no_text_any_more_is_damaged() -> None:
    """One bit makes bytes of a text: the type of each value is a number before it (sqlite.org/fileformat.html, 2.1)."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.make(db, schema.VERSION)
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_schema SET name = CAST(name AS BLOB) WHERE name = 'tags'")
        assert not schema.is_whole(db)
