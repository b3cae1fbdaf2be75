"""The supervisor: whatever may fail without the box, and is started again.

Devices (the reader, the sound card) and services (the watch on the inbox, housekeeping, sweeps, what makes backups, the
keeper of children) form a ring of their own around the core. What they raise never ends the box, whatever it is: a
folder that somebody renames under a watcher, a daemon that dies, a defect of ours in a sweep that runs once a night.
Each of them has a supervisor, which owns its machine (tomb.machines.device): when it fell it is down, and is started
again, soon at first and then less and less often. All of that can be read in /api/health.

`_serve_once` is the boundary of this ring, the only place in it that catches `Exception`. It catches with `except*`,
since what is raised may be a group, and a group may hold a `Cancelled` beside a failure: a device that breaks in the
very moment in which it is stopped. The failure is taken out of it here, and the cancellation goes on its way.

The boundary has two sides. A device calls into the core: it says that it is there, and what it reads. What the core
raises then is no failure of the device, and must not be taken for one, or a defect in the taps would show as a reader
that comes and goes. So whoever is called by a device has a boundary of his own (`mailbox.Boundary`), the machine here
included: what is raised behind it goes up from its owner's `run`, and the box ends.
"""

import logging
from collections.abc import Awaitable, Callable
from math import inf
from typing import Generic, Protocol, TypeVar

import trio

from tomb.errors import DeviceError, RequestError
from tomb.logs import RATION_S
from tomb.machines import device as rules
from tomb.machines.table import SetTimer
from tomb.nurseries.health import DOWN, STAND_IN, STARTING, UP, Board
from tomb.nurseries.mailbox import Boundary
from tomb.nurseries.timer import Timer

log = logging.getLogger(__name__)

SERVICE_PAUSES_S = (1.0, 5.0, 30.0, 120.0, 300.0)  # a disk that is full or away is so for longer than a plug is loose
LOOK_PAUSES_S = (1.0, 5.0)  # of what looks whether somebody has brought something, who stands before the box
STAND_IN_PAUSE_S = 5.0
MOST_REASONS = 3  # a minute that are logged
D = TypeVar("D")


class Task(Protocol):
    """A long-lived task. It is ready when it has called `started`, and ends when it is cancelled."""

    def __call__(self, *, task_status: trio.TaskStatus[None]) -> Awaitable[None]: ...


class _Ready:
    """The `task_status` of what is supervised: it may be ready again and again, where Trio's own may be so once."""

    def __init__(self, ready: Callable[[], None]) -> None:
        self._ready = ready

    def started(self, _: None = None) -> None:
        self._ready()


class Supervisor(Generic[D]):
    """Where a device belongs: a real one that comes and goes, or its stand-in until the first real one is there.

    `serve` runs one until it fails; `use` is told which one counts from now on, `lose` that there is none, and why.
    """

    def __init__(
        self,
        name: str,
        board: Board,
        *,
        real: D | None,
        stand_in: D | None = None,
        serve: Callable[[D, trio.TaskStatus[None]], Awaitable[None]],
        use: Callable[[D], None],
        lose: Callable[[str], None],
        pauses: tuple[float, ...] = rules.SOON_S,
    ) -> None:
        self._name = name
        self._board = board
        self._real = real
        self._stand_in = stand_in
        self._serve = serve
        self._use = use
        self._lose = lose
        self._machine = rules.Device(real=real is not None, stand_in=stand_in is not None, pauses=pauses)
        self._timer = Timer(lambda number: self._happens(rules.RetryDue(number)))
        self._boundary = Boundary()
        self._pretending = trio.CancelScope()
        self._settled = trio.Event()
        self._said = ""
        self._told: set[str] = set()
        self._told_since = -inf
        self._nursery: trio.Nursery | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; started when one of them is in use, or it is known that there is none for now."""
        expected = self._real is not None and self._stand_in is None
        self._board.note(self._name, STARTING, configured=expected)
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self._boundary.run)
            self._nursery.start_soon(self._timer.run)
            self._happens(rules.Begin())
            if self._real is not None or self._stand_in is not None:
                await self._settled.wait()
            task_status.started()

    def begin_anew(self) -> None:
        """What it looks for is another thing now: what was wrong with the one before is forgotten, and no pause that
        this one had earned is waited for."""
        self._board.forget(self._name)
        self._timer.set(trio.current_time(), self._machine.attempt)

    def _happens(self, event: rules.Begin | rules.Appeared | rules.Lost | rules.RetryDue) -> None:
        # Synchronous with all its effects, and no mailbox in between: nothing can overtake it.
        with self._boundary.crossed():
            rules.DEVICE.fire(self._machine, event)
            effects, self._machine.effects = self._machine.effects, []
            for effect in effects:
                self._carry_out(effect)
        self._board.machines.note(rules.DEVICE, self._name, self._machine.state)

    def _carry_out(self, effect: rules.Effect) -> None:
        assert self._nursery is not None
        match effect:
            case rules.Try(attempt):
                self._nursery.start_soon(self._attempt, attempt)
            case SetTimer(at, number):
                self._timer.set(at, number)
            case rules.UseReal():
                assert self._real is not None
                self._board.note(self._name, UP, configured=True)
                self._use(self._real)
                self._settled.set()
            case rules.UseStandIn():
                self._board.note(self._name, STAND_IN)
                self._nursery.start_soon(self._pretend)
            case rules.DismissStandIn():
                self._pretending.cancel()
            case rules.Withdraw(reason):
                self._board.note(self._name, DOWN)
                self._lose(reason)
                self._settled.set()

    async def _attempt(self, attempt: int) -> None:
        assert self._real is not None
        reason = await self._serve_once(self._real, lambda: self._happens(rules.Appeared(attempt, trio.current_time())))
        was_up = self._board.is_up(self._name)
        self._happens(rules.Lost(attempt, trio.current_time(), reason))
        # A loose plug is said once. That a device is not there at the start is a state, and no news for the log.
        if was_up and (reason != self._said or self._machine.failures == 1) and self._is_news(reason):
            self._said = reason
            log.warning("%s is down: %s", self._name, reason)

    def _is_news(self, reason: str) -> bool:
        """Whether the log has not been told so in the last minute: a plug may be loose for years."""
        if trio.current_time() - self._told_since >= RATION_S:
            self._told, self._told_since = set(), trio.current_time()
        if reason in self._told or len(self._told) == MOST_REASONS:
            return False
        self._told.add(reason)
        return True

    async def _pretend(self) -> None:
        assert self._stand_in is not None
        with self._pretending:
            while True:
                self._use(self._stand_in)
                self._lose(await self._serve_once(self._stand_in, self._settled.set))
                self._settled.set()
                await trio.sleep(STAND_IN_PAUSE_S)

    async def _serve_once(self, device: D, ready: Callable[[], None]) -> str:
        """Until it fails, whatever it raises; in words, why it did. See the top of this file."""
        reason = "it ended by itself"
        try:
            await self._serve(device, _Ready(ready))
        except* (DeviceError, RequestError) as errors:
            reason = str(_first(errors))
        except* Exception as errors:  # the boundary of the ring
            reason = f"{type(_first(errors)).__name__}: {_first(errors)}"
            if reason != self._said:  # once, however often it is tried
                self._said = reason
                log.exception("%s failed: %s", self._name, reason)
        self._board.note(self._name, error=reason)
        return reason


def supervised(
    name: str,
    board: Board,
    service: Task,
    pauses: tuple[float, ...] = SERVICE_PAUSES_S,
    *,
    stand_in: Task | None = None,
) -> Supervisor[Task]:
    """A supervisor of a service: there is one, and nobody has to be told that it is there. `stand_in`: what there is
    until it was there for the first time, where the box is whole without it."""

    def serve(service: Task, task_status: trio.TaskStatus[None]) -> Awaitable[None]:
        return service(task_status=task_status)

    def nobody(_: object) -> None:
        pass

    return Supervisor(name, board, real=service, stand_in=stand_in, serve=serve, use=nobody, lose=nobody, pauses=pauses)


async def do_without(*, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
    """The stand-in of a service that need not be there."""
    task_status.started()
    await trio.sleep_forever()


def _first(group: BaseExceptionGroup[Exception]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
