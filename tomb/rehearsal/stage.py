"""The box on a stage: the whole program, with everything around it simulated, and nobody's clock but Trio's.

What is opened here is what `tomb serve` opens (`open_box`, `make_app`), on a folder of its own. It has one life after
another: switched off and on, started anew, its power cut. A cut leaves it no time for anything. What its disk has at
that very moment is set aside, synchronously; what then becomes of the program, which is only cancelled and would tidy
up, is no part of the story, and happens in a folder that nobody looks at again.
"""

import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import trio
from trio.testing import wait_all_tasks_blocked

from tomb.box import Devices, open_box
from tomb.config import Settings
from tomb.devices.keys import InputDevices
from tomb.devices.naming import Naming
from tomb.devices.output import Cue, CueStarted, Output, Report
from tomb.devices.reader import VirtualReader
from tomb.errors import RequestError
from tomb.events import Event
from tomb.http.app import make_app
from tomb.http.services import Services
from tomb.http.sockets import TOLD
from tomb.http.ui import WebUi
from tomb.library import chapters, reading
from tomb.nurseries.deck import Deck
from tomb.nurseries.lifecycle import Process
from tomb.rehearsal.clients import SocketClient
from tomb.rehearsal.peer import Peer
from tomb.rehearsal.requests import Client
from tomb.rehearsal.scenario import EventSpec, PlaylistSpec, Scenario, uid
from tomb.rehearsal.seeds import RehearsalPorts
from tomb.rehearsal.simulated.computer import NoStick, found_nothing
from tomb.rehearsal.simulated.input import FakeKernel
from tomb.rehearsal.simulated.inspector import InlineInspector
from tomb.rehearsal.simulated.music import sparse_wav
from tomb.rehearsal.simulated.sound import FragileOutput
from tomb.rehearsal.simulated.videos import FakeYouTube
from tomb.rehearsal.transcript import Names, Transcript, short
from tomb.socketio import SocketServer

HOST = {"host": "localhost"}
SAID_TO_ONE = frozenset(told.event for told in TOLD) - {"machine_state"}


_NAMED = re.compile(r"<([^<>]+)>")


class NotThere(Exception):
    """What a scenario asks for cannot be done now: its message says why."""


class Loudspeaker(FragileOutput):
    """It says in the transcript what it is told to play. `sounding`: the track that is heard, None: silence."""

    def __init__(self, stage: "Stage", deck: Deck) -> None:
        super().__init__(stage.ports, self._reported)
        self._stage = stage
        self._deck = deck
        self.heard_tracks: list[str] = []

    def _reported(self, report: Report) -> None:
        if isinstance(report, CueStarted):
            track = next(self._stage.track_in(cue.path) for cue in self.cued if cue.generation == report.generation)
            self.heard_tracks.append(track)
            self._note(f"{track} begins")
        self._deck.report(report)

    @property
    def sounding(self) -> str | None:
        return self._stage.track_in(self._track.cue.path) if self._track is not None and self._moving else None

    def play(self, cue: Cue) -> None:
        self._note(f"plays {self._stage.track_in(cue.path)} from {cue.start_ms / 1000:g} s")
        super().play(cue)

    def pause(self) -> None:
        if self._moving:
            self._note(f"pauses at {self.heard().position_ms / 1000:g} s")
        super().pause()

    def resume(self) -> None:
        if not self._moving:
            self._note("goes on")
        super().resume()

    def stop(self) -> None:
        if self._track is not None:
            self._note("falls silent")
        super().stop()

    def chime(self, chime: Any) -> None:
        self._note(f"chimes: {chime}")
        super().chime(chime)

    def _note(self, text: str) -> None:
        if not self._stage.dying:
            self._stage.transcript.note("sound", "sound", text)


@dataclass(eq=False)
class Phone:
    """A client: somebody's phone, with a page or a program on it. `seen`: the last number it was told."""

    name: str
    http: Client
    socket: SocketClient | None = None
    rooms: list[str] = field(default_factory=list)
    seen: int = 0
    told: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def is_connected(self) -> bool:
        return self.socket is not None and not self.socket.wire.closed


@dataclass
class References:
    """What is called by name in a scenario: `<cow>` is the id of that playlist, `<cow/1>` that of its first track,
    `<tag cow>` the number of that tag, and whatever an answer left (`keep`) is known by its name."""

    stage: "Stage"
    kept: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str, value: str) -> None:
        self.kept[name] = value

    def given(self, value: Any) -> Any:
        """With all names replaced, wherever in it they are. Raises NotThere."""
        if isinstance(value, str):
            return _NAMED.sub(lambda found: self.stands_for(found[1]), value)
        if isinstance(value, dict):
            return {name: self.given(each) for name, each in value.items()}
        return [self.given(each) for each in value] if isinstance(value, list) else value

    def events(self, events: Sequence[EventSpec]) -> list[EventSpec]:
        return [EventSpec(type=each.type, **self.given(dict(each.fields))) for each in events]

    def stands_for(self, name: str) -> str:
        if name in self.kept:
            return self.kept[name]
        tag = name.removeprefix("tag ")
        return self.stage.tag(tag) if tag != name else self.stage.id_of(name)


class Stage:
    """`services`, `app`: of the box, while it is on."""

    def __init__(self, scenario: Scenario, seed: int, folder: Path) -> None:
        spec = scenario.told.box
        self.scenario = scenario
        self.transcript = Transcript()
        self.ports = RehearsalPorts(seed, spec.starts, ZoneInfo(spec.time_zone))
        self.kernel = FakeKernel()
        self.reader = VirtualReader()
        self.youtube = FakeYouTube()
        self.events: list[Event] = []
        self.phones: dict[str, Phone] = {}
        self.scenario_names = References(self)
        self.sound: Loudspeaker | None = None
        self.sound_there = "sound" not in spec.missing
        self.services: Services | None = None
        self.app: SocketServer | None = None
        self._folder = folder
        self._lives = 0
        self._tracks: dict[str, str] = {}  # names, by the name of the file
        self._nursery: trio.Nursery | None = None
        self._peers: trio.Nursery | None = None
        self._power = trio.CancelScope()
        self._process = Process()
        self._ended = trio.Event()
        self._again = False
        self.dying = False  # without power: what it still does is no part of the story
        for name, number in scenario.tags.items():
            self.names.by_id[number] = name

    @property
    def names(self) -> Names:
        return self.transcript.names

    @property
    def box(self) -> Services:
        """Raises NotThere."""
        if self.services is None:
            raise NotThere("the box is off")
        return self.services

    @property
    def data(self) -> Path:
        return self._folder / f"life-{self._lives}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Switched on, with all that the scenario says of it; switched off at the end."""
        with closing(self.kernel):
            async with trio.open_nursery() as self._nursery:
                await self.switch_on()
                await self._furnish()
                self.transcript.began = trio.current_time()
                yield
                if self.services is not None:
                    await self.switch_off()
                self._nursery.cancel_scope.cancel()

    # --- its lives --------------------------------------------------------------------------------------------------

    async def switch_on(self) -> None:
        assert self._nursery is not None
        self.names.data = self.data
        await self._nursery.start(self._live)

    async def switch_off(self) -> None:
        """As SIGTERM does."""
        self._process.end()
        await self._ended.wait()

    async def cut_power(self) -> None:
        """It has no time for anything. Its disk is as it was; nothing else is left."""
        before = self.data
        self.dying = True
        self._fall_silent()
        for phone in self.phones.values():
            self.lose_client(phone)
        self._lives += 1
        shutil.copytree(before, self.data)
        self._power.cancel()
        await self._ended.wait()
        self.dying = False

    async def _live(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        self._power, self._ended = trio.CancelScope(), trio.Event()
        self._process = process = Process(resumes=self._again)
        settings = Settings(data=self.data, **{"rate_limits": "off"} | self.scenario.told.box.settings)
        try:
            with self._power:
                inspector = InlineInspector(self.ports)
                async with (
                    open_box(settings, self.ports, self._devices(), process, inspector) as services,
                    trio.open_nursery() as nursery,
                    trio.open_nursery() as self._peers,
                ):
                    app = make_app(services, ui=WebUi(self._folder / "static"))
                    await nursery.start(app.run)
                    self._open_eyes(services, app)
                    with suppress(RequestError):  # as `tomb serve` does, and says so in the log
                        await services.importer.sync()
                    task_status.started()
                    await process.stop.wait()
                    for phone in self.phones.values():
                        self.lose_client(phone)
                    await app.shutdown()
                    self._peers.cancel_scope.cancel()
                    nursery.cancel_scope.cancel()
        finally:
            self._fall_silent()
            self._again = process.again
            self._ended.set()
        if process.again and not self._power.cancel_called:
            self.transcript.note("box", "action", "starts anew")
            assert self._nursery is not None
            self._nursery.start_soon(self._live)

    def _open_eyes(self, services: Services, app: SocketServer) -> None:
        self.services, self.app = services, app
        for phone in self.phones.values():
            phone.http.app = app
        for name, machine_id, state in services.board.machines.all():
            self.transcript.machine(name, machine_id, state)
        services.events.subscribe(self._hear)

    def _hear(self, event: Event) -> None:
        if self.services is not None:
            self.events.append(event)
            self.transcript.event(event)

    def _fall_silent(self) -> None:
        self.services = self.app = None

    def _devices(self) -> Devices:
        def sound(deck: Deck) -> Output:
            self.sound = Loudspeaker(self, deck)
            self.sound.there = self.sound_there
            return self.sound

        return Devices(
            output=sound,
            silent=None,
            reader=None,
            virtual_reader=self.reader,
            youtube=self.youtube,
            keys=InputDevices(self.ports, self.kernel),
            gather=found_nothing,
            naming=lambda: Naming("box", ("fritz.box",)),
            time_zone=lambda: ZoneInfo(self.scenario.told.box.time_zone),
            backup_drive=NoStick(),
        )

    # --- what it has ------------------------------------------------------------------------------------------------

    async def _furnish(self) -> None:
        told = self.scenario.told
        for name, spec in told.playlists.items():
            await self._add(name, spec)
        tags = self.scenario.tags
        for name, tag in told.tags.items():
            if tag.playlist is not None:
                await self.box.librarian.link_tag(tags[name], self.id_of(tag.playlist))
            elif tag.action is not None:
                await self._ask("PUT", f"/api/tags/{tags[name]}", {"action": tag.action})
        zone = {"time_zone": told.box.time_zone}
        await self._ask("PUT", "/api/settings", zone | told.parents)
        await wait_all_tasks_blocked()
        self.events.clear()
        self.transcript.entries.clear()

    async def _add(self, name: str, spec: PlaylistSpec) -> None:
        folder = self._folder / "music" / name
        folder.mkdir(parents=True)
        for number, length in enumerate(spec.tracks, start=1):
            sparse_wav(folder / f"{number:03} {name} {number}.wav", length, salt=f"{name} {number}")
        imported = await self.box.importer.import_folder(folder)
        [playlist_id] = imported.playlist_ids
        await self.box.librarian.link_tag(self.scenario.tags[spec.tag or name], playlist_id)
        self.names.by_id[playlist_id] = name
        for track in (await self.box.librarian.playlist(playlist_id)).tracks:
            self.names.by_id[track.id] = f"{name}/{track.number}"
            self._tracks[Path(track.file_path).name] = f"{name}/{track.number}"
        if spec.chapter_every is not None:
            await self._divide(playlist_id, round(1000 * spec.chapter_every))

    async def _divide(self, playlist_id: str, every_ms: int) -> None:
        """Its tracks have chapters from now on, as if they had brought them."""

        def unit(db: sqlite3.Connection) -> None:
            for track in reading.playlist(db, playlist_id).tracks:
                starts = range(0, track.duration_ms, every_ms)
                marks = chapters.tidy((start_ms, f"Chapter {place}") for place, start_ms in enumerate(starts, 1))
                db.execute("UPDATE tracks SET chapters = ? WHERE id = ?", (chapters.encoded(marks), track.id))

        await self.box.librarian._store.write(unit)

    async def _ask(self, method: str, path: str, body: object) -> None:
        assert self.app is not None
        answer = await Client(self.app).ask(method, path, body)
        if answer.status >= 300:
            raise NotThere(f"{method} {path} was answered {answer.status}: {answer.content.decode()}")

    def track_in(self, path: Path) -> str:
        return self._tracks.get(path.name, path.name[:8])

    def tag(self, name: str) -> str:
        """The number of a tag; of one that the scenario does not name, too: it is for nothing."""
        number = self.scenario.tags.get(name) or uid(name)
        self.names.by_id[number] = name
        return number

    def id_of(self, name: str) -> str:
        """Of a playlist or a track. Raises NotThere."""
        known = next((each for each, called in self.names.by_id.items() if called == name and "-" in each), None)
        if known is None:
            raise NotThere(f"nothing is called {name}")
        return known

    def spoil(self, track: str) -> None:
        path = self._file_of(track)
        path.rename(path.with_suffix(".whole"))
        path.write_bytes(b"nothing that could be heard")

    def mend(self, track: str) -> None:
        path = self._file_of(track)
        path.with_suffix(".whole").rename(path)

    def _file_of(self, track: str) -> Path:
        found = next((name for name, called in self._tracks.items() if called == track), None)
        if found is None:
            raise NotThere(f"no track is called {track}")
        return next((self.data / "library").rglob(found))

    def lose(self, device: str) -> None:
        assert device == "sound"
        self.sound_there = False
        if self.sound is not None:
            self.sound.unplug()

    def give_back(self, device: str) -> None:
        assert device == "sound"
        self.sound_there = True
        if self.sound is not None:
            self.sound.there = True

    # --- clients ----------------------------------------------------------------------------------------------------

    def phone(self, name: str) -> Phone:
        if self.app is None:
            raise NotThere("the box is off")
        if name not in self.phones:
            self.phones[name] = Phone(name, Client(self.app, f"192.168.1.{10 + len(self.phones)}"))
            self.phones[name].http.app = self.app
        return self.phones[name]

    async def connect(self, phone: Phone) -> SocketClient:
        assert self.app is not None
        assert self._peers is not None
        wire = await Peer(self.app, self._peers, phone.http.address).websocket("EIO=4&transport=websocket", HOST)
        await wire.frame()
        await wire.send("40")
        phone.socket = client = SocketClient(wire)
        answered = await wire.frame()
        assert isinstance(answered, str)
        self.names.by_id.setdefault(answered.partition('"sid":"')[2].partition('"')[0], f"{phone.name}'s socket")

        def hears(event_type: str, payload: Any) -> None:
            if phone.socket is not client:
                return
            phone.told.append((event_type, payload))
            phone.seen = max(phone.seen, _number(event_type, payload))
            if event_type in SAID_TO_ONE:
                self.transcript.note("box", "told", f"{event_type} {short(payload)}", to=phone.name, data=payload)

        client.hears = hears
        self._peers.start_soon(client.read)
        await wait_all_tasks_blocked()
        return client

    def lose_client(self, phone: Phone) -> None:
        """Its network is gone, and so it hears nothing any more. The box is told so, as by a reset."""
        if phone.socket is not None:
            phone.socket.wire.to_app.send_nowait({"type": "websocket.disconnect", "code": 1006})
            phone.socket = None


def _number(event_type: str, payload: Any) -> int:
    numbered = event_type.startswith("state:") and isinstance(payload, dict)
    return int(payload["server_seq"]) if numbered else 0
