"""Walking a machine through everything that can happen to it: model checking, small enough to read.

A machine is pure, so its reachable contexts can be counted out: take a model, fire every event of an alphabet at a copy
of it, go on from each context that is new. What a rule needs to know of the past (was a Link sent already?) is kept in
a *memory*, a hashable value that belongs to the context, so that two histories which differ in it are both walked.
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any, TypeVar
from unittest.mock import patch

from msgspec import Struct

from tomb.machines.table import Outcome, Row, Table

K = TypeVar("K", bound=Hashable)


class Step(Struct, frozen=True):
    """One event and what became of it. `before` and `after` are copies whose effects are drained."""

    before: Any
    event: object
    outcome: Outcome
    after: Any
    effects: tuple[object, ...]
    path: tuple[object, ...]


def context(model: Any) -> tuple[Hashable, ...]:
    return tuple(getattr(model, name) for name in model.__slots__ if name != "effects")


def fired(table: Table[Any], model: Any, event: object, path: tuple[object, ...] = ()) -> Step:
    after = copy(model)
    after.effects = []
    outcome = table.fire(after, event)
    effects, after.effects = tuple(after.effects), []
    return Step(model, event, outcome, after, effects, (*path, event))


def every_step(
    table: Table[Any],
    start: Any,
    alphabet: Callable[[Any, K], Iterable[object]],
    memory: K,
    remember: Callable[[K, Step], K],
    depth: int | None = None,
    settle: Callable[[Any], None] = lambda _: None,
) -> Iterator[tuple[K, Step]]:
    """Every step from every context that `start` can reach (in `depth` events), with the memory after it. `alphabet`
    gives the events worth trying on a model with that past. `settle` may rename, in place, what would else grow without
    end, as a counter does of which only the order matters."""
    start = copy(start)
    start.effects = []
    seen = {(context(start), memory)}
    ahead: deque[tuple[Any, K, tuple[object, ...]]] = deque([(start, memory, ())])
    while ahead:
        model, known, path = ahead.popleft()
        for event in alphabet(model, known):
            step = fired(table, model, event, path)
            now = remember(known, step)
            yield now, step
            onward = copy(step.after)
            settle(onward)
            reached = (context(onward), now)
            if reached not in seen and (depth is None or len(step.path) < depth):
                seen.add(reached)
                ahead.append((onward, now, step.path))


Possible = tuple[Outcome, str]


def possible_outcomes(steps: Iterable[Step], state: str = "state") -> dict[tuple[str, str], set[Possible]]:
    """(state, event name) -> every outcome that was seen, and the state it left the model in. `state`: the name of the
    attribute."""
    found: dict[tuple[str, str], set[Possible]] = {}
    for step in steps:
        pair = (getattr(step.before, state), type(step.event).__name__)
        found.setdefault(pair, set()).add((step.outcome, getattr(step.after, state)))
    return found


def rows_of(table: Table[Any]) -> set[str]:
    """Every row of a table, once for each state that it leaves, by names that say what a row is for."""
    return {_name(source, each) for each in table.rows for source in each.sources}


@contextmanager
def rows_recorded(table: Table[Any]) -> Iterator[set[str]]:
    """Collects the rows that are taken meanwhile, whoever fires: to find those that no owner can ever cause.

    A walk fires what it likes, so it cannot tell. Drive the machine's *owner* through all that can happen to it and
    compare with `rows_of`.
    """
    taken: set[str] = set()
    fire = table.fire

    def recorded(model: Any, event: object) -> Outcome:
        chosen = _chosen(table, model, event)
        before, outcome = model.state, fire(model, event)
        assert (chosen is not None) == (outcome is Outcome.MOVED), "a guard that says now this, now that"
        if chosen is not None:
            taken.add(_name(before, chosen))
        return outcome

    with patch.object(table, "fire", recorded):
        yield taken


def _chosen(table: Table[Any], model: Any, event: object) -> Row[Any] | None:
    """Guards look and never touch, so they may be asked before the table asks them."""
    rows = table.rows_for(model.state, type(event))
    return next((each for each in rows if each.when is None or each.when(model, event)), None)


def _name(source: str, row: Row[Any]) -> str:
    label = f" ({row.label})" if row.label else ""
    return f"{source}: {row.on.__name__}{label} -> {row.leads_to(source)}"
