"""The box: the only place that knows everybody. Opens the library and the devices, wires them, and keeps the order.

What is opened last is closed first: sockets and HTTP, then taps and devices, then the deck, whose position the journal
writes down, then the library. Whatever is started with `lifecycle.start` is the core: a defect in it ends the box. What
is under a supervisor may fail without it (see `lifecycle`, `supervisor`).
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

import trio

from tomb import __version__
from tomb.config import MIB, BrokerAddress, Settings, host_and_port
from tomb.core import Core, Devices
from tomb.devices.keys import InputDevices
from tomb.devices.output import Output, SelectableOutput
from tomb.devices.reader import TagReader, VirtualReader
from tomb.devices.snapcast import SpeakerControl
from tomb.devices.updates import PackageUpdater
from tomb.events import LEASE_BLOCK, MACHINES, PLAYLISTS, Events
from tomb.library.counters import EventLease
from tomb.library.memory import PlayerMemory
from tomb.library.opening import open_store
from tomb.library.repair import recovery
from tomb.library.store import Store
from tomb.models import SoundTroubleKind
from tomb.nurseries.calendar import Calendar
from tomb.nurseries.deck import Deck
from tomb.nurseries.health import DOWN, UP, Board
from tomb.nurseries.journal import Journal
from tomb.nurseries.keys import Keys
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.lifecycle import Lifecycle, Process
from tomb.nurseries.limits import Limits
from tomb.nurseries.linking import Linking
from tomb.nurseries.listeners import is_loopback
from tomb.nurseries.liveness import DISK_S, LIBRARY, Liveness
from tomb.nurseries.parent_auth import ParentAuth
from tomb.nurseries.preferences import Preferences
from tomb.nurseries.probation import Probation
from tomb.nurseries.speakers import Rooms
from tomb.nurseries.supervisor import Supervisor
from tomb.nurseries.taps import Taps
from tomb.nurseries.updates import Updates
from tomb.nurseries.warming import Warming
from tomb.ports import Ports

if TYPE_CHECKING:  # loaded when tags play, or where there is a broker
    from tomb.devices.mqtt.broker import Broker
    from tomb.devices.youtube import YouTube
    from tomb.http.services import Services
    from tomb.nurseries.ingest import Inspector

log = logging.getLogger(__name__)

# In steps that are short, for a tag waits for what is being loaded when the library is open. Our own packages come
# before the libraries of which they leave something out.
AHEAD = (
    *("tomb.http", "werkzeug.routing", "tomb.http.frame"),
    *("tomb.socketio", "tomb.nurseries.importer", "tomb.rest", "tomb.http.sockets", "tomb.http.serving"),
)
RECOVERED = "recovered"
SNAPCAST_PORT = 4953  # of a TCP source of its that names none


def chosen_devices(settings: Settings, ports: Ports) -> Devices:
    """The devices that the settings ask for, and no module of another: a silent box needs no PortAudio."""

    snapcast_at = host_and_port(settings.snapcast, SNAPCAST_PORT)

    def silent(deck: Deck) -> Output:
        from tomb.devices.silent import SilentOutput

        return SilentOutput(ports, deck.report)

    def portaudio(deck: Deck) -> Output:
        from tomb.devices.audio import PortAudioOutput

        return PortAudioOutput(
            ports,
            deck.report,
            settings.audio_device or None,
            rate=settings.audio_rate,
            idle_close_s=settings.audio_idle_close_s,
        )

    def snapcast(deck: Deck) -> Output:
        from tomb.devices.snapcast.output import SnapcastOutput

        control = settings.snapcast_control_port
        delay_ms = settings.snapcast_delay_ms
        return SnapcastOutput(ports, deck.report, *snapcast_at, control, rate=settings.audio_rate, delay_ms=delay_ms)

    def rooms(changed: Callable[[], None]) -> AbstractAsyncContextManager[SpeakerControl]:
        from tomb.devices.snapcast import control

        host, port = snapcast_at
        return control.connected(host, settings.snapcast_control_port, port, changed)

    def pcsc() -> TagReader:
        from tomb.devices.pcsc_reader import PcscReader

        return PcscReader(ports, pattern=settings.reader_name)

    def ytdlp() -> "YouTube":
        from tomb.devices.youtube import tool

        return tool.YtDlp(ports, (settings.data / "youtube").absolute(), settings.free_kept_mb * MIB)

    def mqtt(address: BrokerAddress) -> "Broker":
        from tomb.devices.mqtt.broker import Broker, Credentials

        files = Credentials(settings.mqtt_password_file, settings.mqtt_ca, settings.mqtt_cert, settings.mqtt_key)
        return Broker(ports, address, files)

    return Devices(
        mdns=settings.mdns == "auto" and not all(is_loopback(host) for host in settings.host),
        output={"silent": None, "snapcast": snapcast}.get(settings.audio, portaudio),
        silent=silent if settings.audio in ("auto", "silent") else None,
        reader=pcsc() if settings.reader in ("auto", "pcsc") else None,
        virtual_reader=VirtualReader() if settings.reader in ("auto", "virtual") else None,
        youtube=ytdlp if settings.youtube == "on" else None,
        keys=InputDevices(ports) if settings.keys == "auto" else None,
        updater=PackageUpdater(ports, settings.update_url),
        rooms=rooms if settings.audio == "snapcast" else None,
        broker=partial(mqtt, settings.mqtt) if settings.mqtt is not None else None,
    )


def load_sound(settings: Settings) -> None:
    """What the output of `chosen_devices` takes longest to load."""
    if settings.audio in ("auto", "portaudio"):
        import tomb.devices.audio
    if settings.audio in ("auto", "silent"):
        import tomb.devices.silent  # noqa: F401


def load_ahead(is_over: Callable[[], bool]) -> None:
    """What the web side takes longest to load, as far as that gets until then."""
    for name in AHEAD:
        if is_over():
            return
        import_module(name)


@asynccontextmanager
async def open_box(
    settings: Settings,
    ports: Ports,
    devices: Devices,
    process: Process | None = None,
    inspector: "Inspector | None" = None,
) -> "AsyncIterator[Services]":
    """A running box without its web side. `inspector`: by default a child process. Raises StartError."""
    process = process or Process()
    board = Board(ports)
    async with (
        open_store(settings.data, ports, settings.free_kept_mb * MIB, settings.data_mount, or_read=True) as store,
        Lifecycle.open(process, board) as lifecycle,
    ):
        process.has_library = True
        # What is remembered, and what is told of it.
        await lifecycle.start(store.run)
        lease = EventLease(store, LEASE_BLOCK)
        events = Events(ports, await lease.open(ports.wall()), settings.event_log_size)
        board.machines.listener = partial(_publish_machine, events)
        await lifecycle.start(partial(events.run, lease))
        probation = Probation()
        updates = Updates(events, board.machines, devices.updater, probation, __version__)
        await updates.recall()
        await lifecycle.supervise("updates", updates.run)
        librarian = await Librarian.open(store, events, ports)
        await lifecycle.start(librarian.run)
        librarian.may_edit = probation.check

        # What plays, and within which limits.
        journal = Journal(librarian.note)
        await lifecycle.start(journal.run)
        interval_ms = max(settings.position_interval_ms, settings.position_min_ms)
        deck = Deck(
            ports,
            events,
            journal,
            librarian.playable,
            librarian.folder,
            board.machines,
            interval_ms / 1000,
            partial(_complain_of_sound, board, events),
        )
        await lifecycle.start(deck.run)
        # Before anything else happens to it: of the first that does its state is noted, which would be that of a box
        # that never played, and on a slow card it would be written before what was remembered has been read.
        memory = await librarian.recall()
        if memory is not None:
            await deck.restore(memory)
        _note_position_at_the_end(process, deck, journal)
        librarian.listen(deck)
        calendar = Calendar(ports, devices.time_zone())
        librarian.today = lambda: calendar.look().day
        limits = Limits(calendar, deck, journal, board, await librarian.days())
        await lifecycle.start(limits.run)
        rooms = Rooms(events, devices.rooms)
        limits.quieten = rooms.set_ceiling
        output = devices.output and devices.output(deck)
        selectable = output if isinstance(output, SelectableOutput) else None
        # What parents chose, and whether the music goes on.
        preferences = await Preferences.open(settings, librarian, deck, selectable, limits)
        parent_auth = await ParentAuth.open(ports, librarian)
        went_on = await _go_on(deck, memory, process, preferences.current.start_volume)

        # What a child touches: from here on a tag plays.
        linking = Linking(ports, events, librarian, board.machines)
        await lifecycle.start(linking.run)
        taps = Taps(ports, events, librarian, journal, deck, linking, board.machines)
        taps.went_on = went_on
        await lifecycle.start(taps.run)
        keys = await Keys.open(ports, events, librarian, deck, taps.typed, linking.refuse, board.machines, devices.keys)
        if devices.keys is not None:
            await lifecycle.supervise("keys", keys.run)
        await _watch_library(lifecycle, board, store, process)
        start_audio = lifecycle.start if devices.rooms is None else lifecycle.start_from_afar
        await start_audio(_audio(output, devices, board, deck).run)
        await lifecycle.start(_reader(devices, board, taps).run)
        await lifecycle.supervise("warming", Warming(events, librarian, deck).run)
        _ask_for_life(process.liveness, store, librarian, journal, deck)
        if taps.reader is not None:
            deck.chime("ready")
        core = Core(
            settings=settings,
            ports=ports,
            devices=devices,
            process=process,
            lifecycle=lifecycle,
            board=board,
            store=store,
            events=events,
            updates=updates,
            probation=probation,
            librarian=librarian,
            deck=deck,
            output=selectable,
            calendar=calendar,
            limits=limits,
            rooms=rooms,
            preferences=preferences,
            parent_auth=parent_auth,
            linking=linking,
            taps=taps,
            keys=keys,
        )
        try:
            process.manager.ready("tags play; the web pages come next")
            open_rest = await ports.in_thread(_load_rest)
            yield await open_rest(core, inspector)
        finally:
            deck.note_position()


def _load_rest() -> "Callable[[Core, Inspector | None], Awaitable[Services]]":
    from tomb.rest import open_rest

    return open_rest


def _publish_machine(events: Events, name: str, machine_id: str, state: str | None) -> None:
    events.tell("machine_state", {MACHINES}, {"name": name, "id": machine_id, "state": state})


def _complain_of_sound(board: Board, events: Events, kind: SoundTroubleKind, message: str, skipped: str | None) -> None:
    log.warning("audio: %s", message)
    board.note("audio", error=message)
    events.tell("sound_trouble", {PLAYLISTS}, {"kind": kind, "message": message, "skipped": skipped})


def _note_position_at_the_end(process: Process, deck: Deck, journal: Journal) -> None:
    async def last_words() -> None:
        deck.note_position()
        await journal.flush()

    process.at_stop(deck.note_position)
    process.last_words = last_words


def _ask_for_life(liveness: Liveness, store: Store, librarian: Librarian, journal: Journal, deck: Deck) -> None:
    """Who must answer, or an installed box is started anew; the web side follows when it is there."""
    liveness.watch(LIBRARY, store.turn, DISK_S)
    liveness.watch("librarian", librarian.turn, DISK_S)
    liveness.watch("journal", journal.turn, DISK_S)
    liveness.watch("deck", deck.turn)


async def _watch_library(lifecycle: Lifecycle, board: Board, store: Store, process: Process) -> None:
    """A library that had to be recovered is shown as such until somebody has taken note; one that is gone, or cannot be
    written, as down. The box starts anew where it is back in a way that only a start can take."""
    recovered = await store.read(lambda db: recovery.behind(store.folder, db))

    def note(trouble: str | None) -> None:
        if trouble is not None:
            log.error(trouble)
            board.note("library", DOWN, error=trouble)
        elif recovered is not None:
            board.note("library", RECOVERED, error=recovered.message)
        else:
            board.note("library", UP)

    if recovered is not None:
        log.warning(recovered.message)
    note(store.refusal)
    await lifecycle.start(partial(store.watch, note, process.restart))


async def _go_on(deck: Deck, memory: PlayerMemory | None, process: Process, start_volume: int) -> bool:
    """No louder than parents let the box start. Whether it plays on."""
    if deck.state(0).volume > start_volume:
        await deck.set_volume(start_volume)
    if memory is None or not process.resumes or not memory.playing:
        return False
    await deck.play()
    return True


def _audio(output: Output | None, devices: Devices, board: Board, deck: Deck) -> Supervisor[Output]:
    async def serve(output: Output, task_status: trio.TaskStatus[None]) -> None:
        await output.run(task_status=task_status)

    return Supervisor(
        "audio",
        board,
        real=output,
        stand_in=devices.silent and devices.silent(deck),
        serve=serve,
        use=deck.attach,
        lose=deck.detach,
    )


def _reader(devices: Devices, board: Board, taps: Taps) -> Supervisor[TagReader]:
    return Supervisor(
        "nfc",
        board,
        real=devices.reader,
        stand_in=devices.virtual_reader,
        serve=taps.serve,
        use=taps.use,
        lose=taps.lose,
    )
