"""Sessions of uploads: nothing that was answered is lost, and what comes of one is a whole track or nothing."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import pytest
import trio
from pydantic_core import from_json
from trio.testing import MockClock

from tests.rigs.box import virtual_box
from tests.rigs.sending import CHUNK, Sender, digest, sending, sound
from tomb.errors import BadRequest, Conflict, NoSpace, NotFound, RequestError, Unavailable
from tomb.events import PLAYLISTS, playlist_room
from tomb.library.uploads import Upload
from tomb.nurseries.upload_policy import Announced
from tomb.nurseries.uploads import SWEEP_S

STALE_S = 24 * 3600.0


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


async def test_sessions_go_with_their_playlist(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
        await sender.box.services.librarian.delete(sender.playlist_id)
        for doing in (partial(sender.send, session, 1), partial(sender.finalize, session)):
            with pytest.raises(NotFound, match="playlist"):
                await doing()
        assert await sender.uploads.sessions() == []
        assert sender.parts() == []


async def test_a_session_whose_file_was_tidied_away_is_over(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session, other = await sender.begin(), await sender.begin()
        for path in (sender.box.services.librarian.folder / "uploads").iterdir():
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
        [part] = (sender.box.services.librarian.folder / "uploads").iterdir()
        assert part.stat().st_size == len(sender.content)
        assert part.stat().st_blocks * 512 >= len(sender.content)
        sender.uploads.limits = replace(sender.uploads.limits, free_kept=1 << 60)
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
        (sender.box.services.librarian.folder / "uploads" / "unknown.part").write_bytes(b"x")
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
