"""All that makes two runs differ, in one hand: chance, identifiers, the wall clock, and the order of tasks.

Trio runs what is runnable at one moment in an order that it draws: nobody may rely on one. A rehearsal draws it by a
seed. The same seed is the same run, and each other seed is another order in which the same things may happen.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar, TypeVarTuple
from zoneinfo import ZoneInfo

import trio
from trio._core import _run as scheduler

from tomb.ports import VirtualPorts

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


@contextmanager
def order_of_tasks(seed: int) -> Iterator[None]:
    """Whatever Trio runs in the block is run in the order that `seed` draws.

    Its `_r` is what Hypothesis seeds too, by way of the entry point that Trio has for it; there is no public one.
    """
    was_sorted, state = scheduler._ALLOW_DETERMINISTIC_SCHEDULING, scheduler._r.getstate()
    scheduler._ALLOW_DETERMINISTIC_SCHEDULING = True  # type: ignore[misc]  # as Trio's own plugin for Hypothesis does
    scheduler._r.seed(seed)
    try:
        yield
    finally:
        scheduler._ALLOW_DETERMINISTIC_SCHEDULING = was_sorted  # type: ignore[misc]  # as above
        scheduler._r.setstate(state)


class RehearsalPorts(VirtualPorts):
    """`starts`: what the wall clock shows when Trio's is at 0. `slow_s`: what a hop into a thread takes."""

    def __init__(self, seed: int, starts: datetime, zone: ZoneInfo) -> None:
        super().__init__(seed, starts.replace(tzinfo=zone).timestamp())
        self._zone = zone
        self._set_by = 0.0
        self.slow_s = 0.0

    def wall(self) -> float:
        return super().wall() + self._set_by

    def local(self) -> datetime:
        return datetime.fromtimestamp(self.wall(), self._zone)

    def set_wall(self, local: datetime) -> None:
        self._set_by += local.replace(tzinfo=self._zone).timestamp() - self.wall()

    def turn_wall(self, by: float) -> None:
        self._set_by += by

    async def in_thread(
        self,
        call: Callable[[*Ts], T],
        *args: *Ts,
        limiter: trio.CapacityLimiter | None = None,
        abandon: bool = False,
    ) -> T:
        if self.slow_s:
            # As of a thread: whoever does not abandon it is not cancelled before it has ended.
            with trio.CancelScope(shield=not abandon):
                async with limiter or self.limiters.disk:
                    await trio.sleep(self.slow_s)
        return await super().in_thread(call, *args, limiter=limiter, abandon=abandon)
