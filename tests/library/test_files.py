"""Files are kept by their content, once, for as long as a track needs them."""

import errno
import hashlib
import os
import shutil
import sqlite3
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from msgspec.structs import replace
from trio.testing import MockClock

from tests.rigs.library import Stage, opened
from tomb.errors import DecodeError, NoSpace, StartError, Unavailable
from tomb.library import files, intake
from tomb.library.arrivals import Arrival
from tomb.library.files import Freed
from tomb.library.intake import Intake
from tomb.library.labels import Labels
from tomb.models import Playlist
from tomb.nurseries.librarian import UNLINK_S


def taken(source: Path, target: Path) -> intake.Staged:
    taking = Intake(source, target)
    while not taking.bite():
        pass
    taking.close()
    return taking.staged


def test_a_copy_is_hashed_on_its_way(tmp_path: Path) -> None:
    content = bytes(range(256)) * 40_000
    (tmp_path / "song.mp3").write_bytes(content)
    staged = taken(tmp_path / "song.mp3", tmp_path / "copy.mp3")
    assert staged == intake.Staged(tmp_path / "copy.mp3", hashlib.sha256(content).hexdigest(), "mp3", len(content))
    assert staged.path.read_bytes() == content
    assert len(content) > intake.BITE


def test_a_file_may_be_hashed_without_being_copied(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"song")
    taking = Intake(tmp_path / "song.mp3")
    assert taking.bite()
    taking.close()
    assert taking.hash == hashlib.sha256(b"song").hexdigest()


def test_what_is_removed_may_be_as_deep_as_a_disk_takes_it_and_links_out_of_it_are_not_followed(
    deep_path: Path,
) -> None:
    """A walk that called itself ended with the stack, in `incoming` at each start, so that there was none."""
    (deep_path / "kept").mkdir()
    (deep_path / "kept" / "song.mp3").write_bytes(b"song")
    files.prepare(deep_path)
    deepest = deep_path / "incoming" / "some-id"
    for _ in range(1500):
        deepest.mkdir()
        (deepest / "away").symlink_to(deep_path / "kept")
        deepest /= "d"
    files.prepare(deep_path)
    assert list((deep_path / "incoming").iterdir()) == []
    assert (deep_path / "kept" / "song.mp3").exists()


def test_what_is_removed_may_have_longer_paths_than_a_system_takes_and_forbid_to_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a program makes them that goes where it has made one. Root may read it all the same."""
    files.prepare(tmp_path)
    with monkeypatch.context() as here:
        here.chdir(tmp_path / "incoming")
        for _ in range(30):
            Path("x" * 200).mkdir(mode=0o300)
            Path("0").mkdir()
            Path("0", "song").touch()
            os.chdir("x" * 200)
        Path("song").touch()
    files.prepare(tmp_path)
    assert list((tmp_path / "incoming").iterdir()) == []


def test_what_cannot_be_removed_is_no_reason_not_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.prepare(tmp_path)
    (tmp_path / "incoming" / "1" / "somebody-elses").mkdir(parents=True)
    (tmp_path / "incoming" / "2").mkdir()
    rmdir = Path.rmdir

    def sparing(path: Path) -> None:
        if path.name == "somebody-elses":
            raise PermissionError
        rmdir(path)

    monkeypatch.setattr(Path, "rmdir", sparing)
    files.prepare(tmp_path)
    assert [path.name for path in (tmp_path / "incoming").iterdir()] == ["1"]


def test_what_is_abandoned_leaves_no_copy(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"song")
    taking = Intake(tmp_path / "song.mp3", tmp_path / "copy.mp3")
    taking.bite()
    taking.abandon()
    assert not (tmp_path / "copy.mp3").exists()


def test_a_source_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="cannot be read: No such file"):
        Intake(tmp_path / "none.mp3")
    with pytest.raises(DecodeError, match="cannot be read: Is a directory"):
        Intake(tmp_path)


def test_a_full_disk_is_no_fault_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"song")
    # Linux's /dev/full refuses every write as a full disk does (full(4)).
    with pytest.raises(NoSpace), Path("/dev/full").open("wb", buffering=0) as full:
        intake._write_synced(full, b"song")


async def test_the_same_content_is_kept_once_however_it_is_called(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"same", b"same", b"other"])
        same = hashlib.sha256(b"same").hexdigest()
        assert [track.file_hash for track in made.tracks[:2]] == [same, same]
        assert len(stage.files()) == 2
        assert made.tracks[0].file_path == f"files/{same}.mp3"
        assert (stage.store.library / made.tracks[0].file_path).read_bytes() == b"same"
        await stage.librarian.delete_tracks(made.id, [1])
        await stage.librarian.empty_bin()
        assert len(stage.files()) == 2
        await stage.librarian.delete_tracks(made.id, [1])
        await stage.librarian.empty_bin()
        assert len(stage.files()) == 1


async def test_what_the_database_does_not_know_is_swept(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a"])
        (stage.store.library / "files" / "stray.mp3").write_bytes(b"stray")
        (stage.store.library / "files" / "folder").mkdir()
        (stage.store.library / "files" / "folder" / "link").symlink_to(tmp_path / "tomb.db")
        assert (await stage.librarian.reconcile()).strays == 2
        assert stage.files() == {Path(made.tracks[0].file_path).name}
        assert (tmp_path / "tomb.db").exists()


async def test_half_taken_files_are_forgotten_at_the_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        half = stage.store.library / "incoming" / "some-id"
        half.mkdir()
        (half / "half.mp3").write_bytes(b"half")
    async with opened(tmp_path) as again:
        assert again.half_taken() == []


async def test_content_that_comes_again_heals_the_tracks_that_missed_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"lost"])
        (stage.store.library / made.tracks[0].file_path).unlink()
        await stage.librarian.reconcile()
        stage.news()
        await stage.fill("Others", [b"lost"])
        assert not (await stage.librarian.playlist(made.id)).tracks[0].missing
        assert (await stage.librarian.reconcile()).changed == frozenset()


async def test_a_unit_that_fails_after_it_kept_a_file_leaves_none(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [])
        source = tmp_path / "song.mp3"
        source.write_bytes(b"song")
        async with stage.ingest.incoming() as incoming:
            arrival = await stage.ingest.stage(source, incoming)
            unknown = replace(arrival, sound=None, origin="unknown")
            with pytest.raises(Unavailable):
                await stage.librarian.add(made.id, [arrival, unknown])
        assert (await stage.librarian.playlist(made.id)).tracks == ()
        assert stage.news() == []
        assert (stage.files(), stage.half_taken()) == (set(), [])


async def test_files_come_in_though_the_transaction_that_they_were_to_share_came_to_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as stage:
        playlists = [await stage.fill(name, []) for name in "ab"]
        commit, tried = stage.store._before_commit, list[int]()

        def fail_once(names: Freed) -> None:
            commit(names)
            tried.append(len(names))
            if len(tried) == 1:
                raise sqlite3.OperationalError("disk I/O error")

        async def add(playlist: Playlist) -> None:
            async with stage.ingest.incoming() as incoming:
                source = tmp_path / f"{playlist.title}.mp3"
                source.write_bytes(playlist.title.encode())
                await stage.librarian.add(playlist.id, [await stage.ingest.stage(source, incoming)])

        async with trio.open_nursery() as nursery, stage.store._writing:
            for playlist in playlists:
                nursery.start_soon(add, playlist)
            await trio.testing.wait_all_tasks_blocked()
            monkeypatch.setattr(stage.store, "_before_commit", fail_once)
        assert tried == [2, 1, 1]
        assert [len((await stage.librarian.playlist(each.id)).tracks) for each in playlists] == [1, 1]
        assert (await stage.librarian.reconcile()).changed == frozenset()
        assert (len(stage.files()), stage.half_taken()) == (2, [])


async def test_content_that_comes_back_before_it_was_unlinked_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as stage:
        made, other = await stage.fill("Songs", [b"song"]), await stage.fill("Others", [])
        await stage.librarian.delete(made.id)
        (tmp_path / "song.mp3").write_bytes(b"song")
        between = stage.store.between

        async with stage.ingest.incoming() as incoming:
            arrival = await stage.ingest.stage(tmp_path / "song.mp3", incoming)
            [hashed] = (path.stem for path in (stage.librarian.folder / "files").iterdir())
            sound = intake.Staged(incoming / "song.mp3", hashed, "mp3", 4)
            sound.path.write_bytes(b"song")

            async def late(unit: Any) -> Any:
                await stage.librarian.add(other.id, [replace(arrival, sound=sound)])
                return await between(unit)

            monkeypatch.setattr(stage.store, "between", late)
            await stage.librarian.empty_bin()
        assert len((await stage.librarian.playlist(other.id)).tracks) == 1
        assert (await stage.librarian.reconcile()).changed == frozenset()
        assert len(stage.files()) == 1


async def add(stage: Stage, playlist: Playlist, content: bytes) -> None:
    async with stage.ingest.incoming() as incoming:
        (incoming / "song.mp3").write_bytes(content)
        arrival = await stage.ingest.stage(incoming / "song.mp3", incoming)
        await stage.librarian.add(playlist.id, [arrival])


async def test_names_that_did_not_reach_the_disk_once_are_refused_to_all_who_brought_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel says once that it could not write; who tried again would find nothing wrong."""
    async with opened(tmp_path) as stage:
        playlists = [await stage.fill(name, []) for name in "ab"]
        fsync, failed, refused = os.fsync, list[int](), list[str]()

        def fail_once(file: int) -> None:
            if not failed and Path(f"/proc/self/fd/{file}").readlink().name == "files":
                failed.append(file)
                raise OSError(errno.EIO, "Input/output error")
            fsync(file)

        async def refuse(playlist: Playlist) -> None:
            try:
                await add(stage, playlist, playlist.title.encode())
            except Unavailable as error:
                refused.append(error.message)

        async with trio.open_nursery() as nursery, stage.store._writing:
            for playlist in playlists:
                nursery.start_soon(refuse, playlist)
            nursery.start_soon(stage.librarian.create, "Another")
            await trio.testing.wait_all_tasks_blocked()
            monkeypatch.setattr("os.fsync", fail_once)
        assert [len((await stage.librarian.playlist(each.id)).tracks) for each in playlists] == [0, 0]
        assert refused == ["the library cannot be written: Input/output error; nothing was changed"] * 2
        assert len(stage.librarian.lites()) == 3  # who brought no file is not to suffer
        assert (stage.files(), stage.half_taken()) == (set(), [])


@pytest.mark.parametrize("room", [0, 1])
async def test_what_is_deleted_goes_though_there_is_no_room_for_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    async with opened(tmp_path) as stage:
        made, moved, replace = await stage.fill("Songs", [b"a", b"b", b"c"]), list[Path](), Path.replace
        await stage.librarian.delete(made.id)

        def full(path: Path, target: Path) -> Path:
            if target.parent.name == "incoming" and len(moved) == room:
                raise OSError(errno.ENOSPC, "No space left on device")
            moved.append(target)
            return replace(path, target)

        monkeypatch.setattr(Path, "replace", full)
        await stage.librarian.empty_bin()
        assert (stage.files(), stage.half_taken()) == (set(), [])


async def test_what_a_reader_holds_stays_whoever_looks_at_the_disk_meanwhile(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made, other = await stage.fill("Songs", []), await stage.fill("Others", [])
        async with stage.ingest.incoming() as incoming:
            (incoming / "cover.png").write_bytes(b"picture")
            picture = intake.staged(incoming / "cover.png")
            await stage.librarian.set_cover(made.id, picture)
        kept = stage.librarian.folder / "covers" / f"{picture.hash}.png"
        async with stage.librarian.pinned():
            async with trio.open_nursery() as nursery, stage.store._writing:
                for job in (
                    partial(stage.librarian.link_tag, "04AABBCC", other.id),  # which is written first,
                    stage.librarian.reconcile,
                    partial(stage.librarian.drop_cover, made.id),  # and takes this one along
                ):
                    nursery.start_soon(job)
                    await trio.testing.wait_all_tasks_blocked()
            assert kept.exists()
        assert not kept.exists()


async def test_whoever_begins_to_read_before_a_file_goes_keeps_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made, [path] = await stage.fill("Songs", [b"song"]), (stage.librarian.folder / "files").iterdir()
        await stage.librarian.delete(made.id)
        between = stage.store.between

        async with AsyncExitStack() as reading:

            async def late(unit: Any) -> Any:
                await reading.enter_async_context(stage.librarian.pinned())
                return await between(unit)

            stage.store.between = late  # type: ignore[method-assign]  # the next who is to unlink finds a reader
            await stage.librarian.empty_bin()
            stage.store.between = between  # type: ignore[method-assign]
            assert path.exists()
        assert not path.exists()


async def test_what_could_not_be_unlinked_in_its_time_goes_with_the_next(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with opened(tmp_path) as stage, trio.open_nursery() as nursery:
        made = await stage.fill("Songs", [b"song"])
        await stage.librarian.delete(made.id)
        between = stage.store.between

        async def slow(unit: Any) -> Any:
            async with stage.store._writing:
                await trio.sleep(UNLINK_S + 1)
            return await between(unit)

        stage.store.between = slow  # type: ignore[method-assign]
        await stage.librarian.empty_bin()
        assert len(stage.files()) == 1
        stage.store.between = between  # type: ignore[method-assign]
        assert (await stage.librarian.reconcile()).strays == 0
        assert (stage.files(), stage.half_taken()) == (set(), [])
        nursery.cancel_scope.cancel()


async def test_a_disk_that_was_put_in_another_s_place_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with opened(folder) as stage:
        made, other = await stage.fill("Songs", [b"song"]), await stage.fill("Others", [])
        shutil.copytree(folder, tmp_path / "copy")
        await stage.librarian.delete(made.id)
        await stage.librarian.empty_bin()
        folder.rename(tmp_path / "gone")
        (tmp_path / "copy").rename(folder)
        with pytest.raises(Unavailable, match="is gone"):
            await add(stage, other, b"song")
        assert len(stage.files()) == 1


async def test_what_an_edit_finds_by_itself_is_no_word_of_the_disk(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [])
        with pytest.raises(Unavailable, match="changed meanwhile"):
            await stage.librarian.add(made.id, [Arrival("a.mp3", Labels("A"), "unknown")])
        assert stage.store.refusal is None


async def test_a_library_that_cannot_be_written_says_so_and_changes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a"])
        (tmp_path / "song.mp3").write_bytes(b"song")
        async with stage.ingest.incoming() as incoming:
            arrival = await stage.ingest.stage(tmp_path / "song.mp3", incoming)
            # Even root cannot write into a file as into a folder.
            folder = (stage.librarian.folder / "files").rename(tmp_path / "aside")
            (stage.librarian.folder / "files").write_bytes(b"")
            with pytest.raises(Unavailable, match="cannot be written: Not a directory"):
                await stage.librarian.add(made.id, [arrival])
            with pytest.raises(Unavailable):
                await stage.librarian.reconcile()
            (stage.librarian.folder / "files").unlink()
            folder.rename(stage.librarian.folder / "files")
            assert await stage.librarian.playlist(made.id) == made
            assert len((await stage.librarian.add(made.id, [arrival])).added) == 1


async def test_a_folder_for_files_that_is_none_is_no_place_to_start(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "files").write_bytes(b"")
    with pytest.raises(StartError, match="library cannot be used: File exists"):
        async with opened(tmp_path):
            pass


async def test_when_a_whole_disk_is_gone_only_the_playlists_are_told(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        for number in range(13):
            await stage.fill(f"Songs {number}", [f"{number} {each}".encode() for each in range(4)])
        for path in (stage.librarian.folder / "files").iterdir():
            path.unlink()
        assert len((await stage.librarian.reconcile()).lost) == 52
        assert stage.news() == ["state:playlist", "state:playlist_updated"] * 13
        for lite in stage.librarian.lites():
            assert all(track.missing for track in (await stage.librarian.playlist(lite.id)).tracks)
