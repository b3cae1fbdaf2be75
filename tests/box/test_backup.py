"""The library as one file, by the command line: out of a box that plays, into a fresh folder, into a box that runs."""

from pathlib import Path
from typing import Any

import pytest
import trio

from tests.rigs.archives import held
from tests.rigs.music import Music
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Box, refused, run_tomb, serving
from tests.rigs.small_disk import small_disk

VIRTUAL = ("--audio", "silent", "--reader", "virtual")
TOLD = ("server_seq", "last_played", "resume")  # of a playlist: what a moment of playing changes


async def library(box: Box) -> list[dict[str, Any]]:
    return list((await box.get("/api/playlists?limit=100")).data["playlists"])


def plain(playlists: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without what changes by itself while one looks."""
    bare = [{name: value for name, value in each.items() if name not in TOLD} for each in playlists]
    for each in bare:
        each["tracks"] = [{**track, "server_seq": 0} for track in each["tracks"]]
    return bare


async def sounds(box: Box, playlists: list[dict[str, Any]]) -> list[bytes]:
    ids = [track["id"] for each in playlists for track in each["tracks"]]
    return [(await box.get(f"/api/tracks/{each}/audio")).content for each in ids]


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_out_of_a_box_that_plays_onto_a_new_one(music: Music, tmp_path: Path) -> None:
    file, fresh = tmp_path / "tomb.tar", tmp_path / "fresh"
    second = music["Second"]
    async with serving(music.data, *VIRTUAL) as box:
        await box.put("/api/settings", {"volume_ceiling": 60})
        await box.post(f"/api/playlists/{second.playlist_id}/start")
        await box.until_player(lambda state: state["position_ms"] > 500)
        done = await run_tomb("backup", file, "--data", music.data, "--url", box.url)
        assert (done.status, done.err) == (0, "")
        assert str(file) in done.out
        before = (await box.player())["position_ms"]
        await box.until_player(lambda state: state["is_playing"] and state["position_ms"] > before)
        original = await library(box)
        heard = await sounds(box, original)
        number = max(each["server_seq"] for each in original)
    done = await run_tomb("restore", file, "--data", fresh)
    assert (done.status, done.err) == (0, "")
    assert "3 playlists" in done.out
    async with serving(fresh, *VIRTUAL) as box:
        restored = await library(box)
        assert plain(restored) == plain(original)
        assert await sounds(box, restored) == heard
        assert min(each["server_seq"] for each in restored) > number
        assert (await box.get("/api/settings")).data["volume_ceiling"] == 60
        assert not (await box.player())["is_playing"]
        [played] = [each for each in restored if each["id"] == second.playlist_id]
        assert played["tracks"][0]["play_count"] == 1
        tapped = await run_tomb("tap", second.tag_id, "--hold", "0.1", "--url", box.url)
        assert tapped.status == 0
        await box.until_player(lambda state: state["active_playlist_id"] == second.playlist_id and state["is_playing"])


async def test_into_a_box_that_runs_and_starts_again_with_it(music: Music, tmp_path: Path) -> None:
    file = tmp_path / "tomb.tar"
    done = await run_tomb("backup", file, "--data", music.data)
    assert (done.status, done.err) == (0, "")
    async with serving(music.data, *VIRTUAL) as box:
        for album in music.albums.values():
            await box.post(f"/api/playlists/{album.playlist_id}/start")
        await box.post("/api/playlists", {"title": "After the backup"})
        number = (await box.get("/api/playlists")).body["server_seq"]
        pid = box.pid
        done = await run_tomb("restore", file, "--data", music.data, "--url", box.url)
        assert (done.status, done.err) == (0, "")
        assert "the box restarts with it" in done.out
        await box.until_up(2)
        restored = await library(box)
        assert {each["title"] for each in restored} == {"First", "Second", "Third"}
        assert min(each["server_seq"] for each in restored) > number
        assert not (await box.player())["is_playing"]
        assert box.pid == pid
        assert not (music.data / "restore").exists()


@pytest.mark.parametrize("after_s", [0, 0.6])
async def test_a_power_cut_after_a_restore_was_answered_loses_nothing_of_it(
    music: Music, tmp_path: Path, after_s: float
) -> None:
    file = tmp_path / "tomb.tar"
    await run_tomb("backup", file, "--data", music.data)
    async with serving(music.data, *VIRTUAL) as box:
        await box.post("/api/playlists", {"title": "After the backup"})
        answer = await box.post("/api/restore", file.read_bytes())
        assert answer.status == 202
        await trio.sleep(after_s)  # into the shutdown, or into the start that swaps
        await box.kill()
    async with serving(music.data, *VIRTUAL) as box:
        assert {each["title"] for each in await library(box)} == {"First", "Second", "Third"}


async def test_what_cannot_be_done_is_said_in_one_line(music: Music, tmp_path: Path) -> None:
    whole, text, half = tmp_path / "whole.tar", tmp_path / "text.tar", tmp_path / "half.tar"
    assert (await run_tomb("backup", whole, "--data", music.data)).status == 0
    text.write_text("Dear parents")
    half.write_bytes(whole.read_bytes()[:-5000])
    before = whole.read_bytes()
    refused(await run_tomb("backup", tmp_path, "--data", music.data), "is a folder")
    refused(await run_tomb("backup", tmp_path / "no" / "where", "--data", music.data), "cannot write")
    refused(await run_tomb("backup", tmp_path / "x", "--data", tmp_path / "none"), "no library")
    refused(await run_tomb("restore", tmp_path / "none", "--data", music.data), "cannot be read")
    refused(await run_tomb("restore", tmp_path, "--data", music.data), "cannot be read")
    refused(await run_tomb("restore", text, "--data", music.data), "no whole archive")
    refused(await run_tomb("restore", half, "--data", music.data), "no whole archive")
    damaged = tmp_path / "damaged.tar"
    content = bytearray(before)
    content[-20_000] ^= 1
    damaged.write_bytes(content)
    refused(await run_tomb("restore", damaged, "--data", music.data), "is damaged", "--even-damaged")
    done = await run_tomb("restore", damaged, "--data", tmp_path / "other", "--even-damaged")
    assert (done.status, done.err) == (0, "")
    async with serving(music.data, *VIRTUAL) as box:
        there = ("--data", music.data, "--url", box.url)
        refused(await run_tomb("restore", text, *there), "no whole archive")
        refused(await run_tomb("restore", half, *there), "no whole archive")
        refused(await run_tomb("backup", whole, "--data", music.data, "--url", "http://127.0.0.1:9"), "no box answers")
        await box.put("/api/settings", {"pin": "1234"})
        refused(await run_tomb("backup", whole, *there), "PIN")
        assert len(await library(box)) == 3
    assert whole.read_bytes() == before
    assert set(names(tmp_path)) == {"damaged.tar", "data", "half.tar", "other", "text.tar", "whole.tar"}


async def test_a_client_that_hangs_up_in_the_middle_frees_what_was_held_for_it(music: Music) -> None:
    incoming = music.data / "library" / "incoming"
    async with serving(music.data, *VIRTUAL) as box:
        async with await trio.open_tcp_stream("127.0.0.1", box.port) as stream:
            await stream.send_all(b"GET /api/backup HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert await stream.receive_some()
            assert names(incoming)
        with trio.fail_after(PATIENCE_S):
            while names(incoming):
                await trio.sleep(0.05)
        assert "Traceback" not in box.log


async def test_a_backup_that_cannot_be_made_to_its_end_breaks_off(music: Music) -> None:
    async with serving(music.data, *VIRTUAL) as box, await trio.open_tcp_stream("127.0.0.1", box.port) as stream:
        await stream.send_all(b"GET /api/backup HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = bytes(await stream.receive_some())
        for path in (music.data / "library" / "files").iterdir():
            path.unlink()
        with trio.fail_after(PATIENCE_S):
            while more := await stream.receive_some():
                got += more
        head, _, body = got.partition(b"\r\n\r\n")
        assert b"200" in head
        assert f"content-length: {len(body)}".encode() not in head.lower()
        await box.until_log("could not be made to its end")
        assert "Traceback" not in box.log
        assert names(music.data / "library" / "incoming") == []


async def test_the_box_that_is_named_is_the_one_that_is_asked(tmp_path: Path) -> None:
    """Whatever lies in this machine's own data folder."""
    async with serving(tmp_path / "there", "--audio", "silent", "--reader", "none") as box:
        await box.post("/api/playlists", {"title": "Songs"})
        here = ("--data", tmp_path / "here", "--url", box.url)
        made = await run_tomb("backup", tmp_path / "songs.tar", *here)
        assert made.status == 0, made.err
        assert not (tmp_path / "here").exists()
        restored = await run_tomb("restore", tmp_path / "songs.tar", *here)
        assert restored.status == 0, restored.err
        assert not (tmp_path / "here").exists()
    refused(await run_tomb("backup", tmp_path / "songs.tar", *here), "no box")


async def test_a_box_writes_one_onto_a_stick_and_a_new_box_is_restored_from_it(music: Music, tmp_path: Path) -> None:
    media, fresh = tmp_path / "media", tmp_path / "fresh"
    media.mkdir()
    with small_disk(media / "stick", 64) as disk:
        async with serving(
            music.data, "--audio", "silent", "--reader", "virtual", env={"TOMB_BACKUP_BELOW": str(media)}
        ) as box:
            answer = await box.put("/api/settings", {"backup_to": "/etc/x"})
            assert answer.status == 400
            assert answer.body["details"] == {"backup_below": [str(media)]}
            await box.put("/api/settings", {"backup_to": f"{disk.folder}/tomb", "backup_every_days": 1})
            with trio.fail_after(PATIENCE_S):
                while (place := (await box.get("/api/system/storage")).data["backup_place"])["made_on"] is None:
                    await trio.sleep(0.1)
        [file] = (disk.folder / "tomb").iterdir()
        assert [each["name"] for each in place["kept"]] in ([], [file.name])
        done = await run_tomb("restore", file, "--data", fresh)
        assert (done.status, done.err) == (0, "")
        before, after = held(music.data), held(fresh)
        for what in ("playlists", "tracks", "files", "tags", "on the disk"):
            assert after[what] == before[what]
