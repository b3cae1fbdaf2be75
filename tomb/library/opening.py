"""How a data folder is opened: owned, finished where a restore was cut off, repaired, brought to today's schema."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from tomb.errors import StartError
from tomb.library import ballast, schema
from tomb.library.archives import restore
from tomb.library.lock import FolderLock
from tomb.library.repair import recovery
from tomb.library.store import Store
from tomb.ports import Ports


@asynccontextmanager
async def open_store(folder: Path, ports: Ports) -> AsyncIterator[Store]:
    """Own the data folder (created if absent) and its database (brought to this program's schema).

    Raises: StartError with one line that says why not; a folder or database that is refused stays as it was.
    """
    lock, writer, reader = await ports.in_thread(_open, folder, ports.wall())
    store = Store(folder, ports, writer, reader)
    try:
        yield store
    finally:
        await store.aclose()
        lock.release()


def _open(folder: Path, now: float) -> tuple[FolderLock, sqlite3.Connection, sqlite3.Connection]:
    try:
        with ExitStack() as undo:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FolderLock(folder / "tomb.lock")
            undo.callback(lock.release)
            ballast.drop_if_low(folder)
            database = folder / "tomb.db"
            restore.finish(folder)
            recovery.ensure(folder, now)
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
