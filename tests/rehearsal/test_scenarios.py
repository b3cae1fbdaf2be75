"""The stories of the box, each a test; and what they leave untold."""

from pathlib import Path

import pytest

from tomb.rehearsal.command import rehearse_in_scratch
from tomb.rehearsal.scenario import read

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.toml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    performance = rehearse_in_scratch(read(path))
    assert performance.failure is None, str(performance.failure)
