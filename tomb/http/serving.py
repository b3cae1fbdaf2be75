"""The web side as one task: the application, and the server in front of it.

Loading this takes longer than loading all that plays.
"""

from functools import partial
from typing import Any

import trio

from tomb.http.api import busy
from tomb.http.app import make_app
from tomb.http.forwarded import behind
from tomb.http.services import Services
from tomb.nurseries.health import DOWN, UP
from tomb.nurseries.liveness import WEB
from tomb.nurseries.web import Address, SecurePort, WebLimits, serve_web

GRACE_S = 0.2  # for the clients to be gone


async def serve_clients(services: Services, *, task_status: trio.TaskStatus[list[Address]]) -> None:
    """Serve until the box stops and its clients are gone. Raises OSError where it cannot listen."""
    app, certificate = make_app(services), services.certificate

    async def noted(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)
        services.process.liveness.answered(WEB)

    async with trio.open_nursery() as nursery:
        await nursery.start(app.run)
        services.board.note("websocket", UP)
        try:
            await serve_web(
                behind(services.settings.proxies, noted),
                hosts=services.settings.host,
                port=services.settings.port,
                secure=SecurePort(services.settings.tls_port, lambda: certificate.context) if certificate else None,
                limits=WebLimits(grace=GRACE_S, message_bytes=app.limits.message_bytes),
                stop=services.process.stop,
                draining=partial(app.shutdown, GRACE_S),
                busy=partial(busy, services),
                task_status=task_status,
            )
        finally:
            services.board.note("websocket", DOWN)
        nursery.cancel_scope.cancel()
