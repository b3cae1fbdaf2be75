"""A sound device on Trio's clock, in place of `tomb.devices.portaudio`: asks for blocks, keeps what it was given."""

from collections.abc import Callable

import numpy as np
import pytest
import trio

import tomb.devices.playhead
import tomb.devices.portaudio
from tests.rigs.sounds import Int16
from tomb.devices.portaudio import RateRefused

BLOCK = 1024
BLOCK_S = BLOCK / 44100
LATENCY_S = 0.05


class VirtualSink:
    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self.blocks: list[Int16] = []
        self._open: set[VirtualStream] = set()
        self.frozen = False
        self.only_rate: int | None = None  # Hz

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Be the device of every PortAudioOutput, and the clock that it reads."""
        monkeypatch.setattr(tomb.devices.portaudio, "look_again", lambda: None)
        monkeypatch.setattr(tomb.devices.portaudio, "Stream", self._stream)
        monkeypatch.setattr(tomb.devices.playhead, "monotonic_ns", now_ns)

    @property
    def streams(self) -> int:
        """How many are open."""
        return len(self._open)

    def opened(self, stream: "VirtualStream") -> None:
        self._open.add(stream)

    def closed(self, stream: "VirtualStream") -> None:
        self._open.discard(stream)

    def ask(self) -> None:
        """Ask for a block out of turn, as a real device does whenever it likes."""
        for stream in self._open:
            stream.ask(trio.current_time())

    def starve(self) -> None:
        """Let the device run dry once, as when all processors were elsewhere."""
        for stream in self._open:
            stream.ran_dry()

    def played(self) -> Int16:
        """All frames so far, with the silence between."""
        return np.concatenate(self.blocks)

    def check_rate(self, rate: int) -> None:
        if self.only_rate not in (None, rate):
            raise RateRefused(rate, self.only_rate)

    def _stream(
        self,
        fill: Callable[[Int16, int], None],
        _: object,
        rate: int,
        _block: int,
        _latency: float,
        ran_dry: Callable[[], None] = lambda: None,
    ) -> "VirtualStream":
        return VirtualStream(self, self._nursery, fill, rate, ran_dry)


class VirtualStream:
    def __init__(
        self,
        sink: VirtualSink,
        nursery: trio.Nursery,
        fill: Callable[[Int16, int], None],
        rate: int,
        ran_dry: Callable[[], None],
    ) -> None:
        self.ran_dry = ran_dry
        self._sink = sink
        self._rate = rate
        self._nursery = nursery
        self._fill = fill
        self._scope = trio.CancelScope()
        self.name = "virtual sink"
        self.ended = False

    def open(self) -> None:
        self._sink.check_rate(self._rate)
        self._sink.opened(self)
        self._nursery.start_soon(self._play)

    def close(self) -> None:
        self._sink.closed(self)
        self._scope.cancel()

    def give_up(self) -> None:
        self._scope.cancel()

    def ask(self, due: float) -> None:
        block = np.empty((BLOCK, 2), np.int16)
        self._fill(block, int(due * 1e9))
        self._sink.blocks.append(block)

    async def _play(self) -> None:
        """Ask for the first blocks at once, as real devices do, then one at a time."""
        due = trio.current_time()
        ahead = round(LATENCY_S / BLOCK_S) * BLOCK_S
        with self._scope:
            while True:
                await trio.sleep_until(due - ahead)
                if not self._sink.frozen:
                    self.ask(due)
                due += BLOCK_S


def now_ns() -> int:
    return int(trio.current_time() * 1e9)
