import pytest
import trio

from tests.rigs.virtual import virtual_time
from tomb.errors import NotFound
from tomb.nurseries.mailbox import Mailbox

pytestmark = virtual_time


async def test_jobs_are_done_one_after_the_other_in_the_order_they_were_handed_in(nursery: trio.Nursery) -> None:
    mailbox, log = Mailbox(), []
    await nursery.start(mailbox.run)

    async def job(name: str) -> str:
        log.append(f"{name} begins")
        await trio.sleep(1)
        log.append(f"{name} ends")
        return name

    async with trio.open_nursery() as askers:
        askers.start_soon(mailbox.ask, lambda: job("a"))
        await trio.sleep(0.1)
        askers.start_soon(mailbox.ask, lambda: job("b"))
        await trio.sleep(0.1)
        mailbox.post(lambda: log.append("c"))
    assert log == ["a begins", "a ends", "b begins", "b ends", "c"]


async def test_the_error_of_a_job_is_the_asker_s_and_the_desk_goes_on(nursery: trio.Nursery) -> None:
    mailbox = Mailbox()
    await nursery.start(mailbox.run)

    async def refuse() -> None:
        raise NotFound("thing", "1")

    async def work() -> str:
        return "done"

    with pytest.raises(NotFound):
        await mailbox.ask(refuse)
    assert await mailbox.ask(work) == "done"


async def test_who_stops_waiting_does_not_take_the_request_back(nursery: trio.Nursery) -> None:
    mailbox, log = Mailbox(), []
    await nursery.start(mailbox.run)

    async def job() -> None:
        await trio.sleep(5)
        log.append("done")

    with trio.move_on_after(1):
        await mailbox.ask(job)
    await trio.sleep(5)
    assert log == ["done"]


async def test_a_defect_ends_the_mailbox() -> None:
    mailbox = Mailbox()

    async def defect() -> None:
        raise LookupError

    with pytest.RaisesGroup(LookupError):
        async with trio.open_nursery() as nursery:
            await nursery.start(mailbox.run)
            await mailbox.ask(defect)
