"""Addresses of YouTube, as people paste them: what they name, and nothing else of them.

An address that somebody sent never goes further than this. Of a good one the ids are kept, which are eleven characters
of an alphabet of 64 for a video and some more for a playlist; what yt-dlp is asked for is made of these.
"""

import re
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

LONGEST = 500
VIDEO_ID = r"[0-9A-Za-z_-]{11}"
PLAYLIST_ID = r"[0-9A-Za-z_-]{12,64}"  # shorter ones are lists of whoever is signed in: WL, LL

_SHORT = "youtu.be"
_HOSTS = frozenset({"youtube.com", "www.youtube.com", "m.youtube.com", "music.youtube.com", _SHORT})
_PRINTABLE = re.compile(r"[!-~]+")
_ONE_VIDEO = re.compile(rf"/(?:shorts|live|embed|v)/({VIDEO_ID})/?")
_SHORTENED = re.compile(rf"/({VIDEO_ID})/?")


class Link(Struct, frozen=True):
    """What an address names: a video, a playlist, or a video that is shown in a playlist."""

    video: str | None
    playlist: str | None


def parse(address: str) -> Link | None:
    """None for what is no address of a video or a playlist, over https, at exactly one of YouTube's hosts."""
    if len(address) > LONGEST or _PRINTABLE.fullmatch(address) is None:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    host = parts.netloc.lower()  # with a port or a name of a user in it, it is none of these
    if parts.scheme.lower() != "https" or host not in _HOSTS:
        return None
    link = Link(_video(host, parts.path, parts.query), _named("list", PLAYLIST_ID, parts.query))
    return None if link == Link(None, None) else link


def video_url(video_id: str) -> str:
    return f"https://www.youtube.com/watch?v={video_id}"


def playlist_url(playlist_id: str) -> str:
    return f"https://www.youtube.com/playlist?list={playlist_id}"


def _video(host: str, path: str, query: str) -> str | None:
    if host == _SHORT:
        found = _SHORTENED.fullmatch(path)
    elif path in ("/watch", "/watch/"):
        return _named("v", VIDEO_ID, query)
    else:
        found = _ONE_VIDEO.fullmatch(path)
    return None if found is None else found[1]


def _named(name: str, pattern: str, query: str) -> str | None:
    """The first value of that name is the one that counts with YouTube, too."""
    values = parse_qs(query).get(name, [])
    return values[0] if values and re.fullmatch(pattern, values[0]) else None
