"""Tells the deck which playlists may be asked for next: those that have a tag, the one played last first.

It looks again once the library, or what is played, was changed and then left alone for a while; or was not for long,
as while a thousand files are imported.
"""

from contextlib import suppress

import trio

from tomb.errors import NotFound
from tomb.events import Event, Events
from tomb.library.reading import Playable
from tomb.models import PlaylistLite
from tomb.nurseries.deck import Deck
from tomb.nurseries.librarian import Librarian

QUIET_S = 2.0
MOST_S = 10.0
MOST = 50  # playlists; more than an output keeps beginnings of
KEPT_TRACKS = 100  # a playlist of more is read again each time: a track is about a kilobyte
CHANGES = (
    "state:player",
    "state:playlists",
    "state:playlist_created",
    "state:playlist_updated",
    "state:playlist_deleted",
)


class Warming:
    def __init__(self, events: Events, librarian: Librarian, deck: Deck) -> None:
        self._librarian = librarian
        self._deck = deck
        self._changed = trio.Event()
        self._changed.set()
        self._read: dict[str, Playable] = {}
        events.subscribe(self._hear, CHANGES)

    def _hear(self, _: Event) -> None:
        self._changed.set()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled. Raises: Unavailable, LibraryDamaged."""
        task_status.started()
        while True:
            await self._changed.wait()
            with trio.move_on_after(MOST_S):
                while self._changed.is_set():
                    self._changed = trio.Event()
                    await trio.sleep(QUIET_S)
            self._changed = trio.Event()
            tagged = [lite for lite in self._librarian.lites() if lite.nfc_tag_id is not None]
            tagged.sort(key=lambda lite: lite.last_played, reverse=True)
            likely = []
            for lite in tagged[:MOST]:
                with suppress(NotFound):  # it was deleted just now
                    likely.append(await self._playable(lite))
            self._read = {each.lite.id: each for each in likely if len(each.tracks) <= KEPT_TRACKS}
            self._deck.expect(likely)

    async def _playable(self, lite: PlaylistLite) -> Playable:
        """Read only if it was edited since. (Where it was left is no edit.)"""
        read = self._read.get(lite.id)
        if read is None or read.lite.playlist_seq != lite.playlist_seq:
            return await self._librarian.playable(lite.id)
        read.lite = lite
        return read
