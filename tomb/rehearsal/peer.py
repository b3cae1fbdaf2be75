"""The other end of an ASGI application, in memory, so that everything around it may run on virtual time."""

import gzip
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import trio
from msgspec import Struct

from tomb.socketio import ABORT_EXTENSION
from tomb.socketio.types import ASGIApp, Message, Scope

SEPARATOR = "\x1e"
STALL_S = 20.0


class Response(Struct, frozen=True):
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        body = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return body.decode()

    @property
    def packets(self) -> list[str]:
        return self.text.split(SEPARATOR)


@dataclass
class Wire:
    """A WebSocket: what was sent to it and what it sends. `stalled` stops reading, as a dead phone does."""

    to_app: trio.MemorySendChannel[Message]
    from_app: trio.MemoryReceiveChannel[Message]
    done: trio.Event = field(default_factory=trio.Event)
    aborted: trio.Event = field(default_factory=trio.Event)
    stalled: bool = False
    sending: bool = False
    closed: bool = False
    tap: Callable[[], None] | None = None

    def begin(self, message: Message) -> None:
        """As strict as a server may be: one send at a time, and none after the close."""
        if self.sending or self.closed:
            raise RuntimeError(f"{message['type']} " + ("after the close" if self.closed else "into another send"))
        self.sending = True
        self.closed = message["type"] == "websocket.close"

    async def send(self, *frames: str | bytes) -> None:
        for frame in frames:
            kind = "text" if isinstance(frame, str) else "bytes"
            await self.to_app.send({"type": "websocket.receive", kind: frame})

    async def frame(self) -> str | bytes:
        """The next frame. Raises EOFError where the server closed instead."""
        message = await self.from_app.receive()
        if message["type"] != "websocket.send":
            raise EOFError(message["type"])
        text: str | None = message.get("text")
        return message["bytes"] if text is None else text

    async def frames(self, count: int) -> list[str | bytes]:
        return [await self.frame() for _ in range(count)]

    async def rest(self) -> list[str | bytes]:
        """All frames until the server closes."""
        frames = []
        try:
            while True:
                frames.append(await self.frame())
        except (EOFError, trio.EndOfChannel):
            return frames

    async def hang_up(self) -> None:
        await self.to_app.send({"type": "websocket.disconnect", "code": 1006})
        await self.done.wait()


class RefusedWebSocket(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Peer:
    """A machine that speaks to the application: any number of requests and WebSockets, from one address."""

    def __init__(self, app: ASGIApp, nursery: trio.Nursery, address: str = "192.0.2.1") -> None:
        self.app = app
        self.nursery = nursery
        self.address = address

    async def request(
        self,
        method: str,
        query: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        path: str = "/socket.io/",
        hang_up: trio.Event | None = None,
        trickle: bool = False,
    ) -> Response:
        """One HTTP request. `hang_up` makes the peer leave before the answer; `trickle` never ends the body."""
        sent = False
        leaving = trio.Event() if hang_up is None else hang_up
        answer: list[Message] = []

        async def receive() -> Message:
            nonlocal sent
            if not sent:
                sent = True
                return {"type": "http.request", "body": body, "more_body": trickle}
            await leaving.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            answer.append(message)

        await self.app(self._scope("http", method, query, headers or {}, path), receive, send)
        if not answer:
            return Response(0, {}, b"")
        names = {name.decode(): value.decode() for name, value in answer[0]["headers"]}
        return Response(answer[0]["status"], names, b"".join(part["body"] for part in answer[1:]))

    async def get(self, query: str, **more: Any) -> Response:
        return await self.request("GET", query, **more)

    async def post(self, query: str, *packets: str, **more: Any) -> Response:
        return await self.request("POST", query, SEPARATOR.join(packets).encode(), **more)

    async def websocket(self, query: str, headers: Mapping[str, str] | None = None, path: str = "/socket.io/") -> Wire:
        """An accepted WebSocket. Raises RefusedWebSocket."""
        to_app, app_receives = trio.open_memory_channel[Message](math.inf)
        app_sends, from_app = trio.open_memory_channel[Message](math.inf)
        wire = Wire(to_app, from_app)
        scope = self._scope("websocket", "GET", query, headers or {}, path)
        scope["extensions"] = {"websocket.http.response": {}, ABORT_EXTENSION: wire.aborted.set}

        async def send(message: Message) -> None:
            wire.begin(message)
            if wire.tap is not None:
                wire.tap()  # and no checkpoint, as when the kernel has space
            elif wire.stalled:  # Hypercorn shields its writes, and ours gives up in the end
                with trio.move_on_after(STALL_S, shield=True):
                    await wire.aborted.wait()
                wire.aborted.set()
            elif not wire.aborted.is_set():
                await app_sends.send(message)
            wire.sending = False

        async def carry() -> None:
            try:
                await self.app(scope, app_receives.receive, send)
            finally:
                app_sends.close()
                wire.done.set()

        to_app.send_nowait({"type": "websocket.connect"})
        self.nursery.start_soon(carry)
        first = await from_app.receive()
        if first["type"] != "websocket.accept":
            raise RefusedWebSocket(first.get("status", 403))
        return wire

    def _scope(self, kind: str, method: str, query: str, headers: Mapping[str, str], path: str) -> Scope:
        return {
            "type": kind,
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "client": (self.address, 40000),
        }

    async def open_websocket(self, auth: str = "") -> Wire:
        """Connected to namespace `/`; the handshake and the answer are read."""
        wire = await self.websocket("EIO=4&transport=websocket")
        await wire.frame()
        await wire.send("40" + auth)
        await wire.frame()
        return wire

    async def open_polling(self) -> "Polling":
        """Likewise, over polling."""
        polling = await self.begin_polling()
        await polling.post("40")
        await polling.get()
        return polling

    async def begin_polling(self) -> "Polling":
        """After the handshake, before any namespace."""
        opening = await self.get("EIO=4&transport=polling")
        sid = opening.text.split('"sid":"')[1].split('"')[0]
        return Polling(self, sid)


class Polling(Struct, frozen=True):
    peer: Peer
    sid: str

    @property
    def query(self) -> str:
        return f"EIO=4&transport=polling&sid={self.sid}"

    async def get(self, **more: Any) -> Response:
        return await self.peer.get(self.query, **more)

    async def post(self, *packets: str, **more: Any) -> Response:
        return await self.peer.post(self.query, *packets, **more)

    async def knock(self) -> Wire:
        """The WebSocket of an upgrade, accepted but not probed."""
        return await self.peer.websocket(f"EIO=4&transport=websocket&sid={self.sid}")
