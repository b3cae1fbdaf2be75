"""Runs one client's handlers: begun strictly in order, several at once, never more than allowed."""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import trio

Job: TypeAlias = Callable[[], Awaitable[None]]


class Workers:
    """Tasks come when there is work and go when there is none.

    Trio starts the tasks of one batch in any order, so no job belongs to a task: each takes the oldest that waits and
    runs it to its first await. So jobs begin in the order in which they came, whichever task is first.
    """

    __slots__ = ("_at_once", "_jobs", "_nursery", "_room", "_running", "_waiting")

    def __init__(self, nursery: trio.Nursery, at_once: int, waiting: int) -> None:
        self._nursery = nursery
        self._at_once = at_once
        self._waiting = waiting
        self._jobs: deque[Job] = deque()
        self._running = 0
        self._room = trio.lowlevel.ParkingLot()

    def add(self, job: Job) -> None:
        self._jobs.append(job)
        if self._running < self._at_once:
            self._running += 1
            self._nursery.start_soon(self._work)

    async def room(self) -> None:
        """Until fewer jobs wait than may."""
        while len(self._jobs) >= self._waiting:
            await self._room.park()

    async def _work(self) -> None:
        try:
            while self._jobs:
                job = self._jobs.popleft()
                self._room.unpark_all()
                await job()
        finally:
            self._running -= 1
