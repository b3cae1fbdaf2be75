"""A whole box on virtual time: no threads, no sound card, no reader; audio that lasts as long as one likes."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio
from pydantic_core import from_json

from tomb.box import open_box
from tomb.config import Settings
from tomb.core import Devices
from tomb.devices.backup_drive import BackupDrive
from tomb.devices.keys import InputDevices
from tomb.devices.mqtt.broker import Broker
from tomb.devices.naming import Naming
from tomb.devices.output import Output
from tomb.devices.reader import VirtualReader
from tomb.devices.silent import SilentOutput
from tomb.devices.updates import Updater
from tomb.devices.youtube import YouTube
from tomb.events import Event
from tomb.http.routes import Services
from tomb.library import chapters, reading
from tomb.nurseries.deck import Deck
from tomb.nurseries.lifecycle import Process
from tomb.ports import VirtualPorts
from tomb.rehearsal.simulated.computer import NoStick, found_nothing
from tomb.rehearsal.simulated.input import FakeKernel
from tomb.rehearsal.simulated.inspector import InlineInspector
from tomb.rehearsal.simulated.music import sparse_wav
from tomb.rehearsal.simulated.rooms import FakeRooms
from tomb.rehearsal.simulated.sound import FragileOutput

TAGS = ("04A1B2C3", "04D4E5F6", "0411223344AABB")
UNKNOWN_TAG = "DEADBEEF"


@dataclass
class VirtualBox:
    """`events`: all that was published, in order."""

    services: Services
    events: list[Event] = field(default_factory=list)
    output: FragileOutput | None = None
    youtube: YouTube | None = None
    kernel: FakeKernel = field(default_factory=FakeKernel)
    rooms: FakeRooms | None = None

    @property
    def reader(self) -> VirtualReader:
        reader = self.services.virtual_reader
        assert reader is not None
        return reader

    @property
    def state(self) -> str:
        return self.services.deck.state(0).state

    def told(self, event_type: str) -> list[Any]:
        """The data of the events of one type; for those without an envelope, the events themselves."""
        payloads = [from_json(event.payload) for event in self.events if event.type == event_type]
        return [payload.get("data", payload) for payload in payloads]

    async def tap(self, tag_id: str, seconds: float = 1.0) -> None:
        """Put a tag on the reader, take it away, and wait until that is noticed."""
        self.reader.place(tag_id)
        await trio.sleep(seconds)
        self.reader.lift()
        await trio.sleep(1.0)

    async def add(self, title: str, *seconds: float, tag_id: str | None = None) -> str:
        """A playlist with a track of each length; its id."""
        folder = self.services.settings.data.parent / "music" / title
        folder.mkdir(parents=True)
        for number, length in enumerate(seconds, start=1):
            sparse_wav(folder / f"{number} Track.wav", length, salt=f"{title} {number}")
        imported = await self.services.importer.import_folder(folder)
        [playlist_id] = imported.playlist_ids
        if tag_id is not None:
            await self.services.librarian.link_tag(tag_id, playlist_id)
        return playlist_id

    async def mark(self, playlist_id: str, every_ms: int) -> None:
        """Have the tracks of a playlist begin a chapter every so many milliseconds."""

        def unit(db: sqlite3.Connection) -> None:
            for track in reading.playlist(db, playlist_id).tracks:
                starts = range(0, track.duration_ms, every_ms)
                marks = chapters.tidy((start_ms, f"Chapter {place}") for place, start_ms in enumerate(starts, 1))
                db.execute("UPDATE tracks SET chapters = ? WHERE id = ?", (chapters.encoded(marks), track.id))

        await self.services.librarian._store.write(unit)


@asynccontextmanager
async def virtual_box(
    folder: Path,
    *,
    seed: int = 0,
    fragile: bool = False,
    output: Callable[[VirtualPorts, Deck], Output] | None = None,
    process: Process | None = None,
    youtube: YouTube | None = None,
    rooms: FakeRooms | None = None,
    ports: VirtualPorts | None = None,
    updater: Updater | None = None,
    broker: Broker | None = None,
    backup_drive: BackupDrive | None = None,
    **options: Any,
) -> AsyncIterator[VirtualBox]:
    """`options`: of Settings. `output` makes one that is real in the eyes of the box; with `fragile` it is one that can
    be unplugged."""
    ports = ports or VirtualPorts(seed)
    made: list[FragileOutput] = []

    def real(deck: Deck) -> Output:
        if output is not None:
            return output(ports, deck)
        made.append(FragileOutput(ports, deck.report))
        return made[-1]

    is_real = fragile or output is not None
    silent: Callable[[Deck], Output] = lambda deck: SilentOutput(ports, deck.report)  # noqa: E731
    kernel = FakeKernel()
    keys = InputDevices(ports, kernel)
    devices = Devices(
        real if is_real else None,
        None if is_real else silent,
        None,
        VirtualReader(),
        (lambda: youtube) if youtube else None,
        keys,
        found_nothing,
        lambda: Naming("box", ("fritz.box",)),
        rooms=None if rooms is None else rooms.connect,
        broker=None if broker is None else lambda: broker,
        backup_drive=backup_drive or NoStick(),
        updater=updater,
    )
    settings = Settings(data=folder / "data", **options)
    async with open_box(settings, ports, devices, process, InlineInspector(ports)) as services:
        box = VirtualBox(services, output=made[0] if made else None, youtube=youtube, kernel=kernel, rooms=rooms)
        services.events.subscribe(box.events.append)
        with closing(kernel):
            yield box
