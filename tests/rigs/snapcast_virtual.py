"""A Snapcast server on Trio's clock: takes samples as the real one does, a chunk at a time, and keeps them."""

import math

import numpy as np
import pytest
import trio
from trio.testing import memory_stream_pair

import tomb.devices.playhead
from tests.rigs.sounds import Int16
from tests.rigs.virtual_sink import now_ns
from tomb.devices.snapcast import control, source
from tomb.errors import Missing

RATE = 44100
CHUNK = 882
FRAME_BYTES = 4


class VirtualServer:
    """`status`: what its control says, None: there is none. `arrivals`: Trio's time, and the frames taken before."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self._taken = bytearray()
        self._stream: trio.abc.Stream | None = None
        self.there = True
        self.slow = 1.0  # so many times slower than real time
        self.status: control.Status | None = None
        self.arrivals: list[tuple[float, int]] = []
        self.late = 0  # chunks that it waited for within a stretch

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(source, "dial", self._dial)
        monkeypatch.setattr(control, "look", self._look)
        monkeypatch.setattr(source, "monotonic_ns", now_ns)
        monkeypatch.setattr(tomb.devices.playhead, "monotonic_ns", now_ns)

    def taken(self) -> Int16:
        """All frames so far."""
        whole: Int16 = np.frombuffer(bytes(self._taken), np.int16).reshape(-1, 2)
        return whole

    def sound(self) -> Int16:
        """From the first frame that is not silent to the last one."""
        frames = self.taken()
        loud = np.flatnonzero(frames.any(axis=1))
        return frames[loud[0] : loud[-1] + 1] if loud.size else frames[:0]

    async def vanish(self) -> None:
        """End the connection, and take no other until `there` again."""
        self.there = False
        if self._stream is not None:
            await self._stream.aclose()

    async def chatter(self) -> None:
        """Say what nobody asked for."""
        assert self._stream is not None
        await self._stream.send_all(b"\0garbage\n" * 100)

    async def _look(self, _host: str, _port: int) -> control.Status:
        if self.status is None:
            raise Missing("no control")
        return self.status

    async def _dial(self, _host: str, _port: int) -> trio.abc.Stream:
        if not self.there:
            raise Missing("no Snapcast server")
        ours, theirs = memory_stream_pair()
        self._stream = theirs
        self._nursery.start_soon(self._take, theirs)
        return ours

    async def _take(self, stream: trio.abc.Stream) -> None:
        chunk, due = CHUNK * FRAME_BYTES, -math.inf
        rest = bytearray()
        try:
            while True:
                while len(rest) < chunk:
                    piece = await stream.receive_some(chunk - len(rest))
                    if not piece:
                        return
                    rest += piece
                now = trio.current_time()
                self.arrivals.append((now, len(self._taken) // FRAME_BYTES))
                self._taken += rest
                rest.clear()
                step = self.slow * CHUNK / RATE
                if now > due + step:
                    self.late += math.isfinite(due)
                    due = now  # it begins anew
                due += step
                await trio.sleep_until(due)
        except (trio.ClosedResourceError, trio.BrokenResourceError):
            pass
