"""YouTube. The box has no downloader yet: what is asked for is checked, and refused as not available."""

import re
from functools import partial
from typing import Annotated, Literal, NoReturn

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints, WithJsonSchema

from tomb.errors import NotFound, Unavailable
from tomb.http.envelope import Success
from tomb.http.parsing import Body, Id, Title, in_digits
from tomb.http.routes import Call, Route, Services


def _youtube(url: str) -> str:
    if not re.fullmatch(r"https://((www|m|music)\.)?(youtube\.com|youtu\.be)/[!-~]+", url):
        raise ValueError("an https address of YouTube")
    return url


YouTubeUrl = Annotated[
    str,
    StringConstraints(max_length=500),
    AfterValidator(_youtube),
    WithJsonSchema({"type": "string", "maxLength": 500, "pattern": r"^https://www\.youtube\.com/[!-~]+$"}),
]


class DownloadBody(Body):
    url: YouTubeUrl
    playlist_id: Id
    quality: Literal["best", "good", "small"] | None = None


class SearchQuery(BaseModel):
    query: Title
    max_results: Annotated[int, Field(ge=1, le=50), BeforeValidator(in_digits)] = 10


async def _download(services: Services, call: Call[DownloadBody]) -> Success[None]:
    """Fetch the sound of a video into a playlist."""
    services.librarian.lite(call.given.playlist_id)
    _refuse()


async def _search(_services: Services, _: Call[SearchQuery]) -> Success[None]:
    """Search for videos."""
    _refuse()


async def _task(_services: Services, call: Call[Body]) -> Success[None]:
    """How far a download is."""
    raise NotFound("download", call.path["task_id"])


async def _cancel(_services: Services, call: Call[Body]) -> Success[None]:
    """Cancel a download."""
    raise NotFound("download", call.path["task_id"])


def _refuse() -> NoReturn:
    raise Unavailable("this version of the box cannot fetch from YouTube")


_route = partial(Route, category="youtube")

ROUTES = (
    _route("POST", "/api/youtube/download", _download, status=202, errors=(NotFound,)),
    _route("GET", "/api/youtube/search", _search, errors=(Unavailable,)),
    _route("GET", "/api/youtube/status/<task_id>", _task, errors=(NotFound,)),
    _route("DELETE", "/api/youtube/tasks/<task_id>", _cancel, errors=(NotFound,)),
)
