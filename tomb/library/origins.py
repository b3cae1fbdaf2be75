"""Which folder is which: by what was in it, not by where it lay.

A folder passes through many places: an inbox, a stick that is `/media/usb` like any other, a share that is mounted
elsewhere today. So the library keeps, for each playlist, what folders brought to it: the hashes of the files as they
came, and what the folder was called. A folder that comes again is the playlist that

- came from a folder of the same name (or has that name itself), of which it has more than a half: by bytes, since
  "Folge 1" and "Folge 1" of two series may share their title tune; of the smaller of both, since a half of it may have
  been copied at first, or most of it deleted at home meanwhile; or that
- came from exactly the same files, whatever they were called together.

What was brought once is not brought again, though a parent may have deleted it, moved it, or called it otherwise. It
goes to the bin and comes back with its playlist.
"""

import sqlite3
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

_BROUGHT = "SELECT origin, max(size) AS size, max(copies) AS copies FROM imported WHERE playlist_id = ? GROUP BY origin"
_THERE = """
    SELECT t.id, f.origin, f.size FROM tracks t JOIN files f ON f.hash = t.file WHERE t.playlist_id = ? ORDER BY number
"""
_CANDIDATES = """
    SELECT playlist_id FROM imported WHERE origin = ?1
    UNION SELECT t.playlist_id FROM files f JOIN tracks t ON t.file = f.hash WHERE f.origin = ?1
"""
_NOTED = """
    INSERT INTO imported (playlist_id, title, origin, size, copies) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET size = excluded.size, copies = max(copies, excluded.copies)
"""
_SIZES = "SELECT size FROM imported UNION SELECT size FROM files"
_VANISHED = "SELECT 1 FROM files WHERE origin = ? AND missing"


class Origin(Struct, frozen=True):
    """A file as it came: its SHA-256 and its size in bytes."""

    hash: str
    size: int


class Sent(Struct, frozen=True):
    """A file that may be sent: its size in bytes, and its SHA-256 if whoever has it took the time to read it."""

    size: int
    hash: str | None = None


class Compared(Struct, frozen=True):
    """Which files of a folder, by their places in it, a playlist never had, and which it had and has no more.

    `playlist_id`: of that playlist, None where there is none.
    """

    new: tuple[int, ...]
    gone: tuple[int, ...] = ()
    playlist_id: str | None = None


def look(db: sqlite3.Connection, playlist_id: str | None, title: str, files: Sequence[Sent]) -> Compared:
    """What would come of a folder, in that playlist, or (None) in the one that it is already.

    Without the hashes of all, `new` are those with a size that no file had that was ever brought.
    """
    coming = [Origin(each.hash, each.size) for each in files if each.hash is not None]
    if len(coming) < len(files):
        known = {row["size"] for row in db.execute(_SIZES)}
        return Compared(tuple(place for place, each in enumerate(files) if each.size not in known))
    playlist_id = playlist_id or find(db, title, coming)
    if playlist_id is None:
        return Compared(tuple(range(len(files))))
    found = compare(db, playlist_id, [each.hash for each in coming])
    vanished = {place for place, each in enumerate(coming) if db.execute(_VANISHED, (each.hash,)).fetchone()}
    return Compared(tuple(sorted({*found.new} | vanished)), found.gone, playlist_id)


def find(db: sqlite3.Connection, title: str, coming: Sequence[Origin]) -> str | None:
    """The playlist that a folder with these files is already."""
    sizes = {each.hash: each.size for each in coming}
    candidates = {row["playlist_id"] for each in sizes for row in db.execute(_CANDIDATES, (each,))}
    likeness = {each: _likeness(db, each, title, sizes) for each in candidates}
    like = [each for each in candidates if likeness[each][0]]
    places = {row["id"]: row["place"] for row in db.execute("SELECT id, place FROM playlists")} if like else {}
    return min(like, key=lambda each: (*(-number for number in likeness[each]), places[each]), default=None)


def compare(db: sqlite3.Connection, playlist_id: str, coming: Iterable[str]) -> Compared:
    """`coming`: the hashes of a folder's files. What a parent deleted or moved elsewhere is gone, and to stay so."""
    there = Counter(row["origin"] for row in db.execute(_THERE, (playlist_id,)))
    brought = Counter({row["origin"]: row["copies"] for row in db.execute(_BROUGHT, (playlist_id,))})
    taken_out = brought - there
    new, gone = [], []
    for place, each in enumerate(coming):
        if there[each] > 0:
            there[each] -= 1
        elif taken_out[each] > 0:
            taken_out[each] -= 1
            gone.append(place)
        else:
            new.append(place)
    return Compared(tuple(new), tuple(gone), playlist_id)


def note(db: sqlite3.Connection, playlist_id: str, title: str, coming: Sequence[Origin]) -> None:
    """That a folder called `title` brought these. "": it was put into that playlist, whatever it is called."""
    copies = Counter(each.hash for each in coming)
    rows = [(playlist_id, title, each.hash, each.size, copies[each.hash]) for each in dict.fromkeys(coming)]
    db.executemany(_NOTED, rows)


def put_in_place(
    db: sqlite3.Connection, playlist_id: str, coming: Sequence[str], new: Mapping[int, str]
) -> Sequence[str]:
    """The order of the playlist's tracks in which the new ones (ids, by their places in `coming`) stand behind those
    that are before them in the folder, wherever a parent has put these."""
    fresh = set(new.values())
    there = [row for row in db.execute(_THERE, (playlist_id,)).fetchall() if row["id"] not in fresh]
    known: dict[str, deque[str]] = {}
    for row in there:
        known.setdefault(row["origin"], deque()).append(row["id"])
    first: list[str] = []  # those before any that is known
    at, behind = "", {"": first}
    for place, origin in enumerate(coming):
        if place in new:
            behind[at].append(new[place])
        elif known.get(origin):
            at = known[origin].popleft()
            behind[at] = []
    leading = next(iter([*behind][1:]), None)  # the first known one: what is first in the folder goes before it
    order: list[str] = []
    for row in there:
        if row["id"] == leading:
            order += first
        order += [row["id"], *behind.get(row["id"], ())]
    return order if leading else order + first


def _likeness(db: sqlite3.Connection, playlist_id: str, title: str, sizes: Mapping[str, int]) -> tuple[int, int]:
    """0 first: it is another folder. Higher is more alike: the same files come before the same name."""
    held = {row["origin"]: row["size"] for row in db.execute(_THERE, (playlist_id,))}
    held |= {row["origin"]: row["size"] for row in db.execute(_BROUGHT, (playlist_id,))}
    shared = sum(held[each] for each in sizes if each in held)
    called = db.execute(
        "SELECT 1 FROM imported WHERE playlist_id = ?1 AND title = ?2"
        " UNION SELECT 1 FROM playlists WHERE id = ?1 AND title = ?2",
        (playlist_id, title),
    ).fetchone()
    same_name = called is not None and 2 * shared > min(sum(held.values()), sum(sizes.values()))
    return (2 if held.keys() == sizes.keys() else 0) + same_name, shared
