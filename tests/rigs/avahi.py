"""A real Avahi on a network of two computers that nobody else is in (see `avahi_cell`).

    async with avahi_rig() as rig:  # D-Bus in this process, and in children given rig.env, is that of the first
        await rig.start("box")
        assert await rig.found("_tomb._tcp") == ...

Needs root.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio

from tests.rigs.cell import cell
from tests.rigs.patience import PATIENCE_S

LOOK_S = 0.1


@dataclass(frozen=True, slots=True)
class Found:
    """A service, as whoever looks for it in the network sees it."""

    name: str
    host: str
    port: int
    text: frozenset[str]


class AvahiRig:
    def __init__(self, folder: Path, control: trio.socket.SocketType) -> None:
        self.env = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder / 'box' / 'bus'}"}
        self._other = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder / 'other' / 'bus'}"}
        self._control = control

    async def start(self, name: str, *, computer: str = "box") -> None:
        await self._order(f"start {computer} {name}")

    async def kill(self, program: str) -> None:
        """`avahi`, or `dbus`, which Avahi does not survive."""
        await self._order(f"kill box {program}")

    async def rename(self, name: str) -> None:
        await self._order(f"rename box {name}")

    async def offer(self, name: str, port: int) -> None:
        """The other computer announces a web service."""
        await self._order(f"offer other {port} {name}")

    async def into(self) -> tuple[str, ...]:
        """What to put before a command for it to be run on the box."""
        process, _ = (await self._order("processes")).split()
        return ("nsenter", "-t", process, "--net")

    async def found(self, kind: str, *, by_other: bool = False) -> set[Found]:
        """All services of a kind that are there now, by IPv4. `by_other`: as the other computer sees them."""
        env = os.environ | (self._other if by_other else self.env)
        done = await trio.run_process(("avahi-browse", "-rtp", kind), env=env, capture_stdout=True)
        found = set()
        for line in done.stdout.decode().splitlines():
            fields = line.split(";", 9)
            if fields[0] == "=" and fields[2] == "IPv4":
                text = frozenset(each.strip('"') for each in fields[9].split('" "'))
                found.add(Found(_unescaped(fields[3]), fields[6], int(fields[8]), text))
        return found

    async def until_found(self, kind: str, *names: str, by_other: bool = False) -> set[Found]:
        """Those of a kind as soon as they are called so and no otherwise."""
        found: set[Found] = set()
        with trio.move_on_after(PATIENCE_S):
            while True:
                found = await self.found(kind, by_other=by_other)
                if {each.name for each in found} == set(names):
                    return found
                await trio.sleep(LOOK_S)
        raise AssertionError(f"not found as {names}; last seen: {found}")

    async def _order(self, command: str) -> str:
        with trio.fail_after(PATIENCE_S, shield=True):  # or the next order would get this one's answer
            await self._control.send(command.encode())
            answer = await self._control.recv(1000)
        assert answer, f"the cell ended at {command!r}"
        return answer.decode()


def _unescaped(text: str) -> str:
    r"""As avahi-browse writes names: bytes that are no letters as `\032`, decimal."""
    raw, rest = b"", text
    while rest:
        before, found, rest = rest.partition("\\")
        raw += before.encode()
        if found and rest[:3].isdigit():
            raw, rest = raw + bytes([int(rest[:3])]), rest[3:]
        elif found:
            raw, rest = raw + rest[:1].encode(), rest[1:]
    return raw.decode()


@asynccontextmanager
async def avahi_rig() -> AsyncIterator[AvahiRig]:
    """Nothing is started yet. Leaves nothing behind: no process, no file, no environment."""
    if os.geteuid() != 0:
        pytest.skip("two computers on a cable need root")
    folder = Path(tempfile.mkdtemp(prefix="tomb-avahi-", dir="/tmp"))  # short, as a socket's path must be
    try:
        async with cell("avahi_cell.py", folder) as ours:
            rig = AvahiRig(folder, ours)
            with pytest.MonkeyPatch.context() as patch:
                for name, value in rig.env.items():
                    patch.setenv(name, value)
                yield rig
    finally:
        shutil.rmtree(folder)
