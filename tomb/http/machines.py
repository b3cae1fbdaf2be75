"""The box's mind, for whoever wants to look into it: each state machine as its table has it, and where it is now."""

from collections.abc import Mapping, Sequence
from inspect import getdoc
from typing import Any

from pydantic import RootModel

from tomb.http.envelope import Success
from tomb.http.parsing import Body
from tomb.http.routes import Call, Route, Services
from tomb.machines.diagrams import TABLES, render
from tomb.machines.download import DOWNLOAD
from tomb.machines.table import STAY, Table
from tomb.machines.upload import UPLOAD
from tomb.models import Wire


class MachineRow(Wire):
    """In `source`, on `event`, if `guard` agrees (null: in any case), do `action` (null: nothing) and go to `dest`."""

    source: str
    event: str
    guard: str | None
    action: str | None
    dest: str


class MachineNow(Wire):
    """One machine of the table. `id`: which one, such as the session or the device."""

    id: str
    state: str


class MachineTable(Wire):
    """`theory`: what it decides, in plain words, as Markdown. `final`: states that are not left again.

    `rows` are in the order in which they are tried. `mermaid`: the moves among them as a diagram.
    """

    name: str
    theory: str
    states: Sequence[str]
    initial: str
    final: Sequence[str]
    rows: Sequence[MachineRow]
    mermaid: str
    current: Sequence[MachineNow]


class MachineTables(RootModel[Sequence[MachineTable]]):
    pass


async def _machines(services: Services, _: Call[Body]) -> Success[MachineTables]:
    """All state machines: their tables, and the state that each of them is in."""
    states = services.board.machines
    # Their owner is the database.
    owned: Mapping[Table[Any], Mapping[str, str]] = {
        UPLOAD: {each.id: each.status for each in await services.uploads.sessions()},
        DOWNLOAD: {each.task_id: each.status for each in await services.downloads.tasks()},
    }
    return Success(
        MachineTables(
            [
                MachineTable(
                    name=table.name,
                    theory=getdoc(module) or "",
                    states=table.states,
                    initial=table.initial,
                    final=table.final,
                    rows=_rows(table),
                    mermaid=render(table),
                    current=[
                        MachineNow(id=each, state=state)
                        for each, state in (owned.get(table) or states.of(table.name)).items()
                    ],
                )
                for module, table in TABLES.items()
            ]
        )
    )


def _rows(table: Table[Any]) -> list[MachineRow]:
    return [
        MachineRow(
            source=source,
            event=each.on.__name__,
            guard=each.label or None,
            action=each.do.__name__.strip("_") if each.do else None,
            dest=source if each.dest == STAY else each.dest,
        )
        for source in table.states
        for each in table.rows
        if source in each.sources
    ]


ROUTES = (Route("GET", "/api/system/machines", _machines, playing=True),)
