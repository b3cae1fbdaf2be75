"""The box about itself: figures, log, health, a restart."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h11
import pytest
import trio
from trio.testing import MockClock

from tests.rigs.asgi import served_box
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import WITH_DEMO, Box, serving
from tomb.devices import computer
from tomb.logs import Logbook


async def test_the_figures_are_real(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        await box.add("One", 3.0)
        await trio.sleep(100)
        info = (await client.get("/api/system/info")).data
        size = sum(path.stat().st_size for path in (box.services.librarian.folder / "files").iterdir())
        assert info["storage"]["library_bytes"] == size
        assert info["storage"]["total"] >= info["storage"]["free"] > 0
        assert info["uptime"] == pytest.approx(100, abs=1)
        assert info["hostname"] == os.uname().nodename
        assert info["process"]["rss_bytes"] == pytest.approx(_resident(), rel=0.1)
        assert info["process"]["threads"] >= 1
        memory = info["system_info"]
        assert memory["memory_total"] == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1024 * 1024
        assert 0 < memory["memory_percent"] < 100


async def test_what_fills_the_disk_is_told_by_playlist(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        short, long = await box.add("Short", 3.0), await box.add("Long", 9.0, 9.0)
        deleted = await box.add("Deleted", 5.0)
        sizes = {path.stat().st_size for path in (box.services.librarian.folder / "files").iterdir()}
        await box.services.librarian.delete(deleted)
        (backups := box.services.settings.data / "backups").mkdir(exist_ok=True)
        (backups / "latest.db").write_bytes(bytes(1000))
        told = (await client.get("/api/system/storage")).data
        assert [(each["playlist_id"], each["title"]) for each in told["playlists"]] == [
            (long, "Long"),
            (short, "Short"),
        ]
        assert sum(each["bytes"] for each in told["playlists"]) + told["bin"] == (await box.services.librarian.size())
        assert told["bin"] in sizes
        assert told["backups"] == 1000
        assert told["total"] >= told["free"] > 0
        assert (await client.get("/api/system/info")).data["contract_version"] == "2"


def _resident() -> int:
    """By another way than the box's own."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_an_open_file_counts(tmp_path: Path) -> None:
    before = computer.usage().open_files
    with (tmp_path / "file").open("w"):
        assert computer.usage().open_files == before + 1


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    logger = logging.getLogger("tomb.test")
    before, logger.propagate = logger.propagate, False
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.handlers.clear()
    logger.propagate = before


async def test_the_log_is_shown_without_where(tmp_path: Path, autojump_clock: MockClock, log: logging.Logger) -> None:
    async with served_box(tmp_path) as (box, client):
        log.addHandler(box.services.process.logbook)
        log.debug("a detail")
        log.info("%d tracks", 7)
        try:
            raise KeyError("gone")
        except KeyError:
            log.exception("it failed")
        shown = (await client.get("/api/system/logs?lines=2")).data
        assert [line["message"] for line in shown["logs"]] == ["7 tracks", "it failed"]
        assert shown["total_lines"] == 3
        last = shown["logs"][-1]
        assert (last["level"], last["logger"], last["exception"]) == ("error", "tomb.test", "KeyError: 'gone'")
        assert "test_system.py" not in str(shown)
        severe = (await client.get("/api/system/logs?level=error")).data["logs"]
        assert [line["message"] for line in severe] == ["it failed"]


def test_the_log_keeps_the_newest_two_thousand(log: logging.Logger) -> None:
    logbook = Logbook()
    log.addHandler(logbook)
    for number in range(2500):
        log.info("%d", number)
    assert len(logbook) == 2000
    assert [record.getMessage() for record in logbook.last(2)] == ["2498", "2499"]
    assert logbook.last(5000)[0].getMessage() == "500"


async def test_a_restart_starts_the_same_program_again_and_the_music_goes_on(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual", env=WITH_DEMO) as box:
        playlist = (await box.get("/api/playlists")).data["playlists"][0]["id"]
        await box.post(f"/api/playlists/{playlist}/start")
        before = await box.player()
        answer = await box.post("/api/system/restart")
        assert (answer.status, answer.data["restart_scheduled"]) == (200, True)
        after = await _once_more(box, before["server_seq"])
        assert after["active_playlist_id"] == playlist
        assert after["is_playing"]
        assert after["position_ms"] >= before["position_ms"]
        assert await box.terminate() == 0


async def test_a_restart_stays_silent_if_nothing_was_playing(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual", env=WITH_DEMO) as box:
        playlist = (await box.get("/api/playlists")).data["playlists"][0]["id"]
        await box.post(f"/api/playlists/{playlist}/start")
        await box.post("/api/player/pause")
        before = await box.player()
        await box.post("/api/system/restart")
        after = await _once_more(box, before["server_seq"])
        assert (after["active_playlist_id"], after["is_playing"]) == (playlist, False)


async def test_a_computer_that_does_not_let_itself_be_switched_off_says_why_and_the_box_goes_on(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual") as box:
        answer = await box.post("/api/system/shutdown")
        assert (answer.status, answer.body["error_type"]) == (503, "service_unavailable")
        assert "this is a test" in answer.body["message"]
        assert (await box.health())["status"] == "healthy"


async def _once_more(box: Box, before: int) -> Any:
    """The player's state, once the process on that port is a new one: its numbers begin beyond the old one's."""
    with trio.fail_after(PATIENCE_S):
        while True:
            try:
                state = await box.player()
            except (OSError, trio.BrokenResourceError, h11.RemoteProtocolError):
                state = {"server_seq": 0}
            if state["server_seq"] > before + 50_000:
                return state
            await trio.sleep(0.05)
