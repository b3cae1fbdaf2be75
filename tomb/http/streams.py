"""Answers that are longer than a moment.

Files: whole, or the part that was asked for (RFC 9110, section 14), or "you have it already". And what is made on the
way out, to be saved as a file.
"""

import os
import re
from collections.abc import AsyncGenerator
from io import FileIO
from urllib.parse import quote

from tomb.errors import NoSuchRange, NotFound
from tomb.http.envelope import Download, FilePart
from tomb.http.exchange import Answer, CutOff, Request
from tomb.ports import Ports

PIECE = 256 * 1024
NAME_LENGTH = 100

_UNSAVEABLE = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff/\\:*?"<>|]')


async def respond(part: FilePart, request: Request, ports: Ports) -> Answer:
    """Raises NotFound when the file is gone, NoSuchRange when it is shorter than that."""
    size = await _size(part, ports)
    headers = [
        ("ETag", f'"{part.tag}"'),
        ("Accept-Ranges", "bytes"),
        ("Cache-Control", part.cache),
        *part.headers.items(),
    ]
    if request.parsed.if_none_match.contains_weak(part.tag):
        return Answer(304, b"", part.content_type, headers)
    begin, end = _range(request, part.tag, size)
    partial = (begin, end) != (0, size)
    if partial:
        headers.append(("Content-Range", f"bytes {begin}-{end - 1}/{size}"))
    headers.append(("Content-Length", str(end - begin)))
    body = b"" if request.method == "HEAD" else _pieces(part, begin, end, ports)
    return Answer(206 if partial else 200, body, part.content_type, headers)


def download(data: Download, request: Request) -> Answer:
    """Sent as it is made. If that cannot be done to the end the connection breaks, so that no half passes as whole. It
    ends with the request, also where not one byte of it is sent: for the head alone, or to nobody."""
    request.until_sent.callback(data.pieces.close)
    headers = [("Content-Disposition", disposition(data.name)), ("Content-Length", str(data.length))]
    body = b"" if request.method == "HEAD" else _made(data)
    return Answer(200, body, data.content_type, headers)


def disposition(name: str) -> str:
    """The header that says what to call it (RFC 6266): in ASCII for old clients, and as it is called."""
    stem, _, suffix = _UNSAVEABLE.sub("_", name).rpartition(".")
    shown = f"{stem.strip('. ')[:NAME_LENGTH].strip() or 'tomb'}.{suffix}"
    plain = re.sub("[^A-Za-z0-9 ._-]", "_", shown)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"


async def _made(data: Download) -> AsyncGenerator[bytes, None]:
    left = data.length
    async for piece in data.pieces:
        left -= len(piece)
        yield piece
    if left:
        raise CutOff


def _range(request: Request, tag: str, size: int) -> tuple[int, int]:
    """The bytes that are wanted: from, up to but without. One range is served, several are answered by the whole."""
    if re.fullmatch(r"\s*bytes\s*=\s*-0+\s*", request.fields.get("Range", "")):
        raise NoSuchRange(size)  # nothing of the end, which Werkzeug takes for no range at all
    wanted = request.parsed.range
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1 or not _still(request, tag):
        return 0, size
    [(first, _)] = wanted.ranges
    if -first > size:
        return 0, size  # more of the end than there is (RFC 9110, section 14.1.2)
    found = wanted.range_for_length(size)
    if found is None:
        raise NoSuchRange(size)
    return found


def _still(request: Request, tag: str) -> bool:
    """Whether the client's earlier part is of this very file."""
    condition = request.parsed.if_range
    return condition.date is None and condition.etag in (None, tag)


async def _size(part: FilePart, ports: Ports) -> int:
    try:
        return (await ports.in_thread(os.stat, part.path, limiter=ports.limiters.http_files)).st_size
    except OSError:
        raise NotFound("file", part.path.name) from None


async def _pieces(part: FilePart, begin: int, end: int, ports: Ports) -> AsyncGenerator[bytes, None]:
    limiter = ports.limiters.http_files  # of its own: slow reads for clients must not hold up the music
    file = await ports.in_thread(FileIO, part.path, limiter=limiter)
    try:
        file.seek(begin)
        left = end - begin
        while left and (piece := await ports.in_thread(file.read, min(PIECE, left), limiter=limiter)):
            left -= len(piece)
            yield piece
    finally:
        file.close()
    if left:  # it has become shorter since it was measured
        raise CutOff
