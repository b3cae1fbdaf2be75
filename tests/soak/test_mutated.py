"""The first of a thousand broken files; `./justw soak` has them all."""

from pathlib import Path

import pytest

from tests.soak.mutated import chew

BATCH = 10


@pytest.mark.parametrize("first", range(0, 100, BATCH))
async def test_a_broken_file_is_heard_as_far_as_it_can_be_or_refused_in_words(tmp_path: Path, first: int) -> None:
    assert await chew(first, BATCH, tmp_path)
