"""An alarm: rings once, at the moment it was last set to. Trio's clock, because a wall clock jumps."""

from collections.abc import Callable

import trio


class Alarm:
    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._at: float | None = None
        self._set_anew = trio.Event()

    def set(self, at: float | None) -> None:
        """`at`: Trio's time; None: do not ring."""
        self._at = at
        self._set_anew.set()

    async def run(self) -> None:
        while True:
            self._set_anew = trio.Event()
            with trio.move_on_at(float("inf") if self._at is None else self._at):
                await self._set_anew.wait()
                continue
            self._at = None
            self._ring()
