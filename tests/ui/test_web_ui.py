"""The web UI in a real browser, against the real service: HTTP, sockets, SQLite, silent sound, the virtual reader.

Each file of scenarios gets a box of its own and one browser. They are written for Node, as Playwright's home is there.
"""

import os
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest
import trio

from tests.rigs.process import serving

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SCENARIOS = sorted(path.name for path in HERE.glob("*.test.mjs"))
SCENARIO_S = 110.0


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_in_a_browser(scenario: str, tmp_path: Path) -> None:
    async with serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual") as box:
        env = os.environ | {"TOMB_URL": box.url}
        with trio.fail_after(SCENARIO_S):
            run = await trio.run_process(
                ["node", "--test", "--test-reporter=spec", str(HERE / scenario)],
                env=env, stdout=PIPE, stderr=STDOUT, check=False,
            )  # fmt: skip
        assert run.returncode == 0, run.stdout.decode(errors="replace")[-8000:]


@pytest.mark.usefixtures("built")
async def test_its_types_are_those_that_the_box_tells_of(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual") as box:
        with trio.fail_after(SCENARIO_S):
            run = await trio.run_process(
                ["node", str(ROOT / "web/scripts/types.mjs"), "--check"],
                env=os.environ | {"TOMB_URL": box.url}, stdout=PIPE, stderr=STDOUT, check=False,
            )  # fmt: skip
        assert run.returncode == 0, run.stdout.decode(errors="replace")


@pytest.mark.usefixtures("built")
async def test_its_state_and_words() -> None:
    with trio.fail_after(SCENARIO_S):
        run = await trio.run_process(
            ["sh", str(ROOT / "scripts/ui"), "check"], cwd=ROOT, stdout=PIPE, stderr=STDOUT, check=False
        )
    assert run.returncode == 0, run.stdout.decode(errors="replace")[-8000:]
