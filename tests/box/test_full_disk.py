"""A disk that fills up: what is asked then is done, or refused with 507 and leaves nothing, and the music plays on.

Each thing is tried with no page free, with one, with two, until there is room enough for it. It then works, so every
write of it has failed once.
"""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from tests.rigs.asgi import served_box
from tests.rigs.box import TAGS, UNKNOWN_TAG, VirtualBox
from tests.rigs.pictures import plain
from tests.rigs.small_disk import SmallDisk, small_disk
from tests.soak.checks import folder_faults
from tests.soak.sounds import made
from tomb.events import LEASE_BLOCK, PLAYLISTS
from tomb.library import uploads
from tomb.library.disk import RESERVE
from tomb.library.memory import PlayerMemory
from tomb.nurseries.journal import RETRY_S
from tomb.nurseries.librarian import Librarian
from tomb.rehearsal.requests import Answer, Client
from tomb.rehearsal.simulated.music import sparse_wav

PAGE_KIB = 4
MOST_KIB = 4096
CHUNK = 16 * 1024
SONG = made(Random(0), 5.0).content
TABLES = ("playlists", "tracks", "tags", "files", "covers", "uploads", "settings", "imported")
TAR = {"content_type": "application/x-tar"}
Act = Callable[[], Awaitable[Answer]]


@dataclass
class Hall:
    """A box whose data lies on a small disk, with a long track playing, and a client of it."""

    box: VirtualBox
    client: Client
    disk: SmallDisk
    playing: str
    playlist: str

    @property
    def data(self) -> Path:
        return self.box.services.settings.data

    def held(self) -> tuple[object, ...]:
        """Everything that a refused request must leave as it was: rows, and the names and sizes of files."""
        with closing(sqlite3.connect(f"{(self.data / 'tomb.db').as_uri()}?mode=ro", uri=True)) as db:
            rows = [db.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES]
        files = sorted((str(path), path.stat().st_size) for path in (self.data / "library").rglob("*"))
        return rows, files, sorted(path.name for path in self.data.iterdir())

    def empty_the_log(self) -> None:
        """What is in SQLite's log already would be room that nobody has to find."""
        with closing(sqlite3.connect(self.data / "tomb.db")) as db:
            [busy, *_] = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            assert not busy

    async def heard(self) -> int:
        """The position, in ms; the track is playing."""
        state = self.box.services.deck.state(0)
        assert (state.state, state.active_playlist_id) == ("playing", self.playing)
        return state.position_ms

    async def announce(self, size: int) -> str:
        body = {"filename": "Song.wav", "file_size": size, "chunk_size": CHUNK}
        return str(
            (await self.client.post(f"/api/playlists/{self.playlist}/uploads/session", **body)).data["session_id"]
        )

    async def send(self, session: str, index: int, content: bytes) -> Answer:
        path = f"/api/playlists/{self.playlist}/uploads/{session}/chunks/{index}"
        return await self.client.ask("PUT", path, raw=content[index * CHUNK : (index + 1) * CHUNK])


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 32) as made:
        yield made


@asynccontextmanager
async def hall(disk: SmallDisk, music: Path, **options: Any) -> AsyncIterator[Hall]:
    """Nobody looks into the inbox unless asked to, or `options` say so."""
    async with served_box(disk.folder, **({"free_kept_mb": 0, "inbox_watch_s": 0} | options)) as (box, client):
        playing = await imported(box, music / "Long", 900.0)
        playlist = await imported(box, music / "Short", 1.0, 2.0, 3.0)
        await box.services.librarian.link_tag(TAGS[0], playing)
        await box.services.deck.start(playing)
        await trio.sleep(1.0)
        yield Hall(box, client, disk, playing, playlist)


async def imported(box: VirtualBox, folder: Path, *seconds: float) -> str:
    """A playlist of the folder's name."""
    fill(folder, *seconds)
    [playlist_id] = (await box.services.importer.import_folder(folder)).playlist_ids
    return playlist_id


def fill(folder: Path, *seconds: float) -> None:
    folder.mkdir(parents=True)
    for number, length in enumerate(seconds, start=1):
        sparse_wav(folder / f"{number}.wav", length, salt=f"{folder.name} {number}")


# --- things to do, each ready to be tried -----------------------------------------------------------------------------


async def create(hall: Hall) -> Act:
    return lambda: hall.client.post("/api/playlists", title="New", description="x" * 2000)


async def update(hall: Hall) -> Act:
    return lambda: hall.client.put(f"/api/playlists/{hall.playlist}", description="y" * 2000)


async def reorder(hall: Hall) -> Act:
    return lambda: hall.client.post(f"/api/playlists/{hall.playlist}/reorder", track_order=[3, 1, 2])


async def delete_tracks(hall: Hall) -> Act:
    return lambda: hall.client.delete(f"/api/playlists/{hall.playlist}/tracks", track_numbers=[2])


async def delete(hall: Hall) -> Act:
    return lambda: hall.client.delete(f"/api/playlists/{hall.playlist}")


async def link(hall: Hall) -> Act:
    return lambda: hall.client.put(f"/api/tags/{TAGS[1]}", playlist_id=hall.playlist)


async def forget(hall: Hall) -> Act:
    return lambda: hall.client.delete(f"/api/tags/{TAGS[0]}")


async def choose(hall: Hall) -> Act:
    return lambda: hall.client.put("/api/settings", volume_ceiling=70, pin="1234")


async def announce(hall: Hall) -> Act:
    path = f"/api/playlists/{hall.playlist}/uploads/session"
    return lambda: hall.client.post(path, filename="Song.wav", file_size=60_000, chunk_size=CHUNK)


async def finalize(hall: Hall) -> Act:
    session = await hall.announce(len(SONG))
    for index in range(-(-len(SONG) // CHUNK)):
        assert (await hall.send(session, index, SONG)).status == 200
    await hall.box.services.uploads.sync()
    path = f"/api/playlists/{hall.playlist}/uploads/{session}/finalize"
    return lambda: hall.client.post(path, metadata_override={"title": "z" * 200})


async def cancel(hall: Hall) -> Act:
    session = await hall.announce(60_000)
    return lambda: hall.client.delete(f"/api/uploads/sessions/{session}")


async def clean_up(hall: Hall) -> Act:
    await hall.announce(60_000)
    await hall.box.services.uploads.sync()
    return lambda: hall.client.post("/api/uploads/cleanup?max_age_hours=0")


async def take_in(hall: Hall) -> Act:
    lay_down(hall)
    return lambda: hall.client.post("/api/playlists/sync")


def lay_down(hall: Hall) -> None:
    folder = hall.box.services.librarian.folder / "inbox" / "Arrived"
    fill(folder, 1.0, 2.0, 3.0)
    (folder / "cover.png").write_bytes(plain(300, 300))


async def back_up(hall: Hall) -> Act:
    return lambda: hall.client.get("/api/backup")


async def downloaded(hall: Hall, path: str) -> bytes:
    """Whoever has the last byte is answered; the task that sent it tidies up behind him."""
    content = (await hall.client.get(path)).content
    await trio.testing.wait_all_tasks_blocked()
    return content


async def restore(hall: Hall) -> Act:
    content = await downloaded(hall, "/api/backup")
    return lambda: hall.client.ask("POST", "/api/restore", raw=content, headers=TAR)


async def take_export(hall: Hall) -> Act:
    content = await downloaded(hall, f"/api/playlists/{hall.playlist}/export")
    assert (await hall.client.delete(f"/api/playlists/{hall.playlist}")).status == 204
    return lambda: hall.client.ask("POST", "/api/playlists/import", raw=content, headers=TAR)


THINGS = (
    *(create, update, reorder, delete_tracks, delete, link, forget, choose),
    *(announce, finalize, cancel, clean_up, take_in),
    *(back_up, restore, take_export),
)


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.__name__)
async def test_it_is_done_or_refused(
    disk: SmallDisk, tmp_path: Path, autojump_clock: MockClock, thing: Callable[[Hall], Awaitable[Act]]
) -> None:
    async with hall(disk, tmp_path / "music") as the_hall:
        act = await thing(the_hall)
        refusals = [refusal async for refusal in tried(the_hall, act)]
        assert refusals
        await trio.sleep(60.0)  # for the row of an upload there was no room as long as there was only some for its file
        assert folder_faults(the_hall.data) == [] or thing is restore  # what is to be swapped in waits there


async def tried(hall: Hall, act: Act) -> AsyncIterator[Answer]:
    """Do it with ever more room, until it is done; each refusal."""
    for kib in range(0, MOST_KIB, PAGE_KIB):
        hall.empty_the_log()
        before, heard = hall.held(), await hall.heard()
        with hall.disk.full(kib):
            answer = await act()
            await trio.sleep(1.0)
        assert await hall.heard() - heard > 900
        if answer.status < 300:
            return
        assert (answer.status, answer.body["error_type"]) == (507, "insufficient_storage"), answer.body
        assert hall.held() == before
        yield answer
    raise AssertionError("there was never room enough")


async def test_a_chunk_is_taken_though_the_disk_is_full_and_is_on_it_when_that_has_room(
    disk: SmallDisk, tmp_path: Path, autojump_clock: MockClock
) -> None:
    """Its room was taken at the start. What is lacking is room to write down that it is there."""
    async with hall(disk, tmp_path / "music") as the_hall:
        session = await the_hall.announce(len(SONG))
        await the_hall.box.services.uploads.sync()
        stored = partial(the_hall.box.services.uploads._store.read, lambda db: uploads.get(db, session))
        the_hall.empty_the_log()
        with disk.full():
            assert (await the_hall.send(session, 1, SONG)).status == 200
            await trio.sleep(1.0)
            health = (await the_hall.client.get("/api/health")).body["data"]
            assert health["details"]["uploads"]["state"] != "up"
            assert (await stored()).chunks == 0
        await trio.sleep(60.0)
        assert (await stored()).chunks == 1
        path = f"/api/playlists/{the_hall.playlist}/uploads/{session}"
        assert 1 not in (await the_hall.client.get(path)).data["missing_chunks"]


# --- what nobody asks for ---------------------------------------------------------------------------------------------


async def test_a_chunk_that_could_not_be_written_anew_is_missing(
    disk: SmallDisk, tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with hall(disk, tmp_path / "music") as the_hall:
        session = await the_hall.announce(len(SONG))
        assert (await the_hall.send(session, 1, bytes(len(SONG)))).status == 200
        path = f"/api/playlists/{the_hall.playlist}/uploads/{session}"
        for kib in range(0, MOST_KIB, PAGE_KIB):
            the_hall.empty_the_log()
            with disk.full(kib):
                answer = await the_hall.send(session, 1, SONG)
            missing = (await the_hall.client.get(path)).data["missing_chunks"]
            if answer.status == 200:
                assert 1 not in missing
                break
            assert answer.status == 507
            content = next((the_hall.data / "library" / "uploads").iterdir()).read_bytes()
            assert 1 in missing or content[CHUNK : 2 * CHUNK] == bytes(CHUNK)


async def test_taps_play_while_nothing_can_be_noted(disk: SmallDisk, tmp_path: Path, autojump_clock: MockClock) -> None:
    async with hall(disk, tmp_path / "music") as the_hall:
        box = the_hall.box
        await box.services.librarian.link_tag(TAGS[1], the_hall.playlist)
        the_hall.empty_the_log()
        with disk.full():
            await box.tap(UNKNOWN_TAG)
            await box.tap(TAGS[1])
            state = box.services.deck.state(0)
            assert (state.state, state.active_playlist_id) == ("playing", the_hall.playlist)
            await box.tap(TAGS[0])
            assert await the_hall.heard() > 0
            assert await box.services.librarian.tag(UNKNOWN_TAG) is None
        await trio.sleep(2 * RETRY_S)  # the journal has kept its notes, and tries again
        assert await box.services.librarian.tag(UNKNOWN_TAG) is not None


async def test_positions_are_noted_as_soon_as_there_is_space(
    disk: SmallDisk, tmp_path: Path, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with hall(disk, tmp_path / "music") as the_hall:
        librarian = the_hall.box.services.librarian
        the_hall.empty_the_log()
        with disk.full():
            await trio.sleep(120)
            heard = await the_hall.heard()
            assert heard > 120_000
            assert (await recalled(librarian)).position_ms < 2000
            await the_hall.box.services.deck.set_volume(20)
        await trio.sleep(15)
        memory = await recalled(librarian)
        assert (memory.volume, memory.playing) == (20, True)
        assert memory.position_ms >= heard
    warnings = [record.message for record in caplog.records if record.name == "tomb.nurseries.journal"]
    assert len(warnings) == 1  # in two minutes


async def recalled(librarian: Librarian) -> PlayerMemory:
    memory = await librarian.recall()
    assert memory is not None
    return memory


async def test_the_inbox_waits_until_there_is_space(disk: SmallDisk, tmp_path: Path, autojump_clock: MockClock) -> None:
    async with hall(disk, tmp_path / "music", inbox_watch_s=10) as the_hall:
        librarian = the_hall.box.services.librarian
        lay_down(the_hall)
        with disk.full():
            await trio.sleep(60)
            await the_hall.heard()
            assert librarian.count() == 2
        await trio.sleep(60)
        assert librarian.count() == 3
        assert folder_faults(the_hall.data) == []


async def test_events_are_numbered_while_the_lease_cannot_be_renewed(
    disk: SmallDisk, tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with hall(disk, tmp_path / "music") as the_hall:
        events = the_hall.box.services.events
        the_hall.empty_the_log()
        with disk.full():
            for _ in range(LEASE_BLOCK // 2 + 1000):
                events.publish("state:player", {PLAYLISTS}, lambda _: {})
            await trio.sleep(60)
            assert leased(the_hall) < events.number + LEASE_BLOCK // 2
            await the_hall.heard()
        await trio.sleep(60)
        assert leased(the_hall) > events.number + LEASE_BLOCK // 2


def leased(hall: Hall) -> int:
    with closing(sqlite3.connect(f"{(hall.data / 'tomb.db').as_uri()}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT value FROM counters WHERE name = 'events.leased'").fetchone()[0])


async def test_on_a_full_disk_things_can_be_deleted_from_the_first_second_and_again_and_again(
    disk: SmallDisk, tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(disk.folder, free_kept_mb=8, inbox_watch_s=0) as (box, client):
        the_hall = Hall(box, client, disk, "", await imported(box, tmp_path / "music" / "Short", 1.0, 2.0, 3.0))
        empty = [str((await client.post("/api/playlists", title=f"Empty {each}")).data["id"]) for each in range(40)]
        session = await the_hall.announce(len(SONG))
        assert trio.current_time() < 1  # nothing that comes later has made ready for it
        the_hall.empty_the_log()
        disk.leave(0)
        assert (await client.put(f"/api/playlists/{the_hall.playlist}", title="New")).status == 507
        assert (await client.delete(f"/api/uploads/sessions/{session}")).status == 200
        for playlist in empty:  # what frees nothing, while somebody else takes what there is
            disk.leave(0)
            assert (await client.delete(f"/api/playlists/{playlist}")).status == 204
        tracks = f"/api/playlists/{the_hall.playlist}/tracks"
        assert (await client.delete(tracks, track_numbers=[1])).status == 200
        assert (await client.delete(f"/api/playlists/{the_hall.playlist}")).status == 204
        assert (await client.post("/api/playlists", title="New")).status == 201
        assert folder_faults(the_hall.data) == []
        assert (the_hall.data / "reserve").stat().st_blocks * 512 >= RESERVE // 2
        disk.clear()
        await trio.sleep(2 * 3600)
        assert (the_hall.data / "reserve").stat().st_blocks * 512 >= RESERVE
