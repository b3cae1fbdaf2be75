"""A tenth of what `just soak` does with strangers and crowds, on every run."""

from pathlib import Path

import pytest

from tests.soak.crowd import gather
from tests.soak.hostile import KINDS, besiege

SEED = 6
SECONDS = 180


@pytest.mark.timeout(400)
async def test_strangers_end_no_more_than_their_own_connections(tmp_path: Path) -> None:
    tally = await besiege(SEED, SECONDS, tmp_path / "data")
    # It was no idle box that was besieged: each kind of stranger came often.
    assert all(tally.attacks[kind.__name__] > 20 for kind in KINDS), tally
    assert tally.parent > 20, tally


async def test_a_crowd_of_clients_that_come_and_go_sees_the_same(tmp_path: Path) -> None:
    tally = await gather(SEED, 30, 12.0, tmp_path / "data")
    assert tally.diverged == 0, tally
    assert tally.returns > 10, tally
    assert sum(tally.operations.values()) > 50, tally
