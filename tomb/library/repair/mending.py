"""What salvaged rows lack, made up for: files that are on the disk, a title for a playlist, numbers from 1.

What then still refers to something that is nowhere is cut off, as if that had been deleted.
"""

import sqlite3
from pathlib import Path

from tomb.library.repair import soundness

LOST_TITLE = "Recovered playlist"

_RENUMBERED = """
    UPDATE tracks SET number = (SELECT place FROM (
        SELECT t.id, row_number() OVER (PARTITION BY playlist_id ORDER BY p.number, t.created, t.id) AS place
        FROM tracks t LEFT JOIN order_before p ON p.id = t.id
    ) sorted WHERE sorted.id = tracks.id)
"""


def complete(db: sqlite3.Connection, library: Path) -> None:
    """`db` has, beside our tables, `order_before (id, number)`: the number that each track had in its playlist."""
    soundness.mend(db)
    _find_files(db, library)
    db.execute("DELETE FROM tracks WHERE file NOT IN (SELECT hash FROM files)")
    _name_playlists(db)
    for table in soundness.tables(db):
        _cut_loose_ends(db, table)
    # Sound that no track plays is brought back another way (`recovery`).
    db.execute("DELETE FROM files WHERE hash NOT IN (SELECT file FROM tracks)")
    db.execute("DELETE FROM covers WHERE hash NOT IN (SELECT cover FROM tracks WHERE cover IS NOT NULL)")
    db.execute(_RENUMBERED)


def _find_files(db: sqlite3.Connection, library: Path) -> None:
    """Write down anew what lies on the disk and is asked for."""
    lost = {row[0] for row in db.execute("SELECT file FROM tracks WHERE file NOT IN (SELECT hash FROM files)")}
    for path in (path for path in files_in(library / "files") if path.stem in lost):
        sound = (path.stem, path.suffix[1:], path.stat().st_size, _duration_ms(path), path.stem)
        db.execute("INSERT INTO files (hash, ext, size, duration_ms, origin) VALUES (?, ?, ?, ?, ?)", sound)
    unseen = "SELECT cover FROM tracks WHERE cover IS NOT NULL AND cover NOT IN (SELECT hash FROM covers)"
    lost = {row[0] for row in db.execute(unseen)}
    for path in (path for path in files_in(library / "covers") if path.stem in lost):
        picture = (path.stem, path.suffix[1:], path.stat().st_size)
        db.execute("INSERT INTO covers (hash, ext, size) VALUES (?, ?, ?)", picture)
    soundness.mend(db)


def _duration_ms(path: Path) -> int:
    """As the file's header has it: nearly right, and only shown."""
    from tinytag import TinyTag, TinyTagException

    try:
        return round(1000 * (TinyTag.get(path, tags=False).duration or 0))
    except (TinyTagException, OSError):
        return 0


def _name_playlists(db: sqlite3.Connection) -> None:
    """Tracks whose playlist is lost are together still."""
    nameless = """
        SELECT playlist_id, min(created), max(updated) FROM tracks
        WHERE playlist_id NOT IN (SELECT id FROM playlists) GROUP BY playlist_id ORDER BY min(created), playlist_id
    """
    for number, row in enumerate(db.execute(nameless).fetchall(), 1):
        made = "INSERT INTO playlists (id, title, description, created, updated) VALUES (?, ?, '', ?, ?)"
        db.execute(made, (row[0], f"{LOST_TITLE} {number}", row[1], row[2]))


def _cut_loose_ends(db: sqlite3.Connection, table: str) -> None:
    for key in db.execute(f"PRAGMA foreign_key_list({table})").fetchall():
        parent, column, target, on_delete = key[2], key[3], key[4], key[6]
        loose = f"{column} IS NOT NULL AND {column} NOT IN (SELECT {target} FROM {parent})"
        optional = on_delete == "SET NULL" or (table, column) == ("tracks", "cover")
        how = f"UPDATE {table} SET {column} = NULL" if optional else f"DELETE FROM {table}"
        db.execute(f"{how} WHERE {loose}")


def files_in(folder: Path) -> list[Path]:
    """None in a folder that is not there."""
    return sorted(folder.iterdir()) if folder.is_dir() else []
