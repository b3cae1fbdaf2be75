"""Which rows of the state machines a set of scenarios has told, and which scenario told each first.

A row counts once for each state that it starts from: "Next while paused" is another story than "Next while playing".
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from msgspec import Struct

from tomb.machines.diagrams import TABLES
from tomb.machines.table import WITNESS, Firing


class Told(Struct, frozen=True):
    """One row, from one of its states. `guard`: as the diagram names it, empty where there is none."""

    machine: str
    source: str
    event: str
    guard: str
    dest: str

    def __str__(self) -> str:
        condition = f" [{self.guard.replace('_', ' ')}]" if self.guard else ""
        return f"{self.machine}: {self.source}, {self.event}{condition} -> {self.dest}"


def all_rows() -> list[Told]:
    """In the order of the tables."""
    return [
        Told(table.name, source, row.on.__name__, row.label, row.leads_to(source))
        for table in TABLES.values()
        for source in table.states
        for row in table.rows
        if source in row.sources
    ]


@dataclass
class Coverage:
    """`by`: of each row that was told, the scenarios that told it, in their order."""

    by: dict[Told, list[str]] = field(default_factory=dict)

    @contextmanager
    def watching(self, scenario: str) -> Iterator[None]:
        """What is fired in here is told by that scenario."""

        def witness(firing: Firing) -> None:
            row = firing.row
            if row is not None:
                source = firing.source
                told = Told(firing.table.name, source, row.on.__name__, row.label, row.leads_to(source))
                tellers = self.by.setdefault(told, [])
                if scenario not in tellers:
                    tellers.append(scenario)

        before = WITNESS.set(witness)
        try:
            yield
        finally:
            WITNESS.reset(before)

    @property
    def untold(self) -> list[Told]:
        return [row for row in all_rows() if row not in self.by]

    def report(self) -> Iterator[str]:
        """Each row with who told it, those that nobody told last."""
        rows = all_rows()
        for row in rows:
            if row in self.by:
                first, *others = self.by[row]
                yield f"{row}: {first}" + (f", and {len(others)} more" if others else "")
        yield from (f"{row}: NOT TOLD" for row in self.untold)
        yield f"{len(rows)} rows, {len(self.untold)} of them not told"
