"""The player: each route answers with its whole state after the command."""

from collections.abc import Awaitable
from functools import partial
from typing import Annotated, Protocol

from pydantic import BeforeValidator, Field

from tomb.errors import BadRequest
from tomb.http.envelope import Success
from tomb.http.parsing import Body, Percent, whole
from tomb.http.routes import Call, Route, Services
from tomb.library import chapters
from tomb.models import Origin, PlayerState, RepeatMode
from tomb.nurseries.deck import Deck, Reply


class SeekBody(Body):
    position_ms: Annotated[int, Field(ge=0, le=86_400_000), BeforeValidator(whole)]


class ChapterBody(Body):
    """From 0."""

    index: Annotated[int, Field(ge=0, lt=chapters.MOST), BeforeValidator(whole)]


class VolumeBody(Body):
    volume: Percent


class ModeBody(Body):
    """What is absent stays as it is."""

    repeat_mode: RepeatMode | None = None
    shuffle_enabled: bool | None = None
    auto_advance_enabled: bool | None = None
    muted: bool | None = None


class SleepBody(Body):
    """null switches the timer off."""

    seconds: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] | None


def _state(reply: Reply) -> Success[PlayerState]:
    return Success(reply.state, reply.message, json=reply.json)


async def _seek(services: Services, call: Call[SeekBody]) -> Success[PlayerState]:
    """Go to a position in the track that is heard."""
    return _state(await services.deck.seek(call.given.position_ms, origin=call.origin))


async def _chapter(services: Services, call: Call[ChapterBody]) -> Success[PlayerState]:
    """Play the track that is chosen from one of its chapters on."""
    return _state(await services.deck.chapter(call.given.index, origin=call.origin))


async def _set_volume(services: Services, call: Call[VolumeBody]) -> Success[PlayerState]:
    """Set the volume; never above the ceiling."""
    return _state(await services.deck.set_volume(call.given.volume, origin=call.origin))


async def _set_mode(services: Services, call: Call[ModeBody]) -> Success[PlayerState]:
    """Set how playing goes on, and whether it is muted."""
    mode = call.given
    reply = await services.deck.set_mode(
        repeat=mode.repeat_mode,
        shuffle=mode.shuffle_enabled,
        auto_advance=mode.auto_advance_enabled,
        muted=mode.muted,
        origin=call.origin,
    )
    return _state(reply)


async def _sleep(services: Services, call: Call[SleepBody]) -> Success[PlayerState]:
    """Fade out and stop after so many seconds."""
    return _state(await services.deck.sleep(call.given.seconds, origin=call.origin))


async def _status(services: Services, _: Call[Body]) -> Success[PlayerState]:
    """The state of the player."""
    return Success(services.deck.state(services.events.number))


_route = partial(Route, category="player", playing=True)


class _Press(Protocol):
    def __call__(self, deck: Deck, /, *, origin: Origin) -> Awaitable[Reply]: ...


def _command(name: str, press: _Press, summary: str) -> Route:
    async def handle(services: Services, call: Call[Body]) -> Success[PlayerState]:
        return _state(await press(services.deck, origin=call.origin))

    handle.__doc__ = summary
    return _route("POST", f"/api/player/{name}", handle)


ROUTES = (
    _command("play", Deck.play, "Play, or go on."),
    _command("pause", Deck.pause, "Pause."),
    _command("stop", Deck.stop, "Stop."),
    _command("toggle", Deck.toggle, "Play or pause."),
    _command("next", Deck.next, "Go to the next track or, in a long one, to its next chapter."),
    _command("previous", Deck.previous, "Go to the start of the track or chapter, or to the one before."),
    _route("POST", "/api/player/seek", _seek, errors=(BadRequest,)),
    _route("POST", "/api/player/chapter", _chapter, errors=(BadRequest,)),
    _route("POST", "/api/player/volume", _set_volume),
    _route("GET", "/api/player/volume", _status),
    _route("PUT", "/api/player/mode", _set_mode),
    _route("POST", "/api/player/sleep", _sleep),
    _route("GET", "/api/player/status", _status),
    _route("GET", "/api/playback/status", _status, flat=True),
)
