"""A filled data folder, ways to damage its database, and what plain SQL can still read of it then."""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.rigs.library import Stage, opened
from tomb.library import memory, uploads
from tomb.library.memory import PlayerMemory
from tomb.library.uploads import Upload
from tomb.models import Playlist, Resume, TagAction
from tomb.ports import VirtualPorts

PAGE = 4096
KEYS = {
    "playlists": "id", "tracks": "id", "tags": "tag_id", "settings": "key", "resume": "playlist_id", "uploads": "id",
    "bin": "id", "bin_playlists": "id", "bin_tracks": "id", "bin_tags": "tag_id", "bin_plays": "track_id || day",
    "files": "hash", "plays": "track_id || day", "counters": "name", "player": "one",
    "imported": "playlist_id || title || origin", "bin_imported": "playlist_id || title || origin",
}  # fmt: skip
Rows = Mapping[str, Mapping[object, tuple[object, ...]]]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A closed data folder. `truth`: the rows of its database by table and key; `sound`: the hashes of its files."""

    folder: Path
    truth: Rows
    sound: frozenset[str]

    @property
    def database(self) -> Path:
        return self.folder / "tomb.db"

    def copy(self, target: Path) -> "Shelf":
        """One that may be damaged. The sound is shared: nobody writes to it."""
        shutil.copytree(self.folder, target, copy_function=_link_sound)
        return Shelf(target, self.truth, self.sound)

    def flip(self, bit: int, name: str = "tomb.db") -> None:
        path = self.folder / name
        with path.open("r+b") as file:
            byte = os.pread(file.fileno(), 1, bit // 8)[0]
            os.pwrite(file.fileno(), bytes([byte ^ 1 << bit % 8]), bit // 8)

    def overwrite(self, at: int, data: bytes, name: str = "tomb.db") -> None:
        with (self.folder / name).open("r+b") as file:
            os.pwrite(file.fileno(), data, at)

    def cut(self, size: int) -> None:
        os.truncate(self.database, size)

    def found(self) -> dict[str, bytes]:
        """The bytes of the database and of what belongs to it; but for the index of the log, which is made anew."""
        return {path.name: path.read_bytes() for path in self.folder.glob("tomb.db*") if not path.name.endswith("-shm")}


def _link_sound(source: str, target: str) -> str:
    if "/library/" not in source:
        return shutil.copy2(source, target)
    os.link(source, target)
    return target


def true_rows(rows: Rows, truth: Rows) -> set[tuple[str, object]]:
    """Table and key of those that are as they were."""
    return {(table, key) for table, found in rows.items() for key in found if truth[table].get(key) == found[key]}


def readable(database: Path) -> Rows:
    """What a plain SELECT gives of each table, until it fails. Reads a copy: its log is played back."""
    copy = database.with_name("readable")
    copy.mkdir()
    for path in database.parent.glob("tomb.db*"):
        shutil.copy(path, copy)
    try:
        return {table: _table(copy / database.name, table, key) for table, key in KEYS.items()}
    finally:
        shutil.rmtree(copy)


def _table(database: Path, table: str, key: str) -> dict[object, tuple[object, ...]]:
    rows: dict[object, tuple[object, ...]] = {}
    with closing(sqlite3.connect(database)) as db:
        db.text_factory = bytes  # whatever it is
        try:
            for found, *row in db.execute(f"SELECT CAST({key} AS BLOB), * FROM {table} NOT INDEXED"):
                rows[found] = tuple(row)
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            pass
    return rows


def behead(case: Shelf) -> None:
    """Take away the page that says where all others are."""
    case.overwrite(0, bytes(PAGE))


def lose_all_pages(case: Shelf) -> None:
    """Leave the first page only."""
    case.overwrite(PAGE, bytes(case.database.stat().st_size - PAGE))


def swap_two_pages(case: Shelf) -> None:
    """What was to be written to one page has gone to another: each is whole, and says what is not so."""
    pages = case.database.stat().st_size // PAGE
    data = case.database.read_bytes()
    for one, other in ((pages // 3, pages // 2), (pages // 2, pages // 3)):
        case.overwrite(one * PAGE, data[other * PAGE : (other + 1) * PAGE])


def zero_every_tenth_page(case: Shelf) -> None:
    for page in range(5, case.database.stat().st_size // PAGE, 10):
        case.overwrite(page * PAGE, bytes(PAGE))


def flip_a_bit_in_every_fifth_page(case: Shelf) -> None:
    for page in range(3, case.database.stat().st_size // PAGE, 5):
        case.flip(8 * (page * PAGE + 3) + 6)  # how many cells it has


def noise_from_the_middle_on(case: Shelf) -> None:
    half = case.database.stat().st_size // PAGE // 2 * PAGE
    case.overwrite(half, random.Random(1).randbytes(case.database.stat().st_size - half))


def flip_a_bit_early_in_the_log(case: Shelf) -> None:
    case.flip(8 * (32 + 24 + 100), "tomb.db-wal")


KINDS: Mapping[str, Callable[[Shelf], None]] = {
    "the first page is lost": behead,
    "all but the first page is lost": lose_all_pages,
    "every tenth page is lost": zero_every_tenth_page,
    "a bit is flipped in every fifth page": flip_a_bit_in_every_fifth_page,
    "two pages are swapped": swap_two_pages,
    "noise from the middle on": noise_from_the_middle_on,
    "cut in the middle": lambda case: case.cut(case.database.stat().st_size // 2),
    "empty": lambda case: case.cut(0),
    "gone": lambda case: case.database.unlink(),
    "a bit is flipped early in the log": flip_a_bit_early_in_the_log,
}


async def heard_after_a_start(folder: Path, seed: int = 7) -> set[str]:
    """The hashes of all that can be played, or taken back from the bin. A start looks for files, as the box does."""
    async with opened(folder, ports=VirtualPorts(seed)) as stage:
        await stage.importer.sync()
        heard = set()
        for lite in stage.librarian.lites():
            playlist = await stage.librarian.playlist(lite.id)
            assert [track.number for track in playlist.tracks] == list(range(1, len(playlist.tracks) + 1))
            heard |= {track.file_hash for track in playlist.tracks if not track.missing}
        there = "SELECT hash FROM files JOIN bin_tracks ON file = hash WHERE NOT missing"
        heard |= await stage.store.read(lambda db: {row["hash"] for row in db.execute(there)})
        return heard


async def fill(folder: Path, playlists: int = 12, tracks: int = 6) -> Shelf:
    """A library with something in every table, rows over several pages, and pages that are free again."""
    async with opened(folder) as stage:
        for number in range(playlists):
            await _add(stage, number, tracks)
        for number in range(3):
            gone = await stage.fill(f"Gone {number}", [f"gone {number} {each}".encode() for each in range(10)])
            await stage.librarian.link_tag(f"05{number:02X}", gone.id)
            await stage.store.write(partial(_heard, playlist=gone))
            await stage.librarian.delete(gone.id)
            if number:
                await stage.librarian.remove(gone.id)
        await stage.librarian.assign_tag("04FF", TagAction(action="next"))
        await stage.librarian.change_settings({"volume_ceiling": 80, "notes": "x" * 3000})
        await stage.store.write(lambda db: memory.remember(db, PlayerMemory(volume=33)))
        await stage.store.write(
            lambda db: db.execute(
                "INSERT INTO imported SELECT id, 'x' || id, printf('%064d', place), 5, 1 FROM playlists"
            )
        )
        sound = frozenset(path.stem for path in (folder / "library" / "files").iterdir())
    return Shelf(folder, readable(folder / "tomb.db"), sound)


def _heard(db: sqlite3.Connection, playlist: Playlist) -> None:
    memory.keep_resume(db, playlist.id, Resume(track_id=playlist.tracks[1].id, position_ms=1000))
    for track in playlist.tracks:
        memory.credit(db, playlist.id, track.id, 1_750_000_000.5, "2025-06-15")


async def _add(stage: Stage, number: int, tracks: int) -> None:
    made = await stage.fill(f"Playlist {number}", [f"{number} {each}".encode() for each in range(tracks)])
    long = f"What is in playlist {number}: " + "a long story " * (400 if number == 5 else 20)
    await stage.librarian.update(made.id, {"description": long})
    await stage.librarian.link_tag(f"04{number:02X}", made.id)
    upload = Upload(f"{number:08x}-0000", made.id, f"{number}.mp3", "mp3", 1000, 100, None, 1.5, 2.5)

    def unit(db: sqlite3.Connection) -> None:
        _heard(db, made)
        if number < 8:
            uploads.put(db, upload)

    await stage.store.write(unit)
