"""Memory for what is on its way: counted as it comes, shared fairly, never locked up."""

import random
from functools import partial

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tomb.nurseries.memory_budget import MemoryBudget

MIB = 2**20


async def body(budget: MemoryBudget, client: str, size: int, piece: int, pace_s: float = 0.0) -> None:
    with budget.hold(client, size) as held:
        for begin in range(0, size, piece):
            await trio.sleep(pace_s)
            await held.grow(min(piece, size - begin))
        held.complete()
        await trio.sleep(1)


async def test_who_promises_much_and_sends_little_holds_little(autojump_clock: MockClock) -> None:
    budget = MemoryBudget(4 * MIB)
    async with trio.open_nursery() as nursery:
        for number in range(100):
            nursery.start_soon(partial(body, budget, f"10.0.0.{number}", 8 * MIB, 1, pace_s=10))
        await trio.sleep(100.5)
        assert budget.used == 1000
        with trio.fail_after(3):
            await body(budget, "192.168.1.2", MIB, 65536)
        nursery.cancel_scope.cancel()
    assert budget.used == 0


async def test_a_client_that_fills_its_share_waits_for_itself_alone(autojump_clock: MockClock) -> None:
    budget = MemoryBudget(16 * MIB)
    async with trio.open_nursery() as nursery:
        for _ in range(16):
            nursery.start_soon(body, budget, "10.0.0.1", MIB, 65536)
        await wait_all_tasks_blocked()
        assert 4 * MIB <= budget.used <= 5 * MIB
        began = trio.current_time()
        await body(budget, "10.0.0.2", MIB, 65536)
        assert trio.current_time() == began + 1


@pytest.mark.parametrize("seed", range(20))
async def test_bodies_that_are_half_here_never_wait_for_each_other_for_ever(
    autojump_clock: MockClock, seed: int
) -> None:
    chance = random.Random(seed)
    budget, most = MemoryBudget(4 * MIB), [0]
    largest = 8 * MIB

    async def watched(client: str) -> None:
        size, piece = chance.randint(1, largest), chance.choice((65536, 10_000, MIB))
        with budget.hold(client, size) as held:
            for begin in range(0, size, piece):
                await trio.sleep(chance.random())
                await held.grow(min(piece, size - begin))
                most[0] = max(most[0], budget.used)
            held.complete()
            await trio.sleep(chance.random())

    with trio.fail_after(10_000):
        async with trio.open_nursery() as nursery:
            for number in range(40):
                nursery.start_soon(watched, f"10.0.0.{number % 7}")
    assert budget.used == 0
    assert most[0] <= 4 * MIB + 2 * largest


async def test_nobody_goes_beyond_while_memory_is_about_to_come_back(autojump_clock: MockClock) -> None:
    budget = MemoryBudget(4 * MIB)
    async with trio.open_nursery() as nursery:
        with budget.hold("10.0.0.2", 8 * MIB) as large:
            with budget.hold("10.0.0.1", MIB) as small:
                await small.grow(MIB)
                small.complete()
                nursery.start_soon(large.grow, 6 * MIB)
                await wait_all_tasks_blocked()
                assert budget.used == MIB
            await wait_all_tasks_blocked()
            assert budget.used == 6 * MIB
