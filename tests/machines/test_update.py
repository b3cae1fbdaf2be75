"""An update, as parents see it, against the states of wire.md."""

from collections.abc import Iterable
from typing import get_args

import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.machines.walks import Possible, Step, every_step, possible_outcomes
from tomb.machines.table import Outcome
from tomb.machines.update import (
    OPEN,
    QUIET,
    UPDATE,
    Ask,
    Begun,
    Failed,
    Fetch,
    Found,
    Judged,
    LookUp,
    OnTrial,
    Take,
    Update,
    UpToDate,
    WentBack,
)
from tomb.models import UpdateState

MOVED, IGNORED, REFUSED = Outcome.MOVED, Outcome.IGNORED, Outcome.REFUSED
FAILED, BACK = Failed("network", "Nobody answers."), WentBack("2.0", "no_sound", "Its sound was gone.")


def after(*events: object) -> Update:
    update = Update()
    for event in events:
        UPDATE.fire(update, event)
    return update


def test_the_states_are_those_of_the_wire() -> None:
    assert set(UPDATE.states) == set(get_args(UpdateState)) == {*OPEN, *QUIET}


def test_a_look_finds_a_version_that_waits_for_a_parent() -> None:
    update = after(Ask(wanted=False), Found("2.0"))
    assert (update.state, update.version, update.effects) == ("available", "2.0", [LookUp()])
    UPDATE.fire(update, Ask(wanted=True))
    assert (update.state, update.effects) == ("installing", [LookUp(), Fetch(None)])


def test_what_is_wanted_is_installed_as_soon_as_it_is_found() -> None:
    for asked in ((Ask(wanted=True),), (Ask(wanted=False), Ask(wanted=True))):
        update = after(*asked, Found("2.0"))
        assert (update.state, update.effects) == ("installing", [LookUp(), Fetch(None)])


def test_to_look_again_installs_nothing() -> None:
    assert after(Found("2.0"), Ask(wanted=False)).effects == [LookUp()]


def test_a_package_of_a_parents_choice_is_fetched_without_a_look() -> None:
    update = after(Take("https://example.org/a.deb"))
    assert (update.state, update.effects) == ("installing", [Fetch("https://example.org/a.deb")])


def test_the_process_that_begins_in_the_middle_of_it_says_so() -> None:
    for noted, state in ((Begun("2.0"), "installing"), (OnTrial("2.0"), "proving"), (Judged("2.0"), "done")):
        assert (after(noted).state, after(noted).version) == (state, "2.0")
    back = after(BACK)
    assert (back.state, back.version, back.reason) == ("went_back", "2.0", "no_sound")


def test_a_version_that_went_back_is_not_offered_every_day() -> None:
    assert after(BACK, Found("2.0")).state == "went_back"
    assert after(BACK, Found("2.1")).state == "available"
    assert after(BACK, Ask(wanted=False), Found("2.0")).state == "available", "who asks may try it again"


def test_a_daily_look_that_fails_is_no_news() -> None:
    for before in ((Found("2.0"),), (Judged("2.0"),), (BACK,)):
        assert after(*before, FAILED).state == after(*before).state


ALPHABET = (
    *(Ask(wanted=False), Ask(wanted=True), Take("https://example.org/a.deb"), Found("2.0"), Found("2.1"), UpToDate()),
    *(FAILED, Begun("2.0"), OnTrial("2.0"), Judged("2.0"), BACK),
)
EXPECTED: dict[tuple[str, str], set[Possible]] = {
    **{(state, event.__name__): {(IGNORED, state)} for state in UPDATE.states for event in UPDATE.events},
    **{(state, "Ask"): {(MOVED, "checking")} for state in QUIET},
    ("available", "Ask"): {(MOVED, "checking"), (MOVED, "installing")},
    ("checking", "Ask"): {(MOVED, "checking"), (REFUSED, "checking")},
    **{(state, "Take"): {(MOVED, "installing")} for state in QUIET},
    **{(state, "Found"): {(MOVED, "available")} for state in QUIET},
    ("went_back", "Found"): {(MOVED, "available"), (REFUSED, "went_back")},
    ("checking", "Found"): {(MOVED, "available"), (MOVED, "installing")},
    ("available", "UpToDate"): {(MOVED, "none")},
    ("checking", "UpToDate"): {(MOVED, "none")},
    **{(state, "Failed"): {(MOVED, "failed")} for state in ("none", "checking", "installing")},
    **{(state, "Begun"): {(MOVED, "installing")} for state in ("none", "installing")},
    **{(state, "OnTrial"): {(MOVED, "proving")} for state in ("none", "installing", "proving")},
    **{(state, "Judged"): {(MOVED, "done")} for state in ("none", "installing", "proving")},
    **{(state, "WentBack"): {(MOVED, "went_back")} for state in ("none", "installing", "proving")},
}


class Known(Struct, frozen=True):
    """What was asked for and not answered yet, by a parent and by the owner."""

    wanted: bool = False

    def after(self, step: Step) -> "Known":
        known = self
        if step.outcome is MOVED and isinstance(step.event, Ask | Take):
            asked_for_it = isinstance(step.event, Take) or step.event.wanted
            known = replace(self, wanted=asked_for_it or (self.wanted and step.before.state == "checking"))
        for effect in step.effects:
            assert not isinstance(effect, Fetch) or known.wanted, step.path
            assert (step.after.state == "installing") == isinstance(effect, Fetch), step.path
            assert (step.after.state == "checking") == isinstance(effect, LookUp), step.path
        return known


def walk() -> Iterable[tuple[Known, Step]]:
    return every_step(UPDATE, Update(), lambda *_: ALPHABET, Known(), Known.after)


def test_every_event_in_every_state_has_the_outcome_that_was_expected() -> None:
    assert possible_outcomes(step for _, step in walk()) == EXPECTED
    assert len(EXPECTED) == len(UPDATE.states) * len(UPDATE.events)


def test_on_every_walk_nothing_is_fetched_that_nobody_asked_for() -> None:
    assert list(walk())


@pytest.mark.parametrize("state", ["done", "available", "checking"])
def test_on_every_walk_a_reason_is_said_only_of_what_came_to_nothing(state: str) -> None:
    for _, step in walk():
        assert (step.after.reason is not None) <= (step.after.state in ("failed", "went_back")), step.path
        assert step.after.state != state or step.after.message == "", step.path
