"""What is known by heart: a card for each playlist, and the JSON of what was asked for, until it changes.

Cards hold playlists without their tracks, so that lists, searches and counts cost no query however large the library
is; the tracks are in the database alone. JSON is made once per change of an object, not once per request.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from tomb.errors import NotFound
from tomb.models import Playlist, PlaylistLite

PAGES_KEPT = 8


@dataclass(frozen=True, slots=True)
class Query:
    """One page (from 1) of the playlists whose title or description contains `q`."""

    page: int = 1
    limit: int = 50
    q: str = ""
    tracks: bool = True


@dataclass(slots=True)
class _Card:
    lite: PlaylistLite
    folded: str
    lite_json: bytes | None = None
    full_json: bytes | None = None


class Catalogue:
    """Starts with the playlists in order of creation. All are stamped with the `server_seq` of their last change."""

    def __init__(self, lites: Iterable[PlaylistLite]) -> None:
        self._cards = {lite.id: _card(lite) for lite in lites}
        self._pages: dict[Query, bytes] = {}
        self._generation = 0

    def __len__(self) -> int:
        return len(self._cards)

    def __contains__(self, playlist_id: object) -> bool:
        return playlist_id in self._cards

    @property
    def generation(self) -> int:
        """Grows with each change; what was read from the database before it grew is not to be kept."""
        return self._generation

    def lite(self, playlist_id: str) -> PlaylistLite:
        """Raises: NotFound."""
        if playlist_id not in self._cards:
            raise NotFound("playlist", playlist_id)
        return self._cards[playlist_id].lite

    def lites(self) -> list[PlaylistLite]:
        return [card.lite for card in self._cards.values()]

    def put(self, lite: PlaylistLite) -> None:
        """The playlist is new, or changed. Its place among the others stays."""
        self._cards[lite.id] = _card(lite)
        self._changed()

    def drop(self, playlist_id: str) -> None:
        self._cards.pop(playlist_id, None)
        self._changed()

    def touch(self, playlist_id: str, **fields: Any) -> None:
        """Some fields of the playlist or its tracks changed, though it was not edited."""
        if playlist_id in self._cards:
            self.put(self._cards[playlist_id].lite.model_copy(update=fields))

    def full_json(self, playlist_id: str) -> bytes | None:
        """The JSON of the playlist with its tracks, if it was made since the last change."""
        card = self._cards.get(playlist_id)
        return None if card is None else card.full_json

    def keep_json(self, playlist: Playlist, generation: int) -> bytes:
        """Make the JSON of a playlist that was read at `generation`; keep it if it is still current."""
        made = to_json(playlist)
        if generation == self._generation and playlist.id in self._cards:
            self._cards[playlist.id].full_json = made
        return made

    def matching(self, query: Query) -> tuple[list[str], int]:
        """The ids of the page, and how many match in all."""
        wanted = _fold(query.q.strip())
        ids = [playlist_id for playlist_id, card in self._cards.items() if wanted in card.folded]
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

    def lite_json(self, playlist_id: str) -> bytes:
        card = self._cards[playlist_id]
        if card.lite_json is None:
            card.lite_json = to_json(card.lite)
        return card.lite_json

    def _changed(self) -> None:
        self._generation += 1
        self._pages.clear()


def _card(lite: PlaylistLite) -> _Card:
    return _Card(lite, _fold(f"{lite.title}\n{lite.description}"))


def _fold(text: str) -> str:
    """Text as searches compare it: without case, and however its accents were typed."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
