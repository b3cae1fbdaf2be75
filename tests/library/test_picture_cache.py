"""Pictures as pages ask for them: kept within a bound, and never shown when they are not what was kept."""

import os
from pathlib import Path

import pytest

from tomb.errors import RequestError
from tomb.library.covers import Picture
from tomb.library.picture_cache import PictureCache, ScaledCover, Size

HASH = "ab" * 32


def wanted(cover: str = HASH, size: Size = 120) -> str:
    return ScaledCover(cover, size, "webp").key


def picture(content: bytes = b"a picture") -> Picture:
    return Picture(content, "webp")


def test_what_was_kept_is_found_also_after_a_restart(tmp_path: Path) -> None:
    scaled = PictureCache(tmp_path / "covers")
    assert scaled.find(wanted()) is None
    path = scaled.keep(wanted(), picture())
    for each in (scaled, PictureCache(tmp_path / "covers")):
        assert each.find(wanted()) == path
        assert each.find(wanted(size=300)) is None
        assert each.find(ScaledCover(HASH, 120, "jpg").key) is None
    assert path.read_bytes() == b"a picture"


@pytest.mark.parametrize("content", [b"", b"a pict", b"a Picture", b"a picture "])
def test_what_is_damaged_is_not_found_and_made_anew(tmp_path: Path, content: bytes) -> None:
    scaled = PictureCache(tmp_path)
    path = scaled.keep(wanted(), picture())
    path.write_bytes(content)
    for each in (scaled, PictureCache(tmp_path)):
        assert each.find(wanted()) is None
    assert not path.exists()
    assert scaled.keep(wanted(), picture()).read_bytes() == b"a picture"
    assert scaled.find(wanted()) == path


def test_a_data_folder_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    scaled = PictureCache(data / "cache" / "covers")
    data.rmdir()
    with pytest.raises(RequestError):
        scaled.keep(wanted(), picture())
    assert not data.exists()


def test_what_somebody_deleted_is_not_found(tmp_path: Path) -> None:
    scaled = PictureCache(tmp_path)
    scaled.keep(wanted(), picture()).unlink()
    assert scaled.find(wanted()) is None


def test_beyond_the_bound_goes_what_was_asked_for_longest_ago(tmp_path: Path) -> None:
    scaled = PictureCache(tmp_path, limit=30)
    for name in "abc":
        scaled.keep(wanted(name * 64), picture(bytes(10)))
    assert scaled.find(wanted("a" * 64))
    scaled.keep(wanted("d" * 64), picture(bytes(10)))
    assert [name for name in "abcd" if scaled.find(wanted(name * 64))] == ["a", "c", "d"]
    assert len(list(tmp_path.iterdir())) == 3


def test_the_bound_counts_what_an_earlier_run_left_the_oldest_going_first(tmp_path: Path) -> None:
    before = PictureCache(tmp_path, limit=100)
    for age, name in enumerate("cba"):
        os.utime(before.keep(wanted(name * 64), picture(bytes(10))), (age, age))
    PictureCache(tmp_path, limit=30).keep(wanted("d" * 64), picture(bytes(10)))
    assert [name for name in "abcd" if before.find(wanted(name * 64))] == ["a", "b"]


def test_what_is_none_of_its_own_is_in_nobodys_way(tmp_path: Path) -> None:
    for name in ("notes.txt", "notes.md", f"{HASH}-120-webp"):
        (tmp_path / name).write_text("mine")
    (tmp_path / "folder").mkdir()
    scaled = PictureCache(tmp_path)
    scaled.keep(wanted(), picture())
    assert scaled.find(wanted()) is not None
    assert len(list(tmp_path.iterdir())) == 5
