"""A newer yt-dlp beside the old one, installed by the real pip from an index that is a folder."""

import os
import sys
from importlib import metadata
from pathlib import Path
from subprocess import DEVNULL

import pytest
import trio
from msgspec.structs import replace

from tests.devices.youtube import wheels
from tests.rigs.children import children, until_child
from tests.rigs.patience import PATIENCE_S
from tests.rigs.youtube import RigNetwork, videos, youtube_rig
from tomb.devices.youtube import Reason, YouTubeFault
from tomb.devices.youtube.child import Limits
from tomb.devices.youtube.installation import Release, releases
from tomb.devices.youtube.tool import World, YtDlp
from tomb.ports import RealPorts

NO_PAUSES = Limits(pauses_s=())
NEW, NEWER, NEWEST = "2099.1.1", "2099.2.1", "2099.3.1"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    (tmp_path / "index").mkdir()
    return tmp_path / "index"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "youtube"


@pytest.fixture
def youtube(folder: Path, index: Path) -> YtDlp:
    return YtDlp(RealPorts(), folder, world=World(pip=wheels.index(index)))


def own(folder: Path) -> str:
    [release] = [each for each in releases(folder) if each.folder is None]
    return release.version


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_the_newest_is_installed_and_used_and_the_one_before_is_kept(
    youtube: YtDlp, folder: Path, index: Path
) -> None:
    assert youtube.version() == own(folder)
    for version, kept in ((NEW, [NEW]), (NEWER, [NEW, NEWER]), (NEWEST, [NEWER, NEWEST])):
        wheels.dummy(index, version)
        assert await youtube.update() == version
        assert (youtube.version(), names(folder)) == (version, kept)
    assert (folder / NEWEST / "yt_dlp_ejs").is_dir()


async def test_what_is_there_already_stays(youtube: YtDlp, folder: Path, index: Path) -> None:
    wheels.dummy(index, "2020.1.1")
    assert await youtube.update() == own(folder)
    wheels.dummy(index, NEW)
    assert await youtube.update() == NEW
    inode = (folder / NEW).stat().st_ino
    assert await youtube.update() == NEW
    assert ((folder / NEW).stat().st_ino, names(folder)) == (inode, [NEW])


@pytest.mark.parametrize("sources", [wheels.BROKEN, wheels.LYING], ids=["broken", "lying"])
async def test_one_that_does_not_work_is_not_taken(
    youtube: YtDlp, folder: Path, index: Path, sources: dict[str, str]
) -> None:
    wheels.dummy(index, NEW)
    await youtube.update()
    wheels.dummy(index, NEWER, sources)
    with pytest.raises(YouTubeFault, match="the old one stays"):
        await youtube.update()
    assert (youtube.version(), names(folder)) == (NEW, [NEW])


async def test_without_an_index_nothing_changes(youtube: YtDlp, folder: Path) -> None:
    with pytest.raises(YouTubeFault) as caught:
        await youtube.update()
    assert caught.value.reason is Reason.NETWORK
    assert (youtube.version(), names(folder)) == (own(folder), [])


async def test_a_folder_that_cannot_be_written_is_a_fault(index: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    youtube = YtDlp(RealPorts(), tmp_path / "file" / "youtube", world=World(pip=wheels.index(index)))
    with pytest.raises(YouTubeFault, match="cannot be written"):
        await youtube.update()


UPDATE = """
import sys, trio
from pathlib import Path
from tomb.devices.youtube.tool import World, YtDlp
from tomb.ports import RealPorts
youtube = YtDlp(RealPorts(), Path(sys.argv[1]), world=World(pip=("--no-index", "--find-links", sys.argv[2])))
trio.run(youtube.update)
"""


@pytest.mark.parametrize("stage", ["--target", "--version", "y.YoutubeIE()"], ids=["fetched", "asked", "tried"])
async def test_an_update_that_is_killed_leaves_what_there_was(
    youtube: YtDlp, folder: Path, index: Path, stage: str
) -> None:
    wheels.dummy(index, NEW)
    await youtube.update()
    wheels.dummy(index, NEWER)
    box = await trio.lowlevel.open_process([sys.executable, "-c", UPDATE, str(folder), str(index)], stderr=DEVNULL)
    await until_child(box.pid, stage)
    box.kill()
    await box.wait()
    assert youtube.version() == NEW
    assert set(names(folder)) <= {".new", NEW}
    assert await youtube.update() == NEWER
    assert names(folder) == [NEW, NEWER]


async def test_an_update_that_is_cancelled_leaves_no_process(youtube: YtDlp, folder: Path, index: Path) -> None:
    wheels.dummy(index, NEW)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(youtube.update)
        await until_child(os.getpid(), "pip")
        with pytest.raises(YouTubeFault, match="just now"):
            await youtube.update()
        nursery.cancel_scope.cancel()
    assert children(os.getpid(), command="pip") == []
    assert youtube.version() == own(folder)
    assert await youtube.update() == NEW


async def test_the_real_one_is_fetched_with_as_soon_as_it_is_updated_and_the_one_before_where_it_breaks(
    folder: Path, index: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wheels.whole(index, NEW)
    (tmp_path / "scratch").mkdir()
    async with youtube_rig() as rig:
        youtube = YtDlp(RealPorts(), folder, world=replace(rig.world, pip=wheels.index(index)))
        with trio.fail_after(PATIENCE_S * 2):
            assert await youtube.update() == NEW
        # It broke since: a card that loses a file, a Python that is another one.
        broken = folder / NEWER
        (broken / "yt_dlp").mkdir(parents=True)
        (broken / "yt_dlp" / "__init__.py").write_text("")
        (broken / "yt_dlp" / "__main__.py").write_text("import a_module_that_nobody_has\n")
        assert youtube.version() == NEWER
        url = f"https://www.youtube.com/watch?v={videos.SONG}"
        fetched = await youtube.fetch(url, tmp_path / "scratch", lambda _: None)
    assert fetched.title == "A song of the rig"
    assert youtube.version() == NEW
    assert any(f"yt-dlp {NEWER} does not work, so the one before it is used" in each for each in caplog.messages)


async def test_one_that_broke_is_mended_by_an_update(folder: Path, index: Path) -> None:
    network = RigNetwork(1, down=True)
    youtube = YtDlp(RealPorts(), folder, world=World(network=network, pip=wheels.index(index)), limits=NO_PAUSES)
    wheels.dummy(index, NEW)
    await youtube.update()
    (folder / NEW / "yt_dlp" / "__main__.py").write_text("import a_module_that_nobody_has\n")
    with pytest.raises(YouTubeFault):  # of the one that came with the box, which reaches nobody
        await youtube.search("songs", 1)
    assert youtube.version() == own(folder)
    assert await youtube.update() == NEW
    assert youtube.version() == NEW
    assert "a_module" not in (folder / NEW / "yt_dlp" / "__main__.py").read_text()


def test_the_scripts_that_came_with_the_box_are_those_that_its_yt_dlp_asks_for() -> None:
    asked = [each for each in metadata.requires("yt-dlp") or () if each.startswith("yt-dlp-ejs")]
    assert f'yt-dlp-ejs=={metadata.version("yt-dlp-ejs")}; extra == "default"'.replace('"', "'") in asked


def test_the_newest_goes_first_and_what_is_no_version_is_none(folder: Path) -> None:
    for name in ("2099.1.1", "2099.10.1", "2099.9.30.1", ".new", "x", "2020.1.1"):
        (folder / name).mkdir(parents=True)
    (folder / "2100.1.1").write_text("a file")
    assert [each.version for each in releases(folder)] == [
        "2099.10.1",
        "2099.9.30.1",
        "2099.1.1",
        own(folder),
        "2020.1.1",
    ]
    assert releases(folder / "none") == [Release(own(folder))]
