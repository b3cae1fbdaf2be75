import logging
from collections.abc import Awaitable, Callable

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from tests.rigs.virtual import virtual_time
from tomb.errors import Broken, NotFound, TombError, Unavailable
from tomb.nurseries.mailbox import Mailbox

pytestmark = virtual_time


async def test_jobs_are_done_one_after_the_other_in_the_order_they_came(nursery: trio.Nursery) -> None:
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


async def test_the_error_of_a_job_is_the_asker_s_and_the_mailbox_goes_on(nursery: trio.Nursery) -> None:
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


class Library:
    """Stands for the real one, whose door turns what the disk says into an answer, or for one that lets it through."""

    def __init__(self, raises: Exception) -> None:
        self.raises = raises

    async def look_up(self) -> None:
        await trio.sleep(0.1)
        raise self.raises


@pytest.mark.parametrize(
    "error", [Unavailable("the library cannot be read: disk I/O error"), NotFound("tag", "1"), Broken("unplugged")]
)
async def test_what_a_disk_or_a_device_says_to_a_job_that_nobody_waits_for_is_logged_and_the_owner_lives(
    nursery: trio.Nursery, caplog: pytest.LogCaptureFixture, error: TombError
) -> None:
    mailbox, log = Mailbox("taps"), []
    await nursery.start(mailbox.run)
    with caplog.at_level(logging.WARNING):
        mailbox.post_async(Library(error).look_up)
        mailbox.post(lambda: log.append("next"))
        await trio.sleep(1)
    assert log == ["next"]
    assert caplog.messages == [f"taps: {error}"]


def _ask(mailbox: Mailbox, job: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    async def asked() -> None:
        await mailbox.ask(job)

    return asked


def _posted(mailbox: Mailbox, job: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    async def posted() -> None:
        mailbox.post_async(job)
        await trio.sleep_forever()

    return posted


@pytest.mark.parametrize("way", [_ask, _posted])
@pytest.mark.parametrize("error", [OSError(5, "went around the door"), LookupError("a defect")])
async def test_what_the_door_of_the_library_let_through_ends_the_owner_however_it_was_asked(
    way: Callable[..., Callable[[], Awaitable[None]]], error: Exception
) -> None:
    mailbox = Mailbox()
    with pytest.RaisesGroup(type(error)):
        async with trio.open_nursery() as nursery:
            await nursery.start(mailbox.run)
            await way(mailbox, Library(error).look_up)()


async def test_what_a_synchronous_job_raises_is_a_defect_whatever_its_class() -> None:
    mailbox = Mailbox()

    def refuse() -> None:
        raise NotFound("thing", "1")

    with pytest.RaisesGroup(NotFound):
        async with trio.open_nursery() as nursery:
            await nursery.start(mailbox.run)
            mailbox.post(refuse)
            await trio.sleep_forever()


async def test_what_only_computes_is_decided_at_once_where_nobody_waits(nursery: trio.Nursery) -> None:
    mailbox, log = Mailbox(), []
    await nursery.start(mailbox.run)
    await wait_all_tasks_blocked()

    async def whoever_runs_next() -> None:
        log.append("somebody else")

    nursery.start_soon(whoever_runs_next)
    assert await mailbox.decide(lambda: [*log, "decided"]) == ["decided"]


async def test_it_is_decided_in_its_turn_where_somebody_does(nursery: trio.Nursery) -> None:
    mailbox, log = Mailbox(), []
    await nursery.start(mailbox.run)
    await wait_all_tasks_blocked()

    async def slow() -> None:
        await trio.sleep(1)
        log.append("slow")

    async def decide(name: str) -> None:
        await mailbox.decide(lambda: log.append(name))

    async with trio.open_nursery() as askers:
        askers.start_soon(mailbox.ask, slow)
        await wait_all_tasks_blocked()
        askers.start_soon(decide, "behind what is under way")
        await wait_all_tasks_blocked()
        mailbox.post(lambda: log.append("posted"))
        askers.start_soon(decide, "last")
    assert log == ["slow", "behind what is under way", "posted", "last"]
    mailbox.post(lambda: log.append("posted"))  # which nobody has begun with
    await decide("behind it")
    assert log[-2:] == ["posted", "behind it"]


async def test_what_comes_before_the_mailbox_works_waits_for_it(nursery: trio.Nursery) -> None:
    mailbox, log = Mailbox(), []
    nursery.start_soon(mailbox.decide, lambda: log.append("decided"))
    await wait_all_tasks_blocked()
    assert log == []
    await nursery.start(mailbox.run)
    await wait_all_tasks_blocked()
    assert log == ["decided"]


async def test_a_refusal_is_the_asker_s_and_a_defect_the_owner_s(nursery: trio.Nursery) -> None:
    mailbox = Mailbox()

    def refuse() -> None:
        raise NotFound("thing", "1")

    def defect() -> None:
        raise LookupError

    with pytest.RaisesGroup(LookupError):
        async with trio.open_nursery() as owner:
            await owner.start(mailbox.run)
            await wait_all_tasks_blocked()
            with pytest.raises(NotFound):
                await mailbox.decide(refuse)
            await mailbox.decide(defect)


async def test_after_a_defect_that_was_decided_nothing_is_done_that_it_had_posted() -> None:
    mailbox, log = Mailbox(), []

    def defect() -> None:
        mailbox.post(lambda: log.append("posted"))
        raise LookupError

    with pytest.RaisesGroup(LookupError):
        async with trio.open_nursery() as owner:
            await owner.start(mailbox.run)
            await wait_all_tasks_blocked()
            await mailbox.decide(defect)
    assert log == []
