"""What only a real server shows: large, slow and broken requests on real connections, and files to browsers."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import WITH_DEMO, Box, call, serving

SILENT = ("--audio", "silent", "--reader", "virtual")


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    async with serving(tmp_path / "data", *SILENT, env=WITH_DEMO) as box:
        yield box


@asynccontextmanager
async def connection(box: Box) -> AsyncIterator[trio.SocketStream]:
    async with await trio.open_tcp_stream("127.0.0.1", box.port) as stream:
        yield stream


async def until_end(stream: trio.SocketStream) -> bytes:
    """All that comes until the server hangs up."""
    received = bytearray()
    with trio.fail_after(PATIENCE_S):
        try:
            async for piece in stream:
                received += piece
        except trio.BrokenResourceError:
            pass  # a reset, because it was still being sent to
    return bytes(received)


async def test_ten_megabytes_are_refused_before_they_are_there(box: Box) -> None:
    async with connection(box) as stream:
        await stream.send_all(
            b"POST /api/playlists HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nContent-Length: 10000000\r\n\r\n" + b"x" * 1000
        )
        answer = await until_end(stream)
    assert answer.startswith(b"HTTP/1.1 413")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error_type"] == "payload_too_large"


async def test_an_endless_body_without_a_length_is_refused(box: Box) -> None:
    async with connection(box) as stream:
        await stream.send_all(
            b"POST /api/playlists HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        async with trio.open_nursery() as nursery:

            async def flood() -> None:
                try:
                    while True:
                        await stream.send_all(chunk)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    pass

            nursery.start_soon(flood)
            answer = await until_end(stream)
            nursery.cancel_scope.cancel()
    assert answer.startswith(b"HTTP/1.1 413")
    assert (await box.get("/api/health")).status == 200


TARGETS = (
    ("GET ?x HTTP/1.1", "localhost", 400),
    ("GET http://[/api/health HTTP/1.1", "localhost", 400),
    ("GET http://evil.example/api/health HTTP/1.1", "localhost", 403),
    ("GET http://localhost/api/health HTTP/1.1", "localhost", 200),
    ("GET http://localhost HTTP/1.1", "localhost", 200),
    ("OPTIONS * HTTP/1.1", "localhost", 400),
    ("GET /api/health HTTP/1.1", "localhost..", 403),
    ("GET /api/health HTTP/1.1", "localhost:x", 403),
    ("GET /api/health HTTP/1.1", ".".join(["a" * 70] * 3), 403),
    ("GET /api/health HTTP/1.1", "bücher.example", 403),
    ("GET //evil.example/x HTTP/1.1", "localhost", 200),
    ("BREW /api/health HTTP/1.1", "localhost", 405),
)


async def test_a_target_or_a_host_that_is_none_is_refused_in_an_envelope(box: Box) -> None:
    for request_line, host, status in TARGETS:
        async with connection(box) as stream:
            head = f"{request_line}\r\nHost: {host}\r\nConnection: close\r\n\r\n"
            await stream.send_all(head.encode("latin-1"))
            head, _, content = (await until_end(stream)).decode("latin-1").partition("\r\n\r\n")
        assert head.startswith(f"HTTP/1.1 {status}"), request_line
        if status >= 400:
            answer = json.loads(content)
            error_type = "forbidden" if status == 403 else "bad_request"
            assert (answer["status"], answer["error_type"]) == ("error", error_type), request_line
            assert "nosniff" in head
    assert " ERROR " not in box.log


UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "


async def test_nobody_changes_to_http_2(box: Box) -> None:
    """Settings that were none were a traceback for each try; streams that nobody read pinned hundreds of megabytes."""
    get = b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n"
    for request, status in (
        (get + UPGRADE + b"AAMAAABkAAQAoAAAAAIAAAAA\r\nConnection: close\r\n\r\n", b"200"),
        (get + UPGRADE + b"AAMAA\r\nConnection: close\r\n\r\n", b"200"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(100), b"505"),
    ):
        async with connection(box) as stream:
            await stream.send_all(request)
            assert (await until_end(stream)).startswith(b"HTTP/1.1 " + status)
    assert "Traceback" not in box.log


async def test_headers_beyond_all_measure_are_refused(box: Box) -> None:
    large = await call(box.port, "GET", "/api/health", headers={"X-Much": "x" * 13_000})
    assert (large.status, large.body["error_type"]) == (431, "payload_too_large")
    too_large = await call(box.port, "GET", "/api/health", headers={"X-Much": "x" * 40_000})
    assert 400 <= too_large.status < 500  # the server's own, which has no envelope
    long = await call(box.port, "GET", "/api/health?x=" + "x" * 5000)
    assert (long.status, long.body["error_type"]) == (414, "payload_too_large")


NO_HTTP = (b"GET / HTTP/x", b"\x16\x03\x01\x02\x00", b"GET /\x00 HTTP/1.1", b"GET", b"G" * 9000, b"POST / HTTP/1.1 x")


async def test_what_is_no_http_ends_and_disturbs_nobody(box: Box) -> None:
    for request_line in NO_HTTP:
        async with connection(box) as stream:
            await stream.send_all(request_line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            await stream.send_eof()
            answer = await until_end(stream)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer[:100]
        assert (await box.get("/api/health")).status == 200


async def test_who_sends_half_a_body_and_leaves_has_done_nothing(box: Box) -> None:
    before = len((await box.get("/api/playlists")).data["playlists"])
    for _ in range(20):
        async with connection(box) as stream:
            await stream.send_all(
                b"POST /api/playlists HTTP/1.1\r\nHost: localhost\r\n"
                b'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"title": "half"'
            )
    assert len((await box.get("/api/playlists")).data["playlists"]) == before
    assert " ERROR " not in box.log


async def test_the_head_alone_and_an_absolute_address_are_answered(box: Box) -> None:
    head = await call(box.port, "HEAD", "/api/health")
    assert (head.status, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 100


async def test_a_track_can_be_heard_in_the_browser_and_given_up(box: Box) -> None:
    track = (await box.get("/api/playlists")).data["playlists"][0]["tracks"][0]
    path = f"/api/tracks/{track['id']}/audio"
    whole = await box.get(path)
    assert len(whole.content) == track["file_size"]
    part = await box.get(path, headers={"Range": "bytes=1000-1999"})
    assert (part.status, part.content) == (206, whole.content[1000:2000])
    for _ in range(20):
        async with connection(box) as stream:
            await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            await stream.receive_some(100)
    info = (await box.get("/api/system/info")).data
    assert info["process"]["open_files"] < 60
    assert " ERROR " not in box.log
