"""Decoding ahead: one task for each tape, one thread hop for each piece."""

from collections.abc import Callable

import trio

from tomb.devices.decoder import Reader
from tomb.devices.ring import Tape
from tomb.errors import DecodeError
from tomb.ports import Ports

PIECE = 16384  # frames of each piece but the first: 0.37 s at 44100 Hz, so a few hops a second


class Feed:
    """Keeps one tape full until its file ends or fails, which the tape then says.

    When it is cancelled its thread is left behind; what that still does, it does to a tape that nobody hears.
    """

    def __init__(self, ports: Ports, tape: Tape, rate: int, head: int, news: Callable[[], None]) -> None:
        """`head`: frames of the first piece. `news` is called when that is there, and when the last one is."""
        self._ports = ports
        self._tape = tape
        self._rate = rate
        self._head = head
        self._news = news
        self._reader: Reader | None = None
        self.scope = trio.CancelScope()

    async def run(self) -> None:
        with self.scope:
            await self._ports.in_thread(self._pour, self._head, abandon=True)
            self._news()
            while self._tape.end is None:
                await self._refill()
            self._news()

    async def _refill(self) -> None:
        missing = PIECE - self._tape.room
        if missing <= 0:
            await self._ports.in_thread(self._pour, PIECE, abandon=True)
        else:
            # The callback may neither lock nor wake anybody, so what it makes room for is found by the clock.
            await trio.sleep(missing / self._rate)

    def _pour(self, frames: int) -> None:
        cue = self._tape.cue
        try:
            if self._reader is None:
                self._reader = Reader(cue.path, self._rate, cue.start_ms)
            piece = self._reader.read(frames)
            self._tape.append(piece)
            if len(piece) == frames:
                return
            self._reader.read(1)  # a short piece comes before the end, and before damage
        except DecodeError as error:
            self._finish(str(error))
        else:
            self._finish("no sound in it" if not self._tape.written and not cue.start_ms else None)

    def _finish(self, error: str | None) -> None:
        if self._reader is not None:
            self._reader.close()
        self._tape.finish(error)
