"""The box on a stage: the whole program, with everything around it simulated, and nobody's clock but Trio's.

What is opened here is what `tomb serve` opens (`open_box`, `make_app`), on a folder of its own. It has one life after
another: switched off and on, started anew, its power cut. A cut leaves it no time for anything. What its disk has at
that very moment is set aside, synchronously; what then becomes of the program, which is only cancelled and would tidy
up, is no part of the story, and happens in a folder that nobody looks at again.
"""

import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import trio
from trio.testing import wait_all_tasks_blocked

from tomb.box import open_box
from tomb.config import Settings
from tomb.core import Devices
from tomb.devices.decoder import Decoder, Frames
from tomb.devices.keys import InputDevices
from tomb.devices.naming import Naming
from tomb.devices.output import Output
from tomb.devices.reader import Sign, VirtualReader
from tomb.devices.youtube import YouTubeFault
from tomb.errors import RequestError
from tomb.events import Event
from tomb.http.app import make_app
from tomb.http.services import Services
from tomb.http.sockets import TOLD
from tomb.http.ui import WebUi
from tomb.library import chapters, reading, schema
from tomb.nurseries.deck import Deck
from tomb.nurseries.lifecycle import Process
from tomb.rehearsal.clients import SocketClient
from tomb.rehearsal.loudspeaker import Loudspeaker, Played
from tomb.rehearsal.peer import Peer
from tomb.rehearsal.requests import Client
from tomb.rehearsal.scenario import EventSpec, InputName, PlaylistSpec, Scenario, YouTubeSpec, seconds, uid
from tomb.rehearsal.seeds import RehearsalPorts
from tomb.rehearsal.simulated.broker import FakeBroker
from tomb.rehearsal.simulated.computer import NoStick, found_nothing
from tomb.rehearsal.simulated.disk import Disk
from tomb.rehearsal.simulated.frames import FramesOutput, heard_by_the_clock
from tomb.rehearsal.simulated.input import KEYBOARD, FakeDevice, FakeKernel
from tomb.rehearsal.simulated.inspector import InlineInspector
from tomb.rehearsal.simulated.late import LateOutput
from tomb.rehearsal.simulated.music import RATE, noise_wav, sparse_wav, wav_bytes
from tomb.rehearsal.simulated.reader import SimulatedReaders
from tomb.rehearsal.simulated.sound import FragileOutput
from tomb.rehearsal.simulated.updates import FakeUpdater
from tomb.rehearsal.simulated.videos import FakeYouTube
from tomb.rehearsal.transcript import Names, Transcript, short
from tomb.rehearsal.views import PlainView, View
from tomb.socketio import SocketServer

HOST = {"host": "localhost"}
SAID_TO_ONE = frozenset(told.event for told in TOLD) - {"machine_state"}


PRESSED = {
    "play": 164,
    "next": 163,
    "previous": 165,
    "stop": 166,
    "louder": 115,
    "softer": 114,
    "mute": 113,
    "power": 116,
    "shuffle": 410,
    "red": 256,
    "green": 257,
    "blue": 258,
}
"""What the buttons are called in a scenario, and Linux's codes for them."""
MOST_FRAMES = 3600 * RATE
SETTLED_S = 2.0  # after which nothing that its making has set going is told any more
DIAL = 7  # REL_DIAL

INPUTS: dict[InputName, Callable[[], FakeDevice]] = {
    "buttons": lambda: FakeDevice("/dev/input/event0", "Buttons", "buttons", keys=tuple(PRESSED.values())),
    "knob": lambda: FakeDevice("/dev/input/event1", "Knob", "knob", axes=(DIAL,)),
    "typer": lambda: FakeDevice("/dev/input/event2", "Typer", "typer", keys=KEYBOARD),
}

_NAMED = re.compile(r"<([^<>]+)>")
_SIZE = re.compile(r"<size ([^<>]+)>")


class NotThere(Exception):
    """What a scenario asks for cannot be done now: its message says why."""


@dataclass(eq=False)
class Phone:
    """A client: somebody's phone, with a page or a program on it. `seen`: the last number it was told."""

    name: str
    http: Client
    socket: SocketClient | None = None
    rooms: list[str] = field(default_factory=list)
    seen: int = 0
    told: list[tuple[str, Any]] = field(default_factory=list)
    view: View = field(default_factory=PlainView)
    joined: set[str] = field(default_factory=set)

    @property
    def is_connected(self) -> bool:
        """In the eyes of the box."""
        return self.socket is not None and not (self.socket.wire.closed or self.socket.wire.done.is_set())

    @property
    def is_stalled(self) -> bool:
        return self.socket is not None and self.socket.wire.stalled

    @property
    def waiting(self) -> int:
        """Frames on their way to it."""
        return 0 if self.socket is None else self.socket.wire.from_app.statistics().current_buffer_used


@dataclass
class References:
    """What is called by name in a scenario: `<cow>` is the id of that playlist, `<cow/1>` that of its first track,
    `<tag cow>` the number of that tag, and whatever an answer left (`keep`) is known by its name. `<size 3s>` is how
    many bytes a sound file of that length has."""

    stage: "Stage"
    kept: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str, value: str) -> None:
        self.kept[name] = value
        self.stage.names.by_id.setdefault(value, name)

    def given(self, value: Any) -> Any:
        """With all names replaced, wherever in it they are. Raises NotThere."""
        if isinstance(value, str) and (sized := _SIZE.fullmatch(value)):
            return len(wav_bytes(seconds(sized[1])))
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


class _Listener(logging.Handler):
    def __init__(self, stage: "Stage") -> None:
        super().__init__(logging.WARNING)
        self._stage = stage

    def emit(self, record: logging.LogRecord) -> None:
        if self._stage.dying:
            return
        self._stage.transcript.note("log", "log", f"{record.levelname.lower()}: {record.getMessage()}")
        if record.exc_info:
            self._stage.defects.append(record)


class Stage:
    """`services`, `app`: of the box, while it is on."""

    def __init__(self, scenario: Scenario, seed: int, folder: Path) -> None:
        spec = scenario.told.box
        self.scenario = scenario
        self.transcript = Transcript()
        self.ports = RehearsalPorts(seed, spec.starts, ZoneInfo(spec.time_zone))
        self.disk = Disk()
        self.missing = set(spec.missing)
        self.reader = SimulatedReaders(spec.readers, self._showed)
        self.reader.names = [name for name in spec.readers if name not in self.missing]
        self.kernel = FakeKernel()
        self.inputs = {name: made() for name, made in INPUTS.items() if name in spec.inputs}
        self.broker = FakeBroker() if spec.broker else None
        self.updater = FakeUpdater(offer=None)
        self.youtube = _youtube(scenario.told.youtube)
        self.outputs: list[Loudspeaker] = []  # of this life
        self.played = Played()
        self.defects: list[logging.LogRecord] = []
        self.events: list[Event] = []
        self.phones: dict[str, Phone] = {}
        self.scenario_names = References(self)
        self.sound: Loudspeaker | None = None
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
        async with AsyncExitStack() as around:
            around.enter_context(closing(self.kernel))
            around.callback(self._close_views)
            around.enter_context(self.disk.mounted())
            around.enter_context(self._listening_to_the_log())
            around.enter_context(heard_by_the_clock())
            if self.broker is not None:
                await around.enter_async_context(self.broker.running())
            self._nursery = await around.enter_async_context(trio.open_nursery())
            for name, device in self.inputs.items():
                if name not in self.missing:
                    self.kernel.plug(device)
            await self.switch_on()
            await self._furnish()
            self.transcript.began = trio.current_time()
            yield
            if self.services is not None:
                await self.switch_off()
            self._nursery.cancel_scope.cancel()

    def _close_views(self) -> None:
        for phone in self.phones.values():
            phone.view.close()

    # --- its lives --------------------------------------------------------------------------------------------------

    async def switch_on(self) -> None:
        assert self._nursery is not None
        if not self.data.exists():
            self.data.mkdir()
            (self.data / "tomb.db").write_bytes(_empty_database())
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
        self.disk.after_cut(before, self.data)
        self.disk.is_of(self.data)
        self._power.cancel()
        await self._ended.wait()
        self.dying = False

    async def _live(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        self._power, self._ended = trio.CancelScope(), trio.Event()
        self.outputs.clear()
        self._process = process = Process(resumes=self._again)
        settings = Settings(data=self.data, **self._operators())
        try:
            with self._power:
                inspector = InlineInspector(self.ports)
                async with (
                    open_box(settings, self.ports, self._devices(settings), process, inspector) as services,
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

    @contextmanager
    def _listening_to_the_log(self) -> Iterator[None]:
        """What the box warns of is part of the story; what it calls a defect is one."""
        listener, root = _Listener(self), logging.getLogger("tomb")
        root.addHandler(listener)
        try:
            yield
        finally:
            root.removeHandler(listener)

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

    def _devices(self, settings: Settings) -> Devices:
        def sound(deck: Deck) -> Output:
            self.sound = self._loudspeaker("sound", deck)
            return self.sound

        return Devices(
            output=None if settings.audio == "silent" else sound,
            silent=partial(self._loudspeaker, "silence") if settings.audio in ("auto", "silent") else None,
            reader=None if settings.reader == "virtual" else self.reader,
            virtual_reader=VirtualReader() if settings.reader in ("auto", "virtual") else None,
            youtube=lambda: self.youtube,
            keys=InputDevices(self.ports, self.kernel) if self.inputs else None,
            broker=None if self.broker is None else self._known_broker,
            updater=self.updater,
            gather=found_nothing,
            naming=lambda: Naming("box", ()),
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
                await self._ask("PUT", f"/api/tags/{tags[name]}", {"action": tag.action.model_dump(exclude_none=True)})
        zone = {"time_zone": told.box.time_zone}
        await self._ask("PUT", "/api/settings", zone | told.parents)
        await trio.sleep(SETTLED_S)
        self.ports.set_wall(told.box.starts)
        self.disk.settle(self._folder)
        self.events.clear()
        self.transcript.entries.clear()

    async def _add(self, name: str, spec: PlaylistSpec) -> None:
        folder = self._folder / "music" / name
        folder.mkdir(parents=True)
        for number, length in enumerate(spec.tracks, start=1):
            write = noise_wav if self.scenario.told.box.sound == "frames" else sparse_wav
            write(folder / f"{number:03} {name} {number}.wav", length, salt=f"{name} {number}")
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

    def forget_frames(self) -> None:
        """Of what is heard only what belongs to one step is kept."""
        if self.sound is not None and isinstance(self.sound.device, FramesOutput):
            self.sound.device.forget()

    def frames_of(self, track: str) -> Frames:
        """What is to be heard of a track, at full volume. Raises NotThere."""
        decoder = Decoder(self._file_of(track), RATE)
        return decoder.read(MOST_FRAMES)

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

    def on_reader(self, name: str | None) -> str:
        """The name of a reader, by default of the first. Raises NotThere."""
        chosen = name or self.reader.known[0]
        if chosen not in self.reader.known:
            raise NotThere(f"no reader is called {chosen}")
        return chosen

    def put(self, tag: str, on: str) -> None:
        spec = self.scenario.told.tags.get(tag)
        self.reader.place(self.tag(tag), on, is_random=spec is not None and spec.random)

    def input(self, name: InputName) -> FakeDevice:
        """Raises NotThere."""
        if name not in self.inputs or name in self.missing:
            raise NotThere(f"the box has no {name}: box.inputs says what is plugged in")
        return self.inputs[name]

    async def lose(self, device: str) -> None:
        """Raises NotThere."""
        if device in self.missing:
            raise NotThere(f"{device} is gone already")
        self.missing.add(device)
        if device == "sound":
            if self.sound is not None:
                self.sound.device.unplug()
        elif device in self.reader.known:
            self.reader.unplug(device)
        elif device in self.inputs:
            self.kernel.unplug(self.inputs[device])
        elif device == "broker" and self.broker is not None:
            self.broker.there = False
            await self.broker.hang_up()
        else:
            self.missing.discard(device)
            raise NotThere(f"no device is called {device}")

    def give_back(self, device: str) -> None:
        """Raises NotThere."""
        if device not in self.missing:
            raise NotThere(f"{device} is not missing")
        self.missing.discard(device)
        if device == "sound":
            if self.sound is not None:
                self.sound.device.there = True
        elif device in self.reader.known:
            self.reader.plug_in(device)
        elif device in self.inputs:
            self.kernel.plug(self.inputs[device])
        elif self.broker is not None:
            self.broker.there = True

    def _loudspeaker(self, called: str, deck: Deck) -> Loudspeaker:
        """`called`: in the transcript."""

        def note(text: str) -> None:
            if not self.dying:
                self.transcript.note(called, "sound", text)

        device: FragileOutput | FramesOutput
        if called == "sound" and self.scenario.told.box.sound == "frames":
            device = FramesOutput(self.ports, lambda report: loudspeaker.reported(report))
        elif lag_s := self.scenario.told.box.sound_lag:
            device = LateOutput(self.ports, lambda report: loudspeaker.reported(report), lag_s)
        else:
            device = FragileOutput(self.ports, lambda report: loudspeaker.reported(report))
        device.there = called not in self.missing
        loudspeaker = Loudspeaker(device, deck.report, self.track_in, note, self.played)
        self.outputs.append(loudspeaker)
        return loudspeaker

    def _known_broker(self) -> FakeBroker:
        assert self.broker is not None
        return self.broker

    def _showed(self, sign: Sign, reader: str) -> None:
        self.transcript.note(reader, "sound", f"shows {sign}")

    def _operators(self) -> dict[str, Any]:
        broker = {"mqtt": "mqtt://broker.test"} if self.broker is not None else {}
        return {"rate_limits": "off", "demo": "off", **broker, **self.scenario.told.box.settings}

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
        phone.joined.clear()
        answered = await wire.frame()
        assert isinstance(answered, str)
        self.names.by_id.setdefault(answered.partition('"sid":"')[2].partition('"')[0], f"{phone.name}'s socket")

        def hears(event_type: str, payload: Any) -> None:
            if phone.socket is not client:
                return
            if event_type == "connection_status" and payload["server_seq"] < phone.seen:
                phone.seen = 0
                phone.view.forget()
            phone.told.append((event_type, payload))
            phone.view.take(event_type, payload)
            if event_type == "ack:join" and payload["success"]:
                phone.joined.add(payload["room"])
            elif event_type == "ack:leave":
                phone.joined.discard(payload["room"])
            elif event_type == "sync:complete":
                phone.joined.update(payload["synced_rooms"])
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


@cache
def _empty_database() -> bytes:
    """As the box makes one where there is none, which takes it longer than a story of a minute."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        schema.make(db, schema.VERSION)
        return db.serialize()


def _youtube(spec: YouTubeSpec) -> FakeYouTube:
    faults = {
        video: [YouTubeFault(reason, f"The video cannot be had: {reason}") for reason in reasons]
        for video, reasons in spec.fails.items()
    }
    return FakeYouTube(
        missing=spec.missing,
        faults=faults,
        at_s=spec.takes / 2,
        seconds=spec.length,
        fetching_s=spec.takes,
        title=spec.title,
    )


def _number(event_type: str, payload: Any) -> int:
    numbered = event_type.startswith("state:") and isinstance(payload, dict)
    return int(payload["server_seq"]) if numbered else 0
