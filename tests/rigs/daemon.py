"""A program that serves others, in the foreground: started, made to hang, killed as by a crash."""

import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from subprocess import DEVNULL

import trio

from tests.rigs.patience import PATIENCE_S

PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"  # where Debian has some of them, and a plain user's PATH does not look
_LOOK_S = 0.01


class Daemon:
    """`answers`: whether it takes clients by now. `env`: beside our own. `quiet`: what it logs is of no use."""

    def __init__(
        self,
        command: Sequence[str],
        answers: Callable[[], Awaitable[bool]],
        env: Mapping[str, str] | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        self._command = command
        self._stderr = DEVNULL if quiet else None
        self._answers = answers
        self._env = os.environ | {"PATH": PATH, **(env or {})}
        self._process: trio.Process | None = None

    async def start(self) -> None:
        """Returns when it answers."""
        process = await trio.lowlevel.open_process(
            self._command, stdin=DEVNULL, stdout=DEVNULL, stderr=self._stderr, env=self._env
        )
        self._process = process
        with trio.fail_after(PATIENCE_S):
            while not await self._answers():
                assert process.poll() is None, f"{self._command[0]} ended by itself"
                await trio.sleep(_LOOK_S)

    async def kill(self) -> None:
        """End it as a crash would, without a word to its clients."""
        if self._process is not None:
            self._process.kill()
            await self._process.wait()
            self._process = None

    async def restart(self) -> None:
        await self.kill()
        await self.start()

    def hang(self) -> None:
        """Keep it from doing anything, until `go_on`."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)
