"""A YouTube of one's own, on whatever clock that has: what it has, how long it takes, and what goes wrong."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Literal

import trio

from tomb.devices.youtube import Fetched, Progress, Reason, Told, Video, YouTubeFault
from tomb.devices.youtube.links import video_url
from tomb.rehearsal.simulated.music import sparse_wav

FETCHING_S = 10.0
TOLD_S = 0.125  # between two words of yt-dlp's
IDS = tuple(f"video-0000{number}" for number in range(10))


def video(video_id: str, title: str | None = None, *, live: bool = False) -> Video:
    named = title or f"Song {video_id}"
    return Video(video_id, named, video_url(video_id), 185_000, "A channel", 1234, "About it.", live)


def _a_picture() -> bytes:
    from PIL import Image

    file = BytesIO()
    Image.new("RGB", (64, 48), (255, 0, 0)).save(file, "PNG")
    return file.getvalue()


@dataclass
class FakeYouTube:
    """`fault`: what a question raises; `faults`: what fetching a video raises, in turn, `at_s` seconds after its begin.

    `during` is called with each progress. `fetching`: videos under way; `asked`: all that it was asked for.
    """

    missing: Reason | None = None
    found: Sequence[Video] = tuple(video(each) for each in IDS)
    fault: YouTubeFault | None = None
    faults: dict[str, list[YouTubeFault]] = field(default_factory=dict)
    at_s: float = FETCHING_S / 2
    seconds: float = 2.0
    fetching_s: float = FETCHING_S
    title: str = "A song"
    picture: bytes | None = field(default_factory=_a_picture)
    during: Callable[[str, float], object] = lambda _video, _percent: None
    fetching: set[str] = field(default_factory=set)
    most_fetching: int = 0
    asked: list[str] = field(default_factory=list)

    def available(self) -> Reason | None:
        return self.missing

    async def search(self, query: str, limit: int) -> list[Video]:
        return await self._answer(f"search {query}", limit)

    async def entries(self, url: str, limit: int = 50) -> list[Video]:
        return await self._answer(f"entries {url}", limit)

    async def thumbnail(self, video_id: str) -> bytes:
        await self._answer(f"thumbnail {video_id}", 0)
        return self.picture or b"no picture"

    async def fetch(self, url: str, scratch: Path, told: Told) -> Fetched:
        self.asked.append(f"fetch {url}")
        name = url.rpartition("=")[2]
        self.fetching.add(name)
        self.most_fetching = max(self.most_fetching, len(self.fetching))
        try:
            return await self._fetch(name, scratch, told)
        finally:
            self.fetching.remove(name)

    async def update(self) -> str:
        if self.fault is not None:
            raise self.fault
        return "2027.01.01"

    def version(self) -> str | None:
        return "2026.10.26"

    async def _fetch(self, name: str, scratch: Path, told: Told) -> Fetched:
        _begin(scratch, name)
        steps = round(self.fetching_s / TOLD_S)
        for step in range(1, steps + 1):
            await trio.sleep(TOLD_S)
            if step * TOLD_S >= self.at_s and self.faults.get(name):
                raise self.faults[name].pop(0)
            percent = 100 * step / steps
            phase: Literal["downloading", "processing"] = "downloading" if percent < 90 else "processing"
            told(Progress(phase, step, steps, percent, 8.0, (steps - step) * TOLD_S, self.title))
            self.during(name, percent)
        (scratch / f"{name}.part").unlink()
        sound = sparse_wav(scratch / f"{name}.wav", self.seconds, salt=name)
        if self.picture is None:
            return Fetched(sound, self.title, "A channel", None, 185_000)
        (scratch / "picture.jpg").write_bytes(self.picture)
        return Fetched(sound, self.title, "A channel", scratch / "picture.jpg", 185_000)

    async def _answer(self, asked: str, limit: int) -> list[Video]:
        self.asked.append(asked)
        await trio.sleep(1.0)
        if self.fault is not None:
            raise self.fault
        return list(self.found[:limit])


def _begin(scratch: Path, name: str) -> None:
    assert scratch.is_absolute()
    assert not list(scratch.iterdir())
    (scratch / f"{name}.part").write_bytes(b"half of it")
