"""By which names the box may be addressed: those of the computer, as long as they are its names, and the operator's.

A computer is called otherwise when somebody says so (`hostnamectl`), and a laptop's resolver belongs to the network it
is in at the moment. So both are looked at again and again, in a thread, since what is behind that path may hang.
"""

from collections.abc import Callable, Iterable

import trio
from msgspec.structs import replace

from tomb.devices import naming
from tomb.devices.naming import Naming
from tomb.ports import Ports

LOOK_S = 5.0
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Names:
    """`also`: names that the operator gives it. `announced`: the one that it has on the network without a name server,
    None while it has none."""

    def __init__(self, ports: Ports, also: Iterable[str] = (), look: Callable[[], Naming] = naming.look) -> None:
        self._ports = ports
        self._look = look
        self._always = LOCAL | {name.lower() for name in also}
        self._naming = look()
        # Search domains are judged in a thread, later: nobody is kept from music by them.
        self._own = naming.own_names(replace(self._naming, search=()))
        self.announced: str | None = None

    @property
    def host(self) -> str:
        """What the computer is called, without a domain."""
        return self._naming.host.partition(".")[0]

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self._always or name == self.announced

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        task_status.started()
        judged: Naming | None = None
        while True:
            found = await self._ports.in_thread(self._look)
            if found != judged:
                self._own = await self._ports.in_thread(naming.own_names, found)
                self._naming = judged = found
            await trio.sleep(LOOK_S)
