"""SD cards wear by writing: an idle box writes nothing, a playing one its position, and a tag that lies there once."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import trio

from tests.rigs.box import TAGS, VirtualBox, virtual_box
from tests.rigs.virtual import virtual_time
from tomb.library.memory import PlayerMemory
from tomb.models import Resume
from tomb.nurseries.deck import CHECKPOINT_S
from tomb.nurseries.journal import Notes

pytestmark = virtual_time

SETTLED_S = 120.0
HOUR_S = 3600.0
FRAME = 24 + 4096  # a page in the log


class Watch:
    """Counts the seconds in which something was committed."""

    def __init__(self, data: Path) -> None:
        self.commits = 0
        self._data = data

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        with closing(sqlite3.connect(self._data / "tomb.db")) as db:
            version = self._version(db)
            task_status.started()
            while True:
                await trio.sleep(1.0)
                before, version = version, self._version(db)
                self.commits += version != before

    @staticmethod
    def _version(db: sqlite3.Connection) -> int:
        """Changes when another connection has committed (sqlite.org/pragma.html#pragma_data_version)."""
        return int(db.execute("PRAGMA data_version").fetchone()[0])


@asynccontextmanager
async def watched(box: VirtualBox) -> AsyncIterator[Watch]:
    watch = Watch(box.services.settings.data)
    async with trio.open_nursery() as nursery:
        await nursery.start(watch.run)
        yield watch
        nursery.cancel_scope.cancel()


def on_disk(data: Path) -> dict[str, tuple[int, int]]:
    """Size and time of the last write of every file; but for the index of the log, which is only memory."""
    files = (path for path in data.rglob("*") if path.is_file() and path.suffix != ".db-shm")
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


async def test_a_day_of_doing_nothing_writes_nothing(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        await box.add("Songs", 60.0, tag_id=TAGS[0])
        await trio.sleep(SETTLED_S)
        before = on_disk(box.services.settings.data)
        async with watched(box) as watch:
            await trio.sleep(25 * HOUR_S)
        assert watch.commits == 0
        assert on_disk(box.services.settings.data) == before


async def test_a_paused_box_writes_nothing(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        await box.add("Songs", 600.0, tag_id=TAGS[0])
        await box.tap(TAGS[0])
        await trio.sleep(30.0)
        await box.services.deck.pause()
        await trio.sleep(SETTLED_S)
        before = on_disk(box.services.settings.data)
        await trio.sleep(2 * HOUR_S)
        assert on_disk(box.services.settings.data) == before


async def test_an_hour_of_playing_writes_the_position_now_and_then(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        await box.add("Songs", *[300.0] * 13, tag_id=TAGS[0])
        await trio.sleep(SETTLED_S)
        async with watched(box) as watch:
            await box.tap(TAGS[0])
            await trio.sleep(HOUR_S)
        assert box.state == "playing"
        # Every 4 s, since a power cut is to cost no more than 5 s; and at the start of each track.
        tracks, tap = 12, 3
        assert HOUR_S / 5 <= watch.commits <= HOUR_S / CHECKPOINT_S + tracks + tap


async def test_a_position_is_two_pages(tmp_path: Path) -> None:
    """One of the playlist, one of the player: no index is touched."""
    async with virtual_box(tmp_path) as box:
        playlist = await box.services.librarian.playlist(await box.add("Songs", 60.0, 60.0))
        log = box.services.settings.data / "tomb.db-wal"
        grown = []
        for position in (0, 4000, 8000, 12000):
            point = Resume(track_id=playlist.tracks[1].id, position_ms=position)
            player = PlayerMemory(playlist_id=playlist.id, track_id=point.track_id, position_ms=position, playing=True)
            before = log.stat().st_size
            await box.services.librarian.note(Notes({playlist.id: point}, [], player))
            grown.append((log.stat().st_size - before) // FRAME)
        assert grown[1:] == [2, 2, 2]


async def test_a_tag_that_lies_there_is_written_down_once(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        await trio.sleep(SETTLED_S)
        async with watched(box) as watch:
            box.reader.place("DEADBEEF")
            await trio.sleep(HOUR_S)
        assert watch.commits == 1


async def test_what_is_committed_is_counted(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        await trio.sleep(SETTLED_S)
        async with watched(box) as watch:
            for number in range(5):
                await box.services.librarian.create(f"Playlist {number}")
                await trio.sleep(2.0)
        assert watch.commits == 5
