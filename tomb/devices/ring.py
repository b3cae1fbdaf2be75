"""Sound on its way from a decoder's thread to the audio callback: one `Tape` for each cue.

A tape is a preallocated ring. One thread appends and one thread takes, without a lock: each counter has a single
writer, and CPython stores an attribute whole. Counters are frames since the cue's first one and never wrap. What was
taken last stays in the ring for a while: what is heard lies behind it, and a pause goes back to what was heard.
"""

import numpy as np
from numpy.typing import NDArray

from tomb.devices.output import Cue

Frames = NDArray[np.int16]  # shape (frames, 2)


class Tape:
    """The frames of one cue, and the tape that follows it without a gap.

    Written by the decoder's side: `written`, `end`, `error`. Written by the callback: `taken`. Written by the event
    loop: `follower`. `end` is None until the last frame is known; `error` says why it came early, if it did.
    """

    __slots__ = ("_history", "_ring", "cue", "end", "error", "follower", "taken", "written")

    def __init__(self, cue: Cue, capacity: int, history: int) -> None:
        """`capacity` frames in all, of which the last `history` taken ones are kept."""
        self.cue = cue
        self.follower: Tape | None = None
        self.written = 0
        self.taken = 0
        self.end: int | None = None
        self.error: str | None = None
        self._ring: Frames = np.zeros((capacity, 2), np.int16)
        self._history = history

    @property
    def room(self) -> int:
        """Frames that may be appended now."""
        return max(0, len(self._ring) - self._history - (self.written - self.taken))

    @property
    def unplayable(self) -> bool:
        """It failed before it gave a single frame."""
        return self.error is not None and self.end == 0

    def append(self, frames: Frames) -> None:
        """Add frames, no more than there is `room` for."""
        start = self.written % len(self._ring)
        first = min(len(frames), len(self._ring) - start)
        self._ring[start : start + first] = frames[:first]
        self._ring[: len(frames) - first] = frames[first:]
        self.written += len(frames)

    def finish(self, error: str | None = None) -> None:
        """No frame comes after those written."""
        self.error = error
        self.end = self.written  # last: whoever sees an end sees its reason too

    def take(self, out: Frames) -> int:
        """Move frames into `out`, as many as there are; their number."""
        count = min(len(out), self.written - self.taken)
        start = self.taken % len(self._ring)
        first = min(count, len(self._ring) - start)
        out[:first] = self._ring[start : start + first]
        out[first:count] = self._ring[: count - first]
        self.taken += count
        return count

    @property
    def spent(self) -> bool:
        """Its last frame was taken."""
        return self.end is not None and self.taken >= self.end

    def rewind(self, position: int) -> None:
        """Take from `position` on, or from the oldest frame that is still there."""
        self.taken = max(min(position, self.written), self.written - len(self._ring))
