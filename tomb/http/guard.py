"""Who may talk to the box. There are no accounts on a home network, so two headers stand guard.

`Host` must be a name of the box: a stranger's domain that was made to point at it (DNS rebinding) names itself there.
`Origin`, which browsers send with whatever changes something and with sockets, must be the box itself or configured:
a stranger's page may make a browser send a request, but not as somebody else.
"""

import socket
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def own_names(configured: Iterable[str] = ()) -> frozenset[str]:
    """The names by which the box may be addressed; its addresses are known from each connection."""
    host = socket.gethostname().lower()
    short = host.partition(".")[0]
    return LOCAL | {host, short, f"{short}.local", *(name.lower() for name in configured)}


def host_name(header: str) -> str | None:
    """The name or address in a `Host` header, None if there is none in it."""
    try:
        name = urlsplit(f"//{header}").hostname
    except ValueError:
        return None
    return name.rstrip(".") if name and name.strip() == name else None


def knows_host(header: str | None, names: frozenset[str], address: str | None) -> bool:
    """Whether `header` names the box. `address`: the box's end of this very connection."""
    name = host_name(header or "")
    return name is not None and (name in names or (address is not None and _is_address(name, address)))


def knows_origin(origin: str | None, host: str | None, allowed: Iterable[str]) -> bool:
    """Whether a page from `origin` may act here: no page at all, the box's own, or a configured one."""
    if origin is None or origin in allowed:
        return True
    return host is not None and urlsplit(origin).netloc.lower() == host.lower() != ""


def _is_address(name: str, address: str) -> bool:
    try:
        return ip_address(name) == ip_address(address.partition("%")[0])
    except ValueError:
        return False
