"""The deck in a whole box on virtual time: what people and tags ask for, and what everybody then hears of it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio
from msgspec.structs import replace

from tests.rigs.box import TAGS, UNKNOWN_TAG, VirtualBox, virtual_box
from tests.rigs.virtual import virtual_time
from tomb.errors import BadRequest, NotFound
from tomb.models import TagAction

pytestmark = virtual_time


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[VirtualBox]:
    async with virtual_box(tmp_path) as box:
        yield box


async def test_a_started_playlist_plays_its_tracks_one_after_the_other_and_stops(box: VirtualBox) -> None:
    playlist_id = await box.add("Two", 10, 20)
    await box.services.deck.start(playlist_id)
    await trio.sleep(31)
    states = [(data["state"], data["active_track_number"]) for data in box.told("state:player")]
    assert states == [("loading", 1), ("playing", 1), ("playing", 2), ("stopped", 1)]


async def test_an_answer_does_not_wait_for_sound_but_says_what_is_intended(box: VirtualBox) -> None:
    playlist_id = await box.add("One", 10)
    reply = await box.services.deck.start(playlist_id)
    assert (reply.state.state, reply.state.is_playing) == ("loading", True)


async def test_play_with_nothing_chosen_changes_nothing_and_says_so(box: VirtualBox) -> None:
    reply = await box.services.deck.play()
    assert reply.state.state == "stopped"
    assert "nothing is chosen" in reply.message
    assert box.told("state:player") == []


async def test_pause_keeps_the_position_that_was_heard_and_play_goes_on_there(box: VirtualBox) -> None:
    await box.services.deck.start(await box.add("One", 60))
    await trio.sleep(12)
    paused = await box.services.deck.pause()
    await trio.sleep(100)
    resumed = await box.services.deck.play()
    assert paused.state.position_ms == pytest.approx(12_000, abs=20)
    assert resumed.state.position_ms == paused.state.position_ms
    await trio.sleep(5)
    assert box.services.deck.state(0).position_ms == pytest.approx(17_000, abs=40)


async def test_a_seek_beyond_the_end_is_refused_with_the_length(box: VirtualBox) -> None:
    await box.services.deck.start(await box.add("One", 60))
    with pytest.raises(BadRequest) as refused:
        await box.services.deck.seek(60_001)
    assert refused.value.details == {"duration_ms": 60_000}


async def test_a_seek_is_heard_from_there_and_the_end_comes_sooner(box: VirtualBox) -> None:
    await box.services.deck.start(await box.add("One", 60))
    await trio.sleep(1)
    await box.services.deck.seek(55_000)
    await trio.sleep(6)
    assert box.state == "stopped"


async def test_starting_at_a_track_that_is_not_there_is_refused(box: VirtualBox) -> None:
    playlist_id = await box.add("One", 10)
    with pytest.raises(BadRequest):
        await box.services.deck.start(playlist_id, 2)
    with pytest.raises(NotFound):
        await box.services.deck.start("no such playlist")


async def test_a_playlist_without_tracks_is_refused_and_what_plays_goes_on(box: VirtualBox) -> None:
    await box.services.deck.start(await box.add("One", 60))
    empty = await box.services.librarian.create("Empty")
    with pytest.raises(BadRequest, match="no tracks"):
        await box.services.deck.start(empty.id)
    await trio.sleep(1)
    assert box.state == "playing"


async def test_a_finished_playlist_begins_anew_and_a_stopped_one_where_it_was(box: VirtualBox) -> None:
    playlist_id = await box.add("Two", 30, 30)
    await box.services.deck.start(playlist_id)
    await trio.sleep(40)
    await box.services.deck.stop()
    again = await box.services.deck.start(playlist_id)
    assert again.state.active_track_number == 2
    assert again.state.position_ms == pytest.approx(10_000, abs=40)
    await trio.sleep(30)
    anew = await box.services.deck.start(playlist_id)
    assert (anew.state.active_track_number, anew.state.position_ms) == (1, 0)


async def test_starting_what_plays_goes_on_where_it_is_heard_and_not_where_it_was_noted_last(box: VirtualBox) -> None:
    playlist_id = await box.add("One", 60)
    await box.services.deck.start(playlist_id)
    await trio.sleep(7)
    again = await box.services.deck.start(playlist_id)
    assert again.state.position_ms == pytest.approx(7_000, abs=40)


async def test_a_deleted_file_is_skipped_by_name_and_the_next_track_plays(box: VirtualBox) -> None:
    playlist_id = await box.add("Three", 10, 11, 12)
    playlist = await box.services.librarian.playlist(playlist_id)
    (box.services.librarian.folder / playlist.tracks[1].file_path).unlink()
    await box.services.deck.start(playlist_id)
    await trio.sleep(15)
    state = box.services.deck.state(0)
    assert (state.state, state.active_track_number) == ("playing", 3)
    messages = [data["error_message"] for data in box.told("state:player") if data["error_message"]]
    assert playlist.tracks[1].title in messages[0]


async def test_a_playlist_of_nothing_but_broken_tracks_ends_in_error(box: VirtualBox) -> None:
    playlist_id = await box.add("Broken", 10, 11)
    for track in (await box.services.librarian.playlist(playlist_id)).tracks:
        (box.services.librarian.folder / track.file_path).write_text("no sound at all")
    await box.services.deck.start(playlist_id)
    await trio.sleep(5)
    state = box.services.deck.state(0)
    assert (state.state, state.is_playing) == ("error", False)
    assert "cannot be played" in str(state.error_message)


async def test_the_sleep_timer_stops_and_the_next_start_is_as_loud_as_before(box: VirtualBox) -> None:
    await box.services.deck.start(await box.add("Long", 600))
    reply = await box.services.deck.sleep(60)
    assert reply.state.sleep_timer_ends_at == pytest.approx(box.services.ports.wall() + 60)
    await trio.sleep(61)
    state = box.services.deck.state(0)
    assert (state.state, state.sleep_timer_ends_at) == ("stopped", None)
    assert state.position_ms == pytest.approx(60_000, abs=100)


@pytest.mark.parametrize(("seconds", "fades_for"), [(60, 10), (10, 10), (4, 4)])
async def test_a_sleep_timer_fades_the_last_ten_seconds_or_all_that_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: int, fades_for: int
) -> None:
    async with virtual_box(tmp_path, fragile=True) as box:
        await box.services.deck.start(await box.add("Long", 600))
        await trio.sleep(1)
        ends_at = trio.current_time() + seconds
        fades: list[tuple[float, float]] = []

        def set_gain(level: float, seconds: float = 0.02) -> None:
            if level == 0:
                fades.append((trio.current_time(), seconds))

        monkeypatch.setattr(box.output, "set_gain", set_gain)
        await box.services.deck.sleep(seconds)
        await trio.sleep(seconds + 1)
        [(began_at, lasted)] = fades
        assert (began_at, lasted) == pytest.approx((ends_at - fades_for, fades_for))
        assert box.state == "stopped"


async def test_a_cancelled_sleep_timer_does_not_stop(box: VirtualBox) -> None:
    await box.services.deck.start(await box.add("Long", 600))
    await box.services.deck.sleep(60)
    await trio.sleep(55)
    await box.services.deck.sleep(None)
    await trio.sleep(60)
    assert box.state == "playing"


async def test_a_sleep_timer_that_is_prolonged_in_the_moment_it_rings_does_not_stop(
    box: VirtualBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deck waits for a slow disk, so that the prolonging is still in its mailbox when the timer rings behind it."""
    deck, in_thread = box.services.deck, box.services.ports.in_thread
    another = await box.add("Another", 6000)
    await deck.start(await box.add("Long", 6000))
    await deck.sleep(60)
    await trio.sleep(59)

    async def slowly(*call: Any, **options: Any) -> Any:
        await trio.sleep(2)
        return await in_thread(*call, **options)

    async with trio.open_nursery() as nursery:
        monkeypatch.setattr(box.services.ports, "in_thread", slowly)
        nursery.start_soon(deck.start, another)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(deck.sleep, 1800)
    monkeypatch.undo()
    await trio.sleep(60)
    assert (box.state, deck.state(0).active_playlist_id) == ("playing", another)
    await trio.sleep(1800)
    assert box.state == "stopped"


async def test_a_deleted_playing_track_gives_way_to_the_next(box: VirtualBox) -> None:
    playlist_id = await box.add("Three", 30, 31, 32)
    await box.services.deck.start(playlist_id)
    await trio.sleep(5)
    await box.services.librarian.delete_tracks(playlist_id, [1])
    await trio.sleep(1)
    state = box.services.deck.state(0)
    assert state.active_track is not None
    assert (state.state, state.duration_ms, state.active_track.number) == ("playing", 31_000, 1)


async def test_a_deleted_playing_playlist_falls_silent(box: VirtualBox) -> None:
    playlist_id = await box.add("One", 30)
    await box.services.deck.start(playlist_id)
    await trio.sleep(5)
    await box.services.librarian.delete(playlist_id)
    await trio.sleep(1)
    state = box.services.deck.state(0)
    assert (state.state, state.active_playlist_id) == ("stopped", None)
    last = box.told("state:player")[-1]
    assert (last["active_playlist_id"], last["active_playlist_title"], last["active_track"]) == (None, None, None)


async def test_a_new_name_of_what_plays_is_shown_and_the_sound_goes_on(box: VirtualBox) -> None:
    playlist_id = await box.add("Old", 30)
    await box.services.deck.start(playlist_id)
    await trio.sleep(5)
    await box.services.librarian.update(playlist_id, {"title": "New"})
    await trio.sleep(1)
    state = box.services.deck.state(0)
    assert (state.active_playlist_title, state.state) == ("New", "playing")
    assert state.position_ms == pytest.approx(6_000, abs=50)


async def test_reordering_what_plays_changes_what_follows_and_not_what_is_heard(box: VirtualBox) -> None:
    playlist_id = await box.add("Three", 30, 31, 32)
    await box.services.deck.start(playlist_id)
    await trio.sleep(5)
    await box.services.librarian.reorder(playlist_id, [1, 3, 2])
    await trio.sleep(26)
    assert box.services.deck.state(0).duration_ms == 32_000


async def test_the_volume_stays_below_the_ceiling_and_is_told(tmp_path: Path) -> None:
    async with virtual_box(tmp_path, volume_ceiling=60) as box:
        reply = await box.services.deck.set_volume(90)
        assert reply.state.volume == 60
        assert box.told("state:volume_changed")[-1] == {"volume": 60, "muted": False}


async def test_a_tap_from_a_page_is_a_tap_of_the_tag_and_answers(box: VirtualBox) -> None:
    playlist_id = await box.add("One", 60)
    tap = box.services.deck.tap_and_reply
    states = []
    for _ in range(3):
        states.append((await tap(playlist_id)).state.state)
        await trio.sleep(1)
    assert states == ["loading", "paused", "playing"]
    with pytest.raises(NotFound):
        await tap("nowhere")


async def test_a_second_tap_pauses_a_third_goes_on_and_another_tag_switches(box: VirtualBox) -> None:
    first = await box.add("First", 60, tag_id=TAGS[0])
    second = await box.add("Second", 60, tag_id=TAGS[1])
    states = []
    for tag_id in (TAGS[0], TAGS[0], TAGS[0], TAGS[1]):
        await box.tap(tag_id)
        state = box.services.deck.state(0)
        states.append((state.active_playlist_id, state.state))
    assert states == [(first, "playing"), (first, "paused"), (first, "playing"), (second, "playing")]


async def test_a_tag_tapped_after_the_end_starts_anew(box: VirtualBox) -> None:
    await box.add("Short", 3, tag_id=TAGS[0])
    await box.tap(TAGS[0])
    await trio.sleep(10)
    assert box.state == "stopped"
    await box.tap(TAGS[0])
    assert box.services.deck.state(0).position_ms == pytest.approx(2_000, abs=50)


async def test_a_playlist_that_always_begins_anew_does_so_and_is_shuffled_alone(box: VirtualBox) -> None:
    librarian, deck = box.services.librarian, box.services.deck
    own, other = await box.add("One", 60, 60, 60, tag_id=TAGS[0]), await box.add("Another", 60)
    await librarian.update(own, {"resume_policy": "restart", "shuffle": True})
    await box.tap(TAGS[0])
    await trio.sleep(20)
    assert (deck.state(0).shuffle_enabled, deck.state(0).position_ms > 20_000) == (True, True)
    await deck.start(other)
    assert not deck.state(0).shuffle_enabled
    await box.tap(TAGS[0])
    assert deck.state(0).position_ms < 5_000
    await trio.sleep(20)
    await deck.start(own)
    assert deck.state(0).position_ms < 5_000
    await librarian.update(own, {"resume_policy": None})
    await trio.sleep(20)
    await deck.start(own)
    assert deck.state(0).position_ms >= 20_000


@pytest.mark.parametrize("last", ["pause", "stop"])
@pytest.mark.parametrize("noted", [True, False], ids=["noted", "not-noted-yet"])
async def test_a_list_whose_chapter_is_deleted_goes_on_with_the_next(box: VirtualBox, last: str, noted: bool) -> None:
    librarian, deck = box.services.librarian, box.services.deck
    own, other = await box.add("Chapters", 60, 60, 60), await box.add("Other", 60)
    await deck.start(own, 2)
    await trio.sleep(20)
    await getattr(deck, last)()
    await trio.sleep(5 if noted else 0)
    await librarian.delete_tracks(own, [2])
    await trio.sleep(5)
    await deck.start(other)
    await trio.sleep(5)
    assert (await deck.start(own)).state.track_index == 1
    await trio.sleep(5)
    assert deck.state(0).position_ms < 6_000


async def test_a_deletion_just_before_the_power_cut_leads_on_with_the_next(box: VirtualBox) -> None:
    librarian, deck = box.services.librarian, box.services.deck
    own = await box.add("Chapters", 60, 60, 60)
    await deck.start(own, 2)
    await trio.sleep(20)
    await deck.stop()
    await trio.sleep(5)
    memory = await librarian.recall()
    assert memory is not None
    await librarian.delete_tracks(own, [2])
    await deck.restore(replace(memory, track_id=None))  # as the database has it then
    assert (deck.state(0).track_index, deck.state(0).position_ms) == (1, 0)


async def test_lifting_the_tag_pauses_where_parents_want_that(tmp_path: Path) -> None:
    async with virtual_box(tmp_path, on_removal="pause") as box:
        await box.add("One", 60, tag_id=TAGS[0])
        box.reader.place(TAGS[0])
        await trio.sleep(5)
        box.reader.lift()
        await trio.sleep(1)
        assert box.state == "paused"
        box.reader.place(TAGS[0])
        await trio.sleep(1)
        assert box.state == "playing"


async def test_a_tag_of_another_playlist_taken_away_does_not_pause(tmp_path: Path) -> None:
    async with virtual_box(tmp_path, on_removal="pause") as box:
        await box.services.deck.start(await box.add("One", 60))
        box.services.deck.lifted(await box.add("Another", 60))
        await trio.sleep(1)
        assert box.services.deck.state(0).is_playing


async def test_play_while_it_plays_says_that_it_does(box: VirtualBox) -> None:
    await box.services.deck.start(await box.add("One", 60))
    reply = await box.services.deck.play()
    assert (reply.message, reply.state.is_playing) == ("already playing", True)


async def test_two_presses_of_shuffle_in_a_row_are_on_and_off(box: VirtualBox) -> None:
    box.services.deck.act(TagAction(action="shuffle"))
    box.services.deck.act(TagAction(action="shuffle"))
    await trio.sleep(1)
    assert box.services.deck.state(0).shuffle_enabled is False


async def test_a_wobbling_tag_is_one_tap(box: VirtualBox) -> None:
    await box.add("One", 60, tag_id=TAGS[0])
    for _ in range(10):
        box.reader.place(TAGS[0])
        await trio.sleep(0.3)
        box.reader.lift()
        await trio.sleep(0.3)
    assert box.state == "playing"
    assert [tag["present"] for tag in box.told("nfc_tag")] == [True]


async def test_an_unlinked_tag_plays_nothing_and_makes_itself_known(box: VirtualBox) -> None:
    await box.tap(UNKNOWN_TAG)
    assert box.state == "stopped"
    seen = [(tag["tag_id"], tag["present"], tag["playlist_id"]) for tag in box.told("nfc_tag")]
    assert seen == [(UNKNOWN_TAG, True, None), (UNKNOWN_TAG, False, None)]


@pytest.mark.parametrize(("same_tag", "after"), [("restart", 2_000), ("next", 2_000), ("ignore", 12_000)])
async def test_a_playlist_may_have_its_own_way_with_a_second_tap(box: VirtualBox, same_tag: str, after: int) -> None:
    playlist_id = await box.add("Own way", 60, 61, tag_id=TAGS[0])
    await box.services.librarian.update(playlist_id, {"same_tag": same_tag})  # type: ignore[typeddict-item]
    await box.tap(TAGS[0])
    await trio.sleep(8)
    await box.tap(TAGS[0])
    state = box.services.deck.state(0)
    assert state.position_ms == pytest.approx(after, abs=100)
    assert state.active_track_number == (2 if same_tag == "next" else 1)


async def test_a_lost_device_is_an_error_that_heals_and_playing_goes_on(tmp_path: Path) -> None:
    async with virtual_box(tmp_path, fragile=True) as box:
        await box.services.deck.start(await box.add("One", 60))
        await trio.sleep(10)
        assert box.output is not None
        box.output.unplug()
        await trio.sleep(20)
        lost = box.services.deck.state(0)
        assert (lost.state, lost.error_message) == ("error", "the loudspeaker is gone")
        assert (box.services.board.overall, box.services.board.is_up("audio")) == ("degraded", False)
        box.output.there = True
        await trio.sleep(6)
        back = box.services.deck.state(0)
        assert (back.state, back.error_message) == ("playing", None)
        assert 10_000 <= back.position_ms <= 16_100
        assert box.services.board.is_up("audio")


async def test_what_is_remembered_over_a_restart_is_the_intent_though_the_device_is_lost(tmp_path: Path) -> None:
    async with virtual_box(tmp_path, fragile=True) as box:
        await box.services.deck.start(await box.add("One", 60))
        await trio.sleep(10)
        assert box.output is not None
        box.output.unplug()
        await trio.sleep(5)
        memory = await box.services.librarian.recall()
        assert memory is not None
        assert (box.state, memory.playing) == ("error", True)


async def test_play_while_the_device_is_lost_is_remembered(tmp_path: Path) -> None:
    async with virtual_box(tmp_path, fragile=True) as box:
        playlist_id = await box.add("One", 60)
        assert box.output is not None
        box.output.unplug()
        await trio.sleep(1)
        reply = await box.services.deck.start(playlist_id)
        assert reply.state.state == "error"
        box.output.there = True
        await trio.sleep(6)
        assert box.state == "playing"


async def test_a_box_that_is_opened_again_goes_on_where_it_was(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        playlist_id = await box.add("Two", 60, 60)
        await box.services.deck.set_volume(77)
        await box.services.deck.start(playlist_id, 2)
        await trio.sleep(12)
    async with virtual_box(tmp_path) as box:
        state = box.services.deck.state(0)
        assert (state.state, state.active_playlist_id, state.volume) == ("stopped", playlist_id, 77)
        assert state.active_track_number == 2
        assert state.position_ms == pytest.approx(12_000, abs=50)
        reply = await box.services.deck.play()
        assert reply.state.position_ms == pytest.approx(12_000, abs=50)


async def test_positions_are_written_often_enough_for_a_power_cut(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        await box.services.deck.start(await box.add("Long", 600))
        for _ in range(60):
            await trio.sleep(1.7)
            memory = await box.services.librarian.recall()
            assert memory is not None
            assert box.services.deck.state(0).position_ms - memory.position_ms < 5_000


# --- chapters ---------------------------------------------------------------------------------------------------------


async def chaptered(box: VirtualBox, *minutes: float) -> str:
    """A playlist whose tracks have a chapter for every ten minutes."""
    playlist_id = await box.add("Story", *(60 * length for length in minutes))
    await box.mark(playlist_id, 10 * 60_000)
    return playlist_id


async def test_each_chapter_is_told_when_it_begins_and_only_then(box: VirtualBox) -> None:
    deck = box.services.deck
    await deck.start(await chaptered(box, 30, 5))
    started = trio.current_time()
    await trio.sleep(1)
    box.events.clear()
    await trio.sleep(25 * 60)
    told = [(data["chapter_index"], round(data["position_ms"] / 1000)) for data in box.told("state:player")]
    assert told == [(1, 600), (2, 1200)]
    positions = [data["position_ms"] for data in box.told("state:track_position")]
    assert len(positions) == pytest.approx(2 * 25 * 60, rel=0.01)
    await trio.sleep(6 * 60)
    assert (deck.state(0).active_track_number, deck.state(0).chapter_index) == (2, None)
    assert trio.current_time() - started < 32 * 60


async def test_a_chapter_is_told_when_it_is_heard_though_playing_was_interrupted(box: VirtualBox) -> None:
    deck = box.services.deck
    await deck.start(await chaptered(box, 30))
    await trio.sleep(9 * 60)
    await deck.pause()
    await trio.sleep(20 * 60)
    assert deck.state(0).chapter_index == 0
    await deck.play()
    await trio.sleep(1)
    box.events.clear()
    await trio.sleep(70)
    [told] = box.told("state:player")
    assert (told["chapter_index"], round(told["position_ms"] / 1000)) == (1, 600)
    seek = await deck.seek(25 * 60_000)
    assert seek.state.chapter_index == 2
    assert box.told("state:player")[-1]["chapter_index"] == 2


async def test_buttons_and_tags_go_by_chapter_in_a_long_track_and_everybody_agrees(box: VirtualBox) -> None:
    deck = box.services.deck
    playlist_id = await chaptered(box, 30)
    await deck.start(playlist_id)
    await trio.sleep(5)
    assert deck.state(0).can_next
    assert (await deck.next()).state.position_ms == 10 * 60_000
    await trio.sleep(5)
    deck.act(TagAction(action="chapter_next"))
    await trio.sleep(5)
    assert (deck.state(0).chapter_index, deck.state(0).can_next) == (2, False)
    deck.act(TagAction(action="chapter_previous"))
    await trio.sleep(1)
    deck.act(TagAction(action="chapter_previous"))
    await trio.sleep(1)
    assert deck.state(0).chapter_index == 1
    assert (await deck.previous()).state.position_ms == 0
    await trio.sleep(1)
    assert (await deck.chapter(2)).state.chapter_index == 2
    await trio.sleep(5)
    await deck.stop()
    await deck.start(await box.add("Other", 60))
    await trio.sleep(5)
    resumed = await deck.start(playlist_id)
    assert resumed.state.position_ms == pytest.approx(20 * 60_000 + 5_000, abs=200)
    assert resumed.state.chapter_index == 2


async def test_a_chapter_that_is_not_there_is_refused_with_their_number(box: VirtualBox) -> None:
    with pytest.raises(BadRequest):
        await box.services.deck.chapter(0)
    await box.services.deck.start(await chaptered(box, 30))
    with pytest.raises(BadRequest) as refused:
        await box.services.deck.chapter(3)
    assert refused.value.details == {"chapters": 3}
