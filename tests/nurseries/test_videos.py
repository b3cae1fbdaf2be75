"""What YouTube has, as parents are shown it: asked for once, kept a while, and with pictures of the box's own."""

from pathlib import Path

import pytest
import trio
from PIL import Image
from trio.testing import MockClock

from tests.rigs.box import virtual_box
from tomb.devices.youtube import Reason, YouTubeFault
from tomb.devices.youtube.links import playlist_url
from tomb.errors import BadRequest, NotFound, RateLimited, RequestError, Unavailable
from tomb.nurseries.downloads import WantedVideo
from tomb.nurseries.videos import AGAIN_S, ANSWERS, KEPT_S, MOST, TITLES, Videos
from tomb.rehearsal.simulated.videos import IDS, FakeYouTube, video

LIST = "PL0123456789"


def fault(reason: Reason, retry_at_s: float | None = None) -> YouTubeFault:
    return YouTubeFault(reason, "So it is.", retry_at_s)


async def test_an_answer_is_kept_for_five_minutes(tmp_path: Path, autojump_clock: MockClock) -> None:
    youtube = FakeYouTube()
    async with virtual_box(tmp_path, youtube=youtube) as box:
        videos = box.services.videos
        first = await videos.search("a song", 5)
        assert [each.id for each in first] == list(IDS[:5])
        await trio.sleep(KEPT_S - 1)
        assert await videos.search("a song", 5) == first
        assert await videos.entries(LIST) == list(youtube.found)[:MOST]
        assert youtube.asked == ["search a song", f"entries {playlist_url(LIST)}"]
        await videos.search("a song", 6)
        await trio.sleep(1)
        await videos.search("a song", 5)
        assert youtube.asked[2:] == ["search a song"] * 2


async def test_who_asks_the_same_at_once_is_answered_once_and_others_wait_their_turn(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    youtube = FakeYouTube()
    async with virtual_box(tmp_path, youtube=youtube) as box:
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            for number in range(12):
                nursery.start_soon(box.services.videos.search, f"song {number % 3}", 5)
        assert len(youtube.asked) == 3
        assert trio.current_time() - began == 3.0  # of which each takes one


async def test_what_failed_is_asked_again(tmp_path: Path, autojump_clock: MockClock) -> None:
    youtube = FakeYouTube(fault=fault(Reason.NETWORK))
    async with virtual_box(tmp_path, youtube=youtube) as box:
        with pytest.raises(Unavailable):
            await box.services.videos.search("a song", 5)
        youtube.fault = None
        assert await box.services.videos.search("a song", 5)


@pytest.mark.parametrize("reason", Reason)
async def test_why_youtube_does_not_answer_is_said(tmp_path: Path, autojump_clock: MockClock, reason: Reason) -> None:
    youtube = FakeYouTube(fault=fault(reason))
    async with virtual_box(tmp_path, youtube=youtube) as box:
        with pytest.raises(RequestError) as refused:
            await box.services.videos.entries(LIST)
        if reason is Reason.RATE_LIMITED:
            assert isinstance(refused.value, RateLimited)
            assert refused.value.retry_after == AGAIN_S
            youtube.fault = fault(reason, box.services.ports.wall() + 100)
            with pytest.raises(RateLimited) as refused:
                await box.services.videos.entries(LIST)
            assert 98 <= refused.value.retry_after <= 100
        else:
            assert (refused.value.message, refused.value.details) == ("So it is.", {"reason": reason})
            theirs = reason in (Reason.PRIVATE, Reason.UNAVAILABLE, Reason.MEMBERS_ONLY)
            assert not theirs or isinstance(refused.value, BadRequest)


@pytest.mark.parametrize("missing", [Reason.NO_TOOL, Reason.NO_FFMPEG])
async def test_what_is_missing_is_said_with_what_installs_it(
    tmp_path: Path, autojump_clock: MockClock, missing: Reason
) -> None:
    async with virtual_box(tmp_path, youtube=FakeYouTube(missing=missing)) as box:
        with pytest.raises(Unavailable, match="install") as refused:
            await box.services.videos.search("a song", 5)
        assert refused.value.details == {"reason": missing}


async def test_where_it_is_switched_off_that_is_said(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with virtual_box(tmp_path) as box:
        with pytest.raises(Unavailable, match="TOMB_YOUTUBE"):
            box.services.videos.check()


# --- pictures ---


async def until_shown(videos: Videos) -> None:
    await videos.search("a song", 10)


async def test_a_picture_is_fetched_once_looked_at_and_kept_over_a_restart(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    youtube = FakeYouTube()
    async with virtual_box(tmp_path, youtube=youtube) as box:
        await until_shown(box.services.videos)
        paths = {await box.services.videos.thumbnail(IDS[0]) for _ in range(3)}
        [path] = paths
        assert youtube.asked.count(f"thumbnail {IDS[0]}") == 1
        with Image.open(path) as picture:
            assert picture.size == (64, 48)
        assert path.parent == tmp_path / "data" / "cache" / "youtube"
        assert list((box.services.librarian.folder / "incoming").iterdir()) == []
    again = FakeYouTube()
    async with virtual_box(tmp_path, seed=1, youtube=again) as box:
        await until_shown(box.services.videos)
        assert await box.services.videos.thumbnail(IDS[0]) == path
        assert f"thumbnail {IDS[0]}" not in again.asked


async def test_nobody_makes_the_box_fetch_a_picture_that_nobody_was_shown(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    youtube = FakeYouTube()
    async with virtual_box(tmp_path, youtube=youtube) as box:
        with pytest.raises(NotFound):
            await box.services.videos.thumbnail(IDS[0])
        assert youtube.asked == []
        playlist = (await box.services.librarian.create("Songs")).id
        await box.services.downloads.add(playlist, [WantedVideo(IDS[0], None)])
        assert (await box.services.videos.thumbnail(IDS[0])).name.startswith(IDS[0])


@pytest.mark.parametrize("picture", [b"no picture", b""])
async def test_what_is_no_picture_is_none(tmp_path: Path, autojump_clock: MockClock, picture: bytes) -> None:
    async with virtual_box(tmp_path, youtube=FakeYouTube(picture=picture)) as box:
        await until_shown(box.services.videos)
        with pytest.raises(NotFound):
            await box.services.videos.thumbnail(IDS[0])


async def test_what_was_shown_long_ago_is_forgotten(tmp_path: Path, autojump_clock: MockClock) -> None:
    youtube = FakeYouTube()
    async with virtual_box(tmp_path, youtube=youtube) as box:
        videos = box.services.videos
        for first in range(0, TITLES + MOST, MOST):
            youtube.found = [video(f"{first + number:011}") for number in range(MOST)]
            await videos.search(f"songs from {first}", MOST)
        assert videos.title(f"{0:011}") is None
        assert videos.title(f"{TITLES:011}") == f"Song {TITLES:011}"
        assert (len(videos._titles), len(videos._answers)) == (TITLES, ANSWERS)
