"""Sends files to a box, as `http/uploads` would hand them over."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rigs.box import VirtualBox, virtual_box
from tomb.library.uploads import Upload
from tomb.models import Track
from tomb.nurseries.uploads import MetadataOverride, NewUpload, Uploads
from tomb.rehearsal.simulated.music import sparse_wav

CHUNK = 1024


@dataclass
class Sender:
    """Sends one file to a box."""

    box: VirtualBox
    playlist_id: str
    content: bytes

    @property
    def uploads(self) -> Uploads:
        return self.box.services.uploads

    @property
    def count(self) -> int:
        return -(-len(self.content) // CHUNK)

    def piece(self, index: int) -> bytes:
        return self.content[index * CHUNK : (index + 1) * CHUNK]

    async def begin(self, file_hash: str | None = None) -> str:
        announced = NewUpload("Song.wav", len(self.content), CHUNK, file_hash)
        return (await self.uploads.begin(self.playlist_id, announced)).id

    async def send(self, session: str, index: int) -> Upload:
        return await self.uploads.receive(self.playlist_id, session, index, [self.piece(index)])

    async def send_all(self, session: str) -> None:
        for index in range(self.count):
            await self.send(session, index)

    async def status(self, session: str) -> Upload:
        return await self.uploads.status(self.playlist_id, session)

    async def finalize(self, session: str, file_hash: str | None = None) -> Track:
        return (await self.uploads.finalize(self.playlist_id, session, file_hash, MetadataOverride())).track

    async def tracks(self) -> list[str]:
        return [track.id for track in (await self.box.services.librarian.playlist(self.playlist_id)).tracks]

    def parts(self) -> list[str]:
        return [path.stem for path in (self.box.services.librarian.folder / "uploads").iterdir()]

    def kept(self) -> bytes:
        [path] = (self.box.services.librarian.folder / "files").iterdir()
        return path.read_bytes()


def sound(folder: Path, seconds: float = 1.0) -> bytes:
    return sparse_wav(folder / "sent.wav", seconds, salt="sent").read_bytes()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@asynccontextmanager
async def sending(folder: Path, content: bytes | None = None) -> AsyncIterator[Sender]:
    async with virtual_box(folder) as box:
        playlist_id = (await box.services.librarian.create("Songs")).id
        yield Sender(box, playlist_id, sound(folder) if content is None else content)
