"""Tag presence, against what behaviour.md says of taps. Times are whole numbers and the grace is 600: exact sums."""

from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from tests.machines.walks import Possible, Step, every_step, fired, possible_outcomes
from tomb.machines.presence import (
    GRACE,
    LONG_GRACE,
    PRESENCE,
    Effect,
    Event,
    Found,
    Hidden,
    Lifted,
    Lost,
    Missed,
    Placed,
    Presence,
    Seen,
    Uncovered,
    Waited,
)
from tomb.machines.table import ClearTimer, Outcome, SetTimer

MOVED, REFUSED, IGNORED = Outcome.MOVED, Outcome.REFUSED, Outcome.IGNORED


def effects_of(*events: Event) -> list[Effect]:
    presence = Presence(600, 2000)
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
    assert Presence().long_grace == LONG_GRACE == 2.0


def test_of_two_tags_that_are_read_in_turn_each_is_one_tap() -> None:
    readings = [Seen("AB"[number % 2], 250 * number) for number in range(40)]
    assert effects_of(*readings) == [Placed("A"), Lifted("A"), Placed("B")]
    assert effects_of(*readings, Missed(10_000), Waited(1, 10_600))[3:] == [SetTimer(10_600, 1), Lifted("B")]


def test_a_tag_from_which_another_was_taken_lies_there_and_is_no_tap() -> None:
    both = (Seen("A", 0), Seen("B", 250), Seen("A", 500), Seen("B", 750))
    left = tuple(Seen("A", 1000 + 250 * number) for number in range(12))
    end = (Missed(4000), Missed(4600))
    assert effects_of(*both, *left, *end)[3:] == [
        Lifted("B"), Uncovered("A"), SetTimer(4600, 1), ClearTimer(), Lifted("A"),
    ]  # fmt: skip


def test_a_tag_that_is_put_back_in_place_of_another_is_a_new_tap() -> None:
    effects = effects_of(Seen("A", 0), Seen("B", 250), Seen("B", 500), Seen("B", 750), Seen("A", 1000))
    assert [each for each in effects if isinstance(each, Placed)] == [Placed("A"), Placed("B"), Placed("A")]


@pytest.mark.parametrize("outage", [1, 700, 60_000])
def test_a_tag_that_lies_there_when_the_reader_is_back_was_there_all_the_time(outage: int) -> None:
    assert effects_of(Seen("A", 0), Lost(100), Seen("A", 100 + outage)) == [Placed("A"), Hidden("A"), Found("A")]
    wobbly = effects_of(Seen("A", 0), Missed(50), Lost(100), Missed(100 + outage), Seen("A", 2099 + outage))
    assert wobbly == [
        Placed("A"), SetTimer(650, 1), ClearTimer(), Hidden("A"), SetTimer(2100 + outage, 2), ClearTimer(), Found("A"),
    ]  # fmt: skip


def test_a_tag_that_is_gone_when_the_reader_is_back_was_lifted() -> None:
    effects = effects_of(Seen("A", 0), Lost(100), Missed(9000), Waited(1, 11_000), Seen("A", 12_000))
    assert effects == [Placed("A"), Hidden("A"), SetTimer(11_000, 1), Lifted("A"), Placed("A")]
    assert effects_of(Seen("A", 0), Lost(100), Seen("B", 9000))[2:] == [Lifted("A"), Placed("B")]


def test_of_two_tags_that_lie_there_neither_is_tapped_again_by_a_daemon_that_is_restarted() -> None:
    both = (Seen("A", 0), Seen("B", 250), Seen("A", 500))
    for first, second in ("AB", "BA"):
        back = [Seen(second if number % 2 else first, 9000 + 250 * number) for number in range(9)]
        effects = effects_of(*both, Lost(600), *back)
        assert effects == [Placed("A"), Lifted("A"), Placed("B"), Hidden("B"), Found("B")]


EXPECTED: dict[tuple[str, str], set[Possible]] = {
    ("absent", "Seen"): {(MOVED, "present")},
    ("absent", "Missed"): {(IGNORED, "absent")},
    ("absent", "Lost"): {(IGNORED, "absent")},
    ("absent", "Waited"): {(IGNORED, "absent")},
    ("present", "Seen"): {(MOVED, "present")},
    ("present", "Missed"): {(MOVED, "fading")},
    ("present", "Lost"): {(MOVED, "unseen")},
    ("present", "Waited"): {(IGNORED, "present")},
    ("fading", "Seen"): {(MOVED, "present")},
    ("fading", "Missed"): {(MOVED, "fading"), (MOVED, "absent")},
    ("fading", "Lost"): {(MOVED, "unseen")},
    ("fading", "Waited"): {(MOVED, "absent"), (REFUSED, "fading")},
    ("unseen", "Seen"): {(MOVED, "present")},
    ("unseen", "Missed"): {(MOVED, "fading")},
    ("unseen", "Lost"): {(IGNORED, "unseen")},
    ("unseen", "Waited"): {(IGNORED, "unseen")},
}


class Owner(Struct, frozen=True):
    """What an owner knows after the effects so far: the time, which tag lies there, whether it is hidden, and its
    timer: when it rings, with which number."""

    now: int = 0
    lying: str | None = None
    hidden: bool = False
    timer: SetTimer | None = None

    def after(self, step: Step) -> "Owner":
        assert isinstance(step.event, Event)
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
            case Uncovered(tag_id):
                assert self.lying is None, "a tag lies uncovered beneath another"
                return replace(self, lying=tag_id)
            case Lifted(tag_id):
                assert self.lying == tag_id, "a tag was lifted that did not lie there"
                return replace(self, lying=None, hidden=False)
            case Hidden(tag_id):
                assert (self.lying, self.hidden) == (tag_id, False), "a tag is hidden that did not lie there, or twice"
                return replace(self, hidden=True)
            case Found(tag_id):
                assert (self.lying, self.hidden) == (tag_id, True), "a tag is found that was not hidden"
                return replace(self, hidden=False)
            case SetTimer():
                return replace(self, timer=effect)
            case _:
                assert self.timer is not None, "a timer was cleared that did not run"
                return replace(self, timer=None)


def walk(depth: int) -> Iterable[tuple[Owner, Step]]:
    def alphabet(presence: Presence, owner: Owner) -> Iterable[object]:
        for at in {owner.now + 1, int(presence.due) - 1, int(presence.due)}:
            if at > owner.now:
                yield from (Seen("A", at), Seen("B", at), Missed(at), Lost(at), Waited(presence.timer - 1, at))
        if owner.timer is not None and owner.now < owner.timer.at:
            yield Waited(owner.timer.number, owner.timer.at)

    return every_step(PRESENCE, Presence(600, 2000), alphabet, Owner(), Owner.after, depth)


def test_every_event_in_every_state_has_the_outcome_that_was_expected() -> None:
    found = possible_outcomes(step for _, step in walk(5))
    assert found == EXPECTED
    assert len(EXPECTED) == len(PRESENCE.states) * len(PRESENCE.events)


def test_on_every_walk_the_owner_knows_the_truth_and_has_a_timer_exactly_while_a_tag_fades() -> None:
    for owner, step in walk(6):
        assert owner.lying == step.after.tag_id, step.path
        assert (owner.lying is None) == (step.after.state == "absent"), step.path
        assert (step.after.state == "fading") == (owner.timer is not None), step.path
        assert owner.hidden == step.after.hidden >= (step.after.state == "unseen"), step.path


Reading = tuple[int, str | None]


def is_tap(readings: list[Reading], place: int) -> bool | None:
    """The oracle, with hindsight and no states: is this reading of a tag a tap of it? None: a person could not say.

    It is one if the tag was not read before, or was missing for 600 or longer. A tag is missing from the first reading
    of nothing after it was read; where another tag was read since, it may be missing from then on, or lie beside it
    and be read again within two seconds.
    """
    at, tag = readings[place]
    earlier = next((each for each in range(place - 1, -1, -1) if readings[each][1] == tag), None)
    if earlier is None:
        return True
    between = readings[earlier + 1 : place]
    since = readings[earlier][0]
    others = [(when, number) for number, (when, what) in enumerate(between) if what is not None]
    missed_at = next((when for when, _ in between[others[-1][1] + 1 if others else 0 :]), at)
    if at - missed_at >= 600 or any(when - since >= 2000 for when, _ in others):
        return True
    return None if others and at - since >= 600 else False


@st.composite
def stories(draw: st.DrawFn, others: str = "B") -> list[Reading]:
    gaps = st.one_of(st.integers(1, 400), st.sampled_from([299, 300, 301, 599, 600, 601]), st.integers(1, 3000))
    tags = st.sampled_from(["A", "A", None, None, *others])
    story, now = [], 0
    for gap, tag in draw(st.lists(st.tuples(gaps, tags), max_size=40)):
        now += gap
        story.append((now, tag))
    return story


@given(stories(), st.integers(0, 2000))
@example([(1, "A"), (2, None), (602, "A")], 50)
@example([(1, "A"), (2, None), (601, "A")], 0)
def test_taps_are_those_that_a_person_made_however_late_the_timer(story: list[Reading], lag: int) -> None:
    presence, owner = Presence(600, 2000), Owner()
    for place, (at, tag) in enumerate(story):
        while owner.timer is not None and owner.timer.at + lag <= at:
            owner, presence = _fire(owner, presence, Waited(owner.timer.number, owner.timer.at + lag), [])
        taps: list[str] = []
        owner, presence = _fire(owner, presence, Missed(at) if tag is None else Seen(tag, at), taps)
        wanted = False if tag is None else is_tap(story, place)
        assert wanted is None or taps == [tag] * wanted, story[: place + 1]


@given(stories(others=""))
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
