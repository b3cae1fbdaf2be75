"""Whether the box still answers: what the service manager's watchdog is fed on.

A box that hangs is worse than one that falls: nobody starts it again. So the service manager may ask for a sign of life
every so often (`WatchdogSec=`), and kills a box that gives none. The sign is given here, in the root nursery, and only
while *every part answers within its time*. What does not answer is named in the log and in the status before the end.

What an answer is differs from part to part. All of them are asked for a turn, in which nothing is done:

- The loop: that this task runs at all. Owners that decide at once, in the task of whoever calls them (taps, linking,
  limits, keys, a supervisor, its timers), need no question of their own: nothing of theirs waits in a queue, and a task
  that ended has ended the box already (`lifecycle`).
- The deck: a job that passes its mailbox. The librarian, the journal: their turn, behind whatever edit is under way.
- The library: both connections of the database, each of which does one unit of work at a time, in a thread. (The lease
  of events' numbers waits for nothing else.)
- The web side: it takes a connection and answers a request, ours or anybody's.

Devices are not asked. That one is lost or stuck is a state, which its supervisor shows and mends; and a network that
does not lead to us any more is one, too.

**A disk may be slow.** A recovery, a schema step, an import's transaction, a card that cleans up inside: minutes. None
of that is a hang, so what is behind the database has `DISK_S`, and the time of all others begins when it has answered.
Before the box is ready it is only opening its library, in a thread: no part is there to be asked, and the manager is
told to wait, up to `OPENING_S` in all.
"""

import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import trio
from msgspec import Struct

from tomb.devices.service_manager import ServiceManager
from tomb.errors import TombError

log = logging.getLogger(__name__)

BEAT_S = 5.0  # between two signs of life, at most
ANSWER_S = 5.0  # for what waits for no disk, at least: a Pi may be busy
DISK_S = 300.0
OPENING_S = 1800.0
LIBRARY = "library"
WEB = "web"
HANG = "TOMB_TEST_HANG"  # the path of a file; a test writes the name of a part into it, which then hangs

Job: TypeAlias = Callable[[], Awaitable[object]]
Turn: TypeAlias = Callable[[Job], Awaitable[object]]


class _Part(Struct):
    """`within`: seconds that it has. `asked`: Trio's time of the question that it has not answered yet."""

    name: str
    turn: Turn
    within: float
    asked: float | None = None
    is_silent: bool = False


class Liveness:
    """`status`: how the box is, in words, for the manager."""

    def __init__(self, manager: ServiceManager) -> None:
        self.status: Callable[[], str] | None = None
        self._manager = manager
        self._parts: dict[str, _Part] = {}
        watchdog = manager.watchdog_s or 4 * BEAT_S
        self._beat_s = min(BEAT_S, watchdog / 4)
        self._answer_s = max(ANSWER_S, watchdog / 2)

    def watch(self, name: str, turn: Turn, within: float | None = None) -> None:
        """From now on expect answers. `turn`: has a job done when it is this part's turn to, and returns then; a
        TombError is an answer. `within`: seconds."""
        self._parts[name] = _Part(name, turn, within or self._answer_s)

    def answered(self, name: str) -> None:
        """Somebody else was answered: whatever became of our own question, it is alive."""
        if (part := self._parts.get(name)) is not None and part.asked is not None:
            part.asked = trio.current_time()

    def forget(self, name: str) -> None:
        """It is not there any more."""
        self._parts.pop(name, None)

    def forget_all(self) -> None:
        """The box stops: its parts go, one after the other, and that has a deadline of its own (`lifecycle`)."""
        self._parts.clear()

    async def run(self) -> None:
        """Give signs of life until cancelled; without a manager there is nobody who wants them."""
        if not self._manager.is_there:
            return
        if (hang := os.environ.get(HANG)) is not None:
            log.critical("%s is set: what %s names will hang. This is for tests only", HANG, hang)
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            while True:
                now = trio.current_time()
                if not self._manager.is_ready and now - began < OPENING_S:
                    self._manager.still_starting(2 * BEAT_S + self._answer_s)
                silent = self._silent(now)
                if not silent:
                    self._manager.alive()
                self._say(silent)
                for part in self._parts.values():
                    if part.asked is None:
                        part.asked = now
                        nursery.start_soon(self._ask, part)
                if hang is not None:
                    self._hang_on_request(Path(hang), nursery)
                await trio.sleep(self._beat_s)

    async def _ask(self, part: _Part) -> None:
        with suppress(TombError):
            await part.turn(trio.lowlevel.checkpoint)
        part.asked = None

    def _silent(self, now: float) -> list[_Part]:
        """Those that have not answered in their time; it begins when the library has answered."""
        library = self._parts.get(LIBRARY)
        if library is not None and library.asked is not None:
            for part in self._parts.values():
                if part is not library and part.asked is not None:
                    part.asked = now
        return [part for part in self._parts.values() if part.asked is not None and now - part.asked > part.within]

    def _say(self, silent: list[_Part]) -> None:
        for part in self._parts.values():
            if (part in silent) != part.is_silent:
                part.is_silent = part in silent
                if part.is_silent:
                    log.critical("%s does not answer; unless it does, the service manager ends the box", part.name)
                else:
                    log.warning("%s answers again", part.name)
        if silent:
            self._manager.say(f"hangs: {', '.join(part.name for part in silent)}")
        elif self.status is not None and self._manager.is_ready:
            self._manager.say(self.status())

    def _hang_on_request(self, path: Path, nursery: trio.Nursery) -> None:
        try:
            name = path.read_text().strip()
            path.unlink()  # once: the box that comes after it does not hang
        except FileNotFoundError:
            return
        log.critical("%s hangs, as %s wants it", name, path)
        if name == "loop":
            while True:
                signal.pause()
        nursery.start_soon(self._parts[name].turn, trio.sleep_forever)
