"""Uploads as rows: what was announced, and which chunks of it are on the disk. Their bytes are in `parts`.

What may become of a row is decided by tomb/machines/upload.py, in the transaction that changes it. A row goes with its
playlist. One that came to its end stays for a while, so that a client which lost the answer can ask again.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Self

from msgspec import Struct
from msgspec.structs import astuple, replace

from tomb.errors import BadRequest, NotFound, UnsupportedMedia
from tomb.models import UploadState

MISSING_NAMED = 1000

# In the order of the fields. A playlist that is gone has none.
_PUT = """
    INSERT INTO uploads (id, playlist_id, filename, ext, file_size, chunk_size, file_hash, created, updated, received,
        status, error, track_id)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13 WHERE EXISTS (SELECT 1 FROM playlists WHERE id = ?2)
    ON CONFLICT (id) DO UPDATE SET received = excluded.received, status = excluded.status, error = excluded.error,
        track_id = excluded.track_id, updated = excluded.updated
"""


class Upload(Struct, frozen=True):
    """One session. `filename`: a label only. Sizes in bytes, times in epoch seconds.

    `received`: a bit for each chunk, the first in the lowest. `file_hash`: SHA-256 in hex. `track_id`: what it became.
    In the database `status` is never `processing`.
    """

    id: str
    playlist_id: str
    filename: str
    ext: str
    file_size: int
    chunk_size: int
    file_hash: str | None
    created: float
    updated: float
    received: bytes = b""
    status: UploadState = "pending"
    error: str | None = None
    track_id: str | None = None

    @property
    def total_chunks(self) -> int:
        return -(-self.file_size // self.chunk_size)

    @property
    def single_chunk(self) -> bool:
        """Whether the file comes in one."""
        return self.file_size <= self.chunk_size

    @property
    def chunks(self) -> int:
        """How many have been received."""
        return int.from_bytes(self.received, "little").bit_count()

    @property
    def bytes_received(self) -> int:
        last = self.total_chunks - 1
        return self.chunks * self.chunk_size - (self.chunk_size - self.size_of(last) if self.has(last) else 0)

    @property
    def progress(self) -> float:
        """Percent."""
        return 100 * self.bytes_received / self.file_size

    @property
    def complete(self) -> bool:
        return self.chunks == self.total_chunks

    @property
    def missing(self) -> list[int]:
        return [index for index in range(self.total_chunks) if not self.has(index)]

    def has(self, index: int) -> bool:
        return index // 8 < len(self.received) and bool(self.received[index // 8] >> index % 8 & 1)

    def size_of(self, index: int) -> int:
        return min(self.chunk_size, self.file_size - index * self.chunk_size)

    def with_chunk(self, index: int, *, there: bool = True) -> Self:
        """The same, with that chunk on the disk or about to be written anew."""
        return self.with_chunks((index,), there=there)

    def with_chunks(self, indices: Iterable[int], *, there: bool = True) -> Self:
        """Likewise, of several."""
        bits = bytearray(self.received.ljust(-(-self.total_chunks // 8), b"\0"))
        for index in indices:
            bits[index // 8] = bits[index // 8] & ~(1 << index % 8) | there << index % 8
        return replace(self, received=bytes(bits))


def put(db: sqlite3.Connection, upload: Upload) -> None:
    """Write it down, be it for the first time. Raises: NotFound for the playlist."""
    if db.execute(_PUT, astuple(upload)).rowcount == 0:
        raise NotFound("playlist", upload.playlist_id)


def find(db: sqlite3.Connection, session_id: str) -> Upload | None:
    """As `get`; None where there is none."""
    row = db.execute("SELECT * FROM uploads WHERE id = ?", (session_id,)).fetchone()
    return row and _upload(row)


def get(db: sqlite3.Connection, session_id: str) -> Upload:
    """Raises: NotFound."""
    if (upload := find(db, session_id)) is None:
        raise NotFound("upload session", session_id)
    return upload


def read_all(db: sqlite3.Connection) -> list[Upload]:
    """In order of their making."""
    return [_upload(row) for row in db.execute("SELECT * FROM uploads ORDER BY created, id").fetchall()]


def forget(db: sqlite3.Connection, session_ids: Sequence[str]) -> list[Upload]:
    """Those of them that were there."""
    gone = [upload for upload in read_all(db) if upload.id in session_ids]
    db.executemany("DELETE FROM uploads WHERE id = ?", [(upload.id,) for upload in gone])
    return gone


def read_open(db: sqlite3.Connection) -> list[Upload]:
    """Those that are not over."""
    return [each for each in read_all(db) if each.status in ("pending", "uploading")]


def open_ids(db: sqlite3.Connection, playlist_id: str) -> list[str]:
    """Sessions of that playlist that are not over."""
    wanted = "SELECT id FROM uploads WHERE playlist_id = ? AND status IN ('pending', 'uploading')"
    return [row["id"] for row in db.execute(wanted, (playlist_id,))]


def check_open(upload: Upload) -> None:
    """Raises: BadRequest when it is over; UnsupportedMedia when that was because of what is in the file."""
    details = {"session_id": upload.id, "status": upload.status}
    if upload.status == "error":
        raise UnsupportedMedia(f"the file cannot be played: {upload.error}", details)
    if upload.status not in ("pending", "uploading"):
        raise BadRequest(f"this upload is over: {upload.status}", details)


def check_index(upload: Upload, index: int) -> None:
    """Raises: BadRequest."""
    if index >= upload.total_chunks:
        details = {"chunk_index": index, "total_chunks": upload.total_chunks}
        raise BadRequest(f"there is no chunk {index}: the file has {upload.total_chunks}, from 0", details)


def check_chunk(upload: Upload, index: int, size: int) -> None:
    """Raises: BadRequest that names what is wrong with it."""
    check_index(upload, index)
    expected = upload.size_of(index)
    if size != expected:
        details = {"chunk_index": index, "total_chunks": upload.total_chunks, "expected_size": expected, "size": size}
        raise BadRequest(f"chunk {index} has {expected} bytes, not {size}", details)


def check_complete(upload: Upload) -> None:
    """Raises: BadRequest that names what is missing, and as `check_open` does."""
    check_open(upload)
    if not upload.complete:
        missing = upload.missing
        details = {"missing_chunks": missing[:MISSING_NAMED], "missing": len(missing)}
        raise BadRequest(f"{len(missing)} of {upload.total_chunks} chunks are missing", details)


def _upload(row: sqlite3.Row) -> Upload:
    return Upload(**{name: row[name] for name in row.keys()})  # noqa: SIM118 - a Row iterates over its values
