"""Sound on its way from a file to the audio callback: a `CueBuffer` for each cue, and who fills it.

The buffer is a preallocated ring between two threads, without a lock: the audio callback must never wait for anybody,
and a lock that the decoder holds while it is scheduled away is a gap in the music. It works because each counter has a
single writer, and because CPython stores an attribute whole: whoever reads a counter sees the old number or the new
one. The order of the stores is what the other side relies on. `append` copies the frames first and counts them then,
`finish` says why before it says that; the other side looks in the opposite order.

Counters are frames since the cue's first one and never wrap. What was taken last stays in the ring for a while: what is
heard lies behind what was taken by the device's latency, and a pause goes back to what was heard.
"""

from collections.abc import Callable
from threading import Lock, get_native_id

import numpy as np
import trio

from tomb.devices import computer
from tomb.devices.decoder import Decoder, Frames
from tomb.devices.output import Cue
from tomb.devices.warm import Beginning
from tomb.errors import DecodeError
from tomb.ports import Ports

PIECE = 16384  # frames of each piece but the first: 0.37 s at 44100 Hz, so a few hops a second
HANGS_S = 2.0  # of silence
DISK_S = 15.0
LOOK_S = 0.25
NOTHING: Frames = np.empty((0, 2), np.int16)


class CueBuffer:
    """The frames of one cue, and the buffer that follows it without a gap.

    Written by the decoder's side: `written`, `end`, `error`. Written by the callback: `taken`. Written by the event
    loop: `follower`, `gain`. `end` is None until the last frame is known; `error` says why it came early, if it did.
    """

    __slots__ = ("_history", "_ring", "cue", "end", "error", "follower", "gain", "taken", "written")

    def __init__(self, cue: Cue, capacity: int, history: int) -> None:
        """`capacity` frames in all, of which the last `history` taken ones are kept."""
        self.cue = cue
        self.gain = cue.gain
        self.follower: CueBuffer | None = None
        self.written = 0
        self.taken = 0
        self.end: int | None = None
        self.error: str | None = None
        self._ring: Frames = np.zeros((capacity, 2), np.int16)
        self._history = history

    @property
    def space(self) -> int:
        """Frames that may be appended now."""
        return max(0, len(self._ring) - self._history - (self.written - self.taken))

    @property
    def unplayable(self) -> bool:
        """It failed before it gave a single frame."""
        return self.error is not None and self.end == 0

    def append(self, frames: Frames) -> None:
        """Add frames, no more than there is `space` for."""
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


class ReadAhead:
    """Keeps one buffer full until its file ends or fails, which the buffer then says.

    A skipped track must not wait for its decoder, which may sit in a read of a slow or dead disk: when this is
    cancelled its thread is left behind. That is safe because the thread owns all that it still touches. The buffer is
    one that nobody hears any more, and the decoder goes when nobody holds it any longer, the file with it. It goes on
    holding its place in the limiter, so that a disk which hangs cannot collect threads without end.

    So is a decoder left behind that hangs: after `HANGS_S` of silence the file counts as damaged. A disk that has to
    spin up takes longer than that and is no fault of the file's, so while the thread waits for a disk it has `DISK_S`.
    """

    def __init__(
        self,
        ports: Ports,
        buffer: CueBuffer,
        rate: int,
        head: int,
        news: Callable[[], None],
        awaited: Callable[[], bool] = lambda: True,
        begun: Beginning | None = None,
    ) -> None:
        """`head`: frames of the first piece. `news` is called when that is there, and when the last one is. `awaited`:
        whether it is this buffer that should be heard now. `begun`: what was decoded before."""
        self._ports = ports
        self._buffer = buffer
        self._rate = rate
        self._head = head
        self._news = news
        self._awaited = awaited
        self._decoder: Decoder | None = None
        if begun is not None:
            self._decoder = begun.decoder
            buffer.append(begun.frames)
        self._thread: int | None = None  # that decodes, while it does
        self._handing_over = Lock()  # between the decoder's thread and the event loop, which may give it up
        self._given_up = False
        self.scope = trio.CancelScope()

    async def run(self) -> None:
        with self.scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._lose_patience, nursery.cancel_scope)
                await self._ports.in_thread(self._pour, self._head, limiter=self._ports.limiters.decoding, abandon=True)
                self._news()
                while self._buffer.end is None:
                    await self._refill()
                nursery.cancel_scope.cancel()
            self._news()

    async def _lose_patience(self, reading: trio.CancelScope) -> None:
        silent_s = 0.0
        while silent_s < (DISK_S if computer.waits_for_disk(self._thread) else HANGS_S):
            await trio.sleep(LOOK_S)
            dry = self._awaited() and self._buffer.taken >= self._buffer.written
            silent_s = silent_s + LOOK_S if dry else 0.0
        with self._handing_over:
            self._given_up = True
            if self._buffer.end is None:
                self._buffer.finish("it takes too long to read")
        reading.cancel()

    async def _refill(self) -> None:
        missing = PIECE - self._buffer.space
        if missing <= 0:
            await self._ports.in_thread(self._pour, PIECE, limiter=self._ports.limiters.decoding, abandon=True)
        else:
            # The callback may neither lock nor wake anybody, so what it makes space for is found by the clock.
            await trio.sleep(missing / self._rate)

    def _pour(self, frames: int) -> None:
        self._thread = get_native_id()
        piece, error, ended, cue = NOTHING, None, True, self._buffer.cue
        try:
            if self._decoder is None:
                self._decoder = Decoder(cue.path, self._rate, cue.start_ms, cue.seek_marks)
            piece = self._decoder.read(frames)
            ended = len(piece) < frames
            if ended:
                self._decoder.read(1)  # a short piece comes before the end, and before damage
        except DecodeError as failure:
            error = str(failure)
        self._thread = None
        with self._handing_over:
            if not self._given_up:
                self._hand_over(piece, ended, error)
        if ended and self._decoder is not None:
            self._decoder.close()

    def _hand_over(self, piece: Frames, ended: bool, error: str | None) -> None:
        buffer = self._buffer
        buffer.append(piece)
        if ended:
            nothing = error is None and not buffer.written and not buffer.cue.start_ms
            buffer.finish("no sound in it" if nothing else error)
