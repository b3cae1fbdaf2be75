"""The installed box is updated: a real systemd, dpkg and service."""

import json
import os
import random
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.packaging.conftest import Installed
from tests.rigs.machine import Machine, booted, overlaid
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import LOOK_S
from tests.rigs.small_disk import Ext4Disk, ext4_disk
from tests.rigs.versions import NEW, Newer, make_newer, prepare
from tomb import __version__

# The first to ask for it waits until a Debian is made and a package is built.
pytestmark = [pytest.mark.timeout(1200), pytest.mark.parametrize("release", ["bookworm"], indirect=True)]
TAG = "04A1B2C3"
CUTS = 2  # and as many as `TOMB_UPDATE_CUTS` says, for who has the time
DISK_MIB = 3072  # a sparse file
UPDATE_S = 6 * PATIENCE_S  # dpkg writes some thousands of files, and syncs each


@pytest.fixture(scope="module")
def newer(packages: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Newer:
    return make_newer(packages["bookworm"], tmp_path_factory.mktemp("newer"))


async def noted(machine: Machine) -> dict[str, Any]:
    said = await machine.run("cat", "/var/lib/tomb-update/status.json", check=False)
    status: dict[str, Any] = json.loads(said.said) if said.status == 0 else {"state": ""}
    return status


async def until_noted(machine: Machine, *states: str) -> dict[str, Any]:
    status: dict[str, Any] = {}
    with trio.move_on_after(UPDATE_S):
        while True:
            status = await noted(machine)
            if status["state"] in states:
                return status
            await trio.sleep(LOOK_S)
    log = await machine.run("journalctl", "--no-pager", "-u", "tomb*", "-n", "60", check=False)
    raise AssertionError(f"it did not come to {states}: {status}\n{log.said}")


async def updated(machine: Machine, newer: Newer) -> str:
    """What `tomb update` says, and its status."""
    await machine.run("rm", "-f", "/tmp/said")
    command = f"/usr/bin/tomb update /mnt/{newer.package.name} >/tmp/saying 2>&1; echo status $? >>/tmp/saying"
    await machine.run("sh", "-c", f"({command}; mv /tmp/saying /tmp/said) >/dev/null 2>&1 &")
    with trio.fail_after(UPDATE_S):
        while (said := await machine.run("cat", "/tmp/said", check=False)).status:
            await trio.sleep(LOOK_S)
    return said.said


async def version(machine: Machine) -> str:
    """Of the package that is there whole, and of the box that answers: they are one."""
    said = (await machine.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Version}", "tomb-music-box")).said
    assert said.startswith("ii "), said
    verified = (await machine.run("dpkg", "--verify", "tomb-music-box", check=False)).said.splitlines()
    assert [line for line in verified if line.startswith("missing") and "/usr/lib/tomb-music-box/" in line] == []
    [package] = said[3:].split("~")[:1]
    answering = (await machine.until("/api/system/info"))["version"]
    assert answering == package, f"{package} is installed, and {answering} answers"
    return package


async def playlists(machine: Machine) -> list[str]:
    return [each["title"] for each in (await machine.until("/api/playlists"))["playlists"]]


@pytest.mark.parametrize(("behaviour", "reason"), [("dead", "no_start"), ("silent_web", "no_web")])
async def test_an_installed_box_goes_back_from_a_bad_version(
    installed: Installed, newer: Newer, tmp_path: Path, behaviour: str, reason: str
) -> None:
    with overlaid(installed.disk, tmp_path) as disk:
        prepare(disk, newer, behaviour)
        async with booted(disk, newer.package.parent) as machine:
            before = await playlists(machine)
            assert before
            said = await updated(machine, newer)
            assert said.endswith("status 1"), said
            assert "did not prove itself" in said, said
            status = await noted(machine)
            assert (status["state"], status["reason"]) == ("went_back", reason)
            assert await version(machine) == __version__
            assert await playlists(machine) == before


async def test_an_installed_box_takes_a_good_version_and_no_edits_before_it_is_judged(
    installed: Installed, newer: Newer, tmp_path: Path
) -> None:
    with overlaid(installed.disk, tmp_path) as disk:
        prepare(disk, newer)
        async with booted(disk, newer.package.parent) as machine:
            before = await playlists(machine)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(updated, machine, newer)
                await until_noted(machine, "proving")
                await machine.until("/api/system/update", lambda update: update["state"] == "proving")
                refused = await machine.ask("POST", "/api/playlists", {"title": "Lost"})
                assert (refused.status, refused.body["details"]) == (503, {"update": "proving"})
                assert (await machine.ask("PUT", "/api/reader/tag", {"tag_id": TAG})).status == 200, "tags play"
            assert (await noted(machine))["state"] == "done"
            assert await version(machine) == NEW
            await machine.until("/api/system/update", lambda update: update["state"] == "done")
            assert (await machine.ask("POST", "/api/playlists", {"title": "Kept"})).status == 201
            assert set(await playlists(machine)) == {*before, "Kept"}
            left = (await machine.run("sh", "-c", "ls /var/lib/tomb-update /var/lib/tomb/updates/incoming")).said
            assert "work" not in left
            assert "update.deb" not in left


# --- power cuts -------------------------------------------------------------------------------------------------------


@contextmanager
def on_a_disk(below: Sequence[Path], disk: Ext4Disk, at: Path) -> Iterator[Path]:
    """The computer's disk begins as `below`, and keeps its changes on one that may lose its power."""
    changes, work = disk.folder / "changes", disk.folder / "work"
    for each in (changes, work, at):
        each.mkdir(exist_ok=True)
    options = f"lowerdir={':'.join(map(str, below))},upperdir={changes},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, at], check=True)
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", at], check=True)


def moments(count: int) -> list[tuple[str, float]]:
    """After which step was noted, and how long after. The bad version of `going_back` has no web side."""
    chance = random.Random(int(os.environ.get("TOMB_SEED", "0")))
    steps = ("installing", "going_back", "proving")
    return [(steps[number % len(steps)], chance.uniform(0, 4)) for number in range(count)]


@pytest.mark.parametrize(("step", "seconds"), moments(int(os.environ.get("TOMB_UPDATE_CUTS", CUTS))))
async def test_a_power_cut_in_an_update_leaves_a_box_that_starts(
    installed: Installed, newer: Newer, tmp_path: Path, step: str, seconds: float
) -> None:
    at = tmp_path / "root"
    with ext4_disk(tmp_path / "disk", DISK_MIB) as disk:
        with on_a_disk(installed.disk, disk, at) as root:
            prepare(root, newer, "silent_web" if step == "going_back" else "")
            async with booted(root, newer.package.parent) as machine:
                before = await playlists(machine)
                await machine.run("sync")
                disk.sync()
                await machine.run("sh", "-c", f"/usr/bin/tomb update /mnt/{newer.package.name} >/dev/null 2>&1 &")
                await until_noted(machine, step)
                await trio.sleep(seconds)  # the moment of the cut, which is what the seed chose
                disk.cut_power()
                await machine.kill()
        disk.restore_power(examined=True)
        with on_a_disk(installed.disk, disk, at) as root:
            async with booted(root, newer.package.parent) as machine:
                status = await until_noted(machine, "done", "went_back", "failed")
                assert await version(machine) == (NEW if status["state"] == "done" else __version__)
                assert await playlists(machine) == before
                assert (await machine.ask("POST", "/api/playlists", {"title": "Another"})).status == 201
