"""The seams to the world outside the program: wall clock, identifiers, chance and threads.

Everything else asks here, so that the whole box runs unchanged on `trio.testing.MockClock`: durations and deadlines
come from Trio's own clock, and what Trio cannot fake comes from a `Ports` object that is handed in. MockClock's
autojump counts a worker thread as idle and leaps while the thread works, therefore `VirtualPorts` runs thread hops
inline.
"""

import random
import time
import uuid
from collections.abc import Callable
from typing import Protocol, TypeVar, TypeVarTuple

import trio

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Ports(Protocol):
    """What a part of the box may ask of the outside world."""

    def wall(self) -> float:
        """Seconds since the epoch. May jump: a Pi has no clock until the network gave it one."""

    def new_id(self) -> str:
        """A new identifier, unique for all time: a UUID in its 36-character form."""

    def permutation(self, count: int) -> tuple[int, ...]:
        """The numbers below `count` in a random order."""

    async def in_thread(
        self,
        call: Callable[[*Ts], T],
        *args: *Ts,
        limiter: trio.CapacityLimiter | None = None,
        abandon: bool = False,
    ) -> T:
        """Run a blocking call. `abandon`: on cancellation leave the thread behind instead of waiting for it."""


class RealPorts:
    def wall(self) -> float:
        return time.time()

    def new_id(self) -> str:
        return str(uuid.uuid4())

    def permutation(self, count: int) -> tuple[int, ...]:
        return tuple(random.sample(range(count), count))

    async def in_thread(
        self,
        call: Callable[[*Ts], T],
        *args: *Ts,
        limiter: trio.CapacityLimiter | None = None,
        abandon: bool = False,
    ) -> T:
        return await trio.to_thread.run_sync(call, *args, limiter=limiter, abandon_on_cancel=abandon)


class VirtualPorts:
    """Deterministic: the wall clock follows Trio's, identifiers and chance follow a seed, threads are inline."""

    def __init__(self, seed: int = 0, epoch: float = 1_750_000_000.0) -> None:
        self._random = random.Random(seed)
        self._epoch = epoch

    def wall(self) -> float:
        return self._epoch + trio.current_time()

    def new_id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def permutation(self, count: int) -> tuple[int, ...]:
        return tuple(self._random.sample(range(count), count))

    async def in_thread(
        self,
        call: Callable[[*Ts], T],
        *args: *Ts,
        limiter: trio.CapacityLimiter | None = None,
        abandon: bool = False,
    ) -> T:
        await trio.lowlevel.checkpoint()
        return call(*args)


def monotonic_ns() -> int:
    """A monotonic clock for code that runs outside Trio: the audio callback and the reader's thread."""
    return time.monotonic_ns()
