"""The pictures of playlists: to see in the size that is needed, to choose, and to give up for the automatic one."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, StringConstraints, model_validator
from pydantic.json_schema import SkipJsonSchema
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from tomb.errors import BadRequest, NoSuchRange, NotFound
from tomb.http.envelope import FilePart, Success
from tomb.http.parsing import Body, Id, QueryModel, in_digits
from tomb.http.playlists import PlaylistAnswer, playlist_answer
from tomb.http.routes import Call, Route, Services
from tomb.http.tracks import MEDIA_TYPES
from tomb.library.covers import LARGEST
from tomb.library.picture_cache import ScaledCover, Size
from tomb.library.reading import cover_version

WEBP = "image/webp"
SENT_S = 300.0  # 20 MiB from the far end of the garden
FOR_EVER = "private, max-age=31536000, immutable"  # at an address that another picture will not have
ASK_EACH_TIME = "private, no-cache"
_MEDIA_TYPES: Mapping[str, str] = {**MEDIA_TYPES, "webp": WEBP}


def _pixels(value: object) -> object:
    return int(value) if isinstance(value := in_digits(value), str) else value


class CoverQuery(QueryModel):
    """`size`: of the longer side, in pixels; a smaller picture is not made larger. `v`: as `cover_url` has it."""

    size: Annotated[Size, BeforeValidator(_pixels)] = 600
    v: Annotated[str, StringConstraints(max_length=64)] = ""


class CoverBody(Body):
    """In place of a picture: the track whose picture it is to be."""

    model_config = ConfigDict(json_schema_extra={"required": ["track_id"]})

    track_id: Id | SkipJsonSchema[None] = None

    @model_validator(mode="after")
    def _names_one(self) -> "CoverBody":
        if self.track_id is None:
            raise ValueError("either a picture, or the track_id of a track that has one")
        return self


async def _get(services: Services, call: Call[CoverQuery]) -> FilePart:
    """The picture of a playlist: its own, or that of its first track that has one."""
    cover = await services.librarian.cover(call.path["playlist_id"])
    ext: Literal["jpg", "webp"] = "webp" if _takes_webp(call.headers.get("Accept", "")) else "jpg"
    shown = await services.covers.show(services.librarian.folder / cover, ScaledCover(cover.stem, call.given.size, ext))
    final = shown.is_as_wanted and call.given.v == cover_version(cover.stem)
    return FilePart(
        shown.path,
        _MEDIA_TYPES[shown.path.suffix[1:]],
        shown.path.stem,  # it has the digest of what is in it
        cache=FOR_EVER if final else ASK_EACH_TIME,
        headers={"Vary": "Accept"},
    )


def _takes_webp(accepted: str) -> bool:
    """Old clients that take anything get what they always got."""
    named = {name.lower(): quality for name, quality in parse_accept_header(accepted, MIMEAccept)}
    return named.get(WEBP, 0) > 0


async def _put(services: Services, call: Call[CoverBody]) -> Success[PlaylistAnswer]:
    """Give a playlist a picture of its own: the one in the body, or that of one of its tracks."""
    playlist_id, track_id = call.path["playlist_id"], call.given.track_id
    if track_id is None:
        made = await services.covers.put(playlist_id, call.stream.within(SENT_S), call.stream.length)
    else:
        made = await services.librarian.set_cover_of_track(playlist_id, track_id)
    return playlist_answer(services, made, "that is its picture now")


async def _delete(services: Services, call: Call[Body]) -> Success[PlaylistAnswer]:
    """Go back to the picture of the first track that has one."""
    made = await services.librarian.drop_cover(call.path["playlist_id"])
    return playlist_answer(services, made, "its tracks lend it their picture")


_COVER = "/api/playlists/<playlist_id>/cover"
_SHOWN = ("image/jpeg", "image/png", WEBP)
_TAKEN = ("image/jpeg", "image/png", WEBP, "image/gif")

ROUTES = (
    Route("GET", _COVER, _get, errors=(NotFound, NoSuchRange), category="files", playing=True, sends=_SHOWN),
    Route("PUT", _COVER, _put, errors=(NotFound, BadRequest), category="uploads", takes=_TAKEN, limit=LARGEST),
    Route("DELETE", _COVER, _delete, errors=(NotFound,)),
)
