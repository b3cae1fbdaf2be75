"""Uploads (wire.md, sections 3 and 4): announce a file, send its chunks in any order, make it a track."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints, WithJsonSchema

from tomb.errors import BadRequest, NotFound, UnsupportedMedia
from tomb.http.bodies import CHECKSUMS, CHUNK_LIMIT, read_chunk
from tomb.http.envelope import Success
from tomb.http.parsing import CONTROL, GIVEN, Body, QueryModel, Title, plain, whole
from tomb.http.routes import Call, Route, Services
from tomb.library.uploads import Upload
from tomb.models import Track, UploadState, Wire, iso
from tomb.nurseries.uploads import MetadataOverride, NewUpload

CHUNK_S = 600.0  # a chunk may take that long while it keeps coming: Wi-Fi at the far end of the garden

# --- what is asked ---------------------------------------------------------------------------------------------------


# One that says of itself that it is no sound is refused as that, with 415; one that says nothing is what it holds.
Filename = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=255),
    AfterValidator(plain),
    WithJsonSchema({"type": "string", "maxLength": 255, "pattern": rf"^[^{CONTROL}]*[^\s{CONTROL}][^{CONTROL}]*$"}),
]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$"), AfterValidator(str.lower)]


class InitUploadBody(Body):
    """`file_hash`: SHA-256."""

    filename: Filename
    file_size: Annotated[int, Field(ge=1, le=2**40), BeforeValidator(whole)]
    chunk_size: Annotated[int, Field(ge=1024, le=8 * 1024 * 1024), BeforeValidator(whole)] = 1_048_576
    file_hash: Hash | None = None


class Metadata(BaseModel):
    model_config = GIVEN

    title: Title | None = None
    artist: Title | None = None
    album: Title | None = None


class FinalizeBody(Body):
    file_hash: Hash | None = None
    metadata_override: Metadata | None = None


class SessionsQuery(QueryModel):
    status: UploadState | None = None


class CleanupQuery(QueryModel):
    max_age_hours: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 24.0


# --- what is answered ------------------------------------------------------------------------------------------------


class UploadSession(Wire):
    """Sizes in bytes. `expires_at`: epoch seconds."""

    session_id: str
    playlist_id: str
    filename: str
    file_size: int
    chunk_size: int
    total_chunks: int
    expected_chunks: int
    status: UploadState
    expires_at: float


class UploadProgress(Wire):
    """`received_size`: bytes in all; `progress`: percent."""

    session_id: str
    chunk_index: int
    received_size: int
    progress: float
    complete: bool
    status: UploadState


class UploadStatus(Wire):
    """As UploadSession. `missing_chunks`: what is to be sent to go on."""

    session_id: str
    playlist_id: str
    filename: str
    file_size: int
    bytes_uploaded: int
    progress: float
    progress_percent: float
    chunks_total: int
    chunks_uploaded: int
    chunks_received: int
    missing_chunks: Sequence[int]
    status: UploadState
    error_message: str | None
    created_at: str
    updated_at: str
    expires_at: float


class UploadList(Wire):
    sessions: Sequence[UploadStatus]


class UploadedTrack(Track):
    """Clients read either the track or its copy inside. `unshown`: why the picture that came in the file is none that
    can be shown."""

    track: Track
    session_id: str
    unshown: str | None = None


class CleanedSession(Wire):
    session_id: str
    filename: str
    age_hours: float


class CleanupResult(Wire):
    """`freed_bytes`: of all files that were removed."""

    cleaned_sessions: Sequence[CleanedSession]
    cleaned_files: int
    freed_bytes: int


# --- the routes ------------------------------------------------------------------------------------------------------


async def _init(services: Services, call: Call[InitUploadBody]) -> Success[UploadSession]:
    """Announce a file."""
    body = call.given
    new = NewUpload(body.filename, body.file_size, body.chunk_size, body.file_hash)
    upload = await services.uploads.begin(call.path["playlist_id"], new)
    return Success(
        UploadSession(
            session_id=upload.id,
            playlist_id=upload.playlist_id,
            filename=upload.filename,
            file_size=upload.file_size,
            chunk_size=upload.chunk_size,
            total_chunks=upload.total_chunks,
            expected_chunks=upload.total_chunks,
            status=upload.status,
            expires_at=_expires_at(services, upload),
        ),
        "upload session created",
    )


async def _chunk(services: Services, call: Call[Body]) -> Success[UploadProgress]:
    """Send a part of a file."""
    uploads, index = services.uploads, call.path["chunk_index"]
    session = (call.path["playlist_id"], call.path["session_id"])
    size = await uploads.size_of(*session, index)
    with uploads.memory.hold(call.client, size) as held:
        chunk = await read_chunk(call.stream.within(CHUNK_S), call.headers, size, held)
        upload = await uploads.receive(*session, index, chunk)
    return Success(
        UploadProgress(
            session_id=upload.id,
            chunk_index=index,
            received_size=upload.bytes_received,
            progress=upload.progress,
            complete=upload.complete,
            status=upload.status,
        )
    )


async def _finalize(services: Services, call: Call[FinalizeBody]) -> Success[UploadedTrack]:
    """Make a track of the file."""
    wanted = call.given.metadata_override or Metadata()
    override = MetadataOverride(wanted.title, wanted.artist, wanted.album)
    session_id = call.path["session_id"]
    uploaded = await services.uploads.finalize(
        call.path["playlist_id"],
        session_id,
        call.given.file_hash,
        override,
    )
    track, unshown = uploaded.track, uploaded.unshown
    answer = UploadedTrack(**dict(track), track=track, session_id=session_id, unshown=unshown or None)
    return Success(answer, f"upload complete, but for its picture: {unshown}" if unshown else "upload complete")


async def _status(services: Services, call: Call[Body]) -> Success[UploadStatus]:
    """How far an upload is."""
    return Success(_shown(services, await services.uploads.status(call.path["playlist_id"], call.path["session_id"])))


async def _sessions(services: Services, call: Call[SessionsQuery]) -> Success[UploadList]:
    """All uploads."""
    sessions = [_shown(services, upload) for upload in await services.uploads.sessions()]
    wanted = call.given.status
    return Success(UploadList(sessions=[each for each in sessions if wanted in (None, each.status)]))


async def _cancel(services: Services, call: Call[Body]) -> Success[UploadStatus]:
    """Cancel an upload."""
    return Success(_shown(services, await services.uploads.cancel(call.path["session_id"])), "upload cancelled")


async def _cleanup(services: Services, call: Call[CleanupQuery]) -> Success[CleanupResult]:
    """Forget uploads that nobody continues."""
    cleaned = await services.uploads.cleanup(call.given.max_age_hours * 3600)
    sessions = [
        CleanedSession(session_id=each.upload.id, filename=each.upload.filename, age_hours=round(each.idle_s / 3600, 3))
        for each in cleaned.sessions
    ]
    return Success(CleanupResult(cleaned_sessions=sessions, cleaned_files=cleaned.files, freed_bytes=cleaned.freed))


def _expires_at(services: Services, upload: Upload) -> float:
    """What is left of its time, by the wall clock as it is now."""
    return services.ports.wall() + services.uploads.limits.stale_s - services.uploads.idle_s(upload.id)


def _shown(services: Services, upload: Upload) -> UploadStatus:
    return UploadStatus(
        session_id=upload.id,
        playlist_id=upload.playlist_id,
        filename=upload.filename,
        file_size=upload.file_size,
        bytes_uploaded=upload.bytes_received,
        progress=upload.progress,
        progress_percent=upload.progress,
        chunks_total=upload.total_chunks,
        chunks_uploaded=upload.chunks,
        chunks_received=upload.chunks,
        missing_chunks=upload.missing,
        status=upload.status,
        error_message=upload.error,
        created_at=iso(upload.created),
        updated_at=iso(upload.updated),
        expires_at=_expires_at(services, upload),
    )


_route = partial(Route, category="uploads")
_OF_PLAYLIST = "/api/playlists/<playlist_id>/uploads"
_ALL = "/api/uploads"
_REFUSALS = (NotFound, BadRequest)

ROUTES = (
    _route("POST", f"{_OF_PLAYLIST}/session", _init, status=201, errors=(NotFound,), brief=True),
    _route(
        "PUT",
        f"{_OF_PLAYLIST}/<session_id>/chunks/<chunk_index>",
        _chunk,
        brief=True,
        errors=(*_REFUSALS, UnsupportedMedia),
        takes=("application/octet-stream", "multipart/form-data"),
        limit=CHUNK_LIMIT,
        headers=CHECKSUMS,
    ),
    _route("POST", f"{_OF_PLAYLIST}/<session_id>/finalize", _finalize, errors=_REFUSALS),
    _route("GET", f"{_OF_PLAYLIST}/<session_id>", _status, errors=(NotFound,)),
    _route("GET", f"{_ALL}/sessions", _sessions),
    _route("DELETE", f"{_ALL}/sessions/<session_id>", _cancel, category="other", errors=_REFUSALS),
    _route("POST", f"{_ALL}/cleanup", _cleanup),
)
