"""Units of work on tags: each has a playlist, or an action, or was only seen. A playlist may have several."""

import sqlite3

from msgspec import Struct

from tomb.errors import Conflict, NotFound
from tomb.library import reading
from tomb.library.playlists import edited
from tomb.models import ExistingPlaylist, Playlist, Tag, TagAction

# Phones show a new random UID at each touch (ISO 14443-3, UIDs that begin with 08): strangers must not fill the table.
STRANGERS_KEPT = 100


class TagChange(Struct, frozen=True):
    """What became of a tag: as it is now (a forgotten one as it was), the playlists that gained or lost one, the new
    owner first, and the tag that it took the place of."""

    tag: Tag
    changed: tuple[Playlist, ...]
    replaced: str | None = None


def find(db: sqlite3.Connection, tag_id: str) -> Tag | None:
    row = db.execute("SELECT * FROM tags WHERE tag_id = ?", (tag_id,)).fetchone()
    return None if row is None else _tag(row)


def get(db: sqlite3.Connection, tag_id: str) -> Tag:
    """Raises: NotFound."""
    tag = find(db, tag_id)
    if tag is None:
        raise NotFound("tag", tag_id)
    return tag


def read_all(db: sqlite3.Connection) -> list[Tag]:
    return [_tag(row) for row in db.execute("SELECT * FROM tags ORDER BY created, tag_id")]


def actions(db: sqlite3.Connection) -> dict[str, TagAction]:
    """The tags that do something else than to play a playlist."""
    return {tag.tag_id: tag.action for tag in read_all(db) if tag.action is not None}


def owner(db: sqlite3.Connection, tag_id: str) -> ExistingPlaylist | None:
    """The playlist that the tag is linked to."""
    row = db.execute(
        "SELECT p.id, p.title FROM playlists p JOIN tags ON tags.playlist_id = p.id WHERE tag_id = ?", (tag_id,)
    ).fetchone()
    return None if row is None else ExistingPlaylist(id=row["id"], title=row["title"])


def link(
    db: sqlite3.Connection, tag_id: str, playlist_id: str, override: bool, now: float, replaces: str | None = None
) -> TagChange:
    """Give the tag to the playlist, beside those that it has. `replaces`: a tag that it takes the place of.

    Raises: NotFound; Conflict, with `tag_id` and `existing_playlist` or `action`, when it has another use and
    `override` is not set. With it, the other use ends in the same transaction.
    """
    reading.playlist(db, playlist_id)
    before = _free_for(db, tag_id, override, keeper=playlist_id)
    replaced = None if replaces is None else _unlinked(db, replaces, now)
    if before != playlist_id:
        _put(db, tag_id, now, playlist_id=playlist_id)
    changed = (playlist_id, before, replaced) if before != playlist_id else (replaced,)
    return TagChange(get(db, tag_id), _edited(db, changed, now), replaces)


def assign(
    db: sqlite3.Connection, tag_id: str, action: TagAction, override: bool, now: float, replaces: str | None = None
) -> TagChange:
    """Let the tag do `action`. `replaces`: as `link` has it. Raises: Conflict, as `link` does, when it plays a
    playlist; NotFound."""
    before = _free_for(db, tag_id, override, keeper=None)
    replaced = None if replaces is None else _unlinked(db, replaces, now)
    _put(db, tag_id, now, action=action)
    return TagChange(get(db, tag_id), _edited(db, (before, replaced), now), replaces)


def call(db: sqlite3.Connection, tag_id: str, name: str | None, now: float) -> Tag:
    """Give the tag a name, which it keeps whatever it is used for; None: it has none."""
    db.execute(
        "INSERT INTO tags (tag_id, name, created) VALUES (?, ?, ?)"
        " ON CONFLICT (tag_id) DO UPDATE SET name = excluded.name",
        (tag_id, name, now),
    )
    return get(db, tag_id)


def forget(db: sqlite3.Connection, tag_id: str, now: float) -> TagChange:
    """Forget the tag and its use. Raises: NotFound."""
    tag = get(db, tag_id)
    db.execute("DELETE FROM tags WHERE tag_id = ?", (tag_id,))
    return TagChange(tag, _edited(db, (tag.playlist_id,), now))


def unlink(db: sqlite3.Connection, tag_id: str, now: float) -> TagChange:
    """Forget what the tag is for. It stays known by its name, if it has one. Raises: NotFound."""
    tag = get(db, tag_id)
    return TagChange(tag, _edited(db, (_unlinked(db, tag_id, now),), now))


def seen(db: sqlite3.Connection, tag_id: str, now: float) -> None:
    """Remember that the tag lay on the box. Of tags without a use and a name only the last `STRANGERS_KEPT` are
    remembered."""
    db.execute(
        "INSERT INTO tags (tag_id, created, last_seen) VALUES (?, ?, ?)"
        " ON CONFLICT (tag_id) DO UPDATE SET last_seen = excluded.last_seen",
        (tag_id, now, now),
    )
    db.execute(
        "DELETE FROM tags WHERE tag_id IN (SELECT tag_id FROM tags WHERE playlist_id IS NULL AND action IS NULL"
        " AND name IS NULL"
        " ORDER BY coalesce(last_seen, created) DESC LIMIT -1 OFFSET ?)",
        (STRANGERS_KEPT,),
    )


def _free_for(db: sqlite3.Connection, tag_id: str, override: bool, keeper: str | None) -> str | None:
    """The id of the playlist that the tag plays now, if it may be taken from it."""
    held, tag = owner(db, tag_id), find(db, tag_id)
    if held is not None and held.id != keeper and not override:
        raise Conflict(
            f"the tag belongs to the playlist {held.title!r}",
            {"tag_id": tag_id, "existing_playlist": held.model_dump()},
        )
    if keeper is not None and tag is not None and tag.action is not None and not override:
        raise Conflict(f"the tag does {tag.action.action!r}", {"tag_id": tag_id, "action": tag.action.model_dump()})
    return None if held is None else held.id


def _unlinked(db: sqlite3.Connection, tag_id: str, now: float) -> str | None:
    """Forget what the tag is for; the id of the playlist that it played. Raises: NotFound."""
    tag = get(db, tag_id)
    if tag.name is None:
        db.execute("DELETE FROM tags WHERE tag_id = ?", (tag_id,))
    else:
        _put(db, tag_id, now)
    return tag.playlist_id


def _put(
    db: sqlite3.Connection, tag_id: str, now: float, playlist_id: str | None = None, action: TagAction | None = None
) -> None:
    does = (action.action, action.minutes, action.step) if action else (None, None, None)
    db.execute(
        "INSERT INTO tags (tag_id, playlist_id, action, minutes, step, created, place)"
        " VALUES (?, ?, ?, ?, ?, ?, (SELECT 1 + coalesce(max(place), 0) FROM tags))"
        " ON CONFLICT (tag_id) DO UPDATE SET playlist_id = excluded.playlist_id, action = excluded.action,"
        " minutes = excluded.minutes, step = excluded.step, created = excluded.created, place = excluded.place",
        (tag_id, playlist_id, *does, now),
    )


def _edited(db: sqlite3.Connection, playlist_ids: tuple[str | None, ...], now: float) -> tuple[Playlist, ...]:
    changed = [playlist_id for playlist_id in dict.fromkeys(playlist_ids) if playlist_id is not None]
    for playlist_id in changed:
        edited(db, playlist_id, now)
    return tuple(reading.playlists(db, changed))


def _tag(row: sqlite3.Row) -> Tag:
    does = row["action"] and TagAction(action=row["action"], minutes=row["minutes"], step=row["step"])
    return Tag(
        tag_id=row["tag_id"],
        playlist_id=row["playlist_id"],
        action=does or None,
        name=row["name"],
        created_at=row["created"],
        last_seen=row["last_seen"],
    )
