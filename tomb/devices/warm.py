"""The beginnings of what may be asked for next, decoded before anybody asks: a tap then sounds at once, though the disk
sleeps or the card is slow.

Each is kept with its decoder, which has read so far and goes on from there: to the sample, and without opening the file
anew. Files are kept by their content, so a beginning never becomes wrong, only unwanted.
"""

from collections.abc import Sequence
from pathlib import Path

import trio
from msgspec import Struct

from tomb.devices.decoder import Decoder, Frames
from tomb.devices.output import Cue
from tomb.errors import DecodeError
from tomb.ports import Ports

BEGINNING_S = 1.0
MOST_BYTES = 6 * 1024 * 1024  # of sound: 35 beginnings at 44100 Hz; their decoders take about as much again
APART_S = 0.05  # from one to the next: nobody waits for them


class Beginning(Struct):
    """The first frames from a cue's start on, and the decoder that has read them."""

    frames: Frames
    decoder: Decoder


class Warm:
    """`want` and `take` may be called at any time; beginnings are made while `run` runs."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._wanted: dict[tuple[Path, int], Cue] = {}
        self._kept: dict[tuple[Path, int], Beginning | None] = {}  # None: it cannot be decoded
        self._news = trio.Event()

    def want(self, cues: Sequence[Cue]) -> None:
        """These, the likeliest first, as many as there is room for; and no others any more."""
        self._wanted = {(cue.path, cue.start_ms): cue for cue in cues}
        for key in self._kept.keys() - self._wanted.keys():
            self._forget(key)
        self._news.set()

    def take(self, cue: Cue) -> Beginning | None:
        """The beginning of this cue, if it is there: it is the caller's then."""
        return self._kept.pop((cue.path, cue.start_ms), None)

    async def run(self, rate: int) -> None:
        """Until cancelled; nothing is kept then."""
        most = int(MOST_BYTES / (BEGINNING_S * rate * 4))
        try:
            while True:
                self._news = trio.Event()
                for key in list(self._wanted)[:most]:
                    if key in self._wanted and key not in self._kept:
                        await self._make(self._wanted[key], rate)
                await self._news.wait()
        finally:
            for key in [*self._kept]:
                self._forget(key)

    async def _make(self, cue: Cue, rate: int) -> None:
        made = await self._ports.in_thread(_begun, cue, rate, limiter=self._ports.limiters.decoding, abandon=True)
        key = (cue.path, cue.start_ms)
        self._kept[key] = made
        if key not in self._wanted:
            self._forget(key)
        await trio.sleep(APART_S)

    def _forget(self, key: tuple[Path, int]) -> None:
        beginning = self._kept.pop(key)
        if beginning is not None:
            beginning.decoder.close()


def _begun(cue: Cue, rate: int) -> Beginning | None:
    try:
        decoder = Decoder(cue.path, rate, cue.start_ms, cue.seek_marks)
        return Beginning(decoder.read(round(BEGINNING_S * rate)), decoder)
    except DecodeError:
        return None  # whoever plays it is told why
