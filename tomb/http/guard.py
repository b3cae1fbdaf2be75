"""Who may talk to the box, how much and how often, and what each answer says to browsers.

There are no accounts on a home network, so two headers stand guard. `Host` must be a name of the box: a stranger's
domain that was made to point at it (DNS rebinding) names itself there. `Origin`, which browsers send with whatever
changes something and with sockets, must be the box itself or configured: a stranger's page may make a browser send a
request, but not as somebody else.
"""

from collections import Counter
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from ipaddress import ip_address
from math import inf
from urllib.parse import urlsplit

from msgspec import Struct

from tomb.config import Settings
from tomb.errors import Forbidden, HeadersTooLarge, RateLimited, UnknownHost
from tomb.http.routes import Category
from tomb.nurseries.buckets import Buckets

PLACE_RETRY_S = 1.0
# Answers on their way at once. Each has a file open, or a copy of the database; a browser asks for six at a time.
FILES_OF_ONE, FILES = 24, 200
ARCHIVES_OF_ONE = 2
PORTS: Mapping[str, int] = {"http": 80, "https": 443}


class Origin(Struct, frozen=True):
    """Where a page comes from (RFC 6454): what browsers write without the port is at the port of its scheme."""

    scheme: str
    name: str
    port: int


def origin_in(header: str) -> Origin | None:
    """What an `Origin` header names; None for "null" and for whatever is none."""
    try:
        parts = urlsplit(header)
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    if (
        parts.scheme not in PORTS
        or not name
        or header.rstrip("/").lower() != f"{parts.scheme}://{parts.netloc}".lower()
    ):
        return None
    # The dot of the root is left out, as `host_in` does: browsers show and send it, if that is what somebody typed.
    return Origin(parts.scheme, name.removesuffix("."), PORTS[parts.scheme] if port is None else port)


@lru_cache(64)
def host_in(header: str) -> tuple[str, int | None] | None:
    """The name or address in a `Host` header, and its port if it has one. None for what is no such header."""
    try:
        parts = urlsplit(f"//{header}")
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    # A name may end with the dot of the root, in front of a browser's eyes too; two of them are no name.
    name = (name or "").removesuffix(".")
    return (name, port) if name and name.strip() == name and parts.netloc == header else None


def knows_host(header: str | None, names: Container[str], address: str | None) -> bool:
    """Whether `header` names the box, by one of `names` (`nurseries.names`) or by its address. `address`: the box's end
    of this very connection."""
    host = host_in(header or "")
    return host is not None and (host[0] in names or (address is not None and _is_address(host[0], address)))


def knows_origin(header: str | None, host_header: str | None, friends: Collection[Origin | None]) -> bool:
    """Whether a page from there may act here: no page at all, the box's own, or a configured one.

    The box's own is what the browser addressed, as `Host` says. A proxy in front of it may speak https where the box
    hears http, and may or may not name the usual port; so a `Host` without one is at the usual port of the origin's
    own scheme.
    """
    if header is None:
        return True
    origin, host = origin_in(header), host_in(host_header or "")
    if origin is None:
        return False
    own = None if host is None else Origin(origin.scheme, host[0], host[1] or PORTS[origin.scheme])
    return origin == own or origin in friends


class Guard:
    """Both guards with the settings of the operator. Each refusal names the setting that would have allowed it."""

    def __init__(self, settings: Settings, names: Container[str]) -> None:
        self._names = names
        self._friends = {origin for each in settings.cors_origins if (origin := origin_in(each)) is not None}

    def check_host(self, host: str | None, address: str | None) -> None:
        """`address`: the box's end of the connection. Raises UnknownHost."""
        if not knows_host(host, self._names, address):
            raise UnknownHost(host)

    def check_origin(self, origin: str | None, host: str | None) -> None:
        """Raises Forbidden."""
        if not knows_origin(origin, host, self._friends):
            details = {"origin": origin, "setting": "TOMB_CORS_ORIGINS"}
            raise Forbidden("pages from there may not use this box; TOMB_CORS_ORIGINS names those that may", details)

    def check_site(self, headers: Mapping[str, str], *, costly: bool) -> None:
        """What only looks has no `Origin`, but where browsers trust the connection they say whose page asks
        (`Sec-Fetch-Site`): another's may lead somebody here, and may not have anything done. Raises Forbidden.
        """
        origin, site = headers.get("Origin"), headers.get("Sec-Fetch-Site")
        if origin is not None and (costly or site is not None):
            self.check_origin(origin, headers.get("Host"))
            return
        if site in ("cross-site", "same-site") and (costly or headers.get("Sec-Fetch-Mode") != "navigate"):
            raise Forbidden("pages from elsewhere may not have that done", {"setting": "TOMB_CORS_ORIGINS"})

    def cross_origin_headers(self, origin: str | None, *, preflight: bool) -> "Pairs":
        """For a page from elsewhere: its origin is echoed if it is a configured one; any other may not read."""
        if origin is None or origin_in(origin) not in self._friends:
            return (*_SAME_ORIGIN, _VARY) if self._friends else _SAME_ORIGIN
        echoed = (
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Cross-Origin-Resource-Policy", "cross-origin"),
            _VARY,
        )
        return (*echoed, *_ASKED) if preflight else (*echoed, ("Access-Control-Expose-Headers", EXPOSED_HEADERS))


def _is_address(name: str, address: str) -> bool:
    if name == address:
        return True  # as most write it; to take addresses apart is the dearest part of the guard
    try:
        # A zone (`fe80::1%eth0`) says by which of its interfaces a computer gets there, and each calls them otherwise.
        return ip_address(name.partition("%")[0]) == ip_address(address.partition("%")[0])
    except ValueError:
        return False


# --- how much --------------------------------------------------------------------------------------------------------

HEADERS_LIMIT = 12 * 1024  # above an address's, below what the server takes at all (16 KiB, then it answers itself)
FIELD_LIMIT = 1024  # of a header that is taken apart. What lists, pairs and quotes are in costs up to 1.5 ms a kilobyte
_TAKEN_APART = frozenset(
    {
        *(b"accept", b"accept-encoding", b"accept-language", b"content-digest", b"content-type", b"host"),
        *(b"if-none-match", b"if-range", b"origin", b"range"),
    }
)


def check_headers(headers: Collection[tuple[bytes, bytes]]) -> None:
    """Before any of them is looked into. Those of one name count together, as they are one. Raises HeadersTooLarge."""
    size = sum(len(name) + len(value) for name, value in headers)
    if size <= FIELD_LIMIT:  # as most are
        return
    if size > HEADERS_LIMIT:
        raise HeadersTooLarge("the headers are too large", {"limit": HEADERS_LIMIT})
    sizes = Counter[bytes]()
    for name, value in headers:
        sizes[name.lower()] += len(value)
    for name in _TAKEN_APART:
        if sizes[name] > FIELD_LIMIT:
            shown = name.decode("ascii").title()
            raise HeadersTooLarge(f"the header {shown} is too large", {"header": shown, "limit": FIELD_LIMIT})


# --- how often -------------------------------------------------------------------------------------------------------


class RateLimits:
    """How often a client may ask, by what it asks for, and for how much at once: a stuck client must not starve the
    others. A client is known by its address.
    """

    def __init__(self, settings: Settings) -> None:
        self._on = settings.rate_limits == "on"
        self._other = Buckets(settings.rate_other)
        self._buckets: dict[Category, Buckets] = {
            "player": Buckets(settings.rate_player),
            "youtube": Buckets(settings.rate_youtube),
        }
        self._places: dict[Category, _Places] = {
            "files": _Places(FILES_OF_ONE, FILES),
            "archives": _Places(ARCHIVES_OF_ONE),
        }
        if self._on:
            self._places["uploads"] = _Places(settings.rate_uploads)

    def spend(self, category: Category, client: str) -> None:
        """Count a request. Raises RateLimited."""
        if not self._on or category == "uploads":
            return
        wait = self._buckets.get(category, self._other).take(client)
        if wait:
            raise RateLimited(wait)

    @contextmanager
    def place(self, category: Category, client: str) -> Iterator[None]:
        """Hold a place among those that are served at once. Raises RateLimited."""
        places = self._places[category]
        places.take(client)
        try:
            yield
        finally:
            places.give_back(client)

    def has_places(self, category: Category) -> bool:
        """Whether there is a bound on how many are served at once."""
        return category in self._places


class _Places:
    def __init__(self, of_one: int, of_all: float = inf) -> None:
        self._of_one, self._of_all = of_one, of_all
        self._held: Counter[str] = Counter()

    def take(self, client: str) -> None:
        if self._held[client] >= self._of_one or self._held.total() >= self._of_all:
            raise RateLimited(PLACE_RETRY_S)
        self._held[client] += 1

    def give_back(self, client: str) -> None:
        self._held[client] -= 1
        if not self._held[client]:
            del self._held[client]


# --- what answers say to browsers -----------------------------------------------------------------------------------

# Of the plain pages that the program itself makes: they have their styles in line, and nothing else.
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
# Of everything else: it is data, and never a page.
DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"

_COMMON = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
)
# Browsers honour it where they trust the connection; over plain HTTP Chromium complains of it on the console.
_OF_TRUSTED = (("Cross-Origin-Opener-Policy", "same-origin"),)
_OF_PAGES = (*_COMMON, ("Content-Security-Policy", PAGE_POLICY))
_OF_DATA = (*_COMMON, ("Content-Security-Policy", DATA_POLICY))
ALLOWED_METHODS = "GET, POST, PUT, DELETE"
ALLOWED_HEADERS = "content-type, range, content-digest, x-chunk-sha256"
EXPOSED_HEADERS = "X-Request-ID, Retry-After, Content-Range"
PREFLIGHT_S = 600


Pairs = Sequence[tuple[str, str]]


def security_headers(content_type: str | None, policy: str | None, *, is_secure: bool) -> Pairs:
    """`policy`: the Content-Security-Policy that the answer has already, if it has one of its own. `is_secure`: it goes
    over HTTPS."""
    trusted = _OF_TRUSTED if is_secure else ()
    if policy is not None:
        return (*_COMMON, *trusted)
    is_page = content_type is not None and content_type.startswith("text/html")
    return (*(_OF_PAGES if is_page else _OF_DATA), *trusted)


_VARY = ("Vary", "Origin")
_SAME_ORIGIN = (("Cross-Origin-Resource-Policy", "same-origin"),)
_ASKED = (
    ("Access-Control-Allow-Methods", ALLOWED_METHODS),
    ("Access-Control-Allow-Headers", ALLOWED_HEADERS),
    ("Access-Control-Max-Age", str(PREFLIGHT_S)),
)
