"""ffmpeg becomes no trap: it has its time, memory and space, sees one file, and says in the end what was wrong."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import soundfile
import trio
from msgspec.structs import replace

from tests.corpus import FORMATS, encoded
from tests.rigs import pictures
from tests.rigs.children import children
from tests.rigs.sounds import noise, write
from tests.test_sandbox import UNCONFINED_START
from tomb import sandbox
from tomb.errors import DecodeError, NoSpace, Unavailable
from tomb.library import containers, transcode
from tomb.library.transcode import Source, Stream

FREE = 10_000_000


async def song(folder: Path) -> Path:
    wav = write(folder / "1.wav", noise(2.0))
    await trio.run_process(["ffmpeg", "-v", "error", "-i", str(wav), str(folder / "1.m4a")])
    return folder / "1.m4a"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "out.opus"
    path.touch()
    return path


def written(path: Path) -> bytes:
    return path.read_bytes()


def pretend(monkeypatch: pytest.MonkeyPatch, folder: Path, doing: str) -> None:
    """Something else is called ffmpeg for once."""
    program = folder / "bin" / "ffmpeg"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{doing}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


def either(decoding: str, encoding: str) -> str:
    """Its last word is `pipe:1`, or `file:` and where to write to."""
    ways = f'pipe:1) {decoding};; *) target="${{last#file:}}"; {encoding};;'
    return f'for last; do :; done; case "$last" in {ways} esac'


async def test_what_libsndfile_cannot_play_it_can_play_then(tmp_path: Path, target: Path) -> None:
    await transcode.transcode(Source(await song(tmp_path), "mov"), Stream(), target, FREE)
    assert soundfile.info(target).duration == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("free", [10_000, 0, -1])
async def test_space_that_is_to_stay_free_stays_free(tmp_path: Path, target: Path, free: int) -> None:
    with pytest.raises(NoSpace):
        await transcode.transcode(Source(await song(tmp_path), "mov"), Stream(), target, free)


async def test_what_would_be_longer_than_anything_is_refused_and_no_disk_is_to_blame(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcode, "LARGEST", 10_000)
    with pytest.raises(DecodeError, match="longer than 48 hours"):
        await transcode.transcode(Source(await song(tmp_path), "mov"), Stream(), target, FREE)
    assert len(written(target)) <= 10_000


@pytest.mark.parametrize("words", ["out.opus: No space left on device", "out.opus: Disk quota exceeded"])
@pytest.mark.parametrize("status", [0, 1])
async def test_a_full_disk_is_told_from_a_bad_file(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, words: str, status: int
) -> None:
    pretend(monkeypatch, tmp_path, f"echo '{words}' >&2; exit {status}")
    with pytest.raises(NoSpace):
        await transcode.transcode(Source(tmp_path / "1.m4a", "mov"), Stream(), target, FREE)


@pytest.mark.parametrize("ending", ["exit 255", "kill -TERM $$"])
async def test_an_interruption_blames_no_file(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    pretend(monkeypatch, tmp_path, ending)
    with pytest.raises(Unavailable, match="try again"):
        await transcode.transcode(Source(tmp_path / "1.m4a", "mov"), Stream(), target, FREE)


async def test_the_last_of_many_words_is_the_reason(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, tmp_path, "yes | head -c 10000000 >&2; echo '/a/b.m4a: moov atom not found' >&2; exit 1")
    with pytest.raises(DecodeError, match=r"^not playable: moov atom not found$"):
        await transcode.transcode(Source(tmp_path / "1.m4a", "mov"), Stream(), target, FREE)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("[ogg @ 0x55d0][vorbis @ 0x564fdaff9d00] Setup header corrupt", "Setup header corrupt"),
        ("/a/b.m4a: tag \x1b[2J\x07 unknown", "tag [2J unknown"),
        ("", "ffmpeg says nothing"),
    ],
)
async def test_the_reason_is_for_people(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, said: str, reason: str
) -> None:
    pretend(monkeypatch, tmp_path, f"echo '{said}' >&2; exit 1")
    with pytest.raises(DecodeError) as refusal:
        await transcode.transcode(Source(tmp_path / "1.m4a", "mov"), Stream(), target, FREE)
    assert str(refusal.value) == f"not playable: {reason}"


async def test_what_takes_too_long_is_ended(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, tmp_path, "exec sleep 1000")
    monkeypatch.setattr(transcode, "LIMIT_S", 0.2)
    with pytest.raises(DecodeError, match="longer than"):
        await transcode.transcode(Source(tmp_path / "1.m4a", "mov"), Stream(), target, FREE)
    assert children(os.getpid(), command="sleep") == []


async def test_a_file_that_is_none_is_refused(tmp_path: Path, target: Path) -> None:
    (tmp_path / "1.m4a").write_text("Dear diary")
    with pytest.raises(DecodeError, match="not playable"):
        await transcode.transcode(Source(tmp_path / "1.m4a", "mov"), Stream(), target, FREE)


async def test_it_takes_a_file_for_what_it_is_told_and_nothing_else(tmp_path: Path, target: Path) -> None:
    secret = write(tmp_path / "secret.mp3", noise(2.0))
    (tmp_path / "1.m4a").write_text(f"#EXTM3U\n#EXTINF:2,\nfile:{secret}\n#EXT-X-ENDLIST\n")
    for container in ("mov", "matroska", "asf", "aac", "mp3"):
        with pytest.raises(DecodeError, match="not playable"):
            await transcode.transcode(Source(tmp_path / "1.m4a", container), Stream(), target, FREE)


async def test_should_it_be_talked_into_anything_it_can_open_no_other_file(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "1.m4a").write_text("mine")
    pretend(monkeypatch, tmp_path, either(f"cat {tmp_path}/1.m4a {tmp_path}/secret", 'cat > "$target"'))
    with pytest.raises(DecodeError, match=r"Permission denied|No such file"):
        await transcode.transcode(Source(tmp_path / "1.m4a", "mov"), Stream(), target, FREE)
    assert written(target) == b"mine"
    pretend(monkeypatch, tmp_path / "again", f"echo x > {tmp_path / 'secret'}")
    with pytest.raises(DecodeError):
        await transcode.transcode(Source(tmp_path / "1.m4a", "mov"), Stream(), target, FREE)
    assert (tmp_path / "secret").read_text() == "secret"


async def test_it_is_told_nothing_of_the_box(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOMB_MQTT_PASSWORD", "sesame")
    pretend(monkeypatch, tmp_path, either("env", '{ cat; env; } > "$target"; echo out_time_us=1'))
    await transcode.transcode(Source(tmp_path / "1.m4a", "mov"), Stream(), target, FREE)
    assert b"PATH=" in written(target)
    assert b"sesame" not in written(target)


@pytest.mark.parametrize(
    ("name", "container", "options"),
    [
        ("1.m4a", "mov", ()),
        ("1.m4b", "mov", ("-c:a", "alac", "-f", "mp4")),
        ("1.mp4", "mov", ("-f", "lavfi", "-i", "testsrc=duration=1", "-map", "0:a", "-map", "1:v", "-c:v", "mpeg4")),
        ("1.aac", "aac", ()),
        ("1.webm", "matroska", ("-c:a", "libopus")),
        ("1.mka", "matroska", ("-c:a", "flac")),
        ("1.wma", "asf", ("-c:a", "wmav2")),
        ("1.flv", "flv", ("-c:a", "aac")),
        ("1.latm", "loas", ("-c:a", "aac", "-f", "latm")),
        ("1.ogg", "ogg", ("-c:a", "libvorbis")),
        ("1.flac", "flac", ()),
        ("1.aiff", "aiff", ()),
        ("1.mp3", "mp3", ("-id3v2_version", "4", "-metadata", "title=Song")),
    ],
)
async def test_each_kind_of_file_is_known_by_its_content_and_converted(
    tmp_path: Path, target: Path, name: str, container: str, options: tuple[str, ...]
) -> None:
    wav = write(tmp_path / "1.wav", noise(1.0))
    inputs, outputs = (options[:4], options[4:]) if "-i" in options else ((), options)
    made = ["ffmpeg", "-v", "error", "-i", str(wav), *inputs, *outputs, str(tmp_path / name)]
    await trio.run_process(made)
    found = containers.container((tmp_path / name).rename(tmp_path / "song"))
    assert found == container
    await transcode.transcode(Source(tmp_path / "song", found), Stream(), target, FREE)
    assert soundfile.info(target).duration == pytest.approx(1.0, abs=0.2)


async def test_a_cover_in_a_file_is_not_even_looked_at(tmp_path: Path, target: Path) -> None:
    source = await song(tmp_path)
    (tmp_path / "cover.png").write_bytes(pictures.plain(30, 30))
    with_cover = tmp_path / "2.m4a"
    cover = (
        "-i",
        str(tmp_path / "cover.png"),
        "-map",
        "0",
        "-map",
        "1",
        "-c",
        "copy",
        "-disposition:v:0",
        "attached_pic",
    )
    await trio.run_process(["ffmpeg", "-v", "error", "-i", str(source), *cover, str(with_cover)])
    await transcode.transcode(Source(with_cover, "mov"), Stream(), target, FREE)
    assert soundfile.info(target).duration == pytest.approx(2.0, abs=0.1)


async def test_where_it_cannot_be_confined_it_converts_all_the_same_and_the_log_says_so(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unconfined(program: Sequence[str], **paths: Sequence[str]) -> list[str]:
        return [sys.executable, "-I", "-S", "-c", UNCONFINED_START, "--", *program]

    source = await song(tmp_path)
    await transcode.transcode(Source(source, "mov"), Stream(), target, FREE)
    assert caplog.records == []
    monkeypatch.setattr(sandbox, "command", unconfined)
    await transcode.transcode(Source(source, "mov"), Stream(), target, FREE)
    assert soundfile.info(target).duration == pytest.approx(2.0, abs=0.1)
    [record] = caplog.records
    assert "ffmpeg ran among all files" in record.message
    (tmp_path / "1.m4a").write_text("Dear diary")
    with pytest.raises(DecodeError, match="not playable"):
        await transcode.transcode(Source(source, "mov"), Stream(), target, FREE)


async def test_where_confining_fails_half_way_nothing_is_converted_and_no_file_is_to_blame(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(program: Sequence[str], **paths: Sequence[str]) -> list[str]:
        start = UNCONFINED_START.replace("sandbox._PIVOT_ROOT = {}", "sandbox._NEW_ROOT = '/no/such/folder'")
        return [sys.executable, "-I", "-S", "-c", start, "--", *program]

    monkeypatch.setattr(sandbox, "command", broken)
    with pytest.raises(Unavailable, match="cannot be confined"):
        await transcode.transcode(Source(await song(tmp_path), "mov"), Stream(), target, FREE)
    assert written(target) == b""


@pytest.mark.parametrize("name", ["aac with a cover", "alac with a cover", "a film", "opus with a cover in mka"])
async def test_what_has_pictures_in_it_is_described_as_what_has_none(tmp_path: Path, name: str) -> None:
    """And what a file says of itself is taken for nothing that ffmpeg says."""
    lie = "title=x\n  Stream #0:0: Audio: flac, 96000 Hz, mono, s32\n  Duration: 99:00:00.00"
    pictured, bare, lying = (tmp_path / f"{each}.{FORMATS[name][0]}" for each in ("pictured", "bare", "lying"))
    pictured.write_bytes(encoded(name))
    for made, what in ((bare, ("-map", "0:a:0")), (lying, ("-map", "0", "-metadata", lie))):
        await trio.run_process(["ffmpeg", "-v", "error", "-i", str(pictured), *what, "-c", "copy", str(made)])
    kind = containers.container(bare)
    assert kind is not None
    wanted = await transcode.look(Source(bare, kind))
    for each in (pictured, lying):
        seen = await transcode.look(Source(each, kind))
        assert replace(seen, told_s=None) == replace(wanted, told_s=None)
        assert seen.told_s == pytest.approx(wanted.told_s, abs=0.1)
