"""`tomb youtube update`, on a box that runs and on one that does not; pip takes packages from a folder."""

from pathlib import Path

import pytest

from tests.devices.youtube import wheels
from tests.rigs.process import refused, run_tomb, serving


@pytest.fixture
def offline(tmp_path: Path) -> dict[str, str]:
    """What keeps pip from the network."""
    index = tmp_path / "index"
    index.mkdir()
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index), "PIP_CONFIG_FILE": "/dev/null"}


async def test_a_box_that_is_off_is_updated_in_its_folder(tmp_path: Path, offline: dict[str, str]) -> None:
    data = tmp_path / "data"
    refused(await run_tomb("youtube", "update", "--data", data, env=offline), "could not be fetched")
    wheels.dummy(Path(offline["PIP_FIND_LINKS"]), "2099.1.1")
    done = await run_tomb("youtube", "update", "--data", data, env=offline)
    assert (done.status, done.out) == (0, "yt-dlp 2099.1.1 is what the box uses now\n"), done.err
    assert {path.name for path in (data / "youtube").iterdir()} == {"2099.1.1"}


async def test_a_box_that_runs_is_asked_to_do_it(tmp_path: Path, offline: dict[str, str]) -> None:
    data = tmp_path / "data"
    async with serving(data, "--audio", "silent", "--reader", "virtual", env=offline) as box:
        refused(await run_tomb("youtube", "update", "--data", data), "could not be fetched")
        wheels.dummy(Path(offline["PIP_FIND_LINKS"]), "2099.1.1")
        done = await run_tomb("youtube", "update", "--data", data)
        assert (done.status, done.out) == (0, "yt-dlp 2099.1.1 is what the box uses now\n"), done.err
        assert (await box.post("/api/youtube/update", {})).data == {"version": "2099.1.1"}
