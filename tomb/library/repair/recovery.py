"""A damaged database: it is put aside, and what can be read of it goes on.

    DATA/damaged/TIME/tomb.db, -wal, -shm    as they were found; never removed by the box, never written to
    DATA/damaged/TIME/recovery.json          what became of it
    DATA/damaged/TIME/rebuilt.db             the database to be, until it is renamed to DATA/tomb.db

Such a folder appears by a rename when the new database is whole and on the disk; before that nothing else is changed.
From then on each step can be cut off and done again, and `rebuilt.db` goes last: while it is there, there is work to
do. A database of another program, or of a newer TOMB, is refused and stays as it was.
"""

import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tomb.library import counters, files
from tomb.library.disk import sync
from tomb.library.repair import examination
from tomb.models import iso

log = logging.getLogger(__name__)

DATABASE = "tomb.db"
RECOVERED = "Recovered music"
LEAP = 1_000_000_000  # event numbers; far more than are ever leased between two commits
_BESIDE = ("-wal", "-shm", "-journal")
_LONG_AGO = (1, 1)  # what is as old is all there (and not `inbox.HANDED_OVER`): nobody need wait until it has settled
_REBUILT, _REPORT, _HALF = "rebuilt.db", "recovery.json", ".half"


@dataclass(frozen=True, slots=True)
class Recovery:
    """What was done about a damaged database.

    `number`: names this recovery in the database that came of it. `at`: when, in ISO format. `sounds`: how many files
    were no longer known to it, and wait in the inbox to become a playlist. `leased`: the counter of the event numbers.
    """

    number: int
    at: str
    fault: str
    playlists: int
    tracks: int
    sounds: int
    leased: int
    place: str

    @property
    def message(self) -> str:
        """For a person."""
        found = f', and {self.sounds} files of sound that come back as "{RECOVERED}"' if self.sounds else ""
        return (
            f"The library's memory was found damaged on {self.at[:10]} and has been repaired: "
            f"{self.playlists} playlists with {self.tracks} tracks were saved{found}. What was damaged is kept in "
            f"{self.place}; this message ends when that folder is moved away."
        )


def ensure(folder: Path, now: float) -> None:
    """Before the database is opened, by whoever owns the folder: see that it is sound. `now`: epoch seconds.

    Raises: StartError for a database that must not be touched; OSError and sqlite3.Error when it cannot be read, or
    there is no free space to recover it in.
    """
    _finish(folder)
    half = folder / "damaged" / _HALF
    if half.exists():
        files.remove(half)
    fault = examination.fault(folder / DATABASE)
    if fault is not None:
        log.error("the database in %s is damaged (%s); saving what can be read", folder, fault)
        _prepare(folder, fault, now)
        _finish(folder)


def behind(folder: Path, db: sqlite3.Connection) -> Recovery | None:
    """The recovery that this database came from, until somebody moves away what is kept of the damaged one."""
    number = counters.read(db, counters.RECOVERY)
    return next((each for each in _reports(folder) if each.number == number), None)


# --- making another one ---------------------------------------------------------------------------------------------


def _prepare(folder: Path, fault: str, now: float) -> None:
    """Make the folder with the new database in it; nothing else is changed.

    All that can fail is here: reading what is broken, writing on a disk that may be full. It happens under a name that
    the next start throws away, and what was found damaged is not touched, so a box without space for it refuses to
    start and can be tried again. The rename of the folder is the moment from which there is no way back; `steps`
    consists of renames alone, which need no space.
    """
    damaged = folder / "damaged"
    half = damaged / _HALF
    half.mkdir(parents=True)
    place = _free_place(damaged, now)
    try:
        report = _rebuild(half / _REBUILT, folder, fault, iso(now), place)
        (half / _REPORT).write_bytes(_ADAPTER.dump_json(report, indent=2))
        for path in (half / _REBUILT, half / _REPORT, half):
            sync(path)
        half.rename(place)
    except BaseException:
        files.remove(half)
        with suppress(OSError):
            damaged.rmdir()
        raise
    sync(damaged)
    sync(folder)


def _rebuild(rebuilt: Path, folder: Path, fault: str, at: str, place: Path) -> Recovery:
    database = folder / DATABASE
    examination.refuse_newer(database)
    # What is read is another pair of files: SQLite replays a log into its database, and as it was found it stays.
    image = rebuilt.with_name("image.db")
    for source, target in ((database, image), (examination.log_of(database), examination.log_of(image))):
        if source.exists():
            shutil.copyfile(source, target)
    log_is_damaged = examination.log_is_damaged(database)
    from tomb.library.repair import salvage  # for whom it is needed

    saved = salvage.rebuild(rebuilt, image, _newest_copy(folder), folder / "library", log_is_damaged=log_is_damaged)
    for path in rebuilt.parent.glob("image.db*"):
        path.unlink()
    number, leased = _seal(rebuilt, folder)
    sounds = len(_unknown(rebuilt, folder / "library"))
    return Recovery(number, at, fault, saved.playlists, saved.tracks, sounds, leased, str(place))


def _seal(rebuilt: Path, folder: Path) -> tuple[int, int]:
    """Write down which recovery it came from; let the numbers of events begin above all that can have been used."""
    with closing(sqlite3.connect(rebuilt, isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        earlier = _reports(folder)
        number = 1 + max([counters.read(db, counters.RECOVERY), *(each.number for each in earlier)])
        leased = LEAP + max([counters.read(db, counters.LEASED), *(each.leased for each in earlier)])
        counters.raise_to(db, counters.RECOVERY, number)
        counters.raise_to(db, counters.LEASED, leased)
    return number, leased


def _free_place(damaged: Path, now: float) -> Path:
    name = iso(now).replace(":", "-").partition(".")[0].partition("+")[0]
    number = 1
    while (place := damaged / (name if number == 1 else f"{name} {number}")).exists():
        number += 1
    return place


def _newest_copy(folder: Path) -> Path | None:
    """The newest copy that is sound. One from before a backup was restored is of another library."""
    backups = folder / "backups"
    replaced = backups / "before-restore.db"
    since = replaced.stat().st_ctime if replaced.exists() else 0.0
    copies = [path for path in backups.glob("*.db") if path != replaced and path.stat().st_mtime > since]
    newest_first = sorted(copies, key=lambda path: path.stat().st_mtime, reverse=True)
    return next((path for path in newest_first if examination.is_good(path)), None)


# --- putting it in its place ----------------------------------------------------------------------------------------


def _finish(folder: Path) -> None:
    for _ in steps(folder):
        pass


def steps(folder: Path) -> Iterator[str]:
    """What is left to do of a recovery, step by step: what was done.

    The log and its index are put aside with the database: left behind, SQLite would replay them into the new one. Sound
    goes to the inbox before the new database takes its place, because from then on nobody knows any more that there is
    something to do, and the first reconciliation would sweep it away as strays.
    """
    for rebuilt in sorted((folder / "damaged").glob(f"[!.]*/{_REBUILT}")):
        for suffix in ("", *_BESIDE):
            found = folder / (DATABASE + suffix)
            if found.exists():
                found.rename(rebuilt.parent / found.name)
                yield f"put {found.name} aside"
        sync(rebuilt.parent)
        yield from _bring_back(rebuilt, folder / "library")
        rebuilt.rename(folder / DATABASE)
        sync(folder)
        yield "put the new database in its place"


def _bring_back(rebuilt: Path, library: Path) -> Iterator[str]:
    """Sound that the new database does not know goes to the inbox, where the next look makes a playlist of it."""
    inbox = library / "inbox" / RECOVERED
    for number, path in enumerate(_unknown(rebuilt, library), 1):
        inbox.mkdir(parents=True, exist_ok=True)
        os.utime(path, _LONG_AGO)
        path.rename(_free_name(inbox, number, path.suffix))
        yield f"brought back {path.name}"
    if inbox.exists():
        os.utime(inbox, _LONG_AGO)
        sync(inbox)
    yield "brought back all sound"


def _unknown(rebuilt: Path, library: Path) -> list[Path]:
    if not (library / "files").is_dir():
        return []
    with closing(sqlite3.connect(f"{rebuilt.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        known = {f"{name}.{ext}" for name, ext in db.execute("SELECT hash, ext FROM files")}
    return sorted(path for path in (library / "files").iterdir() if path.is_file() and path.name not in known)


def _free_name(inbox: Path, number: int, suffix: str) -> Path:
    while (path := inbox / f"Sound {number}{suffix}").exists():
        number += 1
    return path


_ADAPTER = TypeAdapter(Recovery)


def _reports(folder: Path) -> list[Recovery]:
    found = []
    for path in sorted((folder / "damaged").glob(f"[!.]*/{_REPORT}")):
        try:
            found.append(_ADAPTER.validate_json(path.read_bytes()))
        except (OSError, ValidationError):
            continue  # somebody else's file
    return found
