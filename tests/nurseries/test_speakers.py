"""The rooms of a box, through its HTTP side and its events, with a server whose knobs others turn too."""

from pathlib import Path
from typing import Any

import pytest
import trio

from tests.rigs.box import virtual_box
from tests.rigs.virtual import virtual_time
from tomb.devices.silent import SilentOutput
from tomb.errors import NotFound, Unavailable
from tomb.nurseries.speakers import APART_S, BURST, LOOK_S, SLOW_S
from tomb.rehearsal.simulated.rooms import FakeRooms, placed

pytestmark = virtual_time


def volumes(told: dict[str, Any]) -> dict[str, int]:
    return {each["id"]: each["volume"] for each in told["speakers"]}


async def test_what_another_app_turns_is_told_at_once(tmp_path: Path) -> None:
    rooms = FakeRooms(placed("kitchen"), placed("bath"))
    async with virtual_box(tmp_path, rooms=rooms) as box:
        await trio.sleep(1)
        rooms.turn("bath", 10)
        await trio.sleep(0.01)
        told = box.told("state:speakers")
        assert [volumes(each) for each in told] == [{"kitchen": 50, "bath": 50}, {"kitchen": 50, "bath": 10}]
        assert all(each["available"] for each in told)


async def test_a_server_that_never_stops_telling_is_asked_a_few_times_a_second(tmp_path: Path) -> None:
    rooms = FakeRooms(placed("kitchen"))
    async with virtual_box(tmp_path, rooms=rooms):
        await trio.sleep(1)
        before = rooms.asked
        for number in range(1000):
            rooms.turn("kitchen", number % 100)
            await trio.sleep(0.001)
        assert rooms.asked - before <= 1 / APART_S + 1
        for number in range(6000):
            rooms.turn("kitchen", number % 100)
            await trio.sleep(0.1)
        assert rooms.asked - before <= 1.2 * BURST + 600 / SLOW_S


async def test_nothing_is_above_the_ceiling_whoever_asks_for_it(tmp_path: Path) -> None:
    rooms = FakeRooms(placed("kitchen", 90), placed("bath", 20))
    async with virtual_box(tmp_path, rooms=rooms) as box:
        await trio.sleep(1)
        await box.services.preferences.change({"volume_ceiling": 40}, {})
        await trio.sleep(0.5)
        assert volumes(box.told("state:speakers")[-1]) == {"kitchen": 40, "bath": 20}
        rooms.turn("bath", 100)
        await trio.sleep(0.5)
        assert rooms.speakers_by_id["bath"].speaker.volume == 40
        assert (await box.services.rooms.change("bath", 80, None)).volume == 40
        assert max(each.speaker.volume for each in rooms.speakers_by_id.values()) == 40


async def test_a_speaker_that_cannot_be_brought_down_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    rooms = FakeRooms(placed("kitchen", 90))
    rooms.refuses = True
    async with virtual_box(tmp_path, rooms=rooms, volume_ceiling=40) as box:
        await trio.sleep(1)
        assert [each.volume for each in box.services.rooms.listed()] == [90]
        rooms.refuses = False
        await trio.sleep(LOOK_S + 1)
        assert [each.volume for each in box.services.rooms.listed()] == [40]


async def test_a_change_leaves_as_it_is_what_is_not_named(tmp_path: Path) -> None:
    rooms = FakeRooms(placed("kitchen", 30))
    async with virtual_box(tmp_path, rooms=rooms) as box:
        await trio.sleep(1)
        muted = await box.services.rooms.change("kitchen", None, True)
        assert (muted.volume, muted.muted) == (30, True)
        louder = await box.services.rooms.change("kitchen", 60, None)
        assert (louder.volume, louder.muted) == (60, True)
        assert box.told("state:speakers")[-1]["speakers"] == [louder.model_dump()]
        with pytest.raises(NotFound):
            await box.services.rooms.change("cellar", 60, None)


async def test_a_speaker_whose_group_is_muted_is_muted_and_can_be_heard_again(tmp_path: Path) -> None:
    rooms = FakeRooms(placed("kitchen", group_muted=True))
    async with virtual_box(tmp_path, rooms=rooms) as box:
        await trio.sleep(1)
        assert [each.muted for each in box.services.rooms.listed()] == [True]
        assert (await box.services.rooms.change("kitchen", 40, None)).muted
        assert not rooms.speakers_by_id["kitchen"].own_mute
        assert not (await box.services.rooms.change("kitchen", None, False)).muted


async def test_a_server_that_goes_and_comes_is_a_state_and_no_more(tmp_path: Path) -> None:
    rooms = FakeRooms(placed("kitchen"))
    async with virtual_box(tmp_path, rooms=rooms) as box:
        await trio.sleep(1)
        rooms.leave()
        await trio.sleep(0.1)
        assert box.told("state:speakers")[-1] == {"available": False, "speakers": []}
        assert box.services.board.details()["speakers"].state == "down"
        with pytest.raises(Unavailable, match="cannot be controlled now"):
            box.services.rooms.listed()
        rooms.there = True
        await trio.sleep(6)
        assert box.told("state:speakers")[-1]["available"]
        assert box.services.board.details()["speakers"].state == "up"
        assert [each.id for each in box.services.rooms.listed()] == ["kitchen"]


class Unreachable(SilentOutput):
    """A server behind an address from which nothing ever comes back."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:  # noqa: ARG002
        await trio.sleep_forever()


async def test_nobody_waits_for_a_server_that_does_not_answer(tmp_path: Path) -> None:
    rooms = FakeRooms(placed("kitchen"))
    rooms.slow_s = 3600
    begun = trio.current_time()
    async with virtual_box(tmp_path, output=lambda ports, deck: Unreachable(ports, deck.report), rooms=rooms) as box:
        assert trio.current_time() - begun < 1
        assert box.services.board.details()["audio"].state == "starting"


async def test_a_box_without_rooms_says_so(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        with pytest.raises(Unavailable, match="TOMB_AUDIO is not snapcast"):
            box.services.rooms.listed()
        assert "speakers" not in box.services.board.details()
