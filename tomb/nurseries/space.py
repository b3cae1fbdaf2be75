"""Free bytes of the disk, promised to whoever is about to write them.

A file is looked at before it comes in: does it fit, and stay as many bytes free as are to be kept so? Then it is
written, for a second or for an hour. Two who look at the same free bytes both find enough, and would overrun them
together. So what was promised to one, and is not written yet, is not there for another.

`make_space` comes first: what is in the bin goes for what somebody wants to write.
"""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from math import inf
from pathlib import Path

import trio

from tomb.errors import NoSpace
from tomb.library import faults
from tomb.ports import Ports

PLENTY = 256 * 1024 * 1024
LOOKED_S = 1.0  # for so long, where there was plenty more, what was promised since is all that went: nobody need look

FULL = "the disk is nearly full: what is left is kept free"


class Promise:
    """So many bytes that may be written. Those that were count as what they are, taken: because whoever writes says so
    (`written`), or by the size of the `file`, where somebody else writes it."""

    def __init__(self, size: int, file: Path | None) -> None:
        self._left = size
        self._file = file

    def written(self, count: int) -> None:
        self._left -= count

    def left(self) -> int:
        """Blocks. Raises: OSError."""
        there = self._file.stat().st_size if self._file is not None and self._file.exists() else 0
        return max(0, self._left - there)


class Space:
    """`folder`: on that disk. `free_kept`: bytes that stay free on it. `make_space`: asked for so many free bytes, of
    which there may be fewer then."""

    def __init__(
        self, folder: Path, ports: Ports, free_kept: int, make_space: Callable[[int], Awaitable[None]]
    ) -> None:
        self._folder = folder
        self._ports = ports
        self._free_kept = free_kept
        self._make_space = make_space
        self._promises: list[Promise] = []
        self._looked_at = -inf
        self._left = 0  # bytes that were free then and not promised, less what was promised since
        self._turn = trio.Lock()  # else two that do not fit together would refuse each other

    @asynccontextmanager
    async def promise(self, size: int, file: Path | None = None) -> AsyncIterator[Promise]:
        """So many bytes, for as long as the block lasts; none are there on any disk. Raises: NoSpace, Unavailable."""
        promise = Promise(size, file)
        async with self._turn:
            if size and not self._is_plenty(size) and await self.free() < size:
                await self._make_space(size + await self._in_thread(self._spoken_for))
                if await self.free() < size:
                    raise NoSpace(FULL)
            self._promises.append(promise)
            self._left -= size
        try:
            yield promise
        finally:
            self._promises.remove(promise)

    async def free(self) -> int:
        """Bytes that nobody was promised, and that are not to be kept; fewer than none on a fuller disk. Raises:
        Unavailable."""
        left = await self._in_thread(lambda: shutil.disk_usage(self._folder).free - self._promised())
        self._looked_at, self._left = trio.current_time(), left
        return left - self._free_kept

    def _is_plenty(self, size: int) -> bool:
        is_fresh = trio.current_time() < self._looked_at + LOOKED_S
        return is_fresh and self._left - self._free_kept - size >= PLENTY

    def _spoken_for(self) -> int:
        return self._free_kept + self._promised()

    def _promised(self) -> int:
        return sum(each.left() for each in [*self._promises])

    async def _in_thread(self, call: Callable[[], int]) -> int:
        try:
            return await self._ports.in_thread(call)
        except OSError as error:
            raise faults.of_disk(error) from error
