"""A rehearsed box does what a box does, and whoever expects something else of it is told what came near."""

from pathlib import Path

import pytest

from tests.rehearsal.story import FIRST_LINE, failure, goes_well, told
from tomb.nurseries.deck import Deck
from tomb.rehearsal.command import rehearse_in_scratch
from tomb.rehearsal.scenario import parse, read

MANUAL = Path(__file__).parents[2] / "docs/rehearsing.md"


def test_a_whole_story_of_taps_clients_and_a_power_cut() -> None:
    goes_well("""
        [[step]]
        connect = "phone"
        expect.told.phone = ["connection_status", "state:playlists", "state:player", "ack:join"]
        expect.connected = ["phone"]

        [[step]]
        at = "10s"
        tap = "cow"
        expect.player = { state = "playing", track = "cow/1", position = "0s" }
        expect.machines = { player = "playing", presence = "present" }
        expect.sounds = "cow/1"
        expect.events = [
            { type = "nfc_tag", tag_id = "<tag cow>", present = true },
            { type = "state:player", state = "playing" },
        ]
        expect.told.phone = [{ type = "nfc_tag", playlist_id = "<cow>" }]

        [[step]]
        after = "62s"
        expect.heard = ["cow/2"]
        expect.player = { track = "cow/2", active_track_id = "<cow/2>", position_ms = 2000 }
        expect.no_events = ["nfc_association_state"]

        [[step]]
        call = "POST /api/nfc/scan"
        body = { playlist_id = "<whale>" }
        keep = { session = "data.session_id" }
        expect.answer = { http = 200, data.playlist_id = "none", status = "success" }
        expect.machines.association = "waiting"

        [[step]]
        call = "DELETE /api/nfc/session/<session>"
        expect.answer.http = 200
        expect.machines.association = "cancelled"

        [[step]]
        drop = "phone"
        expect.connected = []

        [[step]]
        after = "8s"
        cut = "power"
        off = "5m"
        expect.player = { state = "stopped", playlist = "cow", track = "cow/2", position = ">4000" }
        expect.sounds = "silence"

        [[step]]
        after = "3s"
        resync = "phone"
        expect.answer.synced_rooms = ["playlists"]
        expect.told.phone = ["state:playlists", "sync:complete"]
    """)


def test_a_tag_that_stays_pauses_nothing_and_a_tap_ends_after_its_hold() -> None:
    goes_well("""
        [[step]]
        place = "cow"
        [[step]]
        after = "1h"
        expect.machines.presence = "present"
        [[step]]
        lift = true
        [[step]]
        after = "1s"
        expect.machines.presence = "absent"
        [[step]]
        tap = "whale"
        hold = "3s"
        [[step]]
        after = "2900ms"
        expect.machines.presence = "present"
        [[step]]
        after = "1s"
        expect.machines.presence = "absent"
    """)


def test_a_loudspeaker_that_is_pulled_out_comes_back_where_it_was() -> None:
    goes_well("""
        [[step]]
        tap = "cow"
        [[step]]
        after = "20s"
        lose = "sound"
        expect.player = { state = "error", track = "cow/1", position = "20s" }
        expect.health.audio = "down"
        [[step]]
        after = "1m"
        return = "sound"
        within = "10s"
        expect.player = { state = "playing", position = "20s" }
    """)


def test_the_wall_clock_jumps_and_nothing_else_does() -> None:
    performance = goes_well("""
        [[step]]
        tap = "cow"
        [[step]]
        after = "5s"
        clock = "+2h"
        expect.player.position_ms = 5000
        [[step]]
        clock = "06:30"
        [[step]]
        clock = "2027-01-01T12:00:00"
    """)
    clocks = [entry.text for entry in performance.transcript.entries if "clock" in entry.text]
    assert clocks == [
        f"the clock shows {each}" for each in ("2026-03-02 17:00:05", "2026-03-03 06:30:00", "2027-01-01 12:00:00")
    ]


def test_rounds_tap_one_tag_after_the_other() -> None:
    performance = goes_well("""
        [[step]]
        repeat = 4
        [[step.steps]]
        after = "10s"
        tap = ["cow", "whale", "stranger"]
    """)
    puts = [entry.text for entry in performance.transcript.entries if " puts " in f" {entry.text}"]
    assert puts == [f"puts {tag} on the box" for tag in ("cow", "whale", "stranger", "cow")]


@pytest.mark.parametrize(
    ("expected", "field", "found"),
    [
        ('player = { state = "paused" }', "player.state", "playing"),
        ('player = { track = "whale/1" }', "player.track", "cow/1"),
        ('player = { position = "2s" }', "player.position", "5000"),
        ('player = { position_ms = ">5000" }', "player.position_ms", "5000"),
        ('player = { muted = "*", error_message = "*" }', "player.error_message", "nothing"),
        ("player = { nothing = 1 }", "player.nothing", "nothing"),
        ('machines = { player = "paused" }', "machines.player", "playing"),
        ('machines = { download = "starting" }', "machines.download", "none"),
        ('sounds = "silence"', "sounds", "cow/1"),
        ('heard = ["cow/1"]', "heard", "[]"),
        ('chimes = ["limit"]', "chimes", "[]"),
        ('connected = ["phone"]', "connected", "[]"),
        ('health = { audio = "down" }', "health.audio", "up"),
        ('no_events = ["state:player", "nfc_tag"]', "no_events", "nfc_tag"),
        ('events = ["nfc_tag", "nfc_tag"]', "events", "state:track_position"),
    ],
)
def test_what_is_not_as_expected_is_told_with_its_line(expected: str, field: str, found: str) -> None:
    said = failure(f"""\
        [[step]]
        tap = "cow"
        [[step]]
        after = "5s"
        expect.{expected}
    """)
    first, second, *_ = said.splitlines()
    assert (first, second) == (f"story.toml:{FIRST_LINE + 4}: at 5.000 s", f"  {field}")
    assert f"    found     {found}" in said


def test_what_a_client_was_not_told_is_told_with_its_line() -> None:
    said = failure('[[step]]\nconnect = "phone"\n[[step]]\nexpect.told.phone = "state:player"\n')
    assert said.startswith(f"story.toml:{FIRST_LINE + 3}: at 0.000 s\n  told.phone\n")
    assert "    found     nothing" in said


def test_what_came_near_an_event_is_told() -> None:
    said = failure("""
        [[step]]
        tap = "cow"
        expect.events = [{ type = "nfc_tag", present = true, playlist_id = "<whale>" }]
    """)
    assert "near it   a nfc_tag came, but playlist_id is" in said


def test_something_that_takes_time_is_waited_for_and_no_longer() -> None:
    late = """
        [[step]]
        tap = "cow"
        [[step]]
        within = "{}s"
        expect.player.track = "cow/2"
    """
    goes_well(late.format(60))
    assert "at 59.900" in failure(late.format("59.9"))


def test_what_cannot_be_done_is_no_crash() -> None:
    assert "nothing is called horse" in failure('[[step]]\ncall = "POST /api/playlists/<horse>/start"\n')
    assert "nothing lies on the box" in failure("[[step]]\nlift = true\n")
    assert "a time to come" in failure('[[step]]\nafter = "5s"\n[[step]]\nat = "4s"\n')


def test_a_defect_of_the_box_is_found_wherever_it_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError("by a planted defect")

    monkeypatch.setattr(Deck, "tap", breaks)
    assert "ZeroDivisionError: by a planted defect" in failure('[[step]]\ntap = "cow"\n[[step]]\nafter = "1s"\n')


def test_the_same_seed_is_the_same_story_and_another_one_is_not() -> None:
    races = """
        [[step]]
        tap = "cow"
        [[step]]
        after = "5s"
        [[step.together]]
        by = "mum"
        call = "POST /api/player/pause"
        [[step.together]]
        by = "dad"
        call = "POST /api/player/next"
        [[step.together]]
        tap = "whale"
    """
    digests = [goes_well(races, seed).transcript.digest() for seed in (1, 1, 2, 3, 1)]
    assert digests[0] == digests[1] == digests[4]
    orders = [tuple(entry.text for entry in told(races, seed).transcript.entries) for seed in range(8)]
    assert len(set(orders)) > 1


def test_a_hundred_rehearsals_are_one_byte_for_byte() -> None:
    story = read(MANUAL.parents[1] / "scenarios/a_second_tap_pauses.toml")
    assert len({rehearse_in_scratch(story, seed=7).transcript.digest() for _ in range(100)}) == 1


def test_the_story_of_the_manual_goes_as_it_says() -> None:
    text = MANUAL.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    assert rehearse_in_scratch(parse(text, "the manual")).failure is None
