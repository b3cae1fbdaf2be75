"""The journal writes down what should be remembered about playing, so that no command ever waits for a disk.

Notes are gathered for a moment and written in one transaction: positions by playlist (only the newest counts), tracks
that began, tags that were placed, and the state of the player. What is still unwritten is known here, so that a tap
reads its own pause. While the disk is full or cannot be written, the music goes on: the notes are kept and tried again.

A flush cannot drop a note. What is being written is still here until the write has returned, and when it comes to
nothing it is put back, before whatever was noted meanwhile: also when it is a cancellation that ends the flush. That is
no exotic case. A write waits for its turn with the librarian, behind an import that may take seconds, and the moment in
which the box is switched off is just the one in which the last position waits there. Whether the write took place is
never in doubt then: up to the thread hop every await may be cancelled and nothing has been done, from the hop on none
may be, and the write returns (tomb/library/store.py). A note put back after a commit would count a play twice.

One flush at a time. Two in a row could overtake each other: the older, cancelled and put back, would be written after
the newer one and turn the position back.
"""

import logging
from collections import Counter
from collections.abc import Awaitable, Callable

import trio
from msgspec import Struct, field

from tomb.errors import NoSpace, Unavailable
from tomb.library.days import DayUse
from tomb.library.memory import PlayerMemory
from tomb.models import Resume

log = logging.getLogger(__name__)

GATHER_S = 0.2  # a dragged volume slider is a write or two, not fifty: SD cards wear
RETRY_S = 5.0  # after a write that the disk did not take
CREDITS_KEPT = 1000  # meanwhile
TAGS_KEPT = 100  # a phone is a new tag each time it is held to the reader
LAST_S = 3.0  # for the last notes to be written while the box stops, whose own deadline is later


class Notes(Struct):
    """`resume`: by playlist, None where it was heard to its end. `credits`: (playlist, track) pairs that began. `seen`:
    when each tag was placed last (epoch seconds). `taps`: how often since. `days`: what was used of each."""

    resume: dict[str, Resume | None] = field(default_factory=dict)
    credits: list[tuple[str, str]] = field(default_factory=list)
    player: PlayerMemory | None = None
    seen: dict[str, float] = field(default_factory=dict)
    taps: dict[str, int] = field(default_factory=dict)
    days: dict[str, DayUse] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.resume or self.credits or self.player or self.seen or self.taps or self.days)

    def before(self, newer: "Notes") -> "Notes":
        """These, and then the newer ones."""
        began = [*self.credits, *newer.credits][-CREDITS_KEPT:]
        seen = dict(list({**self.seen, **newer.seen}.items())[-TAGS_KEPT:])
        taps = dict((Counter(self.taps) + Counter(newer.taps)).most_common(TAGS_KEPT))
        days = {day: use for day, use in self.days.items() if day not in newer.days} | newer.days
        return Notes({**self.resume, **newer.resume}, began, newer.player or self.player, seen, taps, days)


class Journal:
    """`write` puts notes on the disk, in one transaction."""

    def __init__(self, write: Callable[[Notes], Awaitable[None]]) -> None:
        self._write = write
        self._notes = Notes()
        self._writing = Notes()
        self._written: PlayerMemory | None = None
        self._trouble: str | None = None
        self._something = trio.Event()
        self._turn = trio.Lock()

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

    def tag_seen(self, tag_id: str, at: float) -> None:
        """The tag was placed. `at`: epoch seconds."""
        self._notes.seen[tag_id] = at
        self._something.set()

    def tapped(self, tag_id: str) -> None:
        """The tag did what it is for."""
        self._notes.taps[tag_id] = self._notes.taps.get(tag_id, 0) + 1
        self._something.set()

    def day(self, day: str, use: DayUse) -> None:
        self._notes.days.pop(day, None)  # the newest comes last
        self._notes.days[day] = use
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
                if not await self.flush():
                    await trio.sleep(RETRY_S)
        finally:
            # Shielded, since this is a cancellation that must still write; with a deadline, since the disk may be gone.
            with trio.move_on_after(LAST_S, shield=True):
                await self.flush()

    async def turn(self, job: Callable[[], Awaitable[object]]) -> None:
        """Have `job` done between two flushes: an answer that it still gets there."""
        async with self._turn:
            await job()

    async def flush(self) -> bool:
        """Write what is noted by now. Whether the disk took it; what it did not take is kept."""
        async with self._turn:
            self._something = trio.Event()
            self._writing, self._notes = self._notes, Notes()
            try:
                if self._writing:
                    await self._write(self._writing)
            except (NoSpace, Unavailable) as error:
                self._put_back()
                self._say(error.message)
            except trio.Cancelled:
                self._put_back()
                raise
            else:
                self._say(None)
            finally:
                # After a defect too, whose notes are lost: it may have come after the commit.
                self._writing = Notes()
            return self._trouble is None

    def _put_back(self) -> None:
        self._notes = self._writing.before(self._notes)
        if self._notes:
            self._something.set()

    def _say(self, trouble: str | None) -> None:
        """Once when it begins, once when it is over."""
        if trouble is not None and self._trouble is None:
            log.warning("positions cannot be kept for now: %s", trouble)
        elif trouble is None and self._trouble is not None:
            log.info("positions are kept again")
        self._trouble = trouble
