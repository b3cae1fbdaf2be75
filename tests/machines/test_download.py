"""Downloads, against what behaviour.md says of them and the wire's names."""

from collections.abc import Iterable

import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.machines.walks import Possible, Step, every_step, possible_outcomes
from tomb.machines.download import (
    DOWNLOAD,
    ENDS,
    INTERRUPTED,
    MOST_TRIES,
    OPEN,
    Begin,
    Cancel,
    Committed,
    Downloaded,
    Failed,
    Fetch,
    Interrupted,
    Limited,
    StopWork,
)
from tomb.machines.table import Outcome

MOVED, IGNORED = Outcome.MOVED, Outcome.IGNORED
FAILED, LIMITED = Failed("private", "It is private."), Limited("rate_limited", "Too often.")
WHILE_WORKING = [(Begin(),), (Begin(), Downloaded())]


def after(*events: object) -> Fetch:
    fetch = Fetch()
    for event in events:
        DOWNLOAD.fire(fetch, event)
    return fetch


def test_a_video_becomes_a_track() -> None:
    fetch = after(Begin(), Downloaded(), Committed("t1"))
    assert (fetch.state, fetch.track_id, fetch.effects) == ("completed", "t1", [])


@pytest.mark.parametrize("begun", WHILE_WORKING)
def test_what_comes_to_nothing_says_why(begun: tuple[object, ...]) -> None:
    fetch = after(*begun, FAILED)
    assert (fetch.state, fetch.reason, fetch.error) == ("error", "private", "It is private.")


@pytest.mark.parametrize("begun", WHILE_WORKING)
def test_work_that_nobody_does_any_more_was_interrupted_and_what_waits_goes_on_waiting(
    begun: tuple[object, ...],
) -> None:
    fetch = after(*begun, Interrupted())
    assert (fetch.state, fetch.reason) == ("error", INTERRUPTED)
    assert after(Interrupted()).state == "pending"


def test_a_cancel_stops_the_work_and_what_only_waits_has_none() -> None:
    assert (after(Cancel()).state, after(Cancel()).effects) == ("cancelled", [])
    for begun in WHILE_WORKING:
        fetch = after(*begun, Cancel())
        assert (fetch.state, fetch.effects) == ("cancelled", [StopWork()])


@pytest.mark.parametrize("late", [Begin(), LIMITED, Downloaded(), Committed("t1"), FAILED, Interrupted(), Cancel()])
def test_what_comes_after_a_cancel_comes_too_late(late: object) -> None:
    fetch = after(Begin(), Downloaded(), Cancel())
    assert DOWNLOAD.fire(fetch, late) is IGNORED
    assert (fetch.state, fetch.track_id, fetch.error) == ("cancelled", None, None)


def test_what_is_limited_goes_back_into_the_line_until_it_was_tried_often_enough() -> None:
    fetch = after(*[Begin(), LIMITED] * (MOST_TRIES - 1))
    assert (fetch.state, fetch.error) == ("pending", None)
    for event in (Begin(), LIMITED):
        DOWNLOAD.fire(fetch, event)
    assert (fetch.state, fetch.reason, fetch.error) == ("error", "rate_limited", "Too often.")


ALPHABET = (Begin(), LIMITED, Downloaded(), Committed("t1"), FAILED, Interrupted(), Cancel())
EXPECTED: dict[tuple[str, str], set[Possible]] = {
    **{(state, event.__name__): {(IGNORED, state)} for state in DOWNLOAD.states for event in DOWNLOAD.events},
    ("pending", "Begin"): {(MOVED, "downloading")},
    ("pending", "Cancel"): {(MOVED, "cancelled")},
    ("downloading", "Limited"): {(MOVED, "pending"), (MOVED, "error")},
    ("downloading", "Downloaded"): {(MOVED, "processing")},
    ("processing", "Committed"): {(MOVED, "completed")},
    **{(state, "Failed"): {(MOVED, "error")} for state in ("downloading", "processing")},
    **{(state, "Interrupted"): {(MOVED, "error")} for state in ("downloading", "processing")},
    **{(state, "Cancel"): {(MOVED, "cancelled")} for state in ("downloading", "processing")},
}


class Known(Struct, frozen=True):
    """What has been carried out so far."""

    working: bool = False
    begun: int = 0
    ended: str | None = None

    def after(self, step: Step) -> "Known":
        known = self
        if step.outcome is MOVED:
            if isinstance(step.event, Begin):
                known = replace(known, working=True, begun=known.begun + 1)
            elif not isinstance(step.event, Downloaded):
                known = replace(known, working=False)
        assert (StopWork() in step.effects) == (isinstance(step.event, Cancel) and self.working), step.path
        if step.after.state in ENDS:
            assert known.ended in (None, step.after.state), "an end was not final"
            known = replace(known, ended=step.after.state)
        return known


def walk() -> Iterable[tuple[Known, Step]]:
    return every_step(DOWNLOAD, Fetch(), lambda *_: ALPHABET, Known(), Known.after)


def test_every_event_in_every_state_has_the_outcome_that_was_expected() -> None:
    assert possible_outcomes(step for _, step in walk()) == EXPECTED
    assert len(EXPECTED) == len(DOWNLOAD.states) * len(DOWNLOAD.events)


def test_on_every_walk_work_is_done_exactly_while_it_says_so_and_begins_so_often_and_no_more() -> None:
    for known, step in walk():
        assert known.working == (step.after.state in ("downloading", "processing")), step.path
        assert (step.after.state in OPEN) == (known.ended is None), step.path
        assert known.begun == step.after.tries <= MOST_TRIES, step.path


def test_on_every_walk_only_a_track_has_a_track_and_only_an_error_a_reason() -> None:
    for _, step in walk():
        assert (step.after.track_id is not None) == (step.after.state == "completed"), step.path
        assert (step.after.error is not None) == (step.after.state == "error"), step.path
        assert (step.after.reason is not None) == (step.after.state == "error"), step.path
