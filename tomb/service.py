"""The box as a process: settings, signals, the web server, what it says on the terminal."""

import errno
import faulthandler
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import trio

from tomb import __version__, logs, memory
from tomb.box import chosen_devices, load_ahead, load_sound, open_box
from tomb.config import MIB, Settings, read_settings, unknown_settings
from tomb.devices.service_manager import ServiceManager
from tomb.errors import Busy, LibraryDamaged, RequestError, StartError, TombError
from tomb.library.disk import is_mounted, note_address
from tomb.models import counted
from tomb.nurseries.health import DOWN, STARTING, UP
from tomb.nurseries.lifecycle import RESUMES, Process
from tomb.nurseries.listeners import EVERYWHERE, is_loopback
from tomb.nurseries.liveness import WEB, Job
from tomb.nurseries.supervisor import LOOK_PAUSES_S, supervised
from tomb.ports import Ports, RealPorts

if TYPE_CHECKING:  # the web side is loaded when tags play already
    from tomb.http.services import Services
    from tomb.nurseries.web import Address

log = logging.getLogger(__name__)

MOUNT_LOOK_S = 1.0
LARGE_LIBRARY = 4 * MIB  # some 5,000 tracks
# For so long a thread asks in vain before another has to let it into Python. Those that open the sound and fill it ask
# some ten times until a tap is heard; on a quarter of a core, beside an upload, Python's own 5 ms made half of that.
SWITCH_S = 0.0005
NAME_S = 0.5  # for the name of this computer to be answered for: an answer from next door takes a few milliseconds


def serve(options: Mapping[str, Any]) -> NoReturn:
    """Run the box until SIGTERM or Ctrl-C, and leave the process. `options` go before the environment.

    Raises: StartError, LibraryDamaged.
    """
    logs.keep_stderr()
    with suppress(RuntimeError):  # without a stderr nobody could read it
        faulthandler.enable()  # says where it was, should the watchdog abort it, or a crash in a library
    settings = read_settings(options)
    before = os.environ.pop(RESUMES, "")
    if before and settings.port == 0:
        settings = settings.model_copy(update={"port": int(before)})  # where clients look for it
    logbook = logs.Logbook()
    logs.configure(settings.log_level, logbook)
    for name in unknown_settings():
        log.warning("no setting is called %s", name)
    sys.setswitchinterval(SWITCH_S)
    process = Process(logbook, resumes=before != "", manager=ServiceManager())
    refusal: TombError | None = None
    try:
        trio.run(process.run, partial(_serve, settings, RealPorts(), process))
    except* (StartError, LibraryDamaged) as errors:
        refusal = _first(errors)  # what is raised in here would come out in a group again
    except* Exception as defects:  # noqa: BLE001  # the boundary of the core: `leave` says it, loudly
        process.defect = defects
    if refusal is not None:
        raise refusal
    process.leave()


async def _serve(settings: Settings, ports: Ports, process: Process) -> None:
    if settings.data_mount is not None:
        await _until_mounted(settings, settings.data_mount, ports, process)
    devices = chosen_devices(settings, ports)
    async with trio.open_nursery() as beside:
        beside.start_soon(ports.in_thread, _load_beside, settings, process)
        async with open_box(settings, ports, devices, process) as services:
            process.liveness.status = partial(_status, services)
            if services.settings.demo != "off" and not services.probation.is_on:
                await _demo(services)
            async with trio.open_nursery() as nursery:
                web = _Web(services)
                await web.start(nursery)
                memory.settle()
                with trio.CancelScope() as looking:
                    process.at_stop(looking.cancel)
                    await _sync(services)
                await services.librarian.forget_pages()
                memory.trim()
                await process.stop.wait()
                await web.until_ended()
                nursery.cancel_scope.cancel()


def _load_beside(settings: Settings, process: Process) -> None:
    """While the database is looked through. That leaves Python's lock to others, and of a large one it takes so long
    that most of the web side can be loaded meanwhile; of a small one the tags would wait for what is being loaded."""
    load_sound(settings)
    with suppress(FileNotFoundError):
        if (settings.data / "tomb.db").stat().st_size >= LARGE_LIBRARY and len(os.sched_getaffinity(0)) > 1:
            load_ahead(lambda: process.has_library)


async def _until_mounted(settings: Settings, mount: Path, ports: Ports, process: Process) -> None:
    """Return when the disk with the library is there: a new one must not be made in the folder where it is missing.

    Meanwhile there is nothing of the box but a page that says so.
    """
    if not settings.data.absolute().is_relative_to(mount):
        raise StartError(f"TOMB_DATA_MOUNT: the data folder {settings.data} is not on {mount}")
    if await ports.in_thread(is_mounted, mount):
        return
    log.error("the disk with the library is missing: nothing is mounted on %s; it is waited for", mount)
    process.manager.ready(f"waits for the disk with the library: nothing is mounted on {mount}")
    memory.settle()  # it may wait for days
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_say_that_it_waits, settings, ports, process)
        is_there = False
        while not is_there:
            await trio.sleep(MOUNT_LOOK_S)
            is_there = await ports.in_thread(is_mounted, mount, abandon=True)  # a dying stick may not answer
        nursery.cancel_scope.cancel()
    log.info("the disk with the library is there")


async def _say_that_it_waits(settings: Settings, ports: Ports, process: Process) -> None:
    serve_waiting = await ports.in_thread(_load_waiting)
    try:
        await serve_waiting(settings, ports, process.stop)
    except* OSError as errors:
        log.warning("nobody can read that the box waits: %s", next(iter(errors.exceptions)))


class _Web:
    """The web side: what a box may be without, as without its reader. It comes when tags play already, is loaded in a
    thread meanwhile, and is started again when it fails.

    Whoever starts a box on a terminal is there to read that its port is taken, and gets the terminal back. Behind an
    installed box there stands a child: it plays, and takes the port as soon as that is free.
    """

    def __init__(self, services: "Services") -> None:
        self._services = services
        self._supervisor = supervised("api", services.board, self._serve, LOOK_PAUSES_S)
        self._ended = trio.Event()
        self._complaint = ""
        self._has_welcomed = False

    async def start(self, nursery: trio.Nursery) -> None:
        """Returns when it serves, or it is known that it cannot for now. Raises StartError, on a terminal."""
        await nursery.start(self._supervisor.run)
        if not self._services.board.is_up("api") and not self._services.process.manager.is_there:
            raise StartError(self._services.board.details()["api"].last_error or "the web side does not start")

    async def until_ended(self) -> None:
        """The box has begun to stop: wait until the clients that there are have been sent away."""
        if self._services.board.is_up("api"):
            await self._ended.wait()

    async def _serve(self, *, task_status: trio.TaskStatus[None]) -> None:
        serve_clients = await self._services.ports.in_thread(_load)
        self._ended = trio.Event()
        try:
            async with trio.open_nursery() as nursery:
                addresses = await self._listen(partial(nursery.start, serve_clients, self._services))
                self._services.process.port = addresses[0].port
                task_status.started()
                self._is_up(addresses)
                if not self._has_welcomed:
                    self._has_welcomed = True
                    await _welcome(self._services, addresses)
        finally:
            self._services.announcer.serve_at(None)
            self._services.process.liveness.forget(WEB)
            self._ended.set()
        await trio.sleep_forever()  # it ended since the box stops: that is no failure

    async def _listen(self, start: Callable[[], Awaitable["list[Address]"]]) -> "list[Address]":
        try:
            return await start()
        except* OSError as errors:
            settings = self._services.settings
            ports = f"port {settings.port}" + (f" and {settings.tls_port}" if settings.tls_cert else "")
            error = next(iter(errors.exceptions))
            taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            why = "in use by another program; --port chooses another" if taken else str(error)
            complaint = f"cannot listen on {', '.join(settings.host)} {ports}: {why}"
        if self._services.process.manager.is_there and complaint != self._complaint:
            log.error("%s; tags play all the same", complaint)
        self._complaint = complaint
        raise Busy(complaint)

    def _is_up(self, addresses: "list[Address]") -> None:
        self._complaint = ""
        process = self._services.process
        process.liveness.watch(WEB, partial(answer, addresses[0].url))
        process.manager.say(_status(self._services))
        note_address(self._services.settings.data, addresses[0].url)
        if not all(is_loopback(each.host) for each in addresses):
            self._services.announcer.serve_at(addresses[0].port)


async def answer(url: str, job: Job) -> None:
    """Be answered by the web side, as any client is. Whatever the network says is no hang of ours."""
    at = urlsplit(url)
    request = f"GET /api/health HTTP/1.1\r\nHost: {at.netloc}\r\nConnection: close\r\n\r\n"
    with suppress(OSError, trio.BrokenResourceError):
        async with await trio.open_tcp_stream(at.hostname or "", at.port or 0) as stream:
            await stream.send_all(request.encode())
            await stream.receive_some(1)
    await job()


def _status(services: "Services") -> str:
    """For `systemctl status`."""
    where = f"web pages on port {services.process.port}" if services.board.is_up("api") else "no web pages"
    return "; ".join(("tags play", where, *services.board.troubles))


def _load_waiting() -> Callable[..., Awaitable[None]]:
    from tomb.http.waiting import serve_waiting

    return serve_waiting


def _load() -> Callable[..., Awaitable[None]]:
    from tomb.http.serving import serve_clients

    return serve_clients


async def _demo(services: "Services") -> None:
    """A box without music cannot start to play; one without its demo can."""
    try:
        await services.importer.demo(again=services.settings.demo == "on")
    except RequestError as error:
        log.warning("the demo library could not be made: %s", error)


async def _sync(services: "Services") -> None:
    """Look for files that came and went while the box was off; the box plays meanwhile."""
    await services.probation.over()
    try:
        await services.importer.sync()
    except RequestError as error:
        log.warning("the library could not be compared with its files: %s", error)


async def _welcome(services: "Services", addresses: "list[Address]") -> None:
    """What a person at the terminal reads. Nothing else of the box writes to stdout."""
    audio, nfc = services.board.details()["audio"], services.board.details()["nfc"]
    url, port = addresses[0].url, addresses[0].port
    lines = [f"The Open Music Box {__version__} is up: {url}"]
    heading = "phones"
    for each in await _for_phones(services, addresses):
        lines.append(f"  {heading:<10}{each}")
        heading = ""
    lines += _secure_lines(services, addresses)
    lines.append(f"  library   {counted(services.librarian.count(), 'playlist')} in {services.settings.data}")
    if (trouble := services.board.details()["library"]).last_error is not None:
        lines.append(f"  {'trouble ' if trouble.state == DOWN else 'repaired'}  {trouble.last_error}")
    silent = "no answer yet from the Snapcast server" if audio.state == STARTING else "as asked for"
    lines.append("  sound     " + ("on" if audio.state == UP else f"silent: {audio.last_error or silent}"))
    if services.virtual_reader is None:
        lines.append(
            "  tags      "
            + ("put one on the reader" if nfc.state == UP else f"none: {nfc.last_error or 'as asked for'}")
        )
    else:
        lines += _virtual_lines(services, nfc.last_error, port)
    with suppress(OSError):  # into a file on a full disk, or a pipe that nobody reads: that is no reason not to play
        print("\n".join(lines), "\n  Ctrl-C switches it off.", sep="", flush=True)


async def _for_phones(services: "Services", addresses: "list[Address]") -> list[str]:
    """What to type into a phone: its name in the network, if that answers and with an address of this computer, and the
    addresses, which answer always."""
    plain = [each for each in addresses if not each.is_secure and not is_loopback(each.host)]
    if not plain:
        return []
    from tomb.devices import facts  # loaded with the web side

    found = await services.ports.in_thread(facts.addresses)
    hosts = [each.host for each in plain if each.host not in EVERYWHERE]
    hosts += [each for each in found if ("::" if ":" in each else "0.0.0.0") in {every.host for every in plain}]  # noqa: S104
    name = services.names.announced or f"{services.names.host.lower()}.local"
    with trio.move_on_after(NAME_S):
        answers = await facts.names(name)
        if any(map(facts.is_own, answers or ())):
            hosts.insert(0, name)
    return [f"http://[{host}]:{plain[0].port}" if ":" in host else f"http://{host}:{plain[0].port}" for host in hosts]


def _secure_lines(services: "Services", addresses: "list[Address]") -> list[str]:
    secure = next((each for each in addresses if each.is_secure), None)
    if secure is None:
        return []
    https = services.board.details()["https"]
    return [f"  https     {secure.url}" if https.state == UP else f"  https     not yet: {https.last_error}"]


def _virtual_lines(services: "Services", error: str | None, port: int) -> list[str]:
    tag = next((lite.nfc_tag_id for lite in services.librarian.lites() if lite.nfc_tag_id), "04A1B2C3")
    url = "" if port == 8000 else f" --url http://localhost:{port}"
    return [
        f"  tags      virtual: {error or 'as asked for'}",
        f"            tap one with   {sys.argv[0]} tap {tag}{url}",
    ]


def _first(group: BaseExceptionGroup[TombError]) -> TombError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, TombError)
    return error
