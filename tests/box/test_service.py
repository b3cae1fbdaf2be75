"""A box that a service manager started: what it is told, and what comes first."""

import socket
from contextlib import closing
from pathlib import Path

from tests.rigs.music import Music
from tests.rigs.pcsc import PcscRig
from tests.rigs.process import serving
from tests.rigs.service_manager import service_manager

QUIET = ("--audio", "silent", "--reader", "virtual")


def taken_port() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


async def test_tags_play_before_the_web_is_there_and_a_restart_is_no_stop(tmp_path: Path) -> None:
    async with (
        service_manager(tmp_path / "notify") as manager,
        serving(tmp_path / "data", *QUIET, env=manager.env) as box,
    ):
        await manager.until("READY=1")
        await manager.until("STATUS=tags play, and the web pages are on port")
        assert [line.partition("=")[0] for line in manager.words] == ["READY", "STATUS", "STATUS"]
        await box.post("/api/system/restart")
        await manager.until("READY=1", times=2)
        await box.until_up(times=2)
        assert "STOPPING=1" not in manager.words
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
