"""The HTTP side as an ASGI application: the guard, parsing, one call, the envelope. Decisions are made elsewhere."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from pydantic import BaseModel, ValidationError
from quart import Response, g, request
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException

from tomb.errors import (
    BadRequest,
    Forbidden,
    InternalError,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    RequestError,
    RequestTimeout,
    UnsupportedMedia,
)
from tomb.http import nfc, player, playlists, system
from tomb.http.envelope import Stamp, failure, success
from tomb.http.guard import knows_host, knows_origin, own_names
from tomb.http.links import Links
from tomb.http.operations import Operations
from tomb.http.pages import HOME
from tomb.http.parsing import named
from tomb.http.requests import Body
from tomb.http.routes import Ask, House, Route
from tomb.http.sockets import Sockets
from tomb.socketio import Limits, Request, SocketServer, Timing

log = logging.getLogger(__name__)

ROUTES: tuple[Route, ...] = (*system.ROUTES, *player.ROUTES, *playlists.ROUTES, *nfc.ROUTES)
BODY_LIMIT = 1024 * 1024
BODY_TIMEOUT_S = 20
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# What Werkzeug raises before a handler of ours runs, as what the wire calls it.
WERKZEUG: Mapping[int, type[RequestError]] = {
    405: MethodNotAllowed,
    408: RequestTimeout,
    413: PayloadTooLarge,
    415: UnsupportedMedia,
}


def make_app(house: House) -> SocketServer:
    """The ASGI application: sockets in front, everything else behind them. Its `run` must be running."""
    settings = house.settings
    names = own_names(settings.allowed_hosts)
    operations = Operations(house.events, settings.dedup_window_s, settings.dedup_result_ttl_s)
    app = QuartTrio("tomb.http", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=BODY_LIMIT, BODY_TIMEOUT=BODY_TIMEOUT_S)
    app.url_map.strict_slashes = False
    _Api(house, operations, names).mount(app)
    return _socket_server(house, app, operations, names)


def _socket_server(house: House, app: QuartTrio, operations: Operations, names: frozenset[str]) -> SocketServer:
    settings = house.settings

    def allows(request: Request) -> bool:
        host = request.headers.get("host")
        address = (request.scope.get("server") or (None,))[0]
        origin = request.headers.get("origin")
        return knows_host(host, names, address) and knows_origin(origin, host, settings.cors_origins)

    server = SocketServer(
        new_id=house.ports.new_id,
        fallback=app,
        allows=allows,
        on_failure=lambda failure: sockets.failed(failure),
        limits=Limits(drain_packets=settings.event_batch, gzip_over_bytes=settings.compress_over_bytes),
        timing=Timing(ping_interval=settings.ping_interval_s, ping_timeout=settings.ping_timeout_s),
    )
    sockets = Sockets(house, server.namespace("/"))
    Links(house, sockets, operations)
    return server


class _Api:
    def __init__(self, house: House, operations: Operations, names: frozenset[str]) -> None:
        self._house = house
        self._operations = operations
        self._names = names

    def mount(self, app: QuartTrio) -> None:
        for route in ROUTES:
            endpoint = f"{route.method} {route.path}"
            app.add_url_rule(route.path, endpoint, self._view(route), methods=[route.method])
        app.add_url_rule("/", "home", self._home)
        app.before_request(self._guard)
        app.after_request(self._seal)
        app.register_error_handler(RequestError, self._refuse)
        app.register_error_handler(HTTPException, self._translate)
        app.register_error_handler(Exception, self._apologise)

    def _view(self, route: Route) -> Callable[..., Awaitable[Response]]:
        async def view(**path: str) -> Response:
            body = await _body(route.body) if route.method != "GET" else route.body()
            g.client_op_id = body.client_op_id
            ask = Ask(path, _query(route.query), body)
            asked = (route.method, request.path.rstrip("/"), await request.get_data())
            answer = await self._operations.once(body.client_op_id, asked, lambda: route.handle(self._house, ask))
            return (
                Response(b"", 204)
                if answer.status == 204
                else self._json(success(answer, self._stamp()), answer.status)
            )

        return view

    async def _home(self) -> Response:
        return Response(HOME, content_type="text/html; charset=utf-8")

    async def _guard(self) -> None:
        g.request_id = self._house.ports.new_id()
        host, origin = request.headers.get("Host"), request.headers.get("Origin")
        server = request.scope.get("server") or (None, None)
        if not knows_host(host, self._names, server[0]):
            raise Forbidden("this box does not go by that name; see TOMB_ALLOWED_HOSTS", {"host": host})
        if request.method not in SAFE_METHODS and not knows_origin(origin, host, self._house.settings.cors_origins):
            raise Forbidden("pages from elsewhere may not change anything here", {"origin": origin})

    async def _seal(self, response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    async def _refuse(self, error: RequestError) -> Response:
        return self._json(failure(error, self._stamp()), error.status)

    async def _translate(self, error: HTTPException) -> Response:
        code = error.code or 500
        known = WERKZEUG.get(code, BadRequest)
        refusal = NotFound("address", request.path) if code == 404 else known(error.description or error.name)
        response = await self._refuse(refusal)
        response.headers.update({name: value for name, value in error.get_headers() if name == "Allow"})
        return response

    async def _apologise(self, error: Exception) -> Response:
        # The boundary of a request: a defect in it is logged and ends this request alone.
        log.error("request %s failed", g.get("request_id"), exc_info=error)
        return await self._refuse(InternalError())

    def _stamp(self) -> Stamp:
        house = self._house
        return Stamp(house.ports.wall(), house.events.number, g.request_id, g.get("client_op_id"))

    def _json(self, envelope: bytes, status: int) -> Response:
        return Response(envelope, status, content_type="application/json")


async def _body(model: type[Body]) -> Body:
    raw = await request.get_data()
    if raw and request.mimetype != "application/json":
        raise UnsupportedMedia("the body must be JSON (Content-Type: application/json)")
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise named(error) from None


def _query(model: type[BaseModel]) -> BaseModel:
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise named(error, whole="query") from None
