"""The journal writes down what should be remembered about playing, so that no command ever waits for a disk.

Notes are gathered for a moment and written in one transaction: positions by playlist (only the newest counts), tracks
that began, and the state of the player. What is still unwritten is known here, so that a tap reads its own pause. While
the disk is full or cannot be written, the music goes on: the notes are kept, and tried again.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import trio

from tomb.errors import NoSpace, Unavailable
from tomb.library.memory import PlayerMemory
from tomb.models import Resume

log = logging.getLogger(__name__)

GATHER_S = 0.2  # a dragged volume slider is a write or two, not fifty: SD cards wear
RETRY_S = 5.0  # after a write that the disk did not take
CREDITS_KEPT = 1000  # meanwhile
FLUSH_S = 0.7  # how long the last notes may take while the box stops


@dataclass(slots=True)
class Notes:
    """`resume`: by playlist, None where it was heard to its end. `credits`: (playlist, track) pairs that began."""

    resume: dict[str, Resume | None] = field(default_factory=dict)
    credits: list[tuple[str, str]] = field(default_factory=list)
    player: PlayerMemory | None = None

    def __bool__(self) -> bool:
        return bool(self.resume or self.credits or self.player)

    def before(self, newer: "Notes") -> "Notes":
        """These, and then the newer ones."""
        began = [*self.credits, *newer.credits][-CREDITS_KEPT:]
        return Notes({**self.resume, **newer.resume}, began, newer.player or self.player)


class Journal:
    """`write` puts notes on the disk, in one transaction."""

    def __init__(self, write: Callable[[Notes], Awaitable[None]]) -> None:
        self._write = write
        self._notes = Notes()
        self._writing = Notes()
        self._written: PlayerMemory | None = None
        self._trouble: str | None = None
        self._something = trio.Event()

    def resume(self, playlist_id: str, point: Resume | None) -> None:
        self._notes.resume[playlist_id] = point
        self._something.set()

    def credit(self, playlist_id: str, track_id: str) -> None:
        self._notes.credits.append((playlist_id, track_id))
        self._something.set()

    def player(self, memory: PlayerMemory) -> None:
        if memory != self._written:
            self._written = self._notes.player = memory
            self._something.set()

    def unwritten(self, playlist_id: str, written: Resume | None) -> Resume | None:
        """The resume point as it will be, given what the disk says."""
        return {playlist_id: written, **self._writing.resume, **self._notes.resume}[playlist_id]

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Write until cancelled, then write what is left."""
        task_status.started()
        try:
            while True:
                await self._something.wait()
                await trio.sleep(GATHER_S)
                if not await self._flush():
                    await trio.sleep(RETRY_S)
        finally:
            with trio.move_on_after(FLUSH_S, shield=True):
                await self._flush()

    async def _flush(self) -> bool:
        """Whether the disk took it."""
        self._something = trio.Event()
        self._writing, self._notes = self._notes, Notes()
        try:
            if self._writing:
                await self._write(self._writing)
        except (NoSpace, Unavailable) as error:
            self._notes = self._writing.before(self._notes)
            self._something.set()
            self._say(error.message)
        else:
            self._say(None)
        self._writing = Notes()
        return self._trouble is None

    def _say(self, trouble: str | None) -> None:
        """Once when it begins, once when it is over."""
        if trouble is not None and self._trouble is None:
            log.warning("positions cannot be kept for now: %s", trouble)
        elif trouble is None and self._trouble is not None:
            log.info("positions are kept again")
        self._trouble = trouble
