"""The ring of a buffer: whatever is appended is taken, in order, once, and may be taken again for a while."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.sounds import Int16
from tomb.devices.buffer import CueBuffer
from tomb.devices.output import Cue

CAPACITY, HISTORY = 50, 20


def numbered(start: int, count: int) -> Int16:
    """Frames that say where they belong."""
    return np.repeat(np.arange(start, start + count, dtype=np.int16)[:, np.newaxis], 2, axis=1)


def buffer(frames: int = 0) -> CueBuffer:
    made = CueBuffer(Cue(1, Path("a.wav")), CAPACITY, HISTORY)
    made.append(numbered(0, frames))
    return made


def taken(from_buffer: CueBuffer, count: int) -> list[int]:
    out = np.empty((count, 2), np.int16)
    return [int(number) for number in out[: from_buffer.take(out), 0]]


def test_space_is_what_does_not_touch_the_history() -> None:
    filled = buffer(30)
    assert filled.space == 0
    taken(filled, 10)
    assert filled.space == 10


def test_no_more_is_taken_than_there_is() -> None:
    filled = buffer(5)
    assert taken(filled, 9) == [0, 1, 2, 3, 4]
    assert taken(filled, 9) == []


def test_a_buffer_is_spent_only_when_its_end_is_known_and_reached() -> None:
    filled = buffer(5)
    taken(filled, 5)
    spent = [filled.spent]
    filled.finish()
    spent.append(filled.spent)
    filled.rewind(3)
    spent.append(filled.spent)
    assert spent == [False, True, False]


def test_only_a_failure_without_a_frame_is_unplayable() -> None:
    empty, begun, ended = buffer(), buffer(5), buffer()
    empty.finish("not an audio file")
    begun.finish("damaged")
    ended.finish()
    assert [made.unplayable for made in (empty, begun, ended)] == [True, False, False]


def test_going_back_ends_at_the_oldest_frame_that_is_there() -> None:
    filled = buffer(30)
    taken(filled, 30)
    filled.append(numbered(30, 30))
    filled.rewind(0)
    assert taken(filled, 3) == [10, 11, 12]


def test_going_back_never_goes_forward() -> None:
    filled = buffer(30)
    filled.rewind(99)
    assert filled.taken == 30


@given(
    st.lists(
        st.tuples(st.sampled_from(["append", "take", "rewind"]), st.integers(min_value=0, max_value=CAPACITY)),
        max_size=60,
    )
)
def test_frames_come_out_as_they_went_in(steps: list[tuple[str, int]]) -> None:
    filled, furthest = buffer(), 0
    for step, amount in steps:
        before = filled.taken
        if step == "append":
            filled.append(numbered(filled.written, min(amount, filled.space)))
        elif step == "take":
            assert taken(filled, amount) == list(range(before, min(before + amount, filled.written)))
        else:
            back = max(0, furthest - min(amount, HISTORY))
            filled.rewind(back)
            assert filled.taken == back
        furthest = max(furthest, filled.taken)
