"""The association session, against the section "Association machine" of behaviour.md and the wire's steps."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.machines.walks import Possible, Step, every_step, possible_outcomes
from tomb.machines.association import (
    ASSOCIATION,
    ENDS,
    Announce,
    Cancel,
    Expired,
    Link,
    Override,
    Session,
    Stored,
    StoreFailed,
    Superseded,
    TagPlaced,
    Taken,
    open_session,
)
from tomb.machines.table import Outcome
from tomb.models import ExistingPlaylist

MOVED, REFUSED, IGNORED = Outcome.MOVED, Outcome.REFUSED, Outcome.IGNORED
OURS = ExistingPlaylist(id="p1", title="Songs for the bath")
THEIRS = ExistingPlaylist(id="p2", title="Pirates")
OTHERS = ExistingPlaylist(id="p3", title="Trains")
PUT = "Put a tag on the box."


def told(session: Session, *events: object) -> list[Link | Announce]:
    """The effects of these events, without the announcement that opened the session."""
    session.effects.clear()
    for event in events:
        ASSOCIATION.fire(session, event)
    return session.effects


def test_a_session_opens_by_saying_that_it_waits() -> None:
    session = open_session("p1")
    assert (session.state, session.effects) == ("waiting", [Announce("waiting", PUT)])


def test_a_free_tag_is_linked_and_only_then_the_session_is_a_success() -> None:
    session = open_session("p1")
    assert told(session, TagPlaced("A", None)) == [Link("A", override=False)]
    assert told(session, Stored()) == [Announce("success", "The tag is linked.", "A")]


def test_a_tag_of_this_very_playlist_is_a_success_without_storing() -> None:
    session = open_session("p1")
    assert told(session, TagPlaced("A", OURS)) == [
        Announce("success", "This tag is linked to this playlist already.", "A")
    ]


def test_a_tag_of_another_playlist_asks_first_and_names_the_owner() -> None:
    session = open_session("p1")
    assert told(session, TagPlaced("A", THEIRS)) == [
        Announce("duplicate", "This tag is linked to “Pirates”.", "A", THEIRS)
    ]
    assert (session.state, session.tag_id, session.existing_playlist) == ("duplicate", "A", THEIRS)


@pytest.mark.parametrize("override", [Override(), Override("A")])
def test_an_override_takes_the_tag_in_question_from_its_owner(override: Override) -> None:
    session = open_session("p1")
    told(session, TagPlaced("A", THEIRS))
    assert told(session, override, Stored()) == [
        Link("A", override=True),
        Announce("success", "The tag is linked.", "A"),
    ]


def test_the_same_duplicate_is_told_once_however_often_it_is_placed() -> None:
    session = open_session("p1")
    assert len(told(session, TagPlaced("A", THEIRS), TagPlaced("A", THEIRS))) == 1


def test_another_tag_in_a_duplicate_is_judged_afresh() -> None:
    def asked() -> Session:
        session = open_session("p1")
        told(session, TagPlaced("A", THEIRS))
        return session

    assert told(asked(), TagPlaced("B", None)) == [Link("B", override=False)]
    assert told(asked(), TagPlaced("B", OTHERS)) == [
        Announce("duplicate", "This tag is linked to “Trains”.", "B", OTHERS)
    ]
    assert told(asked(), TagPlaced("B", OURS))[0] == Announce(
        "success", "This tag is linked to this playlist already.", "B"
    )
    assert told(asked(), TagPlaced("A", None)) == [Link("A", override=False)]


def test_in_override_mode_any_tag_is_linked() -> None:
    for owner in (None, THEIRS):
        session = open_session("p1", override=True)
        assert told(session, TagPlaced("A", owner)) == [Link("A", override=True)]


def test_a_waiting_session_can_be_told_to_override_the_next_tag_or_a_tag_by_name() -> None:
    assert told(open_session("p1"), Override(), TagPlaced("A", THEIRS)) == [Link("A", override=True)]
    assert told(open_session("p1"), Override("C")) == [Link("C", override=True)]


def test_a_session_without_a_playlist_reports_the_next_tag_and_links_nothing() -> None:
    assert told(open_session(None), TagPlaced("A", None)) == [
        Announce("success", "This tag is not linked to a playlist.", "A")
    ]
    assert told(open_session(None, override=True), TagPlaced("A", THEIRS)) == [
        Announce("success", "This tag plays “Pirates”.", "A", THEIRS)
    ]
    assert ASSOCIATION.fire(open_session(None), Override("A")) is REFUSED


@pytest.mark.parametrize(
    ("event", "end"),
    [
        (Cancel(), Announce("cancelled", "cancelled")),
        (Cancel("the playlist was deleted"), Announce("cancelled", "the playlist was deleted")),
        (Superseded(), Announce("cancelled", "superseded")),
        (Expired(), Announce("timeout", "No tag was linked in time.")),
    ],
)
def test_a_session_ends_as_asked_and_says_why(event: object, end: Announce) -> None:
    session = open_session("p1")
    assert told(session, event) == [end]
    assert session.state == end.state
    in_question = open_session("p1")
    told(in_question, TagPlaced("A", THEIRS))
    assert told(in_question, event) == [replace(end, tag_id="A", existing_playlist=THEIRS)]


def test_a_failing_store_ends_in_error_with_its_message() -> None:
    session = open_session("p1")
    assert told(session, TagPlaced("A", None), StoreFailed("The disk is full.")) == [
        Link("A", override=False),
        Announce("error", "The disk is full.", "A"),
    ]


def test_a_tag_that_was_taken_between_the_look_up_and_the_store_is_a_duplicate() -> None:
    session = open_session("p1")
    assert told(session, TagPlaced("A", None), Taken(THEIRS))[1:] == [
        Announce("duplicate", "This tag is linked to “Pirates”.", "A", THEIRS)
    ]
    assert told(session, Override(), Stored())[0] == Link("A", override=True)
    assert session.state == "success"


@pytest.mark.parametrize("end", [Cancel("enough"), Superseded(), Expired()])
def test_an_end_asked_for_while_storing_waits_for_the_answer_which_may_be_success(end: object) -> None:
    session = open_session("p1")
    assert told(session, TagPlaced("A", None), end) == [Link("A", override=False)]
    assert told(session, Stored()) == [Announce("success", "The tag is linked.", "A")]


@pytest.mark.parametrize(
    ("ends", "told_end"),
    [
        ((Cancel("enough"), Expired()), Announce("cancelled", "enough")),
        ((Superseded(), Cancel("enough")), Announce("cancelled", "superseded")),
        ((Expired(), Superseded()), Announce("timeout", "No tag was linked in time.")),
    ],
)
def test_if_nothing_was_stored_the_session_ends_as_it_was_first_asked(
    ends: tuple[object, object], told_end: Announce
) -> None:
    session = open_session("p1")
    told(session, TagPlaced("A", None), *ends)
    assert told(session, Taken(THEIRS)) == [told_end]
    assert session.state == told_end.state


def test_a_second_tag_while_storing_is_refused() -> None:
    session = open_session("p1")
    told(session, TagPlaced("A", None))
    for tag in (TagPlaced("B", None), TagPlaced("B", THEIRS), TagPlaced("B", OURS), Override("B"), Override()):
        assert ASSOCIATION.fire(session, tag) is REFUSED
    assert told(session, Stored()) == [Announce("success", "The tag is linked.", "A")]


ALPHABET: tuple[object, ...] = (
    *(TagPlaced(tag, owner) for tag in "AB" for owner in (None, OURS, THEIRS)),
    *(Override(tag) for tag in (None, "A", "B")),
    Cancel("enough"),
    Superseded(),
    Expired(),
    Stored(),
    Taken(THEIRS),
    StoreFailed("The disk is full."),
)
EXPECTED: dict[tuple[str, str], set[Possible]] = {
    ("waiting", "TagPlaced"): {(MOVED, "waiting"), (MOVED, "duplicate"), (MOVED, "success"), (REFUSED, "waiting")},
    ("waiting", "Override"): {(MOVED, "waiting"), (REFUSED, "waiting")},
    ("waiting", "Cancel"): {(MOVED, "waiting"), (MOVED, "cancelled")},
    ("waiting", "Superseded"): {(MOVED, "waiting"), (MOVED, "cancelled")},
    ("waiting", "Expired"): {(MOVED, "waiting"), (MOVED, "timeout")},
    ("waiting", "Stored"): {(MOVED, "success"), (REFUSED, "waiting")},
    ("waiting", "Taken"): {
        (MOVED, "duplicate"),
        (MOVED, "cancelled"),
        (MOVED, "timeout"),
        (REFUSED, "waiting"),
    },
    ("waiting", "StoreFailed"): {(MOVED, "error"), (REFUSED, "waiting")},
    ("duplicate", "TagPlaced"): {(MOVED, "duplicate"), (MOVED, "success"), (REFUSED, "duplicate")},
    ("duplicate", "Override"): {(MOVED, "duplicate"), (REFUSED, "duplicate")},
    ("duplicate", "Cancel"): {(MOVED, "duplicate"), (MOVED, "cancelled")},
    ("duplicate", "Superseded"): {(MOVED, "duplicate"), (MOVED, "cancelled")},
    ("duplicate", "Expired"): {(MOVED, "duplicate"), (MOVED, "timeout")},
    ("duplicate", "Stored"): {(MOVED, "success"), (REFUSED, "duplicate")},
    ("duplicate", "Taken"): {
        (MOVED, "duplicate"),
        (MOVED, "cancelled"),
        (MOVED, "timeout"),
        (REFUSED, "duplicate"),
    },
    ("duplicate", "StoreFailed"): {(MOVED, "error"), (REFUSED, "duplicate")},
    **{(end, event.__name__): {(IGNORED, end)} for end in ENDS for event in ASSOCIATION.events},
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a client and the librarian were told so far: the last announcement, the link under way, and whether it was
    stored, and whether anybody asked for an end before the last link."""

    last: Announce
    under_way: Link | None = None
    stored: str | None = None
    end_asked: bool = False

    def after(self, step: Step) -> "Told":
        answered = isinstance(step.event, Stored | Taken | StoreFailed) and step.outcome is MOVED
        stored = self.under_way.tag_id if self.under_way and step.event == Stored() and answered else self.stored
        known = replace(self, under_way=None if answered else self.under_way, stored=stored)
        for effect in step.effects:
            known = known.with_effect(effect)
        ends = isinstance(step.event, Cancel | Superseded | Expired)
        return replace(known, end_asked=known.end_asked or ends)

    def with_effect(self, effect: object) -> "Told":
        if isinstance(effect, Link):
            assert self.under_way is None, "a link was asked for while another was under way"
            assert self.stored is None, "a second link after a success"
            assert not self.end_asked, "a link after the session was asked to end"
            return replace(self, under_way=effect)
        assert isinstance(effect, Announce)
        assert effect != self.last, "a step was told twice"
        assert self.last.state not in ENDS, "something was told after the end"
        return replace(self, last=effect)


STARTS = [open_session(playlist, override=override) for playlist in ("p1", None) for override in (False, True)]


def walk() -> Iterable[tuple[Told, Step]]:
    """Every step of every session: the contexts are finite, so there is no depth to choose."""
    for start in STARTS:
        yield from every_step(ASSOCIATION, start, lambda *_: ALPHABET, Told(Announce("waiting", PUT)), Told.after)


def test_every_event_in_every_state_has_the_outcomes_that_were_expected() -> None:
    found = possible_outcomes(step for _, step in walk())
    assert found == EXPECTED
    assert len(EXPECTED) == len(ASSOCIATION.states) * len(ASSOCIATION.events)


def test_on_every_walk_each_step_is_told_once_and_what_is_told_is_true() -> None:
    for known, step in walk():
        session = cast(Session, step.after)
        assert known.last.state == session.state, step.path
        assert (known.under_way is not None) == (session.pending is not None), step.path
        if session.state not in ENDS:
            assert (known.last.tag_id, known.last.existing_playlist) == (session.tag_id, session.existing_playlist)
        if session.state == "duplicate":
            assert session.tag_id is not None, step.path
            assert session.existing_playlist is not None, step.path


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
    world, session = dict(owners), open_session(playlist_id, override=override)
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
                ASSOCIATION.fire(session, Cancel() if what == "cancel" else Superseded())
            case "expire":
                ASSOCIATION.fire(session, Expired())
        _answer(session, world, failing)
        assert (session.state, world) == (oracle.state, oracle.owners)


def _playlist(playlist_id: str | None) -> ExistingPlaylist | None:
    return None if playlist_id is None else ExistingPlaylist(id=playlist_id, title=playlist_id)


def _answer(session: Session, world: dict[str, str], failing: bool) -> None:
    """The librarian: one transaction a link."""
    effects, session.effects = session.effects, []
    for effect in effects:
        if isinstance(effect, Link):
            assert session.playlist_id is not None
            if failing:
                ASSOCIATION.fire(session, StoreFailed("The disk is full."))
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
