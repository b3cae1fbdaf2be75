"""A tenth of `just soak --life` on every run, and the proof that it notices a box that keeps what it should not."""

from pathlib import Path

import pytest

from tests.soak import day
from tests.soak.api import Complaint
from tests.soak.meter import Meter
from tomb.events import Events

SEED = 7


@pytest.mark.timeout(600)
def test_a_tenth_of_a_day_takes_nothing_that_it_does_not_give_back(tmp_path: Path) -> None:
    tally = day.live(SEED, 2.4, tmp_path)
    assert {"tap", "click", "edit", "link", "upload", "visit", "unplug"} <= set(tally.did)
    assert tally.events > 1000


def test_the_same_seed_is_the_same_life(tmp_path: Path) -> None:
    first = day.live(SEED, 0.2, tmp_path / "first")
    second = day.live(SEED, 0.2, tmp_path / "second")
    assert first.trace == second.trace
    assert first.did == second.did


def test_a_box_that_keeps_each_event_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[object] = []
    hand_out = Events._hand_out

    def keep(events: Events, event: object) -> None:
        kept.extend([event] for _ in range(100))  # twice what `day` may overlook
        hand_out(events, event)  # type: ignore[arg-type]

    monkeypatch.setattr(Events, "_hand_out", keep)
    with pytest.raises(Complaint, match="objects grew"):
        day.live(SEED, 1.0, tmp_path)


def test_a_slope_is_that_of_the_second_half_and_growth_that_of_the_last_third() -> None:
    meter = Meter()
    for hour, value in enumerate((10, 50, 90, 100, 102, 104, 106, 108, 110)):
        meter.note(hour, {"MB": value})
    assert meter.slope("MB") == pytest.approx(2.0)
    assert meter.growth("MB") == 6
    assert "MB" in str(meter)
