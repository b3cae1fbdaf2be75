"""Everybody whom the web side may call. Loaded with the box, which is up before anything of the web is loaded."""

from msgspec import Struct

from tomb.config import Settings
from tomb.devices.output import SelectableOutput
from tomb.devices.reader import VirtualReader
from tomb.events import Events
from tomb.nurseries.announcer import Announcer
from tomb.nurseries.archivist import Archivist
from tomb.nurseries.backups import Backups
from tomb.nurseries.certificate import Certificate
from tomb.nurseries.covers import Covers
from tomb.nurseries.deck import Deck
from tomb.nurseries.doctor import Doctor
from tomb.nurseries.downloads import Downloads
from tomb.nurseries.health import Board
from tomb.nurseries.importer import Importer
from tomb.nurseries.keys import Keys
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.lifecycle import Process
from tomb.nurseries.limits import Limits
from tomb.nurseries.linking import Linking
from tomb.nurseries.names import Names
from tomb.nurseries.parent_auth import ParentAuth
from tomb.nurseries.preferences import Preferences
from tomb.nurseries.probation import Probation
from tomb.nurseries.speakers import Rooms
from tomb.nurseries.taps import Taps
from tomb.nurseries.updates import Updates
from tomb.nurseries.uploads import Uploads
from tomb.nurseries.videos import Videos
from tomb.ports import Ports


class Services(Struct, frozen=True):
    """Everybody whom a handler may call."""

    settings: Settings
    ports: Ports
    events: Events
    board: Board
    librarian: Librarian
    covers: Covers
    importer: Importer
    uploads: Uploads
    downloads: Downloads
    videos: Videos
    archivist: Archivist
    backups: Backups
    deck: Deck
    output: SelectableOutput | None
    rooms: Rooms
    linking: Linking
    taps: Taps
    keys: Keys
    preferences: Preferences
    limits: Limits
    parent_auth: ParentAuth
    process: Process
    doctor: Doctor
    names: Names
    certificate: Certificate | None
    updates: Updates
    probation: Probation
    announcer: Announcer

    @property
    def virtual_reader(self) -> VirtualReader | None:
        """The virtual reader, while it is the one in use."""
        reader = self.taps.reader
        return reader if isinstance(reader, VirtualReader) else None
