"""The database's schema, as numbered steps that are only ever appended to.

`PRAGMA user_version` says how many steps a database has behind it. Each step is one transaction, and before each a
copy of the database is kept, since no parent ever made a backup in time.
"""

import hashlib
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path

from tomb.library.disk import sync

APPLICATION_ID = 0x544F4D42  # "TOMB": tells our database from any other SQLite file
BUSY_S = 5.0
COPIES_KEPT = 3


def _anew(table: str, columns: str, *indexes: str, options: str = "STRICT", was: str = "") -> tuple[str, ...]:
    """Make a table that is there (or `was` there under that name) again, with the same columns in the same order."""
    return (
        f"CREATE TABLE new_{table} ({columns}) {options}",
        f"INSERT INTO new_{table} SELECT * FROM {was or table}",  # noqa: S608  # names of our own
        f"DROP TABLE {was or table}",
        f"ALTER TABLE new_{table} RENAME TO {table}",
        *indexes,
    )


# What the third step asks of a value. 2**53 is what JSON carries exactly, and far from where SQLite's numbers end;
# the sum of so many sizes does not run over either. Texts are counted in bytes: `length` would stop at a NUL.
_COUNT = "BETWEEN 0 AND 9007199254740992"
_SIZE = "BETWEEN 0 AND 1099511627776"
_LUFS = "BETWEEN -100 AND 50"
_SECONDS = "BETWEEN 0 AND 1000000000"
_TIME = "BETWEEN 0 AND 253402300799"  # to the end of the year 9999, in epoch seconds


def _text(column: str) -> str:
    return f"CONSTRAINT {column} CHECK (length(CAST({column} AS BLOB)) <= 40000)"


def _id(column: str) -> str:
    return f"CONSTRAINT {column} CHECK (length({column}) BETWEEN 1 AND 64 AND {column} NOT GLOB '*[^0-9A-Za-z_-]*')"


def _hash(column: str) -> str:
    return f"CONSTRAINT {column} CHECK (length({column}) = 64 AND {column} NOT GLOB '*[^0-9a-f]*')"


_EXT = "CONSTRAINT ext CHECK (length(ext) BETWEEN 1 AND 5 AND ext NOT GLOB '*[^0-9a-z]*')"


def _is(column: str, what: str) -> str:
    return f"CONSTRAINT {column} CHECK ({column} {what})"


_DAY = _is("day", "GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'")
_RESUME_POLICY = _is("resume_policy", "IN ('resume', 'restart')")
_DOWNLOAD_STATES = "IN ('pending', 'downloading', 'processing', 'completed', 'error', 'cancelled')"
_CHAPTERS = "CONSTRAINT chapters CHECK (length(CAST(chapters AS BLOB)) <= 200000)"
_TAG_ID = """CONSTRAINT tag_id CHECK (
                length(tag_id) BETWEEN 4 AND 40 AND length(tag_id) % 2 = 0 AND tag_id NOT GLOB '*[^0-9A-F]*')"""


def _imported(table: str, playlists: str) -> str:
    return f"""CREATE TABLE {table} (
            playlist_id TEXT NOT NULL REFERENCES {playlists} (id) ON DELETE CASCADE,
            title TEXT NOT NULL DEFAULT '' {_text("title")},
            origin TEXT NOT NULL {_hash("origin")},
            size INTEGER NOT NULL DEFAULT 0 {_is("size", _SIZE)},
            copies INTEGER NOT NULL DEFAULT 1 {_is("copies", "BETWEEN 1 AND 1000000")},
            PRIMARY KEY (playlist_id, title, origin)
        ) STRICT, WITHOUT ROWID"""


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
    # What a row may be is said here, once: who restores a stranger's backup, or a damaged database, asks SQLite. Each
    # constraint has its column's name, so that whoever mends knows which value to give up (`repair.salvage`). What the
    # program may learn more of, such as what tags can do, is not here: see `repair.examination`.
    (
        *_anew(
            "covers",
            f"""
            hash TEXT PRIMARY KEY {_hash("hash")},
            ext TEXT NOT NULL {_is("ext", "IN ('jpg', 'png')")},
            size INTEGER NOT NULL {_is("size", _SIZE)}
            """,
        ),
        *_anew(
            "files",
            f"""
            hash TEXT PRIMARY KEY {_hash("hash")},
            ext TEXT NOT NULL {_EXT},
            size INTEGER NOT NULL {_is("size", _SIZE)},
            duration_ms INTEGER NOT NULL DEFAULT 0 {_is("duration_ms", _SIZE)},
            origin TEXT NOT NULL {_hash("origin")},
            missing INTEGER NOT NULL DEFAULT 0 {_is("missing", "IN (0, 1)")}
            """,
            "CREATE INDEX files_by_origin ON files (origin)",
            "CREATE INDEX files_by_size ON files (size)",
        ),
        *_anew(
            "playlists",
            f"""
            place INTEGER PRIMARY KEY {_is("place", "BETWEEN -9007199254740992 AND 9007199254740992")},
            id TEXT NOT NULL UNIQUE {_id("id")},
            title TEXT NOT NULL {_text("title")},
            description TEXT NOT NULL DEFAULT '' {_text("description")},
            same_tag TEXT {_is("same_tag", "IN ('toggle', 'restart', 'next', 'ignore')")},
            on_removal TEXT {_is("on_removal", "IN ('keep', 'pause')")},
            last_played INTEGER NOT NULL DEFAULT 0 {_is("last_played", "BETWEEN 0 AND 253402300799000")},
            created REAL NOT NULL DEFAULT 0 {_is("created", _TIME)},
            updated REAL NOT NULL DEFAULT 0 {_is("updated", _TIME)},
            playlist_seq INTEGER NOT NULL DEFAULT 1 {_is("playlist_seq", _COUNT)}
            """,
        ),
        *_anew(
            "tracks",
            f"""
            id TEXT PRIMARY KEY {_id("id")},
            playlist_id TEXT NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
            number INTEGER NOT NULL,
            title TEXT NOT NULL {_text("title")},
            filename TEXT NOT NULL DEFAULT '' {_text("filename")},
            artist TEXT {_text("artist")},
            album TEXT {_text("album")},
            file TEXT NOT NULL REFERENCES files (hash),
            cover TEXT REFERENCES covers (hash),
            play_count INTEGER NOT NULL DEFAULT 0 {_is("play_count", _COUNT)},
            created REAL NOT NULL DEFAULT 0 {_is("created", _TIME)},
            updated REAL NOT NULL DEFAULT 0 {_is("updated", _TIME)},
            UNIQUE (playlist_id, number)
            """,
            "CREATE INDEX tracks_by_file ON tracks (file)",
            "CREATE INDEX tracks_by_cover ON tracks (cover)",
        ),
        *_anew(
            "imports",
            f"""
            source TEXT PRIMARY KEY {_text("source")},
            playlist_id TEXT NOT NULL REFERENCES playlists (id) ON DELETE CASCADE
            """,
            "CREATE INDEX imports_by_playlist ON imports (playlist_id)",
        ),
        *_anew(
            "tags",
            f"""
            tag_id TEXT PRIMARY KEY {_TAG_ID},
            playlist_id TEXT UNIQUE REFERENCES playlists (id) ON DELETE SET NULL,
            action TEXT {_text("action")},
            minutes INTEGER {_is("minutes", "BETWEEN 1 AND 1440")},
            step INTEGER {_is("step", "BETWEEN 1 AND 100")},
            created REAL NOT NULL DEFAULT 0 {_is("created", _TIME)},
            last_seen REAL {_is("last_seen", _TIME)},
            CONSTRAINT action CHECK (playlist_id IS NULL OR action IS NULL)
            """,
        ),
        *_anew(
            "resume",
            f"""
            playlist_id TEXT PRIMARY KEY REFERENCES playlists (id) ON DELETE CASCADE,
            track_id TEXT NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
            position_ms INTEGER NOT NULL {_is("position_ms", _COUNT)}
            """,
            "CREATE INDEX resume_by_track ON resume (track_id)",
        ),
        *_anew(
            "player",
            f"""
            one INTEGER PRIMARY KEY {_is("one", "= 1")},
            volume INTEGER NOT NULL {_is("volume", "BETWEEN 0 AND 100")},
            muted INTEGER NOT NULL {_is("muted", "IN (0, 1)")},
            repeat_mode TEXT NOT NULL {_is("repeat_mode", "IN ('none', 'track', 'playlist')")},
            shuffle_enabled INTEGER NOT NULL {_is("shuffle_enabled", "IN (0, 1)")},
            auto_advance_enabled INTEGER NOT NULL {_is("auto_advance_enabled", "IN (0, 1)")},
            playlist_id TEXT REFERENCES playlists (id) ON DELETE SET NULL,
            track_id TEXT REFERENCES tracks (id) ON DELETE SET NULL,
            position_ms INTEGER NOT NULL {_is("position_ms", _COUNT)},
            playing INTEGER NOT NULL {_is("playing", "IN (0, 1)")}
            """,
        ),
        *_anew(
            "plays",
            f"""
            day TEXT NOT NULL {_DAY},
            track_id TEXT NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
            count INTEGER NOT NULL {_is("count", _COUNT)},
            PRIMARY KEY (track_id, day)
            """,
            options="STRICT, WITHOUT ROWID",
        ),
        *_anew(
            "settings",
            """
            key TEXT PRIMARY KEY CONSTRAINT key CHECK (length(CAST(key AS BLOB)) <= 100),
            value TEXT NOT NULL CONSTRAINT value CHECK (length(CAST(value AS BLOB)) <= 1000000)
            """,
        ),
        # 2**52 leaves a recovery space to leap into (`repair.recovery`).
        *_anew(
            "counters",
            f"""
            name TEXT PRIMARY KEY {_text("name")},
            value INTEGER NOT NULL {_is("value", "BETWEEN 0 AND 4503599627370496")}
            """,
            was="marks",
        ),
        *_anew(
            "uploads",
            f"""
            id TEXT PRIMARY KEY {_id("id")},
            playlist_id TEXT NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
            filename TEXT NOT NULL DEFAULT '' {_text("filename")},
            ext TEXT NOT NULL {_EXT},
            file_size INTEGER NOT NULL {_is("file_size", "BETWEEN 1 AND 1099511627776")},
            chunk_size INTEGER NOT NULL {_is("chunk_size", "BETWEEN 1 AND 1099511627776")},
            file_hash TEXT {_text("file_hash")},
            created REAL NOT NULL DEFAULT 0 {_is("created", _TIME)},
            updated REAL NOT NULL DEFAULT 0 {_is("updated", _TIME)},
            received BLOB NOT NULL,
            status TEXT NOT NULL {_is("status", "IN ('pending', 'uploading', 'completed', 'error', 'cancelled')")},
            error TEXT {_text("error")},
            track_id TEXT
            """,
            "CREATE INDEX uploads_by_playlist ON uploads (playlist_id)",
        ),
    ),
    # What parents may choose for a playlist, and call a tag. And the bin (`recycle_bin`): what was deleted, each with
    # the columns that it had in the library. `expires` is by the bin's own clock; what has lost it stays until
    # the space is needed.
    (
        "ALTER TABLE playlists ADD COLUMN resume_policy TEXT " + _RESUME_POLICY,
        "ALTER TABLE playlists ADD COLUMN shuffle INTEGER " + _is("shuffle", "IN (0, 1)"),
        "ALTER TABLE tags ADD COLUMN name TEXT " + _text("name"),
        f"""CREATE TABLE bin (
            place INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE {_id("id")},
            deleted REAL NOT NULL DEFAULT 0 {_is("deleted", _TIME)},
            expires INTEGER NOT NULL DEFAULT 9007199254740992 {_is("expires", _COUNT)}
        ) STRICT""",
        f"""CREATE TABLE bin_playlists (
            id TEXT PRIMARY KEY REFERENCES bin (id) ON DELETE CASCADE,
            place INTEGER NOT NULL DEFAULT 0 {_is("place", "BETWEEN -9007199254740992 AND 9007199254740992")},
            title TEXT NOT NULL {_text("title")},
            description TEXT NOT NULL DEFAULT '' {_text("description")},
            same_tag TEXT {_is("same_tag", "IN ('toggle', 'restart', 'next', 'ignore')")},
            on_removal TEXT {_is("on_removal", "IN ('keep', 'pause')")},
            resume_policy TEXT {_RESUME_POLICY},
            shuffle INTEGER {_is("shuffle", "IN (0, 1)")},
            last_played INTEGER NOT NULL DEFAULT 0 {_is("last_played", "BETWEEN 0 AND 253402300799000")},
            created REAL NOT NULL DEFAULT 0 {_is("created", _TIME)},
            updated REAL NOT NULL DEFAULT 0 {_is("updated", _TIME)},
            playlist_seq INTEGER NOT NULL DEFAULT 1 {_is("playlist_seq", _COUNT)},
            resume_track TEXT,
            resume_ms INTEGER NOT NULL DEFAULT 0 {_is("resume_ms", _COUNT)}
        ) STRICT""",
        # `entry`: its playlist, if it was deleted with that, else itself.
        f"""CREATE TABLE bin_tracks (
            id TEXT PRIMARY KEY {_id("id")},
            entry TEXT NOT NULL REFERENCES bin (id) ON DELETE CASCADE,
            playlist_id TEXT NOT NULL {_id("playlist_id")},
            playlist_title TEXT NOT NULL DEFAULT '' {_text("playlist_title")},
            number INTEGER NOT NULL DEFAULT 1 {_is("number", "BETWEEN 1 AND 9007199254740992")},
            title TEXT NOT NULL {_text("title")},
            filename TEXT NOT NULL DEFAULT '' {_text("filename")},
            artist TEXT {_text("artist")},
            album TEXT {_text("album")},
            file TEXT NOT NULL REFERENCES files (hash),
            cover TEXT REFERENCES covers (hash),
            play_count INTEGER NOT NULL DEFAULT 0 {_is("play_count", _COUNT)},
            created REAL NOT NULL DEFAULT 0 {_is("created", _TIME)},
            updated REAL NOT NULL DEFAULT 0 {_is("updated", _TIME)}
        ) STRICT""",
        "CREATE INDEX bin_tracks_by_entry ON bin_tracks (entry)",
        "CREATE INDEX bin_tracks_by_file ON bin_tracks (file)",
        "CREATE INDEX bin_tracks_by_cover ON bin_tracks (cover)",
        f"""CREATE TABLE bin_tags (
            playlist_id TEXT NOT NULL REFERENCES bin_playlists (id) ON DELETE CASCADE,
            tag_id TEXT NOT NULL {_TAG_ID},
            PRIMARY KEY (playlist_id, tag_id)
        ) STRICT, WITHOUT ROWID""",
        f"""CREATE TABLE bin_plays (
            track_id TEXT NOT NULL REFERENCES bin_tracks (id) ON DELETE CASCADE,
            day TEXT NOT NULL {_DAY},
            count INTEGER NOT NULL {_is("count", _COUNT)},
            PRIMARY KEY (track_id, day)
        ) STRICT, WITHOUT ROWID""",
    ),
    # The chapters of a track, in JSON as they cross the wire (`chapters`). And of a deleted track in which its list was
    # left, where: it is resumed there again once the track is back. How loud a file is, in LUFS, and its largest
    # sample (`meter`); NULL is not known. Where it is damaged. And a picture of a playlist's own.
    (
        "ALTER TABLE playlists ADD COLUMN cover TEXT REFERENCES covers (hash)",
        "ALTER TABLE bin_playlists ADD COLUMN cover TEXT REFERENCES covers (hash)",
        "ALTER TABLE tracks ADD COLUMN chapters TEXT " + _CHAPTERS,
        "ALTER TABLE bin_tracks ADD COLUMN chapters TEXT " + _CHAPTERS,
        "ALTER TABLE bin_tracks ADD COLUMN resume_ms INTEGER " + _is("resume_ms", _COUNT),
        "ALTER TABLE files ADD COLUMN loudness REAL " + _is("loudness", _LUFS),
        "ALTER TABLE files ADD COLUMN album_loudness REAL " + _is("album_loudness", _LUFS),
        "ALTER TABLE files ADD COLUMN peak REAL " + _is("peak", "BETWEEN 0 AND 1"),
        "ALTER TABLE files ADD COLUMN damaged_ms INTEGER " + _is("damaged_ms", _SIZE),
        # What folders brought to playlists, as it came (`origins`). Before, only their paths were kept.
        _imported("imported", "playlists"),
        "CREATE INDEX imported_by_origin ON imported (origin)",
        """INSERT INTO imported SELECT i.playlist_id, called, origin, max(size), count(DISTINCT t.id) FROM (
            SELECT playlist_id, replace(source, rtrim(source, replace(source, '/', '')), '') AS called FROM imports
        ) i JOIN tracks t ON t.playlist_id = i.playlist_id JOIN files ON hash = file
        GROUP BY i.playlist_id, called, origin""",
        "DROP TABLE imports",
        _imported("bin_imported", "bin_playlists"),
    ),
    # What was asked for of YouTube (`downloads`). `place` keeps the order.
    (
        f"""CREATE TABLE downloads (
            place INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE {_id("id")},
            video TEXT NOT NULL CONSTRAINT video CHECK (length(video) = 11 AND video NOT GLOB '*[^0-9A-Za-z_-]*'),
            playlist_id TEXT NOT NULL {_id("playlist_id")},
            title TEXT {_text("title")},
            created REAL NOT NULL DEFAULT 0 {_is("created", _TIME)},
            status TEXT NOT NULL DEFAULT 'cancelled' {_is("status", _DOWNLOAD_STATES)},
            tries INTEGER NOT NULL DEFAULT 0 {_is("tries", "BETWEEN 0 AND 1000")},
            reason TEXT {_text("reason")},
            error TEXT {_text("error")},
            track_id TEXT {_text("track_id")}
        ) STRICT""",
    ),
    # A playlist may have several tags. `place` is the order in which they were linked: a clock may go back.
    (
        *_anew(
            "tags",
            f"""
            tag_id TEXT PRIMARY KEY {_TAG_ID},
            playlist_id TEXT REFERENCES playlists (id) ON DELETE SET NULL,
            action TEXT {_text("action")},
            minutes INTEGER {_is("minutes", "BETWEEN 1 AND 1440")},
            step INTEGER {_is("step", "BETWEEN 1 AND 100")},
            created REAL NOT NULL DEFAULT 0 {_is("created", _TIME)},
            last_seen REAL {_is("last_seen", _TIME)},
            name TEXT {_text("name")},
            CONSTRAINT action CHECK (playlist_id IS NULL OR action IS NULL)
            """,
            "CREATE INDEX tags_by_playlist ON tags (playlist_id)",
        ),
        "ALTER TABLE tags ADD COLUMN place INTEGER NOT NULL DEFAULT 0 " + _is("place", _COUNT),
        "ALTER TABLE bin_tags ADD COLUMN place INTEGER NOT NULL DEFAULT 0 " + _is("place", _COUNT),
    ),
    # Where the frames of a long MP3 are (`models.SeekMarks`, packed).
    ("ALTER TABLE files ADD COLUMN seek_marks BLOB",),
    # What was heard on a day, by which limits go and of which statistics tell (`days`). `noted` orders them as they
    # were written, since a clock may go back; of what was heard `untold_s` is no part of statistics. And how often a
    # tag was placed.
    (
        f"""CREATE TABLE days (
            day TEXT PRIMARY KEY {_DAY},
            noted INTEGER NOT NULL DEFAULT 0 {_is("noted", _COUNT)},
            heard_s REAL NOT NULL DEFAULT 0 {_is("heard_s", _SECONDS)},
            untold_s REAL NOT NULL DEFAULT 0 {_is("untold_s", _SECONDS)},
            adrift_s REAL NOT NULL DEFAULT 0 {_is("adrift_s", _SECONDS)},
            awake_s REAL NOT NULL DEFAULT 0 {_is("awake_s", _SECONDS)},
            moved_s REAL {_is("moved_s", _SECONDS)},
            until REAL {_is("until", _TIME)},
            bonus INTEGER NOT NULL DEFAULT 0 {_is("bonus", "IN (0, 1)")}
        ) STRICT""",
        f"""CREATE TABLE taps (
            tag_id TEXT NOT NULL REFERENCES tags (tag_id) ON DELETE CASCADE,
            day TEXT NOT NULL {_DAY},
            count INTEGER NOT NULL {_is("count", _COUNT)},
            PRIMARY KEY (tag_id, day)
        ) STRICT, WITHOUT ROWID""",
    ),
)
VERSION = len(STEPS)
# `fingerprint` of what all steps make: to make it only to compare it would take 20 ms of each start.
WHOLE = "098c544b72b86b8d657e5ec8eb9e0db45f2a2b5e31ca7f498d64303eadf6e9aa"


def upgrade(connection: sqlite3.Connection, backups: Path) -> None:
    """Take the database, by as many steps as it needs, to this program's version.

    Raises: OSError and sqlite3.Error; the database is then as it was before the step that failed.
    """
    behind = version(connection)
    for number in range(behind + 1, VERSION + 1):
        if behind:
            keep_copy(connection, backups / f"before-v{number}.db")
        _step(connection, number)
    if behind not in (0, VERSION):
        _forget_old_copies(backups)


def make(connection: sqlite3.Connection, number: int) -> None:
    """Bring a database that needs no copy, such as an empty one, to version `number`."""
    for each in range(version(connection) + 1, number + 1):
        _step(connection, each)


def version(connection: sqlite3.Connection) -> int:
    """How many steps the database has behind it."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def is_whole(connection: sqlite3.Connection) -> bool:
    """Whether of all that our steps make exactly that is there which belongs to the version it says it is."""
    found, there = version(connection), statements(connection)
    if found == VERSION and fingerprint(there) == WHOLE:
        return True
    expected, known = _made(found), _made(VERSION)
    names = {name for name, _ in expected | known}
    return {each for each in there if each[0] in names} == expected


def fingerprint(statements: set[tuple[str, str]]) -> str:
    """Of what a schema is made of, by name."""
    return hashlib.sha256(repr(sorted(statements, key=repr)).encode()).hexdigest()


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


@cache
def _made(number: int) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
        make(model, number)
        return statements(model)


def statements(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    return set(connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall())


def _step(connection: sqlite3.Connection, number: int) -> None:
    # A table that is dropped, to be made anew, would take with it all that refers to its rows. Within a transaction
    # nobody can say so any more.
    [enforced] = connection.execute("PRAGMA foreign_keys").fetchone()
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in STEPS[number - 1]:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        # After a full disk SQLite has rolled back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        connection.execute(f"PRAGMA foreign_keys = {enforced}")


def _forget_old_copies(backups: Path) -> None:
    """Those from before the last steps are enough: whoever goes back goes back to the program they had."""
    kept = {f"before-v{number}.db" for number in range(VERSION - COPIES_KEPT + 1, VERSION + 1)}
    for path in backups.glob("before-v*.db"):
        if path.name not in kept:
            path.unlink()
