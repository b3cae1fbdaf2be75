"""Association sessions on virtual time: in a whole box, and with a library that takes its time and changes its mind."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from random import Random
from time import perf_counter

import pytest
import trio
from pydantic_core import from_json

from tests.machines.walks import rows_of, rows_recorded
from tests.rigs.box import TAGS, UNKNOWN_TAG, VirtualBox, virtual_box
from tests.rigs.virtual import virtual_time
from tomb.errors import BadRequest, Conflict, NoSpace, NotFound, RequestError
from tomb.events import Event, Events
from tomb.machines.association import ASSOCIATION, ENDS
from tomb.models import ExistingPlaylist, PlaylistLite, Tag, TagAction
from tomb.nurseries.linking import Linking, LiveSession
from tomb.nurseries.machine_states import MachineStates
from tomb.ports import VirtualPorts

pytestmark = virtual_time


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[VirtualBox]:
    async with virtual_box(tmp_path) as box:
        yield box


def _steps(box: VirtualBox) -> list[tuple[str, str | None]]:
    return [(step["state"], step.get("tag_id")) for step in box.told("nfc_association_state")]


async def test_a_free_tag_is_linked_and_then_plays(box: VirtualBox) -> None:
    playlist_id = await box.add("One", 60)
    await box.services.linking.open(playlist_id)
    await box.tap(TAGS[0])
    assert _steps(box) == [("waiting", None), ("success", TAGS[0])]
    assert box.state == "stopped"
    await box.tap(TAGS[0])
    assert box.services.deck.state(0).active_playlist_id == playlist_id


async def test_the_tag_that_ended_a_session_starts_nothing_until_it_is_lifted(box: VirtualBox) -> None:
    playlist_id = await box.add("One", 60)
    await box.services.linking.open(playlist_id)
    box.reader.place(TAGS[0])
    await trio.sleep(300)
    assert box.state == "stopped"
    box.reader.lift()
    await trio.sleep(1)
    assert box.told("nfc_tag") == []
    await box.tap(TAGS[0])
    assert box.state == "playing"


async def test_a_tag_of_another_playlist_asks_and_an_override_moves_it(box: VirtualBox) -> None:
    old = await box.add("Old", 60, tag_id=TAGS[0])
    new = await box.add("New", 60)
    await box.services.linking.open(new)
    await box.tap(TAGS[0])
    duplicate = box.told("nfc_association_state")[-1]
    assert (duplicate["state"], duplicate["existing_playlist"]) == ("duplicate", {"id": old, "title": "Old"})
    await box.services.linking.override(new)
    assert _steps(box)[-1] == ("success", TAGS[0])
    assert box.services.librarian.lite(old).nfc_tag_id is None
    assert box.services.librarian.lite(new).nfc_tag_id == TAGS[0]


async def test_a_tag_with_an_action_asks_and_an_override_links_it(box: VirtualBox) -> None:
    new = await box.add("New", 60)
    await box.services.librarian.assign_tag(TAGS[0], TagAction(action="pause"))
    await box.services.linking.open(new)
    await box.tap(TAGS[0])
    duplicate = box.told("nfc_association_state")[-1]
    assert (duplicate["state"], duplicate["tag_id"]) == ("duplicate", TAGS[0])
    assert "existing_playlist" not in duplicate
    await box.services.linking.override(new)
    assert _steps(box)[-1] == ("success", TAGS[0])
    assert box.services.librarian.lite(new).nfc_tag_id == TAGS[0]


async def test_an_override_that_names_the_tag_needs_no_second_scan(box: VirtualBox) -> None:
    await box.add("Old", 60, tag_id=TAGS[0])
    new = await box.add("New", 60)
    session = await box.services.linking.override(new, TAGS[0])
    assert session.machine.state == "success"
    assert box.services.librarian.lite(new).nfc_tag_id == TAGS[0]


async def test_an_override_without_a_tag_takes_whichever_comes_next(box: VirtualBox) -> None:
    await box.add("Old", 60, tag_id=TAGS[0])
    new = await box.add("New", 60)
    await box.services.linking.override(new)
    await box.tap(TAGS[0])
    assert box.services.librarian.lite(new).nfc_tag_id == TAGS[0]


async def test_a_session_adds_a_tag_and_one_that_replaces_takes_the_place_of_the_old_one(box: VirtualBox) -> None:
    old = await box.add("Old", 60, tag_id=TAGS[2])
    one = await box.add("One", 60, tag_id=TAGS[0])
    await box.services.linking.open(one)
    await box.tap(TAGS[1])
    assert box.services.librarian.lite(one).tag_ids == (TAGS[0], TAGS[1])
    session = await box.services.linking.open(one, replaces=TAGS[0])
    await box.tap(TAGS[0])  # the very tag that is to go: it is linked already
    assert (session.state, box.services.librarian.lite(one).tag_ids) == ("success", (TAGS[0], TAGS[1]))
    session = await box.services.linking.open(one, replaces=TAGS[0])
    await box.tap(TAGS[2])  # the question first
    assert _steps(box)[-1] == ("duplicate", TAGS[2])
    assert box.services.librarian.lite(one).tag_ids == (TAGS[0], TAGS[1])
    assert (await box.services.linking.override(one)).state == "success"
    assert box.services.librarian.lite(one).tag_ids == (TAGS[1], TAGS[2])
    assert box.services.librarian.lite(old).tag_ids == ()
    await box.services.linking.open(one, replaces=TAGS[1])
    await box.tap(TAGS[2])  # both are the playlist's: one is left
    assert box.services.librarian.lite(one).tag_ids == (TAGS[2],)
    assert box.services.librarian.tag_use(TAGS[0]) is box.services.librarian.tag_use(TAGS[1]) is None


async def test_a_tag_that_lies_there_already_counts_at_once(box: VirtualBox) -> None:
    playlist_id = await box.add("One", 60)
    box.reader.place(UNKNOWN_TAG)
    await trio.sleep(1)
    session = await box.services.linking.open(playlist_id)
    assert session.machine.state == "success"


async def test_a_session_ends_after_a_minute_and_that_minute_costs_milliseconds(box: VirtualBox) -> None:
    playlist_id = await box.add("One", 60)
    session = await box.services.linking.open(playlist_id)
    opened, began = trio.current_time(), perf_counter()
    while session.ended_at is None:
        await trio.sleep(1)
    assert session.machine.state == "timeout"
    assert session.ended_at - opened == pytest.approx(60)
    assert perf_counter() - began < 6  # a tenth of the minute, on any machine: it is not slept through


async def test_after_a_timeout_tags_play_again(box: VirtualBox) -> None:
    await box.add("One", 60, tag_id=TAGS[0])
    await box.services.linking.open(await box.add("Two", 60), 5)
    await trio.sleep(6)
    await box.tap(TAGS[0])
    assert box.state == "playing"


async def test_a_new_session_supersedes_the_old_one(box: VirtualBox) -> None:
    first = await box.services.linking.open(await box.add("One", 60))
    second = await box.services.linking.open(await box.add("Two", 60))
    assert (first.machine.state, first.last.message) == ("cancelled", "superseded")
    assert box.services.linking.live is second


async def test_the_deadline_of_a_superseded_session_does_not_end_the_new_one(box: VirtualBox) -> None:
    await box.services.linking.open(await box.add("One", 60), 10)
    await trio.sleep(5)
    second = await box.services.linking.open(await box.add("Two", 60), 60)
    await trio.sleep(30)
    assert second.machine.state == "waiting"


async def test_a_cancelled_session_is_listed_for_ten_seconds(box: VirtualBox) -> None:
    session = await box.services.linking.open(await box.add("One", 60))
    await box.services.linking.cancel(session.id)
    await trio.sleep(9)
    assert [each.state for each in box.services.linking.listed()] == ["cancelled"]
    await trio.sleep(2)
    assert box.services.linking.listed() == []
    with pytest.raises(NotFound):
        await box.services.linking.cancel(session.id)


async def test_a_session_that_has_ended_cannot_be_cancelled(box: VirtualBox) -> None:
    session = await box.services.linking.open(await box.add("One", 60))
    await box.tap(TAGS[0])
    with pytest.raises(BadRequest, match="success"):
        await box.services.linking.cancel(session.id)


async def test_a_session_for_a_playlist_that_is_not_there_is_refused_and_the_old_one_lives(box: VirtualBox) -> None:
    session = await box.services.linking.open(await box.add("One", 60))
    with pytest.raises(NotFound):
        await box.services.linking.open("nowhere")
    assert box.services.linking.live is session


async def test_a_scan_without_a_playlist_reports_the_tag_and_links_nothing(box: VirtualBox) -> None:
    await box.services.linking.open(None)
    await box.tap(UNKNOWN_TAG)
    assert _steps(box)[-1] == ("success", UNKNOWN_TAG)
    tag = await box.services.librarian.tag(UNKNOWN_TAG)
    assert tag is None or tag.playlist_id is None


async def test_a_playlist_deleted_during_its_session_ends_it_in_error_with_nothing_linked(box: VirtualBox) -> None:
    playlist_id = await box.add("One", 60)
    session = await box.services.linking.open(playlist_id)
    await box.services.librarian.delete(playlist_id)
    await box.tap(TAGS[0])
    assert session.machine.state == "error"
    assert box.services.librarian.tag_owner(TAGS[0]) is None


async def test_each_step_is_told_to_the_session_s_room_and_to_everybody(box: VirtualBox) -> None:
    session = await box.services.linking.open(await box.add("One", 60))
    await box.tap(TAGS[0])
    rooms = [(event.type, sorted(event.rooms)) for event in box.events if event.type.startswith("nfc_")]
    step = [("nfc_status", [f"nfc:{session.id}"]), ("nfc_association_state", ["*"])]
    assert rooms == step + step


# --- a library that takes its time ----------------------------------------------------------------------------------


@dataclass
class SlowLibrary:
    """A link waits for its turn, which may be cancelled, and is then written, which may not: as the librarian's is.

    `disk`: whether it takes the link. `rival`: whether somebody else links the tag first.
    """

    turn_s: float = 0.0
    write_s: float = 0.0
    disk: bool = True
    rival: bool = False
    owners: dict[str, str] = field(default_factory=dict)

    def lite(self, playlist_id: str) -> PlaylistLite:
        return PlaylistLite(
            id=playlist_id, title=playlist_id, track_count=0, total_duration_ms=0, created_at="", updated_at=""
        )

    def tag_owner(self, tag_id: str) -> ExistingPlaylist | None:
        owner = self.owners.get(tag_id)
        return ExistingPlaylist(id=owner, title=owner) if owner else None

    async def link_tag(
        self, tag_id: str, playlist_id: str, *, override: bool = False, replaces: str | None = None
    ) -> Tag:
        assert replaces is None
        await trio.sleep(self.turn_s)
        with trio.CancelScope(shield=True):
            await trio.sleep(self.write_s)
        if self.rival:
            self.owners[tag_id] = "theirs"
        if not self.disk:
            raise NoSpace("the disk is full")
        if self.owners.get(tag_id, playlist_id) != playlist_id and not override:
            raise Conflict("the tag belongs to another playlist")
        self.owners[tag_id] = playlist_id
        return Tag(tag_id=tag_id, playlist_id=playlist_id, created_at=0.0)


@asynccontextmanager
async def linking_with(library: SlowLibrary) -> AsyncIterator[tuple[Linking, list[Event]]]:
    ports = VirtualPorts()
    events, published = Events(ports, 0), list[Event]()
    events.subscribe(published.append)
    linking = Linking(ports, events, library, MachineStates())
    async with trio.open_nursery() as nursery:
        await nursery.start(linking.run)
        yield linking, published
        nursery.cancel_scope.cancel()


async def test_a_session_that_is_cancelled_while_its_link_waits_for_the_disk_ends_at_once_and_links_nothing() -> None:
    library = SlowLibrary(turn_s=7.0)
    async with linking_with(library) as (linking, _):
        session, began = await linking.open("p1"), trio.current_time()
        linking.placed("A")
        await trio.sleep(1)
        assert await linking.cancel(session.id) is session
        assert (session.state, trio.current_time() - began) == ("cancelled", 1)
        await trio.sleep(60)
        assert library.owners == {}


async def test_a_link_that_is_being_written_cannot_be_cancelled_and_whoever_tries_hears_that_it_was_stored() -> None:
    library = SlowLibrary(write_s=3.0)
    async with linking_with(library) as (linking, _):
        session = await linking.open("p1")
        linking.placed("A")
        await trio.sleep(1)
        with pytest.raises(BadRequest, match="success"):
            await linking.cancel(session.id)
        assert library.owners == {"A": "p1"}


async def test_a_cancelled_session_whose_link_came_to_nothing_is_cancelled_whatever_the_reason_was() -> None:
    for library in (SlowLibrary(write_s=3.0, disk=False), SlowLibrary(write_s=3.0, rival=True)):
        async with linking_with(library) as (linking, _):
            session = await linking.open("p1")
            linking.placed("A")
            await trio.sleep(1)
            assert await linking.cancel(session.id) is session


async def test_the_deadline_takes_a_link_back_that_has_not_begun() -> None:
    library = SlowLibrary(turn_s=7.0)
    async with linking_with(library) as (linking, _):
        session = await linking.open("p1", 5)
        await trio.sleep(4)
        linking.placed("A")
        await trio.sleep(1.1)
        assert session.state == "timeout"
        assert library.owners == {}


async def test_opening_answers_when_the_lying_tag_is_stored_and_can_be_cancelled_before() -> None:
    library = SlowLibrary(turn_s=7.0)
    async with linking_with(library) as (linking, _):
        linking.placed("A")
        began, answers = trio.current_time(), list[LiveSession]()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_into, answers, partial(linking.open, "p1"))
            await trio.sleep(1)
            await linking.cancel_for("p1")
        assert (answers[0].state, trio.current_time() - began) == ("cancelled", 1)
        assert (await linking.open("p2")).state == "success"
        assert trio.current_time() - began == 8


async def test_a_session_that_supersedes_one_that_is_storing_opens_after_its_end() -> None:
    for library, end in ((SlowLibrary(turn_s=9.0), "cancelled"), (SlowLibrary(write_s=9.0), "success")):
        async with linking_with(library) as (linking, published):
            first = await linking.open("p1")
            linking.placed("A")
            linking.lifted("A")
            await trio.sleep(1)
            second = await linking.open("p2")
            assert (first.state, second.state) == (end, "waiting")
            steps = [event for event in published if event.type == "nfc_association_state"]
            assert [f'"{first.id}"'.encode() in step.payload for step in steps] == [True, True, False]


async def test_of_several_who_open_a_session_at_once_one_is_left_and_it_is_the_live_one() -> None:
    async with linking_with(SlowLibrary(write_s=2.0)) as (linking, _):
        await linking.open("p0")
        linking.placed("A")
        linking.lifted("A")
        await trio.sleep(1)
        answers = list[LiveSession]()
        async with trio.open_nursery() as nursery:
            for number in range(1, 4):
                nursery.start_soon(_into, answers, partial(linking.open, f"p{number}"))
        assert sorted(session.state for session in answers) == ["cancelled", "cancelled", "waiting"]
        assert linking.live is next(session for session in answers if session.state == "waiting")


async def test_an_override_while_another_tag_is_being_linked_is_refused() -> None:
    async with linking_with(SlowLibrary(turn_s=2.0)) as (linking, _):
        session = await linking.open("p1")
        linking.placed("A")
        with pytest.raises(BadRequest, match="being linked"):
            await linking.override("p1", "B")
        await session.settled()
        assert session.last.tag_id == "A"


async def test_a_deadline_that_passes_in_the_tick_in_which_a_new_session_opens_does_not_end_the_new_one() -> None:
    for _ in range(20):  # Trio runs the tasks of one tick in any order
        async with linking_with(SlowLibrary()) as (linking, _):
            first = await linking.open("p1", 5)
            await trio.sleep(5)
            second = await linking.open("p2", 60)
            await trio.sleep(59)
            assert first.state in ("timeout", "cancelled")
            assert second.state == "waiting"


async def _into(answers: list[LiveSession], ask: Callable[[], Awaitable[LiveSession]]) -> None:
    answers.append(await ask())


async def test_a_defect_that_a_request_runs_into_ends_the_owner_too_and_with_it_the_box(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("a defect")

    with pytest.RaisesGroup(pytest.RaisesGroup(LookupError)):
        async with linking_with(SlowLibrary()) as (linking, _):
            session = await linking.open("p1")
            monkeypatch.setattr(Events, "tell", fail)
            with pytest.raises(LookupError):  # as a request does, which is answered 500
                await linking.cancel(session.id)
            await trio.sleep(60)


# --- every row has an owner who can cause it, and no order of things leaves him in a mess ---------------------------


STEPS = ("put A", "put B", "put O", "put R", "override", "take A", "cancel", "wait")
TIMES = ((0.0, 0.0), (9.0, 0.0), (0.0, 9.0))
DISKS = ((True, False), (True, True), (False, False))


async def _walk(opening: str, steps: tuple[str, ...], times: tuple[float, float], disk: tuple[bool, bool]) -> None:
    library = SlowLibrary(*times, *disk, owners={"B": "theirs", "O": "ours"})
    async with linking_with(library) as (linking, _), trio.open_nursery() as parents:
        for step in (opening, *steps):
            match step.split():
                case ["open"]:
                    parents.start_soon(_asked, partial(linking.open, "ours", 5.0))
                case ["scan"]:
                    parents.start_soon(_asked, partial(linking.open, None, 5.0))
                case ["override"]:
                    parents.start_soon(_asked, partial(linking.override, "ours"))
                case ["take", tag_id]:
                    parents.start_soon(_asked, partial(linking.override, "ours", tag_id))
                case ["cancel"]:
                    parents.start_soon(_asked, partial(linking.cancel_for, "ours"))
                case ["put", tag_id]:
                    linking.placed(tag_id, is_random=tag_id == "R")
                case ["wait"]:
                    await trio.sleep(6)
            await trio.sleep(0.5)


async def test_every_row_of_the_association_is_caused_by_its_owner() -> None:
    with rows_recorded(ASSOCIATION) as taken:
        await _walk("scan", ("put A",), TIMES[0], DISKS[0])
        for steps in product(STEPS, repeat=2):
            for times, disk in product(TIMES, DISKS):
                await _walk("open", steps, times, disk)
    assert rows_of(ASSOCIATION) - taken == set()


@pytest.mark.parametrize("seed", range(12))
async def test_parents_and_children_at_once_leave_no_session_behind_and_each_ends_once(seed: int) -> None:
    chance = Random(seed)
    library = SlowLibrary(chance.choice((0.0, 2.0)), chance.choice((0.0, 2.0)), owners={"B": "theirs"})
    async with linking_with(library) as (linking, published), trio.open_nursery() as parents:
        for _ in range(30):
            library.disk, library.rival = chance.random() < 0.8, chance.random() < 0.3
            playlist_id, tag_id = chance.choice(("ours", "theirs")), chance.choice("ABC")
            timeout_s, override = chance.choice((3.0, 30.0)), chance.random() < 0.2
            match chance.choice(("open", "scan", "override", "take", "cancel", "put", "put", "put", "lift")):
                case "open":
                    parents.start_soon(_asked, partial(linking.open, playlist_id, timeout_s, override=override))
                case "scan":
                    parents.start_soon(_asked, partial(linking.open, None, timeout_s))
                case "override":
                    parents.start_soon(_asked, partial(linking.override, playlist_id))
                case "take":
                    parents.start_soon(_asked, partial(linking.override, playlist_id, tag_id))
                case "cancel":
                    parents.start_soon(_asked, partial(linking.cancel_for, playlist_id))
                case "put":
                    linking.placed(tag_id, is_random=chance.random() < 0.1)
                case "lift":
                    linking.lifted(tag_id)
            await trio.sleep(chance.choice((0.0, 0.5, 1.5, 5.0)))
        await trio.sleep(100)
        assert linking.live is None
        assert linking.listed() == []
    steps = [from_json(event.payload) for event in published if event.type == "nfc_association_state"]
    ends = [step["session_id"] for step in steps if step["state"] in ENDS]
    assert sorted(ends) == sorted({step["session_id"] for step in steps})


async def _asked(ask: Callable[[], Awaitable[LiveSession]]) -> None:
    with suppress(RequestError):
        await ask()
