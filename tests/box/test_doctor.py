"""`tomb doctor` as a command, beside a box that runs and without one. This computer is what it is: only its form is."""

import json
import os
from pathlib import Path
from typing import Any

import trio

from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import TOMB, clean_env, run_tomb, serving
from tomb.doctor import page
from tomb.models import Finding
from tomb.nurseries.doctor import CHECKS

NAMES = [check.__name__ for check in CHECKS]


async def test_it_looks_whether_a_box_runs_or_not(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual") as box:
        env = {"TOMB_PORT": str(box.port)}

        async def by_command() -> Any:
            ended = await run_tomb("doctor", "--json", "--data", tmp_path / "data", env=env)
            return json.loads(ended.out)

        async def by_http() -> Any:
            return (await box.get("/api/system/doctor")).data

        for look in (by_command, by_http):
            with trio.fail_after(PATIENCE_S):  # a box that is busy may not answer its doctor in time
                while (found := {each["check"]: each for each in await look()})["port"]["ok"] != "yes":
                    pass
            assert list(found) == NAMES
            assert found["port"]["text"] == f"The box answers on port {box.port}."
    alone = await run_tomb("doctor", "--json", "--data", tmp_path / "data", env=env)
    told = json.loads(alone.out)
    assert [each["check"] for each in told] == NAMES
    assert [each["ok"] for each in told if each["check"] == "port"] == ["unknown"]
    assert alone.status == int(any(each["ok"] == "no" for each in told))


async def test_for_people_it_is_one_page(tmp_path: Path) -> None:
    ended = await run_tomb("doctor", "--data", tmp_path / "data")
    assert all(f"{name}: " in ended.out for name in NAMES)
    assert ended.err == ""


async def test_at_a_terminal_it_offers_a_tone_and_says_why_there_was_none(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual") as box:
        env = clean_env() | {"TOMB_PORT": str(box.port)}
        said = ""
        with trio.fail_after(PATIENCE_S):
            while "Play a short tone?" not in said:  # a box that is busy may not answer its doctor in time
                persons, programs = os.openpty()
                os.write(persons, b"y\n")
                ended = await trio.run_process(
                    [TOMB, "doctor", "--data", str(tmp_path / "data")],
                    env=env,
                    stdin=programs,
                    capture_stdout=True,
                    check=False,
                )
                os.close(programs)
                os.close(persons)
                said = ended.stdout.decode()
        assert "It could not be played: " in said
        assert "this box plays on no sound card of its own" in said


def test_a_remedy_is_in_one_piece_and_stands_only_under_what_is_wrong() -> None:
    remedy = "sudo " + "do-this " * 30
    shown = page(
        [
            Finding(check="clock", ok="no", reason="wrong", text="The clock says 1970. " * 5, remedy=remedy),
            Finding(check="tag", ok="unknown", reason="none", text="No tag lies there.", remedy="tomb doctor"),
        ],
        60,
    )
    assert f"       $ {remedy}\n" in shown
    assert "$ tomb doctor" not in shown
    assert shown.endswith("1 wrong")
    assert max(len(line) for line in shown.splitlines() if "$" not in line) <= 60
