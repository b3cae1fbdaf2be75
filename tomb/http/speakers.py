"""The rooms of a box that plays to a Snapcast server: which speakers there are, and how loud each is."""

from collections.abc import Sequence

from pydantic import RootModel

from tomb.errors import NotFound, Unavailable
from tomb.http.envelope import Success
from tomb.http.parsing import Body, Percent
from tomb.http.routes import Call, Route, Services
from tomb.models import Speaker


class SpeakerBody(Body):
    """What is absent stays as it is. `muted`: silent whatever its volume."""

    volume: Percent | None = None
    muted: bool | None = None


class SpeakerList(RootModel[Sequence[Speaker]]):
    pass


async def _list(services: Services, _: Call[Body]) -> Success[SpeakerList]:
    """The speakers that play what the box plays."""
    return Success(SpeakerList(services.rooms.listed()))


async def _change(services: Services, call: Call[SpeakerBody]) -> Success[Speaker]:
    """Set how loud a speaker is; never above the ceiling."""
    speaker = await services.rooms.change(call.path["speaker_id"], call.given.volume, call.given.muted)
    return Success(speaker, "speaker set")


ROUTES = (
    Route("GET", "/api/speakers", _list, errors=(Unavailable,), category="player", playing=True),
    Route(
        "PUT",
        "/api/speakers/<speaker_id>",
        _change,
        errors=(NotFound, Unavailable),
        category="player",
        playing=True,
    ),
)
