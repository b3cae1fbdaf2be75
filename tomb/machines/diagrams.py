"""The tables as pictures: Mermaid state diagrams, and the page `docs/machines.md` that shows them.

Everything here is made from the tables themselves, so that a diagram cannot tell another story than the program. The
text is written here and not by the extensions of `transitions`: those take 48 ms to import and bring asyncio along, and
a running box shows its diagrams too.
"""

from collections.abc import Callable, Mapping, Sequence
from inspect import getdoc
from pathlib import Path
from types import ModuleType
from typing import Any

from tomb.machines import (
    association,
    device,
    download,
    keys,
    knobs,
    limits,
    owners,
    player,
    presence,
    update,
    upload,
)
from tomb.machines.owners import OWNERS
from tomb.machines.table import STAY, Row, Table

TABLES: Mapping[ModuleType, Table[Any]] = {
    player: player.PLAYER,
    limits: limits.LIMITS,
    presence: presence.PRESENCE,
    association: association.ASSOCIATION,
    device: device.DEVICE,
    upload: upload.UPLOAD,
    download: download.DOWNLOAD,
    update: update.UPDATE,
    keys: keys.KEY,
    knobs: knobs.KNOB,
}
PAGE = "machines.md"
OVERVIEW = "coupling.mmd"
_FEW = 3  # names on an arrow; the tables have them all

_INTRODUCTION = """\
# The state machines

The decisions of the box are made by the tables below and nowhere else. A picture shows which events lead from one state
to another. The table under it has every row: on an event in a state, the first row whose condition holds is taken, and
what it does is the name of the action in the code. Whatever has no row is declared to mean nothing.

This page is generated from the tables (`tomb diagrams`); do not edit it.
"""

_COUPLED = """\
## How they are coupled

{theory}

An arrow into a machine has the events that are fired, a dotted one out of it the effects that go on to others: three by
name, and how many more. Where the effects of one machine make its owner turn to the owner of another, the arrow leads
from machine to machine and has the events that come of it.

```mermaid
{drawing}```
"""


def render(table: Table[Any]) -> str:
    """The table as the text of a Mermaid `stateDiagram-v2` (mermaid.js.org/syntax/stateDiagram.html).

    Each event once an arrow. What stays in its state is in the rows: drawn, it hides the picture.
    """
    arrows: dict[tuple[str, str], list[str]] = {}
    for each in table.rows:
        for source in each.sources:
            if each.dest not in (STAY, source):
                arrows.setdefault((source, each.dest), []).append(each.on.__name__)
    in_order = sorted(arrows.items(), key=lambda arrow: table.states.index(arrow[0][0]))
    lines = ["---", f"title: {table.name}", "---", "stateDiagram-v2", "  direction LR", ""]
    lines += [f'  state "{state}" as {state}' for state in table.states]
    lines += ["", *(f"  {source} --> {dest}: {'<br/>'.join(dict.fromkeys(on))}" for (source, dest), on in in_order)]
    lines += [f"  [*] --> {table.initial}", *(f"  {state} --> [*]" for state in table.final)]
    return "\n".join(lines) + "\n"


def render_coupling() -> str:
    """How the machines are coupled, as the text of a Mermaid flowchart (mermaid.js.org/syntax/flowchart.html)."""
    machines_of: dict[str, list[str]] = {}
    for machine, owner in OWNERS.items():
        machines_of.setdefault(owner.name, []).append(machine)
    lines = [f'  {machine}{{{{"{machine}<br/>of {owner.name}"}}}}' for machine, owner in OWNERS.items()]
    for machine, owner in OWNERS.items():
        for who, events in owner.fired_by.items():
            if who not in ("itself", "timer"):
                for source in machines_of.get(who, [_node(who)]):
                    lines.append(f"  {source} -- {_few(events)} --> {machine}")
        for whom, effects in owner.reaches.items():
            if whom not in machines_of:
                lines.append(f"  {machine} -. {_few(effects)} .-> {_node(whom)}")
    return "\n".join(["flowchart LR", *lines]) + "\n"


def _node(who: str) -> str:
    return f'{who.replace(" ", "_")}(["{who}"])'


def _few(names: Sequence[str]) -> str:
    more = f", +{len(names) - _FEW}" if len(names) > _FEW else ""
    return f'"{", ".join(names[:_FEW])}{more}"'


def pages() -> dict[str, str]:
    """File names and their contents: a `.mmd` a machine, one of how they are coupled, and the page with all of them."""
    drawings = {f"{table.name}.mmd": render(table) for table in TABLES.values()} | {OVERVIEW: render_coupling()}
    chapters = [_chapter(theory, table) for theory, table in TABLES.items()]
    coupled = _COUPLED.format(theory=getdoc(owners), drawing=drawings[OVERVIEW])
    return {**drawings, PAGE: "\n".join([_INTRODUCTION, coupled, *chapters])}


def write(out_dir: Path) -> list[Path]:
    """Write all pages into `out_dir`, which is made if need be. Returns the paths. Raises OSError."""
    out_dir.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (out_dir / name).write_text(text, encoding="utf-8")
    return [out_dir / name for name in pages()]


def _chapter(module: ModuleType, table: Table[Any]) -> str:
    drawing = f"```mermaid\n{render(table)}```"
    parts = [f"## {table.name.capitalize()}", getdoc(module) or "", drawing, _rows(table), _coupling(module)]
    return "\n\n".join([*(part for part in parts if part), _ignored(table), _owner(table)]) + "\n"


def _owner(table: Table[Any]) -> str:
    owner = OWNERS[table.name]
    fired = [f"| {who} | fires {', '.join(events)} |" for who, events in owner.fired_by.items()]
    reached = [f"| {whom} | is reached by {', '.join(effects)} |" for whom, effects in owner.reaches.items()]
    return "\n".join([f"| its owner is {owner.name} | |", "|---|---|", *fired, *reached])


def _rows(table: Table[Any]) -> str:
    rows = [_row(source, each) for source in table.states for each in table.rows if source in each.sources]
    return "\n".join(["| in the state | on | if | does | goes to |", "|---|---|---|---|---|", *rows])


def _row(source: str, row: Row[Any]) -> str:
    does = row.do.__name__.strip("_").replace("_", " ") if row.do else ""
    goes = "" if row.dest in (STAY, source) else row.dest
    return f"| {source} | {row.on.__name__} | {row.label.replace('_', ' ')} | {does} | {goes} |"


def _coupling(module: ModuleType) -> str:
    """What the states of two machines that stand together mean for each other, where a module declares it."""
    pairs: Mapping[tuple[str, str], Callable[[Any], None]] = getattr(module, "COUPLING", {})
    rows = [f"| {one} | {other} | {do.__name__.replace('_', ' ')} |" for (one, other), do in pairs.items()]
    return "\n".join(["| the one is | the other is | so, after a row |", "|---|---|---|", *rows]) if rows else ""


def _ignored(table: Table[Any]) -> str:
    rows = [f"| {state} | {_events(table, state)} |" for state in table.states if _events(table, state)]
    return "\n".join(["| in the state | these mean nothing |", "|---|---|", *rows])


def _events(table: Table[Any], state: str) -> str:
    return ", ".join(event.__name__ for event in table.events if (state, event) in table.ignored)
