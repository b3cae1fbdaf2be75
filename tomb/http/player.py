"""Routes of the player: each answers with its whole state after the command."""

from collections.abc import Awaitable, Callable

from tomb.http.envelope import Answer
from tomb.http.requests import Body, SeekBody, VolumeBody
from tomb.http.routes import Ask, House, Route
from tomb.models import PlayerState
from tomb.nurseries.deck import Deck, Reply


def _state(reply: Reply) -> Answer:
    return Answer(reply.state, reply.message)


def _command(name: str, press: Callable[[Deck], Awaitable[Reply]], summary: str) -> Route:
    async def handle(house: House, _: Ask[Body]) -> Answer:
        return _state(await press(house.deck))

    handle.__doc__ = summary
    return Route("POST", f"/api/player/{name}", handle, data=PlayerState)


async def _seek(house: House, ask: Ask[SeekBody]) -> Answer:
    """Go to a position in the track that is heard."""
    return _state(await house.deck.seek(ask.body.position_ms))


async def _set_volume(house: House, ask: Ask[VolumeBody]) -> Answer:
    """Set the volume; never above the ceiling."""
    return _state(await house.deck.set_volume(ask.body.volume))


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
    Route("POST", "/api/player/seek", _seek, body=SeekBody, data=PlayerState),
    Route("POST", "/api/player/volume", _set_volume, body=VolumeBody, data=PlayerState),
    Route("GET", "/api/player/volume", _status, data=PlayerState),
    Route("GET", "/api/player/status", _status, data=PlayerState),
    Route("GET", "/api/playback/status", _flat_status, data=PlayerState),
)
