"""A tenth of the siege of `just soak` on every run."""

from pathlib import Path

import pytest

from tests.soak.hostile import KINDS, besiege

SEED = 6
SECONDS = 180


@pytest.mark.timeout(400)
async def test_strangers_end_no_more_than_their_own_connections(tmp_path: Path) -> None:
    tally = await besiege(SEED, SECONDS, tmp_path / "data")
    # It was no idle box that was besieged: each kind of stranger came often.
    assert all(tally.attacks[kind.__name__] > 20 for kind in KINDS), tally
    assert tally.parent > 20, tally
