"""HTTPS beside HTTP: one application, the same bounds, and peers that do not keep to TLS."""

import socket
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest
import trio
from trio_websocket import open_websocket_url

from tests.nurseries.handmade import read
from tests.nurseries.test_web import Receive, Send, hello
from tests.rigs.certificates import Made, self_signed
from tests.rigs.patience import PATIENCE_S
from tests.socketio.stage import set_stage
from tomb.config import Rate
from tomb.devices.certificate import Pair, load
from tomb.nurseries.web import Address, SecurePort, WebLimits, serve_web

REQUEST = b"GET / HTTP/1.1\r\nHost: box\r\n\r\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return self_signed(tmp_path_factory.mktemp("certificate"))


@asynccontextmanager
async def serving(made: Made, app: Any = hello, **more: Any) -> AsyncIterator[tuple[Address, Address]]:
    """Where it is plain, and where secure."""
    context = load(Pair(made.certificate, made.key))
    async with trio.open_nursery() as nursery:
        secure = SecurePort(0, lambda: context)
        start = partial(serve_web, app, hosts=["127.0.0.1"], port=0, secure=secure, **more)
        plain, secured = await nursery.start(start)
        yield plain, secured
        nursery.cancel_scope.cancel()


async def secured(made: Made, address: Address, request: bytes = REQUEST) -> trio.SSLStream[trio.SocketStream]:
    opened = await trio.open_tcp_stream("127.0.0.1", address.port)
    stream = trio.SSLStream(opened, made.client(), server_hostname="127.0.0.1", https_compatible=True)
    try:
        await stream.send_all(request)
    except trio.BrokenResourceError:
        await opened.aclose()
        raise
    return stream


async def gone(stream: trio.SocketStream) -> None:
    """Until the other end has closed or reset it."""
    with trio.fail_after(PATIENCE_S), suppress(trio.BrokenResourceError):
        while await stream.receive_some():
            pass
    await stream.aclose()


async def test_both_are_served_and_the_application_knows_which(made: Made) -> None:
    schemes: list[str] = []

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        schemes.append(scope.get("scheme", ""))
        await hello(scope, receive, send)

    async with serving(made, app) as (plain, secure):
        assert (plain.url, secure.url) == (f"http://127.0.0.1:{plain.port}", f"https://127.0.0.1:{secure.port}")
        async with await trio.open_tcp_stream("127.0.0.1", plain.port) as stream:
            await stream.send_all(REQUEST)
            await read(stream, b"hello")
        async with await secured(made, secure) as hidden:
            assert (await read(hidden, b"hello")).startswith(b"HTTP/1.1 200 ")
            await hidden.send_all(REQUEST)
            await read(hidden, b"hello")
        assert schemes[1:] == ["http", "https", "https"]


async def test_sockets_are_served_too(made: Made) -> None:
    stage = set_stage()
    async with trio.open_nursery() as nursery:
        await nursery.start(stage.server.run)
        async with serving(made, stage.server) as (_, secure):
            url = f"wss://127.0.0.1:{secure.port}/socket.io/?EIO=4&transport=websocket"
            async with open_websocket_url(url, ssl_context=made.client()) as peer:
                assert str(await peer.get_message()).startswith("0{")
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_what_is_large_comes_whole(made: Made, version: ssl.TLSVersion) -> None:
    async with serving(made) as (_, secure):
        context = made.client()
        context.minimum_version = context.maximum_version = version
        flood = REQUEST.replace(b"/ ", b"/flood ", 1)
        async with await trio.open_ssl_over_tcp_stream("127.0.0.1", secure.port, ssl_context=context) as stream:
            await stream.send_all(flood)
            size, end = 0, b""
            while not end.endswith(b"0\r\n\r\n"):
                end = end[-4:] + bytes(await stream.receive_some())
                size += end[4:].count(b"x")
            assert size == 30_000_000


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
async def test_old_protocols_are_not_spoken(made: Made) -> None:
    context = made.client()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    async with serving(made) as (_, secure):
        opened = await trio.open_tcp_stream("127.0.0.1", secure.port)
        stream = trio.SSLStream(opened, context, server_hostname="127.0.0.1")
        with pytest.raises(trio.BrokenResourceError):
            await stream.do_handshake()
        await trio.aclose_forcefully(stream)


async def test_who_says_nothing_or_no_tls_is_gone_after_the_handshake_s_time(made: Made) -> None:
    async with serving(made, limits=WebLimits(handshake=0.2)) as (_, secure):
        for said in (b"", b"\x16\x03\x01\x02\x00", REQUEST, b"\x00" * 1000):
            stream = await trio.open_tcp_stream("127.0.0.1", secure.port)
            if said:
                await stream.send_all(said)
            await gone(stream)


async def test_the_silent_count_as_connections_of_their_address(made: Made) -> None:
    async with serving(made, limits=WebLimits(connections_per_address=3, handshake=3600)) as (_, secure):
        silent = [await trio.open_tcp_stream("127.0.0.1", secure.port) for _ in range(3)]
        extra = await trio.open_tcp_stream("127.0.0.1", secure.port)
        await gone(extra)
        for each in silent:
            await each.aclose()
        with trio.fail_after(PATIENCE_S):
            async with await trio.open_tcp_stream("127.0.0.1", secure.port):
                pass


async def test_an_address_has_so_many_handshakes_a_second(made: Made) -> None:
    async with serving(made, limits=WebLimits(handshakes=Rate(2, 0.001))) as (_, secure):
        for _ in range(2):
            async with await secured(made, secure) as stream:
                await read(stream, b"hello")
        with pytest.raises(trio.BrokenResourceError):
            await secured(made, secure)
        other = await trio.open_tcp_stream("127.0.0.1", secure.port, local_address="127.0.0.2")
        async with trio.SSLStream(other, made.client(), server_hostname="127.0.0.1", https_compatible=True) as stream:
            await stream.send_all(REQUEST)
            await read(stream, b"hello")


async def test_a_peer_that_reads_no_more_is_reset_after_the_stall(made: Made) -> None:
    ended = trio.Event()

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        try:
            await hello(scope, receive, send)
        finally:
            if scope["type"] == "http":
                ended.set()

    async with serving(made, app, limits=WebLimits(stall=0.2)) as (_, secure):
        stuck = await secured(made, secure, REQUEST.replace(b"/ ", b"/flood ", 1))
        with trio.fail_after(PATIENCE_S):
            await ended.wait()
        await trio.aclose_forcefully(stuck)


async def test_a_cancel_is_not_held_by_a_peer_that_does_not_read(made: Made) -> None:
    with trio.fail_after(PATIENCE_S):
        async with serving(made, limits=WebLimits(stall=3600, handshake=3600)) as (_, secure):
            silent = await trio.open_tcp_stream("127.0.0.1", secure.port)
            stuck = await secured(made, secure, REQUEST.replace(b"/ ", b"/flood ", 1))
            await stuck.receive_some()
    await trio.aclose_forcefully(stuck)
    await silent.aclose()


async def test_a_reset_in_the_middle_is_nobody_s_defect(made: Made, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(made) as (_, secure):
        for request in (b"", REQUEST, REQUEST.replace(b"/ ", b"/slow ", 1)):
            stream = await secured(made, secure, request)
            stream.transport_stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            await trio.aclose_forcefully(stream)
        async with await secured(made, secure) as stream:
            await read(stream, b"hello")
    assert caplog.records == []


async def test_without_a_certificate_a_connection_is_reset_and_plain_http_goes_on() -> None:
    async with trio.open_nursery() as nursery:
        start = partial(serve_web, hello, hosts=["127.0.0.1"], port=0, secure=SecurePort(0, lambda: None))
        plain, secure = await nursery.start(start)
        stream = await trio.open_tcp_stream("127.0.0.1", secure.port)
        await gone(stream)
        async with await trio.open_tcp_stream("127.0.0.1", plain.port) as stream:
            await stream.send_all(REQUEST)
            await read(stream, b"hello")
        nursery.cancel_scope.cancel()


async def test_a_port_for_https_that_is_taken_leaves_none_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as probe:
        plain = probe.getsockname()[1]
        probe.close()
        secure = SecurePort(taken.getsockname()[1], lambda: None)
        with pytest.raises(OSError):  # noqa: PT011 - which, is told elsewhere
            await serve_web(hello, hosts=["127.0.0.1"], port=plain, secure=secure)
        socket.create_server(("127.0.0.1", plain)).close()
