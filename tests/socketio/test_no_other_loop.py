"""The codecs come from packages that know asyncio, and import it. No loop of it may ever be made."""

import subprocess
import sys

from tests.rigs.patience import PATIENCE_S

SCENARIO = """
import asyncio
import sys
from functools import partial

import trio


def forbidden(*args, **kwargs):
    raise AssertionError("an asyncio loop was made")


asyncio.new_event_loop = asyncio.events.new_event_loop = forbidden
asyncio.BaseEventLoop.__init__ = forbidden

from tests.socketio.stage import on_the_air, set_stage


async def main():
    stage = set_stage()
    async with on_the_air(stage) as url:
        host, port = url.removeprefix("http://").split(":")
        stream = await trio.open_tcp_stream(host, int(port))
        await stream.send_all(
            b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\\r\\nHost: box\\r\\nConnection: close\\r\\n\\r\\n"
        )
        async with stream:
            answer = b"".join([chunk async for chunk in stream])
        assert b'"upgrades":["websocket"]' in answer, answer
        await stage.server.shutdown()


trio.run(main)
print("served without a loop")
"""


def test_serving_makes_no_asyncio_loop_and_no_warning_in_development_mode() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", SCENARIO], capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "served without a loop\n"
    assert done.stderr == ""
