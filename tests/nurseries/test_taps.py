"""Taps in a whole box on virtual time: whose a lying tag is, and that a tap waits for nothing but the deck."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.machines.walks import rows_of, rows_recorded
from tests.rigs.box import TAGS, UNKNOWN_TAG, VirtualBox, virtual_box
from tests.rigs.virtual import virtual_time
from tomb.devices.reader import VIRTUAL, ReaderGone, Sighting, Sign, VirtualReader
from tomb.events import Events
from tomb.library import reading
from tomb.library.store import Store
from tomb.machines.presence import GRACE, LONG_GRACE, PRESENCE
from tomb.models import TagAction, Track
from tomb.nurseries.lifecycle import Process

pytestmark = virtual_time

A, B, C = TAGS
GONE_S = GRACE + 0.1


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[VirtualBox]:
    """Its tags A and B play a playlist each, C nothing; lifting a tag pauses."""
    async with virtual_box(tmp_path, on_removal="pause") as box:
        await box.add("One", 600, tag_id=A)
        await box.add("Two", 600, tag_id=B)
        yield box


async def place(box: VirtualBox, tag_id: str) -> None:
    box.reader.place(tag_id)
    await trio.sleep(0.5)


async def lift(box: VirtualBox) -> None:
    box.reader.lift()
    await trio.sleep(GONE_S)


def heard(box: VirtualBox) -> tuple[str, str | None]:
    state = box.services.deck.state(0)
    return state.state, state.active_playlist_title


def placements(box: VirtualBox) -> list[tuple[str, bool]]:
    return [(event["tag_id"], event["present"]) for event in box.told("nfc_tag")]


# --- whose a lying tag is -------------------------------------------------------------------------------------------


async def test_lifting_a_tag_pauses_and_putting_it_down_goes_on(box: VirtualBox) -> None:
    await place(box, A)
    assert heard(box) == ("playing", "One")
    await lift(box)
    assert heard(box) == ("paused", "One")
    await place(box, A)
    assert heard(box) == ("playing", "One")
    assert placements(box) == [(A, True), (A, False), (A, True)]


@pytest.mark.parametrize("end", ["cancelled", "timeout", "superseded and cancelled"])
async def test_a_session_that_came_and_went_over_a_playing_tag_changes_nothing(box: VirtualBox, end: str) -> None:
    await place(box, A)
    other = await box.add("Three", 60)
    session = await box.services.linking.open(other, 5)
    assert session.state == "duplicate"
    if end == "superseded and cancelled":
        session = await box.services.linking.open(other)
    if end == "timeout":
        await trio.sleep(6)
    else:
        await box.services.linking.cancel(session.id)
    assert heard(box) == ("playing", "One")
    await lift(box)
    assert heard(box) == ("paused", "One")
    assert placements(box) == [(A, True), (A, False)]
    await place(box, A)
    assert heard(box) == ("playing", "One")


async def test_a_playing_tag_that_is_lifted_during_a_session_pauses_as_without_one(box: VirtualBox) -> None:
    await place(box, A)
    await box.services.linking.open(await box.add("Three", 60))
    await lift(box)
    assert heard(box) == ("paused", "One")
    assert placements(box) == [(A, True), (A, False)]


async def test_a_lying_tag_with_which_a_session_succeeds_is_the_session_s_until_it_is_lifted(box: VirtualBox) -> None:
    await place(box, A)
    three = await box.add("Three", 60)
    session = await box.services.linking.override(three)
    assert session.state == "success"
    await trio.sleep(60)
    await lift(box)
    assert heard(box) == ("playing", "One")
    await place(box, A)
    assert heard(box) == ("playing", "Three")
    await lift(box)
    assert heard(box) == ("paused", "Three")


async def test_a_session_that_succeeds_with_another_tag_leaves_the_lying_one_to_playing(box: VirtualBox) -> None:
    await place(box, A)
    session = await box.services.linking.override(await box.add("Three", 60), C)
    assert (session.state, session.last.tag_id) == ("success", C)
    await lift(box)
    assert heard(box) == ("paused", "One")


async def test_a_tag_that_is_placed_during_a_session_belongs_to_it_even_when_it_is_cancelled(box: VirtualBox) -> None:
    await place(box, A)
    session = await box.services.linking.open(await box.add("Three", 60))
    await place(box, B)
    assert heard(box) == ("paused", "One")
    await box.services.linking.cancel(session.id)
    await box.services.deck.play()
    await trio.sleep(5)
    await lift(box)
    assert heard(box) == ("playing", "One")
    assert placements(box) == [(A, True), (A, False)]
    await place(box, B)
    assert heard(box) == ("playing", "Two")


async def test_a_tag_put_in_place_of_the_one_that_ended_a_session_plays(box: VirtualBox) -> None:
    await box.services.linking.open(await box.add("Three", 60))
    await place(box, C)
    assert heard(box) == ("stopped", None)
    await place(box, B)
    assert heard(box) == ("playing", "Two")
    assert placements(box) == [(B, True)]


@pytest.mark.parametrize("outage", [GRACE / 2, 60.0, 3600.0])
async def test_a_tag_that_still_lies_there_when_the_reader_is_back_was_there_all_the_time(
    box: VirtualBox, outage: float
) -> None:
    await place(box, A)
    reader = box.reader
    box.services.taps.lose("pcscd stopped")
    assert not box.services.linking.present  # nobody knows
    await trio.sleep(outage)
    assert heard(box)[1] == "One"
    box.services.taps.use(reader)
    reader.place(A)
    await trio.sleep(60)
    assert box.services.linking.present
    assert placements(box) == [(A, True)]
    await lift(box)
    assert placements(box) == [(A, True), (A, False)]


async def test_a_tag_that_is_gone_when_the_reader_is_back_was_lifted(box: VirtualBox) -> None:
    await place(box, A)
    reader = box.reader
    box.services.taps.lose("unplugged")
    await trio.sleep(60)
    assert heard(box) == ("playing", "One")
    box.services.taps.use(reader)
    reader.lift()
    await trio.sleep(LONG_GRACE + 0.1)
    assert heard(box) == ("paused", "One")
    await place(box, A)
    assert heard(box) == ("playing", "One")


async def test_a_session_that_is_opened_without_a_reader_hears_of_the_tag_once_it_is_seen_again(
    box: VirtualBox,
) -> None:
    await place(box, A)
    reader = box.reader
    box.services.taps.lose("unplugged")
    session = await box.services.linking.open(await box.add("Three", 60))
    assert session.state == "waiting"
    box.services.taps.use(reader)
    reader.place(A)
    assert session.last.tag_id == A
    assert placements(box) == [(A, True)]


async def test_a_reader_that_is_back_within_the_grace_lost_no_tag(box: VirtualBox) -> None:
    await place(box, A)
    session = await box.services.linking.open(await box.add("Three", 60))
    reader = box.reader
    box.services.taps.lose("unplugged")
    await box.services.linking.cancel(session.id)
    await trio.sleep(GRACE / 2)
    box.services.taps.use(reader)
    box.services.taps.see(Sighting(A))
    await trio.sleep(60)
    assert heard(box) == ("playing", "One")
    await lift(box)
    assert heard(box) == ("paused", "One")


async def test_a_scan_that_only_reports_the_lying_tag_lets_it_play_on_and_then_not_pause(box: VirtualBox) -> None:
    await place(box, A)
    session = await box.services.linking.open(None)
    assert (session.state, session.last.tag_id) == ("success", A)
    await lift(box)
    assert heard(box) == ("playing", "One")


# --- a tag that lies there at the start -----------------------------------------------------------------------------


@pytest.mark.parametrize(("resumes", "tag_id"), [(False, A), (True, A), (True, B)])
async def test_a_tag_that_lies_there_at_the_start_is_a_tap_unless_the_box_went_on_with_it_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resumes: bool, tag_id: str
) -> None:
    async with virtual_box(tmp_path) as box:
        await box.add("One", 600, tag_id=A)
        await box.add("Two", 600, tag_id=B)
        await place(box, A)

    def lying(reader: VirtualReader) -> None:
        made(reader)
        reader.tag_id = tag_id

    made = VirtualReader.__init__
    monkeypatch.setattr(VirtualReader, "__init__", lying)
    async with virtual_box(tmp_path, process=Process(resumes=resumes)) as box:
        await trio.sleep(1)
        assert heard(box) == ("playing", "Two" if tag_id == B else "One")
        assert box.services.linking.present
        await lift(box)
        await place(box, tag_id)  # from now on it is as any other
        assert heard(box)[0] == "paused"


# --- several readers ------------------------------------------------------------------------------------------------


LEFT, RIGHT = "Left 00 00", "Right 00 00"


async def put(box: VirtualBox, reader: str, tag_id: str | None) -> None:
    box.services.taps.see(Sighting(tag_id, reader))
    await trio.sleep(GONE_S)


async def test_of_tags_on_two_readers_the_last_wins_and_only_the_playing_tag_s_removal_pauses(box: VirtualBox) -> None:
    await put(box, LEFT, A)
    await put(box, RIGHT, B)
    assert heard(box) == ("playing", "Two")
    await put(box, LEFT, None)
    assert heard(box) == ("playing", "Two")
    await put(box, RIGHT, None)
    assert heard(box) == ("paused", "Two")
    assert placements(box) == [(A, True), (B, True), (A, False), (B, False)]


async def test_of_two_tags_of_one_playlist_the_one_that_was_put_last_pauses_it(box: VirtualBox) -> None:
    one = box.services.librarian.tag_owner(A)
    assert one is not None
    await box.services.librarian.link_tag(C, one.id)
    await put(box, LEFT, A)
    await put(box, RIGHT, C)  # the playlist is tapped again,
    assert heard(box) == ("paused", "One")
    await box.services.deck.play()
    await put(box, LEFT, None)
    assert heard(box) == ("playing", "One")
    await put(box, RIGHT, None)
    assert heard(box) == ("paused", "One")


async def test_each_reader_has_a_presence_of_its_own_which_may_be_lost_alone(box: VirtualBox) -> None:
    await put(box, LEFT, A)
    box.services.taps.see(ReaderGone(LEFT))
    await put(box, RIGHT, B)
    assert heard(box) == ("playing", "Two")
    there = box.services.linking.present
    assert there is not None
    assert there.tag_id == B
    await put(box, LEFT, A)
    assert placements(box) == [(A, True), (B, True)]


async def test_a_reader_that_is_plugged_in_again_under_another_name_has_its_tag_still(box: VirtualBox) -> None:
    await put(box, LEFT, A)
    box.services.taps.see(ReaderGone(LEFT))
    await trio.sleep(10)
    await put(box, "Left 01 00", A)
    assert placements(box) == [(A, True)]
    await put(box, "Left 01 00", None)
    assert heard(box) == ("paused", "One")
    assert placements(box) == [(A, True), (A, False)]


async def test_a_reader_shows_what_became_of_the_tag_that_lies_on_it(
    box: VirtualBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = list[tuple[Sign, str]]()

    async def show(_: VirtualReader, sign: Sign, reader: str) -> None:
        shown.append((sign, reader))

    monkeypatch.setattr(VirtualReader, "signal", show)
    await put(box, LEFT, A)
    await put(box, RIGHT, UNKNOWN_TAG)
    assert shown == [("ok", LEFT), ("unknown", RIGHT)]


# --- phones and passports -------------------------------------------------------------------------------------------


async def test_a_phone_is_one_tap_however_its_number_changes_and_nobody_remembers_it(box: VirtualBox) -> None:
    for number in range(4):
        box.reader.place(f"08A1B2C{number}", is_random=True)
        await trio.sleep(0.2)
        box.reader.lift()
        await trio.sleep(0.2)
    await lift(box)
    assert placements(box) == [("08A1B2C0", True), ("08A1B2C0", False)]
    assert {event["is_random"] for event in box.told("nfc_tag")} == {True}
    assert {tag.tag_id for tag in await box.services.librarian.tags()} == {A, B}


async def test_a_phone_is_not_linked_and_the_session_waits_for_a_tag(box: VirtualBox) -> None:
    session = await box.services.linking.open(await box.add("Three", 60))
    box.reader.place("08A1B2C3", is_random=True)
    await trio.sleep(1)
    steps = [(step["state"], step.get("reason")) for step in box.told("nfc_association_state")]
    assert steps == [("waiting", None), ("waiting", "random_id")]
    await lift(box)
    await place(box, C)
    assert session.state == "success"
    await lift(box)
    assert placements(box) == []


async def test_a_number_that_only_looks_so_is_a_tag_like_any_other(
    box: VirtualBox,
) -> None:
    session = await box.services.linking.open(await box.add("Three", 60))
    box.reader.place("08A1B2C3")
    await trio.sleep(1)
    assert session.state == "success"


# --- taps from afar -------------------------------------------------------------------------------------------------


async def test_a_tap_from_afar_is_a_tap_as_any_other(box: VirtualBox) -> None:
    box.services.taps.tap(A, 5.0)
    await trio.sleep(4)
    assert heard(box) == ("playing", "One")
    await trio.sleep(2)
    assert heard(box) == ("paused", "One")
    assert placements(box) == [(A, True), (A, False)]


async def test_one_tap_from_afar_after_the_other_lifts_the_first_however_soon_it_comes(box: VirtualBox) -> None:
    for _ in range(3):
        box.services.taps.tap(A, 60.0)
    await trio.sleep(0.1)
    assert placements(box) == [(A, True), (A, False), (A, True), (A, False), (A, True)]
    assert heard(box) == ("playing", "One")
    box.services.taps.tap(B, 1.0)
    await trio.sleep(59)
    assert heard(box) == ("paused", "Two")
    assert placements(box)[-2:] == [(B, True), (B, False)]


async def test_a_tag_from_afar_is_linked_by_a_session(box: VirtualBox) -> None:
    three = await box.add("Three", 60)
    session = await box.services.linking.open(three)
    box.services.taps.tap(C, 0.0)
    await trio.sleep(1)
    assert session.state == "success"
    assert box.services.librarian.lite(three).tag_ids == (C,)
    assert placements(box) == []


# --- what a tap waits for -------------------------------------------------------------------------------------------


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the library's writer takes 7 s for whatever it is asked to write."""
    write, write_edits = Store.write, Store._write_edits

    async def slowly(store: Store, unit: Any) -> Any:
        await trio.sleep(7.0)
        return await write(store, unit)

    async def edits_slowly(store: Store) -> None:
        await trio.sleep(7.0)
        await write_edits(store)

    monkeypatch.setattr(Store, "write", slowly)
    monkeypatch.setattr(Store, "_write_edits", edits_slowly)


async def test_while_the_library_writes_for_seconds_tags_play_and_pause_at_once(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with virtual_box(tmp_path, on_removal="pause") as box, trio.open_nursery() as nursery:
        await box.add("One", 600, tag_id=A)
        await box.add("Two", 600, tag_id=B)
        request.getfixturevalue("busy")
        for number in range(9):
            nursery.start_soon(box.services.librarian.create, f"Playlist {number}")
        began = trio.current_time()
        for _ in range(3):
            await place(box, A)
            assert heard(box) == ("playing", "One")
            await lift(box)
            assert heard(box) == ("paused", "One")
            await place(box, B)
            assert heard(box) == ("playing", "Two")
        assert trio.current_time() - began < 7
        assert box.services.librarian.count() == 2


async def test_while_the_library_writes_for_seconds_a_session_is_cancelled_at_once_and_the_next_tag_plays(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with virtual_box(tmp_path) as box, trio.open_nursery() as nursery:
        one = await box.add("One", 600, tag_id=A)
        request.getfixturevalue("busy")
        nursery.start_soon(box.services.librarian.create, "Playlist")
        session = await box.services.linking.open(one)
        began = trio.current_time()
        await place(box, C)
        await box.services.linking.cancel(session.id)
        await place(box, A)
        assert heard(box) == ("playing", "One")
        assert trio.current_time() - began < 2
        await trio.sleep(60)
        assert box.services.librarian.tag_use(C) is None


async def test_of_a_long_playlist_a_tap_makes_only_the_tracks_that_are_shown_or_heard(
    box: VirtualBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    three = await box.add("Three", *[600] * 40, tag_id=C)
    made, make = list[int](), reading._track

    def noted(row: sqlite3.Row, server_seq: int = 0) -> Track:
        made.append(row["number"])
        return make(row, server_seq)

    with monkeypatch.context() as patch:
        patch.setattr(reading, "_track", noted)
        await place(box, C)
    assert heard(box) == ("playing", "Three")
    assert made == [1, 2]  # the second one is handed to the output, to follow without a gap
    [first, *_] = (await box.services.librarian.playlist(three)).tracks
    assert box.services.deck.state(0).active_track == first.model_copy(update={"play_count": 0})


async def test_when_a_tag_was_placed_last_is_noted_by_whomever_it_was_taken(box: VirtualBox) -> None:
    wall = box.services.ports.wall
    times = {}
    for tag_id, playlist in ((A, None), (UNKNOWN_TAG, None), (C, await box.add("Three", 60))):
        if playlist is not None:
            await box.services.linking.open(playlist)
        times[tag_id] = wall()
        await place(box, tag_id)
        await trio.sleep(60)
        await lift(box)
    assert {tag.tag_id: tag.last_seen for tag in await box.services.librarian.tags()} == {**times, B: None}


async def test_taps_get_to_the_deck_in_the_order_in_which_they_were_made(box: VirtualBox) -> None:
    await box.services.librarian.assign_tag(C, TagAction(action="volume_up", step=7))
    volume = box.services.deck.state(0).volume
    for tag_id in (A, C, B):
        box.services.taps.see(Sighting(tag_id))
    await trio.sleep(1)
    for tag_id in (C, A):
        box.services.taps.see(Sighting(tag_id))
    await trio.sleep(1)
    assert heard(box) == ("playing", "One")
    assert box.services.deck.state(0).volume == volume + 14
    assert [tag for tag, present in placements(box) if present] == [A, C, B, C, A]


async def test_a_tag_whose_playlist_has_nothing_to_play_does_nothing_and_the_next_one_plays(box: VirtualBox) -> None:
    empty = await box.services.librarian.create("Empty")
    await box.services.librarian.link_tag(C, empty.id)
    await place(box, C)
    assert heard(box) == ("stopped", None)
    await place(box, B)
    assert heard(box) == ("playing", "Two")


# --- what a reader shows --------------------------------------------------------------------------------------------


async def test_a_reader_shows_whether_a_tag_is_for_something(box: VirtualBox) -> None:
    await place(box, A)
    empty = await box.services.librarian.create("Empty")
    await box.services.librarian.link_tag(C, empty.id)
    shown = []
    for tag_id in (A, UNKNOWN_TAG, C, B):
        await place(box, tag_id)
        shown.append(box.reader.signalled)
    assert shown == ["ok", "unknown", "error", "ok"]


async def test_a_reader_that_takes_its_time_to_blink_holds_up_no_tap(
    box: VirtualBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = list[Sign]()

    async def slowly(_: VirtualReader, sign: Sign, reader: str) -> None:
        await trio.sleep(1)
        shown.append(sign)

    monkeypatch.setattr(VirtualReader, "signal", slowly)
    for tag_id in (A, UNKNOWN_TAG, C, B):
        box.services.taps.see(Sighting(tag_id))
    await trio.sleep(0.5)
    assert heard(box) == ("playing", "Two")
    await trio.sleep(5)
    assert shown == ["ok", "unknown"]  # of the first two; the others came while it was busy with those


async def test_a_driver_that_breaks_while_it_blinks_costs_the_reader_not_the_box(
    box: VirtualBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_down(_: VirtualReader, sign: Sign, reader: str) -> None:
        raise SystemError("a handle that was never made is released")

    reader = box.reader
    with monkeypatch.context() as patch:
        patch.setattr(VirtualReader, "signal", break_down)
        await place(box, A)
    assert heard(box) == ("playing", "One")
    reader.lift()
    await trio.sleep(60)
    await place(box, B)
    assert heard(box) == ("playing", "Two")
    assert "SystemError" in str(box.services.board.details()["nfc"])


# --- the presence machine and its owner -----------------------------------------------------------------------------


async def test_every_row_of_the_presence_is_caused_by_its_owner(box: VirtualBox) -> None:
    see = box.services.taps.see

    async def wobble(first: str, then: str | None, after: float) -> None:
        see(Sighting(first))
        see(Sighting(None))
        await trio.sleep(after)
        see(Sighting(then))
        await trio.sleep(5)
        see(Sighting(None))
        await trio.sleep(5)

    async def lose(*before: str | None) -> None:
        for tag_id in before:
            see(Sighting(tag_id))
        see(ReaderGone(VIRTUAL))

    async def see_all(*tags: str | None) -> None:
        for tag_id in tags:
            see(Sighting(tag_id))
            await trio.sleep(GRACE / 3)

    with rows_recorded(PRESENCE) as taken:
        await see_all(A, B, *[A] * 12)  # B is taken away
        await trio.sleep(5)
        see(Sighting(None))
        await trio.sleep(5)
        await see_all(A, B, *[A] * 9, None, A)
        await trio.sleep(5)
        await see_all(A, B, A, None, None, A, None)
        see(Sighting(None))
        for tag_id in (A, B, None, A):
            see(Sighting(tag_id))
        await see_all(A, B, A, B, A, None, A, A)
        await trio.sleep(5)
        await see_all(B)
        for before, after in (((A, B), A), ((C,), C), ((A,), C), ((A,), None)):
            see(Sighting(None))
            await trio.sleep(5)
            await lose(*before)
            see(Sighting(after))
            await trio.sleep(5)
        await lose(A, None)
        await trio.sleep(5)
        see(Sighting(None))
        await trio.sleep(5)
        await wobble(A, A, GRACE / 2)
        await wobble(A, B, GRACE / 2)
        await wobble(A, None, GRACE / 2)
        for _ in range(20):  # at the very moment at which the timer rings: Trio runs the tasks of one tick in any order
            await wobble(A, None, GRACE)
        for tag_id in (A, A, B):
            see(Sighting(tag_id))
    assert rows_of(PRESENCE) - taken == set()


async def test_a_tag_that_wobbles_again_in_the_tick_in_which_it_would_have_been_gone_is_still_there(
    box: VirtualBox,
) -> None:
    for _ in range(20):
        await place(box, A)
        box.services.taps.see(Sighting(None))
        await trio.sleep(GRACE - 0.01)
        box.services.taps.see(Sighting(A))
        box.services.taps.see(Sighting(None))
        await trio.sleep(GRACE - 0.01)
        box.services.taps.see(Sighting(A))
        await wait_all_tasks_blocked()
        await trio.sleep(5)
    assert placements(box) == [(A, True)]


async def test_a_defect_that_a_reader_runs_into_is_not_the_reader_s_and_ends_the_box(tmp_path: Path) -> None:
    def fail(*_: object) -> None:
        raise LookupError("a defect")

    with pytest.RaisesGroup(LookupError, flatten_subgroups=True):
        async with virtual_box(tmp_path) as box:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Events, "tell", fail)
                with pytest.raises(LookupError):  # as whatever supervises a reader does
                    box.services.taps.see(Sighting(A))
            await trio.sleep(60)
