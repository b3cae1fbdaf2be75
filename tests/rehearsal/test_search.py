"""The search finds nothing in the box, and does find what is planted in it."""

from dataclasses import replace

import pytest

from tests.rehearsal import search
from tomb.machines.player import PLAYER, ROWS, guards
from tomb.machines.table import Table
from tomb.nurseries import deck
from tomb.rehearsal.scenario import parse

EXAMPLES = 300
SEED = 2026


def test_nothing_goes_wrong_in_stories_that_nobody_has_written() -> None:
    found = search.hunt(EXAMPLES, SEED)
    assert found is None, f"{found}\n{search.failure(found)}"


def test_a_guard_that_is_gone_is_found_and_the_shortest_story_of_it_is_a_scenario(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody is shut out by a limit any more."""
    rows = [each if each.when is not guards.shut_out_of_more else replace(each, when=_never) for each in ROWS]
    ignored: dict[str, tuple[type, ...]] = dict.fromkeys(PLAYER.states, ())
    for state, event in PLAYER.ignored:
        ignored[state] = (*ignored[state], event)
    careless = Table(
        PLAYER.name, PLAYER.model, PLAYER.states, PLAYER.initial, PLAYER.events, rows, ignored, couple=PLAYER._couple
    )
    monkeypatch.setattr(deck, "PLAYER", careless)
    found = search.hunt(EXAMPLES, SEED)
    assert found is not None
    assert "no tap plays" in str(search.failure(found))
    monkeypatch.undo()
    assert search.failure(found) is None
    assert len(parse(found, "found.toml").told.step) <= 6, found


def _never(*_: object) -> bool:
    return False
