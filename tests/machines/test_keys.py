"""A key that is pressed, against what behaviour.md says of presses. Times are whole milliseconds: exact sums."""

from collections.abc import Iterable
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from tests.machines.walks import Possible, Step, every_step, fired, possible_outcomes, rows_of, rows_recorded
from tomb.machines import keys
from tomb.machines.keys import KEY, Effect, Forgotten, Key, Meant, Pressed, Released, Waited
from tomb.machines.table import ClearTimer, Outcome, SetTimer

MOVED, REFUSED, IGNORED = Outcome.MOVED, Outcome.REFUSED, Outcome.IGNORED
SHORT, LONG, REPEAT = Meant("short"), Meant("long"), Meant("repeat")
Happens = Pressed | Released | Waited | Forgotten


@pytest.fixture(autouse=True, scope="module")
def _in_milliseconds() -> Iterable[None]:
    with patch.multiple(keys, LONG_S=600, REPEAT_AFTER_S=500, REPEAT_EVERY_S=150):
        yield


def effects_of(*events: Happens) -> list[Effect]:
    key = Key()
    for event in events:
        KEY.fire(key, event)
    return key.effects


def test_a_key_without_a_long_press_does_it_when_it_goes_down_and_nothing_when_it_comes_up() -> None:
    assert effects_of(Pressed(0)) == [SHORT]
    assert effects_of(Pressed(0), Released(5000)) == [SHORT]


def test_a_key_with_a_long_press_does_its_short_one_when_it_comes_up() -> None:
    assert effects_of(Pressed(0, long=True)) == [SetTimer(600, 1)]
    assert effects_of(Pressed(0, long=True), Released(599)) == [SetTimer(600, 1), ClearTimer(), SHORT]


def test_a_long_press_is_done_while_the_key_is_still_down_and_once() -> None:
    assert effects_of(Pressed(0, long=True), Waited(1, 600), Released(900)) == [SetTimer(600, 1), LONG]


def test_a_long_press_is_one_even_if_its_timer_is_late() -> None:
    effects = effects_of(Pressed(0, long=True), Released(600), Waited(1, 700))
    assert effects == [SetTimer(600, 1), ClearTimer(), LONG]


def test_a_key_that_is_held_repeats_until_it_comes_up() -> None:
    events = (Pressed(0, repeat=True), Waited(1, 500), Waited(2, 650), Released(700), Waited(3, 800))
    assert effects_of(*events) == [
        *(SHORT, SetTimer(500, 1)),
        *(REPEAT, SetTimer(650, 2)),
        *(REPEAT, SetTimer(800, 3)),
        ClearTimer(),
    ]


def test_a_box_that_was_busy_does_not_repeat_what_it_missed() -> None:
    assert effects_of(Pressed(0, repeat=True), Waited(1, 2000))[-2:] == [REPEAT, SetTimer(2150, 2)]


def test_a_key_with_all_three_repeats_only_after_its_long_press() -> None:
    events = (Pressed(0, long=True, repeat=True), Waited(1, 600), Waited(2, 1100), Released(1110))
    assert effects_of(*events) == [
        *(SetTimer(600, 1), LONG),
        *(SetTimer(1100, 2), REPEAT),
        *(SetTimer(1250, 3), ClearTimer()),
    ]


@pytest.mark.parametrize("pressed", [Pressed(0, long=True), Pressed(0, repeat=True), Pressed(0)])
def test_a_device_that_is_pulled_out_leaves_no_key_held(pressed: Pressed) -> None:
    before = effects_of(pressed)
    after = effects_of(pressed, Forgotten(), Waited(1, 700), Released(800))
    assert [each for each in after if isinstance(each, Meant)] == [each for each in before if isinstance(each, Meant)]


def test_a_key_that_was_held_when_it_was_found_means_nothing_when_it_comes_up() -> None:
    assert effects_of(Released(10), Pressed(20)) == [SHORT]


EXPECTED: dict[tuple[str, str], set[Possible]] = {
    ("up", "Pressed"): {(MOVED, "down"), (MOVED, "held")},
    ("up", "Released"): {(IGNORED, "up")},
    ("up", "Waited"): {(IGNORED, "up")},
    ("up", "Forgotten"): {(IGNORED, "up")},
    ("down", "Pressed"): {(IGNORED, "down")},
    ("down", "Released"): {(MOVED, "up")},
    ("down", "Waited"): {(MOVED, "held"), (REFUSED, "down")},
    ("down", "Forgotten"): {(MOVED, "up")},
    ("held", "Pressed"): {(IGNORED, "held")},
    ("held", "Released"): {(MOVED, "up")},
    ("held", "Waited"): {(MOVED, "held"), (REFUSED, "held")},
    ("held", "Forgotten"): {(MOVED, "up")},
}


class Owner(Struct, frozen=True):
    """The time, the owner's timer, and what was meant since the key went down last."""

    now: int = 0
    timer: SetTimer | None = None
    meant: tuple[str, ...] = ()

    def after(self, step: Step) -> "Owner":
        owner = replace(self, now=int(getattr(step.event, "at", self.now)))
        if isinstance(step.event, Pressed) and step.outcome is MOVED:
            owner = replace(owner, meant=())
        if self.timer is not None and isinstance(step.event, Waited) and step.event.number == self.timer.number:
            owner = replace(owner, timer=None)
        for effect in step.effects:
            match effect:
                case Meant(press):
                    owner = replace(owner, meant=(*owner.meant, press))
                case SetTimer():
                    assert owner.timer is None, "a timer was set while another ran"
                    owner = replace(owner, timer=effect)
                case ClearTimer():
                    assert owner.timer is not None, "a timer was cleared that did not run"
                    owner = replace(owner, timer=None)
        return owner


def walk(depth: int) -> Iterable[tuple[Owner, Step]]:
    def alphabet(key: Key, owner: Owner) -> Iterable[object]:
        yield Forgotten()
        yield Waited(key.timer - 1, owner.now)
        for at in {owner.now + 1, int(key.due) - 1, int(key.due), int(key.due) + 1}:
            if at > owner.now:
                yield Released(at)
                yield from (Pressed(at, long, repeat) for long in (False, True) for repeat in (False, True))
        if owner.timer is not None and owner.now <= owner.timer.at:
            yield Waited(owner.timer.number, owner.timer.at)

    return every_step(KEY, Key(), alphabet, Owner(), Owner.after, depth)


def test_every_event_in_every_state_has_the_outcome_that_was_expected_and_every_row_is_taken() -> None:
    with rows_recorded(KEY) as taken:
        found = possible_outcomes(step for _, step in walk(4))
    assert found == EXPECTED
    assert len(EXPECTED) == len(KEY.states) * len(KEY.events)
    assert taken == rows_of(KEY)


def test_on_every_walk_a_press_means_one_thing_and_a_timer_runs_exactly_while_something_may_follow() -> None:
    for owner, step in walk(5):
        key: Key = step.after
        assert (owner.timer is not None) == (key.state == "down" or (key.state == "held" and key.repeats)), step.path
        once = [each for each in owner.meant if each != "repeat"]
        assert len(once) <= 1, step.path
        assert not owner.meant or owner.meant[0] in ("short", "long"), step.path


@given(
    st.lists(st.tuples(st.integers(1, 1500), st.integers(1, 1500), st.booleans(), st.booleans())), st.integers(0, 99)
)
def test_presses_are_what_a_finger_did_however_late_the_timer(
    fingers: list[tuple[int, int, bool, bool]], lag: int
) -> None:
    """The oracle, with hindsight: how long the key was down says what was meant."""
    key, owner, now, meant = Key(), Owner(), 0, list[str]()
    for pause, held, long, repeat in fingers:
        now += pause
        owner, key = _fire(owner, key, Pressed(now, long, repeat), meant)
        up, now = now + held, now + held
        while owner.timer is not None and owner.timer.at + lag < up:
            owner, key = _fire(owner, key, Waited(owner.timer.number, owner.timer.at + lag), meant)
        owner, key = _fire(owner, key, Released(up), meant)
    assert [each for each in meant if each != "repeat"] == [
        "long" if long and held >= 600 else "short" for _, held, long, _ in fingers
    ]


def _fire(owner: Owner, key: Key, event: object, meant: list[str]) -> tuple[Owner, Key]:
    step = fired(KEY, key, event)
    meant += [effect.press for effect in step.effects if isinstance(effect, Meant)]
    return owner.after(step), step.after
