"""The database's schema, as numbered steps that are only ever appended to.

`PRAGMA user_version` says how many steps a database has behind it. Each step is one transaction, and before each a
copy of the database is kept, since no parent ever made a backup in time. `examine` decides whether a database may be
opened at all; it only reads, so that a database which is refused stays as it was.
"""

import sqlite3
from pathlib import Path

from tomb.errors import StartError

APPLICATION_ID = 0x544F4D42  # "TOMB": tells our database from any other SQLite file
BUSY_S = 5.0

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


def examine(path: Path) -> None:
    """Refuse a database that must not be opened; a file that is absent or empty is a new one.

    Raises: StartError, when it comes from a newer program, from another program, or is damaged.
    """
    if not path.exists() or path.stat().st_size == 0:
        return
    try:
        connection = sqlite3.connect(_read_only(path), uri=True, timeout=BUSY_S)
        try:
            _refuse(connection, path)
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        raise StartError(f"the database {path} cannot be read ({error}); it was left as it is") from error


def upgrade(connection: sqlite3.Connection, backups: Path) -> None:
    """Take the database, by as many steps as it needs, to this program's version.

    Raises: OSError and sqlite3.Error; the database is then as it was before the step that failed.
    """
    behind: int = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, statements in enumerate(STEPS[behind:], behind + 1):
        if behind:
            _keep_copy(connection, backups / f"before-v{number}.db")
        _step(connection, number, statements)


def _read_only(path: Path) -> str:
    # Without a log to replay, `immutable` keeps SQLite from creating even its index file beside the database.
    log = path.with_name(path.name + "-wal")
    quiet = "" if log.exists() and log.stat().st_size else "&immutable=1"
    return f"{path.resolve().as_uri()}?mode=ro{quiet}"


def _refuse(connection: sqlite3.Connection, path: Path) -> None:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    # A database without tables is one that a crash cut off while it was made.
    tables: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application != APPLICATION_ID and tables:
        raise StartError(f"{path} is no database of this program; it was left as it is")
    if version > VERSION:
        raise StartError(
            f"the database {path} was written by a newer TOMB (schema {version}, this one knows {VERSION}); "
            "it was left as it is: install the newer program again"
        )
    [(verdict,)] = connection.execute("PRAGMA quick_check(1)").fetchall()
    if verdict != "ok":
        fault = verdict.splitlines()[-1]
        raise StartError(f"the database {path} is damaged ({fault}); it was left as it is: restore a backup")


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


def _keep_copy(connection: sqlite3.Connection, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    half = target.with_suffix(".half")
    half.unlink(missing_ok=True)
    connection.execute("VACUUM INTO ?", (str(half),))
    half.replace(target)
