"""Headers of every answer: what browsers may do with it, and which foreign pages may read it."""

from collections.abc import Sequence

# Of pages: the web UI is one origin, has its styles in line, and shows previews of videos.
PAGE_POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob: https://i.ytimg.com",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
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


def security(content_type: str | None) -> Pairs:
    return _OF_PAGES if content_type is not None and content_type.startswith("text/html") else _OF_DATA


def cross_origin(origin: str | None, allowed: Sequence[str], *, preflight: bool) -> Pairs:
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
