"""A knob that is turned. Times are whole milliseconds: exact sums."""

from collections.abc import Iterable
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.machines.walks import every_step, possible_outcomes, rows_of, rows_recorded
from tomb.machines import knobs
from tomb.machines.knobs import KNOB, Knob, Turned
from tomb.machines.table import Outcome

MOVED = Outcome.MOVED


@pytest.fixture(autouse=True, scope="module")
def _in_milliseconds() -> Iterable[None]:
    with patch.multiple(knobs, QUICK_S=120, FAST_S=40):
        yield


def steps_of(*turns: tuple[int, int]) -> list[int]:
    """By (time, notches); below 0 for the other way."""
    knob = Knob()
    for at, notches in turns:
        KNOB.fire(knob, Turned(notches, at))
    return [each.steps if each.press == "turn+" else -each.steps for each in knob.effects]


def test_turned_slowly_each_notch_counts_once() -> None:
    assert steps_of((0, 1), (120, 1), (240, 1), (1000, 1)) == [1, 1, 1, 1]


def test_turned_quickly_it_counts_for_more_by_one_stage_at_a_time() -> None:
    assert steps_of((0, 1), (20, 1), (40, 1), (60, 1)) == [1, 2, 4, 4]
    assert steps_of((0, 1), (100, 1), (200, 1), (300, 1)) == [1, 2, 2, 2]


def test_slowing_down_counts_at_once() -> None:
    assert steps_of((0, 1), (20, 1), (40, 1), (140, 1), (400, 1)) == [1, 2, 4, 2, 1]


def test_the_other_way_begins_anew() -> None:
    assert steps_of((0, 1), (20, 1), (40, 1), (60, -1), (80, -1)) == [1, 2, 4, -1, -2]
    assert steps_of((0, -1)) == [-1]


def test_several_notches_at_once_are_so_many() -> None:
    assert steps_of((0, 3), (20, -2), (40, -2)) == [3, -2, -4]


def test_every_row_is_taken_and_every_turn_moves() -> None:
    def alphabet(knob: Knob, _: None) -> Iterable[object]:
        last = max(0, int(knob.last)) if knob.last > float("-inf") else 0
        for gap in (1, 39, 40, 119, 120):
            yield from (Turned(1, last + gap), Turned(-1, last + gap), Turned(2, last + gap))

    with rows_recorded(KNOB) as taken:
        found = possible_outcomes(step for _, step in every_step(KNOB, Knob(), alphabet, None, lambda *_: None, 4))
    assert taken == rows_of(KNOB)
    assert {outcome for each in found.values() for outcome, _ in each} == {MOVED}


@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from([-2, -1, 1, 2])), min_size=1))
def test_a_knob_never_goes_the_wrong_way_nor_by_less_than_it_was_turned(turns: list[tuple[int, int]]) -> None:
    at, told = 0, []
    for gap, notches in turns:
        at += gap
        told.append((at, notches))
    for steps, (_, notches) in zip(steps_of(*told), told, strict=True):
        assert steps * notches > 0
        assert abs(notches) <= abs(steps) <= knobs.FAST * abs(notches)
