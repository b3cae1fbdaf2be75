"""Files that become tracks: the units of work that add to a playlist, or make a folder a playlist."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from msgspec import Struct

from tomb.errors import Unavailable
from tomb.library import chapters, files, origins, playlists, reading, tracks
from tomb.library.files import Freed
from tomb.library.intake import Staged
from tomb.library.labels import Labels
from tomb.library.origins import Origin
from tomb.models import UNKNOWN, Loudness, Playlist, Track

NewId = Callable[[], str]


class Arrival(Struct, frozen=True):
    """A file ready to become a track. `origin`: SHA-256 of the file as it came; `sound`: what is to be played for it,
    or None if the library keeps that already; `damaged_ms`: where that is damaged; `filename` is only a label; `size`:
    of the file as it came, in bytes; `unshown`: why the picture in it is no cover; `seek_marks`: of `sound`, packed."""

    filename: str
    labels: Labels
    origin: str
    duration_ms: int = 0
    loudness: Loudness = UNKNOWN
    sound: Staged | None = None
    cover: Staged | None = None
    size: int = 0
    damaged_ms: int | None = None
    unshown: str = ""
    seek_marks: bytes | None = None


class Album(Struct, frozen=True):
    """A folder as it arrives. `into`: the playlist that is to have it, if it is not to be one of its own."""

    title: str
    arrivals: Sequence[Arrival]
    into: str | None = None


class Arrived(Struct, frozen=True):
    """The playlist as it is now, the tracks that are new in it, and whether it is new itself. `gone`: which of the
    files of an album it had before, and has no more: they stay away.

    `healed`: playlists, beside one that got tracks, with tracks whose file was missing and has now come back.
    """

    playlist: Playlist
    added: tuple[Track, ...]
    created: bool = False
    healed: tuple[Playlist, ...] = ()
    gone: tuple[int, ...] = ()


def places_of(arrivals: Iterable[Arrival]) -> Freed:
    """Where the library keeps what comes with these, if it is new."""
    coming = list(arrivals)
    return files.places([each.sound for each in coming], [each.cover for each in coming])


def add(
    db: sqlite3.Connection, library: Path, playlist_id: str, arrivals: Iterable[Arrival], new_id: NewId, now: float
) -> Arrived:
    """Append to a playlist. Raises: NotFound; Unavailable when kept sound was deleted since it was looked up."""
    coming = list(arrivals)
    back = files.missing_among(db, {arrival.sound.hash for arrival in coming if arrival.sound})
    healing = [each for each in dict.fromkeys(tracks.users(db, back)) if each != playlist_id]
    new = [_new_track(db, library, arrival, new_id()) for arrival in coming]
    playlist = tracks.add(db, playlist_id, new, now)
    added = tuple(playlist.tracks[len(playlist.tracks) - len(new) :])
    return Arrived(playlist, added, healed=tuple(tracks.files_changed(db, healing, now)))


def add_album(db: sqlite3.Connection, library: Path, album: Album, new_id: NewId, now: float) -> Arrived:
    """Make a playlist of a folder; to one that it is already (`origins`), add only what that never had, at its place.

    Sound that had vanished from the disk is there again. The same content twice in a folder is two tracks.
    Raises: Unavailable, as `add` does; NotFound for `into`.
    """
    coming = [Origin(arrival.origin, arrival.size) for arrival in album.arrivals]
    hashes = [each.hash for each in coming]
    playlist_id = album.into or origins.find(db, album.title, coming)
    created = playlist_id is None
    if playlist_id is None:
        playlist_id = playlists.create(db, new_id(), album.title, "", now).id
    compared = origins.compare(db, playlist_id, hashes)
    lacking = compared.new
    is_new = frozenset(lacking)
    known = [arrival for place, arrival in enumerate(album.arrivals) if place not in is_new]
    healed = _heal(db, library, known, now) | _learn(db, known, now)
    if lacking:
        arrived = add(db, library, playlist_id, [album.arrivals[place] for place in lacking], new_id, now)
        new = dict(zip(lacking, (track.id for track in arrived.added), strict=True))
        tracks.renumber(db, playlist_id, origins.put_in_place(db, playlist_id, hashes, new))
        playlist = reading.playlist(db, playlist_id)
        fresh = frozenset(new.values())
        added = tuple(track for track in playlist.tracks if track.id in fresh)
        healed = {**healed, **{each.id: each for each in arrived.healed}}
    else:
        playlist, added = reading.playlist(db, playlist_id), ()
    origins.note(db, playlist_id, "" if album.into else album.title, coming)
    others = tuple(each for each in healed.values() if each.id != playlist_id or not added)
    return Arrived(playlist, added, created, others, compared.gone)


def _heal(db: sqlite3.Connection, library: Path, arrivals: Iterable[Arrival], now: float) -> dict[str, Playlist]:
    """Keep what is needed of them: files that were missing. The playlists that have tracks of these."""
    needed = [each for each in arrivals if each.sound and files.missing_among(db, (each.sound.hash,))]
    users = tracks.users(db, dict.fromkeys(each.sound.hash for each in needed if each.sound))
    for each in needed:
        assert each.sound is not None
        _keep(db, library, each, each.sound)
    return {each.id: each for each in tracks.files_changed(db, dict.fromkeys(users), now)}


def _learn(db: sqlite3.Connection, arrivals: Iterable[Arrival], now: float) -> dict[str, Playlist]:
    """Give tracks that are there the chapters that came with their files only now: by a sheet beside one, or because
    nobody looked for them then. The playlists that have such tracks."""
    users: dict[str, None] = {}
    for each in arrivals:
        kept = files.known(db, each.origin) if each.labels.chapters else None
        if kept is None:
            continue
        marks = chapters.encoded(chapters.tidy(each.labels.chapters, kept.duration_ms))
        if tracks.learn_chapters(db, kept.hash, marks):
            users |= dict.fromkeys(tracks.users(db, [kept.hash]))
    return {each.id: each for each in tracks.files_changed(db, users, now)}


def _keep(db: sqlite3.Connection, library: Path, arrival: Arrival, sound: Staged) -> files.Sound:
    known = (arrival.duration_ms, arrival.loudness, arrival.damaged_ms, arrival.seek_marks)
    return files.keep(db, library, sound, arrival.origin, *known)


def _new_track(db: sqlite3.Connection, library: Path, arrival: Arrival, track_id: str) -> tracks.NewTrack:
    sound = arrival.sound
    kept = files.known(db, arrival.origin) if sound is None else _keep(db, library, arrival, sound)
    if kept is None:
        raise Unavailable("the library changed meanwhile; try again")
    cover = None if arrival.cover is None else files.keep_cover(db, library, arrival.cover)
    labels = arrival.labels
    return tracks.NewTrack(
        track_id,
        labels.title,
        arrival.filename,
        labels.artist,
        labels.album,
        kept.hash,
        cover,
        chapters.encoded(chapters.tidy(labels.chapters, kept.duration_ms)),
    )
