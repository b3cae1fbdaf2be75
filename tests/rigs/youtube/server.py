"""A server that all of YouTube's names lead to, over TLS, and that does what the script of each video says. It speaks
to the extractors of the plugin and, as far as they need it, to yt-dlp's own."""

import json
import ssl
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from itertools import repeat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import h11
import trio

from tests.rigs.youtube import innertube
from tests.rigs.youtube.videos import FOUND, LISTS, NOTHING, PRIVATE_LIST, VIDEOS, entry, info

BLOCK = 16384
SLOW_BLOCK, SLOW_S = 4096, 0.05
HUGE = 10_000_000_000
PAGE = 10


class Server:
    """`asked`: the paths that were asked for, in order."""

    def __init__(self, sounds: Mapping[str, Path], picture: bytes, certificate: Path) -> None:
        self.asked: list[str] = []
        self._sounds = sounds
        self._picture = picture
        self._times = Counter[str]()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate)

    async def serve(self, raw: trio.SocketStream) -> None:
        """A connection, for as many requests as come."""
        stream = trio.SSLStream(raw, self._tls, server_side=True, https_compatible=True)
        with suppress(trio.BrokenResourceError, h11.RemoteProtocolError, ConnectionError):
            connection = h11.Connection(h11.SERVER)
            while await self._one(stream, connection):
                connection.start_next_cycle()
        await trio.aclose_forcefully(raw)

    async def _one(self, stream: trio.SSLStream[trio.SocketStream], connection: h11.Connection) -> bool:
        request: h11.Request | None = None
        body = b""
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                connection.receive_data(bytes(await stream.receive_some()))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.ConnectionClosed):
                return False
        assert request is not None
        path = request.target.decode()
        self.asked.append(path)
        headers = {name.decode(): value.decode() for name, value in request.headers}
        status, more, length, blocks = self._answer(path, headers, body)
        if length is not None:
            more = {**more, "content-length": str(length)}
        response = h11.Response(status_code=status, headers=list(more.items()))
        await stream.send_all(connection.send(response) or b"")
        async with aclosing(blocks):
            async for block in blocks:
                await stream.send_all(connection.send(h11.Data(data=block)) or b"")
        await stream.send_all(connection.send(h11.EndOfMessage()) or b"")
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE

    def _answer(self, target: str, headers: Mapping[str, str], body: bytes) -> "Answer":
        path, asked = urlsplit(target).path, parse_qs(urlsplit(target).query)
        match path.strip("/").split("/"):
            case ["rig", "video", video_id]:
                return self._page(video_id)
            case ["rig", "moved", video_id]:
                return 302, {"location": VIDEOS[video_id].moved}, 0, _blocks(b"")
            case ["rig", "list", list_id]:
                private = "This playlist is private" if list_id == PRIVATE_LIST else ""
                entries = [entry(each) for each in LISTS.get(list_id, ())]
                return _json({"title": "A list", "entries": entries, "error": private})
            case ["rig", "search"]:
                start = int(asked["page"][0]) * PAGE
                found = () if asked["q"] == [NOTHING] else FOUND[start : start + PAGE]
                return _json({"entries": [entry(each) for each in found]})
            case ["vi", video_id, "hqdefault.jpg"] if video_id in VIDEOS:
                return 200, {"content-type": "image/jpeg"}, len(self._picture), _blocks(self._picture)
            case ["videoplayback", video_id]:
                return self._sound(video_id, headers)
            case ["watch" | "playlist" | ""]:
                page = innertube.page(asked.get("list", [None])[0])
                return 200, {"content-type": "text/html"}, len(page), _blocks(page)
            case ["youtubei", "v1", "player"]:
                return _json(innertube.player(json.loads(body)["videoId"]))
            case ["youtubei", "v1", "next"]:
                return _json(innertube.beside(json.loads(body)["videoId"]))
            case ["youtubei", "v1", "search"]:
                return _json(innertube.search())
            case ["youtubei", "v1", "browse"]:
                return _json(innertube.playlist(json.loads(body)["browseId"].removeprefix("VL")))
        return 404, {}, 0, _blocks(b"")

    def _page(self, video_id: str) -> "Answer":
        script = VIDEOS.get(video_id)
        if script is None:
            return _json({"error": "Video unavailable", "info": None})
        stumbled, self._times[video_id] = self._times[video_id], self._times[video_id] + 1
        if stumbled < len(script.stumbles):
            more = {} if script.retry_after is None else {"retry-after": str(script.retry_after)}
            return script.stumbles[stumbled], more, 0, _blocks(b"")
        return _json({"error": script.error, "info": info(video_id)})

    def _sound(self, video_id: str, headers: Mapping[str, str]) -> "Answer":
        script = VIDEOS[video_id]
        whole = self._sounds[script.kind].read_bytes()
        start = int(headers.get("range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        kind = {"content-type": f"audio/{script.kind}", "accept-ranges": "bytes"}
        if start:
            kind["content-range"] = f"bytes {start}-{len(whole) - 1}/{len(whole)}"
        status, rest = 206 if start else 200, whole[start:]
        match script.how:
            case "slow":
                return status, kind, len(rest), _slowly(rest)
            case "broken":
                return status, kind, len(rest), _broken(rest)
            case "endless":
                return 200, kind, None, _endless(whole)
            case "huge":
                return 200, kind, HUGE, _endless(whole)
            case "silent":
                return status, kind, len(rest), _silence(rest)
            case _:
                return status, kind, len(rest), _blocks(rest)


Answer = tuple[int, dict[str, str], int | None, AsyncGenerator[bytes, None]]


def _json(value: object) -> Answer:
    content = json.dumps(value).encode()
    return 200, {"content-type": "application/json"}, len(content), _blocks(content)


async def _blocks(content: bytes) -> AsyncGenerator[bytes, None]:
    for start in range(0, len(content), BLOCK):
        yield content[start : start + BLOCK]


async def _slowly(content: bytes) -> AsyncGenerator[bytes, None]:
    for start in range(0, len(content), SLOW_BLOCK):
        yield content[start : start + SLOW_BLOCK]
        await trio.sleep(SLOW_S)


async def _broken(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content[: max(len(content) // 10, 1)]
    raise ConnectionError("as the script says")


async def _endless(content: bytes) -> AsyncGenerator[bytes, None]:
    for block in repeat(content):
        yield block


async def _silence(content: bytes) -> AsyncGenerator[bytes, None]:
    yield content[:1]
    await trio.sleep_forever()
