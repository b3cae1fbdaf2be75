"""What YouTube has: searched, listed, and shown with pictures of the box's own.

Each question costs a child of yt-dlp's, so one is asked at a time, and answers are kept for `KEPT_S`. Pictures are
fetched of videos that somebody was shown, and of no others: nobody makes the box fetch whatever he likes. A picture is
looked at by the examiner, and what a page gets is what that made of it.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import NoReturn

import trio
from msgspec import Struct

from tomb.devices.youtube import Reason, Video, YouTube, YouTubeFault
from tomb.devices.youtube.links import playlist_url
from tomb.devices.youtube.words import SENTENCES
from tomb.errors import BadRequest, DecodeError, NotFound, RateLimited, RequestError, Unavailable
from tomb.library import downloads, faults
from tomb.library.picture_cache import PictureCache
from tomb.library.store import Store
from tomb.nurseries.ingest import Ingest, Inspector
from tomb.ports import Ports

KEPT_S = 300.0
ANSWERS = 10
TITLES = 1000
MOST = 50
PICTURES = 16 * 1024 * 1024
PICTURES_AT_ONCE = 2
AGAIN_S = 900.0  # when YouTube wants to be left alone, and does not say for how long

SWITCHED_OFF = "YouTube is switched off on this box (TOMB_YOUTUBE)"
_MISSING = {
    Reason.NO_TOOL: SENTENCES[Reason.NO_TOOL],
    Reason.NO_FFMPEG: "fetching from YouTube needs ffmpeg, which is not installed (`apt install ffmpeg`)",
}
# What is so whoever asks, and however often.
_OF_THE_VIDEO = frozenset(
    {Reason.UNAVAILABLE, Reason.PRIVATE, Reason.AGE_RESTRICTED, Reason.GEO_BLOCKED, Reason.MEMBERS_ONLY}
)


class _Answer(Struct, frozen=True):
    at: float
    videos: Sequence[Video]


class Videos:
    """`youtube`: None where it is switched off. All that ask raise Unavailable for that, and where something is missing
    on this computer; and RateLimited, BadRequest or Unavailable for what YouTube answers."""

    def __init__(
        self,
        store: Store,
        ports: Ports,
        youtube: YouTube | None,
        ingest: Ingest,
        inspector: Inspector,
        pictures: PictureCache,
    ) -> None:
        self._store = store
        self._ports = ports
        self._youtube = youtube
        self._ingest = ingest
        self._inspector = inspector
        self._pictures = pictures
        self._asking = trio.Lock()
        self._answers: OrderedDict[tuple[str, str, int], _Answer] = OrderedDict()
        self._titles: OrderedDict[str, str] = OrderedDict()  # of what was shown
        self._fetching = trio.CapacityLimiter(PICTURES_AT_ONCE)
        self._thread = trio.CapacityLimiter(1)  # `PictureCache` takes one call at a time

    def check(self) -> YouTube:
        """Whether anything can be fetched here. Raises: Unavailable that says what is missing."""
        if self._youtube is None:
            raise Unavailable(SWITCHED_OFF, {"reason": "off"})
        missing = self._youtube.available()
        if missing is not None:
            raise Unavailable(_MISSING.get(missing, str(missing)), {"reason": missing})
        return self._youtube

    async def search(self, query: str, limit: int) -> Sequence[Video]:
        """The best matches, `limit` at most."""
        youtube = self.check()
        return await self._ask(("search", query, limit), lambda: youtube.search(query, limit))

    async def entries(self, playlist_id: str) -> Sequence[Video]:
        """What is in a playlist of YouTube's, `MOST` at most."""
        youtube = self.check()
        url = playlist_url(playlist_id)
        return await self._ask(("playlist", playlist_id, MOST), lambda: youtube.entries(url, MOST))

    def title(self, video_id: str) -> str | None:
        """Of a video that was shown."""
        return self._titles.get(video_id)

    async def thumbnail(self, video_id: str) -> Path:
        """Where the picture of a video lies. Raises: NotFound for one that nobody was shown, and where it has none."""
        if video_id not in self._titles and not await self._store.read(lambda db: downloads.names(db, video_id)):
            raise NotFound("video", video_id)
        if (found := await self._find(video_id)) is not None:
            return found
        youtube = self.check()
        async with self._fetching:
            return await self._find(video_id) or await self._fetch_picture(youtube, video_id)

    async def update(self) -> str:
        """Install the newest of what fetches from YouTube; its version. Raises: Unavailable, with all as it was."""
        if self._youtube is None:
            raise Unavailable(SWITCHED_OFF, {"reason": "off"})
        try:
            return await self._youtube.update()
        except YouTubeFault as fault:
            raise Unavailable(fault.message, {"reason": fault.reason}) from fault

    async def _ask(
        self, question: tuple[str, str, int], ask: Callable[[], Awaitable[Sequence[Video]]]
    ) -> Sequence[Video]:
        async with self._asking:
            kept = self._answers.get(question)
            if kept is not None and trio.current_time() - kept.at < KEPT_S:
                return kept.videos
            try:
                videos = await ask()
            except YouTubeFault as fault:
                self._refuse(fault)
            self._answers[question] = _Answer(trio.current_time(), videos)
            self._answers.move_to_end(question)
            _shrink(self._answers, ANSWERS)
            for video in videos:
                self._titles[video.id] = video.title
                self._titles.move_to_end(video.id)
            _shrink(self._titles, TITLES)
            return videos

    def _refuse(self, fault: YouTubeFault) -> NoReturn:
        if fault.reason is Reason.RATE_LIMITED:
            retry_at_s = fault.retry_at_s
            raise RateLimited(AGAIN_S if retry_at_s is None else max(1.0, retry_at_s - self._ports.wall())) from fault
        kind: type[RequestError] = BadRequest if fault.reason in _OF_THE_VIDEO else Unavailable
        raise kind(fault.message, {"reason": fault.reason}) from fault

    async def _find(self, video_id: str) -> Path | None:
        with faults.translated("read"):
            return await self._ports.in_thread(self._pictures.find, video_id, limiter=self._thread)

    async def _fetch_picture(self, youtube: YouTube, video_id: str) -> Path:
        try:
            data = await youtube.thumbnail(video_id)
            async with self._ingest.incoming() as folder:
                source = folder / "picture"
                with faults.translated("written"):
                    await self._ports.in_thread(source.write_bytes, data)
                picture = await self._inspector.picture(source)
        except YouTubeFault as fault:
            if fault.reason in _OF_THE_VIDEO:
                raise NotFound("picture of video", video_id) from fault
            self._refuse(fault)
        except DecodeError as error:
            raise NotFound("picture of video", video_id) from error
        return await self._ports.in_thread(self._pictures.keep, video_id, picture, limiter=self._thread)


def _shrink(kept: OrderedDict[str, str] | OrderedDict[tuple[str, str, int], _Answer], most: int) -> None:
    while len(kept) > most:
        kept.popitem(last=False)
