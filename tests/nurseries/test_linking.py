"""Association sessions in a whole box on virtual time."""

from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter

import pytest
import trio

from tests.rigs.box import TAGS, UNKNOWN_TAG, VirtualBox, virtual_box
from tests.rigs.virtual import virtual_time
from tomb.errors import BadRequest, NotFound

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
    assert [each.as_listed()["state"] for each in box.services.linking.listed()] == ["cancelled"]
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
    assert await box.services.librarian.tag_owner(TAGS[0]) is None


async def test_each_step_is_told_to_the_session_s_room_and_to_everybody(box: VirtualBox) -> None:
    session = await box.services.linking.open(await box.add("One", 60))
    await box.tap(TAGS[0])
    rooms = [(event.type, sorted(event.rooms)) for event in box.events if event.type.startswith("nfc_")]
    step = [("nfc_status", [f"nfc:{session.id}"]), ("nfc_association_state", ["*"])]
    assert rooms == step + step
