"""The order of start and stop, and the supervision of devices."""

from functools import partial

import pytest
import trio

from tests.rigs.virtual import virtual_time
from tomb.errors import Missing
from tomb.nurseries.health import Board
from tomb.nurseries.lifecycle import Slot, open_root
from tomb.ports import VirtualPorts

pytestmark = virtual_time


async def _serve(name: str, log: list[str], *, task_status: trio.TaskStatus[None]) -> None:
    log.append(f"{name} on")
    task_status.started()
    try:
        await trio.sleep_forever()
    finally:
        with trio.CancelScope(shield=True):
            await trio.sleep(1)  # whoever stops later must wait for this
        log.append(f"{name} off")


ORDER = ["library on", "deck on", "web on", "web off", "deck off", "library off"]


async def test_what_was_started_last_is_stopped_first_and_waited_for() -> None:
    log: list[str] = []
    async with open_root() as root:
        for name in ("library", "deck", "web"):
            await root.start(partial(_serve, name, log))
    assert log == ORDER


async def test_a_cancelled_box_keeps_the_order() -> None:
    log: list[str] = []
    with trio.move_on_after(5):
        async with open_root() as root:
            for name in ("library", "deck", "web"):
                await root.start(partial(_serve, name, log))
            await trio.sleep_forever()
    assert log == ORDER


async def test_a_defect_in_one_task_ends_the_box_in_order() -> None:
    log: list[str] = []

    async def fail(*, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        await trio.sleep(1)
        raise LookupError("a defect")

    with pytest.RaisesGroup(LookupError):
        async with open_root() as root:
            for name in ("library", "deck", "web"):
                await root.start(partial(_serve, name, log))
            await root.start(fail)
            await trio.sleep_forever()
    assert log == ORDER


async def test_a_box_cancelled_while_a_task_starts_does_not_hang() -> None:
    log: list[str] = []

    async def never_ready(*, task_status: trio.TaskStatus[None]) -> None:
        await trio.sleep_forever()

    with trio.move_on_after(5):
        async with open_root() as root:
            await root.start(partial(_serve, "library", log))
            await root.start(never_ready)
    assert log == ["library on", "library off"]


class Device:
    """Fails as often as `absences` says, each time with its message, then serves until it is cut off."""

    def __init__(self, absences: int = 0) -> None:
        self.absences = absences
        self.tries: list[float] = []
        self.cut = trio.Event()

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        self.tries.append(trio.current_time())
        if len(self.tries) <= self.absences:
            raise Missing("not there")
        task_status.started()
        self.cut = trio.Event()
        await self.cut.wait()
        raise Missing("gone")


class Household:
    def __init__(self, real: Device | None, stand_in: Device | None) -> None:
        self.log: list[str] = []
        self.board = Board(VirtualPorts())
        self.names = {id(real): "real", id(stand_in): "stand-in"}
        self.slot = Slot(
            "device",
            self.board,
            real=real,
            stand_in=stand_in,
            serve=Device.run,
            use=lambda device: self.log.append(self.names[id(device)]),
            lose=self.log.append,
        )


def _overall(services: Household) -> str:
    return services.board.overall


async def test_a_device_that_is_there_is_used_and_its_stand_in_is_not(nursery: trio.Nursery) -> None:
    services = Household(Device(), Device())
    await nursery.start(services.slot.run)
    await trio.sleep(100)
    assert services.log == ["real"]
    assert services.board.is_up("device")


async def test_the_stand_in_serves_until_the_device_comes(nursery: trio.Nursery) -> None:
    real = Device(absences=4)
    services = Household(real, Device())
    await nursery.start(services.slot.run)
    assert services.log == ["stand-in"]
    assert _overall(services) == "healthy"
    await trio.sleep(60)
    assert services.log == ["stand-in", "real"]


async def test_a_device_is_looked_for_less_and_less_often_but_every_five_seconds(nursery: trio.Nursery) -> None:
    real = Device(absences=12)
    services = Household(real, None)
    await nursery.start(services.slot.run)
    await trio.sleep(120)
    pauses = [later - earlier for earlier, later in zip(real.tries, real.tries[1:], strict=False)]
    assert pauses == pytest.approx(sorted(pauses))
    assert pauses[0] < 1
    assert max(pauses) == pytest.approx(5)


async def test_a_lost_device_degrades_the_box_and_is_no_reason_to_pretend(nursery: trio.Nursery) -> None:
    real = Device()
    services = Household(real, Device())
    await nursery.start(services.slot.run)
    real.absences = 3
    real.cut.set()
    await trio.sleep(0.25)
    assert services.log == ["real", "gone"]
    assert not services.board.is_up("device")
    assert _overall(services) == "degraded"
    assert services.board.details()["device"].last_error == "not there"
    await trio.sleep(10)
    assert services.log == ["real", "gone", "real"]
    assert _overall(services) == "healthy"
    assert services.board.details()["device"].restarts == 1
