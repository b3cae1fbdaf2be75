"""What was asked for once fails once, however many worked on it."""

from collections.abc import Awaitable, Callable

import pytest
import trio
from trio.testing import MockClock

from tomb.errors import NoSpace
from tomb.nurseries.plain import plain_nursery


async def fail(error: BaseException) -> None:
    raise error


async def by_tasks(*raised: BaseException) -> None:
    async with plain_nursery() as nursery:
        nursery.start_soon(trio.sleep_forever)
        for each in raised:
            nursery.start_soon(fail, each)


async def by_the_body(raised: BaseException) -> None:
    async with plain_nursery(), plain_nursery() as nursery:
        nursery.start_soon(trio.sleep_forever)
        raise raised


@pytest.mark.parametrize("how", [by_tasks, by_the_body])
@pytest.mark.parametrize("raised", [NoSpace("full"), KeyboardInterrupt()])
async def test_an_error_of_ours_and_ctrl_c_come_out_as_they_went_in(
    how: Callable[[BaseException], Awaitable[None]], raised: BaseException
) -> None:
    with pytest.raises(type(raised)) as caught:
        await how(raised)
    assert caught.value is raised


async def test_ctrl_c_goes_before_what_failed_meanwhile() -> None:
    with pytest.raises(KeyboardInterrupt):
        await by_tasks(NoSpace("full"), KeyboardInterrupt(), OSError("cut off"))


async def test_a_defect_comes_as_from_any_nursery() -> None:
    with pytest.raises(ExceptionGroup) as caught:
        await by_tasks(ZeroDivisionError("a defect"), NoSpace("full"))
    assert caught.group_contains(ZeroDivisionError, match="a defect")


async def test_whoever_cancels_it_hears_nothing(autojump_clock: MockClock) -> None:
    with trio.move_on_after(5) as scope:
        async with plain_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            await trio.sleep_forever()
    assert scope.cancelled_caught
    async with plain_nursery() as nursery:
        nursery.start_soon(trio.sleep_forever)
        nursery.cancel_scope.cancel()
