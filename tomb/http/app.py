"""The table of all routes, and the ASGI application: sockets in front, everything else behind them."""

from tomb.errors import Forbidden, HeadersTooLarge
from tomb.http import (
    archives,
    audio,
    covers,
    doctor,
    imports,
    keys,
    limits,
    machines,
    nfc,
    openapi,
    parents,
    player,
    playlists,
    recycle_bin,
    speakers,
    system,
    tags,
    tracks,
    uploads,
    youtube,
)
from tomb.http.api import Api
from tomb.http.guard import Guard, check_headers
from tomb.http.links import Links
from tomb.http.operations import Operations
from tomb.http.routes import Route, Services
from tomb.http.sockets import Sockets
from tomb.http.ui import WebUi
from tomb.socketio import HttpRequest, SocketLimits, SocketServer, Timing

# A client's whole HTTP side is made of this table: the application, its description, its tests.
ROUTES: tuple[Route, ...] = openapi.described(
    (
        *player.ROUTES,
        *audio.ROUTES,
        *playlists.ROUTES,
        *covers.ROUTES,
        *tracks.ROUTES,
        *recycle_bin.ROUTES,
        *nfc.ROUTES,
        *tags.ROUTES,
        *keys.ROUTES,
        *uploads.ROUTES,
        *archives.ROUTES,
        *imports.ROUTES,
        *youtube.ROUTES,
        *parents.ROUTES,
        *limits.ROUTES,
        *system.ROUTES,
        *machines.ROUTES,
        *doctor.ROUTES,
        *speakers.ROUTES,
    )
)


# One message of a client's: the largest is a `sync:request` with the rooms and revisions of a thousand playlists.
MESSAGE_BYTES = 128 * 1024


def make_app(services: Services, routes: tuple[Route, ...] = ROUTES, ui: WebUi | None = None) -> SocketServer:
    """The whole application. Its `run` must be running."""
    settings = services.settings
    guard = Guard(settings, services.names)
    operations = Operations(services.events, settings.dedup_window_s, settings.dedup_result_ttl_s)
    services.process.at_stop(operations.drain)
    api = Api(services, operations, guard, routes, ui or WebUi())
    return _socket_server(services, api, operations, guard)


def _socket_server(services: Services, api: Api, operations: Operations, guard: Guard) -> SocketServer:
    settings = services.settings

    def allows(request: HttpRequest) -> bool:
        host = request.headers.get("host")
        try:
            check_headers(request.scope["headers"])
            guard.check_host(host, (request.scope.get("server") or (None,))[0])
            guard.check_origin(request.headers.get("origin"), host)
        except (Forbidden, HeadersTooLarge):
            return False
        return True

    server = SocketServer(
        new_id=services.ports.new_id,
        fallback=api,
        allows=allows,
        on_failure=lambda failure: sockets.failed(failure),
        limits=SocketLimits(
            message_bytes=MESSAGE_BYTES,
            drain_packets=settings.event_batch,
            gzip_over_bytes=settings.compress_over_bytes,
        ),
        timing=Timing(ping_interval=settings.ping_interval_s, ping_timeout=settings.ping_timeout_s),
    )
    sockets = Sockets(services, server.namespace("/"))
    Links(services, sockets, operations)
    return server
