"""The house rules that no linter knows: who may import whom.

What ruff knows (clocks, ids, chance, threads and foreign event loops only in tomb/ports.py) stands in pyproject.toml;
here is only the proof that those rules bite.
"""

from __future__ import annotations

import ast
import graphlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOMB = ROOT / "tomb"

LEAVES = frozenset({"models", "errors", "ports", "config", "bounded_json"})
UNDER = LEAVES | {"events", "confined", "sandbox", "backup_writer"}
HANDS = UNDER | {"machines", "devices", "library"}
ALL_PARTS = HANDS | {"nurseries", "http", "socketio", "logs"}

# box -> http -> nurseries -> machines, devices, library, events, models: to whom each part of the house may turn.
MAY_IMPORT: dict[str, frozenset[str]] = {
    "models": frozenset(),
    "errors": frozenset(),
    "bounded_json": frozenset(),
    "ports": LEAVES,
    "confined": LEAVES,
    "sandbox": frozenset(),
    # The child that writes backups: it is started, and its words are read.
    "backup_writer": frozenset(),
    "config": LEAVES,
    "logs": LEAVES,
    "events": LEAVES,
    "machines": frozenset({"models"}),
    "devices": UNDER,
    "library": UNDER,
    "socketio": frozenset(),
    "nurseries": HANDS | {"logs"},
    "http": ALL_PARTS - {"http"},
    "core": HANDS | {"nurseries"},
    "box": ALL_PARTS | {"core", "rest"},
    "rest": ALL_PARTS | {"core"},
    # Around the box: a call to one that runs, an import into one that does not, its process, and the command line.
    "remote": UNDER | {"devices"},
    "installed": frozenset({"errors"}),
    "pin": HANDS | {"nurseries"},
    "doctor": HANDS | {"nurseries", "remote"},
    "imports": HANDS | {"nurseries", "remote"},
    "youtube": UNDER | {"devices", "library", "remote"},
    "update": UNDER | {"devices", "remote"},
    "archives": HANDS | {"remote"},
    "memory": frozenset(),
    # The child that looks at strangers' files: nobody imports it, it is started.
    "examiner": UNDER | {"devices", "library"},
    "service": ALL_PARTS | {"box", "memory"},
    # The whole box without a world around it: `tomb serve` never loads it.
    "rehearsal": ALL_PARTS | {"box", "core"},
    "cli": ALL_PARTS
    | {"archives", "box", "doctor", "imports", "installed", "memory", "pin", "remote", "service", "update", "youtube"}
    | {"rehearsal"},
    "__main__": frozenset({"cli"}),
    "__init__": frozenset(),
}

# A decision needs none of these. What is not listed (dataclasses, enum, typing, …) computes only.
NO_DECISION_NEEDS = {
    *("asyncio", "concurrent", "contextlib", "datetime", "http", "io", "logging", "multiprocessing", "os", "pathlib"),
    *("queue", "random", "secrets", "select", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys"),
    *("tempfile", "threading", "time", "trio", "urllib", "uuid"),
}
BESIDES = {
    "machines/table.py": {"transitions"},
    "machines/diagrams.py": {"pathlib"},  # draws the machines, on request of the command line only
}

# The only places that catch `Exception`: a ring's boundary each, and one foreign library that raises what it likes.
BOUNDARIES = {
    "service.py": "core: a defect ends the box, loudly",
    "nurseries/lifecycle.py": "core: whatever is wrong with the box, it ends",
    "nurseries/mailbox.py": "core: a defect that another ring ran into is core's",
    "nurseries/supervisor.py": "devices and services: they are started again",
    "nurseries/mpd/server.py": "edges: a client's connection ends",
    "nurseries/web.py": "edges: a connection ends",
    "http/api.py": "edges: a request is refused",
    "socketio/server.py": "edges: a client's connection ends",
    "socketio/multiplexer.py": "edges: a client's handler fails",
    "rehearsal/conductor.py": "around a whole box: what it dies of is what the rehearsal found",
    "library/covers.py": "the decoder of pictures, in the examiner's process",
}

BANNED = (
    "import time\n",
    "from time import monotonic\n",
    "import random\n",
    "import asyncio\n",
    "import asyncio as aio\n",
    "from datetime import datetime\n\nnow = datetime.now()\n",
    "import uuid\n\nname = uuid.uuid4()\n",
    "from uuid import uuid4\n",
    "import trio\n\nhop = trio.to_thread.run_sync\n",
    "from trio import to_thread\n",
    "import threading\n\nthreading.Thread()\n",
)


def modules() -> list[Path]:
    return sorted(path for path in TOMB.rglob("*.py") if "static" not in path.parts)


def label(path: Path) -> str:
    return str(path.relative_to(TOMB))


def part(path: Path) -> str:
    """The part of the house a module stands in: `http` for tomb/http/player.py, `box` for tomb/box.py."""
    return path.relative_to(TOMB).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    """The absolute names that a module imports, those within functions included; `a.b` for `from a import b`."""
    yield from named_in(ast.parse(path.read_text(encoding="utf-8")), path)


def named_in(tree: ast.AST, path: Path) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{label(path)}:{node.lineno}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_for_types(path: Path) -> set[str]:
    """What is imported under `if TYPE_CHECKING:`, and so never while running."""
    blocks = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.If)]
    for_types = [node for node in blocks if ast.unparse(node.test).endswith("TYPE_CHECKING")]
    return {name for node in for_types for name in named_in(node, path)}


def own(names: Iterable[str]) -> Iterator[str]:
    """Our own modules among the names, without the leading `tomb.`; `tomb` itself (its version) is anyone's."""
    for name in names:
        inner = name.removeprefix("tomb.")
        if inner != name and not inner.startswith("__version__"):
            yield inner


def file_of(name: str) -> str | None:
    """`http/player.py` for `http.player` and for `http.player.Handler`; a package's name gives its `__init__.py`."""
    steps = name.split(".")
    for length in range(len(steps), 0, -1):
        place = TOMB.joinpath(*steps[:length])
        for path in (place.with_suffix(".py"), place / "__init__.py"):
            if path.is_file():
                return label(path)
    return None


@pytest.mark.parametrize("path", modules(), ids=label)
def test_imports_point_downwards(path: Path) -> None:
    here = part(path)
    assert here in MAY_IMPORT, f"tomb/{here} has no place in the house yet: say in MAY_IMPORT to whom it may turn"
    upward = {name for name in own(imports(path)) if name.split(".")[0] not in MAY_IMPORT[here] | {here}}
    assert not upward, f"{label(path)} may not import {sorted(upward)}"


@pytest.mark.parametrize("path", [path for path in modules() if part(path) == "machines"], ids=label)
def test_machines_only_decide(path: Path) -> None:
    foreign = {name.split(".")[0] for name in imports(path)} - {"tomb", "msgspec"} - BESIDES.get(label(path), set())
    reaching_out = {name for name in foreign if name in NO_DECISION_NEEDS or name not in sys.stdlib_module_names}
    assert not reaching_out, f"{label(path)} imports {sorted(reaching_out)}"


def test_no_module_imports_in_a_circle() -> None:
    graph = {
        label(path): {file_of(name) for name in own(set(imports(path)) - imported_for_types(path))}
        - {label(path), None}
        for path in modules()
    }
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("path", modules(), ids=label)
def test_what_is_switched_off_says_why(path: Path) -> None:
    """A `type: ignore` and a blind `except` have their reason beside or above; the ban on clocks has no exception."""
    lines = ["", *path.read_text(encoding="utf-8").splitlines()]
    switch = re.compile(r"#\s*(type: ignore\[[^\]]+\]|noqa: [A-Z0-9, ]*BLE001[A-Z0-9, ]*)\s*(?P<why>[-#(:].*)?$")
    for above, line in pairwise(lines):
        assert not re.search(r"noqa:.*TID251", line), (
            f"{label(path)}: only tomb/ports.py touches clocks, ids and threads"
        )
        found = switch.search(line)
        explained = not found or found["why"] or above.lstrip().startswith("#")
        assert explained, f"{label(path)} does not say why: {line.strip()}"


def catches(handler: ast.ExceptHandler) -> set[str]:
    """The names of the classes; `BaseException` for a bare `except`."""
    if handler.type is None:
        return {"BaseException"}
    return {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}


@pytest.mark.parametrize("path", modules(), ids=label)
def test_only_the_boundaries_of_the_rings_catch_everything_and_nothing_swallows_a_cancellation(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    handlers = [node for node in nodes if isinstance(node, ast.ExceptHandler)]
    suppressed = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node).startswith("suppress(Exc")]
    everything = [each.lineno for each in handlers if "Exception" in catches(each)]
    everything += [each.lineno for each in suppressed]
    assert not everything or label(path) in BOUNDARIES, f"{label(path)}:{everything} is no boundary of a ring"
    for each in handlers:
        if "BaseException" in catches(each):
            assert isinstance(each.body[-1], ast.Raise), f"{label(path)}:{each.lineno} may swallow a cancellation"


def test_every_boundary_is_one() -> None:
    caught = {
        label(path)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and "Exception" in catches(node)
    }
    assert caught == set(BOUNDARIES)


@pytest.mark.parametrize("source", BANNED)
def test_the_linter_keeps_chance_and_threads_in_ports(source: str) -> None:
    assert "TID251" in lint(source, as_file="tomb/nurseries/deck.py")
    assert "TID251" not in lint(source, as_file="tomb/ports.py")


def lint(source: str, as_file: str) -> set[str]:
    """The codes of ruff's complaints about a source, were it that file."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--no-cache",
        "--output-format=json",
        "--stdin-filename",
        as_file,
        "-",
    ]
    run = subprocess.run(command, input=source, capture_output=True, text=True, cwd=ROOT, check=False)
    return {found["code"] for found in json.loads(run.stdout)}
