import errno
import logging
import resource
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from itertools import count
from typing import Any

import pytest
import trio
from trio_websocket import open_websocket_url

from tests.nurseries.handmade import be_told, join, read
from tests.rigs.patience import PATIENCE_S
from tests.socketio.stage import on_the_air, set_stage
from tomb.nurseries.connection import GuardedStream
from tomb.nurseries.web import WATCHED, Address, WebLimits, serve_web
from tomb.socketio import ABORT_EXTENSION

Send = Callable[[dict[str, object]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, object]]]


async def hello(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Says hello; to whoever asks for /flood with more than the kernel holds, in one write."""
    if scope["type"] == "lifespan":
        for _ in range(2):
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
        return
    if scope["path"] == "/crash":
        raise RuntimeError("as asked")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/flood":
        await send({"type": "http.response.body", "body": b"x" * 30_000_000, "more_body": True})
    if scope["path"] == "/slow":
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        await trio.sleep(0.1)
    await send({"type": "http.response.body", "body": b"hello"})


@asynccontextmanager
async def serving(app: Any = hello, **more: Any) -> AsyncIterator[Address]:
    async with trio.open_nursery() as nursery:
        (address,) = await nursery.start(partial(serve_web, app, hosts=["127.0.0.1"], port=0, **more))
        yield address
        nursery.cancel_scope.cancel()


async def ask(address: Address, path: str = "/") -> trio.SocketStream:
    stream = await trio.open_tcp_stream(address.host, address.port)
    await stream.send_all(f"GET {path} HTTP/1.1\r\nHost: box\r\n\r\n".encode())
    return stream


async def test_port_0_takes_a_free_port_and_says_which() -> None:
    async with serving() as address:
        assert address.host == "127.0.0.1"
        assert address.port > 0
        async with await ask(address) as stream:
            assert b"hello" in await read(stream, b"hello")


async def test_a_port_in_use_is_the_callers_oserror() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError) as refused:  # noqa: PT011 - errno says
        await serve_web(hello, hosts=["127.0.0.1"], port=taken.getsockname()[1])
    assert refused.value.errno == errno.EADDRINUSE


async def test_a_failing_application_costs_its_own_request_only(caplog: pytest.LogCaptureFixture) -> None:
    async with serving() as address:
        async with await ask(address, "/crash") as stream:
            assert b" 500 " in await read(stream, b"\r\n\r\n")
        async with await ask(address) as stream:
            await read(stream, b"hello")
    assert [record.getMessage() for record in caplog.records] == ["a connection failed, and was ended"]


async def test_serving_logs_nothing_of_its_own(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving() as address, await ask(address) as stream:
        await read(stream, b"hello")
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


async def test_stop_lets_requests_finish_and_drains_once_nothing_new_is_accepted() -> None:
    stop, drained = trio.Event(), trio.Event()

    async def drain() -> None:
        with pytest.raises(OSError):  # noqa: PT011 - the kernel's word for it varies
            await trio.open_tcp_stream(address.host, address.port)
        drained.set()

    async with trio.open_nursery() as nursery:
        (address,) = await nursery.start(
            partial(serve_web, hello, hosts=["127.0.0.1"], port=0, stop=stop, draining=drain)
        )
        async with await ask(address, "/slow") as busy, await ask(address) as idle:
            await read(idle, b"hello")
            await read(busy, b"\r\n\r\n")
            stop.set()
            await read(busy, b"hello")
            assert await idle.receive_some() == b""
    assert drained.is_set()


async def test_stop_waits_no_longer_than_the_grace_for_a_peer_that_does_not_read() -> None:
    stop = trio.Event()
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            limits = WebLimits(grace=0.1, stall=3600)
            (address,) = await nursery.start(
                partial(serve_web, hello, hosts=["127.0.0.1"], port=0, stop=stop, limits=limits)
            )
            async with await ask(address, "/flood") as stream:
                await read(stream, b"x")
                stop.set()


async def test_a_cancel_is_not_held_by_a_peer_that_does_not_read() -> None:
    with trio.fail_after(PATIENCE_S):
        async with serving(limits=WebLimits(stall=3600)) as address:
            stuck = await ask(address, "/flood")
            await read(stuck, b"x")
    await stuck.aclose()


async def test_a_peer_that_does_not_read_is_reset_after_the_stall() -> None:
    ended = trio.Event()

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await hello(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            await send({"type": "http.response.body", "body": b"x" * 30_000_000, "more_body": True})
        finally:
            ended.set()

    async with serving(app, limits=WebLimits(stall=0.2)) as address, await ask(address):
        with trio.fail_after(PATIENCE_S):
            await ended.wait()


async def test_the_application_can_break_a_connection_that_is_stuck() -> None:
    aborts: list[Callable[[], None]] = []
    ended = trio.Event()

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            aborts.append(scope["extensions"][ABORT_EXTENSION])
            await send({"type": "http.response.start", "status": 200, "headers": []})
            try:
                await send({"type": "http.response.body", "body": b"x" * 30_000_000, "more_body": True})
            finally:
                ended.set()
        await hello(scope, receive, send)

    async with serving(app, limits=WebLimits(stall=3600)) as address:
        stream = await ask(address)
        await read(stream, b"x")
        aborts[0]()
        aborts[0]()
        with trio.fail_after(PATIENCE_S):
            await ended.wait()
            with pytest.raises(trio.BrokenResourceError):  # a reset, not an end
                await read(stream, b"never sent")
        await stream.aclose()


async def test_who_hangs_up_is_noticed_where_that_is_watched_whatever_he_said_last() -> None:
    """A reset, an end, an end behind the next request; and who is still there is not taken to have left."""
    watching, gone = trio.Event(), list[str]()

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            cancel = trio.CancelScope()
            with cancel, scope["extensions"][WATCHED](cancel.cancel):
                watching.set()
                await trio.sleep_forever()
            gone.append(scope["path"])
            return
        await hello(scope, receive, send)

    async def asked(path: str) -> trio.SocketStream:
        nonlocal watching
        watching = trio.Event()
        stream = await ask(address, path)
        await watching.wait()
        return stream

    async def until_gone(path: str) -> None:
        with trio.fail_after(PATIENCE_S):
            while path not in gone:
                await trio.sleep(0.01)

    async with serving(app) as address, await asked("/stays"):
        await (await asked("/closed")).aclose()
        await until_gone("/closed")
        half = await asked("/half")
        await half.send_all(b"GET /next HTTP/1.1\r\n")
        await half.send_eof()
        await until_gone("/half")
        await half.aclose()
        reset = await asked("/reset")
        reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await reset.aclose()
        await until_gone("/reset")
        assert "/stays" not in gone


async def test_one_connection_more_than_allowed_is_told_so_and_the_others_go_on() -> None:
    said = count(1)
    busy = lambda: b"HTTP/1.1 503 Busy\r\n\r\nfor the %d. time" % next(said)  # noqa: E731
    async with serving(limits=WebLimits(connections=1), busy=busy) as address, await ask(address) as first:
        await read(first, b"hello")
        for number in (1, 2):
            async with await ask(address) as extra:
                assert await read(extra, b"time") == b"HTTP/1.1 503 Busy\r\n\r\nfor the %d. time" % number
                assert await extra.receive_some() == b""
        await first.send_all(b"GET / HTTP/1.1\r\nHost: box\r\n\r\n")
        await read(first, b"hello")


async def test_a_connection_too_many_that_says_nothing_is_reset_and_of_many_all_but_a_few_at_once() -> None:
    async with serving(limits=WebLimits(connections=1, refusal=0.1)) as address, await ask(address) as first:
        await read(first, b"hello")
        extra = [await trio.open_tcp_stream(address.host, address.port) for _ in range(60)]
        for each in extra:
            with pytest.raises(trio.BrokenResourceError):
                await each.receive_some()
            await each.aclose()


async def ask_from(source: str, address: Address) -> trio.SocketStream:
    """Ask as a device of that address; all of 127/8 is this machine."""
    stream = await trio.open_tcp_stream(address.host, address.port, local_address=source)
    await stream.send_all(b"GET / HTTP/1.1\r\nHost: box\r\n\r\n")
    return stream


async def taken_by(source: str, address: Address, stack: AsyncExitStack, tries: int = 200) -> int:
    """How many connections a device gets that wants all."""
    for taken in range(tries):
        stream = await stack.enter_async_context(await ask_from(source, address))
        if b" 503 " in await read(stream, b"\r\n\r\n"):
            return taken
    return tries


async def test_each_device_has_a_share_of_what_is_free_and_the_box_keeps_its_descriptors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (300, 4096))
    async with serving() as address, AsyncExitStack() as stack:
        first = await taken_by("127.0.0.2", address, stack)
        second = await taken_by("127.0.0.3", address, stack)
        third = await taken_by("127.0.0.4", address, stack)
        assert 30 <= first <= 40, "a third of the 100 that 200 descriptors allow"
        assert 20 <= second < first
        assert 10 <= third < second
        async with await ask_from("127.0.0.1", address) as parent:
            assert b" 200 " in await read(parent, b"\r\n\r\n")


async def test_a_device_has_no_more_connections_than_allowed_however_many_are_free() -> None:
    async with serving(limits=WebLimits(connections_per_address=5)) as address, AsyncExitStack() as stack:
        assert await taken_by("127.0.0.2", address, stack) == 5
        assert await taken_by("127.0.0.3", address, stack) == 5


async def test_a_connection_whose_client_has_closed_holds_no_place() -> None:
    """It held one for the keep-alive time: polling requests one after another filled all places."""
    async with serving(limits=WebLimits(connections=8, keep_alive=3600)) as address:
        for _ in range(50):
            async with await ask(address) as stream:
                assert b" 200 " in await read(stream, b"hello")
        for _ in range(50):
            async with await ask(address, "/slow") as stream:
                await stream.send_eof()
                await stream.receive_some()


async def test_frames_before_the_handshake_pin_no_application_after_their_sender_has_gone() -> None:
    """Hypercorn answered them with 400 and never told the application that it was over."""
    ended = trio.Event()

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await hello(scope, receive, send)
            return
        while (await receive())["type"] != "websocket.disconnect":
            pass
        ended.set()

    async with serving(app) as address:
        async with await trio.open_tcp_stream(address.host, address.port) as stream:
            await stream.send_all(
                b"GET / HTTP/1.1\r\nHost: box\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
                b"\x81\x82\x00\x00\x00\x0040"
            )
            assert b" 400 " in await stream.receive_some()
        with trio.fail_after(PATIENCE_S):
            await ended.wait()


async def test_an_application_that_ends_with_unread_messages_lets_its_connection_end() -> None:
    """The end of the connection was put into the queue that nobody read any more, and waited for ever to be."""

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await ending.wait()
            await send({"type": "websocket.close", "code": 1000})
        else:
            await hello(scope, receive, send)

    ending = trio.Event()
    with trio.fail_after(PATIENCE_S):
        async with serving(app) as address, await trio.open_tcp_stream(address.host, address.port) as stream:
            await stream.send_all(
                b"GET / HTTP/1.1\r\nHost: box\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            await read(stream, b"\r\n\r\n")
            await stream.send_all(b"\x81\x81\0\0\0\0x" * 20)
            await trio.testing.wait_all_tasks_blocked(0.05)
            ending.set()
            assert await read(stream, b"\x88\x02\x03\xe8") == b"\x88\x02\x03\xe8"
            while await stream.receive_some():
                pass


async def test_http2_in_clear_is_not_spoken() -> None:
    async with serving() as address:
        async with await trio.open_tcp_stream(address.host, address.port) as stream:
            await stream.send_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)))
            assert (await read(stream, b"\r\n\r\n")).startswith(b"HTTP/1.1 ")
        async with await trio.open_tcp_stream(address.host, address.port) as stream:
            upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
            await stream.send_all(b"GET / HTTP/1.1\r\nHost: box\r\n" + upgrade + b"\r\n")
            assert (await read(stream, b"hello")).startswith(b"HTTP/1.1 200 ")


async def test_a_stop_before_anything_happened_ends_at_once() -> None:
    stop = trio.Event()
    stop.set()
    with trio.fail_after(PATIENCE_S):
        await serve_web(hello, hosts=["127.0.0.1"], port=0, stop=stop)


async def test_websocket_frames_are_neither_compressed_nor_torn() -> None:
    stage = set_stage()
    async with on_the_air(stage) as url:
        socket_url = url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
        offer = [(b"Sec-WebSocket-Extensions", b"permessage-deflate")]
        async with open_websocket_url(socket_url, extra_headers=offer) as peer:
            assert not [name for name, _ in peer.handshake_headers if name.lower() == b"sec-websocket-extensions"]
            await peer.get_message()
            await peer.send_message("40")
            await peer.get_message()
            big = "y" * 700_000  # more than the kernel takes at once
            for number in range(5):
                stage.server.emit("n", number, big)
            for number in range(5):
                assert await peer.get_message() == f'42["n",{number},"{big}"]'


async def test_what_is_said_at_once_is_one_write_unless_it_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[bytes] = []
    write_now = GuardedStream.write_now

    def noted(stream: GuardedStream, pieces: Sequence[bytes]) -> int:
        writes.append(b"".join(pieces))
        return write_now(stream, pieces)

    stage = set_stage()
    async with (
        on_the_air(stage) as url,
        open_websocket_url(url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket") as peer,
    ):
        await peer.get_message()
        await peer.send_message("40")
        await peer.get_message()
        monkeypatch.setattr(GuardedStream, "write_now", noted)
        texts = [size * "x" for size in (1, 200, 66_000, 7, 8)]
        stage.server.emit("n", b"blob")
        for text in texts:
            stage.server.emit("n", text)
        heard = [await peer.get_message() for _ in range(2 + len(texts))]
        assert len(writes) == 3
    assert str(heard[0]).startswith('451-["n",{')
    assert heard[1:] == [b"blob", *(f'42["n","{text}"]' for text in texts)]


async def test_sigterm_ends_a_server_with_200_clients_of_which_one_does_not_read() -> None:
    serve = partial(trio.run_process, [sys.executable, "-m", "tests.nurseries.served_stage"])
    async with trio.open_nursery() as nursery:
        process: trio.Process = await nursery.start(partial(serve, stdout=subprocess.PIPE))
        assert process.stdout is not None
        port = int(await process.stdout.receive_some())
        async with await join(port, '40{"flood":1}') as stuck:
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            async with trio.open_nursery() as clients:
                for _ in range(200):
                    await clients.start(be_told, port)
                process.send_signal(signal.SIGTERM)
                with trio.fail_after(PATIENCE_S):
                    await process.wait()
        assert process.returncode == 0
