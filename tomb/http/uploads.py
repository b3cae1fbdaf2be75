"""Routes of uploads (wire.md, sections 3 and 4): announce a file, send its chunks in any order, make it a track."""

from functools import partial

from tomb.errors import BadRequest, NotFound, UnsupportedMedia
from tomb.http import answers
from tomb.http.bodies import CHECKSUMS, CHUNK_LIMIT, chunk_in
from tomb.http.envelope import Answer
from tomb.http.requests import Body, CleanupQuery, FinalizeBody, InitUploadBody, Metadata, SessionsQuery
from tomb.http.routes import Ask, Route, Services
from tomb.library.uploads import Upload
from tomb.models import iso
from tomb.nurseries.finishing import Said
from tomb.nurseries.upload_policy import Announced

_route = partial(Route, category="uploads")
CHUNK_S = 600.0  # a chunk may take that long while it keeps coming: Wi-Fi at the far end of the garden
_OF_PLAYLIST = "/api/playlists/<playlist_id>/uploads"


async def _init(services: Services, ask: Ask[InitUploadBody]) -> Answer:
    """Announce a file."""
    body = ask.body
    announced = Announced(body.filename, body.file_size, body.chunk_size, body.file_hash)
    upload = await services.uploads.begin(ask.path["playlist_id"], announced)
    return Answer(
        answers.UploadSession(
            session_id=upload.id,
            playlist_id=upload.playlist_id,
            filename=upload.filename,
            file_size=upload.file_size,
            chunk_size=upload.chunk_size,
            total_chunks=upload.total_chunks,
            expected_chunks=upload.total_chunks,
            status=upload.status,
            expires_at=upload.updated + services.uploads.limits.stale_s,
        ),
        "upload session created",
        201,
    )


async def _chunk(services: Services, ask: Ask[Body]) -> Answer:
    """Send a part of a file."""
    index, session_id = ask.path["chunk_index"], ask.path["session_id"]
    async with services.uploads.memory.take(min(ask.stream.length or CHUNK_LIMIT, CHUNK_LIMIT)):
        data = chunk_in(await ask.stream.read(CHUNK_S), ask.headers)
        upload = await services.uploads.receive(ask.path["playlist_id"], session_id, index, data)
    return Answer(
        answers.UploadProgress(
            session_id=upload.id,
            chunk_index=index,
            received_size=upload.bytes_received,
            progress=upload.progress,
            complete=upload.complete,
            status=upload.status,
        )
    )


async def _finalize(services: Services, ask: Ask[FinalizeBody]) -> Answer:
    """Make a track of the file."""
    said = ask.body.metadata_override or Metadata()
    session_id = ask.path["session_id"]
    track = await services.uploads.finalize(
        ask.path["playlist_id"], session_id, ask.body.file_hash, Said(said.title, said.artist, said.album)
    )
    told = track.model_dump()
    return Answer({**told, "track": told, "session_id": session_id}, "upload complete")


async def _status(services: Services, ask: Ask[Body]) -> Answer:
    """How far an upload is."""
    return Answer(_told(services, await services.uploads.status(ask.path["playlist_id"], ask.path["session_id"])))


async def _sessions(services: Services, ask: Ask[Body]) -> Answer:
    """All uploads."""
    sessions = [_told(services, upload) for upload in await services.uploads.sessions()]
    wanted = ask.query.status
    return Answer(answers.UploadList(sessions=[each for each in sessions if wanted in (None, each.status)]))


async def _cancel(services: Services, ask: Ask[Body]) -> Answer:
    """Cancel an upload."""
    return Answer(_told(services, await services.uploads.cancel(ask.path["session_id"])), "upload cancelled")


async def _cleanup(services: Services, ask: Ask[Body]) -> Answer:
    """Forget uploads that nobody continues."""
    cleaned = await services.uploads.cleanup(ask.query.max_age_hours * 3600)
    now = services.ports.wall()
    sessions = [
        answers.CleanedSession(
            session_id=each.id, filename=each.filename, age_hours=round(max(0.0, now - each.updated) / 3600, 3)
        )
        for each in cleaned.sessions
    ]
    return Answer(
        answers.CleanupResult(cleaned_sessions=sessions, cleaned_files=cleaned.files, freed_bytes=cleaned.freed)
    )


def _told(services: Services, upload: Upload) -> answers.UploadStatus:
    return answers.UploadStatus(
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
        status="processing" if services.uploads.is_processing(upload.id) else upload.status,
        error_message=upload.error,
        created_at=iso(upload.created),
        updated_at=iso(upload.updated),
        expires_at=upload.updated + services.uploads.limits.stale_s,
    )


ROUTES = (
    _route(
        "POST",
        f"{_OF_PLAYLIST}/session",
        _init,
        body=InitUploadBody,
        data=answers.UploadSession,
        status=201,
        errors=(NotFound,),
    ),
    _route(
        "PUT",
        f"{_OF_PLAYLIST}/<session_id>/chunks/<chunk_index>",
        _chunk,
        data=answers.UploadProgress,
        errors=(NotFound, BadRequest, UnsupportedMedia),
        takes=("application/octet-stream", "multipart/form-data"),
        limit=CHUNK_LIMIT,
        headers=CHECKSUMS,
    ),
    _route(
        "POST",
        f"{_OF_PLAYLIST}/<session_id>/finalize",
        _finalize,
        body=FinalizeBody,
        data=answers.UploadedTrack,
        errors=(NotFound, BadRequest),
    ),
    _route("GET", f"{_OF_PLAYLIST}/<session_id>", _status, data=answers.UploadStatus, errors=(NotFound,)),
    _route("GET", "/api/uploads/sessions", _sessions, query=SessionsQuery, data=answers.UploadList),
    _route(
        "DELETE",
        "/api/uploads/sessions/<session_id>",
        _cancel,
        data=answers.UploadStatus,
        errors=(NotFound, BadRequest),
    ),
    _route("POST", "/api/uploads/cleanup", _cleanup, query=CleanupQuery, data=answers.CleanupResult),
)
