"""How a data folder is opened: owned, finished where a restore was cut off, repaired, brought to today's schema."""

import errno
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from tomb.errors import StartError
from tomb.library import schema
from tomb.library.archives import restore
from tomb.library.disk import FolderLock, Reserve, identity
from tomb.library.repair import examination, recovery
from tomb.library.store import Store
from tomb.ports import Ports


@asynccontextmanager
async def open_store(
    folder: Path, ports: Ports, free_kept: int = 0, mount: Path | None = None, *, or_read: bool = False
) -> AsyncIterator[Store]:
    """Own the data folder (created if absent) and its database (brought to this program's schema).

    `free_kept`: bytes that are to be left free on the disk (see `disk.Reserve`). `mount`: see `Store`.
    `or_read`: a folder on a disk that can only be read is opened, too, and refuses whatever is to be written.
    Raises: StartError with one line that says why not; a folder or database that is refused stays as it was.
    """
    with ExitStack() as held:
        store = await ports.in_thread(_open, folder, ports, free_kept, mount, held, or_read)
        try:
            yield store
        finally:
            await store.aclose()


def _open(folder: Path, ports: Ports, free_kept: int, mount: Path | None, held: ExitStack, or_read: bool) -> Store:
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
        if error.errno == errno.EROFS and or_read and (folder / "tomb.db").exists():
            return _open_to_read(folder, ports, mount, held)
        raise StartError(f"the data folder {folder} cannot be used: {error.strerror}") from error
    except sqlite3.Error as error:
        raise StartError(f"the database in {folder} cannot be opened: {error}") from error


def _open_to_read(folder: Path, ports: Ports, mount: Path | None, held: ExitStack) -> Store:
    """Of a card that is worn out, and takes nothing any more, there is still music to be heard.

    SQLite cannot read a database that has a log without writing beside it, so a copy is read, in memory. Nobody owns
    the folder: whoever cannot write into it needs no lock.
    """
    original = folder / "tomb.db"
    try:
        with ExitStack() as undo:
            copy = Path(undo.enter_context(TemporaryDirectory(prefix="tomb-", dir=_place_for_copies()))) / "tomb.db"
            for suffix in ("", "-wal"):
                with suppress(FileNotFoundError):
                    shutil.copyfile(f"{original}{suffix}", f"{copy}{suffix}")
            if (fault := examination.fault(copy)) is not None:
                raise StartError(f"the database in {folder} is damaged ({fault}), and its disk can only be read")
            writer = _connect(copy, undo)
            schema.upgrade(writer, copy.parent / "backups")
            reader = _connect(copy, undo)
            reader.execute("PRAGMA query_only = ON")
            places = {path: identity(path) for path in (original,)}
            reserve = Reserve(folder, 0)
            store = Store(folder, ports, writer, reader, reserve, places, mount, read_only=True)
            held.push(undo.pop_all())
            return store
    except OSError as error:
        raise StartError(f"the data folder {folder} can only be read, and not be copied: {error.strerror}") from error
    except sqlite3.Error as error:
        raise StartError(f"the database in {folder} cannot be opened: {error}") from error


def _place_for_copies() -> Path | None:
    """Memory, where there is any: the disk of temporary files may be the one that cannot be written."""
    return next((path for path in (Path("/run/tomb"), Path("/dev/shm")) if os.access(path, os.W_OK)), None)  # noqa: S108


def _connect(database: Path, undo: ExitStack) -> sqlite3.Connection:
    connection = sqlite3.connect(database, timeout=schema.BUSY_S, isolation_level=None, check_same_thread=False)
    undo.callback(connection.close)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = FULL")
    return connection
