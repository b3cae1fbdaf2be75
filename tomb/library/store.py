"""The database, by units of work in transactions.

A unit is a plain function of a connection. It runs in a worker thread to its end, even if whoever waits for it is
cancelled: `write` returns only after the commit, and then without passing another cancellation point, so the caller
may publish what was committed as long as it does not await anything in between. Reads have a connection of their own,
so that they never wait for a commit to reach the card (WAL: readers see the last commit, whatever the writer does).

*Group commit.* What a commit costs is that the disk has it, and that is the same for one row as for a hundred. So all
edits that wait while another unit is written share the next transaction: `edit` returns after the one fsync that has
them all. Each is within a savepoint, so one that is refused takes nobody along. When what they share comes to nothing,
as on a full disk, each is tried again in a transaction of its own, and gets what became of that: hence an edit can be
done twice, also one that moves files into the library (`files.keep`). The names of these are on the disk before the
commit, by one fsync of their folder for all. What was committed is told by whoever held the pen, in the order of the
transaction, before anybody else runs.

This is the library's door (`faults`): reads and writes alike raise answers. One failed read ends one request.
"""

import os
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import outcome
import trio
from msgspec import Struct, field

from tomb.errors import LibraryDamaged, NoSpace, RequestError, Unavailable
from tomb.library import counters, faults
from tomb.library.archives import backup
from tomb.library.disk import Reserve, identity, is_mounted, sync
from tomb.library.faults import Doing, translated
from tomb.library.files import Freed
from tomb.library.repair import copies, examination
from tomb.ports import Ports

T = TypeVar("T")
R = TypeVar("R")
Unit = Callable[[sqlite3.Connection], T]

LOOK_S = 5.0  # how often somebody looks whether the folder is still there, while nobody writes
CLOSE_S = 2.0


class _NotOnDisk(OSError):
    """Names of files that came in could not be synced. The next try would find nothing wrong: a kernel says once what
    it could not write."""


class _Edit(Struct, Generic[T, R], eq=False):
    """`result`: what became of it, once it `is_over`; without one there was a defect. `queue`: its wait for the pen."""

    unit: Unit[T]
    tell: Callable[[T], R]
    names: Freed
    then: Callable[[], None]
    result: outcome.Outcome[R] | None = None
    is_over: trio.Event = field(default_factory=trio.Event)
    queue: trio.CancelScope = field(default_factory=trio.CancelScope)

    def end(self, done: outcome.Outcome[T]) -> None:
        self.result = outcome.capture(lambda: self.tell(done.unwrap()))


class Store:
    """An opened data folder; made by `opening.open_store`.

    `library`: the folder in it that `Track.file_path` is relative to.
    `places`: the files of the database, and which they were when it was opened. `mount`: where the disk with the folder
    is mounted, if that is one of its own. `read_only`: its disk cannot be written, and a copy of the database is open.
    """

    def __init__(
        self,
        folder: Path,
        ports: Ports,
        writer: sqlite3.Connection,
        reader: sqlite3.Connection,
        reserve: Reserve,
        places: Mapping[Path, tuple[int, int] | None],
        mount: Path | None = None,
        *,
        read_only: bool = False,
    ) -> None:
        self.folder = folder
        self.library = folder / "library"
        self._ports = ports
        self._writer = writer
        self._reader = reader
        self._reserve = reserve
        self._places = places
        self._mount = mount
        # One unit at a time on each connection: this is what makes check_same_thread=False sound.
        self._writing = trio.CapacityLimiter(1)
        self._reading = trio.CapacityLimiter(1)
        self._reader_lock = threading.Lock()  # for `look`, which reads without `_reading`, as part of other work
        self._edits: list[_Edit[Any, Any]] = []  # that wait for their transaction
        self._edit_thread = trio.CapacityLimiter(1)  # of whoever writes them, and has `_writing`
        self.read_only = read_only
        self._refusal: str | None = None  # what the disk said to the last that was to be written, if it refused
        if read_only:
            self._refusal = f"the disk of the data folder {folder} can only be read; nothing was changed"
        self._damaged = trio.Event()
        self._edited = trio.Event()

    @property
    def refusal(self) -> str | None:
        """Why the disk took nothing when it was last to take something."""
        return self._refusal

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Wait until the database turns out to be damaged, whoever met with it. Raises: LibraryDamaged."""
        task_status.started()
        await self._damaged.wait()
        raise LibraryDamaged(f"the database in {self.folder} is damaged; the next start saves what can be read")

    async def watch(
        self,
        note: Callable[[str | None], None],
        returned: Callable[[], None] = lambda: None,
        *,
        task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
    ) -> None:
        """Look for ever whether the data folder is where it was, and takes what is written.

        A look is a `stat`: an idle box still writes nothing; only a disk that refused to be written is tried again.
        `note`: called with what is wrong, and None after it. `returned`: called when the folder is there again on
        another device, as a stick is that was put in again: what is open here is that of the first, for ever. So it is
        when a disk that could only be read can be written.
        """
        task_status.started()
        known = self._refusal  # whoever opened it knows that
        while True:
            await trio.sleep(LOOK_S)
            # A disk that hangs must not hold up whoever switches the box off.
            found = await self._ports.in_thread(self._displaced, abandon=True)
            if found is not None and await self._ports.in_thread(self._is_back, abandon=True):
                returned()
            if self.read_only and await self._ports.in_thread(self._is_writable, abandon=True):
                returned()
            if found is None and self._refusal is not None:
                with suppress(RequestError):
                    await self.write(counters.touch)
                found = self._refusal
            if found != known:
                known = found
                note(found)

    async def write(self, unit: Unit[T]) -> T:
        """Run `unit` in a transaction and commit it; whatever it raises rolls it back.

        Raises: NoSpace when the disk is full, Unavailable when it cannot be written or is gone, LibraryDamaged, and
        what the unit raises.
        """
        with self.noticing_damage():
            return await self._ports.in_thread(self._commit, unit, limiter=self._writing)

    async def edit(
        self,
        unit: Unit[T],
        tell: Callable[[T], R],
        *,
        names: Freed = (),
        then: Callable[[], None] = lambda: None,
    ) -> R:
        """As `write`, in one transaction with all other edits that wait, of a unit that may be run again.

        `tell`: called with what the unit returned, right after the commit, in the order of the transactions, and even
        if nobody waits any more; it must not block. What `tell` returned. `names`: of files that the unit moves into
        the library. `then`: called in the thread of the commit, right after it; it must not raise.

        A cancellation is in time as long as the unit has not begun; then it has changed nothing.
        """
        edit = _Edit(unit, tell, names, then)
        self._edits.append(edit)
        try:
            with edit.queue:
                async with self._writing:
                    if edit in self._edits:
                        await self._write_edits()
        except trio.Cancelled:
            if edit in self._edits:
                self._edits.remove(edit)
                raise
            # Somebody is writing it just now. Whether it took place must never be in doubt.
            with trio.CancelScope(shield=True):
                await edit.is_over.wait()
        assert edit.result is not None
        with self.noticing_damage():
            return edit.result.unwrap()

    async def _write_edits(self) -> None:
        """Those that wait by now."""
        edits, self._edits = self._edits, []
        try:
            with trio.CancelScope(shield=True):  # a thread that has begun could not be stopped either
                done = await self._ports.in_thread(self._commit_together, edits, limiter=self._edit_thread)
            for edit, each in zip(edits, done, strict=True):
                edit.end(each)
        finally:
            for edit in edits:
                edit.is_over.set()
                edit.queue.cancel()  # whoever else waits to write goes before nobody whose edit is written

    async def read(self, unit: Unit[T]) -> T:
        """Run `unit` on a consistent view of what is committed. It cannot write.

        Raises: Unavailable when it cannot be read now, LibraryDamaged, and what the unit raises.
        """
        with self.noticing_damage():
            return await self._ports.in_thread(self._look, unit, limiter=self._reading)

    async def between(self, unit: Unit[T]) -> T:
        """As `read`, while no other unit is written: what it finds does not change until it returns."""
        with self.noticing_damage():
            return await self._ports.in_thread(self._look_between, unit, limiter=self._writing)

    async def write_to_free(self, unit: Unit[T]) -> T:
        """As `write`, for what frees space and for what a start needs: it works on a full disk, from the reserve."""
        with self.noticing_damage():
            return await self._ports.in_thread(self._commit_from_reserve, unit, limiter=self._writing)

    async def turn(self, job: Callable[[], Awaitable[object]]) -> None:
        """Have `job` done while no unit runs, on neither connection: an answer that both of them still serve."""
        async with self._writing, self._reading:
            await job()

    def edited(self) -> None:
        """Something was committed that a parent would miss."""
        self._edited.set()

    async def until_edited(self) -> None:
        """Wait until it was called since the last time. For one task only."""
        await self._edited.wait()
        self._edited = trio.Event()

    async def fill_reserve(self) -> None:
        """Take what the reserve still lacks. Raises: NoSpace, Unavailable."""
        await self._ports.in_thread(self._fill)

    async def keep_copy(self, free_kept: int) -> float:
        """See `copies.keep`. Raises: NoSpace, Unavailable, LibraryDamaged."""
        with self.noticing_damage():
            # Whoever switches the box off does not wait for it: a copy that is not finished is not there.
            return await self._ports.in_thread(self._copy, self._ports.wall(), free_kept, abandon=True)

    async def forget_pages(self) -> None:
        """Give the memory back in which pages were kept: an examination and a start read nearly all of them."""
        await self._ports.in_thread(_shrink, self._reader, limiter=self._reading)
        await self._ports.in_thread(_shrink, self._writer, limiter=self._writing)

    async def snapshot(self, target: Path) -> None:
        """See `backup.snapshot`. Raises: NoSpace, Unavailable, LibraryDamaged."""
        with self.noticing_damage():
            # A shutdown leaves a copy of a large database behind; the next start removes it.
            await self._ports.in_thread(self._snapshot, target, abandon=True)

    @contextmanager
    def noticing_damage(self) -> Iterator[None]:
        """Around whatever may meet with a damaged database: `run` ends then."""
        try:
            yield
        except LibraryDamaged:
            self._damaged.set()
            raise

    async def aclose(self) -> None:
        """Wait for what runs, then close; the last to close folds the log into the database.

        That is for tidiness: what was committed is on the disk. So a disk that does not answer any more is not waited
        for, and a shield without an end would keep the process alive for as long as the disk likes.
        """
        with trio.move_on_after(CLOSE_S, shield=True):
            await self._ports.in_thread(self._reader.close, limiter=self._reading, abandon=True)
            await self._ports.in_thread(self._writer.close, limiter=self._writing, abandon=True)

    # --- in a thread ------------------------------------------------------------------------------------------------

    @contextmanager
    def _door(self, doing: Doing) -> Iterator[None]:
        """Before a database counts as damaged, which ends the box, it is looked at once more."""
        try:
            with translated(doing):
                yield
        except LibraryDamaged as error:
            if examination.is_damaged(self.folder / "tomb.db"):
                raise
            raise faults.unavailable(doing, str(error)) from error

    def _commit(self, unit: Unit[T], names: Freed = ()) -> T:
        if self.read_only:
            raise Unavailable(self._refusal or "")
        try:
            with self._door("written"):
                result = _transact(self._writer, "BEGIN IMMEDIATE", unit, partial(self._before_commit, names))
        except Unavailable as error:
            if error.__cause__ is not None:  # else it is what the unit itself found
                self._refusal = error.message
            raise
        self._refusal = None
        return result

    def _commit_together(self, edits: Sequence[_Edit[Any, Any]]) -> list[outcome.Outcome[Any]]:
        """What became of each. Never raises."""
        shared = self._commit_as_one(edits) if len(edits) > 1 else [None]
        done = []
        for edit, each in zip(edits, shared, strict=True):
            ended = each or outcome.capture(self._commit, edit.unit, edit.names)
            if isinstance(ended, outcome.Value):
                edit.then()
            done.append(ended)
        return done

    def _commit_as_one(self, edits: Sequence[_Edit[Any, Any]]) -> Sequence[outcome.Outcome[Any] | None]:
        """None for each that is to be tried alone, where what they share comes to nothing."""
        names = tuple(name for edit in edits for name in edit.names)
        try:
            return self._commit(partial(_one_by_one, units=[edit.unit for edit in edits]), names)
        except (RequestError, LibraryDamaged, sqlite3.Error) as error:
            if isinstance(error.__cause__, _NotOnDisk):
                return [outcome.Error(error) if edit.names else None for edit in edits]
            return [None] * len(edits)

    def look(self, unit: Unit[T]) -> T:
        """As `read`, of one statement, for somebody who is in a worker thread already and has `noticing_damage` around
        that."""
        with self._door("read"), self._reader_lock:
            return unit(self._reader)

    def _look(self, unit: Unit[T]) -> T:
        with self._door("read"), self._reader_lock:
            return _transact(self._reader, "BEGIN", unit)

    def _look_between(self, unit: Unit[T]) -> T:
        with self._door("read"):
            self._check_places()
            return _transact(self._writer, "BEGIN", unit)

    def _commit_from_reserve(self, unit: Unit[T]) -> T:
        try:
            return self._commit(unit)
        except NoSpace:
            if not self._reserve.release():
                raise
        # All in one hop: after the commit nobody may be cancelled before it is published. What the transaction took of
        # the reserve is in SQLite's log; folded into the database, where a deletion needs no page more than there was,
        # it is free again and goes back to the reserve before anybody else writes.
        try:
            return self._commit(unit)
        finally:
            with suppress(sqlite3.Error, OSError):
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                self._reserve.fill()

    def _fill(self) -> None:
        with translated("written"):
            self._reserve.fill()

    def _copy(self, now: float, free_kept: int) -> float:
        with self._door("written"):
            self._check_places()
            return copies.keep(self.folder, now, free_kept)

    def _snapshot(self, target: Path) -> None:
        with self._door("read"):
            backup.snapshot(self.folder / "tomb.db", target)

    def _before_commit(self, names: Freed) -> None:
        for folder in dict.fromkeys(name.parent for name in names):
            try:
                sync(self.library / folder)  # new names survive a power cut before anything refers to them
            except OSError as error:
                raise _NotOnDisk(*error.args) from error
        self._check_places()

    def _check_places(self) -> None:
        """SQLite commits happily to files that no path leads to any more: of a folder that was deleted, or moved away,
        or of a disk that was pulled out and is held by the open files only. Nothing may be acknowledged that the next
        start cannot find. Two calls of `stat` cost some microseconds; what happens in the last of them is a power cut.
        """
        if (displaced := self._displaced()) is not None:
            self._refusal = f"{displaced}; nothing was changed"
            raise Unavailable(self._refusal)

    def _is_writable(self) -> bool:
        try:
            os.close(os.open(self.folder / "tomb.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644))
        except OSError:
            return False
        return True

    def _is_back(self) -> bool:
        """Whether the same disk is there by another number, or any where the operator said that one is mounted."""
        found, known = identity(self.folder / "tomb.db"), self._places[self.folder / "tomb.db"]
        if found is None or known is None or found[0] == known[0]:
            return False
        return found[1] == known[1] or (self._mount is not None and is_mounted(self._mount))

    def _displaced(self) -> str | None:
        if all(identity(path) == known for path, known in self._places.items()):
            return None
        return f"the data folder {self.folder} is gone: its disk is missing, or somebody moved or deleted it"


def _shrink(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA shrink_memory")


def _transact(connection: sqlite3.Connection, begin: str, unit: Unit[T], check: Callable[[], None] = lambda: None) -> T:
    connection.execute(begin)
    try:
        result = unit(connection)
        check()
        connection.execute("COMMIT")
    except BaseException:
        # SQLite rolls back by itself after some errors, a full disk among them. What a rollback says would hide the
        # first error; one that fails ends the transaction all the same, since nothing of it was ever committed.
        if connection.in_transaction:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise
    return result


def _one_by_one(connection: sqlite3.Connection, units: Sequence[Unit[Any]]) -> list[outcome.Outcome[Any]]:
    """What became of each. Raises: sqlite3.Error, after which nothing is known of the transaction: SQLite ends it
    itself after some (sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction")."""
    done = []
    for unit in units:
        connection.execute("SAVEPOINT one")
        result = outcome.capture(unit, connection)
        if isinstance(result, outcome.Error):
            if isinstance(result.error, sqlite3.Error | OSError):
                raise result.error
            connection.execute("ROLLBACK TO one")
        connection.execute("RELEASE one")
        done.append(result)
    return done
