"""A box that a service manager started: what it is told, and what comes first."""

import signal
import socket
from contextlib import closing
from pathlib import Path

import pytest
import trio

from tests.rigs.music import Music
from tests.rigs.pcsc import PcscRig
from tests.rigs.process import serving
from tests.rigs.service_manager import service_manager
from tomb.service import answer

QUIET = ("--audio", "silent", "--reader", "virtual")


def taken_port() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


async def test_tags_play_before_the_web_is_there_and_a_restart_is_no_stop(tmp_path: Path) -> None:
    async with (
        service_manager(tmp_path / "notify", WATCHDOG_USEC="5000000") as manager,
        serving(tmp_path / "data", *QUIET, env=manager.env) as box,
    ):
        await manager.until("READY=1")
        up = await manager.until(f"STATUS=tags play; web pages on port {box.port}")
        assert await manager.until("READY=1") < up
        await box.post("/api/system/restart")
        await manager.until("READY=1", times=2)
        await box.until_up(times=2)
        assert "STOPPING=1" not in manager.words
        # While it is loaded anew it may take longer than the watchdog waits.
        watched = [line for line in manager.words if line.startswith("WATCHDOG_USEC=")]
        assert watched == ["WATCHDOG_USEC=5000000", "WATCHDOG_USEC=60000000", "WATCHDOG_USEC=5000000"]
        assert await box.terminate() == 0
        await manager.until("STOPPING=1")


async def test_a_taken_port_keeps_no_tag_from_playing(music: Music, cards: PcscRig, tmp_path: Path) -> None:
    with closing(taken_port()) as listener:
        port = listener.getsockname()[1]
        async with (
            service_manager(tmp_path / "notify") as manager,
            serving(
                music.data,
                *("--audio", "silent", "--reader", "pcsc"),
                env=manager.env | cards.env,
                port=port,
            ) as box,
        ):
            await manager.until("READY=1")
            await box.until_log(f"cannot listen on 127.0.0.1 port {port}")
            second = music["Second"]
            await cards.insert(second.tag_id)
            listener.close()
            await box.until_up(times=1)
            state = await box.until_player(lambda state: state["active_playlist_id"] == second.playlist_id)
            assert state["is_playing"]
            api = (await box.health())["details"]["api"]
            assert (api["state"], "cannot listen" in api["last_error"]) == ("up", True)
            assert box.log.count("cannot listen") == 1
            await cards.remove()
            assert await box.terminate() == 0


async def test_a_box_without_web_stops_as_soon_as_it_is_told_to(tmp_path: Path) -> None:
    with closing(taken_port()) as listener:
        async with (
            service_manager(tmp_path / "notify") as manager,
            serving(tmp_path / "data", *QUIET, env=manager.env, port=listener.getsockname()[1]) as box,
        ):
            await box.until_log("cannot listen")
            assert await box.terminate() == 0
            assert "still there" not in box.log


WATCHED = {"WATCHDOG_USEC": "2000000"}


@pytest.mark.parametrize("part", ["deck", "loop"])
async def test_a_part_that_hangs_ends_the_signs_of_life(tmp_path: Path, part: str) -> None:
    hang = tmp_path / "hang"
    async with (
        service_manager(tmp_path / "notify", TOMB_TEST_HANG=str(hang), **WATCHED) as manager,
        serving(tmp_path / "data", *QUIET, env=manager.env) as box,
    ):
        assert "for tests only" in box.log
        await manager.until("WATCHDOG=1", times=10)  # the web side is among those that answered
        assert not [line for line in manager.words if "hangs" in line]
        hang.write_text(part)
        await box.until_log(f"{part} hangs, as")
        if part == "deck":
            await manager.until("STATUS=hangs: deck")
            assert "deck does not answer" in box.log
        given = manager.words.count("WATCHDOG=1")
        await trio.sleep(2)  # in which there would be four
        assert manager.words.count("WATCHDOG=1") == given
        box.send(signal.SIGABRT)  # as systemd does then
        assert await box.ended() == -signal.SIGABRT
        await box.until_log("most recent call first")  # where it hung


async def test_a_web_side_that_takes_connections_and_answers_none_hangs() -> None:
    async def mute(stream: trio.SocketStream) -> None:
        async with stream:
            await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listener.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, mute, [listener])
        answered = trio.Event()
        nursery.start_soon(_note, answered, f"http://127.0.0.1:{port}")
        with trio.move_on_after(0.5):
            await answered.wait()
        assert not answered.is_set()
        nursery.cancel_scope.cancel()
    await answer(f"http://127.0.0.1:{port}", trio.lowlevel.checkpoint)  # nobody listens there: no hang of ours


async def _note(answered: trio.Event, url: str) -> None:
    await answer(url, trio.lowlevel.checkpoint)
    answered.set()
