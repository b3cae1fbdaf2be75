"""Units of work on what the player remembers over a power cut. None of them is an edit: no `playlist_seq` grows."""

import sqlite3

from msgspec import Struct
from msgspec.structs import astuple

from tomb.models import RepeatMode, Resume


class PlayerMemory(Struct, frozen=True):
    """What the player was doing. `playlist_id` and `track_id`: what was active, or None."""

    volume: int = 50
    muted: bool = False
    repeat_mode: RepeatMode = "none"
    shuffle_enabled: bool = False
    auto_advance_enabled: bool = True
    playlist_id: str | None = None
    track_id: str | None = None
    position_ms: int = 0
    playing: bool = False


def recall(db: sqlite3.Connection) -> PlayerMemory | None:
    """None before the first `remember`. What was active and is deleted meanwhile comes back as None."""
    row = db.execute("SELECT * FROM player").fetchone()
    if row is None:
        return None
    return PlayerMemory(
        volume=row["volume"],
        muted=bool(row["muted"]),
        repeat_mode=row["repeat_mode"],
        shuffle_enabled=bool(row["shuffle_enabled"]),
        auto_advance_enabled=bool(row["auto_advance_enabled"]),
        playlist_id=row["playlist_id"],
        track_id=row["track_id"],
        position_ms=row["position_ms"],
        playing=bool(row["playing"]),
    )


def remember(db: sqlite3.Connection, memory: PlayerMemory) -> None:
    """What is active may have been deleted a moment ago: it is then remembered as nothing."""
    # The columns are in the order of the fields.
    db.execute(
        "INSERT OR REPLACE INTO player VALUES (1, ?, ?, ?, ?, ?, (SELECT id FROM playlists WHERE id = ?),"
        " (SELECT id FROM tracks WHERE id = ?), ?, ?)",
        astuple(memory),
    )


def keep_resume(db: sqlite3.Connection, playlist_id: str, point: Resume | None) -> bool:
    """Remember where a playlist was left (None: it was heard to its end). False if the track is no longer in it."""
    if point is None:
        db.execute("DELETE FROM resume WHERE playlist_id = ?", (playlist_id,))
        return True
    # Every few seconds while something plays, so it writes one page where it can: an UPDATE that names no other column
    # leaves the indexes alone.
    same = "UPDATE resume SET position_ms = ? WHERE playlist_id = ? AND track_id = ?"
    if db.execute(same, (point.position_ms, playlist_id, point.track_id)).rowcount:
        return True
    kept = db.execute(
        "INSERT OR REPLACE INTO resume SELECT playlist_id, id, ? FROM tracks WHERE playlist_id = ? AND id = ?",
        (point.position_ms, playlist_id, point.track_id),
    )
    return kept.rowcount > 0


def credit(db: sqlite3.Connection, playlist_id: str, track_id: str, now: float, day: str | None) -> None:
    """The track began to be heard: it counts as played, its playlist as played last at `now` (epoch seconds). `day`: on
    which statistics count it, None: on none."""
    db.execute("UPDATE playlists SET last_played = ? WHERE id = ?", (int(now * 1000), playlist_id))
    heard = db.execute("UPDATE tracks SET play_count = play_count + 1 WHERE id = ?", (track_id,)).rowcount
    if heard and day is not None:
        db.execute("INSERT INTO plays VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1", (day, track_id))
