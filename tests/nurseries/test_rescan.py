"""What came in before the box measured anything is measured while nobody plays, and whatever is cut off goes on."""

from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
import trio
from trio.testing import MockClock

from tests.corpus import RATE, encoded
from tests.rigs.chaptered import with_chapters
from tests.rigs.library import Stage, opened
from tests.rigs.sounds import noise, write
from tomb.devices.decoder import measure
from tomb.errors import DecodeError
from tomb.events import PLAYLISTS
from tomb.library.meter import Meter
from tomb.models import Loudness, Playlist
from tomb.nurseries.ingest import Findings
from tomb.nurseries.rescan import FIRST_S, QUIET_S, Rescan
from tomb.ports import VirtualPorts
from tomb.rehearsal.simulated.inspector import InlineInspector


class Measuring(InlineInspector):
    """Listens to all of a file, for a minute each. `begun`: the names of those that it began with."""

    def __init__(self) -> None:
        super().__init__(VirtualPorts())
        self.begun: list[str] = []
        self.bad: set[str] = set()

    async def sound(self, source: Path, name: str, sound: Path | None) -> Findings:
        self.begun.append(name)
        await trio.sleep(60)
        assert sound is not None
        if name in self.bad:
            raise DecodeError("it is damaged")
        meter = Meter(RATE)
        heard = measure(sound, RATE, meter.add)
        labels = (await super().sound(source, name, None)).labels
        loudness = Loudness(track=meter.result.track, peak=meter.result.peak)
        return Findings(labels, round(heard.heard_s * 1000), loudness)


class Scene:
    """A library from before, and who looks through it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.inspector = Measuring()
        self.playing = False
        self.rescan = Rescan(stage.events, stage.librarian, self.inspector, lambda: self.playing)

    def play(self, playing: bool) -> None:
        self.playing = playing
        self.stage.events.publish("state:player", {PLAYLISTS}, lambda _: {})

    async def measured(self) -> Mapping[str, Loudness]:
        lites = self.stage.librarian.lites()
        playlists = [await self.stage.librarian.playlist(lite.id) for lite in lites]
        return {
            f"{each.title} {track.title}": track.loudness
            for each in playlists
            for track in each.tracks
            if track.loudness.peak is not None
        }


async def fill(stage: Stage, music: Path, title: str, count: int) -> Playlist:
    """As it came in before: nothing is known of its loudness, and its length is not quite true."""
    folder = music / title
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        write(folder / f"{number}.wav", noise(1.0, seed=Random(f"{title} {number}").randrange(1000), peak=4000))
    [playlist_id] = (await stage.importer.import_folder(folder)).playlist_ids
    return await stage.librarian.playlist(playlist_id)


async def test_all_of_a_library_is_measured_one_file_after_another_and_told_a_playlist_at_a_time(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with opened(tmp_path / "data") as stage, trio.open_nursery() as nursery:
        scene = Scene(stage)
        for title in ("A", "B"):
            await fill(stage, tmp_path / "music", title, 3)
        stage.news()
        await nursery.start(scene.rescan.run)
        await trio.sleep(FIRST_S)
        assert await scene.measured() == {}
        await trio.sleep(61)
        assert list(await scene.measured()) == ["A 1"]
        assert stage.news() == []
        await trio.sleep(3 * 180)
        assert stage.news() == [*["state:track"] * 3, "state:playlist", "state:playlist_updated"]
        await trio.sleep(3600)
        measured = await scene.measured()
        assert list(measured) == ["A 1", "A 2", "A 3", "B 1", "B 2", "B 3"]
        assert all(each.track == pytest.approx(-17, abs=1) for each in measured.values())
        assert len(scene.inspector.begun) == 6
        assert [lite.total_duration_ms for lite in stage.librarian.lites()] == [3000, 3000]
        nursery.cancel_scope.cancel()


async def test_nothing_is_looked_at_while_music_plays_and_a_tap_ends_a_look_at_once(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with opened(tmp_path / "data") as stage, trio.open_nursery() as nursery:
        scene = Scene(stage)
        await fill(stage, tmp_path / "music", "A", 2)
        await nursery.start(scene.rescan.run)
        await trio.sleep(FIRST_S + 30)
        assert len(scene.inspector.begun) == 1
        scene.play(True)
        await trio.sleep(3600)
        assert (len(scene.inspector.begun), await scene.measured()) == (1, {})
        scene.play(False)
        await trio.sleep(QUIET_S - 1)
        scene.play(False)  # somebody turned the volume
        await trio.sleep(QUIET_S - 1)
        assert len(scene.inspector.begun) == 1
        await trio.sleep(2)
        assert scene.inspector.begun == [scene.inspector.begun[0]] * 2
        await trio.sleep(600)
        assert len(await scene.measured()) == 2
        nursery.cancel_scope.cancel()


async def test_a_start_goes_on_where_the_last_run_was_and_tries_once_what_cannot_be_looked_at(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with opened(tmp_path / "data") as stage:
        made = await fill(stage, tmp_path / "music", "A", 3)
        bad = f"{made.tracks[1].file_hash}.wav"
    begun: list[list[str]] = []
    for _ in range(2):
        async with opened(tmp_path / "data") as stage, trio.open_nursery() as nursery:
            scene = Scene(stage)
            scene.inspector.bad = {bad}
            begun.append(scene.inspector.begun)
            await nursery.start(scene.rescan.run)
            await trio.sleep(FIRST_S + (200 if len(begun) == 1 else 10_000))
            nursery.cancel_scope.cancel()
    first, second, third = (f"{track.file_hash}.wav" for track in made.tracks)
    assert begun == [[first, second], [second, third]]
    async with opened(tmp_path / "data") as stage:
        assert list(await Scene(stage).measured()) == ["A 1", "A 3"]


async def test_chapters_in_a_file_are_found_and_what_is_in_the_bin_learns_them_too(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    marks = ((0, "One"), (4000, "Two"))
    with_chapters(tmp_path / "Story.mp3", "libmp3lame", marks, seconds=8)
    async with opened(tmp_path / "data") as stage, trio.open_nursery() as nursery:
        scene = Scene(stage)
        await stage.importer.import_folder(tmp_path / "Story.mp3")
        await stage.store.write(lambda db: db.execute("UPDATE tracks SET chapters = NULL"))
        await nursery.start(scene.rescan.run)
        await trio.sleep(FIRST_S + 600)
        [lite] = stage.librarian.lites()
        [track] = (await stage.librarian.playlist(lite.id)).tracks
        assert tuple((each.start_ms, each.title) for each in track.chapters) == marks
        nursery.cancel_scope.cancel()


async def test_what_a_sheet_says_comes_to_tracks_that_are_there_when_their_folder_comes_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with opened(tmp_path / "data") as stage:
        folder = tmp_path / "Disc"
        folder.mkdir()
        (folder / "disc.flac").write_bytes(encoded("flac"))
        await stage.importer.import_folder(folder)
        sheet = 'FILE "disc.flac" WAVE\n  TRACK 01 AUDIO\n    TITLE "One"\n    INDEX 01 00:00:00\n'
        sheet += '  TRACK 02 AUDIO\n    TITLE "Two"\n    INDEX 01 00:02:00\n'
        (folder / "disc.cue").write_text(sheet)
        stage.news()
        again = await stage.importer.import_folder(folder)
        assert (again.tracks, again.already) == (0, 1)
        assert stage.news() == ["state:playlist", "state:playlist_updated"]
        [track] = (await stage.librarian.playlist(again.playlist_ids[0])).tracks
        assert [(each.start_ms, each.title) for each in track.chapters] == [(0, "One"), (2000, "Two")]
        await stage.importer.import_folder(folder)
        assert stage.news() == []
