"""The box itself: its health, its computer, its log, its restart, its end."""

import logging
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec.structs import asdict
from pydantic import BeforeValidator, Field

from tomb import __version__
from tomb.devices import computer
from tomb.errors import Conflict, Unavailable
from tomb.http.envelope import Success
from tomb.http.parsing import Body, QueryModel, in_digits
from tomb.http.routes import Call, Route, Services
from tomb.models import ServiceState, UpdateStatus, Wire
from tomb.nurseries.backups import Backups

CONTRACT_VERSION = "2"  # of the original's API and of what this box adds to it
# What clients of the original box look for; it knew LEDs and buttons, this one has none (yet).
SERVICES = ("api", "audio", "nfc", "gpio", "led_hat", "websocket")


class LogQuery(QueryModel):
    """The newest `lines` of `level` or above."""

    lines: Annotated[int, Field(ge=1, le=1000), BeforeValidator(in_digits)] = 100
    level: Literal["debug", "info", "warning", "error"] = "debug"


class InstallBody(Body):
    """`look`: only see whether there is a newer version. `source`: the address of a package, whatever the index says;
    its signature lies beside it."""

    look: bool = False
    source: Annotated[str, Field(max_length=2000, pattern=r"^https://[^/\s@]+/\S+$")] | None = None


class HealthStatus(Wire):
    status: Literal["healthy", "degraded", "unhealthy"]
    services: dict[str, bool]
    details: dict[str, ServiceState]
    timestamp: float
    uptime: float
    box_name: str


class Platform(Wire):
    """Memory in bytes."""

    platform: str
    platform_release: str
    platform_version: str
    architecture: str
    hostname: str
    processor: str
    python_version: str
    memory_total: int
    memory_available: int
    memory_percent: float


class ProcessInfo(Wire):
    rss_bytes: int
    threads: int
    open_files: int


class Storage(Wire):
    """Bytes."""

    total: int
    free: int
    library_bytes: int


class PlaylistBytes(Wire):
    playlist_id: str
    title: str
    bytes: int


class KeptBackup(Wire):
    name: str
    bytes: int


class BackupPlace(Wire):
    """Where backups go by themselves. Bytes, as the last look found them: null before there was one. `kept`: the
    backups of this box, the oldest first. `made_on`: the day of the last one, "" for one that nobody knows; null where
    there was none. `running`: one is being written."""

    folder: str
    free: int | None
    total: int | None
    kept: Sequence[KeptBackup]
    made_on: str | None
    running: bool


class StorageUse(Wire):
    """Bytes. Sound that several playlists have counts in each. `bin`: what would be free if it were emptied.
    `backups`: of the database, on the same disk. `backup_place`: null while parents chose none. `mounted`: folders that
    they may choose, as sticks, drives or shares are mounted there."""

    playlists: Sequence[PlaylistBytes]
    bin: int
    backups: int
    free: int
    total: int
    backup_place: BackupPlace | None
    mounted: Sequence[str]


class SystemInfo(Wire):
    """`uptime`: seconds since the box was started. `box_name`: what parents call it, "" for nothing."""

    box_name: str
    system_info: Platform
    platform: str
    version: str
    contract_version: str
    hostname: str
    uptime: float
    process: ProcessInfo
    storage: Storage


class LogLine(Wire):
    """`timestamp`: epoch seconds. `exception`: what a defect was, without where."""

    timestamp: float
    level: str
    logger: str
    message: str
    exception: str | None = None


class LogCollection(Wire):
    """`total_lines`: how many are kept."""

    logs: Sequence[LogLine]
    total_lines: int


class RestartAnswer(Wire):
    restart_scheduled: Literal[True] = True
    status: Literal["restart_scheduled"] = "restart_scheduled"


class ShutdownAnswer(Wire):
    shutdown_scheduled: Literal[True] = True
    status: Literal["shutdown_scheduled"] = "shutdown_scheduled"


async def _health(services: Services, _: Call[Body]) -> Success[HealthStatus]:
    """How the box is, read from its supervised tasks."""
    return Success(health_status(services), services.board.overall)


def health_status(services: Services) -> HealthStatus:
    board = services.board
    return HealthStatus(
        status=board.overall,
        services={name: board.is_up(name) for name in SERVICES},
        details=board.details(),
        timestamp=services.ports.wall(),
        uptime=board.uptime,
        box_name=services.preferences.current.box_name,
    )


async def _info(services: Services, _: Call[Body]) -> Success[SystemInfo]:
    """The computer, the process and the disk."""
    machine = await services.ports.in_thread(computer.machine)
    usage = await services.ports.in_thread(computer.usage)
    disk = await services.ports.in_thread(computer.disk, services.settings.data)
    library_bytes = await services.librarian.size()
    info = SystemInfo(
        box_name=services.preferences.current.box_name,
        system_info=Platform(**asdict(machine)),
        platform=machine.platform,
        version=__version__,
        contract_version=CONTRACT_VERSION,
        hostname=machine.hostname,
        uptime=services.board.uptime,
        process=ProcessInfo(**asdict(usage)),
        storage=Storage(total=disk.total, free=disk.free, library_bytes=library_bytes),
    )
    return Success(info)


async def _storage(services: Services, _: Call[Body]) -> Success[StorageUse]:
    """What fills the disk, the largest playlist first."""
    by_playlist, in_bin = await services.librarian.sizes()
    disk = await services.ports.in_thread(computer.disk, services.settings.data)
    backups = await services.ports.in_thread(computer.size_of_files, services.settings.data / "backups")
    shown = [
        PlaylistBytes(playlist_id=lite.id, title=lite.title, bytes=by_playlist.get(lite.id, 0))
        for lite in services.librarian.lites()
    ]
    largest_first = sorted(shown, key=lambda each: -each.bytes)
    use = StorageUse(
        playlists=largest_first,
        bin=in_bin,
        backups=backups,
        free=disk.free,
        total=disk.total,
        backup_place=_backup_place(services.backups),
        mounted=await services.ports.in_thread(computer.pluggable, services.backups.below, services.backups.data),
    )
    return Success(use)


def _backup_place(backups: Backups) -> BackupPlace | None:
    if backups.folder is None:
        return None
    folder, seen, made = str(backups.folder), backups.seen, backups.made
    return BackupPlace(
        folder=folder,
        free=seen and seen.free,
        total=seen and seen.total,
        kept=[KeptBackup(name=each.name, bytes=each.bytes) for each in seen.kept] if seen else [],
        made_on=made.day if made is not None and made.folder == folder else None,
        running=backups.running,
    )


async def _logs(services: Services, call: Call[LogQuery]) -> Success[LogCollection]:
    """The last lines of the log."""
    logbook = services.process.logbook
    records = logbook.last(call.given.lines, logging.getLevelNamesMapping()[call.given.level.upper()])
    return Success(LogCollection(logs=[_line(each) for each in records], total_lines=len(logbook)))


def _line(record: logging.LogRecord) -> LogLine:
    # What was raised, but not where: no traceback goes over the wire.
    raised = record.exc_info[1] if record.exc_info else None
    return LogLine(
        timestamp=record.created,
        level=record.levelname.lower(),
        logger=record.name,
        message=record.getMessage().encode("utf-8", "backslashreplace").decode(),  # names are bytes
        exception=None if raised is None else f"{type(raised).__name__}: {raised}",
    )


async def _restart(services: Services, _: Call[Body]) -> Success[RestartAnswer]:
    """Stop, and start anew with the same arguments; what was playing goes on."""
    services.process.restart()
    return Success(RestartAnswer(), "the box restarts")


async def _shut_down(services: Services, _: Call[Body]) -> Success[ShutdownAnswer]:
    """Switch the computer off, where it lets the box do that; what was playing is remembered."""
    await services.ports.power_off()
    return Success(ShutdownAnswer(), "the box switches off")


async def _update_status(services: Services, _: Call[Body]) -> Success[UpdateStatus]:
    """Whether there is a newer version of the box, and how far its installation is."""
    return Success(services.updates.status())


async def _update(services: Services, call: Call[InstallBody]) -> Success[UpdateStatus]:
    """Look for a newer version, and install it; it goes on by itself (event `update_state`)."""
    if call.given.source is not None:
        return Success(services.updates.take(call.given.source), "the update is being fetched")
    return Success(services.updates.ask(wanted=not call.given.look), "looking for a newer version")


ROUTES = (
    Route("GET", "/api/health", _health, playing=True),
    Route("GET", "/api/system/info", _info),
    Route("GET", "/api/system/storage", _storage),
    Route("GET", "/api/system/logs", _logs),
    Route("POST", "/api/system/restart", _restart, lasting=False),
    Route("POST", "/api/system/shutdown", _shut_down, errors=(Unavailable,), lasting=False),
    Route("GET", "/api/system/update", _update_status),
    Route("POST", "/api/system/update", _update, errors=(Conflict, Unavailable), lasting=False),
)
