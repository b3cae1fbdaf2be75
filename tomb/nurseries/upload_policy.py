"""Which files may be uploaded at all: decided when one is announced, before a byte of it is sent."""

from dataclasses import dataclass

from tomb.errors import PayloadTooLarge, Unavailable, UnsupportedMedia
from tomb.library import folders, transcode, uploads
from tomb.library.uploads import Upload
from tomb.ports import Ports


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Bytes: `free_kept` on the disk, `memory` for chunks on their way. `stale_s`: when nobody continues an upload."""

    file_size: int
    at_once: int
    stale_s: float
    free_kept: int
    memory: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Announced:
    """A file to come. Sizes in bytes; `file_hash`: SHA-256 in hex."""

    filename: str
    file_size: int
    chunk_size: int
    file_hash: str | None = None


def admitted(announced: Announced, playlist_id: str, limits: UploadLimits, ports: Ports) -> Upload:
    """A new session. Raises: UnsupportedMedia, PayloadTooLarge; Unavailable without a converter for the type."""
    ext = uploads.extension(announced.filename)
    if ext is None:
        raise UnsupportedMedia("not an audio type that the box plays", {"types": sorted(uploads.TYPES)})
    if announced.file_size > limits.file_size:
        raise PayloadTooLarge("the file is too large", {"limit": limits.file_size})
    if ext in folders.TRANSCODED and not transcode.available():
        raise Unavailable(f"{ext} files need ffmpeg, which is not installed")
    now = ports.wall()
    return Upload(
        id=ports.new_id(),
        playlist_id=playlist_id,
        filename=announced.filename,
        ext=ext,
        file_size=announced.file_size,
        chunk_size=announced.chunk_size,
        file_hash=announced.file_hash,
        created=now,
        updated=now,
    )
