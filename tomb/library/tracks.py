"""Units of work that change the tracks of playlists. Numbers are 1 to n, without gaps, after each of them."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypedDict

from msgspec import Struct
from msgspec.structs import astuple

from tomb.errors import BadRequest, NotFound
from tomb.library import reading
from tomb.library.files import Freed, forget_unused
from tomb.library.playlists import edited
from tomb.models import Playlist

_INSERT = """
    INSERT INTO tracks (id, playlist_id, number, title, filename, artist, album, file, cover, chapters, created,
        updated)
    VALUES (?1, ?2, (SELECT coalesce(max(number), 0) + 1 FROM tracks WHERE playlist_id = ?2), ?3, ?4, ?5, ?6, ?7, ?8,
        ?9, ?10, ?10)
"""
_USERS = "SELECT playlist_id FROM tracks WHERE file = ?"


class NewTrack(Struct, frozen=True):
    """A track to be added. `file` and `cover`: hashes of what the library keeps already (`files.keep`). `chapters`: as
    a column (`chapters.encoded`)."""

    id: str
    title: str
    filename: str
    artist: str | None
    album: str | None
    file: str
    cover: str | None = None
    chapters: str | None = None


class TrackEdit(TypedDict, total=False):
    """What to change; a key that is absent stays as it is. None: nobody, or no album."""

    title: str
    artist: str | None
    album: str | None


class Removal(Struct, frozen=True):
    """What was deleted, in the order of the numbers, and what is left."""

    numbers: tuple[int, ...]
    ids: tuple[str, ...]
    playlist: Playlist
    freed: Freed


class Move(Struct, frozen=True):
    """Both playlists as they are now; `number` is what the track had in `source` before."""

    track_id: str
    number: int
    source: Playlist
    target: Playlist


def add(db: sqlite3.Connection, playlist_id: str, new: Sequence[NewTrack], now: float) -> Playlist:
    """Append tracks in the given order."""
    edited(db, playlist_id, now)
    for track in new:
        _insert(db, playlist_id, track, now)
    return reading.playlist(db, playlist_id)


def edit(db: sqlite3.Connection, track_id: str, edit: TrackEdit, now: float) -> Playlist:
    """Change what `edit` names. The playlist that the track is in, with the track as it is then. Raises: NotFound."""
    found = reading.whereabouts(db, track_id)
    title, artist = edit.get("title", found.track.title), edit.get("artist", found.track.artist)
    db.execute(
        "UPDATE tracks SET title = ?, artist = ?, album = ?, updated = ? WHERE id = ?",
        (title, artist, edit.get("album", found.track.album), now, track_id),
    )
    edited(db, found.playlist_id, now)
    return reading.playlist(db, found.playlist_id)


def reorder(db: sqlite3.Connection, playlist_id: str, order: Sequence[int] | Sequence[str], now: float) -> Playlist:
    """`order`: all track ids, or all track numbers, in the order that is wanted.

    Raises: NotFound; BadRequest when it is not a permutation of them.
    """
    edited(db, playlist_id, now)
    ids = _ids(db, playlist_id)
    wanted = [_named(ids, name) for name in order]
    if sorted(wanted) != sorted(ids):
        raise BadRequest("the order must name each track of the playlist once", {"track_count": len(ids)})
    renumber(db, playlist_id, wanted)
    return reading.playlist(db, playlist_id)


def chosen(db: sqlite3.Connection, playlist_id: str, numbers: Sequence[int], track_ids: Sequence[str]) -> list[str]:
    """The ids of the tracks that have these numbers or ids, in their order. Raises as `delete` does."""
    if db.execute("SELECT 1 FROM playlists WHERE id = ?", (playlist_id,)).fetchone() is None:
        raise NotFound("playlist", playlist_id)
    ids = _ids(db, playlist_id)
    named = {_existing(ids, number) for number in numbers} | {_existing(ids, track_id) for track_id in track_ids}
    if not named:
        raise BadRequest("name the tracks to delete")
    return [track_id for track_id in ids if track_id in named]


def delete(
    db: sqlite3.Connection, playlist_id: str, numbers: Sequence[int], track_ids: Sequence[str], now: float
) -> Removal:
    """Delete the tracks that have these numbers or ids, for good.

    Raises: NotFound for the playlist or the first track that it does not have, BadRequest when none is named;
    nothing is deleted then.
    """
    doomed = set(chosen(db, playlist_id, numbers, track_ids))
    edited(db, playlist_id, now)
    ids = _ids(db, playlist_id)
    gone = [(number, track_id) for number, track_id in enumerate(ids, 1) if track_id in doomed]
    _resume_behind(db, playlist_id, ids, doomed)
    used = [
        row for track_id in doomed for row in db.execute("SELECT file, cover FROM tracks WHERE id = ?", (track_id,))
    ]
    db.executemany("DELETE FROM tracks WHERE id = ?", [(track_id,) for track_id in doomed])
    renumber(db, playlist_id, [track_id for track_id in ids if track_id not in doomed])
    freed = forget_unused(db, used)
    left = reading.playlist(db, playlist_id)
    return Removal(tuple(number for number, _ in gone), tuple(track_id for _, track_id in gone), left, freed)


def move(db: sqlite3.Connection, source: str, target: str, number: int, position: int | None, now: float) -> Move:
    """Take a track out of one playlist and put it into another (or the same one) at `position`, None being the end.

    Raises: NotFound for a playlist or the track; BadRequest for a position beyond the end.
    """
    for playlist_id in dict.fromkeys((source, target)):
        edited(db, playlist_id, now)
    track_id = _existing(_ids(db, source), number)
    left = [each for each in _ids(db, source) if each != track_id]
    others = left if source == target else _ids(db, target)
    ahead = len(others) if position is None else position - 1
    if not 0 <= ahead <= len(others):
        raise BadRequest("the target position is beyond the end", {"last_position": len(others) + 1})
    if source != target:
        _resume_behind(db, source, _ids(db, source), {track_id})
        _hand_over(db, target, track_id, now)
        renumber(db, source, left)
    renumber(db, target, [*others[:ahead], track_id, *others[ahead:]])
    return Move(track_id, number, reading.playlist(db, source), reading.playlist(db, target))


def put_at(db: sqlite3.Connection, playlist_id: str, places: Mapping[str, int]) -> None:
    """Give tracks of the playlist these numbers, or the last ones, where there are not as many."""
    order = [each for each in _ids(db, playlist_id) if each not in places]
    for track_id, number in sorted(places.items(), key=lambda place: place[1]):
        order.insert(number - 1, track_id)
    renumber(db, playlist_id, order)


def renumber(db: sqlite3.Connection, playlist_id: str, order: Sequence[str]) -> None:
    """Part of a unit of work: `order` has the ids of all tracks of the playlist."""
    db.execute("UPDATE tracks SET number = -number WHERE playlist_id = ? AND number > 0", (playlist_id,))
    db.executemany("UPDATE tracks SET number = ? WHERE id = ?", list(enumerate(order, 1)))


def users(db: sqlite3.Connection, hashes: Iterable[str]) -> list[str]:
    """The ids of the playlists that have tracks with these files, one for each such track."""
    return [row["playlist_id"] for each in hashes for row in db.execute(_USERS, (each,))]


def learn_chapters(db: sqlite3.Connection, file: str, column: str | None) -> int:
    """Give them to all tracks with this file that have none, be they in the bin; how many outside of it that were.
    `column`: see `NewTrack`."""
    if column is None:
        return 0
    db.execute("UPDATE bin_tracks SET chapters = ? WHERE file = ? AND chapters IS NULL", (column, file))
    return db.execute("UPDATE tracks SET chapters = ? WHERE file = ? AND chapters IS NULL", (column, file)).rowcount


def files_changed(db: sqlite3.Connection, playlist_ids: Iterable[str], now: float) -> list[Playlist]:
    """Count it as an edit that files of these playlists vanished or came back; those that are still there."""
    there = [playlist.id for playlist in reading.playlists(db, playlist_ids)]
    for playlist_id in there:
        edited(db, playlist_id, now)
    return reading.playlists(db, there)


def _insert(db: sqlite3.Connection, playlist_id: str, track: NewTrack, now: float) -> None:
    # The columns are in the order of the fields.
    db.execute(_INSERT, (track.id, playlist_id, *astuple(track)[1:], now))


def _ids(db: sqlite3.Connection, playlist_id: str) -> list[str]:
    rows = db.execute("SELECT id FROM tracks WHERE playlist_id = ? ORDER BY number", (playlist_id,))
    return [row["id"] for row in rows]


def _named(ids: Sequence[str], name: int | str) -> str:
    """The track with this number or id; "" for none."""
    if isinstance(name, int):
        return ids[name - 1] if 1 <= name <= len(ids) else ""
    return name


def _existing(ids: Sequence[str], name: int | str) -> str:
    track_id = _named(ids, name)
    if track_id not in ids:
        raise NotFound("track", str(name))
    return track_id


def _hand_over(db: sqlite3.Connection, target: str, track_id: str, now: float) -> None:
    # A number that nobody has, until the renumbering.
    db.execute(
        "UPDATE tracks SET playlist_id = ?, updated = ?, number = -1000000 - number WHERE id = ?",
        (target, now, track_id),
    )


def _resume_behind(db: sqlite3.Connection, playlist_id: str, ids: Sequence[str], going: Collection[str]) -> None:
    """Before tracks leave a playlist: one that was left in such a track goes on with the next that stays, as it would
    have done by itself. Where none is left behind it, it begins anew."""
    left = db.execute("SELECT track_id FROM resume WHERE playlist_id = ?", (playlist_id,)).fetchone()
    if left is None or left["track_id"] not in going:
        return
    behind = ids[ids.index(left["track_id"]) :]
    follower = next((track_id for track_id in behind if track_id not in going), None)
    if follower is None:
        db.execute("DELETE FROM resume WHERE playlist_id = ?", (playlist_id,))
    else:
        db.execute("UPDATE resume SET track_id = ?, position_ms = 0 WHERE playlist_id = ?", (follower, playlist_id))
