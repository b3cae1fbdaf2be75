"""A client of the application without a network: one request is one call, on whatever clock there is."""

import json
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from math import inf
from typing import Any
from urllib.parse import unquote

import trio
from msgspec import Struct

from tomb.socketio import SocketServer

Headers = Mapping[str, str]


class Answer(Struct, frozen=True):
    status: int
    headers: Headers
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def data(self) -> Any:
        assert self.status < 300, self.content
        return self.body["data"]

    @property
    def fields(self) -> list[str]:
        """The fields that a validation error names."""
        assert self.body["error_type"] == "validation_error", self.body
        return [error["field"] for error in self.body["errors"]]


@dataclass
class Client:
    """Asks as from `address`, and keeps cookies as a browser does."""

    app: SocketServer
    address: str = "192.168.1.7"
    scheme: str = "http"
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, headers=headers)

    async def post(self, path: str, **body: Any) -> Answer:
        return await self.ask("POST", path, body)

    async def put(self, path: str, **body: Any) -> Answer:
        return await self.ask("PUT", path, body)

    async def delete(self, path: str, **body: Any) -> Answer:
        return await self.ask("DELETE", path, body or None)

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        raw: bytes | Iterable[tuple[float, bytes]] | None = None,
        headers: Headers | None = None,
    ) -> Answer:
        """`raw`: the body as it is, or as pieces each after so many seconds. Underscores in header names are dashes."""
        content = json.dumps(body).encode() if body is not None and raw is None else raw or b""
        sent = {"host": "localhost", **({"content-type": "application/json"} if content else {})}
        sent |= {name.lower().replace("_", "-"): value for name, value in (headers or {}).items()}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        pieces = [(0.0, content)] if isinstance(content, bytes) else content
        if isinstance(content, bytes) and content:
            sent.setdefault("content-length", str(len(content)))
        elif not isinstance(content, bytes) and "content-length" not in sent:
            sent["transfer-encoding"] = "chunked"
        answer = await self._exchange(self._scope(method, path, sent), iter(pieces))
        self._keep_cookie(answer)
        return answer

    async def stall(self, path: str) -> None:
        """Ask for something, and read nothing of the answer."""
        first = [0.0]

        async def receive() -> dict[str, Any]:
            await trio.sleep(first.pop() if first else inf)
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(_: object) -> None:
            await trio.sleep_forever()

        await self.app(self._scope("GET", path, {"host": "localhost"}), receive, send)

    def _scope(self, method: str, target: str, headers: Headers) -> dict[str, Any]:
        path, _, query = target.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": self.scheme,
            "path": unquote(path),
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
            "client": (self.address, 50000),
            "server": ("192.168.1.2", 8000),
            "extensions": {},
        }

    async def _exchange(self, scope: dict[str, Any], pieces: Iterator[tuple[float, bytes]]) -> Answer:
        told: list[MutableMapping[str, Any]] = []
        messages = _messages(pieces)

        async def receive() -> dict[str, Any]:
            seconds, message = next(messages, (inf, {}))
            await trio.sleep(seconds)
            return message

        async def send(message: MutableMapping[str, Any]) -> None:
            told.append(message)

        await self.app(scope, receive, send)
        head, *parts = told
        headers = {name.decode().lower(): value.decode() for name, value in head["headers"]}
        return Answer(head["status"], headers, b"".join(part.get("body", b"") for part in parts))

    def _keep_cookie(self, answer: Answer) -> None:
        name, given, rest = answer.headers.get("set-cookie", "").partition("=")
        if given:
            value, _, rules = rest.partition(";")
            self.cookies[name] = value
            if "Max-Age=0" in rules:
                del self.cookies[name]


def _messages(pieces: Iterator[tuple[float, bytes]]) -> Iterator[tuple[float, dict[str, Any]]]:
    for seconds, piece in pieces:
        yield seconds, {"type": "http.request", "body": piece, "more_body": True}
    yield 0.0, {"type": "http.request", "body": b"", "more_body": False}
