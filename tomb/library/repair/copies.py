"""A copy of the database of its own accord, since no parent ever made a backup in time.

What is lost of a damaged database is taken from it (`salvage`). It costs the card as many bytes as the database has,
about 0.8 MB for 1,000 tracks, and only on days after something was edited: what playing changes is not worth it.
"""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from tomb.library import schema

DAY_S = 24 * 3600.0
DAILY = "daily.db"

# What a parent would miss. Linking a tag and editing tracks are edits of their playlists.
_EDITED = (
    "SELECT id, playlist_seq FROM playlists ORDER BY id",
    "SELECT key, value FROM settings ORDER BY key",
    "SELECT tag_id, action, minutes, step FROM tags WHERE action IS NOT NULL ORDER BY tag_id",
)


def keep_daily(folder: Path, now: float, free_kept: int) -> bool:
    """Copy the database of a data folder unless the last copy is a day young, or has all that matters; whether it did.

    `now`: epoch seconds. `free_kept`: bytes that are left free on the disk; where they are not, no copy is made.
    Raises: OSError and sqlite3.Error, with the copy before left as it is.
    """
    source, copy = folder / "tomb.db", folder / "backups" / DAILY
    # A clock may jump: a copy from the future is as old as one from the past.
    if copy.exists() and abs(now - copy.stat().st_mtime) < DAY_S:
        return False
    if shutil.disk_usage(folder).free - 2 * source.stat().st_size < free_kept:
        return False
    with closing(sqlite3.connect(source, isolation_level=None, timeout=schema.BUSY_S)) as db:
        if copy.exists() and _edited(copy) == _state(db):
            return False
        schema.keep_copy(db, copy)
    return True


def _edited(copy: Path) -> object:
    with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        try:
            return _state(db)
        except sqlite3.DatabaseError:
            return None  # a copy that is damaged is none


def _state(db: sqlite3.Connection) -> list[list[tuple[object, ...]]]:
    return [db.execute(query).fetchall() for query in _EDITED]
