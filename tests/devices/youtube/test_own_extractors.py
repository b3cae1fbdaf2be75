"""yt-dlp's own extractors, as the box uses them: they ask by way of the proxy, and what they say is understood."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.rigs.youtube import YouTubeRig, videos, youtube_rig
from tomb.devices.youtube import Reason, YouTubeFault
from tomb.devices.youtube.tool import YtDlp
from tomb.ports import RealPorts


@pytest.fixture
async def rig() -> AsyncIterator[YouTubeRig]:
    async with youtube_rig() as rig:
        yield rig


@pytest.fixture
def youtube(rig: YouTubeRig, tmp_path: Path) -> YtDlp:
    (tmp_path / "scratch").mkdir()
    return YtDlp(RealPorts(), tmp_path / "youtube", world=rig.unplugged)


async def test_a_video_is_fetched(rig: YouTubeRig, youtube: YtDlp, tmp_path: Path) -> None:
    url = f"https://www.youtube.com/watch?v={videos.SONG}"
    fetched = await youtube.fetch(url, tmp_path / "scratch", lambda _: None)
    assert (fetched.title, fetched.channel, fetched.duration_ms) == ("A song of the rig", "The rig", 20_000)
    assert fetched.path == tmp_path / "scratch" / "sound.opus"
    assert fetched.picture is not None
    assert "/youtubei/v1/player?prettyPrint=false" in rig.server.asked
    assert {port for _, port in rig.network.dialled} == {443}


async def test_a_search_and_a_playlist_are_listed(youtube: YtDlp) -> None:
    found = await youtube.search("songs", 5)
    assert [each.id for each in found] == list(videos.FOUND[:5])
    assert (found[0].title, found[0].channel, found[0].duration_ms) == ("A song of the rig", "The rig", 20_000)
    assert found[0].view_count == 1234
    listed = await youtube.entries("https://www.youtube.com/playlist?list=PLrig_eighty")
    assert [each.id for each in listed] == list(videos.LISTS["PLrig_eighty"][:50])


@pytest.mark.parametrize("video_id", ["rig_err_prv", "rig_err_lvl", "rig_nobody1"])
async def test_what_youtube_refuses_is_understood(youtube: YtDlp, tmp_path: Path, video_id: str) -> None:
    with pytest.raises(YouTubeFault) as caught:
        await youtube.fetch(f"https://www.youtube.com/watch?v={video_id}", tmp_path / "scratch", lambda _: None)
    assert caught.value.reason == videos.REFUSALS.get(video_id, (Reason.UNAVAILABLE, ""))[0]
