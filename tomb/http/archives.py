"""Routes of archives: the whole library as one file and back, and single playlists to give away."""

from dataclasses import asdict

from tomb.errors import BadRequest, Conflict, NoSpace, NotFound, Unavailable
from tomb.http import answers
from tomb.http.envelope import Answer, Download
from tomb.http.playlists import answer_with
from tomb.http.requests import Body, RestoreQuery
from tomb.http.routes import Ask, Route, Services
from tomb.library.archives.archive import MEDIA_TYPE
from tomb.nurseries.archivist import Outgoing


async def _backup(services: Services, _: Ask[Body]) -> Answer:
    """The whole library as one file."""
    return _sent(await services.archivist.backup())


async def _restore(services: Services, ask: Ask[Body]) -> Answer:
    """Replace the whole library by a backup; the box restarts with it."""
    even_damaged = ask.query.even_damaged
    counts = await services.archivist.restore(ask.stream, ask.stream.length, even_damaged=even_damaged)
    told = answers.RestoreAnswer(**asdict(counts))
    return Answer(told, "the backup is complete; the box restarts with it", 202)


async def _export(services: Services, ask: Ask[Body]) -> Answer:
    """A playlist as one file, to take to another box."""
    return _sent(await services.archivist.export(ask.path["playlist_id"]))


async def _import(services: Services, ask: Ask[Body]) -> Answer:
    """Make a playlist of such a file."""
    return answer_with(services, await services.archivist.take(ask.stream, ask.stream.length), "playlist imported", 201)


def _sent(outgoing: Outgoing) -> Answer:
    return Answer(Download(outgoing.name, outgoing.length, outgoing.pieces, MEDIA_TYPE))


_OUT = (Conflict, Unavailable, NoSpace)

ROUTES = (
    Route("GET", "/api/backup", _backup, data=(MEDIA_TYPE,), errors=_OUT),
    Route(
        "POST",
        "/api/restore",
        _restore,
        query=RestoreQuery,
        data=answers.RestoreAnswer,
        status=202,
        errors=(BadRequest,),
        takes=(MEDIA_TYPE,),
        limit=None,
    ),
    Route("GET", "/api/playlists/<playlist_id>/export", _export, data=(MEDIA_TYPE,), errors=(NotFound, *_OUT)),
    Route(
        "POST",
        "/api/playlists/import",
        _import,
        data=answers.PlaylistAnswer,
        status=201,
        errors=(BadRequest,),
        takes=(MEDIA_TYPE,),
        limit=None,
    ),
)
