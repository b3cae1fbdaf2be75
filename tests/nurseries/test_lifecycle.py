"""The order of start and stop, and the deadline after which there is no order any more."""

import faulthandler
import signal
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import partial
from typing import NoReturn

import pytest
import trio

from tests.rigs.virtual import virtual_time
from tomb.logs import Logbook
from tomb.nurseries import lifecycle
from tomb.nurseries.health import Board
from tomb.nurseries.lifecycle import HARD_S, LAST_WORDS_S, STOP_S, Lifecycle, Process
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


def opened(process: Process | None = None) -> AbstractAsyncContextManager[Lifecycle]:
    return Lifecycle.open(process or Process(), Board(VirtualPorts()))


ORDER = ["library on", "deck on", "web on", "web off", "deck off", "library off"]


async def test_what_was_started_last_is_stopped_first_and_waited_for() -> None:
    log: list[str] = []
    async with opened() as lifecycle:
        for name in ("library", "deck", "web"):
            await lifecycle.start(partial(_serve, name, log))
    assert log == ORDER


async def test_a_cancelled_box_keeps_the_order() -> None:
    log: list[str] = []
    with trio.move_on_after(5):
        async with opened() as lifecycle:
            for name in ("library", "deck", "web"):
                await lifecycle.start(partial(_serve, name, log))
            await trio.sleep_forever()
    assert log == ORDER


async def test_a_defect_in_one_task_ends_the_box_in_order() -> None:
    log: list[str] = []

    async def fail(*, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        await trio.sleep(1)
        raise LookupError("a defect")

    with pytest.RaisesGroup(LookupError):
        async with opened() as lifecycle:
            for name in ("library", "deck", "web"):
                await lifecycle.start(partial(_serve, name, log))
            await lifecycle.start(fail)
            await trio.sleep_forever()
    assert log == ORDER


async def test_a_box_cancelled_while_a_task_starts_does_not_hang() -> None:
    log: list[str] = []

    async def never_ready(*, task_status: trio.TaskStatus[None]) -> None:
        await trio.sleep_forever()

    with trio.move_on_after(5):
        async with opened() as lifecycle:
            await lifecycle.start(partial(_serve, "library", log))
            await lifecycle.start(never_ready)
    assert log == ["library on", "library off"]


async def test_a_task_that_ends_by_itself_begins_the_stop_and_its_deadline() -> None:
    process = Process()

    async def fail(*, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        raise LookupError("a defect")

    with pytest.RaisesGroup(LookupError):
        async with opened(process) as lifecycle:
            await lifecycle.start(fail)
            with trio.CancelScope(shield=True):  # a body that cannot be left just now
                await process.stop.wait()


async def test_a_service_that_fails_is_started_again_and_the_box_goes_on() -> None:
    starts: list[float] = []

    async def fail(*, task_status: trio.TaskStatus[None]) -> None:
        starts.append(trio.current_time())
        task_status.started()
        await trio.sleep(1)
        raise LookupError("a defect")

    process, board = Process(), Board(VirtualPorts())
    async with Lifecycle.open(process, board) as lifecycle:
        await lifecycle.supervise("sweep", fail)
        await trio.sleep(60)
    assert len(starts) > 3
    assert board.details()["sweep"].last_error == "LookupError: a defect"


# --- the deadline ---------------------------------------------------------------------------------------------------


class Left(BaseException):
    """In place of the end of the process."""


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    statuses: list[int] = []

    def leave(status: int) -> NoReturn:
        statuses.append(status)
        raise Left

    monkeypatch.setattr(lifecycle, "leave", leave)
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda *_, **__: None)
    return statuses


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


Body = Callable[[Lifecycle], Awaitable[None]]


async def run(process: Process, body: Body) -> float:
    """Run a box with that body on this process; how long it took."""
    process.port = 8000
    began = trio.current_time()

    async def box() -> None:
        async with opened(process) as lifecycle:
            await body(lifecycle)

    with suppress_left():
        await process.run(box)
    return trio.current_time() - began


@contextmanager
def suppress_left() -> Iterator[None]:
    try:
        yield
    except* Left:
        pass


async def until_stopped(process: Process) -> None:
    await process.stop.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_one_signal_is_a_stop_with_status_0(left: list[int], number: int) -> None:
    process = Process()

    async def body(_: Lifecycle) -> None:
        signal.raise_signal(number)
        await process.stop.wait()

    assert await run(process, body) == 0
    assert (left, process.status) == ([], 0)


@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
async def test_a_second_signal_ends_the_process_at_once_with_the_last_words_written(
    left: list[int], second: int
) -> None:
    process, words = Process(), list[str]()

    async def last_words() -> None:
        words.append("position")

    async def body(_: Lifecycle) -> None:
        process.last_words = last_words
        signal.raise_signal(signal.SIGTERM)
        await process.stop.wait()
        signal.raise_signal(second)
        signal.raise_signal(second)
        with trio.CancelScope(shield=True):
            await trio.sleep(1)

    await run(process, body)
    assert (left, words) == ([128 + second], ["position"])


@pytest.mark.parametrize("stuck", [True, False])
async def test_last_words_that_cannot_be_written_do_not_hold_up_an_impatient_end(left: list[int], stuck: bool) -> None:
    process = Process()
    took = 0.0

    async def last_words() -> None:
        if not stuck:
            raise LookupError("a defect")
        with trio.CancelScope(shield=True):
            await trio.sleep(1000)

    async def body(_: Lifecycle) -> None:
        nonlocal took
        process.last_words = last_words
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        asked = trio.current_time()
        with trio.CancelScope(shield=True):
            while not left:
                await trio.sleep(0.01)
        took = trio.current_time() - asked

    await run(process, body)
    assert left == [130]
    assert took <= (LAST_WORDS_S + 0.02 if stuck else 0.02)


async def test_what_waits_for_its_turn_gets_it_when_the_time_is_up(left: list[int]) -> None:
    process, log = Process(), list[str]()

    async def slow(*, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(STOP_S + HARD_S / 2)
            log.append("slow off")

    async def body(lifecycle: Lifecycle) -> None:
        await lifecycle.start(partial(_serve_quickly, "journal", log))
        await lifecycle.start(slow)
        process.end()

    assert await run(process, body) == pytest.approx(STOP_S + HARD_S / 2)
    assert log == ["journal off", "slow off"]
    assert (left, process.status) == ([], 0)  # late, but whole


async def _serve_quickly(name: str, log: list[str], *, task_status: trio.TaskStatus[None]) -> None:
    task_status.started()
    try:
        await trio.sleep_forever()
    finally:
        log.append(f"{name} off")


async def test_what_cannot_be_cancelled_is_left_behind_in_the_end_and_named(
    left: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    process = Process()
    when = 0.0

    async def stuck_in_the_kernel(*, task_status: trio.TaskStatus[None]) -> None:
        nonlocal when
        task_status.started()
        with trio.CancelScope(shield=True):
            while not left:
                await trio.sleep(0.01)
            when = trio.current_time()

    async def body(lifecycle: Lifecycle) -> None:
        await lifecycle.start(stuck_in_the_kernel)
        process.end()

    began = trio.current_time()
    await run(process, body)
    assert left == [1]
    assert when - began == pytest.approx(STOP_S + HARD_S, abs=0.02)
    assert "stuck_in_the_kernel" in caplog.text


async def test_a_box_that_has_not_started_yet_is_stopped_at_once(left: list[int]) -> None:
    process = Process()

    async def box() -> None:
        process.end()
        await trio.sleep_forever()

    began = trio.current_time()
    await process.run(box)
    assert (trio.current_time() - began, left) == (0, [])


async def test_a_signal_while_it_restarts_is_a_stop(left: list[int]) -> None:
    process = Process()

    async def body(_: Lifecycle) -> None:
        process.restart()
        signal.raise_signal(signal.SIGTERM)
        await trio.sleep(0.1)

    await run(process, body)
    with pytest.raises(Left):
        process.leave()
    assert left == [0]  # and it did not become another


async def test_what_must_not_wait_for_its_turn_is_called_when_the_stop_begins_also_if_it_comes_late() -> None:
    process, log = Process(), list[str]()
    process.at_stop(lambda: log.append("early"))
    process.end()
    process.end()
    process.at_stop(lambda: log.append("late"))
    assert log == ["early", "late"]


async def test_a_defect_is_told_even_if_the_box_cannot_end_because_of_another_thing(
    left: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    process = Process()

    async def stuck(*, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        with trio.CancelScope(shield=True):
            while not left:
                await trio.sleep(0.1)

    async def fail(*, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        raise LookupError("a defect")

    async def body(lifecycle: Lifecycle) -> None:
        await lifecycle.start(stuck)
        await lifecycle.start(fail)
        await trio.sleep_forever()

    with pytest.RaisesGroup(LookupError, flatten_subgroups=True):
        await run(process, body)
    assert left == [1]
    assert "LookupError: a defect" in caplog.text


async def test_a_log_that_has_no_line_yet_is_the_one_that_is_shown_all_the_same() -> None:
    logbook = Logbook()
    assert len(logbook) == 0
    assert Process(logbook).logbook is logbook
