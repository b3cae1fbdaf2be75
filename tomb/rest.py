"""What no tag waits for, and what is loaded when tags play already: how music comes in and is kept, how the house finds
the box, and what needs a network.

All of it is under a supervisor, and what is opened here is closed before what plays.
"""

from functools import partial

from tomb.config import MIB, Settings
from tomb.core import Core
from tomb.devices import computer
from tomb.devices.backup_drive import ChildDrive
from tomb.devices.certificate import Pair
from tomb.devices.facts import gather
from tomb.http.services import Services
from tomb.library.picture_cache import PictureCache
from tomb.nurseries import backups as scheduled
from tomb.nurseries.announcer import PAUSES_S as ANNOUNCING_PAUSES_S
from tomb.nurseries.announcer import Announcer
from tomb.nurseries.archivist import Archivist
from tomb.nurseries.backups import Backups
from tomb.nurseries.certificate import Certificate
from tomb.nurseries.covers import Covers
from tomb.nurseries.doctor import Doctor
from tomb.nurseries.downloads import Downloads
from tomb.nurseries.housekeeping import Housekeeping
from tomb.nurseries.importer import Importer
from tomb.nurseries.ingest import Ingest, Inspector
from tomb.nurseries.inspection import Inspection
from tomb.nurseries.lifecycle import Lifecycle
from tomb.nurseries.names import Names
from tomb.nurseries.rescan import Rescan
from tomb.nurseries.space import Space
from tomb.nurseries.supervisor import LOOK_PAUSES_S, do_without, supervised
from tomb.nurseries.uploads import UploadLimits, Uploads
from tomb.nurseries.videos import PICTURES, Videos
from tomb.ports import Ports


async def open_rest(core: Core, inspector: Inspector | None) -> Services:
    """Everybody whom the web side may call. `inspector`: by default a child process."""
    free_kept = core.settings.free_kept_mb * MIB

    # What music comes in by.
    examiner = inspector or await _inspection(core.lifecycle, "examiner")
    ingest = Ingest(
        core.store, core.ports, examiner, Space(core.store.library, core.ports, free_kept, core.librarian.make_space)
    )
    pictures = inspector or await _inspection(core.lifecycle, "pictures")
    covers = Covers(
        core.ports,
        core.librarian,
        ingest,
        pictures,
        PictureCache(core.settings.data / "cache" / "covers"),
    )
    importer = Importer(core.librarian, ingest, core.ports)
    uploads = await Uploads.open(
        core.store, core.ports, core.events, core.librarian, ingest, _upload_limits(core.settings)
    )
    await core.lifecycle.supervise("uploads", core.probation.holds(uploads.run))
    youtube = core.devices.youtube and core.devices.youtube()
    downloads = Downloads(core.store, core.ports, core.events, core.board.machines, core.librarian, ingest, youtube)
    await core.lifecycle.supervise("youtube", core.probation.holds(downloads.run))
    cache = PictureCache(core.settings.data / "cache" / "youtube", PICTURES)
    videos = Videos(core.store, core.ports, youtube, ingest, pictures, cache)
    archivist = Archivist(core.store, core.ports, core.librarian, ingest, core.process.restart, free_kept)
    await core.lifecycle.supervise("backups", archivist.run)
    if core.settings.inbox_watch_s:
        watch = partial(importer.watch_inbox, every_s=core.settings.inbox_watch_s)
        await core.lifecycle.supervise("inbox", core.probation.holds(watch), LOOK_PAUSES_S)
    housekeeping = Housekeeping(core.store, free_kept, core.librarian.expire)
    await core.lifecycle.supervise("housekeeping", core.probation.holds(housekeeping.run))

    drive = core.devices.backup_drive or ChildDrive()
    backups = Backups(
        archivist,
        core.librarian,
        core.calendar,
        drive,
        lambda: core.deck.is_playing,
        core.settings.data.absolute(),
        core.settings.backup_below,
        computer.short_id(),
    )

    backups.remember(await core.librarian.settings())
    by_operator = "backup_to" in core.preferences.fixed

    supervisor = supervised("scheduled_backups", core.board, backups.run, scheduled.PAUSES_S)

    def follow() -> None:
        if backups.use(core.preferences.current, by_operator=by_operator):
            supervisor.begin_anew()

    follow()
    core.preferences.on_change.append(follow)
    await core.lifecycle.start(supervisor.run)

    # How the house finds the box, and what needs a network.
    names = Names(core.ports, core.settings.allowed_hosts, core.devices.naming)
    await core.lifecycle.supervise("names", names.run)
    certificate = await _certificate(core.settings, core.ports, core.lifecycle)
    announcer = Announcer(core.ports, names, lambda: core.preferences.current.box_name, core.librarian.box_id)
    core.preferences.on_change.append(announcer.look_again)
    if core.devices.mdns:
        await core.lifecycle.supervise_from_afar("mdns", announcer.run, ANNOUNCING_PAUSES_S, stand_in=do_without)
    rescan = Rescan(core.events, core.librarian, examiner, lambda: core.deck.is_playing)
    await core.lifecycle.supervise("rescan", core.probation.holds(rescan.run))
    if core.settings.mpd:
        from tomb.nurseries.mpd.server import Mpd

        mpd = Mpd(core.settings, core.ports, core.events, core.board, core.deck, core.librarian, core.parent_auth)
        await core.lifecycle.supervise("mpd", mpd.run, LOOK_PAUSES_S)
    if core.devices.rooms is not None:
        await core.lifecycle.supervise_from_afar("speakers", core.rooms.run, LOOK_PAUSES_S)
    if core.devices.broker is not None:
        from tomb.nurseries.mqtt import link

        house = link.House(
            core.ports,
            core.events,
            core.librarian,
            core.deck,
            core.board,
            core.preferences,
            core.parent_auth,
            core.updates,
            lambda: announcer.url,
            core.settings.data,
        )
        mqtt = link.Mqtt(house, core.devices.broker(), core.settings.mqtt_discovery)
        await core.lifecycle.supervise_from_afar("mqtt", mqtt.run, link.PAUSES_S)
    return Services(
        settings=core.settings,
        ports=core.ports,
        events=core.events,
        board=core.board,
        librarian=core.librarian,
        covers=covers,
        importer=importer,
        uploads=uploads,
        downloads=downloads,
        videos=videos,
        archivist=archivist,
        backups=backups,
        deck=core.deck,
        output=core.output,
        rooms=core.rooms,
        linking=core.linking,
        taps=core.taps,
        keys=core.keys,
        preferences=core.preferences,
        limits=core.limits,
        parent_auth=core.parent_auth,
        process=core.process,
        doctor=Doctor(core.ports, core.devices.gather or gather, core.settings.data, drive, backups.target),
        names=names,
        certificate=certificate,
        updates=core.updates,
        probation=core.probation,
        announcer=announcer,
    )


def _upload_limits(settings: Settings) -> UploadLimits:
    return UploadLimits(
        file_size=settings.upload_file_mb * MIB,
        at_once=settings.uploads_at_once,
        stale_s=settings.upload_stale_h * 3600,
    )


async def _inspection(lifecycle: Lifecycle, name: str) -> Inspector:
    inspection = Inspection()
    await lifecycle.supervise(name, inspection.run)
    return inspection


async def _certificate(settings: Settings, ports: Ports, lifecycle: Lifecycle) -> Certificate | None:
    if settings.tls_cert is None:
        return None
    certificate = Certificate(ports, Pair(settings.tls_cert, settings.tls_key or settings.tls_cert))
    await lifecycle.supervise("https", certificate.run, LOOK_PAUSES_S)
    return certificate
