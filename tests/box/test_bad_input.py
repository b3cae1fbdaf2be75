"""What people do to a box: files that are none, folders that cannot be written, two boxes on one folder.

Each gets one clear line, nobody gets a traceback, and nothing is lost.
"""

import os
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from tests.rigs.library import opened
from tests.rigs.music import Music
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import TOMB, refused, run_tomb, serving
from tests.rigs.pulse import PulseRig
from tests.rigs.sounds import noise, write
from tomb.devices.decoder import probe
from tomb.ports import RealPorts

QUIET = ("--audio", "silent", "--reader", "none")
# Root without its powers: what the modes of a file forbid is then forbidden to it too.
POWERLESS = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def trash(tmp_path: Path) -> Path:
    """A folder of nothing but files that cannot be played."""
    folder = tmp_path / "Trash"
    folder.mkdir()
    (folder / "letter.mp3").write_text("Dear parents,\n" * 100)
    (folder / "empty.flac").touch()
    (folder / "halved.flac").write_bytes(write(tmp_path / "whole.flac", noise(0.2)).read_bytes()[:60])
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file, but for the lock, which says who came last."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "tomb.lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


async def test_a_port_in_use(music: Music, taken: int) -> None:
    refused(
        await run_tomb("serve", "--host", "127.0.0.1", "--port", str(taken), "--data", music.data, *QUIET),
        f"port {taken}: in use by another program; --port chooses another",
    )


async def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o555)
    ended = await run_tomb("serve", "--port", "0", "--data", folder, *QUIET, before=POWERLESS)
    refused(ended, str(folder), "Permission denied")
    assert list(folder.iterdir()) == []


async def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("mine")
    refused(await run_tomb("serve", "--port", "0", "--data", tmp_path / "data", *QUIET), str(tmp_path / "data"))
    assert (tmp_path / "data").read_text() == "mine"


@pytest.mark.parametrize("command", ["serve", "import"])
async def test_a_database_from_a_newer_version_is_left_as_it_was(music: Music, records: Path, command: str) -> None:
    with sqlite3.connect(music.data / "tomb.db") as database:
        database.execute("PRAGMA user_version = 999")
    database.close()
    before = snapshot(music.data)
    arguments = QUIET if command == "serve" else (str(records),)
    refused(await run_tomb(command, "--data", music.data, *arguments), "newer", "999")
    assert snapshot(music.data) == before


async def test_a_database_that_is_none_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "tomb.db").write_text("once upon a time " * 1000)
    before = snapshot(tmp_path)
    refused(await run_tomb("serve", "--port", "0", "--data", tmp_path, *QUIET), "tomb.db")
    assert snapshot(tmp_path) == before


async def test_two_boxes_on_one_folder(music: Music) -> None:
    async with serving(music.data, *QUIET) as box:
        second = await run_tomb("serve", "--host", "127.0.0.1", "--port", "0", "--data", music.data, *QUIET)
        refused(second, "in use", str(box.pid))
        assert (await box.health())["status"] == "healthy"


async def test_a_setting_that_makes_no_sense(tmp_path: Path) -> None:
    ended = await run_tomb("serve", "--data", tmp_path, env={"TOMB_AUDIO_RATE": "fast"})
    refused(ended, "TOMB_AUDIO_RATE")


async def test_a_data_folder_without_a_name(tmp_path: Path) -> None:
    refused(await run_tomb("serve", cwd=tmp_path, env={"TOMB_DATA": ""}), "TOMB_DATA: it names no folder")
    assert not snapshot(tmp_path)


async def test_a_tag_that_would_lie_there_for_less_than_no_time() -> None:
    for seconds in ("-1", "nan", "inf", "long"):
        ended = await run_tomb("tap", "04A1B2C3", "--hold", seconds)
        assert ended.status == 2
        assert f"{seconds} is no number of seconds" in ended.err


async def test_a_configuration_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "tomb.toml").write_text("volume_ceiling = = 3")
    refused(await run_tomb("serve", "--data", tmp_path, cwd=tmp_path), "tomb.toml")


async def test_importing_nothing_playable_makes_no_playlist(music: Music, trash: Path) -> None:
    before = {name for name in snapshot(music.data) if "library" in name}
    ended = await run_tomb("import", trash, "--data", music.data)
    refused(ended, "Trash", "nothing in it can be played")
    for name in ("letter.mp3", "empty.flac", "halved.flac"):
        assert name in ended.out
    assert {name for name in snapshot(music.data) if "library" in name} == before


async def test_importing_what_is_not_there_and_what_is_no_sound(music: Music, trash: Path) -> None:
    refused(await run_tomb("import", music.data / "absent", "--data", music.data), "absent")
    refused(await run_tomb("import", trash / "letter.mp3", "--data", music.data), "letter.mp3")


async def test_a_file_that_may_not_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    folder = tmp_path / "Mixed"
    folder.mkdir()
    write(folder / "good.wav", noise(0.2))
    write(folder / "secret.wav", noise(0.2)).chmod(0)
    ended = await run_tomb("import", folder, "--data", tmp_path / "data", before=POWERLESS)
    assert (ended.status, ended.err) == (0, "")
    assert "secret.wav" in ended.out
    assert "1 new track, 1 left out" in ended.out


async def test_files_damaged_after_the_import_are_skipped_by_name(music: Music, pulse: PulseRig) -> None:
    album = music["Third"]
    async with serving(music.data, "--audio", "portaudio", "--reader", "none", env=pulse.env) as box:
        first, second = (await box.get(f"/api/playlists/{album.playlist_id}")).data["tracks"]
        (music.data / "library" / first["file_path"]).write_bytes(b"no longer music" * 1000)
        await box.post(f"/api/playlists/{album.playlist_id}/start")
        state = await box.until_player(lambda state: state["state"] == "playing")
        assert state["active_track_id"] == second["id"]
        await box.post("/api/player/stop")
        (music.data / "library" / second["file_path"]).write_bytes(b"")
        await box.post(f"/api/playlists/{album.playlist_id}/start")
        state = await box.until_player(lambda state: state["state"] == "error")
        assert not state["is_playing"]
        assert "cannot be played" in state["error_message"]
        # The next album is none the worse for it, and the library has lost nothing.
        await box.post(f"/api/playlists/{music['Second'].playlist_id}/start")
        await box.until_player(lambda state: state["state"] == "playing" and state["error_message"] is None)
        assert len((await box.get(f"/api/playlists/{album.playlist_id}")).data["tracks"]) == 2
        assert await box.terminate() == 0
        assert "Traceback" not in box.log


async def test_an_import_that_is_cut_off_leaves_whole_playlists_or_none(tmp_path: Path, records: Path) -> None:
    process = await trio.lowlevel.open_process([TOMB, "import", str(records), "--data", str(tmp_path / "data")])
    with trio.fail_after(PATIENCE_S):
        while not list((tmp_path / "data").glob("library/files/*")) and process.poll() is None:
            await trio.sleep(0.01)
    process.kill()
    await process.wait()
    async with opened(tmp_path / "data", ports=RealPorts(), probe=probe) as stage:
        for lite in stage.librarian.lites():
            assert lite.track_count == len(list((records / lite.title).iterdir()))
    again = await run_tomb("import", records, "--data", tmp_path / "data")
    assert again.status == 0
    async with opened(tmp_path / "data", ports=RealPorts(), probe=probe) as stage:
        assert {lite.title: lite.track_count for lite in stage.librarian.lites()} == {
            "First": 2,
            "Second": 1,
            "Third": 2,
        }
