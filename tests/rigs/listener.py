"""A client of the box's sockets: speaks Socket.IO over a WebSocket, notes every event, and waits for one."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from tests.rigs.patience import PATIENCE_S

SOCKET = "/socket.io/?EIO=4&transport=websocket"


class Listener:
    """`told`: (event, data) pairs so far."""

    def __init__(self, connection: WebSocketConnection) -> None:
        self.told: list[tuple[str, Any]] = []
        self.ended = trio.Event()
        self._connection = connection
        self._more = trio.Event()

    async def emit(self, event: str, data: object) -> None:
        await self._connection.send_message("42" + json.dumps([event, data]))

    def of(self, event: str) -> list[Any]:
        return [data for name, data in self.told if name == event]

    async def until(self, event: str, wanted: Callable[[Any], bool] = lambda _: True, *, since: int = 0) -> Any:
        """The first such event, of those from the `since`-th of all on."""
        with trio.fail_after(PATIENCE_S):
            while True:
                for name, data in self.told[since:]:
                    if name == event and wanted(data):
                        return data
                await self._more.wait()

    async def listen(self, rooms: Sequence[str]) -> None:
        """Connect the namespace, and join the rooms."""
        await self._connection.get_message()  # the handshake
        await self._connection.send_message("40")
        await self._connection.get_message()
        for room in rooms:
            await self.emit(f"join:{room}", {})

    async def take(self) -> None:
        """Until the server hangs up."""
        try:
            while True:
                await self._note(str(await self._connection.get_message()))
        except ConnectionClosed:
            self.ended.set()

    async def _note(self, packet: str) -> None:
        if packet == "2":
            await self._connection.send_message("3")
        elif packet.startswith("42"):
            event, *data = json.loads(packet[2:])
            self.told.append((event, data[0] if data else None))
            self._more.set()
            self._more = trio.Event()


async def listen(port: int, *rooms: str, task_status: trio.TaskStatus[Listener] = trio.TASK_STATUS_IGNORED) -> None:
    """Be connected until the server hangs up. Started when the rooms, such as "playlists", are joined."""
    # A stream of our own: the library leaves one open that the server has closed.
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream, trio.open_nursery() as nursery:
        listener = Listener(await wrap_client_stream(nursery, stream, f"127.0.0.1:{port}", SOCKET))
        await listener.listen(rooms)
        nursery.start_soon(listener.take)
        for room in rooms:
            await listener.until("ack:join", partial(_is_of, room))
        task_status.started(listener)


def _is_of(room: str, ack: Any) -> bool:
    return bool(ack["room"] == room)


@asynccontextmanager
async def listening(port: int, *rooms: str) -> AsyncIterator[Listener]:
    async with trio.open_nursery() as nursery:
        yield await nursery.start(listen, port, *rooms)
        nursery.cancel_scope.cancel()
