"""Where we are in the sound: the side that runs inside the audio callback, and the event loop's view of it.

The event loop leaves an `Order` (where to be), a `Level` (how loud) and a `Bell`; the callback finds them at its next
block, fades out what sounds, and obeys. What it did it writes down as `Anchor`s, and when that is heard as a `Mark`;
the event loop looks at those when it likes, through its `Timeline`.

The callback has 20 ms for a block and a deadline that nobody extends, in a thread that Python does not schedule. So
nothing in `Playhead` locks, waits, logs, allocates arrays or calls Trio (`run_sync_soon` takes a lock): the callback
owns its fields, the event loop owns the three it leaves, and a bounded deque hands the anchors over. An order is
compared by identity: "be there, again" is a new order, and an anchor that carries an older one is late and is dropped.

From a sample of the file to one of the block: the cue's own gain, by how loud the file is; the fade around a cut; room
made for a bell, and the bell; the volume. So nothing, however quiet its file or however much it rings, is louder than
the volume lets it be.
"""

from collections import deque
from collections.abc import Iterator

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from tomb.devices import chimes
from tomb.devices.buffer import CueBuffer
from tomb.devices.decoder import Frames
from tomb.ports import monotonic_ns

OWN_STEPS = 64  # frames, by which a step is judged
DECAY = 256  # frames
SLICE = 2048  # frames; gains are computed in a scratch buffer of this length, whatever the device's block is


class Order(Struct, frozen=True):
    """Be at frame `position` of `buffer`; moving or at rest. A new object is a new order, even if it is equal."""

    buffer: CueBuffer | None = None
    position: int = 0
    moving: bool = False

    @property
    def natural(self) -> bool:
        """Nothing lies before this start, so no ramp may touch its first sample."""
        return self.buffer is not None and self.buffer.cue.start_ms == 0 and self.position == 0


class Level(Struct, frozen=True):
    """Go to this linear gain within so many frames."""

    gain: float
    frames: int = 0


class Bell(Struct, frozen=True, eq=False):
    """Let these frames be heard over whatever else is. A new object rings anew, once what rings has rung out."""

    frames: Frames


class Anchor(Struct, frozen=True):
    """From stream frame `frame` on, frame `position` of `buffer` and those after it (or, not moving, silence)."""

    order: Order
    frame: int
    buffer: CueBuffer
    position: int
    moving: bool


class Mark(Struct, frozen=True):
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
        if max(self.gain, self.target) > 1:
            np.clip(scaled, -32768, 32767, out=scaled)
        part[:] = np.rint(scaled, out=scaled)


class Decay:
    """What is heard after a sound that stopped in mid-wave.

    To stop there is a step, and a step is a click. The sound's own samples are not touched, so behind them its last one
    goes to zero in a straight line; unless the sound has steps as large itself, when that is how it sounds.
    """

    def __init__(self) -> None:
        self.left = 0
        self._recent: Frames = np.zeros((OWN_STEPS, 2), np.int16)
        self._known = 0
        self._lines = np.linspace(1, 0, DECAY + 1, dtype=np.float32)[1:, np.newaxis]
        self._from = np.zeros(2, np.float32)

    def follow(self, frames: Frames) -> None:
        """These were heard last."""
        count = min(len(frames), OWN_STEPS)
        self._recent[: OWN_STEPS - count] = self._recent[count:]
        self._recent[OWN_STEPS - count :] = frames[-count:]
        self.left, self._known = 0, min(self._known + count, OWN_STEPS)

    def begin(self) -> None:
        """Nothing follows them."""
        if self._known:
            recent = self._recent[-self._known :].astype(np.float32)
            own = np.abs(np.diff(recent, axis=0)).max(initial=0)
            if np.abs(recent[-1]).max() > own:
                self._from[:], self.left = recent[-1], DECAY
            self._known = 0

    def fill(self, out: Frames) -> None:
        out.fill(0)
        count = min(self.left, len(out))
        if count:
            out[:count] = np.rint(self._from * self._lines[DECAY - self.left : DECAY - self.left + count])
            self.left -= count

    def forget(self) -> None:
        self.left = self._known = 0


class Playhead:
    """Fills the device's blocks. `frames` counts what it was asked for, `underruns` the blocks that it could not fill
    or was asked for too late."""

    def __init__(self, fade_frames: int) -> None:
        self.order = Order()
        self.level = Level(1.0)
        self.bell: Bell | None = None
        self.anchors: deque[Anchor] = deque(maxlen=1024)
        self.mark: Mark | None = None
        self.frames = 0
        self.underruns = 0
        self._fade_frames = fade_frames
        self._gain = Ramp(1.0)  # the cue's own
        self._fade = Ramp(0.0)
        self._decay = Decay()
        self._room = Ramp(1.0)  # for a bell
        self._volume = Ramp(1.0)
        self._last_bell: Bell | None = None
        self._rung: int | None = None  # frames of it; None when it has rung out
        self._current_order = self.order
        self._current_level = self.level
        self._buffer: CueBuffer | None = None
        self._last_anchored: tuple[CueBuffer, bool] | None = None
        self._sounding = False
        self._begun = False
        self._starved = False

    @property
    def settled(self) -> bool:
        """The order that was left last is obeyed."""
        return self._current_order is self.order

    @property
    def ringing(self) -> bool:
        """A bell is heard, or was left and will be."""
        return self._rung is not None or self.bell is not self._last_bell

    def reset(self) -> None:
        """A new stream begins, and nothing of an old one sounds. Only while no callback runs."""
        self.mark = None
        self._sounding = False
        self._decay.forget()
        self._rung = None
        self._room.go(1.0, 0)
        self._current_level = self.level
        self._volume.go(self.level.gain, 0)

    def pass_over(self, frames: int) -> None:
        """So many went out without its being asked: silence, in front of a stream that begins."""
        self.frames += frames

    def missed(self) -> None:
        """The next block is asked for after the device ran dry. Called by the callback."""
        self.underruns += self._sounding

    def fill(self, out: Frames, heard_at_ns: int) -> None:
        """Write the next block, whose first frame is heard at `heard_at_ns`."""
        self.mark = Mark(self.frames, heard_at_ns)
        self._go_to_level(self.level)
        self._starved = False
        done = 0
        while done < len(out):
            if self.order is not self._current_order:
                self._fade_out_for(self.order)
            done += self._advance(out[done:], self.frames + done)
        self._ring(out)
        self._volume.apply(out)
        self.underruns += self._starved
        self.frames += len(out)

    def _go_to_level(self, level: Level) -> None:
        if level is not self._current_level:
            self._current_level = level
            # A short ramp is there to avoid a click, and in silence nothing clicks; a long one is about time.
            silent = not self._sounding and self._rung is None and not self._decay.left
            jump = silent and level.frames <= self._fade_frames
            self._volume.go(level.gain, 0 if jump else level.frames)

    def _fade_out_for(self, order: Order) -> None:
        # A newer order may come while the fade runs: it is looked at anew for each part of a block, so the fade ends in
        # the newest one, and the ones between were never heard.
        if not self._sounding or self._fade.gain == 0:
            self._begin(order)
        elif self._fade.target != 0:
            self._fade.go(0.0, self._fade_frames)

    def _begin(self, order: Order) -> None:
        self._current_order = order
        self._buffer = order.buffer if order.moving else None
        self._last_anchored, self._sounding, self._begun = None, False, False
        if order.buffer is not None:
            order.buffer.rewind(order.position)
            self._gain.go(order.buffer.gain, 0)
        self._fade.go(1.0 if order.natural else 0.0, 0)
        self._fade.go(1.0, self._fade_frames)

    def _advance(self, out: Frames, frame: int) -> int:
        """Fill the head of `out`, which begins at stream frame `frame`; how much of it."""
        buffer = self._buffer
        if buffer is None:
            self._decay.fill(out)
            return len(out)
        if self._fade.target == 0 and self._fade.left:
            out = out[: self._fade.left]  # where the fade ends, the next order begins
        out = self._heading(buffer, out)
        taken = buffer.take(out)
        if taken:
            self._anchor(buffer, frame, buffer.taken - taken, True)
            self._begun = True
            self._gain.apply(out[:taken])
            self._fade.apply(out[:taken])
            self._decay.follow(out[:taken])
        if taken == len(out) or buffer.written > buffer.taken:
            return taken
        if buffer.spent and buffer.follower is not None:
            self._buffer = buffer.follower
            self._buffer.rewind(0)
            return taken
        return self._rest(buffer, out, taken, frame)

    def _heading(self, buffer: CueBuffer, out: Frames) -> Frames:
        """The head of `out` for which the cue's gain goes in one direction.

        From one track to the next there is no step: a louder one's gain has gone down before its first sample, so that
        this is not too loud, and a quieter one's goes up behind it.
        """
        gain, left, follower = buffer.gain, self._fade_frames, buffer.follower
        if follower is not None and buffer.end is not None and follower.gain < gain:
            ahead = buffer.end - buffer.taken - self._fade_frames
            if ahead > 0:
                out = out[:ahead]
            else:
                gain, left = follower.gain, buffer.end - buffer.taken
        if gain != self._gain.target:
            self._gain.go(gain, left)
        return out

    def _ring(self, out: Frames) -> None:
        if self._rung is None:
            if self.bell is self._last_bell or self.bell is None:
                self._room.apply(out)
                return
            self._last_bell, self._rung = self.bell, 0
            self._room.go(chimes.DUCKED, self._fade_frames)
        assert self._last_bell is not None
        self._room.apply(out)
        piece = self._last_bell.frames[self._rung : self._rung + len(out)]
        out[: len(piece)] += piece  # cannot wrap around: there is room
        self._rung += len(piece)
        if self._rung == len(self._last_bell.frames):
            self._rung = None
            self._room.go(1.0, self._fade_frames)

    def _rest(self, buffer: CueBuffer, out: Frames, taken: int, frame: int) -> int:
        """The buffer has no more: silence, until it has or another order comes."""
        self._decay.begin()
        self._decay.fill(out[taken:])
        self._anchor(buffer, frame + taken, buffer.taken, False)
        self._starved = self._begun and not buffer.spent
        return len(out)

    def _anchor(self, buffer: CueBuffer, frame: int, position: int, moving: bool) -> None:
        self._sounding = moving
        if self._last_anchored != (buffer, moving):
            self._last_anchored = (buffer, moving)
            self.anchors.append(Anchor(self._current_order, frame, buffer, position, moving))


# --- the event loop's view -------------------------------------------------------------------------------------------


class Timeline:
    """`entered` is the buffer that the callback takes from; what is heard lags behind it. `rate`: that of the stream,
    in Hz."""

    def __init__(self, playhead: Playhead, rate: int) -> None:
        self._playhead = playhead
        self.rate = rate
        self._history: deque[Anchor] = deque()
        self._heard_frame = 0

    def restart(self, order: Order) -> None:
        """Leave `order` to the callback, and forget what came before it."""
        self._history.clear()
        if order.buffer is not None:
            self._history.append(Anchor(order, self._playhead.frames, order.buffer, order.position, moving=False))
        self._playhead.order = order

    @property
    def entered(self) -> CueBuffer | None:
        self._catch_up()
        return self._history[-1].buffer if self._history else None

    def chain(self) -> Iterator[CueBuffer]:
        """The buffer that is heard and all that follow it."""
        if self._history:
            yield self._history[0].buffer
            yield from followers(self._history[0].buffer)

    def heard(self) -> Anchor | None:
        """Where we are, moved on to this moment. None while nothing is cued."""
        self._catch_up()
        now = self._now()
        here = None
        for anchor in self._history:
            if here is not None and anchor.frame > now:
                return self._moved(here, min(now, anchor.frame))
            here = anchor
        return None if here is None else self._moved(here, now)

    @property
    def oldest(self) -> Anchor | None:
        """The anchor from which on something is heard and was not passed over yet."""
        self._catch_up()
        return self._history[0] if self._history else None

    def pass_over(self) -> Anchor | None:
        """Leave the oldest anchor behind if the next one is heard already, which is then the oldest."""
        self._catch_up()
        if len(self._history) < 2 or self._history[1].frame > self._now():
            return None
        self._history.popleft()
        return self._history[0]

    def until_next(self) -> float:
        """Seconds until the next anchor that is known is heard."""
        if len(self._history) < 2:
            return float("inf")
        return max(0.0, (self._history[1].frame - self._now()) / self.rate)

    def _catch_up(self) -> None:
        anchors = self._playhead.anchors
        while anchors:
            anchor = anchors.popleft()
            if self._history and anchor.order is self._playhead.order:
                self._enter(anchor)

    def _enter(self, anchor: Anchor) -> None:
        """The callback may have moved on to a follower in the very moment in which that was replaced: then it counts as
        begun, and what should have replaced it comes after it."""
        before = self._history[-1].buffer
        if anchor.buffer is not before and anchor.buffer not in followers(before):
            anchor.buffer.follower, before.follower = before.follower, anchor.buffer
        self._history.append(anchor)

    def _now(self) -> int:
        """The stream frame that is heard. Never goes back, though what the device says of its delay may."""
        mark = self._playhead.mark
        frame = self._playhead.frames
        if mark is not None:
            frame = min(frame, mark.frame + (monotonic_ns() - mark.at_ns) * self.rate // 1_000_000_000)
        self._heard_frame = max(self._heard_frame, frame)
        return self._heard_frame

    def _moved(self, anchor: Anchor, frame: int) -> Anchor:
        if not anchor.moving or frame <= anchor.frame:
            return anchor
        return replace(anchor, frame=frame, position=anchor.position + frame - anchor.frame)


def followers(buffer: CueBuffer) -> Iterator[CueBuffer]:
    following = buffer.follower
    while following is not None:
        yield following
        following = following.follower
