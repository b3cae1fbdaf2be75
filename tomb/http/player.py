"""Routes of the player: each answers with its whole state after the command."""

from collections.abc import Awaitable, Callable
from functools import partial

from tomb.errors import BadRequest
from tomb.http.envelope import Answer
from tomb.http.requests import Body, ModeBody, SeekBody, SleepBody, VolumeBody
from tomb.http.routes import Ask, House, Route
from tomb.models import PlayerState
from tomb.nurseries.deck import Deck, Reply

_route = partial(Route, data=PlayerState, category="player", playing=True)


def _state(reply: Reply) -> Answer:
    return Answer(reply.state, reply.message)


def _command(name: str, press: Callable[[Deck], Awaitable[Reply]], summary: str) -> Route:
    async def handle(house: House, _: Ask[Body]) -> Answer:
        return _state(await press(house.deck))

    handle.__doc__ = summary
    return _route("POST", f"/api/player/{name}", handle)


async def _seek(house: House, ask: Ask[SeekBody]) -> Answer:
    """Go to a position in the track that is heard."""
    return _state(await house.deck.seek(ask.body.position_ms))


async def _set_volume(house: House, ask: Ask[VolumeBody]) -> Answer:
    """Set the volume; never above the ceiling."""
    return _state(await house.deck.set_volume(ask.body.volume))


async def _set_mode(house: House, ask: Ask[ModeBody]) -> Answer:
    """Set how playing goes on, and whether it is muted."""
    mode = ask.body
    reply = await house.deck.set_mode(
        repeat=mode.repeat_mode,
        shuffle=mode.shuffle_enabled,
        auto_advance=mode.auto_advance_enabled,
        muted=mode.muted,
    )
    return _state(reply)


async def _sleep(house: House, ask: Ask[SleepBody]) -> Answer:
    """Fade out and stop after so many seconds."""
    return _state(await house.deck.sleep(ask.body.seconds))


async def _status(house: House, _: Ask[Body]) -> Answer:
    """The state of the player."""
    return Answer(house.deck.state(house.events.number))


async def _flat_status(house: House, _: Ask[Body]) -> Answer:
    """The state of the player, at the top level too."""
    state = house.deck.state(house.events.number)
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
