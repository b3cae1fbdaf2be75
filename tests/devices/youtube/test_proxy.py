"""The proxy on loopback: who may use it, for what, and for how much."""

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest
import trio

from tests.rigs.patience import PATIENCE_S
from tomb.devices.youtube.proxy import MOST_CONNECTIONS, MOST_REFUSED, Proxy, proxy

WORD = "3b9c5a4e-0000"
AUTH = "Proxy-Authorization: Basic " + base64.b64encode(f"tomb:{WORD}".encode()).decode()


class Echo:
    """A network whose every host answers with what it is told."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.dialled: list[tuple[str, int]] = []

    async def resolve(self, host: str) -> Sequence[str]:
        await trio.lowlevel.checkpoint()
        return ["192.168.1.1"] if host.startswith("lan.") else ["142.250.185.78"]

    async def connect(self, address: str, port: int) -> trio.SocketStream:
        self.dialled.append((address, port))
        return await trio.open_tcp_stream("127.0.0.1", self.port)


async def echo(stream: trio.SocketStream) -> None:
    async with stream:
        with suppress(trio.BrokenResourceError):
            async for block in stream:
                await stream.send_all(block)


@asynccontextmanager
async def served(**options: float) -> AsyncIterator[tuple[Proxy, Echo]]:
    async with trio.open_nursery() as nursery:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, echo, [listener])
        network = Echo(listener.socket.getsockname()[1])
        async with proxy(network, WORD, **options) as way:  # type: ignore[arg-type]
            yield way, network
        nursery.cancel_scope.cancel()


async def ask(way: Proxy, *lines: str) -> tuple[int | None, trio.SocketStream]:
    """The status of the answer; None if there is none."""
    stream = await trio.open_tcp_stream("127.0.0.1", way.port)
    with trio.fail_after(PATIENCE_S):
        await stream.send_all("".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1"))
        answer = b""
        with suppress(trio.BrokenResourceError):
            while b"\r\n\r\n" not in answer and (block := await stream.receive_some()):
                answer += block
    return (int(answer.split()[1]) if answer else None), stream


async def status(way: Proxy, *lines: str) -> int | None:
    answered, stream = await ask(way, *lines)
    await stream.aclose()
    return answered


async def test_who_has_the_word_gets_through_to_youtube() -> None:
    async with served() as (way, network):
        assert way.url == f"http://tomb:{WORD}@127.0.0.1:{way.port}"
        answered, stream = await ask(way, "CONNECT www.youtube.com:443 HTTP/1.1", "Host: www.youtube.com:443", AUTH)
        assert answered == 200
        async with stream:
            await stream.send_all(b"hello")
            assert await stream.receive_some() == b"hello"
        assert network.dialled == [("142.250.185.78", 443)]
        assert way.refused == []


async def test_an_old_way_of_asking_is_understood() -> None:
    async with served() as (way, _):
        assert await status(way, "CONNECT www.youtube.com:443 HTTP/1.0", AUTH) == 200


@pytest.mark.parametrize("authorization", ["X: y", AUTH[:-2], AUTH.replace("Basic", "Bearer"), "Proxy-Authorization: "])
async def test_nobody_else_gets_anywhere(authorization: str) -> None:
    async with served() as (way, network):
        asked = ("CONNECT www.youtube.com:443 HTTP/1.1", "Host: www.youtube.com:443", authorization)
        assert await status(way, *asked) == 407
        assert network.dialled == []


@pytest.mark.parametrize(
    ("target", "answer", "refused"),
    [
        ("www.youtube.com:80", 403, "port 80 of www.youtube.com"),
        ("www.youtube.com:22", 403, "port 22 of www.youtube.com"),
        ("example.org:443", 403, "example.org, which is not YouTube's"),
        ("127.0.0.1:443", 403, "127.0.0.1, which is not YouTube's"),
        ("[::1]:443", 403, "[::1], which is not YouTube's"),
        ("lan.youtube.com:443", 403, "lan.youtube.com, whose address is 192.168.1.1"),
        ("www.youtube.com", 405, "CONNECT www.youtube.com"),
        ("www.youtube.com:x", 405, "CONNECT www.youtube.com:x"),
        ("www.youtube.com:443443", 405, "CONNECT www.youtube.com:443443"),
    ],
)
async def test_there_is_no_way_anywhere_else(target: str, answer: int, refused: str) -> None:
    async with served() as (way, network):
        assert await status(way, f"CONNECT {target} HTTP/1.1", "Host: x", AUTH) == answer
        assert (network.dialled, way.refused) == ([], [refused])


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
async def test_it_fetches_nothing_itself(method: str) -> None:
    async with served() as (way, network):
        assert await status(way, f"{method} http://www.youtube.com/ HTTP/1.1", "Host: www.youtube.com", AUTH) == 405
        assert network.dialled == []


@pytest.mark.parametrize(
    "garbage", ["", "\x00\x16\x03\x01", "CONNECT", "x" * 20_000, "GET / HTTP/1.1\r\n" + "a: b\r\n" * 9999]
)
async def test_garbage_ends_a_connection_and_nothing_else(garbage: str) -> None:
    async with served() as (way, _):
        assert await status(way, garbage) in (None, 407)
        assert await status(way, "CONNECT www.youtube.com:443 HTTP/1.1", "Host: x", AUTH) == 200


async def test_connections_have_an_end() -> None:
    asked = ("CONNECT www.youtube.com:443 HTTP/1.1", "Host: x", AUTH)
    async with served() as (way, _):
        opened = [await ask(way, *asked) for _ in range(MOST_CONNECTIONS)]
        assert {answered for answered, _ in opened} == {200}
        assert await status(way, *asked) == 503
        for _, stream in opened:
            await stream.aclose()


async def test_who_is_refused_again_and_again_is_heard_no_more() -> None:
    async with served() as (way, _):
        for _ in range(MOST_REFUSED):
            assert await status(way, "CONNECT example.org:443 HTTP/1.1", "Host: x", AUTH) == 403
        for host in ("www.youtube.com", "example.org"):
            assert await status(way, f"CONNECT {host}:443 HTTP/1.1", "Host: x", AUTH) is None
        assert len(way.refused) == MOST_REFUSED


async def test_bytes_have_an_end() -> None:
    async with served(most=1000) as (way, _):
        answered, stream = await ask(way, "CONNECT www.youtube.com:443 HTTP/1.1", "Host: x", AUTH)
        assert answered == 200
        await stream.send_all(bytes(501))
        got = b""
        with suppress(trio.BrokenResourceError), trio.fail_after(PATIENCE_S):
            while block := await stream.receive_some():
                got += block
        assert len(got) < 501
        assert way.refused == ["more than 1000 bytes"]
        await stream.aclose()


async def test_silence_has_an_end() -> None:
    async with served(idle_s=0.05) as (way, _):
        _, stream = await ask(way, "CONNECT www.youtube.com:443 HTTP/1.1", "Host: x", AUTH)
        with trio.fail_after(PATIENCE_S), suppress(trio.BrokenResourceError):
            assert await stream.receive_some() == b""
        await stream.aclose()


async def test_it_ends_with_the_block_and_with_all_that_goes_through_it() -> None:
    async with served() as (way, _):
        answered, stream = await ask(way, "CONNECT www.youtube.com:443 HTTP/1.1", "Host: x", AUTH)
        assert answered == 200
    with trio.fail_after(PATIENCE_S), suppress(trio.BrokenResourceError):
        assert await stream.receive_some() == b""
    await stream.aclose()
    with pytest.raises(OSError, match="all attempts to connect"):
        await trio.open_tcp_stream("127.0.0.1", way.port)
