"""Where each machine of the box is at this moment, for those who want to watch it think (`GET /api/system/machines`).

The owner of a machine says so after it fired an event. That is all this costs: a comparison, and a message to whoever
watches when the state is another one. Upload sessions are not here: their owner is the database, which is asked.
"""

from collections.abc import Callable
from typing import Any

from tomb.machines.table import Table

Listener = Callable[[str, str, str | None], None]


class MachineStates:
    """`listener` is called with the table's name, the machine's id and its state, None when there is no such machine
    any more. It must not block or raise."""

    def __init__(self) -> None:
        self._states: dict[str, dict[str, str]] = {}
        self.listener: Listener = lambda _name, _machine_id, _state: None

    def note(self, table: Table[Any], machine_id: str, state: str) -> None:
        """The machine is in that state now."""
        states = self._states.setdefault(table.name, {})
        if states.get(machine_id) != state:
            states[machine_id] = state
            self.listener(table.name, machine_id, state)

    def drop(self, table: Table[Any], machine_id: str) -> None:
        """There is no such machine any more."""
        if self._states.get(table.name, {}).pop(machine_id, None) is not None:
            self.listener(table.name, machine_id, None)

    def all(self) -> list[tuple[str, str, str]]:
        """The table's name, the machine's id and its state, of each."""
        return [(name, each, state) for name, states in self._states.items() for each, state in states.items()]

    def of(self, name: str) -> dict[str, str]:
        """Ids and states of the machines of one table, the oldest first."""
        return dict(self._states.get(name, {}))
