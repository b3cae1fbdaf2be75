"""Looks again at what came in before the box knew how: how loud it is, which chapters are in it, how long it lasts.

A library from before may have thousands of files, each of which has to be decoded to its end. Nobody waits for that,
and nobody shall notice it: one file after another, by the examiner, which gives way to all others; a rest after each,
twice as long as it took; and only while nothing is played. A tap ends the look at once, which costs that look. What was
found of a file is kept at once, so whatever is cut off goes on with the next file. What cannot be looked at is passed
over until the next start. A box that has nothing to look at asks once, and sleeps.

Playlists are told once all of their files were looked at: a thousand files would else be a thousand editions of one.
"""

import logging
from collections.abc import Callable

import trio

from tomb.errors import DecodeError
from tomb.events import Event, Events
from tomb.library.files import Kept
from tomb.nurseries.ingest import Findings, Inspector
from tomb.nurseries.librarian import Librarian

log = logging.getLogger(__name__)

FIRST_S = 120.0  # after the start
QUIET_S = 60.0  # since something was played
REST = 2.0  # so many times as long as a look took


class Rescan:
    """A service. `is_playing`: whether music is to be heard now."""

    def __init__(
        self, events: Events, librarian: Librarian, inspector: Inspector, is_playing: Callable[[], bool]
    ) -> None:
        self._librarian = librarian
        self._inspector = inspector
        self._is_playing = is_playing
        self._quiet_at = 0.0
        self._changed = trio.Event()
        self._looking = trio.CancelScope()
        events.subscribe(self._hear, {"state:player"})

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Go through the library once, that played last first. Raises: NoSpace, Unavailable, LibraryDamaged."""
        task_status.started()
        await trio.sleep(FIRST_S)
        for playlist_id in await self._librarian.playlists_not_looked_at():
            await self._look_through(playlist_id)
        await trio.sleep_forever()

    def _hear(self, _: Event) -> None:
        playing = self._is_playing()
        self._quiet_at = trio.current_time() + (float("inf") if playing else QUIET_S)
        self._changed.set()
        if playing:
            self._looking.cancel()

    async def _look_through(self, playlist_id: str) -> None:
        looked_at, passed_over = set[str](), 0
        for file in await self._librarian.files_not_looked_at(playlist_id):
            found = await self._found(file)
            if found is not None and found.loudness.peak is not None:
                await self._librarian.note_findings(file.hash, found)
                looked_at.add(file.hash)
            else:
                passed_over += 1
        if looked_at:
            await self._librarian.tell_findings(looked_at)
        log.info("looked again at %d files of %s, passed over %d", len(looked_at), playlist_id, passed_over)

    async def _found(self, file: Kept) -> Findings | None:
        """None for a file that cannot be looked at."""
        path = self._librarian.folder / file.path
        while True:
            await self._until_quiet()
            began = trio.current_time()
            with trio.CancelScope() as self._looking:
                try:
                    found = await self._inspector.sound(path, path.name, path)
                except DecodeError as error:
                    log.warning("%s cannot be looked at again: %s", file.path, error)
                    return None
            if not self._looking.cancelled_caught:
                now = trio.current_time()
                self._quiet_at = max(self._quiet_at, now + REST * (now - began))
                return found

    async def _until_quiet(self) -> None:
        while (left := self._quiet_at - trio.current_time()) > 0:
            self._changed = trio.Event()
            with trio.move_on_after(left):
                await self._changed.wait()
