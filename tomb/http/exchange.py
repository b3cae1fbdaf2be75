"""One request and its answer, on ASGI.

Werkzeug takes queries, cookies and conditions apart, when they are asked for. A body is pulled from the connection by
whoever reads it. An answer is data until it is sent.
"""

from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import ExitStack, aclosing
from functools import cached_property, lru_cache
from typing import Any

from msgspec import Struct, field
from werkzeug.sansio import request as werkzeug
from werkzeug.sansio.utils import get_content_length

from tomb.http.bodies import Incoming
from tomb.nurseries.http1 import WHOLE_BODY

Header = tuple[str, str]


class RequestHeaders(Mapping[str, str]):
    """The headers of a request, found in any case; those of one name are one, joined by commas (RFC 9110, 5.3).

    Werkzeug's own look a name up by walking through all of them, and raise and catch for each that is not there: of a
    request that says little, that was a tenth of all.
    """

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._fields: dict[str, str] = {}
        for encoded, value in raw:
            name, text = encoded.decode("latin-1").lower(), value.decode("latin-1")
            if name in self._fields:  # RFC 6265, 4.2.1, has cookies by themselves
                text = f"{self._fields[name]}{'; ' if name == 'cookie' else ', '}{text}"
            self._fields[name] = text

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def get(self, name: str, default: Any = None, type: Any = None) -> Any:  # noqa: A002  # as Werkzeug calls it
        found = self._fields.get(name.lower(), default)
        return found if type is None or found is default else type(found)

    def getlist(self, name: str) -> list[str]:
        found = self.get(name)
        return [] if found is None else [found]


@lru_cache(64)  # nearly all answers say nearly the same
def _encoded(header: Header) -> tuple[bytes, bytes]:
    name, value = header
    return name.lower().encode("latin-1"), value.encode("latin-1")


class CutOff(Exception):
    """What is being sent cannot be sent to its end. Its connection breaks, so that no half passes as whole."""


class Request:
    """`scope`, `receive`: as ASGI has them, the scope with its `tomb.request_id`.

    `id`: names the request in the log and in its answer. `path_values`: the variable parts of its address. `client`:
    the peer's address. `fields`: the headers.
    """

    def __init__(self, scope: Any, receive: Any) -> None:
        self.fields = RequestHeaders(scope["headers"])
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query_string: bytes = scope["query_string"]
        self.client: str = (scope.get("client") or ("",))[0]
        self.scope = scope
        self.id: str = scope["tomb.request_id"]
        self.client_op_id: str | None = None
        self.path_values: Mapping[str, Any] = {}
        coding = self.fields.get("Transfer-Encoding")
        here: bytes | None = (scope.get("extensions") or {}).get(WHOLE_BODY)
        self.body = Incoming(receive, get_content_length(self.fields.get("Content-Length"), coding), here)
        if not self.body.length and coding is None:
            self.body.ended.set()  # as there is none (RFC 9112, 6.3)

    @cached_property
    def until_sent(self) -> ExitStack:
        """What is held from when it is asked for until the answer has been sent, or cannot be. Most hold nothing."""
        return ExitStack()

    def let_go(self) -> None:
        if "until_sent" in vars(self):
            self.until_sent.close()

    @property
    def cookies(self) -> Mapping[str, str]:
        return self.parsed.cookies if "Cookie" in self.fields else {}

    @property
    def media_type(self) -> str:
        """Of the body, in lower case; "" where that is not said."""
        return str(self.fields.get("Content-Type", "")).partition(";")[0].strip().lower()

    @cached_property
    def parsed(self) -> werkzeug.Request:
        """Query, cookies, ranges and conditions. Most requests have none of these, and are not asked for them."""
        headers: Any = self.fields  # what of `Headers` Werkzeug asks of a request's
        scheme: str = self.scope["scheme"]
        return werkzeug.Request(self.method, scheme, None, "", self.path, self.query_string, headers, self.client)


class Answer(Struct, frozen=True):
    """`body`: all of it, or what it is made of piece by piece; then `headers` say its length, where that is known."""

    status: int
    body: bytes | AsyncGenerator[bytes, None]
    content_type: str | None
    headers: list[Header] = field(default_factory=list)

    def header(self, name: str) -> str | None:
        return next((value for each, value in self.headers if each == name), None)

    async def send(self, send: Any) -> None:
        """Raises CutOff where it cannot be sent to its end."""
        headers = [*map(_encoded, self.headers)]
        if self.content_type is not None:
            headers.append((b"content-type", self.content_type.encode("latin-1")))
        if isinstance(self.body, bytes):
            if self.header("Content-Length") is None and self.status not in (204, 304):  # of a 304: the file's
                headers.append((b"content-length", b"%d" % len(self.body)))
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            await send({"type": "http.response.body", "body": self.body})
            return
        async with aclosing(self.body) as pieces:
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            async for piece in pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
