"""What tomb/machines/owners.py says is what the sources of the owners do."""

from typing import Any

import pytest

from tests.rigs import owners
from tomb.machines.diagrams import TABLES
from tomb.machines.owners import OWNERS
from tomb.machines.table import Table

EACH_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)


@EACH_TABLE
def test_a_machine_is_fired_by_those_who_are_named_and_reaches_those_who_are(table: Table[Any]) -> None:
    declared = OWNERS[table.name]
    assert {who: set(events) for who, events in declared.fired_by.items()} == owners.fired()[table.name]
    assert {whom: set(effects) for whom, effects in declared.reaches.items()} == owners.reaching().get(table.name, {})
    assert {each for each in OWNERS if OWNERS[each].name == declared.name} == owners.machines_of(declared.name)


@EACH_TABLE
def test_a_machine_has_no_event_that_nobody_fires_and_decides_nothing_that_nobody_carries_out(
    table: Table[Any],
) -> None:
    fired = set().union(*owners.fired()[table.name].values())
    assert {event.__name__ for event in table.events} == fired
    assert {effect.__name__ for effect in owners.effect_types(table)} <= owners.named_by_owner(table)


def test_an_event_that_is_only_a_type_a_pattern_or_left_to_a_timer_is_not_the_caller_s_doing() -> None:
    source = """
class Owner:
    def run(self, given: Start):
        kept: Stop = given
        isinstance(kept, Play)
        self.fading = Timer(lambda: self.fire(Sleep()))
        match kept:
            case Pause():
                self.fire(Next())

    def fire(self, event):
        self.tell(Seek)
"""
    assert owners.doing(source, "run") == {"Next", "Seek"}
