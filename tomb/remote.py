"""Talking to a running box from the command line."""

import json
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import trio

from tomb.devices.sighting import parse_uid
from tomb.errors import TombError

TIMEOUT_S = 10.0
SYNC_TIMEOUT_S = 3600.0  # a whole collection may be on its way


def tap(url: str, uid: str, hold_s: float) -> None:
    """Put a tag on the virtual reader of the box at `url`, and take it away after `hold_s` seconds.

    Raises: TombError when there is no such box, or it has a real reader.
    """
    try:
        tag_id = parse_uid(uid)
    except ValueError as error:
        raise TombError(str(error)) from None
    _call(url, "PUT", "/api/reader/tag", {"tag_id": tag_id})
    try:
        trio.run(trio.sleep, hold_s)
    finally:
        _call(url, "DELETE", "/api/reader/tag", {})


@dataclass(frozen=True, slots=True)
class Taken:
    """What a box says it made of its inbox, a line each."""

    message: str
    left_out: tuple[str, ...]


def sync(url: str) -> Taken:
    """Have the box at `url` look into its inbox. Raises: TombError."""
    answer = _call(url, "POST", "/api/playlists/sync", {}, SYNC_TIMEOUT_S)
    skipped = answer["data"]["imported"]["skipped"]
    return Taken(answer["message"], tuple(f"left out: {each['file']}: {each['reason']}" for each in skipped))


def _call(url: str, method: str, path: str, body: dict[str, str], timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
    if not url.startswith(("http://", "https://")):
        raise TombError(f"{url} is no address of a box; it looks like http://localhost:8000")
    try:
        request = Request(  # noqa: S310  # the scheme was just looked at
            url.rstrip("/") + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method
        )
        with urlopen(request, timeout=timeout_s) as answer:  # noqa: S310  # as above
            envelope: dict[str, Any] = json.load(answer)
            return envelope
    except HTTPError as error:
        raise TombError(_reason(error)) from None
    except OSError as error:
        raise TombError(f"no box answers at {url}: {getattr(error, 'reason', error)}") from None
    except (ValueError, HTTPException):
        raise TombError(f"what answers at {url} is no box") from None


def _reason(error: HTTPError) -> str:
    try:
        answer = json.load(error)
        message = str(answer["message"])
    except (ValueError, KeyError, TypeError):
        return f"what answers there is no box (status {error.code})"
    if error.code == 404:
        return "the box has a real tag reader (or none), so tags cannot be tapped from here"
    return message
