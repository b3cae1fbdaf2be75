"""A computer of which nothing is known, and that nothing is plugged into."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from tomb.devices.backup_drive import Target, Visit, refusal
from tomb.devices.facts import Facts
from tomb.ports import Ports


async def found_nothing(_ports: Ports, _data: Path, _port: int) -> Facts:
    """Nothing of this computer is looked at."""
    return Facts(versions={"tomb": "0"})


class NoStick:
    """Where no stick is. (The real one starts children, on a clock of their own.)"""

    @asynccontextmanager
    async def visit(self, target: Target) -> AsyncIterator[Visit]:
        await trio.lowlevel.checkpoint()
        raise refusal(target.folder, "absent")
        yield  # type: ignore[unreachable]  # which makes a generator of it
