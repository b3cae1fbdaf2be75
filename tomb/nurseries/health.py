"""The board on which the supervised tasks write how they are; health answers are read from it and from nowhere else.

All that lasts is counted on Trio's clock. A Pi has no clock of its own: it may boot in 1970 and be told the year an
hour later, and an uptime that is a difference of two wall clocks would then be fifty years. Since when a service is as
it is goes over the wire as a date all the same: it is worked out when it is asked for, so long before now.
"""

from typing import Literal

import trio
from msgspec import Struct
from msgspec.structs import replace

from tomb.models import ServiceState
from tomb.nurseries.machine_states import MachineStates
from tomb.ports import Ports

Overall = Literal["healthy", "degraded", "unhealthy"]
STARTING = "starting"
UP = "up"
DOWN = "down"
STAND_IN = "stand-in"


class Service(Struct, frozen=True):
    """`configured`: whether the box is expected to have it; only then does its absence count. `since`: Trio's time."""

    state: str
    since: float
    configured: bool = True
    restarts: int = 0
    last_error: str | None = None


class Board:
    """`machines`: where the state machines are, which is more than whether a service is up."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._started = trio.current_time()
        self._services: dict[str, Service] = {}
        self.machines = MachineStates()

    def note(
        self, name: str, state: str | None = None, *, error: str | None = None, configured: bool | None = None
    ) -> None:
        """Write down that `name` is now in `state` (None: in the same); `error` is kept until the next one."""
        old = self._services.get(name) or Service("", 0.0)
        state = old.state if state is None else state
        changed = old.state != state
        self._services[name] = replace(
            old,
            state=state,
            since=trio.current_time() if changed else old.since,
            restarts=old.restarts + (old.state == DOWN and state == UP),
            last_error=error or old.last_error,
            configured=old.configured if configured is None else configured,
        )

    def forget(self, name: str) -> None:
        """The last error: what it was about is no more."""
        if name in self._services:
            self._services[name] = replace(self._services[name], last_error=None)

    def is_up(self, name: str) -> bool:
        return name in self._services and self._services[name].state == UP

    @property
    def overall(self) -> Overall:
        broken = {name for name, each in self._services.items() if each.configured and each.state != UP}
        if not broken:
            return "healthy"
        return "unhealthy" if "api" in broken else "degraded"

    @property
    def troubles(self) -> list[str]:
        """In words, what is not as it should be."""
        return [
            f"{name} is {each.state}" + (f" ({each.last_error})" if each.last_error else "")
            for name, each in self._services.items()
            if each.configured and each.state != UP
        ]

    @property
    def uptime(self) -> float:
        """Seconds."""
        return trio.current_time() - self._started

    def details(self) -> dict[str, ServiceState]:
        """`since` in seconds since the epoch, by the wall clock as it goes now."""
        wall, now = self._ports.wall(), trio.current_time()
        return {
            name: ServiceState(
                state=each.state,
                since=wall - (now - each.since),
                restarts=each.restarts,
                last_error=each.last_error,
            )
            for name, each in self._services.items()
        }
