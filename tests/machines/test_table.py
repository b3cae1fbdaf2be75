"""A turnstile: a coin of at least two opens it, a push goes through, a bell means nothing, and a saw ends it."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Struct, field

from tests.machines.walks import rows_of, rows_recorded
from tomb.machines.table import STAY, WITNESS, Firing, Outcome, Row, Table, TableError, row


class Coin(Struct, frozen=True):
    value: int


class Push(Struct, frozen=True):
    pass


class Bell(Struct, frozen=True):
    pass


class Saw(Struct, frozen=True):
    error: BaseException | None = None


class Turnstile(Struct):
    state: str = "locked"
    effects: list[str] = field(default_factory=list)
    coins: int = 0


def enough(_: Turnstile, coin: Coin) -> bool:
    return coin.value >= 2


def _take(turnstile: Turnstile, coin: Coin) -> None:
    turnstile.coins += coin.value
    turnstile.effects.append(f"took {coin.value} while {turnstile.state}")


def _fall(turnstile: Turnstile, saw: Saw) -> None:
    turnstile.effects.append("half a step")
    if saw.error:
        raise saw.error


ROWS: tuple[Row[Turnstile], ...] = (
    row("locked", Coin, "open", when=enough, do=_take),
    row("open", Coin, STAY, when=enough, do=_take),
    row("open", Coin, STAY, note="small change"),
    row("open", Push, "locked"),
    row(("locked", "open"), Saw, "broken", do=_fall),
)
STATES = ("locked", "open", "broken")
EVENTS = (Coin, Push, Bell, Saw)
IGNORED: dict[str, tuple[type, ...]] = {"locked": (Push, Bell), "open": (Bell,), "broken": EVENTS}


def turnstile_table(**changed: Any) -> Table[Turnstile]:
    parts: dict[str, Any] = {
        "name": "turnstile",
        "model": Turnstile,
        "states": STATES,
        "initial": "locked",
        "events": EVENTS,
        "rows": ROWS,
        "ignored": IGNORED,
        "final": ("broken",),
    }
    return Table(**{**parts, **changed})


TURNSTILE = turnstile_table()


def test_a_row_that_moves_changes_the_state_and_runs_its_action() -> None:
    turnstile = Turnstile()
    assert TURNSTILE.fire(turnstile, Coin(2)) is Outcome.MOVED
    assert turnstile == Turnstile("open", ["took 2 while locked"], 2)


def test_a_row_that_stays_counts_as_moved() -> None:
    turnstile = Turnstile("open")
    assert TURNSTILE.fire(turnstile, Coin(5)) is Outcome.MOVED
    assert turnstile == Turnstile("open", ["took 5 while open"], 5)


def test_rows_of_a_pair_are_tried_in_order_and_the_first_that_agrees_wins() -> None:
    turnstile = Turnstile("open")
    assert TURNSTILE.fire(turnstile, Coin(1)) is Outcome.MOVED
    assert turnstile.coins == 0


def test_when_every_guard_says_no_the_event_is_refused_and_nothing_changes() -> None:
    turnstile = Turnstile()
    assert TURNSTILE.fire(turnstile, Coin(1)) is Outcome.REFUSED
    assert turnstile == Turnstile()


@pytest.mark.parametrize("state", STATES)
def test_an_ignored_event_changes_nothing(state: str) -> None:
    turnstile = Turnstile(state)
    assert TURNSTILE.fire(turnstile, Bell()) is Outcome.IGNORED
    assert turnstile == Turnstile(state)


def test_an_event_of_another_table_is_a_defect_in_every_state() -> None:
    for state in STATES:
        with pytest.raises(TypeError, match="int is no event of the table 'turnstile'"):
            TURNSTILE.fire(Turnstile(state), 3)


def test_a_subclass_of_an_event_is_another_event() -> None:
    class Note(Coin, frozen=True):
        pass

    with pytest.raises(TypeError, match="Note is no event"):
        TURNSTILE.fire(Turnstile(), Note(5))


def test_a_state_that_the_table_does_not_know_is_a_defect() -> None:
    with pytest.raises(ValueError, match="ajar"):
        TURNSTILE.fire(Turnstile("ajar"), Coin(2))


@pytest.mark.parametrize("error", [ValueError("saw broke"), KeyboardInterrupt()])
def test_an_action_that_raises_leaves_the_state_and_withdraws_its_effects(error: BaseException) -> None:
    turnstile = Turnstile("open", ["an earlier effect"])
    with pytest.raises(type(error)):
        TURNSTILE.fire(turnstile, Saw(error))
    assert turnstile == Turnstile("open", ["an earlier effect"])
    assert TURNSTILE.fire(turnstile, Push()) is Outcome.MOVED


def test_a_guard_that_raises_is_not_a_refusal() -> None:
    def puzzled(_: Turnstile, __: Coin) -> bool:
        raise LookupError("no idea")

    table = turnstile_table(rows=(row("locked", Coin, "open", when=puzzled), *ROWS[1:]))
    turnstile = Turnstile()
    with pytest.raises(LookupError, match="no idea"):
        table.fire(turnstile, Coin(2))
    assert turnstile == Turnstile()


def test_models_share_a_table_and_nothing_else() -> None:
    one, other = Turnstile(), Turnstile()
    TURNSTILE.fire(one, Coin(2))
    assert (one.state, other.state) == ("open", "locked")
    assert not hasattr(one, "__dict__")


def test_a_table_knows_the_rows_of_a_pair_in_order() -> None:
    assert TURNSTILE.rows_for("open", Coin) == ROWS[1:3]
    assert TURNSTILE.rows_for("open", Bell) == ()


def test_the_diagram_label_of_a_row_is_its_note_or_the_name_of_its_guard() -> None:
    assert [each.label for each in ROWS] == ["enough", "enough", "small change", "", ""]


class Stateless(Struct):
    effects: list[str] = field(default_factory=list)


class BornOpen(Struct):
    state: str = "open"
    effects: list[str] = field(default_factory=list)


class Whistle(Struct, frozen=True):
    pass


def _another_bell() -> type:
    return type("Bell", (), {})


def _without(number: int) -> tuple[Row[Turnstile], ...]:
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
        (lambda: {"model": Stateless}, "Stateless is no Struct with the fields state and effects"),
        (lambda: {"model": str}, "str is no Struct with the fields state and effects"),
        (lambda: {"model": BornOpen}, "BornOpen is not born in the initial state 'locked'"),
    ],
)
def test_a_table_that_contradicts_itself_cannot_be_made(changed: Callable[[], dict[str, Any]], complaint: str) -> None:
    with pytest.raises(TableError, match=complaint):
        turnstile_table(**changed())


def test_a_final_state_may_have_rows_that_stay() -> None:
    rows = (*ROWS, row("broken", Coin, STAY, when=enough))
    table = turnstile_table(rows=rows, ignored={**IGNORED, "broken": (Push, Bell, Saw)})
    assert table.fire(Turnstile("broken"), Coin(2)) is Outcome.MOVED


def test_all_defects_are_named_at_once() -> None:
    with pytest.raises(TableError) as raised:
        turnstile_table(rows=_without(3), ignored={**IGNORED, "broken": ()})
    assert str(raised.value).startswith("table 'turnstile': ")
    assert str(raised.value).count("has no row") == 5


def test_the_rows_that_are_taken_can_be_recorded_and_compared_with_all_there_are() -> None:
    turnstile = Turnstile()
    with rows_recorded(TURNSTILE) as taken:
        for event in (Coin(1), Bell(), Coin(2), Coin(1), Push()):
            TURNSTILE.fire(turnstile, event)
    assert taken == {"locked: Coin (enough) -> open", "open: Coin (small change) -> open", "open: Push -> locked"}
    assert rows_of(TURNSTILE) - taken == {
        "open: Coin (enough) -> open",
        "locked: Saw -> broken",
        "open: Saw -> broken",
    }
    TURNSTILE.fire(turnstile, Saw())
    assert len(taken) == 3


def test_a_witness_is_told_of_each_event_and_the_row_that_ran_while_it_watches_and_only_then() -> None:
    seen: list[Firing] = []
    turnstile = Turnstile()
    TURNSTILE.fire(turnstile, Bell())
    before = WITNESS.set(seen.append)
    for event in (Coin(1), Coin(2), Coin(1), Bell()):
        TURNSTILE.fire(turnstile, event)
    WITNESS.reset(before)
    TURNSTILE.fire(turnstile, Push())
    assert [(each.source, each.event, each.row, each.outcome) for each in seen] == [
        ("locked", Coin(1), None, Outcome.REFUSED),
        ("locked", Coin(2), ROWS[0], Outcome.MOVED),
        ("open", Coin(1), ROWS[2], Outcome.MOVED),
        ("open", Bell(), None, Outcome.IGNORED),
    ]
    assert {each.table for each in seen} == {TURNSTILE}


def test_a_witness_changes_nothing_of_what_an_event_does() -> None:
    alone, watched = Turnstile(), Turnstile()
    for event in (Coin(2), Push(), Push(), Saw(), Coin(2)):
        outcome = TURNSTILE.fire(alone, event)
        before = WITNESS.set(lambda _: None)
        assert TURNSTILE.fire(watched, event) is outcome
        WITNESS.reset(before)
        assert watched == alone
