"""The stream to the device: opened for sound, closed when idle, watched while open."""

from collections.abc import Callable

import trio

from tomb.devices.playhead import Playhead
from tomb.devices.portaudio import Stream, library_limiter, look_again
from tomb.errors import Broken, Missing
from tomb.ports import Ports

SOON_S = 0.005  # how often to look for the first block
SILENCE_S = 1.5  # callbacks that stay away for so long do not come back
OPEN_S = 5.0
CLOSE_S = 0.5
QUIET_S = 0.3  # longer than any latency that is asked for


class Outlet:
    """Holds the stream that the playhead fills, or none. `settings`: device, rate (Hz), block (frames), latency (s)."""

    def __init__(
        self, ports: Ports, playhead: Playhead, settings: tuple[str | int | None, int, int, float], idle_close_s: float
    ) -> None:
        self.name = "sound output"
        self._ports = ports
        self._playhead = playhead
        self._settings = settings
        self._idle_close_s = idle_close_s
        self._stream: Stream | None = None
        self._pulse = (0, 0.0)
        self._needed = False
        self._needed_at = 0.0

    @property
    def is_open(self) -> bool:
        return self._stream is not None

    @property
    def queues_silence(self) -> bool:
        """It is open, and all that waits in it is silence: what came next would be late by its whole latency."""
        return self.is_open and not self._needed and trio.current_time() - self._needed_at > QUIET_S

    async def find(self) -> None:
        """Look for the device anew, and see that it takes sound. Raises: Missing, Busy, Broken."""
        await self._in_library(look_again)
        before = self._playhead.frames
        await self._open()
        while self._playhead.frames == before:
            self.check()
            await trio.sleep(SOON_S)

    async def tend(self, *, needed: bool, ready: bool) -> None:
        """Open the stream if it is `needed` and there is something `ready` for it; close it if it was not for long.

        Raises: Missing, Busy, Broken.
        """
        now, self._needed = trio.current_time(), needed
        if needed:
            self._needed_at = now
        if self.is_open:
            self.check()
            if not needed and self._playhead.settled and now - self._needed_at >= self._idle_close_s:
                await self.close()
        elif needed and ready:
            await self._open()

    def check(self) -> None:
        """Raises: Broken, when the callbacks of an open stream stay away."""
        now, (frames, since) = trio.current_time(), self._pulse
        if frames != self._playhead.frames:
            self._pulse = (self._playhead.frames, now)
        elif self._stream is not None and (self._stream.ended or now - since > SILENCE_S):
            raise Broken("the sound output stopped taking sound")

    async def close(self) -> None:
        """What is not heard yet is dropped. A stream that hangs is left to its thread."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.give_up()
            with trio.move_on_after(CLOSE_S, shield=True):
                await self._ports.in_thread(stream.close, limiter=library_limiter(), abandon=True)

    async def _open(self) -> None:
        self._playhead.reset()
        stream = Stream(self._playhead.fill, *self._settings)
        try:
            await self._in_library(stream.open)
        except BaseException:
            stream.give_up()
            raise
        self._stream, self.name = stream, stream.name
        self._needed_at = trio.current_time()
        self._pulse = (self._playhead.frames, self._needed_at)

    async def _in_library(self, call: Callable[[], None]) -> None:
        with trio.move_on_after(OPEN_S):
            await self._ports.in_thread(call, limiter=library_limiter(), abandon=True)
            return
        raise Missing("the sound system does not answer")
