"""A mailbox: one task that does what it is asked, one thing after the other. Whoever owns a machine owns one.

Nobody else touches the machine, so there are no locks around its state and no two writers. A caller who goes away while
waiting does not take the request back: it was made.
"""

import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

import outcome
import trio

from tomb.errors import TombError

T = TypeVar("T")


class Mailbox:
    def __init__(self) -> None:
        self._in, self._out = trio.open_memory_channel[Callable[[], Awaitable[None]]](math.inf)

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

        self._in.send_nowait(answer)
        await done.wait()
        assert result is not None
        return result.unwrap()

    def post(self, job: Callable[[], object]) -> None:
        """Have `job` done, without waiting."""

        async def do() -> None:
            job()

        self._in.send_nowait(do)

    def hand_in(self, job: Callable[[], Awaitable[None]]) -> None:
        """Have a `job` that waits for others done, without waiting for it here."""
        self._in.send_nowait(job)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Work until cancelled. A job that raises anything but a TombError is a defect and ends the mailbox."""
        task_status.started()
        async for job in self._out:
            await job()
