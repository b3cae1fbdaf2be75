import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import trio

from tests.rigs.patience import PATIENCE_S

MANUAL = Path(__file__).parents[2] / "docs" / "socketio.md"


async def test_the_manuals_example_serves() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", MANUAL.read_text(), re.DOTALL)
    free = example.replace("port=8000", "port=0")
    assert free != example
    async with trio.open_nursery() as nursery:
        run = partial(trio.run_process, [sys.executable, "-u", "-c", free], stdout=subprocess.PIPE, check=False)
        process: trio.Process = await nursery.start(run)
        assert process.stdout is not None
        with trio.fail_after(PATIENCE_S):
            port = int(re.findall(rb"port=(\d+)", await process.stdout.receive_some())[0])
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: box\r\n\r\n")
                assert b"200" in await stream.receive_some()
        process.terminate()
