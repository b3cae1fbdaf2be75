"""Units of work on days: how much was heard, by which limits go, and what statistics tell.

A row is a day on which something was heard, by the calendar of the box (tomb.nurseries.calendar). While parents count
(`Choices.statistics`) rows are kept for `KEPT_DAYS`; else only the newest few, without which limits would forget, when
a clock jumps, what was used. Those are told to nobody.
"""

import sqlite3
from datetime import date, timedelta

from msgspec import Struct

KEPT_DAYS = 400
RECENT = 4  # days that limits want to know of
MOST = 50  # tracks, and tags, that statistics name


class DayUse(Struct, frozen=True):
    """`heard_s`: seconds of sound. `adrift_s`: those of them that were heard while nobody had set the clock, and may
    belong to another day; `awake_s`: how long the box was on like that. `moved_s`, `until`: where what was given that
    day moved the bounds to, of the sound and (epoch seconds) of times of day. `bonus`: whether a tag gave something."""

    heard_s: float = 0.0
    adrift_s: float = 0.0
    awake_s: float = 0.0
    moved_s: float | None = None
    until: float | None = None
    bonus: bool = False


class DayCount(Struct, frozen=True):
    day: str
    heard_s: float
    taps: int


class Count(Struct, frozen=True):
    """How often something was begun, or placed. `title`: of the track, or the tag's name."""

    id: str
    title: str | None
    playlist_id: str | None
    playlist_title: str | None
    count: int


class Statistics(Struct, frozen=True):
    """`days`: those of which something is known, the oldest first. The others: the most frequent first."""

    days: tuple[DayCount, ...]
    tracks: tuple[Count, ...]
    tags: tuple[Count, ...]


def recent(db: sqlite3.Connection) -> dict[str, DayUse]:
    """What limits know, by day, the newest last."""
    rows = db.execute("SELECT * FROM days ORDER BY noted DESC LIMIT ?", (RECENT,)).fetchall()
    return {
        row["day"]: DayUse(
            row["heard_s"], row["adrift_s"], row["awake_s"], row["moved_s"], row["until"], bool(row["bonus"])
        )
        for row in reversed(rows)
    }


def keep(db: sqlite3.Connection, day: str, use: DayUse, *, counts: bool) -> None:
    """Remember that of the day: from now on it is the newest. `counts`: what was heard is a part of statistics."""
    values = {
        "day": day,
        "heard_s": use.heard_s,
        "adrift_s": use.adrift_s,
        "awake_s": use.awake_s,
        "moved_s": use.moved_s,
        "until": use.until,
        "bonus": use.bonus,
    }
    changed = db.execute(
        "UPDATE days SET heard_s = :heard_s, adrift_s = :adrift_s, awake_s = :awake_s, moved_s = :moved_s,"
        " until = :until, bonus = :bonus WHERE day = :day AND noted = (SELECT max(noted) FROM days)",
        values,
    )
    if not changed.rowcount:
        db.execute(
            "INSERT INTO days (day, noted, heard_s, adrift_s, awake_s, moved_s, until, bonus) VALUES (:day,"
            " (SELECT coalesce(max(noted), 0) + 1 FROM days),"
            " :heard_s, :adrift_s, :awake_s, :moved_s, :until, :bonus)"
            " ON CONFLICT (day) DO UPDATE SET noted = excluded.noted, heard_s = excluded.heard_s,"
            " adrift_s = excluded.adrift_s, awake_s = excluded.awake_s, moved_s = excluded.moved_s,"
            " until = excluded.until, bonus = excluded.bonus",
            values,
        )
        _forget_old(db, day)
    if not counts:
        db.execute("UPDATE days SET untold_s = heard_s WHERE day = ?", (day,))


def count_taps(db: sqlite3.Connection, day: str, taps: dict[str, int]) -> None:
    """So many more taps of each tag. Of tags that nobody knows (any more) none is counted."""
    for tag_id, count in taps.items():
        db.execute(
            "INSERT INTO taps (tag_id, day, count) SELECT tag_id, ?, ? FROM tags WHERE tag_id = ?"
            " ON CONFLICT DO UPDATE SET count = count + excluded.count",
            (day, count, tag_id),
        )


def forget(db: sqlite3.Connection) -> None:
    """Delete the statistics. What limits know stays."""
    for table in ("taps", "plays", "bin_plays"):
        db.execute(f"DELETE FROM {table}")  # noqa: S608  # names of our own
    db.execute("DELETE FROM days WHERE day NOT IN (SELECT day FROM days ORDER BY noted DESC LIMIT ?)", (RECENT,))
    db.execute("UPDATE days SET untold_s = heard_s")


def _forget_old(db: sqlite3.Connection, today: str) -> None:
    """Once a day."""
    oldest = (date.fromisoformat(today) - timedelta(days=KEPT_DAYS - 1)).isoformat()
    for table in ("days", "taps", "plays", "bin_plays"):
        db.execute(f"DELETE FROM {table} WHERE day < ?", (oldest,))  # noqa: S608  # as above


def statistics(db: sqlite3.Connection, since: str, today: str) -> Statistics:
    """What was counted from one day to another."""
    between = (since, today)
    heard = db.execute(
        "SELECT day, sum(heard_s) AS heard_s, sum(taps) AS taps FROM ("
        " SELECT day, max(0, heard_s - untold_s) AS heard_s, 0 AS taps FROM days WHERE day BETWEEN ?1 AND ?2"
        " UNION ALL SELECT day, 0, count FROM taps WHERE day BETWEEN ?1 AND ?2"
        ") GROUP BY day ORDER BY day",
        between,
    )
    tracks = db.execute(
        "SELECT t.id, t.title, p.id AS playlist_id, p.title AS playlist_title, sum(count) AS count"
        " FROM plays JOIN tracks t ON t.id = track_id JOIN playlists p ON p.id = t.playlist_id"
        " WHERE day BETWEEN ?1 AND ?2 GROUP BY t.id ORDER BY sum(count) DESC, t.title, t.id LIMIT ?3",
        (*between, MOST),
    )
    tags = db.execute(
        "SELECT tag_id AS id, tags.name AS title, p.id AS playlist_id, p.title AS playlist_title, sum(count) AS count"
        " FROM taps JOIN tags USING (tag_id) LEFT JOIN playlists p ON p.id = tags.playlist_id"
        " WHERE day BETWEEN ?1 AND ?2 GROUP BY tag_id ORDER BY sum(count) DESC, tag_id LIMIT ?3",
        (*between, MOST),
    )
    return Statistics(
        tuple(DayCount(row["day"], row["heard_s"], row["taps"]) for row in heard),
        tuple(_count(row) for row in tracks),
        tuple(_count(row) for row in tags),
    )


def _count(row: sqlite3.Row) -> Count:
    return Count(row["id"], row["title"], row["playlist_id"], row["playlist_title"], row["count"])
