"""Sound and pictures on the disk, kept by their content: a name that somebody chose never reaches a path.

A file comes in two steps. First it is copied into `incoming/`, without any lock (`Intake`). Then, inside the unit of
work that will refer to it, `keep` renames it to its content's name and records it; the store has the name on the disk
before it commits. It goes the other way round: the unit that drops the last reference forgets it, and after the commit
`put_aside` takes it back into `incoming/`, where it is unlinked: between two units, since the same content may be
coming back, while the unlinking, which takes long for what is large, holds nobody up. Whatever a power cut leaves in
between is a file that the database does not know, which the next start or `reconcile` removes.
"""

import itertools
import os
import sqlite3
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from msgspec import Struct

from tomb.library.intake import Staged
from tomb.models import Loudness

Freed = tuple[PurePosixPath, ...]
"""Paths, relative to the library folder, that nothing in the database refers to any more."""

_FORGET_FILE = """
    DELETE FROM files WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM tracks WHERE file = hash)
    AND NOT EXISTS (SELECT 1 FROM bin_tracks WHERE file = hash) RETURNING ext
"""
_PLAYLISTS_NOT_LOOKED_AT = """
    SELECT id FROM playlists p WHERE EXISTS (
        SELECT 1 FROM tracks JOIN files ON hash = file WHERE playlist_id = p.id AND peak IS NULL AND NOT missing
    ) ORDER BY last_played DESC, place
"""
_NOT_LOOKED_AT = """
    SELECT DISTINCT hash, ext FROM (SELECT file FROM tracks WHERE playlist_id = ? ORDER BY number)
    JOIN files ON hash = file WHERE peak IS NULL AND NOT missing
"""
COVERED = ("tracks", "bin_tracks", "playlists", "bin_playlists")
"""The tables that have a `cover`."""

_NOWHERE = " AND ".join(f"NOT EXISTS (SELECT 1 FROM {table} WHERE cover = hash)" for table in COVERED)  # noqa: S608  # of our own
_KNOWN = {
    "files": "SELECT 1 FROM files WHERE hash = ? AND ext = ?",
    "covers": "SELECT 1 FROM covers WHERE hash = ? AND ext = ?",
}
_FORGET_COVER = f"DELETE FROM covers WHERE hash = ? AND {_NOWHERE} RETURNING ext"  # noqa: S608  # names of our own


class Kept(Struct, frozen=True):
    """A file of sound that the library keeps."""

    hash: str
    ext: str

    @property
    def path(self) -> PurePosixPath:
        """Relative to the library folder."""
        return PurePosixPath("files", f"{self.hash}.{self.ext}")


class Sound(Struct, frozen=True):
    """What plays for a track, and how long it is."""

    hash: str
    duration_ms: int


class Reconciled(Struct, frozen=True):
    """What a look at the disk changed: hashes of files that vanished or came back, and how many strays were removed."""

    lost: tuple[str, ...]
    found: tuple[str, ...]
    strays: int

    @property
    def changed(self) -> frozenset[str]:
        return frozenset(self.lost + self.found)


def prepare(library: Path) -> None:
    """Make the folders; forget what was half taken in when the last run ended."""
    for name in ("files", "covers", "incoming"):
        (library / name).mkdir(parents=True, exist_ok=True)
    with suppress(OSError):  # it may lead to a stick that is not plugged in: then it is away, and the box plays
        (library / "inbox").mkdir(exist_ok=True)
    for stray in (library / "incoming").iterdir():
        with suppress(OSError):  # no reason not to start: it came with somebody's folder, and is his
            remove(stray)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it (which never follows a link).

    However deep a stranger made it, and whatever he forbade: the folders in a folder are brought up before that goes,
    so that no path becomes longer than the system takes.
    """
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    numbers = itertools.count()
    _open_up(path)
    while entries := list(path.iterdir()):
        for each in entries:
            if not each.is_dir() or each.is_symlink():
                each.unlink(missing_ok=True)
                continue
            _open_up(each)
            for inner in each.iterdir():
                if not inner.is_dir() or inner.is_symlink():
                    inner.unlink(missing_ok=True)
                    continue
                _open_up(inner)  # one that is moved has its `..` written
                inner.rename(next(place for number in numbers if not os.path.lexists(place := path / str(number))))
            each.rmdir()
    path.rmdir()


def _open_up(folder: Path) -> None:
    with suppress(PermissionError):  # somebody else's; it may be empty
        folder.chmod(0o700)


def known(db: sqlite3.Connection, origin: str) -> Sound | None:
    """The kept file that was made from the content `origin`, if the library has it and it is there."""
    row = db.execute("SELECT hash, duration_ms FROM files WHERE origin = ? AND NOT missing", (origin,)).fetchone()
    return row and Sound(row["hash"], row["duration_ms"])


def has_size(db: sqlite3.Connection, size: int) -> bool:
    """Whether some kept file is as large as that: if none is, no content of that size can be known."""
    return db.execute("SELECT 1 FROM files WHERE size = ?", (size,)).fetchone() is not None


def has_cover(db: sqlite3.Connection, name: str) -> bool:
    return db.execute("SELECT 1 FROM covers WHERE hash = ?", (name,)).fetchone() is not None


def missing_among(db: sqlite3.Connection, hashes: Iterable[str]) -> set[str]:
    marked = "SELECT 1 FROM files WHERE hash = ? AND missing"
    return {each for each in hashes if db.execute(marked, (each,)).fetchone()}


def keep(
    db: sqlite3.Connection,
    library: Path,
    file: Staged,
    origin: str,
    duration_ms: int,
    loudness: Loudness,
    damaged_ms: int | None = None,
    seek_marks: bytes | None = None,
) -> Sound:
    """Part of a unit of work: take a staged file into the library, once. What is there already is as it was."""
    loudness_of = (loudness.track, loudness.album, loudness.peak)
    [row] = db.execute(
        "INSERT INTO files"
        " (hash, ext, size, duration_ms, origin, loudness, album_loudness, peak, damaged_ms, seek_marks)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (hash) DO UPDATE SET missing = 0 RETURNING ext, duration_ms",
        (file.hash, file.ext, file.size, duration_ms, origin, *loudness_of, damaged_ms, seek_marks),
    ).fetchall()
    _move(file.path, library / "files" / f"{file.hash}.{row['ext']}")
    return Sound(file.hash, row["duration_ms"])


def playlists_not_looked_at(db: sqlite3.Connection) -> list[str]:
    """The ids of those with files that came in before their loudness was measured, the one that was played last first.
    (The largest sample is known of whatever was measured, be it silent.)"""
    return [row["id"] for row in db.execute(_PLAYLISTS_NOT_LOOKED_AT)]


def not_looked_at(db: sqlite3.Connection, playlist_id: str) -> list[Kept]:
    """Such files of a playlist, in its order."""
    return [Kept(row["hash"], row["ext"]) for row in db.execute(_NOT_LOOKED_AT, (playlist_id,))]


def look_again(
    db: sqlite3.Connection,
    name: str,
    duration_ms: int,
    loudness: Loudness,
    damaged_ms: int | None,
    seek_marks: bytes | None,
) -> None:
    """A unit of work, of a file that was not looked at yet: write down what was found. `name`: its hash."""
    db.execute(
        "UPDATE files SET duration_ms = ?, loudness = ?, album_loudness = ?, peak = ?, damaged_ms = ?, seek_marks = ?"
        " WHERE hash = ? AND peak IS NULL",
        (duration_ms, loudness.track, loudness.album, loudness.peak, damaged_ms, seek_marks, name),
    )


def keep_cover(db: sqlite3.Connection, library: Path, file: Staged) -> str:
    """Part of a unit of work: take a staged picture into the library, once, and return its hash."""
    if not has_cover(db, file.hash):
        _move(file.path, library / "covers" / f"{file.hash}.{file.ext}")
        db.execute("INSERT INTO covers VALUES (?, ?, ?)", (file.hash, file.ext, file.size))
    return file.hash


def _move(staged: Path, place: Path) -> None:
    try:
        staged.replace(place)
    except FileNotFoundError:
        if not place.exists():  # it was moved there in a transaction that came to nothing, of which this is the rest
            raise


def forget_unused(db: sqlite3.Connection, used: Iterable[sqlite3.Row]) -> Freed:
    """Part of a unit of work: forget those of the `file`s and `cover`s (None: none) that nothing refers to any more, be
    it in the bin."""
    rows = list(used)
    freed: list[PurePosixPath] = []
    for name in {row["file"] for row in rows} - {None}:
        gone = db.execute(_FORGET_FILE, (name,)).fetchall()
        freed += [PurePosixPath("files", f"{name}.{row['ext']}") for row in gone]
    for name in {row["cover"] for row in rows} - {None}:
        gone = db.execute(_FORGET_COVER, (name,)).fetchall()
        freed += [PurePosixPath("covers", f"{name}.{row['ext']}") for row in gone]
    return tuple(freed)


def places(sounds: Iterable[Staged | None], covers: Iterable[Staged | None]) -> Freed:
    """Where `keep` and `keep_cover` put these, if they are new."""
    found = [PurePosixPath("files", f"{each.hash}.{each.ext}") for each in sounds if each]
    return (*found, *(PurePosixPath("covers", f"{each.hash}.{each.ext}") for each in covers if each))


def put_aside(db: sqlite3.Connection, library: Path, freed: Freed) -> tuple[Path, ...]:
    """Between two units of work: take what nothing refers to, as of now, out of its folder; where it is then.

    What cannot be moved, as on a disk on which there is no room for a name, is unlinked at once. What cannot be
    unlinked either is a stray that `reconcile` removes, and no reason to say that an edit failed.
    """
    aside = []
    for path in freed:
        known = _KNOWN.get(path.parent.name)  # what is in another folder belongs to nobody else
        if known is None or db.execute(known, (path.stem, path.suffix[1:])).fetchone() is None:
            place = library / "incoming" / path.name
            try:
                (library / path).replace(place)
                aside.append(place)
            except OSError:
                unlink([library / path])
    return tuple(aside)


def unlink(aside: Iterable[Path]) -> None:
    """What cannot be unlinked now is removed by the next start."""
    for path in aside:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def reconcile(db: sqlite3.Connection, library: Path, spared: Collection[PurePosixPath] = ()) -> Reconciled:
    """A unit of work: mark what is missing, unmark what is back, remove files that the database does not know.

    `spared`: files that stay for now although it does not know them, because somebody still reads them.
    """
    names = {path.name for path in (library / "files").iterdir()}
    _call_by_name(db, names)
    rows = db.execute("SELECT hash, ext, missing FROM files").fetchall()
    there = {row["hash"] for row in rows if f"{row['hash']}.{row['ext']}" in names}
    lost = tuple(row["hash"] for row in rows if not row["missing"] and row["hash"] not in there)
    found = tuple(row["hash"] for row in rows if row["missing"] and row["hash"] in there)
    db.executemany("UPDATE files SET missing = 1 WHERE hash = ?", [(name,) for name in lost])
    db.executemany("UPDATE files SET missing = 0 WHERE hash = ?", [(name,) for name in found])
    read_still = {path.name for path in spared}
    strays = _strays(library / "files", {f"{row['hash']}.{row['ext']}" for row in rows} | read_still)
    covers = {f"{row['hash']}.{row['ext']}" for row in db.execute("SELECT hash, ext FROM covers")} | read_still
    return Reconciled(lost, found, strays + _strays(library / "covers", covers))


def _call_by_name(db: sqlite3.Connection, names: Collection[str]) -> None:
    """Content that is known is no stray because the database has its extension wrong: a flipped bit is seen nowhere."""
    exts = {stem: ext for stem, _, ext in (name.partition(".") for name in names)}
    for row in db.execute("SELECT hash, ext FROM files").fetchall():
        if f"{row['hash']}.{row['ext']}" not in names and row["hash"] in exts:
            db.execute("UPDATE files SET ext = ? WHERE hash = ?", (exts[row["hash"]], row["hash"]))


def _strays(folder: Path, wanted: set[str]) -> int:
    strays = [path for path in folder.iterdir() if path.name not in wanted]
    for path in strays:
        remove(path)
    return len(strays)
