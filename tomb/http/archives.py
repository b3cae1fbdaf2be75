"""Archives: the whole library as one file and back, and single playlists to give away."""

from functools import partial

from msgspec.structs import asdict

from tomb.errors import BadRequest, Conflict, NoSpace, NotFound, Unavailable
from tomb.http.envelope import Download, Success
from tomb.http.parsing import Body, Flag, QueryModel
from tomb.http.playlists import PlaylistAnswer, playlist_answer
from tomb.http.routes import Call, Route, Services
from tomb.http.system import RestartAnswer
from tomb.library.archives.archive import MEDIA_TYPE
from tomb.nurseries.archivist import Outgoing


class RestoreQuery(QueryModel):
    """`even_damaged`: sound that is not quite what it was is taken too."""

    even_damaged: Flag = False


class RestoreAnswer(RestartAnswer):
    """What is in the backup.

    `missing`: tracks whose sound was not there when it was made. `damaged`: files that are not what they were then.
    """

    playlists: int
    tracks: int
    missing: int
    damaged: int


async def _backup(services: Services, _: Call[Body]) -> Download:
    """The whole library as one file."""
    return _sent(await services.archivist.backup())


async def _restore(services: Services, call: Call[RestoreQuery]) -> Success[RestoreAnswer]:
    """Replace the whole library by a backup; the box restarts with it."""
    even_damaged = call.given.even_damaged
    counts = await services.archivist.restore(call.stream, call.stream.length, even_damaged=even_damaged)
    return Success(RestoreAnswer(**asdict(counts)), "the backup is complete; the box restarts with it")


async def _export(services: Services, call: Call[Body]) -> Download:
    """A playlist as one file, to take to another box."""
    return _sent(await services.archivist.export(call.path["playlist_id"]))


async def _import(services: Services, call: Call[Body]) -> Success[PlaylistAnswer]:
    """Make a playlist of such a file."""
    made = await services.archivist.take(call.stream, call.stream.length)
    return playlist_answer(services, made, "playlist imported")


def _sent(outgoing: Outgoing) -> Download:
    return Download(outgoing.name, outgoing.length, outgoing.pieces, MEDIA_TYPE)


_TAR = (MEDIA_TYPE,)
_OUT = (Conflict, Unavailable, NoSpace)
_archive_route = partial(Route, "GET", category="archives", costly=True, sends=_TAR)

ROUTES = (
    _archive_route("/api/backup", _backup, errors=_OUT),
    Route("POST", "/api/restore", _restore, status=202, errors=(BadRequest,), takes=_TAR, limit=None),
    _archive_route("/api/playlists/<playlist_id>/export", _export, errors=(NotFound, *_OUT)),
    Route("POST", "/api/playlists/import", _import, status=201, errors=(BadRequest,), takes=_TAR, limit=None),
)
