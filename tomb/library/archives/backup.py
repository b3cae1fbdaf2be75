"""The whole library as one archive: a snapshot of the database, and all the sound and pictures that it names.

The snapshot is consistent by itself; that the files are still there when their turn comes is up to the librarian, who
deletes none of them meanwhile (`Librarian.pinned`).
"""

import hashlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from tomb import __version__
from tomb.errors import LibraryDamaged, Unavailable
from tomb.library import schema
from tomb.library.archives import manifest
from tomb.library.archives.archive import DATABASE, MANIFEST, Member, member
from tomb.library.archives.manifest import Manifest
from tomb.library.faults import translated
from tomb.library.files import COVERED


class Counts(Struct, frozen=True):
    """What is in a library. `missing`: tracks without their sound. `damaged`: files that are not what they were."""

    playlists: int
    tracks: int
    missing: int
    damaged: int = 0


def count(db: sqlite3.Connection) -> Counts:
    playlists = "SELECT count(*) FROM playlists"
    tracks = "SELECT count(*), total(missing) FROM tracks JOIN files ON hash = file"
    (lists,), (all_tracks, missing) = db.execute(playlists).fetchone(), db.execute(tracks).fetchone()
    return Counts(lists, all_tracks, int(missing))


def snapshot(database: Path, target: Path) -> None:
    """Copy the database as it is at this moment, while others read and write it; `target` must not exist.

    Raises: NoSpace, Unavailable, LibraryDamaged.
    """
    # VACUUM INTO reads in one transaction, makes a file without the journal mode of the original, and leaves the pages
    # away that are free (sqlite.org/lang_vacuum.html): what was deleted does not travel.
    uri = f"{database.resolve().as_uri()}?mode=ro"
    with translated("read"), closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=schema.BUSY_S)) as db:
        db.execute("VACUUM INTO ?", (str(target),))


def pack(database: Path, library: Path, created: str) -> list[Member]:
    """The members of a backup. `database`: a snapshot, in which it is set right which files are there.

    Raises: NoSpace, Unavailable; OSError.
    """
    try:
        with translated("read"), closing(sqlite3.connect(database, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA synchronous = OFF")  # a snapshot that is cut off is thrown away
            files = _files(db, library)
            counts = count(db)
            [version] = db.execute("PRAGMA user_version").fetchone()
    except LibraryDamaged as error:  # of the snapshot, a moment old: the disk does not keep what it is given
        raise Unavailable("the database could not be copied; nothing was changed") from error
    about = manifest.encoded(
        Manifest(
            kind="backup",
            program=__version__,
            created=created,
            schema_version=version,
            playlists=counts.playlists,
            tracks=counts.tracks,
            files=len(files),
        )
    )
    data = Member(DATABASE, database.stat().st_size, database)
    with database.open("rb") as file:
        sums = {MANIFEST: manifest.digest(about), DATABASE: _sum(file.read)}
    return [member(MANIFEST, about), data, *files, manifest.sums(sums)]


def stored(library: Path, name: str) -> Member | None:
    """The member for what the library keeps as `name`, such as `files/SHA256.EXT`; None if it is not there."""
    path = library / name
    try:
        return Member(f"library/{name}", path.stat().st_size, path)
    except OSError:
        return None


def _files(db: sqlite3.Connection, library: Path) -> list[Member]:
    members: list[Member] = []
    db.execute("BEGIN")
    for row in db.execute("SELECT hash, ext, size FROM files ORDER BY hash").fetchall():
        found = stored(library, f"files/{row['hash']}.{row['ext']}")
        found = found if found and found.size == row["size"] else None  # half a song would make a bad archive
        members += [found] if found else []
        db.execute("UPDATE files SET missing = ? WHERE hash = ? AND missing <> ?1", (found is None, row["hash"]))
    for row in db.execute("SELECT hash, ext FROM covers ORDER BY hash").fetchall():
        found = stored(library, f"covers/{row['hash']}.{row['ext']}")
        members += [found] if found else []
        if found is None:
            for table in COVERED:
                db.execute(f"UPDATE {table} SET cover = NULL WHERE cover = ?", (row["hash"],))  # noqa: S608  # names of our own
            db.execute("DELETE FROM covers WHERE hash = ?", (row["hash"],))
    db.execute("COMMIT")
    return members


def _sum(read: Callable[[int], bytes]) -> str:
    summed = hashlib.sha256()
    while block := read(1024 * 1024):
        summed.update(block)
    return summed.hexdigest()
