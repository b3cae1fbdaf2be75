"""An output without a device: all happens when it would, and nothing is heard. Trio's clock paces it.

It sleeps until the next thing that happens, so three hours on a mock clock are a moment, exact to the frame.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import trio
from msgspec import Struct

from tomb.devices.output import Cue, CueFailed, CueFinished, CueStarted, Heard, Reporter
from tomb.errors import DecodeError
from tomb.models import Chime
from tomb.ports import Ports


class CuedFile(Struct, eq=False):
    """A cue and what is known of its file: `length` in seconds from the cue's start on, None until it was looked at."""

    cue: Cue
    length: float | None = None
    error: str | None = None
    started: bool = False


class SilentOutput:
    """Same commands and same reports as a real one. Gains and chimes are ignored.

    When `run` ends, what was cued is forgotten, and `heard` keeps its last answer until the next command.
    """

    def __init__(self, ports: Ports, report: Reporter) -> None:
        self._ports = ports
        self._report = report
        self._track: CuedFile | None = None
        self._follower: CuedFile | None = None
        self._moving = False
        self._played = 0.0  # seconds of the track that were over at `_since`
        self._since: float | None = None  # None while time does not count
        self._last = Heard(None, 0)
        self._woken = trio.Event()

    @property
    def name(self) -> str:
        return "silent output"

    def play(self, cue: Cue) -> None:
        self._enter(CuedFile(cue), None)
        self._follower = None
        self._moving = True
        self._woken.set()

    def enqueue(self, cue: Cue | None) -> None:
        if self._track is not None:
            self._follower = None if cue is None else CuedFile(cue)
            self._woken.set()

    def pause(self) -> None:
        self._played, self._since, self._moving = self._elapsed(), None, False  # nothing is due: nobody need wake up

    def resume(self) -> None:
        self._moving = True
        self._woken.set()

    def stop(self) -> None:
        self._enter(None, None)
        self._follower, self._moving = None, False
        self._woken.set()

    def set_gain(self, level: float, seconds: float = 0.02) -> None:
        pass

    def set_cue_gain(self, generation: int, gain: float) -> None:
        pass

    def chime(self, chime: Chime) -> None:
        pass

    def expect(self, cues: Sequence[Cue]) -> None:
        pass

    def heard(self) -> Heard:
        if self._track is None:
            return self._last
        cue = self._track.cue
        # A hair more: a boundary reached to within the clock's rounding is not the millisecond before.
        return Heard(cue.generation, cue.start_ms + int(self._elapsed() * 1000 + 1e-3))

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        task_status.started()
        try:
            while True:
                self._woken = trio.Event()
                await self._look_at(self._track)
                await self._look_at(self._follower)
                while self._step():
                    pass
                with trio.move_on_at(self._due()):
                    await self._woken.wait()
        finally:
            last = self.heard()
            self.stop()
            self._last = last

    async def _look_at(self, track: CuedFile | None) -> None:
        if track is None or track.length is not None or track.error is not None:
            return
        try:
            found = await self._ports.in_thread(
                _seconds, track.cue.path, limiter=self._ports.limiters.decoding, abandon=True
            )
        except DecodeError as error:
            track.error = str(error)
        else:
            track.length = max(0.0, found - track.cue.start_ms / 1000)

    def _step(self) -> bool:
        """Do one thing that is due; False when nothing is."""
        track, follower = self._track, self._follower
        if follower is not None and follower.error is not None:
            self._follower = None
            self._report(CueFailed(follower.cue.generation, follower.error))
        elif track is not None and track.error is not None:
            self._enter(follower, None)
            self._follower = None
            self._report(CueFailed(track.cue.generation, track.error))
        elif track is not None and track.length is not None and self._moving:
            return self._move(track, follower)
        else:
            return False
        return True

    def _move(self, track: CuedFile, follower: CuedFile | None) -> bool:
        if self._since is None:
            self._since = trio.current_time()
        if not track.started:
            track.started = True
            self._report(CueStarted(track.cue.generation))
        elif trio.current_time() < self._due():
            return False
        elif follower is not None:
            self._enter(follower, self._due())
            self._follower = None
        else:
            self.stop()
            self._report(CueFinished(track.cue.generation))
        return True

    def _enter(self, track: CuedFile | None, since: float | None) -> None:
        self._track, self._played, self._since = track, 0.0, since
        self._last = Heard(None, 0)

    def _due(self) -> float:
        """When the track ends, on Trio's clock."""
        if self._since is None or self._track is None or self._track.length is None:
            return math.inf
        return self._since + self._track.length - self._played

    def _elapsed(self) -> float:
        played = self._played
        if self._since is not None:
            played += trio.current_time() - self._since
        if self._track is not None and self._track.length is not None:
            played = min(played, self._track.length)
        return played


def _seconds(path: Path) -> float:
    """How long it is. Raises: DecodeError."""
    from tomb.devices.decoder import probe  # with numpy: 12 MB, which a box that never plays need not have

    found = probe(path)
    return found.frames / found.rate
