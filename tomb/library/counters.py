"""Numbers that must survive anything, such as the end of the lease of event numbers."""

import sqlite3
from typing import TYPE_CHECKING

from tomb.errors import NoSpace, StartError, Unavailable

if TYPE_CHECKING:  # the store itself needs these counters while it opens
    from tomb.library.store import Store

LEASED = "events.leased"
RECOVERY = "recovery"  # which recovery of a damaged database this one came from
BIN_CLOCK = "bin.clock"  # for how many seconds things have lain in the bin (`recycle_bin.advance`)
BIN_WALL = "bin.wall"  # the furthest that the wall clock was then
TRIED = "disk.tried"  # how often a disk that refused to be written was tried again
DEMO = "demo"  # 1 when it has begun, and 1 more for each of its sets that the library has been given


def read(db: sqlite3.Connection, name: str) -> int:
    """0 for a counter that was never set."""
    row = db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
    return 0 if row is None else int(row["value"])


def raise_to(db: sqlite3.Connection, name: str, value: int) -> None:
    """Counters only ever grow."""
    db.execute(
        "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
        (name, value),
    )


def touch(db: sqlite3.Connection) -> None:
    """Write something that means nothing. (What is as it was before SQLite does not write.)"""
    raise_to(db, TRIED, read(db, TRIED) + 1)


class EventLease:
    """The high-water mark of the event counter (`tomb.events.Lease`): it is on disk before a number is used.

    `block`: how many numbers a start leases at once (`tomb.events.LEASE_BLOCK`).
    """

    def __init__(self, store: "Store", block: int) -> None:
        self._store = store
        self._block = block

    async def open(self, now: float = 0.0) -> int:
        """Lease a first block; return the number after which this run's events begin.

        A box that cannot write down what it used can promise nothing beyond its end. Its numbers begin the later in the
        block the later it is started, ten a second, more than it publishes: those of two such runs are hardly the same.
        `now`: epoch seconds.
        Raises: StartError when the disk does not take it, since no event may then be published.
        """

        def lease(db: sqlite3.Connection) -> int:
            start = read(db, LEASED)
            raise_to(db, LEASED, start + self._block)
            return start

        if self._store.read_only:
            return await self._store.read(lambda db: read(db, LEASED)) + int(now * 10) % self._block
        try:
            return await self._store.write_to_free(lease)
        except (NoSpace, Unavailable) as error:
            raise StartError(f"the data folder {self._store.folder} cannot be written: {error.message}") from error

    async def extend(self, up_to: int) -> None:
        if not self._store.read_only:
            await self._store.write(lambda db: raise_to(db, LEASED, up_to))
