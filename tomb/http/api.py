"""The routes on Quart: the guard, parsing, one call, the envelope. Decisions are made elsewhere."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any, TypeVar, TypeVarTuple
from urllib.parse import urlsplit

import trio
from pydantic import BaseModel
from quart import Response, g, request
from quart_trio import QuartTrio
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BaseConverter

from tomb import bounded_json
from tomb.errors import (
    AddressTooLong,
    BadRequest,
    Forbidden,
    HeadersTooLarge,
    RequestError,
    Unavailable,
    UnknownHost,
)
from tomb.http import pages, parsing, streams
from tomb.http.bodies import BODY_LIMIT, Incoming, StreamedConnection, StreamedRequest
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
from tomb.http.guard import Guard, Pairs, RateLimits, host_in, security_headers
from tomb.http.operations import Operations
from tomb.http.parents import COOKIE
from tomb.http.parsing import Body, NoQuery
from tomb.http.routes import Call, Category, Route, Services
from tomb.http.ui import WebUi
from tomb.nurseries.memory_budget import MemoryBudget

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
BODY_S = 20.0
BODIES_MEMORY = 16 * 1024 * 1024  # of all bodies that are JSON
ADDRESS_LIMIT = 4096
HEADERS_LIMIT = 12 * 1024  # above the address's, below what the server takes at all (16 KiB, then it answers itself)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
JSON = "application/json"
_PAGE = "text/html; charset=utf-8"


class _Name(BaseConverter):
    """A variable part of an address; what the tables have a route of its own for is no id."""

    regex = r"(?!(?:sync|move-track|session|import)$)[^/]+"
    part_isolating = True


class Api:
    """An ASGI application. `ui`: what is served at all addresses but the API's."""

    def __init__(
        self, services: Services, operations: Operations, guard: Guard, routes: tuple[Route, ...], ui: WebUi
    ) -> None:
        self._services = services
        self._operations = operations
        self._guard = guard
        self._rates = RateLimits(services.settings)
        self._parsing = trio.CapacityLimiter(1)
        self._memory = MemoryBudget(BODIES_MEMORY)
        self._ui = ui
        self._routes = {route.name: route for route in routes}
        self._quart = QuartTrio("tomb.http", static_folder=None)
        self._mount(self._quart)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Quart takes targets and hosts apart before any handler of ours could answer for what is none: that is refused
        in front of it.
        """
        if scope["type"] == "http":
            scope = {**scope, "tomb.request_id": self._services.ports.new_id()}
            try:
                scope["path"] = self._path_in(scope)
            except RequestError as refusal:
                await self._refuse_unread(refusal, scope, send)
                return
        await self._quart(scope, receive, send)

    def _path_in(self, scope: Any) -> str:
        """The path of the target, which may be a whole address (RFC 9112, 3.2.2). Raises BadRequest, Forbidden."""
        address = (scope.get("server") or (None,))[0]
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"host"]
        self._guard.check_host(hosts[0] if len(hosts) == 1 else None, address)
        path: str = scope["path"]
        if path.startswith(("http://", "https://")):
            try:
                target = urlsplit(path)
            except ValueError:
                raise BadRequest("the target of the request is no address") from None
            self._guard.check_host(target.netloc, address)
            path = target.path or "/"
        if not path.startswith("/"):
            raise BadRequest("the target of the request has no path")
        return path

    async def _refuse_unread(self, refusal: RequestError, scope: Any, send: Any) -> None:
        is_secure, page = _is_secure(scope), None
        if isinstance(refusal, UnknownHost) and _looks_for_a_page(scope):
            page = pages.unknown_host(host_in(refusal.host or ""), _header(scope, b"accept-language"))
        headers, content = _unread(self._services, refusal, scope["tomb.request_id"], is_secure=is_secure, page=page)
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": refusal.status, "headers": encoded})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else content})

    def _mount(self, app: QuartTrio) -> None:
        app.request_class = StreamedRequest
        app.asgi_http_class = StreamedConnection
        app.url_map.strict_slashes = False
        app.url_map.merge_slashes = False
        app.url_map.converters["default"] = _Name
        for name, route in self._routes.items():
            app.add_url_rule(route.path, name, self._view(route), methods=[route.method])
        app.before_request(self._admit)
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
        if route.method != "GET" or route.category != "uploads":
            self._take_place(route.category)
        # Where a body may be JSON or something else, its type says which.
        is_stream = route.takes and (route.body is Body or request.mimetype != JSON)
        if route.method == "GET" or is_stream:
            return await self._handle(route, path, None)
        return await self._change(route, path)

    def _take_place(self, category: Category) -> None:
        """Among those that are served at once, until the answer has been sent. Raises RateLimited."""
        if not self._rates.has_places(category):
            return
        held: ExitStack = request.until_sent  # type: ignore[attr-defined]  # of our own `StreamedRequest`
        held.enter_context(self._rates.place(category, _client()))

    async def _change(self, route: Route, path: Mapping[str, str]) -> HandlerResult:
        with self._memory.hold(_client(), BODY_LIMIT) as held:
            _incoming().limit = BODY_LIMIT
            raw = await _incoming().within(BODY_S).read(held)
            return await self._once(route, path, raw)

    async def _once(self, route: Route, path: Mapping[str, str], raw: bytes) -> HandlerResult:
        op_id, fields = await self._parsed(raw, parsing.repeatable, raw)
        g.client_op_id = op_id
        if op_id is None or route.secret or not fields.isdisjoint(route.secret_fields):
            return await self._handle(route, path, raw)
        asked = (route.name, tuple(path.items()), request.query_string, hashlib.sha256(raw).digest())
        # The PIN was asked for by `_admit`, before any kept answer can be given. And whoever may only play hears in
        # `ack:op` that something was done, but not what came of it, where only parents may look at that.
        handle = partial(self._handle, route, path, raw)
        return await self._operations.once(op_id, asked, handle, with_data=route.playing)

    async def _handle(self, route: Route, path: Mapping[str, str], raw: bytes | None) -> HandlerResult:
        """`raw`: the body that is to be parsed; None where there is none, or it is left to the handler."""
        body: BaseModel = route.body.model_construct()
        if raw or (raw is not None and route.body is not Body):
            body = await self._parsed(raw, parsing.body, route.body, raw, request.mimetype)
        token = request.cookies.get(COOKIE)
        call: Call[BaseModel] = Call(
            given=body if route.query is NoQuery else parsing.query(route.query, request.args),
            path=parsing.path(path),
            client=_client(),
            token=token,
            origin="parent" if self._services.parent_auth.admits(token) else "child",
            headers=request.headers,
            stream=_incoming(),
        )
        return await route.handle(self._services, call)

    async def _parsed(self, raw: bytes, parse: Callable[[*Ts], T], *args: *Ts) -> T:
        """What is large is parsed elsewhere: it takes longer than others are to wait."""
        if len(raw) <= bounded_json.SMALL:
            return parse(*args)
        return await self._services.ports.in_thread(parse, *args, limiter=self._parsing)

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

    async def _admit(self) -> None:
        g.request_id = request.scope["tomb.request_id"]  # type: ignore[typeddict-item]  # from `__call__`
        self._check_sizes()
        rule = request.url_rule
        route = None if rule is None else self._routes.get(rule.endpoint)
        self._check_sender(route)
        self._rates.spend("other" if route is None else route.category, _client())
        if (
            route is not None
            and not route.playing
            and not self._services.parent_auth.admits(request.cookies.get(COOKIE))
        ):
            raise Forbidden("only for parents: the PIN is asked for first", {"pin_required": True})
        if route is not None and route.is_edit:
            self._services.probation.check()

    def _check_sizes(self) -> None:
        address = len(request.scope["raw_path"]) + len(request.query_string)
        if address > ADDRESS_LIMIT:
            raise AddressTooLong("the address is too long", {"limit": ADDRESS_LIMIT})
        if sum(len(name) + len(value) for name, value in request.scope["headers"]) > HEADERS_LIMIT:
            raise HeadersTooLarge("the headers are too large", {"limit": HEADERS_LIMIT})

    def _check_sender(self, route: Route | None) -> None:
        if request.method not in SAFE_METHODS:
            self._guard.check_origin(request.headers.get("Origin"), request.headers.get("Host"))
        elif route is not None and request.method != "OPTIONS":
            self._guard.check_site(request.headers, costly=route.costly)

    async def _seal(self, response: Response) -> Response:
        await _incoming().drain()
        origin, preflight = request.headers.get("Origin"), request.method == "OPTIONS"
        sealed = response.headers
        if "Cache-Control" not in sealed:
            sealed.add("Cache-Control", "no-store")
        sealed.add("X-Request-ID", g.get("request_id", ""))
        policy, is_secure = sealed.get("Content-Security-Policy"), _is_secure(request.scope)
        sealed.extend(security_headers(response.content_type, policy, is_secure=is_secure))
        sealed.extend(self._guard.cross_origin_headers(origin, preflight=preflight))
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
            self._take_place("files")
            return await streams.respond(found, request, self._services.ports)
        return Response(pages.home(self._services.preferences.current.box_name), content_type=_PAGE)

    def _stamp(self) -> Stamp:
        services = self._services
        return Stamp(services.ports.wall(), services.events.number, g.get("request_id", ""), g.get("client_op_id"))


def busy(services: Services) -> bytes:
    """What a connection is answered for which there is no place, as it goes over the wire."""
    refusal = Unavailable("too many connections: try again in a moment")
    headers, content = _unread(services, refusal, services.ports.new_id(), is_secure=False)
    lines = [f"{name}: {value}" for name, value in (*headers, ("Retry-After", "2"), ("Connection", "close"))]
    return "\r\n".join(("HTTP/1.1 503 Service Unavailable", *lines, "", "")).encode() + content


def _unread(
    services: Services, refusal: RequestError, request_id: str, *, is_secure: bool, page: str | None = None
) -> tuple[Pairs, bytes]:
    """The headers and the body of what is answered before a request was even looked at. `page`: what says it to people,
    if such ask."""
    stamp = Stamp(services.ports.wall(), services.events.number, request_id)
    content = failure_json(refusal, stamp) if page is None else page.encode()
    content_type = JSON if page is None else _PAGE
    headers = (
        ("Content-Type", content_type),
        ("Content-Length", str(len(content))),
        ("Cache-Control", "no-store"),
        ("X-Request-ID", request_id),
        *security_headers(content_type, None, is_secure=is_secure),
    )
    return headers, content


def _looks_for_a_page(scope: Any) -> bool:
    """Whether a person is about to read the answer: programs ask under /api/, and browsers say what they show."""
    path = urlsplit(scope["path"]).path + "/"
    return not path.startswith(("/api/", "/socket.io/")) and "text/html" in _header(scope, b"accept")


def _header(scope: Any, name: bytes) -> str:
    """Its first value; "" if there is none."""
    return next((value.decode("latin-1") for each, value in scope["headers"] if each.lower() == name), "")


def _is_secure(scope: Any) -> bool:
    """Whether browsers trust the connection, as far as the box can know: a proxy in front may say that it does."""
    said = [value for name, value in scope["headers"] if name.lower() == b"x-forwarded-proto"]
    return scope.get("scheme") == "https" or said[-1:] == [b"https"]


def _is_for_a_page(error: Exception) -> bool:
    """Whatever is no address of the API is one of the web UI, which finds its way by itself."""
    return (
        isinstance(error, HTTPException)
        and error.code == 404
        and request.method in ("GET", "HEAD")
        and not (request.path + "/").startswith(("/api/", "/socket.io/"))
    )


def _json(content: bytes, status: int) -> Response:
    return Response(content, status, content_type=JSON if content else None)


def _incoming() -> Incoming:
    return request.body  # type: ignore[return-value]  # made by our own `Request`


def _client() -> str:
    address: tuple[str, int] | None = request.scope.get("client")
    return address[0] if address else ""
