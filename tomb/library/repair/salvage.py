"""Making a sound database of what can be read of a damaged one.

Two sources, and what came first stays: what SQLite still reads, table by table, and then the newest good copy, which
was made ten minutes after the last edit. A row that contradicts another is left out. What a row of today's tables may
be is the schema's to say, so each row is put there, and where SQLite refuses a value, that value is given up for its
default; a row that lacks what it cannot be without is left out. What rows lack of each other is then made up for as
far as it can be: files that are on the disk, a title for a playlist, numbers from 1.

(Reading the pages of a damaged database by hand was tried: without a copy it saved between none and all of the tracks,
depending on the page that was hit; with a copy it added nothing. docs/library.md has the figures.)
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from tomb.library import schema
from tomb.library.files import COVERED
from tomb.library.repair import examination
from tomb.library.repair.examination import BROKEN

LOST_TITLE = "Recovered playlist"
Values = Mapping[str, object]

_FORMER_NAMES = {"counters": "marks"}
_ELSEWHERE = {
    "playlists": "bin_playlists",
    "tracks": "bin_tracks",
    "bin_playlists": "playlists",
    "bin_tracks": "tracks",
}
_FILES = "SELECT file FROM tracks UNION SELECT file FROM bin_tracks"
_COVERS = " UNION ".join(f"SELECT cover FROM {table} WHERE cover IS NOT NULL" for table in COVERED)
_FURTHEST = 2**62  # no table of ours has as many rows
_ON_A_PAGE = 400  # rows; what is shorter than 10 bytes is not worth asking for

_RENUMBERED = """
    UPDATE tracks SET number = (SELECT place FROM (
        SELECT t.id, row_number() OVER (PARTITION BY playlist_id ORDER BY p.number, t.created, t.id) AS place
        FROM tracks t LEFT JOIN order_before p ON p.id = t.id
    ) sorted WHERE sorted.id = tracks.id)
"""


class Saved(Struct, frozen=True):
    """How much of the library is in the new database."""

    playlists: int
    tracks: int


def rebuild(target: Path, damaged: Path, copy: Path | None, library: Path, *, log_is_damaged: bool = False) -> Saved:
    """Make `target` of `damaged`, which may be written to, and, where that is not enough, of the good `copy`.

    Raises: OSError and sqlite3.Error when it cannot be written.
    """
    with closing(sqlite3.connect(target, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = MEMORY")
        db.execute("PRAGMA synchronous = OFF")  # nothing counts before the whole file is synced
        schema.make(db, schema.VERSION)
        db.execute("BEGIN")
        new = _NewTables(db)
        if (_read(new, damaged) or log_is_damaged) and copy is not None:
            _read_copy(new, copy, library)
        _complete(db, library)
        db.execute("COMMIT")
        fault = examination.fault_within(db)
        assert fault is None, f"what was salvaged is not sound: {fault}"
        return Saved(_count(db, "playlists"), _count(db, "tracks"))


class _NewTables:
    """Take rows, as far as they do not contradict what is there."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        self.names = examination.tables(db)
        db.execute("CREATE TEMP TABLE order_before (id TEXT PRIMARY KEY, number INTEGER)")
        self._taken = 0

    def put(self, table: str, row: Values) -> None:
        # A copy that is older has things in the library that are in the bin now, or the other way round.
        elsewhere = _ELSEWHERE.get(table)
        if elsewhere and self.db.execute(f"SELECT 1 FROM {elsewhere} WHERE id = ?", (row["id"],)).fetchone():
            return
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

    def _insert(self, table: str, row: Values) -> bool:
        """Each value that the schema refuses is left to its default, until it takes the row or there is none."""
        left = dict(row)
        while True:
            names, marks = ", ".join(left), ", ".join("?" * len(left))
            put = f"INSERT INTO {table} ({names}) VALUES ({marks}) ON CONFLICT DO NOTHING"
            try:
                return self.db.execute(put, tuple(left.values())).rowcount > 0
            except sqlite3.IntegrityError as error:
                # "CHECK constraint failed: NAME", "NOT NULL constraint failed: TABLE.NAME", "cannot store … in … column
                # TABLE.NAME": a constraint has its column's name.
                refused = str(error).rpartition(" ")[2].rpartition(".")[2]
                if refused not in left:
                    return False
                del left[refused]
            except OverflowError:
                return False


def _read(new: _NewTables, damaged: Path) -> bool:
    """Take what SQLite can read; True when that need not be all."""
    with closing(sqlite3.connect(damaged, isolation_level=None)) as old:
        old.text_factory = _lenient
        lost = _tables_are_damaged(old)
        for table in new.names:
            for values in _rows(old, table, skip=True) if lost else _rows(old, table):
                if values is None:
                    lost = True
                else:
                    new.put(table, values)
    return lost


def _read_copy(new: _NewTables, copy: Path, library: Path) -> None:
    """Take what is lost from a copy; but what was deleted for good since it was made has no file any more, and stays
    deleted."""
    sound = {path.stem for path in files_in(library / "files")}
    emptied = set()
    with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as old:
        old.text_factory = _lenient
        for table in new.names:
            for row in _rows(old, table):
                assert row is not None, "a good copy can be read"
                if table == "tracks" and row["file"] not in sound:
                    emptied.add(row["playlist_id"])
                elif not (table in ("uploads", "downloads") or (table == "files" and row["hash"] not in sound)):
                    new.put(table, row)
    for playlist_id in emptied:
        empty = "DELETE FROM playlists WHERE id = ? AND NOT EXISTS (SELECT 1 FROM tracks WHERE playlist_id = id)"
        new.db.execute(empty, (playlist_id,))


def _rows(old: sqlite3.Connection, table: str, *, skip: bool = False) -> Iterator[Values | None]:
    """The rows of a table, if it is there under any name; None wherever some may be lost.

    `skip`: past what cannot be read, since whatever leads to the rows behind it may be whole: row by row at first, as
    many as a broken page may hold, and then in ever larger steps, so that it comes to an end.
    """
    try:
        there = set(examination.tables(old))
        name = table if table in there else _FORMER_NAMES.get(table, table)
        columns = [row[1] for row in old.execute(f"PRAGMA table_info({name})")]
        by_rowid = bool(columns) and not old.execute("SELECT wr FROM pragma_table_list(?)", (name,)).fetchone()[0]
    except BROKEN:
        yield None
        return
    if not columns:
        return
    if not by_rowid:
        yield from _scanned(old, f"SELECT {', '.join(columns)} FROM {name}", columns)
        return
    query = f"SELECT {', '.join(columns)}, rowid FROM {name} NOT INDEXED WHERE rowid > ? ORDER BY rowid"
    last, failed = -_FURTHEST, 0
    while last < _FURTHEST:
        try:
            for *values, rowid in old.execute(query, (last,)):
                last, failed = rowid, 0
                yield dict(zip(columns, values, strict=True))
            return
        except BROKEN:
            yield None
        if not skip:
            return
        failed += 1
        last = max(last, 0) + (1 if failed <= _ON_A_PAGE else 2 ** (failed - _ON_A_PAGE))


def _scanned(old: sqlite3.Connection, query: str, columns: list[str]) -> Iterator[Values | None]:
    try:
        for values in old.execute(query):
            yield dict(zip(columns, values, strict=True))
    except BROKEN:
        yield None


def _tables_are_damaged(old: sqlite3.Connection) -> bool:
    """And not only their indexes. That all are gone is a damage, too, of which SQLite knows nothing."""
    try:
        return not examination.tables(old) or old.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok"
    except BROKEN:
        return True


def _lenient(data: bytes) -> str:
    return data.decode("utf-8", "replace")


# --- what rows lack of each other -------------------------------------------------------------------------------------


def _complete(db: sqlite3.Connection, library: Path) -> None:
    """`db` has, beside our tables, `order_before (id, number)`: the number that each track had in its playlist."""
    _find_files(db, library)
    db.execute("DELETE FROM tracks WHERE file NOT IN (SELECT hash FROM files)")
    _name_playlists(db)
    _cut_loose_ends(db)
    examination.settle_contradictions(db)
    _cut_loose_ends(db)  # what was given up may have left some
    # Sound that no track plays is brought back another way (`recovery`).
    db.execute(f"DELETE FROM files WHERE hash NOT IN ({_FILES})")
    db.execute(f"DELETE FROM covers WHERE hash NOT IN ({_COVERS})")
    db.execute(_RENUMBERED)


def _find_files(db: sqlite3.Connection, library: Path) -> None:
    """Write down anew what lies on the disk and is asked for."""
    lost = {row[0] for row in db.execute(f"{_FILES} EXCEPT SELECT hash FROM files")}
    for path in (path for path in files_in(library / "files") if path.stem in lost):
        sound = (path.stem, path.suffix[1:], path.stat().st_size, _duration_ms(path), path.stem)
        db.execute("INSERT OR IGNORE INTO files (hash, ext, size, duration_ms, origin) VALUES (?, ?, ?, ?, ?)", sound)
    lost = {row[0] for row in db.execute(f"{_COVERS} EXCEPT SELECT hash FROM covers")}
    for path in (path for path in files_in(library / "covers") if path.stem in lost):
        picture = (path.stem, path.suffix[1:], path.stat().st_size)
        db.execute("INSERT OR IGNORE INTO covers (hash, ext, size) VALUES (?, ?, ?)", picture)


def _duration_ms(path: Path) -> int:
    """As the file's header has it: nearly right, and only shown."""
    from tinytag import TinyTag, TinyTagException

    try:
        return max(0, round(1000 * (TinyTag.get(path, tags=False).duration or 0)))
    except (TinyTagException, OSError):
        return 0


def _name_playlists(db: sqlite3.Connection) -> None:
    """Tracks whose playlist is lost are together still."""
    nameless = """
        SELECT playlist_id, min(created), max(updated) FROM tracks
        WHERE playlist_id NOT IN (SELECT id FROM playlists) GROUP BY playlist_id ORDER BY min(created), playlist_id
    """
    for number, row in enumerate(db.execute(nameless).fetchall(), 1):
        made = "INSERT OR IGNORE INTO playlists (id, title, description, created, updated) VALUES (?, ?, '', ?, ?)"
        db.execute(made, (row[0], f"{LOST_TITLE} {number}", row[1], row[2]))


def _cut_loose_ends(db: sqlite3.Connection) -> None:
    """What still refers to something that is nowhere is cut off, as if that had been deleted."""
    for table in examination.tables(db):
        for key in db.execute(f"PRAGMA foreign_key_list({table})").fetchall():
            parent, column, target, on_delete = key[2], key[3], key[4], key[6]
            loose = f"{column} IS NOT NULL AND {column} NOT IN (SELECT {target} FROM {parent})"
            optional = on_delete == "SET NULL" or parent == "covers"
            how = f"UPDATE {table} SET {column} = NULL" if optional else f"DELETE FROM {table}"
            db.execute(f"{how} WHERE {loose}")


def files_in(folder: Path) -> list[Path]:
    """None in a folder that is not there."""
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _count(db: sqlite3.Connection, table: str) -> int:
    return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
