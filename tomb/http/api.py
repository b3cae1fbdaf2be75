"""The routes on Quart: the guard, parsing, one call, the envelope. Decisions are made elsewhere."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from pydantic import BaseModel
from quart import Response, g, request
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from tomb.errors import AddressTooLong, Forbidden, HeadersTooLarge, RequestError
from tomb.http import guard, parsing, streams
from tomb.http.bodies import Incoming, StreamedConnection, StreamedRequest
from tomb.http.envelope import (
    Document,
    Download,
    FilePart,
    HandlerResult,
    Stamp,
    failure_json,
    refusal_headers,
    refusal_of,
    success_json,
)
from tomb.http.operations import Operations
from tomb.http.pages import HOME
from tomb.http.parents import COOKIE
from tomb.http.parsing import NoQuery
from tomb.http.routes import Call, Route, Services
from tomb.http.ui import WebUi

BODY_S = 20.0
ADDRESS_LIMIT = 4096
HEADERS_LIMIT = 12 * 1024  # above the address's, below what the server takes at all (16 KiB, then it answers itself)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_PAGE = "text/html; charset=utf-8"


class _Name(BaseConverter):
    """A variable part of an address; what the tables have a route of its own for is no id."""

    regex = r"(?!(?:sync|move-track|session|import)$)[^/]+"
    part_isolating = True


class Api:
    """`names`: those of the box, for the guard. `ui`: what is served at all addresses but the API's."""

    def __init__(
        self,
        services: Services,
        operations: Operations,
        names: frozenset[str],
        routes: tuple[Route, ...],
        ui: WebUi,
    ) -> None:
        self._services = services
        self._operations = operations
        self._names = names
        self._rates = guard.RateLimits(services.settings)
        self._ui = ui
        self._routes = {route.name: route for route in routes}

    def mount(self, app: QuartTrio) -> None:
        app.request_class = StreamedRequest
        app.asgi_http_class = StreamedConnection
        app.url_map.strict_slashes = False
        app.url_map.merge_slashes = False
        app.url_map.converters["default"] = _Name
        for name, route in self._routes.items():
            app.add_url_rule(route.path, name, self._view(route), methods=[route.method])
        app.before_request(self._guard)
        app.after_request(self._seal)
        app.register_error_handler(Exception, self._refuse)

    def _view(self, route: Route) -> Callable[..., Awaitable[Response]]:
        async def view(**path: str) -> Response:
            _incoming().limit = route.limit
            try:
                result = await self._answer(route, path)
            except ExceptionGroup as errors:
                return await self._refuse(errors)  # as a whole; Quart-Trio would tell of the first one alone
            return await self._respond(route, result)

        return view

    async def _answer(self, route: Route, path: Mapping[str, str]) -> HandlerResult:
        if route.method == "GET":
            return await self._handle(route, path, b"")
        with self._rates.place(route.category, _client()):
            if route.takes:
                return await self._handle(route, path, b"")
            return await self._change(route, path)

    async def _change(self, route: Route, path: Mapping[str, str]) -> HandlerResult:
        raw = await _incoming().read(BODY_S)
        op_id = g.client_op_id = parsing.op_id_in(raw)
        digest = hashlib.sha256(raw).digest() if op_id is not None else b""
        asked = (route.name, tuple(path.items()), request.query_string, digest)
        return await self._operations.once(op_id, asked, partial(self._handle, route, path, raw))

    async def _handle(self, route: Route, path: Mapping[str, str], raw: bytes) -> HandlerResult:
        body = parsing.body(route.body, raw, request.mimetype)
        call: Call[BaseModel] = Call(
            given=body if route.query is NoQuery else parsing.query(route.query, request.args),
            path=parsing.path(path),
            client=_client(),
            token=request.cookies.get(COOKIE),
            headers=request.headers,
            stream=_incoming(),
        )
        return await route.handle(self._services, call)

    async def _respond(self, route: Route, result: HandlerResult) -> Response:
        match result:
            case FilePart():
                return await streams.respond(result, request, self._services.ports)
            case Download():
                return streams.download(result, request)
            case Document():
                return Response(result.content, route.status, content_type=result.content_type)
        body = b"" if route.status == 204 else success_json(result, self._stamp(), flat=route.flat)
        response = _json(body, route.status)
        response.headers.update(result.headers)
        return response

    # --- around every request ---------------------------------------------------------------------------------------

    async def _guard(self) -> None:
        g.request_id = self._services.ports.new_id()
        self._check_sizes()
        self._check_sender()
        rule = request.url_rule
        route = None if rule is None else self._routes.get(rule.endpoint)
        self._rates.spend("other" if route is None else route.category, _client())
        if (
            route is not None
            and not route.playing
            and not self._services.parent_auth.admits(request.cookies.get(COOKIE))
        ):
            raise Forbidden("only for parents: the PIN is asked for first", {"pin_required": True})

    def _check_sizes(self) -> None:
        address = len(request.scope["raw_path"]) + len(request.query_string)
        if address > ADDRESS_LIMIT:
            raise AddressTooLong("the address is too long", {"limit": ADDRESS_LIMIT})
        if sum(len(name) + len(value) for name, value in request.scope["headers"]) > HEADERS_LIMIT:
            raise HeadersTooLarge("the headers are too large", {"limit": HEADERS_LIMIT})

    def _check_sender(self) -> None:
        host, origin = request.headers.get("Host"), request.headers.get("Origin")
        server = request.scope.get("server") or (None, None)
        if not guard.knows_host(host, self._names, server[0]):
            raise Forbidden("this box does not go by that name; see TOMB_ALLOWED_HOSTS", {"host": host})
        if request.method not in SAFE_METHODS and not guard.knows_origin(
            origin, host, self._services.settings.cors_origins
        ):
            raise Forbidden("pages from elsewhere may not change anything here", {"origin": origin})

    async def _seal(self, response: Response) -> Response:
        await _incoming().drain()
        origin, preflight = request.headers.get("Origin"), request.method == "OPTIONS"
        sealed = response.headers
        if "Cache-Control" not in sealed:
            sealed.add("Cache-Control", "no-store")
        sealed.add("X-Request-ID", g.get("request_id", ""))
        sealed.extend(guard.security_headers(response.content_type, sealed.get("Content-Security-Policy")))
        sealed.extend(guard.cross_origin_headers(origin, self._services.settings.cors_origins, preflight=preflight))
        return response

    async def _refuse(self, error: Exception) -> Response:
        if _is_for_a_page(error):
            try:
                return await self._page()
            except RequestError as refused:
                error = refused
        refusal = refusal_of(error, g.get("request_id", ""), request.path)
        response = _json(failure_json(refusal, self._stamp()), refusal.status)
        response.headers.update(refusal_headers(error, refusal))
        return response

    async def _page(self) -> Response:
        """A file of the web UI; where it is not built, the plain page. Raises NotFound, NoSuchRange."""
        found = self._ui.find(request.path, request.accept_encodings)
        if found is not None:
            return await streams.respond(found, request, self._services.ports)
        return Response(HOME, content_type=_PAGE)

    def _stamp(self) -> Stamp:
        services = self._services
        return Stamp(services.ports.wall(), services.events.number, g.get("request_id", ""), g.get("client_op_id"))


def _is_for_a_page(error: Exception) -> bool:
    """Whatever is no address of the API is one of the web UI, which finds its way by itself."""
    return (
        isinstance(error, HTTPException)
        and error.code == 404
        and request.method in ("GET", "HEAD")
        and not (request.path + "/").startswith(("/api/", "/socket.io/"))
    )


def _json(content: bytes, status: int) -> Response:
    return Response(content, status, content_type="application/json" if content else None)


def _incoming() -> Incoming:
    return request.body  # type: ignore[return-value]  # made by our own `Request`


def _client() -> str:
    address: tuple[str, int] | None = request.scope.get("client")
    return address[0] if address else ""
