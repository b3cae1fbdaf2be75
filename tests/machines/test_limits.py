"""Limits, against what behaviour.md says of them. The warning is 300 and the grace is 300: sums of whole numbers."""

from collections.abc import Iterable
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from tests.machines.walks import Possible, Step, every_step, fired, possible_outcomes
from tomb.machines.limits import GRACE_S, LIMITS, WARNING_S, Given, GraceOver, Limit, Looked, Music, Warn
from tomb.machines.table import ClearTimer, Outcome, SetTimer

MOVED, REFUSED, IGNORED = Outcome.MOVED, Outcome.REFUSED, Outcome.IGNORED
BOUND = 3600.0
MUSIC: tuple[Music, ...] = get_args(Music)


def looked(left_s: float | None, music: Music = "runs", day: str = "Mon", at: float = 0) -> Looked:
    return Looked(0 if left_s is None else BOUND - left_s, None if left_s is None else BOUND, day, music, at)


def given_more(seconds: float, left_s: float | None, day: str = "Mon") -> Given:
    return Given(seconds, 0 if left_s is None else BOUND - left_s, None if left_s is None else BOUND, day)


def after(*events: object, grace_s: float = GRACE_S, always: bool = True) -> Limit:
    limit = Limit(grace_s, always)
    for event in events:
        LIMITS.fire(limit, event)
    return limit


def test_the_numbers_are_those_of_behaviour() -> None:
    assert (WARNING_S, GRACE_S) == (300, 300)


def test_a_day_of_music_is_warned_of_ends_with_a_grace_and_is_free_again_tomorrow() -> None:
    limit = Limit()
    states = []
    for event in (
        looked(301),
        looked(300),
        looked(1),
        looked(0, at=10),
        looked(-299),
        GraceOver(1),
        looked(-300, "paused"),
        looked(3600, "none", "Tue"),
    ):
        LIMITS.fire(limit, event)
        states.append(limit.state)
    assert states == ["free", "warning", "warning", "grace", "grace", "spent", "spent", "free"]
    assert limit.effects == [Warn(), SetTimer(310, 1)]


@pytest.mark.parametrize("music", ["paused", "none"])
def test_where_no_music_runs_there_is_nothing_to_end(music: Music) -> None:
    assert after(looked(0, music)).state == "spent"


def test_quiet_hours_have_no_grace() -> None:
    assert after(looked(0), grace_s=0).state == "spent"


def test_what_is_paused_may_go_on_within_the_grace_and_what_is_over_may_not() -> None:
    assert after(looked(0), looked(-5, "paused"), looked(-60)).state == "grace"
    limit = after(looked(0), looked(-5, "none"))
    assert (limit.state, limit.effects[-1]) == ("spent", ClearTimer())


def test_the_ring_of_an_earlier_grace_ends_no_later_one() -> None:
    limit = after(looked(0), looked(600), looked(0, at=50))
    assert (limit.state, LIMITS.fire(limit, GraceOver(1)), limit.state) == ("grace", REFUSED, "grace")
    assert LIMITS.fire(limit, GraceOver(2)) is MOVED


@pytest.mark.parametrize(("left_s", "then"), [(2000.0, 2900.0), (200.0, 1100.0), (0.0, 900.0), (-1800.0, 900.0)])
def test_fifteen_minutes_more_are_fifteen_minutes_however_late_they_are_given(left_s: float, then: float) -> None:
    limit = after(looked(left_s), given_more(900, left_s))
    assert after_looks(limit, looked(left_s - then + 301)) == "lifted"
    assert limit.effects.count(Warn()) == (left_s == 200)
    LIMITS.fire(limit, looked(left_s - then + 300))
    LIMITS.fire(limit, looked(left_s - then + 200))
    assert limit.effects.count(Warn()) == 1 + (left_s == 200)  # once for what is left now
    assert after_looks(limit, looked(left_s - then)) == "grace"


def test_what_is_given_twice_is_twice_as_much_and_gone_tomorrow() -> None:
    limit = after(looked(0, "none"), given_more(900, 0), given_more(900, -100))
    assert after_looks(limit, looked(-1799)) == "lifted"
    assert after_looks(limit, looked(-1799, "none", "Tue")) == "spent"
    assert after_looks(limit, looked(3600, "none", "Wed")) == "free"


def after_looks(limit: Limit, *looks: Looked) -> str:
    for each in looks:
        LIMITS.fire(limit, each)
    return limit.state


def test_a_bedtime_that_is_far_is_not_moved_by_what_is_given_and_where_is_no_limit_nothing_is() -> None:
    assert LIMITS.fire(after(looked(7200), always=False), given_more(900, 7200)) is REFUSED
    assert LIMITS.fire(after(looked(None)), given_more(900, None)) is REFUSED


def test_a_limit_that_is_taken_away_or_not_believed_is_free_from_every_state() -> None:
    for before in ((looked(100),), (looked(0),), (looked(0, "none"),), (looked(0), given_more(900, 0))):
        assert after(*before, looked(None)).state == "free"


def reached(state: str, *more: str) -> set[Possible]:
    return {(MOVED, each) for each in (state, *more)}


EXPECTED: dict[tuple[str, str], set[Possible]] = {
    ("free", "Looked"): reached("free", "warning", "grace", "spent"),
    ("warning", "Looked"): reached("free", "warning", "grace", "spent"),
    ("grace", "Looked"): reached("free", "warning", "grace", "spent"),
    ("spent", "Looked"): reached("free", "warning", "spent"),
    ("lifted", "Looked"): reached("free", "warning", "grace", "spent", "lifted"),
    ("free", "Given"): reached("lifted") | {(REFUSED, "free")},
    **{(state, "Given"): reached("lifted") | {(REFUSED, state)} for state in ("warning", "grace", "spent", "lifted")},
    **{(state, "GraceOver"): {(IGNORED, state)} for state in ("free", "warning", "spent", "lifted")},
    ("grace", "GraceOver"): {(REFUSED, "grace"), (MOVED, "spent")},
}


class Owner(Struct, frozen=True):
    """What an owner knows: its timer, and what was given today."""

    timer: int | None = None
    given: bool = False

    def after(self, step: Step) -> "Owner":
        now = self
        if isinstance(step.event, GraceOver) and step.event.number == self.timer:
            now = replace(now, timer=None)
        if isinstance(step.event, Given):
            now = replace(now, given=step.outcome is MOVED or now.given)
        for effect in step.effects:
            match effect:
                case SetTimer(_, number):
                    assert now.timer is None, "two graces at once"
                    now = replace(now, timer=number)
                case ClearTimer():
                    assert now.timer is not None, "a timer was cleared that did not run"
                    now = replace(now, timer=None)
        return now


LEFTS = (None, 3600.0, 301.0, 300.0, 1.0, 0.0, -500.0, -2000.0)


def walk(limit: Limit) -> Iterable[tuple[Owner, Step]]:
    def alphabet(model: Limit, owner: Owner) -> Iterable[object]:
        yield from (looked(left, music, day) for left in LEFTS for music in MUSIC for day in ("Mon", "Tue"))
        yield from (given_more(900, left, day) for left in LEFTS for day in ("Mon", "Tue"))
        yield GraceOver(model.timer - 1)
        if owner.timer is not None:
            yield GraceOver(owner.timer)

    def settle(model: Limit) -> None:
        model.due = 0
        if model.moved is not None:
            model.moved = min(model.moved, 4 * BOUND)  # given again and again

    return every_step(LIMITS, limit, alphabet, Owner(), Owner.after, 4, settle)


def test_every_event_in_every_state_has_the_outcomes_that_were_expected() -> None:
    found = possible_outcomes(step for always in (True, False) for _, step in walk(Limit(always=always)))
    assert found == EXPECTED
    assert len(EXPECTED) == len(LIMITS.states) * len(LIMITS.events)


def test_on_every_walk_a_timer_runs_exactly_in_grace_and_a_limit_shuts_only_where_nothing_is_left() -> None:
    for owner, step in walk(Limit()):
        assert (owner.timer is not None) == (step.after.state == "grace"), step.path
        if not isinstance(step.event, Looked):
            continue
        bound = step.event.bound
        moved = step.after.moved if step.after.day == step.event.day else None
        open_s = None if bound is None else max(bound, moved or bound) - step.event.passed
        expected = (
            {"free", "lifted"} if open_s is None or open_s > WARNING_S
            else {"warning", "lifted"} if open_s > 0
            else {"grace", "spent"}
        )  # fmt: skip
        assert step.after.state in expected, step.path


def test_whatever_happened_another_day_with_time_left_is_open() -> None:
    for _, step in walk(Limit()):
        tomorrow = fired(LIMITS, step.after, looked(3600, "none", "Wed")).after
        assert tomorrow.state == "free", step.path


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("heard"), st.integers(1, 400)),
            st.tuples(st.just("given"), st.sampled_from([300, 900])),
            st.tuples(st.just("pause"), st.just(0)),
        ),
        max_size=40,
    )
)
def test_nobody_hears_more_than_the_limit_what_was_given_and_a_grace_and_nobody_less(
    story: list[tuple[str, int]],
) -> None:
    """The oracle counts: what was allowed in all, whatever the order. The owner looks each second, as it were."""
    limit, used, allowed, timer, music = Limit(always=True), 0, 1000, None, "none"
    for what, amount in story:
        if what == "given":
            allowed = max(allowed, used) + amount
            LIMITS.fire(limit, Given(amount, used, 1000, "Mon"))
        for _ in range(amount if what == "heard" else 1):
            shut = limit.state == "spent"
            music = "runs" if what == "heard" and not shut else "paused"
            assert shut <= (used >= allowed), "shut although something is left"
            assert used <= allowed + GRACE_S
            used += music == "runs"
            LIMITS.fire(limit, Looked(used, 1000, "Mon", "runs" if music == "runs" else "paused", used))
            for effect in limit.effects:
                timer = effect if isinstance(effect, SetTimer) else None if isinstance(effect, ClearTimer) else timer
            limit.effects.clear()
            if timer is not None and used >= timer.at:
                LIMITS.fire(limit, GraceOver(timer.number))
                timer = None
