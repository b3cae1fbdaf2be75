"""What yt-dlp says, and what that means for a family.

yt-dlp passes on the reasons that YouTube gives, in English since it asks for that, after `ERROR: [youtube] ID: `. They
are matched by what has stayed in them over the years. What is matched by nothing, or looks as if yt-dlp did not
understand YouTube any more, is mostly that: YouTube changes, and a yt-dlp that is some months old knows it no longer.
"""

import re
from collections.abc import Iterable
from datetime import date

from tomb.devices.youtube import Reason, YouTubeFault

OLD_DAYS = 90
BLOCKED_S = 60 * 60.0  # "for up to an hour", the only time that yt-dlp passes on; a Retry-After it keeps to itself

SENTENCES = {
    Reason.UNAVAILABLE: "YouTube does not have this video any more, or never had.",
    Reason.PRIVATE: "This video is private.",
    Reason.AGE_RESTRICTED: "YouTube shows this video to adults only, who have signed in.",
    Reason.GEO_BLOCKED: "This video may not be shown in this country.",
    Reason.LIVE: "This is still live, or has not begun; it can be fetched when it is over.",
    Reason.TOO_LONG: "This is longer than five hours.",
    Reason.TOO_LARGE: "This is larger than the box takes from YouTube.",
    Reason.MEMBERS_ONLY: "Only members of this channel can see this video.",
    Reason.NETWORK: "YouTube cannot be reached, or the connection breaks off.",
    Reason.RATE_LIMITED: "YouTube wants to be left in peace for a while.",
    Reason.OUTDATED: "What fetches from YouTube is too old; update it.",
    Reason.NO_FFMPEG: "ffmpeg is missing; install it: sudo apt install ffmpeg.",
    Reason.NO_TOOL: "yt-dlp is missing (tomb youtube update installs it), or Deno that it needs (pip install deno).",
    Reason.DISK_FULL: "There is not enough room left.",
    Reason.CANCELLED: "It was cancelled.",
    Reason.TIMEOUT: "It took too long.",
    Reason.MEMORY: "It took more memory than the box can spare.",
    Reason.INTERRUPTED: "The box was switched off meanwhile.",
    Reason.WRONG_LENGTH: "What came is not as long as the video.",
    Reason.UNKNOWN: "YouTube did not give it, for a reason that the box does not know; its log has the words.",
}

_MEANINGS: tuple[tuple[str, Reason], ...] = (
    (r"\[Errno 28\]|No space left|Disk quota exceeded", Reason.DISK_FULL),
    (r"\[Errno 27\]|File too large|larger than max-filesize", Reason.TOO_LARGE),
    (r"rate-limited by YouTube|try again later\.", Reason.RATE_LIMITED),
    (r"HTTP Error 429|Too Many Requests|confirm you.{1,3}re not a bot|captcha|IP is likely being", Reason.RATE_LIMITED),
    (r"members.only|channel's members|Join this channel", Reason.MEMBERS_ONLY),
    (r"confirm your age|age.restricted|inappropriate for some users", Reason.AGE_RESTRICTED),
    (r"[Pp]rivate video|(video|playlist) is private", Reason.PRIVATE),
    (r"in your (country|location)|geo.?restrict", Reason.GEO_BLOCKED),
    (r"live event will begin|Premieres in|[Pp]remiere will begin|is not currently live|live stream", Reason.LIVE),
    (r"ffmpeg not found|ffprobe and ffmpeg not found|ffmpeg is not installed", Reason.NO_FFMPEG),
    (r"HTTP Error 5\d\d|HTTP Error 408", Reason.NETWORK),
    (r"[Uu]navailable|been removed|does not exist|no longer available|DRM|HTTP Error (404|410)", Reason.UNAVAILABLE),
    (r"timed out|Timeout|Connection (reset|refused|aborted)|Tunnel connection failed|ProxyError", Reason.NETWORK),
    (r"RemoteDisconnected|IncompleteRead|bytes read|EOF occurred|Temporary failure|unreachable|SSL", Reason.NETWORK),
    (r"more expected|Got error|retries|Connection broken|closed connection", Reason.NETWORK),
)  # fmt: skip
_MATCHED = [(re.compile(pattern), reason) for pattern, reason in _MEANINGS]
_LOST = re.compile(
    r"Requested format is not available|Unable to extract|Failed to extract|HTTP Error 403|No video formats"
)


def meaning(said: str, version: str | None, today: date) -> Reason:
    """Of what it said last. `version`: of yt-dlp."""
    complaint = _complaint(said.split("\n"))
    found = next((reason for pattern, reason in _MATCHED if pattern.search(complaint)), Reason.UNKNOWN)
    lost = found is Reason.UNKNOWN or _LOST.search(complaint)
    return Reason.OUTDATED if lost and complaint and is_old(version, today) else found


def fault(reason: Reason, now: float, said: str = "") -> YouTubeFault:
    """`now`: seconds since the epoch."""
    blocked = reason is Reason.RATE_LIMITED and "up to an hour" in said
    return YouTubeFault(reason, SENTENCES[reason], now + BLOCKED_S if blocked else None)


def is_old(version: str | None, today: date) -> bool:
    """Its version is the day that it was made, such as 2026.10.26."""
    found = re.match(r"(\d{4})\.(\d{1,2})\.(\d{1,2})", version or "")
    try:
        return found is not None and (today - date(*map(int, found.groups()))).days > OLD_DAYS
    except ValueError:
        return False


def is_broken(said: str) -> bool:
    """Whether it did not even get so far as to say something about YouTube: the installation itself is not whole."""
    failed = "Traceback (most recent call last)" in said and "ERROR:" not in said
    return failed or "No module named yt_dlp" in said


def _complaint(lines: Iterable[str]) -> str:
    """All its errors, the last first, without what is before them."""
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    return "\n".join(reversed(errors))
