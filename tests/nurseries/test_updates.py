"""The owner of the update machine, in a whole box on virtual time."""

from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.rigs.box import VirtualBox, virtual_box
from tests.rigs.virtual import virtual_time
from tomb import __version__
from tomb.devices.updates import Offer, UpdateFault
from tomb.errors import Conflict, OnProbation, Unavailable
from tomb.nurseries import updates
from tomb.nurseries.updates import FIRST_LOOK_S, TAKEN_S
from tomb.rehearsal.simulated.music import sparse_wav
from tomb.rehearsal.simulated.updates import FETCHING_S, URL, FakeUpdater

pytestmark = virtual_time
LOOK_S = 1200.0  # a day of a whole box takes seconds
NETWORK = UpdateFault("network", "Nobody answers.")


@pytest.fixture(autouse=True)
def short_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updates, "LOOK_S", LOOK_S)


def told(box: VirtualBox) -> list[str]:
    """The states, each once in a row."""
    states = [each["state"] for each in box.told("update_state")]
    return [state for place, state in enumerate(states) if state != (states[place - 1] if place else None)]


async def until(box: VirtualBox, state: str, seconds: float = 60.0) -> Any:
    with trio.fail_after(seconds):
        while box.services.updates.status().state != state:
            await trio.sleep(0.1)
    return box.services.updates.status()


async def test_a_parent_looks_and_then_installs(tmp_path: Path, autojump_clock: MockClock) -> None:
    updater = FakeUpdater()
    async with virtual_box(tmp_path, updater=updater) as box:
        owner = box.services.updates
        assert (owner.status().state, owner.status().current) == ("none", __version__)
        assert owner.ask(wanted=False).state == "checking"
        found = await until(box, "available")
        assert (found.version, updater.fetched) == ("2.0", [])
        assert owner.ask(wanted=True).state == "installing"
        await trio.sleep(FETCHING_S / 2)
        assert owner.status().percent == pytest.approx(50, abs=6)
        await trio.sleep(FETCHING_S)
        assert updater.fetched == [URL]
        updater.notes("taken")
        await trio.sleep(TAKEN_S * 2)
        assert owner.status().state == "installing"
        assert told(box) == ["checking", "available", "installing"]
        assert len([each for each in box.told("update_state") if each["percent"] is not None]) <= 21


async def test_who_wants_it_at_once_gets_it_at_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    updater = FakeUpdater()
    async with virtual_box(tmp_path, updater=updater) as box:
        box.services.updates.ask(wanted=True)
        await until(box, "installing")
        await trio.sleep(2 * FETCHING_S)
        assert updater.fetched == [URL]


async def test_what_the_program_refuses_is_told_with_its_reason(tmp_path: Path, autojump_clock: MockClock) -> None:
    updater = FakeUpdater()
    async with virtual_box(tmp_path, updater=updater) as box:
        box.services.updates.take("https://example.org/own.deb")
        await trio.sleep(2 * FETCHING_S)
        updater.notes("failed", "", "bad_signature", "Its signature is not that of the key.")
        failed = await until(box, "failed")
        assert (failed.reason, failed.message) == ("bad_signature", "Its signature is not that of the key.")
        assert updater.fetched == ["https://example.org/own.deb"]


async def test_what_was_noted_before_is_not_taken_for_the_answer(tmp_path: Path, autojump_clock: MockClock) -> None:
    updater = FakeUpdater()
    updater.notes("failed", "1.9", "bad_signature", "It was another one.")
    async with virtual_box(tmp_path, updater=updater) as box:
        assert box.services.updates.status().state == "failed"
        box.services.updates.ask(wanted=True)
        await trio.sleep(FETCHING_S + 10.0)
        assert box.services.updates.status().state == "installing"


async def test_a_package_that_nobody_takes_is_withdrawn(tmp_path: Path, autojump_clock: MockClock) -> None:
    updater = FakeUpdater()
    async with virtual_box(tmp_path, updater=updater) as box:
        box.services.updates.ask(wanted=True)
        failed = await until(box, "failed", 100)
        assert (failed.reason, updater.withdrawn) == ("not_taken", 1)


@pytest.mark.parametrize("fetching", [False, True])
async def test_a_network_that_fails_is_told_and_can_be_tried_again(
    tmp_path: Path, autojump_clock: MockClock, fetching: bool
) -> None:
    updater = FakeUpdater()
    async with virtual_box(tmp_path, updater=updater) as box:
        if fetching:
            box.services.updates.ask(wanted=True)
            await until(box, "installing")
        updater.fault = NETWORK
        if not fetching:
            box.services.updates.ask(wanted=True)
        assert (await until(box, "failed")).reason == "network"
        box.services.updates.ask(wanted=True)
        await until(box, "installing")


async def test_while_one_is_under_way_no_other_begins(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with virtual_box(tmp_path, updater=FakeUpdater()) as box:
        box.services.updates.ask(wanted=True)
        await until(box, "installing")
        for wanted in (True, False):
            with pytest.raises(Conflict):
                box.services.updates.ask(wanted=wanted)
        with pytest.raises(Conflict):
            box.services.updates.take(URL)


async def test_it_is_looked_once_a_day_and_what_is_found_waits_for_a_parent(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    updater = FakeUpdater(fault=NETWORK)
    async with virtual_box(tmp_path, updater=updater) as box:
        await trio.sleep(FIRST_LOOK_S - 1)
        assert updater.looks == 0
        await trio.sleep(10.0)
        assert (updater.looks, told(box)) == (1, []), "that nobody answers is no news"
        await trio.sleep(LOOK_S)
        assert (updater.looks, told(box), updater.fetched) == (2, ["available"], [])


async def test_a_version_that_went_back_is_not_offered_every_day(tmp_path: Path, autojump_clock: MockClock) -> None:
    updater = FakeUpdater()
    updater.notes("went_back", "2.0", "no_sound", "With it, audio was gone.")
    async with virtual_box(tmp_path, updater=updater) as box:
        assert box.services.updates.status().reason == "no_sound"
        await trio.sleep(FIRST_LOOK_S + LOOK_S)
        assert box.services.updates.status().state == "went_back"
        updater.offer = Offer("2.1", URL)
        await trio.sleep(LOOK_S)
        assert box.services.updates.status().state == "available"


async def test_a_box_that_runs_from_no_package_says_what_to_do_instead(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    updater = FakeUpdater(hindered=UpdateFault("not_installed", "Update its folder."))
    async with virtual_box(tmp_path, updater=updater) as box:
        status = box.services.updates.status()
        assert (status.state, status.hindrance, status.message) == ("none", "not_installed", "Update its folder.")
        with pytest.raises(Unavailable, match="Update its folder"):
            box.services.updates.ask(wanted=True)
        await trio.sleep(FIRST_LOOK_S + LOOK_S)
        assert updater.looks == 0


async def test_without_an_index_nobody_is_asked_but_a_package_may_be_named(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    updater = FakeUpdater(index=False)
    async with virtual_box(tmp_path, updater=updater) as box:
        assert box.services.updates.status().hindrance == "no_address"
        with pytest.raises(Unavailable):
            box.services.updates.ask(wanted=False)
        await trio.sleep(FIRST_LOOK_S + LOOK_S)
        assert updater.looks == 0
        box.services.updates.take(URL)
        await trio.sleep(2 * FETCHING_S)
        assert updater.fetched == [URL]


# --- on probation -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["done", "went_back"])
async def test_until_it_is_judged_a_new_version_plays_and_takes_no_edits(
    tmp_path: Path, autojump_clock: MockClock, end: str
) -> None:
    async with virtual_box(tmp_path) as box:
        playlist_id = await box.add("Bedtime", 60.0, tag_id="04A1B2C3")
    updater = FakeUpdater()
    updater.notes("proving")
    async with virtual_box(tmp_path, updater=updater) as box:
        librarian = box.services.librarian
        assert box.services.updates.status().state == "proving"
        await box.tap("04A1B2C3")
        assert box.state == "playing"
        for edit in (
            lambda: librarian.create("Another"),
            lambda: librarian.delete(playlist_id),
            lambda: librarian.link_tag("04D4E5F6", playlist_id),
            librarian.empty_bin,
            lambda: librarian.change_settings({"start_volume": 10}),
        ):
            with pytest.raises(OnProbation):
                await edit()
        updater.notes(end)
        await until(box, end)
        assert (await librarian.create("Another")).title == "Another"


async def test_what_the_box_does_by_itself_waits_too(tmp_path: Path, autojump_clock: MockClock) -> None:
    """A song that was taken out of the inbox would be gone with the database that is put back."""
    updater = FakeUpdater()
    updater.notes("proving")
    async with virtual_box(tmp_path, updater=updater, inbox_watch_s=10) as box:
        song = box.services.librarian.folder / "inbox" / "New" / "1 Song.wav"
        song.parent.mkdir(parents=True)
        sparse_wav(song, 5.0)
        await trio.sleep(100)
        assert song.exists()
        assert all(each.state == "up" for name, each in box.services.board.details().items() if name == "inbox")
        updater.notes("done")
        await trio.sleep(60)
        assert not song.exists()
        assert box.services.librarian.count() == 1


async def test_an_idle_box_does_not_read_what_is_noted(tmp_path: Path, autojump_clock: MockClock) -> None:
    class Counting(FakeUpdater):
        reads = 0

        async def noted(self) -> Any:
            self.reads += 1
            return await super().noted()

    updater = Counting(index=False)
    async with virtual_box(tmp_path, updater=updater):
        await trio.sleep(3600)
        assert updater.reads == 1
