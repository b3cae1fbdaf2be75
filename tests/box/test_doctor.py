"""`tomb doctor` as a command, beside a box that runs and without one. This computer is what it is: only its form is."""

import json
from pathlib import Path

from tests.rigs.process import run_tomb, serving
from tomb.doctor import page
from tomb.models import Finding
from tomb.nurseries.doctor import CHECKS

NAMES = [check.__name__ for check in CHECKS]


async def test_it_looks_whether_a_box_runs_or_not(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual") as box:
        env = {"TOMB_PORT": str(box.port)}
        beside = await run_tomb("doctor", "--json", "--data", tmp_path / "data", env=env)
        [port] = [each for each in json.loads(beside.out) if each["check"] == "port"]
        assert port["ok"] == "yes"
        by_http = (await box.get("/api/system/doctor")).data
        assert [each["check"] for each in by_http] == NAMES
        assert [each["text"] for each in by_http if each["check"] == "port"] == [port["text"]]
    alone = await run_tomb("doctor", "--json", "--data", tmp_path / "data", env=env)
    found = json.loads(alone.out)
    assert [each["check"] for each in found] == NAMES
    assert [each["ok"] for each in found if each["check"] == "port"] == ["unknown"]
    assert alone.status == int(any(each["ok"] == "no" for each in found))


async def test_for_people_it_is_one_page(tmp_path: Path) -> None:
    ended = await run_tomb("doctor", "--data", tmp_path / "data")
    assert all(f"{name}: " in ended.out for name in NAMES)
    assert ended.err == ""


def test_a_remedy_is_in_one_piece_and_stands_only_under_what_is_wrong() -> None:
    remedy = "sudo " + "do-this " * 30
    shown = page(
        [
            Finding(check="clock", ok="no", text="The clock says 1970. " * 5, remedy=remedy),
            Finding(check="tag", ok="unknown", text="No tag lies there.", remedy="tomb doctor"),
        ],
        60,
    )
    assert f"       $ {remedy}\n" in shown
    assert "$ tomb doctor" not in shown
    assert shown.endswith("1 wrong")
    assert max(len(line) for line in shown.splitlines() if "$" not in line) <= 60
