"""`tomb rehearse`, as it is typed."""

import json
import os
import subprocess
import sys
from pathlib import Path

STORY = """\
title = "A tap"

[playlists]
cow = ["60s"]

[[step]]
at = "10s"
tap = "cow"
expect.player.state = "playing"
"""


def rehearse(*args: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "tomb", "rehearse", *map(str, args))
    return subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)


def test_a_story_is_printed_and_is_the_same_whatever_the_order_of_sets_and_the_settings_around(tmp_path: Path) -> None:
    (tmp_path / "tap.toml").write_text(STORY)
    first = rehearse("--json", tmp_path / "tap.toml", PYTHONHASHSEED="1", TZ="Asia/Tokyo")
    second = rehearse(
        "--json", tmp_path / "tap.toml", PYTHONHASHSEED="2", TOMB_SAME_TAG="next", TOMB_VOLUME_CEILING="7"
    )
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == second.stdout
    entries = [json.loads(line) for line in first.stdout.splitlines()]
    assert {"child", "box", "sound", "player"} <= {entry["who"] for entry in entries}
    assert str(tmp_path) not in first.stdout


def test_the_first_broken_expectation_ends_it_with_how_to_see_it_again(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(STORY)
    (tmp_path / "wrong.toml").write_text(STORY.replace('"playing"', '"paused"'))
    done = rehearse("--seed", 3, "--seeds", 2, tmp_path)
    assert done.returncode == 1
    assert f"{tmp_path}/good.toml: A tap (2 orders)" in done.stdout
    assert "puts cow on the box" in done.stdout
    assert (
        f"{tmp_path}/wrong.toml:9: at 10.000 s\n  player.state\n    expected  paused\n    found     playing"
        in done.stderr
    )
    assert f"again: tomb rehearse --seed 3 {tmp_path}/wrong.toml" in done.stderr


def test_what_is_no_scenario_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text(STORY.replace("tap =", "tapp ="))
    done = rehearse(tmp_path / "odd.toml")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"tomb: {tmp_path}/odd.toml:8: step.tapp: there is no such field; did you mean tap?\n"
    assert "there is no scenario in it" in rehearse(Path(__file__).parent).stderr
