"""How the box starts and how it ends: the order, the deadline, the signals.

**The order.** All long-lived tasks live in one nursery, and each uses those that were started before it: taps use the
deck, the deck the journal, the journal the library. So they are stopped in the reverse order of their start, one after
the other, each having ended before the next is cancelled: a deck that ends can still have its position written. A plain
nursery cannot do that. It cancels all of its tasks at once, and it does so too when one of them fails or when somebody
outside cancels it. Therefore each task has a cancel scope of its own, which is *shielded* as soon as the task is
started: from there on nothing cancels it but the lifecycle, which runs when the body of the `async with` is left,
for whatever reason. Until it is started a task is not shielded, or a box that is stopped while it starts could not be.

**What is asked for is noted, once.** A stop begins with `Process.end`: at a signal, at a restart, or when one of the
tasks ends by itself, which is a defect. It sets `stop`, on which the web side begins to send its clients away, and
calls synchronously what must not wait until it is that part's turn: the deck notes its position (and the music goes on,
until it is its turn), operations learn that they have little time left.

**One deadline.** A shield without a deadline is a promise to hang. No part of the box knows how long the others have
taken, so none of them has a deadline of its own for stopping: there is one, it counts from `Process.end`, and it has
two steps. After `STOP_S` the order is given up: all scopes are cancelled at once, so that whoever only waited for his
turn can do what he does at the end. That does not end everything. A cancellation cannot get into a thread (a disk that
hangs holds it in the kernel) nor past a shield that somebody has put around a hop into such a thread. So after
`HARD_S` more the process leaves, whoever is still there. It may: whatever is on the disk was made to survive a power
cut, and children notice that their parent is gone.

**Signals** are received until the very end. Their handlers are installed before anything is started and are never
taken away again: not when a stop begins, since a second Ctrl-C would then become a KeyboardInterrupt in whatever task
happens to run, and end the process by SIGINT or, within a shield, not at all; and not when Trio's loop is over, since
there is still an interpreter to be torn down. For the same reason the process leaves by `Process.leave`, without exit
handlers: PortAudio's would close a stream whose device may be gone, and hang. The first signal is a stop as above. A
second one says that somebody does not want to wait for it: the position is written, for which there are `LAST_WORDS_S`
and no more, and the process leaves with the status that a shell expects of one that was killed by that signal. If the
library is stuck just then, what it had committed before stays, and that is some seconds old at the most.

**The loop itself may be stuck**, in a computation that does not end. No task can help then. The interpreter can still
run a signal's handler, but a handler must not touch what the loop was just in the middle of; so it winds up a watchdog
(faulthandler's thread, which needs neither the loop nor the interpreter's lock) that ends the process a little after
all of the above should have, and says where it hung.
"""

import faulthandler
import logging
import math
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import NoReturn, Self

import trio
from msgspec import Struct, field

from tomb.devices.service_manager import ServiceManager
from tomb.logs import Logbook
from tomb.nurseries.health import Board
from tomb.nurseries.liveness import Liveness
from tomb.nurseries.supervisor import SERVICE_PAUSES_S, Task, supervised

log = logging.getLogger(__name__)

STOP_S = 4.4  # from the beginning of a stop until the order is given up
HARD_S = 0.5  # from there until the process leaves in any case: 5 s in all
LAST_WORDS_S = 0.4
WATCHDOG_S = 0.5  # after the loop should have ended the process
RESUMES = "TOMB_RESUMES"  # tells the process after a restart that it is one, and the port of the one before it


class Process:
    """The process, as far as the parts of the box have a say in it: how it ends, and what it has said.

    `stop` is set when it is to end, `again` if it is to start anew then, and `status` is what it ends with. `resumes`:
    it was started anew by the one before it, and goes on with what that was playing. `port`: where it listens, 0 before
    it does. `last_words` writes what must be known after an end that waits for nobody. `defect`: what ends the box, if
    it is one. `manager`: who started it, and is told how it is; by default nobody. `liveness`: what it is told on.
    `has_library`: the data folder is open.
    """

    def __init__(
        self, logbook: Logbook | None = None, *, resumes: bool = False, manager: ServiceManager | None = None
    ) -> None:
        self.logbook = Logbook() if logbook is None else logbook  # an empty one is false
        self.manager = manager or ServiceManager({})
        self.liveness = Liveness(self.manager)
        self.resumes = resumes
        self.port = 0
        self.again = False
        self.has_library = False
        self.status = 0
        self.stop = trio.Event()
        self.lifecycle: Lifecycle | None = None
        self.last_words: Callable[[], Awaitable[object]] | None = None
        self.defect: Exception | None = None
        self._signals: list[int] = []
        self._at_stop: list[Callable[[], object]] = []

    def at_stop(self, call: Callable[[], object]) -> None:
        """Have `call` called when a stop begins, at once if it has."""
        self._at_stop.append(call)
        if self.stop.is_set():
            call()

    def end(self) -> None:
        """Begin to stop."""
        if not self.stop.is_set():
            self.stop.set()
            if not self.again:  # whoever is told so kills what comes after
                self.manager.stopping()
            self.liveness.forget_all()
            for call in self._at_stop:
                call()

    def restart(self) -> None:
        """Stop, and start anew."""
        self.again = True
        self.end()

    async def run(self, box: Callable[[], Awaitable[None]]) -> None:
        """Run the box until it has stopped, and see to it that it does. Takes over the signals, for good."""
        signals = _take_over(self._signals)
        async with trio.open_nursery() as nursery:
            with trio.CancelScope() as everything:
                nursery.start_soon(self._heed, signals, nursery)
                nursery.start_soon(self._keep_the_deadline, everything, nursery)
                nursery.start_soon(self.liveness.run)
                await box()
            nursery.cancel_scope.cancel()

    def leave(self, *, late: bool = False) -> NoReturn:
        """End the process here and now, or become a new one if it is to start anew. `late`: it did not end by itself.

        Without exit handlers: see above.
        """
        if self.defect is not None:
            log.critical("a defect ends the box", exc_info=self.defect)
        elif self.again and not self._signals:  # whoever sends a signal while it restarts wants it to end
            self.manager.starting_anew()
            _start_anew(self.port)
        leave(self.status or int(late or self.defect is not None))

    async def _heed(self, signals: trio.MemoryReceiveChannel[int], nursery: trio.Nursery) -> None:
        await signals.receive()
        self.end()
        self.status = 128 + await signals.receive()
        said = trio.Event()
        # In a task of its own, since nothing could cut it short here: it waits for a thread.
        nursery.start_soon(self._say_last_words, said)
        with trio.move_on_after(LAST_WORDS_S):
            await said.wait()
        self.leave()

    async def _keep_the_deadline(self, everything: trio.CancelScope, nursery: trio.Nursery) -> None:
        await self.stop.wait()
        _watch_over(STOP_S + HARD_S)
        if not self.port:  # it has not started yet, so there is nobody to be graceful to
            everything.cancel()
        await trio.sleep(STOP_S)
        left = self.lifecycle.left if self.lifecycle else []
        log.error("the box has not stopped within %s s; still there: %s", STOP_S, ", ".join(left) or "its web side")
        nursery.start_soon(self._say_last_words, trio.Event())
        everything.cancel()
        if self.lifecycle is not None:
            self.lifecycle.hurry()
        await trio.sleep(HARD_S)
        self.leave(late=True)

    async def _say_last_words(self, said: trio.Event) -> None:
        try:
            if self.last_words is not None:
                await self.last_words()
        except Exception:  # the boundary of the end: whatever is wrong with the box, it leaves
            log.exception("the last position could not be written")
        said.set()


def _take_over(received_so_far: list[int]) -> trio.MemoryReceiveChannel[int]:
    send, receive = trio.open_memory_channel[int](math.inf)
    token = trio.lowlevel.current_trio_token()
    patience = iter((STOP_S + HARD_S, LAST_WORDS_S))

    def received(number: int, _: object) -> None:
        received_so_far.append(number)
        for seconds in patience:  # of the first two signals; a third one must not put off the end
            _watch_over(seconds)
            break
        with suppress(trio.RunFinishedError):  # the loop is over, and so is the process, in a moment
            token.run_sync_soon(send.send_nowait, number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, received)
    return receive


def _watch_over(seconds: float) -> None:
    """Let the watchdog end the process if nobody has done so in this time. A new one takes an older one's place."""
    with suppress(RuntimeError):  # without a stderr, on which it says where it hung, there is no watchdog
        faulthandler.dump_traceback_later(seconds + WATCHDOG_S, exit=True)


def leave(status: int) -> NoReturn:
    _flush()
    os._exit(status)


def _start_anew(port: int) -> NoReturn:
    """Become a new process of the same program with the same arguments; it goes on with what was playing."""
    _flush()
    os.environ[RESUMES] = str(port)
    if sys.stderr is not None:  # 2 may be somewhere else for the moment, see logs.keep_stderr
        with suppress(OSError, ValueError):
            os.dup2(sys.stderr.fileno(), 2)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  # no shell: our own arguments again


def _flush() -> None:
    logging.shutdown()
    for stream in filter(None, (sys.stdout, sys.stderr)):  # None: closed by whoever started us
        with suppress(OSError, ValueError):
            stream.flush()


class _Started(Struct):
    name: str = ""
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    ended: trio.Event = field(default_factory=trio.Event)


class Lifecycle:
    """The order of start and stop. Made by `Lifecycle.open`."""

    def __init__(self, process: Process, board: Board, nursery: trio.Nursery) -> None:
        self._process = process
        self._board = board
        self._nursery = nursery
        self._tasks: list[_Started] = []

    @classmethod
    @asynccontextmanager
    async def open(cls, process: Process, board: Board) -> AsyncIterator[Self]:
        """What is started within the block is stopped at its end, in the reverse order."""
        async with trio.open_nursery() as nursery:
            lifecycle = process.lifecycle = cls(process, board, nursery)
            try:
                yield lifecycle
            finally:
                process.end()
                await lifecycle._stop()
                process.last_words = None  # all have had theirs

    async def start(self, task: Task) -> None:
        """Start a task of the core; it is ready when this returns. Should it end by itself, the box does."""
        mine = _Started()

        async def run(*, task_status: trio.TaskStatus[None]) -> None:
            mine.name = trio.lowlevel.current_task().name
            try:
                with mine.scope:
                    await task(task_status=task_status)
            except Exception as defect:  # on its way up; should that way be blocked, it is not lost
                self._process.defect = self._process.defect or defect
                raise
            finally:
                mine.ended.set()
                self._process.end()

        self._tasks.append(mine)
        await self._nursery.start(run, name=task)
        mine.scope.shield = True

    async def supervise(self, name: str, service: Task, pauses: tuple[float, ...] = SERVICE_PAUSES_S) -> None:
        """Start a service, which may fail without the box: it is then started again, after `pauses`. `name`: in health
        and log."""
        await self.start(supervised(name, self._board, service, pauses).run)

    async def start_from_afar(self, task: Task) -> None:
        """Start a task that depends on others in the network: the box does not wait for them when it starts."""

        async def run(*, task_status: trio.TaskStatus[None]) -> None:
            task_status.started()
            await task(task_status=trio.TASK_STATUS_IGNORED)

        await self.start(run)

    async def supervise_from_afar(
        self, name: str, service: Task, pauses: tuple[float, ...], *, stand_in: Task | None = None
    ) -> None:
        """The same for a service. `stand_in`: as `supervised` has it."""
        await self.start_from_afar(supervised(name, self._board, service, pauses, stand_in=stand_in).run)

    @property
    def left(self) -> list[str]:
        """What has not ended yet, in the order in which it is stopped."""
        return [each.name for each in reversed(self._tasks) if not each.ended.is_set()]

    def hurry(self) -> None:
        """Give up the order: all at once."""
        for each in self._tasks:
            each.scope.cancel()

    async def _stop(self) -> None:
        with trio.CancelScope(shield=True):  # its deadline is the process's
            for each in reversed(self._tasks):
                each.scope.cancel()
                await each.ended.wait()
