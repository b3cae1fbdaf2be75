"""The database's schema, as numbered steps that are only ever appended to.

`PRAGMA user_version` says how many steps a database has behind it. Each step is one transaction, and before each a
copy of the database is kept, since no parent ever made a backup in time.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from tomb.library.disk import sync

APPLICATION_ID = 0x544F4D42  # "TOMB": tells our database from any other SQLite file
BUSY_S = 5.0
COPIES_KEPT = 3

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE covers (
            hash TEXT PRIMARY KEY,
            ext TEXT NOT NULL,
            size INTEGER NOT NULL
        ) STRICT""",
        # `origin` is the hash of what was handed in: it differs from `hash` where we had to transcode.
        """CREATE TABLE files (
            hash TEXT PRIMARY KEY,
            ext TEXT NOT NULL,
            size INTEGER NOT NULL,
            duration_ms INTEGER NOT NULL,
            origin TEXT NOT NULL,
            missing INTEGER NOT NULL DEFAULT 0
        ) STRICT""",
        "CREATE INDEX files_by_origin ON files (origin)",
        "CREATE INDEX files_by_size ON files (size)",
        # `place` keeps the order of creation.
        """CREATE TABLE playlists (
            place INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            title TEXT NOT NULL,
            description TEXT NOT NULL,
            same_tag TEXT CHECK (same_tag IN ('toggle', 'restart', 'next', 'ignore')),
            on_removal TEXT CHECK (on_removal IN ('keep', 'pause')),
            last_played INTEGER NOT NULL DEFAULT 0,
            created REAL NOT NULL,
            updated REAL NOT NULL,
            playlist_seq INTEGER NOT NULL DEFAULT 1
        ) STRICT""",
        # Numbers are 1..n in every committed state; while a transaction renumbers they are negative for a moment,
        # because SQLite checks UNIQUE after each row and not at the end.
        """CREATE TABLE tracks (
            id TEXT PRIMARY KEY,
            playlist_id TEXT NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            title TEXT NOT NULL,
            filename TEXT NOT NULL,
            artist TEXT,
            album TEXT,
            file TEXT NOT NULL REFERENCES files (hash),
            cover TEXT REFERENCES covers (hash),
            play_count INTEGER NOT NULL DEFAULT 0,
            created REAL NOT NULL,
            updated REAL NOT NULL,
            UNIQUE (playlist_id, number)
        ) STRICT""",
        "CREATE INDEX tracks_by_file ON tracks (file)",
        "CREATE INDEX tracks_by_cover ON tracks (cover)",
        # Where a playlist's folder was imported from, so that the same folder again is no second playlist.
        """CREATE TABLE imports (
            source TEXT PRIMARY KEY,
            playlist_id TEXT NOT NULL REFERENCES playlists (id) ON DELETE CASCADE
        ) STRICT""",
        "CREATE INDEX imports_by_playlist ON imports (playlist_id)",
        """CREATE TABLE tags (
            tag_id TEXT PRIMARY KEY,
            playlist_id TEXT UNIQUE REFERENCES playlists (id) ON DELETE SET NULL,
            action TEXT,
            minutes INTEGER,
            step INTEGER,
            created REAL NOT NULL,
            last_seen REAL,
            CHECK (playlist_id IS NULL OR action IS NULL)
        ) STRICT""",
        """CREATE TABLE resume (
            playlist_id TEXT PRIMARY KEY REFERENCES playlists (id) ON DELETE CASCADE,
            track_id TEXT NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
            position_ms INTEGER NOT NULL
        ) STRICT""",
        "CREATE INDEX resume_by_track ON resume (track_id)",
        """CREATE TABLE player (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            volume INTEGER NOT NULL,
            muted INTEGER NOT NULL,
            repeat_mode TEXT NOT NULL CHECK (repeat_mode IN ('none', 'track', 'playlist')),
            shuffle_enabled INTEGER NOT NULL,
            auto_advance_enabled INTEGER NOT NULL,
            playlist_id TEXT REFERENCES playlists (id) ON DELETE SET NULL,
            track_id TEXT REFERENCES tracks (id) ON DELETE SET NULL,
            position_ms INTEGER NOT NULL,
            playing INTEGER NOT NULL
        ) STRICT""",
        # How often a track was heard on a day (ISO date, UTC).
        """CREATE TABLE plays (
            day TEXT NOT NULL,
            track_id TEXT NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
            count INTEGER NOT NULL,
            PRIMARY KEY (track_id, day)
        ) STRICT, WITHOUT ROWID""",
        "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
        "CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT",
    ),
    (
        # `received` has a bit for each chunk. A track may be deleted and the session that made it still be asked for.
        """CREATE TABLE uploads (
            id TEXT PRIMARY KEY,
            playlist_id TEXT NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
            filename TEXT NOT NULL,
            ext TEXT NOT NULL,
            file_size INTEGER NOT NULL,
            chunk_size INTEGER NOT NULL,
            file_hash TEXT,
            created REAL NOT NULL,
            updated REAL NOT NULL,
            received BLOB NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('pending', 'uploading', 'completed', 'error', 'cancelled')),
            error TEXT,
            track_id TEXT
        ) STRICT""",
        "CREATE INDEX uploads_by_playlist ON uploads (playlist_id)",
    ),
)
VERSION = len(STEPS)


def upgrade(connection: sqlite3.Connection, backups: Path) -> None:
    """Take the database, by as many steps as it needs, to this program's version.

    Raises: OSError and sqlite3.Error; the database is then as it was before the step that failed.
    """
    behind = version(connection)
    for number, statements in enumerate(STEPS[behind:], behind + 1):
        if behind:
            keep_copy(connection, backups / f"before-v{number}.db")
        _step(connection, number, statements)
    if behind not in (0, VERSION):
        _forget_old_copies(backups)


def make(connection: sqlite3.Connection, number: int) -> None:
    """Make the tables of version `number` in an empty database."""
    for each, statements in enumerate(STEPS[:number], 1):
        _step(connection, each, statements)


def version(connection: sqlite3.Connection) -> int:
    """How many steps the database has behind it."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def is_whole(connection: sqlite3.Connection) -> bool:
    """Whether of all that our steps make exactly that is there which belongs to the version it says it is."""
    expected, known = _made(version(connection)), _made(VERSION)
    names = {name for name, _ in known}
    return {each for each in _statements(connection) if each[0] in names} == expected


def keep_copy(connection: sqlite3.Connection, target: Path) -> None:
    """Copy the database as it is now into one file, which appears when it is whole and on the disk.

    Raises: OSError and sqlite3.Error; nothing half-made is left on a disk that may be full.
    """
    target.parent.mkdir(exist_ok=True)
    half = target.with_suffix(".half")
    half.unlink(missing_ok=True)
    try:
        connection.execute("VACUUM INTO ?", (str(half),))
        sync(half)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
    sync(target.parent)


def _made(number: int) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
        make(model, number)
        return _statements(model)


def _statements(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall())


def _step(connection: sqlite3.Connection, number: int, statements: tuple[str, ...]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        # After a full disk SQLite has rolled back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _forget_old_copies(backups: Path) -> None:
    """Those from before the last steps are enough: whoever goes back goes back to the program they had."""
    kept = {f"before-v{number}.db" for number in range(VERSION - COPIES_KEPT + 1, VERSION + 1)}
    for path in backups.glob("before-v*.db"):
        if path.name not in kept:
            path.unlink()
