"""Chapters are read from real files of every format, as ffprobe reads them, and from none that makes no sense."""

import json
import random
import struct
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.rigs.chaptered import ffmpeg, with_chapters
from tomb.library import chapters
from tomb.library.chapters import embedded
from tomb.library.labels import Marks

SAID: Marks = ((0, "Der Anfang – «Ä»"), (5000, "= ; # \\ “two”"), (12345, "第三章"))
FFMETADATA = [("m4b", "aac"), ("m4a", "aac"), ("mp3", "libmp3lame"), ("opus", "libopus"), ("mka", "libvorbis")]
FFMETADATA += [("webm", "libopus"), ("mkv", "aac"), ("wma", "wmav2")]


def as_ffprobe_says(path: Path) -> Marks:
    asked = ("ffprobe", "-v", "error", "-show_chapters", "-of", "json", path)
    found = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)["chapters"]
    return tuple((round(float(each["start_time"]) * 1000), each.get("tags", {}).get("title", "")) for each in found)


# --- real files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ending", "codec"), FFMETADATA)
def test_the_chapters_that_ffmpeg_wrote(tmp_path: Path, ending: str, codec: str) -> None:
    path = with_chapters(tmp_path / f"story.{ending}", codec, SAID)
    assert embedded.read(path) == SAID == as_ffprobe_says(path)


@pytest.mark.parametrize("ending", ["ogg", "flac"])
def test_the_chapters_in_comments(tmp_path: Path, ending: str) -> None:
    comments = ["CHAPTER001=00:00:00.000", "CHAPTER001NAME=One", "chapter002=00:00:07.5", "Chapter003=00:00:10.250"]
    options = [each for comment in [*comments, "CHAPTER003NAME=Three"] for each in ("-metadata", comment)]
    assert embedded.read(ffmpeg(tmp_path / f"story.{ending}", *options)) == ((0, "One"), (7500, ""), (10250, "Three"))


def test_a_cue_sheet_in_a_comment(tmp_path: Path) -> None:
    sheet = 'FILE "x.wav" WAVE\nTRACK 01 AUDIO\nTITLE "One"\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 01 00:10:37'
    path = ffmpeg(tmp_path / "disc.flac", "-metadata", f"CUESHEET={sheet}")
    assert embedded.read(path) == ((0, "One"), (10493, ""))


def cue_sheet(*tracks: tuple[int, Sequence[tuple[int, int]]], last: int = 882_000) -> bytes:
    """A block of FLAC's own: where each track begins, and its indexes, each with its number, in samples."""
    sheet = bytes(128 + 8) + b"\x80" + bytes(258) + bytes([len(tracks) + 1])
    for number, (start, indexes) in enumerate([*tracks, (last, [])], 1):
        sheet += struct.pack(">QB12sB13sB", start, number if indexes else 170, b"", 0, b"", len(indexes))
        sheet += b"".join(struct.pack(">QB3x", place, index) for place, index in indexes)
    return b"\x05" + len(sheet).to_bytes(3, "big") + sheet


@pytest.mark.parametrize("front", [b"", b"ID3\x03\0\0\0\0\0\x14" + bytes(20)], ids=["bare", "behind-id3"])
def test_a_cue_sheet_of_flac_itself(tmp_path: Path, front: bytes) -> None:
    path = ffmpeg(tmp_path / "disc.flac", "-ar", "44100")
    whole = path.read_bytes()
    block = cue_sheet((0, [(0, 1)]), (220_500, [(0, 1)]), (441_000, [(0, 1), (88_200, 2)]))
    path.write_bytes(front + whole[:42] + block + whole[42:])
    assert embedded.read(path) == ((0, ""), (5000, ""), (10_000, "")) == as_ffprobe_says(path)
    gap = cue_sheet((0, [(0, 1)]), (220_500, [(0, 0), (88_200, 1)]))  # two seconds that belong to the track before
    path.write_bytes(front + whole[:42] + gap + whole[42:])
    assert embedded.read(path) == ((0, ""), (7000, ""))


def test_titles_in_comments_go_before_a_cue_sheet_of_flac_itself(tmp_path: Path) -> None:
    comments = ("-metadata", "CHAPTER001=00:00:00", "-metadata", "CHAPTER001NAME=One")
    path = ffmpeg(tmp_path / "disc.flac", "-ar", "44100", *comments, "-metadata", "CHAPTER002=00:00:07")
    whole = path.read_bytes()
    path.write_bytes(whole[:42] + cue_sheet((0, [(0, 1)]), (220_500, [(0, 1)])) + whole[42:])
    assert embedded.read(path) == ((0, "One"), (7000, ""))


def test_more_than_255_chapters_of_an_m4b_are_all_there(tmp_path: Path) -> None:
    many = tuple((number * 50, f"Chapter {number}") for number in range(500))
    assert embedded.read(with_chapters(tmp_path / "story.m4b", "aac", many)) == many


def test_an_m4b_with_nothing_but_the_list_of_nero(tmp_path: Path) -> None:
    path = with_chapters(tmp_path / "story.m4b", "aac", SAID)
    data = path.read_bytes()
    assert data.count(b"chap") == 1
    path.write_bytes(data.replace(b"chap", b"none"))
    assert embedded.read(path) == SAID
    path.write_bytes(data.replace(b"chpl", b"none"))
    assert embedded.read(path) == SAID
    path.write_bytes(data.replace(b"chap", b"none").replace(b"chpl", b"none"))
    assert embedded.read(path) == ()


def test_an_m4b_whose_index_comes_first(tmp_path: Path) -> None:
    assert embedded.read(with_chapters(tmp_path / "story.m4b", "aac", SAID, "-movflags", "+faststart")) == SAID


@pytest.mark.parametrize("version", ["3", "4"])
def test_both_versions_of_id3(tmp_path: Path, version: str) -> None:
    assert embedded.read(with_chapters(tmp_path / "a.mp3", "libmp3lame", SAID, "-id3v2_version", version)) == SAID


# --- made by hand -----------------------------------------------------------------------------------------------------


def id3(frames: bytes, version: int = 3, flags: int = 0) -> bytes:
    size = len(frames)
    return b"ID3" + bytes((version, 0, flags, *(size >> shift & 0x7F for shift in (21, 14, 7, 0)))) + frames


def frame(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">IH", len(body), 0) + body


def chap(element: bytes, start_ms: int, title: bytes = b"") -> bytes:
    own = frame(b"TIT2", title) if title else b""
    return frame(b"CHAP", element + b"\0" + struct.pack(">4I", start_ms, start_ms, 0xFFFFFFFF, 0xFFFFFFFF) + own)


def read_id3(tmp_path: Path, tag: bytes) -> Marks:
    path = tmp_path / "made.mp3"
    path.write_bytes(tag + bytes.fromhex("fffb9064") + bytes(1000))
    return embedded.read(path)


def test_titles_in_every_encoding_of_id3(tmp_path: Path) -> None:
    titles = [b"\0M\xfcller \x96 1", b"\1" + "Müller".encode("utf-16"), b"\2" + "Müller".encode("utf-16-be")]
    titles += [b"\3" + "Müller\0more".encode(), b"\7strange", b""]
    tag = id3(b"".join(chap(b"%d" % number, 1000 * number, title) for number, title in enumerate(titles)))
    assert [title for _, title in read_id3(tmp_path, tag)] == ["Müller – 1", "Müller", "Müller", "Müller", "", ""]


def test_a_chapter_that_no_table_of_contents_names_is_hidden(tmp_path: Path) -> None:
    contents = frame(b"CTOC", b"toc\0\x03\x02one\0two\0" + frame(b"TIT2", b"\0Contents"))
    made = contents + chap(b"one", 0, b"\0One") + chap(b"picture", 500, b"\0No") + chap(b"two", 900, b"\0Two")
    assert read_id3(tmp_path, id3(made)) == ((0, "One"), (900, "Two"))


def test_a_tag_whose_set_bytes_were_kept_apart(tmp_path: Path) -> None:
    made = chap(b"one", 0, b"\1" + "Ö".encode("utf-16")) + chap(b"two", 0x00FFE000, b"\0T\xff\xe0")
    assert read_id3(tmp_path, id3(made.replace(b"\xff", b"\xff\0"), flags=0x80)) == ((0, "Ö"), (0x00FFE000, "Tÿà"))


# --- what is kept -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        ([(9000, "b"), (2000, "a")], ((0, "a"), (9000, "b"))),
        ([(0, "a"), (0, "again"), (5, None)], ((0, "a"), (5, ""))),
        ([(-7, "before"), (0, "a"), (9999, "b"), (10_000, "at the end"), (2**70, "after")], ((0, "a"), (9999, "b"))),
        ([(0, "the whole of it")], ()),
        ([(0, "a\nb\0c\x1b[0m"), (1, "  "), (2, "x\ud800y")], ((0, "a b c [0m"), (1, ""), (2, "x y"))),
    ],
)
def test_chapters_are_in_order_and_within_the_track(found: list[tuple[int, str | None]], kept: Marks) -> None:
    assert chapters.tidy(found, 10_000) == kept
    assert chapters.tidy(kept) == kept


def test_a_thousand_chapters_are_kept_and_their_titles_fit_into_the_database() -> None:
    endless = chapters.tidy([(number, "\U0001f600" * 500) for number in range(5000)])
    assert len(endless) == chapters.MOST
    column = chapters.encoded(endless)
    assert column is not None
    assert len(column.encode()) <= 200_000
    assert chapters.marks(column) == endless
    assert chapters.tidy([(0, "a" * 500), (1, "b")])[0][1] == "a" * 200


def test_a_column_that_makes_no_sense_has_no_chapters() -> None:
    for column in ("", "{", "[]", "[1]", '[{"title": 1, "start_ms": 0}]', "[" * 10_000):
        assert chapters.marks(column) == ()
    assert chapters.makes_sense(None)
    assert not chapters.makes_sense("[1]")


# --- strangers' files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ending", "codec"), FFMETADATA)
def test_damaged_files_end_in_no_error_and_take_no_time(tmp_path: Path, ending: str, codec: str) -> None:
    whole = with_chapters(tmp_path / f"story.{ending}", codec, SAID).read_bytes()
    chance = random.Random(7)
    # Where the structure is: sound in between may be anything.
    places = [*range(min(len(whole), 1500)), *range(max(0, len(whole) - 4000), len(whole))]
    damaged = tmp_path / f"damaged.{ending}"
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 12)):
            data[chance.choice(places)] = chance.choice((0, 0xFF, chance.randrange(256)))
        damaged.write_bytes(data[: chance.choice((len(data), chance.randrange(len(data))))])
        marks = embedded.read(damaged)
        assert chapters.tidy(marks) == marks


def box(name: bytes, *content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, content)), name) + b"".join(content)


def test_boxes_and_elements_without_end_are_given_up(tmp_path: Path) -> None:
    path = tmp_path / "endless.m4b"
    path.write_bytes(box(b"ftyp") + box(b"moov", box(b"free") * 100_000, box(b"udta", box(b"chpl", bytes(900)))))
    assert embedded.read(path) == ()
    path.write_bytes(box(b"ftyp") + struct.pack(">I4sQ", 1, b"moov", 2**63) + box(b"udta", box(b"chpl", b"\1" * 9)))
    assert embedded.read(path) == ()
    path.write_bytes(bytes.fromhex("1a45dfa380") + bytes.fromhex("18538067ff") + b"\xec\x80" * 300_000)
    assert embedded.read(path) == ()


def test_a_table_that_says_it_is_endless_is_as_long_as_it_is(tmp_path: Path) -> None:
    path = with_chapters(tmp_path / "story.m4b", "aac", SAID)
    data = path.read_bytes()
    for table in (b"stts", b"stsc", b"stsz", b"stco"):
        at = data.rindex(table)
        path.write_bytes(data[: at + 8] + b"\xff" * 8 + data[at + 16 :])
        assert len(embedded.read(path)) <= chapters.MOST


def test_a_title_beyond_the_end_of_any_file_is_nowhere(tmp_path: Path) -> None:
    def numbers(*values: int) -> bytes:
        return struct.pack(f">{len(values)}I", *values)

    tables = box(b"stts", numbers(0, 1, 2, 1000)), box(b"stsz", numbers(0, 9, 2)), box(b"stsc", numbers(0, 1, 1, 2, 1))
    stored = box(b"stbl", *tables, box(b"co64", numbers(0, 1), b"\xff" * 8))
    kind = box(b"mdhd", numbers(0, 0, 0, 1000)), box(b"hdlr", numbers(0, 0), b"text")
    sound = box(b"trak", box(b"tkhd", numbers(0, 0, 0, 1)), box(b"tref", box(b"chap", numbers(2))))
    titles = box(b"trak", box(b"tkhd", numbers(0, 0, 0, 2)), box(b"mdia", *kind, box(b"minf", stored)))
    path = tmp_path / "far.m4b"
    path.write_bytes(box(b"ftyp", b"M4B ", bytes(4)) + box(b"moov", sound, titles))
    assert embedded.read(path) == ()
