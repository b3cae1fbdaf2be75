"""The routes on Quart: the guard, parsing, one call, the envelope. Decisions are made elsewhere."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping

from quart import Response, g, request
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from tomb.errors import AddressTooLong, Forbidden, HeadersTooLarge
from tomb.http import faults, headers, parsing, streams
from tomb.http.bodies import Connection, Incoming, Request
from tomb.http.envelope import Answer, Document, Download, FilePart, Stamp, failure, success
from tomb.http.guard import knows_host, knows_origin
from tomb.http.limits import Limits
from tomb.http.operations import Operations
from tomb.http.pages import HOME
from tomb.http.parents import COOKIE
from tomb.http.requests import Body, NoQuery
from tomb.http.routes import Ask, Route, Services

BODY_S = 20.0
ADDRESS_LIMIT = 4096
HEADERS_LIMIT = 12 * 1024  # above the address's, below what the server takes at all (16 KiB, then it answers itself)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
NOTHING, NOT_ASKED = Body(), NoQuery()
_PAGE = "text/html; charset=utf-8"


class _Name(BaseConverter):
    """A variable part of an address; what the tables have a route of its own for is no id."""

    regex = r"(?!(?:sync|move-track|session|import)$)[^/]+"
    part_isolating = True


class Api:
    """`names`: those of the box, for the guard."""

    def __init__(
        self, services: Services, operations: Operations, names: frozenset[str], routes: tuple[Route, ...]
    ) -> None:
        self._services = services
        self._operations = operations
        self._names = names
        self._limits = Limits(services.settings)
        self._routes = {route.name: route for route in routes}

    def mount(self, app: QuartTrio) -> None:
        app.request_class = Request
        app.asgi_http_class = Connection
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
                answer = await self._answer(route, path)
            except ExceptionGroup as errors:
                return await self._refuse(errors)  # as a whole; Quart-Trio would tell of the first one alone
            return await self._respond(answer)

        return view

    async def _answer(self, route: Route, path: Mapping[str, str]) -> Answer:
        if route.method == "GET":
            return await route.handle(self._services, self._ask(route, path, NOTHING))
        with self._limits.place(route.category, _client()):
            if route.takes:
                return await route.handle(self._services, self._ask(route, path, NOTHING))
            return await self._change(route, path)

    async def _change(self, route: Route, path: Mapping[str, str]) -> Answer:
        raw = await _incoming().read(BODY_S)
        op_id = g.client_op_id = parsing.op_id_in(raw)
        digest = hashlib.sha256(raw).digest() if op_id is not None else b""
        asked = (route.name, tuple(path.items()), request.query_string, digest)

        async def carry_out() -> Answer:
            body = parsing.body(route.body, raw, request.mimetype)
            return await route.handle(self._services, self._ask(route, path, body))

        return await self._operations.once(op_id, asked, carry_out)

    def _ask(self, route: Route, path: Mapping[str, str], body: Body) -> Ask[Body]:
        query = NOT_ASKED if route.query is NoQuery else parsing.query(route.query, request.args)
        return Ask(
            path=parsing.path(path),
            query=query,
            body=body,
            client=_client(),
            token=request.cookies.get(COOKIE),
            headers=request.headers,
            stream=_incoming(),
        )

    async def _respond(self, answer: Answer) -> Response:
        data = answer.data
        if isinstance(data, FilePart):
            return await streams.respond(data, request, self._services.ports)
        if isinstance(data, Download):
            return streams.download(data, request)
        if isinstance(data, Document):
            response = Response(data.content, answer.status, content_type=data.content_type)
        elif answer.status == 204:
            response = Response(b"", 204)
        else:
            response = self._json(success(answer, self._stamp()), answer.status)
        response.headers.update(answer.headers)
        return response

    # --- around every request ---------------------------------------------------------------------------------------

    async def _guard(self) -> None:
        g.request_id = self._services.ports.new_id()
        self._check_sizes()
        self._check_sender()
        rule = request.url_rule
        route = None if rule is None else self._routes.get(rule.endpoint)
        self._limits.spend("other" if route is None else route.category, _client())
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
        if not knows_host(host, self._names, server[0]):
            raise Forbidden("this box does not go by that name; see TOMB_ALLOWED_HOSTS", {"host": host})
        if request.method not in SAFE_METHODS and not knows_origin(origin, host, self._services.settings.cors_origins):
            raise Forbidden("pages from elsewhere may not change anything here", {"origin": origin})

    async def _seal(self, response: Response) -> Response:
        await _incoming().drain()
        origin, preflight = request.headers.get("Origin"), request.method == "OPTIONS"
        sealed = response.headers
        if "Cache-Control" not in sealed:
            sealed.add("Cache-Control", "no-store")
        sealed.add("X-Request-ID", g.get("request_id", ""))
        sealed.extend(headers.security(response.content_type))
        sealed.extend(headers.cross_origin(origin, self._services.settings.cors_origins, preflight=preflight))
        return response

    async def _refuse(self, error: Exception) -> Response:
        if _is_for_a_page(error):
            return Response(HOME, content_type=_PAGE)
        refusal = faults.told(error, g.get("request_id", ""), request.path)
        response = self._json(failure(refusal, self._stamp()), refusal.status)
        response.headers.update(faults.headers(error, refusal))
        return response

    def _stamp(self) -> Stamp:
        services = self._services
        return Stamp(services.ports.wall(), services.events.number, g.get("request_id", ""), g.get("client_op_id"))

    def _json(self, envelope: bytes, status: int) -> Response:
        return Response(envelope, status, content_type="application/json")


def _is_for_a_page(error: Exception) -> bool:
    """Whatever is no address of the API is one of the web UI, which finds its way by itself."""
    return (
        isinstance(error, HTTPException)
        and error.code == 404
        and request.method in ("GET", "HEAD")
        and not (request.path + "/").startswith(("/api/", "/socket.io/"))
    )


def _incoming() -> Incoming:
    return request.body  # type: ignore[return-value]  # made by our own `Request`


def _client() -> str:
    address: tuple[str, int] | None = request.scope.get("client")
    return address[0] if address else ""
