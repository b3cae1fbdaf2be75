"""Is the database sound, and is it ours? It is only read, so that one that is refused stays as it was."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tomb.errors import StartError
from tomb.library import schema
from tomb.library.repair import pages, soundness

_READ_AMISS = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
_UNREAL = 1000  # steps: no newer program has as many, but a flipped bit may say so


def fault(path: Path) -> str | None:
    """What is wrong with the database of a data folder, if anything.

    Raises: StartError when it comes from a newer program or from another one; OSError and sqlite3.Error when it cannot
    be read at all.
    """
    written = pages.read_log(pages.log_of(path))
    try:
        if path.exists() and path.stat().st_size and (found := _examined(path)) is not None:
            return found
        if written.damaged:
            return "its log is damaged"
        return "it is gone" if _is_blank(path) and _has_sound(path.with_name("library")) else None
    except soundness.BROKEN as error:
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
    except (*soundness.BROKEN, StartError):
        return False


def is_damage(error: sqlite3.Error) -> bool:
    """Whether that is what an error says which our own queries raise."""
    # The low byte is the primary result code (sqlite.org/rescode.html). Text that is no UTF-8 has none: it is Python's
    # module that says so.
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return isinstance(error, sqlite3.OperationalError) and "UTF-8" in str(error)
    return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def refuse_newer(image: Path, path: Path) -> None:
    """Go by what the first bytes say of a database that cannot be opened any more. Raises: StartError."""
    with image.open("rb") as file:
        head = file.read(72).ljust(72, b"\0")
    version, application = (int.from_bytes(head[at : at + 4], "big") for at in (60, 68))
    if application == schema.APPLICATION_ID and schema.VERSION < version < _UNREAL:
        raise StartError(_newer(path, version))


def _examined(path: Path) -> str | None:
    with closing(sqlite3.connect(_read_only(path), uri=True, timeout=schema.BUSY_S)) as db:
        version = schema.version(db)
        application = int(db.execute("PRAGMA application_id").fetchone()[0])
        tables = set(soundness.tables(db))
        if not tables:
            return None  # one that a crash cut off while it was made, or a new one
        if application != schema.APPLICATION_ID and not {"playlists", "tracks", "files", "marks"} <= tables:
            raise StartError(f"{path} is no database of this program; it was left as it is")
        if schema.VERSION < version < _UNREAL:
            raise StartError(_newer(path, version))
        if application != schema.APPLICATION_ID or version > schema.VERSION or not schema.is_whole(db):
            return "its description of itself is damaged"
        return _header_fault(path) or soundness.fault(db)


def _header_fault(path: Path) -> str | None:
    # Bytes 18 and 19: who may write and read it. SQLite takes a strange one for a file that it may only read.
    with path.open("rb") as file:
        return None if file.read(20)[18:] in (b"\1\1", b"\2\2") else "its header is damaged"


def _is_blank(path: Path) -> bool:
    """No database yet; or none any more."""
    if not path.exists() or not path.stat().st_size:
        return True
    with closing(sqlite3.connect(_read_only(path), uri=True, timeout=schema.BUSY_S)) as db:
        return not soundness.tables(db)


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
    written = pages.log_of(path)
    quiet = "" if written.exists() and written.stat().st_size else "&immutable=1"
    return f"{path.resolve().as_uri()}?mode=ro{quiet}"
