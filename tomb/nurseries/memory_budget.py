"""Memory for what is on its way, so that many clients at once need no more of it than a few."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio


class MemoryBudget:
    """So many bytes of memory, handed out in the order of asking."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._free = size
        self._queue = trio.Lock()
        self._freed = trio.Event()

    @asynccontextmanager
    async def take(self, size: int) -> AsyncIterator[None]:
        """Wait for that much; no more than there is at all."""
        size = min(size, self._size)
        async with self._queue:
            while self._free < size:
                await self._freed.wait()
            self._free -= size
        try:
            yield
        finally:
            self._free += size
            self._freed.set()
            self._freed = trio.Event()
