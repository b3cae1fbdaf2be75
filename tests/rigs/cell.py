"""A cell: a program that starts daemons in a network and a mount namespace of its own, and does what it is told.

What is started in there is seen by nobody outside but by its files, and ends with it.
"""

import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL

import trio

from tests.rigs.patience import PATIENCE_S

ENDS_S = 5


@asynccontextmanager
async def cell(script: str, folder: Path, walls: Sequence[str] = ()) -> AsyncIterator[trio.socket.SocketType]:
    """The wire to it, once it answers. `script`: of this folder; it is given the other end's number and `folder`.
    `walls`: what `unshare` separates beside network and mounts."""
    ours, theirs = trio.socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    program = str(Path(__file__).with_name(script))
    process = await trio.lowlevel.open_process(
        ["unshare", "--net", "--mount", *walls, sys.executable, "-I", program, str(theirs.fileno()), str(folder)],
        stdin=DEVNULL,
        pass_fds=[theirs.fileno()],
    )
    theirs.close()
    try:
        with trio.fail_after(PATIENCE_S):
            if not await ours.recv(100):
                raise RuntimeError(f"{script} got no namespaces of its own; the reason is on stderr")
        yield ours
    finally:
        ours.close()
        with trio.move_on_after(ENDS_S, shield=True) as patience:
            await process.wait()
        if patience.cancelled_caught:
            process.kill()
