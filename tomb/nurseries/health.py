"""The board on which the supervised tasks write how they are; health answers are read from it and from nowhere else."""

from dataclasses import dataclass, replace
from typing import Literal

from tomb.models import ServiceState
from tomb.ports import Ports

Overall = Literal["healthy", "degraded", "unhealthy"]
STARTING = "starting"
UP = "up"
DOWN = "down"


@dataclass(frozen=True, slots=True)
class Service:
    """`configured`: whether the box is expected to have it; only then does its absence count."""

    state: str
    since: float
    configured: bool = True
    restarts: int = 0
    last_error: str | None = None


class Board:
    """`shown` are the services that the wire lists whether the box has them or not."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._started = ports.wall()
        self._services: dict[str, Service] = {}

    def note(self, name: str, state: str, *, error: str | None = None, configured: bool | None = None) -> None:
        """Write down that `name` is now in `state`; `error` is kept until the next one."""
        old = self._services.get(name) or Service("", 0.0)
        changed = old.state != state
        self._services[name] = replace(
            old,
            state=state,
            since=self._ports.wall() if changed else old.since,
            restarts=old.restarts + (old.state == DOWN and state == UP),
            last_error=error or old.last_error,
            configured=old.configured if configured is None else configured,
        )

    def is_up(self, name: str) -> bool:
        return name in self._services and self._services[name].state == UP

    @property
    def overall(self) -> Overall:
        broken = {name for name, each in self._services.items() if each.configured and each.state != UP}
        if not broken:
            return "healthy"
        return "unhealthy" if "api" in broken else "degraded"

    @property
    def uptime(self) -> float:
        """Seconds."""
        return self._ports.wall() - self._started

    def details(self) -> dict[str, ServiceState]:
        return {
            name: ServiceState(state=each.state, since=each.since, restarts=each.restarts, last_error=each.last_error)
            for name, each in self._services.items()
        }
