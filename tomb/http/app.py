"""The table of all routes, and the ASGI application: sockets in front, everything else behind them."""

from quart_trio import QuartTrio

from tomb.http import archives, nfc, openapi, parents, player, playlists, system, tags, tracks, uploads, youtube
from tomb.http.api import Api
from tomb.http.guard import knows_host, knows_origin, own_names
from tomb.http.links import Links
from tomb.http.operations import Operations
from tomb.http.routes import Route, Services
from tomb.http.sockets import Sockets
from tomb.http.ui import WebUi
from tomb.socketio import Limits, Request, SocketServer, Timing

# A client's whole HTTP side is made of this table: the application, its description, its tests.
ROUTES: tuple[Route, ...] = openapi.described(
    (
        *player.ROUTES,
        *playlists.ROUTES,
        *tracks.ROUTES,
        *nfc.ROUTES,
        *tags.ROUTES,
        *uploads.ROUTES,
        *archives.ROUTES,
        *youtube.ROUTES,
        *parents.ROUTES,
        *system.ROUTES,
    )
)


def make_app(services: Services, routes: tuple[Route, ...] = ROUTES, ui: WebUi | None = None) -> SocketServer:
    """The whole application. Its `run` must be running."""
    settings = services.settings
    names = own_names(settings.allowed_hosts)
    operations = Operations(services.events, settings.dedup_window_s, settings.dedup_result_ttl_s)
    app = QuartTrio("tomb.http", static_folder=None)
    Api(services, operations, names, routes, ui or WebUi()).mount(app)
    return _socket_server(services, app, operations, names)


def _socket_server(services: Services, app: QuartTrio, operations: Operations, names: frozenset[str]) -> SocketServer:
    settings = services.settings

    def allows(request: Request) -> bool:
        host = request.headers.get("host")
        address = (request.scope.get("server") or (None,))[0]
        origin = request.headers.get("origin")
        return knows_host(host, names, address) and knows_origin(origin, host, settings.cors_origins)

    server = SocketServer(
        new_id=services.ports.new_id,
        fallback=app,
        allows=allows,
        on_failure=lambda failure: sockets.failed(failure),
        limits=Limits(drain_packets=settings.event_batch, gzip_over_bytes=settings.compress_over_bytes),
        timing=Timing(ping_interval=settings.ping_interval_s, ping_timeout=settings.ping_timeout_s),
    )
    sockets = Sockets(services, server.namespace("/"))
    Links(services, sockets, operations)
    return server
