import pytest
import trio

from tests.rigs.virtual import virtual_time
from tomb.errors import NotFound
from tomb.nurseries.alarm import Alarm
from tomb.nurseries.desk import Desk

pytestmark = virtual_time


async def test_jobs_are_done_one_after_the_other_in_the_order_they_were_handed_in(nursery: trio.Nursery) -> None:
    desk, log = Desk(), []
    await nursery.start(desk.run)

    async def job(name: str) -> str:
        log.append(f"{name} begins")
        await trio.sleep(1)
        log.append(f"{name} ends")
        return name

    async with trio.open_nursery() as askers:
        askers.start_soon(desk.ask, lambda: job("a"))
        await trio.sleep(0.1)
        askers.start_soon(desk.ask, lambda: job("b"))
        await trio.sleep(0.1)
        desk.post(lambda: log.append("c"))
    assert log == ["a begins", "a ends", "b begins", "b ends", "c"]


async def test_the_error_of_a_job_is_the_asker_s_and_the_desk_goes_on(nursery: trio.Nursery) -> None:
    desk = Desk()
    await nursery.start(desk.run)

    async def refuse() -> None:
        raise NotFound("thing", "1")

    async def work() -> str:
        return "done"

    with pytest.raises(NotFound):
        await desk.ask(refuse)
    assert await desk.ask(work) == "done"


async def test_who_stops_waiting_does_not_take_the_request_back(nursery: trio.Nursery) -> None:
    desk, log = Desk(), []
    await nursery.start(desk.run)

    async def job() -> None:
        await trio.sleep(5)
        log.append("done")

    with trio.move_on_after(1):
        await desk.ask(job)
    await trio.sleep(5)
    assert log == ["done"]


async def test_a_defect_ends_the_desk() -> None:
    desk = Desk()

    async def defect() -> None:
        raise LookupError

    with pytest.RaisesGroup(LookupError):
        async with trio.open_nursery() as nursery:
            await nursery.start(desk.run)
            await desk.ask(defect)


async def test_an_alarm_rings_once_at_the_moment_it_was_last_set_to(nursery: trio.Nursery) -> None:
    rung: list[float] = []
    alarm = Alarm(lambda: rung.append(trio.current_time()))
    nursery.start_soon(alarm.run)
    start = trio.current_time()
    alarm.set(start + 10)
    await trio.sleep(5)
    alarm.set(start + 20)
    await trio.sleep(100)
    assert rung == [start + 20]
    alarm.set(trio.current_time() + 1)
    alarm.set(None)
    await trio.sleep(100)
    assert len(rung) == 1
