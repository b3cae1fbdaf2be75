"""Routes of YouTube. The box has no downloader yet: what is asked for is checked, and refused as not available."""

from functools import partial
from typing import NoReturn

from tomb.errors import NotFound, Unavailable
from tomb.http.envelope import Answer
from tomb.http.requests import Body, DownloadBody, SearchQuery
from tomb.http.routes import Ask, Route, Services

_route = partial(Route, category="youtube")


async def _download(services: Services, ask: Ask[DownloadBody]) -> Answer:
    """Fetch the sound of a video into a playlist."""
    services.librarian.lite(ask.body.playlist_id)
    _refuse()


async def _search(_services: Services, _ask: Ask[Body]) -> Answer:
    """Search for videos."""
    _refuse()


async def _task(_services: Services, ask: Ask[Body]) -> Answer:
    """How far a download is."""
    raise NotFound("download", ask.path["task_id"])


async def _cancel(_services: Services, ask: Ask[Body]) -> Answer:
    """Cancel a download."""
    raise NotFound("download", ask.path["task_id"])


def _refuse() -> NoReturn:
    raise Unavailable("this version of the box cannot fetch from YouTube")


ROUTES = (
    _route("POST", "/api/youtube/download", _download, body=DownloadBody, status=202, errors=(NotFound,)),
    _route("GET", "/api/youtube/search", _search, query=SearchQuery, errors=(Unavailable,)),
    _route("GET", "/api/youtube/status/<task_id>", _task, errors=(NotFound,)),
    _route("DELETE", "/api/youtube/tasks/<task_id>", _cancel, errors=(NotFound,)),
)
