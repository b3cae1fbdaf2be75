"""Where the box listens: on every address that it is told to, by one port.

"Everywhere" is two addresses, one of each protocol, each with a socket of its own: a single socket for both would show
IPv4 clients by addresses that are mapped into IPv6, and one device would be known under two. A computer that has only
one of the protocols (its kernel was told so, or it is a container) has a box that listens by that one.
"""

import errno
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import TypeAlias

import trio

Listeners: TypeAlias = list[trio.SocketListener]

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # compared with, not listened on
NO_SUCH_PROTOCOL = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)
FREE_PORTS_TRIED = 10  # a port that is free at one address may be taken at the next


def is_loopback(host: str) -> bool:
    """Whether only this computer itself gets there."""
    try:
        return ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"


async def open_listeners(hosts: Sequence[str], port: int) -> Listeners:
    """`hosts`: names or addresses, one at least, link-local ones with their zone; of "0.0.0.0" and "::" those that this
    computer has the protocol of. `port`: 0 takes one that is free at all of them.

    Raises OSError as it comes, EADDRINUSE for a port that is taken.
    """
    for _ in range(FREE_PORTS_TRIED if port == 0 else 0):
        with suppress(OSError):
            return await _open(hosts, port)
    return await _open(hosts, port)


async def _open(hosts: Sequence[str], port: int) -> Listeners:
    opened: Listeners = []
    lacking: OSError | None = None
    try:
        for host in dict.fromkeys(hosts):
            try:
                listeners = await trio.open_tcp_listeners(port, host=host)
            except OSError as error:
                if host not in EVERYWHERE or error.errno not in NO_SUCH_PROTOCOL:
                    raise
                lacking = error
                continue
            opened += listeners
            port = port or listeners[0].socket.getsockname()[1]
        if lacking is not None and not opened:
            raise lacking
    except BaseException:
        for listener in opened:
            listener.socket.close()
        raise
    return opened
