from typing import cast

import trio

from tests.rigs.virtual import virtual_time
from tomb.errors import NoSpace
from tomb.library.store import Store
from tomb.nurseries.health import Board
from tomb.nurseries.housekeeping import FIRST_S, Housekeeping
from tomb.nurseries.supervisor import supervised
from tomb.ports import VirtualPorts

pytestmark = virtual_time


class Disk:
    """A store whose disk is full until it is not."""

    full = True
    copies = 0

    async def fill_reserve(self) -> None:
        await trio.sleep(0.1)
        if self.full:
            raise NoSpace("the disk is full")

    async def expire(self) -> None:
        await trio.sleep(0.1)

    async def keep_copy(self, _: int) -> float:
        self.copies += 1
        return 3600.0


async def test_on_a_full_disk_it_is_down_and_says_why_and_makes_its_copy_soon_after_there_is_space(
    nursery: trio.Nursery,
) -> None:
    disk, board = Disk(), Board(VirtualPorts())

    def state() -> str:
        return board.details()["housekeeping"].state

    await nursery.start(supervised("housekeeping", board, Housekeeping(cast("Store", disk), 0, disk.expire).run).run)
    assert state() == "up"
    await trio.sleep(FIRST_S + 100)
    assert (state(), board.details()["housekeeping"].last_error) == ("down", "the disk is full")
    disk.full = False
    await trio.sleep(300)
    assert (state(), disk.copies) == ("up", 1)
