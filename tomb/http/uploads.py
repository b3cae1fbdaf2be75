"""Routes of uploads. The box cannot take files in over the network yet: requests are checked, and refused as that."""

from functools import partial

from tomb.errors import NotFound, Unavailable
from tomb.http.envelope import Answer
from tomb.http.requests import Body, CleanupQuery, FinalizeBody, InitUploadBody, SessionsQuery
from tomb.http.routes import Ask, House, Route

_route = partial(Route, category="uploads")
_OF_PLAYLIST = "/api/playlists/<playlist_id>/uploads"


async def _init(house: House, ask: Ask[InitUploadBody]) -> Answer:
    """Announce a file."""
    house.librarian.lite(ask.path["playlist_id"])
    raise Unavailable("this version of the box cannot take uploads; put music into its inbox, or use `tomb import`")


async def _chunk(house: House, ask: Ask[Body]) -> Answer:
    """Send a part of a file."""
    return await _of_session(house, ask)


async def _finalize(house: House, ask: Ask[FinalizeBody]) -> Answer:
    """Make a track of the file."""
    return await _of_session(house, ask)


async def _of_session(house: House, ask: Ask[Body]) -> Answer:
    """How far an upload is."""
    house.librarian.lite(ask.path["playlist_id"])
    raise NotFound("upload session", ask.path["session_id"])


async def _sessions(_house: House, _ask: Ask[Body]) -> Answer:
    """All uploads."""
    return Answer({"sessions": []})


async def _cancel(_house: House, ask: Ask[Body]) -> Answer:
    """Cancel an upload."""
    raise NotFound("upload session", ask.path["session_id"])


async def _cleanup(_house: House, _ask: Ask[Body]) -> Answer:
    """Forget uploads that nobody continues."""
    return Answer({"cleaned_sessions": [], "cleaned_files": 0, "freed_bytes": 0})


ROUTES = (
    _route("POST", f"{_OF_PLAYLIST}/session", _init, body=InitUploadBody, status=201, errors=(NotFound,)),
    _route("PUT", f"{_OF_PLAYLIST}/<session_id>/chunks/<chunk_index>", _chunk, errors=(NotFound,), raw=True),
    _route("POST", f"{_OF_PLAYLIST}/<session_id>/finalize", _finalize, body=FinalizeBody, errors=(NotFound,)),
    _route("GET", f"{_OF_PLAYLIST}/<session_id>", _of_session, errors=(NotFound,)),
    _route("GET", "/api/uploads/sessions", _sessions, query=SessionsQuery),
    _route("DELETE", "/api/uploads/sessions/<session_id>", _cancel, errors=(NotFound,)),
    _route("POST", "/api/uploads/cleanup", _cleanup, query=CleanupQuery),
)
