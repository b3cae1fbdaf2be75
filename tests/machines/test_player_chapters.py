"""The player in tracks with chapters, rule by rule."""

import pytest

from tests.machines.player_world import LATE, LOST, MINUTE, fire, listing, start
from tomb.machines.player.events import (
    ChapterBegan,
    DeviceBack,
    DeviceLost,
    Entry,
    Listing,
    Next,
    Pause,
    Play,
    Previous,
    Seek,
    SetChapterTimer,
    Start,
    Stop,
    Tapped,
    ToChapter,
    TrackStarted,
)
from tomb.machines.player.model import Player, can_next, chapter_at
from tomb.machines.table import Outcome

FIRST, SECOND, THIRD = 0, 10 * MINUTE, 20 * MINUTE
SHORT = Listing("p", (Entry("A", MINUTE), Entry("s", 20 * MINUTE, (0, 5 * MINUTE)), Entry("B", MINUTE)))


def hearing(tracks: Listing, track_id: str, position_ms: int = 0) -> Player:
    player = Player()
    fire(player, Start(tracks, tuple(range(len(tracks.entries))), track_id, position_ms))
    fire(player, TrackStarted(player.generation))
    player.effects.clear()
    return player


def begin(player: Player, *events: object) -> None:
    """Fire them; what then is given out begins to be heard."""
    fire(player, *events)
    fire(player, TrackStarted(player.generation))


def place(player: Player) -> tuple[str, int]:
    assert player.track is not None
    return player.track.track_id, player.position_ms


def timers(player: Player) -> list[SetChapterTimer]:
    found = [effect for effect in player.effects if isinstance(effect, SetChapterTimer)]
    player.effects.clear()
    return found


def test_next_goes_from_chapter_to_chapter_and_then_to_the_next_track() -> None:
    player = hearing(listing("aB"), "a")
    heard = []
    for heard_ms in (LATE, SECOND + LATE, THIRD + LATE):
        assert can_next(player, heard_ms)
        begin(player, Next(heard_ms))
        heard.append(place(player))
    assert heard == [("a", SECOND), ("a", THIRD), ("B", 0)]


def test_next_in_the_last_chapter_of_the_last_track_stops_and_says_before_that_it_would() -> None:
    player = hearing(listing("a"), "a")
    assert can_next(player, THIRD - 1)
    assert not can_next(player, THIRD)
    fire(player, Next(THIRD))
    assert player.state == "stopped"


@pytest.mark.parametrize(
    ("heard_ms", "leads_to"),
    [
        (THIRD + LATE, ("a", THIRD)),
        (THIRD + 3000, ("a", THIRD)),
        (THIRD + 2999, ("a", SECOND)),
        (THIRD, ("a", SECOND)),
        (THIRD - 1, ("a", SECOND)),
        (SECOND + 1000, ("a", FIRST)),
        (LATE, ("a", FIRST)),
        (2999, ("B", 0)),
    ],
)
def test_previous_goes_to_the_start_of_the_chapter_or_to_the_one_before(
    heard_ms: int, leads_to: tuple[str, int]
) -> None:
    player = hearing(listing("Ba"), "a")
    fire(player, Previous(heard_ms))
    assert place(player) == leads_to


def test_in_a_short_track_chapters_are_passed_over_unless_they_are_asked_for() -> None:
    for event, leads_to in (
        (Next(LATE), ("B", 0)),
        (Next(LATE, by_chapter=True), ("s", 5 * MINUTE)),
        (Next(5 * MINUTE, by_chapter=True), ("B", 0)),
        (Previous(5 * MINUTE + LATE), ("s", 0)),
        (Previous(5 * MINUTE + LATE, by_chapter=True), ("s", 5 * MINUTE)),
        (Previous(100, by_chapter=True), ("A", 0)),
    ):
        player = hearing(SHORT, "s")
        fire(player, event)
        assert place(player) == leads_to, event


def test_without_chapters_chapter_next_is_next() -> None:
    player = hearing(listing("AB"), "A")
    fire(player, Next(LATE, by_chapter=True))
    assert place(player) == ("B", 0)


def test_the_tag_of_what_plays_goes_on_by_chapter_where_it_means_next() -> None:
    player = hearing(listing("aB"), "a")
    fire(player, Tapped(listing("aB"), (0, 1), "next", heard_ms=SECOND + LATE))
    assert place(player) == ("a", THIRD)


@pytest.mark.parametrize("before", [None, Pause(LATE), Stop(LATE)])
def test_a_chapter_that_is_chosen_plays(before: object) -> None:
    player = hearing(listing("Ba"), "a")
    if before is not None:
        fire(player, before)
    assert fire(player, ToChapter(2)) is Outcome.MOVED
    assert (player.play_state, place(player)) == ("loading", ("a", THIRD))


def test_a_chapter_that_is_not_there_changes_nothing() -> None:
    assert fire(Player(), ToChapter(0)) is Outcome.REFUSED
    assert fire(hearing(listing("a"), "a"), ToChapter(3)) is Outcome.REFUSED
    assert fire(hearing(listing("A"), "A"), ToChapter(0)) is Outcome.REFUSED


def test_the_chapter_follows_from_the_position() -> None:
    track = listing("a").entries[0]
    found = [chapter_at(track, each) for each in (0, SECOND - 1, SECOND, THIRD, 30 * MINUTE)]
    assert found == [0, 0, 1, 2, 2]
    assert chapter_at(Entry("A", MINUTE), 5) is None
    assert chapter_at(None, 0) is None


def test_the_chapter_timer_is_set_for_the_next_chapter_whenever_the_track_begins_to_be_heard() -> None:
    player = Player()
    fire(player, start("aB", "a", LATE), TrackStarted(1))
    assert timers(player) == [SetChapterTimer(SECOND, 1)]
    begin(player, Seek(SECOND + LATE))
    assert timers(player) == [SetChapterTimer(THIRD, 2)]
    fire(player, Pause(SECOND + LATE + 1))
    assert timers(player) == []
    fire(player, Play())
    assert timers(player) == [SetChapterTimer(THIRD, 3)]
    begin(player, DeviceLost(LOST, LATE), DeviceBack())
    assert timers(player) == [SetChapterTimer(SECOND, 4)]
    begin(player, Seek(THIRD))
    assert timers(player) == []


def test_a_chapter_that_begins_is_told_and_the_next_one_awaited() -> None:
    player = hearing(listing("a"), "a")
    assert fire(player, ChapterBegan(player.chapter_number, SECOND)) is Outcome.MOVED
    assert timers(player) == [SetChapterTimer(THIRD, player.chapter_number)]
    assert fire(player, ChapterBegan(player.chapter_number, THIRD)) is Outcome.MOVED
    assert timers(player) == []


@pytest.mark.parametrize("meanwhile", [Seek(0), Next(LATE), Pause(LATE), Stop(LATE), DeviceLost(LOST, LATE)])
def test_a_chapter_timer_that_rings_late_is_refused(meanwhile: object) -> None:
    player = hearing(listing("aB"), "a")
    number = player.chapter_number
    fire(player, meanwhile)
    assert fire(player, ChapterBegan(number, LATE)) is not Outcome.MOVED
    if player.play_state == "loading":
        fire(player, TrackStarted(player.generation))
        assert fire(player, ChapterBegan(number, LATE)) is Outcome.REFUSED


def test_a_track_without_chapters_that_follows_makes_the_timer_late() -> None:
    player = hearing(listing("aB"), "a")
    number = player.chapter_number
    assert player.following is not None
    fire(player, TrackStarted(player.following[0]))
    assert place(player) == ("B", 0)
    assert fire(player, ChapterBegan(number, LATE)) is Outcome.REFUSED
