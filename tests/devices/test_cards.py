"""The first of the cards that `just soak` lays on a real pcscd."""

from tests.soak.cards import shuffle

CYCLES = 20  # of which two meet a pcscd that is killed, and two are exchanged


async def test_twenty_cards_are_as_many_taps_whatever_becomes_of_pcscd_meanwhile() -> None:
    assert await shuffle(CYCLES)
