"""Sessions of uploads: nothing that was answered is lost, and what comes of one is a whole track or nothing."""

import errno
import os
import shutil
import sqlite3
from functools import partial
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing
from msgspec.structs import replace
from pydantic_core import from_json
from trio.testing import MockClock

from tests.machines.walks import rows_of, rows_recorded
from tests.rigs.box import virtual_box
from tests.rigs.sending import CHUNK, Sender, digest, sending, sound
from tests.soak.sounds import made
from tomb.errors import BadRequest, Conflict, NoSpace, NotFound, RequestError, Unavailable, UnsupportedMedia
from tomb.events import PLAYLISTS, playlist_room
from tomb.library import marks, parts, uploads
from tomb.library.uploads import Upload
from tomb.machines.upload import UPLOAD, Abandon
from tomb.nurseries.ingest import Look
from tomb.nurseries.space import LOOKED_S
from tomb.nurseries.uploads import GIVES_WAY_S, GRACE_S, SWEEP_S, SYNC_S, NewUpload
from tomb.ports import VirtualPorts

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
    def fail(*_: object, **__: object) -> None:
        raise NoSpace("the disk is full")

    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        with monkeypatch.context() as broken:
            broken.setattr("tomb.library.parts.write", fail)
            with pytest.raises(NoSpace):
                await sender.uploads.receive(sender.playlist_id, session, 1, [b"x" * CHUNK])
        assert (await sender.status(session)).missing == [1]


def fails(*_: object) -> None:
    raise OSError(errno.EIO, "Input/output error")


async def rows_after(folder: Path, session: str) -> tuple[list[int], bytes]:
    """What of a session a box that was opened anew says is missing, and what is in its file."""
    async with virtual_box(folder, seed=1) as box:
        [upload] = [each for each in await box.services.uploads.sessions() if each.id == session]
        path = parts.path_of(box.services.librarian.folder, session)
        return upload.missing, path.read_bytes()


async def test_chunks_go_to_the_disk_together_a_moment_after_their_answers(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        session, synced = await sender.begin(), list[Path]()
        monkeypatch.setattr("tomb.library.parts.sync", synced.append)
        for index in range(3):
            await sender.send(session, index)
        assert synced == []
        stored = partial(sender.uploads._store.read, lambda db: uploads.get(db, session))
        with pytest.raises(NotFound):
            await stored()
        assert (await sender.status(session)).status == "uploading"
        await trio.sleep(SYNC_S)
        await trio.testing.wait_all_tasks_blocked()
        part = parts.path_of(sender.box.services.librarian.folder, session)
        assert synced == [part, part.parent]  # the bytes, their name; and then what says that they are there
        assert ((await stored()).status, (await stored()).chunks) == ("uploading", 3)
        assert await stored() == replace(await sender.status(session), updated=(await stored()).updated)


def killed(folder: Path) -> Path:
    """What a box leaves that is killed now."""
    return shutil.copytree(folder, folder.with_name("killed"))


async def begun_and_sent(folder: Path, of: int) -> tuple[Path, str, str]:
    """What a box left that was killed when it had announced two files of so many chunks and had one chunk of the
    first, and these."""
    async with sending(folder / "box", Random(1).randbytes(of * CHUNK)) as sender:
        session, empty = await sender.begin(), await sender.begin()
        await sender.send(session, 0)
        assert await sender.uploads._store.read(uploads.read_all) == []
        return killed(folder / "box"), session, empty


@pytest.mark.parametrize("of", [1, 3])
async def test_an_upload_is_there_after_a_kill_with_the_first_of_its_chunks(
    tmp_path: Path, autojump_clock: MockClock, of: int
) -> None:
    left, session, empty = await begun_and_sent(tmp_path, of)
    async with virtual_box(left, seed=1) as box:
        [upload] = await box.services.uploads.sessions()
        assert (upload.id, upload.status, upload.missing) == (session, "uploading", list(range(1, of)))
        assert [path.stem for path in (box.services.librarian.folder / "uploads").iterdir()] == [session]
        assert empty != session


@pytest.mark.parametrize("kept", [70, 200, 300])
async def test_what_a_power_cut_left_of_a_note_hinders_no_start(
    tmp_path: Path, autojump_clock: MockClock, kept: int
) -> None:
    left, _, _ = await begun_and_sent(tmp_path, 3)
    [notes] = (left / "data" / "cache" / "uploads").iterdir()
    whole = notes.read_bytes()
    notes.write_bytes(whole[:kept] + bytes(len(whole) - kept))
    async with virtual_box(left, seed=1) as box:
        assert await box.services.uploads.sessions() == []
        assert list((box.services.librarian.folder / "uploads").iterdir()) == []


async def test_what_was_announced_is_there_after_an_end_that_was_asked_for(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
    async with virtual_box(tmp_path, seed=1) as box:
        assert [each.id for each in await box.services.uploads.sessions()] == [session]


async def test_what_was_announced_is_in_the_database_a_moment_later_and_listed_at_once(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        assert [each.id for each in await sender.uploads.sessions()] == [session]
        assert await sender.uploads._store.read(uploads.read_all) == []
        await trio.sleep(2 * SYNC_S)
        assert [each.id for each in await sender.uploads._store.read(uploads.read_all)] == [session]
        assert [each.id for each in await sender.uploads.sessions()] == [session]


@pytest.mark.parametrize("written_down", [False, True])
async def test_what_was_only_announced_is_cancelled_and_forgotten_as_any_other(
    tmp_path: Path, autojump_clock: MockClock, written_down: bool
) -> None:
    async with sending(tmp_path) as sender:
        session, other = await sender.begin(), await sender.begin()
        if written_down:
            await sender.uploads.sync()
        assert (await sender.uploads.cancel(session)).status == "cancelled"
        assert (await sender.status(session)).status == "cancelled"
        assert {each.upload.id for each in (await sender.uploads.cleanup(0)).sessions} == {session, other}
        await trio.sleep(2 * SYNC_S)
        assert await sender.uploads.sessions() == []
        assert sender.parts() == []


@pytest.mark.parametrize("written_down", [False, True])
async def test_a_cancel_and_a_commit_at_once_have_one_winner(
    tmp_path: Path, autojump_clock: MockClock, written_down: bool
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        if written_down:
            await sender.uploads.sync()
        add_with = sender.uploads._librarian.add_with

        async def cancelled_first(*given: Any) -> Any:
            await sender.uploads._change(session, Abandon())
            return await add_with(*given)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(sender.uploads._librarian, "add_with", cancelled_first)
            with pytest.raises(BadRequest, match="cancelled"):
                await sender.finalize(session)
        assert await sender.tracks() == []
        assert (await sender.status(session)).status == "cancelled"


async def test_a_chunk_that_is_the_whole_file_takes_its_space_when_it_comes(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path, bytes(CHUNK)) as sender:
        session = await sender.begin()
        assert sender.parts() == []
        monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))
        await trio.sleep(2 * LOOKED_S)
        with pytest.raises(NoSpace):
            await sender.send(session, 0)
        assert sender.parts() == []
        monkeypatch.undo()
        await sender.send(session, 0)
        assert (await sender.status(session)).complete


async def test_a_sweep_spares_what_is_just_being_announced(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        thread = sender.uploads._thread

        async def swept_first(call: Any, *given: Any) -> Any:
            if call is parts.allocate:
                monkeypatch.setattr(sender.uploads, "_thread", thread)
                await sender.uploads.cleanup(STALE_S)
            return await thread(call, *given)

        monkeypatch.setattr(sender.uploads, "_thread", swept_first)
        session = await sender.begin()
        await sender.send_all(session)
        await sender.finalize(session, digest(sender.content))


async def test_notes_do_not_pile_up_where_uploads_end_before_anybody_writes_them_down(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with sending(tmp_path, made(Random(1), 0.1).content) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
        await sender.finalize(session)
        await trio.sleep(2 * SYNC_S)
        assert rounds(sender) == []


async def test_chunks_go_to_the_disk_also_after_an_upload_has_ended_of_which_all_was_there(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with sending(tmp_path) as sender:
        first = await sender.begin()
        await sender.send(first, 0)
        await trio.sleep(2 * SYNC_S)
        await sender.uploads.cancel(first)
        second = await sender.begin()
        await sender.send(second, 0)
        await trio.sleep(2 * SYNC_S)
        assert (await sender.uploads._store.read(lambda db: uploads.get(db, second))).chunks == 1


async def test_no_more_than_so_many_bytes_are_ever_not_on_the_disk(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tomb.nurseries.uploads.SYNC_BYTES", 4 * CHUNK)
    async with sending(tmp_path) as sender:
        session, most = await sender.begin(), 0
        for index in range(sender.count):
            await sender.send(session, index)
            stored = await sender.uploads._store.read(lambda db: uploads.find(db, session))
            most = max(most, index + 1 - (stored.chunks if stored else 0))
        assert most == 4


def rounds(sender: Sender) -> list[Path]:
    """The files of sums."""
    return sorted((sender.box.services.settings.data / "cache" / "uploads").iterdir())


async def test_sums_go_when_the_database_knows_the_chunks_and_not_before(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        session, thread = await sender.begin(), sender.uploads._thread
        await sender.send(session, 0)
        before = rounds(sender)

        async def late(call: Any, *args: Any) -> Any:
            """What the box knows goes to the disk when a chunk has been written of which it does not know yet."""
            done = await thread(call, *args)
            if call == sender.uploads._put:
                monkeypatch.setattr(sender.uploads, "_thread", thread)
                await sender.uploads.sync()
            return done

        monkeypatch.setattr(sender.uploads, "_thread", late)
        await sender.send(session, 1)
        assert rounds(sender) == before
        await sender.uploads.sync()
        assert rounds(sender) == []


@pytest.mark.parametrize("kept", ["all", "not the bytes", "not the sums"])
async def test_after_a_power_cut_what_is_there_is_said_to_be_there_and_no_more(
    tmp_path: Path, autojump_clock: MockClock, kept: str
) -> None:
    """Of the last moment a disk may have kept any part. After `kill -9` it has all."""
    async with sending(tmp_path, Random(1).randbytes(6 * CHUNK)) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
        await sender.uploads.sync()
        for index in (1, 2):
            await sender.send(session, index)
        part = parts.path_of(sender.box.services.librarian.folder, session)
        [sums] = rounds(sender)
        before = part.read_bytes()
        if kept == "not the bytes":
            part.write_bytes(before[: 2 * CHUNK] + bytes(len(before) - 2 * CHUNK))
        elif kept == "not the sums":
            sums.unlink()
    missing, _ = await rows_after(tmp_path, session)
    there = {"all": 3, "not the bytes": 2, "not the sums": 1}[kept]
    assert missing == list(range(there, sender.count))


async def test_a_power_cut_that_brings_old_content_back_does_not_pass_it_as_new(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
        part = parts.path_of(sender.box.services.librarian.folder, session)
        [sums] = rounds(sender)
        old, synced = part.read_bytes(), list[bytes]()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(
                "tomb.library.marks.sync", lambda path: synced.append(b"" if path.is_dir() else path.read_bytes())
            )
            await sender.uploads.receive(sender.playlist_id, session, 0, [b"x" * CHUNK])
        part.write_bytes(old)
        sums.write_bytes(synced[0])  # the last of it that was on the disk
    missing, _ = await rows_after(tmp_path, session)
    assert 0 in missing


async def test_what_the_disk_did_not_take_is_missing(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
        with monkeypatch.context() as broken:
            broken.setattr("tomb.library.parts.sync", fails)
            with pytest.raises(Unavailable):
                await sender.uploads.sync()
        assert 0 in (await sender.status(session)).missing
        await sender.uploads.sync()
        assert 0 in (await sender.status(session)).missing
        await sender.send_all(session)
        await sender.finalize(session, digest(sender.content))


async def test_what_the_disk_did_not_take_is_missing_after_the_next_start_too(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel still shows it to whoever reads, and will never write it."""
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
        with monkeypatch.context() as broken:
            broken.setattr("tomb.library.parts.sync", fails)
            with pytest.raises(Unavailable):
                await sender.uploads.sync()
    missing, content = await rows_after(tmp_path, session)
    assert content[:CHUNK] == sender.piece(0)
    assert 0 in missing


@pytest.mark.parametrize("what", ["the bytes", "the sums", "the disk"])
async def test_what_cannot_be_read_of_an_upload_is_missing_and_the_box_starts(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
    with monkeypatch.context() as broken:
        if what == "the sums":
            broken.setattr("pathlib.Path.read_bytes", fails)
        if what == "the bytes":
            broken.setattr("os.pread", fails)
        if what == "the disk":
            broken.setattr("tomb.library.parts.sync", fails)
        async with virtual_box(tmp_path, seed=1) as box:
            [upload] = await box.services.uploads.sessions()
    assert upload.missing == list(range(sender.count))


async def test_whoever_empties_the_cache_hinders_no_upload(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin(digest(sender.content))
        await sender.send(session, 0)
        shutil.rmtree(sender.box.services.settings.data / "cache")
        await sender.uploads.receive(sender.playlist_id, session, 0, [b"x" * CHUNK])
        await sender.send_all(session)
        another = await sender.begin()
        shutil.rmtree(sender.box.services.settings.data / "cache")
        await sender.uploads.cleanup(STALE_S)
        await sender.finalize(session)
        await sender.uploads.cancel(another)


async def test_an_upload_of_which_nothing_was_there_goes_on_though_its_file_is_gone(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        parts.path_of(sender.box.services.librarian.folder, session).unlink()
    missing, content = await rows_after(tmp_path, session)
    assert missing == list(range(sender.count))
    assert len(content) == len(sender.content)


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
                await sender.uploads.receive(sender.playlist_id, session, index, [bytes(size)])
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
        await trio.sleep(2 * SYNC_S)
        assert sender.parts() == []


async def test_a_playlist_comes_back_out_of_the_bin_without_its_sessions(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """Else they would be answered until the next sweep, count as open, and stand in the way of those to come."""
    async with sending(tmp_path) as sender:
        sessions = [await sender.begin() for _ in range(sender.uploads.limits.at_once)]
        await trio.sleep(2 * SYNC_S)
        await sender.box.services.librarian.delete(sender.playlist_id)
        await sender.box.services.librarian.restore(sender.playlist_id)
        for doing in (partial(sender.status, sessions[0]), partial(sender.send, sessions[0], 0)):
            with pytest.raises(NotFound, match="session"):
                await doing()
        await trio.sleep(2 * SYNC_S)
        assert sender.parts() == []
        session = await sender.begin()
        assert [each.id for each in await sender.uploads.sessions()] == [session]


async def test_one_whose_playlist_goes_while_its_space_is_taken_is_not_announced(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        librarian, real = sender.box.services.librarian, sender.uploads._thread

        async def slow(*asked: Any) -> Any:
            done = await real(*asked)
            if asked[0] is parts.allocate:
                await librarian.delete(sender.playlist_id)
                await librarian.restore(sender.playlist_id)
            return done

        monkeypatch.setattr(sender.uploads, "_thread", slow)
        with pytest.raises(NotFound, match="playlist"):
            await sender.begin()
        assert (sender.parts(), sender.uploads._unsynced.announced, sender.uploads._known) == ([], {}, {})


@pytest.mark.parametrize("hops", range(4))
async def test_a_cancel_is_final_also_while_a_chunk_is_sent_anew(
    tmp_path: Path, autojump_clock: MockClock, hops: int
) -> None:
    async def send(sender: Sender, session: str) -> None:
        with pytest.raises(BadRequest, match="cancelled"):
            await sender.uploads.receive(sender.playlist_id, session, 0, [b"y" * CHUNK])

    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send, sender, session)
            for _ in range(hops):
                await trio.lowlevel.checkpoint()
            await sender.uploads.cancel(session)
        assert (await sender.status(session)).status == "cancelled"
        assert sender.parts() == []


async def test_what_is_announced_while_others_are_written_down_is_written_down_next(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        write, later = sender.uploads._store.write, list[str]()

        async def slow(unit: Any) -> Any:
            done = await write(unit)
            later.append(await sender.begin())
            return done

        await sender.begin()
        with monkeypatch.context() as slowed:
            slowed.setattr(sender.uploads._store, "write", slow)
            await sender.uploads._write_down(sender.uploads._unsynced.announced, {})
        await sender.send(later[0], 0)
        await trio.sleep(2 * SYNC_S)
        assert (await sender.status(later[0])).chunks == 1


def fail_to_convert(place: Path) -> None:
    place.mkdir()
    (place / "half.opus").touch()


async def test_what_was_made_of_a_file_in_vain_goes_with_its_upload(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        stage = sender.uploads._ingest.stage

        async def leaving(source: Path, place: Path, *more: Any) -> Any:
            fail_to_convert(place)
            return await stage(source, place, *more)

        monkeypatch.setattr(sender.uploads._ingest, "stage", leaving)
        session = await sender.begin()
        await sender.send_all(session)
        await sender.finalize(session)
        assert [*(sender.box.services.librarian.folder / "incoming").iterdir()] == []


async def test_what_the_disk_refused_when_a_track_was_to_be_made_is_asked_for_again(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel says once that it could not write, and the next fsync finds nothing wrong."""
    async with sending(tmp_path) as sender:
        session = await sender.begin(digest(sender.content))
        await sender.send_all(session)
        fsync, refused = os.fsync, list[str]()

        def refuse_once(file: int) -> None:
            name = str(Path(f"/proc/self/fd/{file}").readlink())
            if not refused and "/incoming/" in name:
                refused.append(name)
                raise OSError(errno.EIO, "Input/output error")
            fsync(file)

        monkeypatch.setattr("os.fsync", refuse_once)
        with pytest.raises(Unavailable):
            await sender.finalize(session)
        await trio.sleep(2 * SYNC_S)
        assert (await sender.status(session)).missing == list(range(sender.count))
        await sender.send_all(session)
        await sender.finalize(session)
        assert sender.kept() == sender.content


async def test_what_went_with_its_playlist_is_not_waited_for_on_the_disk(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
        await sender.box.services.librarian.delete(sender.playlist_id)
        await sender.uploads.cleanup(STALE_S)
        assert sender.parts() == []
        await sender.uploads.sync()  # of a file that is gone nothing can be synced


async def test_what_goes_with_its_playlist_in_any_moment_hinders_no_other_upload(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with sending(tmp_path) as sender:
        librarian = sender.box.services.librarian
        others = Sender(sender.box, (await librarian.create("Others")).id, sender.content)
        going, staying = [await sender.begin() for _ in range(4)], await others.begin()
        for session in going:
            await sender.send(session, 0)
        await others.send(staying, 0)
        await librarian.delete(sender.playlist_id)
        await librarian.empty_bin()
        await trio.sleep(2 * SYNC_S)
        assert sender.box.services.board.is_up("uploads")
        assert (await sender.uploads._store.read(lambda db: uploads.get(db, staying))).chunks == 1
        assert not sender.uploads._unsynced.all()


async def test_whoever_finalizes_what_went_with_its_playlist_hears_so(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        look = sender.uploads._ingest.look

        async def deleted_first(*given: Any) -> Look:
            await sender.box.services.librarian.delete(sender.playlist_id)
            return await look(*given)

        monkeypatch.setattr(sender.uploads._ingest, "look", deleted_first)
        with pytest.raises(NotFound):
            await sender.finalize(session)


async def test_a_session_whose_file_was_tidied_away_is_over(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session, other = await sender.begin(), await sender.begin()
        for each in (session, other):
            await sender.send(each, 1)
        await sender.uploads.sync()
        for path in (sender.box.services.librarian.folder / "uploads").iterdir():
            if path.stem == session:
                path.unlink()
    async with virtual_box(tmp_path, seed=1) as box:
        sender = Sender(box, sender.playlist_id, sender.content)
        assert (await sender.status(session)).status == "cancelled"
        with pytest.raises(BadRequest, match="cancelled"):
            await sender.send(session, 0)
        assert (await sender.send(other, 0)).chunks == 2


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


async def test_what_somebody_left_gives_way_to_what_another_sends(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        left = [await sender.begin() for _ in range(8)]
        await trio.sleep(GIVES_WAY_S - 1)
        await sender.send(left[0], 0)
        with pytest.raises(Conflict, match="8 uploads are under way"):
            await sender.begin()
        await trio.sleep(1)
        new = [await sender.begin() for _ in range(7)]
        with pytest.raises(Conflict):
            await sender.begin()  # the first was continued a second ago
        assert sorted(sender.parts()) == sorted([left[0], *new])
        assert [(await sender.status(each)).status for each in left] == ["uploading", *["cancelled"] * 7]
        assert (await sender.status(left[1])).error == "others wanted to send something"


async def test_what_is_being_made_a_track_gives_way_to_nobody(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender, trio.open_nursery() as nursery:
        sessions = [await sender.begin() for _ in range(8)]
        await sender.send_all(sessions[0])

        async def long(*_: object) -> Look:
            await trio.sleep_forever()
            raise AssertionError

        monkeypatch.setattr(sender.uploads._ingest, "look", long)
        nursery.start_soon(sender.finalize, sessions[0])
        for session in sessions[1:]:
            await sender.send(session, 0)
        await trio.sleep(2 * GIVES_WAY_S)
        for _ in range(7):
            await sender.begin()
        assert (await sender.status(sessions[0])).status == "processing"
        nursery.cancel_scope.cancel()


async def test_space_is_taken_at_the_start(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        [part] = (sender.box.services.librarian.folder / "uploads").iterdir()
        assert part.stat().st_size == len(sender.content)
        assert part.stat().st_blocks * 512 >= len(sender.content)
        monkeypatch.setattr(sender.uploads._ingest.space, "_free_kept", 1 << 60)
        with pytest.raises(NoSpace, match="nearly full"):
            await sender.begin()
        assert sender.parts() == [session]


async def test_what_needs_ffmpeg_is_refused_at_once_where_there_is_none(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tomb.library.transcode.available", lambda: False)
    async with sending(tmp_path) as sender:
        with pytest.raises(Unavailable, match="ffmpeg"):
            await sender.uploads.begin(sender.playlist_id, NewUpload("a.m4a", 10, CHUNK))


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


# --- what becomes of a file that has arrived whole ---


async def test_a_wrong_hash_leaves_the_session_usable(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        await sender.uploads.receive(sender.playlist_id, session, 3, [bytes(CHUNK - 1) + b"x"])
        with pytest.raises(BadRequest) as refused:
            await sender.finalize(session, digest(sender.content))
        assert refused.value.details is not None
        assert refused.value.details["expected"] == [digest(sender.content)]
        assert await sender.tracks() == []
        await sender.send(session, 3)
        await sender.finalize(session, digest(sender.content))
        assert sender.kept() == sender.content
        assert [told["code"] for told in sender.box.told("upload:error")] == ["bad_request"]


async def test_a_small_file_becomes_a_track_in_few_hops_and_fsyncs(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path, made(Random(1), 0.1).content) as sender:
        hops, synced, hop, fsync = list[str](), list[str](), sender.uploads._ports.in_thread, os.fsync

        async def counted(call: Any, *args: Any, **more: Any) -> Any:
            hops.append(getattr(call, "__name__", ""))
            return await hop(call, *args, **more)

        def noted(file: int) -> None:
            synced.append(Path(f"/proc/self/fd/{file}").readlink().parent.name)
            fsync(file)

        async with sender.uploads._ingest.space.promise(1):
            pass  # somebody has seen that there is plenty of it
        monkeypatch.setattr(sender.uploads._ports, "in_thread", counted)
        monkeypatch.setattr("os.fsync", noted)
        session = await sender.begin(digest(sender.content))
        await sender.send(session, 0)
        await sender.finalize(session)
        assert hops == ["_put", "_taken_up", "_look", "_commit_together"]  # the third is the examiner's stand-in
        assert synced == ["incoming", "library"]  # the file, the folder `files`; and SQLite its log, in the commit


async def test_small_files_that_are_ready_at_once_become_tracks_by_one_commit_and_one_fsync_of_their_folder(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        songs = [Sender(sender.box, sender.playlist_id, made(Random(seed), 0.1).content) for seed in range(4)]
        sessions = [await song.begin(digest(song.content)) for song in songs]
        for song, session in zip(songs, sessions, strict=True):
            await song.send_all(session)
        commits, synced, hop, fsync = list[int](), list[str](), sender.uploads._ports.in_thread, os.fsync

        async def counted(call: Any, *args: Any, **more: Any) -> Any:
            if getattr(call, "__name__", "") == "_commit_together":
                commits.append(len(args[0]))
            return await hop(call, *args, **more)

        def noted(file: int) -> None:
            synced.append(Path(f"/proc/self/fd/{file}").readlink().name)
            fsync(file)

        monkeypatch.setattr(sender.uploads._ports, "in_thread", counted)
        # Somebody else is writing until all of them are ready.
        async with trio.open_nursery() as nursery, sender.uploads._store._writing:
            for song, session in zip(songs, sessions, strict=True):
                nursery.start_soon(song.finalize, session)
            await trio.testing.wait_all_tasks_blocked()
            monkeypatch.setattr("os.fsync", noted)
        assert (commits, synced) == ([4], ["files"])
        assert [event["track"]["id"] for event in sender.box.told("upload:complete")] == await sender.tracks()
        assert sender.parts() == []
        # Each is told whole before the next.
        types = [event.type for event in sender.box.events if event.type in ("state:track_added", "upload:complete")]
        assert types == ["state:track_added", "upload:complete"] * 4


async def test_of_files_that_are_ready_at_once_one_that_is_refused_takes_nobody_along(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with sending(tmp_path) as sender:
        songs = [Sender(sender.box, sender.playlist_id, made(Random(seed), 0.1).content) for seed in range(3)]
        sessions = [await song.begin() for song in songs]
        for song, session in zip(songs, sessions, strict=True):
            await song.send_all(session)
        await sender.uploads.sync()
        refused: list[RequestError] = []

        async def finalize(song: Sender, session: str) -> None:
            try:
                await song.finalize(session)
            except RequestError as error:
                refused.append(error)

        async with trio.open_nursery() as nursery, sender.uploads._store._writing:
            for song, session in zip(songs, sessions, strict=True):
                nursery.start_soon(finalize, song, session)
            await trio.testing.wait_all_tasks_blocked()
            sender.uploads._store._writer.execute("UPDATE uploads SET status = 'error' WHERE id = ?", sessions[1:2])
        assert [str(error) for error in refused] == ["the upload ended meanwhile"]
        folder = sender.box.services.librarian.folder
        assert len(await sender.tracks()) == 2
        assert sorted(path.stem for path in (folder / "files").iterdir()) == sorted(
            digest(song.content) for song in (songs[0], songs[2])
        )
        assert list((folder / "incoming").iterdir()) == []


async def test_what_becomes_a_track_in_the_moment_in_which_it_was_to_be_synced_is_no_fault_of_the_disk(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender, trio.open_nursery() as nursery:
        session = await sender.begin()
        await sender.send_all(session)
        hop = sender.uploads._ports.in_thread

        async def synced_then(call: Any, *args: Any, **more: Any) -> Any:
            done = await hop(call, *args, **more)
            if getattr(call, "__name__", "") == "_commit_together":
                nursery.start_soon(sender.uploads.sync)  # its file is gone, and whoever made it a track does not know
                await trio.testing.wait_all_tasks_blocked()
            return done

        with monkeypatch.context() as patched:
            patched.setattr(sender.uploads._ports, "in_thread", synced_then)
            await sender.finalize(session)
        assert len(await sender.tracks()) == 1
        assert (await sender.status(session)).status == "completed"


async def test_what_is_gone_while_it_was_to_become_a_track_is_not_said_to_be_there(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        look = sender.uploads._ingest.look

        async def look_at_what_is_gone(*given: Any) -> Look:
            found = await look(*given)
            parts.path_of(sender.box.services.librarian.folder, session).unlink()
            with pytest.raises(Unavailable):
                await sender.uploads.sync()
            return found

        monkeypatch.setattr(sender.uploads._ingest, "look", look_at_what_is_gone)
        with pytest.raises(BadRequest, match="file_hash"):
            await sender.finalize(session, "0" * 64)
        assert (await sender.status(session)).missing == list(range(sender.count))


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
            broken.setattr(uploads, "put", fail)
            with pytest.raises(sqlite3.OperationalError):
                await sender.finalize(session)
        assert await sender.tracks() == []
        assert (await sender.status(session)).status == "uploading"
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


async def test_a_track_is_not_cancelled(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        await sender.finalize(session)
        with pytest.raises(BadRequest, match="delete the track"):
            await sender.uploads.cancel(session)
        with pytest.raises(BadRequest, match="completed"):
            await sender.send(session, 0)


async def test_a_playlist_deleted_meanwhile_leaves_nothing(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        stage = sender.uploads._ingest.stage

        async def deleted_first(
            source: Path, incoming: Path, name: str | None = None, look: Look | None = None
        ) -> object:
            staged = await stage(source, incoming, name, look)
            await sender.box.services.librarian.delete(sender.playlist_id)
            return staged

        monkeypatch.setattr(sender.uploads._ingest, "stage", deleted_first)
        with pytest.raises(NotFound):
            await sender.finalize(session)
        await sender.uploads.cleanup(sender.uploads.limits.stale_s)
        await sender.box.services.librarian.reconcile()
        for name in ("uploads", "files", "incoming"):
            assert list((sender.box.services.librarian.folder / name).iterdir()) == []


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
        monkeypatch.setattr(sender.uploads._ingest, "stage", for_ever)

        async def finalize() -> None:
            with pytest.raises(BadRequest, match="cancelled") as error:
                await sender.finalize(session)
            refused.append(error.value.message)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(finalize)
            await staging.wait()
            assert (await sender.status(session)).status == "processing"
            assert (await sender.uploads.cancel(session)).status == "cancelled"
        assert len(refused) == 1
        assert (sender.parts(), await sender.tracks()) == ([], [])
        assert list((sender.box.services.librarian.folder / "incoming").iterdir()) == []


async def test_a_cancel_that_comes_after_the_commit_is_too_late(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        add = sender.box.services.librarian.add_with

        async def committed(*given: Any, **named: Any) -> object:
            done = await add(*given, **named)
            sender.uploads._working[session].scope.cancel()
            return done

        monkeypatch.setattr(sender.box.services.librarian, "add_with", committed)
        assert [(await sender.finalize(session)).id] == await sender.tracks()
        assert (await sender.status(session)).status == "completed"
        assert sender.parts() == []


async def test_an_upload_that_ended_in_an_error_keeps_its_message_whoever_cancels_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with sending(tmp_path, b"Dear diary, " * 1000) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        with pytest.raises(UnsupportedMedia):
            await sender.finalize(session)
        before = await sender.status(session)
        assert await sender.uploads.cancel(session) == before
        assert (before.status, await sender.status(session)) == ("error", before)
        assert before.error
        with pytest.raises(UnsupportedMedia, match="cannot be played"):
            await sender.finalize(session)


async def test_a_cancel_waits_for_nobody_though_all_that_may_be_made_tracks_are_being_made(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def for_ever(*_: object) -> None:
        staging.append(None)
        await trio.sleep_forever()

    staging: list[None] = []
    async with sending(tmp_path) as sender:
        sessions = [await sender.begin() for _ in range(8)]
        for session in sessions:
            await sender.send_all(session)
        monkeypatch.setattr(sender.uploads._ingest, "stage", for_ever)
        refused: list[str] = []

        async def finalize(session: str) -> None:
            with pytest.raises(BadRequest, match="cancelled"):
                await sender.finalize(session)
            refused.append(session)

        async with trio.open_nursery() as nursery:
            for session in sessions:
                nursery.start_soon(finalize, session)
            await trio.testing.wait_all_tasks_blocked()
            assert len(staging) == 8
            began = trio.current_time()
            for session in sessions:
                assert (await sender.uploads.cancel(session)).status == "cancelled"
                assert (await sender.status(session)).status == "cancelled"
            assert trio.current_time() == began
        assert sorted(refused) == sorted(sessions)
        assert (sender.parts(), await sender.tracks()) == ([], [])


async def test_a_cancel_decides_before_the_work_has_noticed(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a decoder cannot be interrupted: the track that it made is not taken in any more."""
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        stage = sender.uploads._ingest.stage

        async def stubborn(source: Path, incoming: Path, name: str | None = None, look: Look | None = None) -> object:
            staging.set()
            with trio.CancelScope(shield=True):
                await cancelled.wait()
            staged: list[object] = []
            with trio.CancelScope(shield=True):
                staged.append(await stage(source, incoming, name, look))
            return staged[0]

        monkeypatch.setattr(sender.uploads._ingest, "stage", stubborn)
        staging, cancelled = trio.Event(), trio.Event()

        async def finalize() -> None:
            with pytest.raises(BadRequest, match="cancelled"):
                await sender.finalize(session)

        async def cancel() -> None:
            assert (await sender.uploads.cancel(session)).status == "cancelled"

        async with trio.open_nursery() as nursery:
            nursery.start_soon(finalize)
            await staging.wait()
            nursery.start_soon(cancel)
            await trio.testing.wait_all_tasks_blocked()
            assert (await sender.status(session)).status == "cancelled"
            cancelled.set()
        assert (sender.parts(), await sender.tracks()) == ([], [])


async def test_a_chunk_that_is_written_while_the_upload_is_cancelled_hears_that(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
        thread = sender.uploads._thread

        async def slow(call: Any, *args: Any) -> Any:
            if call == sender.uploads._put:
                nursery.start_soon(sender.uploads.cancel, session)
                await trio.testing.wait_all_tasks_blocked()
                (sender.box.services.librarian.folder / "uploads" / f"{session}.part").unlink()  # as a sweep may
            return await thread(call, *args)

        monkeypatch.setattr(sender.uploads, "_thread", slow)
        async with trio.open_nursery() as nursery:
            with pytest.raises(BadRequest, match="cancelled"):
                await sender.send(session, 1)
        assert (await sender.status(session)).chunks == 1


async def test_the_size_of_a_chunk_is_known_before_it_is_read(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session, last = await sender.begin(), sender.count - 1
        for index in (0, last):
            assert await sender.uploads.size_of(sender.playlist_id, session, index) == len(sender.piece(index))
        for playlist_id, session_id, index, error in (
            (sender.playlist_id, session, last + 1, BadRequest),
            (sender.playlist_id, "no-such-session", 0, NotFound),
            ("no-such-playlist", session, 0, NotFound),
        ):
            with pytest.raises(error):
                await sender.uploads.size_of(playlist_id, session_id, index)
        await sender.uploads.cancel(session)
        with pytest.raises(BadRequest, match="cancelled"):
            await sender.uploads.size_of(sender.playlist_id, session, 0)


# --- the age of an upload ---

JUMP_S = 56 * 365 * 86400.0  # from 1970 to the time that the network tells


def jump(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """The wall clock is put right, or wrong."""
    wall = VirtualPorts.wall
    monkeypatch.setattr(VirtualPorts, "wall", lambda ports: wall(ports) + seconds)


@pytest.mark.parametrize("seconds", [JUMP_S, -JUMP_S / 2])
async def test_a_clock_that_jumps_makes_no_upload_old(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
        jump(monkeypatch, seconds)
        await trio.sleep(STALE_S - SWEEP_S - 1)
        assert sender.parts() == [session]
        assert (await sender.uploads.cleanup(STALE_S)).sessions == []
        await trio.sleep(2 * SWEEP_S + 1)
        assert sender.parts() == []


async def test_an_upload_of_a_wrong_clock_outlives_the_start_and_goes_on(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send(session, 0)
    jump(monkeypatch, JUMP_S)
    async with virtual_box(tmp_path, seed=1) as box:
        sender = Sender(box, sender.playlist_id, sender.content)
        await trio.sleep(GRACE_S - 1)
        await sender.send_all(session)
        await trio.sleep(STALE_S - SWEEP_S - 1)
        await sender.finalize(session)
        assert sender.kept() == sender.content


async def test_what_was_abandoned_goes_though_the_box_is_switched_off_every_night(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with sending(tmp_path) as sender:
        await sender.begin()
    await trio.sleep(STALE_S)
    async with virtual_box(tmp_path, seed=1) as box:
        sender = Sender(box, sender.playlist_id, sender.content)
        assert len(sender.parts()) == 1
        await trio.sleep(GRACE_S + 1)
        assert sender.parts() == []


async def test_a_cleanup_says_for_how_long_nobody_had_continued(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await trio.sleep(100)
        assert sender.uploads.idle_s(session) == 100
        assert (await sender.uploads.cleanup(101)).sessions == []
        [gone] = (await sender.uploads.cleanup(100)).sessions
        assert (gone.upload.id, gone.idle_s) == (session, 100)


# --- the table ---


async def test_every_row_of_the_table_is_one_that_uploads_cause(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object, **__: object) -> None:
        raise NoSpace("the disk is full")

    async def for_ever(*_: object) -> None:
        await trio.sleep_forever()

    with rows_recorded(UPLOAD) as taken:
        async with sending(tmp_path) as sender:
            await sender.uploads.cancel(await sender.begin())
            begun = await sender.begin()
            await sender.send(begun, 0)
            with pytest.raises(BadRequest, match="missing"):
                await sender.finalize(begun)
            await sender.uploads.cancel(begun)
            session = await sender.begin()
            await sender.send_all(session)
            with monkeypatch.context() as patch:
                patch.setattr(sender.uploads._ingest, "stage", full)
                with pytest.raises(NoSpace):
                    await sender.finalize(session)
            with monkeypatch.context() as patch:
                patch.setattr(sender.uploads._ingest, "stage", for_ever)
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(_finalized_in_vain, sender, session)
                    await trio.testing.wait_all_tasks_blocked()
                    await sender.uploads.cancel(session)
            session = await sender.begin()
            await sender.send_all(session)
            await sender.finalize(session)
            sender = Sender(sender.box, sender.playlist_id, b"Dear diary, " * 1000)
            session = await sender.begin()
            await sender.send_all(session)
            with pytest.raises(UnsupportedMedia):
                await sender.finalize(session)
    assert taken == rows_of(UPLOAD)


async def _finalized_in_vain(sender: Sender, session: str) -> None:
    with pytest.raises(BadRequest, match="cancelled"):
        await sender.finalize(session)


def test_a_journal_of_which_letters_are_torn_is_read(tmp_path: Path) -> None:
    upload = Upload("a" * 36, "b" * 36, "Möwe.mp3", "mp3", CHUNK, CHUNK, None, 1.0, 1.0)
    marks.note(tmp_path, 0, upload.id, 0, [b"x"], upload)
    [journal] = (tmp_path / "cache" / "uploads").iterdir()
    journal.write_bytes(journal.read_bytes().replace("ö".encode(), b"\xc3\0"))
    noted = marks.read(tmp_path)
    assert noted.announced == {}
    assert [*noted.sums] == [upload.id.encode()]
