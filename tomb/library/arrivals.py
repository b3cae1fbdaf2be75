"""Files that become tracks: the units of work that add to a playlist, or make a folder a playlist."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tomb.errors import Unavailable
from tomb.library import chapters, files, playlists, reading, tracks
from tomb.library.intake import Staged
from tomb.library.labels import Labels
from tomb.models import UNKNOWN, Loudness, Playlist, Track

NewId = Callable[[], str]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file ready to become a track. `origin`: SHA-256 of the file as it came; `sound`: what is to be played for it,
    or None if the library keeps that already; `filename` is only a label."""

    filename: str
    labels: Labels
    origin: str
    duration_ms: int = 0
    loudness: Loudness = UNKNOWN
    sound: Staged | None = None
    cover: Staged | None = None


@dataclass(frozen=True, slots=True)
class Album:
    """A folder as it arrives. `source` says which, so that the same folder again makes no second playlist."""

    source: str
    title: str
    arrivals: Sequence[Arrival]


@dataclass(frozen=True, slots=True)
class Arrived:
    """The playlist as it is now, the tracks that are new in it, and whether it is new itself.

    `healed`: other playlists, with tracks whose file was missing and has now come back.
    """

    playlist: Playlist
    added: tuple[Track, ...]
    created: bool = False
    healed: tuple[Playlist, ...] = ()


def add(
    db: sqlite3.Connection, library: Path, playlist_id: str, arrivals: Iterable[Arrival], new_id: NewId, now: float
) -> Arrived:
    """Append to a playlist. Raises: NotFound; Unavailable when kept sound was deleted since it was looked up."""
    coming = list(arrivals)
    back = files.missing_among(db, {arrival.sound.hash for arrival in coming if arrival.sound})
    healing = [each for each in dict.fromkeys(tracks.users(db, back)) if each != playlist_id]
    new = [_new_track(db, library, arrival, new_id()) for arrival in coming]
    files.sync_names(library)
    playlist = tracks.add(db, playlist_id, new, now)
    added = tuple(playlist.tracks[len(playlist.tracks) - len(new) :])
    return Arrived(playlist, added, healed=tuple(tracks.files_changed(db, healing, now)))


def add_album(db: sqlite3.Connection, library: Path, album: Album, new_id: NewId, now: float) -> Arrived:
    """Make a playlist of a folder; of one that was imported before, add only what its playlist lacks.

    The same content twice in a folder is two tracks. Raises: Unavailable, as `add` does.
    """
    playlist_id = _imported(db, album)
    if playlist_id is None:
        playlist_id = playlists.create(db, new_id(), album.title, "", now).id
        arrived = add(db, library, playlist_id, album.arrivals, new_id, now)
        arrived = replace(arrived, created=True)
    elif lacking := list(_lacking(db, playlist_id, album.arrivals)):
        arrived = add(db, library, playlist_id, lacking, new_id, now)
    else:
        arrived = Arrived(reading.playlist(db, playlist_id), ())
    db.execute("INSERT OR REPLACE INTO imports VALUES (?, ?)", (album.source, playlist_id))
    return arrived


def _new_track(db: sqlite3.Connection, library: Path, arrival: Arrival, track_id: str) -> tracks.NewTrack:
    if arrival.sound is not None:
        kept: str | None = files.keep(db, library, arrival.sound, arrival.origin, arrival.duration_ms, arrival.loudness)
    else:
        kept = files.known(db, arrival.origin)
    if kept is None:
        raise Unavailable("the library changed meanwhile; try again")
    cover = None if arrival.cover is None else files.keep_cover(db, library, arrival.cover)
    [duration_ms] = db.execute("SELECT duration_ms FROM files WHERE hash = ?", (kept,)).fetchone()
    labels = arrival.labels
    return tracks.NewTrack(
        track_id,
        labels.title,
        arrival.filename,
        labels.artist,
        labels.album,
        kept,
        cover,
        chapters.encoded(chapters.tidy(labels.chapters, duration_ms)),
    )


def _imported(db: sqlite3.Connection, album: Album) -> str | None:
    """The playlist that was made of this folder, or of the same contents under the same name somewhere else."""
    row = db.execute("SELECT playlist_id FROM imports WHERE source = ?", (album.source,)).fetchone()
    if row is not None:
        return str(row["playlist_id"])
    wanted = Counter(arrival.origin for arrival in album.arrivals)
    namesakes = db.execute("SELECT id FROM playlists WHERE title = ? ORDER BY place", (album.title,)).fetchall()
    return next((row["id"] for row in namesakes if wanted <= _contents(db, row["id"])), None)


def _lacking(db: sqlite3.Connection, playlist_id: str, arrivals: Iterable[Arrival]) -> Iterable[Arrival]:
    there = _contents(db, playlist_id)
    for arrival in arrivals:
        if there[arrival.origin] > 0:
            there[arrival.origin] -= 1
        else:
            yield arrival


def _contents(db: sqlite3.Connection, playlist_id: str) -> Counter[str]:
    rows = db.execute("SELECT origin FROM tracks JOIN files ON hash = file WHERE playlist_id = ?", (playlist_id,))
    return Counter(row["origin"] for row in rows)
