"""Files as answers: whole, or the part that was asked for (RFC 9110, section 14), or "you have it already"."""

import os
from collections.abc import AsyncIterator
from io import FileIO

from quart import Request, Response

from tomb.errors import NoSuchRange, NotFound
from tomb.http.envelope import FilePart
from tomb.ports import Ports

PIECE = 256 * 1024


async def respond(part: FilePart, request: Request, ports: Ports) -> Response:
    """Raises NotFound when the file is gone, NoSuchRange when it is shorter than that."""
    size = await _size(part, ports)
    headers = {"ETag": f'"{part.tag}"', "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    if request.if_none_match.contains_weak(part.tag):
        return Response(b"", 304, headers=headers, content_type=part.content_type)
    begin, end = _range(request, part.tag, size)
    partial = (begin, end) != (0, size)
    if partial:
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    body = b"" if request.method == "HEAD" else _pieces(part, begin, end, ports)
    response = Response(body, 206 if partial else 200, headers=headers, content_type=part.content_type)
    response.headers["Content-Length"] = str(end - begin)
    response.timeout = None  # who listens takes as long as the music does; the server ends a peer that reads nothing
    return response


def _range(request: Request, tag: str, size: int) -> tuple[int, int]:
    """The bytes that are wanted: from, up to but without. One range is served, several are answered by the whole."""
    wanted = request.range
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1 or not _still(request, tag):
        return 0, size
    found = wanted.range_for_length(size)
    if found is None:
        raise NoSuchRange(size)
    return found


def _still(request: Request, tag: str) -> bool:
    """Whether the client's earlier part is of this very file."""
    condition = request.if_range
    return condition.date is None and condition.etag in (None, tag)


async def _size(part: FilePart, ports: Ports) -> int:
    try:
        return (await ports.in_thread(os.stat, part.path)).st_size
    except OSError:
        raise NotFound("file", part.path.name) from None


async def _pieces(part: FilePart, begin: int, end: int, ports: Ports) -> AsyncIterator[bytes]:
    file = await ports.in_thread(FileIO, part.path)
    try:
        file.seek(begin)
        left = end - begin
        while left and (piece := await ports.in_thread(file.read, min(PIECE, left))):
            left -= len(piece)
            yield piece
    finally:
        file.close()
