"""Sessions of uploads: nothing that was answered is lost, and what comes of one is a whole track or nothing."""

import hashlib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
import trio
from pydantic_core import from_json
from trio.testing import MockClock

from tests.rigs.box import VirtualBox, sparse_wav, virtual_box
from tomb.errors import BadRequest, Conflict, NoSpace, NotFound, RequestError, Unavailable, UnsupportedMedia
from tomb.events import PLAYLISTS, playlist_room
from tomb.library import uploads
from tomb.library.uploads import Upload
from tomb.models import Track
from tomb.nurseries.admission import Announced, UploadLimits
from tomb.nurseries.finishing import Said
from tomb.nurseries.uploads import SWEEP_S, Uploads

CHUNK = 1024
STALE_S = UploadLimits().stale_s


@dataclass
class Sender:
    """Sends one file to a box."""

    box: VirtualBox
    playlist_id: str
    content: bytes

    @property
    def uploads(self) -> Uploads:
        return self.box.house.uploads

    @property
    def count(self) -> int:
        return -(-len(self.content) // CHUNK)

    def piece(self, index: int) -> bytes:
        return self.content[index * CHUNK : (index + 1) * CHUNK]

    async def begin(self, file_hash: str | None = None) -> str:
        announced = Announced("Song.wav", len(self.content), CHUNK, file_hash)
        return (await self.uploads.begin(self.playlist_id, announced)).id

    async def send(self, session: str, index: int) -> Upload:
        return await self.uploads.receive(self.playlist_id, session, index, self.piece(index))

    async def send_all(self, session: str) -> None:
        for index in range(self.count):
            await self.send(session, index)

    async def status(self, session: str) -> Upload:
        return await self.uploads.status(self.playlist_id, session)

    async def finalize(self, session: str, file_hash: str | None = None) -> Track:
        return await self.uploads.finalize(self.playlist_id, session, file_hash, Said())

    async def tracks(self) -> list[str]:
        return [track.id for track in (await self.box.house.librarian.playlist(self.playlist_id)).tracks]

    def parts(self) -> list[str]:
        return [path.stem for path in (self.box.house.librarian.folder / "uploads").iterdir()]

    def kept(self) -> bytes:
        [path] = (self.box.house.librarian.folder / "files").iterdir()
        return path.read_bytes()


def sound(folder: Path, seconds: float = 1.0) -> bytes:
    return sparse_wav(folder / "sent.wav", seconds, salt="sent").read_bytes()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@asynccontextmanager
async def sending(folder: Path, content: bytes | None = None) -> AsyncIterator[Sender]:
    async with virtual_box(folder) as box:
        playlist_id = (await box.house.librarian.create("Songs")).id
        yield Sender(box, playlist_id, sound(folder) if content is None else content)


@pytest.mark.parametrize("seed", range(5))
async def test_chunks_may_come_in_any_order_repeated_and_at_once(
    tmp_path: Path, autojump_clock: MockClock, seed: int
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin(digest(sender.content))
        order = [*range(sender.count), *range(sender.count)]
        Random(seed).shuffle(order)
        async with trio.open_nursery() as nursery:
            for index in order:
                nursery.start_soon(sender.send, session, index)
        track = await sender.finalize(session)
        assert sender.kept() == sender.content
        assert (track.file_hash, track.duration_ms) == (digest(sender.content), 1000)
        assert sender.parts() == []


async def test_what_was_answered_is_there_after_the_box_was_opened_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        for index in (0, 2, sender.count - 1):
            await sender.send(session, index)
        before = await sender.status(session)
    async with virtual_box(tmp_path, seed=1) as box:
        sender = Sender(box, sender.playlist_id, sender.content)
        after = await sender.status(session)
        assert after == before
        assert after.bytes_received == 2 * CHUNK + len(sender.piece(sender.count - 1))
        assert after.missing == [1, *range(3, sender.count - 1)]
        for index in after.missing:
            await sender.send(session, index)
        await sender.finalize(session, digest(sender.content))
        assert sender.kept() == sender.content
    async with virtual_box(tmp_path, seed=2) as box:
        sender = Sender(box, sender.playlist_id, sender.content)
        assert [(await sender.finalize(session)).id] == await sender.tracks()


async def test_a_wrong_hash_leaves_the_session_usable(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        await sender.uploads.receive(sender.playlist_id, session, 3, bytes(CHUNK - 1) + b"x")
        with pytest.raises(BadRequest) as refused:
            await sender.finalize(session, digest(sender.content))
        assert refused.value.details is not None
        assert refused.value.details["expected"] == [digest(sender.content)]
        assert await sender.tracks() == []
        await sender.send(session, 3)
        await sender.finalize(session, digest(sender.content))
        assert sender.kept() == sender.content
        assert [told["code"] for told in sender.box.told("upload:error")] == ["bad_request"]


async def test_a_chunk_written_anew_is_not_there_until_it_is_whole(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise NoSpace("the disk is full")

    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        with monkeypatch.context() as broken:
            broken.setattr("tomb.library.parts.write", fail)
            with pytest.raises(NoSpace):
                await sender.uploads.receive(sender.playlist_id, session, 1, b"x" * CHUNK)
        assert (await sender.status(session)).missing == [1]


async def test_wrong_chunks_are_refused_by_name(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session, last = await sender.begin(), sender.count - 1
        for index, size, named in (
            (sender.count, CHUNK, f"no chunk {sender.count}"),
            (0, CHUNK - 1, f"chunk 0 has {CHUNK} bytes, not {CHUNK - 1}"),
            (last, CHUNK, f"chunk {last} has {len(sender.piece(last))} bytes, not {CHUNK}"),
            (1, 0, "chunk 1"),
        ):
            with pytest.raises(BadRequest, match=named):
                await sender.uploads.receive(sender.playlist_id, session, index, bytes(size))
        assert (await sender.status(session)).chunks == 0


async def test_an_incomplete_upload_is_refused_with_what_is_missing(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
        with pytest.raises(BadRequest, match="missing") as refused:
            await sender.finalize(session)
        assert refused.value.details is not None
        assert refused.value.details["missing_chunks"] == list(range(1, sender.count))


async def test_finalizing_twice_even_at_once_makes_one_track(tmp_path: Path, autojump_clock: MockClock) -> None:
    made: list[str] = []

    async def finalize(sender: Sender, session: str) -> None:
        made.append((await sender.finalize(session)).id)

    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(finalize, sender, session)
        await finalize(sender, session)
        assert await sender.tracks() == list(dict.fromkeys(made))
        assert len(made) == 4
        assert len(sender.box.told("upload:complete")) == 1


async def test_the_same_content_twice_is_two_tracks_of_one_file(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        for _ in range(2):
            session = await sender.begin()
            await sender.send_all(session)
            await sender.finalize(session)
        assert len(await sender.tracks()) == 2
        assert sender.kept() == sender.content
        assert sender.parts() == []


async def test_what_cannot_be_played_ends_the_session(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path, b"Dear diary, " * 1000) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        for _ in range(2):
            with pytest.raises(UnsupportedMedia, match="cannot be played"):
                await sender.finalize(session)
        status = await sender.status(session)
        assert status.status == "error"
        assert status.error
        with pytest.raises(UnsupportedMedia):
            await sender.send(session, 0)
        assert (sender.parts(), await sender.tracks()) == ([], [])
        [told] = sender.box.told("upload:error")
        assert (told["session_id"], told["code"]) == (session, "unsupported_media_type")


async def test_a_full_disk_at_the_end_leaves_the_session_usable(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("unlike any other")

    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        with monkeypatch.context() as broken:
            broken.setattr(uploads, "finish", fail)
            with pytest.raises(sqlite3.OperationalError):
                await sender.finalize(session)
        assert await sender.tracks() == []
        assert not sender.uploads.is_processing(session)
        await sender.finalize(session)
        assert sender.kept() == sender.content
        assert len(await sender.tracks()) == 1


async def test_whoever_leaves_while_it_becomes_a_track_may_come_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        for checkpoints in range(12):
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(sender.finalize, session)
                    for _ in range(checkpoints):
                        await trio.lowlevel.checkpoint()
                    scope.cancel()
            assert len(await sender.tracks()) == (1 if (await sender.status(session)).track_id else 0)
        await sender.finalize(session)
        assert len(await sender.tracks()) == 1


async def test_a_cancelled_upload_is_gone(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
        await sender.uploads.cancel(session)
        assert sender.parts() == []
        with pytest.raises(BadRequest, match="cancelled"):
            await sender.send(session, 1)
        with pytest.raises(BadRequest, match="cancelled"):
            await sender.finalize(session)


async def test_a_track_is_not_cancelled(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        await sender.finalize(session)
        with pytest.raises(BadRequest, match="delete the track"):
            await sender.uploads.cancel(session)
        with pytest.raises(BadRequest, match="completed"):
            await sender.send(session, 0)


async def test_sessions_go_with_their_playlist(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
        await sender.box.house.librarian.delete(sender.playlist_id)
        for doing in (partial(sender.send, session, 1), partial(sender.finalize, session)):
            with pytest.raises(NotFound, match="playlist"):
                await doing()
        assert await sender.uploads.sessions() == []
        assert sender.parts() == []


async def test_a_playlist_deleted_meanwhile_leaves_nothing(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        stage = sender.uploads._finishing._porter.stage

        async def deleted_first(source: Path, incoming: Path, name: str | None = None) -> object:
            staged = await stage(source, incoming, name)
            await sender.box.house.librarian.delete(sender.playlist_id)
            return staged

        monkeypatch.setattr(sender.uploads._finishing._porter, "stage", deleted_first)
        with pytest.raises(NotFound):
            await sender.finalize(session)
        await sender.uploads.cleanup(STALE_S)
        await sender.box.house.librarian.reconcile()
        for name in ("uploads", "files", "incoming"):
            assert list((sender.box.house.librarian.folder / name).iterdir()) == []


async def test_what_is_being_made_a_track_can_be_cancelled(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def for_ever(*_: object) -> object:
        staging.set()
        await trio.sleep_forever()
        raise AssertionError

    async with sending(tmp_path) as sender:
        session, staging, refused = await sender.begin(), trio.Event(), list[str]()
        await sender.send_all(session)
        monkeypatch.setattr(sender.uploads._finishing._porter, "stage", for_ever)

        async def finalize() -> None:
            with pytest.raises(BadRequest, match="cancelled") as error:
                await sender.finalize(session)
            refused.append(error.value.message)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(finalize)
            await staging.wait()
            assert sender.uploads.is_processing(session)
            assert (await sender.uploads.cancel(session)).status == "cancelled"
        assert len(refused) == 1
        assert (sender.parts(), await sender.tracks()) == ([], [])
        assert list((sender.box.house.librarian.folder / "incoming").iterdir()) == []


async def test_a_cancel_that_comes_after_the_commit_is_too_late(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        add = sender.box.house.librarian.add

        async def committed(*given: Any, **named: Any) -> object:
            done = await add(*given, **named)
            sender.uploads._processing[session].cancel()
            return done

        monkeypatch.setattr(sender.box.house.librarian, "add", committed)
        assert [(await sender.finalize(session)).id] == await sender.tracks()
        assert (await sender.status(session)).status == "completed"
        assert sender.parts() == []


async def test_a_session_whose_file_was_tidied_away_is_over(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session, other = await sender.begin(), await sender.begin()
        for path in (sender.box.house.librarian.folder / "uploads").iterdir():
            if path.stem == session:
                path.unlink()
    async with virtual_box(tmp_path, seed=1) as box:
        sender = Sender(box, sender.playlist_id, sender.content)
        assert (await sender.status(session)).status == "cancelled"
        with pytest.raises(BadRequest, match="cancelled"):
            await sender.send(session, 0)
        assert (await sender.send(other, 0)).chunks == 1


async def test_nothing_is_written_when_there_is_nothing_to_forget(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def write(_: object) -> object:
        raise AssertionError("written for nothing")

    async with sending(tmp_path) as sender:
        await sender.begin()
        with monkeypatch.context() as patched:
            patched.setattr(sender.uploads._store, "write", write)
            assert (await sender.uploads.cleanup(STALE_S)).sessions == []


async def test_eight_uploads_at_once_are_enough(tmp_path: Path, autojump_clock: MockClock) -> None:
    begun: list[str] = []
    refused: list[RequestError] = []

    async def begin(sender: Sender) -> None:
        try:
            begun.append(await sender.begin())
        except Conflict as error:
            refused.append(error)

    async with sending(tmp_path) as sender:
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(begin, sender)
        assert (len(begun), len(refused)) == (8, 12)
        assert sorted(sender.parts()) == sorted(begun)
        await sender.uploads.cancel(begun[0])
        await sender.begin()


async def test_room_is_taken_at_the_start(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        [part] = (sender.box.house.librarian.folder / "uploads").iterdir()
        assert part.stat().st_size == len(sender.content)
        assert part.stat().st_blocks * 512 >= len(sender.content)
        sender.uploads.limits = UploadLimits(free_kept=1 << 60)
        with pytest.raises(NoSpace, match="nearly full"):
            await sender.begin()
        assert sender.parts() == [session]


async def test_what_needs_ffmpeg_is_refused_at_once_where_there_is_none(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tomb.library.transcode.available", lambda: False)
    async with sending(tmp_path) as sender:
        with pytest.raises(Unavailable, match="ffmpeg"):
            await sender.uploads.begin(sender.playlist_id, Announced("a.m4a", 10, CHUNK))


async def test_what_nobody_continued_for_a_day_goes_within_the_hour(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        left, continued = await sender.begin(), await sender.begin()
        await trio.sleep(STALE_S / 2)
        await sender.send(continued, 0)
        await trio.sleep(STALE_S / 2 + SWEEP_S + 1)
        assert sender.parts() == [continued]
        with pytest.raises(NotFound):
            await sender.status(left)


async def test_files_of_no_session_go_when_the_box_starts(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        (sender.box.house.librarian.folder / "uploads" / "unknown.part").write_bytes(b"x")
    async with virtual_box(tmp_path, seed=1) as box:
        assert Sender(box, sender.playlist_id, b"").parts() == [session]


async def test_progress_is_told_ten_times_a_second_and_at_the_end(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path, sound(tmp_path, 5.0)) as sender:
        session = await sender.begin()
        for index in range(sender.count):
            await sender.send(session, index)
            await trio.sleep(0.03)
        track = await sender.finalize(session)
        told = sender.box.told("upload:progress")
        seconds = sender.count * 0.03
        assert [each["chunk_index"] for each in (told[0], told[-1])] == [0, sender.count - 1]
        assert (told[-1]["progress"], told[-1]["complete"]) == (100.0, True)
        assert 2 + seconds * 5 < len(told) <= 2 + seconds * 10
        [done] = sender.box.told("upload:complete")
        assert (done["session_id"], done["track"]["id"]) == (session, track.id)


async def test_events_go_to_those_who_look_at_the_playlists(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        await sender.finalize(session)
        told = [event for event in sender.box.events if event.type.startswith("upload:")]
        assert {event.rooms for event in told} == {frozenset({PLAYLISTS, playlist_room(sender.playlist_id)})}
        assert all(from_json(event.payload)["server_seq"] > 0 for event in told)


def test_a_session_counts_its_bytes_and_chunks() -> None:
    empty = Upload("a", "b", "c.mp3", "mp3", 2500, 1000, None, 0.0, 0.0)
    assert (empty.total_chunks, empty.size_of(2), empty.missing) == (3, 500, [0, 1, 2])
    assert (empty.bytes_received, empty.progress, empty.complete) == (0, 0.0, False)
    last = Upload("a", "b", "c.mp3", "mp3", 2500, 1000, None, 0.0, 0.0, received=b"\x04")
    assert (last.bytes_received, last.progress, last.missing) == (500, 20.0, [0, 1])
