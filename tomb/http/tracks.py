"""Routes of single tracks: their pictures, and their sound for listening in the browser."""

from collections.abc import Mapping

from tomb.errors import NoSuchRange, NotFound
from tomb.http.envelope import Answer, FilePart
from tomb.http.requests import Body
from tomb.http.routes import Ask, Route, Services

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


async def _cover(services: Services, ask: Ask[Body]) -> Answer:
    """The picture of a track."""
    found = await services.librarian.track(ask.path["track_id"])
    if found.cover is None:
        raise NotFound("cover of track", found.track.id)
    return _file(services, str(found.cover), found.cover.stem)


async def _audio(services: Services, ask: Ask[Body]) -> Answer:
    """The sound of a track, or a part of it (HTTP Range)."""
    found = await services.librarian.track(ask.path["track_id"])
    return _file(services, str(found.sound), found.track.file_hash)


def _file(services: Services, name: str, tag: str) -> Answer:
    media_type = MEDIA_TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return Answer(FilePart(services.librarian.folder / name, media_type, tag))


_SOUNDS = tuple(dict.fromkeys(each for each in MEDIA_TYPES.values() if each.startswith("audio/")))
_PICTURES = ("image/jpeg", "image/png")
_ERRORS = (NotFound, NoSuchRange)

ROUTES = (
    Route("GET", "/api/tracks/<track_id>/cover", _cover, data=_PICTURES, errors=_ERRORS, playing=True),
    Route("GET", "/api/tracks/<track_id>/audio", _audio, data=_SOUNDS, errors=_ERRORS, playing=True),
)
