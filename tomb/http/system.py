"""Routes of the box itself."""

import logging
from dataclasses import asdict
from typing import Any

from tomb import __version__
from tomb.devices import computer
from tomb.devices.virtual_reader import VirtualReader
from tomb.errors import NotFound
from tomb.http import answers
from tomb.http.envelope import Answer
from tomb.http.requests import Body, LogQuery, TagBody
from tomb.http.routes import Ask, Route, Services

CONTRACT_VERSION = "3.0.0"  # of the original's API, which this box speaks
# What clients of the original box look for; it knew LEDs and buttons, this one has none (yet).
SERVICES = ("api", "audio", "nfc", "gpio", "led_hat", "websocket")


async def _health(services: Services, _: Ask[Body]) -> Answer:
    """How the box is, read from its supervised tasks."""
    return Answer(_status(services), services.board.overall)


def health_data(services: Services) -> dict[str, Any]:
    """A HealthStatus (wire.md, section 3)."""
    return _status(services).model_dump()


def _status(services: Services) -> answers.HealthStatus:
    board = services.board
    return answers.HealthStatus(
        status=board.overall,
        services={name: board.is_up(name) for name in SERVICES},
        details=board.details(),
        timestamp=services.ports.wall(),
        uptime=board.uptime,
    )


async def _info(services: Services, _: Ask[Body]) -> Answer:
    """The computer, the process and the disk."""
    machine = await services.ports.in_thread(computer.machine)
    usage = await services.ports.in_thread(computer.usage)
    disk = await services.ports.in_thread(computer.disk, services.settings.data)
    library_bytes = await services.librarian.size()
    info = answers.SystemInfo(
        system_info=answers.Platform(**asdict(machine)),
        platform=machine.platform,
        version=__version__,
        contract_version=CONTRACT_VERSION,
        hostname=machine.hostname,
        uptime=services.board.uptime,
        process=answers.ProcessInfo(**asdict(usage)),
        storage=answers.Storage(total=disk.total, free=disk.free, library_bytes=library_bytes),
    )
    return Answer(info)


async def _logs(services: Services, ask: Ask[Body]) -> Answer:
    """The last lines of the log."""
    logbook = services.process.logbook
    records = logbook.last(ask.query.lines, logging.getLevelNamesMapping()[ask.query.level.upper()])
    return Answer(answers.LogCollection(logs=[_line(each) for each in records], total_lines=len(logbook)))


def _line(record: logging.LogRecord) -> answers.LogLine:
    # What was raised, but not where: no traceback goes over the wire.
    raised = record.exc_info[1] if record.exc_info else None
    return answers.LogLine(
        timestamp=record.created,
        level=record.levelname.lower(),
        logger=record.name,
        message=record.getMessage(),
        exception=None if raised is None else f"{type(raised).__name__}: {raised}",
    )


async def _restart(services: Services, _: Ask[Body]) -> Answer:
    """Stop, and start anew with the same arguments; what was playing goes on."""
    services.process.restart()
    return Answer(answers.RestartAnswer(), "the box restarts")


def _virtual(services: Services) -> VirtualReader:
    reader = services.virtual_reader
    if reader is None:
        raise NotFound("virtual reader", "tag")
    return reader


async def _place_tag(services: Services, ask: Ask[TagBody]) -> Answer:
    """Put a tag on the virtual reader, while it is in use."""
    return Answer(answers.PlacedTag(tag_id=_virtual(services).place(ask.body.tag_id)), "tag placed")


async def _lift_tag(services: Services, _: Ask[Body]) -> Answer:
    """Take the tag from the virtual reader."""
    _virtual(services).lift()
    return Answer(None, "tag lifted")


ROUTES = (
    Route("GET", "/api/health", _health, data=answers.HealthStatus, playing=True),
    Route("GET", "/api/system/info", _info, data=answers.SystemInfo),
    Route("GET", "/api/system/logs", _logs, query=LogQuery, data=answers.LogCollection),
    Route("POST", "/api/system/restart", _restart, data=answers.RestartAnswer),
    Route("PUT", "/api/reader/tag", _place_tag, body=TagBody, data=answers.PlacedTag, errors=(NotFound,), playing=True),
    Route("DELETE", "/api/reader/tag", _lift_tag, errors=(NotFound,), playing=True),
)
