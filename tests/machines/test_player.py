"""The player, rule by rule, as behaviour.md tells them."""

import dataclasses
from collections.abc import Callable

import pytest
from msgspec.structs import asdict

from tests.machines.player_world import BAD, LATE, LOST, MINUTE, drawn_for, fire, listing, start
from tomb.machines.player.events import (
    ClearResume,
    CountPlay,
    DeviceBack,
    DeviceLost,
    EnqueueTrack,
    Entry,
    Listing,
    Next,
    Pause,
    PauseOutput,
    Play,
    PlayChime,
    PlaylistChanged,
    PlaylistDeleted,
    PlayTrack,
    Previous,
    Restore,
    ResumeOutput,
    SaveResume,
    Seek,
    SetCeiling,
    SetGain,
    SetMode,
    SetSleep,
    SetSleepTimer,
    SetVolume,
    SleepNear,
    SleepOver,
    Start,
    Stop,
    StopOutput,
    TagRemoved,
    Tapped,
    Toggle,
    TrackFailed,
    TrackFinished,
    TrackStarted,
)
from tomb.machines.player.model import Player, can_next, gain
from tomb.machines.table import Outcome
from tomb.models import PlayState, RepeatMode, SameTag

FULL = SetGain(0.25, 0.0)  # the gain of volume 50, before a cut


def hearing(tracks: str, track_id: str | None = None, **modes: object) -> Player:
    """A player that plays a playlist, one letter a track, and is heard."""
    player = Player()
    for name, mode in modes.items():
        setattr(player, name, mode)
    fire(player, start(tracks, track_id))
    fire(player, TrackStarted(player.generation))
    player.effects.clear()
    return player


def told(player: Player, *events: object) -> list[object]:
    """The effects of these events alone."""
    player.effects.clear()
    fire(player, *events)
    return list(player.effects)


def state_after(player: Player, *events: object) -> str:
    fire(player, *events)
    return player.play_state


def following(player: Player) -> str | None:
    return player.following[1] if player.following else None


def track(player: Player) -> str | None:
    return player.track.track_id if player.track else None


# --- play, pause, stop ----------------------------------------------------------------------------------------------


def test_play_with_nothing_chosen_changes_nothing() -> None:
    player = Player()
    assert {fire(player, Play()), fire(player, Toggle())} == {Outcome.REFUSED}
    assert player == Player()


def test_a_playlist_begins_where_it_was_left_else_at_its_first_track() -> None:
    assert told(Player(), start("ABC", "B", 7_000)) == [FULL, PlayTrack(1, "B", 7_000)]
    assert told(Player(), start("ABC")) == [FULL, PlayTrack(1, "A", 0)]


def test_a_resume_point_in_a_track_that_is_gone_counts_for_nothing() -> None:
    assert told(Player(), start("ABC", "X", 7_000)) == [FULL, PlayTrack(1, "A", 0)]


def test_a_playlist_without_tracks_is_refused_and_what_plays_plays_on() -> None:
    player = hearing("AB")
    assert fire(player, Start(listing("", "empty"), ())) is Outcome.REFUSED
    assert (player.play_state, track(player)) == ("playing", "A")


def test_is_playing_is_true_while_loading_so_a_toggle_then_pauses() -> None:
    player = Player()
    fire(player, start("AB"))
    assert (player.play_state, player.is_playing) == ("loading", True)
    assert told(player, Toggle(0)) == [PauseOutput(), SaveResume("p", "A", 0)]
    assert (player.play_state, player.is_playing) == ("paused", False)


def test_a_newer_command_wins_and_the_late_report_of_the_older_is_refused() -> None:
    player = Player()
    fire(player, start("AB"), Next(0))
    assert fire(player, TrackStarted(1)) is Outcome.REFUSED
    assert (player.play_state, track(player)) == ("loading", "B")
    assert fire(player, TrackStarted(2)) is Outcome.MOVED


def test_pause_notes_what_was_heard_and_play_goes_on_with_what_the_output_holds() -> None:
    player = hearing("AB")
    assert told(player, Pause(4_321)) == [PauseOutput(), SaveResume("p", "A", 4_321)]
    assert told(player, Play()) == [ResumeOutput()]
    assert player.play_state == "playing"


def test_a_pause_before_the_first_sample_resumes_to_loading() -> None:
    player = Player()
    fire(player, start("AB"), Pause(0))
    assert told(player, Play()) == [ResumeOutput()]
    assert player.play_state == "loading"


def test_stop_keeps_the_place_and_play_goes_on_there() -> None:
    player = hearing("AB", "B")
    assert told(player, Stop(9_000)) == [SaveResume("p", "B", 9_000), StopOutput()]
    assert told(player, Play()) == [FULL, PlayTrack(2, "B", 9_000)]


def test_switching_notes_where_the_other_playlist_was_left_unless_it_was_stopped_there() -> None:
    other = Start(listing("X", "q"), (0,), heard_ms=12_000)
    playing, stopped = hearing("AB"), hearing("AB")
    fire(stopped, Stop(12_000))
    assert told(playing, other) == [SaveResume("p", "A", 12_000), FULL, PlayTrack(3, "X", 0)]
    assert told(stopped, other) == [FULL, PlayTrack(3, "X", 0)]


def test_what_was_chosen_before_the_box_was_switched_off_is_ready_but_silent() -> None:
    player = Player()
    chosen = listing("ABC")
    assert told(player, Restore(70, True, "track", False, False, chosen, drawn_for(chosen), "B", 7_000)) == []
    assert (player.volume, player.muted, player.repeat, player.auto_advance) == (70, True, "track", False)
    fire(player, SetMode(muted=False), SetVolume(50))
    assert told(player, Play()) == [FULL, PlayTrack(1, "B", 7_000)]


# --- next and previous ----------------------------------------------------------------------------------------------


def test_next_on_the_last_track_stops_or_wraps_when_the_playlist_repeats() -> None:
    stopping, wrapping = hearing("AB", "B"), hearing("AB", "B", repeat="playlist")
    assert (can_next(stopping, 0), can_next(wrapping, 0)) == (False, True)
    fire(stopping, Next(LATE))
    fire(wrapping, Next(LATE))
    assert stopping.play_state == "stopped"
    assert (wrapping.play_state, track(wrapping)) == ("loading", "A")


@pytest.mark.parametrize(("heard_ms", "leads_to"), [(0, "B"), (2_999, "B"), (3_000, "C"), (59_999, "C")])
def test_previous_within_three_seconds_goes_back_a_track_else_to_the_start(heard_ms: int, leads_to: str) -> None:
    player = hearing("ABC", "C")
    fire(player, Previous(heard_ms))
    assert (track(player), player.position_ms, player.play_state) == (leads_to, 0, "loading")


@pytest.mark.parametrize("repeat", ["none", "track", "playlist"])
def test_previous_on_the_second_track_leads_to_the_first(repeat: RepeatMode) -> None:
    player = hearing("ABC", "B", repeat=repeat)
    fire(player, Previous(0))
    assert track(player) == "A"


@pytest.mark.parametrize(("repeat", "leads_to"), [("none", "A"), ("track", "A"), ("playlist", "C")])
def test_previous_on_the_first_track_wraps_only_when_the_playlist_repeats(repeat: RepeatMode, leads_to: str) -> None:
    player = hearing("ABC", repeat=repeat)
    fire(player, Previous(0))
    assert track(player) == leads_to


def test_repeat_track_repeats_by_itself_but_the_next_button_goes_on() -> None:
    player = hearing("AB", repeat="track")
    assert following(player) == "A"
    fire(player, Next(0))
    assert track(player) == "B"


# --- seek -----------------------------------------------------------------------------------------------------------


def test_seek_while_playing_jumps_to_the_position_and_notes_it() -> None:
    player = hearing("AB")
    assert told(player, Seek(30_000)) == [SaveResume("p", "A", 30_000), FULL, PlayTrack(3, "A", 30_000)]
    assert player.play_state == "loading"


def test_seek_while_paused_stays_silent_and_play_begins_there() -> None:
    player = hearing("AB")
    fire(player, Pause(1_000))
    assert told(player, Seek(30_000)) == [SaveResume("p", "A", 30_000), StopOutput()]
    assert player.play_state == "paused"
    assert told(player, Play()) == [FULL, PlayTrack(3, "A", 30_000)]


@pytest.mark.parametrize(
    ("position_ms", "outcome"), [(-1, "refused"), (0, "moved"), (MINUTE, "moved"), (MINUTE + 1, "refused")]
)
def test_seek_beyond_the_track_is_refused(position_ms: int, outcome: str) -> None:
    assert fire(hearing("A"), Seek(position_ms)).value == outcome


# --- one track after another ----------------------------------------------------------------------------------------


def test_as_soon_as_a_track_is_heard_the_next_one_is_told_to_follow() -> None:
    player = Player()
    fire(player, start("ABC"))
    assert told(player, TrackStarted(1)) == [CountPlay("p", "A"), EnqueueTrack(2, "B")]
    assert told(player, TrackStarted(2)) == [SaveResume("p", "B", 0), CountPlay("p", "B"), EnqueueTrack(3, "C")]
    assert (track(player), player.generation, player.play_state) == ("B", 2, "playing")


def test_the_track_that_follows_begins_at_its_start_wherever_the_one_before_began() -> None:
    player = Player()
    fire(player, start("AB", "A", 7_000), TrackStarted(1), TrackStarted(2))
    assert (track(player), player.position_ms) == ("B", 0)


@pytest.mark.parametrize(
    "late", [TrackStarted(1), TrackFinished(1), TrackFailed(1, BAD), TrackStarted(2), TrackFailed(2, BAD)]
)
def test_a_report_of_an_older_cue_is_refused_whether_it_plays_or_is_paused(late: object) -> None:
    player = hearing("AB")
    fire(player, Next(0), TrackStarted(3))
    assert fire(player, late) is Outcome.REFUSED
    fire(player, Pause(LATE))
    assert fire(player, late) is Outcome.REFUSED


def test_a_track_that_plays_cannot_start_again() -> None:
    player = hearing("AB")
    assert fire(player, TrackStarted(1)) is Outcome.REFUSED


def test_a_playlist_heard_to_its_end_stops_and_forgets_its_resume_point() -> None:
    player = Player()
    fire(player, start("AB", "B", 7_000), TrackStarted(1))
    assert following(player) is None
    assert told(player, TrackFinished(1)) == [ClearResume("p"), StopOutput()]
    assert (player.play_state, track(player), player.position_ms) == ("stopped", "A", 0)


def test_without_auto_advance_the_track_ends_and_play_goes_on_with_the_next() -> None:
    player = hearing("AB", auto_advance=False)
    assert following(player) is None
    assert told(player, TrackFinished(player.generation)) == [SaveResume("p", "B", 0), StopOutput()]
    assert told(player, Play())[-1] == PlayTrack(2, "B", 0)


def test_a_track_counts_as_played_from_its_start_not_from_a_resume_point() -> None:
    player = Player()
    fire(player, start("A", "A", 7_000))
    assert told(player, TrackStarted(1)) == []


def test_a_change_of_mode_while_a_track_is_heard_changes_what_follows() -> None:
    player = hearing("AB", "B")
    assert told(player, SetMode(repeat="playlist")) == [EnqueueTrack(2, "A")]
    assert told(player, SetMode(repeat="track")) == [EnqueueTrack(3, "B")]
    assert told(player, SetMode(auto_advance=False)) == [EnqueueTrack(4, None)]
    assert told(player, SetMode(auto_advance=False)) == []


def test_shuffle_draws_the_rest_and_keeps_the_current_track_and_off_again_goes_on_from_it() -> None:
    player = hearing("ABCD", "B")
    fire(player, SetMode(drawn=(3, 1, 0, 2), shuffle=True))
    assert [player.order, player.place, track(player), following(player)] == [(1, 3, 0, 2), 0, "B", "D"]
    fire(player, SetMode(drawn=(0, 1, 2, 3), shuffle=True))
    assert player.order == (1, 3, 0, 2)
    fire(player, SetMode(shuffle=False))
    assert [player.order, track(player), following(player)] == [(0, 1, 2, 3), "B", "C"]


def test_a_playlist_may_be_shuffled_where_the_box_is_not_and_the_next_one_is_as_the_box_is() -> None:
    player = Player()
    fire(player, Start(dataclasses.replace(listing("ABCD"), shuffle=True), (3, 1, 0, 2)))
    assert (player.order, player.shuffled, player.shuffle) == ((3, 1, 0, 2), True, False)
    fire(player, PlaylistChanged(dataclasses.replace(listing("ABCD"), shuffle=None)))  # it goes on as it was begun
    assert (player.order, player.shuffled) == ((3, 1, 0, 2), True)
    fire(player, start("ABCD"))
    assert (player.order, player.shuffled) == ((0, 1, 2, 3), False)


def test_a_playlist_may_be_played_in_its_order_where_the_box_shuffles() -> None:
    player = Player(shuffle=True)
    fire(player, Start(dataclasses.replace(listing("ABCD"), shuffle=False), (3, 1, 0, 2), "B"))
    assert (player.order, track(player), player.shuffled) == ((0, 1, 2, 3), "B", False)
    fire(player, PlaylistDeleted("p"))
    assert player.shuffled


def test_whoever_sets_the_mode_while_a_playlist_has_its_own_sets_it_for_the_box_too() -> None:
    player = Player()
    fire(player, Start(dataclasses.replace(listing("ABCD"), shuffle=True), (3, 1, 0, 2)))
    fire(player, SetMode(shuffle=False))
    assert (player.order, track(player), player.shuffled) == ((0, 1, 2, 3), "D", False)
    fire(player, SetMode((3, 2, 1, 0), shuffle=True))
    fire(player, start("AB"))
    assert (player.order, player.shuffled) == ((1, 0), True)


def test_what_followed_and_had_begun_before_it_was_replaced_is_cut_off_by_what_follows_now() -> None:
    player = hearing("AB")
    fire(player, SetMode(repeat="track"))
    assert told(player, TrackStarted(2)) == [FULL, PlayTrack(4, "A", 0)]


# --- what cannot be decoded -----------------------------------------------------------------------------------------


def test_a_track_that_cannot_be_decoded_is_skipped_and_named() -> None:
    player = Player()
    fire(player, start("AB"))
    assert told(player, TrackFailed(1, BAD)) == [FULL, PlayTrack(2, "B", 0)]
    assert (player.play_state, player.message) == ("loading", BAD)


def test_a_follower_that_cannot_be_decoded_is_replaced_while_the_music_plays() -> None:
    player = hearing("ABC")
    assert told(player, TrackFailed(2, BAD)) == [EnqueueTrack(3, "C")]
    assert (player.play_state, track(player)) == ("playing", "A")


@pytest.mark.parametrize("repeat", ["none", "track", "playlist"])
def test_a_playlist_of_nothing_but_bad_tracks_ends_in_error(repeat: RepeatMode) -> None:
    player = Player(repeat=repeat)
    fire(player, start("ABC"), TrackFailed(1, BAD), TrackFailed(2, BAD))
    assert told(player, TrackFailed(3, BAD)) == [PlayChime("error"), StopOutput()]
    assert (player.play_state, player.message, player.is_playing) == ("error", BAD, False)


@pytest.mark.parametrize("command", [Play(), Toggle(), Next(), Previous()])
def test_a_command_to_play_gives_every_track_another_chance(command: object) -> None:
    player = Player(repeat="playlist")
    assert state_after(player, start("AB"), TrackFailed(1, BAD), TrackFailed(2, BAD)) == "error"
    assert state_after(player, command, TrackFailed(3, BAD)) == "loading"
    assert state_after(player, TrackFailed(4, BAD)) == "error"


def test_a_track_that_breaks_while_it_is_heard_is_skipped_and_the_last_one_ends_the_music() -> None:
    player = hearing("AB")
    assert told(player, TrackFailed(1, BAD)) == [FULL, PlayTrack(3, "B", 0)]
    fire(player, TrackStarted(3))
    assert told(player, TrackFailed(3, BAD)) == [ClearResume("p"), StopOutput()]
    assert (player.play_state, player.message, track(player)) == ("stopped", BAD, "A")


def test_a_track_that_breaks_while_paused_is_skipped_in_silence() -> None:
    player = hearing("AB")
    fire(player, Pause(12_000))
    assert told(player, TrackFailed(1, BAD)) == [StopOutput()]
    assert (player.play_state, track(player), player.position_ms, player.message) == ("paused", "B", 0, BAD)
    assert told(player, Play()) == [FULL, PlayTrack(3, "B", 0)]


def test_a_track_that_failed_is_tried_again_once_another_was_heard() -> None:
    player = hearing("AB", repeat="playlist")
    assert told(player, TrackFailed(2, BAD)) == [EnqueueTrack(3, "A")]
    assert told(player, TrackStarted(3))[-1] == EnqueueTrack(4, "B")


def test_the_message_of_a_skipped_track_goes_when_the_next_but_one_begins() -> None:
    player = hearing("ABC")
    fire(player, TrackFailed(2, BAD))
    messages = [player.message]
    fire(player, TrackStarted(3))
    messages.append(player.message)
    assert messages == [BAD, None]


def test_a_track_that_ends_while_paused_leaves_the_next_one_ready() -> None:
    player = hearing("AB")
    fire(player, Pause(MINUTE))
    assert told(player, TrackFinished(1)) == [StopOutput()]
    assert (player.play_state, track(player), player.position_ms) == ("paused", "B", 0)


def test_stopping_clears_the_message() -> None:
    player = Player()
    fire(player, start("AB"), TrackFailed(1, BAD))
    assert player.message == BAD
    fire(player, Stop(0))
    assert player.message is None


def test_bad_tracks_behind_one_that_was_heard_end_the_music_not_in_error() -> None:
    player = hearing("AB")
    fire(player, TrackFailed(2, BAD), TrackFinished(1))
    assert (player.play_state, player.message) == ("stopped", BAD)


# --- the library changes --------------------------------------------------------------------------------------------


def test_deleting_the_playing_track_goes_on_to_the_next() -> None:
    player = hearing("ABC", "B")
    expected = [SaveResume("p", "C", 0), FULL, PlayTrack(3, "C", 0)]
    assert told(player, PlaylistChanged(listing("AC"), LATE)) == expected


def test_deleting_the_playing_track_when_it_is_the_last_stops() -> None:
    player = hearing("ABC", "C")
    assert StopOutput() in told(player, PlaylistChanged(listing("AB"), LATE))
    assert (player.play_state, track(player)) == ("stopped", "A")


def test_a_reorder_leaves_the_sound_alone_and_next_follows_the_new_order() -> None:
    player = hearing("ABC")
    assert told(player, PlaylistChanged(listing("CAB"), LATE)) == []
    assert told(player, PlaylistChanged(listing("BCA"), LATE)) == [EnqueueTrack(3, None)]
    assert told(player, PlaylistChanged(listing("ACB"), LATE)) == [EnqueueTrack(4, "C")]
    assert (player.play_state, track(player), player.generation) == ("playing", "A", 1)


class Counted(str):
    """A track's id that counts how often it is looked at."""

    looks = 0

    def __hash__(self) -> int:
        Counted.looks += 1
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        Counted.looks += 1
        return super().__eq__(other)


@pytest.mark.parametrize("shuffle", [False, True])
def test_of_a_long_playlist_no_event_looks_at_a_track_for_each_other_one(shuffle: bool) -> None:
    count = 500
    tracks = Listing("p", tuple(Entry(Counted(number), MINUTE) for number in range(count)))
    rotated = Listing("p", tracks.entries[1:] + tracks.entries[:1])
    drawn = tuple(range(count - 1, -1, -1))
    player = Player(repeat="playlist", shuffle=shuffle)
    story: tuple[Callable[[], object], ...] = (
        lambda: Start(tracks, drawn, tracks.entries[-1].track_id),
        lambda: TrackStarted(player.generation),
        lambda: SetMode(drawn, shuffle=not shuffle),
        lambda: PlaylistChanged(rotated),
        lambda: PlaylistChanged(Listing("p", tracks.entries[:-2])),
        lambda: TrackFailed(player.generation, BAD),
        lambda: Tapped(tracks, drawn, "next", heard_ms=0),
    )
    for make in story:
        event = make()
        Counted.looks = 0
        assert fire(player, event) is Outcome.MOVED, event
        assert Counted.looks < 12 * count, event


def test_a_shuffled_order_survives_an_edit_and_new_tracks_come_last() -> None:
    player = Player(shuffle=True)
    fire(player, Start(listing("ABCD"), (2, 0, 3, 1)))
    fire(player, PlaylistChanged(listing("XDCBY")))
    assert [player.listing and player.listing.entries[index].track_id for index in player.order] == list("CDBXY")


def test_edits_of_another_playlist_are_refused() -> None:
    player = hearing("AB")
    assert {fire(player, PlaylistChanged(listing("", "other"))), fire(player, PlaylistDeleted("other"))} == {
        Outcome.REFUSED
    }


@pytest.mark.parametrize("before", [SetVolume(50), Pause(LATE), Next(LATE)])
def test_deleting_the_playlist_stops_and_leaves_nothing_chosen(before: object) -> None:
    player = hearing("AB")
    fire(player, before)
    assert told(player, PlaylistDeleted("p")) == [StopOutput()]
    assert (player.play_state, player.track, can_next(player, 0), player.can_prev) == ("stopped", None, False, False)


@pytest.mark.parametrize("change", [PlaylistDeleted("p"), PlaylistChanged(listing(""))])
def test_what_was_deleted_while_the_device_was_lost_does_not_sound_when_it_is_back(change: object) -> None:
    player = hearing("AB", "B")
    fire(player, DeviceLost(LOST, 12_000), change)
    assert (player.play_state, player.place, player.position_ms) == ("stopped", 0, 0)
    assert told(player, DeviceBack()) == []
    assert (player.play_state, player.message) == ("stopped", None)


def test_deleting_the_playlist_takes_its_message_along() -> None:
    player = Player()
    fire(player, start("A"), TrackFailed(1, BAD), PlaylistDeleted("p"))
    assert player.message is None


# --- gain and sleep ---------------------------------------------------------------------------------------------


def test_volume_never_goes_above_the_ceiling() -> None:
    player = Player(ceiling=60)
    fire(player, SetVolume(80))
    assert player.volume == 60
    assert told(player, SetCeiling(40)) == [SetGain(gain(player))]
    assert player.volume == 40
    fire(player, SetCeiling(100))
    assert player.volume == 40


def test_mute_keeps_the_volume() -> None:
    player = Player(volume=100)
    assert told(player, SetMode(muted=True)) == [SetGain(0.0)]
    assert player.volume == 100
    assert told(player, SetMode(muted=True)) == []
    assert told(player, SetMode(muted=False)) == [SetGain(1.0)]


def test_full_volume_leaves_every_sample_as_it_is() -> None:
    assert gain(Player(volume=100)) == 1.0
    assert gain(Player(volume=0)) == 0.0


def test_the_sleep_timer_fades_and_then_stops_and_the_next_music_is_loud_again() -> None:
    player = hearing("AB")
    assert told(player, SetSleep(600, 1_000.0))[0] == SetSleepTimer(600, 1)
    assert player.sleep_ends_at == 1_000.0
    assert told(player, SleepNear(1, 7.5)) == [SetGain(0.0, 7.5)]
    assert told(player, SleepOver(1, LATE)) == [SaveResume("p", "A", LATE), StopOutput()]
    assert asdict(player) | {"state": "stopped", "sleep_ends_at": None} == asdict(player)
    assert told(player, Play())[0] == FULL


def test_a_sleep_timer_that_is_taken_back_takes_its_fade_back() -> None:
    player = hearing("AB")
    fire(player, SetSleep(600, 1_000.0), SleepNear(1, 10))
    assert told(player, SetSleep(None, None)) == [SetSleepTimer(None, 2), SetGain(0.25)]


@pytest.mark.parametrize("anew", [SetSleep(1_800, 2_000.0), SetSleep(None, None)])
def test_a_sleep_timer_that_rang_before_it_was_set_anew_is_late(anew: SetSleep) -> None:
    player = hearing("AB")
    fire(player, SetSleep(600, 1_000.0), anew)
    assert {fire(player, SleepNear(1, 10)), fire(player, SleepOver(1, LATE))} == {Outcome.REFUSED}
    assert (player.play_state, player.sleep_ends_at) == ("playing", anew.ends_at)


def test_the_sleep_timer_that_rings_in_silence_is_over() -> None:
    player = Player()
    fire(player, SetSleep(600, 1_000.0))
    assert told(player, SleepOver(1)) == []
    assert player.sleep_ends_at is None


# --- the device -----------------------------------------------------------------------------------------------------


def test_a_lost_device_keeps_position_and_intent_and_the_music_goes_on_when_it_is_back() -> None:
    player = hearing("AB")
    assert told(player, DeviceLost(LOST, 12_000)) == [SaveResume("p", "A", 12_000)]
    assert (player.play_state, player.message, player.position_ms) == ("error", LOST, 12_000)
    assert told(player, DeviceBack()) == [FULL, PlayTrack(3, "A", 12_000)]
    assert (player.play_state, player.message) == ("loading", None)


def test_what_was_paused_is_paused_when_the_device_is_back() -> None:
    player = hearing("AB")
    fire(player, Pause(12_000), DeviceLost(LOST))
    assert player.play_state == "error"
    assert told(player, DeviceBack()) == []
    assert (player.play_state, player.position_ms, player.message) == ("paused", 12_000, None)
    assert told(player, Play()) == [FULL, PlayTrack(3, "A", 12_000)]


@pytest.mark.parametrize("command", [start("AB"), Next(), Previous()])
def test_a_command_to_play_while_the_device_is_lost_is_an_error_that_sounds_when_it_is_back(command: object) -> None:
    player = hearing("AB")
    fire(player, DeviceLost(LOST, 0))
    assert not [effect for effect in told(player, command) if isinstance(effect, PlayTrack)]
    assert (player.play_state, player.message) == ("error", LOST)
    assert [effect for effect in told(player, DeviceBack()) if isinstance(effect, PlayTrack)]


@pytest.mark.parametrize("command", [Play(), Toggle()])
def test_play_while_the_device_is_lost_sounds_when_it_is_back(command: object) -> None:
    player = hearing("AB")
    fire(player, Pause(12_000), DeviceLost(LOST))
    assert told(player, command) == []
    assert player.play_state == "error"
    assert told(player, DeviceBack()) == [FULL, PlayTrack(3, "A", 12_000)]


def test_of_bad_tracks_a_play_and_a_pause_leave_the_intent_to_pause_while_the_device_is_lost() -> None:
    player = Player()
    fire(player, start("A"), TrackFailed(1, BAD), DeviceLost(LOST), Play(), Pause(), DeviceBack())
    assert (player.play_state, player.message) == ("paused", None)


def test_a_pause_while_the_device_is_lost_is_remembered() -> None:
    player = hearing("AB")
    fire(player, DeviceLost(LOST, 0), Pause(), DeviceBack())
    assert player.play_state == "paused"


def test_another_device_takes_over_where_the_music_is() -> None:
    player = hearing("AB")
    assert told(player, DeviceBack(12_000)) == [FULL, PlayTrack(3, "A", 12_000)]


def test_another_device_knows_where_a_pause_was() -> None:
    player = hearing("AB")
    fire(player, Pause(11_000))
    assert told(player, DeviceBack(12_000), Play())[-1] == PlayTrack(3, "A", 12_000)


def test_the_message_of_a_lost_device_is_the_latest_and_goes_with_it() -> None:
    player = hearing("AB")
    fire(player, Pause(0), DeviceLost(LOST), DeviceLost("it is still gone"))
    assert player.message == "it is still gone"
    fire(player, DeviceBack())
    assert player.message is None


def test_tracks_that_cannot_be_decoded_stay_an_error_when_a_device_comes_and_goes() -> None:
    player = Player()
    fire(player, start("A"), TrackFailed(1, BAD), DeviceLost(LOST), DeviceBack())
    assert (player.play_state, player.message) == ("error", BAD)


# --- tags -----------------------------------------------------------------------------------------------------------


def tapped(same_tag: SameTag, playlist_id: str = "p", track_id: str | None = "B") -> Tapped:
    return Tapped(listing("AB", playlist_id), (1, 0), same_tag, track_id, 7_000, LATE)


RESUMING = Start(listing("AB"), (1, 0), "B", 7_000, LATE)
ANEW = Start(listing("AB"), (1, 0), heard_ms=LATE)


def being(state: PlayState) -> Player:
    """A player in this state, with "AB" chosen."""
    player = hearing("AB")
    match state:
        case "stopped":
            fire(player, Stop(LATE))
        case "loading":
            fire(player, Seek(LATE))
        case "paused":
            fire(player, Pause(LATE))
        case "error":
            fire(player, Pause(LATE), DeviceLost(LOST))
    assert player.play_state == state
    player.effects.clear()
    return player


@pytest.mark.parametrize("same_tag", ["toggle", "restart", "next", "ignore"])
@pytest.mark.parametrize("state", ["stopped", "loading", "playing", "paused", "error"])
def test_a_tag_of_another_playlist_switches_to_it_whatever_the_policy(state: PlayState, same_tag: SameTag) -> None:
    player, expected = being(state), being(state)
    fire(player, tapped(same_tag, "q"))
    fire(expected, Start(listing("AB", "q"), (1, 0), "B", 7_000, LATE))
    assert player == expected


@pytest.mark.parametrize(
    ("state", "same_tag", "command"),
    [
        ("playing", "toggle", Pause(LATE)),
        ("loading", "toggle", Pause(LATE)),
        ("paused", "toggle", Play()),
        ("stopped", "toggle", RESUMING),
        ("error", "toggle", Play()),
        ("playing", "restart", ANEW),
        ("paused", "restart", ANEW),
        ("stopped", "restart", RESUMING),
        ("error", "restart", ANEW),
        ("playing", "next", Next(LATE)),
        ("paused", "next", Next(LATE)),
        ("stopped", "next", RESUMING),
        ("playing", "ignore", None),
        ("loading", "ignore", None),
        ("paused", "ignore", Play()),
        ("stopped", "ignore", RESUMING),
        ("error", "ignore", Play()),
    ],
)
def test_the_same_tag_is_judged_by_what_the_player_does(state: PlayState, same_tag: SameTag, command: object) -> None:
    player, expected = being(state), being(state)
    outcome = fire(player, tapped(same_tag))
    if command is None:
        assert outcome is Outcome.REFUSED
    else:
        fire(expected, command)
    assert player == expected


def test_after_the_end_the_same_tag_starts_anew() -> None:
    player = hearing("A")
    fire(player, TrackFinished(player.generation))
    assert told(player, tapped("toggle", track_id=None))[-1] == PlayTrack(2, "A", 0)


def test_a_tag_of_a_playlist_without_tracks_is_refused() -> None:
    assert fire(hearing("AB"), Tapped(listing("", "empty"), (), "toggle")) is Outcome.REFUSED


def test_the_playing_tag_taken_away_pauses_where_parents_want_that() -> None:
    player = hearing("AB")
    assert fire(player, TagRemoved("p", "keep", LATE)) is Outcome.REFUSED
    assert fire(player, TagRemoved("another", "pause", LATE)) is Outcome.REFUSED
    assert told(player, TagRemoved("p", "pause", LATE)) == [PauseOutput(), SaveResume("p", "A", LATE)]
    assert fire(player, TagRemoved("p", "pause", LATE)) is Outcome.IGNORED


def test_a_tag_taken_away_while_the_device_is_lost_does_not_sound_when_it_is_back() -> None:
    player = hearing("AB")
    fire(player, DeviceLost(LOST, LATE), TagRemoved("p", "pause"))
    assert told(player, DeviceBack()) == []
    assert player.play_state == "paused"
