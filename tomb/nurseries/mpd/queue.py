"""What MPD calls the queue: here it is one playlist, the one that the player has, or that it is to begin with next.

MPD's clients clear the queue, load a playlist and then play. The player knows no such steps: it starts a playlist. So
what is loaded while nothing is heard waits here, as what MPD's clients see, until one of them plays; whatever starts
in another way, such as a tag, takes its place.

A song has a position, and an id for as long as it is in the queue. `version` grows whenever anything about the queue
changes, and each entry has the version of its position's last change, so that a client can ask for what is new to it.
"""

from collections.abc import Callable

import trio
from msgspec import Struct

from tomb.errors import NotFound
from tomb.models import PlayerState, Track
from tomb.nurseries.deck import Deck
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.mpd.names import Names, song

AT_ONCE = 100  # tracks that are described without a pause


class Entry(Struct, frozen=True):
    """`lines`: what is said of the song, but for its position and id."""

    song_id: int
    track_id: str
    version: int
    lines: bytes


class Loaded(Struct, frozen=True):
    """What is to be played next. `playlist_id`: None for an empty queue; `first`: the id of a track, or None to begin
    where the playlist was left."""

    playlist_id: str | None
    first: str | None = None


Shown = tuple[str, int] | None  # a playlist and its revision


class Queue:
    """`names`: what playlists are called now."""

    def __init__(self, deck: Deck, librarian: Librarian, names: Callable[[], Names]) -> None:
        self.entries: list[Entry] = []
        self.version = 1
        self.loaded: Loaded | None = None
        self._deck = deck
        self._librarian = librarian
        self._names = names
        self._held: Shown = None
        self._newest_id = 0
        self._turn = trio.Lock()

    def load(self, loaded: Loaded) -> None:
        """Nothing is heard, and this is what will be."""
        self.loaded = loaded

    def heard(self) -> None:
        """The player did something. What was loaded is out of date once anything plays."""
        if self.loaded is not None and self._deck.state(0).state != "stopped":
            self.loaded = None

    def shown(self) -> Shown:
        """Which playlist the queue is, in which revision."""
        playlist_id = self._deck.state(0).active_playlist_id if self.loaded is None else self.loaded.playlist_id
        if playlist_id is None or not self._librarian.has(playlist_id):
            return None
        return playlist_id, self._librarian.lite(playlist_id).playlist_seq

    async def look(self) -> PlayerState:
        """Bring the queue up to date; the state of the player that goes with it. Raises Unavailable."""
        async with self._turn:
            while (wanted := self.shown()) != self._held:
                await self._read(wanted)
            return self._deck.state(0)

    def position(self, track_id: str | None) -> int | None:
        """From 0."""
        return next((place for place, entry in enumerate(self.entries) if entry.track_id == track_id), None)

    def position_of_id(self, song_id: int) -> int | None:
        return next((place for place, entry in enumerate(self.entries) if entry.song_id == song_id), None)

    async def _read(self, wanted: Shown) -> None:
        if wanted is None:
            self._take([], None)
            return
        try:
            playlist = await self._librarian.playlist(wanted[0])
            name = self._names().name(wanted[0])
        except NotFound:  # just now: `shown` will say so too
            return
        ids = {entry.track_id: entry.song_id for entry in self.entries}
        described: list[tuple[int, Track, bytes]] = []
        for place, track in enumerate(playlist.tracks):
            if place % AT_ONCE == AT_ONCE - 1:
                await trio.lowlevel.checkpoint()
            described.append((ids.get(track.id) or self._new_id(), track, song(name, track)))
        self._take(described, (wanted[0], playlist.playlist_seq))

    def _take(self, described: list[tuple[int, Track, bytes]], held: Shown) -> None:
        version = self.version + 1
        before = self.entries + [None] * (len(described) - len(self.entries))
        self.entries = [
            old
            if old is not None and (old.song_id, old.lines) == (song_id, lines)
            else Entry(song_id, track.id, version, lines)
            for old, (song_id, track, lines) in zip(before, described, strict=False)
        ]
        self.version, self._held = version, held

    def _new_id(self) -> int:
        self._newest_id += 1
        return self._newest_id
