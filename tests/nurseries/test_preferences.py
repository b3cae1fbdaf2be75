"""What parents choose: in force at once, in one transaction, and never above what the operator set."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.rigs.box import virtual_box
from tomb.errors import BadRequest
from tomb.nurseries.library_events import APART_S, GATHER_S
from tomb.nurseries.lifecycle import Process


async def test_what_is_chosen_counts_at_once_and_is_there_after_a_restart(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with virtual_box(tmp_path) as box:
        await box.services.preferences.change({"volume_ceiling": 40, "same_tag": "restart"}, {})
        assert (await box.services.deck.set_volume(90)).state.volume == 40
    async with virtual_box(tmp_path) as box:
        assert box.services.preferences.current.same_tag == "restart"
        assert box.services.deck.policy.same_tag == "restart"


async def test_what_the_operator_set_is_below_what_was_chosen_before(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with virtual_box(tmp_path) as box:
        await box.services.preferences.change({"volume_ceiling": 90}, {})
    async with virtual_box(tmp_path, volume_ceiling=30) as box:
        assert box.services.preferences.fixed == ("volume_ceiling",)
        assert box.services.preferences.current.volume_ceiling == 30


async def test_with_one_that_is_fixed_none_is_changed_nor_what_others_keep(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with virtual_box(tmp_path, volume_ceiling=30) as box:
        with pytest.raises(BadRequest):
            await box.services.preferences.change({"volume_ceiling": 80, "same_tag": "next"}, {"pin": "x"})
        assert await box.services.librarian.settings() == {}


async def test_what_is_taken_back_is_the_default_again(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with virtual_box(tmp_path) as box:
        before = box.services.preferences.current
        await box.services.preferences.change({"on_removal": "pause"}, {})
        assert await box.services.preferences.change({"on_removal": None}, {}) == before


async def test_a_box_starts_no_louder_than_parents_let_it(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with virtual_box(tmp_path) as box:
        await box.services.preferences.change({"start_volume": 30}, {})
        assert (await box.services.deck.set_volume(80)).state.volume == 80  # a start is all that it is about
    async with virtual_box(tmp_path) as box:
        assert box.services.deck.state(0).volume == 30


async def test_the_start_volume_raises_nothing(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with virtual_box(tmp_path) as box:
        await box.services.preferences.change({"start_volume": 70, "volume_ceiling": 60}, {})
        await box.services.deck.set_volume(20)
    async with virtual_box(tmp_path) as box:
        assert box.services.deck.state(0).volume == 20
        await box.services.deck.set_volume(60)
    async with virtual_box(tmp_path) as box:
        assert box.services.deck.state(0).volume == 60  # below the ceiling, which is below it


async def test_a_new_box_starts_no_louder_either(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with virtual_box(tmp_path, start_volume=10) as box:
        assert box.services.deck.state(0).volume == 10
        assert box.services.preferences.fixed == ("start_volume",)


async def test_music_that_goes_on_after_a_restart_is_no_louder_from_its_first_moment(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with virtual_box(tmp_path) as box:
        await box.services.preferences.change({"start_volume": 30}, {})
        await box.services.deck.start(await box.add("Moon", 60.0))
        await box.services.deck.set_volume(80)
        await trio.sleep(10)
    async with virtual_box(tmp_path, process=Process(resumes=True)) as box:
        await wait_all_tasks_blocked()
        assert (box.state, box.services.deck.state(0).volume) == ("playing", 30)
        assert all(told["volume"] <= 30 for told in box.told("state:player"))


async def test_a_playlist_that_is_deleted_is_chosen_no_more_and_again_when_it_comes_back(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with virtual_box(tmp_path) as box:
        preferences, librarian = box.services.preferences, box.services.librarian
        first, second = (await librarian.create("First")).id, (await librarian.create("Second")).id
        await preferences.change({"child_playlists": [second, "nowhere", second, first]}, {})
        assert preferences.child_playlists == [second, first]
        await librarian.delete(second)
        assert preferences.child_playlists == [first]
        await librarian.restore(second)
        assert preferences.child_playlists == [second, first]
        await librarian.delete(first)
        await librarian.delete(second)
        assert preferences.child_playlists == []  # none is not all


async def test_whether_a_playlist_is_for_children_is_told_and_known_after_a_restart(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with virtual_box(tmp_path) as box:
        librarian = box.services.librarian
        first, second = (await librarian.create("First")).id, (await librarian.create("Second")).id
        assert [lite.for_child for lite in librarian.lites()] == [True, True]
        await box.services.preferences.change({"child_playlists": [second]}, {})
        await trio.sleep(2 * GATHER_S + APART_S)  # it was told of the two just now
        assert [each["for_child"] for each in box.told("state:playlists")[-1]["playlists"]] == [False, True]
        assert (await librarian.playlist(first)).for_child is False
        assert (await librarian.create("Third")).for_child is False
    async with virtual_box(tmp_path) as box:
        assert [lite.for_child for lite in box.services.librarian.lites()] == [False, True, False]
        await box.services.preferences.change({"child_playlists": None}, {})
        assert [lite.for_child for lite in box.services.librarian.lites()] == [True, True, True]
