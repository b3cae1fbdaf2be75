"""Headers of every answer: what browsers may do with it, and which foreign pages may read it."""

from collections.abc import Iterable, Mapping

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

COMMON: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ALLOWED_METHODS = "GET, POST, PUT, DELETE"
ALLOWED_HEADERS = "content-type, range"
EXPOSED_HEADERS = "X-Request-ID, Retry-After, Content-Range"
PREFLIGHT_S = 600


def security(content_type: str | None) -> dict[str, str]:
    is_page = content_type is not None and content_type.startswith("text/html")
    return {**COMMON, "Content-Security-Policy": PAGE_POLICY if is_page else DATA_POLICY}


def cross_origin(origin: str | None, allowed: Iterable[str], *, preflight: bool) -> dict[str, str]:
    """For a page from elsewhere: its origin is echoed if it is a configured one; any other may not read the answer."""
    if origin is None or origin not in allowed:
        return {"Cross-Origin-Resource-Policy": "same-origin", "Vary": "Origin"} if allowed else _SAME_ORIGIN
    echoed = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Origin",
    }
    if not preflight:
        return {**echoed, "Access-Control-Expose-Headers": EXPOSED_HEADERS}
    asked = {
        "Access-Control-Allow-Methods": ALLOWED_METHODS,
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": str(PREFLIGHT_S),
    }
    return {**echoed, **asked}


_SAME_ORIGIN = {"Cross-Origin-Resource-Policy": "same-origin"}
