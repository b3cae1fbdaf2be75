"""Downloads as rows: which video is wanted in which playlist, and what became of it. The last `KEPT` are remembered.

What may become of a row is decided by tomb/machines/download.py, in the transaction that changes it. A row outlives its
playlist, and its track: it is history.
"""

import sqlite3
from collections.abc import Sequence

from msgspec import Struct

from tomb.errors import Conflict, NotFound
from tomb.models import DownloadState

KEPT = 200
MOST_OPEN = 100


class Download(Struct, frozen=True):
    """One video. `title`: as far as it is known. Times in epoch seconds. `reason`, `error`: why it ended, as a key and
    in words. `track_id`: what it became."""

    id: str
    video: str
    playlist_id: str
    title: str | None
    created: float
    status: DownloadState = "pending"
    tries: int = 0
    reason: str | None = None
    error: str | None = None
    track_id: str | None = None


_OPEN = "status IN ('pending', 'downloading', 'processing')"
_COLUMNS = "id, video, playlist_id, title, created, status, tries, reason, error, track_id"


def create(db: sqlite3.Connection, wanted: Sequence[Download]) -> list[Download]:
    """Add them to the line, in their order. For one that is in it already, that one is given back.

    Raises: NotFound for a playlist; Conflict when the line is too long.
    """
    asked = [_find_open(db, each) or each for each in wanted]
    new = [each for each in wanted if each in asked]
    [waiting] = db.execute(f"SELECT count(*) FROM downloads WHERE {_OPEN}").fetchone()
    if waiting + len(new) > MOST_OPEN:
        raise Conflict(f"{waiting} downloads are in line already; {MOST_OPEN} is the most", {"limit": MOST_OPEN})
    for each in new:
        if db.execute("SELECT 1 FROM playlists WHERE id = ?", (each.playlist_id,)).fetchone() is None:
            raise NotFound("playlist", each.playlist_id)
        db.execute(
            f"INSERT INTO downloads ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (each.id, each.video, each.playlist_id, each.title, each.created, each.status, each.tries, each.reason,
             each.error, each.track_id),
        )  # fmt: skip
    db.execute(
        f"DELETE FROM downloads WHERE NOT {_OPEN}"
        " AND place NOT IN (SELECT place FROM downloads ORDER BY place DESC LIMIT ?)",
        (KEPT,),
    )
    return asked


def get(db: sqlite3.Connection, download_id: str) -> Download:
    """Raises: NotFound."""
    row = db.execute(f"SELECT {_COLUMNS} FROM downloads WHERE id = ?", (download_id,)).fetchone()
    if row is None:
        raise NotFound("download", download_id)
    return Download(*row)


def read_all(db: sqlite3.Connection) -> list[Download]:
    """The newest first."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM downloads ORDER BY place DESC").fetchall()
    return [Download(*row) for row in rows]


def line(db: sqlite3.Connection) -> list[Download]:
    """Those that have not ended, in the order in which they were asked for."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM downloads WHERE {_OPEN} ORDER BY place").fetchall()
    return [Download(*row) for row in rows]


def names(db: sqlite3.Connection, video: str) -> bool:
    """Whether any that is remembered is of that video."""
    return db.execute("SELECT 1 FROM downloads WHERE video = ?", (video,)).fetchone() is not None


def save(db: sqlite3.Connection, download: Download) -> None:
    """What may change of it. It must be there."""
    db.execute(
        "UPDATE downloads SET title = ?, status = ?, tries = ?, reason = ?, error = ?, track_id = ? WHERE id = ?",
        (download.title, download.status, download.tries, download.reason, download.error, download.track_id,
         download.id),
    )  # fmt: skip


def _find_open(db: sqlite3.Connection, wanted: Download) -> Download | None:
    row = db.execute(
        f"SELECT {_COLUMNS} FROM downloads WHERE video = ? AND playlist_id = ? AND {_OPEN}",
        (wanted.video, wanted.playlist_id),
    ).fetchone()
    return None if row is None else Download(*row)
