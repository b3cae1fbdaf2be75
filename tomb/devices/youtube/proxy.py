"""A proxy on loopback, for as long as one child lives, that leads to YouTube and nowhere else (see `reach`).

It knows CONNECT alone (RFC 9110, 9.3.6): what passes is encrypted from the child to YouTube, and none of the proxy's
business but how much it is. Any program on the box may find its port, so its URL bears a word that only the child has.
"""

import base64
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import h11
import trio
from msgspec import Struct, field

from tomb.devices.internet import Network, Refused
from tomb.devices.youtube.reach import dial

log = logging.getLogger(__name__)

MOST_CONNECTIONS = 16
MOST_REFUSED = 100  # so often it is told that it may not go there; then nobody listens to it, or notes it, any more
MOST_BYTES = 400 * 1024 * 1024  # of all connections together
LONGEST_REQUEST = 8192
REQUEST_S = 10.0
IDLE_S = 60.0
BLOCK = 65536


class Proxy(Struct):
    port: int
    url: str
    """With the word in it."""
    refused: list[str] = field(default_factory=list)
    """Where the child wanted to go and may not, in the order that it did."""
    passed: int = 0
    """Bytes, both ways."""


@asynccontextmanager
async def proxy(network: Network, word: str, *, idle_s: float = IDLE_S, most: int = MOST_BYTES) -> AsyncIterator[Proxy]:
    """Serves until the block ends. `word`: a new one each time; letters, digits and dashes. Raises: OSError."""
    [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    served = Proxy(port, f"http://tomb:{word}@127.0.0.1:{port}")
    gate = _Gate(served, network, f"tomb:{word}", idle_s, most)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.serve_listeners, gate.serve, [listener])
        try:
            yield served
        finally:
            nursery.cancel_scope.cancel()


class _Gate:
    def __init__(self, served: Proxy, network: Network, secret: str, idle_s: float, most: int) -> None:
        self._served = served
        self._network = network
        self._expected = b"Basic " + base64.b64encode(secret.encode("ascii"))
        self._idle_s = idle_s
        self._most = most
        self._open = 0

    async def serve(self, child: trio.SocketStream) -> None:
        """One connection. Whatever goes wrong with it is its end."""
        self._open += 1
        try:
            if len(self._served.refused) >= MOST_REFUSED:
                return
            if self._open > MOST_CONNECTIONS:
                await _answer(child, h11.Connection(h11.SERVER), 503)
            else:
                await self._tunnel(child)
        except (OSError, trio.BrokenResourceError, h11.ProtocolError, trio.TooSlowError) as error:
            log.debug("the way to YouTube: %s", error)
        finally:
            self._open -= 1
            await trio.aclose_forcefully(child)

    async def _tunnel(self, child: trio.SocketStream) -> None:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_REQUEST)
        with trio.fail_after(REQUEST_S):
            request = await _request(child, connection)
        headers = dict(request.headers)
        if not hmac.compare_digest(headers.get(b"proxy-authorization", b""), self._expected):
            await _answer(child, connection, 407)
            return
        host, _, port = request.target.decode("ascii").rpartition(":")
        if request.method != b"CONNECT" or not port.isdecimal() or len(port) > 5:
            self._refuse(f"{request.method.decode('ascii')} {request.target.decode('ascii')[:200]}")
            await _answer(child, connection, 405)
            return
        try:
            far = await dial(self._network, host, int(port))
        except Refused as why:
            self._refuse(str(why))
            await _answer(child, connection, 403)
            return
        except OSError as error:
            log.info("no way to %s: %s", host, error)
            await _answer(child, connection, 502)
            return
        async with far:
            await child.send_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await self._relay(child, far, connection.trailing_data[0])

    def _refuse(self, where: str) -> None:
        log.warning("yt-dlp wanted to go where it may not: %s", where)
        self._served.refused.append(where)

    async def _relay(self, child: trio.SocketStream, far: trio.SocketStream, early: bytes) -> None:
        """Both ways, until either side is through, both are silent for too long, or it was too much in all."""
        if early:
            await far.send_all(early)
        async with trio.open_nursery() as nursery:

            async def carry(source: trio.SocketStream, target: trio.SocketStream) -> None:
                with suppress(trio.BrokenResourceError):
                    while block := await source.receive_some(BLOCK):
                        nursery.cancel_scope.deadline = trio.current_time() + self._idle_s
                        self._served.passed += len(block)
                        if self._served.passed > self._most:
                            self._refuse(f"more than {self._most} bytes")
                            break
                        await target.send_all(block)
                nursery.cancel_scope.cancel()

            nursery.cancel_scope.deadline = trio.current_time() + self._idle_s
            nursery.start_soon(carry, far, child)
            await carry(child, far)


async def _request(child: trio.SocketStream, connection: h11.Connection) -> h11.Request:
    """Raises: h11.RemoteProtocolError."""
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await child.receive_some(LONGEST_REQUEST))
    if not isinstance(event, h11.Request):
        raise h11.RemoteProtocolError("no request")
    return event


async def _answer(child: trio.SocketStream, connection: h11.Connection, status: int) -> None:
    headers = [("content-length", "0"), ("connection", "close")]
    if status == 407:
        headers.append(("proxy-authenticate", 'Basic realm="tomb"'))
    words = connection.send(h11.Response(status_code=status, headers=headers))
    await child.send_all(words or b"")
