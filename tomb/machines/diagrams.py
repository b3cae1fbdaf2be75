"""The tables as pictures: Mermaid state diagrams, and the page `docs/machines.md` that shows them.

Everything here is made from the tables themselves, so that a diagram cannot tell another story than the program. Only
`tomb diagrams` imports this module: the extensions of `transitions` take 48 ms to import and bring asyncio along.
"""

from collections.abc import Callable, Iterable, Mapping
from inspect import getdoc
from pathlib import Path
from types import ModuleType
from typing import Any

from transitions.extensions import GraphMachine

from tomb.machines import association, player, tag
from tomb.machines.table import STAY, Table

TABLES: Mapping[ModuleType, Table[Any]] = {
    player: player.PLAYER,
    tag: tag.PRESENCE,
    association: association.ASSOCIATION,
}
PAGE = "machines.md"

_INTRODUCTION = """\
# The state machines

The decisions of the box are made by the tables below and nowhere else. An arrow is labelled with the events that follow
it and, in brackets, the condition under which they do; of several conditions on one event, the first that holds wins.
An arrow from a state to itself means that something is done while the state stays.

This page is generated from the tables (`tomb diagrams`); do not edit it.
"""


def render(table: Table[Any]) -> str:
    """The table as the text of a Mermaid `stateDiagram-v2`."""
    fresh = GraphMachine(  # a model of its own, in the initial state, so that nothing has happened to it
        states=list(table.states),
        initial=table.initial,
        auto_transitions=False,
        graph_engine="mermaid",
        show_conditions=True,
        transitions=list(_transitions(table)),
    )
    lines = str(fresh.get_combined_graph(title=f"title: {table.name}").draw(None)).splitlines()
    lines += [f"  {state} --> [*]" for state in table.final]
    return "\n".join(_tidied(lines)) + "\n"


def pages() -> dict[str, str]:
    """File names and their contents: one `.mmd` a machine, and the page with all of them."""
    drawings = {f"{table.name}.mmd": render(table) for table in TABLES.values()}
    chapters = [_chapter(theory, table) for theory, table in TABLES.items()]
    return {**drawings, PAGE: "\n".join([_INTRODUCTION, *chapters])}


def write(out_dir: Path) -> list[Path]:
    """Write all pages into `out_dir`, which is made if need be. Returns the paths. Raises OSError."""
    out_dir.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (out_dir / name).write_text(text, encoding="utf-8")
    return [out_dir / name for name in pages()]


def _transitions(table: Table[Any]) -> Iterable[dict[str, object]]:
    for each in table.rows:
        for source in each.sources:
            yield {
                "trigger": each.on.__name__,
                "source": source,
                "dest": None if each.dest == STAY else each.dest,
                "conditions": [_named(each.label)] if each.label else None,
            }


def _named(label: str) -> Callable[[], bool]:
    # GraphMachine writes a condition as the name of its function, and a note is a guard's name in other words.
    def condition() -> bool:
        return True

    condition.__name__ = label.replace("_", " ")
    return condition


def _tidied(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        # Styles mark the state a live machine is in; a table is in none, and without them the page's theme shows.
        if line.strip().startswith(("Class ", "classDef ")):
            continue
        yield line.rstrip().replace(" [internal]", "").replace(" | ", "<br/>")


def _chapter(module: ModuleType, table: Table[Any]) -> str:
    drawing = f"```mermaid\n{render(table)}```"
    return "\n\n".join([f"## {table.name.capitalize()}", getdoc(module) or "", drawing, _ignored(table)]) + "\n"


def _ignored(table: Table[Any]) -> str:
    rows = [f"| {state} | {_events(table, state)} |" for state in table.states if _events(table, state)]
    return "\n".join(["| In the state | these events mean nothing |", "|---|---|", *rows])


def _events(table: Table[Any], state: str) -> str:
    return ", ".join(event.__name__ for event in table.events if (state, event) in table.ignored)
