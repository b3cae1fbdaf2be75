"""What is answered to whom before there is a session, and how."""

import json

import pytest
import trio

from tests.socketio.peer import running, server_with
from tomb.rehearsal.peer import Peer, RefusedWebSocket
from tomb.socketio import HttpRequest, SocketLimits
from tomb.socketio.types import Receive, Scope, Send


def same_origin(request: HttpRequest) -> bool:
    return request.headers.get("origin", "https://box.local") in {"https://box.local", "https://friend.example"}


@pytest.mark.parametrize(
    ("method", "query", "status", "code"),
    [
        ("GET", "EIO=3&transport=polling", 400, 5),
        ("GET", "transport=polling", 400, 5),
        ("GET", "EIO=4&transport=carrier-pigeon", 400, 0),
        ("GET", "EIO=4&transport=websocket", 400, 0),
        ("GET", "", 400, 0),
        ("POST", "EIO=4&transport=polling", 400, 2),
        ("GET", "EIO=4&transport=polling&sid=unknown", 400, 1),
        ("POST", "EIO=4&transport=polling&sid=unknown", 400, 1),
        ("GET", "EIO=4&transport=polling&sid=", 400, 1),
    ],
)
async def test_what_makes_no_sense_is_refused_as_the_reference_server_does(
    method: str, query: str, status: int, code: int, autojump_clock: trio.testing.MockClock
) -> None:
    server = server_with()
    async with running(server) as peer:
        response = await peer.request(method, query)
        assert response.status == status
        assert json.loads(response.text)["code"] == code
        assert response.headers["content-type"] == "application/json"
        assert server.connections == 0


@pytest.mark.parametrize("query", ["EIO=3&transport=websocket", "EIO=4&transport=websocket&sid=unknown"])
async def test_a_websocket_is_refused_before_it_is_accepted(query: str, autojump_clock: trio.testing.MockClock) -> None:
    async with running(server_with()) as peer:
        with pytest.raises(RefusedWebSocket) as refused:
            await peer.websocket(query)
        assert refused.value.status == 400


async def test_other_methods_are_refused_within_a_session(autojump_clock: trio.testing.MockClock) -> None:
    async with running(server_with()) as peer:
        polling = await peer.open_polling()
        assert (await peer.request("DELETE", polling.query)).status == 405


async def test_a_foreign_page_gets_403_and_no_session(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with(allows=same_origin)
    async with running(server) as peer:
        evil = {"origin": "https://evil.example"}
        response = await peer.get("EIO=4&transport=polling", headers=evil)
        assert response.status == 403
        assert not [name for name in response.headers if name.startswith("access-control")]
        with pytest.raises(RefusedWebSocket) as refused:
            await peer.websocket("EIO=4&transport=websocket", headers=evil)
        assert refused.value.status == 403
        polling = await peer.open_polling()
        assert (await polling.post('42["x"]', headers=evil)).status == 403
        assert server.counters.connections == 1


async def test_an_allowed_origin_is_echoed_with_credentials(autojump_clock: trio.testing.MockClock) -> None:
    async with running(server_with(allows=same_origin)) as peer:
        friend = {"origin": "https://friend.example", "access-control-request-headers": "x-thing"}
        response = await peer.get("EIO=4&transport=polling", headers=friend)
        assert response.headers["access-control-allow-origin"] == "https://friend.example"
        assert response.headers["access-control-allow-credentials"] == "true"
        assert "origin" in response.headers["vary"].lower()
        preflight = await peer.request("OPTIONS", "EIO=4&transport=polling", headers=friend)
        assert preflight.status == 204
        assert preflight.headers["access-control-allow-methods"] == "GET, POST, OPTIONS"
        assert preflight.headers["access-control-allow-headers"] == "x-thing"
        assert "access-control-allow-origin" not in (await peer.get("EIO=4&transport=polling")).headers


@pytest.mark.parametrize(
    ("accepts", "zipped"),
    [("gzip, deflate", True), ("GZIP;q=0.5", True), ("br", False), ("gzip;q=0", False), ("", False)],
)
async def test_long_answers_are_compressed_where_the_client_takes_it(
    accepts: str, zipped: bool, autojump_clock: trio.testing.MockClock
) -> None:
    server = server_with(SocketLimits(gzip_over_bytes=1024))
    async with running(server) as peer:
        polling = await peer.open_polling()
        server.emit("long", "x" * 5000)
        response = await polling.get(headers={"accept-encoding": accepts})
        assert (response.headers.get("content-encoding") == "gzip") == zipped
        assert (len(response.body) < 1000) == zipped
        assert response.packets == ['42["long","' + "x" * 5000 + '"]']
        server.emit("short")
        assert "content-encoding" not in (await polling.get(headers={"accept-encoding": accepts})).headers


@pytest.mark.parametrize("path", ["/socket.io", "/socket.io/"])
async def test_both_spellings_of_the_path_are_served(path: str, autojump_clock: trio.testing.MockClock) -> None:
    async with running(server_with()) as peer:
        assert (await peer.get("EIO=4&transport=polling", path=path)).status == 200


async def test_everything_else_goes_to_the_fallback(autojump_clock: trio.testing.MockClock) -> None:
    seen: list[tuple[str, str]] = []

    async def fallback(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append((scope["type"], scope.get("path", "")))
        await send({"type": "http.response.start", "status": 418, "headers": []})

    async with running(server_with(fallback=fallback)) as peer:
        assert (await peer.get("", path="/api/health")).status == 418
        assert (await peer.get("", path="/socket.io/more")).status == 418
        assert (await peer.get("", path="/socket.iota")).status == 418
    assert seen == [("http", "/api/health"), ("http", "/socket.io/more"), ("http", "/socket.iota")]


async def test_a_websocket_elsewhere_is_refused_before_anything_else(
    autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Any page may open ws://box/x, and browsers ask nobody first."""

    async def fallback(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("nobody else need know of it")

    server = server_with(fallback=fallback)
    async with running(server) as peer:
        with pytest.raises(RefusedWebSocket) as refused:
            await peer.websocket("", headers={"origin": "https://evil.example"}, path="/x")
        assert refused.value.status == 404
        assert server.counters.connections == 0
    assert caplog.records == []


async def test_alone_it_answers_for_the_whole_application(autojump_clock: trio.testing.MockClock) -> None:
    server = server_with()
    sent: list[str] = []
    asked = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> dict[str, str]:
        return {"type": next(asked)}

    async def send(message: dict[str, str]) -> None:
        sent.append(message["type"])

    await server({"type": "lifespan"}, receive, send)  # type: ignore[arg-type]  # dicts of strings are messages too
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    async with trio.open_nursery() as nursery:
        assert (await Peer(server, nursery).get("", path="/elsewhere")).status == 404
