"""A SQLite that fails on request: at any statement of any unit of work, with the error that a bad card would give."""

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest


def sqlite_error(code: int, message: str) -> Callable[[], Exception]:
    def made() -> Exception:
        error = sqlite3.OperationalError(message)
        error.sqlite_errorcode = code
        return error

    return made


ERRORS: dict[str, Callable[[], Exception]] = {
    "disk I/O error": sqlite_error(sqlite3.SQLITE_IOERR_READ, "disk I/O error"),
    "database is locked": sqlite_error(sqlite3.SQLITE_BUSY, "database is locked"),
    "unable to open database file": sqlite_error(sqlite3.SQLITE_CANTOPEN, "unable to open database file"),
    "locking protocol": sqlite_error(sqlite3.SQLITE_PROTOCOL, "locking protocol"),
    "Input/output error": lambda: OSError(errno.EIO, "Input/output error"),
}


class Faults:
    """`at(n, error)`: the n-th statement from now on raises it, once; `count`: statements since then."""

    def __init__(self) -> None:
        self.count = 0
        self._left: int | None = None
        self._make: Callable[[], Exception] | None = None

    def at(self, number: int, make: Callable[[], Exception]) -> None:
        self.count, self._left, self._make = 0, number, make

    def none(self) -> None:
        self.count, self._left = 0, None

    def statement(self, sql: str) -> None:
        if sql == "ROLLBACK":
            return  # the way out of each fault
        self.count += 1
        if self._left is not None and self.count == self._left + 1:
            self._left = None
            assert self._make is not None
            raise self._make()


class _Connection(sqlite3.Connection):
    def __init__(self, faults: Faults, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._faults = faults

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        self._faults.statement(sql)
        return super().execute(sql, *args)

    def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:
        self._faults.statement(sql)
        return super().executemany(sql, *args)


@contextmanager
def failing(patch: pytest.MonkeyPatch) -> Iterator[Faults]:
    """Whatever is opened in the block fails on request."""
    faults = Faults()
    with patch.context() as patched:
        patched.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=partial(_Connection, faults)))
        yield faults
