"""What must be true of a data folder, whatever was done to it: a line for each thing that is not."""

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

DATA = {"tomb.db", "tomb.db-wal", "tomb.db-shm", "tomb.lock", "reserve", "library", "backups", "cache"}
LIBRARY = {"files", "covers", "uploads", "incoming", "inbox"}


def database_faults(data: Path) -> list[str]:
    """Of the database of a box that is dead, looked at in a copy: whoever opens it would begin to repair it."""
    with TemporaryDirectory(prefix="tomb-soak") as folder:
        copy = Path(folder) / "tomb.db"
        for name in ("tomb.db", "tomb.db-wal"):
            if (data / name).exists():
                shutil.copy(data / name, Path(folder) / name)
        with closing(sqlite3.connect(copy)) as db:
            return list(_database_faults(db))


def folder_faults(data: Path) -> list[str]:
    """Of the files of a box at rest, after it has swept: exactly those that the database knows, each with its content.

    What lies in the inbox is the business of whoever put it there.
    """
    with closing(sqlite3.connect(f"{(data / 'tomb.db').as_uri()}?mode=ro", uri=True)) as db:
        return [
            *(f"{data.name} has a stray {path.name}" for path in data.iterdir() if path.name not in DATA),
            *(f"library has a stray {path.name}" for path in (data / "library").iterdir() if path.name not in LIBRARY),
            *_compared(data, "files", _names(db, "SELECT hash || '.' || ext FROM files")),
            *_compared(data, "covers", _names(db, "SELECT hash || '.' || ext FROM covers")),
            *_compared(
                data,
                "uploads",
                *(_names(db, f"SELECT id || '.part' FROM uploads WHERE {each}") for each in (_BEGUN, _OPEN)),
            ),
            *_compared(data, "incoming", set()),
            *_content_faults(data / "library" / "files"),
            *_size_faults(db, data / "library" / "uploads"),
        ]


_OPEN = "status IN ('pending', 'uploading')"
_PARTS = "SELECT id || '.part' FROM uploads WHERE"
_BEGUN = f"{_OPEN} AND NOT (status = 'pending' AND file_size <= chunk_size)"  # a single chunk makes its file

_NUMBERED = """
    SELECT playlist_id FROM tracks GROUP BY playlist_id
    HAVING min(number) != 1 OR max(number) != count(*) OR count(DISTINCT number) != count(*)
"""
_UNUSED = "SELECT hash FROM files WHERE hash NOT IN (SELECT file FROM tracks UNION SELECT file FROM bin_tracks)"
_TWICE = "SELECT id FROM bin_tracks WHERE id IN (SELECT id FROM tracks)"


def _database_faults(db: sqlite3.Connection) -> Iterator[str]:
    for (verdict,) in db.execute("PRAGMA integrity_check"):
        if verdict != "ok":
            yield f"integrity_check: {verdict}"
    yield from (f"foreign_key_check: {row}" for row in db.execute("PRAGMA foreign_key_check"))
    yield from (f"tracks of {playlist_id} are not numbered 1 to n" for (playlist_id,) in db.execute(_NUMBERED))
    yield from (f"file {name} belongs to no track" for (name,) in db.execute(_UNUSED))
    yield from (f"track {track_id} is in the library and in the bin" for (track_id,) in db.execute(_TWICE))
    lost = "SELECT id FROM uploads WHERE status = 'completed' AND track_id IS NULL"
    yield from (f"upload {upload_id} is complete, but made no track" for (upload_id,) in db.execute(lost))


def _compared(data: Path, name: str, wanted: set[str], known: AbstractSet[str] = frozenset()) -> Iterator[str]:
    folder = data / "library" / name
    there = {path.name for path in folder.iterdir()} if folder.exists() else set()  # an import makes no uploads
    yield from (f"{name}/{each} is there, though nothing knows it" for each in sorted(there - wanted - known))
    yield from (f"{name}/{each} is missing" for each in sorted(wanted - there))


def _names(db: sqlite3.Connection, query: str) -> set[str]:
    return {name for (name,) in db.execute(query)}


def _content_faults(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        seen = path.stat()
        if _sha(path, seen.st_ino, seen.st_size, seen.st_mtime_ns) != path.stem:
            yield f"files/{path.name} has another content"


def _size_faults(db: sqlite3.Connection, folder: Path) -> Iterator[str]:
    for upload_id, size in db.execute(f"SELECT id, file_size FROM uploads WHERE {_OPEN}"):
        path = folder / f"{upload_id}.part"
        if path.exists() and path.stat().st_size != size:
            yield f"uploads/{path.name} has {path.stat().st_size} bytes instead of {size}"


@lru_cache(maxsize=4096)
def _sha(path: Path, *_: int) -> str:
    """Read once for each state of the file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
