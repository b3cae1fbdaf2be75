"""A tenth of what `just soak` does with cards on a real pcscd."""

import pytest

from tests.soak.cards import shuffle

CYCLES = 50


@pytest.mark.timeout(600)
async def test_fifty_cards_are_as_many_taps_whatever_becomes_of_pcscd_meanwhile() -> None:
    assert await shuffle(CYCLES)
