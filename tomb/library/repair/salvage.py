"""Making a sound database of what can be read of a damaged one.

Three sources, and what came first stays: what SQL reads, table by table from both ends; what the pages say one by one,
where a table itself is damaged; and then the newest good copy. A row that contradicts another is left out.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tomb.library import schema
from tomb.library.repair import mending, pages, soundness
from tomb.library.repair.shapes import Row, Shape, shapes


@dataclass(frozen=True, slots=True)
class Saved:
    """How much of the library is in the new database."""

    playlists: int
    tracks: int


def rebuild(target: Path, image: Path, copy: Path | None, library: Path) -> Saved:
    """Make `target` of `image` (a database without a log) and, where that is not enough, of the good `copy`.

    Raises: OSError and sqlite3.Error when it cannot be written.
    """
    with closing(sqlite3.connect(target, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = MEMORY")
        db.execute("PRAGMA synchronous = OFF")  # nothing counts before the whole file is synced
        schema.make(db, _version(image))
        db.execute("BEGIN")
        shelf = _Shelf(db)
        if _read(shelf, image):
            _read_pages(shelf, image)
            if copy is not None:
                _read_copy(shelf, copy, library)
        mending.complete(db, library)
        db.execute("COMMIT")
        fault = soundness.fault(db)
        assert fault is None, f"what was salvaged is not sound: {fault}"
        return Saved(_count(db, "playlists"), _count(db, "tracks"))


class _Shelf:
    """Takes rows, as far as they do not contradict what is there."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.shapes = shapes(db)
        db.execute("CREATE TEMP TABLE order_before (id TEXT PRIMARY KEY, number INTEGER)")
        self._taken = 0

    def put(self, table: str, row: Row) -> None:
        match table:
            case "tracks":
                # Two tracks may claim one number: all get one of their own below 0 until the end.
                self._taken += 1
                if self._insert(table, {**row, "number": -self._taken}):
                    self._insert("order_before", {"id": row["id"], "number": row["number"]})
            case "playlists":
                # Two playlists may claim one place; the one that came later goes to the end.
                if not self._insert(table, row):
                    self._insert(table, {**row, "place": None})
            case _:
                self._insert(table, row)

    def _insert(self, table: str, row: Row) -> bool:
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        try:
            put = self.db.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))
        except (sqlite3.IntegrityError, OverflowError):
            return False
        return put.rowcount > 0


def _read(shelf: _Shelf, image: Path) -> bool:
    """Take what SQL can read; True when that need not be all."""
    with closing(_opened(image)) as old:
        lost = soundness.quick_fault(old)
        for shape in shelf.shapes:
            for order in ("", f" ORDER BY {shape.key} DESC") if lost else ("",):
                lost |= not _read_table(shelf, old, shape, order)
    return lost


def _read_table(shelf: _Shelf, old: sqlite3.Connection, shape: Shape, order: str) -> bool:
    try:
        for row in _rows(old, shape, order):
            shelf.put(shape.table, row)
    except soundness.BROKEN:
        return False
    return True


def _read_pages(shelf: _Shelf, image: Path) -> None:
    for record in pages.records(image):
        for shape in shelf.shapes:
            row = shape.row(record)
            if row is not None:
                shelf.put(shape.table, row)


def _read_copy(shelf: _Shelf, copy: Path, library: Path) -> None:
    """Take what is lost from a copy; but what was deleted since it was made has no file any more, and stays deleted."""
    sound = {path.stem for path in mending.files_in(library / "files")}
    emptied = set()
    with closing(_opened(copy)) as old:
        for shape in shelf.shapes:
            for row in _rows(old, shape):
                if shape.table == "tracks" and row["file"] not in sound:
                    emptied.add(row["playlist_id"])
                elif not (shape.table == "uploads" or (shape.table == "files" and row["hash"] not in sound)):
                    shelf.put(shape.table, row)
    for playlist_id in emptied:
        empty = "DELETE FROM playlists WHERE id = ? AND NOT EXISTS (SELECT 1 FROM tracks WHERE playlist_id = id)"
        shelf.db.execute(empty, (playlist_id,))


def _rows(old: sqlite3.Connection, shape: Shape, order: str = "") -> Iterator[Row]:
    """None of a table that the database does not have yet."""
    there = {row[1] for row in old.execute(f"PRAGMA table_info({shape.table})")}
    names = [column.name for column in shape.stored if column.name in there]
    if names:
        whole = "NOT INDEXED" if shape.has_rowid else ""
        for values in old.execute(f"SELECT {', '.join(names)} FROM {shape.table} {whole}{order}"):
            yield dict(zip(names, values, strict=True))


def _opened(path: Path) -> sqlite3.Connection:
    """A file that nobody writes, read as leniently as SQLite can."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def _version(image: Path) -> int:
    with image.open("rb") as file:
        head = file.read(64)
    version = int.from_bytes(head[60:64], "big") if head.startswith(pages.MAGIC) else 0
    return version if 1 <= version <= schema.VERSION else schema.VERSION


def _count(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
