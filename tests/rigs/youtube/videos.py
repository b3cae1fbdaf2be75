"""The videos of the rig: what their pages say, and how their sound comes. Ids have eleven characters, as on YouTube."""

from dataclasses import dataclass
from typing import Any, Literal

HOSTILE = "../../etc/passwd " + "\u202egnihtemos\u2066 " + "one\nline\r\ntwo\x00\x1b[31m " + "x" * 10_000
SECONDS = 20.0

How = Literal["whole", "slow", "broken", "endless", "huge", "silent"]


@dataclass(frozen=True, slots=True)
class Script:
    """`told_s`: how long the page says that it is. `stumbles`: what the page answers first, before it answers well.
    `moved`: where the sound is said to be instead."""

    title: str = "A song of the rig"
    seconds: float = SECONDS
    told_s: float | None = SECONDS
    channel: str | None = "The rig"
    views: int = 1234
    kind: Literal["webm", "m4a"] = "webm"
    how: How = "whole"
    live: bool = False
    error: str = ""
    stumbles: tuple[int, ...] = ()
    retry_after: int | None = None
    moved: str = ""


SONG = "rig_song_01"
SECOND = "rig_song_02"
M4A = "rig_m4a__01"
SLOW = "rig_slow_01"
BROKEN = "rig_broken1"
TWICE_503 = "rig_twice_1"
ALWAYS_503 = "rig_always1"
SHORT = "rig_short_1"
ENDLESS = "rig_endless"
HUGE = "rig_huge__1"
SILENT = "rig_silent1"
LONG = "rig_long__1"
LIVE = "rig_live__1"
TITLE = "rig_title_1"
TOO_MANY = "rig_429___1"
GONE = "rig_gone__1"
TO_PORT = "rig_toport1"
TO_LAN = "rig_to_lan1"
TO_LAN_BY_NAME = "rig_bylan_1"
TO_SELF = "rig_toself1"
TO_STRANGER = "rig_tostrng"
UNENCRYPTED = "rig_toplain"
MAPPED = "rig_mapped1"

VIDEOS: dict[str, Script] = {
    SONG: Script(),
    SECOND: Script("Another song of the rig", channel=None),
    M4A: Script("A song in AAC", kind="m4a"),
    SLOW: Script("A slow song", how="slow"),
    BROKEN: Script("A song that breaks off", how="broken"),
    TWICE_503: Script("The third time", stumbles=(503, 503)),
    ALWAYS_503: Script(stumbles=(503,) * 1000),
    SHORT: Script("A song that is not whole", told_s=60.0),
    ENDLESS: Script("A song without end", how="endless", told_s=100.0),
    HUGE: Script("A huge song", how="huge"),
    SILENT: Script("A song that never comes", how="silent"),
    LONG: Script("A very long song", told_s=5 * 3600 + 1.0),
    LIVE: Script("A song that goes on", told_s=None, live=True),
    TITLE: Script(HOSTILE, channel=HOSTILE),
    TOO_MANY: Script(stumbles=(429,) * 1000, retry_after=120),
    GONE: Script(stumbles=(404,) * 1000),
    TO_PORT: Script(moved="https://www.youtube.com:8443/videoplayback"),
    TO_LAN: Script(moved="https://192.168.1.1/admin"),
    TO_LAN_BY_NAME: Script(moved="https://lan.googlevideo.com/admin"),
    TO_SELF: Script(moved="https://self.googlevideo.com/api/player/play"),
    TO_STRANGER: Script(moved="https://www.youtube.com.example.org/videoplayback"),
    UNENCRYPTED: Script(moved="http://www.youtube.com/videoplayback"),
    MAPPED: Script(moved="https://mapped.googlevideo.com/admin"),
}

# What YouTube says of a video that it does not give, as yt-dlp passes it on.
_COOKIES = "Use --cookies-from-browser or --cookies for the authentication."
_ENDED = "because the YouTube account associated with this video has been terminated."
_LATER = "This content isn't available, try again later. The current session has been rate-limited by YouTube"
_LEVEL = "This video is available to this channel's members on level: Friend (or any higher level)."
_PERKS = "Join this channel to get access to members-only content like this video, and other exclusive perks."
REFUSALS: dict[str, tuple[str, str]] = {
    "rig_err_una": ("unavailable", "Video unavailable. This video has been removed by the uploader"),
    "rig_err_acc": ("unavailable", f"Video unavailable. This video is no longer available {_ENDED}"),
    "rig_err_drm": ("unavailable", "This video is DRM protected"),
    "rig_err_prv": ("private", f"Private video. Sign in if you've been granted access to this video. {_COOKIES}"),
    "rig_err_age": ("age_restricted", f"Sign in to confirm your age. This video may be inappropriate. {_COOKIES}"),
    "rig_err_geo": ("geo_blocked", "The uploader has not made this video available in your country"),
    "rig_err_mem": ("members_only", _PERKS),
    "rig_err_lvl": ("members_only", f"{_LEVEL} Join this YouTube channel from your computer or Android app."),
    "rig_err_liv": ("live", "This live event will begin in 3 hours."),
    "rig_err_pre": ("live", "Premieres in 25 minutes"),
    "rig_err_bot": ("rate_limited", f"Sign in to confirm you\u2019re not a bot. {_COOKIES}"),
    "rig_err_lat": ("rate_limited", f"Video unavailable. {_LATER} for up to an hour."),
    "rig_err_new": ("unknown", "Something that nobody has said before"),
}
VIDEOS |= {video_id: Script(error=error) for video_id, (_, error) in REFUSALS.items()}


def info(video_id: str) -> dict[str, Any]:
    """What the page of a video says, as an extractor returns it."""
    script = VIDEOS[video_id]
    media = script.moved and f"https://www.youtube.com/rig/moved/{video_id}"
    return {
        "id": video_id,
        "title": script.title,
        "channel": script.channel,
        "uploader": script.channel,
        "duration": script.told_s,
        "view_count": script.views,
        "description": f"About {script.title}",
        "live_status": "is_live" if script.live else "not_live",
        "thumbnail": f"https://i.ytimg.com/vi/{video_id}/hqdefault.jpg",
        "formats": [
            {
                "format_id": "251" if script.kind == "webm" else "140",
                "url": media or f"https://rr1---sn.googlevideo.com/videoplayback/{video_id}",
                "ext": script.kind,
                "vcodec": "none",
                "acodec": "opus" if script.kind == "webm" else "mp4a.40.2",
                "abr": 128,
            }
        ],
    }


def entry(video_id: str) -> dict[str, Any]:
    """What a list says of it."""
    page = info(video_id)
    shown = ("id", "title", "channel", "duration", "view_count", "description", "live_status")
    return {
        "_type": "url",
        "ie_key": "Rig",
        "url": f"https://www.youtube.com/watch?v={video_id}",
        **{name: page[name] for name in shown},
    }


LISTS: dict[str, tuple[str, ...]] = {
    "PLrig_three": (SONG, SECOND, M4A),
    "PLrig_eighty": tuple(f"rig_many_{number:02}" for number in range(80)),
    "PLrig_empty": (),
}
PRIVATE_LIST = "PLrig_private"
MANY = {video_id: Script(f"Song {video_id[-2:]}") for video_id in LISTS["PLrig_eighty"]}
VIDEOS |= MANY

FOUND = (SONG, SECOND, M4A, LIVE, TITLE, *MANY)
"""By any search but one for `NOTHING`."""
NOTHING = "nothing at all"
