"""`tomb pin --reset`, for parents who forgot theirs; and what is stored as a PIN and is none."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.rigs.process import serving
from tomb.cli import main

TOMB = str(Path(sys.executable).with_name("tomb"))
SILENT = ("--audio", "silent", "--reader", "virtual")


def reset(data: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([TOMB, "pin", "--reset", "--data", str(data)], capture_output=True, text=True, check=False)


async def test_a_forgotten_pin_is_reset_on_the_box_itself_while_it_is_off(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with serving(data, *SILENT) as box:
        await box.put("/api/settings", {"pin": "2580", "volume_ceiling": 70})
        assert (await box.get("/api/settings")).status == 403
        refused = reset(data)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "stop it first" in refused.stderr
    done = reset(data)
    assert (done.returncode, done.stderr) == (0, "")
    assert "forgotten" in done.stdout
    async with serving(data, *SILENT) as box:
        shown = (await box.get("/api/settings")).data
        assert (shown["pin_set"], shown["volume_ceiling"]) == (False, 70)


def test_without_a_library_there_is_nothing_to_reset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pin", "--reset", "--data", str(tmp_path)]) == 1
    assert "no library" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


async def test_without_a_pin_there_is_nothing_to_reset(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", *SILENT):
        pass
    assert reset(tmp_path / "data").stdout == "there was no PIN\n"
