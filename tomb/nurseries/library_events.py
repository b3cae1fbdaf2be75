"""Tells the world what changed in the library: the events of wire.md, section 5, and then the deck.

Here an object gets its `server_seq`, the number of its last published change; the index remembers it with the playlist.
Everything is synchronous, so that what was committed is published even if whoever asked for it is cancelled.

The list of all playlists is the one exception. It is as long as the library is large, and goes to everybody: were it
told with each playlist that is made, a thousandth would cost a hundred times what the tenth did. What changed is told
at once, in a word (`state:playlist_created`, `state:playlist_deleted`); the list follows a moment later, and while the
library goes on changing once a second. It is made of the JSON that the index keeps of each playlist.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Protocol

import trio
from msgspec.structs import replace

from tomb.events import PLAYLISTS, Events, playlist_room
from tomb.library.arrivals import Arrived
from tomb.library.index import LibraryIndex
from tomb.library.recycle_bin import Restored
from tomb.models import Playlist, PlaylistLite, Track

GATHER_S = 0.05
APART_S = 1.0


class Listener(Protocol):
    """Who plays from the library and must hear of edits at once. Neither call may block or raise."""

    def edited(self, playlist: Playlist) -> None: ...

    def gone(self, playlist_id: str) -> None: ...


class LibraryEvents:
    def __init__(self, events: Events, index: LibraryIndex) -> None:
        self._events = events
        self._index = index
        self.listener: Listener | None = None
        self._list_changed = trio.Event()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Tell the list when it has changed, until cancelled."""
        task_status.started()
        while True:
            await self._list_changed.wait()
            await trio.sleep(GATHER_S)
            self.tell_list()
            await trio.sleep(APART_S)

    @property
    def list_is_due(self) -> bool:
        """It has changed since it was told last."""
        return self._list_changed.is_set()

    def tell_list(self) -> None:
        """Now, if it has changed since it was told last."""
        if self.list_is_due:
            self._list_changed = trio.Event()
            self._events.publish("state:playlists", {PLAYLISTS}, lambda _: self._index.list_json())

    def stamped(self, playlist: Playlist) -> Playlist:
        """The playlist with the number of its last change."""
        return _stamped(playlist, self._index.lite(playlist.id).server_seq)

    def created(self, playlist: Playlist) -> Playlist:
        """A playlist is new. `listed` is to follow."""
        return self._publish("state:playlist_created", {PLAYLISTS}, playlist)

    def edited(self, playlist: Playlist) -> Playlist:
        """Anything about a playlist or its tracks changed."""
        room = playlist_room(playlist.id)
        self._events.publish(
            "state:playlist",
            {room},
            lambda number: _stamped(playlist, number),
            playlist_id=playlist.id,
            playlist_seq=playlist.playlist_seq,
        )
        published = self._publish("state:playlist_updated", {PLAYLISTS}, playlist)
        if self.listener is not None:
            self.listener.edited(published)
        return published

    def deleted(self, lite: PlaylistLite) -> None:
        self._index.drop(lite.id)
        self._events.publish(
            "state:playlist_deleted",
            {PLAYLISTS},
            lambda _: {"playlist_id": lite.id, "message": f"{lite.title} was deleted"},
            playlist_id=lite.id,
        )
        if self.listener is not None:
            self.listener.gone(lite.id)

    def restored(self, restored: Restored) -> Playlist:
        """A playlist, or a track, came back from the bin."""
        if restored.created:
            playlist = self.created(restored.playlist)
            self._index.arrange(restored.order)
            self.listed()
            return playlist
        for track in restored.added:
            self.track_added(restored.playlist, track)
        return self.edited(restored.playlist) if restored.added else self.stamped(restored.playlist)

    def arrived(self, arrived: Arrived) -> Arrived:
        """Tracks were added, or a playlist came with its tracks. For a new one `listed` is to follow."""
        for healed in arrived.healed:
            self.edited(healed)
        if arrived.created:
            return replace(arrived, playlist=self.created(arrived.playlist))
        for track in arrived.added:
            self.track_added(arrived.playlist, track)
        playlist = self.edited(arrived.playlist) if arrived.added else self.stamped(arrived.playlist)
        return replace(arrived, playlist=playlist)

    def files_changed(self, playlists: Sequence[Playlist], hashes: Collection[str]) -> None:
        """Files of these playlists vanished or came back; the tracks that have one of `hashes` are told too."""
        for playlist in playlists:
            for track in playlist.tracks:
                if track.file_hash in hashes:
                    self.track_changed(playlist, track)
            self.edited(playlist)

    def listed(self) -> None:
        """The list of playlists changed; `run` tells it."""
        self._list_changed.set()

    def chosen_for_child(self, chosen: frozenset[str] | None) -> None:
        """Parents chose which playlists a child may start; None: all."""
        for lite in self._index.lites():
            if lite.for_child != (for_child := chosen is None or lite.id in chosen):
                self._index.touch(lite.id, for_child=for_child)
        self.listed()

    def track_added(self, playlist: Playlist, track: Track) -> None:
        self._publish_tracks(
            "state:track_added",
            playlist,
            lambda number: {"playlist_id": playlist.id, "track": track.model_copy(update={"server_seq": number})},
        )

    def tracks_deleted(self, playlist: Playlist, numbers: Sequence[int], track_ids: Sequence[str]) -> None:
        data = {"playlist_id": playlist.id, "track_numbers": list(numbers), "track_ids": list(track_ids)}
        self._publish_tracks("state:track_deleted", playlist, lambda _: data)

    def track_changed(self, playlist: Playlist, track: Track) -> None:
        self._events.publish(
            "state:track",
            {PLAYLISTS, playlist_room(playlist.id)},
            lambda number: {**track.model_dump(), "server_seq": number, "playlist_id": playlist.id},
            playlist_id=playlist.id,
            playlist_seq=playlist.playlist_seq,
        )

    def _publish(self, event_type: str, rooms: set[str], playlist: Playlist) -> Playlist:
        published = playlist

        def told(number: int) -> Mapping[str, Any]:
            nonlocal published
            published = _stamped(playlist, number)
            return {"playlist_id": playlist.id, "playlist": published}

        seq = playlist.playlist_seq
        self._events.publish(event_type, rooms, told, playlist_id=playlist.id, playlist_seq=seq)
        self._index.put(published.lite())
        return published

    def _publish_tracks(self, event_type: str, playlist: Playlist, data: Callable[[int], Mapping[str, Any]]) -> None:
        self._events.publish(
            event_type,
            {PLAYLISTS, playlist_room(playlist.id)},
            data,
            playlist_id=playlist.id,
            playlist_seq=playlist.playlist_seq,
            flat=True,
        )


def _stamped(playlist: Playlist, number: int) -> Playlist:
    tracks = tuple(track.model_copy(update={"server_seq": number}) for track in playlist.tracks)
    return playlist.model_copy(update={"server_seq": number, "tracks": tracks})
