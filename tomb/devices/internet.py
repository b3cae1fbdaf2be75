"""The way from the box into the Internet, and not into the home: names to addresses, and an address to a connection.

Whoever says where something lies, a page, an index, a redirect, may name any address, that of the family's printer too.
So the port is taken only if it is that of https, and the address that a name has only if it belongs to the Internet.
Then the connection goes to that very address: a name that is asked for twice may have another address the second time.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Protocol

import trio

HTTPS = 443
CONNECT_S = 20.0
ONE_ADDRESS_S = 6.0
MOST_ADDRESSES = 4

_EMBEDDED = (IPv6Network("64:ff9b::/96"),)  # an IPv4 address for a network without (RFC 6052)
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"), IPv6Network("::ffff:0:0/96"), IPv6Network("::/96"))


class Refused(Exception):
    """No way leads there from here. The text says where, and why."""


class Network(Protocol):
    """The Internet; tests have one of their own."""

    async def resolve(self, host: str) -> Sequence[str]:
        """The addresses of a host, best first. Raises: OSError."""

    async def connect(self, address: str, port: int) -> trio.SocketStream:
        """Raises: OSError."""


class Internet:
    async def resolve(self, host: str) -> Sequence[str]:
        found = await trio.socket.getaddrinfo(host, HTTPS, type=trio.socket.SOCK_STREAM)
        return [str(address[0]) for *_, address in found]

    async def connect(self, address: str, port: int) -> trio.SocketStream:
        # A number, so nothing is resolved any more.
        return await trio.open_tcp_stream(address, port)


def public(text: str) -> bool:
    """Whether an address is one of the Internet: no home's, no machine's own, none that stands for another."""
    try:
        address = ip_address(text)
    except ValueError:  # with a zone, such as fe80::1%eth0
        return False
    if isinstance(address, IPv6Address):
        if any(address in net for net in _EMBEDDED):
            return public(str(IPv4Address(int(address) & 0xFFFFFFFF)))
        if address.is_site_local or any(address in net for net in _TUNNELS):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


async def dial(network: Network, host: str, port: int) -> trio.SocketStream:
    """Raises: Refused; OSError when nobody answers there (TimeoutError among these)."""
    if port != HTTPS:
        raise Refused(f"port {port} of {host}")
    try:
        with trio.fail_after(CONNECT_S):
            addresses = list(dict.fromkeys(await network.resolve(host)))
            good = [each for each in addresses if public(each)]
            if not good:
                raise Refused(f"{host}, whose address is {addresses[0]}" if addresses else f"{host}, without address")
            return await _first(network, good[:MOST_ADDRESSES], port)
    except trio.TooSlowError:
        raise TimeoutError(f"{host} does not answer") from None


async def _first(network: Network, addresses: Sequence[str], port: int) -> trio.SocketStream:
    why: OSError = TimeoutError("no answer")
    for each in addresses:
        with trio.move_on_after(ONE_ADDRESS_S):
            try:
                return await network.connect(each, port)
            except OSError as error:
                why = error
    raise why
