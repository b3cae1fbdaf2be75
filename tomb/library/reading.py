"""Units of work that only read: playlists and tracks as they cross the wire, with `server_seq` 0."""

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from msgspec import Struct

from tomb.errors import NotFound
from tomb.library import chapters, loudness
from tomb.library.loudness import Together
from tomb.models import Chapter, Loudness, LoudnessMode, Playlist, PlaylistLite, Resume, Track, iso

_Starts = tuple[int, ...]
_Heard = tuple[str, int, _Starts]


class Whereabouts(Struct, frozen=True):
    """A track, whose it is, and where its sound and its cover lie, relative to the library folder."""

    track: Track
    playlist_id: str
    sound: PurePosixPath
    cover: PurePosixPath | None


class Playable:
    """A playlist as it is played: what it is called, what parents chose for it, its tracks in their order, and how loud
    each of them is.

    A tap may mean a thousand tracks, of which one is shown. So they stay as they were read until somebody asks for one:
    to make all of them would take longer than all the rest of a tap.
    """

    def __init__(
        self,
        lite: PlaylistLite,
        tracks: Iterable[_Heard],
        make: Callable[[int], Track],
        loudness: Callable[[int], Loudness],
        together: Together | None = None,
    ) -> None:
        """`tracks`: their ids, durations and where their chapters begin; `make` and `loudness` are given the place of
        one, from 0. `together`: how loud all of them are, if that is known already."""
        self.lite = lite
        self.tracks = tuple(tracks)
        self._make = make
        self._loudness = loudness
        self._together = together
        self._places = {track_id: place for place, (track_id, *_) in enumerate(self.tracks)}
        self._made: dict[str, Track] = {}

    @classmethod
    def of_rows(
        cls, lite: PlaylistLite, rows: Sequence[sqlite3.Row], starts: Sequence[_Starts], together: Together
    ) -> "Playable":
        """What `playable_rows`, `starts` and `together` read."""
        tracks = ((row["id"], row["duration_ms"], begin) for row, begin in zip(rows, starts, strict=True))
        return cls(
            lite,
            tracks,
            lambda place: _track(rows[place], lite.server_seq),
            lambda place: _loudness(rows[place]),
            together,
        )

    @classmethod
    def of_playlist(cls, playlist: Playlist) -> "Playable":
        """What was read already."""
        tracks = ((track.id, track.duration_ms, _starts(track.chapters)) for track in playlist.tracks)
        return cls(
            playlist, tracks, lambda place: playlist.tracks[place], lambda place: playlist.tracks[place].loudness
        )

    def track(self, track_id: str) -> Track | None:
        place = self._places.get(track_id)
        if place is not None and track_id not in self._made:
            self._made[track_id] = self._make(place)
        return self._made.get(track_id)

    def gain(self, track_id: str, mode: LoudnessMode) -> float:
        """The linear gain with which a track of it is played."""
        if self._together is None:
            of = [self._loudness(place) for place in range(len(self.tracks))]
            self._together = loudness.together(
                (each.track, each.peak, track[1]) for each, track in zip(of, self.tracks, strict=True)
            )
        return loudness.gain(self._loudness(self._places[track_id]), self._together, mode)


_TRACKS = """
    SELECT t.*, f.ext, f.size, f.duration_ms, f.damaged_ms, f.missing, f.loudness, f.album_loudness, f.peak,
        f.seek_marks, c.ext AS cover_ext
    FROM tracks t JOIN files f ON f.hash = t.file LEFT JOIN covers c ON c.hash = t.cover
"""

_HEADS = """
    SELECT p.*, resume.track_id AS resume_track, resume.position_ms AS resume_ms,
        chosen.id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM settings WHERE key = 'child_playlists') AS for_child
    FROM playlists p LEFT JOIN resume ON resume.playlist_id = p.id
    LEFT JOIN (
        SELECT DISTINCT each.value AS id FROM settings s, json_each(s.value) each
        WHERE s.key = 'child_playlists'
    ) chosen ON chosen.id = p.id
"""

_TAGS = "SELECT playlist_id, tag_id FROM tags WHERE playlist_id {} ORDER BY place, tag_id"

_SUMS = """
    SELECT t.playlist_id, count(*) AS track_count, sum(f.duration_ms) AS total_ms
    FROM tracks t JOIN files f ON f.hash = t.file GROUP BY t.playlist_id
"""
# The first track that has a cover lends it to the playlist. With min() SQLite takes the other columns from the row of
# the minimum (sqlite.org/lang_select.html, "bare columns in an aggregate query").
_COVERED = "SELECT playlist_id, cover, min(number) FROM tracks WHERE cover IS NOT NULL GROUP BY playlist_id"
_COVER_OF = """
    SELECT c.hash, c.ext FROM covers c WHERE c.hash = (
        SELECT coalesce(p.cover, (
            SELECT t.cover FROM tracks t WHERE t.playlist_id = p.id AND t.cover IS NOT NULL ORDER BY t.number LIMIT 1
        )) FROM playlists p WHERE p.id = ?
    )
"""


def playlist(db: sqlite3.Connection, playlist_id: str) -> Playlist:
    """Raises: NotFound."""
    found = playlists(db, (playlist_id,))
    if not found:
        raise NotFound("playlist", playlist_id)
    return found[0]


def playlists(db: sqlite3.Connection, playlist_ids: Iterable[str]) -> list[Playlist]:
    """In the given order, without those that are not there."""
    heads = (db.execute(f"{_HEADS} WHERE p.id = ?", (playlist_id,)).fetchone() for playlist_id in playlist_ids)
    return [_full(db, head) for head in heads if head is not None]


def lites(db: sqlite3.Connection) -> list[PlaylistLite]:
    """All playlists without their tracks, in order of creation."""
    sums = {row["playlist_id"]: (row["track_count"], row["total_ms"]) for row in db.execute(_SUMS)}
    covered = {row["playlist_id"]: row["cover"] for row in db.execute(_COVERED)}
    tags = defaultdict[str, list[str]](list)
    for row in db.execute(_TAGS.format("IS NOT NULL")):
        tags[row["playlist_id"]].append(row["tag_id"])
    heads = db.execute(f"{_HEADS} ORDER BY p.place")
    return [_lite(head, tags[head["id"]], *sums.get(head["id"], (0, 0)), covered.get(head["id"])) for head in heads]


def whereabouts(db: sqlite3.Connection, track_id: str) -> Whereabouts:
    """Raises: NotFound."""
    row = db.execute(f"{_TRACKS} WHERE t.id = ?", (track_id,)).fetchone()
    if row is None:
        raise NotFound("track", track_id)
    cover = row["cover"] and PurePosixPath("covers", f"{row['cover']}.{row['cover_ext']}")
    track = _track(row)
    return Whereabouts(track, row["playlist_id"], PurePosixPath(track.file_path), cover)


def cover(db: sqlite3.Connection, playlist_id: str) -> PurePosixPath:
    """Where the picture of a playlist lies, relative to the library folder; its stem is its hash. Raises: NotFound."""
    row = db.execute(_COVER_OF, (playlist_id,)).fetchone()
    if row is None:
        raise NotFound("cover of playlist", playlist_id)
    return PurePosixPath("covers", f"{row['hash']}.{row['ext']}")


def size(db: sqlite3.Connection) -> int:
    """Bytes of all sound and pictures that the library keeps."""
    row = db.execute("SELECT (SELECT total(size) FROM files WHERE NOT missing) + (SELECT total(size) FROM covers)")
    return int(row.fetchone()[0])


def sizes(db: sqlite3.Connection) -> dict[str, int]:
    """Bytes of the sound of each playlist that has some; what several have counts in each."""
    rows = db.execute(
        "SELECT playlist_id, sum(size) AS size FROM (SELECT DISTINCT playlist_id, file FROM tracks)"
        " JOIN files ON hash = file WHERE NOT missing GROUP BY playlist_id"
    )
    return {row["playlist_id"]: row["size"] for row in rows}


def playable_rows(db: sqlite3.Connection, playlist_id: str) -> list[sqlite3.Row]:
    """The tracks of a playlist, for a Playable."""
    return db.execute(f"{_TRACKS} WHERE t.playlist_id = ? ORDER BY t.number", (playlist_id,)).fetchall()


def starts(rows: Iterable[sqlite3.Row]) -> list[_Starts]:
    """Where the chapters of tracks begin. To be asked for in the reader's thread: a thousand chapters take a while."""
    return [_starts(chapters.decoded(row["chapters"])) for row in rows]


def together(rows: Iterable[sqlite3.Row]) -> Together:
    """How loud tracks are as one piece. Likewise."""
    return loudness.together((row["loudness"], row["peak"], row["duration_ms"]) for row in rows)


def _starts(of: Sequence[Chapter]) -> _Starts:
    return tuple(chapter.start_ms for chapter in of)


def _track(row: sqlite3.Row, server_seq: int = 0) -> Track:
    return Track(
        id=row["id"],
        number=row["number"],
        title=row["title"],
        filename=row["filename"],
        file_path=f"files/{row['file']}.{row['ext']}",
        duration_ms=row["duration_ms"],
        damaged_at_ms=row["damaged_ms"],
        artist=row["artist"],
        album=row["album"],
        file_size=row["size"],
        file_hash=row["file"],
        missing=bool(row["missing"]),
        chapters=chapters.decoded(row["chapters"]),
        cover_url=f"/api/tracks/{row['id']}/cover" if row["cover"] else None,
        play_count=row["play_count"],
        loudness=_loudness(row),
        seek_marks=row["seek_marks"],
        created_at=iso(row["created"]),
        updated_at=iso(row["updated"]),
        server_seq=server_seq,
    )


def _loudness(row: sqlite3.Row) -> Loudness:
    return Loudness(track=row["loudness"], album=row["album_loudness"], peak=row["peak"])


def _full(db: sqlite3.Connection, head: sqlite3.Row) -> Playlist:
    rows = playable_rows(db, head["id"])
    tags = [row["tag_id"] for row in db.execute(_TAGS.format("= ?"), (head["id"],))]
    covered = next((row["cover"] for row in rows if row["cover"]), None)
    tracks = [_track(row) for row in rows]
    lite = _lite(head, tags, len(tracks), sum(track.duration_ms for track in tracks), covered)
    return Playlist(**dict(lite), tracks=tracks)


def _lite(head: sqlite3.Row, tags: Sequence[str], track_count: int, total_ms: int, covered: str | None) -> PlaylistLite:
    cover = head["cover"] or covered
    resumes = head["resume_track"] is not None
    return PlaylistLite(
        id=head["id"],
        title=head["title"],
        description=head["description"],
        tag_ids=tags,
        track_count=track_count,
        total_duration_ms=total_ms,
        cover_url=cover and f"/api/playlists/{head['id']}/cover?v={cover_version(cover)}",
        own_cover=head["cover"] is not None,
        last_played=head["last_played"],
        created_at=iso(head["created"]),
        updated_at=iso(head["updated"]),
        resume=Resume(track_id=head["resume_track"], position_ms=head["resume_ms"]) if resumes else None,
        same_tag=head["same_tag"],
        on_removal=head["on_removal"],
        resume_policy=head["resume_policy"],
        shuffle=None if head["shuffle"] is None else bool(head["shuffle"]),
        for_child=bool(head["for_child"]),
        playlist_seq=head["playlist_seq"],
    )


def cover_version(cover: str) -> str:
    """What tells apart, in addresses, the pictures that a playlist has one after the other. `cover`: its hash."""
    return cover[:16]
