"""What a box answers that waits for the disk with its library: that it does, in words, to whoever asks for anything."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import trio

from tomb.config import Settings
from tomb.errors import Unavailable
from tomb.http import pages
from tomb.http.envelope import Stamp, failure_json
from tomb.http.guard import FIELD_LIMIT, security_headers
from tomb.nurseries.web import serve_web
from tomb.ports import Ports

RETRY_S = "5"


async def serve_waiting(settings: Settings, ports: Ports, stop: trio.Event) -> None:
    """Serve until `stop` is set. Raises OSError where it cannot listen."""
    await serve_web(partial(_answer, settings, ports), hosts=settings.host, port=settings.port, stop=stop)


async def _answer(
    settings: Settings, ports: Ports, scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]
) -> None:
    if scope["type"] == "lifespan":
        for moment in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{moment}.complete"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1013})  # try again later (IANA's registry of close codes)
    elif scope["type"] == "http":
        content_type, content = _said(settings, ports, scope)
        headers = [
            ("Content-Type", content_type),
            ("Content-Length", str(len(content))),
            ("Cache-Control", "no-store"),
            ("Retry-After", RETRY_S),
            *security_headers(content_type, None, is_secure=False),
        ]
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": 503, "headers": encoded})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})


def _said(settings: Settings, ports: Ports, scope: Any) -> tuple[str, bytes]:
    if scope["path"].startswith(("/api/", "/socket.io/")):
        error = Unavailable(f"the disk with the library is missing: nothing is mounted on {settings.data_mount}")
        return "application/json", failure_json(error, Stamp(ports.wall(), 0, ports.new_id()))
    language = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
    return "text/html; charset=utf-8", pages.waiting(language if len(language) <= FIELD_LIMIT else "").encode()
