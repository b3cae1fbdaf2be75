"""A Socket.IO server that lives in Trio nurseries.

    server = SocketServer(new_id=lambda: secrets.token_urlsafe(15))
    room = server.namespace("/")

    @room.on("join")
    async def join(client: Client, name: str) -> str:
        client.enter_room(name)
        return "welcome"

    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        await hypercorn.trio.serve(server, config)

It knows nothing of what it is used for, and imports nothing of this project. `docs/socketio.md` is its manual.
"""

from tomb.socketio.asgi import ABORT_EXTENSION, FRAMES_EXTENSION, HttpRequest
from tomb.socketio.client import Client
from tomb.socketio.multiplexer import Failure, OnFailure
from tomb.socketio.namespace import Namespace
from tomb.socketio.server import SocketServer
from tomb.socketio.types import (
    CallTimeout,
    ClientGone,
    Counters,
    Data,
    ProtocolError,
    RawJson,
    Reason,
    Refused,
    SocketIOError,
    SocketLimits,
    Timing,
)

__all__ = [
    "ABORT_EXTENSION",
    "FRAMES_EXTENSION",
    "CallTimeout",
    "Client",
    "ClientGone",
    "Counters",
    "Data",
    "Failure",
    "HttpRequest",
    "Namespace",
    "OnFailure",
    "ProtocolError",
    "RawJson",
    "Reason",
    "Refused",
    "SocketIOError",
    "SocketLimits",
    "SocketServer",
    "Timing",
]
