"""What one client has yet to be sent: bounded, in order, filled without waiting."""

from collections import deque

import trio

from tomb.socketio.types import Frame, Frames


class Outbox:
    """A queue with synchronous `put` and one taker at a time. The frames of one put stay together and in order."""

    __slots__ = ("_bytes", "_frames", "_max_bytes", "_max_frames", "_waiting", "closed")

    def __init__(self, max_frames: int, max_bytes: int) -> None:
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self.closed = False
        self._waiting = trio.lowlevel.ParkingLot()

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frames: Frames) -> bool:
        """False, and nothing queued, where the queue is full. An empty queue takes one message whole, however big."""
        size = sum(map(len, frames))
        if self._frames and (
            len(self._frames) + len(frames) > self._max_frames or self._bytes + size > self._max_bytes
        ):
            return False
        self._frames.extend(frames)
        self._bytes += size
        self._waiting.unpark_all()
        return True

    def close(self) -> None:
        """Nothing more will be put; what is queued can still be taken."""
        self.closed = True
        self._waiting.unpark_all()

    def nudge(self) -> None:
        """Let waits that are under way end, empty-handed."""
        self._waiting.unpark_all()

    async def wait(self) -> None:
        """Until there is something to take, or nothing ever will be, or a nudge."""
        if not self._frames and not self.closed:
            await self._waiting.park()

    def take(self, most: int) -> list[Frame]:
        """Up to `most` frames, oldest first; they are the taker's to deliver from here on."""
        if len(self._frames) <= most:
            taken = list(self._frames)
            self._frames.clear()
            self._bytes = 0
            return taken
        taken = [self._frames.popleft() for _ in range(most)]
        self._bytes -= sum(map(len, taken))
        return taken
