"""A backup takes the place of the library: staged while the old one serves, swapped at the next start.

    DATA/restore/tomb.db, DATA/library/restore/    what was handed in, checked and brought to today's schema
    DATA/restore/ready                             from here on it counts; before, it is rubbish
    DATA/backups/before-restore.db                 the database that was replaced

The sound is staged below the library, which may be a disk of its own, so that each file comes to its place by a rename.
`steps` can be cut off anywhere, and begun again: until the new database is renamed over, the old one is there; the
mark goes last. In between it is neither, but nobody looks: whoever opens the folder finishes first.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from tomb.errors import Conflict, RequestError
from tomb.library import counters, faults, files, schema
from tomb.library.archives import audit, backup
from tomb.library.archives.archive import DATABASE, BadArchive
from tomb.library.archives.backup import Counts
from tomb.library.archives.unpacking import Targets, Unpacked
from tomb.library.disk import sync
from tomb.library.repair import recovery

READY = "ready"
KEPT = "before-restore.db"
_BESIDE = ("-wal", "-shm", "-journal")


def targets(folder: Path, free_kept: int, *, even_damaged: bool = False) -> Targets:
    """Where to unpack a backup for the data folder `folder`."""
    return Targets("backup", _data(folder), _sound(folder), folder / "library", free_kept, even_damaged)


def prepare(folder: Path, wanted: Targets) -> None:
    """Make the staging, empty. Raises: Conflict when another backup is about to be swapped in; OSError."""
    if (_data(folder) / READY).exists():
        raise Conflict("another backup is being restored; the box must start once before the next")
    give_up(folder)
    wanted.prepare()


def seal(folder: Path, unpacked: Unpacked) -> Counts:
    """Check what was staged, and decide for it: returns when the next start is bound to swap it in.

    Raises: BadArchive; Conflict when a newer program made it; NoSpace, Unavailable.
    """
    database = _data(folder) / DATABASE
    try:
        counts = _taken_over(database, unpacked)
        for path in (_sound(folder) / "files", _sound(folder) / "covers", _sound(folder), folder / "library"):
            sync(path)
        sync(database)
        mark = _data(folder) / READY
        mark.touch()
        sync(mark)
        sync(_data(folder))
        sync(folder)
    except sqlite3.Error as error:
        fault = faults.of_database(error)
        if isinstance(fault, RequestError):
            raise fault from error
        raise BadArchive("its database cannot be read") from error  # what is damaged is what was handed in
    except OSError as error:
        raise faults.of_disk(error) from error
    return counts


def give_up(folder: Path) -> None:
    """Remove what was staged."""
    for path in (_data(folder), _sound(folder)):
        if path.exists():
            files.remove(path)


def finish(folder: Path) -> None:
    """Before the database is opened, by whoever owns the folder: swap in what waits for it, remove what was given up.

    Raises: OSError and sqlite3.Error; the next call goes on where this one ended.
    """
    for _ in steps(folder):
        pass


def steps(folder: Path) -> Iterator[str]:
    """`finish`, step by step: what was done.

    Each step leaves a state from which all of them, begun again, come to the same end: a rename that was done finds
    nothing more to rename, and whether there is still something to do is asked of the disk and not remembered. Sound
    comes before the database that names it, as everywhere: files that nobody knows are strays, rows without files
    would be losses. The mark goes when nothing else is left; `give_up` after it only tidies.
    """
    if not (_data(folder) / READY).exists():
        give_up(folder)
        return
    yield from recovery.steps(folder)  # a database that is still being repaired would else take the new one's place
    for kind in ("files", "covers"):
        yield from _merge(_sound(folder) / kind, folder / "library" / kind)
    if (_data(folder) / DATABASE).exists():
        yield from _swap(folder)
    if _sound(folder).exists():
        files.remove(_sound(folder))
    yield "emptied the staging"
    (_data(folder) / READY).unlink()
    sync(_data(folder))
    yield "removed the mark"
    give_up(folder)


def _data(folder: Path) -> Path:
    return folder / "restore"


def _sound(folder: Path) -> Path:
    return folder / "library" / "restore"


def _taken_over(database: Path, unpacked: Unpacked) -> Counts:
    """Check the database and make it one that can be opened here: of today's schema, without what is under way."""
    audit.check_head(database)
    with closing(audit.opened(database)) as db:
        audit.check(db)
        schema.make(db, schema.VERSION)
        _rename(db, unpacked.damaged)
        audit.check_files(db, unpacked.files)
        # The parts of uploads are not in a backup, and a box that was restored does not start to play, or to fetch, by
        # itself.
        db.execute("DELETE FROM uploads")
        db.execute("DELETE FROM downloads")
        db.execute("UPDATE player SET playing = 0")
        return replace(backup.count(db), damaged=len(unpacked.damaged))


def _rename(db: sqlite3.Connection, damaged: Mapping[str, str]) -> None:
    """Files are called by their content. The same music handed in once more is to be taken for better than this."""
    db.execute("BEGIN")
    db.execute("PRAGMA defer_foreign_keys = ON")
    for was, now in damaged.items():
        db.execute("UPDATE files SET hash = ?2, origin = ?2 WHERE hash = ?1", (was, now))
        db.execute("UPDATE tracks SET file = ?2 WHERE file = ?1", (was, now))
        db.execute("UPDATE bin_tracks SET file = ?2 WHERE file = ?1", (was, now))
        db.execute("UPDATE covers SET hash = ?2 WHERE hash = ?1", (was, now))
        for table in files.COVERED:
            db.execute(f"UPDATE {table} SET cover = ?2 WHERE cover = ?1", (was, now))  # noqa: S608  # names of our own
    db.execute("COMMIT")


def _merge(staged: Path, target: Path) -> Iterator[str]:
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(staged.iterdir()) if staged.exists() else ():
        path.replace(target / path.name)
        yield f"moved {path.name}"
    sync(target)


def _swap(folder: Path) -> Iterator[str]:
    # Event numbers must not go back for clients that knew the old library, so the new one learns how far they were
    # leased while the old one can still be asked. The log beside a database belongs to it by nothing but its name:
    # SQLite would replay the old one's into the new one, so it is folded in, or what cannot be is moved away, before
    # the new one gets the name. Between the two renames there is no database; a start that is cut off here comes back
    # to this very place, since the mark is still there.
    staged, old, kept = _data(folder) / DATABASE, folder / DATABASE, folder / "backups" / KEPT
    if old.exists():
        _raise_counter(staged, _folded(old))
        yield "raised the counter of the events"
        kept.parent.mkdir(exist_ok=True)
        for suffix in _BESIDE:
            kept.with_name(kept.name + suffix).unlink(missing_ok=True)
        old.replace(kept)
        yield "put the old database aside"
    for suffix in _BESIDE:  # what could not be folded in must not be taken for the new one's
        beside = old.with_name(old.name + suffix)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + suffix))
            yield f"put its {suffix} aside"
    sync(folder)
    staged.replace(old)
    sync(folder)
    yield "put the new database in its place"


def _folded(database: Path) -> int | None:
    """Fold the log into the database; the end of its lease of event numbers, or None where it cannot be read."""
    try:
        with closing(sqlite3.connect(database, isolation_level=None, timeout=schema.BUSY_S)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return counters.read(db, counters.LEASED)
    except sqlite3.DatabaseError:
        return None


def _raise_counter(staged: Path, leased: int | None) -> None:
    with closing(sqlite3.connect(staged, isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA synchronous = FULL")
        own = counters.read(db, counters.LEASED)
        counters.raise_to(db, counters.LEASED, own + recovery.LEAP if leased is None else max(own, leased))
