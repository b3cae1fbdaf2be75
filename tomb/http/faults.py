"""The one place where whatever went wrong becomes what the client is told."""

import logging
import math
from collections.abc import Iterator, Mapping

from werkzeug.exceptions import HTTPException

from tomb.errors import (
    BadRequest,
    InternalError,
    MethodNotAllowed,
    NoSuchRange,
    NotFound,
    PayloadTooLarge,
    RateLimited,
    RequestError,
    RequestTimeout,
    UnsupportedMedia,
)

log = logging.getLogger(__name__)

# What Werkzeug and Quart raise before a handler of ours runs, as what the wire calls it, and what we say of it.
WERKZEUG: Mapping[int, tuple[type[RequestError], str]] = {
    405: (MethodNotAllowed, "this address does not know that method"),
    408: (RequestTimeout, "the body did not arrive in time"),
    413: (PayloadTooLarge, "the body is too large"),
    415: (UnsupportedMedia, "the box cannot read that kind of body"),
}


def told(error: Exception, request_id: str, path: str) -> RequestError:
    """What the client is told about `error`. A defect is logged with the request's id, and told as that only."""
    match error:
        case RequestError():
            return error
        case HTTPException(code=404):
            return NotFound("address", path)
        case HTTPException(code=int(code)) if code < 500:
            kind, message = WERKZEUG.get(code, (BadRequest, error.description or error.name))
            return kind(message)
        case ExceptionGroup():
            leaves = list(_leaves(error))
            if len(leaves) == 1 or all(isinstance(leaf, RequestError) for leaf in leaves):
                return told(leaves[0], request_id, path)
    log.error("request %s failed", request_id, exc_info=error)
    return InternalError()


def headers(error: Exception, refusal: RequestError) -> dict[str, str]:
    """What a refusal says in headers."""
    match refusal:
        case RateLimited():
            return {"Retry-After": str(math.ceil(refusal.retry_after))}
        case NoSuchRange():
            return {"Content-Range": f"bytes */{refusal.size}"}
    if isinstance(error, HTTPException):
        return {name: value for name, value in error.get_headers() if name == "Allow"}
    return {}


def _leaves(group: ExceptionGroup[Exception]) -> Iterator[Exception]:
    for each in group.exceptions:
        if isinstance(each, ExceptionGroup):
            yield from _leaves(each)
        else:
            yield each
