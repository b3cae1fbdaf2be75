"""The rule that mounts a stick for backups, as the udev and the systemd-mount of the releases read it."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.rigs.machine import RELEASES, root

RULE = Path(__file__).parents[2] / "packaging/udev/71-tomb-backup-stick.rules"


def inside(release: str, *command: str) -> str:
    """Run in that Debian, whose /mnt has the rule, and which nothing is written to."""
    place = root(release)
    seen = f"mount --bind {RULE.parent} {place}/mnt && exec chroot {place} " + '"$@"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", seen, "sh", *command], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_udev_understands_it() -> None:
    assert "Success: 1" in inside("trixie", "udevadm", "verify", f"/mnt/{RULE.name}")  # the older has no such command


@pytest.mark.parametrize("release", RELEASES)
def test_systemd_mount_knows_all_that_it_is_told(release: str) -> None:
    known = inside(release, "systemd-mount", "--help")
    named = set(re.findall(r"--[a-z-]+", RULE.read_text().split("ACTION", 1)[1]))
    assert {"--owner", "--automount", "--collect"} <= named
    assert {each for each in named if each not in known} == set()


def test_a_stick_is_nobodys_program_and_its_own_file_systems_are_few() -> None:
    runs = [line for line in RULE.read_text().splitlines() if "RUN+=" in line]
    assert len(runs) == 2
    assert all("nosuid,nodev,noexec" in line and "/media/tomb-backup" in line for line in runs)
