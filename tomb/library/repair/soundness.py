"""What must be true of a database before the box trusts it, and how a row that is not like that is mended.

`PRAGMA quick_check` would be five times as fast as `integrity_check` (19 against 97 ms for 20,000 tracks), but it does
not look whether an index agrees with its table: a box that goes by a damaged index serves playlists that lack tracks,
and sweeps away their sound as strays. SQLite has no checksums of pages, so what a flipped bit makes of a value is seen
only by looking at values: with that and the foreign keys, all is 200 ms for 20,000 tracks.
"""

import sqlite3
from dataclasses import dataclass

from tomb.library import settings

LARGEST_MARK = 2**52
# What reading a damaged database raises. The latter: the message itself quotes bytes of it that are no UTF-8.
BROKEN = (sqlite3.DatabaseError, UnicodeDecodeError)
_YEAR_10000 = 253402300800.0  # epoch seconds; dates beyond it cannot be written down
_TYPES_OF_ACTION = "'next', 'previous', 'pause', 'volume_up', 'volume_down', 'stop', 'sleep_timer', 'shuffle'"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Rows of `table` for which `condition` is true make no sense. `mend`: what to set there; None: leave them out."""

    table: str
    condition: str
    mend: str | None = None


def _time(table: str, column: str, instead: str = "0") -> Flaw:
    return Flaw(table, f"{column} NOT BETWEEN 0 AND {_YEAR_10000}", f"{column} = {instead}")


def _content(table: str) -> Flaw:
    return Flaw(table, "length(hash) <> 64 OR hash GLOB '*[^0-9a-f]*' OR ext GLOB '*[^a-z0-9]*' OR size < 0")


FLAWS = (
    _content("covers"),
    _content("files"),
    Flaw("files", "duration_ms < 0", "duration_ms = 0"),
    _time("playlists", "created"),
    _time("playlists", "updated", "created"),
    Flaw("playlists", f"last_played NOT BETWEEN 0 AND {LARGEST_MARK}", "last_played = 0"),
    Flaw("playlists", f"playlist_seq NOT BETWEEN 1 AND {LARGEST_MARK}", "playlist_seq = 1"),
    _time("tracks", "created"),
    _time("tracks", "updated", "created"),
    Flaw("tracks", f"play_count NOT BETWEEN 0 AND {LARGEST_MARK}", "play_count = 0"),
    _time("tags", "created"),
    _time("tags", "last_seen", "NULL"),
    Flaw("tags", f"action NOT IN ({_TYPES_OF_ACTION})", "action = NULL, minutes = NULL, step = NULL"),
    Flaw("resume", "position_ms < 0"),
    Flaw("player", "volume NOT BETWEEN 0 AND 100 OR position_ms < 0"),
    Flaw("plays", "day NOT GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]' OR count < 0"),
    Flaw("settings", "NOT makes_sense(key, value)"),
    Flaw("marks", f"value NOT BETWEEN 0 AND {LARGEST_MARK}"),
    Flaw("uploads", "file_size < 1 OR chunk_size < 1 OR id GLOB '*[^0-9a-f-]*'"),
    _time("uploads", "created"),
    _time("uploads", "updated", "created"),
)


def fault(connection: sqlite3.Connection) -> str | None:
    """What is wrong with an opened database, in SQLite's words or ours; None: nothing. The first is enough.

    Raises: what is in `BROKEN` where it is too broken even to be asked.
    """
    [(verdict,)] = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if verdict != "ok":
        return str(verdict).splitlines()[-1]
    for table in tables(connection):
        # Text that is no UTF-8 is seen nowhere but here. The rows come one by one: none is kept.
        for _ in connection.execute(f'SELECT * FROM "{table}"'):
            pass
    for flaw in flaws(connection):
        if connection.execute(f"SELECT EXISTS (SELECT 1 FROM {flaw.table} WHERE {flaw.condition})").fetchone()[0]:
            return f"a value in {flaw.table} makes no sense"
    stray = connection.execute("PRAGMA foreign_key_check").fetchone()
    return None if stray is None else f"a row in {stray[0]} belongs to nothing"


def quick_fault(connection: sqlite3.Connection) -> bool:
    """Whether the tables themselves, and not only their indexes, are damaged."""
    try:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok")
    except BROKEN:
        return True


def mend(connection: sqlite3.Connection) -> None:
    """Set right, or leave out, every value that makes no sense."""
    for flaw in flaws(connection):
        how = f"DELETE FROM {flaw.table}" if flaw.mend is None else f"UPDATE {flaw.table} SET {flaw.mend}"
        connection.execute(f"{how} WHERE {flaw.condition}")


def flaws(connection: sqlite3.Connection) -> list[Flaw]:
    """Those of the tables that this version of the schema has."""
    connection.create_function("makes_sense", 2, settings.makes_sense, deterministic=True)
    there = set(tables(connection))
    return [flaw for flaw in FLAWS if flaw.table in there]


def tables(connection: sqlite3.Connection) -> list[str]:
    """Parents before their children, since that is the order in which they must be made."""
    listed = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY rowid"
    return [row[0] for row in connection.execute(listed)]
