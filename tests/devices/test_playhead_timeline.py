"""From the playhead's anchors to what is heard."""

from pathlib import Path

import pytest

from tomb.devices.buffer import CueBuffer
from tomb.devices.output import Cue
from tomb.devices.playhead import Anchor, Mark, Order, Playhead, Timeline

RATE = 1000  # so that a frame is a millisecond


class Clock:
    ms = 0

    def __call__(self) -> int:
        return self.ms * 1_000_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("tomb.devices.playhead.monotonic_ns", made)
    return made


def buffer(generation: int) -> CueBuffer:
    return CueBuffer(Cue(generation, Path()), 100, 10)


def begun(frames: int = 0) -> tuple[Playhead, Timeline, Order]:
    """A playhead that was asked for so many frames of a buffer, the first of which is heard at 100 ms."""
    playhead = Playhead(10)
    timeline = Timeline(playhead, RATE)
    order = Order(buffer(1), moving=True)
    timeline.restart(order)
    assert order.buffer is not None
    playhead.anchors.append(Anchor(order, 0, order.buffer, 0, moving=True))
    playhead.frames = frames
    playhead.mark = Mark(0, 100_000_000)
    return playhead, timeline, order


def position(timeline: Timeline) -> int:
    heard = timeline.heard()
    assert heard is not None
    return heard.position


def test_the_position_moves_with_the_clock_as_far_as_frames_were_given(clock: Clock) -> None:
    _, timeline, _ = begun(frames=50)
    positions = []
    for clock.ms in (0, 100, 120, 149, 300):
        positions.append(position(timeline))
    assert positions == [0, 0, 20, 49, 50]


def test_the_position_never_goes_back_though_the_delay_may_grow(clock: Clock) -> None:
    playhead, timeline, _ = begun(frames=50)
    clock.ms = 130
    assert position(timeline) == 30
    playhead.mark = Mark(0, 115_000_000)
    assert position(timeline) == 30
    clock.ms = 146
    assert position(timeline) == 31


def test_the_next_anchor_is_due_when_its_frame_is_heard(clock: Clock) -> None:
    playhead, timeline, order = begun(frames=50)
    following = buffer(2)
    assert order.buffer is not None
    order.buffer.follower = following
    playhead.anchors.append(Anchor(order, 40, following, 0, moving=True))
    clock.ms = 130
    assert timeline.entered is following
    assert timeline.pass_over() is not None  # from the order to its begin
    assert timeline.pass_over() is None
    assert timeline.until_next() == pytest.approx(0.010)
    assert position(timeline) == 30
    clock.ms = 140
    passed = timeline.pass_over()
    assert passed is not None
    assert passed.buffer is following


def test_what_an_older_order_wrote_down_is_nothing_to_a_newer(clock: Clock) -> None:
    playhead, timeline, order = begun(frames=50)
    newer = Order(buffer(2), moving=True)
    assert order.buffer is not None
    playhead.anchors.append(Anchor(order, 20, order.buffer, 20, moving=False))
    timeline.restart(newer)
    assert timeline.entered is newer.buffer
    assert list(timeline.chain()) == [newer.buffer]


def test_what_replaces_a_follower_that_just_began_comes_after_it() -> None:
    """The callback moved on between two lines of the event loop; its anchor is on its way when `follow` is said."""
    first, old, new = buffer(0), buffer(1), buffer(2)
    playhead = Playhead(10)
    timeline = Timeline(playhead, RATE)
    order = Order(first, moving=True)
    timeline.restart(order)
    first.follower = old
    assert timeline.entered is first
    first.follower = new
    playhead.anchors.append(Anchor(order, 0, old, 0, moving=True))
    assert timeline.entered is old
    assert [buffer.cue.generation for buffer in timeline.chain()] == [0, 1, 2]
