"""The picture of a video, fetched for the page, which itself loads nothing from elsewhere. One GET, on the same way."""

import ssl

import h11
import trio

from tomb.devices.internet import HTTPS, Network, Refused
from tomb.devices.youtube.reach import dial

HOST = "i.ytimg.com"
LARGEST = 1024 * 1024
BLOCK = 16384


class NoThumbnail(Exception):
    """`status`: what the server said instead, if it said anything."""

    def __init__(self, status: int | None = None) -> None:
        super().__init__(status)
        self.status = status


async def fetch(network: Network, tls: ssl.SSLContext, video_id: str) -> bytes:
    """A JPEG of 480 by 360, if it is what it says. Raises: NoThumbnail."""
    try:
        async with await dial(network, HOST, HTTPS) as raw:
            stream = trio.SSLStream(raw, tls, server_hostname=HOST, https_compatible=True)
            return await _get(stream, f"/vi/{video_id}/hqdefault.jpg")
    except (OSError, Refused, trio.BrokenResourceError, h11.RemoteProtocolError) as error:
        raise NoThumbnail from error


async def _get(stream: trio.SSLStream[trio.SocketStream], path: str) -> bytes:
    connection = h11.Connection(h11.CLIENT)
    request = h11.Request(method="GET", target=path, headers=[("host", HOST), ("connection", "close")])
    await stream.send_all((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
    content = b""
    while True:
        match event := connection.next_event():
            case h11.NEED_DATA:
                connection.receive_data(bytes(await stream.receive_some(BLOCK)))
            case h11.Response() if event.status_code != 200:
                raise NoThumbnail(event.status_code)
            case h11.Data():
                content += event.data
                if len(content) > LARGEST:
                    raise NoThumbnail
            case h11.EndOfMessage():
                return content
            case h11.ConnectionClosed():
                raise NoThumbnail
