"""Who may talk to the box, how often, and what browsers are told with each answer.

There are no accounts on a home network, so two headers stand guard. `Host` must be a name of the box: a stranger's
domain that was made to point at it (DNS rebinding) names itself there. `Origin`, which browsers send with whatever
changes something and with sockets, must be the box itself or configured: a stranger's page may make a browser send a
request, but not as somebody else.
"""

import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

from tomb.config import Settings
from tomb.errors import RateLimited
from tomb.http.routes import Category
from tomb.nurseries.buckets import Buckets

UPLOAD_RETRY_S = 1.0

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


# --- how often -------------------------------------------------------------------------------------------------------


class RateLimits:
    """How often a client may ask, by what it asks for: a stuck client must not starve the others.

    A client is known by its address.
    """

    def __init__(self, settings: Settings) -> None:
        self._on = settings.rate_limits == "on"
        self._uploads_at_once = settings.rate_uploads
        self._uploading: Counter[str] = Counter()
        self._buckets: dict[Category, Buckets] = {
            "player": Buckets(settings.rate_player),
            "youtube": Buckets(settings.rate_youtube),
            "other": Buckets(settings.rate_other),
        }

    def spend(self, category: Category, client: str) -> None:
        """Count a request. Raises RateLimited."""
        if not self._on or category not in self._buckets:
            return
        wait = self._buckets[category].take(client)
        if wait:
            raise RateLimited(wait)

    @contextmanager
    def place(self, category: Category, client: str) -> Iterator[None]:
        """Hold a place among those that are served at once. Raises RateLimited."""
        if not self._on or category != "uploads":
            yield
            return
        if self._uploading[client] >= self._uploads_at_once:
            raise RateLimited(UPLOAD_RETRY_S)
        self._uploading[client] += 1
        try:
            yield
        finally:
            self._uploading[client] -= 1
            if not self._uploading[client]:
                del self._uploading[client]


# --- what browsers are told ------------------------------------------------------------------------------------------

# Of the plain pages that the program itself makes: they have their styles in line, and nothing else.
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
# Of everything else: it is data, and never a page.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"

_COMMON = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
)
_OF_PAGES = (*_COMMON, ("Content-Security-Policy", PAGE_POLICY))
_OF_DATA = (*_COMMON, ("Content-Security-Policy", DATA_POLICY))
ALLOWED_METHODS = "GET, POST, PUT, DELETE"
ALLOWED_HEADERS = "content-type, range, content-digest, x-chunk-sha256"
EXPOSED_HEADERS = "X-Request-ID, Retry-After, Content-Range"
PREFLIGHT_S = 600


Pairs = Sequence[tuple[str, str]]


def security_headers(content_type: str | None, policy: str | None) -> Pairs:
    """`policy`: the Content-Security-Policy that the answer has already, if it has one of its own."""
    if policy is not None:
        return _COMMON
    return _OF_PAGES if content_type is not None and content_type.startswith("text/html") else _OF_DATA


def cross_origin_headers(origin: str | None, allowed: Sequence[str], *, preflight: bool) -> Pairs:
    """For a page from elsewhere: its origin is echoed if it is a configured one; any other may not read the answer."""
    if origin is None or origin not in allowed:
        return (*_SAME_ORIGIN, _VARY) if allowed else _SAME_ORIGIN
    echoed = (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        _VARY,
    )
    return (*echoed, *_ASKED) if preflight else (*echoed, ("Access-Control-Expose-Headers", EXPOSED_HEADERS))


_VARY = ("Vary", "Origin")
_SAME_ORIGIN = (("Cross-Origin-Resource-Policy", "same-origin"),)
_ASKED = (
    ("Access-Control-Allow-Methods", ALLOWED_METHODS),
    ("Access-Control-Allow-Headers", ALLOWED_HEADERS),
    ("Access-Control-Max-Age", str(PREFLIGHT_S)),
)
