"""A data folder with albums of noise in it, each linked to its tag, for boxes that are processes of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.rigs.library import opened
from tests.rigs.sounds import noise, write
from tomb.devices.decoder import probe
from tomb.ports import RealPorts

ALBUMS = {  # the tag, and the seconds of each track
    "First": ("04A22B3C4D5E80", {"1.wav": 1.5, "2.flac": 1.5}),
    "Second": ("04DEADBEEF0180", {"1.wav": 60.0}),
    "Third": ("04CAFE01", {"1.flac": 60.0, "2.wav": 2.0}),
}
UNLINKED = "04C0FFEE"


@dataclass(frozen=True, slots=True)
class Album:
    playlist_id: str
    tag_id: str
    files: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Music:
    data: Path
    albums: Mapping[str, Album]

    def __getitem__(self, title: str) -> Album:
        return self.albums[title]


def press(root: Path) -> None:
    """Write the files of all albums, a folder each."""
    for seed, (title, (_, tracks)) in enumerate(ALBUMS.items()):
        (root / title).mkdir()
        for number, (name, seconds) in enumerate(tracks.items()):
            write(root / title / name, noise(seconds, seed=10 * seed + number))


async def shelve(records: Path, data: Path) -> Music:
    """Import what `press` wrote, and link it."""
    albums = {}
    async with opened(data, ports=RealPorts(), probe=probe) as stage:
        imported = await stage.importer.import_folder(records)
        made = {stage.librarian.lite(each).title: each for each in imported.playlist_ids}
        for title, (tag_id, tracks) in ALBUMS.items():
            await stage.librarian.link_tag(tag_id, made[title], override=False)
            albums[title] = Album(made[title], tag_id, tuple(records / title / name for name in tracks))
    return Music(data, albums)
