"""The box that is killed: a process group of its own, so that its children die with it, as in a power cut."""

import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL, PIPE

import trio

from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import TOMB, UNHURRIED, UP, Said, clean_env
from tests.soak.api import Complaint


class Victim:
    """Made by `starting`."""

    def __init__(self, process: trio.Process, said: Said) -> None:
        self._process = process
        self._said = said
        self.dead = trio.Event()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> str:
        return self._said.err.decode(errors="replace")

    async def up(self) -> int:
        """The port, as soon as it listens. Raises: Complaint when it ends instead."""
        with trio.fail_after(PATIENCE_S):
            while (told := UP.search(self._said.out)) is None:
                if (status := self._process.poll()) is not None:
                    raise Complaint(f"the box did not start, but ended with {status}: {self.log}")
                with trio.move_on_after(0.1):
                    await self._said.more.wait()
        return int(told[1])

    async def kill(self) -> None:
        """Raises: Complaint when it had ended by itself."""
        if (status := self._process.poll()) is not None:
            raise Complaint(f"the box ended by itself with {status}: {self.log}")
        await self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it where it is; returns when all its threads stand still.

        It alone: a child that is stopped before its exec would keep its parent waiting, and from stopping (vfork(2)).
        """
        os.kill(self._process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    async def terminate(self) -> None:
        """As systemd stops it. Raises: Complaint when it does not end well."""
        await self._end(signal.SIGTERM)
        if self._process.returncode != 0:
            raise Complaint(f"the box ended with {self._process.returncode} on SIGTERM: {self.log}")

    async def _end(self, how: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, how)
        with trio.fail_after(PATIENCE_S):
            await self._process.wait()
        self.dead.set()


@asynccontextmanager
async def starting(data: Path, env: Mapping[str, str]) -> AsyncIterator[Victim]:
    """A box on the data folder that may not be up yet. Raises: Complaint when its log has a traceback in it."""
    command = [TOMB, "serve", "--host", "127.0.0.1", "--port", "0", "--data", str(data)]
    process = await trio.lowlevel.open_process(
        [*command, "--audio", "silent", "--reader", "virtual"],
        env=clean_env() | UNHURRIED | dict(env),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
    )
    said = Said()
    victim = Victim(process, said)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(said.read, process.stdout, said.out)
            nursery.start_soon(said.read, process.stderr, said.err)
            yield victim
            nursery.cancel_scope.cancel()
    finally:
        with trio.CancelScope(shield=True), suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if "Traceback" in victim.log:
        raise Complaint(f"the box wrote a traceback: {victim.log}")
