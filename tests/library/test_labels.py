"""What files say about themselves is read, cleaned and never trusted."""

import struct
from pathlib import Path

import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from tests.rigs.sounds import noise, write
from tomb.library import labels

JPEG = b"\xff\xd8\xff\xe0" + bytes(100)


def id3(frames: dict[str, bytes]) -> bytes:
    """An ID3v2.3 tag (id3.org/id3v2.3.0)."""
    body = b"".join(name.encode() + struct.pack(">IH", len(data), 0) + data for name, data in frames.items())
    size = len(body)
    return b"ID3\x03\x00\x00" + bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0)) + body


def text(value: str) -> bytes:
    return b"\x01" + value.encode("utf-16")


def picture(data: bytes) -> bytes:
    return b"\x00image/jpeg\x00\x03\x00" + data


def test_an_mp3_says_title_artist_album_place_and_cover(tmp_path: Path) -> None:
    path = write(tmp_path / "x.mp3", noise(0.2))
    frames = {"TIT2": text("Süße Träume"), "TPE1": text("Anna"), "TALB": text("Nacht"), "TRCK": text("7/12")}
    tag = id3({**frames, "TPOS": text("2/3"), "APIC": picture(JPEG)})
    path.write_bytes(tag + path.read_bytes())
    read = labels.read(path)
    assert read == (labels.Labels("Süße Träume", "Anna", "Nacht", 2, 7), JPEG)


@pytest.mark.parametrize("named", ["x.wav", "x.ogg", "x.m4a", "x.wma", "x"])
def test_a_file_with_a_wrong_ending_says_it_all_the_same(tmp_path: Path, named: str) -> None:
    path = write(tmp_path / "made.mp3", noise(0.2))
    path.write_bytes(id3({"TIT2": text("Song"), "APIC": picture(JPEG)}) + path.read_bytes())
    assert labels.read(path.rename(tmp_path / named)) == (labels.Labels("Song"), JPEG)


@pytest.mark.parametrize("ext", ["flac", "ogg"])
def test_other_kinds_say_it_too(tmp_path: Path, ext: str) -> None:
    path = tmp_path / f"x.{ext}"
    with soundfile.SoundFile(path, "w", 44100, 2) as file:
        file.title, file.artist, file.album, file.tracknumber = "Title", "Artist", "Album", "3"
        file.write(noise(0.2))
    assert labels.read(path) == (labels.Labels("Title", "Artist", "Album", None, 3), None)


def test_a_picture_that_makes_no_sense_takes_no_title_along(tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(id3({"TIT2": text("Song"), "APIC": b"\0image/jpeg\0"}) + b"\xff\xfb\x90\x00" * 100)
    assert labels.read(path) == (labels.Labels("Song"), None)


@pytest.mark.parametrize("content", [b"", b"just text", b"ID3\x03\x00\x00\x7f\x7f\x7f\x7f", b"fLaC\x84\xff\xff\xff"])
def test_a_file_that_says_nothing_is_called_by_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "03 Der Mond.mp3"
    path.write_bytes(content)
    assert labels.read(path) == (labels.Labels("03 Der Mond"), None)


def test_a_file_that_is_not_there_is_called_by_its_name(tmp_path: Path) -> None:
    assert labels.read(tmp_path / "gone.mp3") == (labels.Labels("gone"), None)


def test_a_title_as_long_as_a_book_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(id3({"TIT2": text("a" * 100_000)}) + b"\xff\xfb\x90\x00" * 100)
    assert labels.read(path)[0].title == "a" * labels.LONGEST


@pytest.mark.parametrize("said", ["-3", "0", "10000", "9" * 5000])
def test_a_place_that_no_album_has_is_none(tmp_path: Path, said: str) -> None:
    path = tmp_path / "x.mp3"
    path.write_bytes(id3({"TRCK": text(said)}) + b"\xff\xfb\x90\x00" * 100)
    assert labels.read(path)[0].track is None


def test_names_that_are_no_text_are_readable() -> None:
    assert labels.label(b"\xff\xfeabc".decode("utf-8", "surrogateescape")) == "ÿþabc"
    assert labels.label("Träume".encode("cp1252").decode("utf-8", "surrogateescape")) == "Träume"
    assert labels.label("\x00\n") == "?"


def test_a_tag_that_says_latin_1_and_is_utf_8_is_read_as_that(tmp_path: Path) -> None:
    path = tmp_path / "x.mp3"
    frames = {"TIT2": b"\0" + "Süße Träume".encode(), "TALB": b"\0" + "l’été".encode("cp1252")}
    path.write_bytes(id3(frames) + b"\xff\xfb\x90\x00" * 100)
    read = labels.read(path)[0]
    assert (read.title, read.album) == ("Süße Träume", "l’été")


def test_what_follows_a_dot_in_a_title_is_no_ending(tmp_path: Path) -> None:
    path = tmp_path / "Kapitel 1. Der Mond"
    path.write_bytes(b"")
    assert labels.read(path)[0].title == "Kapitel 1. Der Mond"


@given(st.text(st.characters()))
def test_a_label_is_one_line_of_clean_text(anything: str) -> None:
    cleaned = labels.clean(anything)
    if cleaned is not None:
        assert 0 < len(cleaned) <= labels.LONGEST
        assert cleaned == labels.clean(cleaned)
        assert cleaned.splitlines() == [cleaned]
        cleaned.encode()
