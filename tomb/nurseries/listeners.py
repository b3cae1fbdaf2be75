"""Where the box listens: on every address that it is told to, by one port.

"Everywhere" is two addresses, one of each protocol, each with a socket of its own: a single socket for both would show
IPv4 clients by addresses that are mapped into IPv6, and one device would be known under two. A computer that has only
one of the protocols (its kernel was told so, or it is a container) has a box that listens by that one.

**IPv6 has no walls of its own.** By IPv4 a home is behind one address, and nobody on the internet gets at a box in it.
By IPv6 each device has an address that the whole world can write to, and whether the router lets it is the router's
affair. So the box looks: a peer with such an address must be in the network that the connection came in by, whose
devices have the first 64 bits in common (RFC 4291, 2.5.4). Others that are at home get there by IPv4, as they always
did.
"""

import errno
import socket
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import TypeAlias

import trio

Listeners: TypeAlias = list[trio.SocketListener]

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # compared with, not listened on
NO_SUCH_PROTOCOL = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)
GLOBAL, NETWORK_BYTES = 0b001, 8  # how addresses begin that are given out to the world, 2000::/3
FREE_PORTS_TRIED = 10  # a port that is free at one address may be taken at the next


def is_elsewhere(peer: str, own: str) -> bool:
    """Whether a peer writes from somewhere on the internet, by IPv6. `own`: the box's end of the connection."""
    if ":" not in peer or ":" not in own:
        return False
    there = socket.inet_pton(socket.AF_INET6, peer.partition("%")[0])
    here = socket.inet_pton(socket.AF_INET6, own.partition("%")[0])
    return there[0] >> 5 == GLOBAL and there[:NETWORK_BYTES] != here[:NETWORK_BYTES]


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
