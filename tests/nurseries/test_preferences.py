"""What parents choose: in force at once, in one transaction, and never above what the operator set."""

from pathlib import Path

import pytest
from trio.testing import MockClock

from tests.rigs.box import virtual_box
from tomb.errors import BadRequest


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
