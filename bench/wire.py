"""A stranger's server that speaks the wire: asked over connections that are kept open, and as clients of its sockets.

All is as cheap as can be, since the time should be the server's. Nothing is taken for granted: an answer that the wire
does not know is Wrong and says which, a route that is not there is Lacking.
"""

import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import trio

ANSWER_S = 600.0  # a small computer may listen to a long file to its end first
TOLD_S = 10.0  # a client that is not told of a change by then is not told


class Wrong(Exception):
    """An answer that the wire does not know."""


class Lacking(Exception):
    """The server has no such route, or does not tell its clients of such a change."""


class Connection:
    """Asks and reads answers, as cheaply as can be: the time should be the server's.

    It is opened anew where the server says that it closes it, before that is asked for: no request pays for another.
    """

    def __init__(self, server: "Server") -> None:
        self._server = server
        self._stream: trio.SocketStream | None = None
        self._read = bytearray()

    async def __aenter__(self) -> "Connection":
        await self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._stream is not None:
            await self._stream.aclose()

    async def ask(self, asked: bytes) -> tuple[int, bytes, float]:
        """The status, the body, and how many seconds that took. Raises: Wrong."""
        assert self._stream is not None
        with trio.move_on_after(ANSWER_S):
            began = perf_counter()
            await self._send(asked)
            try:
                status, body, closes = await self._answer()
            except ValueError as error:
                raise Wrong(f"{self._server.url} answers {_line(asked)} in what is no HTTP: {error}") from error
            took = perf_counter() - began
            if closes:
                await self._stream.aclose()
                await self._open()
            return status, body, took
        raise Wrong(f"{self._server.url} does not answer {_line(asked)} within {ANSWER_S:g} s")

    async def _open(self) -> None:
        try:
            self._stream = await trio.open_tcp_stream(self._server.host, self._server.port)
        except OSError as error:
            raise Wrong(f"nobody listens at {self._server.url}: {error}") from error
        self._read.clear()

    async def _send(self, asked: bytes) -> None:
        assert self._stream is not None
        try:
            await self._stream.send_all(asked)
        except trio.BrokenResourceError as error:
            raise Wrong(f"{self._server.url} hung up on {_line(asked)}") from error

    async def _answer(self) -> tuple[int, bytes, bool]:
        head = await self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        if re.match(r"HTTP/1\.[01] \d\d\d", first) is None:
            raise Wrong(f"{self._server.url} does not speak HTTP: {first[:80]!r}")
        headers = dict[str, str]()
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip().lower()
        status = int(first[9:12])
        if status in (204, 304):
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int((await self._until(b"\r\n")).split(b";")[0], 16):
                body += await self._take(size)
                await self._take(2)
            while await self._until(b"\r\n"):
                pass
        else:
            body = await self._take(int(headers.get("content-length", "0")))
        return status, body, headers.get("connection") == "close"

    async def _until(self, end: bytes) -> bytes:
        """What comes before it."""
        while (at := self._read.find(end)) < 0:
            await self._more()
        found = bytes(self._read[:at])
        del self._read[: at + len(end)]
        return found

    async def _take(self, count: int) -> bytes:
        while len(self._read) < count:
            await self._more()
        taken = bytes(self._read[:count])
        del self._read[:count]
        return taken

    async def _more(self) -> None:
        assert self._stream is not None
        received = await _received(self._stream)
        if not received:
            raise Wrong(f"{self._server.url} hung up before its answer was whole")
        self._read += received


@dataclass(frozen=True, slots=True, eq=False)  # the same one may be compared with itself
class Server:
    url: str
    host: str
    port: int

    def request(self, method: str, path: str, body: object = None) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        return self.request_of(method, path, content, "application/json")

    def request_of(self, method: str, path: str, content: bytes, kind: str) -> bytes:
        head = f"{method} {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nContent-Length: {len(content)}\r\n"
        return f"{head}Content-Type: {kind}\r\n\r\n".encode() + content

    def look(self, asked: bytes, status: int, body: bytes) -> None:
        """Raises: Lacking, Wrong, unless the answer is a success."""
        if status in (404, 405, 501):
            raise Lacking(f"{self.url} answers {status} to {_line(asked)}")
        if not 200 <= status < 300:
            hint = " (are its rate limits on?)" if status == 429 else ""
            raise Wrong(f"{self.url} answers {status} to {_line(asked)}{hint}: {_shown(body)}")

    def data(self, asked: bytes, status: int, body: bytes, *fields: str) -> Any:
        """What the envelope holds, these fields among it. Raises: Lacking, Wrong."""
        self.look(asked, status, body)
        try:
            envelope = json.loads(body)
        except ValueError as error:
            raise Wrong(f"{self.url} answers {_line(asked)} with what is no JSON: {_shown(body)}") from error
        if not isinstance(envelope, dict) or not isinstance(envelope.get("data"), dict):
            raise Wrong(f"{self.url} answers {_line(asked)} without the envelope's data: {_shown(body)}")
        for name in fields:
            if name not in envelope["data"]:
                raise Wrong(f"{self.url} answers {_line(asked)} without {name!r}: {_shown(body)}")
        return envelope["data"]


async def told(server: Server, connection: Connection, asked: bytes, *fields: str) -> Any:
    """The data of the answer. Raises: Lacking, Wrong."""
    status, body, _ = await connection.ask(asked)
    return server.data(asked, status, body, *fields)


async def _received(stream: trio.SocketStream) -> bytes:
    """Empty where the other side has hung up, however it did."""
    try:
        return bytes(await stream.receive_some(262_144))
    except trio.BrokenResourceError:
        return b""


def _line(asked: bytes) -> str:
    return asked[: asked.index(b" HTTP/1.1")].decode()


def _shown(body: bytes) -> str:
    return repr(body[:200].decode(errors="replace"))


def at(url: str) -> Server:
    """Such as http://box.local:8000. Raises: ValueError."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError(url)
    return Server(url, parts.hostname, parts.port or 80)


# --- clients that are told --------------------------------------------------------------------------------------------


class Crowd:
    """Clients in the room `playlists`, all of one server; how soon the last of them is told of a change."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._heard: Callable[[str], bool] = lambda _: False
        self._missing: set[int] = set()
        self._complete = trio.Event()
        self._at = 0.0
        self._count = 0
        self._why_empty: str | None = None

    async def gather(self, nursery: trio.Nursery, count: int) -> None:
        try:
            for _ in range(count):
                await nursery.start(self._join)
        except Lacking as why:
            self._why_empty = str(why)

    async def change(self, connection: Connection, asked: bytes, heard: Callable[[str], bool]) -> float:
        """Seconds from the request until each client had a message that is `heard`. Raises: Lacking, Wrong."""
        if self._why_empty is not None:
            raise Lacking(self._why_empty)
        self._heard, self._missing, self._complete = heard, set(range(self._count)), trio.Event()
        began = perf_counter()
        await told(self._server, connection, asked)
        with trio.move_on_after(TOLD_S):
            await self._complete.wait()
            return self._at - began
        missing = f"{len(self._missing)} of {self._count} clients"
        raise Lacking(f"{self._server.url} does not tell {missing} of {_line(asked)} within {TOLD_S:g} s")

    async def _join(self, *, task_status: trio.TaskStatus[None]) -> None:
        """Be one more of them, until cancelled. Started when the room is joined."""
        server = self._server
        async with await trio.open_tcp_stream(server.host, server.port) as stream:
            await stream.send_all(
                b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + f"Host: {server.host}:{server.port}\r\n\r\n".encode()
            )
            messages = _messages(server, stream)
            await _pass_over(server, messages, lambda message: message.startswith("0"))
            await stream.send_all(_frame("40"))
            await _pass_over(server, messages, lambda message: message.startswith("40"))
            await stream.send_all(_frame('42["join:playlists",{}]'))
            await _pass_over(server, messages, lambda message: message.startswith('42["ack:join"'))
            number, self._count = self._count, self._count + 1
            task_status.started()
            async for message in messages:
                if message == "2":
                    await stream.send_all(_frame("3"))
                elif number in self._missing and self._heard(message):
                    self._missing.remove(number)
                    if not self._missing:
                        self._at = perf_counter()
                        self._complete.set()
            raise Wrong(f"{server.url} hung up on a client of its sockets")


async def _pass_over(server: Server, messages: AsyncIterator[str], to: Callable[[str], bool]) -> None:
    with trio.move_on_after(ANSWER_S):
        async for message in messages:
            if to(message):
                return
    raise Lacking(f"{server.url} lets no client into the room `playlists` of its sockets")


async def _messages(server: Server, stream: trio.SocketStream) -> AsyncIterator[str]:
    """The texts of a server's frames (RFC 6455, 5.2): not masked, and of one frame each."""
    read = bytearray()
    while b"\r\n\r\n" not in read:
        if not (received := await _received(stream)):
            return
        read += received
    if not read.startswith(b"HTTP/1.1 101"):
        raise Lacking(f"{server.url} has no WebSocket at /socket.io/: {bytes(read[:20])!r}")
    del read[: read.index(b"\r\n\r\n") + 4]
    while True:
        while (frame := _whole(read)) is not None:
            start, end = frame
            text = bytes(read[start:end]).decode(errors="replace")
            del read[:end]
            yield text
        if not (received := await _received(stream)):
            return
        read += received


def _whole(read: bytearray) -> tuple[int, int] | None:
    """Where the content of the first frame begins and ends, if it is there to its end."""
    if len(read) < 2:
        return None
    size, start = read[1] & 127, 2
    if size > 125:
        start = 4 if size == 126 else 10
        if len(read) < start:
            return None
        size = int.from_bytes(read[2:start])
    return (start, start + size) if len(read) >= start + size else None


def _frame(text: str) -> bytes:
    """Of at most 125 characters, masked with zeros."""
    return bytes([0x81, 0x80 + len(text)]) + bytes(4) + text.encode()
