"""How a box ends, wished for or not, and what it knows when it starts again.

What makes a stop difficult is done to a real box by a program that starts it: it replaces one function of the library
by one that takes its time in a thread, where no cancellation reaches it, as a disk that hangs does.
"""

import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import PIPE
from typing import Any

import h11
import pytest
import trio

from tests.rigs.listener import listen
from tests.rigs.music import Music
from tests.rigs.patience import PATIENCE_S
from tests.rigs.pcsc import PcscRig
from tests.rigs.process import TOMB, UNHURRIED, WITH_DEMO, Box, call, clean_env, serving
from tests.rigs.pulse import PulseRig
from tomb.library.tunes import SETS

QUIET = ("--audio", "silent", "--reader", "none")
RESUME_MS = 5000
HANGING_S = 3600  # whoever waits for what hangs so long is not back before the test's patience ends
LATE = "the box has not stopped within"  # what a box says that had to be ended by its own deadline

SLOWED = """
import runpy, sys, time
from pathlib import Path
{patch}
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
SLOW_DISK = """
from tomb.library import store
real, slow = store._transact, Path({flag!r})
def transact(connection, begin, *rest):
    if begin != "BEGIN" and slow.exists():
        time.sleep({seconds})
    return real(connection, begin, *rest)
store._transact = transact
"""
LONG_SYNC = """
from tomb.library import files
real, slow = files.reconcile, Path({flag!r})
def reconcile(*args):
    if slow.exists():
        slow.with_suffix(".begun").touch()
        time.sleep({seconds})
    return real(*args)
files.reconcile = reconcile
"""
STUCK_LOOP = """
from tomb import logs
begun = Path({flag!r})
def last(*_):
    begun.touch()
    while True:
        time.sleep({seconds})
logs.Logbook.last = last
"""
DEFECT = """
from tomb.nurseries import deck
begun, plain = Path({flag!r}), deck.Deck._reply
def reply(*args):
    if begun.exists():
        raise LookupError("a defect in the core")
    return plain(*args)
deck.Deck._reply = reply
"""
LONG_OPERATION = """
import trio
from tomb.nurseries import librarian
begun = Path({flag!r})
async def create(*_):
    begun.touch()
    await trio.sleep({seconds})
librarian.Librarian.create = create
"""


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
async def test_a_stopped_box_leaves_in_time_and_keeps_the_position(
    music: Music, pulse: PulseRig, cards: PcscRig, how: Any
) -> None:
    arguments = ("--audio", "portaudio", "--reader", "pcsc")
    env = pulse.env | cards.env
    async with playing(music, *arguments, **env) as box:
        await cards.insert("04C0FFEE")
        await box.until_player(is_at(1500))
        began = trio.current_time()
        last = await box.player()
        assert await how(box) == 0
        took = trio.current_time() - began
        assert LATE not in box.log
        assert "Traceback" not in box.log
    async with serving(music.data, *arguments, env=env) as again:
        state = await again.player()
        assert state["active_playlist_id"] == music["Second"].playlist_id
        # It went on playing until it was stopped.
        assert last["position_ms"] <= state["position_ms"] <= last["position_ms"] + 1000 * (took + 1)


async def test_clients_do_not_hold_up_the_end(music: Music) -> None:
    async with playing(music) as box, trio.open_nursery() as clients, never_reading(box.port):
        listeners = [await clients.start(listen, box.port, "playlists") for _ in range(20)]
        assert await box.terminate() == 0
        assert LATE not in box.log
        assert "Traceback" not in box.log
        with trio.fail_after(PATIENCE_S):
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
    with trio.fail_after(PATIENCE_S):
        while not database.exists():  # it composes its demo library next
            await trio.sleep(0.01)
    process.terminate()
    with trio.fail_after(PATIENCE_S):
        assert await process.wait() == 0
    assert process.stderr is not None
    assert await process.stderr.receive_some() == b""
    async with serving(tmp_path, *QUIET) as again:
        assert (await again.health())["status"] == "healthy"


async def test_a_box_that_is_killed_while_it_makes_its_demo_has_all_of_it_after_the_next_start(tmp_path: Path) -> None:
    process = await trio.lowlevel.open_process(
        [TOMB, "serve", "--host", "127.0.0.1", "--port", "0", "--data", str(tmp_path), *QUIET], stderr=PIPE
    )
    with trio.fail_after(PATIENCE_S):
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


@asynccontextmanager
async def slowed(music: Music, tmp_path: Path, patch: str, seconds: float) -> AsyncIterator[tuple[Box, Path]]:
    """A box that plays, at 1.5 s or later, and the file that makes it slow from the moment it is there."""
    flag, program = tmp_path / "slow", tmp_path / "slowed.py"
    program.write_text(SLOWED.format(patch=patch.format(flag=str(flag), seconds=seconds)))
    async with serving(music.data, *QUIET, before=[sys.executable, str(program)]) as box:
        await box.post(f"/api/playlists/{music['Second'].playlist_id}/start")
        await box.until_player(is_at(1500))
        yield box, flag


async def resumes_at(music: Music) -> int:
    async with serving(music.data, *QUIET) as again:
        return int((await again.player())["position_ms"])


async def until_there(path: Path) -> None:
    with trio.fail_after(PATIENCE_S):
        while not await trio.Path(path).exists():
            await trio.sleep(0.01)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
async def test_a_stop_that_takes_its_time_is_waited_for(music: Music, tmp_path: Path, how: signal.Signals) -> None:
    async with slowed(music, tmp_path, SLOW_DISK, 1.5) as (box, flag):
        last = await box.player()
        flag.touch()
        box.send(how)
        assert await box.ended() == 0
    assert await resumes_at(music) >= last["position_ms"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
async def test_a_disk_that_hangs_does_not_hold_the_box_beyond_its_deadline(
    music: Music, tmp_path: Path, how: signal.Signals
) -> None:
    async with slowed(music, tmp_path, LONG_SYNC, HANGING_S) as (box, flag), trio.open_nursery() as nursery:
        last = await box.player()
        flag.touch()
        nursery.start_soon(ignoring_its_end, box, "POST", "/api/playlists/sync")
        await until_there(flag.with_suffix(".begun"))
        box.send(how)
        assert await box.ended() == 1
        assert LATE in box.log
        assert "Traceback" not in box.log
    assert await resumes_at(music) >= last["position_ms"] - RESUME_MS


async def ignoring_its_end(box: Box, method: str, path: str, body: object = None) -> None:
    with suppress(h11.RemoteProtocolError, OSError, trio.BrokenResourceError):
        await call(box.port, method, path, body)


TERM, INT = signal.SIGTERM, signal.SIGINT
PAIRS = ((INT, INT), (TERM, TERM), (TERM, INT), (INT, TERM))


@pytest.mark.parametrize(("pair", "pause_s"), [*((pair, 1.0) for pair in PAIRS), ((INT, TERM), 0.2), ((INT, INT), 2.5)])
async def test_a_second_signal_ends_a_box_that_stops_at_once(
    music: Music, tmp_path: Path, pair: tuple[signal.Signals, signal.Signals], pause_s: float
) -> None:
    """It was status -2, or no end at all, from 0.7 s after the first one on."""
    async with slowed(music, tmp_path, LONG_SYNC, HANGING_S) as (box, flag), trio.open_nursery() as nursery:
        last = await box.player()
        flag.touch()
        nursery.start_soon(ignoring_its_end, box, "POST", "/api/playlists/sync")
        await until_there(flag.with_suffix(".begun"))
        box.send(pair[0])
        await trio.sleep(pause_s)
        box.send(pair[1])
        assert await box.ended() == 128 + pair[1]
        assert "Traceback" not in box.log
    assert await resumes_at(music) >= last["position_ms"] - RESUME_MS


async def test_an_impatient_end_has_its_position_written_where_the_disk_takes_it(music: Music, tmp_path: Path) -> None:
    """The first signal is a stop whose operation takes its time; there has been no checkpoint since the music began."""
    async with slowed(music, tmp_path, SLOW_DISK, 0.15) as (box, flag):
        flag.touch()
        await trio.sleep(0.5)
        last = await box.player()
        box.send(signal.SIGTERM)
        await trio.sleep(0.1)
        box.send(signal.SIGINT)
        assert await box.ended() in (130, 0)
    assert await resumes_at(music) >= last["position_ms"]


async def test_however_often_it_is_signalled_a_box_ends_and_is_whole(music: Music) -> None:
    async with playing(music) as box:
        for number in range(50):
            if box.is_running:
                box.send(signal.SIGINT if number % 2 else signal.SIGTERM)
                await trio.sleep(0.005)
        assert await box.ended() in (0, 130, 143)
        assert "Traceback" not in box.log
    async with serving(music.data, *QUIET) as again:
        assert (await again.health())["status"] == "healthy"


async def test_a_loop_that_is_stuck_is_ended_by_the_watchdog_which_says_where(music: Music, tmp_path: Path) -> None:
    async with slowed(music, tmp_path, STUCK_LOOP, 0.01) as (box, begun), trio.open_nursery() as nursery:
        nursery.start_soon(ignoring_its_end, box, "GET", "/api/system/logs")
        await until_there(begun)
        box.send(signal.SIGTERM)
        assert await box.ended() == 1
        await box.until_log("in last\n")


async def test_an_impatient_signal_ends_a_loop_that_is_stuck_too(music: Music, tmp_path: Path) -> None:
    async with slowed(music, tmp_path, STUCK_LOOP, 0.01) as (box, begun), trio.open_nursery() as nursery:
        nursery.start_soon(ignoring_its_end, box, "GET", "/api/system/logs")
        await until_there(begun)
        box.send(signal.SIGTERM)
        await trio.sleep(0.2)
        box.send(signal.SIGINT)
        assert await box.ended() == 1


async def test_a_request_with_an_operation_id_does_not_hold_up_the_end(music: Music, tmp_path: Path) -> None:
    """It was waited for until the box's deadline."""
    async with slowed(music, tmp_path, LONG_OPERATION, HANGING_S) as (box, begun), trio.open_nursery() as nursery:
        body = {"title": "Songs", "client_op_id": "one"}
        nursery.start_soon(ignoring_its_end, box, "POST", "/api/playlists", body)
        await until_there(begun)
        assert await box.terminate() == 0
        assert LATE not in box.log


async def test_a_defect_in_the_core_ends_the_box_loudly_with_its_position_noted(music: Music, tmp_path: Path) -> None:
    async with slowed(music, tmp_path, DEFECT, 0) as (box, flag):
        last = await box.player()
        flag.touch()
        await ignoring_its_end(box, "POST", "/api/player/volume", {"volume": 40})
        assert await box.ended() == 1
        await box.until_log("LookupError: a defect in the core")
        assert "a defect ends the box" in box.log
    assert await resumes_at(music) >= last["position_ms"]


async def test_a_restart_that_is_held_up_happens_all_the_same(music: Music, tmp_path: Path) -> None:
    async with slowed(music, tmp_path, LONG_SYNC, HANGING_S) as (box, flag), trio.open_nursery() as nursery:
        flag.touch()
        nursery.start_soon(ignoring_its_end, box, "POST", "/api/playlists/sync")
        await until_there(flag.with_suffix(".begun"))
        flag.unlink()
        await box.post("/api/system/restart")
        await box.until_up(2)
        await box.until_player(lambda state: state["state"] == "playing")
        assert await box.terminate() == 0


async def test_a_box_that_nobody_listens_to_is_stopped_like_any_other(tmp_path: Path) -> None:
    silently = ["sh", "-c", 'exec "$0" "$@" 2>&-']
    async with serving(tmp_path, *QUIET, before=silently) as box:
        assert await box.terminate() == 0


async def test_a_welcome_that_cannot_be_written_keeps_no_box_from_playing(tmp_path: Path) -> None:
    """Into a file on a full disk, as /dev/full is one (full(4)); or into a pipe whose reader has left."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    arguments = ("serve", "--host", "127.0.0.1", "--port", str(port), "--data", str(tmp_path), *QUIET)
    onto_it = ["sh", "-c", 'exec "$0" "$@" >/dev/full', TOMB, *arguments]
    process = await trio.lowlevel.open_process(onto_it, env=clean_env() | UNHURRIED)
    try:
        with trio.fail_after(PATIENCE_S):
            while not await _answers(port):
                assert process.poll() is None
                await trio.sleep(0.1)
        process.terminate()
        with trio.fail_after(PATIENCE_S):
            assert await process.wait() == 0
    finally:
        process.kill()


async def _answers(port: int) -> bool:
    try:
        return (await call(port, "GET", "/api/health")).status == 200
    except OSError:
        return False
