"""What can be read of the library: lists from the index, tracks from the database, JSON made once per change."""

import sqlite3
from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from pydantic import JsonValue

from tomb.errors import NotFound
from tomb.library import counters, days, files, memory, origins, reading, recycle_bin, settings, tags
from tomb.library.days import DayUse, Statistics
from tomb.library.files import Kept
from tomb.library.index import LibraryIndex, Query
from tomb.library.loudness import Together
from tomb.library.memory import PlayerMemory
from tomb.library.origins import Compared, Sent
from tomb.library.reading import Playable, Whereabouts
from tomb.library.store import Store
from tomb.models import BinItem, ExistingPlaylist, Playlist, PlaylistLite, Tag, TagAction
from tomb.nurseries.library_events import LibraryEvents

READ_AT_ONCE = 10  # playlists; a tap that reads its tracks waits for no more than these


class LibraryReader:
    """All methods that name a playlist or track raise NotFound when there is none."""

    def __init__(self, store: Store, index: LibraryIndex, library_events: LibraryEvents) -> None:
        self._store = store
        self._index = index
        self._library_events = library_events

    @property
    def folder(self) -> Path:
        """The folder that `Track.file_path` is relative to."""
        return self._store.library

    def count(self) -> int:
        return len(self._index)

    def lite(self, playlist_id: str) -> PlaylistLite:
        return self._index.lite(playlist_id)

    def has(self, playlist_id: str) -> bool:
        return playlist_id in self._index

    async def forget_pages(self) -> None:
        """See `Store.forget_pages`."""
        await self._store.forget_pages()

    def lites(self) -> list[PlaylistLite]:
        """All playlists in order of creation, without their tracks."""
        return self._index.lites()

    def list_json(self) -> bytes:
        """The data of `state:playlists`."""
        return self._index.list_json()

    def title(self, playlist_id: str | None) -> str | None:
        """Of a playlist that may be none, or no longer there."""
        known = playlist_id is not None and playlist_id in self._index
        return self._index.lite(str(playlist_id)).title if known else None

    async def playlist(self, playlist_id: str) -> Playlist:
        self._index.lite(playlist_id)
        return self._library_events.stamped(await self._store.read(lambda db: reading.playlist(db, playlist_id)))

    async def playable(self, playlist_id: str) -> Playable:
        """What it takes to play it."""
        self._index.lite(playlist_id)

        def read(db: sqlite3.Connection) -> tuple[list[sqlite3.Row], list[tuple[int, ...]], Together]:
            rows = reading.playable_rows(db, playlist_id)
            return rows, reading.starts(rows), reading.together(rows)

        rows, starts, together = await self._store.read(read)
        return Playable.of_rows(self._index.lite(playlist_id), rows, starts, together)

    async def playlist_json(self, playlist_id: str) -> bytes:
        """The playlist with its tracks, encoded once per change."""
        self._index.lite(playlist_id)
        made = await self._encoded([playlist_id])
        if not made:
            raise NotFound("playlist", playlist_id)
        return made[0]

    def encoded(self, playlist: Playlist) -> bytes:
        """The JSON of a playlist as an edit has just answered it, kept for others if nothing was edited since."""
        current = playlist.id in self._index and self._index.lite(playlist.id) == playlist.lite()
        return self._index.keep_json(playlist, self._index.generation if current else -1)

    async def page_json(self, query: Query) -> bytes:
        """A PlaylistCollection (wire.md, section 3), encoded once per change."""
        kept = self._index.page_json(query)
        if kept is not None:
            return kept
        ids, total = self._index.matching(query)
        generation = self._index.generation
        items = await self._encoded(ids) if query.tracks else [self._index.lite_json(each) for each in ids]
        return self._index.keep_page(query, items, total, generation)

    async def track(self, track_id: str) -> Whereabouts:
        """The track, its playlist, and where its files lie."""
        return await self._store.read(lambda db: reading.whereabouts(db, track_id))

    async def cover(self, playlist_id: str) -> PurePosixPath:
        """Where its picture lies, relative to `folder`; the stem is its hash. Raises: NotFound."""
        self._index.lite(playlist_id)
        return await self._store.read(lambda db: reading.cover(db, playlist_id))

    async def tag(self, tag_id: str) -> Tag | None:
        return await self._store.read(lambda db: tags.find(db, tag_id))

    async def tags(self) -> list[Tag]:
        return await self._store.read(tags.read_all)

    def tag_use(self, tag_id: str) -> PlaylistLite | TagAction | None:
        """What a tag is for, by heart."""
        return self._index.tag_use(tag_id)

    def tag_owner(self, tag_id: str) -> ExistingPlaylist | None:
        """The playlist that the tag is linked to, by heart."""
        use = self._index.tag_use(tag_id)
        return ExistingPlaylist(id=use.id, title=use.title) if isinstance(use, PlaylistLite) else None

    async def statistics(self, since: str, today: str) -> Statistics:
        """What was counted, from one day to another."""
        return await self._store.read(lambda db: days.statistics(db, since, today))

    async def days(self) -> dict[str, DayUse]:
        """What limits know of the last days, the newest last."""
        return await self._store.read(days.recent)

    async def bin(self) -> list[BinItem]:
        """What was deleted and can come back, the last first."""
        return await self._store.read(recycle_bin.items)

    async def playlists_not_looked_at(self) -> list[str]:
        """See `files.playlists_not_looked_at`."""
        return await self._store.read(files.playlists_not_looked_at)

    async def files_not_looked_at(self, playlist_id: str) -> list[Kept]:
        """Of a playlist that may be gone. See `files.not_looked_at`."""
        return await self._store.read(lambda db: files.not_looked_at(db, playlist_id))

    async def size(self) -> int:
        """Bytes of all sound and pictures."""
        return await self._store.read(reading.size)

    async def sizes(self) -> tuple[dict[str, int], int]:
        """Bytes of sound: by playlist, what several have counting in each; and what only the bin holds."""
        return await self._store.read(lambda db: (reading.sizes(db), recycle_bin.size(db)))

    async def compared(self, playlist_id: str | None, title: str, sent: Sequence[Sent]) -> Compared:
        """What would come of a folder; see `origins.look`."""
        return await self._store.read(lambda db: origins.look(db, playlist_id, title, sent))

    async def settings(self) -> dict[str, JsonValue]:
        return await self._store.read(settings.read_all)

    async def counter(self, name: str) -> int:
        """0 for a counter that was never set."""
        return await self._store.read(lambda db: counters.read(db, name))

    async def recall(self) -> PlayerMemory | None:
        return await self._store.read(memory.recall)

    async def _encoded(self, playlist_ids: Sequence[str]) -> list[bytes]:
        """The JSON of playlists, in order, without those that were deleted meanwhile."""
        generation = self._index.generation
        made = {each: self._index.full_json(each) for each in playlist_ids}
        missing = [each for each, encoded in made.items() if encoded is None]
        for first in range(0, len(missing), READ_AT_ONCE):
            few = missing[first : first + READ_AT_ONCE]
            read = await self._store.read(partial(reading.playlists, playlist_ids=few))
            for playlist in (each for each in read if each.id in self._index):
                made[playlist.id] = self._index.keep_json(self._library_events.stamped(playlist), generation)
        return [encoded for encoded in made.values() if encoded is not None]
