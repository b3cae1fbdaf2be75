"""A turnstile: a coin of at least two opens it, a push goes through, a bell means nothing, and a saw ends it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.machines.walks import rows_of, rows_recorded
from tomb.machines.table import STAY, Outcome, Row, Table, TableError, row


@dataclass(frozen=True, slots=True)
class Coin:
    value: int


@dataclass(frozen=True, slots=True)
class Push:
    pass


@dataclass(frozen=True, slots=True)
class Bell:
    pass


@dataclass(frozen=True, slots=True)
class Saw:
    error: BaseException | None = None


@dataclass(slots=True)
class ParentAuth:
    state: str = "locked"
    effects: list[str] = field(default_factory=list)
    coins: int = 0


def enough(_: ParentAuth, coin: Coin) -> bool:
    return coin.value >= 2


def _take(parent_auth: ParentAuth, coin: Coin) -> None:
    parent_auth.coins += coin.value
    parent_auth.effects.append(f"took {coin.value} while {parent_auth.state}")


def _fall(parent_auth: ParentAuth, saw: Saw) -> None:
    parent_auth.effects.append("half a step")
    if saw.error:
        raise saw.error


ROWS: tuple[Row[ParentAuth], ...] = (
    row("locked", Coin, "open", when=enough, do=_take),
    row("open", Coin, STAY, when=enough, do=_take),
    row("open", Coin, STAY, note="small change"),
    row("open", Push, "locked"),
    row(("locked", "open"), Saw, "broken", do=_fall),
)
STATES = ("locked", "open", "broken")
EVENTS = (Coin, Push, Bell, Saw)
IGNORED: dict[str, tuple[type, ...]] = {"locked": (Push, Bell), "open": (Bell,), "broken": EVENTS}


def gate_table(**changed: Any) -> Table[ParentAuth]:
    parts: dict[str, Any] = {
        "name": "parent_auth",
        "model": ParentAuth,
        "states": STATES,
        "initial": "locked",
        "events": EVENTS,
        "rows": ROWS,
        "ignored": IGNORED,
        "final": ("broken",),
    }
    return Table(**{**parts, **changed})


GATE = gate_table()


def test_a_row_that_moves_changes_the_state_and_runs_its_action() -> None:
    parent_auth = ParentAuth()
    assert GATE.fire(parent_auth, Coin(2)) is Outcome.MOVED
    assert parent_auth == ParentAuth("open", ["took 2 while locked"], 2)


def test_a_row_that_stays_counts_as_moved() -> None:
    parent_auth = ParentAuth("open")
    assert GATE.fire(parent_auth, Coin(5)) is Outcome.MOVED
    assert parent_auth == ParentAuth("open", ["took 5 while open"], 5)


def test_rows_of_a_pair_are_tried_in_order_and_the_first_that_agrees_wins() -> None:
    parent_auth = ParentAuth("open")
    assert GATE.fire(parent_auth, Coin(1)) is Outcome.MOVED
    assert parent_auth.coins == 0


def test_when_every_guard_says_no_the_event_is_refused_and_nothing_changes() -> None:
    parent_auth = ParentAuth()
    assert GATE.fire(parent_auth, Coin(1)) is Outcome.REFUSED
    assert parent_auth == ParentAuth()


@pytest.mark.parametrize("state", STATES)
def test_an_ignored_event_changes_nothing(state: str) -> None:
    parent_auth = ParentAuth(state)
    assert GATE.fire(parent_auth, Bell()) is Outcome.IGNORED
    assert parent_auth == ParentAuth(state)


def test_an_event_of_another_table_is_a_defect_in_every_state() -> None:
    for state in STATES:
        with pytest.raises(TypeError, match="int is no event of the table 'parent_auth'"):
            GATE.fire(ParentAuth(state), 3)


def test_a_subclass_of_an_event_is_another_event() -> None:
    class Note(Coin):
        pass

    with pytest.raises(TypeError, match="Note is no event"):
        GATE.fire(ParentAuth(), Note(5))


def test_a_state_that_the_table_does_not_know_is_a_defect() -> None:
    with pytest.raises(ValueError, match="ajar"):
        GATE.fire(ParentAuth("ajar"), Coin(2))


@pytest.mark.parametrize("error", [ValueError("saw broke"), KeyboardInterrupt()])
def test_an_action_that_raises_leaves_the_state_and_withdraws_its_effects(error: BaseException) -> None:
    parent_auth = ParentAuth("open", ["an earlier effect"])
    with pytest.raises(type(error)):
        GATE.fire(parent_auth, Saw(error))
    assert parent_auth == ParentAuth("open", ["an earlier effect"])
    assert GATE.fire(parent_auth, Push()) is Outcome.MOVED


def test_a_guard_that_raises_is_not_a_refusal() -> None:
    def puzzled(_: ParentAuth, __: Coin) -> bool:
        raise LookupError("no idea")

    table = gate_table(rows=(row("locked", Coin, "open", when=puzzled), *ROWS[1:]))
    parent_auth = ParentAuth()
    with pytest.raises(LookupError, match="no idea"):
        table.fire(parent_auth, Coin(2))
    assert parent_auth == ParentAuth()


def test_models_share_a_table_and_nothing_else() -> None:
    one, other = ParentAuth(), ParentAuth()
    GATE.fire(one, Coin(2))
    assert (one.state, other.state) == ("open", "locked")
    assert not hasattr(one, "__dict__")


def test_a_table_tells_the_rows_of_a_pair_in_order() -> None:
    assert GATE.rows_for("open", Coin) == ROWS[1:3]
    assert GATE.rows_for("open", Bell) == ()


def test_the_diagram_label_of_a_row_is_its_note_or_the_name_of_its_guard() -> None:
    assert [each.label for each in ROWS] == ["enough", "enough", "small change", "", ""]


@dataclass(slots=True)
class Stateless:
    effects: list[str] = field(default_factory=list)


@dataclass(slots=True)
class BornOpen:
    state: str = "open"
    effects: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Whistle:
    pass


def _another_bell() -> type:
    return type("Bell", (), {})


def _without(number: int) -> tuple[Row[ParentAuth], ...]:
    return ROWS[:number] + ROWS[number + 1 :]


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (lambda: {"rows": _without(3)}, r"\(open, Push\) has no row and is not ignored"),
        (
            lambda: {"ignored": {**IGNORED, "broken": (Coin, Push, Bell)}},
            r"\(broken, Saw\) has no row and is not ignored",
        ),
        (lambda: {"ignored": {**IGNORED, "open": (Bell, Push)}}, r"\(open, Push\) has a row and is ignored"),
        (
            lambda: {"rows": (*ROWS, row("open", Push, "broken"))},
            r"\(open, Push\) has a row that an earlier one always",
        ),
        (
            lambda: {"rows": (*ROWS, row("locked", Coin, STAY, when=enough))},
            r"\(locked, Coin\) has a row that an earlier",
        ),
        (
            lambda: {"rows": (row("open", Coin, STAY), *_without(2))},
            r"\(open, Coin\) has a row that an earlier one always",
        ),
        (
            lambda: {"states": (*STATES, "ajar"), "ignored": {**IGNORED, "ajar": EVENTS}},
            "state 'ajar' cannot be reached",
        ),
        (
            lambda: {
                "rows": (*ROWS, row("broken", Coin, "locked")),
                "ignored": {**IGNORED, "broken": (Push, Bell, Saw)},
            },
            "final state 'broken' is left on Coin",
        ),
        (lambda: {"rows": (*ROWS, row("ajar", Push, "locked"))}, "unknown state 'ajar'"),
        (lambda: {"rows": (*ROWS, row("locked", Push, "ajar"))}, "unknown state 'ajar'"),
        (lambda: {"initial": "ajar"}, "unknown state 'ajar'"),
        (lambda: {"final": ("ajar",)}, "unknown state 'ajar'"),
        (lambda: {"ignored": {**IGNORED, "ajar": EVENTS}}, "unknown state 'ajar'"),
        (lambda: {"states": (*STATES, "open")}, "state 'open' is listed twice"),
        (lambda: {"rows": (*ROWS, row("open", Whistle, STAY))}, "unknown event Whistle"),
        (lambda: {"ignored": {**IGNORED, "open": (Bell, Whistle)}}, "unknown event Whistle"),
        (lambda: {"events": (*EVENTS, _another_bell())}, "event name Bell is used twice"),
        (lambda: {"model": Stateless}, "Stateless is no dataclass with the fields state and effects"),
        (lambda: {"model": str}, "str is no dataclass with the fields state and effects"),
        (lambda: {"model": BornOpen}, "BornOpen is not born in the initial state 'locked'"),
    ],
)
def test_a_table_that_contradicts_itself_cannot_be_made(changed: Callable[[], dict[str, Any]], complaint: str) -> None:
    with pytest.raises(TableError, match=complaint):
        gate_table(**changed())


def test_a_final_state_may_have_rows_that_stay() -> None:
    rows = (*ROWS, row("broken", Coin, STAY, when=enough))
    table = gate_table(rows=rows, ignored={**IGNORED, "broken": (Push, Bell, Saw)})
    assert table.fire(ParentAuth("broken"), Coin(2)) is Outcome.MOVED


def test_all_defects_are_told_at_once() -> None:
    with pytest.raises(TableError) as told:
        gate_table(rows=_without(3), ignored={**IGNORED, "broken": ()})
    assert str(told.value).startswith("table 'parent_auth': ")
    assert str(told.value).count("has no row") == 5


def test_the_rows_that_are_taken_can_be_recorded_and_compared_with_all_there_are() -> None:
    parent_auth = ParentAuth()
    with rows_recorded(GATE) as taken:
        for event in (Coin(1), Bell(), Coin(2), Coin(1), Push()):
            GATE.fire(parent_auth, event)
    assert taken == {"locked: Coin (enough) -> open", "open: Coin (small change) -> open", "open: Push -> locked"}
    assert rows_of(GATE) - taken == {
        "open: Coin (enough) -> open",
        "locked: Saw -> broken",
        "open: Saw -> broken",
    }
    GATE.fire(parent_auth, Saw())
    assert len(taken) == 3
