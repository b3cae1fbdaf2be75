"""The web UI in a real browser, against the real service: HTTP, sockets, SQLite, silent sound, the virtual reader.

Each file of scenarios gets a box of its own and one browser. They are written for Node, as Playwright's home is there.
"""

import json
import os
import sys
from pathlib import Path
from subprocess import STDOUT

import pytest
import trio

from tests.rigs.certificates import self_signed
from tests.rigs.process import Box, serving
from tests.rigs.snapcast import snapcast_rig
from tests.rigs.youtube import youtube_rig

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
YOUTUBE = "youtube.test.mjs"  # its box has a YouTube of the tests' own
HTTPS = "own_https.test.mjs"  # ... and its one speaks it
SPEAKERS = "speakers.test.mjs"  # its box plays to a Snapcast server
SCENARIOS = sorted(path.name for path in HERE.glob("*.test.mjs") if path.name not in (YOUTUBE, HTTPS, SPEAKERS))
FIXED = {
    "TOMB_BOX_NAME": "Library box",
    "TOMB_VOLUME_CEILING": "60",
    "TOMB_START_VOLUME": "40",
    "TOMB_SAME_TAG": "next",
    "TOMB_ON_REMOVAL": "pause",
}
PATIENCE_S = 580.0  # for a file of scenarios
SCENARIO_MS = 240_000  # for one of them, which is then named; each of its steps has a patience of its own


async def run(*command: str | Path, **env: str) -> None:
    """Run a program of the checkout; what it wrote is told when it fails."""
    with trio.fail_after(PATIENCE_S):
        ended = await trio.run_process(
            [str(each) for each in command],
            cwd=ROOT, env=os.environ | env, capture_stdout=True, stderr=STDOUT, check=False,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stdout.decode(errors="replace")[-8000:]


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_in_a_browser(scenario: str, tmp_path: Path) -> None:
    env = {"TOMB_ALLOWED_HOSTS": "box.local"} | (FIXED if scenario == "fixed.test.mjs" else {})
    before: tuple[str, ...] = ()
    if scenario == "buttons.test.mjs":
        env |= {"TOMB_TEST_INPUT": str(input_devices(tmp_path / "input")), "TOMB_KEYS": "auto"}
        before = (sys.executable, "-m", "tests.rigs.box_with_keys")
    async with serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual", env=env, before=before) as box:
        await run_scenario(scenario, box, **env)


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("built")
async def test_youtube_in_a_browser(tmp_path: Path) -> None:
    async with (
        youtube_rig() as rig,
        serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual", tomb=rig.tomb) as box,
    ):
        await run_scenario(YOUTUBE, box)


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("built")
async def test_https_in_a_browser(tmp_path: Path) -> None:
    made = self_signed(tmp_path)
    env = {"TOMB_TLS_CERT": str(made.certificate), "TOMB_TLS_KEY": str(made.key), "TOMB_TLS_PORT": "0"}
    async with serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual", env=env) as box:
        at = "https://localhost:" + box.welcome.partition("https://127.0.0.1:")[2].partition("\n")[0]
        await run_scenario(HTTPS, box, **env, TOMB_SECURE_URL=at)


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("built")
async def test_speakers_in_a_browser(tmp_path: Path) -> None:
    async with (
        snapcast_rig() as rig,
        rig.speaker("kitchen"),
        rig.speaker("bath"),
        serving(tmp_path / "data", "--reader", "virtual", env=rig.env) as box,
    ):
        await rig.ask("Client.SetName", id="kitchen", name="Kitchen")
        await rig.ask("Client.SetName", id="bath", name="<b>Bath</b>")
        await run_scenario(SPEAKERS, box, TOMB_TEST_CONTROL=str(rig.control))


async def run_scenario(scenario: str, box: Box, **env: str) -> None:
    options = ("--test", "--test-reporter=spec", f"--test-timeout={SCENARIO_MS}")
    await run("node", *options, HERE / scenario, **env, TOMB_URL=box.url)


def input_devices(folder: Path) -> Path:
    """As tests/rigs/box_with_keys.py wants them."""
    folder.mkdir()
    button = {"name": "Big red button", "keys": [113, 148]}
    for name, about in (("event0", button), ("event1", {"name": "rotary@11", "axes": [0]})):
        os.mkfifo(folder / name)
        (folder / f"{name}.json").write_text(json.dumps(about))
    return folder


@pytest.mark.usefixtures("built")
async def test_its_types_are_those_that_the_box_tells_of(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual") as box:
        await run("node", "web/scripts/types.mjs", "--check", TOMB_URL=box.url)


@pytest.mark.usefixtures("built")
async def test_its_state_and_words() -> None:
    await run("sh", "scripts/ui", "check")
