"""The reference client, socket.io-client for JavaScript, says whether this is a Socket.IO server."""

import json
import re
from pathlib import Path

import pytest
import trio

from tests.rigs.patience import PATIENCE_S
from tests.socketio.stage import Stage, on_the_air, set_stage
from tomb.socketio import Reason

SCRIPT = Path(__file__).parents[1] / "js" / "conformance.mjs"
CASES = re.findall(r"^  async (\w+)\(\)", SCRIPT.read_text(), re.MULTILINE)
MODES = ["websocket", "polling", "upgrade"]
AWAY = {Reason.CLIENT_DISCONNECT, Reason.TRANSPORT_CLOSE}


async def play(url: str, mode: str, case: str) -> dict[str, str]:
    with trio.fail_after(PATIENCE_S):
        done = await trio.run_process(
            ["node", str(SCRIPT), url, mode, case], capture_stdout=True, capture_stderr=True, check=False
        )
    assert done.returncode == 0, f"exit status {done.returncode}\n{done.stderr.decode()}"
    learned: dict[str, str] = json.loads(done.stdout or "{}")
    return learned


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", CASES)
async def test_the_javascript_client_agrees(case: str, mode: str) -> None:
    stage = set_stage()
    async with on_the_air(stage) as url:
        learned = await play(url, mode, case)
        with trio.fail_after(PATIENCE_S):
            await stage.all_gone()
            if "sid" in learned:
                assert await stage.departure_of(learned["sid"]) in AWAY
    assert_nothing_is_left(stage)


def assert_nothing_is_left(stage: Stage) -> None:
    root = stage.server.namespace("/")
    assert root.clients == {}
    assert root.rooms.within(["red", "blue"]) == {}
    sids = [sid for sid, _ in stage.departures]
    assert len(sids) == len(set(sids)), "a client departed twice"
