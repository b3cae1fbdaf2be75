"""A folder of music becomes playlists, in the order that people expect."""

import errno
import os
from pathlib import Path

import pytest

from tomb.errors import Unavailable
from tomb.library import hindrances
from tomb.library.folders import FolderPlan, PlannedFile, albums, plan
from tomb.library.labels import Labels


def grow(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


def shape(plans: list[FolderPlan]) -> dict[str, list[str]]:
    return {each.title: [file.path.relative_to(each.folder).as_posix() for file in each.files] for each in plans}


def test_each_folder_is_a_playlist(tmp_path: Path) -> None:
    root = grow(tmp_path / "Music", "loose.mp3", "B/1.ogg", "A/1.flac", "A/Deep/1.wav", "Empty/notes.txt")
    plans, skipped = plan(root)
    assert shape(plans) == {"Music": ["loose.mp3"], "A": ["1.flac"], "Deep": ["1.wav"], "B": ["1.ogg"]}
    assert [each.title for each in plans] == ["Music", "A", "Deep", "B"]
    assert skipped == []


def test_what_was_sold_with_a_lock_is_named_and_not_passed_over(tmp_path: Path) -> None:
    root = grow(tmp_path / "Books", "Alice.aax", "Letter.doc", "Song.m4p", "1.mp3")
    plans, skipped = plan(root)
    assert shape(plans) == {"Books": ["1.mp3"]}
    assert [(each.path.name, each.reason) for each in skipped] == [
        ("Alice.aax", hindrances.LOCKED),
        ("Song.m4p", hindrances.LOCKED),
    ]
    assert [each.path.name for each in plan(root / "Alice.aax")[1]] == ["Alice.aax"]


def test_two_comes_before_ten(tmp_path: Path) -> None:
    root = grow(tmp_path / "A", "10.mp3", "2.mp3", "Track 1.mp3", "track 03.mp3", "1.mp3")
    assert shape(plan(root)[0]) == {"A": ["1.mp3", "2.mp3", "10.mp3", "Track 1.mp3", "track 03.mp3"]}


def test_the_discs_of_an_album_are_one_playlist(tmp_path: Path) -> None:
    root = grow(tmp_path / "Tale", "CD 10/1.mp3", "CD 2/1.mp3", "CD 2/2.mp3", "Disc1/1.mp3", "Discussion/1.mp3")
    plans, _ = plan(root)
    discs = ["Disc1/1.mp3", "CD 2/1.mp3", "CD 2/2.mp3", "CD 10/1.mp3"]
    assert shape(plans) == {"Tale": discs, "Discussion": ["1.mp3"]}


def test_a_folder_that_is_itself_called_like_a_disc_stays_one(tmp_path: Path) -> None:
    assert shape(plan(grow(tmp_path / "CD1", "1.mp3"))[0]) == {"CD1": ["1.mp3"]}


def test_hidden_files_links_and_other_things_are_passed_over(tmp_path: Path) -> None:
    root = grow(tmp_path / "A", ".hidden.mp3", ".dir/1.mp3", "cover.jpg", "list.m3u", "real.mp3")
    (root / "link.mp3").symlink_to(root / "real.mp3")
    (root / "round").symlink_to(root)
    (root / "folder.mp3").mkdir()
    assert shape(plan(root)[0]) == {"A": ["real.mp3"]}


def test_names_that_are_no_utf_8_are_read_as_what_they_most_likely_are(tmp_path: Path) -> None:
    import os

    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xe9t\xe9"))
    grow(folder, "1.mp3")
    assert [each.title for each in plan(folder)[0]] == ["été"]


def labelled(*places: tuple[int | None, int | None]) -> list[tuple[PlannedFile, Labels]]:
    return [
        (PlannedFile(Path(str(number))), Labels("", disc=disc, track=track))
        for number, (disc, track) in enumerate(places)
    ]


@pytest.mark.parametrize(
    ("places", "order"),
    [
        (((None, 3), (None, 1), (None, 2)), [1, 2, 0]),
        (((2, 1), (1, 2), (1, 1)), [2, 1, 0]),
        (((None, 1), (2, 1)), [0, 1]),
        (((None, 2), (None, None), (None, 1)), [0, 1, 2]),  # one that does not say: the names decide
        (((None, 2), (None, 1), (None, 1)), [0, 1, 2]),  # two that contradict each other: likewise
        ((), []),
    ],
)
def test_disc_and_track_come_first_where_all_say_so(
    places: tuple[tuple[int | None, int | None], ...], order: list[int]
) -> None:
    assert albums(FolderPlan(Path(), "A"), labelled(*places)) == [("A", order)]


@pytest.mark.parametrize("name", ["2.mp3", "Deep"])
def test_what_a_failing_disk_does_not_even_show_is_left_out_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    root = grow(tmp_path / "A", "1.mp3", "2.mp3", "Deep/1.mp3")
    fail_at(monkeypatch, name, errno.EIO)
    plans, skipped = plan(root)
    assert name not in str(shape(plans))
    assert sum(len(each.files) for each in plans) == 2
    assert [(each.path.name, each.reason) for each in skipped] == [(name, "cannot be read: Input/output error")]


def test_without_descriptors_nothing_is_left_out_for_good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = grow(tmp_path / "A", "1.mp3", "2.mp3")
    fail_at(monkeypatch, "2.mp3", errno.EMFILE)
    with pytest.raises(Unavailable, match="Too many open files"):
        plan(root)


def fail_at(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    lstat = Path.lstat

    def failing(path: Path) -> os.stat_result:
        if path.name == name:
            raise OSError(number, os.strerror(number))
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", failing)
