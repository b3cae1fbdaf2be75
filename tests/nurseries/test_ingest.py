"""Files are made ready one after another, and a box that has run out of something blames none of them."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.library.test_labels import id3, text
from tests.rigs.chaptered import with_chapters
from tests.rigs.library import opened
from tests.rigs.sounds import noise, write
from tomb.devices.decoder import probe
from tomb.errors import DecodeError, Unavailable
from tomb.library import containers, transcode
from tomb.library.containers import container
from tomb.library.disk import sync
from tomb.library.transcode import Source, Stream
from tomb.nurseries.inspection import Inspection
from tomb.ports import RealPorts
from tomb.rehearsal.simulated.disk import Disk


async def test_one_ffmpeg_runs_at_a_time(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, most, converted = 0, 0, 0

    async def look(_: Source) -> Stream:
        return Stream()

    async def convert(_: Source, stream: Stream, target: Path, free: int) -> bool:
        nonlocal running, most, converted
        running, most = running + 1, max(most, running + 1)
        await trio.sleep(60)
        running, converted = running - 1, converted + 1
        return True

    monkeypatch.setattr(transcode, "look", look)
    monkeypatch.setattr(transcode, "transcode", convert)
    for number in range(5):
        (tmp_path / f"{number}.m4a").write_bytes(b"\0\0\0\x08ftyp\0\0\0\x08moov" + bytes([number]))
    async with opened(tmp_path / "data") as stage, stage.ingest.incoming() as incoming, trio.open_nursery() as nursery:
        for number in range(5):
            nursery.start_soon(stage.ingest.stage, tmp_path / f"{number}.m4a", incoming)
    assert (most, converted) == (1, 5)


async def test_ffmpeg_is_not_even_asked_about_what_is_no_sound(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def convert(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(transcode, "transcode", convert)
    (tmp_path / "1.m4a").write_text("#EXTM3U\n")
    async with opened(tmp_path / "data") as stage, stage.ingest.incoming() as incoming:
        with pytest.raises(DecodeError, match="no sound file"):
            await stage.ingest.stage(tmp_path / "1.m4a", incoming)


async def test_what_lies_here_is_on_the_disk_before_it_may_become_a_track(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """A melody of the demo, or a video, was written by somebody who syncs nothing; it is taken without a copy."""
    disk = Disk()
    with disk.mounted():
        async with opened(tmp_path / "data") as stage, stage.ingest.incoming() as incoming:
            source = incoming / "video.wav"
            write(source, noise(1))
            content = source.read_bytes()
            arrival = await stage.ingest.stage(source, incoming)
            sync(incoming)
            assert arrival.sound is not None
            assert arrival.sound.path == source
            disk.after_cut(incoming, tmp_path / "after")
    assert (tmp_path / "after" / source.name).read_bytes() == content


@pytest.mark.parametrize(
    ("number", "kind"), [(5, DecodeError), (24, Unavailable), (23, Unavailable), (12, Unavailable)]
)
async def test_a_file_is_to_blame_for_what_its_disk_does_and_not_for_what_the_box_has_run_out_of(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    source = tmp_path / "1.mp3"
    source.write_bytes(b"sound")
    opening = Path.open

    def failing(path: Path, *args: object, **named: object) -> object:
        if path == source:
            raise OSError(number, "out of order")
        return opening(path, *args, **named)  # type: ignore[call-overload]

    async with opened(tmp_path / "data") as stage, stage.ingest.incoming() as incoming:
        monkeypatch.setattr(Path, "open", failing)
        with pytest.raises(kind, match="out of order"):
            await stage.ingest.stage(source, incoming)


@pytest.mark.parametrize("named", ["song.mp3", "song.flac", "song.m4a", "song.wav", "song.ogg"])
@pytest.mark.parametrize("real", ["flac", "wav", "mp3", "ogg", "m4a", "mka"])
async def test_a_file_is_what_its_content_says_whatever_it_is_called(tmp_path: Path, real: str, named: str) -> None:
    wav = write(tmp_path / "made.wav", noise(0.5))
    await trio.run_process(["ffmpeg", "-v", "error", "-y", "-i", str(wav), str(tmp_path / f"sound.{real}")])
    source = (tmp_path / f"sound.{real}").rename(tmp_path / named)
    async with opened(tmp_path / "data", ports=RealPorts(), probe=probe) as stage, stage.ingest.incoming() as incoming:
        staged = await stage.ingest.stage(source, incoming)
        assert staged.sound is not None
        assert staged.sound.ext == ("opus" if real in ("m4a", "mka") else real)
        assert abs(staged.duration_ms - 500) < 60
        assert staged.filename == named


async def test_labels_before_a_flac_do_not_make_it_an_mp3(tmp_path: Path) -> None:
    source = write(tmp_path / "song.flac", noise(0.5))
    source.write_bytes(id3({"TIT2": text("Song")}) + source.read_bytes())
    assert container(source) == "flac"


async def test_chapters_stay_when_a_file_is_made_anew_and_end_with_its_sound(tmp_path: Path) -> None:
    marks = ((0, "One"), (4000, "Two"), (9000, "Three"))
    with_chapters(tmp_path / "story.m4b", "aac", marks, seconds=8)
    inspection = Inspection()
    async with trio.open_nursery() as nursery:
        await nursery.start(inspection.run)
        async with opened(tmp_path / "data", ports=RealPorts(), inspector=inspection) as stage:
            made = await stage.librarian.create("Stories")
            for _ in range(2):  # the second time the sound is there already
                async with stage.ingest.incoming() as incoming:
                    arrival = await stage.ingest.stage(tmp_path / "story.m4b", incoming)
                    made = (await stage.librarian.add(made.id, [arrival])).playlist
            nursery.cancel_scope.cancel()
    assert [(track.title, track.file_path[-5:]) for track in made.tracks] == [("Story", ".opus")] * 2
    for track in made.tracks:
        assert [(each.start_ms, each.title) for each in track.chapters] == [(0, "One"), (4000, "Two")]


async def test_every_type_that_is_taken_is_taken_whichever_way_it_comes() -> None:
    native = {"mp3", "wav", "flac", "ogg", "oga", "opus", "aif", "aiff"}
    converted = {"m4a", "m4b", "mp4", "aac", "webm", "wma", "mka", "mkv", "flv"}
    assert native | converted == containers.TYPES
    assert native == containers.PLAYABLE
    assert converted == containers.TRANSCODED
