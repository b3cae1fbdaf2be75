"""The porter carries files to the library's door: copied, hashed, examined, labelled, ready to be committed.

Whoever brings music in asks here: the importer for folders, uploads for what a browser sent. The work is done in a
thread of its own and in bites, so that the box goes on playing and a shutdown need not wait for a whole audiobook.
"""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar, TypeVarTuple

import trio

from tomb.errors import NoSpace
from tomb.library import files, folders, intake, labels, transcode
from tomb.library.arrivals import Arrival
from tomb.library.intake import Intake, Staged
from tomb.library.labels import Labels
from tomb.library.store import Store
from tomb.ports import Ports

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

FREE_KEPT = 200 * 1024 * 1024
CLEAN_S = 0.5  # what is not removed by then, the next start removes


class Probed(Protocol):
    """What the porter needs to know of a sound file."""

    @property
    def duration_ms(self) -> int: ...


Probe = Callable[[Path], Probed]
"""Examine a file, exactly and in a thread. Raises: DecodeError."""


class Porter:
    """`free_kept`: bytes that are left free on the disk."""

    def __init__(self, store: Store, ports: Ports, probe: Probe, free_kept: int = FREE_KEPT) -> None:
        self._store = store
        self._ports = ports
        self._probe = probe
        self._free_kept = free_kept
        self._threads = trio.CapacityLimiter(1)
        self._probing = trio.CapacityLimiter(1)

    @asynccontextmanager
    async def incoming(self) -> AsyncIterator[Path]:
        """A folder in `incoming/` for what is copied on the way; gone afterwards, with all that was not taken in."""
        folder = self._store.library / "incoming" / self._ports.new_id()
        await self._thread(folder.mkdir)
        try:
            yield folder
        finally:
            with trio.move_on_after(CLEAN_S, shield=True):
                await self._thread(files.remove, folder)

    async def stage(self, source: Path, incoming: Path, name: str | None = None) -> Arrival:
        """Make one file ready to become a track. What lies in `incoming`, and is synced, is taken without a copy.

        `name`: what the file is called where it came from, if that is not its name here.
        Raises: DecodeError when it cannot be read or played, NoSpace.
        """
        name = source.name if name is None else name
        look = await self._thread(_look, source, incoming, self._free_kept, name)
        origin, sound = await self._sound(source, incoming, look.size)
        arrival = Arrival(labels.label(name), look.labels, origin, sound=sound, cover=look.cover)
        if sound is None:
            return arrival
        # Some files must be decoded to their end to be known; a shutdown leaves that behind.
        probed = await self._ports.in_thread(self._probe, sound.path, limiter=self._probing, abandon=True)
        return replace(arrival, duration_ms=probed.duration_ms)

    async def digest(self, source: Path) -> str:
        """SHA-256 in hex. Raises: DecodeError when it cannot be read."""
        return (await self._take(source)).hash

    async def _sound(self, source: Path, incoming: Path, size: int) -> tuple[str, Staged | None]:
        """The hash of `source`, and what is to be kept for it: None if the library has it already."""
        ext = folders.extension(source)
        foreign, target = ext in folders.TRANSCODED, incoming / self._ports.new_id()
        # Reading twice is better than writing for nothing: cards wear by writing.
        if foreign or await self._store.read(lambda db: files.has_size(db, size)):
            origin = (await self._take(source)).hash
            if await self._store.read(lambda db: files.known(db, origin)):
                return origin, None
            if foreign:
                return origin, await self._transcoded(source, target.with_suffix(f".{transcode.EXTENSION}"))
        if source.parent == incoming:
            origin = (await self._take(source)).hash
            return origin, Staged(source, origin, ext, size)
        taken = (await self._take(source, target.with_suffix(f".{ext}"))).staged
        return taken.hash, taken

    async def _transcoded(self, source: Path, target: Path) -> Staged:
        await transcode.transcode(source, target)
        return await self._thread(intake.staged, target)

    async def _take(self, source: Path, target: Path | None = None) -> Intake:
        taking, done = await self._thread(_begin, source, target)
        try:
            while not done:
                done = await self._thread(taking.bite)
        finally:
            taking.close()
        return taking

    async def _thread(self, call: Callable[[*Ts], T], *args: *Ts) -> T:
        try:
            return await self._ports.in_thread(call, *args, limiter=self._threads)
        except OSError as error:
            # What concerns the source is a DecodeError by now.
            raise intake.unwritable(error) from error


@dataclass(frozen=True, slots=True)
class _Look:
    """What a file says before it is taken. `size`: bytes."""

    size: int
    labels: Labels
    cover: Staged | None


def _look(source: Path, incoming: Path, free_kept: int, name: str) -> _Look:
    size = intake.size_of(source)
    copied = 0 if source.parent == incoming else size
    if shutil.disk_usage(incoming).free - copied < free_kept:
        raise NoSpace("the disk is nearly full: what is left is kept free")
    said = labels.read(source, Path(name).stem)
    cover = None if said.cover is None else intake.stage_picture(incoming, said.cover)
    return _Look(size, replace(said, cover=None), cover)


def _begin(source: Path, target: Path | None) -> tuple[Intake, bool]:
    """The first bite, which for most files is all, in the same hop."""
    taking = Intake(source, target)
    try:
        return taking, taking.bite()
    except BaseException:
        taking.close()
        raise
