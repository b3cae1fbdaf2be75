"""Routes of the player: each answers with its whole state after the command."""

from collections.abc import Awaitable, Callable
from functools import partial

from tomb.errors import BadRequest
from tomb.http.envelope import Answer
from tomb.http.requests import Body, ModeBody, SeekBody, SleepBody, VolumeBody
from tomb.http.routes import Ask, Route, Services
from tomb.models import PlayerState
from tomb.nurseries.deck import Deck, Reply

_route = partial(Route, data=PlayerState, category="player", playing=True)


def _state(reply: Reply) -> Answer:
    return Answer(reply.state, reply.message)


def _command(name: str, press: Callable[[Deck], Awaitable[Reply]], summary: str) -> Route:
    async def handle(services: Services, _: Ask[Body]) -> Answer:
        return _state(await press(services.deck))

    handle.__doc__ = summary
    return _route("POST", f"/api/player/{name}", handle)


async def _seek(services: Services, ask: Ask[SeekBody]) -> Answer:
    """Go to a position in the track that is heard."""
    return _state(await services.deck.seek(ask.body.position_ms))


async def _set_volume(services: Services, ask: Ask[VolumeBody]) -> Answer:
    """Set the volume; never above the ceiling."""
    return _state(await services.deck.set_volume(ask.body.volume))


async def _set_mode(services: Services, ask: Ask[ModeBody]) -> Answer:
    """Set how playing goes on, and whether it is muted."""
    mode = ask.body
    reply = await services.deck.set_mode(
        repeat=mode.repeat_mode,
        shuffle=mode.shuffle_enabled,
        auto_advance=mode.auto_advance_enabled,
        muted=mode.muted,
    )
    return _state(reply)


async def _sleep(services: Services, ask: Ask[SleepBody]) -> Answer:
    """Fade out and stop after so many seconds."""
    return _state(await services.deck.sleep(ask.body.seconds))


async def _status(services: Services, _: Ask[Body]) -> Answer:
    """The state of the player."""
    return Answer(services.deck.state(services.events.number))


async def _flat_status(services: Services, _: Ask[Body]) -> Answer:
    """The state of the player, at the top level too."""
    state = services.deck.state(services.events.number)
    return Answer(state, top=state)


ROUTES = (
    _command("play", Deck.play, "Play, or go on."),
    _command("pause", Deck.pause, "Pause."),
    _command("stop", Deck.stop, "Stop."),
    _command("toggle", Deck.toggle, "Play or pause."),
    _command("next", Deck.next, "Go to the next track."),
    _command("previous", Deck.previous, "Go to the start of the track, or to the one before."),
    _route("POST", "/api/player/seek", _seek, body=SeekBody, errors=(BadRequest,)),
    _route("POST", "/api/player/volume", _set_volume, body=VolumeBody),
    _route("GET", "/api/player/volume", _status),
    _route("PUT", "/api/player/mode", _set_mode, body=ModeBody),
    _route("POST", "/api/player/sleep", _sleep, body=SleepBody),
    _route("GET", "/api/player/status", _status),
    _route("GET", "/api/playback/status", _flat_status),
)
