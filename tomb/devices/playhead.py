"""The side of the sound that runs inside the audio callback.

The event loop leaves an `Order` (where to be) and a `Level` (how loud); the callback finds them at its next block,
fades out what sounds, and obeys. What it did it writes down as `Anchor`s, and when that is heard as a `Mark`; the event
loop looks at those when it likes. Nothing here locks, waits, logs or calls Trio: the callback owns its fields, the
event loop owns the two it leaves, and a bounded deque hands the anchors over.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from tomb.devices.ring import Frames, Tape

SLICE = 2048  # frames; gains are computed in a scratch buffer of this length, whatever the device's block is


@dataclass(frozen=True, slots=True)
class Order:
    """Be at frame `position` of `tape`; moving or at rest. A new object is a new order, even if it is equal."""

    tape: Tape | None = None
    position: int = 0
    moving: bool = False

    @property
    def natural(self) -> bool:
        """Nothing lies before this start, so no ramp may touch its first sample."""
        return self.tape is not None and self.tape.cue.start_ms == 0 and self.position == 0


@dataclass(frozen=True, slots=True)
class Level:
    """Go to this linear gain within so many frames."""

    gain: float
    frames: int = 0


@dataclass(frozen=True, slots=True)
class Anchor:
    """From stream frame `frame` on, frame `position` of `tape` and those after it (or, not moving, silence)."""

    order: Order
    frame: int
    tape: Tape
    position: int
    moving: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """Stream frame `frame` is heard at `at_ns` of the monotonic clock."""

    frame: int
    at_ns: int


class Ramp:
    """A gain that goes to its target in a straight line. At exactly 1 it leaves every sample as it is."""

    def __init__(self, gain: float) -> None:
        self.gain = gain
        self.left = 0
        self.target = gain
        self._steps = np.arange(1, SLICE + 1, dtype=np.float32)[:, np.newaxis]
        self._slope = np.empty((SLICE, 1), np.float32)
        self._scratch = np.empty((SLICE, 2), np.float32)

    def go(self, target: float, frames: int) -> None:
        """Head for `target`, to be there after so many frames; 0 of them: at once."""
        self.target = target
        self.left = frames if target != self.gain else 0
        if not self.left:
            self.gain = target

    def apply(self, frames: Frames) -> None:
        for start in range(0, len(frames), SLICE):
            part = frames[start : start + SLICE]
            sloping = min(self.left, len(part))
            if sloping:
                self._climb(part[:sloping])
            self._hold(part[sloping:])

    def _climb(self, part: Frames) -> None:
        slope = np.multiply(
            self._steps[: len(part)], (self.target - self.gain) / self.left, out=self._slope[: len(part)]
        )
        slope += self.gain
        self._scale(part, slope)
        self.left -= len(part)
        self.gain = float(slope[-1, 0]) if self.left else self.target

    def _hold(self, part: Frames) -> None:
        if self.gain == 0:
            part.fill(0)
        elif self.gain != 1 and len(part):
            self._scale(part, np.float32(self.gain))

    def _scale(self, part: Frames, by: np.ndarray | np.float32) -> None:
        scaled = np.multiply(part, by, out=self._scratch[: len(part)])
        part[:] = np.rint(scaled, out=scaled)


class Playhead:
    """Fills the device's blocks. `frames` counts what it was asked for, `underruns` the blocks it could not fill."""

    def __init__(self, fade_frames: int) -> None:
        self.order = Order()
        self.level = Level(1.0)
        self.anchors: deque[Anchor] = deque(maxlen=1024)
        self.mark: Mark | None = None
        self.frames = 0
        self.underruns = 0
        self._fade_frames = fade_frames
        self._fade = Ramp(0.0)
        self._volume = Ramp(1.0)
        self._obeyed = self.order
        self._heeded = self.level
        self._tape: Tape | None = None
        self._said: tuple[Tape, bool] | None = None
        self._sounding = False
        self._begun = False
        self._starved = False

    @property
    def settled(self) -> bool:
        """The order that was left last is obeyed."""
        return self._obeyed is self.order

    def reset(self) -> None:
        """A new stream begins, and nothing of an old one sounds. Only while no callback runs."""
        self.mark = None
        self._sounding = False
        self._heeded = self.level
        self._volume.go(self.level.gain, 0)

    def fill(self, out: Frames, heard_at_ns: int) -> None:
        """Write the next block, whose first frame is heard at `heard_at_ns`."""
        self.mark = Mark(self.frames, heard_at_ns)
        self._heed(self.level)
        self._starved = False
        done = 0
        while done < len(out):
            if self.order is not self._obeyed:
                self._turn_to(self.order)
            done += self._advance(out[done:], self.frames + done)
        self._volume.apply(out)
        self.underruns += self._starved
        self.frames += len(out)

    def _heed(self, level: Level) -> None:
        if level is not self._heeded:
            self._heeded = level
            # A short ramp is there to avoid a click, and in silence nothing clicks; a long one is about time.
            jump = not self._sounding and level.frames <= self._fade_frames
            self._volume.go(level.gain, 0 if jump else level.frames)

    def _turn_to(self, order: Order) -> None:
        if not self._sounding or self._fade.gain == 0:
            self._obey(order)
        elif self._fade.target != 0:
            self._fade.go(0.0, self._fade_frames)

    def _obey(self, order: Order) -> None:
        self._obeyed = order
        self._tape = order.tape if order.moving else None
        self._said, self._sounding, self._begun = None, False, False
        if order.tape is not None:
            order.tape.rewind(order.position)
        self._fade.go(1.0 if order.natural else 0.0, 0)
        self._fade.go(1.0, self._fade_frames)

    def _advance(self, out: Frames, frame: int) -> int:
        """Fill the head of `out`, which begins at stream frame `frame`; how much of it."""
        tape = self._tape
        if tape is None:
            out.fill(0)
            return len(out)
        if self._fade.target == 0 and self._fade.left:
            out = out[: self._fade.left]  # where the fade ends, the next order begins
        taken = tape.take(out)
        if taken:
            self._say(tape, frame, tape.taken - taken, True)
            self._begun = True
            self._fade.apply(out[:taken])
        if taken == len(out) or tape.written > tape.taken:
            return taken
        if tape.spent and tape.follower is not None:
            self._tape = tape.follower
            self._tape.rewind(0)
            return taken
        return self._rest(tape, out, taken, frame)

    def _rest(self, tape: Tape, out: Frames, taken: int, frame: int) -> int:
        """The tape has no more: silence, until it has or another order comes."""
        out[taken:].fill(0)
        self._say(tape, frame + taken, tape.taken, False)
        self._starved = self._begun and not tape.spent
        return len(out)

    def _say(self, tape: Tape, frame: int, position: int, moving: bool) -> None:
        self._sounding = moving
        if self._said != (tape, moving):
            self._said = (tape, moving)
            self.anchors.append(Anchor(self._obeyed, frame, tape, position, moving))
