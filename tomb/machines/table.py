"""A state machine is a table, and this is what a table is.

A machine of the box is three things: a Struct with a `state` and a list of `effects` (the model), frozen ones for what
may happen to it (the events), and rows. A row says: in this state, on this event, if this guard agrees, do this and go
there. Rows of one (state, event) pair are tried in the order they are written. Whatever has no row is declared ignored,
pair by pair, so that nothing is forgotten: a table that leaves a pair open, states it twice, or can never reach one of
its states refuses to be imported.

Guards look and never touch. Actions change the model's own fields and append to `model.effects`; whoever owns the
model carries the effects out. Neither waits, reads a clock or does I/O: such facts arrive as fields of an event.

Actions run *before* the state changes, hence they see the state that is being left, and one that raises leaves the
model where it was. (`transitions` would let an action run afterwards too, but then one that raises has moved the
model without having done what the move means.) The effects of the step that failed are withdrawn, so an owner that
drains them never carries out half a step. An action that raises is a defect all the same: the exception goes up.

Underneath is one `transitions.Machine` a table, made at import and shared by all models of its kind: it holds no model
itself, so nothing is bolted on to the models and a model may be dropped without telling anybody.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from enum import Enum
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from msgspec import NODEFAULT, Struct
from msgspec.structs import fields
from transitions import EventData, Machine, Transition

STAY: Final = "="


class Outcome(Enum):
    """What became of an event. `MOVED`: a row ran, one that stays in its state too. `REFUSED`: every guard said no.
    `IGNORED`: the table says that this event means nothing in this state."""

    MOVED = "moved"
    REFUSED = "refused"
    IGNORED = "ignored"


class SetTimer(Struct, frozen=True):
    """An effect of any machine that waits: have the timer ring `at` that time (monotonic seconds), in place of any
    earlier one. When it rings, the owner fires the machine's own event for that, with the number, which the table
    compares with the one it gave out last: a ring may be late, for a timer that was set anew or cleared meanwhile."""

    at: float
    number: int


class ClearTimer(Struct, frozen=True):
    """The effect that takes the last `SetTimer` back."""


class TableError(Exception):
    """A table that contradicts itself. Raised when it is made, that is, when its module is imported."""


class _Effects(Protocol):
    def __len__(self) -> int: ...
    def __delitem__(self, key: slice, /) -> None: ...


class Model(Protocol):
    """What a table asks of its model: a Struct with `effects`, a list, and `state`, born in the initial one."""

    @property
    def state(self) -> str: ...
    @property
    def effects(self) -> _Effects: ...


M = TypeVar("M", bound=Model)
E = TypeVar("E")


class Row(Struct, Generic[M], frozen=True):
    """One line of a table. `when` and `do` are only ever called with an event of the type `on`."""

    sources: tuple[str, ...]
    on: type[object]
    dest: str
    when: Callable[[M, object], bool] | None = None
    do: Callable[[M, object], None] | None = None
    note: str = ""

    @property
    def label(self) -> str:
        """How the diagram names the guard; empty where there is none and no note."""
        return self.note or (self.when.__name__.strip("_") if self.when else "")

    def leads_to(self, source: str) -> str:
        return source if self.dest == STAY else self.dest


def row(
    source: str | tuple[str, ...],
    on: type[E],
    dest: str,
    *,
    when: Callable[[M, E], bool] | None = None,
    do: Callable[[M, E], None] | None = None,
    note: str = "",
) -> Row[M]:
    """A row of a table. `dest` may be `STAY`: the action runs, the state remains. `note` replaces the guard's name in
    the diagram."""
    # The casts forget E: a table fires a row with events of its own type `on` and no others, which is what E said.
    return Row(
        (source,) if isinstance(source, str) else source,
        on,
        dest,
        cast("Callable[[M, object], bool] | None", when),
        cast("Callable[[M, object], None] | None", do),
        note,
    )


class Firing(Struct, frozen=True):
    """What became of one event: in the state `source` this `row` ran, None where it was refused or ignored."""

    table: "Table[Any]"
    source: str
    event: object
    row: Row[Any] | None
    outcome: Outcome


Witness = Callable[[Firing], None]
WITNESS: Final[ContextVar[Witness | None]] = ContextVar("witness of the tables", default=None)
"""Who is told of each event that is fired, after its step; it must not fire any itself. It is of the task that set it
and of those that come from it: two boxes in one process have each their own."""


class Table(Generic[M]):
    """A complete, consistent set of rows for one kind of model. Immutable; raises TableError when it is neither.

    `ignored` maps a state to the events that mean nothing in it. `couple` is for a model with more than one state: it
    runs after each row, as the end of its step, and does what the row's new state means for the others.
    """

    def __init__(
        self,
        name: str,
        model: type[M],
        states: tuple[str, ...],
        initial: str,
        events: tuple[type, ...],
        rows: Sequence[Row[M]],
        ignored: Mapping[str, tuple[type, ...]],
        final: tuple[str, ...] = (),
        couple: Callable[[M], None] | None = None,
    ) -> None:
        self.name: Final = name
        self.model: Final = model
        self.states: Final = states
        self.initial: Final = initial
        self.events: Final = events
        self.rows: Final = tuple(rows)
        self.ignored: Final = frozenset((state, event) for state, those in ignored.items() for event in those)
        self.final: Final = final
        self._couple = couple
        defects = [*_unknown_names(self), *_model_defects(self)]
        defects = defects or [*_pair_defects(self), *_path_defects(self)]
        if defects:
            raise TableError(f"table {name!r}: " + "; ".join(defects))
        machine = _machine(self)
        self._triggers = {event: machine.events[event.__name__].trigger for event in events if self._has_row(event)}

    def fire(self, model: M, event: object) -> Outcome:
        """Let `event` happen to `model`. Raises TypeError for an event that is none of this table's, and whatever a
        guard or an action raises; then neither the state nor the effects have changed. (A coupling that raises has its
        effects withdrawn too, but the state is the row's.)"""
        witness = WITNESS.get()
        if witness is None:
            return self._fire(model, event)
        # Guards only look, so whoever watches may ask them once more: nothing has to be noted where nobody does.
        source = model.state
        rows = self.rows_for(source, type(event))
        taken = next((each for each in rows if each.when is None or each.when(model, event)), None)
        outcome = self._fire(model, event)
        witness(Firing(self, source, event, taken, outcome))
        return outcome

    def _fire(self, model: M, event: object) -> Outcome:
        kind = type(event)
        if (model.state, kind) in self.ignored:
            return Outcome.IGNORED
        trigger = self._triggers.get(kind)
        if trigger is None:
            raise TypeError(f"{kind.__name__} is no event of the table {self.name!r}")
        effects = model.effects
        kept = len(effects)
        try:
            moved = trigger(model, event)
            if moved and self._couple is not None:
                self._couple(model)
        except BaseException:
            del effects[kept:]
            raise
        return Outcome.MOVED if moved else Outcome.REFUSED

    def rows_for(self, state: str, event: type) -> tuple[Row[M], ...]:
        """The rows of one pair, in the order they are tried."""
        return tuple(each for each in self.rows if each.on is event and state in each.sources)

    def _has_row(self, event: type) -> bool:
        return any(each.on is event for each in self.rows)


class _Row(Transition):
    """A row has a guard and an action at most. The library asks for nine more kinds of callbacks in each step, of the
    machine, the states and the transition, and says of each in its log that there was none: half of what a step cost.
    """

    def execute(self, event_data: EventData) -> bool:
        if not self._eval_conditions(event_data):
            return False
        for action in self.before:
            event_data.machine.callback(action, event_data)
        if self.dest is not None:
            cast(Any, event_data.model).state = self.dest
        return True


class _Rows(Machine):
    transition_cls = _Row


def _machine(table: Table[M]) -> Machine:
    machine = _Rows(None, states=list(table.states), initial=table.initial, auto_transitions=False, send_event=True)
    for each in table.rows:
        for source in each.sources:
            machine.add_transition(
                each.on.__name__,
                source,
                None if each.dest == STAY else each.dest,
                conditions=None if each.when is None else _unpacked(each.when),
                before=None if each.do is None else _unpacked(each.do),
            )
    return machine


R = TypeVar("R", bool, None)


def _unpacked(call: Callable[[M, object], R]) -> Callable[[EventData], R]:
    def run(data: EventData) -> R:
        (event,) = data.args
        return call(cast(M, data.model), event)

    return run


def _unknown_names(table: Table[M]) -> Iterable[str]:
    known = set(table.states)
    named = {table.initial, *table.final, *(state for state, _ in table.ignored)}
    named.update(state for each in table.rows for state in (*each.sources, each.dest) if state != STAY)
    yield from (f"unknown state {state!r}" for state in sorted(named - known))
    yield from (f"state {state!r} is listed twice" for state in _repeated(table.states))
    yield from (f"event name {name} is used twice" for name in _repeated([event.__name__ for event in table.events]))
    used = {each.on for each in table.rows} | {event for _, event in table.ignored}
    yield from sorted(f"unknown event {event.__name__}" for event in used - set(table.events))


def _model_defects(table: Table[M]) -> Iterable[str]:
    model: type = table.model
    known = {each.name: each for each in fields(model)} if issubclass(model, Struct) else {}
    if not {"state", "effects"} <= known.keys():
        yield f"the model {table.model.__name__} is no Struct with the fields state and effects"
    elif known["state"].default not in (NODEFAULT, table.initial):
        yield f"the model {table.model.__name__} is not born in the initial state {table.initial!r}"


def _pair_defects(table: Table[M]) -> Iterable[str]:
    for state in table.states:
        for event in table.events:
            pair = f"({state}, {event.__name__})"
            rows = table.rows_for(state, event)
            if not rows and (state, event) not in table.ignored:
                yield f"{pair} has no row and is not ignored"
            if rows and (state, event) in table.ignored:
                yield f"{pair} has a row and is ignored"
            guards = [each.when for each in rows]
            if None in guards[:-1] or _repeated(guards):
                yield f"{pair} has a row that an earlier one always forestalls"


def _path_defects(table: Table[M]) -> Iterable[str]:
    for state in table.states:
        if state not in _reachable(table):
            yield f"state {state!r} cannot be reached"
    for each in table.rows:
        left = [state for state in each.sources if state in table.final and each.leads_to(state) != state]
        yield from (f"final state {state!r} is left on {each.on.__name__}" for state in left)


def _reachable(table: Table[M]) -> set[str]:
    reached: set[str] = set()
    ahead = {table.initial}
    while ahead:
        reached |= ahead
        ahead = {each.leads_to(state) for each in table.rows for state in each.sources if state in reached} - reached
    return reached


T = TypeVar("T")


def _repeated(those: Sequence[T]) -> list[T]:
    return [each for place, each in enumerate(those) if each in those[:place]]
