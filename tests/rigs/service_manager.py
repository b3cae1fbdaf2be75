"""What systemd is to a box: a socket that it says things to (sd_notify(3))."""

import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio

from tests.rigs.patience import PATIENCE_S


@dataclass
class Manager:
    """`said`: all that it was told, a line each, with Trio's time. `env`: what a box must have to tell it."""

    address: str
    said: list[tuple[float, str]] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    _more: trio.Event = field(default_factory=trio.Event)

    @property
    def words(self) -> list[str]:
        return [line for _, line in self.said]

    async def until(self, line: str, times: int = 1) -> float:
        """Until it has been told a line that matches, so often; when that was."""
        with trio.fail_after(PATIENCE_S):
            while len(found := [at for at, said in self.said if re.match(line, said)]) < times:
                await self._more.wait()
        return found[times - 1]

    async def listen(self, to: trio.socket.SocketType) -> None:
        while True:
            for line in (await to.recv(4096)).decode().splitlines():
                self.said.append((trio.current_time(), line))
            self._more.set()
            self._more = trio.Event()


@asynccontextmanager
async def service_manager(address: Path | str, **env: str) -> AsyncIterator[Manager]:
    """`address`: of the socket; one that begins with "@" has no file."""
    manager = Manager(str(address))
    manager.env = {"NOTIFY_SOCKET": manager.address, **env}
    with trio.socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        await to.bind(manager.address.replace("@", "\0", 1) if manager.address.startswith("@") else manager.address)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(manager.listen, to)
            yield manager
            nursery.cancel_scope.cancel()
