"""A file of the Internet, by one GET: over https alone, on the way that `internet` allows, and no larger than agreed.

Where files of a release lie, the address that is published often is a redirect. Each address on the way is a stranger's
word, and taken like the first.
"""

import re
import ssl
from collections.abc import Awaitable, Callable
from urllib.parse import urljoin, urlsplit

import h11
import trio

from tomb.devices.internet import HTTPS, Network, Refused, dial

REDIRECTS = 5
WAIT_S = 30.0  # for each block: a server that trickles is given up
BLOCK = 64 * 1024
_MOVED = frozenset({301, 302, 303, 307, 308})
# What is neither of these h11 and the resolver take for a mistake of their caller's.
_HOST = re.compile(r"[A-Za-z0-9._:-]+", re.ASCII)
_TARGET = re.compile(r"[!-~]+")


class NoFile(Exception):
    """It could not be had. `reason`: `network`, `not_there`, `too_large`, `refused`; the text says more."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


async def get(
    network: Network,
    tls: ssl.SSLContext,
    url: str,
    largest: int,
    take: Callable[[bytes], Awaitable[object]],
    sized: Callable[[int], object] = lambda _: None,
) -> None:
    """Hand its content to `take`, a block at a time. `sized`: called with its length in bytes, if that is told before.

    Raises: NoFile, when something may have been taken already; what `take` raises.
    """
    try:
        for _ in range(REDIRECTS + 1):
            further = await _get(network, tls, url, largest, take, sized)
            if further is None:
                return
            url = _joined(url, further)
    except (OSError, trio.BrokenResourceError, trio.TooSlowError, h11.RemoteProtocolError) as error:
        raise NoFile(
            "network", f"{urlsplit(url).netloc} does not answer: {str(error) or type(error).__name__}."
        ) from error
    except Refused as error:
        raise NoFile("refused", f"The box does not fetch from {error}.") from error
    raise NoFile("network", "It is said to be somewhere else, again and again.")


async def _get(
    network: Network,
    tls: ssl.SSLContext,
    url: str,
    largest: int,
    take: Callable[[bytes], Awaitable[object]],
    sized: Callable[[int], object],
) -> str | None:
    """Where it is instead, if it is somewhere else."""
    host, port, target = _parts(url)
    async with await dial(network, host, port) as raw:
        stream = trio.SSLStream(raw, tls, server_hostname=host, https_compatible=True)
        connection = h11.Connection(h11.CLIENT)
        headers = [("host", host), ("user-agent", "tomb"), ("accept", "*/*"), ("connection", "close")]
        request = h11.Request(method="GET", target=target, headers=headers)
        with trio.fail_after(WAIT_S):
            await stream.send_all((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
        came = 0
        while True:
            match event := connection.next_event():
                case h11.NEED_DATA:
                    with trio.fail_after(WAIT_S):
                        connection.receive_data(bytes(await stream.receive_some(BLOCK)))
                case h11.Response() if event.status_code in _MOVED:
                    return _header(event, b"location") or ""
                case h11.Response() if event.status_code != 200:
                    raise NoFile("not_there", f"{host} answers with {event.status_code}.")
                case h11.Response():
                    length = _header(event, b"content-length")
                    if length is not None:
                        _check(int(length), largest)
                        sized(int(length))
                case h11.Data():
                    came += len(event.data)
                    _check(came, largest)
                    await take(bytes(event.data))
                case h11.EndOfMessage():
                    return None
                case h11.ConnectionClosed():
                    raise NoFile("network", f"{host} hung up.")


def _parts(url: str) -> tuple[str, int, str]:
    """Raises: Refused."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Refused("what is no address") from None
    if parts.scheme != "https" or not host or "@" in parts.netloc:
        raise Refused(f"{url[:200]}, which is not https")
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError:
        raise Refused("what is no address") from None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if _HOST.fullmatch(name) is None or _TARGET.fullmatch(target) is None:
        raise Refused("what is no address")
    return name, port or HTTPS, target


def _joined(url: str, further: str) -> str:
    """Raises: Refused."""
    try:
        return urljoin(url, further)
    except ValueError:
        raise Refused("what is no address") from None


def _header(response: h11.Response, name: bytes) -> str | None:
    return next((value.decode("latin-1") for each, value in response.headers if each == name), None)


def _check(size: int, largest: int) -> None:
    if size > largest:
        raise NoFile("too_large", "It is larger than anything that is expected there.")
