"""What plays, as it is handed on to what comes after it, and the devices that a box looks for."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import Struct

from tomb.config import Settings
from tomb.devices import computer
from tomb.devices.keys import InputDevices
from tomb.devices.naming import Naming, look
from tomb.devices.output import Output, SelectableOutput
from tomb.devices.reader import TagReader
from tomb.devices.updates import Updater
from tomb.events import Events
from tomb.library.store import Store
from tomb.nurseries.calendar import Calendar
from tomb.nurseries.deck import Deck
from tomb.nurseries.health import Board
from tomb.nurseries.keys import Keys
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.lifecycle import Lifecycle, Process
from tomb.nurseries.limits import Limits
from tomb.nurseries.linking import Linking
from tomb.nurseries.parent_auth import ParentAuth
from tomb.nurseries.preferences import Preferences
from tomb.nurseries.probation import Probation
from tomb.nurseries.speakers import Connect, Rooms
from tomb.nurseries.taps import Taps
from tomb.nurseries.updates import Updates
from tomb.ports import Ports

if TYPE_CHECKING:  # loaded when tags play, or where there is a broker
    from tomb.devices.backup_drive import BackupDrive
    from tomb.devices.facts import Gather
    from tomb.devices.mqtt.broker import Broker
    from tomb.devices.youtube import YouTube


class Devices(Struct, frozen=True):
    """What to look for; None: not at all. A stand-in serves until the real one is found for the first time."""

    output: Callable[[Deck], Output] | None
    silent: Callable[[Deck], Output] | None
    reader: TagReader | None
    virtual_reader: TagReader | None
    youtube: "Callable[[], YouTube] | None" = None
    keys: InputDevices | None = None
    gather: "Gather | None" = None
    naming: Callable[[], Naming] = look
    time_zone: Callable[[], ZoneInfo] = computer.time_zone
    mdns: bool = False
    broker: "Callable[[], Broker] | None" = None
    backup_drive: "BackupDrive | None" = None
    updater: Updater | None = None
    rooms: Connect | None = None


class Core(Struct, frozen=True, kw_only=True):
    """Those who play, and with whom a defect ends the box."""

    settings: Settings
    ports: Ports
    devices: Devices
    process: Process
    lifecycle: Lifecycle
    board: Board
    store: Store
    events: Events
    updates: Updates
    probation: Probation
    librarian: Librarian
    deck: Deck
    output: SelectableOutput | None
    calendar: Calendar
    limits: Limits
    rooms: Rooms
    preferences: Preferences
    parent_auth: ParentAuth
    linking: Linking
    taps: Taps
    keys: Keys
