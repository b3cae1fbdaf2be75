"""Folders come in whole; what cannot be played is left out and named; nothing comes twice."""

import os
import threading
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.library.test_labels import id3, picture
from tests.rigs import pictures
from tests.rigs.library import Length, Stage, opened, titles, weigh
from tests.rigs.sounds import noise, write
from tomb.devices.decoder import Probe, probe
from tomb.errors import DecodeError, NoSpace
from tomb.library import tunes
from tomb.library.arrivals import Arrival
from tomb.library.transcode import available
from tomb.nurseries.health import Board
from tomb.nurseries.importer import FILES_AT_ONCE, Imported, Progress
from tomb.nurseries.ingest import Findings
from tomb.nurseries.supervisor import supervised
from tomb.ports import RealPorts, VirtualPorts
from tomb.rehearsal.simulated.inspector import InlineInspector

PNG = pictures.plain(10, 10)


def album(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        write(folder / name, noise(0.1 + number / 100, seed=number))
    return folder


def reasons(imported: Imported) -> dict[str, str]:
    return {each.path.name: each.reason for each in imported.skipped}


async def read(stage: Stage, title: str) -> list[str]:
    [lite] = [lite for lite in stage.librarian.lites() if lite.title == title]
    return titles(await stage.librarian.playlist(lite.id))


async def test_folders_become_playlists_with_exact_durations(tmp_path: Path) -> None:
    album(tmp_path / "in" / "Songs", "10 ten.wav", "2 two.flac", "1 one.ogg", "3 three.mp3")
    async with opened(tmp_path / "data", probe=probe) as stage:
        imported = await stage.importer.import_folder(tmp_path / "in")
        assert imported.message == "1 new playlist, 4 new tracks"
        assert stage.news() == ["state:playlist_created", "state:playlists"]
        made = await stage.librarian.playlist(imported.playlist_ids[0])
        assert titles(made) == ["1 one", "2 two", "3 three", "10 ten"]
        assert [track.duration_ms for track in made.tracks] == [120, 110, 130, 100]
        assert made.tracks[3].filename == "10 ten.wav"
        assert stage.half_taken() == []


async def test_bad_files_are_left_out_and_named(tmp_path: Path) -> None:
    folder = album(tmp_path / "in", "good.wav")
    (folder / "empty.mp3").write_bytes(b"")
    (folder / "text.mp3").write_text("Dear diary, " * 1000)
    (folder / "silent.wav").write_bytes((folder / "good.wav").read_bytes()[:44])
    async with opened(tmp_path / "data", probe=probe) as stage:
        imported = await stage.importer.import_folder(folder)
        assert set(reasons(imported)) == {"empty.mp3", "text.mp3", "silent.wav"}
        assert all(reasons(imported).values())
        assert await read(stage, "in") == ["good"]
        assert len(stage.files()) == 1


async def test_a_folder_with_nothing_to_play_makes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "text.mp3").write_text("Dear diary")
    async with opened(tmp_path / "data", probe=probe) as stage:
        imported = await stage.importer.import_folder(folder)
        assert imported.message == "nothing in it can be played; no playlist was made"
        assert (stage.librarian.count(), stage.news(), stage.files()) == (0, [], set())


async def test_a_file_is_a_playlist_of_one(tmp_path: Path) -> None:
    album(tmp_path, "1 Song.wav", "2 Song.wav")
    async with opened(tmp_path / "data", probe=probe) as stage:
        imported = await stage.importer.import_folder(tmp_path / "2 Song.wav")
        assert imported.message == "1 new playlist, 1 new track"
        assert await read(stage, "2 Song") == ["2 Song"]


async def test_the_same_folder_again_adds_only_what_is_new(tmp_path: Path) -> None:
    folder = album(tmp_path / "Songs", "1.wav", "2.wav")
    (folder / "2 again.wav").write_bytes((folder / "2.wav").read_bytes())
    async with opened(tmp_path / "data", probe=probe) as stage:
        await stage.importer.import_folder(folder)
        assert await read(stage, "Songs") == ["1", "2", "2 again"]
        stage.news()
        again = await stage.importer.import_folder(folder)
        assert (again.created, again.tracks, again.already) == (0, 0, 3)
        assert stage.news() == []
        write(folder / "4.wav", noise(0.3, seed=9))
        assert (await stage.importer.import_folder(folder)).tracks == 1
        assert stage.news() == ["state:track_added", "state:playlist", "state:playlist_updated", "state:playlists"]
        assert await read(stage, "Songs") == ["1", "2", "2 again", "4"]
        assert len(stage.files()) == 3


async def test_the_same_folder_in_another_place_is_the_same(tmp_path: Path) -> None:
    folder = album(tmp_path / "Songs", "1.wav", "2.wav")
    async with opened(tmp_path / "data", probe=probe) as stage:
        await stage.importer.import_folder(folder)
        (tmp_path / "usb").mkdir()
        moved = folder.rename(tmp_path / "usb" / "Songs")
        again = await stage.importer.import_folder(moved)
        assert (again.created, again.already, stage.librarian.count()) == (0, 2, 1)


async def test_the_cover_in_the_folder_is_for_the_tracks_that_have_none(tmp_path: Path) -> None:
    folder = album(tmp_path / "Songs", "1.wav", "2.wav")
    (folder / "cover.png").write_bytes(PNG)
    async with opened(tmp_path / "data", probe=probe) as stage:
        imported = await stage.importer.import_folder(folder)
        made = await stage.librarian.playlist(imported.playlist_ids[0])
        assert made.tracks[0].cover_url == f"/api/tracks/{made.tracks[0].id}/cover"
        assert made.cover_url is not None
        assert made.cover_url.startswith(f"/api/playlists/{made.id}/cover?v=")
        where = await stage.librarian.track(made.tracks[1].id)
        assert where.cover is not None
        kept = pictures.opened((stage.librarian.folder / where.cover).read_bytes())
        assert (kept.format, kept.size) == ("JPEG", (10, 10))
        await stage.librarian.delete(made.id)
        await stage.librarian.empty_bin()
        assert list((stage.librarian.folder / "covers").iterdir()) == []


async def test_progress_is_told_file_by_file(tmp_path: Path) -> None:
    album(tmp_path / "in" / "A", *(f"{number}.wav" for number in range(1, 9)))
    album(tmp_path / "in" / "B", "1.wav")
    told: list[Progress] = []
    async with opened(tmp_path / "data", probe=probe) as stage:
        await stage.importer.import_folder(tmp_path / "in", told.append)
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert {each.total for each in told} == {9}
    begun = list(dict.fromkeys(each.path and f"{each.path.parent.name}{each.path.stem}" for each in told))
    assert begun == ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "B1", None]
    assert (told[-1].done, told[-1].path) == (9, None)


async def test_several_files_are_worked_on_at_once_and_come_in_their_order(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """The first takes longest; and one that cannot be played is no concern of the others."""
    album(tmp_path / "in", *(f"{number}.wav" for number in range(1, 10)))
    inspector = Patient(VirtualPorts(), {f"{number}.wav": float(10 - number) for number in range(1, 10)}, bad="5.wav")
    async with opened(tmp_path / "data", inspector=inspector) as stage:
        imported = await stage.importer.import_folder(tmp_path / "in")
        assert reasons(imported) == {"5.wav": "it is bad"}
        assert await read(stage, "in") == ["1", "2", "3", "4", "6", "7", "8", "9"]
        assert stage.half_taken() == []
    assert inspector.most == FILES_AT_ONCE
    assert trio.current_time() < 30  # one after another it were 45


class Patient(InlineInspector):
    """Looks at files for so many seconds each, as many as are brought. `most`: how many at once at most."""

    def __init__(self, ports: VirtualPorts, seconds: Mapping[str, float], bad: str) -> None:
        super().__init__(ports, weigh)
        self._seconds = seconds
        self._bad = bad
        self._at_once = self.most = 0

    async def sound(self, source: Path, name: str, sound: Path | None) -> Findings:
        self._at_once += 1
        self.most = max(self.most, self._at_once)
        await trio.sleep(self._seconds[name])
        self._at_once -= 1
        if name == self._bad:
            raise DecodeError("it is bad")
        return await super().sound(source, name, sound)


async def test_a_full_disk_ends_all_that_is_worked_on_and_is_told_as_itself(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    album(tmp_path / "in", *(f"{number}.wav" for number in range(1, 10)))
    async with opened(tmp_path / "data", ports=VirtualPorts()) as stage:

        async def fills(_: Path, __: Path, name: str) -> Arrival:
            await trio.sleep(1 if name == "2.wav" else 1000)
            raise NoSpace("the disk is nearly full")

        monkeypatch.setattr(stage.ingest, "stage", fills)
        with pytest.raises(NoSpace):
            await stage.importer.import_folder(tmp_path / "in")
        assert (trio.current_time(), stage.half_taken(), stage.librarian.count()) == (1, [], 0)


async def test_an_import_that_is_cut_off_keeps_whole_folders_only_and_can_go_on(tmp_path: Path) -> None:
    album(tmp_path / "in" / "A", "1.wav", "2.wav")
    album(tmp_path / "in" / "B", "1.wav", "3.flac")
    async with opened(tmp_path / "data", ports=RealPorts(), probe=probe) as stage:
        with trio.CancelScope() as scope:

            def cut(progress: Progress) -> None:
                if progress.done == 3:
                    scope.cancel()

            await stage.importer.import_folder(tmp_path / "in", cut)
        assert scope.cancelled_caught
        assert [lite.title for lite in stage.librarian.lites()] == ["A"]
        assert stage.news() == ["state:playlist_created", "state:playlists"]
        assert stage.half_taken() == []
        rest = await stage.importer.import_folder(tmp_path / "in")
        assert (rest.created, rest.tracks, rest.already) == (1, 2, 2)


async def test_space_that_is_to_stay_free_stays_free(tmp_path: Path) -> None:
    folder = album(tmp_path / "Songs", "1.wav")
    async with opened(tmp_path / "data", probe=probe, free_kept=1 << 60) as stage:
        with pytest.raises(NoSpace):
            await stage.importer.import_folder(folder)
        assert (stage.librarian.count(), stage.files(), stage.half_taken()) == (0, set(), [])


async def test_what_libsndfile_cannot_play_is_transcoded_once(tmp_path: Path) -> None:
    assert available(), "the tests need ffmpeg"
    folder = album(tmp_path / "Songs", "1.wav")
    made = ["ffmpeg", "-v", "error", "-i", str(folder / "1.wav"), "-metadata", "title=Apple", str(folder / "1.m4a")]
    await trio.run_process(made)
    (folder / "1.wav").unlink()
    (folder / "2.m4a").write_text("Dear diary")
    async with opened(tmp_path / "data", ports=RealPorts(), probe=probe) as stage:
        imported = await stage.importer.import_folder(folder)
        assert await read(stage, "Songs") == ["Apple"]
        [name] = stage.files()
        assert name.endswith(".opus")
        assert "not playable" in reasons(imported)["2.m4a"]
        assert str(tmp_path) not in reasons(imported)["2.m4a"]
        again = await stage.importer.import_folder(folder)
        assert (again.tracks, again.already) == (0, 1)


async def test_without_ffmpeg_such_files_are_left_out_with_a_clear_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = album(tmp_path / "Songs", "1.wav")
    (folder / "2.m4a").write_bytes(b"\0\0\0\x0cftypM4A \0\0\0\x08moov")
    monkeypatch.setenv("PATH", str(tmp_path))
    async with opened(tmp_path / "data", probe=probe) as stage:
        imported = await stage.importer.import_folder(folder)
        assert reasons(imported) == {"2.m4a": "m4a files need ffmpeg, which is not installed"}
        assert await read(stage, "Songs") == ["1"]


async def test_folders_in_the_inbox_move_into_the_library(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    ports = VirtualPorts()
    async with opened(tmp_path, ports=ports, probe=probe) as stage:
        inbox = stage.librarian.folder / "inbox"
        folder = album(inbox / "Songs" / "CD1", "1.wav", "2.wav")
        (folder / "bad.mp3").write_text("Dear diary")
        album(inbox / "Later", "1.wav")
        for path in (inbox / "Songs", *(inbox / "Songs").rglob("*")):
            os.utime(path, (ports.wall() - 60, ports.wall() - 60))
        for path in (inbox / "Later", *(inbox / "Later").rglob("*")):
            os.utime(path, (ports.wall(), ports.wall()))
        found = await stage.importer.sync()
        assert (found.imported.created, found.imported.tracks, found.playlists_count) == (1, 2, 1)
        assert sorted(path.name for path in inbox.rglob("*.*")) == ["1.wav", "bad.mp3"]
        assert stage.news() == ["state:playlist_created", "state:playlists"]
        await trio.sleep(30)
        assert (await stage.importer.sync()).imported.tracks == 1
        assert [lite.title for lite in stage.librarian.lites()] == ["Songs", "Later"]
        assert not (inbox / "Later").exists()


@pytest.mark.parametrize("more", [(), ("bad.mp3",)], ids=["whole", "with-a-bad-file"])
async def test_a_sheet_in_the_inbox_goes_with_the_last_of_its_files(tmp_path: Path, more: tuple[str, ...]) -> None:
    ports = VirtualPorts()
    async with opened(tmp_path, ports=ports, probe=probe) as stage:
        folder = album(stage.librarian.folder / "inbox" / "Songs", "1.wav", "2.wav")
        for name in more:
            (folder / name).write_text("Dear diary")
        (folder / "order.m3u").write_text("2.wav\n1.wav\n")
        for path in (folder, *folder.rglob("*")):
            os.utime(path, (ports.wall() - 60, ports.wall() - 60))
        await stage.importer.sync()
        assert await read(stage, "Songs") == ["2", "1"]
        left = sorted(path.name for path in (stage.librarian.folder / "inbox").rglob("*.*"))
        assert left == (["bad.mp3", "order.m3u"] if more else [])


async def test_a_look_that_finds_nothing_is_told_all_the_same(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        found = await stage.importer.sync()
        assert (found.missing, found.found, found.strays) == (0, 0, 0)
        assert stage.news() == ["state:playlists"]


async def test_the_demo_fills_an_empty_library_once(tmp_path: Path) -> None:
    async with opened(tmp_path, probe=probe) as stage:
        await stage.importer.demo()
        await stage.importer.demo()
        lites = stage.librarian.lites()
        assert [lite.title for lite in lites] == [each.title for each in tunes.SETS]
        assert [lite.nfc_tag_id for lite in lites] == [each.tag_id for each in tunes.SETS]
        assert all(lite.description and 2 <= lite.track_count <= 4 for lite in lites)
        for lite in lites:
            made = await stage.librarian.playlist(lite.id)
            assert all(15_000 <= track.duration_ms <= 40_000 for track in made.tracks)
            assert [track.number for track in made.tracks] == list(range(1, lite.track_count + 1))
        assert stage.librarian.tag_owner("04A1B2C3") is not None
        assert stage.half_taken() == []


async def test_a_shutdown_does_not_wait_for_a_file_that_is_being_examined(tmp_path: Path) -> None:
    folder = album(tmp_path / "Songs", "1.wav")
    examined, let_go = trio.Event(), threading.Event()
    token = trio.lowlevel.current_trio_token()

    def slow(path: Path) -> Probe:
        token.run_sync_soon(examined.set)
        assert let_go.wait(10)
        return probe(path)

    async with opened(tmp_path / "data", ports=RealPorts(), probe=slow) as stage:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stage.importer.import_folder, folder)
            await examined.wait()
            nursery.cancel_scope.cancel()
        assert (stage.librarian.count(), stage.half_taken()) == (0, [])
        let_go.set()


async def test_a_cover_that_cannot_be_read_is_no_reason_to_leave_the_music_out(tmp_path: Path) -> None:
    folder = album(tmp_path / "Songs", "1.wav")
    (folder / "cover.png").mkdir()
    (folder / "folder.jpg").symlink_to(tmp_path / "nowhere")
    async with opened(tmp_path / "data", probe=probe) as stage:
        assert (await stage.importer.import_folder(folder)).tracks == 1


async def test_a_watched_inbox_empties_itself_once_nothing_changes_in_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    ports = VirtualPorts()
    async with opened(tmp_path / "data", ports=ports) as stage, trio.open_nursery() as nursery:
        inbox = stage.librarian.folder / "inbox"
        await nursery.start(partial(stage.importer.watch_inbox, every_s=10))
        folder = album(inbox / "Songs", "1.wav")
        age(folder, ports.wall() + 20)  # somebody is still copying
        await trio.sleep(29)
        assert stage.librarian.count() == 0
        await trio.sleep(12)
        assert await read(stage, "Songs") == ["1"]
        assert list(inbox.iterdir()) == []
        assert stage.news().count("state:playlists") == 1
        age(album(inbox / "Songs", "1.wav", "2.wav"), 1.0)
        await trio.sleep(11)
        assert await read(stage, "Songs") == ["1", "2"]
        nursery.cancel_scope.cancel()


async def test_a_watched_inbox_looks_at_what_it_cannot_take_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    looked: list[str] = []

    def refuse(path: Path) -> Length:
        looked.append(path.name)
        raise DecodeError("no sound at all")

    async with opened(tmp_path / "data", ports=VirtualPorts(), probe=refuse) as stage, trio.open_nursery() as nursery:
        folder = album(stage.librarian.folder / "inbox" / "Noise", "1.wav")
        age(folder, 1.0)
        await nursery.start(partial(stage.importer.watch_inbox, every_s=10))
        await trio.sleep(100)
        assert len(looked) == 1
        age(folder, 2.0)
        await trio.sleep(20)
        assert len(looked) == 2
        nursery.cancel_scope.cancel()


async def test_a_watched_inbox_is_down_while_the_disk_is_full_and_says_so_once(
    tmp_path: Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    ports = VirtualPorts()
    board, full = Board(ports), "the disk is nearly full: what is left is kept free"
    async with opened(tmp_path / "data", ports=ports, free_kept=1 << 60) as stage, trio.open_nursery() as nursery:
        age(album(stage.librarian.folder / "inbox" / "Songs", "1.wav"), 1.0)
        await nursery.start(supervised("inbox", board, partial(stage.importer.watch_inbox, every_s=10)).run)
        await trio.sleep(1000)
        assert (board.details()["inbox"].state, board.details()["inbox"].last_error) == ("down", full)
        assert [record.message for record in caplog.records if "inbox" in record.message] == [f"inbox is down: {full}"]
        stage.ingest.space._free_kept = 0
        await trio.sleep(311)
        assert (board.details()["inbox"].state, stage.librarian.count()) == ("up", 1)
        nursery.cancel_scope.cancel()


async def test_what_stays_in_the_inbox_is_said(
    tmp_path: Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    ports = VirtualPorts()
    async with opened(tmp_path / "data", ports=ports, probe=probe) as stage, trio.open_nursery() as nursery:
        folder = album(stage.librarian.folder / "inbox" / "Songs", "1.mp3")
        song = folder / "1.mp3"
        song.write_bytes(id3({"APIC": picture(PNG)}) + song.read_bytes())
        (folder / "2.mp3").write_text("Dear diary")
        (folder / "cover.png").write_bytes(PNG)
        age(folder, 1.0)
        await nursery.start(partial(stage.importer.watch_inbox, every_s=10))
        await trio.sleep(100)
        nursery.cancel_scope.cancel()
    assert sorted(path.name for path in folder.iterdir()) == ["2.mp3", "cover.png"]
    assert [record.message for record in caplog.records] == [
        "left in the inbox: 2.mp3: not an audio file",
        "left in the inbox: cover.png: not needed: each track has a picture; it stays where it is",
    ]


def age(folder: Path, at: float) -> None:
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (at, at))
