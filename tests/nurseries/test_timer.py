"""Timers on virtual time: they ring once, with the number they were set with, and never lose a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tomb.nurseries.timer import Timer

Rings = list[tuple[float, int]]


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Timer, Rings]]:
    rings: Rings = []
    began = trio.current_time()
    timer = Timer(lambda number: rings.append((trio.current_time() - began, number)))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(timer.run)
        await wait_all_tasks_blocked()
        yield timer, rings
        nursery.cancel_scope.cancel()


async def test_a_timer_rings_once_with_its_number(autojump_clock: MockClock) -> None:
    async with running() as (timer, rings):
        timer.set(trio.current_time() + 5, 1)
        await trio.sleep(60)
        assert rings == [(5, 1)]


async def test_a_later_time_replaces_an_earlier_one(autojump_clock: MockClock) -> None:
    async with running() as (timer, rings):
        timer.set(trio.current_time() + 5, 1)
        await trio.sleep(3)
        timer.set(trio.current_time() + 5, 2)
        await trio.sleep(60)
        assert rings == [(8, 2)]


async def test_a_timer_that_was_cleared_is_silent(autojump_clock: MockClock) -> None:
    async with running() as (timer, rings):
        timer.set(trio.current_time() + 5, 1)
        await trio.sleep(3)
        timer.clear()
        await trio.sleep(60)
        assert rings == []


async def test_a_time_set_in_the_tick_of_the_ring_is_not_lost(mock_clock: MockClock) -> None:
    async with running() as (timer, rings):
        timer.set(trio.current_time() + 5, 1)
        await wait_all_tasks_blocked()
        mock_clock.jump(5)  # its deadline has passed, but its task has not run yet
        timer.set(trio.current_time() + 5, 2)
        await wait_all_tasks_blocked()
        mock_clock.jump(5)
        await wait_all_tasks_blocked()
        assert rings == [(10, 2)]


async def test_a_time_that_has_passed_rings_at_once(autojump_clock: MockClock) -> None:
    async with running() as (timer, rings):
        timer.set(trio.current_time() - 1, 1)
        await wait_all_tasks_blocked()
        assert rings == [(0, 1)]
