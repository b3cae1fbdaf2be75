"""What is read from bare pages is what SQLite reads from a sound database; SQLite is the oracle."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rigs.damage import PAGE, Shelf
from tomb.library.repair import pages
from tomb.library.repair.pages import Value

INTEGERS = st.one_of(
    st.sampled_from([0, 1, -1, 127, -128, 2**15, -(2**23), 2**31, 2**47, -(2**63), 2**63 - 1]),
    st.integers(-(2**63), 2**63 - 1),
)
TEXT = st.text(max_size=40)
VALUES = st.one_of(st.none(), INTEGERS, st.floats(allow_nan=False), TEXT, st.binary(max_size=40))
LENGTHS = st.integers(0, 3 * PAGE)


def rows(db: sqlite3.Connection, table: str) -> list[tuple[int, tuple[Value, ...]]]:
    return [(row[0], tuple(row[1:])) for row in db.execute(f"SELECT rowid, * FROM {table} ORDER BY rowid")]


def told(path: Path, columns: int) -> list[tuple[int, tuple[Value, ...]]]:
    """The rows with so many columns, which is how a test's table is told from SQLite's own."""
    found = [each for each in pages.records(path) if each.rowid is not None and len(each.values) == columns]
    return sorted((each.rowid or 0, each.values) for each in found)


def put(db: sqlite3.Connection, values: Iterable[tuple[Value, ...]]) -> None:
    db.execute("CREATE TABLE things (a, b, c)")
    db.executemany("INSERT INTO things VALUES (?, ?, ?)", values)


@given(st.lists(st.tuples(VALUES, VALUES, LENGTHS.map(lambda length: "x" * length)), max_size=30))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_kind_of_value_of_every_length(tmp_path: Path, values: list[tuple[Value, ...]]) -> None:
    path = tmp_path / "things.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as db, db:
        put(db, values)
    with closing(sqlite3.connect(path)) as db:
        # Infinity and whole numbers included: what SQLite stores in another way it also gives back in the usual one.
        assert told(path, 3) == rows(db, "things")


def test_rows_and_keys_of_a_library(shelf: Shelf) -> None:
    found = {each.values for each in pages.records(shelf.database)}
    with closing(sqlite3.connect(shelf.database)) as db:
        for values in db.execute("SELECT * FROM tracks"):
            assert tuple(values) in found
        for day, track_id, count in db.execute("SELECT * FROM plays"):  # a table without rowids is an index
            assert (track_id, day, count) in found


def test_what_was_deleted_is_not_found(tmp_path: Path) -> None:
    path = tmp_path / "things.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA secure_delete = OFF")
        put(db, [(number, "x" * 500, None) for number in range(500)])
        db.execute("DELETE FROM things WHERE a < 400")
        assert db.execute("PRAGMA freelist_count").fetchone()[0] > 10
    assert [values[0] for _, values in told(path, 3)] == list(range(400, 500))


@pytest.mark.parametrize("cut", [0, 1, 7, 40])
def test_a_database_with_its_log_is_what_sqlite_sees(logged: Shelf, tmp_path: Path, cut: int) -> None:
    """Also when the last frames of the log were never written."""
    case = logged.copy(tmp_path / "case")
    log = pages.log_of(case.database)
    log.write_bytes(log.read_bytes()[: log.stat().st_size - cut * (24 + PAGE) - cut])
    pages.merge(case.database, tmp_path / "merged.db")
    with closing(sqlite3.connect(tmp_path / "merged.db")) as merged, closing(sqlite3.connect(case.database)) as seen:
        for table in logged.truth:
            query = f"SELECT * FROM {table}"
            assert merged.execute(query).fetchall() == seen.execute(query).fetchall()
        assert merged.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_no_log_is_an_empty_one(tmp_path: Path) -> None:
    assert pages.read_log(tmp_path / "none") == pages.Log(PAGE, (), damaged=False)
    (tmp_path / "short").write_bytes(b"7" * 31)
    assert pages.read_log(tmp_path / "short").frames == ()


@given(st.binary(max_size=200), st.integers(0, PAGE - 200))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nonsense_is_read_without_an_error(shelf: Shelf, tmp_path: Path, noise: bytes, at: int) -> None:
    path = tmp_path / "nonsense.db"
    data = bytearray(shelf.database.read_bytes())
    for first in range(0, len(data), PAGE):
        data[first + at : first + at + len(noise)] = noise
    path.write_bytes(data)
    assert all(len(each.values) < 10_000 for each in pages.records(path))
