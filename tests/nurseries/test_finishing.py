"""What arrived whole becomes a track, or nothing does and the session says why."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.rigs.sending import CHUNK, Sender, digest, sending
from tomb.errors import BadRequest, NotFound, UnsupportedMedia
from tomb.library import uploads


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
        stage = sender.uploads._finishing._ingest.stage

        async def deleted_first(source: Path, incoming: Path, name: str | None = None) -> object:
            staged = await stage(source, incoming, name)
            await sender.box.services.librarian.delete(sender.playlist_id)
            return staged

        monkeypatch.setattr(sender.uploads._finishing._ingest, "stage", deleted_first)
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
        monkeypatch.setattr(sender.uploads._finishing._ingest, "stage", for_ever)

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
        assert list((sender.box.services.librarian.folder / "incoming").iterdir()) == []


async def test_a_cancel_that_comes_after_the_commit_is_too_late(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sending(tmp_path) as sender:
        session = await sender.begin()
        await sender.send_all(session)
        add = sender.box.services.librarian.add

        async def committed(*given: Any, **named: Any) -> object:
            done = await add(*given, **named)
            sender.uploads._processing[session].cancel()
            return done

        monkeypatch.setattr(sender.box.services.librarian, "add", committed)
        assert [(await sender.finalize(session)).id] == await sender.tracks()
        assert (await sender.status(session)).status == "completed"
        assert sender.parts() == []
