"""The supervision of devices and services: what they raise, how often they are tried, what is said of it."""

import logging
from itertools import pairwise

import pytest
import trio
import trio.testing

from tests.machines.walks import rows_of, rows_recorded
from tests.rigs.virtual import virtual_time
from tomb.errors import Missing, NoSpace
from tomb.machines.device import DEVICE, STEADY_S
from tomb.nurseries.health import Board
from tomb.nurseries.supervisor import Supervisor, supervised
from tomb.ports import VirtualPorts

pytestmark = virtual_time


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
        self.supervisor = Supervisor(
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
    await nursery.start(services.supervisor.run)
    await trio.sleep(100)
    assert services.log == ["real"]
    assert services.board.is_up("device")


async def test_the_stand_in_serves_until_the_device_comes(nursery: trio.Nursery) -> None:
    real = Device(absences=4)
    services = Household(real, Device())
    await nursery.start(services.supervisor.run)
    assert services.log == ["stand-in"]
    assert _overall(services) == "healthy"
    await trio.sleep(60)
    assert services.log == ["stand-in", "real"]


async def test_a_device_is_looked_for_less_and_less_often_but_every_five_seconds(nursery: trio.Nursery) -> None:
    real = Device(absences=12)
    services = Household(real, None)
    await nursery.start(services.supervisor.run)
    await trio.sleep(120)
    pauses = [later - earlier for earlier, later in pairwise(real.tries)]
    assert pauses == pytest.approx(sorted(pauses))
    assert pauses[0] < 1
    assert max(pauses) == pytest.approx(5)


async def test_a_lost_device_degrades_the_box_and_is_no_reason_to_pretend(nursery: trio.Nursery) -> None:
    real = Device()
    services = Household(real, Device())
    await nursery.start(services.supervisor.run)
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


async def test_a_device_with_a_loose_plug_is_attached_less_and_less_often_until_it_holds(
    nursery: trio.Nursery,
) -> None:
    """It was 600 times a minute: the backoff was forgotten on arrival."""
    real = Device()
    services = Household(real, None)

    async def wobble() -> None:
        for _ in range(20):
            while not services.board.is_up("device"):
                await trio.sleep(0.01)
            real.cut.set()
            await trio.testing.wait_all_tasks_blocked()

    await nursery.start(services.supervisor.run)
    nursery.start_soon(wobble)
    await trio.sleep(60)
    assert len(real.tries) == 17
    await trio.sleep(60)
    assert services.board.is_up("device")
    real.cut.set()
    await trio.sleep(0.25)
    assert services.board.is_up("device")  # it had held, so it was tried soon


ERRORS = [
    Missing("unplugged"),
    NoSpace("the disk is full"),
    OSError(5, "Input/output error"),
    LookupError("a defect"),
    ExceptionGroup("of a nursery", [ValueError("one"), ExceptionGroup("more", [KeyError("two")])]),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
async def test_a_service_is_started_again_whatever_it_raises_and_health_says_so(
    nursery: trio.Nursery, error: Exception
) -> None:
    board, starts = Board(VirtualPorts()), list[float]()

    async def service(*, task_status: trio.TaskStatus[None]) -> None:
        starts.append(trio.current_time())
        if len(starts) < 3:
            raise error
        task_status.started()
        await trio.sleep_forever()

    await nursery.start(supervised("sweep", board, service).run)
    assert (board.overall, board.details()["sweep"].state) == ("degraded", "down")
    assert board.details()["sweep"].last_error
    await trio.sleep(10)
    assert [later - earlier for earlier, later in pairwise(starts)] == [1, 5]
    assert (_state(board), board.details()["sweep"].restarts) == ("up", 1)


def _state(board: Board) -> str:
    return board.details()["sweep"].state


async def test_a_service_that_ends_by_itself_is_started_again_too(nursery: trio.Nursery) -> None:
    board, starts = Board(VirtualPorts()), list[float]()

    async def service(*, task_status: trio.TaskStatus[None]) -> None:
        starts.append(trio.current_time())
        task_status.started()

    await nursery.start(supervised("sweep", board, service).run)
    await trio.sleep(3)
    assert len(starts) == 2


async def test_a_service_that_breaks_while_it_is_stopped_does_not_break_the_stop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    board = Board(VirtualPorts())

    async def service(*, task_status: trio.TaskStatus[None]) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            try:
                task_status.started()
                await trio.sleep_forever()
            finally:
                raise OSError("the device is gone just now")

    async with trio.open_nursery() as nursery:
        await nursery.start(supervised("sweep", board, service).run)
        nursery.cancel_scope.cancel()
    assert caplog.messages == ["sweep failed: OSError: the device is gone just now"]


async def test_a_service_that_asks_for_the_end_of_the_interpreter_gets_it(nursery: trio.Nursery) -> None:
    async def service(*, task_status: trio.TaskStatus[None]) -> None:
        raise SystemExit

    with pytest.RaisesGroup(SystemExit, flatten_subgroups=True):
        async with trio.open_nursery() as own:
            await own.start(supervised("sweep", Board(VirtualPorts()), service).run)


async def test_a_defect_is_logged_once_with_its_traceback_however_often_it_is_met(
    nursery: trio.Nursery, caplog: pytest.LogCaptureFixture
) -> None:
    async def service(*, task_status: trio.TaskStatus[None]) -> None:
        raise LookupError("a defect")

    await nursery.start(supervised("sweep", Board(VirtualPorts()), service).run)
    await trio.sleep(1000)
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert "sweep" in record.message


async def test_a_device_that_is_not_there_at_the_start_is_no_news_for_the_log_but_its_loss_is(
    nursery: trio.Nursery, caplog: pytest.LogCaptureFixture
) -> None:
    real = Device(absences=3)
    services = Household(real, Device())
    await nursery.start(services.supervisor.run)
    await trio.sleep(STEADY_S + 10)
    assert not caplog.records
    real.cut.set()
    await trio.sleep(1)
    assert caplog.messages == ["device is down: gone"]


async def test_a_stand_in_that_fails_is_started_again_and_the_box_goes_on(nursery: trio.Nursery) -> None:
    stand_in = Device(absences=1)
    services = Household(None, stand_in)
    await nursery.start(services.supervisor.run)
    await trio.sleep(10)
    assert services.log == ["stand-in", "not there", "stand-in"]
    assert _overall(services) == "healthy"


async def test_without_a_device_and_a_stand_in_there_is_nothing_to_wait_for(nursery: trio.Nursery) -> None:
    services = Household(None, None)
    await nursery.start(services.supervisor.run)
    assert services.log == []
    assert _overall(services) == "healthy"


async def test_a_defect_of_the_core_that_a_device_runs_into_is_not_taken_for_a_failure_of_the_device() -> None:
    def defect(_: object) -> None:
        raise LookupError("in the core")

    real = Device()
    supervisor = Supervisor("nfc", Board(VirtualPorts()), real=real, serve=Device.run, use=defect, lose=print)
    with pytest.RaisesGroup(pytest.RaisesExc(LookupError, match="in the core"), flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(supervisor.run)
    assert len(real.tries) == 1


async def test_there_is_no_row_in_the_table_that_no_supervisor_can_cause() -> None:
    with rows_recorded(DEVICE) as taken:
        for absences, stand_in in ((0, Device()), (2, Device()), (2, None)):
            real = Device(absences)
            async with trio.open_nursery() as nursery:
                await nursery.start(Household(real, stand_in).supervisor.run)
                await trio.sleep(STEADY_S + 10)
                real.absences = len(real.tries) + 2
                real.cut.set()
                await trio.sleep(5)
                real.cut.set()
                await trio.sleep(5)
                nursery.cancel_scope.cancel()
        async with trio.open_nursery() as nursery:
            await nursery.start(Household(None, Device()).supervisor.run)
            nursery.cancel_scope.cancel()
    assert taken == rows_of(DEVICE)
