"""Routes of the box itself."""

from typing import Any

from tomb.devices.virtual_reader import VirtualReader
from tomb.errors import NotFound
from tomb.http.envelope import Answer
from tomb.http.requests import Body, TagBody
from tomb.http.routes import Ask, House, Route

# What clients of the original box look for; it knew LEDs and buttons, this one has none (yet).
SERVICES = ("api", "audio", "nfc", "gpio", "led_hat", "websocket")


async def _health(house: House, _: Ask[Body]) -> Answer:
    """How the box is, read from its supervised tasks."""
    return Answer(health_data(house), message=house.board.overall)


def health_data(house: House) -> dict[str, Any]:
    """A HealthStatus (wire.md, section 3)."""
    board = house.board
    return {
        "status": board.overall,
        "services": {name: board.is_up(name) for name in SERVICES},
        "details": board.details(),
        "timestamp": house.ports.wall(),
        "uptime": board.uptime,
    }


def _virtual(house: House) -> VirtualReader:
    reader = house.virtual_reader
    if reader is None:
        raise NotFound("virtual reader", "tag")
    return reader


async def _place_tag(house: House, ask: Ask[TagBody]) -> Answer:
    """Put a tag on the virtual reader, while it is in use."""
    return Answer({"tag_id": _virtual(house).place(ask.body.tag_id)}, "tag placed")


async def _lift_tag(house: House, _: Ask[Body]) -> Answer:
    """Take the tag from the virtual reader."""
    _virtual(house).lift()
    return Answer(None, "tag lifted")


ROUTES = (
    Route("GET", "/api/health", _health),
    Route("PUT", "/api/reader/tag", _place_tag, body=TagBody),
    Route("DELETE", "/api/reader/tag", _lift_tag),
)
