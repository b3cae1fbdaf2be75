"""Tag presence, against what behaviour.md says of taps. Times are whole numbers and the grace is 600: exact sums."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.machines.walks import Possible, Step, every_step, fired, possible_outcomes
from tomb.machines.presence import GRACE, PRESENCE, Effect, Lifted, Missed, Placed, Presence, Seen, Waited
from tomb.machines.table import ClearTimer, Outcome, SetTimer

MOVED, REFUSED, IGNORED = Outcome.MOVED, Outcome.REFUSED, Outcome.IGNORED


def effects_of(*events: Seen | Missed | Waited, grace: float = 600) -> list[Effect]:
    presence = Presence(grace)
    for event in events:
        PRESENCE.fire(presence, event)
    return presence.effects


def test_a_tag_that_is_placed_and_lifted_is_one_tap() -> None:
    assert effects_of(Seen("A", 0), Seen("A", 250), Missed(500), Waited(1, 1100)) == [
        Placed("A"),
        SetTimer(1100, 1),
        Lifted("A"),
    ]


@pytest.mark.parametrize("back_after", [1, 250, 599])
def test_a_tag_that_wobbles_for_less_than_the_grace_was_never_away(back_after: int) -> None:
    assert effects_of(Seen("A", 0), Missed(100), Seen("A", 100 + back_after)) == [
        Placed("A"),
        SetTimer(700, 1),
        ClearTimer(),
    ]


@pytest.mark.parametrize("back_after", [600, 601, 5000])
def test_a_tag_that_comes_back_after_the_grace_is_a_new_tap_even_if_the_timer_is_late(back_after: int) -> None:
    effects = effects_of(Seen("A", 0), Missed(100), Seen("A", 100 + back_after), Waited(1, 9000))
    assert effects == [Placed("A"), SetTimer(700, 1), ClearTimer(), Lifted("A"), Placed("A")]


def test_the_grace_runs_from_the_first_miss_not_from_the_last() -> None:
    effects = effects_of(Seen("A", 0), Missed(100), Missed(400), Missed(700))
    assert effects == [Placed("A"), SetTimer(700, 1), ClearTimer(), Lifted("A")]


def test_each_wobble_has_a_grace_of_its_own() -> None:
    effects = effects_of(Seen("A", 0), Missed(500), Seen("A", 900), Missed(1000), Seen("A", 1599))
    assert [effect for effect in effects if isinstance(effect, Placed | Lifted)] == [Placed("A")]


def test_another_tag_means_that_the_first_one_was_lifted() -> None:
    assert effects_of(Seen("A", 0), Seen("B", 10)) == [Placed("A"), Lifted("A"), Placed("B")]
    assert effects_of(Seen("A", 0), Missed(5), Seen("B", 10)) == [
        Placed("A"),
        SetTimer(605, 1),
        ClearTimer(),
        Lifted("A"),
        Placed("B"),
    ]


def test_a_timer_that_rang_for_an_earlier_wobble_does_not_lift_the_tag() -> None:
    presence = Presence(600)
    for event in (Seen("A", 0), Missed(100), Seen("A", 690), Missed(695)):
        PRESENCE.fire(presence, event)
    assert PRESENCE.fire(presence, Waited(1, 1400)) is REFUSED
    assert PRESENCE.fire(presence, Waited(2, 1400)) is MOVED
    assert presence.effects[-2:] == [SetTimer(1295, 2), Lifted("A")]


def test_the_grace_is_600_milliseconds_unless_given_otherwise() -> None:
    assert Presence().grace == GRACE == 0.6


EXPECTED: dict[tuple[str, str], set[Possible]] = {
    ("absent", "Seen"): {(MOVED, "present")},
    ("absent", "Missed"): {(IGNORED, "absent")},
    ("absent", "Waited"): {(IGNORED, "absent")},
    ("present", "Seen"): {(MOVED, "present")},
    ("present", "Missed"): {(MOVED, "fading")},
    ("present", "Waited"): {(IGNORED, "present")},
    ("fading", "Seen"): {(MOVED, "present")},
    ("fading", "Missed"): {(MOVED, "fading"), (MOVED, "absent")},
    ("fading", "Waited"): {(MOVED, "absent"), (REFUSED, "fading")},
}


@dataclass(frozen=True, slots=True)
class Owner:
    """What an owner knows after the effects so far: the time, which tag lies there, and its timer: when it rings, with
    which number."""

    now: int = 0
    lying: str | None = None
    timer: SetTimer | None = None

    def after(self, step: Step) -> "Owner":
        assert isinstance(step.event, Seen | Missed | Waited)
        now = replace(self, now=int(step.event.at))
        if self.timer is not None and step.event == Waited(self.timer.number, step.event.at):
            now = replace(now, timer=None)
        for effect in step.effects:
            now = now.carried_out(effect)
        return now

    def carried_out(self, effect: object) -> "Owner":
        match effect:
            case Placed(tag_id):
                assert self.lying is None, "a tag was placed on another"
                return replace(self, lying=tag_id)
            case Lifted(tag_id):
                assert self.lying == tag_id, "a tag was lifted that did not lie there"
                return replace(self, lying=None)
            case SetTimer():
                return replace(self, timer=effect)
            case _:
                assert self.timer is not None, "a timer was cleared that did not run"
                return replace(self, timer=None)


def walk(depth: int) -> Iterable[tuple[Owner, Step]]:
    def alphabet(presence: Presence, owner: Owner) -> Iterable[object]:
        for at in {owner.now + 1, int(presence.due) - 1, int(presence.due)}:
            if at > owner.now:
                yield from (Seen("A", at), Seen("B", at), Missed(at), Waited(presence.timer - 1, at))
        if owner.timer is not None and owner.now < owner.timer.at:
            yield Waited(owner.timer.number, owner.timer.at)

    return every_step(PRESENCE, Presence(600), alphabet, Owner(), Owner.after, depth)


def test_every_event_in_every_state_has_the_outcome_that_was_expected() -> None:
    found = possible_outcomes(step for _, step in walk(5))
    assert found == EXPECTED
    assert len(EXPECTED) == len(PRESENCE.states) * len(PRESENCE.events)


def test_on_every_walk_the_owner_knows_the_truth_and_has_a_timer_exactly_while_a_tag_fades() -> None:
    for owner, step in walk(6):
        assert owner.lying == step.after.tag_id, step.path
        assert (owner.lying is None) == (step.after.state == "absent"), step.path
        assert (step.after.state == "fading") == (owner.timer is not None), step.path


Reading = tuple[int, str | None]


def taps_that_a_person_made(readings: list[Reading]) -> list[str]:
    """The oracle, with hindsight and no states: two readings of one tag are one placement unless, between them, the tag
    was missing for 600 or longer, or another tag was read."""
    seen = [(place, at, tag) for place, (at, tag) in enumerate(readings) if tag is not None]
    taps = [tag for _, _, tag in seen[:1]]
    for (place, _, tag), (next_place, next_at, next_tag) in pairwise(seen):
        missing_since = next((at for at, _ in readings[place + 1 : next_place]), next_at)
        if tag != next_tag or next_at - missing_since >= 600:
            taps.append(next_tag)
    return taps


@st.composite
def stories(draw: st.DrawFn) -> list[Reading]:
    gaps = st.one_of(st.integers(1, 400), st.sampled_from([299, 300, 301, 599, 600, 601]), st.integers(1, 3000))
    tags = st.sampled_from(["A", "A", None, None, "B"])
    story, now = [], 0
    for gap, tag in draw(st.lists(st.tuples(gaps, tags), max_size=40)):
        now += gap
        story.append((now, tag))
    return story


@given(stories(), st.integers(0, 2000))
@example([(1, "A"), (2, None), (602, "A")], 50)
@example([(1, "A"), (2, None), (601, "A")], 0)
def test_taps_are_those_that_a_person_made_however_late_the_timer(story: list[Reading], lag: int) -> None:
    presence, owner = Presence(600), Owner()
    taps: list[str] = []
    for at, tag in story:
        while owner.timer is not None and owner.timer.at + lag <= at:
            owner, presence = _fire(owner, presence, Waited(owner.timer.number, owner.timer.at + lag), taps)
        owner, presence = _fire(owner, presence, Missed(at) if tag is None else Seen(tag, at), taps)
    assert taps == taps_that_a_person_made(story)


@given(stories())
def test_with_a_timer_that_keeps_time_a_tag_is_lifted_600_after_the_first_miss(story: list[Reading]) -> None:
    presence, owner = Presence(600), Owner()
    for at, tag in story:
        while owner.timer is not None and owner.timer.at <= at:
            owner, presence = _fire(owner, presence, Waited(owner.timer.number, owner.timer.at), [])
        owner, presence = _fire(owner, presence, Missed(at) if tag is None else Seen(tag, at), [])
        assert owner.lying == _lying_at(story, at)


def _fire(owner: Owner, presence: Presence, event: object, taps: list[str]) -> tuple[Owner, Presence]:
    step = fired(PRESENCE, presence, event)
    taps += [effect.tag_id for effect in step.effects if isinstance(effect, Placed)]
    return owner.after(step), step.after


def _lying_at(story: list[Reading], now: int) -> str | None:
    past = [(at, tag) for at, tag in story if at <= now]
    last_seen = max((place for place, (_, tag) in enumerate(past) if tag), default=None)
    if last_seen is None:
        return None
    missing_since = next((at for at, _ in past[last_seen + 1 :]), now)
    return past[last_seen][1] if now - missing_since < 600 else None
