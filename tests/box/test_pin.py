"""`tomb pin --reset`, for parents who forgot theirs; and what is stored as a PIN and is none."""

import subprocess
import sys
from pathlib import Path

import pytest
from trio.testing import MockClock

from tests.rigs.asgi import served_box
from tests.rigs.box import virtual_box
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


NO_PINS: tuple[object, ...] = ("1234", "", "x$y", "salt$" + "0" * 127, "salt$" + "g" * 128, "\u00e4$\u00e4", 7, [1], {})


@pytest.mark.parametrize("stored", NO_PINS)
async def test_what_is_stored_as_a_pin_and_is_none_locks_nobody_out(
    tmp_path: Path, autojump_clock: MockClock, stored: object
) -> None:
    async with virtual_box(tmp_path) as box:
        await box.services.librarian.change_settings({"pin": stored})  # type: ignore[dict-item]  # that is the point
    async with served_box(tmp_path) as (_, client):
        assert (await client.get("/api/settings")).data["pin_set"] is False
        assert (await client.put("/api/settings", pin="2580")).status == 200
        assert (await client.get("/api/settings")).status == 403
        assert (await client.post("/api/pin/session", pin="2580")).status == 200
