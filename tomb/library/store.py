"""The database, one hop and one transaction a unit of work.

A unit is a plain function of a connection. It runs in a worker thread to its end, even if whoever waits for it is
cancelled: `write` returns only after the commit, and then without passing another cancellation point, so the caller
may publish what was committed as long as it does not await anything in between. Reads have a connection of their own,
so that they never wait for a commit to reach the card (WAL: readers see the last commit, whatever the writer does).
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import trio

from tomb.errors import LibraryDamaged, NoSpace
from tomb.library import ballast
from tomb.library.faults import translated
from tomb.library.intake import unwritable
from tomb.library.repair import copies, examination
from tomb.ports import Ports

T = TypeVar("T")
Unit = Callable[[sqlite3.Connection], T]


class Store:
    """An opened data folder; made by `opening.open_store`."""

    def __init__(self, folder: Path, ports: Ports, writer: sqlite3.Connection, reader: sqlite3.Connection) -> None:
        self.folder = folder
        self._ports = ports
        self._writer = writer
        self._reader = reader
        # One unit at a time on each connection: this is what makes check_same_thread=False sound.
        self._writing = trio.CapacityLimiter(1)
        self._reading = trio.CapacityLimiter(1)
        self._damaged = trio.Event()

    @property
    def library(self) -> Path:
        """The folder that `Track.file_path` is relative to."""
        return self.folder / "library"

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Wait until the database turns out to be damaged, whoever met with it. Raises: LibraryDamaged."""
        task_status.started()
        await self._damaged.wait()
        raise LibraryDamaged(f"the database in {self.folder} is damaged; the next start saves what can be read")

    async def write(self, unit: Unit[T]) -> T:
        """Run `unit` in a transaction and commit it; whatever it raises rolls it back.

        Raises: NoSpace when the disk is full, Unavailable when it cannot be written, LibraryDamaged, and what the unit
        raises.
        """
        return await self._carry_out(self._writer, "BEGIN IMMEDIATE", unit, self._writing)

    async def read(self, unit: Unit[T]) -> T:
        """Run `unit` on a consistent view of what is committed. It cannot write. Raises: LibraryDamaged."""
        return await self._carry_out(self._reader, "BEGIN", unit, self._reading)

    async def write_to_free(self, unit: Unit[T]) -> T:
        """As `write`, for what makes room: on a full disk it takes the room that was kept for that."""
        try:
            return await self.write(unit)
        except NoSpace:
            if not await self._ports.in_thread(ballast.drop, self.folder):
                raise
        return await self.write(unit)

    async def keep_ballast(self, free_kept: int) -> None:
        """See `ballast.keep`. Raises: NoSpace, Unavailable."""
        try:
            await self._ports.in_thread(ballast.keep, self.folder, free_kept)
        except OSError as error:
            raise unwritable(error) from error

    async def keep_daily_copy(self, free_kept: int) -> bool:
        """See `copies.keep_daily`. Raises: NoSpace, Unavailable, LibraryDamaged."""
        with self._noticing_damage():
            # Whoever switches the box off does not wait for it: a copy that is not finished is not there.
            return await self._ports.in_thread(_copy, self.folder, self._ports.wall(), free_kept, abandon=True)

    async def _carry_out(
        self, connection: sqlite3.Connection, begin: str, unit: Unit[T], limiter: trio.CapacityLimiter
    ) -> T:
        with self._noticing_damage():
            return await self._ports.in_thread(_transact, connection, begin, unit, limiter=limiter)

    @contextmanager
    def _noticing_damage(self) -> Iterator[None]:
        try:
            yield
        except LibraryDamaged:
            self._damaged.set()
            raise

    async def aclose(self) -> None:
        """Wait for what runs, then close; the last to close folds the log into the database."""
        with trio.CancelScope(shield=True):
            await self._ports.in_thread(self._reader.close, limiter=self._reading)
            await self._ports.in_thread(self._writer.close, limiter=self._writing)


def _copy(folder: Path, now: float, free_kept: int) -> bool:
    with _translating():
        return copies.keep_daily(folder, now, free_kept)


def _transact(connection: sqlite3.Connection, begin: str, unit: Unit[T]) -> T:
    with _translating():
        connection.execute(begin)
        try:
            result = unit(connection)
            connection.execute("COMMIT")
        except BaseException:
            # SQLite rolls back by itself after some errors, a full disk among them; again would hide the first.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result


@contextmanager
def _translating() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if examination.is_damage(error):
            raise LibraryDamaged(f"the database is damaged: {error}") from error
        raise translated(error) from error
    except OSError as error:
        raise unwritable(error) from error
