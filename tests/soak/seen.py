"""What is there: as the box shows it over HTTP, and as its database has it. Both are told in the words of `holding`."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.soak.api import Api, Complaint
from tests.soak.holding import Holding, Record, Sending, Stage, Tune, key_of, owner_of

PAGE = 100


@dataclass(slots=True)
class Seen:
    """`whole`: everybody's things in one. Ids: of playlists by key, of tracks and uploads by file name.

    `received`: the chunks of each upload, by file name.
    """

    whole: Holding
    playlist_ids: dict[str, str] = field(default_factory=dict)
    track_ids: dict[str, str] = field(default_factory=dict)
    upload_ids: dict[str, str] = field(default_factory=dict)
    received: dict[str, set[int]] = field(default_factory=dict)

    def of(self, who: str) -> Holding:
        """What is that worker's. (A tag belongs to whoever's number it has in it; choices are the first worker's.)"""
        whole = self.whole
        return Holding(
            {key: each for key, each in whole.records.items() if owner_of(key) == who},
            {tag: each for tag, each in whole.actions.items() if int(tag[2:4], 16) == int(who[1:])},
            {name: each for name, each in whole.sendings.items() if owner_of(name) == who},
            whole.choices if who == "w1" else {},
        )


# --- over HTTP --------------------------------------------------------------------------------------------------------


async def shown_by(api: Api) -> Seen:
    """Raises: Complaint for what can never be, such as one key twice."""
    playlists = [each async for each in _playlists(api)]
    tags = (await api.ask("GET", "/api/tags")).data["tags"]
    uploads = (await api.ask("GET", "/api/uploads/sessions")).data["sessions"]
    choices = (await api.ask("GET", "/api/settings")).data
    seen = _gathered([(each["id"], _record(each), each["tracks"]) for each in playlists])
    seen.whole = Holding(
        seen.whole.records,
        {tag["tag_id"]: tag["action"]["action"] for tag in tags if tag["action"]},
        _sendings(seen, [(each["filename"], each["playlist_id"], each["status"]) for each in uploads]),
        {"volume_ceiling": choices["volume_ceiling"], "same_tag": choices["same_tag"]},
    )
    for each in uploads:
        seen.upload_ids[each["filename"]] = each["session_id"]
        seen.received[each["filename"]] = set(range(each["chunks_total"])) - set(each["missing_chunks"])
    return seen


async def _playlists(api: Api) -> Any:
    page, pages = 1, 1
    while page <= pages:
        found = (await api.ask("GET", f"/api/playlists?limit={PAGE}&page={page}")).data
        for each in found["playlists"]:
            yield each
        page, pages = page + 1, found["total_pages"]


def _record(shown: Any) -> Record:
    numbers = [track["number"] for track in shown["tracks"]]
    if numbers != list(range(1, len(numbers) + 1)):
        raise Complaint(f"tracks of {shown['title']!r} are numbered {numbers}")
    if missing := [track["filename"] for track in shown["tracks"] if track["missing"]]:
        raise Complaint(f"files of {shown['title']!r} are missing: {missing}")
    tunes = tuple(Tune(track["filename"], track["title"], track["file_hash"]) for track in shown["tracks"])
    return Record(shown["title"], shown["description"], tunes, tuple(shown["tag_ids"]), shown["same_tag"])


# --- in the database --------------------------------------------------------------------------------------------------


def kept_in(database: Path) -> Seen:
    """The same, read from the database while the box has it open, or from a copy."""
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as db:
        db.row_factory = sqlite3.Row
        db.execute("BEGIN")
        heads = db.execute("SELECT * FROM playlists ORDER BY place").fetchall()
        seen = _gathered([(head["id"], _kept_record(db, head), _kept_tracks(db, head["id"])) for head in heads])
        uploads = db.execute("SELECT * FROM uploads").fetchall()
        choices = dict(db.execute("SELECT key, value FROM settings").fetchall())
        seen.whole = Holding(
            seen.whole.records,
            dict(db.execute("SELECT tag_id, action FROM tags WHERE action IS NOT NULL").fetchall()),
            _sendings(seen, [(each["filename"], each["playlist_id"], each["status"]) for each in uploads]),
            {
                "volume_ceiling": int(choices.get("volume_ceiling", 100)),
                "same_tag": choices.get("same_tag", '"toggle"').strip('"'),
            },
        )
        seen.upload_ids = {each["filename"]: each["id"] for each in uploads}
        seen.received = {each["filename"]: _bits(each["received"]) for each in uploads}
    return seen


def _bits(received: bytes) -> set[int]:
    return {index for index in range(8 * len(received)) if received[index // 8] >> index % 8 & 1}


def _kept_tracks(db: sqlite3.Connection, playlist_id: str) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM tracks WHERE playlist_id = ? ORDER BY number", (playlist_id,)).fetchall()


def _kept_record(db: sqlite3.Connection, head: sqlite3.Row) -> Record:
    tracks = _kept_tracks(db, head["id"])
    tunes = tuple(Tune(track["filename"], track["title"], track["file"]) for track in tracks)
    tags = db.execute("SELECT tag_id FROM tags WHERE playlist_id = ? ORDER BY place, tag_id", (head["id"],))
    tag_ids = tuple(tag["tag_id"] for tag in tags)
    return Record(head["title"], head["description"], tunes, tag_ids, head["same_tag"])


# --- both -------------------------------------------------------------------------------------------------------------


def _gathered(found: Iterable[tuple[str, Record, Iterable[Any]]]) -> Seen:
    seen = Seen(Holding())
    records: dict[str, Record] = {}
    for playlist_id, record, tracks in found:
        key = key_of(record.title)
        if key in records:
            raise Complaint(f"there are two playlists {key}: {records[key]} and {record}")
        records[key], seen.playlist_ids[key] = record, playlist_id
        for track in tracks:
            if track["filename"] in seen.track_ids:
                raise Complaint(f"there are two tracks {track['filename']}, one of them in {record}")
            seen.track_ids[track["filename"]] = track["id"]
    seen.whole = Holding(records)
    return seen


def _sendings(seen: Seen, uploads: Iterable[tuple[str, str, str]]) -> dict[str, Sending]:
    keys = {playlist_id: key for key, playlist_id in seen.playlist_ids.items()}
    sendings: dict[str, Sending] = {}
    for filename, playlist_id, status in uploads:
        if filename in sendings:
            raise Complaint(f"there are two uploads of {filename}")
        sendings[filename] = Sending(keys[playlist_id], _STAGES[status])
    return sendings


_STAGES: dict[str, Stage] = {
    "pending": "open",
    "uploading": "open",
    "completed": "completed",
    "cancelled": "cancelled",
    "error": "error",
}
