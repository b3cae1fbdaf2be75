"""What is made of what happened: text, lines for programs, a diagram."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.rehearsal.story import goes_well, told

HERE = Path(__file__).parent
MERMAID = HERE.parents[1] / "web/node_modules/@mermaid-js/tiny/dist/mermaid.tiny.js"

STORY = """
    [[step]]
    connect = "phone"
    [[step]]
    at = "10s"
    tap = "cow"
    note = "with ; # < > : in it"
    [[step]]
    after = "5s"
    call = "POST /api/player/pause"
    [[step]]
    lose = "sound"
    [[step]]
    after = "10s"
    cut = "power"
"""


def drawn(diagram: str) -> subprocess.CompletedProcess[str]:
    command = ("node", HERE / "parse.mjs", MERMAID)
    return subprocess.run(command, input=diagram, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("web_modules")
def test_the_diagram_is_one_for_mermaid() -> None:
    lines = list(goes_well(STORY).transcript.diagram())
    done = drawn("\n".join(lines))
    assert (done.returncode, done.stdout) == (0, "sequence\n"), done.stderr
    assert drawn("\n".join(lines).replace("->>", "->>>")).returncode != 0
    names = {line.split(" as ")[1]: line.split()[1] for line in lines if "participant" in line}
    assert {"box", "child", "phone", "sound", "reader", "world", "story"} <= set(names)
    assert f"    {names['child']}->>{names['box']}: puts cow on the box" in lines
    assert f"    {names['phone']}->>{names['box']}: POST /api/player/pause" in lines
    assert f"    {names['box']}->>{names['sound']}: plays cow/1 from 0 s" in lines
    assert f"    note right of {names['box']}: player: playing → paused" in lines


def test_people_read_it_by_time_and_programs_by_field() -> None:
    transcript = goes_well(STORY).transcript
    lines = list(transcript.lines())
    [paused] = [line for line in lines if "→ paused" in line]
    assert paused.split() == ["15.000", "player", "playing", "→", "paused"]
    assert not any("track_position" in line for line in lines)
    assert any("track_position" in line for line in transcript.lines(positions=True))
    entries = [json.loads(line) for line in transcript.json_lines()]
    [entry] = [each for each in entries if each["kind"] == "machine" and each["data"]["to"] == "paused"]
    assert entry["data"] == {"machine": "player", "id": "player", "from": "playing", "to": "paused"}
    assert [each["at"] for each in entries] == sorted(each["at"] for each in entries)


def test_what_has_a_name_is_called_by_it() -> None:
    text = "\n".join(told(STORY).transcript.json_lines())
    assert '"tag_id": "cow"' in text
    assert '"active_track_id": "cow/1"' in text
    assert "/tmp" not in text
