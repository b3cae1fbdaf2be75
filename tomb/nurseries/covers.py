"""Pictures of playlists: one that a parent sends becomes a playlist's own, and each is shown in the size that is asked
for.

Both are work for a child (tomb/nurseries/inspection.py), one of its own: an audiobook that is being examined, which may
take minutes, keeps nobody's page from its pictures. It works on one picture at a time, and whoever asks for the same
one meanwhile finds it made. What cannot be made smaller now is shown as it is kept: that is small enough for a page.
"""

from collections.abc import AsyncIterable
from contextlib import suppress
from pathlib import Path

import trio
from msgspec import Struct

from tomb.errors import DecodeError, RequestError, UnsupportedMedia
from tomb.library import faults, intake
from tomb.library.covers import LARGEST
from tomb.library.picture_cache import PictureCache, ScaledCover
from tomb.models import Playlist
from tomb.nurseries.ingest import Ingest, Inspector
from tomb.nurseries.librarian import Librarian
from tomb.ports import Ports

TAKEN_AT_ONCE = 4  # pictures


class Shown(Struct, frozen=True):
    """A file to be sent. `is_as_wanted`: False for one that stands in."""

    path: Path
    is_as_wanted: bool


class Covers:
    def __init__(
        self,
        ports: Ports,
        librarian: Librarian,
        ingest: Ingest,
        inspector: Inspector,
        scaled: PictureCache,
    ) -> None:
        self._ports = ports
        self._librarian = librarian
        self._ingest = ingest
        self._inspector = inspector
        self._scaled = scaled
        self._taking = trio.CapacityLimiter(TAKEN_AT_ONCE)
        self._making = trio.Lock()
        self._thread = trio.CapacityLimiter(1)  # `PictureCache` takes one call at a time

    async def put(self, playlist_id: str, pieces: AsyncIterable[bytes], length: int | None = None) -> Playlist:
        """Let that picture be the playlist's own. `length`: bytes, if it is known; `LARGEST` at most.

        It takes a place among those that are looked at once all of it is there: whoever sends slowly keeps nobody.
        Raises: NotFound; UnsupportedMedia in words why it is not taken; NoSpace, Unavailable; what `pieces` raise.
        """
        self._librarian.lite(playlist_id)
        async with self._ingest.incoming() as folder:
            source = folder / "picture"
            await self._receive(pieces, LARGEST if length is None else length, source)
            async with self._taking:
                try:
                    picture = await self._inspector.picture(source)
                except DecodeError as error:
                    raise UnsupportedMedia(f"that picture cannot be taken: {error}") from error
                staged = await self._ports.in_thread(intake.stage_picture, folder, picture)
                return await self._librarian.set_cover(playlist_id, staged)

    async def show(self, kept: Path, wanted: ScaledCover) -> Shown:
        """`kept`: where the library has it."""
        with suppress(RequestError, DecodeError, OSError):
            if (found := await self._find(wanted)) is not None:
                return Shown(found, is_as_wanted=True)
            async with self._making:
                if (found := await self._find(wanted)) is None:
                    picture = await self._inspector.fitted(kept, wanted.size, wanted.ext)
                    found = await self._ports.in_thread(self._scaled.keep, wanted.key, picture, limiter=self._thread)
                return Shown(found, is_as_wanted=True)
        return Shown(kept, is_as_wanted=False)

    async def _find(self, wanted: ScaledCover) -> Path | None:
        return await self._ports.in_thread(self._scaled.find, wanted.key, limiter=self._thread)

    async def _receive(self, pieces: AsyncIterable[bytes], size: int, target: Path) -> None:
        async with self._ingest.space.promise(size) as promise:
            try:
                with await self._ports.in_thread(target.open, "wb") as file:
                    async for piece in pieces:
                        await self._ports.in_thread(file.write, piece)
                        promise.written(len(piece))
            except OSError as error:
                raise faults.of_disk(error) from error
