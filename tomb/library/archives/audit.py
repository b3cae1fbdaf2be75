"""Whether a database that somebody hands in may become ours.

A restored database is a stranger's input: it may have been made to harm, or by a defect of an earlier program. So
nothing of it is believed. Its schema must be letter by letter what our own steps make, since a trigger or a view would
be their code in our transactions; it must be whole (sqlite.org/security.html has both); and each row must be one that
the program could have written: names of files become paths, numbers are counted on, times are put into dates. Where a
damaged database of our own is mended (`repair.soundness`), a stranger's is refused, and looked at more closely.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from pydantic_core import from_json

from tomb.library import schema
from tomb.library.archives.archive import BadArchive
from tomb.library.archives.unpacking import newer
from tomb.library.repair import soundness
from tomb.models import Choices, OnRemoval, RepeatMode, SameTag, TagActionName, Volume

LARGEST = 2**53  # what JSON carries exactly, and far enough from where SQLite's own numbers end
YEAR_9999 = 253_402_300_799.0

Id = Annotated[str, Field(pattern=r"^[^/\x00-\x1f\x7f-\x9f]{1,64}$")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Ext = Annotated[str, Field(pattern=r"^[0-9a-z]{1,5}$")]
Text = Annotated[str, Field(max_length=10_000)]
Moment = Annotated[float, Field(ge=0, le=YEAR_9999, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=LARGEST)]
Size = Annotated[int, Field(ge=0, le=2**40)]  # so many that no sum of a library's runs over
Flag = Literal[0, 1]


class Row(BaseModel):
    """Columns that later steps add are not looked at: that they are of their type is the database's own rule."""

    model_config = ConfigDict(strict=True)


class _Cover(Row):
    hash: Hash
    ext: Literal["jpg", "png"]
    size: Size


class _File(Row):
    hash: Hash
    ext: Ext
    size: Size
    duration_ms: Size
    origin: Hash
    missing: Flag


class _Playlist(Row):
    place: Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
    id: Id
    title: Text
    description: Text
    same_tag: SameTag | None
    on_removal: OnRemoval | None
    last_played: Annotated[int, Field(ge=0, le=int(YEAR_9999) * 1000)]
    created: Moment
    updated: Moment
    playlist_seq: Count


class _Track(Row):
    id: Id
    title: Text
    filename: Text
    artist: Text | None
    album: Text | None
    play_count: Count
    created: Moment
    updated: Moment


class _Tag(Row):
    tag_id: Annotated[str, Field(pattern=r"^([0-9A-F]{2}){2,20}$")]
    action: TagActionName | None
    minutes: Annotated[int, Field(ge=1, le=1440)] | None
    step: Annotated[int, Field(ge=1, le=100)] | None
    created: Moment
    last_seen: Moment | None


class _Resume(Row):
    position_ms: Count


class _Player(Row):
    volume: Volume
    muted: Flag
    repeat_mode: RepeatMode
    shuffle_enabled: Flag
    auto_advance_enabled: Flag
    position_ms: Count
    playing: Flag


class _Play(Row):
    day: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    count: Count


class _Mark(Row):
    name: Text
    value: Annotated[int, Field(ge=0, le=2**52)]


_ROWS: Mapping[str, type[Row]] = {
    "covers": _Cover,
    "files": _File,
    "playlists": _Playlist,
    "tracks": _Track,
    "tags": _Tag,
    "resume": _Resume,
    "player": _Player,
    "plays": _Play,
    "marks": _Mark,
}
# What no row shows by itself: each of these must find nothing.
_NEVER = (
    "SELECT 1 FROM tracks GROUP BY playlist_id HAVING min(number) <> 1 OR max(number) <> count(*)",
    "SELECT 1 FROM resume r JOIN tracks t ON t.id = r.track_id WHERE t.playlist_id <> r.playlist_id",
)


def opened(database: Path) -> sqlite3.Connection:
    """A connection that trusts nothing that is in the file."""
    db = sqlite3.connect(database, isolation_level=None)
    db.row_factory = sqlite3.Row
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "foreign_keys = ON"):
        db.execute(f"PRAGMA {pragma}")
    return db


def check_head(database: Path) -> None:
    """Before it is opened. Raises: BadArchive; OSError."""
    with database.open("rb") as file:
        head = file.read(20)
    # The last two say who may write and read it (sqlite.org/fileformat.html, 1.3.3): 1, as no log is beside it. Others
    # would make SQLite take it for a file that may only be read.
    if not head.startswith(b"SQLite format 3\0") or head[18:] != b"\1\1":
        raise BadArchive("there is no database in it")


def check_form(db: sqlite3.Connection) -> None:
    """Before anything else is asked of it. Raises: BadArchive; Conflict when a newer program made it."""
    try:
        [version] = db.execute("PRAGMA user_version").fetchone()
        [application] = db.execute("PRAGMA application_id").fetchone()
        if application != schema.APPLICATION_ID or version < 1:
            raise BadArchive("its database is not one of this program")
        if version > schema.VERSION:
            raise newer(version)
        if _form(db) != _own_form(version):
            raise BadArchive("its database is not as this program makes them")
        if soundness.fault(db) is not None:  # else the next start would have to mend it
            raise BadArchive("its database is damaged")
    except soundness.BROKEN as error:
        raise BadArchive("its database is damaged") from error


def check_rows(db: sqlite3.Connection) -> None:
    """Of a database with today's schema. Raises: BadArchive."""
    # Not json's own decoder, which runs into Python's recursion limit where this one says no.
    try:
        for table, model in _ROWS.items():
            TypeAdapter(list[model]).validate_python(_all(db, table))  # type: ignore[valid-type]  # of each its own
        settings = {row["key"]: from_json(row["value"]) for row in _all(db, "settings")}
        Choices.model_validate({name: settings[name] for name in Choices.model_fields if name in settings})
        if any(db.execute(query).fetchone() for query in _NEVER):
            raise BadArchive("its database contradicts itself")
    except (ValueError, sqlite3.DatabaseError) as error:
        raise BadArchive("there are things in its database that this program never writes") from error


def check_files(db: sqlite3.Connection, there: Mapping[str, int]) -> None:
    """That all sound and pictures are there, and nothing else. `there`: their sizes by name. Raises: BadArchive."""
    files = [row for row in _all(db, "files") if not row["missing"]]
    named = {f"files/{row['hash']}.{row['ext']}": row["size"] for row in files}
    named |= {f"covers/{row['hash']}.{row['ext']}": row["size"] for row in _all(db, "covers")}
    if lacking := named.keys() - there.keys():
        raise BadArchive(f"{len(lacking)} of its files are not in it")
    if named != there:
        raise BadArchive("there are files in it that its database does not know")


def _form(db: sqlite3.Connection) -> set[tuple[str, str, str, str]]:
    rows = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchall()
    return {(row[0], row[1], row[2], " ".join((row[3] or "").split())) for row in rows}


def _own_form(version: int) -> set[tuple[str, str, str, str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        for statements in schema.STEPS[:version]:
            for statement in statements:
                db.execute(statement)
        return _form(db)


def _all(db: sqlite3.Connection, table: str) -> Iterable[dict[str, Any]]:
    return [dict(row) for row in db.execute(f"SELECT * FROM {table}")]  # noqa: S608  # names of our own
