"""A library with an archivist, and bodies for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio

from tests.rigs.archives import members
from tests.rigs.library import Length, Stage, opened
from tomb.errors import DecodeError
from tomb.nurseries.archivist import Archivist, Outgoing
from tomb.nurseries.ingest import Ingest
from tomb.nurseries.space import Space
from tomb.ports import VirtualPorts
from tomb.rehearsal.simulated.inspector import InlineInspector


@dataclass
class Mailbox:
    """A library and its archivist. `restarts`: how often the box was told to start anew."""

    stage: Stage
    archivist: Archivist
    restarts: list[None] = field(default_factory=list)


@asynccontextmanager
async def mailbox(folder: Path, *, free_kept: int = 0, sound: int = 2**40) -> AsyncIterator[Mailbox]:
    """`sound`: files of more bytes cannot be played."""

    def probe(path: Path) -> Length:
        if path.stat().st_size > sound:
            raise DecodeError("no sound")
        return Length(path.stat().st_size)

    ports, restarts = VirtualPorts(seed=1), list[None]()
    async with opened(folder, ports=ports) as stage, trio.open_nursery() as nursery:
        space = Space(stage.store.library, ports, free_kept, stage.librarian.make_space)
        ingest = Ingest(stage.store, ports, InlineInspector(ports, probe), space)
        restart = lambda: restarts.append(None)  # noqa: E731
        archivist = Archivist(stage.store, ports, stage.librarian, ingest, restart, free_kept)
        await nursery.start(archivist.run)
        yield Mailbox(stage, archivist, restarts)
        nursery.cancel_scope.cancel()


async def whole(outgoing: Outgoing) -> bytes:
    async with outgoing.pieces:
        content = b"".join([piece async for piece in outgoing.pieces])
    assert len(content) == outgoing.length
    return content


async def bites(content: bytes, size: int = 65_536) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        await trio.lowlevel.checkpoint()
        yield content[at : at + size]


def sounds(content: bytes) -> set[bytes]:
    return {each for name, each in members(content).items() if name.startswith("library/files/")}


def nothing_left(folder: Path) -> bool:
    library = folder / "library"
    return not (folder / "restore").exists() and not list((library / "incoming").iterdir())
