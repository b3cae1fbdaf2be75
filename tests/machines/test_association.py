"""The association session, against the section "Association machine" of behaviour.md and the wire's steps."""

from collections.abc import Iterable
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from tests.machines.walks import Possible, Step, every_step, possible_outcomes
from tomb.machines.association import (
    ASSOCIATION,
    ENDS,
    OPEN,
    Announce,
    AssociationSession,
    Cancel,
    Effect,
    Expired,
    Link,
    NotStored,
    Override,
    Stored,
    TagPlaced,
    WithdrawLink,
    open_session,
)
from tomb.machines.table import ClearTimer, Outcome, SetTimer
from tomb.models import ExistingPlaylist

MOVED, REFUSED, IGNORED = Outcome.MOVED, Outcome.REFUSED, Outcome.IGNORED
OURS = ExistingPlaylist(id="p1", title="Songs for the bath")
THEIRS = ExistingPlaylist(id="p2", title="Pirates")
OTHERS = ExistingPlaylist(id="p3", title="Trains")
PUT = "Put a tag on the box."


def opened(playlist_id: str | None, *, override: bool = False) -> AssociationSession:
    return open_session(playlist_id, 7, 60.0, override=override)


def effects_of(session: AssociationSession, *events: object) -> list[Effect]:
    """The effects of these events, without those that opened the session and the end of its timer."""
    session.effects.clear()
    for event in events:
        ASSOCIATION.fire(session, event)
    return [effect for effect in session.effects if effect != ClearTimer()]


def test_a_session_opens_with_its_deadline_and_by_saying_that_it_waits() -> None:
    session = opened("p1")
    assert (session.state, session.effects) == ("waiting", [SetTimer(60.0, 7), Announce("waiting", PUT)])


def test_a_session_that_replaces_a_tag_says_so_to_whoever_stores_and_never_replaces_a_tag_by_itself() -> None:
    def replacing() -> AssociationSession:
        return open_session("p1", 7, 60.0, replaces="A")

    assert effects_of(replacing(), TagPlaced("B", None)) == [Link("B", override=False, replaces="A")]
    assert effects_of(replacing(), TagPlaced("B", OURS)) == [Link("B", override=False, replaces="A")]
    assert effects_of(replacing(), TagPlaced("B", THEIRS), Override())[1:] == [Link("B", override=True, replaces="A")]
    assert effects_of(replacing(), TagPlaced("A", None)) == [Link("A", override=False)]
    [kept] = effects_of(replacing(), TagPlaced("A", OURS))
    assert isinstance(kept, Announce)
    assert kept.state == "success"


@pytest.mark.parametrize(("playlist_id", "override"), [("p1", False), ("p1", True), (None, False)])
def test_what_has_another_number_each_time_is_declined_with_the_reason_and_a_tag_is_waited_for_on(
    playlist_id: str | None, override: bool
) -> None:
    session = opened(playlist_id, override=override)
    [said] = effects_of(session, TagPlaced("08A1B2C3", None, is_random=True))
    assert isinstance(said, Announce)
    assert (session.state, said.state, said.tag_id, said.reason) == ("waiting", "waiting", None, "random_id")
    effects_of(session, TagPlaced("A", None))
    assert session.state == ("storing" if playlist_id else "success")
    if not override and playlist_id:
        asked = opened(playlist_id)
        effects_of(asked, TagPlaced("B", THEIRS), TagPlaced("08A1B2C3", None, is_random=True))
        assert (asked.state, asked.tag_id, asked.existing_playlist) == ("waiting", None, None)


def test_the_deadline_of_another_session_is_refused() -> None:
    session = opened("p1")
    assert ASSOCIATION.fire(session, Expired(6)) is REFUSED
    effects_of(session, TagPlaced("A", None))
    assert ASSOCIATION.fire(session, Expired(6)) is REFUSED
    assert session.state == "storing"


def test_a_free_tag_is_linked_and_only_then_the_session_is_a_success() -> None:
    session = opened("p1")
    assert effects_of(session, TagPlaced("A", None)) == [Link("A", override=False)]
    assert effects_of(session, Stored()) == [Announce("success", "The tag is linked.", "A")]


def test_a_tag_of_this_very_playlist_is_a_success_without_storing() -> None:
    session = opened("p1")
    assert effects_of(session, TagPlaced("A", OURS)) == [
        Announce("success", "This tag is linked to this playlist already.", "A")
    ]


def test_a_tag_of_another_playlist_asks_first_and_names_the_owner() -> None:
    session = opened("p1")
    assert effects_of(session, TagPlaced("A", THEIRS)) == [
        Announce("duplicate", "This tag is linked to “Pirates”.", "A", THEIRS)
    ]
    assert (session.state, session.tag_id, session.existing_playlist) == ("duplicate", "A", THEIRS)


@pytest.mark.parametrize("override", [Override(), Override("A")])
def test_an_override_takes_the_tag_in_question_from_its_owner(override: Override) -> None:
    session = opened("p1")
    effects_of(session, TagPlaced("A", THEIRS))
    assert effects_of(session, override, Stored()) == [
        Link("A", override=True),
        Announce("success", "The tag is linked.", "A"),
    ]


def test_the_same_duplicate_is_announced_once_however_often_it_is_placed() -> None:
    session = opened("p1")
    assert len(effects_of(session, TagPlaced("A", THEIRS), TagPlaced("A", THEIRS))) == 1


def test_another_tag_in_a_duplicate_is_judged_afresh() -> None:
    def asked() -> AssociationSession:
        session = opened("p1")
        effects_of(session, TagPlaced("A", THEIRS))
        return session

    assert effects_of(asked(), TagPlaced("B", None)) == [Link("B", override=False)]
    assert effects_of(asked(), TagPlaced("B", OTHERS)) == [
        Announce("duplicate", "This tag is linked to “Trains”.", "B", OTHERS)
    ]
    assert effects_of(asked(), TagPlaced("B", OURS))[0] == Announce(
        "success", "This tag is linked to this playlist already.", "B"
    )
    assert effects_of(asked(), TagPlaced("A", None)) == [Link("A", override=False)]


def test_in_override_mode_any_tag_is_linked() -> None:
    for owner in (None, THEIRS):
        session = opened("p1", override=True)
        assert effects_of(session, TagPlaced("A", owner)) == [Link("A", override=True)]


def test_a_waiting_session_can_be_asked_to_override_the_next_tag_or_a_tag_by_name() -> None:
    assert effects_of(opened("p1"), Override(), TagPlaced("A", THEIRS)) == [Link("A", override=True)]
    assert effects_of(opened("p1"), Override("C")) == [Link("C", override=True)]


def test_a_session_without_a_playlist_reports_the_next_tag_and_links_nothing() -> None:
    assert effects_of(opened(None), TagPlaced("A", None)) == [
        Announce("success", "This tag is not linked to a playlist.", "A")
    ]
    assert effects_of(opened(None, override=True), TagPlaced("A", THEIRS)) == [
        Announce("success", "This tag plays “Pirates”.", "A", THEIRS)
    ]
    assert ASSOCIATION.fire(opened(None), Override("A")) is REFUSED


@pytest.mark.parametrize(
    ("event", "end"),
    [
        (Cancel(), Announce("cancelled", "cancelled")),
        (Cancel("the playlist was deleted"), Announce("cancelled", "the playlist was deleted")),
        (Expired(7), Announce("timeout", "No tag was linked in time.")),
    ],
)
def test_a_session_ends_as_asked_and_says_why(event: object, end: Announce) -> None:
    session = opened("p1")
    assert effects_of(session, event) == [end]
    assert session.state == end.state
    assert session.effects[-1] == ClearTimer()
    in_question = opened("p1")
    effects_of(in_question, TagPlaced("A", THEIRS))
    assert effects_of(in_question, event) == [replace(end, tag_id="A", existing_playlist=THEIRS)]


def test_a_failing_store_ends_in_error_with_its_message() -> None:
    session = opened("p1")
    assert effects_of(session, TagPlaced("A", None), NotStored("The disk is full.")) == [
        Link("A", override=False),
        Announce("error", "The disk is full.", "A"),
    ]


def test_a_tag_that_was_taken_between_the_look_up_and_the_store_is_a_duplicate() -> None:
    session = opened("p1")
    assert effects_of(session, TagPlaced("A", None), NotStored("taken", THEIRS))[1:] == [
        Announce("duplicate", "This tag is linked to “Pirates”.", "A", THEIRS)
    ]
    assert effects_of(session, Override(), Stored())[0] == Link("A", override=True)
    assert session.state == "success"


def test_a_tag_with_an_action_is_asked_about_once_and_an_override_takes_it() -> None:
    session = opened("p1")
    taken = NotStored("it pauses", acts=True)
    asked = Announce("duplicate", "This tag does something else already.", "A")
    assert effects_of(session, TagPlaced("A", None), taken)[1:] == [asked]
    assert effects_of(session, TagPlaced("A", None), taken)[1:] == []
    assert effects_of(session, Override(), Stored()) == [
        Link("A", override=True),
        Announce("success", "The tag is linked.", "A"),
    ]


@pytest.mark.parametrize("end", [Cancel("enough"), Expired(7)])
def test_an_end_asked_for_while_storing_asks_for_the_link_back_and_waits_for_the_answer(end: object) -> None:
    session = opened("p1")
    assert effects_of(session, TagPlaced("A", None), end) == [Link("A", override=False), WithdrawLink()]
    assert session.state == "ending"
    assert effects_of(session, Stored()) == [Announce("success", "The tag is linked.", "A")]


@pytest.mark.parametrize(
    ("ends", "announced"),
    [
        ((Cancel("enough"), Expired(7)), Announce("cancelled", "enough")),
        ((Cancel("superseded"), Cancel("enough")), Announce("cancelled", "superseded")),
        ((Expired(7), Cancel("superseded")), Announce("timeout", "No tag was linked in time.")),
    ],
)
@pytest.mark.parametrize("answer", [NotStored("withdrawn"), NotStored("taken", THEIRS)])
def test_if_nothing_was_stored_the_session_ends_as_it_was_first_asked(
    ends: tuple[object, object], announced: Announce, answer: NotStored
) -> None:
    session = opened("p1")
    effects_of(session, TagPlaced("A", None), *ends)
    assert effects_of(session, answer) == [announced]
    assert session.state == announced.state


def test_a_second_tag_while_storing_means_nothing() -> None:
    for ends in ((), (Cancel(),)):
        session = opened("p1")
        effects_of(session, TagPlaced("A", None), *ends)
        for tag in (TagPlaced("B", None), TagPlaced("B", THEIRS), TagPlaced("B", OURS), Override("B"), Override()):
            assert ASSOCIATION.fire(session, tag) is IGNORED
        assert effects_of(session, Stored()) == [Announce("success", "The tag is linked.", "A")]


ALPHABET: tuple[object, ...] = (
    *(TagPlaced(tag, owner) for tag in "AB" for owner in (None, OURS, THEIRS)),
    TagPlaced("R", None, is_random=True),
    *(Override(tag) for tag in (None, "A", "B")),
    Cancel("enough"),
    Expired(6),
    Expired(7),
    Stored(),
    NotStored("taken", THEIRS),
    NotStored("it pauses", acts=True),
    NotStored("The disk is full."),
)
EXPECTED: dict[tuple[str, str], set[Possible]] = {
    ("waiting", "TagPlaced"): {(MOVED, "waiting"), (MOVED, "storing"), (MOVED, "duplicate"), (MOVED, "success")},
    ("waiting", "Override"): {(MOVED, "waiting"), (MOVED, "storing"), (REFUSED, "waiting")},
    ("waiting", "Cancel"): {(MOVED, "cancelled")},
    ("waiting", "Expired"): {(MOVED, "timeout"), (REFUSED, "waiting")},
    ("waiting", "Stored"): {(IGNORED, "waiting")},
    ("waiting", "NotStored"): {(IGNORED, "waiting")},
    ("duplicate", "TagPlaced"): {(MOVED, "waiting"), (MOVED, "storing"), (MOVED, "duplicate"), (MOVED, "success")},
    ("duplicate", "Override"): {(MOVED, "storing")},
    ("duplicate", "Cancel"): {(MOVED, "cancelled")},
    ("duplicate", "Expired"): {(MOVED, "timeout"), (REFUSED, "duplicate")},
    ("duplicate", "Stored"): {(IGNORED, "duplicate")},
    ("duplicate", "NotStored"): {(IGNORED, "duplicate")},
    ("storing", "TagPlaced"): {(IGNORED, "storing")},
    ("storing", "Override"): {(IGNORED, "storing")},
    ("storing", "Cancel"): {(MOVED, "ending")},
    ("storing", "Expired"): {(MOVED, "ending"), (REFUSED, "storing")},
    ("storing", "Stored"): {(MOVED, "success")},
    ("storing", "NotStored"): {(MOVED, "duplicate"), (MOVED, "error")},
    ("ending", "TagPlaced"): {(IGNORED, "ending")},
    ("ending", "Override"): {(IGNORED, "ending")},
    ("ending", "Cancel"): {(IGNORED, "ending")},
    ("ending", "Expired"): {(IGNORED, "ending")},
    ("ending", "Stored"): {(MOVED, "success")},
    ("ending", "NotStored"): {(MOVED, "timeout"), (MOVED, "cancelled")},
    **{(end, event.__name__): {(IGNORED, end)} for end in ENDS for event in ASSOCIATION.events},
}


class Known(Struct, frozen=True):
    """What clients and the librarian know so far: the last announcement, the link under way and whether it was asked
    back, whether one was stored, whether anybody asked for an end, and whether the deadline still runs."""

    last: Announce
    under_way: Link | None = None
    withdrawn: bool = False
    stored: str | None = None
    end_asked: bool = False
    timer: bool = True

    def after(self, step: Step) -> "Known":
        answered = isinstance(step.event, Stored | NotStored) and step.outcome is MOVED
        stored = self.under_way.tag_id if self.under_way and step.event == Stored() and answered else self.stored
        known = replace(self, stored=stored)
        known = replace(known, under_way=None, withdrawn=False) if answered else known
        for effect in step.effects:
            known = known.with_effect(effect)
        ends = isinstance(step.event, Cancel) or step.event == Expired(7)
        return replace(known, end_asked=known.end_asked or ends)

    def with_effect(self, effect: object) -> "Known":
        match effect:
            case Link():
                assert self.under_way is None, "a link was asked for while another was under way"
                assert self.stored is None, "a second link after a success"
                assert not self.end_asked, "a link after the session was asked to end"
                return replace(self, under_way=effect)
            case WithdrawLink():
                assert self.under_way is not None, "there is nothing to withdraw"
                assert not self.withdrawn, "withdrawn twice"
                return replace(self, withdrawn=True)
            case ClearTimer():
                assert self.timer, "cleared twice"
                return replace(self, timer=False)
            case _:
                assert isinstance(effect, Announce)
                assert effect != self.last, "a step was announced twice"
                assert self.last.state not in ENDS, "something was announced after the end"
                return replace(self, last=effect)


STARTS = [opened(playlist, override=override) for playlist in ("p1", None) for override in (False, True)]


def walk() -> Iterable[tuple[Known, Step]]:
    """Every step of every session: the contexts are finite, so there is no depth to choose."""
    for start in STARTS:
        yield from every_step(ASSOCIATION, start, lambda *_: ALPHABET, Known(Announce("waiting", PUT)), Known.after)


def test_every_event_in_every_state_has_the_outcomes_that_were_expected() -> None:
    found = possible_outcomes(step for _, step in walk())
    assert found == EXPECTED
    assert len(EXPECTED) == len(ASSOCIATION.states) * len(ASSOCIATION.events)


def test_on_every_walk_each_step_is_announced_once_and_what_is_announced_is_true() -> None:
    for known, step in walk():
        session = cast(AssociationSession, step.after)
        storing = session.state in ("storing", "ending")
        assert storing or known.last.state == session.state, step.path
        assert not storing or known.last.state in OPEN, step.path
        assert (known.under_way is not None) == (session.link is not None) == storing, step.path
        assert known.withdrawn == (session.state == "ending"), step.path
        assert known.timer == (session.state not in ENDS), step.path
        if session.state not in ENDS:
            assert (known.last.tag_id, known.last.existing_playlist) == (session.tag_id, session.existing_playlist)
        if session.state == "duplicate":
            assert session.tag_id is not None, step.path
            acts = NotStored("it pauses", acts=True) in step.path
            assert acts or session.existing_playlist is not None, step.path


def test_on_every_walk_a_link_is_stored_only_by_a_success_and_a_report_links_nothing() -> None:
    for known, step in walk():
        assert known.stored is None or (step.after.state, known.last.tag_id) == ("success", known.stored), step.path
        assert step.after.playlist_id is not None or (known.stored, known.under_way) == (None, None), step.path


@given(
    st.sampled_from([("p1", False), ("p1", True), (None, False)]),
    st.dictionaries(st.sampled_from("ABC"), st.sampled_from(["p1", "p2", "p3"])),
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.sampled_from("ABC")),
            st.tuples(st.just("override"), st.sampled_from(["A", "B", ""])),
            st.tuples(st.sampled_from(["cancel", "expire", "supersede", "fail"]), st.just("")),
        ),
        max_size=12,
    ),
)
def test_with_a_librarian_that_answers_a_session_does_what_behaviour_says(
    kind: tuple[str | None, bool], owners: dict[str, str], story: list[tuple[str, str]]
) -> None:
    playlist_id, override = kind
    oracle = Oracle(playlist_id, override, dict(owners))
    world, session = dict(owners), opened(playlist_id, override=override)
    failing = False
    for what, tag in story:
        failing = failing or what == "fail"
        oracle.happens(what, tag)
        match what:
            case "put":
                ASSOCIATION.fire(session, TagPlaced(tag, _playlist(world.get(tag))))
            case "override":
                ASSOCIATION.fire(session, Override(tag or None))
            case "cancel" | "supersede":
                ASSOCIATION.fire(session, Cancel("superseded" if what == "supersede" else "cancelled"))
            case "expire":
                ASSOCIATION.fire(session, Expired(7))
        _answer(session, world, failing)
        assert (session.state, world) == (oracle.state, oracle.owners)


def _playlist(playlist_id: str | None) -> ExistingPlaylist | None:
    return None if playlist_id is None else ExistingPlaylist(id=playlist_id, title=playlist_id)


def _answer(session: AssociationSession, world: dict[str, str], failing: bool) -> None:
    """The librarian: one transaction a link."""
    effects, session.effects = session.effects, []
    for effect in effects:
        if isinstance(effect, Link):
            assert session.playlist_id is not None
            if failing:
                ASSOCIATION.fire(session, NotStored("The disk is full."))
            else:
                assert effect.override or effect.tag_id not in world
                world[effect.tag_id] = session.playlist_id
                ASSOCIATION.fire(session, Stored())


class Oracle:
    """The paragraph of behaviour.md, told as one story: who owns which tag, and what the session says."""

    def __init__(self, playlist_id: str | None, override: bool, owners: dict[str, str]) -> None:
        self.state = "waiting"
        self.owners = owners
        self._playlist_id = playlist_id
        self._any_tag = override
        self._asked_about = ""
        self._disk_works = True

    def happens(self, what: str, tag: str) -> None:
        if what == "fail":
            self._disk_works = False
        elif self.state in ("success", "timeout", "cancelled", "error"):
            return
        elif what == "put":
            self._put(tag)
        elif what == "override" and self._playlist_id is not None:
            self._override(tag)
        elif what == "expire":
            self.state = "timeout"
        elif what in ("cancel", "supersede"):
            self.state = "cancelled"

    def _put(self, tag: str) -> None:
        owner = self.owners.get(tag)
        if self._playlist_id is None or owner == self._playlist_id:
            self.state = "success"
        elif owner is None or self._any_tag:
            self._store(tag)
        else:
            self.state, self._asked_about = "duplicate", tag

    def _override(self, tag: str) -> None:
        if tag or self.state == "duplicate":
            self._store(tag or self._asked_about)
        else:
            self._any_tag = True

    def _store(self, tag: str) -> None:
        if not self._disk_works:
            self.state = "error"
            return
        assert self._playlist_id is not None
        self.owners[tag] = self._playlist_id
        self.state = "success"
