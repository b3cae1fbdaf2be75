"""The database, one hop and one transaction a unit of work.

A unit is a plain function of a connection. It runs in a worker thread to its end, even if whoever waits for it is
cancelled: `write` returns only after the commit, and then without passing another cancellation point, so the caller
may publish what was committed as long as it does not await anything in between. Reads have a connection of their own,
so that they never wait for a commit to reach the card (WAL: readers see the last commit, whatever the writer does).
"""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import trio

from tomb.errors import NoSpace, StartError, Unavailable
from tomb.library import schema
from tomb.library.intake import unwritable
from tomb.library.lock import FolderLock
from tomb.ports import Ports

T = TypeVar("T")
Unit = Callable[[sqlite3.Connection], T]

_UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)


class Store:
    """An opened data folder; made by `open_store`."""

    def __init__(self, folder: Path, ports: Ports, writer: sqlite3.Connection, reader: sqlite3.Connection) -> None:
        self.folder = folder
        self._ports = ports
        self._writer = writer
        self._reader = reader
        # One unit at a time on each connection: this is what makes check_same_thread=False sound.
        self._writing = trio.CapacityLimiter(1)
        self._reading = trio.CapacityLimiter(1)

    @property
    def library(self) -> Path:
        """The folder that `Track.file_path` is relative to."""
        return self.folder / "library"

    async def write(self, unit: Unit[T]) -> T:
        """Run `unit` in a transaction and commit it; whatever it raises rolls it back.

        Raises: NoSpace when the disk is full, Unavailable when it cannot be written, and what the unit raises.
        """
        return await self._ports.in_thread(_transact, self._writer, "BEGIN IMMEDIATE", unit, limiter=self._writing)

    async def read(self, unit: Unit[T]) -> T:
        """Run `unit` on a consistent view of what is committed. It cannot write."""
        return await self._ports.in_thread(_transact, self._reader, "BEGIN", unit, limiter=self._reading)

    async def aclose(self) -> None:
        """Wait for what runs, then close; the last to close folds the log into the database."""
        with trio.CancelScope(shield=True):
            await self._ports.in_thread(self._reader.close, limiter=self._reading)
            await self._ports.in_thread(self._writer.close, limiter=self._writing)


@asynccontextmanager
async def open_store(folder: Path, ports: Ports) -> AsyncIterator[Store]:
    """Own the data folder (created if absent) and its database (brought to this program's schema).

    Raises: StartError with one line that says why not; a folder or database that is refused stays as it was.
    """
    lock, writer, reader = await ports.in_thread(_open, folder)
    store = Store(folder, ports, writer, reader)
    try:
        yield store
    finally:
        await store.aclose()
        lock.release()


def _open(folder: Path) -> tuple[FolderLock, sqlite3.Connection, sqlite3.Connection]:
    try:
        with ExitStack() as undo:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FolderLock(folder / "tomb.lock")
            undo.callback(lock.release)
            database = folder / "tomb.db"
            schema.examine(database)
            writer = _connect(database, undo)
            writer.execute("PRAGMA journal_mode = WAL")
            schema.upgrade(writer, folder / "backups")
            reader = _connect(database, undo)
            reader.execute("PRAGMA query_only = ON")
            undo.pop_all()
            return lock, writer, reader
    except OSError as error:
        raise StartError(f"the data folder {folder} cannot be used: {error.strerror}") from error
    except sqlite3.Error as error:
        raise StartError(f"the database in {folder} cannot be opened: {error}") from error


def _connect(database: Path, undo: ExitStack) -> sqlite3.Connection:
    connection = sqlite3.connect(database, timeout=schema.BUSY_S, isolation_level=None, check_same_thread=False)
    undo.callback(connection.close)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _transact(connection: sqlite3.Connection, begin: str, unit: Unit[T]) -> T:
    try:
        connection.execute(begin)
        try:
            result = unit(connection)
            connection.execute("COMMIT")
        except BaseException:
            # SQLite rolls back by itself after some errors, a full disk among them; again would hide the first.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except sqlite3.Error as error:
        raise _translated(error) from error
    except OSError as error:
        raise unwritable(error) from error
    return result


def _translated(error: sqlite3.Error) -> Exception:
    # The low byte is the primary result code (sqlite.org/rescode.html).
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return NoSpace("the disk is full; nothing was changed")
    if code in _UNWRITABLE:
        return Unavailable(f"the library cannot be written: {error}; nothing was changed")
    return error
