"""Writes docs/screenshots/ anew: every page, on a phone and a desktop, light and dark.

The box is filled the same way each time, and its identifiers follow a seed, hence so do the covers that are drawn from
them: a picture that differs shows a UI that does. `python -m tests.ui.screenshots`; with `clip`, only the ten seconds
of a tap that the README begins with.
"""

import os
import random
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import trio
from PIL import Image, ImageColor, ImageDraw

from tests.rigs.chaptered import with_chapters
from tomb.box import chosen_devices, open_box
from tomb.config import Settings
from tomb.http.app import make_app
from tomb.nurseries.web import serve_web
from tomb.ports import RealPorts
from tomb.rehearsal.simulated.inspector import InlineInspector
from tomb.rehearsal.simulated.music import sparse_wav

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
TARGET = ROOT / "docs/screenshots"
CLIP = ROOT / "docs/drawings/tap.webp"
CLIP_FRAME_MS = 125  # as clip.mjs makes them
CLIP_TAG = "04A1B2C3D4E580"
LONG = (
    "Donaudampfschifffahrtsgesellschaftskapitänsmützengeschichten, erzählt und gesungen an siebenundzwanzig langen "
    "Winterabenden von einer Großmutter, die sich an alles erinnerte, außer an das Ende der Geschichte"
)
TRAIN = {"Abfahrt": 612, "Im Tunnel": 548, "Weiter zum Strand": 705}
EVENINGS = {f"{n}. Abend": 420 + 31 * n for n in range(1, 13)}
GONE = "Vom Anrufbeantworter"
WHALE = {"Das ganze Hörbuch": 5321}
SEAS = (
    "Ein Gähnen im Eismeer",
    "Fünf Heringe zählen mit",
    "Das Wiegenlied der Leuchtturmwärterin",
    "Mondflut",
    "Gute Nacht",
)
SONGS = {f"Lied {n}": 150 + 7 * n for n in range(1, 19)}


@dataclass(frozen=True, slots=True)
class Album:
    title: str
    seconds: Mapping[str, float]
    tag_id: str | None = None
    cover: tuple[str, str] | None = None  # its colours
    chapters: tuple[str, ...] = ()  # of each track, equally long

    @property
    def folder(self) -> str:
        return self.title[:80]


ALBUMS = (
    Album(LONG.ljust(200, ".")[:200], {"Erster Abend": 1801, LONG[:120]: 1500}),
    Album("Die kleine Eisenbahn fährt ans Meer", TRAIN, "04A1B2C3D4E580", ("#e8a33d", "#274c5b")),
    Album("Gutenachtgeschichten für Siebenschläfer", EVENINGS, "04B1B2C3D4E580", ("#31355e", "#f2d388")),
    Album("Autobahn-Mitsingliederverzeichnis", SONGS, None, ("#c8553d", "#f7e1c6")),
    Album(GONE, {"Piep": 74, "Oma ruft an": 95}, None, ("#8a6f9e", "#f0e3d0")),
    Album("Kindergartenabschlussfest", {"Aufwachlied": 131, "Kreisspiel": 187}),
    Album("Der Wal, der nicht schlafen wollte", WHALE, "04C1B2C3D4E580", ("#2f6f73", "#d9ede4"), SEAS),
)


class SeededPorts(RealPorts):
    """The real world, but for names."""

    def __init__(self) -> None:
        super().__init__()
        self._random = random.Random(7)

    def new_id(self) -> str:
        drawn = f"{self._random.getrandbits(128):032x}"
        return "-".join((drawn[:8], drawn[8:12], drawn[12:16], drawn[16:20], drawn[20:]))


def paint(path: Path, colours: tuple[str, str]) -> None:
    """A sun over hills."""
    paper, ink = (ImageColor.getrgb(each)[:3] for each in colours)
    image = Image.new("RGB", (800, 800), paper)
    draw = ImageDraw.Draw(image)
    draw.ellipse((470, 120, 690, 340), fill=ink)
    draw.ellipse((-260, 470, 560, 1290), fill=ink)
    between = tuple((light + 2 * dark) // 3 for light, dark in zip(paper, ink, strict=True))
    draw.ellipse((330, 600, 1100, 1370), fill=between)
    image.save(path, quality=88)


def press(folder: Path) -> None:
    for album in ALBUMS:
        place = folder / album.folder
        place.mkdir()
        for title, seconds in album.seconds.items():
            if album.chapters:
                marks = [
                    (round(seconds * 1000 * n / len(album.chapters)), each) for n, each in enumerate(album.chapters)
                ]
                small = ("-ar", "8000", "-b:a", "8k")
                with_chapters(place / f"{title}.mp3", "libmp3lame", marks, *small, seconds=seconds, title=title)
            else:
                sparse_wav(place / f"{title}.wav", seconds, salt=f"{album.title}/{title}")
        if album.cover:
            paint(place / "cover.jpg", album.cover)


async def main() -> None:
    for what in ("build", "modules"):
        await trio.run_process(["sh", str(ROOT / "scripts/ui"), what])
    TARGET.mkdir(exist_ok=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "music").mkdir()
        press(folder / "music")
        await take(folder)
    sizes = [path.stat().st_size for path in (*TARGET.iterdir(), CLIP)]
    sys.stdout.write(f"{len(sizes)} pictures, {sum(sizes) / 1e6:.2f} MB in {TARGET.relative_to(ROOT)}\n")


async def take(folder: Path) -> None:
    settings = Settings(data=folder / "data", audio="silent", reader="virtual", rate_limits="off")
    ports = SeededPorts()
    # What is silent for hours is not played to its end first, as strangers' files are: its header says how long it is.
    async with open_box(settings, ports, chosen_devices(settings, ports), inspector=InlineInspector(ports)) as services:
        await services.importer.demo()
        imported = await services.importer.import_folder(folder / "music")
        made = {services.librarian.lite(each).title: each for each in imported.playlist_ids}
        for album in ALBUMS:
            playlist = made[album.folder]
            if album.tag_id is not None:
                await services.librarian.link_tag(album.tag_id, playlist)
            if album.title != album.folder:
                await services.librarian.update(playlist, {"title": album.title})
        await services.librarian.delete(made[GONE])
        async with trio.open_nursery() as nursery:
            app = make_app(services)
            await nursery.start(app.run)
            [address] = await nursery.start(partial(serve_web, app, hosts=["127.0.0.1"], port=0))
            env = os.environ | {"TOMB_URL": f"http://127.0.0.1:{address.port}", "TOMB_TO": str(TARGET)}
            if "clip" not in sys.argv[1:]:
                await trio.run_process(["node", str(HERE / "screenshots.mjs")], env=env)
            await services.deck.stop()
            frames = folder / "frames"
            frames.mkdir()
            await trio.run_process(
                ["node", str(HERE / "clip.mjs")], env=env | {"TOMB_TO": str(frames), "TOMB_TAG": CLIP_TAG}
            )
            nursery.cancel_scope.cancel()
    first, *others = (Image.open(path) for path in sorted(frames.iterdir()))
    first.save(CLIP, save_all=True, append_images=others, duration=CLIP_FRAME_MS, loop=0, quality=60, method=6)


if __name__ == "__main__":
    trio.run(main)
