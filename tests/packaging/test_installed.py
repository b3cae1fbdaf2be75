"""The package on a Debian of its own, with a real systemd and no network: see tests/rigs/machine.py."""

import hashlib
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.packaging.conftest import Installed
from tests.rigs.machine import Machine, another_version, booted, overlaid
from tests.rigs.patience import PATIENCE_S
from tests.rigs.pcsc import PORTS, READER, Card

TAG = "04A1B2C3"
STORY = Path(__file__).parents[2] / "scenarios/a_night_with_a_power_cut.toml"
UNIT = "/run/systemd/system/locked-up.service"
SCRIPT = "/usr/share/locked-up.py"
AS_THE_BOX = (
    f"-e 's|^Type=.*|Type=oneshot|; s|^ExecStart=.*|ExecStart=/usr/lib/tomb-music-box/bin/python {SCRIPT}|;"
    " /^WatchdogSec=/d; /^Restart/d'"
)
# Deno compiles the loop as it runs it, so it needs memory that can be written and executed.
LOCKED_UP = """
import os, subprocess, tempfile
from tomb import sandbox
folder = tempfile.mkdtemp(dir="/var/lib/tomb")
loop = "let sum = 0; for (let each = 0; each < 5e7; each++) sum += each; console.log(sum)"
for name, program in (
    ("deno", ["/usr/lib/tomb-music-box/bin/deno", "eval", loop]),
    ("cat", ["/usr/bin/cat", "/etc/passwd"]),
):
    command = sandbox.command(program, folder=[folder])
    env = {"PATH": "/usr/bin", "HOME": folder, "DENO_DIR": folder}
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=env)
    print(name, done.returncode, done.stdout.strip(), done.stderr.strip(), flush=True)
"""
# The first to ask for them waits until two Debians are made and a package is built for each.
pytestmark = pytest.mark.timeout(1200)
on_debian_12 = pytest.mark.parametrize("release", ["bookworm"], indirect=True, scope="session")
on_debian_13 = pytest.mark.parametrize("release", ["trixie"], indirect=True, scope="session")


@asynccontextmanager
async def box_of(installed: Installed, folder: Path, packages: Path | None = None) -> AsyncIterator[Machine]:
    """A computer on which it was installed, switched on again."""
    with overlaid(installed.disk, folder) as disk:
        async with booted(disk, packages or installed.package.parent) as machine:
            yield machine


async def lay(machine: Machine, uid: str, nursery: trio.Nursery) -> Card:
    """A card onto the reader of its pcscd."""
    card = Card(await machine.connect(PORTS[READER]), bytes.fromhex(uid), ())
    nursery.start_soon(card.serve)
    return card


async def player(machine: Machine, state: str) -> Any:
    return await machine.until("/api/player/status", lambda status: status["state"] == state)


def has_music(data: Any) -> bool:
    return bool(data["playlists"])


async def log(machine: Machine) -> str:
    return (await machine.run("journalctl", "--boot", "--unit=tomb", "--output=cat", "--no-pager")).said


async def test_a_package_that_was_installed_without_a_network_is_a_service_that_plays(
    installed: Installed, tmp_path: Path
) -> None:
    async with box_of(installed, tmp_path) as machine:
        shown = await machine.run("systemctl", "show", "--property=ActiveState,StatusText,User", "tomb")
        assert "ActiveState=active" in shown.said
        assert "User=tomb" in shown.said
        assert (await machine.run("systemctl", "is-system-running")).said == "running"
        owners = await machine.run("find", "/var/lib/tomb", "!", "-user", "tomb")
        assert owners.said == ""
        assert (await machine.run("tomb", "--version")).status == 0


async def test_a_tag_on_the_reader_plays_and_after_a_reboot_the_box_is_where_it_was(
    installed: Installed, tmp_path: Path
) -> None:
    with overlaid(installed.disk, tmp_path) as disk:
        async with booted(disk) as machine, trio.open_nursery() as nursery:
            await machine.until("/api/health", lambda health: health["details"]["nfc"]["state"] == "up")
            card = await lay(machine, TAG, nursery)
            before = await player(machine, "playing")
            await card.take()
            await machine.power_off()
        async with booted(disk) as machine:
            after = await machine.until("/api/player/status", lambda status: status["active_playlist_id"] is not None)
    assert after["active_playlist_id"] == before["active_playlist_id"]
    assert after["position_ms"] >= before["position_ms"]


@on_debian_12
async def test_a_box_of_which_one_part_hangs_is_back_within_15_seconds_with_its_place(
    installed: Installed, tmp_path: Path
) -> None:
    async with box_of(installed, tmp_path) as machine:
        await machine.run(
            "sh", "-c", "echo TOMB_TEST_HANG=/var/lib/tomb/hang >>/etc/tomb/tomb.env; systemctl restart tomb"
        )
        await machine.until("/api/playlists", has_music)
        await machine.ask("POST", f"/api/tags/{TAG}/tap", {})
        before = await player(machine, "playing")
        first = await main_pid(machine)
        await machine.run("sh", "-c", "echo deck >/var/lib/tomb/hang.new; mv /var/lib/tomb/hang.new /var/lib/tomb/hang")
        with trio.fail_after(PATIENCE_S):
            while await main_pid(machine) in (first, "0"):
                await trio.sleep(0.1)
        after = await machine.until("/api/player/status", lambda status: status["active_playlist_id"] is not None)
        said = await log(machine)
    assert after["active_playlist_id"] == before["active_playlist_id"]
    assert after["position_ms"] >= before["position_ms"]
    assert "deck does not answer" in said


async def main_pid(machine: Machine) -> str:
    return (await machine.run("systemctl", "show", "--value", "--property=MainPID", "tomb")).said


async def test_the_service_may_little(installed: Installed, tmp_path: Path) -> None:
    """`systemd-analyze security` counts from 0, nothing is left open, to 10."""
    async with box_of(installed, tmp_path) as machine:
        judged = await machine.run("systemd-analyze", "security", "--no-pager", "--threshold=25", "tomb.service")
        verified = await machine.run("systemd-analyze", "verify", "tomb.service", "tomb-update.path")
    found = re.search(r"Overall exposure level for tomb.service: ([\d.]+)", judged.said)
    assert found is not None
    assert float(found[1]) <= 2.5
    assert "tomb" not in verified.said, verified.said


async def test_ffmpeg_is_locked_up_inside_the_service(installed: Installed, tmp_path: Path) -> None:
    sound = ("ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=2", "/root/Song.m4a")
    async with box_of(installed, tmp_path) as machine:
        await machine.until("/api/health")
        await machine.run(*sound)
        imported = await machine.run("tomb", "import", "/root/Song.m4a")
        assert "1 new track" in imported.said
        said = await log(machine)
    assert "sandbox:" not in said


async def test_what_runs_the_scripts_of_youtube_is_locked_up_inside_the_service(
    installed: Installed, tmp_path: Path
) -> None:
    """By a unit that has all lines of the box's, but starts Deno as the box does, and `cat` in the same way."""
    async with box_of(installed, tmp_path) as machine:
        await machine.run("sh", "-c", f"cat >{SCRIPT}", stdin=LOCKED_UP.encode())
        await machine.run("sh", "-c", f"sed {AS_THE_BOX} $(systemctl show -P FragmentPath tomb) >{UNIT}")
        await machine.run("systemctl", "daemon-reload")
        await machine.run("systemctl", "start", "locked-up")
        said = (await machine.run("journalctl", "--unit=locked-up", "--output=cat", "--no-pager")).said
    assert "deno 0 1249999975000000" in said
    assert "cat 1 " in said
    assert "sandbox:" not in said


async def test_the_checkup_finds_the_service(installed: Installed, tmp_path: Path) -> None:
    async with box_of(installed, tmp_path) as machine:
        await player(machine, "stopped")
        done = await machine.run("tomb", "doctor", "--json", check=False)
    findings = {each["check"]: each for each in json.loads(done.said)}
    fine = {name for name, each in findings.items() if each["ok"] == "yes"}
    assert {"pcscd", "polkit", "port", "ffmpeg", "yt_dlp", "disk_writes", "service", "groups"} <= fine, findings


@on_debian_13
async def test_what_the_operator_set_survives_an_update_which_starts_the_new_version(
    installed: Installed, tmp_path: Path
) -> None:
    newer = another_version(installed.package, "0.2.0", tmp_path)
    async with box_of(installed, tmp_path / "computer", tmp_path) as machine:
        await machine.run("sh", "-c", "echo TOMB_BOX_NAME=Kitchen >>/etc/tomb/tomb.env")
        await machine.run("rm", "/etc/modprobe.d/tomb-reader.conf")
        before = await main_pid(machine)
        await machine.run("apt-get", "install", "--yes", f"/mnt/{newer.name}")
        version = await machine.run("tomb", "--version")
        kept = await machine.run("cat", "/etc/tomb/tomb.env")
        await machine.until("/api/playlists", has_music)
        assert await main_pid(machine) not in (before, "0")
        assert (await machine.run("test", "-e", "/etc/modprobe.d/tomb-reader.conf", check=False)).status == 1
    assert version.said == "tomb 0.2.0"
    assert "TOMB_BOX_NAME=Kitchen" in kept.said


@on_debian_12
async def test_purging_keeps_the_music_and_a_box_that_is_installed_again_goes_on_with_it(
    installed: Installed, tmp_path: Path
) -> None:
    package = installed.package
    async with box_of(installed, tmp_path) as machine:
        before = await machine.until("/api/playlists", has_music)
        await machine.run("apt-get", "purge", "--yes", "tomb-music-box")
        left = await machine.run("find", "/etc", "/usr", "/var/lib", "/run", "-path", "*tomb*", "-prune", "-print")
        inside = await machine.run("ls", "/var/lib/tomb")
        await machine.run("apt-get", "install", "--yes", f"/mnt/{package.name}")
        after = await machine.until("/api/playlists", has_music)
    assert left.said.split() == ["/var/lib/tomb"]
    assert inside.said.split() == ["library", "tomb.db"]
    assert [each["id"] for each in after["playlists"]] == [each["id"] for each in before["playlists"]]


@on_debian_12
async def test_purging_takes_the_music_of_those_who_say_so(installed: Installed, tmp_path: Path) -> None:
    answer = b"tomb-music-box tomb-music-box/purge-music boolean true\n"
    async with box_of(installed, tmp_path) as machine:
        await machine.run("debconf-set-selections", stdin=answer)
        await machine.run("apt-get", "purge", "--yes", "tomb-music-box")
        assert (await machine.run("test", "-e", "/var/lib/tomb", check=False)).status == 1


async def test_a_story_is_the_same_on_every_debian_byte_for_byte(installed: Installed, tmp_path: Path) -> None:
    """Another Python, another C library, another processor's worth of everything: one transcript."""
    seeded = ("rehearse", "--seed", "7", "--json")
    here = await trio.run_process((sys.executable, "-m", "tomb", *seeded, STORY), capture_stdout=True)
    async with box_of(installed, tmp_path) as machine:
        await machine.run("sh", "-c", "cat > /tmp/story.toml", stdin=STORY.read_bytes())
        there = await machine.run("tomb", *seeded, "/tmp/story.toml")
    assert len(here.stdout.splitlines()) > 100
    assert hashlib.sha256(there.said.encode()).digest() == hashlib.sha256(here.stdout.strip()).digest()
