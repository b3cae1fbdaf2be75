"""The lines that yt-dlp is asked to print (`--print`, `--progress-template`), and what they tell.

Each is a word that says what it is about, and JSON. Texts in it are a stranger's. So are the numbers.
"""

import re
import unicodedata
from pathlib import PurePath
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from tomb.devices.youtube import Progress, Told, Video
from tomb.devices.youtube.links import VIDEO_ID

SOUND, PICTURE = "sound", "picture"
"""What the files are called, whatever the video is."""

_ENTRY, _BEFORE, _PROGRESS, _PROCESS, _FILE = "entry ", "video ", "progress ", "process ", "file "
_WANTED = "%(.{id,title,channel,uploader,duration,view_count,description,live_status})j"
LIST = ("--print", _ENTRY + _WANTED)
FETCH = (
    *("--print", f"pre_process:{_BEFORE}{_WANTED}"),
    *("--print", f"post_process:{_PROCESS}now"),  # before it is taken out of its container, or made into another
    *("--print", f"after_move:{_FILE}%(filepath)j"),
    *("--progress-template", f"download:{_PROGRESS}%(progress.{{downloaded_bytes,total_bytes,speed,eta}})j"),
)

_NAME = re.compile(rf"{SOUND}\.[0-9a-z]{{1,8}}")
LONGEST, LONGEST_DESCRIPTION = 200, 1000
MOST_S = 10 * 366 * 86400.0
LIVE = ("is_live", "is_upcoming", "post_live")
_JOINERS = "\u200c\u200d"  # words of some scripts, and many emoji, are made with these


def line(text: str, longest: int = LONGEST) -> str:
    """In one line: without control characters, and without what makes text run the other way."""
    kept = [char if _shown(char) else " " for char in text[: 4 * longest]]
    return " ".join(unicodedata.normalize("NFC", "".join(kept)).split())[:longest].rstrip()


def _shown(char: str) -> bool:
    return char in _JOINERS or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def _finite(value: object) -> object:
    """yt-dlp leaves out what it does not know, or says null; a number that is none is neither."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1e15
    return value if good else None


Number = Annotated[float | None, BeforeValidator(_finite)]


class _Video(BaseModel):
    id: str = Field(pattern=f"^{VIDEO_ID}$")  # of \w, which is all alphabets, pydantic makes seven megabytes
    title: str | None = None
    channel: str | None = None
    uploader: str | None = None
    duration: Number = None
    view_count: Number = None
    description: str | None = None
    live_status: str | None = None


class _Progress(BaseModel):
    downloaded_bytes: Number = None
    total_bytes: Number = None
    speed: Number = None
    eta: Number = None


def entry(said: str) -> Video | None:
    """What a line of a list tells; None if it is no such line, or makes no sense."""
    return _video(said.removeprefix(_ENTRY)) if said.startswith(_ENTRY) else None


def _video(told: str) -> Video | None:
    try:
        page = _Video.model_validate_json(told)
    except ValidationError:
        return None
    known = page.duration is not None and page.duration <= MOST_S
    return Video(
        id=page.id,
        title=line(page.title or "") or page.id,
        url=f"https://www.youtube.com/watch?v={page.id}",
        duration_ms=round(page.duration * 1000) if page.duration is not None and known else None,
        channel=line(page.channel or page.uploader or "") or None,
        view_count=None if page.view_count is None else round(page.view_count),
        description=line(page.description or "", LONGEST_DESCRIPTION) or None,
        live=page.live_status in LIVE,
    )


class Hearing:
    """All that one download tells, over as many attempts as it takes. `file`: its name in the scratch folder."""

    def __init__(self, told: Told) -> None:
        self.video: Video | None = None
        self.file: str | None = None
        self._told = told
        self._percent = 0.0
        self._bytes = 0

    def hear(self, said: str) -> None:
        if said.startswith(_BEFORE):
            self.video = _video(said.removeprefix(_BEFORE)) or self.video
        elif said.startswith(_PROGRESS):
            self._progress(said.removeprefix(_PROGRESS))
        elif said.startswith(_PROCESS):
            self._tell(Progress("processing", self._bytes, self._bytes, 100.0, None, None, self._title()))
        elif said.startswith(_FILE):
            name = PurePath(said.removeprefix(_FILE).strip('"')).name
            self.file = name if _NAME.fullmatch(name) else None

    def _progress(self, rest: str) -> None:
        try:
            now = _Progress.model_validate_json(rest)
        except ValidationError:
            return
        self._bytes = round(now.downloaded_bytes or 0)
        total = None if not now.total_bytes else max(round(now.total_bytes), self._bytes)
        if total is not None:  # another attempt begins from nothing: what was told is not taken back
            self._percent = max(self._percent, 100 * self._bytes / total)
        self._tell(Progress("downloading", self._bytes, total, self._percent, now.speed, now.eta, self._title()))

    def _tell(self, progress: Progress) -> None:
        self._percent = progress.percent
        self._told(progress)

    def _title(self) -> str | None:
        return self.video.title if self.video else None
