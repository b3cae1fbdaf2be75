"""YouTube, as the box uses it: to search, to list, and to fetch the sound of one video into a folder.

This is what the box knows of it. Who does it is `YtDlp` (tomb/devices/youtube/tool.py): yt-dlp in a child that lives as
long as one call, and has nothing but its own folder and a filtering proxy.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from msgspec import Struct

from tomb.errors import TombError


class Video(Struct, frozen=True):
    """What a search or a list says of one. Texts are a stranger's: one line, no control characters, bounded."""

    id: str
    title: str
    url: str
    """Made of the id: https://www.youtube.com/watch?v=ID."""
    duration_ms: int | None
    channel: str | None
    view_count: int | None
    description: str | None
    live: bool


class Progress(Struct, frozen=True):
    phase: Literal["downloading", "processing"]
    bytes: int
    total: int | None
    percent: float
    """0 to 100; never less than what was told before."""
    speed_bps: float | None
    """Bytes a second."""
    eta_s: float | None
    title: str | None


class Fetched(Struct, frozen=True):
    path: Path
    """The sound, in the scratch folder; its ending is that of its kind (opus, m4a, …)."""
    title: str
    channel: str | None
    picture: Path | None
    """Beside it; any kind of picture, or none at all: a stranger's."""
    duration_ms: int | None
    """As YouTube tells it."""


class Reason(StrEnum):
    """Why not. The value is the key of the words that a family reads."""

    UNAVAILABLE = "unavailable"
    PRIVATE = "private"
    AGE_RESTRICTED = "age_restricted"
    GEO_BLOCKED = "geo_blocked"
    LIVE = "live"
    TOO_LONG = "too_long"
    TOO_LARGE = "too_large"
    MEMBERS_ONLY = "members_only"
    NETWORK = "network"
    RATE_LIMITED = "rate_limited"
    OUTDATED = "outdated"
    NO_FFMPEG = "no_ffmpeg"
    NO_TOOL = "no_tool"
    DISK_FULL = "disk_full"
    CANCELLED = "cancelled"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    INTERRUPTED = "interrupted"
    WRONG_LENGTH = "wrong_length"
    UNKNOWN = "unknown"


class YouTubeFault(TombError):
    """It did not work. `message` is one sentence; `retry_at_s`: before this time (seconds since the epoch) it will not
    work again, if that is known."""

    def __init__(self, reason: Reason, message: str, retry_at_s: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.retry_at_s = retry_at_s


Told = Callable[[Progress], None]


class YouTube(Protocol):
    """Any call ends its child, with all that this started, before it returns, raises, or is cancelled (1 s at most)."""

    def available(self) -> Reason | None:
        """None, or what is missing here: NO_TOOL or NO_FFMPEG. Asks the disk only; cheap."""

    async def search(self, query: str, limit: int) -> list[Video]:
        """The best matches, `limit` (1 to 50) at most. Raises: YouTubeFault."""

    async def entries(self, url: str, limit: int = 50) -> list[Video]:
        """What is in a playlist, in its order, from the beginning. Raises: YouTubeFault."""

    async def fetch(self, url: str, scratch: Path, told: Told) -> Fetched:
        """The sound of one video. `scratch` is an empty folder that the caller removes, whatever came of it. `told` is
        called as often as yt-dlp says something (8 times a second at most), and must not block.

        Raises: YouTubeFault.
        """

    async def thumbnail(self, video_id: str) -> bytes:
        """A JPEG, as it comes from YouTube, 1 MiB at most: to be looked at by the examiner. Raises: YouTubeFault."""

    async def update(self) -> str:
        """Install the newest yt-dlp; the version that is used from now on. Raises: YouTubeFault, and nothing has
        changed."""

    def version(self) -> str | None:
        """Of the yt-dlp that is used; None without one."""
