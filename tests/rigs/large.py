"""A library as large as one likes, in seconds: the library's own units fill the database, the files are sparse."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from sqlite3 import Connection

from tests.rigs.library import opened
from tests.rigs.virtual import run_virtually
from tomb.library import files, playlists, tags, tracks
from tomb.library.intake import Staged
from tomb.library.tracks import NewTrack
from tomb.models import Loudness
from tomb.rehearsal.simulated.music import sparse_wav

SECONDS = 13.0  # 104 kB each: with 20,000 of them the files are 2 GB, of which the disk holds almost nothing
AT_ONCE = 50  # playlists in a transaction


@dataclass(frozen=True, slots=True)
class Size:
    playlists: int
    tracks: int  # in each

    def __str__(self) -> str:
        return f"{self.playlists} playlists of {self.tracks}"


SMALL, LARGE = Size(10, 20), Size(1000, 20)


def tag_of(number: int) -> str:
    """The tag of the playlist with that number, from 0."""
    return f"04{number:06X}"


def make(data: Path, size: Size) -> None:
    """`data` is a data folder with so much in it. Each playlist has its tag."""
    run_virtually(_make, data, size)


async def _make(data: Path, size: Size) -> None:
    async with opened(data) as stage:
        for first in range(0, size.playlists, AT_ONCE):
            some = range(first, min(first + AT_ONCE, size.playlists))
            await stage.store.write(partial(_some, library=stage.store.library, numbers=some, count=size.tracks))


def _some(db: Connection, library: Path, numbers: range, count: int) -> None:
    for number in numbers:
        playlist = playlists.create(db, f"playlist-{number}", f"Playlist {number:04}", "", 0.0)
        tracks.add(db, playlist.id, list(_new_tracks(db, library, number, count)), 0.0)
        tags.link(db, tag_of(number), playlist.id, False, 0.0)


def _new_tracks(db: Connection, library: Path, number: int, count: int) -> Iterator[NewTrack]:
    for each in range(count):
        name = f"{number:04}-{each:02}"
        path = sparse_wav(library / "incoming" / f"{name}.wav", SECONDS, salt=name)
        # Named by what tells it from the others: reading two gigabytes of zeros would take longer than all the rest.
        staged = Staged(path, sha256(name.encode()).hexdigest(), "wav", path.stat().st_size)
        kept = files.keep(db, library, staged, staged.hash, int(SECONDS * 1000), Loudness()).hash
        yield NewTrack(f"track-{name}", f"Track {each}", f"{name}.wav", None, None, kept)
