"""Talking to a running box from the command line."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import trio

from tomb.devices.reader import parse_uid
from tomb.errors import TombError

TIMEOUT_S = 10.0
SYNC_TIMEOUT_S = 3600.0  # a whole collection may be on its way
ARCHIVE_TIMEOUT_S = 600.0  # without a sign of life; a large database is looked at for a while
PIECE = 256 * 1024


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


@dataclass(frozen=True, slots=True)
class Parent:
    """One who may do at the box at `url` what only parents may. `cookie`: empty where there is no PIN."""

    url: str
    cookie: str = ""


def as_parent(url: str, ask: Callable[[], str]) -> Parent:
    """`ask`: called for the PIN if the box has one. Raises: TombError."""
    try:
        _call(url, "GET", "/api/settings")
        return Parent(url)
    except _PinWanted:
        pin = ask()
    with _answer(url, _request(url, "POST", "/api/pin/session", {"pin": pin})) as answer:
        return Parent(url, answer.headers.get("Set-Cookie", "").partition(";")[0])


def download(parent: Parent, path: str, file: IO[bytes], progress: Callable[[int, int], None]) -> None:
    """Write to `file` what the box answers. `progress` is told of the bytes so far, and of all. Raises: TombError."""
    request = _request(parent.url, "GET", path)
    request.add_header("Cookie", parent.cookie)
    with _answer(parent.url, request, ARCHIVE_TIMEOUT_S) as answer:
        length, done = int(answer.headers["Content-Length"]), 0
        while piece := _piece(answer):
            file.write(piece)
            done += len(piece)
            progress(done, length)
    if done != length:
        raise TombError("the box stopped in the middle of it; its log says why")


def upload(parent: Parent, path: str, file: IO[bytes], length: int, progress: Callable[[int, int], None]) -> str:
    """Send `length` bytes of `file`; what the box says to that. Raises: TombError."""
    at = urlsplit(parent.url)
    kind = HTTPSConnection if at.scheme == "https" else HTTPConnection
    connection = kind(at.hostname or "", at.port, timeout=ARCHIVE_TIMEOUT_S, blocksize=PIECE)
    headers = {"Content-Type": "application/x-tar", "Content-Length": str(length), "Cookie": parent.cookie}
    try:
        # A box that refuses answers before it has read all, and then hangs up: the answer is there all the same.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", at.path.rstrip("/") + path, _told(file, length, progress), headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        message = str(told["message"])
    except OSError as error:
        raise TombError(f"no box answers at {parent.url}: {error}") from None
    except (ValueError, KeyError, TypeError, HTTPException):
        raise TombError(f"what answers at {parent.url} is no box") from None
    finally:
        connection.close()
    if answer.status >= 300:
        raise TombError(message)
    return message


def _told(file: IO[bytes], length: int, progress: Callable[[int, int], None]) -> Iterator[bytes]:
    done = 0
    while piece := file.read(PIECE):
        yield piece
        done += len(piece)
        progress(done, length)


def _piece(answer: HTTPResponse) -> bytes:
    try:
        return answer.read(PIECE)
    except (OSError, HTTPException):
        return b""  # that it is not all is noticed by its length


class _PinWanted(TombError):
    pass


def _call(
    url: str, method: str, path: str, body: dict[str, str] | None = None, timeout_s: float = TIMEOUT_S
) -> dict[str, Any]:
    with _answer(url, _request(url, method, path, body), timeout_s) as answer:
        envelope: dict[str, Any] = json.load(answer)
        return envelope


def _request(url: str, method: str, path: str, body: dict[str, str] | None = None) -> Request:
    if not url.startswith(("http://", "https://")):
        raise TombError(f"{url} is no address of a box; it looks like http://localhost:8000")
    content = None if body is None else json.dumps(body).encode()
    try:
        request = Request(url.rstrip("/") + path, content, method=method)  # noqa: S310  # the scheme was just looked at
    except ValueError:
        raise TombError(f"{url} is no address of a box; it looks like http://localhost:8000") from None
    if content is not None:
        request.add_header("Content-Type", "application/json")
    return request


@contextmanager
def _answer(url: str, request: Request, timeout_s: float = TIMEOUT_S) -> Iterator[HTTPResponse]:
    try:
        with urlopen(request, timeout=timeout_s) as answer:  # noqa: S310  # the scheme was looked at
            yield answer
    except HTTPError as error:
        raise _refused(error) from None
    except OSError as error:
        raise TombError(f"no box answers at {url}: {getattr(error, 'reason', error)}") from None
    except (ValueError, HTTPException):
        raise TombError(f"what answers at {url} is no box") from None


def _refused(error: HTTPError) -> TombError:
    try:
        answer = json.load(error)
        message = str(answer["message"])
        details = answer["details"] or {}
    except (ValueError, KeyError, TypeError):
        return TombError(f"what answers there is no box (status {error.code})")
    if error.code == 404 and "/api/reader/" in error.url:
        return TombError("the box has a real tag reader (or none), so tags cannot be tapped from here")
    return _PinWanted(message) if "pin_required" in details else TombError(message)
