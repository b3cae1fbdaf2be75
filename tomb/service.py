"""The box as a process: settings, signals, the web server, what it says on the terminal."""

import logging
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn

import trio

from tomb import __version__, logs, malloc
from tomb.box import chosen_devices, open_box
from tomb.config import Settings, read_settings, unknown_settings
from tomb.errors import LibraryDamaged, RequestError, StartError, TombError
from tomb.http.api import busy
from tomb.http.app import make_app
from tomb.http.routes import Services
from tomb.library.disk import note_address
from tomb.models import counted
from tomb.nurseries.health import UP
from tomb.nurseries.lifecycle import RESUMES, Process
from tomb.nurseries.listeners import EVERYWHERE
from tomb.nurseries.web import Address, WebLimits, serve_web
from tomb.ports import Ports, RealPorts

log = logging.getLogger(__name__)


def serve(options: Mapping[str, Any]) -> NoReturn:
    """Run the box until SIGTERM or Ctrl-C, and leave the process. `options` go before the environment.

    Raises: StartError, LibraryDamaged.
    """
    logs.keep_stderr()
    settings = read_settings(options)
    before = os.environ.pop(RESUMES, "")
    if before and settings.port == 0:
        settings = settings.model_copy(update={"port": int(before)})  # where clients look for it
    logbook = logs.Logbook()
    logs.configure(settings.log_level, logbook)
    for name in unknown_settings():
        log.warning("no setting is called %s", name)
    malloc.keep_one_heap()
    process = Process(logbook, resumes=before != "")
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
    devices = chosen_devices(settings, ports)
    async with open_box(settings, ports, devices, process) as services, trio.open_nursery() as web:
        if services.settings.demo != "off":
            await _demo(services)
        addresses = await _listen(web, services)
        process.port = addresses[0].port
        services.board.note("api", UP)
        _welcome(services, addresses)
        with trio.CancelScope() as looking:
            process.at_stop(looking.cancel)
            await _sync(services)
        malloc.give_back()


async def _demo(services: Services) -> None:
    """A box without music cannot start to play; one without its demo can."""
    try:
        await services.importer.demo(again=services.settings.demo == "on")
    except RequestError as error:
        log.warning("the demo library could not be made: %s", error)


async def _sync(services: Services) -> None:
    """Look for files that came and went while the box was off; the box plays meanwhile."""
    try:
        await services.importer.sync()
    except RequestError as error:
        log.warning("the library could not be compared with its files: %s", error)


async def _listen(web: trio.Nursery, services: Services) -> list[Address]:
    settings = services.settings
    try:
        addresses: list[Address] = await web.start(_serve_web, services)
        return addresses
    except* OSError as errors:
        reason = next(iter(errors.exceptions))
        raise StartError(f"cannot listen on {', '.join(settings.host)} port {settings.port}: {reason}") from None


async def _serve_web(services: Services, *, task_status: trio.TaskStatus[list[Address]]) -> None:
    app = make_app(services)
    async with trio.open_nursery() as nursery:
        await nursery.start(app.run)
        services.board.note("websocket", UP)
        await serve_web(
            app,
            hosts=services.settings.host,
            port=services.settings.port,
            limits=WebLimits(grace=0.2, message_bytes=app.limits.message_bytes),
            stop=services.process.stop,
            draining=partial(app.shutdown, 0.2),
            busy=partial(busy, services),
            task_status=task_status,
        )
        nursery.cancel_scope.cancel()


def _welcome(services: Services, addresses: list[Address]) -> None:
    """What a person at the terminal reads. Nothing else of the box writes to stdout."""
    audio, nfc = services.board.details()["audio"], services.board.details()["nfc"]
    url, port = addresses[0].url, addresses[0].port
    note_address(services.settings.data, url)
    lines = [f"The Open Music Box {__version__} is up: {url}"]
    if addresses[0].host in EVERYWHERE:
        lines.append(f"  phones    http://{socket.gethostname().partition('.')[0]}.local:{port}")
    lines.append(f"  library   {counted(services.librarian.count(), 'playlist')} in {services.settings.data}")
    if (repaired := services.board.details()["library"].last_error) is not None:
        lines.append(f"  repaired  {repaired}")
    lines.append("  sound     " + ("on" if audio.state == UP else f"silent: {audio.last_error or 'as asked for'}"))
    if services.virtual_reader is None:
        lines.append(
            "  tags      "
            + ("put one on the reader" if nfc.state == UP else f"none: {nfc.last_error or 'as asked for'}")
        )
    else:
        lines += _virtual_lines(services, nfc.last_error, port)
    with suppress(OSError):  # into a file on a full disk, or a pipe that nobody reads: that is no reason not to play
        print("\n".join(lines), "\n  Ctrl-C switches it off.", sep="", flush=True)


def _virtual_lines(services: Services, error: str | None, port: int) -> list[str]:
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
