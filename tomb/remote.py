"""Talking to a running box from the command line."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from getpass import getpass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import IO, Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import trio
from msgspec import Struct

from tomb.config import Settings
from tomb.devices.reader import parse_uid
from tomb.errors import FolderInUse, TombError

T = TypeVar("T")

TIMEOUT_S = 10.0
TAP_LOOKS, TAP_LOOK_S = 50, 0.1
LIFT_S = 1.2  # twice the grace of the presence machine: whoever puts a tag on again sooner has not lifted it
IMPORT_TIMEOUT_S = 3600.0  # an audiobook may have to be converted, on a Pi
ARCHIVE_TIMEOUT_S = 600.0  # without a sign of life; a large database is looked at for a while
PIECE = 256 * 1024


class Parent(Struct, frozen=True):
    """One who may do at the box at `url` what only parents may. `cookie`: empty where there is no PIN."""

    url: str
    cookie: str = ""


def tap(url: str, uid: str, hold_s: float) -> str:
    """Put a tag on the virtual reader of the box at `url`, and take it away after `hold_s` seconds. What came of it.

    Raises: TombError when there is no such box, or it has a real reader.
    """
    try:
        tag_id = parse_uid(uid)
    except ValueError as error:
        raise TombError(str(error)) from None
    box = Parent(url)
    told = ask(box, "PUT", "/api/reader/tag", {"tag_id": tag_id})
    again = ""
    if told["data"].get("lay_there"):
        again = " (it lay there already: lifted and put on again)"
        ask(box, "DELETE", "/api/reader/tag", {})
        trio.run(trio.sleep, LIFT_S)
        told = ask(box, "PUT", "/api/reader/tag", {"tag_id": tag_id})
    try:
        trio.run(trio.sleep, hold_s)
        player = _player(box, told["data"].get("playlist_id"))
    finally:
        ask(box, "DELETE", "/api/reader/tag", {})
    return f"{tag_id}: {told['message']}{again}; the box {_doing(player)}"


def _player(box: Parent, playlist_id: str | None) -> Mapping[str, Any]:
    """PlayerState. A box that is busy with other things needs a moment to begin with a playlist."""
    looks = 0
    while True:
        player: Mapping[str, Any] = ask(box, "GET", "/api/player/status")["data"]
        looks += 1
        if playlist_id in (None, player["active_playlist_id"]) or looks == TAP_LOOKS:
            return player
        trio.run(trio.sleep, TAP_LOOK_S)


def _doing(player: Mapping[str, Any]) -> str:
    where = f"“{player['active_track_title']}” ({player['active_track_number']} of {player['track_count']})"
    match player["state"]:
        case "playing" | "loading":
            return f"plays {where}"
        case "paused":
            return f"is paused in {where}"
        case "error":
            return f"cannot play: {player['error_message']}"
        case _:
            return "plays nothing"


def holder(held: FolderInUse, settings: Settings) -> str:
    """Where the box answers that has the data folder. (One that just starts has not said so yet.)"""
    return held.url or f"http://localhost:{settings.port}"


def as_parent(url: str, pin: Callable[[], str]) -> Parent:
    """`pin`: called for the PIN if the box has one. Raises: TombError."""
    try:
        ask(Parent(url), "GET", "/api/settings")
        return Parent(url)
    except _PinWanted:
        given = pin()
    with _answer(url, _request(url, "POST", "/api/pin/session", {"pin": given})) as answer:
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


def ask(
    parent: Parent,
    method: str,
    path: str,
    body: Mapping[str, object] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> dict[str, Any]:
    """The envelope that the box answers. Raises: TombError."""
    request = _request(parent.url, method, path, body)
    request.add_header("Cookie", parent.cookie)
    with _answer(parent.url, request, timeout_s) as answer:
        return _envelope(parent.url, answer)


def upload(parent: Parent, path: str, file: IO[bytes], length: int, progress: Callable[[int, int], None]) -> str:
    """Send `length` bytes of `file`; what the box says to that. Raises: TombError."""
    return str(send(parent, path, _told(file, length, progress), length, "application/x-tar")["message"])


def send(
    parent: Parent,
    path: str,
    pieces: Iterable[bytes],
    length: int,
    media_type: str,
    timeout_s: float = ARCHIVE_TIMEOUT_S,
) -> dict[str, Any]:
    """Send `pieces`, `length` bytes in all; the envelope that the box answers. Raises: TombError; what `pieces` raise,
    and the box has then got less than it was promised.
    """
    at = urlsplit(parent.url)
    kind = HTTPSConnection if at.scheme == "https" else HTTPConnection
    connection = kind(at.hostname or "", at.port, timeout=timeout_s, blocksize=PIECE)
    headers = {"Content-Type": media_type, "Content-Length": str(length), "Cookie": parent.cookie}
    try:
        # A box that refuses answers before it has read all, and then hangs up: the answer is there all the same.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", at.path.rstrip("/") + path, pieces, headers)
        answer = connection.getresponse()
        told = _envelope(parent.url, answer)
    except OSError as error:
        raise _silent(parent.url, error) from None
    except HTTPException:
        raise TombError(f"what answers at {parent.url} is no box") from None
    finally:
        connection.close()
    if answer.status == 429:
        raise _Slower(answer.headers.get("Retry-After"), str(told["message"]))
    if answer.status >= 300:
        raise TombError(str(told["message"]))
    return told


async def patiently(call: Callable[[], T]) -> T:
    """Call it again, as often as the box asks for patience. (It is all that this process does, so it may block.)"""
    while True:
        try:
            return call()
        except _Slower as wait:
            await trio.sleep(wait.seconds)


def ask_pin() -> str:
    """On a terminal it is not shown; a script gives it on a line of its own. Raises: TombError."""
    given = getpass("the parents' PIN: ") if sys.stdin.isatty() else sys.stdin.readline().strip()
    if not given:
        raise TombError("this is for parents: their PIN is expected on standard input")
    return given


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


class _Slower(TombError):
    def __init__(self, seconds: str | None, message: str) -> None:
        super().__init__(message)
        self.seconds = float(seconds) if seconds and seconds.isdecimal() else 1.0


def _envelope(url: str, answer: HTTPResponse) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(answer.read())
        str(told["message"])
    except (ValueError, KeyError, TypeError):
        raise TombError(f"what answers at {url} is no box") from None
    return told


def _request(url: str, method: str, path: str, body: Mapping[str, object] | None = None) -> Request:
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
        raise _silent(url, getattr(error, "reason", error)) from None
    except (ValueError, HTTPException):
        raise TombError(f"what answers at {url} is no box") from None


def _silent(url: str, reason: object) -> TombError:
    if isinstance(reason, ConnectionRefusedError):
        return TombError(f"no box answers at {url}: it is not running, or listens at another address")
    return TombError(f"no box answers at {url}: {reason}")


def _refused(error: HTTPError) -> TombError:
    try:
        answer = json.load(error)
        message = str(answer["message"])
        details = answer["details"] or {}
    except (ValueError, KeyError, TypeError):
        return TombError(f"what answers there is no box (status {error.code})")
    if error.code == 429:
        return _Slower(error.headers.get("Retry-After"), message)
    if error.code == 404 and "/api/reader/" in error.url:
        return TombError("the box has a real tag reader (or none), so tags cannot be tapped from here")
    return _PinWanted(message) if "pin_required" in details else TombError(message)
