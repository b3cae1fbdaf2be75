"""The power of an installed box is cut at any moment, a start included: a fortieth of `just soak --installed`."""

import sys
from pathlib import Path

import pytest

from tests.soak.installed import InstalledSoak, installed

SEED = 11
CUTS = 8


@pytest.mark.timeout(1200)  # whoever asks first for the package waits for it
async def test_a_cut_at_any_moment_loses_nothing_that_was_acknowledged(
    packages: dict[str, Path], tmp_path: Path
) -> None:
    with installed(packages["bookworm"], tmp_path / "computer") as (usr, disk):
        soak = InstalledSoak(SEED, usr, disk)
        try:
            tally = await soak.run(CUTS)
        except BaseException:
            sys.stdout.write("\n".join((*soak.journal.lines, f"seed {SEED}, round {soak.round}")))
            raise
    assert tally.kills == CUTS
    assert {"create", "chunks"} <= set(tally.counts)
    assert 0 < tally.in_start < CUTS
    assert soak.taps > CUTS - tally.in_start  # after each of the others, and at last
