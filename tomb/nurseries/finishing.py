"""A file that has arrived whole becomes a track: compared with its hash, examined, committed along with its session."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from tomb.errors import BadRequest, DecodeError, Unavailable
from tomb.library import parts, uploads
from tomb.library.arrivals import Arrival
from tomb.library.uploads import Upload
from tomb.models import Track
from tomb.nurseries.ingest import Ingest
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.upload_news import UploadNews
from tomb.ports import Ports


@dataclass(frozen=True, slots=True)
class Said:
    """What the client says of the music; None: as the file has it."""

    title: str | None = None
    artist: str | None = None
    album: str | None = None


class Finishing:
    def __init__(self, ports: Ports, librarian: Librarian, ingest: Ingest, news: UploadNews) -> None:
        self._ports = ports
        self._librarian = librarian
        self._ingest = ingest
        self._news = news

    async def finish(self, upload: Upload, hashes: Collection[str], said: Said) -> Track:
        """Make a track of it and tell so. Its part stays where it is.

        `hashes`: all SHA-256 that the client has named. Raises: BadRequest when the file has another; DecodeError when
        it cannot be played; NoSpace; NotFound when its playlist has gone.
        """
        async with self._ingest.incoming() as incoming:
            source = incoming / f"{upload.id}.{upload.ext}"
            await self._ports.in_thread(parts.lend, parts.path_of(self._librarian.folder, upload.id), source)
            if hashes:
                await self._check_hash(source, hashes)
            arrival = await self._ingest.stage(source, incoming, upload.filename)
            return await self._add(upload, _as_said(arrival, said))

    async def _check_hash(self, source: Path, wanted: Collection[str]) -> None:
        try:
            actual = await self._ingest.digest(source)
        except DecodeError as error:
            raise Unavailable(f"what arrived {error}") from error  # our own disk fails; the file is not to blame
        if set(wanted) != {actual}:
            details = {"expected": sorted(wanted), "actual": actual}
            raise BadRequest("what arrived has another file_hash; send the chunks that differ again", details)

    async def _add(self, upload: Upload, arrival: Arrival) -> Track:
        now = self._ports.wall()
        arrived = await self._librarian.add(
            upload.playlist_id,
            [arrival],
            also=lambda db, arrived: uploads.finish(db, upload.id, arrived.added[0].id, now),
        )
        [track] = [track for track in arrived.playlist.tracks if track.id == arrived.added[0].id]
        # Nothing was awaited since the commit: what was committed is told.
        self._news.completed(upload, track)
        return track


def _as_said(arrival: Arrival, said: Said) -> Arrival:
    own = arrival.labels
    labels = replace(
        own, title=said.title or own.title, artist=said.artist or own.artist, album=said.album or own.album
    )
    return replace(arrival, labels=labels)
