"""An index of the library in memory: the head of each playlist, what each tag is for, and JSON until it changes.

Heads are playlists without their tracks, so that lists, searches and counts cost no query however large the library is;
the tracks are in the database alone. JSON is made once per change of an object, not once per request. What a tag is for
is known without asking a disk that may be busy: a child waits for the answer.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from pydantic_core import to_json

from tomb.errors import NotFound
from tomb.models import Playlist, PlaylistLite, TagAction

PAGES_KEPT = 8


class Query(Struct, frozen=True):
    """One page (from 1) of the playlists whose title or description contains `q`."""

    page: int = 1
    limit: int = 50
    q: str = ""
    tracks: bool = True


class _Entry(Struct):
    lite: PlaylistLite
    folded: str
    lite_json: bytes | None = None
    full_json: bytes | None = None


class LibraryIndex:
    """Starts with the playlists in order of creation, and the tags that do an action. All playlists are stamped with
    the `server_seq` of their last change."""

    def __init__(self, lites: Iterable[PlaylistLite], actions: Mapping[str, TagAction]) -> None:
        self._entries = {lite.id: _entry(lite) for lite in lites}
        self._linked = {tag_id: entry.lite.id for entry in self._entries.values() for tag_id in entry.lite.tag_ids}
        self._actions = dict(actions)
        self._pages: dict[Query, bytes] = {}
        self._generation = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, playlist_id: object) -> bool:
        return playlist_id in self._entries

    @property
    def generation(self) -> int:
        """Grows with each change; what was read from the database before it grew is not to be kept."""
        return self._generation

    def lite(self, playlist_id: str) -> PlaylistLite:
        """Raises: NotFound."""
        if playlist_id not in self._entries:
            raise NotFound("playlist", playlist_id)
        return self._entries[playlist_id].lite

    def lites(self) -> list[PlaylistLite]:
        return [entry.lite for entry in self._entries.values()]

    def tag_use(self, tag_id: str) -> PlaylistLite | TagAction | None:
        """What a tag is for."""
        playlist_id = self._linked.get(tag_id)
        return self._actions.get(tag_id) if playlist_id is None else self._entries[playlist_id].lite

    def put(self, lite: PlaylistLite) -> None:
        """The playlist is new, or changed: its tags, too. Its place among the others stays."""
        self._unlink(lite.id)
        self._entries[lite.id] = _entry(lite)
        self._linked.update(dict.fromkeys(lite.tag_ids, lite.id))
        self._changed()

    def arrange(self, order: Iterable[str]) -> None:
        """All playlists are in this order from now on."""
        self._entries = {playlist_id: self._entries[playlist_id] for playlist_id in order}
        self._changed()

    def drop(self, playlist_id: str) -> None:
        self._unlink(playlist_id)
        self._entries.pop(playlist_id, None)
        self._changed()

    def put_action(self, tag_id: str, action: TagAction | None) -> None:
        """The tag does this from now on, or nothing."""
        self._actions.pop(tag_id, None)
        if action is not None:
            self._actions[tag_id] = action

    def touch(self, playlist_id: str, **fields: Any) -> None:
        """Some fields of the playlist or its tracks changed, though it was not edited."""
        if playlist_id in self._entries:
            self.put(self._entries[playlist_id].lite.model_copy(update=fields))

    def full_json(self, playlist_id: str) -> bytes | None:
        """The JSON of the playlist with its tracks, if it was made since the last change."""
        entry = self._entries.get(playlist_id)
        return None if entry is None else entry.full_json

    def keep_json(self, playlist: Playlist, generation: int) -> bytes:
        """Make the JSON of a playlist that was read at `generation`; keep it if it is still current."""
        made = to_json(playlist)
        if generation == self._generation and playlist.id in self._entries:
            self._entries[playlist.id].full_json = made
        return made

    def matching(self, query: Query) -> tuple[list[str], int]:
        """The ids of the page, and how many match in all."""
        wanted = _fold(query.q.strip())
        ids = [playlist_id for playlist_id, entry in self._entries.items() if wanted in entry.folded]
        first = (query.page - 1) * query.limit
        return ids[first : first + query.limit], len(ids)

    def page_json(self, query: Query) -> bytes | None:
        """The JSON of a PlaylistCollection (wire.md, section 3), if it was made since the last change."""
        return self._pages.get(query)

    def keep_page(self, query: Query, items: Sequence[bytes], total: int, generation: int) -> bytes:
        """Make the JSON of a page from that of its playlists; keep it if it is still current."""
        pages = -(-total // query.limit)
        listed = b"[" + b",".join(items) + b"]"
        facts = f'"page":{query.page},"limit":{query.limit},"total":{total},"total_pages":{pages}'
        made = b'{"playlists":%b,"items":%b,%b}' % (listed, listed, facts.encode())
        if generation == self._generation:
            if len(self._pages) >= PAGES_KEPT:
                self._pages.pop(next(iter(self._pages)))
            self._pages[query] = made
        return made

    def list_json(self) -> bytes:
        """The JSON of all playlists without their tracks, as `state:playlists` has it."""
        return b'{"playlists":[%b]}' % b",".join(map(self.lite_json, self._entries))

    def lite_json(self, playlist_id: str) -> bytes:
        entry = self._entries[playlist_id]
        if entry.lite_json is None:
            entry.lite_json = to_json(entry.lite)
        return entry.lite_json

    def _unlink(self, playlist_id: str) -> None:
        for tag_id in self._entries[playlist_id].lite.tag_ids if playlist_id in self._entries else ():
            if self._linked.get(tag_id) == playlist_id:  # it may have a new owner already
                del self._linked[tag_id]

    def _changed(self) -> None:
        self._generation += 1
        self._pages.clear()


def _entry(lite: PlaylistLite) -> _Entry:
    return _Entry(lite, _fold(f"{lite.title}\n{lite.description}"))


def _fold(text: str) -> str:
    """Text as searches compare it: without case, and however its accents were typed."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
