"""MPD's own clients and a whole box over TCP: Debian's mpc, python-mpd2, and what Home Assistant does with that."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import mpd
import pytest
import trio

from tests.rigs.box import virtual_box
from tests.rigs.patience import PATIENCE_S
from tests.rigs.pictures import plain
from tests.rigs.ports import free_port
from tests.rigs.process import Box, serving
from tomb.nurseries.mpd.protocol import VERSION
from tomb.rehearsal.simulated.music import sparse_wav

HOME_ASSISTANT = (sys.executable, "-m", "tests.rigs.home_assistant_mpd")
ROOT = Path(__file__).parent.parent.parent


@asynccontextmanager
async def box_with_mpd(folder: Path, **env: str) -> AsyncIterator[tuple[Box, int]]:
    """With two playlists, of which one has a cover; the port of its MPD side."""
    async with virtual_box(folder) as filled:
        for name, lengths in {"Tales": (100, 200, 300), "Songs": (50, 60)}.items():
            music = folder / name
            music.mkdir()
            for number, seconds in enumerate(lengths, 1):
                sparse_wav(music / f"{number} {name}.wav", seconds, salt=f"{name}{number}")
            if name == "Tales":
                (music / "cover.png").write_bytes(plain(200, 200))
            await filled.services.importer.import_folder(music)
    port = free_port()
    silent = ("--audio", "silent", "--reader", "virtual")
    async with serving(folder / "data", *silent, env={"TOMB_MPD": f"127.0.0.1:{port}", **env}) as box:
        yield box, port


class Mpc:
    def __init__(self, port: int) -> None:
        self._command = ("mpc", "--host=127.0.0.1", f"--port={port}")

    async def __call__(self, *words: str) -> str:
        return (await self.data(*words)).decode()

    async def data(self, *words: str) -> bytes:
        done = await self._run(*words)
        assert done.returncode == 0, done
        return bytes(done.stdout)

    async def refused(self, *words: str) -> str:
        done = await self._run(*words)
        assert done.returncode != 0, done
        return bytes(done.stderr).decode()

    async def _run(self, *words: str) -> "subprocess.CompletedProcess[bytes]":
        with trio.fail_after(PATIENCE_S):
            command = [*self._command, *words]
            return await trio.run_process(command, capture_stdout=True, capture_stderr=True, check=False)


async def test_mpc_plays_a_playlist_and_its_commands_work(tmp_path: Path) -> None:
    async with box_with_mpd(tmp_path) as (box, port):
        mpc = Mpc(port)
        assert await mpc("lsplaylists") == "Tales\nSongs\n"
        await mpc("clear")
        await mpc("load", "Tales")
        assert await mpc("playlist", "-f", "%title%") == "1 Tales\n2 Tales\n3 Tales\n"
        assert "[playing] #1/3" in await mpc("play")
        assert "[playing] #2/3" in await mpc("next")
        assert "[playing] #1/3" in await mpc("prev")
        assert "[playing] #3/3" in await mpc("play", "3")
        assert "1:40/5:00" in await mpc("seek", "0:01:40")
        assert "[paused]" in await mpc("toggle")
        assert "volume: 45%" in await mpc("volume", "-5")
        for mode in ("repeat", "random", "single"):
            assert f"{mode}: on" in await mpc(mode, "on")
        assert (await box.player())["repeat_mode"] == "track"
        assert "this box does not do that" in await mpc.refused("consume", "on")
        assert "Output 1 (box) is disabled" in await mpc("disable", "1")
        assert (await box.player())["muted"]
        assert f"mpd version: {VERSION}" in await mpc("version")
        assert "Songs:        5" in await mpc("stats")
        assert "No such playlist" in await mpc.refused("load", "Nothing")
        [song, *_] = (await mpc("ls", "Tales")).splitlines()
        assert (await mpc.data("albumart", song)) == (await box.get(await cover_of(box, "Tales"))).content
        async with trio.open_nursery() as nursery:
            said: list[str] = []
            nursery.start_soon(wait_for_mixer, mpc, said)
            volume = 20
            while not said:  # until it came to wait, nobody knows that it does
                await box.post("/api/player/volume", {"volume": (volume := 41 - volume)})
                await trio.sleep(0.1)
        assert said == ["mixer\n"]


async def cover_of(box: Box, title: str) -> str:
    playlists = (await box.get("/api/playlists")).data["playlists"]
    [track, *_] = next(each["tracks"] for each in playlists if each["title"] == title)
    return str(track["cover_url"])


async def wait_for_mixer(mpc: Mpc, said: list[str]) -> None:
    said.append(await mpc("idle", "mixer"))


async def test_python_mpd2_speaks_with_the_box(tmp_path: Path) -> None:
    async with box_with_mpd(tmp_path) as (_, port):
        await trio.to_thread.run_sync(speak, port)


def speak(port: int) -> None:
    client = mpd.MPDClient()
    client.timeout = client.idletimeout = PATIENCE_S
    client.connect("127.0.0.1", port)
    assert client.mpd_version == VERSION
    client.clear()
    client.load("Tales")
    client.playid(client.playlistinfo()[1]["id"])
    status, song = client.status(), client.currentsong()
    assert (status["state"], status["song"], song["title"], song["pos"]) == ("play", "1", "2 Tales", "1")
    assert client.albumart(song["file"])["binary"] == client.readpicture(song["file"])["binary"]
    assert client.readpicture(song["file"])["type"].startswith("image/")
    client.command_list_ok_begin()
    client.setvol(30)
    client.status()
    assert client.command_list_end()[1]["volume"] == "30"
    with pytest.raises(mpd.CommandError, match="No such playlist") as refused:
        client.load("Nothing")
    assert refused.value.errno == mpd.FailureResponseCode.NO_EXIST
    assert "mixer" in client.idle("mixer")
    assert [each["playlist"] for each in client.listplaylists()] == ["Tales", "Songs"]
    assert [each["title"] for each in client.plchanges(0)] == ["1 Tales", "2 Tales", "3 Tales"]
    client.close()
    client.disconnect()


async def test_home_assistant_s_calls_work_with_the_parents_pin(tmp_path: Path) -> None:
    async with box_with_mpd(tmp_path) as (box, port):
        songs = next(each for each in (await box.get("/api/playlists")).data["playlists"] if each["title"] == "Songs")
        await box.put("/api/settings", {"child_playlists": [songs["id"]], "pin": "2580"})
        with trio.fail_after(PATIENCE_S):
            done = await trio.run_process([*HOME_ASSISTANT, str(port), "2580"], capture_stdout=True, cwd=ROOT)
        seen: dict[str, Any] = json.loads(done.stdout)
    assert seen["sources"] == ["Tales", "Songs"]
    assert seen["source"] == {"state": "play", "title": "1 Tales", "duration": "100.000"}
    assert seen["picture"] > 0
    assert seen["steps"] == {
        "pause": "pause", "resume": "play", "next": "2 Tales", "previous": "1 Tales", "volume": "35", "muted": "0",
        "unmuted": "35", "shuffle": "1", "one": ["1", "1"], "all": ["1", "0"], "off": ["0", "0"], "seek": True,
        "song": "3 Tales", "off and on": "play", "cleared": "0", "wrong playlist": "No such playlist",
    }  # fmt: skip
