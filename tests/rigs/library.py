"""A data folder with a librarian, and files to fill it with."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic_core import from_json

from tomb.events import LEASE_BLOCK, Event, Events
from tomb.library.counters import EventLease
from tomb.library.opening import open_store
from tomb.library.store import Store
from tomb.models import Playlist
from tomb.nurseries.importer import Importer
from tomb.nurseries.ingest import Ingest, Inspector
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.space import Space
from tomb.ports import Ports, VirtualPorts
from tomb.rehearsal.simulated.inspector import InlineInspector, Probe


@dataclass(frozen=True, slots=True)
class Length:
    duration_ms: int


def weigh(path: Path) -> Length:
    """A probe for files that hold no sound: a millisecond a byte."""
    return Length(path.stat().st_size)


@dataclass
class Deck:
    """Hears what the deck would hear."""

    heard: list[tuple[str, str]] = field(default_factory=list)

    def edited(self, playlist: Playlist) -> None:
        self.heard.append(("edited", playlist.id))

    def gone(self, playlist_id: str) -> None:
        self.heard.append(("gone", playlist_id))


@dataclass
class Stage:
    """An opened library. `told`: the events since the last look, `news` their types; the list of playlists is told
    when somebody looks."""

    store: Store
    events: Events
    librarian: Librarian
    ingest: Ingest
    importer: Importer
    deck: Deck
    told: list[Event] = field(default_factory=list)

    def news(self) -> list[str]:
        self.librarian._library_events.tell_list()
        types = [event.type for event in self.told]
        self.told.clear()
        return types

    def bodies(self) -> list[dict[str, object]]:
        self.librarian._library_events.tell_list()
        decoded = [from_json(event.payload) for event in self.told]
        self.told.clear()
        return decoded

    async def fill(self, title: str, contents: Sequence[bytes]) -> Playlist:
        """A playlist with a track of each of the contents, titled "1", "2" and so on."""
        made = await self.librarian.create(title)
        async with self.ingest.incoming() as incoming:
            arrivals = []
            for number, content in enumerate(contents, 1):
                source = incoming / f"{number}.mp3"
                source.write_bytes(content)
                arrivals.append(await self.ingest.stage(source, incoming))
            if arrivals:
                made = (await self.librarian.add(made.id, arrivals)).playlist
        self.librarian._library_events.tell_list()
        self.told.clear()
        self.deck.heard.clear()
        return made

    def files(self) -> set[str]:
        """The names of the files that the library keeps."""
        return {path.name for path in (self.store.library / "files").iterdir()}

    def half_taken(self) -> list[Path]:
        return list((self.store.library / "incoming").iterdir())


@asynccontextmanager
async def opened(
    folder: Path,
    *,
    ports: Ports | None = None,
    probe: Probe = weigh,
    inspector: Inspector | None = None,
    free_kept: int = 0,
) -> AsyncIterator[Stage]:
    """`inspector`: by default one in this process that calls `probe`."""
    ports = ports or VirtualPorts(seed=1)
    async with open_store(folder, ports) as store:
        events = Events(ports, await EventLease(store, LEASE_BLOCK).open())
        librarian = await Librarian.open(store, events, ports)
        space = Space(store.library, ports, free_kept, librarian.make_space)
        ingest = Ingest(store, ports, inspector or InlineInspector(ports, probe), space)
        stage = Stage(store, events, librarian, ingest, Importer(librarian, ingest, ports), Deck())
        librarian.listen(stage.deck)
        events.subscribe(stage.told.append)
        yield stage


def titles(playlist: Playlist) -> list[str]:
    return [track.title for track in playlist.tracks]
