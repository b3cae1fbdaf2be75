"""Where YouTube is: the only way from the box to it, be it for yt-dlp or for a thumbnail.

A page of YouTube's, or who pretends to be it, may name any address. So a name is taken only if it is one of YouTube's
own; and then as any other on the way into the Internet (`internet`).
"""

import re

import trio

from tomb.devices import internet
from tomb.devices.internet import Network, Refused

HOSTS = ("youtube.com", "youtu.be", "youtube-nocookie.com", "googlevideo.com", "ytimg.com", "ggpht.com")
"""With all that ends in a dot and one of these."""
LONGEST_NAME = 253

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def known(host: str) -> bool:
    """Whether this is a name of YouTube's."""
    name = host.lower()
    return (
        len(name) <= LONGEST_NAME
        and _NAME.fullmatch(name) is not None
        and any(name == each or name.endswith(f".{each}") for each in HOSTS)
    )


async def dial(network: Network, host: str, port: int) -> trio.SocketStream:
    """Raises: Refused; OSError when nobody answers there (TimeoutError among these)."""
    if not known(host):
        raise Refused(f"{host}, which is not YouTube's")
    return await internet.dial(network, host, port)
