"""The routes: the guard, parsing, one call, the envelope. Decisions are made elsewhere.

The application is Quart-Trio's. Quart's place in the server is used, and its extension point for how a request is
served (`asgi_http_class`). Its own way of serving one costs two tasks, a context of six variables, signals and two
copies of the headers; here it is one call in the task of the connection.
"""

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from typing import Any, TypeVar, TypeVarTuple
from urllib.parse import urlsplit

import trio
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException

from tomb import bounded_json
from tomb.errors import (
    AddressTooLong,
    BadRequest,
    Forbidden,
    RequestError,
    Unavailable,
    UnknownHost,
)
from tomb.http import pages, parsing, streams
from tomb.http.addresses import Addresses
from tomb.http.bodies import BODY_LIMIT, ClientLeft
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
from tomb.http.exchange import Answer, CutOff, Request
from tomb.http.frame import QuartTrio
from tomb.http.guard import Guard, Pairs, RateLimits, check_headers, host_in, security_headers
from tomb.http.operations import Operations
from tomb.http.parents import COOKIE
from tomb.http.parsing import Body, NoQuery
from tomb.http.routes import Call, Category, Route, Services
from tomb.http.ui import WebUi
from tomb.nurseries.memory_budget import MemoryBudget
from tomb.nurseries.web import WATCHED

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
BODY_S = 20.0
BODIES_MEMORY = 16 * 1024 * 1024  # of all bodies that are JSON
ADDRESS_LIMIT = 4096
# What may take long: looking something up elsewhere, examining a file, an archive.
LONG: frozenset[Category] = frozenset({"uploads", "youtube", "archives"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
JSON = "application/json"
_PAGE = "text/html; charset=utf-8"


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
        self._addresses = Addresses(routes)
        self._quart = QuartTrio("tomb.http", static_folder=None)
        # To a type checker a class; Quart asks no more of it than to be called with itself and a scope.
        self._quart.asgi_http_class = lambda _, scope: partial(self._serve, scope)  # type: ignore[assignment, return-value]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope["tomb.request_id"] = self._services.ports.new_id()
            try:
                check_headers(scope["headers"])
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

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        """One request, in this task and no other. Whoever leaves, or cannot be sent all of it, is forgotten: the server
        closes what was not finished.
        """
        request = Request(scope, receive)
        try:
            answer = await self._answered(request)
            if not request.body.ended.is_set():
                await request.body.drain()
            self._seal(request, answer)
            await answer.send(send)
        except (ClientLeft, CutOff):
            pass
        finally:
            request.let_go()

    async def _answered(self, request: Request) -> Answer:
        try:
            found = self._find(request)
            self._admit(request, found if isinstance(found, Route) else None)
            if isinstance(found, HTTPException):
                raise found
            if request.method == "OPTIONS":
                allowed = ", ".join(self._addresses.methods(request.path))
                return Answer(200, b"", None, [("Allow", allowed)])
            if found.category in LONG and not found.brief:
                return await self._while_there(request, found)
            return await self._respond(request, found, await self._answer(request, found))
        except ClientLeft:
            raise
        except Exception as error:  # noqa: BLE001  # the boundary of a request: whatever goes wrong with it is its answer
            return await self._refuse(request, error)

    def _find(self, request: Request) -> Route | HTTPException:
        try:
            route, request.path_values = self._addresses.find(request.method, request.path)
        except HTTPException as error:
            return error
        return route

    async def _while_there(self, request: Request, route: Route) -> Answer:
        """For what may take long, or costs much: it ends when its client leaves."""
        scope = trio.CancelScope()

        def left() -> None:
            if request.body.ended.is_set():  # whoever is reading it will hear it himself
                scope.cancel()

        watched = (request.scope.get("extensions") or {}).get(WATCHED, lambda _: nullcontext())
        with scope, watched(left):
            return await self._respond(request, route, await self._answer(request, route))
        raise ClientLeft

    async def _answer(self, request: Request, route: Route) -> HandlerResult:
        request.body.limit = route.limit
        if route.method != "GET" or route.category != "uploads":
            self._take_place(request, route.category)
        # Where a body may be JSON or something else, its type says which.
        is_stream = route.takes and (route.body is Body or request.media_type != JSON)
        if route.method == "GET" or is_stream:
            return await self._handle(request, route, None)
        return await self._change(request, route)

    def _take_place(self, request: Request, category: Category) -> None:
        """Among those that are served at once, until the answer has been sent. Raises RateLimited."""
        if self._rates.has_places(category):
            request.until_sent.enter_context(self._rates.place(category, request.client))

    async def _change(self, request: Request, route: Route) -> HandlerResult:
        request.body.limit = BODY_LIMIT
        if (raw := request.body.here()) is not None:
            return await self._once(request, route, raw)
        with self._memory.hold(request.client, BODY_LIMIT) as held:
            raw = await request.body.within(BODY_S).read(held)
            return await self._once(request, route, raw)

    async def _once(self, request: Request, route: Route, raw: bytes) -> HandlerResult:
        op_id, fields = await self._parsed(raw, parsing.repeatable, raw)
        request.client_op_id = op_id
        if op_id is None or route.secret or not fields.isdisjoint(route.secret_fields):
            return await self._handle(request, route, raw)
        asked = (route.name, tuple(request.path_values.items()), request.query_string, hashlib.sha256(raw).digest())
        # The PIN was asked for by `_admit`, before any kept answer can be given. And whoever may only play hears in
        # `ack:op` that something was done, but not what came of it, where only parents may look at that.
        handle = partial(self._handle, request, route, raw)
        return await self._operations.once(op_id, asked, handle, with_data=route.playing)

    async def _handle(self, request: Request, route: Route, raw: bytes | None) -> HandlerResult:
        """`raw`: the body that is to be parsed; None where there is none, or it is left to the handler."""
        body: BaseModel = route.nothing
        if raw or (raw is not None and route.body is not Body):
            body = await self._parsed(raw, parsing.body, route.body, raw, request.media_type)
        token = request.cookies.get(COOKIE)
        call: Call[BaseModel] = Call(
            given=body if route.query is NoQuery else parsing.query(route.query, request.parsed.args),
            path=parsing.path(request.path_values),
            client=request.client,
            token=token,
            origin="parent" if self._services.parent_auth.admits(token) else "child",
            headers=request.fields,
            stream=request.body,
        )
        return await route.handle(self._services, call)

    async def _parsed(self, raw: bytes, parse: Callable[[*Ts], T], *args: *Ts) -> T:
        """What is large is parsed elsewhere: it takes longer than others are to wait."""
        if len(raw) <= bounded_json.SMALL:
            return parse(*args)
        return await self._services.ports.in_thread(parse, *args, limiter=self._parsing)

    async def _respond(self, request: Request, route: Route, result: HandlerResult) -> Answer:
        match result:
            case FilePart():
                return await streams.respond(result, request, self._services.ports)
            case Download():
                return streams.download(result, request)
            case Document():
                return Answer(route.status, result.content, result.content_type)
        body = b"" if route.status == 204 else success_json(result, self._stamp(request), flat=route.flat)
        return Answer(route.status, body, JSON if body else None, list(result.headers.items()))

    # --- around every request ---------------------------------------------------------------------------------------

    def _admit(self, request: Request, route: Route | None) -> None:
        address = len(request.scope["raw_path"]) + len(request.query_string)
        if address > ADDRESS_LIMIT:
            raise AddressTooLong("the address is too long", {"limit": ADDRESS_LIMIT})
        self._check_sender(request, route)
        self._rates.spend("other" if route is None else route.category, request.client)
        if (
            route is not None
            and not route.playing
            and not self._services.parent_auth.admits(request.cookies.get(COOKIE))
        ):
            raise Forbidden("only for parents: the PIN is asked for first", {"pin_required": True})
        if route is not None and route.is_edit:
            self._services.probation.check()

    def _check_sender(self, request: Request, route: Route | None) -> None:
        if request.method not in SAFE_METHODS:
            self._guard.check_origin(request.fields.get("Origin"), request.fields.get("Host"))
        elif route is not None and request.method != "OPTIONS":
            self._guard.check_site(request.fields, costly=route.costly)

    def _seal(self, request: Request, answer: Answer) -> None:
        origin, preflight = request.fields.get("Origin"), request.method == "OPTIONS"
        sealed = answer.headers
        if answer.header("Cache-Control") is None:
            sealed.append(("Cache-Control", "no-store"))
        sealed.append(("X-Request-ID", request.id))
        policy, is_secure = answer.header("Content-Security-Policy"), _is_secure(request.scope)
        sealed += security_headers(answer.content_type, policy, is_secure=is_secure)
        sealed += self._guard.cross_origin_headers(origin, preflight=preflight)

    async def _refuse(self, request: Request, error: Exception) -> Answer:
        if _is_for_a_page(request, error):
            try:
                return await self._page(request)
            except RequestError as refused:
                error = refused
        refusal = refusal_of(error, request.id, request.path)
        headers = list(refusal_headers(error, refusal).items())
        return Answer(refusal.status, failure_json(refusal, self._stamp(request)), JSON, headers)

    async def _page(self, request: Request) -> Answer:
        """A file of the web UI; where it is not built, the plain page. Raises NotFound, NoSuchRange."""
        found = self._ui.find(request.path, request.parsed.accept_encodings)
        if found is not None:
            self._take_place(request, "files")
            return await streams.respond(found, request, self._services.ports)
        return Answer(200, pages.home(self._services.preferences.current.box_name).encode(), _PAGE)

    def _stamp(self, request: Request) -> Stamp:
        services = self._services
        return Stamp(services.ports.wall(), services.events.number, request.id, request.client_op_id)


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


def _is_for_a_page(request: Request, error: Exception) -> bool:
    """Whatever is no address of the API is one of the web UI, which finds its way by itself."""
    return (
        isinstance(error, HTTPException)
        and error.code == 404
        and request.method in ("GET", "HEAD")
        and not (request.path + "/").startswith(("/api/", "/socket.io/"))
    )
