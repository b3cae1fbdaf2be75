"""A tenth of what `just soak` tries of taps, and stories that went wrong once."""

import pytest

from tests.rigs.virtual import run_virtually
from tests.soak.placements import LEFT, Step, place, play

PLACEMENTS = 1000
LIFT: Step = ("lift", LEFT, None, None)


def test_whatever_the_order_of_tags_sessions_and_daemons_the_deck_hears_what_a_person_would_expect() -> None:
    assert place(PLACEMENTS, 20)


@pytest.mark.parametrize(
    "steps",
    [
        [
            ("put", LEFT, "A", None),
            ("open", "p2", False, None),
            ("cancel", None, None, None),
            LIFT,
        ],
        [("put", LEFT, "A", None), ("open", "p2", True, None), LIFT, ("put", LEFT, "A", None)],
        [("put", LEFT, "A", None), ("put", LEFT, "B", None), ("die", "pcscd", 5.0, LIFT)],
    ],
)
def test_stories(steps: list[Step]) -> None:
    assert run_virtually(play, steps)
