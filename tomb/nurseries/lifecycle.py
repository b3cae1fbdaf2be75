"""The root nursery: how long-lived tasks are started, stopped and supervised.

All of them live in one nursery. They are stopped in the reverse order of their start, each after those that use it,
also when it is a failure or a cancellation that ends the box: once started, a task is shielded, and only the root
ends it. Only devices are restarted (`Slot`): whatever else raises is a defect and ends the box, loudly.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Generic, Protocol, TypeVar

import trio

from tomb.errors import DeviceError
from tomb.nurseries.health import DOWN, STARTING, UP, Board

BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
STAND_IN = "stand-in"
D = TypeVar("D")


class Serve(Protocol):
    def __call__(self, *, task_status: trio.TaskStatus[None]) -> Awaitable[None]: ...


class Root:
    """Made by `open_root`."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self._tasks: list[tuple[trio.CancelScope, trio.Event]] = []

    async def start(self, serve: Serve) -> None:
        """Start a long-lived task; it is ready when this returns."""
        scope, ended = trio.CancelScope(), trio.Event()

        async def run(*, task_status: trio.TaskStatus[None]) -> None:
            try:
                with scope:
                    await serve(task_status=task_status)
            finally:
                ended.set()

        self._tasks.append((scope, ended))
        await self._nursery.start(run)
        scope.shield = True

    async def stop(self) -> None:
        """End what was started, the last first, each before the next."""
        with trio.CancelScope(shield=True):
            for scope, ended in reversed(self._tasks):
                scope.cancel()
                await ended.wait()


@asynccontextmanager
async def open_root() -> AsyncIterator[Root]:
    async with trio.open_nursery() as nursery:
        root = Root(nursery)
        try:
            yield root
        finally:
            await root.stop()


class _Arrival:
    """The `task_status` of a device: it may arrive many times, where Trio's own may be used once."""

    def __init__(self, arrive: Callable[[], None]) -> None:
        self._arrive = arrive

    def started(self, _: None = None) -> None:
        self._arrive()


class Slot(Generic[D]):
    """Where a device belongs: a real one that comes and goes, or its stand-in until the first real one is there.

    `serve` runs a device until it fails with a DeviceError, `use` is told which one counts from now on, `lose` that it
    is gone and why. Once a real one was there, its absence is a fault and no reason to pretend with the stand-in.
    """

    def __init__(
        self,
        name: str,
        board: Board,
        *,
        real: D | None,
        stand_in: D | None,
        serve: Callable[[D, trio.TaskStatus[None]], Awaitable[None]],
        use: Callable[[D], None],
        lose: Callable[[str], None],
    ) -> None:
        self._name = name
        self._board = board
        self._real = real
        self._stand_in = stand_in
        self._serve = serve
        self._use = use
        self._lose = lose
        self._pretending: trio.CancelScope | None = None
        self._failures = 0
        self._tried: trio.TaskStatus[None] | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; started when something is in use, or the first try has failed."""
        self._board.note(self._name, STARTING, configured=self._stand_in is None and self._real is not None)
        async with trio.open_nursery() as nursery:
            if self._real is not None:
                await nursery.start(self._attend, self._real)
            if self._stand_in is not None and not self._board.is_up(self._name):
                await nursery.start(self._pretend, self._stand_in)
            task_status.started()

    async def _attend(self, real: D, *, task_status: trio.TaskStatus[None]) -> None:
        self._tried = task_status
        while True:
            try:
                await self._serve(real, _Arrival(lambda: self._arrived(real)))
            except DeviceError as error:
                self._failed(str(error))
            await trio.sleep(BACKOFF_S[min(self._failures, len(BACKOFF_S)) - 1])

    def _arrived(self, real: D) -> None:
        if self._pretending is not None:
            self._pretending.cancel()
        self._failures = 0
        self._board.note(self._name, UP, configured=True)
        self._use(real)
        self._tell_tried()

    def _failed(self, message: str) -> None:
        self._failures += 1
        if self._failures == 1 and (self._stand_in is None or self._board.is_up(self._name)):
            self._lose(message)
        self._board.note(self._name, DOWN if self._pretending is None else STAND_IN, error=message)
        self._tell_tried()

    def _tell_tried(self) -> None:
        if self._tried is not None:
            self._tried.started()
            self._tried = None

    async def _pretend(self, stand_in: D, *, task_status: trio.TaskStatus[None]) -> None:
        with trio.CancelScope() as self._pretending:
            self._board.note(self._name, STAND_IN)
            self._use(stand_in)
            await self._serve(stand_in, task_status)
        self._pretending = None
