"""The search finds nothing in the box, and does find what is planted in it."""

from dataclasses import replace

import pytest

from tests.rehearsal import search
from tomb.machines.player import PLAYER, ROWS, actions, events, guards
from tomb.machines.table import Table
from tomb.nurseries import deck
from tomb.rehearsal.scenario import parse

EXAMPLES = 300
SEED = 2026


def test_nothing_goes_wrong_in_stories_that_nobody_has_written() -> None:
    found = search.hunt(EXAMPLES, SEED)
    assert found is None, f"{found}\n{search.failure(found)}"


def test_a_planted_fault_is_found_and_the_shortest_story_of_it_is_a_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    """Next does not ask any more whether there is a next track."""
    rows = [each if each.when is not guards.has_next else replace(each, when=_always) for each in ROWS]
    ignored: dict[str, tuple[type, ...]] = dict.fromkeys(PLAYER.states, ())
    for state, event in PLAYER.ignored:
        ignored[state] = (*ignored[state], event)
    rows = [each for each in rows if each.on is not events.Next or each.do is not actions.stop]
    careless = Table(
        PLAYER.name, PLAYER.model, PLAYER.states, PLAYER.initial, PLAYER.events, rows, ignored, couple=PLAYER._couple
    )
    monkeypatch.setattr(deck, "PLAYER", careless)
    found = search.hunt(EXAMPLES, SEED)
    assert found is not None
    assert "a box that lives" in str(search.failure(found))
    assert len(parse(found, "found.toml").told.step) <= 3, found
    monkeypatch.undo()
    assert search.failure(found) is None


def _always(*_: object) -> bool:
    return True
