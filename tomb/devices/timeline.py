"""The event loop's view of the playhead: what was taken is known from anchors, what is heard follows from the clock."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from tomb.devices.playhead import Anchor, Order, Playhead
from tomb.devices.ring import Tape
from tomb.ports import monotonic_ns


class Timeline:
    """`entered` is the tape that the callback takes from; what is heard lags behind it."""

    def __init__(self, playhead: Playhead, rate: int) -> None:
        self._playhead = playhead
        self._rate = rate
        self._history: deque[Anchor] = deque()
        self._heard_frame = 0

    def restart(self, order: Order) -> None:
        """Leave `order` to the callback, and forget what came before it."""
        self._history.clear()
        if order.tape is not None:
            self._history.append(Anchor(order, self._playhead.frames, order.tape, order.position, moving=False))
        self._playhead.order = order

    @property
    def entered(self) -> Tape | None:
        self._catch_up()
        return self._history[-1].tape if self._history else None

    def chain(self) -> Iterator[Tape]:
        """The tape that is heard and all that follow it."""
        if self._history:
            yield self._history[0].tape
            yield from followers(self._history[0].tape)

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
        return max(0.0, (self._history[1].frame - self._now()) / self._rate)

    def _catch_up(self) -> None:
        anchors = self._playhead.anchors
        while anchors:
            anchor = anchors.popleft()
            if self._history and anchor.order is self._playhead.order:
                self._enter(anchor)

    def _enter(self, anchor: Anchor) -> None:
        """The callback may have moved on to a follower in the very moment in which that was replaced: then it counts as
        begun, and what should have replaced it comes after it."""
        before = self._history[-1].tape
        if anchor.tape is not before and anchor.tape not in followers(before):
            anchor.tape.follower, before.follower = before.follower, anchor.tape
        self._history.append(anchor)

    def _now(self) -> int:
        """The stream frame that is heard. Never goes back, though what the device says of its delay may."""
        mark = self._playhead.mark
        frame = self._playhead.frames
        if mark is not None:
            frame = min(frame, mark.frame + (monotonic_ns() - mark.at_ns) * self._rate // 1_000_000_000)
        self._heard_frame = max(self._heard_frame, frame)
        return self._heard_frame

    def _moved(self, anchor: Anchor, frame: int) -> Anchor:
        if not anchor.moving or frame <= anchor.frame:
            return anchor
        return replace(anchor, frame=frame, position=anchor.position + frame - anchor.frame)


def followers(tape: Tape) -> Iterator[Tape]:
    following = tape.follower
    while following is not None:
        yield following
        following = following.follower
