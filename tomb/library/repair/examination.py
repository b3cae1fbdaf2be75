"""Is the database sound, and is it ours? It is only read, so that one that is refused stays as it was.

Most of what a row may be is said by the schema (`schema.STEPS`), and `PRAGMA integrity_check` looks whether it is so.
`PRAGMA quick_check` would be five times as fast, but it does not look whether an index agrees with its table: a box
that goes by a damaged index serves playlists that lack tracks, and sweeps away their sound as strays. SQLite has no
checksums of pages, so what a flipped bit makes of a value is seen only by looking at values.
"""

import sqlite3
import struct
from contextlib import closing
from pathlib import Path
from typing import get_args

from tomb.errors import StartError
from tomb.library import chapters, faults, schema, settings
from tomb.models import TagActionName

# What reading a damaged database raises. The latter: the message itself quotes bytes of it that are no UTF-8.
BROKEN = (sqlite3.DatabaseError, UnicodeDecodeError)
_READ_AMISS = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
_UNREAL = 1000  # steps: no newer program has as many, but a flipped bit may say so

# What no constraint says of a row by itself, or what the program may learn more of: each of these must find nothing.
# Beside it, how it is mended.
_EMPTY = (
    "((SELECT count(*) FROM bin_playlists p WHERE p.id = bin.id)"
    " + (SELECT count(*) FROM bin_tracks t WHERE t.id = bin.id AND t.entry = bin.id)) <> 1"
)
_CONTRADICTIONS = (
    (
        "SELECT 1 FROM tracks GROUP BY playlist_id HAVING min(number) <> 1 OR max(number) <> count(*)",
        None,  # all are numbered anew
    ),
    (
        "SELECT 1 FROM resume r JOIN tracks t ON t.id = r.track_id WHERE t.playlist_id <> r.playlist_id",
        "DELETE FROM resume WHERE playlist_id <> (SELECT playlist_id FROM tracks WHERE id = track_id)",
    ),
    # Nothing is in the library and in the bin, and in the bin is a playlist or a track.
    (
        "SELECT 1 FROM bin_playlists WHERE id IN (SELECT id FROM playlists)",
        "DELETE FROM bin_playlists WHERE id IN (SELECT id FROM playlists)",
    ),
    (
        "SELECT 1 FROM bin_tracks WHERE id IN (SELECT id FROM tracks)",
        "DELETE FROM bin_tracks WHERE id IN (SELECT id FROM tracks)",
    ),
    (f"SELECT 1 FROM bin WHERE {_EMPTY}", f"DELETE FROM bin WHERE {_EMPTY}"),
    (
        "SELECT 1 FROM tags WHERE NOT is_action(action)",
        "UPDATE tags SET action = NULL, minutes = NULL, step = NULL WHERE NOT is_action(action)",
    ),
    (
        "SELECT 1 FROM tracks WHERE NOT are_chapters(chapters)",
        "UPDATE tracks SET chapters = NULL WHERE NOT are_chapters(chapters)",
    ),
    (
        "SELECT 1 FROM bin_tracks WHERE NOT are_chapters(chapters)",
        "UPDATE bin_tracks SET chapters = NULL WHERE NOT are_chapters(chapters)",
    ),
    (
        "SELECT 1 FROM settings WHERE NOT makes_sense(key, value)",
        "DELETE FROM settings WHERE NOT makes_sense(key, value)",
    ),
)


def fault(path: Path) -> str | None:
    """What is wrong with the database of a data folder, if anything.

    Raises: StartError when it comes from a newer program or from another one; OSError and sqlite3.Error when it cannot
    be read at all.
    """
    try:
        if path.exists() and path.stat().st_size and (found := _examined(path)) is not None:
            return found
        if log_is_damaged(path):
            return "its log is damaged"
        return "it is gone" if _is_blank(path) and _has_sound(path.with_name("library")) else None
    except BROKEN as error:
        # What our examination asks fails in a sound database for no other reason than the disk.
        if getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _READ_AMISS:
            raise
        if not _is_ours(path):
            raise StartError(f"the database {path} cannot be read ({error}); it was left as it is") from error
        return str(error)


def is_good(copy: Path) -> bool:
    """Whether a copy of a database, without a log, can stand in for it."""
    try:
        return _examined(copy) is None
    except (*BROKEN, StartError):
        return False


def is_damaged(database: Path) -> bool:
    """Of a database in use, of which SQLite has said that it is malformed: whether that is so.

    A sector that cannot be read makes SQLite say the same: EIO becomes SQLITE_IOERR_CORRUPTFS (os_unix.c), and that
    SQLITE_CORRUPT (vdbe.c). A disk that fails is no reason to end the box and to rebuild a database that is whole, so
    its files are read by the operating system first, and then looked at once more.
    """
    try:
        for path in (database, log_of(database)):
            with path.open("rb") as file:
                while file.read(1024 * 1024):
                    pass
        with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True, timeout=schema.BUSY_S)) as db:
            return not schema.is_whole(db) or fault_within(db) is not None
    except OSError:
        return False
    except UnicodeDecodeError:
        return True
    except sqlite3.Error as error:
        return faults.is_damage(error)


def fault_within(db: sqlite3.Connection) -> str | None:
    """What is wrong with an opened database of any version, in SQLite's words or ours; the first fault is enough.

    Raises: what is in `BROKEN` where it is too broken even to be asked.
    """
    # SQLite does not look at the constraints of a database that it may only read, so a copy in memory is looked at.
    # There, the steps that an older version lacks can be tried, too: whether all its rows fit into today's tables.
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as copy:
        db.backup(copy)
        [(verdict,)] = copy.execute("PRAGMA integrity_check(1)").fetchall()
        if verdict != "ok":
            return str(verdict).splitlines()[-1]
        for table in tables(copy):
            # Text that is no UTF-8 is seen nowhere but here. The rows come one by one: none is kept.
            for _ in copy.execute(f'SELECT * FROM "{table}"'):
                pass
        stray = copy.execute("PRAGMA foreign_key_check").fetchone()
        if stray is not None:
            return f"a row in {stray[0]} belongs to nothing"
        try:
            schema.make(copy, schema.VERSION)
        except sqlite3.IntegrityError as error:
            return str(error)
        return _contradiction(copy)


def _contradiction(db: sqlite3.Connection) -> str | None:
    """What rows of a database with today's schema say that cannot be, though each of them keeps to the schema."""
    _know_our_words(db)
    for query, _ in _CONTRADICTIONS:
        if db.execute(f"SELECT EXISTS ({query})").fetchone()[0]:
            return f"what is in {query.split()[3]} makes no sense"
    return None


def settle_contradictions(db: sqlite3.Connection) -> None:
    """Give up what cannot be; but for the numbers of tracks."""
    _know_our_words(db)
    for _, mend in _CONTRADICTIONS:
        if mend is not None:
            db.execute(mend)


def tables(db: sqlite3.Connection) -> list[str]:
    """Parents before their children, since that is the order in which they must be made."""
    listed = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid"
    return [row[0] for row in db.execute(listed)]


def refuse_newer(path: Path) -> None:
    """Go by what the first bytes say of a database that cannot be opened any more. Raises: StartError."""
    if not path.exists():
        return
    with path.open("rb") as file:
        head = file.read(72).ljust(72, b"\0")
    version, application = (int.from_bytes(head[at : at + 4], "big") for at in (60, 68))
    if application == schema.APPLICATION_ID and schema.VERSION < version < _UNREAL:
        raise StartError(_newer(path, version))


def log_of(database: Path) -> Path:
    """Where SQLite keeps the log of a database."""
    return database.with_name(database.name + "-wal")


def log_is_damaged(database: Path) -> bool:
    """Whether a transaction in the write-ahead log is lost although a later one is whole, which no crash does.

    SQLite replays the log up to the first frame whose checksum is wrong, and says nothing: the library would be one of
    an earlier day, and the sound of all that came since would be swept away as strays. So this is the one place that
    reads its format by hand (sqlite.org/fileformat2.html, section 4). Each frame is checked from what the one before
    it says, so that a broken one does not condemn the rest.
    """
    path = log_of(database)
    data = path.read_bytes() if path.exists() else b""
    if len(data) < 32 + 24:
        return False
    magic, _, size = struct.unpack_from(">III", data)
    order = ">" if magic == 0x377F0683 else "<"
    said = struct.unpack_from(">II", data, 24)
    headed = magic in (0x377F0682, 0x377F0683) and _summed(order, data[:24], (0, 0)) == said
    if not headed:
        size = 4096
    # Salts tell this log's frames from those that an earlier one left further on.
    salts = data[16:24] if headed else data[40:48]
    unbroken = headed
    for at in range(32, len(data) - 24 - size + 1, 24 + size):
        before: tuple[int, int] = struct.unpack_from(">II", data, 24 if at == 32 else at - size - 8)
        summed = _summed(order, data[at + 24 : at + 24 + size], _summed(order, data[at : at + 8], before))
        if data[at + 8 : at + 16] != salts or summed != struct.unpack_from(">II", data, at + 16):
            unbroken = False
        elif data[at + 4 : at + 8] != bytes(4) and not unbroken:  # a transaction ends here
            return True
    return False


def _summed(order: str, data: bytes, seed: tuple[int, int]) -> tuple[int, int]:
    one, two = seed
    for first, second in struct.iter_unpack(f"{order}II", data):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two


def _examined(path: Path) -> str | None:
    with closing(sqlite3.connect(_read_only(path), uri=True, timeout=schema.BUSY_S)) as db:
        version = schema.version(db)
        application = int(db.execute("PRAGMA application_id").fetchone()[0])
        there = set(tables(db))
        if not there:
            return None  # one that a crash cut off while it was made, or a new one
        if application != schema.APPLICATION_ID and not {"playlists", "tracks", "files", "settings"} <= there:
            raise StartError(f"{path} is no database of this program; it was left as it is")
        if schema.VERSION < version < _UNREAL:
            raise StartError(_newer(path, version))
        if application != schema.APPLICATION_ID or version > schema.VERSION or not schema.is_whole(db):
            return "its description of itself is damaged"
        return _header_fault(path) or fault_within(db)


def _header_fault(path: Path) -> str | None:
    # Bytes 18 and 19: who may write and read it. SQLite takes a strange one for a file that it may only read.
    with path.open("rb") as file:
        return None if file.read(20)[18:] in (b"\1\1", b"\2\2") else "its header is damaged"


def _know_our_words(db: sqlite3.Connection) -> None:
    actions = get_args(TagActionName)
    db.create_function("is_action", 1, lambda action: action is None or action in actions, deterministic=True)
    db.create_function("are_chapters", 1, chapters.makes_sense, deterministic=True)
    db.create_function("makes_sense", 2, settings.makes_sense, deterministic=True)


def _is_blank(path: Path) -> bool:
    """No database yet; or none any more."""
    if not path.exists() or not path.stat().st_size:
        return True
    with closing(sqlite3.connect(_read_only(path), uri=True, timeout=schema.BUSY_S)) as db:
        return not tables(db)


def _has_sound(library: Path) -> bool:
    return (library / "files").is_dir() and any((library / "files").iterdir())


def _is_ours(path: Path) -> bool:
    """Whether a file that is no readable database was one of ours: nothing of anybody else's may be moved."""
    return b"CREATE TABLE playlists" in path.read_bytes() or path.with_name("library").is_dir()


def _newer(path: Path, version: int) -> str:
    return (
        f"the database {path} was written by a newer TOMB (schema {version}, this one knows {schema.VERSION}); "
        "it was left as it is: install the newer program again"
    )


def _read_only(path: Path) -> str:
    # Without a log to replay, `immutable` keeps SQLite from creating even its index file beside the database.
    written = log_of(path)
    quiet = "" if written.exists() and written.stat().st_size else "&immutable=1"
    return f"{path.resolve().as_uri()}?mode=ro{quiet}"
