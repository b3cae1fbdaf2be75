"""A tenth of the seeks; `./justw soak` has them all."""

from pathlib import Path

import pytest

from tests.soak.seeks import FORMATS, seek_about


@pytest.mark.parametrize("kind", FORMATS, ids=lambda kind: "-".join(map(str, kind)))
def test_a_seek_is_exact_to_a_frame(tmp_path: Path, kind: tuple[str, int, int]) -> None:
    assert seek_about([kind], 5, 1, tmp_path)
