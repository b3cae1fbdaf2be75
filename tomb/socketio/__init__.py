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

from tomb.socketio.asgi import ABORT_EXTENSION, Request
from tomb.socketio.client import Client
from tomb.socketio.conversation import Failure, OnFailure
from tomb.socketio.errors import CallTimeout, ClientGone, ProtocolError, Refused, SocketIOError
from tomb.socketio.namespace import Namespace
from tomb.socketio.server import SocketServer
from tomb.socketio.types import Counters, Data, Limits, RawJson, Reason, Timing

__all__ = [
    "ABORT_EXTENSION",
    "CallTimeout",
    "Client",
    "ClientGone",
    "Counters",
    "Data",
    "Failure",
    "Limits",
    "Namespace",
    "OnFailure",
    "ProtocolError",
    "RawJson",
    "Reason",
    "Refused",
    "Request",
    "SocketIOError",
    "SocketServer",
    "Timing",
]
