"""Files that mean harm, on the way that all files take: into a playlist whole, without what is bad of them, or not."""

import gzip
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest
import soundfile
import trio

from tests.devices.test_decoder import headed
from tests.library.test_labels import id3, picture, text
from tests.rigs import pictures
from tests.rigs.children import children, peak_kb
from tests.rigs.library import Stage, opened
from tests.rigs.sounds import noise, write
from tomb.errors import DecodeError
from tomb.library import labels
from tomb.nurseries.inspection import Inspection
from tomb.ports import RealPorts

BOMBS = {
    "vast": pictures.png(60_000, 60_000, rows=pictures.deflated_zeros(2_000_000)),
    "long text": pictures.png(1, 1, pictures.chunk(b"zTXt", b"a\0\0" + pictures.deflated_zeros(500_000_000))),
    "long profile": pictures.png(1, 1, pictures.chunk(b"iCCP", b"a\0\0" + pictures.deflated_zeros(500_000_000))),
    "gzip": gzip.compress(bytes(10_000_000)),
    "zip": b"PK\x03\x04" + bytes(1000),
    "svg": b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaa">]><svg>&a;</svg>',
    "cut off": pictures.plain(500, 500, kind="JPEG")[:2000],
}


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    """An opened library that looks at files as the box does."""
    inspection = Inspection()
    async with trio.open_nursery() as nursery:
        await nursery.start(inspection.run)
        async with opened(folder / "data", ports=RealPorts(), inspector=inspection) as stage:
            yield stage
        nursery.cancel_scope.cancel()


def mp3(path: Path, cover: bytes) -> Path:
    write(path, noise(0.2))
    path.write_bytes(id3({"TIT2": text("Song"), "APIC": picture(cover)}) + path.read_bytes())
    return path


def flac(path: Path, cover: bytes) -> Path:
    """RFC 9639, section 8.8: the picture is the block after the stream's own, which is first and 34 bytes long."""
    write(path, noise(0.2))
    kind = b"image/png"
    block = struct.pack(">II", 3, len(kind)) + kind + struct.pack(">IIIIII", 0, 1, 1, 24, 0, len(cover)) + cover
    whole = path.read_bytes()
    path.write_bytes(whole[:42] + b"\x06" + len(block).to_bytes(3, "big") + block + whole[42:])
    return path


def peak_of_examiners() -> int:
    """Of the one that took most, in kB."""
    return max(peak_kb(child) for child in children(os.getpid(), command="examiner"))


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_proper_cover_in_a_file_is_one_scaled(tmp_path: Path) -> None:
    folder = tmp_path / "Songs"
    folder.mkdir()
    for number, make in enumerate((mp3, flac)):
        make(folder / f"{number}.{make.__name__}", pictures.encoded(pictures.halves(1500, 1500), "PNG"))
    async with staged(tmp_path) as stage:
        made = await stage.librarian.playlist((await stage.importer.import_folder(folder)).playlist_ids[0])
        assert [track.duration_ms for track in made.tracks] == [200, 200]
        [kept] = (stage.librarian.folder / "covers").iterdir()
        image = pictures.opened(kept.read_bytes())
        assert (image.format, image.size) == ("JPEG", (600, 600))


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_bomb_in_place_of_a_cover_leaves_the_music(tmp_path: Path, bomb: str) -> None:
    folder = tmp_path / "Songs"
    folder.mkdir()
    for number, make in enumerate((mp3, flac)):
        make(folder / f"{number}.{make.__name__}", BOMBS[bomb])
    write(folder / "2.wav", noise(0.2))
    for name in ("cover.jpg", "folder.png", "front.webp"):
        (folder / name).write_bytes(BOMBS[bomb])
    async with staged(tmp_path) as stage:
        imported = await stage.importer.import_folder(folder)
        assert imported.tracks == 3
        assert all("picture" in each.reason for each in imported.skipped)
        made = await stage.librarian.playlist(imported.playlist_ids[0])
        assert [track.duration_ms for track in made.tracks] == [200, 200, 200]
        assert made.cover_url is None
        assert list((stage.librarian.folder / "covers").iterdir()) == []
        assert peak_of_examiners() < 200_000


async def test_after_bombs_the_proper_picture_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "Songs"
    folder.mkdir()
    write(folder / "1.wav", noise(0.2))
    (folder / "cover.png").write_bytes(BOMBS["vast"])
    (folder / "folder.png").write_bytes(pictures.plain(10, 10))
    async with staged(tmp_path) as stage:
        made = await stage.librarian.playlist((await stage.importer.import_folder(folder)).playlist_ids[0])
        assert made.cover_url is not None


async def test_a_book_for_a_title_is_cut(tmp_path: Path) -> None:
    folder = tmp_path / "Songs"
    folder.mkdir()
    path = write(folder / "1.mp3", noise(0.2))
    book = text("a" * 100_000)
    path.write_bytes(id3({"TIT2": book, "TPE1": book, "TALB": book}) + path.read_bytes())
    with soundfile.SoundFile(folder / "2.ogg", "w", 44100, 2) as file:
        file.title = file.artist = file.album = "a" * 100_000
        file.write(noise(0.2))
    async with staged(tmp_path) as stage:
        made = await stage.librarian.playlist((await stage.importer.import_folder(folder)).playlist_ids[0])
        for track in made.tracks:
            assert (track.title, track.artist, track.album) == ("a" * labels.LONGEST,) * 3


async def test_names_that_are_tricks_stay_in_their_folder(tmp_path: Path) -> None:
    folder = tmp_path / "Songs"
    folder.mkdir()
    names = ["new\nline.wav", 'quote".wav', "-rf.wav", "\\..\\up.wav", "\u202egnp.wav", "a" * 240 + ".wav"]
    names.append(b"\xff\xfe.wav".decode("utf-8", "surrogateescape"))
    for number, name in enumerate(names):
        (folder / name).write_bytes(write(tmp_path / "x.wav", noise(0.1, seed=number)).read_bytes())
    os.mkfifo(folder / "pipe.wav")
    async with staged(tmp_path) as stage:
        imported = await stage.importer.import_folder(folder)
        assert (imported.tracks, [each.path.name for each in imported.skipped]) == (len(names), ["pipe.wav"])
        assert len(stage.files()) == len(names)
        assert stage.half_taken() == []
        assert names_in(tmp_path) == {"Songs", "data", "x.wav"}


def playlists_of(secret: Path) -> dict[str, bytes]:
    """What names another file and, to a program that guesses, is as good as that file."""
    hls = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{}\n#EXT-X-ENDLIST\n"
    dash = (
        '<?xml version="1.0"?>'
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S">'
        '<Period><AdaptationSet mimeType="audio/mp4"><Representation id="0" bandwidth="1"><BaseURL>{}</BaseURL>'
        "</Representation></AdaptationSet></Period></MPD>"
    )
    return {
        "hls": hls.format(f"file:{secret}").encode(),
        "hls by a path": hls.format(secret).encode(),
        "hls that looks like an mp3 without a length": hls.format(f"file:{secret}").encode() + b"#\xff\xfb\x90\x64\n",
        "dash": dash.format(f"file:{secret}").encode(),
        "ffconcat": f"ffconcat version 1.0\nfile 'file:{secret}'\n".encode(),
        "ffconcat by a path": f"ffconcat version 1.0\nfile {secret}\n".encode(),
        "cue": f'FILE "{secret}" MP3\n  TRACK 01 AUDIO\n    INDEX 01 00:00:00\n'.encode(),
        "m3u": f"{secret}\n".encode(),
        "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        "subtitles": b"1\n00:00:00,000 --> 00:00:02,000\nDear diary\n",
        "vobsub": b"# VobSub index file, v7 (do not modify this line!)\nid: en, index: 0\n",
        "script": b"[Script Info]\nScriptType: v4.00+\n[Events]\nDialogue: 0,0:00:00.00,0:00:02.00,x,,0,0,0,,x\n",
    }


@pytest.mark.parametrize("ext", ["m4a", "aac", "webm", "wma", "mp3"])
async def test_a_list_of_other_files_is_no_sound_whatever_it_is_called(tmp_path: Path, ext: str) -> None:
    secret = write(tmp_path / "secret.mp3", noise(2.0))
    folder = tmp_path / "Songs"
    folder.mkdir()
    for name, content in playlists_of(secret).items():
        (folder / f"{name}.{ext}").write_bytes(content)
    async with staged(tmp_path) as stage:
        imported = await stage.importer.import_folder(folder)
        assert (imported.tracks, stage.files()) == (0, set())
        assert {each.path.stem for each in imported.skipped} == set(playlists_of(secret))


async def test_of_a_cover_that_is_somewhere_else_nothing_is_fetched(tmp_path: Path) -> None:
    folder = tmp_path / "Songs"
    folder.mkdir()
    secret = tmp_path / "secret.png"
    secret.write_bytes(pictures.plain(10, 10))
    for number, link in enumerate((f"file://{secret}", str(secret), "http://127.0.0.1/cover.png")):
        write(path := folder / f"{number}.mp3", noise(0.2, seed=number))
        frame = b"\0-->\0\3\0" + link.encode()
        path.write_bytes(id3({"TIT2": text("Song"), "APIC": frame}) + path.read_bytes())
    async with staged(tmp_path) as stage:
        imported = await stage.importer.import_folder(folder)
        assert imported.tracks == 3
        assert list((stage.librarian.folder / "covers").iterdir()) == []


async def test_a_file_that_claims_one_sample_a_second_costs_nothing_and_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "Songs"
    folder.mkdir()
    for rate in (1, 10, 100):
        headed(folder / f"{rate}.wav", rate, 2, 2000)
    async with staged(tmp_path) as stage:
        imported = await stage.importer.import_folder(folder)
        assert [each.reason for each in imported.skipped] == [
            f"no loudspeaker plays {rate} Hz" for rate in (1, 10, 100)
        ]
        assert peak_of_examiners() < 100_000


def mutated(content: bytes, order: Random) -> bytes:
    """As a bad disk, a bad network or a bad person leaves a file. Mostly the head: there the sizes are."""
    changed = bytearray(content)
    for _ in range(order.randint(1, 8)):
        place = order.randrange(min(len(changed), order.choice([64, 512, len(changed)])))
        match order.randrange(4):
            case 0:
                changed[place] = order.choice([0, 1, 0x7F, 0x80, 0xFF, order.randrange(256)])
            case 1:
                changed[place : place + 4] = order.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4)])
            case 2:
                changed[place : place + 4] = struct.pack("<I", order.randrange(2**32))
            case _:
                del changed[place : place + order.randint(1, 64)]
    return bytes(changed[: order.choice([len(changed), len(changed), order.randrange(1, len(changed))])])


@pytest.mark.parametrize("ext", ["wav", "flac", "ogg", "opus", "mp3", "aiff"])
async def test_whatever_is_wrong_in_a_file_it_is_sound_or_it_is_refused_at_little_cost(
    tmp_path: Path, ext: str
) -> None:
    order, cover = Random(f"a file of {ext}"), pictures.plain(50, 50)
    path = write(tmp_path / f"song.{ext}", noise(0.3, rate=48000), 48000)
    content = path.read_bytes()
    if ext in ("mp3", "flac"):
        content = id3({"TIT2": text("Song"), "APIC": picture(cover)}) + content
    outcomes = {"sound": 0, "refused": 0}
    inspection = Inspection()
    async with trio.open_nursery() as nursery:
        await nursery.start(inspection.run)
        for _ in range(80):
            path.write_bytes(mutated(content, order))
            try:
                found = await inspection.sound(path, path.name, path)
                assert found.duration_ms > 0
                outcomes["sound"] += 1
            except DecodeError:
                outcomes["refused"] += 1
            assert all(peak_kb(child) < 220_000 for child in children(os.getpid(), command="examiner"))
        nursery.cancel_scope.cancel()
    assert min(outcomes.values()) > 0, outcomes
    assert names_in(tmp_path) == {path.name}


@pytest.mark.parametrize("ext", ["m4a", "webm", "wma", "aac", "flv"])
async def test_whatever_is_wrong_in_a_file_ffmpeg_makes_sound_of_it_or_it_is_refused(tmp_path: Path, ext: str) -> None:
    order = Random(f"a file of {ext}")
    wav = write(tmp_path / "made.wav", noise(0.3))
    folder = tmp_path / "Songs"
    folder.mkdir()
    made = folder / f"0.{ext}"
    await trio.run_process(
        ["ffmpeg", "-v", "error", "-i", str(wav), "-ar", "48000" if ext == "webm" else "44100", str(made)]
    )
    for number in range(1, 11):
        (folder / f"{number}.{ext}").write_bytes(mutated(made.read_bytes(), order))
    async with staged(tmp_path) as stage:
        imported = await stage.importer.import_folder(folder)
        assert imported.tracks + len(imported.skipped) == 11
        assert imported.tracks >= 1
        assert imported.skipped
        assert stage.half_taken() == []
