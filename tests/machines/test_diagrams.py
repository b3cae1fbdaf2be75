import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tomb.machines import player
from tomb.machines.diagrams import OVERVIEW, PAGE, TABLES, pages, render, render_coupling, write
from tomb.machines.owners import OWNERS
from tomb.machines.table import STAY, Table

DOCS = Path(__file__).parents[2] / "docs"
EACH_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)


def arrows(text: str) -> dict[tuple[str, str], list[str]]:
    """(source, destination) -> labels, read from Mermaid."""
    drawn = re.findall(r"^ +(\w+) --> (\w+): (.+)$", text, re.MULTILINE)
    return {(source, dest): labels.split("<br/>") for source, dest, labels in drawn}


@EACH_TABLE
def test_every_move_is_an_arrow_with_each_of_its_events_once_and_no_arrow_is_more(table: Table[Any]) -> None:
    expected: dict[tuple[str, str], set[str]] = {}
    for each in table.rows:
        for source in each.sources:
            if each.dest not in (STAY, source):
                expected.setdefault((source, each.dest), set()).add(each.on.__name__)
    drawn = arrows(render(table))
    assert {ends: set(labels) for ends, labels in drawn.items()} == expected
    assert all(len(set(labels)) == len(labels) for labels in drawn.values())


@EACH_TABLE
def test_every_row_is_listed_with_its_guard_in_the_order_they_are_tried(table: Table[Any]) -> None:
    chapter = pages()[PAGE].split(f"## {table.name.capitalize()}\n")[1].split("\n## ")[0]
    listed = re.findall(r"^\| (\w+) \| (\w+) \| ([^|]*) \| [^|]* \| (\w*) \|$", chapter, re.MULTILINE)
    for state in table.states:
        for event in table.events:
            goes = {STAY: "", state: ""}
            wanted = [
                (each.label.replace("_", " "), goes.get(each.dest, each.dest)) for each in table.rows_for(state, event)
            ]
            assert [row[2:] for row in listed if row[:2] == (state, event.__name__)] == wanted


@EACH_TABLE
def test_every_state_is_drawn_with_its_beginning_and_its_ends(table: Table[Any]) -> None:
    text = render(table)
    assert re.findall(r'^ +state "(\w+)" as \1$', text, re.MULTILINE) == list(table.states)
    assert re.findall(r"^ +\[\*\] --> (\w+)$", text, re.MULTILINE) == [table.initial]
    assert re.findall(r"^ +(\w+) --> \[\*\]$", text, re.MULTILINE) == list(table.final)


@EACH_TABLE
def test_a_diagram_shows_no_current_state(table: Table[Any]) -> None:
    assert not re.search(r"class|style|active", render(table), re.IGNORECASE)


@EACH_TABLE
def test_rows_of_one_pair_can_be_told_apart(table: Table[Any]) -> None:
    for state in table.states:
        for event in table.events:
            labels = [each.label for each in table.rows_for(state, event)]
            assert len(set(labels)) == len(labels), (state, event)


@EACH_TABLE
def test_the_page_shows_every_diagram_and_every_ignored_event(table: Table[Any]) -> None:
    page = pages()[PAGE]
    assert f"```mermaid\n{render(table)}```" in page
    chapter = page.split(f"## {table.name.capitalize()}\n")[1].split("\n## ")[0]
    ignored = chapter.split("| these mean nothing |")[1].split("\n\n")[0]
    listed = re.findall(r"^\| (\w+) \| (\w[\w, ]*) \|$", ignored, re.MULTILINE)
    told = {(state, event) for state, events in listed for event in events.split(", ")}
    assert told == {(state, event.__name__) for state, event in table.ignored}


def test_the_page_shows_what_the_coupled_machines_of_the_player_mean_for_each_other() -> None:
    page = pages()[PAGE]
    assert len(player.COUPLING) > 5
    for (transport, sound), follows in player.COUPLING.items():
        assert f"| {transport} | {sound} | {follows.__name__.replace('_', ' ')} |" in page


def test_the_overview_has_every_machine_and_an_arrow_for_all_who_fire_it_from_outside() -> None:
    text = render_coupling()
    ends = re.findall(r"^  (\w+).*? (?:--|-\.) .* (?:-->|\.->) (\w+)", text, re.MULTILINE)
    for machine, owner in OWNERS.items():
        assert f'{machine}{{{{"{machine}<br/>of {owner.name}"}}}}' in text
        outside = set(owner.fired_by) - {"itself", "timer"}
        sources = {each for who in outside for each in machines_of(who) or [who.replace(" ", "_")]}
        assert {source for source, dest in ends if dest == machine} == sources
    assert ("presence", "player") in ends
    assert ("player", "output") in ends


def machines_of(owner: str) -> list[str]:
    return [machine for machine, each in OWNERS.items() if each.name == owner]


def test_writing_makes_the_folder_and_is_the_same_every_time(tmp_path: Path) -> None:
    paths = write(tmp_path / "new" / "docs")
    first = {path.name: path.read_bytes() for path in paths}
    assert set(first) == {PAGE, OVERVIEW, *(f"{table.name}.mmd" for table in TABLES.values())}
    assert {path.name: path.read_bytes() for path in write(tmp_path / "new" / "docs")} == first


@pytest.mark.parametrize("seed", ["1", "2"])
def test_a_diagram_does_not_depend_on_the_hash_seed(seed: str) -> None:
    program = "from tomb.machines.diagrams import pages; print(pages())"
    told = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
    )
    assert told.stdout == f"{pages()}\n"


@pytest.mark.parametrize("name", sorted(pages()))
def test_the_documentation_is_what_the_tables_say(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], "run `tomb diagrams --out docs`"
