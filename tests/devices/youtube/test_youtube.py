"""The real yt-dlp, in its sandbox and behind its proxy, with a YouTube of the rig's (tests/rigs/youtube)."""

import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from subprocess import PIPE

import pytest
import soundfile
import trio
from msgspec.structs import replace

from tests.rigs.children import alive, children, until_ended
from tests.rigs.patience import PATIENCE_S
from tests.rigs.youtube import YouTubeRig, videos, youtube_rig
from tomb import confined
from tomb.devices.youtube import Progress, Reason, YouTubeFault
from tomb.devices.youtube.child import Limits
from tomb.devices.youtube.tool import YtDlp
from tomb.ports import RealPorts

SMALL = Limits(file=2_000_000, pauses_s=(0, 0))


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("youtube")


@pytest.fixture
async def rig(materials: Path) -> AsyncIterator[YouTubeRig]:
    async with youtube_rig(materials) as rig:
        yield rig


@pytest.fixture
def youtube(rig: YouTubeRig, tmp_path: Path) -> YtDlp:
    return YtDlp(RealPorts(), tmp_path / "youtube", world=rig.world, limits=SMALL)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def watch(video_id: str) -> str:
    return f"https://www.youtube.com/watch?v={video_id}"


async def refusal(youtube: YtDlp, video_id: str, scratch: Path) -> YouTubeFault:
    with pytest.raises(YouTubeFault) as caught:
        await youtube.fetch(watch(video_id), scratch, lambda _: None)
    return caught.value


def running() -> list[int]:
    return children(os.getpid(), command="yt_dlp")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_the_sound_of_a_video_is_fetched_with_its_labels_and_its_picture(youtube: YtDlp, scratch: Path) -> None:
    told: list[Progress] = []
    fetched = await youtube.fetch(watch(videos.SONG), scratch, told.append)
    assert (fetched.title, fetched.channel, fetched.duration_ms) == ("A song of the rig", "The rig", 20_000)
    # Out of its WebM and not encoded anew, so the box plays it as it is.
    assert fetched.path == scratch / "sound.opus"
    assert soundfile.info(fetched.path).format == "OGG"
    assert soundfile.info(fetched.path).duration == pytest.approx(20, abs=0.1)
    assert fetched.picture == scratch / "picture.jpg"
    assert names(scratch) == {"sound.opus", "picture.jpg"}
    assert [each.phase for each in told][-1] == "processing"
    assert told[-1].percent == 100


async def test_what_there_is_only_as_aac_comes_as_it_is(youtube: YtDlp, scratch: Path) -> None:
    fetched = await youtube.fetch(watch(videos.M4A), scratch, lambda _: None)
    assert fetched.path == scratch / "sound.m4a"
    assert fetched.path.read_bytes()[4:8] == b"ftyp"


async def test_progress_never_goes_back(youtube: YtDlp, scratch: Path) -> None:
    told: list[Progress] = []
    await youtube.fetch(watch(videos.SLOW), scratch, told.append)
    percents = [each.percent for each in told]
    assert len(told) > 5
    assert percents == sorted(percents)
    assert 0 <= percents[0] < percents[-1] == 100
    assert all(each.total is None or each.bytes <= each.total for each in told)
    assert {each.title for each in told} == {"A slow song"}


async def test_nothing_that_a_title_says_becomes_a_file_or_a_line(youtube: YtDlp, scratch: Path) -> None:
    fetched = await youtube.fetch(watch(videos.TITLE), scratch, lambda _: None)
    assert names(scratch) == {"sound.opus", "picture.jpg"}
    assert len(fetched.title) <= 200
    assert fetched.title.isprintable()
    assert fetched.title.startswith("../../etc/passwd gnihtemos one line two [31m xxx")
    assert fetched.channel == fetched.title


async def test_a_search_finds_so_many(rig: YouTubeRig, youtube: YtDlp) -> None:
    found = await youtube.search("songs; --exec 'touch x'", 12)
    assert [each.id for each in found] == list(videos.FOUND[:12])
    assert found[0].url == watch(videos.SONG)
    assert (found[0].title, found[0].channel, found[0].duration_ms) == ("A song of the rig", "The rig", 20_000)
    assert (found[0].view_count, found[0].description) == (1234, "About A song of the rig")
    assert [each.id for each in found if each.live] == [videos.LIVE]
    assert "q=songs%3B%20--exec" in rig.server.asked[0]


async def test_a_search_that_finds_nothing_says_so(youtube: YtDlp) -> None:
    assert await youtube.search(videos.NOTHING, 10) == []


async def test_a_playlist_is_listed_in_its_order_up_to_a_bound(youtube: YtDlp) -> None:
    listed = await youtube.entries("https://www.youtube.com/playlist?list=PLrig_three")
    assert [each.id for each in listed] == [videos.SONG, videos.SECOND, videos.M4A]
    many = await youtube.entries("https://www.youtube.com/playlist?list=PLrig_eighty")
    assert [each.id for each in many] == list(videos.LISTS["PLrig_eighty"][:50])


async def test_a_playlist_that_is_private_is_refused(youtube: YtDlp) -> None:
    with pytest.raises(YouTubeFault) as caught:
        await youtube.entries(f"https://www.youtube.com/playlist?list={videos.PRIVATE_LIST}")
    assert caught.value.reason is Reason.PRIVATE


@pytest.mark.parametrize("url", ["https://example.org/x", "file:///etc/passwd", "--exec=id"])
async def test_no_other_address_is_anything_to_it(rig: YouTubeRig, youtube: YtDlp, scratch: Path, url: str) -> None:
    with pytest.raises(YouTubeFault):
        await youtube.fetch(url, scratch, lambda _: None)
    assert (rig.server.asked, names(scratch)) == ([], set())


async def test_a_page_that_stumbles_twice_is_asked_a_third_time(rig: YouTubeRig, youtube: YtDlp, scratch: Path) -> None:
    fetched = await youtube.fetch(watch(videos.TWICE_503), scratch, lambda _: None)
    assert fetched.title == "The third time"
    assert rig.server.asked.count(f"/rig/video/{videos.TWICE_503}") == 3


@pytest.mark.parametrize(
    ("video_id", "reason"),
    [
        (videos.ALWAYS_503, Reason.NETWORK),
        (videos.BROKEN, Reason.NETWORK),
        (videos.SHORT, Reason.WRONG_LENGTH),
        (videos.ENDLESS, Reason.TOO_LARGE),
        (videos.HUGE, Reason.TOO_LARGE),
        (videos.LONG, Reason.TOO_LONG),
        (videos.LIVE, Reason.LIVE),
        (videos.GONE, Reason.UNAVAILABLE),
        ("rig_nobody1", Reason.UNAVAILABLE),
    ],
)
async def test_what_does_not_work_has_a_reason(youtube: YtDlp, scratch: Path, video_id: str, reason: Reason) -> None:
    assert (await refusal(youtube, video_id, scratch)).reason is reason


@pytest.mark.parametrize("video_id", ["rig_err_prv", "rig_err_bot", "rig_err_new"])
async def test_what_youtube_says_is_understood(youtube: YtDlp, scratch: Path, video_id: str) -> None:
    fault = await refusal(youtube, video_id, scratch)
    assert fault.reason == videos.REFUSALS[video_id][0]


async def test_whoever_asks_too_often_is_told_so_once(rig: YouTubeRig, youtube: YtDlp, scratch: Path) -> None:
    fault = await refusal(youtube, videos.TOO_MANY, scratch)
    assert (fault.reason, fault.retry_at_s) == (Reason.RATE_LIMITED, None)
    assert rig.server.asked == [f"/rig/video/{videos.TOO_MANY}"]


async def test_a_block_of_an_hour_is_told_with_its_end(youtube: YtDlp, scratch: Path) -> None:
    now = RealPorts().wall()
    fault = await refusal(youtube, "rig_err_lat", scratch)
    assert fault.reason is Reason.RATE_LIMITED
    assert fault.retry_at_s is not None
    assert now + 3600 <= fault.retry_at_s <= RealPorts().wall() + 3600


BOX = """
import sys, trio
from pathlib import Path
from subprocess import PIPE
from tests.rigs.youtube import RigNetwork, world
from tomb.devices.youtube.tool import YtDlp
from tomb.ports import RealPorts
port, certificate, folder, url = sys.argv[1:]
youtube = YtDlp(RealPorts(), Path(folder) / "none", world=world(RigNetwork(int(port)), Path(certificate)))
trio.run(youtube.fetch, url, Path(folder), lambda now: now.bytes > 10_000 and print(now.bytes, flush=True))
"""


async def test_a_download_ends_with_the_box_that_is_killed(rig: YouTubeRig, scratch: Path) -> None:
    command = [sys.executable, "-c", BOX, *rig.tomb[-2:], str(scratch), watch(videos.SLOW)]
    box = await trio.lowlevel.open_process(command, stdout=PIPE)
    assert box.stdout is not None
    with trio.fail_after(PATIENCE_S):
        await box.stdout.receive_some()
        [leader] = children(box.pid, command="yt_dlp")
        group = confined.members(leader)
        box.kill()
        await box.wait()
        for each in group:
            await until_ended(each)
    await box.stdout.aclose()
    assert leader in group


@pytest.mark.parametrize(
    ("video_id", "wanted"),
    [
        (videos.TO_PORT, "port 8443 of www.youtube.com"),
        (videos.TO_LAN, "192.168.1.1, which is not YouTube's"),
        (videos.TO_LAN_BY_NAME, "lan.googlevideo.com, whose address is 192.168.1.1"),
        (videos.TO_SELF, "self.googlevideo.com, whose address is 127.0.0.1"),
        (videos.MAPPED, "mapped.googlevideo.com, whose address is ::ffff:10.0.0.1"),
        (videos.TO_STRANGER, "www.youtube.com.example.org, which is not YouTube's"),
        (videos.UNENCRYPTED, "GET http://www.youtube.com/videoplayback"),
    ],
)
async def test_a_redirect_to_anywhere_else_is_refused(
    rig: YouTubeRig,
    youtube: YtDlp,
    scratch: Path,
    caplog: pytest.LogCaptureFixture,
    video_id: str,
    wanted: str,
) -> None:
    assert (await refusal(youtube, video_id, scratch)).reason is Reason.UNKNOWN
    assert f"yt-dlp wanted to go where it may not: {wanted}" in caplog.messages
    assert {address for address, _ in rig.network.dialled} == {"142.250.185.78"}
    assert f"/rig/moved/{video_id}" in rig.server.asked


async def test_without_a_network_it_is_the_networks_fault(rig: YouTubeRig, youtube: YtDlp, scratch: Path) -> None:
    rig.network.down = True
    assert (await refusal(youtube, videos.SONG, scratch)).reason is Reason.NETWORK


async def test_a_call_that_is_cancelled_leaves_no_process(youtube: YtDlp, scratch: Path) -> None:
    group: list[int] = []

    async with trio.open_nursery() as nursery:

        def told(progress: Progress) -> None:
            if progress.bytes > 10_000 and not group:
                [leader] = running()
                group.extend(confined.members(leader))
                nursery.cancel_scope.cancel()

        await youtube.fetch(watch(videos.SLOW), scratch, told)
    assert group
    assert not any(map(alive, group))
    assert names(scratch)  # what it had is the caller's to remove, and nobody writes there any more


async def test_a_child_that_is_killed_is_a_fault(youtube: YtDlp, scratch: Path) -> None:
    def told(progress: Progress) -> None:
        if progress.bytes > 10_000:
            for pid in running():
                os.kill(pid, signal.SIGKILL)

    with pytest.raises(YouTubeFault) as caught:
        await youtube.fetch(watch(videos.SLOW), scratch, told)
    assert caught.value.reason is Reason.INTERRUPTED
    assert running() == []


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(fetch_s=4), Reason.TIMEOUT),
        (Limits(resident=10_000_000), Reason.MEMORY),
        (Limits(scratch=1000), Reason.TOO_LARGE),
    ],
    ids=["time", "memory", "disk"],
)
async def test_what_takes_too_much_is_ended(
    rig: YouTubeRig, tmp_path: Path, scratch: Path, limits: Limits, reason: Reason
) -> None:
    youtube = YtDlp(RealPorts(), tmp_path / "youtube", world=rig.world, limits=limits)
    with trio.fail_after(PATIENCE_S):
        assert (await refusal(youtube, videos.SILENT, scratch)).reason is reason
    assert running() == []


async def test_what_is_left_of_the_disk_stays_free(rig: YouTubeRig, tmp_path: Path, scratch: Path) -> None:
    youtube = YtDlp(RealPorts(), tmp_path / "youtube", free_kept=2**60, world=rig.world)
    assert (await refusal(youtube, videos.SLOW, scratch)).reason is Reason.DISK_FULL


async def test_a_thumbnail_comes_the_same_way(rig: YouTubeRig, youtube: YtDlp) -> None:
    assert (await youtube.thumbnail(videos.SONG)).startswith(b"\xff\xd8\xff")
    assert rig.server.asked == [f"/vi/{videos.SONG}/hqdefault.jpg"]
    assert rig.network.dialled == [("142.250.185.78", 443)]
    for video_id, reason in (("rig_nobody1", Reason.UNAVAILABLE), ("../../x", Reason.UNAVAILABLE)):
        with pytest.raises(YouTubeFault) as caught:
            await youtube.thumbnail(video_id)
        assert caught.value.reason is reason
    rig.network.down = True
    with pytest.raises(YouTubeFault) as caught:
        await youtube.thumbnail(videos.SONG)
    assert caught.value.reason is Reason.NETWORK


async def test_a_certificate_of_somebody_else_is_not_youtube(rig: YouTubeRig, tmp_path: Path, scratch: Path) -> None:
    youtube = YtDlp(RealPorts(), tmp_path / "youtube", world=replace(rig.world, authority=None))
    with pytest.raises(YouTubeFault) as caught:
        await youtube.thumbnail(videos.SONG)
    assert caught.value.reason is Reason.NETWORK
    assert (await refusal(youtube, videos.SONG, scratch)).reason is Reason.NETWORK
    assert rig.server.asked == []


async def test_without_ffmpeg_or_a_runtime_it_says_what_to_install(
    rig: YouTubeRig, youtube: YtDlp, scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert youtube.available() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert youtube.available() is Reason.NO_FFMPEG
    assert "apt install ffmpeg" in (await refusal(youtube, videos.SONG, scratch)).message
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert youtube.available() is Reason.NO_TOOL
    fault = await refusal(youtube, videos.SONG, scratch)
    assert "Deno" in fault.message
