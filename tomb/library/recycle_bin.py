"""The bin: what a parent deleted, for 30 days. It is out of the library, but can come back as it was.

A deleted playlist's rows, or a deleted track's row, move to tables of their own: so whoever reads the library needs not
think of the bin, and its tags are free at once. Those rows still refer to their files, which therefore stay, count
against the disk, and go with the rows: after 30 days, or before that, the oldest first, when something needs the space.

The 30 days are not those of the wall clock, which a Pi does not have until the network gave it one: a start in 1970
that becomes one in 2026 must not empty the bin. The bin has a clock of its own that only goes forward (`advance`).
"""

import math
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from msgspec import Struct

from tomb.errors import Conflict, NotFound
from tomb.library import counters, playlists, reading, tracks
from tomb.library.files import Freed, forget_unused
from tomb.library.tracks import Removal
from tomb.models import BinItem, Playlist, Track, iso

DAY_S = 24 * 3600
KEPT_DAYS = 30
ITEMS_KEPT = 20_000  # then the oldest go: whoever makes and deletes things all day must not fill the database

_PLAYLIST = (
    "id, title, description, same_tag, on_removal, resume_policy, shuffle, last_played, created, updated,"
    " playlist_seq, cover"  # and its `place`
)
_TRACK = (
    "id, title, filename, artist, album, file, cover, play_count, created, updated,"
    " chapters"  # and its `number` and `playlist_id`
)

_ITEMS = """
    SELECT b.id, b.deleted, b.expires, p.title AS playlist, t.title AS track, t.playlist_id, t.playlist_title,
        sums.tracks, sums.duration_ms, sums.size
    FROM bin b LEFT JOIN bin_playlists p ON p.id = b.id LEFT JOIN bin_tracks t ON t.id = b.id
    LEFT JOIN (
        SELECT entry, count(*) AS tracks, sum(duration_ms) AS duration_ms, sum(size * NOT missing) AS size
        FROM bin_tracks JOIN files ON hash = file GROUP BY entry
    ) sums ON sums.entry = b.id
    ORDER BY b.place DESC
"""


class Restored(Struct, frozen=True):
    """The playlist that came back, or got tracks back. `created`: it was not there before.

    `order`: the ids of all playlists, in theirs.
    """

    playlist: Playlist
    added: tuple[Track, ...]
    created: bool
    order: tuple[str, ...]


def advance(db: sqlite3.Connection, now: float, awake: float) -> int:
    """Let the bin's clock go on; what it shows then, in seconds. It is never ahead of the time that really passed, as
    far as the box can know: whatever is doubtful keeps things longer.

    `now`: epoch seconds. `awake`: for how long the box has been running since the last call, by the monotonic clock.
    """
    # The wall clock tells for how long the box was off, but it is believed for a day at most, and only where it is
    # beyond all that it ever showed: so a clock that leaps at each start adds nothing to what was counted already.
    away = min(int(now) - counters.read(db, counters.BIN_WALL), DAY_S)
    clock = counters.read(db, counters.BIN_CLOCK) + max(away, int(awake), 0)
    counters.raise_to(db, counters.BIN_WALL, int(now))
    counters.raise_to(db, counters.BIN_CLOCK, clock)
    return clock


def put_playlist(db: sqlite3.Connection, playlist_id: str, now: float, awake: float) -> Freed:
    """Move it there with its tracks; what was on its way to it is freed. Raises: NotFound."""
    _enter(db, [playlist_id], now, awake)
    db.execute(
        f"INSERT INTO bin_playlists (place, {_PLAYLIST}, resume_track, resume_ms)"
        f" SELECT place, {_PLAYLIST}, track_id, coalesce(position_ms, 0)"
        " FROM playlists LEFT JOIN resume ON playlist_id = id WHERE id = ?",
        (playlist_id,),
    )
    db.execute(
        "INSERT INTO bin_tags (playlist_id, tag_id, place) SELECT playlist_id, tag_id, place FROM tags"
        " WHERE playlist_id = ?",
        (playlist_id,),
    )
    _move_imported(db, playlist_id, "imported", "bin_imported")
    _put_tracks(db, "t.playlist_id = ?", playlist_id, entry="t.playlist_id")
    return (*playlists.delete(db, playlist_id), *_forget_oldest(db))


def put_tracks(
    db: sqlite3.Connection,
    playlist_id: str,
    numbers: Sequence[int],
    track_ids: Sequence[str],
    now: float,
    awake: float,
) -> Removal:
    """Move them there, each by itself. Raises as `tracks.delete` does."""
    doomed = tracks.chosen(db, playlist_id, numbers, track_ids)
    _enter(db, doomed, now, awake)
    for track_id in doomed:
        _put_tracks(db, "t.id = ?", track_id, entry="t.id")
    db.execute(
        "UPDATE bin_tracks SET resume_ms = position_ms FROM resume r WHERE r.track_id = bin_tracks.id"
        " AND r.playlist_id = ?",
        (playlist_id,),
    )
    removal = tracks.delete(db, playlist_id, (), doomed, now)
    return Removal(removal.numbers, removal.ids, removal.playlist, (*removal.freed, *_forget_oldest(db)))


def items(db: sqlite3.Connection) -> list[BinItem]:
    """What is in it, what was deleted last coming first."""
    clock = counters.read(db, counters.BIN_CLOCK)
    return [_item(row, clock) for row in db.execute(_ITEMS)]


def restore(db: sqlite3.Connection, item_id: str, now: float) -> Restored:
    """Take it back, as it was. What is in the library already stays as it is.

    A track comes back to its place in its playlist, which is made anew if it is gone for good. Raises: NotFound;
    Conflict when its playlist is in the bin itself, with its id and title.
    """
    if track := _entered(db, [item_id]):
        return _restore_tracks(db, track[0]["playlist_id"], track, now)
    if db.execute("SELECT 1 FROM bin_playlists WHERE id = ?", (item_id,)).fetchone() is not None:
        return _restore_playlist(db, item_id, now)
    if found := reading.playlists(db, (item_id,)):
        return Restored(found[0], (), created=False, order=_order(db))
    row = db.execute("SELECT playlist_id FROM tracks WHERE id = ?", (item_id,)).fetchone()
    if row is None:
        raise NotFound("item in the bin", item_id)
    return Restored(reading.playlist(db, row["playlist_id"]), (), created=False, order=_order(db))


def restore_tracks(db: sqlite3.Connection, playlist_id: str, track_ids: Sequence[str], now: float) -> Restored:
    """Take back tracks of one playlist, all of them or none; each as `restore` does.

    Raises: NotFound for the first that is neither in the bin nor in the playlist; Conflict.
    """
    found = [row for row in _entered(db, track_ids) if row["playlist_id"] == playlist_id]
    known = {row["id"] for row in (*found, *db.execute("SELECT id FROM tracks WHERE playlist_id = ?", (playlist_id,)))}
    for track_id in track_ids:
        if track_id not in known:
            raise NotFound("track in the bin", track_id)
    if not found:
        return Restored(reading.playlist(db, playlist_id), (), created=False, order=_order(db))
    return _restore_tracks(db, playlist_id, found, now)


def remove(db: sqlite3.Connection, item_id: str) -> Freed:
    """Delete it for good. Raises: NotFound."""
    if db.execute("SELECT 1 FROM bin WHERE id = ?", (item_id,)).fetchone() is None:
        raise NotFound("item in the bin", item_id)
    return _remove(db, [item_id])


def empty(db: sqlite3.Connection) -> Freed:
    """Delete all that is in it for good."""
    return _remove(db, [row["id"] for row in db.execute("SELECT id FROM bin")])


def expire(db: sqlite3.Connection, now: float, awake: float) -> Freed:
    """Delete for good what has been there for its time. `now`, `awake`: see `advance`."""
    clock = advance(db, now, awake)
    return _remove(db, [row["id"] for row in db.execute("SELECT id FROM bin WHERE expires <= ?", (clock,))])


def size(db: sqlite3.Connection) -> int:
    """Bytes of the sound that would be freed if it were emptied."""
    only_here = "SELECT total(size) FROM files WHERE NOT missing AND hash NOT IN (SELECT file FROM tracks)"
    return int(db.execute(only_here).fetchone()[0])


def make_space(db: sqlite3.Connection, wanted: int) -> Freed:
    """Delete for good the oldest, as many as it takes to free that many bytes; none, if all are not enough."""
    if size(db) < wanted:
        return ()
    sizes = {row["hash"]: row["size"] for row in db.execute("SELECT hash, size FROM files WHERE NOT missing")}
    freed: list[PurePosixPath] = []
    for row in db.execute("SELECT id FROM bin ORDER BY place").fetchall():
        if sum(sizes.get(path.stem, 0) for path in freed) >= wanted:
            break
        freed += _remove(db, [row["id"]])
    return tuple(freed)


def _enter(db: sqlite3.Connection, item_ids: Iterable[str], now: float, awake: float) -> None:
    expires = advance(db, now, awake) + KEPT_DAYS * DAY_S
    rows = [(item_id, now, expires) for item_id in item_ids]
    db.executemany("INSERT INTO bin (id, deleted, expires) VALUES (?, ?, ?)", rows)


def _put_tracks(db: sqlite3.Connection, which: str, name: str, *, entry: str) -> None:
    columns = ", ".join(f"t.{each}" for each in _TRACK.split(", "))
    db.execute(
        f"INSERT INTO bin_tracks (entry, playlist_title, playlist_id, number, {_TRACK})"
        f" SELECT {entry}, p.title, t.playlist_id, t.number, {columns}"
        f" FROM tracks t JOIN playlists p ON p.id = t.playlist_id WHERE {which}",
        (name,),
    )
    db.execute(
        "INSERT INTO bin_plays (track_id, day, count) SELECT t.id, day, count FROM plays"
        f" JOIN tracks t ON t.id = track_id WHERE {which}",
        (name,),
    )


def _restore_playlist(db: sqlite3.Connection, playlist_id: str, now: float) -> Restored:
    db.execute(
        f"INSERT INTO playlists (place, {_PLAYLIST})"
        " SELECT CASE WHEN EXISTS (SELECT 1 FROM playlists p WHERE p.place = b.place) THEN NULL ELSE b.place END,"
        f" {_PLAYLIST} FROM bin_playlists b WHERE id = ?",
        (playlist_id,),
    )
    _bring_tracks(db, playlist_id, playlist_id)
    db.execute(
        "INSERT INTO resume SELECT b.id, t.id, resume_ms FROM bin_playlists b JOIN tracks t ON t.id = resume_track"
        " WHERE b.id = ? AND t.playlist_id = b.id",
        (playlist_id,),
    )
    _move_imported(db, playlist_id, "bin_imported", "imported")
    # Of its tags those that nobody has taken meanwhile. One that strangers' tags drove out comes back, too.
    db.execute(
        "INSERT INTO tags (tag_id, playlist_id, created, place) SELECT tag_id, playlist_id, ?, place FROM bin_tags"
        " WHERE playlist_id = ?"
        " ON CONFLICT (tag_id) DO UPDATE SET playlist_id = excluded.playlist_id, place = excluded.place"
        " WHERE tags.playlist_id IS NULL AND tags.action IS NULL",
        (now, playlist_id),
    )
    db.execute("DELETE FROM bin WHERE id = ?", (playlist_id,))
    playlists.edited(db, playlist_id, now)
    playlist = reading.playlist(db, playlist_id)
    return Restored(playlist, tuple(playlist.tracks), created=True, order=_order(db))


def _move_imported(db: sqlite3.Connection, playlist_id: str, source: str, target: str) -> None:
    """What folders brought to it (`origins`). It goes from `source` with the playlist."""
    columns = "playlist_id, title, origin, size, copies"
    db.execute(f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {source} WHERE playlist_id = ?", (playlist_id,))


def _entered(db: sqlite3.Connection, track_ids: Iterable[str]) -> list[sqlite3.Row]:
    """Those of these tracks that were deleted by themselves."""
    one = "SELECT * FROM bin_tracks WHERE id = ? AND entry = id"
    return [row for each in dict.fromkeys(track_ids) for row in db.execute(one, (each,))]


def _restore_tracks(db: sqlite3.Connection, playlist_id: str, rows: Sequence[sqlite3.Row], now: float) -> Restored:
    there = db.execute("SELECT 1 FROM playlists WHERE id = ?", (playlist_id,)).fetchone() is not None
    if not there:
        binned = db.execute("SELECT title FROM bin_playlists WHERE id = ?", (playlist_id,)).fetchone()
        if binned is not None:
            details = {"playlist_id": playlist_id, "playlist_title": binned["title"]}
            raise Conflict(f"its playlist {binned['title']!r} is in the bin, too: restore that first", details)
        playlists.create(db, playlist_id, rows[0]["playlist_title"] or rows[0]["title"], "", now)
    places = {row["id"]: row["number"] for row in rows}
    for track_id in places:
        _bring_tracks(db, track_id, playlist_id)
    tracks.put_at(db, playlist_id, places)
    # Unless the playlist was heard meanwhile. (That it goes on at the start of the next track was the deletion.)
    db.executemany(
        "INSERT INTO resume VALUES (?, ?, ?) ON CONFLICT (playlist_id) DO UPDATE"
        " SET track_id = excluded.track_id, position_ms = excluded.position_ms WHERE resume.position_ms = 0",
        [(playlist_id, row["id"], row["resume_ms"]) for row in rows if row["resume_ms"] is not None],
    )
    db.executemany("DELETE FROM bin WHERE id = ?", [(track_id,) for track_id in places])
    playlists.edited(db, playlist_id, now)
    playlist = reading.playlist(db, playlist_id)
    added = tuple(track for track in playlist.tracks if track.id in places)
    return Restored(playlist, added, created=not there, order=_order(db))


def _bring_tracks(db: sqlite3.Connection, entry: str, playlist_id: str) -> None:
    """In their order behind those that are there, whatever their numbers were."""
    db.execute(
        f"INSERT INTO tracks (playlist_id, number, {_TRACK})"
        " SELECT ?1, (SELECT coalesce(max(number), 0) FROM tracks WHERE playlist_id = ?1)"
        f" + row_number() OVER (ORDER BY number, created, id), {_TRACK} FROM bin_tracks WHERE entry = ?2",
        (playlist_id, entry),
    )
    db.execute(
        "INSERT INTO plays (day, track_id, count) SELECT day, track_id, count FROM bin_plays"
        " JOIN bin_tracks b ON b.id = track_id WHERE entry = ?",
        (entry,),
    )


def _remove(db: sqlite3.Connection, item_ids: Iterable[str]) -> Freed:
    used: list[sqlite3.Row] = []
    for item_id in item_ids:
        used += db.execute("SELECT file, cover FROM bin_tracks WHERE entry = ?", (item_id,)).fetchall()
        used += db.execute("SELECT NULL AS file, cover FROM bin_playlists WHERE id = ?", (item_id,)).fetchall()
        db.execute("DELETE FROM bin WHERE id = ?", (item_id,))
    return forget_unused(db, used)


def _forget_oldest(db: sqlite3.Connection) -> Freed:
    beyond = db.execute("SELECT id FROM bin ORDER BY place DESC LIMIT -1 OFFSET ?", (ITEMS_KEPT,)).fetchall()
    return _remove(db, [row["id"] for row in beyond])


def _order(db: sqlite3.Connection) -> tuple[str, ...]:
    return tuple(row["id"] for row in db.execute("SELECT id FROM playlists ORDER BY place"))


def _item(row: sqlite3.Row, clock: int) -> BinItem:
    is_playlist = row["playlist"] is not None
    return BinItem(
        id=row["id"],
        kind="playlist" if is_playlist else "track",
        title=row["playlist"] if is_playlist else row["track"],
        playlist_id=row["playlist_id"],
        playlist_title=row["playlist_title"],
        track_count=row["tracks"] or 0,
        duration_ms=row["duration_ms"] or 0,
        bytes=row["size"] or 0,
        deleted_at=iso(row["deleted"]),
        days_left=max(0, math.ceil((row["expires"] - clock) / DAY_S)),
    )
