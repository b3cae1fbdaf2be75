"""A copy of the database of its own accord, since no parent ever made a backup in time.

What is lost of a damaged database is taken from it (`salvage`). It costs the card as many bytes as the database has,
about 0.8 MB for 1,000 tracks, and only after something was edited: what playing changes is not worth it.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tomb.library import schema

COPY = "latest.db"
APART_S = 3600.0

# What a parent would miss. Linking a tag and editing tracks are edits of their playlists.
_EDITED = (
    "SELECT id, playlist_seq FROM playlists ORDER BY id",
    "SELECT key, value FROM settings ORDER BY key",
    "SELECT tag_id, action, minutes, step, name FROM tags WHERE coalesce(action, name) IS NOT NULL ORDER BY tag_id",
)


def keep(folder: Path, now: float, free_kept: int) -> float:
    """Copy the database of a data folder, unless the last copy has all that matters. 0.0: all that matters is copied.

    Else that many seconds are to pass before the next try, because the last copy is younger than an hour, or the disk
    has not enough free space. `now`: epoch seconds. `free_kept`: bytes that are left free on the disk.
    Raises: OSError and sqlite3.Error, with the copy before left as it is.
    """
    source, copy = folder / "tomb.db", folder / "backups" / COPY
    # Not created, should it be gone: an empty database must never take the place of a good copy.
    uri = f"{source.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=schema.BUSY_S)) as db:
        if copy.exists():
            if _edited(copy) == _state(db):
                return 0.0
            # A clock may jump: a copy from the future is as old as one from the past.
            age = abs(now - copy.stat().st_mtime)
            if age < APART_S:
                return APART_S - age
        if shutil.disk_usage(folder).free - 2 * source.stat().st_size < free_kept:
            return APART_S
        schema.keep_copy(db, copy)
    os.utime(copy, (now, now))
    return 0.0


def _edited(copy: Path) -> object:
    with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        try:
            return _state(db)
        except sqlite3.DatabaseError:
            return None  # a copy that is damaged is none


def _state(db: sqlite3.Connection) -> list[list[tuple[object, ...]]]:
    return [db.execute(query).fetchall() for query in _EDITED]
