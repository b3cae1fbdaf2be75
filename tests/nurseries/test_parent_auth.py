"""The PIN by itself: who is admitted, for how long, and how often somebody may guess."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import pytest
import trio
from trio.testing import MockClock

from tests.rigs.box import virtual_box
from tomb.errors import BadRequest, Forbidden, RateLimited
from tomb.nurseries.parent_auth import IDLE_S, TOKENS_KEPT, ParentAuth
from tomb.ports import VirtualPorts

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

PIN = "2580"


async def guarded() -> ParentAuth:
    auth = ParentAuth(VirtualPorts(), None)
    auth.use(await auth.seal(PIN))
    return auth


async def test_without_a_pin_everybody_is_admitted(autojump_clock: MockClock) -> None:
    auth = ParentAuth(VirtualPorts(), None)
    assert auth.admits(None)
    with pytest.raises(BadRequest):
        await auth.enter(PIN, "10.0.0.1")


async def test_a_token_lasts_an_hour_from_its_last_use(autojump_clock: MockClock) -> None:
    auth = await guarded()
    token = await auth.enter(PIN, "10.0.0.1")
    for _ in range(3):
        await trio.sleep(IDLE_S - 1)
        assert auth.admits(token)
    await trio.sleep(IDLE_S)
    assert not auth.admits(token)


async def test_a_token_is_of_no_use_once_it_is_given_back_or_the_pin_is_another(autojump_clock: MockClock) -> None:
    auth = await guarded()
    first, second = await auth.enter(PIN, "10.0.0.1"), await auth.enter(PIN, "10.0.0.1")
    auth.leave(first)
    assert [auth.admits(first), auth.admits(second)] == [False, True]
    auth.use(await auth.seal("1111"))
    assert not auth.admits(second)


async def test_the_old_pin_admits_nobody_who_tried_it_while_a_new_one_was_set(autojump_clock: MockClock) -> None:
    auth = ParentAuth(Slow(), None)
    auth.use(await auth.seal(PIN))
    new = await auth.seal("1111")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_is_refused, auth, PIN)
        await trio.sleep(Slow.SEALING_S / 2)
        auth.use(new)
    assert await auth.enter("1111", "10.0.0.1")


class Slow(VirtualPorts):
    SEALING_S = 0.1

    async def in_thread(
        self,
        call: Callable[[*Ts], T],
        *args: *Ts,
        limiter: trio.CapacityLimiter | None = None,
        abandon: bool = False,
    ) -> T:
        await trio.sleep(self.SEALING_S)
        return await super().in_thread(call, *args, limiter=limiter, abandon=abandon)


async def _is_refused(auth: ParentAuth, pin: str) -> None:
    with pytest.raises(Forbidden):
        await auth.enter(pin, "10.0.0.1")


@pytest.mark.parametrize("token", [None, "", "made-up", "0" * 10_000])
async def test_a_token_that_is_none_admits_nobody(autojump_clock: MockClock, token: str | None) -> None:
    assert not (await guarded()).admits(token)


async def test_of_many_who_are_admitted_the_oldest_go(autojump_clock: MockClock) -> None:
    auth = await guarded()
    tokens = [await auth.enter(PIN, "10.0.0.1") for _ in range(TOKENS_KEPT + 1)]
    assert [auth.admits(token) for token in tokens] == [False] + [True] * TOKENS_KEPT


async def test_guessing_is_slow_for_one_and_for_all_together(autojump_clock: MockClock) -> None:
    auth, outcomes = await guarded(), list[type[Exception]]()
    for device in range(10):
        for guess in range(6):
            with pytest.raises((Forbidden, RateLimited)) as refused:
                await auth.enter(f"{guess:04}", f"10.0.0.{device}")
            outcomes.append(refused.type)
    assert outcomes.count(Forbidden) == 30
    with pytest.raises(RateLimited):
        await auth.enter(PIN, "10.0.1.1")  # not even the right one, for now
    await trio.sleep(20)
    assert await auth.enter(PIN, "10.0.1.1")


async def test_whoever_knows_it_may_enter_as_often_as_he_likes(autojump_clock: MockClock) -> None:
    auth = await guarded()
    for _ in range(100):
        await auth.enter(PIN, "10.0.0.1")


async def test_what_is_stored_does_not_tell_that_two_pins_are_the_same(autojump_clock: MockClock) -> None:
    auth = ParentAuth(VirtualPorts(), None)
    first, second = await auth.seal(PIN), await auth.seal(PIN)
    assert first is not None
    assert first != second
    assert await auth.seal(None) is None


NO_PINS: tuple[object, ...] = ("1234", "", "x$y", "salt$" + "0" * 127, "salt$" + "g" * 128, "\u00e4$\u00e4", 7, [1], {})


@pytest.mark.parametrize("stored", NO_PINS)
async def test_what_is_stored_as_a_pin_and_is_none_locks_nobody_out(
    tmp_path: Path, autojump_clock: MockClock, stored: object
) -> None:
    async with virtual_box(tmp_path) as box:
        await box.services.librarian.change_settings({"pin": stored})  # type: ignore[dict-item]  # that is the point
    async with virtual_box(tmp_path) as box:
        assert not box.services.parent_auth.is_set
