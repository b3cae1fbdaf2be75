"""The script that has a box without Wi-Fi open one: what it writes and what it asks of others, who are stood in for."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "packaging/wifi/tomb-wifi"
PASSWORD = "geheim & 'sicher' $1"
CONF = "# Comitup configuration\n# ap_name: comitup-<nnn>\n"


class Computer:
    """One whose programs only note that they were called; `nmcli --offline` says so on stdout, as it does a profile."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.calls = folder / "calls"
        self.programs = folder / "bin"
        self.comitup = self.root / "etc/comitup.conf"
        self.profile = self.root / "etc/NetworkManager/system-connections/tomb-hotspot.nmconnection"
        self.profile.parent.mkdir(parents=True)
        self.programs.mkdir()
        for name in ("apt-get", "systemctl", "nmcli"):
            program = self.programs / name
            program.write_text(f'#!/bin/sh\necho "{name} $*" >>"{self.calls}"\necho "{name} $*"\n')
            program.chmod(0o755)

    def run(self, *arguments: str) -> int:
        self.calls.write_text("")
        env = os.environ | {"TOMB_ROOT": str(self.root), "PATH": f"{self.programs}:{os.environ['PATH']}"}
        return subprocess.run([SCRIPT, *arguments], env=env, capture_output=True, timeout=60, check=False).returncode

    @property
    def called(self) -> list[str]:
        return self.calls.read_text().splitlines()


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


def test_comitup_is_installed_and_told_name_and_password_once(computer: Computer) -> None:
    computer.comitup.write_text(CONF)
    for _ in range(2):
        assert computer.run("comitup", PASSWORD) == 0
        assert computer.called == [
            "apt-get -y install comitup",
            "systemctl enable comitup",
            "systemctl restart comitup",
        ]
        own = f"# tomb-wifi: from here on\nap_name: tomb-<nnn>\nap_password: {PASSWORD}\n"
        assert computer.comitup.read_text() == CONF + own
        assert computer.comitup.stat().st_mode & 0o777 == 0o600
    assert computer.run("off") == 0
    assert computer.comitup.read_text() == CONF
    assert computer.called == ["systemctl disable --now comitup"]


def test_the_hotspot_is_what_network_manager_takes_last_and_its_password_is_roots(computer: Computer) -> None:
    assert computer.run("hotspot", PASSWORD, "Kitchen") == 0
    profile = computer.profile.read_text()
    assert "ssid Kitchen connection.autoconnect yes connection.autoconnect-priority -999 " in profile
    assert profile.endswith(f"wifi-sec.psk {PASSWORD}\n")
    assert computer.profile.stat().st_mode & 0o777 == 0o600
    assert computer.called[-1] == "nmcli connection reload"
    assert computer.run("off") == 0
    assert not computer.profile.exists()


def test_one_takes_the_place_of_the_other(computer: Computer) -> None:
    computer.comitup.write_text(CONF)
    computer.run("hotspot", PASSWORD)
    assert "systemctl disable --now comitup" in computer.called
    computer.run("comitup", PASSWORD)
    assert not computer.profile.exists()


@pytest.mark.parametrize(
    "arguments", [(), ("comitup",), ("hotspot", "short"), ("comitup", "x" * 64), ("comitup", "zwölf\nZeilen"), ("on",)]
)
def test_what_makes_no_sense_changes_nothing(computer: Computer, arguments: tuple[str, ...]) -> None:
    computer.comitup.write_text(CONF)
    assert computer.run(*arguments) == 2
    assert (computer.called, computer.comitup.read_text(), computer.profile.exists()) == ([], CONF, False)
