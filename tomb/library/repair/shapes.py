"""What rows of our tables look like, in SQL and on a page."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from tomb.library.repair import soundness
from tomb.library.repair.pages import Record, Value

Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Column:
    """`is_rowid`: it is another name for the rowid, and on a page there is nothing in its place."""

    name: str
    type: str
    required: bool
    default: str | None
    is_rowid: bool

    @property
    def may_be_absent(self) -> bool:
        return self.default is not None or not self.required

    def fits(self, value: Value) -> bool:
        if value is None:
            return self.is_rowid or not self.required
        match self.type:
            case "TEXT":
                return isinstance(value, str)
            case "INTEGER":
                return isinstance(value, int) and not self.is_rowid
            case "REAL":  # whole numbers are stored as such
                return isinstance(value, (int, float))
            case _:
                return isinstance(value, bytes)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a row of a table looks like. `stored`: its columns, in the order in which they are on a page."""

    table: str
    stored: tuple[Column, ...]
    has_rowid: bool

    @property
    def key(self) -> str:
        """By which its rows are in order on the disk."""
        return "rowid" if self.has_rowid else self.stored[0].name

    def row(self, record: Record) -> Row | None:
        """The record as a row of this table, if it can be one."""
        values = record.values
        if (record.rowid is not None) != self.has_rowid or len(values) > len(self.stored):
            return None
        said, unsaid = self.stored[: len(values)], self.stored[len(values) :]
        # A row that is older than a column added to its table does not have it.
        if not all(column.fits(value) for column, value in zip(said, values, strict=True)):
            return None
        if not all(column.may_be_absent for column in unsaid):
            return None
        return {
            column.name: record.rowid if column.is_rowid else value for column, value in zip(said, values, strict=True)
        }


def shapes(db: sqlite3.Connection) -> list[Shape]:
    """Of all tables, parents before their children."""
    return [_shape(db, table) for table in soundness.tables(db)]


def _shape(db: sqlite3.Connection, table: str) -> Shape:
    [(has_rowid,)] = db.execute("SELECT NOT wr FROM pragma_table_list(?) WHERE schema = 'main'", (table,)).fetchall()
    facts = db.execute(f"PRAGMA table_info({table})").fetchall()
    keys = [fact for fact in facts if fact[5]]
    is_alias = has_rowid and len(keys) == 1 and keys[0][2] == "INTEGER"
    if not has_rowid:  # the key goes first
        facts = sorted(facts, key=lambda fact: fact[5] or len(facts) + fact[0])
    columns = (Column(name, type_, bool(required or key), default, bool(key and is_alias))
               for _, name, type_, required, default, key in facts)  # fmt: skip
    return Shape(table, tuple(columns), bool(has_rowid))
