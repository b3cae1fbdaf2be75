"""A folder of music that comes over the network (`library.parcels`), as the importer takes it.

It comes in one request, and each file is examined as soon as it is there, while the next ones are read: so whoever
hangs up, is killed or loses the network takes along all that had come. What is not needed, such as a second picture, is
read and forgotten.
"""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO, Self, TypeVar, TypeVarTuple

import trio

from tomb.errors import BadRequest
from tomb.library import faults, parcels
from tomb.library.folders import FolderPlan
from tomb.library.intake import BITE
from tomb.library.parcels import Parcel
from tomb.nurseries.space import Promise
from tomb.ports import Ports

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Delivery:
    """Made by `open`. A source for `Importer.take`, of `size` bytes in all."""

    def __init__(
        self,
        parcel: Parcel,
        plan: FolderPlan,
        pieces: AsyncIterator[bytes],
        rest: bytes,
        ports: Ports,
    ) -> None:
        self.plan = plan
        self.into = parcel.into
        self.size = parcel.size
        self._sizes = iter([each.size for each in (*parcel.files, *parcel.pictures)])
        self._left = parcel.size
        self._pieces = pieces
        self._rest = rest
        self._ports = ports
        self._threads = trio.CapacityLimiter(1)

    @classmethod
    async def open(cls, pieces: AsyncIterator[bytes], ports: Ports) -> Self:
        """Read what comes. Raises: BadRequest; what `pieces` raise."""
        line = bytearray()
        async for piece in pieces:
            line += piece
            if b"\n" in piece or len(line) > parcels.LINE_LIMIT:
                break
        said, end, rest = bytes(line).partition(b"\n")
        if not end:
            raise BadRequest("this is no folder of music: it begins with a line that says what comes")
        parcel, plan = await ports.in_thread(_read, said)
        return cls(parcel, plan, pieces, rest, ports)

    async def fetch(self, path: Path, incoming: Path, promise: Promise) -> Path:
        """Raises: BadRequest when it is cut off; NoSpace, Unavailable."""
        size = next(self._sizes)
        ext = path.suffix if path.suffix[1:].isascii() and path.suffix[1:].isalnum() and len(path.suffix) <= 6 else ""
        target = incoming / f"{self._ports.new_id()}{ext}"
        file: IO[bytes] = await self._thread(target.open, "xb", 0)
        try:
            bite = bytearray()
            while size:
                piece = await self._read(size)
                size -= len(piece)
                bite += piece
                if len(bite) >= BITE or not size:
                    await self._thread(_write_synced, file, bytes(bite))
                    promise.written(len(bite))
                    bite.clear()
        finally:
            file.close()
        return target

    async def is_whole(self) -> bool:
        """Read what was not asked for: what comes is taken in once all of it came. Raises: BadRequest when it is cut
        off."""
        while self._left:
            await self._read(self._left)
        return True

    async def _read(self, most: int) -> bytes:
        while not self._rest:
            try:
                self._rest = await anext(self._pieces)
            except StopAsyncIteration:
                raise BadRequest("the folder is cut off: less came than was said; nothing of it was taken in") from None
        piece, self._rest = self._rest[:most], self._rest[most:]
        self._left -= len(piece)
        return piece

    async def _thread(self, call: Callable[[*Ts], T], *args: *Ts) -> T:
        try:
            return await self._ports.in_thread(call, *args, limiter=self._threads)
        except OSError as error:
            raise faults.of_disk(error) from error


def _read(line: bytes) -> tuple[Parcel, FolderPlan]:
    """Both take a while for ten thousand files. Raises: BadRequest."""
    parcel = parcels.decoded(line)
    return parcel, parcel.planned()


def _write_synced(file: IO[bytes], data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]
    os.fsync(file.fileno())
