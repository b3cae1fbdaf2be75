"""Where the machines are is noted at no cost, and said when it changes."""

from tomb.machines.association import ASSOCIATION
from tomb.machines.presence import PRESENCE
from tomb.nurseries.machine_states import MachineStates


def watched() -> tuple[MachineStates, list[tuple[str, str, str | None]]]:
    states, said = MachineStates(), list[tuple[str, str, str | None]]()
    states.listener = lambda name, machine_id, state: said.append((name, machine_id, state))
    return states, said


def test_a_state_is_said_when_it_is_another_one() -> None:
    states, said = watched()
    for state in ("empty", "empty", "present", "empty"):
        states.note(PRESENCE, "reader", state)
    assert said == [(PRESENCE.name, "reader", each) for each in ("empty", "present", "empty")]
    assert states.all() == [(PRESENCE.name, "reader", "empty")]


def test_what_has_gone_is_said_once_and_no_longer_listed() -> None:
    states, said = watched()
    states.note(ASSOCIATION, "a", "listening")
    states.note(ASSOCIATION, "b", "listening")
    states.drop(ASSOCIATION, "a")
    states.drop(ASSOCIATION, "a")
    states.drop(PRESENCE, "never there")
    assert said[2:] == [(ASSOCIATION.name, "a", None)]
    assert states.of(ASSOCIATION.name) == {"b": "listening"}


def test_what_one_is_given_is_not_the_box_s_own() -> None:
    states, _ = watched()
    states.note(PRESENCE, "reader", "empty")
    states.of(PRESENCE.name).clear()
    assert states.of(PRESENCE.name) == {"reader": "empty"}
