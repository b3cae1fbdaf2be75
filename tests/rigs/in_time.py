"""Tests of what is heard in real time, on machines that do other things as well.

A processor that was elsewhere for longer than the sound card's queue lasts is heard as a gap, and that is no fault of
whoever plays. So it is measured how late this process was at most, and a test that fails while it was late is run
again. On a machine that was in time a failure counts at once, and a fault fails each time.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec

import trio

P = ParamSpec("P")

LATE_S = 0.05  # a quiet machine is late by a tenth of that
ATTEMPTS = 6
TURN_S = 0.005


class Lateness:
    """`most`: by how many seconds this process came late to a turn."""

    def __init__(self) -> None:
        self.most = 0.0

    async def watch(self) -> None:
        while True:
            due = trio.current_time() + TURN_S
            await trio.sleep_until(due)
            self.most = max(self.most, trio.current_time() - due)


def in_time(test: Callable[P, Awaitable[None]]) -> Callable[P, Awaitable[None]]:
    """The test must leave what its fixtures gave it as it found it."""

    @wraps(test)
    async def counted(*args: P.args, **kwargs: P.kwargs) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            lateness = Lateness()
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(lateness.watch)
                    await test(*args, **kwargs)
                    nursery.cancel_scope.cancel()
                return
            except* AssertionError:
                if lateness.most < LATE_S or attempt == ATTEMPTS:
                    raise

    return counted
