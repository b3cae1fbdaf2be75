"""The two queues of a connection, packets going out and handlers to run, and the one account of the bytes in them.

Each queue is bounded by itself. But 500 connections may each fill theirs, so what all of them hold together has a bound
of its own: beyond it the connection that holds most is dropped, then the next, until there is space again. The polite
clients, whose queues are short, never feel it.
"""

import sys
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

import trio

from tomb.socketio.types import Frame, Frames

Job: TypeAlias = Callable[[], Awaitable[None]]

_WIDEST = 80  # bytes that CPython takes for a character, at most: 4, and 76 for the string, which may be of one


class QueueBudget:
    """`max_bytes`: what all accounts together may hold.

    A broadcast is one string, however many queues it waits in. So the sum over the queues says only when to look: then
    each string is counted once, and in the bytes that it takes. The look costs as much as all queues are long; the next
    one comes when the sum has grown by as much as there was left, divided by what a character may take, since before
    that the true figure cannot have reached the bound.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._accounts: set[Account] = set()
        self._sum = 0
        self._look_at = max_bytes // _WIDEST

    def open(self, evict: Callable[[], None]) -> "Account":
        """`evict` ends the connection and closes its account, synchronously."""
        account = Account(self, evict)
        self._accounts.add(account)
        return account

    @property
    def held(self) -> int:
        """Bytes in memory, each string counted once."""
        counted: dict[int, int] = {}
        other = 0
        for account in self._accounts:
            other += account.held - sum(map(len, account.frames))
            counted |= {id(frame): sys.getsizeof(frame) for frame in account.frames}
        return other + sum(counted.values())

    @property
    def longest(self) -> int:
        """How many frames wait for the client for whom most do."""
        return max((sum(1 for _ in account.frames) for account in self._accounts), default=0)

    def change(self, by: int) -> None:
        self._sum += by
        if self._sum > self._look_at:
            self._look()

    def close(self, account: "Account") -> None:
        self._accounts.discard(account)
        self._sum -= account.held

    def _look(self) -> None:
        while (held := self.held) > self._max_bytes:
            max(self._accounts, key=lambda account: account.held).evict()
        self._look_at = self._sum + (self._max_bytes - held) // _WIDEST


class Account:
    """What one connection holds: characters of text plus bytes, in either direction."""

    __slots__ = ("_budget", "evict", "frames", "held", "open")

    def __init__(self, budget: QueueBudget, evict: Callable[[], None]) -> None:
        self._budget = budget
        self.evict = evict
        self.held = 0
        self.frames: Iterable[Frame] = ()  # those that may be shared with other connections; a part of `held`
        self.open = True

    def change(self, by: int) -> None:
        """May drop connections, this one too."""
        if self.open:
            self.held += by
            self._budget.change(by)

    def close(self) -> None:
        if self.open:
            self.open = False
            self._budget.close(self)


class Outbox:
    """A queue with synchronous `put` and one taker at a time. The frames of one put stay together and in order.

    What was taken counts until the taker comes back: it may stand in a send that takes a slow peer minutes.
    """

    __slots__ = (
        "_account",
        "_bytes",
        "_drained",
        "_frames",
        "_large",
        "_large_bytes",
        "_max_bytes",
        "_max_frames",
        "_taken",
        "_waiting",
        "closed",
    )

    def __init__(self, max_frames: int, max_bytes: int, account: Account) -> None:
        self._frames: deque[Frame] = deque()
        self._taken: list[Frame] = []
        account.frames = self._frames
        self._account = account
        self._bytes = 0  # of what waits and of what was taken
        self._large: Frame | None = None  # the last frame of a message that is larger than the bound
        self._large_bytes = 0
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self.closed = False
        self._waiting = trio.lowlevel.ParkingLot()
        self._drained = trio.lowlevel.ParkingLot()

    def __len__(self) -> int:
        return len(self._frames)

    def fits(self, size: int, frames: int) -> bool:
        """Whether messages of that size in all could be put now, none of them larger than the bound."""
        enough = len(self._frames) + len(self._taken) + frames <= self._max_frames
        return enough and self._bytes - self._large_bytes + size <= self._max_bytes

    def put(self, frames: Frames) -> bool:
        """False, and nothing queued, where the queue is full.

        One message larger than the bound may wait, beside what else does: a snapshot of a huge playlist must reach its
        client somehow, and so must the acknowledgement after it.
        """
        size = sum(map(len, frames))
        if not self.fits(size, len(frames)):
            alone = not self._frames and not self._taken
            if not (alone or (size > self._max_bytes and self._large is None and self.fits(0, len(frames)))):
                return False
        if size > self._max_bytes:
            self._large, self._large_bytes = frames[-1], size
        self._frames.extend(frames)
        self._bytes += size
        self._waiting.unpark_all()
        self._account.change(size)
        return True

    def close(self) -> None:
        """Nothing more will be put; what is queued can still be taken."""
        self.closed = True
        self._waiting.unpark_all()
        self._drained.unpark_all()

    def discard(self) -> None:
        """Close it, and forget what is queued."""
        self._frames.clear()
        self.close()

    def nudge(self) -> None:
        """Let waits that are under way end, empty-handed."""
        self._waiting.unpark_all()

    async def wait(self) -> None:
        """Until there is something to take, or nothing ever will be, or a nudge."""
        self._settle()
        if not self._frames and not self.closed:
            await self._waiting.park()

    async def drained(self) -> None:
        """Until all is delivered, or nothing ever will be."""
        while (self._frames or self._taken) and not self.closed:
            await self._drained.park()

    def take(self, most: int) -> list[Frame]:
        """Up to `most` frames, oldest first; they are the taker's to deliver from here on."""
        self._settle()
        if len(self._frames) <= most:
            self._taken = list(self._frames)
            self._frames.clear()
        else:
            self._taken = [self._frames.popleft() for _ in range(most)]
        return self._taken

    def _settle(self) -> None:
        """Whoever asks for more has delivered what it took."""
        if not self._taken:
            return
        size = sum(map(len, self._taken))
        self._bytes -= size
        self._account.change(-size)
        if self._large is not None and any(frame is self._large for frame in self._taken):
            self._large, self._large_bytes = None, 0
        self._taken = []
        if not self._frames and self._drained:
            self._drained.unpark_all()


class Workers:
    """Runs one client's handlers: begun strictly in order, several at once, never more than allowed.

    Tasks come when there is work and go when there is none. Trio starts the tasks of one batch in any order, so no job
    belongs to a task: each takes the oldest that waits and runs it to its first await. So jobs begin in the order in
    which they came, whichever task is first.
    """

    __slots__ = ("_account", "_at_once", "_bytes", "_freed", "_jobs", "_max_bytes", "_nursery", "_running", "_waiting")

    def __init__(self, nursery: trio.Nursery, at_once: int, waiting: int, max_bytes: int, account: Account) -> None:
        self._nursery = nursery
        self._at_once = at_once
        self._waiting = waiting
        self._max_bytes = max_bytes
        self._account = account
        self._jobs: deque[tuple[Job, int]] = deque()
        self._bytes = 0
        self._running = 0
        self._freed = trio.lowlevel.ParkingLot()

    def add(self, job: Job, size: int = 0) -> None:
        """`size`: of the message that the job is about, which is held until the job has ended."""
        self._jobs.append((job, size))
        self._bytes += size
        self._account.change(size)
        if self._running < self._at_once:
            self._running += 1
            self._nursery.start_soon(self._work)

    async def accepting(self) -> None:
        """Until fewer jobs wait than may."""
        while len(self._jobs) >= self._waiting or self._bytes > self._max_bytes:
            await self._freed.park()

    async def _work(self) -> None:
        try:
            while self._jobs:
                job, size = self._jobs.popleft()
                self._freed.unpark_all()
                try:
                    await job()
                finally:
                    self._bytes -= size
                    self._account.change(-size)
                    self._freed.unpark_all()
        finally:
            self._running -= 1
