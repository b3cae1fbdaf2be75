"""A timer: rings once, at the moment it was last set to. Trio's clock, because a wall clock jumps.

A ring and whatever else an owner is told wait in one mailbox, so between the moment a timer rings and the moment its
ring is looked at it may have been set anew or cleared. Hence a timer carries the number it was set with: it is given
out by the machine that asks for the timer, comes back with the ring, and the table refuses any but the newest.
"""

from collections.abc import Callable

import trio
from msgspec import Struct


class _Due(Struct, frozen=True):
    at: float
    number: int


class Timer:
    """`ring` is called with the number that the timer was set with. It must not block."""

    def __init__(self, ring: Callable[[int], None]) -> None:
        self._ring = ring
        self._due: _Due | None = None
        self._changed = trio.Event()

    def set(self, at: float, number: int) -> None:
        """Ring at Trio's time `at`, instead of at any earlier one."""
        self._change(_Due(at, number))

    def clear(self) -> None:
        """Do not ring."""
        self._change(None)

    def _change(self, due: _Due | None) -> None:
        self._due = due
        self._changed.set()

    async def run(self) -> None:
        while True:
            self._changed = trio.Event()
            due = self._due
            with trio.move_on_at(float("inf") if due is None else due.at):
                await self._changed.wait()
            # In the very tick in which its time came it may have been set to another: that one stands.
            if due is not None and due is self._due and trio.current_time() >= due.at:
                self._due = None
                self._ring(due.number)
