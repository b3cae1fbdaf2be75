"""Downloads: one at a time, the others in line; what comes of one is a whole track or nothing, whatever happens."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from pydantic_core import from_json
from trio.testing import MockClock

from tests.http.test_asyncapi import judge
from tests.machines.walks import rows_of, rows_recorded
from tests.rigs.box import VirtualBox, virtual_box
from tomb.devices.youtube import Fetched, Reason, Told, YouTubeFault
from tomb.errors import BadRequest, Conflict, DecodeError, NoSpace, NotFound
from tomb.events import Event
from tomb.library.downloads import KEPT, MOST_OPEN
from tomb.machines.download import DOWNLOAD, ENDS, MOST_TRIES
from tomb.models import DownloadTask
from tomb.nurseries.downloads import LONGEST_PAUSE_S, PROGRESS_S, ROOM, Downloads, WantedVideo, shown
from tomb.rehearsal.simulated.videos import FETCHING_S, IDS, FakeYouTube

ONE, TWO, THREE = IDS[:3]
LONG_S = 3600.0


@dataclass
class Stage:
    """A box with a playlist, and its YouTube."""

    box: VirtualBox
    youtube: FakeYouTube
    playlist_id: str
    _ending: dict[str, trio.Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.box.services.events.subscribe(self.hear)

    @property
    def downloads(self) -> Downloads:
        return self.box.services.downloads

    async def ask(self, *videos: str) -> list[str]:
        """The ids of the tasks."""
        wanted = [WantedVideo(each, f"Found as {each}") for each in videos]
        return [task.task_id for task in await self.downloads.add(self.playlist_id, wanted)]

    async def task(self, task_id: str) -> DownloadTask:
        return await self.downloads.task(task_id)

    async def states(self) -> list[str]:
        """The oldest first."""
        return [task.status for task in reversed(await self.downloads.tasks())]

    async def ended(self, task_id: str) -> DownloadTask:
        while (task := await self.task(task_id)).status not in ENDS:
            more = trio.Event()
            self._ending[task_id] = more
            await more.wait()
        return task

    def hear(self, event: Event) -> None:
        if event.type == "youtube:progress":
            told = from_json(event.payload)
            if told["status"] in ENDS and told["task_id"] in self._ending:
                self._ending.pop(told["task_id"]).set()

    async def titles(self) -> list[str]:
        return [track.title for track in (await self.box.services.librarian.playlist(self.playlist_id)).tracks]

    def told(self, task_id: str) -> list[Any]:
        return [each for each in self.box.told("youtube:progress") if each["task_id"] == task_id]

    def strays(self) -> list[str]:
        return [path.name for path in (self.box.services.librarian.folder / "incoming").iterdir()]

    def kept(self) -> list[str]:
        return [path.name for path in (self.box.services.librarian.folder / "files").iterdir()]


@asynccontextmanager
async def staged(folder: Path, **options: Any) -> AsyncIterator[Stage]:
    youtube = FakeYouTube()
    async with virtual_box(folder, youtube=youtube, **options) as box:
        yield Stage(box, youtube, (await box.services.librarian.create("Songs")).id)
        told = [(event.type, from_json(event.payload)) for event in box.events if event.type.startswith("youtube:")]
        for event_type, payload in {(name, said.get("current_step")): (name, said) for name, said in told}.values():
            judge(event_type, payload)


# --- what comes of it ---


async def test_a_video_becomes_a_track_with_its_title_its_channel_and_its_picture(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with staged(tmp_path) as stage:
        [task_id] = await stage.ask(ONE)
        task = await stage.ended(task_id)
        [track] = (await stage.box.services.librarian.playlist(stage.playlist_id)).tracks
        assert (track.title, track.artist, track.album, track.duration_ms) == ("A song", "A channel", None, 2000)
        assert track.cover_url is not None
        assert (task.status, task.progress_percent, task.error_message) == ("completed", 100.0, None)
        assert task.result is not None
        assert task.result.track.id == track.id
        assert [each["track"]["id"] for each in stage.box.told("youtube:complete")] == [track.id]
        assert [each["track"]["id"] for each in stage.box.told("state:track_added")] == [track.id]
        assert stage.strays() == []


async def test_a_data_folder_may_be_named_from_where_the_box_was_started(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with staged(Path()) as stage:
        [task_id] = await stage.ask(ONE)
        assert (await stage.ended(task_id)).status == "completed"


async def test_a_track_that_was_deleted_since_is_no_result_any_more(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with staged(tmp_path) as stage:
        [task_id] = await stage.ask(ONE)
        await stage.ended(task_id)
        await stage.box.services.librarian.delete_tracks(stage.playlist_id, numbers=[1])
        assert ((await stage.task(task_id)).status, (await stage.task(task_id)).result) == ("completed", None)


async def test_one_is_fetched_at_a_time_and_the_others_are_told_their_place(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with staged(tmp_path) as stage:
        tasks = await stage.ask(ONE, TWO, THREE)
        await trio.sleep(1)
        assert await stage.states() == ["downloading", "pending", "pending"]
        assert [(await stage.task(each)).place for each in tasks] == [None, 1, 2]
        await stage.ended(tasks[2])
        assert stage.youtube.most_fetching == 1
        assert [each.rpartition("=")[2] for each in stage.youtube.asked] == [ONE, TWO, THREE]
        assert await stage.titles() == ["A song"] * 3
        places = [each["place"] for each in stage.told(tasks[2])]
        assert [place for place, _ in itertools.groupby(places)] == [3, 2, 1, None]


async def test_progress_only_grows_and_is_told_four_times_a_second_at_most(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with staged(tmp_path) as stage:
        times: list[float] = []
        stage.box.services.events.subscribe(
            lambda event: times.append(trio.current_time()) if event.type == "youtube:progress" else None
        )
        [task_id] = await stage.ask(ONE)
        await stage.ended(task_id)
        told = stage.told(task_id)
        percents = [each["progress_percent"] for each in told]
        assert percents == sorted(percents)
        assert percents[-1] == 100
        assert {each["current_step"] for each in told} == {
            *("waiting", "starting", "downloading", "converting", "examining", "completed")
        }
        between = [
            at - before
            for (before, at), (was, now) in zip(itertools.pairwise(times), itertools.pairwise(told), strict=True)
            if was["status"] == now["status"]
        ]
        assert len(between) > 2 * FETCHING_S
        assert min(between) >= PROGRESS_S


async def test_the_state_of_each_is_seen_by_whoever_watches_the_machines(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with staged(tmp_path) as stage:
        [task_id] = await stage.ask(ONE)
        await stage.ended(task_id)
        moves = [each["state"] for each in stage.box.told("machine_state") if each["id"] == task_id]
        assert moves == ["pending", "downloading", "processing", "completed", None]
        assert stage.box.services.board.machines.of(DOWNLOAD.name) == {}


# --- cancel ---


async def test_a_cancel_leaves_nothing_at_whatever_moment_it_comes(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with staged(tmp_path) as stage:
        for number in range(60):
            [task_id] = await stage.ask(ONE)
            await trio.sleep(number * FETCHING_S / 50)
            began = trio.current_time()
            try:
                task = await stage.downloads.cancel(task_id)
            except BadRequest:
                assert (await stage.task(task_id)).status == "completed"
                break
            assert trio.current_time() - began < 1
            assert (task.status, task.current_step) == ("cancelled", "cancelled")
            assert (await stage.task(task_id)) == task
            assert (stage.strays(), stage.kept(), stage.youtube.fetching) == ([], [], set())
        assert number > 40
        assert len(await stage.titles()) == 1


async def test_what_waits_is_cancelled_and_the_line_moves_on(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with staged(tmp_path) as stage:
        tasks = await stage.ask(ONE, TWO, THREE)
        await trio.sleep(1)
        await stage.downloads.cancel(tasks[1])
        assert (await stage.task(tasks[2])).place == 1
        assert stage.told(tasks[2])[-1]["place"] == 1
        await stage.ended(tasks[2])
        assert await stage.states() == ["completed", "cancelled", "completed"]


async def test_what_has_ended_stays_as_it_is_whoever_cancels(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with staged(tmp_path) as stage:
        stage.youtube.faults[ONE] = [YouTubeFault(Reason.PRIVATE, "It is private.")]
        failed, done = await stage.ask(ONE, TWO)
        await stage.ended(done)
        before = await stage.task(failed)
        assert await stage.downloads.cancel(failed) == before
        assert before.error_message == "It is private."
        with pytest.raises(BadRequest, match="a track already"):
            await stage.downloads.cancel(done)
        with pytest.raises(NotFound):
            await stage.downloads.cancel("nobody")


async def test_a_cancel_in_the_moment_of_its_turn_stops_it(tmp_path: Path, autojump_clock: MockClock) -> None:
    """The row says whose turn it is before the work knows; a cancel in between must find the work."""
    async with staged(tmp_path) as stage:
        for _ in range(20):
            [task_id] = await stage.ask(ONE)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(stage.downloads.cancel, task_id)
            assert (await stage.task(task_id)).status == "cancelled"
            assert stage.youtube.fetching == set()
        await trio.sleep(2 * FETCHING_S)
        assert (await stage.titles(), stage.strays()) == ([], [])


async def test_whoever_commits_first_has_decided(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decoder that cannot be interrupted comes back after the cancel: its track is not taken in any more."""
    async with staged(tmp_path) as stage:
        ingest = stage.box.services.uploads._ingest
        stage_file = ingest.stage

        async def stubborn(*args: Any) -> Any:
            examining.set()
            with trio.CancelScope(shield=True):
                await cancelled.wait()
                return await stage_file(*args)

        monkeypatch.setattr(ingest, "stage", stubborn)
        examining, cancelled = trio.Event(), trio.Event()
        [task_id] = await stage.ask(ONE)
        await examining.wait()
        assert (await stage.task(task_id)).current_step == "examining"
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stage.downloads.cancel, task_id)
            await trio.testing.wait_all_tasks_blocked()
            assert (await stage.task(task_id)).status == "cancelled"
            cancelled.set()
        assert (await stage.titles(), stage.kept(), stage.strays()) == ([], [], [])


# --- the end of the box ---


async def test_after_a_start_what_ran_was_interrupted_and_what_waited_is_fetched(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with staged(tmp_path) as stage:
        first, second = await stage.ask(ONE, TWO)
        await trio.sleep(FETCHING_S / 2)
    async with virtual_box(tmp_path, seed=1, youtube=FakeYouTube()) as box:
        stage = Stage(box, FakeYouTube(), stage.playlist_id)
        task = await stage.task(first)
        assert (task.status, task.error_reason, task.progress_percent) == ("error", "interrupted", 0.0)
        assert (await stage.ended(second)).status == "completed"
        assert (await stage.titles(), stage.strays()) == (["A song"], [])


async def test_a_box_is_switched_off_in_time_though_something_is_fetched(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with staged(tmp_path) as stage:
        await stage.ask(ONE, TWO)
        await trio.sleep(FETCHING_S / 2)
        began = trio.current_time()
    assert trio.current_time() - began < 2


async def test_where_youtube_is_switched_off_what_waits_goes_on_waiting(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with staged(tmp_path) as stage:
        await stage.ask(ONE, TWO)
        await trio.sleep(1)
    async with virtual_box(tmp_path, seed=1) as box:
        await trio.sleep(LONG_S)
        assert [each.status for each in await box.services.downloads.tasks()] == ["pending", "error"]


# --- what goes wrong ---


@pytest.mark.parametrize("reason", [each for each in Reason if each is not Reason.RATE_LIMITED])
async def test_why_it_came_to_nothing_is_told_and_the_next_one_is_fetched(
    tmp_path: Path, autojump_clock: MockClock, reason: Reason
) -> None:
    async with staged(tmp_path) as stage:
        stage.youtube.faults[ONE] = [YouTubeFault(reason, "So it is.")]
        first, second = await stage.ask(ONE, TWO)
        task = await stage.ended(first)
        assert (task.status, task.error_reason, task.error_message) == ("error", reason, "So it is.")
        [told] = stage.box.told("youtube:error")
        assert (told["task_id"], told["message"], told["reason"]) == (first, "So it is.", reason)
        assert (await stage.ended(second)).status == "completed"
        assert stage.strays() == []


async def test_what_is_limited_waits_says_until_when_and_goes_on(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with staged(tmp_path) as stage:
        stage.youtube.at_s = 1.0
        wall = stage.box.services.ports.wall()
        stage.youtube.faults[ONE] = [
            YouTubeFault(Reason.RATE_LIMITED, "Too often.", wall + 1000),
            YouTubeFault(Reason.RATE_LIMITED, "Too often."),
        ]
        first, second = await stage.ask(ONE, TWO)
        await trio.sleep(5)
        for task_id, place in ((first, 1), (second, 2)):
            task = await stage.task(task_id)
            assert (task.status, task.place) == ("pending", place)
            assert task.retry_at == pytest.approx(wall + 1000, abs=1)
        assert stage.told(first)[-1]["retry_at"] == pytest.approx(wall + 1000, abs=1)
        await trio.sleep(900)
        assert len(stage.youtube.asked) == 1
        assert (await stage.ended(second)).status == "completed"
        assert await stage.states() == ["completed", "completed"]


async def test_a_limit_is_not_run_against_for_ever_and_what_waits_for_it_can_be_cancelled(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with staged(tmp_path) as stage:
        never = YouTubeFault(Reason.RATE_LIMITED, "Too often.", 1e12)
        stage.youtube.faults = {ONE: [never] * 100, TWO: [never]}
        [first] = await stage.ask(ONE)
        task = await stage.ended(first)
        assert (task.error_reason, task.error_message) == ("rate_limited", "Too often.")
        assert len(stage.youtube.asked) == MOST_TRIES
        assert trio.current_time() < MOST_TRIES * (LONGEST_PAUSE_S + 2 * FETCHING_S)
        [second] = await stage.ask(TWO)
        assert (await stage.downloads.cancel(second)).status == "cancelled"


@pytest.mark.parametrize("at_percent", [0.0, 30.0, 100.0])
async def test_a_playlist_that_is_deleted_takes_its_downloads_along(
    tmp_path: Path, autojump_clock: MockClock, at_percent: float
) -> None:
    async with staged(tmp_path) as stage:
        other = (await stage.box.services.librarian.create("Other")).id
        async with trio.open_nursery() as nursery:

            def delete(video: str, percent: float) -> None:
                if video == ONE and percent >= at_percent and not deleting:
                    deleting.append(percent)
                    nursery.start_soon(stage.box.services.librarian.delete, stage.playlist_id)

            deleting: list[float] = []
            stage.youtube.during = delete
            tasks = await stage.ask(ONE, TWO)
            [third] = await stage.downloads.add(other, [WantedVideo(THREE, None)])
            for task_id in tasks:
                task = await stage.ended(task_id)
                assert (task.status, task.error_reason) == ("error", "playlist_gone")
        assert (await stage.ended(third.task_id)).status == "completed"
        assert (stage.strays(), len(stage.kept())) == ([], 1)
        if at_percent < 100:
            assert f"fetch https://www.youtube.com/watch?v={TWO}" not in stage.youtube.asked


async def test_a_playlist_that_is_deleted_ends_what_says_nothing_any_more(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with staged(tmp_path) as stage:
        silent = trio.Event()

        async def hang(_url: str, _scratch: Path, _told: Told) -> Fetched:
            silent.set()
            return await trio.sleep_forever()

        monkeypatch.setattr(stage.youtube, "fetch", hang)
        [task_id] = await stage.ask(ONE)
        await silent.wait()
        await stage.box.services.librarian.delete(stage.playlist_id)
        task = await stage.ended(task_id)
        assert (task.status, task.error_reason, stage.strays()) == ("error", "playlist_gone", [])


@pytest.mark.parametrize("examined", [False, True])
async def test_a_full_disk_is_told_as_that_and_the_next_one_gets_its_turn(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, examined: bool
) -> None:
    async def full(*_: object) -> int:
        if examined:
            raise NoSpace("the disk is full")
        return ROOM - 1

    async with staged(tmp_path) as stage:
        ingest = stage.box.services.uploads._ingest
        with monkeypatch.context() as patch:
            patch.setattr(ingest if examined else ingest.space, "stage" if examined else "free", full)
            [first] = await stage.ask(ONE)
            task = await stage.ended(first)
        assert (task.error_reason, stage.strays()) == ("disk_full", [])
        [second] = await stage.ask(TWO)
        assert (await stage.ended(second)).status == "completed"


async def test_what_is_no_sound_is_no_track(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def noise(*_: object) -> None:
        raise DecodeError("there is no sound in it")

    async with staged(tmp_path) as stage:
        monkeypatch.setattr(stage.box.services.uploads._ingest, "stage", noise)
        [task_id] = await stage.ask(ONE)
        task = await stage.ended(task_id)
        assert (task.error_reason, stage.strays(), stage.kept()) == ("unplayable", [], [])
        assert "there is no sound in it" in str(task.error_message)


async def test_a_picture_that_is_none_leaves_the_track_without(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with staged(tmp_path) as stage:
        stage.youtube.picture = b"no picture"
        [task_id] = await stage.ask(ONE)
        task = await stage.ended(task_id)
        assert task.result is not None
        assert task.result.track.cover_url is None


@pytest.mark.parametrize("place", ["/etc/passwd", "link", "gone", "folder"])
async def test_what_the_child_says_it_made_is_a_file_of_its_own_folder(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    async def lie(_url: str, scratch: Path, _told: object) -> Fetched:
        path = Path(place) if place.startswith("/") else scratch / place
        if place == "link":
            path.symlink_to("/etc/passwd")
        if place == "folder":
            path.mkdir()
        return Fetched(path, "A song", None, None, None)

    async with staged(tmp_path) as stage:
        monkeypatch.setattr(stage.youtube, "fetch", lie)
        [task_id] = await stage.ask(ONE)
        assert (await stage.ended(task_id)).error_reason == "unplayable"
        assert (stage.kept(), stage.strays()) == ([], [])


async def test_a_stranger_s_title_is_one_line_and_no_path(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with staged(tmp_path) as stage:
        stage.youtube.title = "\u202e../../etc\n\0passwd\u2066 " + "x" * 10_000
        [task_id] = await stage.ask(ONE)
        task = await stage.ended(task_id)
        assert task.result is not None
        track = task.result.track
        assert track.title == task.title == ("../../etc passwd " + "x" * 10_000)[:200]
        assert track.file_path == f"files/{track.file_hash}.wav"


def test_a_text_of_nothing_is_none() -> None:
    assert (shown(None), shown(" \u202e\n"), shown("Lied\u2069")) == (None, None, "Lied")


async def test_a_defect_in_it_ends_the_download_and_not_the_box(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    async with staged(tmp_path) as stage:
        with monkeypatch.context() as patch:
            patch.setattr(stage.youtube, "fetch", broken)
            [first] = await stage.ask(ONE)
            await trio.sleep(0.5)
        assert stage.box.services.board.details()["youtube"].state == "down"
        assert (await stage.ended(first)).error_reason == "interrupted"
        [second] = await stage.ask(TWO)
        assert (await stage.ended(second)).status == "completed"
        assert stage.strays() == []


# --- the line and the history ---


async def test_what_is_in_line_for_a_playlist_is_not_put_there_again(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with staged(tmp_path) as stage:
        first, second = await stage.ask(ONE, TWO)
        assert await stage.ask(TWO, THREE, TWO, ONE) == [second, (await stage.downloads.tasks())[0].task_id, first]
        other = (await stage.box.services.librarian.create("Other")).id
        [elsewhere] = await stage.downloads.add(other, [WantedVideo(TWO, None)])
        assert elsewhere.task_id != second
        await stage.ended(elsewhere.task_id)
        [again] = await stage.ask(TWO)
        assert again != second


async def test_the_line_has_an_end(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with staged(tmp_path) as stage:
        await stage.ask(*(f"{number:011}" for number in range(MOST_OPEN)))
        with pytest.raises(Conflict):
            await stage.ask("one-too-many")
        with pytest.raises(NotFound):
            await stage.downloads.add("nowhere", [WantedVideo(ONE, None)])
        assert len(await stage.downloads.tasks()) == MOST_OPEN


async def test_the_last_are_remembered_and_what_is_in_line_whatever_else_is(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tomb.library.downloads.KEPT", 10)
    async with staged(tmp_path) as stage:
        asked = await stage.ask(*(f"{number:011}" for number in range(15)))
        assert [each.task_id for each in await stage.downloads.tasks()] == asked[::-1]
        await stage.ended(asked[-1])
        asked += await stage.ask(ONE)
        assert [each.task_id for each in await stage.downloads.tasks()] == asked[::-1][:10]
        with pytest.raises(NotFound):
            await stage.task(asked[0])


def test_two_hundred_are_remembered() -> None:
    assert KEPT == 200  # wire.md, section 7


async def test_every_row_of_the_table_is_one_that_downloads_cause(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = YouTubeFault(Reason.RATE_LIMITED, "Too often.")

    async def noise(*_: object) -> None:
        raise DecodeError("there is no sound in it")

    async def for_ever(*_: object) -> None:
        await trio.sleep_forever()

    with rows_recorded(DOWNLOAD) as taken:
        async with staged(tmp_path) as stage:
            ingest = stage.box.services.uploads._ingest
            stage.youtube.faults = {ONE: [limited] * MOST_TRIES, TWO: [YouTubeFault(Reason.PRIVATE, "It is private.")]}
            for task_id in await stage.ask(ONE, TWO, THREE):
                await stage.ended(task_id)
            with monkeypatch.context() as patch:
                patch.setattr(ingest, "stage", noise)
                await stage.ended((await stage.ask(ONE))[0])
            downloading, pending = await stage.ask(ONE, TWO)
            await trio.sleep(1)
            await stage.downloads.cancel(pending)
            await stage.downloads.cancel(downloading)
            patch = pytest.MonkeyPatch()
            patch.setattr(ingest, "stage", for_ever)
            [processing] = await stage.ask(ONE)
            await trio.sleep(2 * FETCHING_S)
            await stage.downloads.cancel(processing)
            await stage.ask(ONE)
            await trio.sleep(2 * FETCHING_S)
        async with virtual_box(tmp_path, seed=1, youtube=FakeYouTube()) as box:
            await Stage(box, FakeYouTube(), stage.playlist_id).ask(ONE)
            await trio.sleep(FETCHING_S / 2)
        async with virtual_box(tmp_path, seed=2, youtube=FakeYouTube()):
            pass
    assert taken == rows_of(DOWNLOAD)
