"""Who fires whom, read from the sources of the owners: the check of what tomb/machines/owners.py declares.

What is read is names: `deck.tap` is the method `tap` of the owner `deck`, whatever variable the deck is in, since one
thing has one name in the whole tree. A method causes the events that it makes, or whatever it calls in its own module.
What it leaves to a timer, to a task or to somebody who calls back is not its own doing.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

import tomb
from tomb.machines.diagrams import TABLES
from tomb.machines.table import Table

TOMB = Path(tomb.__file__).parent
OTHER_NAMES = {"limiter": "limits", "listener": "deck", "library": "librarian", "event_log": "events"}
PARTS = {"library_events": "librarian"}  # modules that are called as their owner is
CALLED_BACK = {("deck", "report"): "output", ("taps", "see"): "reader", ("keys", "see"): "key devices"}
WIRED = {"Supervisor": "supervisor", "Keys.open": "keys"}  # to whom tomb/box.py hands what it does not call itself
# A command takes the report of the output that waits behind it, before its turn: that is not its own.
ON_BEHALF = {("deck", "_catch_up"): "output"}
LATER = {"Timer": "timer", "start_soon": "itself"}
HANDS = {  # whom effects may reach, and what is only a look at them
    "deck": {"state", "limit", "refuses"},
    "linking": {"has"},
    "output": {"heard"},
    "device": set(),
    "journal": set(),
    "librarian": {"tag_use", "tag_owner", "lite"},
    "events": set(),
    "updater": {"noted", "newest"},
}
OURS = {"self", "uploads"}
NAMED = {"device": "output", "events": "clients"}

Causes = dict[str, dict[str, set[str]]]


class _Module:
    """A source; its functions by name, methods among them."""

    def __init__(self, source: str) -> None:
        self.tree = ast.parse(source)
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        self.functions = {each.name: each for each in ast.walk(self.tree) if isinstance(each, kinds)}
        self.bare = {each.name for each in self.tree.body if isinstance(each, kinds)}

    def names(self, roots: Iterable[ast.AST], owner: str, left: Iterable[str] = LATER) -> Iterator[ast.AST]:
        """What is named where the nodes run, and in what they call of this module."""
        seen: set[str] = set()
        ahead = list(roots)
        while ahead:
            for node in _doing(ahead.pop(), left):
                yield node
                name = self._own(node)
                if name not in ("", *seen) and (owner, name) not in ON_BEHALF:
                    seen.add(name)
                    ahead += self.functions[name].body

    def _own(self, node: ast.AST) -> str:
        """The function of this module that is named."""
        if isinstance(node, ast.Name):
            return node.id if node.id in self.bare else ""
        is_ours = isinstance(node, ast.Attribute) and _last(node.value) in OURS and node.attr in self.functions
        return _last(node) if is_ours else ""

    def fires(self) -> set[str]:
        calls = (node.func for node in ast.walk(self.tree) if isinstance(node, ast.Call))
        return {_last(call.value) for call in calls if isinstance(call, ast.Attribute) and call.attr == "fire"}


@cache
def fired() -> Causes:
    """By table and by who causes them: the names of events."""
    found: Causes = defaultdict(lambda: defaultdict(set))
    callers = _callers()
    for owner, module, table in _owners():
        events = {event.__name__ for event in table.events}
        for name, function in module.functions.items():
            made = {_last(node) for node in module.names(function.body, owner)} & events
            for who in callers.get((owner, name), ()):
                found[table.name][who] |= made
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and (later := LATER.get(_last(node.func))):
                    found[table.name][later] |= {_last(each) for each in module.names([*node.args], owner)} & events
        run = {_last(node) for node in module.names(module.functions["run"].body, owner)} & events
        found[table.name]["itself"] |= run
    return _without_empty(found)


@cache
def reaching() -> Causes:
    """By table and by whom they reach, beside their owner: the names of effects."""
    found: Causes = defaultdict(lambda: defaultdict(set))
    for owner, module, table in _owners():
        effects = {each.__name__ for each in effect_types(table)}
        for case in (node for node in ast.walk(module.tree) if isinstance(node, ast.match_case)):
            named = {_last(node.cls) for node in ast.walk(case.pattern) if isinstance(node, ast.MatchClass)} & effects
            for node in module.names(case.body, owner, left=["Timer"]):
                for whom, method in _methods(node):
                    ours = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)
                    is_hand = ours or (owner, whom) == ("deck", "device")
                    if is_hand and method not in HANDS.get(whom, {method}):
                        found[table.name][NAMED.get(whom, whom)] |= named
    return _without_empty(found)


def named_by_owner(table: Table[Any]) -> set[str]:
    """All names in the source of its owner."""
    return {_last(node) for _, module, owned in _owners() if owned is table for node in ast.walk(module.tree)}


def machines_of(owner: str) -> set[str]:
    return {table.name for name, _, table in _owners() if name == owner}


def doing(source: str, function: str) -> set[str]:
    """What is named, with a capital, where that function of a source runs."""
    module = _Module(source)
    named = {_last(node) for node in module.names(module.functions[function].body, "")}
    return {name for name in named if name[:1].isupper()}


def effect_types(table: Table[Any]) -> tuple[type, ...]:
    (one,) = get_args(get_type_hints(table.model)["effects"])
    return get_args(one) or (one,)


def _without_empty(found: Causes) -> Causes:
    return {name: {who: names for who, names in each.items() if names} for name, each in found.items()}


@cache
def _source(path: Path) -> _Module:
    return _Module(path.read_text(encoding="utf-8"))


def _owners() -> Iterator[tuple[str, _Module, Table[Any]]]:
    for path in sorted((TOMB / "nurseries").rglob("*.py")):
        module = _source(path)
        fires = module.fires()
        for rules, table in TABLES.items():
            if _variable(rules, table) in fires:
                yield path.stem, module, table


def _variable(rules: ModuleType, table: Table[Any]) -> str:
    return next(name for name, value in vars(rules).items() if value is table)


def _callers() -> dict[tuple[str, str], set[str]]:
    """By owner and method: who calls it."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in sorted(TOMB.rglob("*.py")):
        who = _called(path)
        tree = _source(path).tree
        handed = {
            id(node): WIRED[ast.unparse(call.func)]
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and ast.unparse(call.func) in WIRED
            for node in ast.walk(call)
        }
        for node in ast.walk(tree):
            for method in _methods(node):
                if method[0] != who and method[1] != "run":
                    found[method].add(handed.get(id(node), who))
    for method, who in CALLED_BACK.items():
        found[method] = {who}
    for method, who in ON_BEHALF.items():
        found[method] = {who}
    return found


def _called(path: Path) -> str:
    first, *rest = path.relative_to(TOMB).with_suffix("").parts
    name = rest[0] if first == "nurseries" else first
    return PARTS.get(name, name)


def _methods(node: ast.AST) -> Iterator[tuple[str, str]]:
    """(owner, method), if that is what is named."""
    if isinstance(node, ast.Attribute):
        named = _last(node.value).strip("_")
        owner = named if named.isupper() else named.lower()  # a constant is no owner, a class is its name
        owner = OTHER_NAMES.get(owner, owner)
        yield owner, node.attr


def _doing(root: ast.AST, left: Iterable[str]) -> Iterator[ast.AST]:
    """The names in it, but for those that are only types or patterns, and what is left to others to do."""
    if isinstance(root, ast.Call) and _last(root.func) in left:
        return
    if isinstance(root, ast.Call) and _last(root.func) == "isinstance":
        yield from _doing(root.args[0], left)
        return
    if isinstance(root, ast.arg | ast.AnnAssign | ast.MatchClass):
        return
    if isinstance(root, ast.Attribute | ast.Name):
        yield root
    called_back = {method for _, method in CALLED_BACK}
    for child in ast.iter_child_nodes(root):
        if isinstance(root, ast.Call) and child in root.args and _last(child) in called_back:
            continue
        yield from _doing(child, left)


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
