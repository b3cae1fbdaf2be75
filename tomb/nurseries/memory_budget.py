"""Memory for what clients send, shared out as its bytes come, so that many clients at once need no more than a few.

Bytes are counted when they are there, not when they are promised: whoever trickles holds next to nothing. But what
comes in parts can lock up: when many bodies are half here and the memory is used up, none of them could be completed.
So one may always go on, beyond the budget if need be: the body of which least is still to come, since it will be the
first to give its memory back. It may go beyond by no more than what is left of it, and while one is complete and being
used none may, since that one's memory comes back by itself. The same holds among the bodies of one client, who may have
a share of the whole, so that no client keeps the others waiting.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import trio

SHARES = 4  # clients who fill their shares until others have to wait


class Held:
    """What one body holds. Made by `MemoryBudget.hold`."""

    def __init__(self, budget: "MemoryBudget", client: str, most: int) -> None:
        self.client = client
        self.size = 0
        self.left = most
        self._budget = budget

    async def grow(self, size: int) -> None:
        """So many more bytes are there; waits until there is memory for them."""
        while not self._budget.allows(self, size):
            await self._budget.changed.wait()
        self._budget.add(self, size)

    def complete(self) -> None:
        """No more will come: its memory comes back without any more being given out."""
        self.left = 0


class MemoryBudget:
    """So many bytes of memory. A client is known by its address."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._share = size // SHARES
        self._used = 0
        self._used_by: Counter[str] = Counter()
        self._holders: set[Held] = set()
        self.changed = trio.Event()

    @property
    def used(self) -> int:
        return self._used

    @contextmanager
    def hold(self, client: str, most: int) -> Iterator[Held]:
        """Hold what comes of a body, `most` bytes at most, until it has been used."""
        held = Held(self, client, most)
        self._holders.add(held)
        try:
            yield held
        finally:
            self._holders.discard(held)
            self.add(held, -held.size)

    def allows(self, held: Held, size: int) -> bool:
        everybody = self._used + size <= self._size or held.left <= min(each.left for each in self._holders)
        return everybody and self._allows_client(held, size)

    def _allows_client(self, held: Held, size: int) -> bool:
        own = (each.left for each in self._holders if each.client == held.client)
        return self._used_by[held.client] + size <= self._share or held.left <= min(own)

    def add(self, held: Held, size: int) -> None:
        held.size += size
        held.left -= size
        self._used += size
        self._used_by[held.client] += size
        if not self._used_by[held.client]:
            del self._used_by[held.client]
        self.tell_waiting()

    def tell_waiting(self) -> None:
        self.changed.set()
        self.changed = trio.Event()
