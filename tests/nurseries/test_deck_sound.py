"""How loud each track is played, and what the box says by sounds of its own: a whole box on virtual time."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from math import log10
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.rigs.box import TAGS, UNKNOWN_TAG, VirtualBox, virtual_box
from tests.rigs.virtual import virtual_time
from tomb.devices.output import Stuttered
from tomb.library.playlists import PlaylistEdit
from tomb.rehearsal.simulated.sound import FragileOutput

pytestmark = virtual_time


def output(box: VirtualBox) -> FragileOutput:
    assert box.output is not None
    return box.output


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[VirtualBox]:
    async with virtual_box(tmp_path, fragile=True) as box:
        await trio.sleep(1)
        yield box


async def loud(box: VirtualBox, title: str, *levels: float) -> str:
    """A playlist with a track of ten seconds for each level, in LUFS, and of full peak."""
    playlist_id = await box.add(title, *[10.0 + number for number in range(len(levels))])
    playlist = await box.services.librarian.playlist(playlist_id)
    with closing(sqlite3.connect(box.services.settings.data / "tomb.db", isolation_level=None)) as db:
        for track, level in zip(playlist.tracks, levels, strict=True):
            db.execute("UPDATE files SET loudness = ?, peak = 1 WHERE hash = ?", (level, track.file_hash))
    return playlist_id


def heard(box: VirtualBox) -> list[float]:
    """The gains of what is heard and of what follows it, in dB."""
    return [round(20 * log10(gain), 1) for gain in output(box).gains.values()]


async def test_each_track_is_played_as_loud_as_the_next(box: VirtualBox) -> None:
    await box.services.deck.start(await loud(box, "Mixed", -8, -14))
    await trio.sleep(1)
    assert heard(box) == [-10, -4]


async def test_a_track_is_cued_with_the_marks_of_its_file_and_nobody_else_is_told_them(box: VirtualBox) -> None:
    playlist_id = await box.add("Two", 10, 11)
    with closing(sqlite3.connect(box.services.settings.data / "tomb.db", isolation_level=None)) as db:
        db.execute("UPDATE files SET seek_marks = ?", (b"marks",))
    await box.services.deck.start(playlist_id)
    await box.services.deck.seek(5_000)
    await box.services.librarian.update(playlist_id, PlaylistEdit(title="Other"))
    await trio.sleep(1)
    await box.services.deck.seek(7_000)
    assert {cue.seek_marks for cue in output(box).cued} == {b"marks"}
    assert all(b"marks" not in event.payload for event in box.events)


async def test_an_album_keeps_what_is_quiet_in_it_quiet(box: VirtualBox) -> None:
    await box.services.preferences.change({"loudness": "album"}, {})
    await box.services.deck.start(await loud(box, "Album", -11, -11))
    await trio.sleep(1)
    assert heard(box) == [-7, -7]


async def test_what_is_chosen_while_music_plays_is_heard_at_once_and_a_rename_changes_nothing(box: VirtualBox) -> None:
    playlist_id = await loud(box, "Mixed", -8, -14)
    await box.services.deck.start(playlist_id)
    await trio.sleep(1)
    await box.services.preferences.change({"loudness": "off"}, {})
    await trio.sleep(1)
    assert heard(box) == [0, 0]
    await box.services.librarian.update(playlist_id, PlaylistEdit(title="Other"))
    await box.services.preferences.change({"loudness": "track"}, {})
    await trio.sleep(1)
    assert heard(box) == [-10, -4]


async def test_a_box_that_can_take_taps_says_so(box: VirtualBox) -> None:
    assert output(box).chimes == ["ready"]


async def test_a_tag_that_nobody_knows_is_answered(box: VirtualBox) -> None:
    await box.tap(UNKNOWN_TAG)
    assert output(box).chimes == ["ready", "unknown_tag"]


async def test_a_tag_that_plays_is_answered_by_its_music_alone(box: VirtualBox) -> None:
    await box.add("One", 60, tag_id=TAGS[0])
    await box.tap(TAGS[0])
    assert box.state == "playing"
    assert output(box).chimes == ["ready"]


async def test_a_list_that_cannot_be_played_is_heard_to_be_so(box: VirtualBox) -> None:
    playlist_id = await box.add("Broken", 10, tag_id=TAGS[0])
    for track in (await box.services.librarian.playlist(playlist_id)).tracks:
        (box.services.librarian.folder / track.file_path).write_text("no sound at all")
    await box.tap(TAGS[0])
    assert box.state == "error"
    assert output(box).chimes == ["ready", "error"]


async def test_an_empty_list_is_heard_to_be_so(box: VirtualBox) -> None:
    empty = await box.services.librarian.create("Empty")
    await box.services.librarian.link_tag(TAGS[0], empty.id)
    await box.tap(TAGS[0])
    assert output(box).chimes == ["ready", "error"]


async def test_parents_can_do_without(box: VirtualBox) -> None:
    await box.services.preferences.change({"sounds": False}, {})
    await box.tap(UNKNOWN_TAG)
    assert output(box).chimes == ["ready"]


async def test_a_box_that_is_to_be_quiet_starts_quietly(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with virtual_box(tmp_path, fragile=True, sounds=False) as box:
        await trio.sleep(1)
        assert output(box).chimes == []


def trouble(box: VirtualBox) -> list[str]:
    return [each["message"] for each in box.told("sound_trouble")]


def last_error(box: VirtualBox) -> str:
    return str(box.services.board.details()["audio"].last_error)


async def test_a_file_that_vanished_is_told_noted_and_passed_over(box: VirtualBox) -> None:
    playlist_id = await box.add("Three", 10, 11, 12)
    playlist = await box.services.librarian.playlist(playlist_id)
    (box.services.librarian.folder / playlist.tracks[1].file_path).unlink()
    await box.services.deck.start(playlist_id)
    await trio.sleep(15)
    state = box.services.deck.state(0)
    assert (state.state, state.active_track_number) == ("playing", 3)
    [told] = trouble(box)
    assert playlist.tracks[1].title in told
    assert [each["skipped"] for each in box.told("sound_trouble")] == [playlist.tracks[1].title]
    assert last_error(box) == told


async def test_gaps_in_the_sound_are_told_and_noted(box: VirtualBox) -> None:
    await box.services.deck.start(await box.add("One", 60))
    await trio.sleep(1)
    box.services.deck.report(Stuttered(3))
    await trio.sleep(1)
    assert box.state == "playing"
    [told] = trouble(box)
    assert "blocks late: 3" in told
    assert [each["skipped"] for each in box.told("sound_trouble")] == [None]
    assert last_error(box) == told


async def test_a_loudspeaker_that_was_pulled_out_is_told_noted_and_the_music_goes_on_when_it_is_back(
    box: VirtualBox,
) -> None:
    await box.services.deck.start(await box.add("One", 60))
    await trio.sleep(5)
    output(box).unplug()
    await trio.sleep(1)
    assert box.state == "error"
    assert last_error(box) == "the loudspeaker is gone"
    output(box).there = True
    await trio.sleep(6)
    state = box.services.deck.state(0)
    assert state.state == "playing"
    assert 5_000 <= state.position_ms <= 12_000


async def test_what_has_a_tag_is_expected_where_it_was_left_and_the_last_played_first(box: VirtualBox) -> None:
    first = await box.add("First", 60, tag_id=TAGS[0])
    second = await box.add("Second", 60, tag_id=TAGS[1])
    await box.add("Without", 60)
    paths = {
        each: Path((await box.services.librarian.playlist(each)).tracks[0].file_path).name for each in (first, second)
    }
    await trio.sleep(5)
    assert sorted(output(box).expected) == sorted((path, 0) for path in paths.values())
    await box.services.deck.start(second)
    await trio.sleep(10)
    assert output(box).expected == [(paths[first], 0)]  # what plays needs no beginning
    await box.services.deck.stop()
    await trio.sleep(5)
    [(path, start_ms), after] = output(box).expected
    assert (path, after) == (paths[second], (paths[first], 0))
    assert start_ms == pytest.approx(10_000, abs=100)
    await box.services.librarian.delete(second)
    await trio.sleep(5)
    assert output(box).expected == [(paths[first], 0)]


async def test_what_has_a_tag_is_expected_though_the_library_never_comes_to_rest(box: VirtualBox) -> None:
    edited = await box.add("Edited", 60)
    await box.add("Tagged", 60, tag_id=TAGS[0])
    for number in range(15):
        await box.services.librarian.update(edited, PlaylistEdit(title=f"Edited {number}"))
        await trio.sleep(1)
    assert len(output(box).expected) == 1


async def test_a_box_starts_no_louder_than_parents_let_it_its_bell_and_its_music_alike(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with virtual_box(tmp_path, fragile=True, start_volume=30) as box:
        await trio.sleep(1)
        assert output(box).chimes == ["ready"]
        assert output(box).loudest_chime == pytest.approx(0.3**2)
        await box.services.deck.start(await box.add("One", 60))
        await trio.sleep(1)
        assert output(box).level == pytest.approx(0.3**2)


async def test_a_loudspeaker_that_is_back_rings_no_louder_than_the_volume(box: VirtualBox) -> None:
    await box.services.deck.set_volume(20)
    output(box).unplug()
    output(box).level = 1.0
    await trio.sleep(1)
    output(box).there = True
    await trio.sleep(6)
    await box.tap(UNKNOWN_TAG)
    assert output(box).chimes[-1] == "unknown_tag"
    assert output(box).level == pytest.approx(0.2**2)
