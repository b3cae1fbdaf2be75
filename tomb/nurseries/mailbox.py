"""A mailbox: one task that does what it is asked, one thing after the other. Whoever owns a machine owns one.

Nobody else touches the machine, so there are no locks around its state and no two writers. (What only computes may be
done in the task of whoever asks, where nothing is under way and nothing waits: tasks take turns where they wait, and it
does not.) A caller who goes away while waiting does not take the request back: it was made.

The mailbox is the boundary of its owner, in the ring that is called core: it says what a job may raise. What is an
answer (a RequestError, such as a disk that does not read) or a state of the box (a DeviceError) belongs to whoever
asked; where nobody waits, it is logged and the owner lives on, since the next job may do better. All else is a defect:
the machine may be left half-way, nobody can say what the next job would do to it, so the owner ends, and the box with
it. What the operating system and SQLite raise is no exception to that: the library's door turns it into RequestErrors,
so a bare OSError in here means that somebody went around the door.
"""

import logging
import math
from collections.abc import Awaitable, Callable
from typing import Self, TypeVar

import outcome
import trio

from tomb.errors import DeviceError, RequestError, TombError

T = TypeVar("T")

log = logging.getLogger(__name__)


class Mailbox:
    """`ask` and `decide` wait for a result, `post` and `post_async` do not. `name`: whose it is, for the log."""

    def __init__(self, name: str = "") -> None:
        self._name = name
        self._in, self._out = trio.open_memory_channel[Callable[[], Awaitable[None]]](math.inf)
        self._idle = False  # nothing is being done, and nothing waits
        self._defect: Exception | None = None  # of a job that was decided at once

    async def decide(self, job: Callable[[], T]) -> T:
        """Have `job`, which only computes, done and wait for its result. Raises the TombError that it raised.

        Where nothing comes before it, its turn is now, and nobody need be woken for it. A defect in it is the owner's
        alone, who ends before anything else is done; so whoever asked never hears of it, as with `ask`. Who is
        cancelled already has not asked.
        """
        if not self._idle:

            async def wait() -> T:
                return job()

            return await self.ask(wait)
        await trio.lowlevel.checkpoint_if_cancelled()
        try:
            return job()
        except TombError:
            raise
        except Exception as defect:  # noqa: BLE001  # the boundary: `run` raises it, before whatever that job posted
            self._defect = defect
            self.post(lambda: None)
            await trio.sleep_forever()

    async def ask(self, job: Callable[[], Awaitable[T]]) -> T:
        """Have `job` done and wait for its result. Raises the TombError that it raised."""
        done = trio.Event()
        result: outcome.Maybe[T] | None = None

        async def answer() -> None:
            nonlocal result
            try:
                result = outcome.Value(await job())
            except TombError as error:
                result = outcome.Error(error)
            done.set()

        self._send(answer)
        await done.wait()
        assert result is not None
        return result.unwrap()

    def post(self, job: Callable[[], object]) -> None:
        """Have `job`, which only computes, done without waiting for it. Whatever it raises is a defect."""

        async def do() -> None:
            job()

        self._send(do)

    def post_async(self, job: Callable[[], Awaitable[object]]) -> None:
        """Have `job`, which waits for others, done without waiting for it here."""

        async def do() -> None:
            try:
                await job()
            except (RequestError, DeviceError) as error:
                log.warning("%s: %s", self._name or "a job came to nothing", error)

        self._send(do)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Work until cancelled. A defect in a job goes up from here."""
        task_status.started()
        try:
            while True:
                self._idle = not self._out.statistics().current_buffer_used
                job = await self._out.receive()
                if self._defect is not None:
                    raise self._defect
                await job()
        finally:
            self._idle = False

    def _send(self, job: Callable[[], Awaitable[None]]) -> None:
        self._idle = False
        self._in.send_nowait(job)


class Boundary:
    """The same boundary for an owner that has no mailbox, since it decides at once, in the task of whoever calls it.

    That task may belong to another ring: a reader is restarted whatever it raises, a request answers 500 and is
    forgotten. A defect of a core machine must not end there, so it goes up from the owner's own `run` as well.
    """

    def __init__(self) -> None:
        self._defect: Exception | None = None
        self._met = trio.Event()

    def crossed(self) -> Self:
        """Around what the owner does for others."""
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Exception) and not isinstance(error, TombError):  # the boundary: `run` raises it again
            self._defect = self._defect or error
            self._met.set()

    async def run(self) -> None:
        """Wait until cancelled, or for a defect, and raise it."""
        await self._met.wait()
        assert self._defect is not None
        raise self._defect
