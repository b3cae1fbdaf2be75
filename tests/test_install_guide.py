"""The way from an empty card to the first tap: what it names is there, and what it has people type is understood."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tomb.cli import _parser

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "install.md"
TEXT = GUIDE.read_text(encoding="utf-8")
PAGES = (GUIDE, ROOT / "docs" / "backup.md", ROOT / "packaging/image/README.md", ROOT / "packaging/wifi/README.md")
COMMANDS = [line.strip() for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()]
# What is not run here, and why.
NOT_RUN = {
    "ssh anna@tomb.local": "another computer",
    "scp tomb-music-box_*.deb anna@tomb.local:": "another computer",
    "sudo apt update": "the computer's own packages",
    "sudo apt install ./tomb-music-box_*.deb": "tests/packaging installs the package in a Debian of its own",
    "sudo apt remove tomb-music-box": "tests/packaging does that, too",
    "sudo reboot": "the computer",
    "systemctl status tomb": "there is no systemd; that the unit is called so is looked at below",
    "journalctl -u tomb -n 50": "as above",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name + page.name)
def test_all_that_is_linked_and_shown_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)|src=\"([^\"]+)\"", text)
    assert [each for link, image in named if not (page.parent / (each := link or image)).exists()] == []


def test_its_headings_are_where_its_own_links_lead() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", each.lower()).replace(" ", "-")
        for each in re.findall(r"^#+ (.*)", TEXT, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= headings


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_understood_or_said_why_it_is_not_tried(command: str) -> None:
    words = shlex.split(command.removeprefix("sudo -u tomb "))
    if command in NOT_RUN:
        return
    if words[0] == "tomb":
        _parser().parse_args(words[1:])  # which exits where it does not know one
        assert command.startswith("sudo -u tomb "), "nobody else may read the data"
        assert words[words.index("--data") + 1] == "/var/lib/tomb"
    else:
        assert subprocess.run(words, capture_output=True, check=False, timeout=60).returncode == 0


def test_nothing_is_excused_that_it_does_not_say() -> None:
    assert set(NOT_RUN) <= set(COMMANDS)


def test_the_names_are_those_of_the_package() -> None:
    debian = ROOT / "packaging" / "debian"
    unit = (debian / "tomb-music-box.tomb.service").read_text(encoding="utf-8")
    assert "User=tomb\n" in unit
    assert "EnvironmentFile=-/etc/tomb/tomb.env\n" in unit
    assert "packaging/tomb.env etc/tomb\n" in (debian / "tomb-music-box.install").read_text(encoding="utf-8")
