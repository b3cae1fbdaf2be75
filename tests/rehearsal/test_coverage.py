from tests.rehearsal.story import scenario
from tomb.rehearsal.command import rehearse_in_scratch
from tomb.rehearsal.coverage import Coverage, Told, all_rows

TAP = """
[[step]]
tap = "cow"
"""
PRESSED = Told("player", "playing", "Pause", "", "paused")
PAUSE = """
[[step]]
call = "POST /api/player/pause"
"""


def test_a_row_is_told_by_those_who_had_it_run_the_first_one_first() -> None:
    coverage = Coverage()
    for name, steps in (("tapped", TAP), ("paused", TAP + PAUSE), ("again", TAP + PAUSE + PAUSE)):
        with coverage.watching(name):
            rehearse_in_scratch(scenario(steps))
    rehearse_in_scratch(scenario(TAP + PAUSE))
    assert coverage.by[PRESSED] == ["paused", "again"]
    begun = next(row for row in coverage.by if (row.machine, row.event) == ("player", "Tapped"))
    assert coverage.by[begun] == ["tapped", "paused", "again"]


def test_what_was_refused_or_means_nothing_is_no_row() -> None:
    coverage = Coverage()
    with coverage.watching("paused"):
        rehearse_in_scratch(scenario(PAUSE))
    assert not any(row.event == "Pause" for row in coverage.by)


def test_the_report_has_every_row_once_and_says_which_nobody_told() -> None:
    coverage = Coverage()
    coverage.by = {row: ["one", "other"] for row in all_rows()[1:]}
    lines = list(coverage.report())
    assert [line for line in lines if "NOT TOLD" in line] == [f"{all_rows()[0]}: NOT TOLD"]
    assert f"{all_rows()[1]}: one, and 1 more" in lines
    assert lines[-1] == f"{len(all_rows())} rows, 1 of them not told"
    assert len(set(lines)) == len(all_rows()) + 1
