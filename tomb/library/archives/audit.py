"""Whether a database that somebody hands in may become ours.

A restored database is a stranger's input: it may have been made to harm, or by a defect of an earlier program. So
nothing of it is believed. Its schema must be letter by letter what our own steps make, since a trigger or a view would
be their code in our transactions; it must be whole (sqlite.org/security.html has both); and each row must be one that
the program could have written: names of files become paths, numbers are counted on, times are put into dates. That is
what the schema's constraints and `repair.examination` say. Where a damaged database of our own is mended, a stranger's
is refused.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from tomb.library import schema
from tomb.library.archives.archive import BadArchive
from tomb.library.archives.unpacking import newer
from tomb.library.repair import examination


def opened(database: Path) -> sqlite3.Connection:
    """A connection that trusts nothing that is in the file."""
    db = sqlite3.connect(database, isolation_level=None)
    db.row_factory = sqlite3.Row
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "foreign_keys = ON"):
        db.execute(f"PRAGMA {pragma}")
    return db


def check_head(database: Path) -> None:
    """Before it is opened. Raises: BadArchive; OSError."""
    with database.open("rb") as file:
        head = file.read(20)
    # The last two say who may write and read it (sqlite.org/fileformat.html, 1.3.3): 1, as no log is beside it. Others
    # would make SQLite take it for a file that may only be read.
    if not head.startswith(b"SQLite format 3\0") or head[18:] != b"\1\1":
        raise BadArchive("there is no database in it")


def check(db: sqlite3.Connection) -> None:
    """Before anything else is asked of it: its form, and its rows, which fit into today's schema if this returns.

    Raises: BadArchive; Conflict when a newer program made it.
    """
    try:
        [version] = db.execute("PRAGMA user_version").fetchone()
        [application] = db.execute("PRAGMA application_id").fetchone()
        if application != schema.APPLICATION_ID or version < 1:
            raise BadArchive("its database is not one of this program")
        if version > schema.VERSION:
            raise newer(version)
        if _form(db) != _own_form(version):
            raise BadArchive("its database is not as this program makes them")
        if (fault := examination.fault_within(db)) is not None:  # else the next start would have to mend it
            raise BadArchive(f"there are things in its database that this program never writes: {fault}")
    except examination.BROKEN as error:
        raise BadArchive("its database is damaged") from error


def check_files(db: sqlite3.Connection, there: Mapping[str, int]) -> None:
    """That all sound and pictures are there, and nothing else. `there`: their sizes by name. Raises: BadArchive."""
    files = [row for row in _all(db, "files") if not row["missing"]]
    named = {f"files/{row['hash']}.{row['ext']}": row["size"] for row in files}
    named |= {f"covers/{row['hash']}.{row['ext']}": row["size"] for row in _all(db, "covers")}
    if lacking := named.keys() - there.keys():
        raise BadArchive(f"{len(lacking)} of its files are not in it")
    if named != there:
        raise BadArchive("there are files in it that its database does not know")


def _form(db: sqlite3.Connection) -> set[tuple[str, str, str, str]]:
    rows = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall()
    return {(row[0], row[1], row[2], " ".join((row[3] or "").split())) for row in rows}


def _own_form(version: int) -> set[tuple[str, str, str, str]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.make(db, version)
        return _form(db)


def _all(db: sqlite3.Connection, table: str) -> Iterable[dict[str, Any]]:
    return [dict(row) for row in db.execute(f"SELECT * FROM {table}")]  # noqa: S608  # names of our own
