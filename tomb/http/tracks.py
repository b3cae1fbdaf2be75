"""Single tracks: what is known of them, their pictures, and their sound for listening in the browser."""

from collections.abc import Mapping
from functools import partial

from tomb.errors import NoSuchRange, NotFound
from tomb.http.envelope import FilePart, Success
from tomb.http.parsing import Body, Label, Title
from tomb.http.routes import Call, Route, Services
from tomb.library.tracks import TrackEdit
from tomb.models import Track

# As the IANA registers them, or as browsers know them where it does not (wav).
MEDIA_TYPES: Mapping[str, str] = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "aiff": "audio/aiff",
    "aif": "audio/aiff",
}


class TrackBody(Body):
    """What is absent stays as it is; an artist or album that is null or empty is none."""

    title: Title | None = None
    artist: Label | None = None
    album: Label | None = None


async def _edit(services: Services, call: Call[TrackBody]) -> Success[Track]:
    """Change the title, artist or album of a track; its file stays as it is."""
    given, edit = call.given, TrackEdit()
    if given.title is not None:
        edit["title"] = given.title
    if "artist" in given.model_fields_set:
        edit["artist"] = given.artist or None
    if "album" in given.model_fields_set:
        edit["album"] = given.album or None
    return Success(await services.librarian.edit_track(call.path["track_id"], edit), "changed")


async def _cover(services: Services, call: Call[Body]) -> FilePart:
    """The picture of a track."""
    found = await services.librarian.track(call.path["track_id"])
    if found.cover is None:
        raise NotFound("cover of track", found.track.id)
    return _file(services, str(found.cover), found.cover.stem)


async def _audio(services: Services, call: Call[Body]) -> FilePart:
    """The sound of a track, or a part of it (HTTP Range)."""
    found = await services.librarian.track(call.path["track_id"])
    return _file(services, str(found.sound), found.track.file_hash)


def _file(services: Services, name: str, tag: str) -> FilePart:
    media_type = MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return FilePart(services.librarian.folder / name, media_type, tag)


_SOUNDS = tuple(dict.fromkeys(each for each in MEDIA_TYPES.values() if each.startswith("audio/")))
_PICTURES = ("image/jpeg", "image/png")
_file_route = partial(Route, "GET", errors=(NotFound, NoSuchRange), category="files", playing=True)

ROUTES = (
    Route("PUT", "/api/tracks/<track_id>", _edit, errors=(NotFound,)),
    _file_route("/api/tracks/<track_id>/cover", _cover, sends=_PICTURES),
    _file_route("/api/tracks/<track_id>/audio", _audio, sends=_SOUNDS, costly=True),
)
