"""How a data folder is opened: owned, finished where a restore was cut off, repaired, brought to today's schema."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path

from tomb.errors import StartError
from tomb.library import schema
from tomb.library.archives import restore
from tomb.library.disk import FolderLock, Reserve, identity
from tomb.library.repair import recovery
from tomb.library.store import Store
from tomb.ports import Ports


@asynccontextmanager
async def open_store(folder: Path, ports: Ports, free_kept: int = 0, mount: Path | None = None) -> AsyncIterator[Store]:
    """Own the data folder (created if absent) and its database (brought to this program's schema).

    `free_kept`: bytes that are to be left free on the disk (see `disk.Reserve`). `mount`: see `Store`.
    Raises: StartError with one line that says why not; a folder or database that is refused stays as it was.
    """
    with ExitStack() as held:
        store = await ports.in_thread(_open, folder, ports, free_kept, mount, held)
        try:
            yield store
        finally:
            await store.aclose()


def _open(folder: Path, ports: Ports, free_kept: int, mount: Path | None, held: ExitStack) -> Store:
    try:
        with ExitStack() as undo:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FolderLock(folder / "tomb.lock")
            undo.callback(lock.release)
            reserve = Reserve(folder, free_kept)
            reserve.release_if_low()
            database = folder / "tomb.db"
            restore.finish(folder)
            recovery.ensure(folder, ports.wall())
            writer = _connect(database, undo)
            writer.execute("PRAGMA journal_mode = WAL")
            schema.upgrade(writer, folder / "backups")
            writer.execute("PRAGMA foreign_keys = ON")
            reader = _connect(database, undo)
            reader.execute("PRAGMA query_only = ON")
            with suppress(OSError):  # the disk is fuller than it was a moment ago: a start needs no reserve beyond this
                reserve.fill()
            places = {path: identity(path) for path in (database, database.with_name("tomb.db-wal"))}
            store = Store(folder, ports, writer, reader, reserve, places, mount)
            undo.pop_all()
            held.callback(lock.release)
            return store
    except OSError as error:
        raise StartError(f"the data folder {folder} cannot be used: {error.strerror}") from error
    except sqlite3.Error as error:
        raise StartError(f"the database in {folder} cannot be opened: {error}") from error


def _connect(database: Path, undo: ExitStack) -> sqlite3.Connection:
    connection = sqlite3.connect(database, timeout=schema.BUSY_S, isolation_level=None, check_same_thread=False)
    undo.callback(connection.close)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = FULL")
    return connection
