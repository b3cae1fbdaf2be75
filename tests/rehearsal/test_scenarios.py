"""The stories of the box, each a test; that they leave no row of a state machine untold; and where they are listed."""

from functools import cache
from pathlib import Path

import pytest

from tomb.rehearsal.command import rehearse_in_scratch
from tomb.rehearsal.coverage import Coverage, all_rows
from tomb.rehearsal.scenario import read

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted((ROOT / "scenarios").glob("*.toml"))


@cache
def rehearsed(path: Path) -> tuple[str | None, Coverage]:
    """What went wrong, if anything did, and the rows that it told."""
    coverage = Coverage()
    with coverage.watching(path.stem):
        failure = rehearse_in_scratch(read(path)).failure
    return None if failure is None else str(failure), coverage


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path) -> None:
    failure, _ = rehearsed(path)
    assert failure is None, failure


def test_every_row_of_every_machine_is_told_by_a_scenario() -> None:
    told = {row for path in SCENARIOS for row in rehearsed(path)[1].by}
    untold = [str(row) for row in all_rows() if row not in told]
    assert not untold, "\n".join(["no scenario tells these:", *untold])


def test_the_manual_lists_every_scenario_with_its_title() -> None:
    manual = (ROOT / "docs/rehearsing.md").read_text(encoding="utf-8")
    listed = [line for line in manual.splitlines() if line.startswith("- [`")]
    wanted = [f"- [`{path.stem}`](../scenarios/{path.name}): {read(path).told.title}" for path in SCENARIOS]
    assert listed == wanted, "\n".join(["docs/rehearsing.md should list:", *wanted])
