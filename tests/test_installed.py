"""Which box a command means on a computer where the package is installed. (The package itself: tests/packaging.)"""

import os
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from tomb import installed
from tomb.errors import StartError


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As if it were installed here; its file of settings. The user stays who it is."""
    environment = tmp_path / "tomb.env"
    environment.write_text("# settings\nTOMB_PORT=8080\nTOMB_BOX_NAME=The kitchen's box\n")
    for name in [name for name in os.environ if name.startswith("TOMB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(installed, "ENVIRONMENT", environment)
    monkeypatch.setattr(installed, "PREFIX", Path(sys.prefix))
    monkeypatch.setattr(installed, "USER", "nobody-of-this-name")
    monkeypatch.setattr(os, "environ", dict(os.environ))
    return environment


def test_a_command_asks_the_service_on_the_port_that_it_has(package: Path) -> None:
    args = Namespace(url=None, data=None)
    installed.settle("import", args)
    assert args.url == "http://127.0.0.1:8080"


def test_a_command_has_the_settings_of_the_service(package: Path) -> None:
    installed.settle("settings", Namespace())
    assert os.environ["TOMB_BOX_NAME"] == "The kitchen's box"
    assert os.environ["TOMB_DATA"] == "/var/lib/tomb"


def test_what_is_named_by_hand_is_meant(package: Path, tmp_path: Path) -> None:
    args = Namespace(url=None, data=tmp_path)
    installed.settle("import", args)
    assert args.url is None
    assert "TOMB_DATA" not in os.environ
    args = Namespace(url="http://other:8000", data=None)
    installed.settle("import", args)
    assert args.url == "http://other:8000"


def test_the_service_itself_goes_by_what_its_unit_says(package: Path) -> None:
    os.environ["TOMB_DATA"] = "/elsewhere"
    installed.settle("serve", Namespace(data=None))
    assert os.environ["TOMB_DATA"] == "/elsewhere"
    assert "TOMB_BOX_NAME" not in os.environ


def test_serve_by_hand_says_that_there_is_a_service(package: Path) -> None:
    with pytest.raises(StartError, match="systemctl start tomb"):
        installed.settle("serve", Namespace(data=None))


def test_a_clone_on_the_same_computer_is_left_alone(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "PREFIX", Path("/usr/lib/tomb-music-box"))
    args = Namespace(url=None, data=None)
    installed.settle("serve", args)
    assert args.url is None
    assert "TOMB_DATA" not in os.environ
