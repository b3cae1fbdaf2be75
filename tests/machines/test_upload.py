"""Uploads, against what behaviour.md says of them and the wire's names."""

from collections.abc import Iterable

import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.machines.walks import Possible, Step, every_step, possible_outcomes
from tomb.machines.table import Outcome
from tomb.machines.upload import (
    ENDS,
    OPEN,
    UPLOAD,
    Abandon,
    ChunkStored,
    Committed,
    DiscardPart,
    Finalize,
    Interrupted,
    StopWork,
    Transfer,
    Unplayable,
)

MOVED, REFUSED, IGNORED = Outcome.MOVED, Outcome.REFUSED, Outcome.IGNORED
ALL_THERE, LACKING = Finalize(complete=True), Finalize(complete=False)


def after(*events: object) -> Transfer:
    transfer = Transfer()
    for event in events:
        UPLOAD.fire(transfer, event)
    return transfer


def test_an_upload_becomes_a_track() -> None:
    transfer = after(ChunkStored(), ChunkStored(), ALL_THERE, Committed("t1"))
    assert (transfer.state, transfer.track_id, transfer.effects) == ("completed", "t1", [DiscardPart()])


def test_what_is_not_complete_is_not_made_a_track() -> None:
    assert after(ChunkStored(), LACKING).state == "uploading"
    assert after(ALL_THERE).state == "pending"  # a file has a byte at least, so this is nobody's


def test_what_cannot_be_played_is_an_error_that_says_why() -> None:
    transfer = after(ChunkStored(), ALL_THERE, Unplayable("no sound in it"))
    assert (transfer.state, transfer.error, transfer.effects) == ("error", "no sound in it", [DiscardPart()])


def test_work_that_was_interrupted_is_begun_again() -> None:
    transfer = after(ChunkStored(), ALL_THERE, Interrupted())
    assert (transfer.state, transfer.effects) == ("uploading", [])
    assert after(ChunkStored(), ALL_THERE, Interrupted(), ChunkStored(), ALL_THERE, Committed("t1")).track_id == "t1"


def test_an_abandoned_upload_says_why_if_it_was_not_the_client() -> None:
    for begun in ((), (ChunkStored(),)):
        transfer = after(*begun, Abandon("its file is gone"))
        assert (transfer.state, transfer.error) == ("cancelled", "its file is gone")
        assert transfer.effects == [DiscardPart()]


def test_abandoning_stops_the_work_that_is_under_way() -> None:
    transfer = after(ChunkStored(), ALL_THERE, Abandon())
    assert (transfer.state, transfer.effects) == ("cancelled", [StopWork(), DiscardPart()])


@pytest.mark.parametrize("late", [Committed("t1"), Unplayable("no sound"), Interrupted(), ChunkStored(), ALL_THERE])
def test_what_comes_after_a_cancel_comes_too_late(late: object) -> None:
    transfer = after(ChunkStored(), ALL_THERE, Abandon())
    assert UPLOAD.fire(transfer, late) is IGNORED
    assert (transfer.state, transfer.track_id, transfer.error) == ("cancelled", None, None)


def test_an_error_keeps_its_message_whoever_cancels() -> None:
    transfer = after(ChunkStored(), ALL_THERE, Unplayable("no sound in it"), Abandon())
    assert (transfer.state, transfer.error) == ("error", "no sound in it")


ALPHABET = (ChunkStored(), ALL_THERE, LACKING, Committed("t1"), Unplayable("no sound"), Interrupted(), Abandon("gone"))
EXPECTED: dict[tuple[str, str], set[Possible]] = {
    **{(state, event.__name__): {(IGNORED, state)} for state in UPLOAD.states for event in UPLOAD.events},
    ("pending", "ChunkStored"): {(MOVED, "uploading")},
    ("pending", "Abandon"): {(MOVED, "cancelled")},
    ("uploading", "ChunkStored"): {(MOVED, "uploading")},
    ("uploading", "Finalize"): {(MOVED, "processing"), (REFUSED, "uploading")},
    ("uploading", "Abandon"): {(MOVED, "cancelled")},
    ("processing", "Committed"): {(MOVED, "completed")},
    ("processing", "Unplayable"): {(MOVED, "error")},
    ("processing", "Interrupted"): {(MOVED, "uploading")},
    ("processing", "Abandon"): {(MOVED, "cancelled")},
}


class Known(Struct, frozen=True):
    """What has been carried out so far."""

    discarded: bool = False
    working: bool = False
    ended: str | None = None

    def after(self, step: Step) -> "Known":
        known = self
        if step.outcome is MOVED:
            begins = isinstance(step.event, Finalize)
            ends = isinstance(step.event, Committed | Unplayable | Interrupted) or StopWork() in step.effects
            known = replace(known, working=begins or (known.working and not ends))
        for effect in step.effects:
            if effect == DiscardPart():
                assert not known.discarded, "discarded twice"
                known = replace(known, discarded=True)
            if effect == StopWork():
                assert self.working, "work was stopped that nobody did"
        if step.after.state in ENDS:
            assert known.ended in (None, step.after.state), "an end was not final"
            known = replace(known, ended=step.after.state)
        return known


def walk() -> Iterable[tuple[Known, Step]]:
    return every_step(UPLOAD, Transfer(), lambda *_: ALPHABET, Known(), Known.after)


def test_every_event_in_every_state_has_the_outcome_that_was_expected() -> None:
    assert possible_outcomes(step for _, step in walk()) == EXPECTED
    assert len(EXPECTED) == len(UPLOAD.states) * len(UPLOAD.events)


def test_on_every_walk_the_bytes_are_kept_exactly_until_the_end_and_work_is_done_exactly_while_it_says_so() -> None:
    for known, step in walk():
        assert known.discarded == (step.after.state in ENDS), step.path
        assert known.working == (step.after.state == "processing"), step.path
        assert (step.after.state in OPEN) == (known.ended is None), step.path


def test_on_every_walk_only_a_track_has_a_track_and_only_an_end_a_reason() -> None:
    for _, step in walk():
        assert (step.after.track_id is not None) == (step.after.state == "completed"), step.path
        assert (step.after.error is not None) == (step.after.state in ("error", "cancelled")), step.path
