"""Whose request it is when a reverse proxy brings it: the one that the proxy names, if the proxy is the operator's.

Rates and places are counted by address, and behind a proxy everybody would be one. What `X-Forwarded-For` says counts
only where it comes from an address in TOMB_PROXIES, or any client could choose whom to be; and of it only the last
entry, which that proxy itself has written: what stands before may be anybody's invention.
"""

from collections.abc import Collection
from ipaddress import ip_address
from typing import Any

from tomb.nurseries.web import ASGIApp


def behind(proxies: Collection[str], app: ASGIApp) -> ASGIApp:
    """The application, told who a request comes from. `proxies`: addresses."""
    trusted = {str(ip_address(each)) for each in proxies}

    async def told(scope: Any, receive: Any, send: Any) -> None:
        peer = scope.get("client")
        if peer and peer[0] in trusted and (address := _last(scope["headers"])) is not None:
            scope = {**scope, "client": (address, 0)}  # by which port it came there, nobody says
        await app(scope, receive, send)

    return told if trusted else app


def _last(headers: Collection[tuple[bytes, bytes]]) -> str | None:
    said = [value for name, value in headers if name.lower() == b"x-forwarded-for"]
    if not said:
        return None
    try:
        return str(ip_address(said[-1].rpartition(b",")[2].strip().decode("ascii").removeprefix("[").removesuffix("]")))
    except ValueError:
        return None
