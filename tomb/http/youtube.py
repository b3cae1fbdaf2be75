"""YouTube (wire.md, sections 3 and 7): search, look into playlists, and have the sound of videos fetched."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from tomb.devices.youtube import Video, links
from tomb.errors import BadRequest, NoSuchRange, NotFound, Unavailable
from tomb.http.envelope import FilePart, Success
from tomb.http.parsing import Body, Id, QueryModel, Title, in_digits
from tomb.http.routes import Call, Route, Services
from tomb.http.tracks import MEDIA_TYPES
from tomb.models import DownloadTask, Wire
from tomb.nurseries.downloads import WantedVideo, shown, thumbnail_url
from tomb.nurseries.videos import MOST

DESCRIPTION_LENGTH = 300
_MEDIA_TYPES: Mapping[str, str] = {**MEDIA_TYPES, "webp": "image/webp"}
_CACHED = "private, max-age=86400"

# --- what is asked ---------------------------------------------------------------------------------------------------


def _video(url: str) -> str:
    link = links.parse(url)
    if link is None or link.video is None:
        more = "; what is in a playlist is asked for first, and then chosen of" if link else ""
        raise ValueError(f"the https address of a video on YouTube{more}")
    return link.video


def _playlist(url: str) -> str:
    link = links.parse(url)
    if link is None or link.playlist is None:
        raise ValueError("the https address of a playlist on YouTube")
    return link.playlist


def _address(pattern: str) -> WithJsonSchema:
    """As the box writes such addresses itself; it understands the others that YouTube gives, too."""
    return WithJsonSchema({"type": "string", "maxLength": links.LONGEST, "pattern": f"^{pattern}$"})


# Of either only the id is left when it was parsed.
VideoAddress = Annotated[
    str,
    StringConstraints(max_length=links.LONGEST),
    AfterValidator(_video),
    _address(rf"https://www\.youtube\.com/watch\?v={links.VIDEO_ID}"),
]
PlaylistAddress = Annotated[
    str,
    StringConstraints(max_length=links.LONGEST),
    AfterValidator(_playlist),
    _address(rf"https://www\.youtube\.com/playlist\?list={links.PLAYLIST_ID}"),
]


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


class DownloadBody(Body):
    """Either one address or several."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["url"]}, {"required": ["urls"]}]})

    # Absent ones are no null, which would be named as another thing that was wrong.
    url: VideoAddress = Field("", json_schema_extra=_without_default)
    urls: Annotated[list[VideoAddress], Field(min_length=1, max_length=MOST)] = Field(
        [], json_schema_extra=_without_default
    )
    playlist_id: Id

    @model_validator(mode="after")
    def _names_some(self) -> "DownloadBody":
        if bool(self.url) == bool(self.urls):
            raise ValueError("either url, or urls")
        return self

    @property
    def videos(self) -> list[str]:
        return [self.url] if self.url else self.urls


class SearchQuery(QueryModel):
    query: Title
    max_results: Annotated[int, Field(ge=1, le=MOST), BeforeValidator(in_digits)] = 10


class PlaylistQuery(QueryModel):
    url: PlaylistAddress


# --- what is answered ------------------------------------------------------------------------------------------------


class YouTubeVideo(Wire):
    """`duration` in minutes and seconds, as people read it; it and `duration_ms` are absent as "" and null. `live`: it
    is on the air now, and cannot be fetched."""

    id: str
    title: str
    url: str
    duration_ms: int | None
    duration: str
    thumbnail_url: str
    thumbnail: str
    channel: str | None
    view_count: int | None
    description: str | None
    live: bool


class YouTubeResults(Wire):
    results: Sequence[YouTubeVideo]
    total_results: int


class DownloadTasks(Wire):
    tasks: Sequence[DownloadTask]


class Downloads(DownloadTask):
    """The first of them, and all."""

    tasks: Sequence[DownloadTask]


class Downloader(Wire):
    """What fetches from YouTube: the version of yt-dlp, which is the day that it was made."""

    version: str


# --- the routes ------------------------------------------------------------------------------------------------------


async def _download(services: Services, call: Call[DownloadBody]) -> Success[Downloads]:
    """Fetch the sound of videos into a playlist, one after the other."""
    services.librarian.lite(call.given.playlist_id)
    services.videos.check()
    wanted = [WantedVideo(each, services.videos.title(each)) for each in call.given.videos]
    tasks = await services.downloads.add(call.given.playlist_id, wanted)
    return Success(Downloads(**dict(tasks[0]), tasks=tasks), "in line")


async def _search(services: Services, call: Call[SearchQuery]) -> Success[YouTubeResults]:
    """Search for videos."""
    return Success(_results(await services.videos.search(call.given.query, call.given.max_results)))


async def _entries(services: Services, call: Call[PlaylistQuery]) -> Success[YouTubeResults]:
    """What is in a playlist of YouTube's."""
    return Success(_results(await services.videos.entries(call.given.url)))


async def _thumbnail(services: Services, call: Call[Body]) -> FilePart:
    """The picture of a video that was found, listed or asked for."""
    path = await services.videos.thumbnail(call.path["video_id"])
    return FilePart(path, _MEDIA_TYPES[path.suffix[1:]], path.stem, cache=_CACHED)


async def _tasks(services: Services, _: Call[Body]) -> Success[DownloadTasks]:
    """All downloads that are remembered, the newest first."""
    return Success(DownloadTasks(tasks=await services.downloads.tasks()))


async def _task(services: Services, call: Call[Body]) -> Success[DownloadTask]:
    """How far a download is."""
    return Success(await services.downloads.task(call.path["task_id"]))


async def _cancel(services: Services, call: Call[Body]) -> Success[DownloadTask]:
    """Cancel a download."""
    return Success(await services.downloads.cancel(call.path["task_id"]), "download cancelled")


async def _update(services: Services, _: Call[Body]) -> Success[Downloader]:
    """Install the newest yt-dlp, which takes minutes; the one before stays until that has shown that it works."""
    version = await services.videos.update()
    return Success(Downloader(version=version), f"yt-dlp {version} is what the box uses now")


def _results(videos: Sequence[Video]) -> YouTubeResults:
    return YouTubeResults(results=[_shown(each) for each in videos], total_results=len(videos))


def _shown(video: Video) -> YouTubeVideo:
    picture = thumbnail_url(video.id)
    return YouTubeVideo(
        id=video.id,
        title=shown(video.title) or video.id,
        url=links.video_url(video.id),
        duration_ms=video.duration_ms,
        duration="" if video.duration_ms is None else _minutes(video.duration_ms // 1000),
        thumbnail_url=picture,
        thumbnail=picture,
        channel=shown(video.channel),
        view_count=video.view_count,
        description=video.description and video.description[:DESCRIPTION_LENGTH],
        live=video.live,
    )


def _minutes(seconds: int) -> str:
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


# What makes the box ask YouTube has a rate of its own; pages look after their downloads as often as after all else.
_asking = partial(Route, category="youtube")
_OF_YOUTUBE = (BadRequest, Unavailable)

ROUTES = (
    _asking("POST", "/api/youtube/download", _download, status=202, errors=(NotFound,)),
    _asking("GET", "/api/youtube/search", _search, errors=_OF_YOUTUBE, costly=True),
    _asking("GET", "/api/youtube/playlist", _entries, errors=_OF_YOUTUBE, costly=True),
    Route(
        "GET",
        "/api/youtube/thumbnail/<video_id>",
        _thumbnail,
        errors=(*_OF_YOUTUBE, NotFound, NoSuchRange),
        category="files",
        costly=True,
        sends=("image/jpeg", "image/png", "image/webp"),
    ),
    _asking("POST", "/api/youtube/update", _update, errors=(Unavailable,)),
    Route("GET", "/api/youtube/tasks", _tasks),
    Route("GET", "/api/youtube/status/<task_id>", _task, errors=(NotFound,)),
    Route("DELETE", "/api/youtube/tasks/<task_id>", _cancel, errors=(NotFound, BadRequest)),
)
