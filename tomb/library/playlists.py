"""Units of work that change playlists. All raise NotFound for a playlist that is not there."""

import sqlite3
from typing import TypedDict

from tomb.errors import BadRequest, NotFound
from tomb.library import parts, reading, uploads
from tomb.library.files import Freed, forget_unused
from tomb.models import OnRemoval, Playlist, ResumePolicy, SameTag

_OWN_COVER = "SELECT NULL AS file, cover FROM playlists WHERE id = ?"


class PlaylistEdit(TypedDict, total=False):
    """What to change; a key that is absent stays as it is. None takes a policy back to the box's own."""

    title: str
    description: str
    same_tag: SameTag | None
    on_removal: OnRemoval | None
    resume_policy: ResumePolicy | None
    shuffle: bool | None


def create(db: sqlite3.Connection, playlist_id: str, title: str, description: str, now: float) -> Playlist:
    db.execute(
        "INSERT INTO playlists (id, title, description, created, updated) VALUES (?, ?, ?, ?, ?)",
        (playlist_id, title, description, now, now),
    )
    return reading.playlist(db, playlist_id)


def update(db: sqlite3.Connection, playlist_id: str, edit: PlaylistEdit, now: float) -> Playlist:
    old = reading.playlist(db, playlist_id)
    title, description = edit.get("title", old.title), edit.get("description", old.description)
    same_tag, on_removal = edit.get("same_tag", old.same_tag), edit.get("on_removal", old.on_removal)
    resume_policy, shuffle = edit.get("resume_policy", old.resume_policy), edit.get("shuffle", old.shuffle)
    db.execute(
        "UPDATE playlists SET title = ?, description = ?, same_tag = ?, on_removal = ?, resume_policy = ?, shuffle = ?"
        " WHERE id = ?",
        (title, description, same_tag, on_removal, resume_policy, shuffle, playlist_id),
    )
    edited(db, playlist_id, now)
    return reading.playlist(db, playlist_id)


def delete(db: sqlite3.Connection, playlist_id: str) -> Freed:
    """Delete it for good, with its tracks and what is on its way to it. Its tag stays known, as one that belongs to
    nobody."""
    arriving = [parts.name_of(each) for each in uploads.open_ids(db, playlist_id)]
    used = db.execute("SELECT file, cover FROM tracks WHERE playlist_id = ?", (playlist_id,)).fetchall()
    used += db.execute(_OWN_COVER, (playlist_id,))
    if db.execute("DELETE FROM playlists WHERE id = ?", (playlist_id,)).rowcount == 0:
        raise NotFound("playlist", playlist_id)
    return (*forget_unused(db, used), *arriving)


def set_cover(db: sqlite3.Connection, playlist_id: str, cover: str | None, now: float) -> tuple[Playlist, Freed]:
    """Give it a picture of its own: the hash of one that the library keeps (`files.keep_cover`). None: none of its own,
    so that its first track that has one lends it."""
    was = db.execute(_OWN_COVER, (playlist_id,)).fetchall()
    db.execute("UPDATE playlists SET cover = ? WHERE id = ?", (cover, playlist_id))
    edited(db, playlist_id, now)
    return reading.playlist(db, playlist_id), forget_unused(db, was)


def set_cover_of_track(db: sqlite3.Connection, playlist_id: str, track_id: str, now: float) -> tuple[Playlist, Freed]:
    """Give it the picture of one of its tracks, whatever becomes of that. Raises: BadRequest when that has none."""
    row = db.execute("SELECT cover FROM tracks WHERE id = ? AND playlist_id = ?", (track_id, playlist_id)).fetchone()
    if row is None:
        reading.playlist(db, playlist_id)
        raise NotFound("track", track_id)
    if row["cover"] is None:
        raise BadRequest("that track has no picture", {"track_id": track_id})
    return set_cover(db, playlist_id, row["cover"], now)


def edited(db: sqlite3.Connection, playlist_id: str, now: float) -> None:
    """Count an edit to the playlist or its tracks: part of the transaction of each."""
    seq = "UPDATE playlists SET playlist_seq = playlist_seq + 1, updated = ? WHERE id = ?"
    if db.execute(seq, (now, playlist_id)).rowcount == 0:
        raise NotFound("playlist", playlist_id)
