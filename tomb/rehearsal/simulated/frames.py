"""A loudspeaker that takes every frame, when it would: the real stream of sound, on Trio's clock."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import trio

from tomb.devices import playhead as played
from tomb.devices.decoder import Frames
from tomb.devices.output import MadeDo, Reporter
from tomb.devices.playhead import Playhead
from tomb.devices.streaming import FADE_S, StreamedOutput
from tomb.errors import Broken
from tomb.ports import Ports
from tomb.rehearsal.simulated.music import RATE

BLOCK = 400
BLOCK_S = BLOCK / RATE
LATENCY_S = 2 * BLOCK_S
IDLE_S = 10.0


class ClockSink:
    """Asks for a block when one is due. `took` is called with each, and must copy what it keeps."""

    name = "simulated loudspeaker"
    rate = RATE
    queues_silence = False

    def __init__(self, playhead: Playhead, took: Callable[[Frames], object]) -> None:
        self.there = True
        self.is_open = False
        self._playhead = playhead
        self._took = took
        self._opened = trio.Event()
        self._needed_at = 0.0

    async def find(self, _: Callable[[MadeDo], None]) -> None:
        await trio.lowlevel.checkpoint()
        self._check()

    async def tend(self, *, needed: bool, ready: bool) -> None:
        await trio.lowlevel.checkpoint()
        self._check()
        now = trio.current_time()
        self._needed_at = now if needed else self._needed_at
        if self.is_open and not needed and self._playhead.settled and now - self._needed_at >= IDLE_S:
            await self.close()
        elif not self.is_open and needed and ready:
            self._playhead.reset()
            self.is_open = True
            self._opened.set()

    async def close(self) -> None:
        self.is_open = False

    async def serve(self) -> None:
        """Take blocks, as long as it is open, for ever."""
        block = np.empty((BLOCK, 2), np.int16)
        while True:
            await self._opened.wait()
            due = trio.current_time() + LATENCY_S
            while self.is_open:
                self._playhead.fill(block, round(due * 1e9))
                self._took(block)
                due += BLOCK_S
                await trio.sleep_until(due - LATENCY_S)
            self._opened = trio.Event()

    def _check(self) -> None:
        if not self.there:
            raise Broken("the loudspeaker is gone")


class FramesOutput(StreamedOutput):
    """`blocks`: what it was given to play since `forget`."""

    _sink: ClockSink

    def __init__(self, ports: Ports, report: Reporter) -> None:
        self.blocks: list[bytes] = []
        self._head = Playhead(int(FADE_S * RATE))
        sink = ClockSink(self._head, lambda block: self.blocks.append(block.tobytes()))
        super().__init__(ports, report, sink, self._head, rate=RATE, head_s=LATENCY_S + FADE_S)

    @property
    def level(self) -> float:
        """The gain that it was told last."""
        return self._head.level.gain

    @property
    def sounds(self) -> bool:
        return self._sink.is_open and self._order.moving and self._order.buffer is not None

    @property
    def there(self) -> bool:
        return self._sink.there

    @there.setter
    def there(self, there: bool) -> None:
        self._sink.there = there

    def unplug(self) -> None:
        self._sink.there = False
        self._wake()

    def forget(self) -> None:
        self.blocks.clear()

    def taken(self) -> Frames:
        """Shape (frames, channels), without the silence around them."""
        frames = np.frombuffer(b"".join(self.blocks), np.int16).reshape(-1, 2)
        loud = np.flatnonzero(frames.any(axis=1))
        return frames[loud[0] : loud[-1] + 1] if len(loud) else frames[:0]

    def _begin(self, nursery: trio.Nursery) -> None:
        nursery.start_soon(self._sink.serve)


def digest(frames: Frames) -> str:
    return hashlib.sha256(frames.tobytes()).hexdigest()


@contextmanager
def heard_by_the_clock() -> Iterator[None]:
    """The clock that the playhead reads in a sound card's thread is Trio's."""
    module = vars(played)  # which imported it
    real = module["monotonic_ns"]
    module["monotonic_ns"] = lambda: round(trio.current_time() * 1e9)
    try:
        yield
    finally:
        module["monotonic_ns"] = real
