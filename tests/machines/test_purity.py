"""The machines are pure: no I/O, no clock, no chance, no Trio. What they import says so, and what they bring along."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import tomb.machines

MODULES = sorted(Path(str(tomb.machines.__file__)).parent.glob("*.py"))
STANDARD = {"collections", "contextvars", "dataclasses", "enum", "inspect", "itertools", "pathlib", "types", "typing"}
RECORDS = {"msgspec", "msgspec.structs"}  # what events, effects and models are made of
OURS = ("tomb.machines", "tomb.models")
MACHINE_LIBRARY = {"table.py": "transitions"}


def imported_by(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or ".")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_machine_imports_nothing_but_tables_models_and_harmless_parts_of_the_standard_library(path: Path) -> None:
    known = RECORDS | {name for name in imported_by(path) if name.split(".")[0] in STANDARD or name.startswith(OURS)}
    foreign = imported_by(path) - known
    assert foreign == {MACHINE_LIBRARY[path.name]} if path.name in MACHINE_LIBRARY else not foreign
    assert path.name == "diagrams.py" or not imported_by(path) & {"inspect", "pathlib"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_nothing_in_a_machine_waits(path: Path) -> None:
    waiting = (ast.AsyncFunctionDef, ast.Await, ast.AsyncWith, ast.AsyncFor)
    assert not [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, waiting)]


def test_the_machines_bring_no_event_loop_and_no_diagrams_along() -> None:
    names = [f"tomb.machines.{path.stem}" for path in MODULES if path.stem not in ("__init__", "diagrams")]
    # Only what the machines add counts: pydantic, under tomb.models, brings a loop's module of its own accord.
    program = (
        "import sys, tomb.models; before = set(sys.modules); "
        f"import {', '.join(names)}; "
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before}"
        " & {'asyncio', 'trio', 'sqlite3', 'socket', 'threading'}), 'transitions.extensions' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "[] False\n"
