"""Addresses of YouTube, as people paste them, and as strangers make them up."""

import string
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomb.devices.youtube.links import Link, parse, playlist_url, video_url

ID = "dQw4w9WgXcQ"
LIST = "PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf"
ALPHABET = string.ascii_letters + string.digits + "-_"

video_ids = st.text(ALPHABET, min_size=11, max_size=11)
playlist_ids = st.text(ALPHABET, min_size=12, max_size=64)


@pytest.mark.parametrize(
    ("address", "video", "playlist"),
    [
        (f"https://www.youtube.com/watch?v={ID}", ID, None),
        (f"https://youtube.com/watch?v={ID}&t=42s", ID, None),
        (f"https://m.youtube.com/watch?app=desktop&v={ID}", ID, None),
        (f"https://music.youtube.com/watch?v={ID}&si=abc", ID, None),
        (f"https://youtu.be/{ID}", ID, None),
        (f"https://youtu.be/{ID}?si=share&t=9", ID, None),
        (f"https://youtu.be/{ID}?list={LIST}", ID, LIST),
        (f"https://www.youtube.com/shorts/{ID}", ID, None),
        (f"https://www.youtube.com/shorts/{ID}/?feature=share", ID, None),
        (f"https://www.youtube.com/live/{ID}", ID, None),
        (f"https://www.youtube.com/embed/{ID}", ID, None),
        (f"https://www.youtube.com/watch?v={ID}&list={LIST}&index=3", ID, LIST),
        (f"https://www.youtube.com/playlist?list={LIST}", None, LIST),
        (f"https://music.youtube.com/playlist?list={LIST}", None, LIST),
        (f"HTTPS://WWW.YouTube.COM/watch?v={ID}#top", ID, None),
        (f"https://www.youtube.com/watch?v={ID}&list=WL", ID, None),
    ],
)
def test_what_people_paste_is_understood(address: str, video: str | None, playlist: str | None) -> None:
    assert parse(address) == Link(video, playlist)


@pytest.mark.parametrize(
    "address",
    [
        "",
        ID,
        f"http://www.youtube.com/watch?v={ID}",
        f"ftp://www.youtube.com/watch?v={ID}",
        f"https://www.youtube.com:443/watch?v={ID}",
        f"https://www.youtube.com:8443/watch?v={ID}",
        f"https://me@www.youtube.com/watch?v={ID}",
        f"https://www.youtube.com@evil.example/watch?v={ID}",
        f"https://www.youtube.com.evil.example/watch?v={ID}",
        f"https://evil.example/https://www.youtube.com/watch?v={ID}",
        f"https://evilyoutube.com/watch?v={ID}",
        f"https://evil.youtube.com/watch?v={ID}",
        f"https://youtu.be.evil.example/{ID}",
        f"https://127.0.0.1/watch?v={ID}",
        f"https://[::1]/watch?v={ID}",
        f"https://[www.youtube.com/watch?v={ID}",
        f"https://www.youtube.com\\@evil.example/watch?v={ID}",
        f"https://www.youtube.com./watch?v={ID}",
        f"//www.youtube.com/watch?v={ID}",
        "file:///etc/passwd",
        "https://www.youtube.com/watch?v=short",
        f"https://www.youtube.com/watch?v={ID}x",
        f"https://www.youtube.com/watch?v=short&v={ID}",
        "https://www.youtube.com/watch?v=../../../etc",
        "https://www.youtube.com/watch?v=--exec%3Drm%20",
        f"https://www.youtube.com/{ID}",
        f"https://youtu.be/watch/{ID}",
        "https://www.youtube.com/feed/library",
        "https://www.youtube.com/@channel/videos",
        "https://www.youtube.com/playlist?list=WL",
        f"https://www.youtube.com/watch?v={ID}\n",
        f" https://www.youtube.com/watch?v={ID}",
        f"https://www.youtube.com/watch?v={ID}\u202e",
        f"https://www.уоutube.com/watch?v={ID}",
        f"https://www.youtube.com/watch?v={ID}&x=" + "x" * 500,
    ],
)
def test_whatever_else_it_is_nothing_is_made_of_it(address: str) -> None:
    assert parse(address) is None


@given(video_ids, playlist_ids)
def test_what_the_box_writes_itself_it_understands(video: str, playlist: str) -> None:
    assert parse(video_url(video)) == Link(video, None)
    assert parse(playlist_url(playlist)) == Link(None, playlist)


PIECES = ["https:", "//", "/", "www.", "youtube.com", "youtu.be", "@", ":", "?", "&", "#", "v=", "list=", "watch", ID,
          LIST, "shorts", "\\", "%2f", "%00", "evil.example", "..", "\n", "[", "]", "é"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=60))
def test_whatever_comes_the_host_is_one_of_youtube_s_and_the_ids_are_ids(address: str) -> None:
    link = parse(address)
    if link is not None:
        assert urlsplit(address).hostname in {"youtube.com", "www.youtube.com", "youtu.be"}
        for found, lengths in ((link.video, range(11, 12)), (link.playlist, range(12, 65))):
            assert found is None or (len(found) in lengths and set(found) <= set(ALPHABET))
        assert link.video or link.playlist
