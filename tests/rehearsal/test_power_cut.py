"""A cut leaves what was synced, and nothing of the rest."""

import os
from pathlib import Path

import pytest

from tests.rehearsal.story import failure, goes_well
from tomb.rehearsal.simulated.disk import Disk

UPLOAD = """
    [[step]]
    call = "POST /api/playlists/<whale>/uploads/session"
    body = { filename = "song.wav", file_size = "<size 3s>" }
    keep = { upload = "data.session_id" }
    [[step]]
    call = "PUT /api/playlists/<whale>/uploads/<upload>/chunks/0"
    file = { length = "3s" }
    [[step]]
    call = "POST /api/playlists/<whale>/uploads/<upload>/finalize"
    expect.answer.http = 200
    [[step]]
    cut = "power"
    off = "1m"
    [[step]]
    call = "POST /api/playlists/<whale>/play/2"
    within = "1s"
    expect.player = { state = "playing", track_index = 1, duration_ms = 3000 }
"""


def written(path: Path, text: str, *, synced: bool = False) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        if synced:
            os.fsync(file.fileno())


def sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    os.fsync(opened)
    os.close(opened)


def test_names_and_contents_are_kept_as_they_were_synced(tmp_path: Path) -> None:
    data = tmp_path / "data"
    disk = Disk()
    with disk.mounted():
        data.mkdir()
        written(data / "old", "old")
        disk.settle(tmp_path)
        written(data / "whole", "whole", synced=True)
        written(data / "empty", "never synced")
        written(data / "further", "synced", synced=True)
        (data / "kept").mkdir()
        written(data / "kept" / "unnamed", "synced, and its name is not", synced=True)
        sync(data)
        with (data / "further").open("a") as file:
            file.write(", and then more")
        written(data / "unnamed", "synced, and its name is not", synced=True)
        (data / "whole").rename(data / "renamed")
        disk.after_cut(data, tmp_path / "after")
    left = {str(path.relative_to(tmp_path / "after")) for path in (tmp_path / "after").rglob("*")}
    assert left == {"old", "empty", "further", "kept"}
    assert [(tmp_path / "after" / name).read_text() for name in ("old", "empty", "further")] == ["old", "", ""]


def test_an_upload_that_was_answered_is_heard_after_a_cut() -> None:
    goes_well(UPLOAD)


def test_one_that_is_not_synced_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Disk, "_sync", lambda *_: None)
    said = failure(UPLOAD)
    assert "player" in said
    assert "found     playing" not in said


def test_a_full_disk_is_full_after_a_cut_too_and_its_reserve_lets_the_box_start() -> None:
    goes_well('[[step]]\ndisk = "full"\n[[step]]\ncut = "power"\noff = "1s"\nexpect.player.state = "stopped"\n')
