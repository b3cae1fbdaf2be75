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
from tomb.machines.owners import OWNERS
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


class MachineTie(Wire):
    """`who` fires these events, or is reached by these effects: `what`."""

    who: str
    what: Sequence[str]


class MachineTable(Wire):
    """`theory`: what it decides, in plain words, as Markdown. `final`: states that are not left again. `owner`: the
    part of the box that fires its events and carries out its effects; `fired_by`, `reaches`: for whom, and to whom
    beyond itself.

    `rows` are in the order in which they are tried. `mermaid`: the moves among them as a diagram.
    """

    name: str
    theory: str
    states: Sequence[str]
    initial: str
    final: Sequence[str]
    rows: Sequence[MachineRow]
    mermaid: str
    owner: str
    fired_by: Sequence[MachineTie]
    reaches: Sequence[MachineTie]
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
                    owner=OWNERS[table.name].name,
                    fired_by=_ties(OWNERS[table.name].fired_by),
                    reaches=_ties(OWNERS[table.name].reaches),
                    current=[
                        MachineNow(id=each, state=state)
                        for each, state in (owned.get(table) or states.of(table.name)).items()
                    ],
                )
                for module, table in TABLES.items()
            ]
        )
    )


def _ties(those: Mapping[str, Sequence[str]]) -> list[MachineTie]:
    return [MachineTie(who=who, what=what) for who, what in those.items()]


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
