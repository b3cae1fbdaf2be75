"""How a box ends, wished for or not, and what it knows when it starts again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
import trio

from tests.rigs.listener import listen
from tests.rigs.music import Music
from tests.rigs.pcsc import PcscRig
from tests.rigs.process import PATIENCE_S, START_S, TOMB, WITH_DEMO, Box, serving
from tests.rigs.pulse import PulseRig
from tomb.library.tunes import SETS

QUIET = ("--audio", "silent", "--reader", "none")
LEAVE_S = 1.0
NOISE_S = 0.5  # what a busy machine may add
RESUME_MS = 5000


@asynccontextmanager
async def playing(music: Music, *arguments: str, **env: str) -> AsyncIterator[Box]:
    arguments = arguments or QUIET
    async with serving(music.data, *arguments, env=env) as box:
        await box.post(f"/api/playlists/{music['Second'].playlist_id}/start")
        await box.until_player(lambda state: state["state"] == "playing")
        yield box


def is_at(position_ms: int) -> Any:
    return lambda state: state["position_ms"] >= position_ms


@pytest.mark.parametrize("how", [Box.terminate, Box.interrupt], ids=["SIGTERM", "Ctrl-C"])
async def test_a_stopped_box_leaves_within_a_second_and_keeps_the_position(
    music: Music, pulse: PulseRig, cards: PcscRig, how: Any
) -> None:
    arguments = ("--audio", "portaudio", "--reader", "pcsc")
    env = pulse.env | cards.env
    async with playing(music, *arguments, **env) as box:
        await cards.insert("04C0FFEE")
        last = await box.until_player(is_at(1500))
        began = trio.current_time()
        assert await how(box) == 0
        took = trio.current_time() - began
        assert took < LEAVE_S + NOISE_S
        assert "Traceback" not in box.log
    async with serving(music.data, *arguments, env=env) as again:
        state = await again.player()
        assert state["active_playlist_id"] == music["Second"].playlist_id
        # It went on playing until it was stopped.
        assert last["position_ms"] <= state["position_ms"] <= last["position_ms"] + 1000 * (took + 1)


async def test_clients_do_not_hold_up_the_end(music: Music) -> None:
    async with playing(music) as box, trio.open_nursery() as clients, never_reading(box.port):
        listeners = [await clients.start(listen, box.port, "playlists") for _ in range(20)]
        began = trio.current_time()
        assert await box.terminate() == 0
        assert trio.current_time() - began < LEAVE_S + NOISE_S
        assert "Traceback" not in box.log
        with trio.fail_after(5):
            for listener in listeners:
                await listener.ended.wait()


@asynccontextmanager
async def never_reading(port: int) -> AsyncIterator[None]:
    """A client that asks for more than its connection holds, but not so much that it is dropped, and reads nothing."""
    narrow = trio.socket.socket()
    narrow.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, 4096)
    await narrow.connect(("127.0.0.1", port))
    async with trio.SocketStream(narrow) as stream:
        await stream.send_all(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        await stream.receive_some()
        await stream.send_all(frame(b"40") + 150 * frame(b'42["join:playlists",{}]'))
        yield


def frame(text: bytes) -> bytes:
    """A WebSocket text frame from a client, with a mask of zeros (RFC 6455, 5.2)."""
    assert len(text) < 126
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text


async def test_after_a_power_cut_the_music_goes_on_within_five_seconds_of_where_it_was(music: Music) -> None:
    async with playing(music) as box:
        last = await box.until_player(is_at(7000))
        await box.kill()
    async with serving(music.data, *QUIET) as again:
        state = (await again.post("/api/player/play")).data
        assert state["active_playlist_id"] == music["Second"].playlist_id
        assert last["position_ms"] - RESUME_MS <= state["position_ms"] <= last["position_ms"] + 500
        assert (await again.get("/api/health")).body["server_seq"] > last["server_seq"]


async def test_numbers_never_go_back_however_often_the_power_fails(music: Music) -> None:
    highest = 0
    for volume in (30, 40, 50):
        async with serving(music.data, *QUIET) as box:
            number = (await box.post("/api/player/volume", {"volume": volume})).body["server_seq"]
            assert number > highest
            highest = number
            await box.kill()


async def test_a_box_that_is_stopped_while_it_starts_leaves_as_well(tmp_path: Path) -> None:
    database = tmp_path / "tomb.db"
    process = await trio.lowlevel.open_process(
        [TOMB, "serve", "--host", "127.0.0.1", "--port", "0", "--data", str(tmp_path), *QUIET], stderr=PIPE
    )
    with trio.fail_after(START_S):
        while not database.exists():  # it composes its demo library next
            await trio.sleep(0.01)
    began = trio.current_time()
    process.terminate()
    with trio.fail_after(PATIENCE_S):
        assert await process.wait() == 0
    assert trio.current_time() - began < LEAVE_S + NOISE_S
    assert process.stderr is not None
    assert await process.stderr.receive_some() == b""
    async with serving(tmp_path, *QUIET) as again:
        assert (await again.health())["status"] == "healthy"


async def test_a_box_that_is_killed_while_it_makes_its_demo_has_all_of_it_after_the_next_start(tmp_path: Path) -> None:
    process = await trio.lowlevel.open_process(
        [TOMB, "serve", "--host", "127.0.0.1", "--port", "0", "--data", str(tmp_path), *QUIET], stderr=PIPE
    )
    with trio.fail_after(START_S):
        while not list((tmp_path / "library").glob("files/*")):
            await trio.sleep(0.01)
    process.kill()
    await process.wait()
    async with serving(tmp_path, *QUIET, env=WITH_DEMO) as again:
        playlists = (await again.get("/api/playlists")).data["playlists"]
        assert [(each["title"], each["track_count"]) for each in playlists] == [
            (each.title, len(each.tunes)) for each in SETS
        ]
        for each in playlists:
            await again.delete(f"/api/playlists/{each['id']}")
    async with serving(tmp_path, *QUIET, env=WITH_DEMO) as emptied:
        assert (await emptied.get("/api/playlists")).data["total"] == 0
