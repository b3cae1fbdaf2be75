"""The library as one file and back, while everything else goes on."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
import trio.testing

from tests.rigs.archives import exported_playlist, furnish, good, held
from tests.rigs.archivist import bites, mailbox, nothing_left, sounds, whole
from tests.rigs.failing import ERRORS, failing, sqlite_error
from tests.rigs.library import opened
from tests.rigs.pictures import BLUE, RED, plain
from tests.rigs.small_disk import small_disk
from tests.rigs.virtual import virtual_time
from tomb.errors import Conflict, NoSpace, RequestTimeout, Unavailable
from tomb.library import files, intake
from tomb.library.archives import archive, manifest, restore
from tomb.library.archives.archive import BadArchive
from tomb.library.covers import scaled
from tomb.nurseries.archivist import OUT_AT_ONCE, STALL_S

pytestmark = virtual_time

LARGE = archive.PIECE + 1000


# --- out ------------------------------------------------------------------------------------------------------------


async def test_a_backup_holds_what_was_there_when_it_began(tmp_path: Path) -> None:
    async with mailbox(tmp_path / "a") as box:
        contents = [bytes([number]) * LARGE for number in range(4)]
        made = await box.stage.fill("Songs", contents)
        outgoing = await box.archivist.backup()
        first = await outgoing.pieces.receive()
        await box.stage.librarian.delete_tracks(made.id, [2, 3])
        await box.stage.librarian.delete(made.id)
        await box.stage.librarian.empty_bin()
        await box.stage.fill("More", [b"later"])
        assert (await box.stage.librarian.reconcile()).strays == 0
        assert len(box.stage.files()) == 5
        rest = [piece async for piece in outgoing.pieces]
        await trio.testing.wait_all_tasks_blocked()
        assert len(box.stage.files()) == 1
    content = b"".join([first, *rest])
    assert sounds(content) == set(contents)
    async with mailbox(tmp_path / "b") as other:
        await other.archivist.restore(bites(content), len(content))
    async with opened(tmp_path / "b") as stage:
        [lite] = stage.librarian.lites()
        assert len((await stage.librarian.playlist(lite.id)).tracks) == 4


@pytest.mark.parametrize("there", [True, False])
async def test_a_backup_has_the_pictures_of_playlists_also_of_those_in_the_bin(tmp_path: Path, there: bool) -> None:
    async with mailbox(tmp_path / "a") as box:
        kept, deleted = await box.stage.fill("Kept", [b"kept"]), await box.stage.fill("Deleted", [b"deleted"])
        for made, colour in ((kept, RED), (deleted, BLUE)):
            cover = scaled(plain(20, 20, colour))
            assert cover is not None
            async with box.stage.ingest.incoming() as incoming:
                await box.stage.librarian.set_cover(made.id, intake.stage_picture(incoming, cover))
        await box.stage.librarian.delete(deleted.id)
        if not there:
            for path in (box.stage.store.library / "covers").iterdir():
                path.unlink()
        content = await whole(await box.archivist.backup())
    async with mailbox(tmp_path / "b") as other:
        await other.archivist.restore(bites(content), len(content))
    async with opened(tmp_path / "b") as stage:
        [lite] = stage.librarian.lites()
        assert lite.own_cover is there
        assert (await stage.librarian.restore(deleted.id)).own_cover is there
        assert len(list((stage.store.library / "covers").iterdir())) == 2 * there


async def test_content_that_comes_back_while_a_backup_is_read_stays(tmp_path: Path) -> None:
    async with mailbox(tmp_path) as box:
        made = await box.stage.fill("Songs", [b"x" * LARGE, b"y"])
        outgoing = await box.archivist.backup()
        await box.stage.librarian.delete(made.id)
        await box.stage.librarian.empty_bin()
        await box.stage.fill("Again", [b"y"])
        await outgoing.pieces.aclose()
        await trio.testing.wait_all_tasks_blocked()
        [left] = [path.read_bytes() for path in (box.stage.store.library / "files").iterdir()]
        assert left == b"y"
        assert (await box.stage.librarian.reconcile()).changed == frozenset()


async def test_while_somebody_reads_a_second_one_keeps_the_files_too(tmp_path: Path) -> None:
    async with mailbox(tmp_path) as box:
        made = await box.stage.fill("Songs", [b"x" * 3 * LARGE])
        first, second = await box.archivist.backup(), await box.archivist.backup()
        await box.stage.librarian.delete(made.id)
        await box.stage.librarian.empty_bin()
        await first.pieces.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert sounds(await whole(second)) == {b"x" * 3 * LARGE}
        await trio.testing.wait_all_tasks_blocked()
        assert box.stage.files() == set()


async def test_a_client_that_goes_away_leaves_nothing(tmp_path: Path) -> None:
    async with mailbox(tmp_path) as box:
        made = await box.stage.fill("Songs", [b"x" * 3 * LARGE])
        outgoing = await box.archivist.backup()
        await outgoing.pieces.receive()
        assert box.stage.half_taken()
        await outgoing.pieces.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert not box.stage.half_taken()
        await box.stage.librarian.delete(made.id)
        await box.stage.librarian.empty_bin()
        assert box.stage.files() == set()


async def test_a_client_that_takes_nothing_is_given_up(tmp_path: Path) -> None:
    async with mailbox(tmp_path) as box:
        await box.stage.fill("Songs", [b"x" * 5 * LARGE])
        outgoing = await box.archivist.backup()
        await trio.sleep(STALL_S + 1)
        assert not box.stage.half_taken()
        left = b"".join([piece async for piece in outgoing.pieces])
        assert len(left) < outgoing.length


async def test_a_file_that_vanishes_meanwhile_ends_the_backup_early(tmp_path: Path) -> None:
    async with mailbox(tmp_path) as box:
        await box.stage.fill("Songs", [b"x" * 3 * LARGE, b"y" * 3 * LARGE])
        outgoing = await box.archivist.backup()
        for path in (box.stage.store.library / "files").iterdir():
            path.unlink()
        left = b"".join([piece async for piece in outgoing.pieces])
        assert len(left) < outgoing.length
        await trio.testing.wait_all_tasks_blocked()
        assert not box.stage.half_taken()


async def test_a_disk_that_fails_when_a_backup_has_gone_out_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with failing(monkeypatch) as wrong:
        async with mailbox(tmp_path) as box:
            made = await box.stage.fill("Songs", [b"x" * 3 * LARGE])
            outgoing = await box.archivist.backup()
            await box.stage.librarian.delete(made.id)
            await box.stage.librarian.empty_bin()
            wrong.at(0, ERRORS["disk I/O error"])  # what is asked when nobody reads any more
            assert len(await whole(outgoing)) == outgoing.length
            await trio.testing.wait_all_tasks_blocked()
            assert "could not be removed" in caplog.text
            assert len(box.stage.files()) == 1
            await whole(await box.archivist.backup())
            await trio.testing.wait_all_tasks_blocked()
            assert box.stage.files() == set()  # it went with what was to go after this one


async def test_a_disk_that_fails_while_it_is_tidied_up_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_: Path) -> None:
        raise OSError(5, "Input/output error")

    async with mailbox(tmp_path) as box:
        await box.stage.fill("Songs", [b"x" * 3 * LARGE])
        outgoing = await box.archivist.backup()
        with monkeypatch.context() as patched:
            patched.setattr(files, "remove", broken)
            await outgoing.pieces.aclose()
            await trio.testing.wait_all_tasks_blocked()
        assert "an archive could not be made to its end" in caplog.text
        await whole(await box.archivist.backup())


async def test_a_disk_that_fails_before_the_first_byte_is_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with failing(monkeypatch) as wrong:
        async with mailbox(tmp_path) as box:
            made = await box.stage.fill("Songs", [b"x"])
            malformed = sqlite_error(sqlite3.SQLITE_CORRUPT, "database disk image is malformed")
            for number in range(8):  # the snapshot, and all that is asked of it
                for error in (ERRORS["disk I/O error"], malformed):
                    wrong.at(number, error)
                    with pytest.raises(Unavailable):
                        await box.archivist.backup()
            wrong.at(0, ERRORS["disk I/O error"])
            with pytest.raises(Unavailable):
                await box.archivist.export(made.id)
            await whole(await box.archivist.backup())
            await trio.testing.wait_all_tasks_blocked()
            assert not box.stage.half_taken()


async def test_not_more_than_a_few_go_out_at_once(tmp_path: Path) -> None:
    async with mailbox(tmp_path) as box:
        made = await box.stage.fill("Songs", [b"x" * 5 * LARGE])
        going = [await box.archivist.backup() for _ in range(OUT_AT_ONCE)]
        with pytest.raises(Conflict):
            await box.archivist.export(made.id)
        await going[0].pieces.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert len(await whole(await box.archivist.export(made.id))) > 5 * LARGE


async def test_missing_sound_is_missing_in_the_backup_and_back_where_it_was_found_again(tmp_path: Path) -> None:
    async with mailbox(tmp_path / "a") as box:
        await box.stage.fill("Songs", [b"one", b"two", b"three"])
        library = box.stage.store.library
        gone, half, back = (library / "files" / f"{manifest.digest(each)}.mp3" for each in (b"one", b"two", b"three"))
        back.rename(library / "there.mp3")
        await box.stage.librarian.reconcile()
        (library / "there.mp3").rename(back)
        gone.unlink()
        half.write_bytes(b"t")
        content = await whole(await box.archivist.backup())
        assert sounds(content) == {b"three"}
    async with mailbox(tmp_path / "b") as other:
        counts = await other.archivist.restore(bites(content), None)
        assert (counts.tracks, counts.missing) == (3, 2)
    async with opened(tmp_path / "b") as stage:
        [lite] = stage.librarian.lites()
        assert [track.missing for track in (await stage.librarian.playlist(lite.id)).tracks] == [True, True, False]


async def test_a_picture_that_is_gone_is_left_out(tmp_path: Path) -> None:
    furnish(tmp_path / "a")
    async with mailbox(tmp_path / "a") as box:
        files.remove(next((box.stage.store.library / "covers").iterdir()))
        content = await whole(await box.archivist.backup())
    async with mailbox(tmp_path / "b") as other:
        await other.archivist.restore(bites(content), len(content))
        assert other.restarts == [None]


# --- in -------------------------------------------------------------------------------------------------------------


async def test_a_restore_replaces_all_at_the_next_start_and_not_before(tmp_path: Path) -> None:
    async with mailbox(tmp_path) as box:
        await box.stage.fill("Old", [b"old"])
        counts = await box.archivist.restore(bites(good()), len(good()))
        assert (counts.playlists, counts.tracks, counts.missing) == (2, 3, 0)
        assert box.restarts == [None]
        assert [lite.title for lite in box.stage.librarian.lites()] == ["Old"]
        number = box.stage.events.number
    async with opened(tmp_path) as stage:
        assert [lite.title for lite in stage.librarian.lites()] == ["First", "Second"]
        assert stage.events.number > number
        assert (await stage.librarian.reconcile()).strays == 1
        assert nothing_left(tmp_path)


async def test_what_is_refused_changes_nothing(tmp_path: Path) -> None:
    async with mailbox(tmp_path) as box:
        await box.stage.fill("Old", [b"old"])
        before = held(tmp_path)
        for content in (b"", b"x" * 5000, good()[:-2000], good()[:700]):
            with pytest.raises(BadArchive):
                await box.archivist.restore(bites(content), len(content))
            assert nothing_left(tmp_path)
        assert box.restarts == []
        assert held(tmp_path) == before


async def test_a_body_that_stops_coming_leaves_nothing(tmp_path: Path) -> None:
    async def stalls() -> AsyncIterator[bytes]:
        yield good()[:200_000]
        raise RequestTimeout("the body did not arrive in time")

    async with mailbox(tmp_path) as box:
        with pytest.raises(RequestTimeout):
            await box.archivist.restore(stalls(), len(good()))
        assert nothing_left(tmp_path)
        with pytest.raises(RequestTimeout):
            await box.archivist.take(stalls(), len(good()))
        assert nothing_left(tmp_path)
        await box.archivist.restore(bites(good()), len(good()))


async def test_whoever_goes_away_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    async def for_ever() -> AsyncIterator[bytes]:
        yield good()[:200_000]
        await trio.sleep_forever()

    async with mailbox(tmp_path) as box:
        with trio.move_on_after(5):
            await box.archivist.restore(for_ever(), len(good()))
        assert nothing_left(tmp_path)
        assert box.restarts == []


async def test_one_restore_at_a_time(tmp_path: Path) -> None:
    async def for_ever() -> AsyncIterator[bytes]:
        yield good()[:200_000]
        await trio.sleep_forever()

    async with mailbox(tmp_path) as box, trio.open_nursery() as nursery:
        nursery.start_soon(box.archivist.restore, for_ever(), None)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(Conflict):
            await box.archivist.restore(bites(good()), len(good()))
        nursery.cancel_scope.cancel()
    async with mailbox(tmp_path) as box:
        await box.archivist.restore(bites(good()), len(good()))
        with pytest.raises(Conflict):
            await box.archivist.restore(bites(good()), len(good()))


async def test_there_must_be_space_for_it(tmp_path: Path) -> None:
    async with mailbox(tmp_path, free_kept=2**60) as box:
        for length in (len(good()), None):
            with pytest.raises(NoSpace):
                await box.archivist.restore(bites(good()), length)
            assert nothing_left(tmp_path)
            with pytest.raises(NoSpace):
                await box.archivist.take(bites(exported_playlist()), length)


async def test_what_the_library_has_already_needs_no_space(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        async with mailbox(disk.folder) as box:
            await box.stage.fill("Songs", [bytes([number]) * 1_000_000 for number in range(3)])
            backup = await whole(await box.archivist.backup())
            disk.leave(1500)
            await box.archivist.restore(bites(backup), len(backup))
            assert box.restarts == [None]
        async with mailbox(disk.folder / "new") as box:
            with pytest.raises(NoSpace):
                await box.archivist.restore(bites(backup), len(backup))


async def test_a_backup_that_waits_is_not_undone_by_what_comes_after(tmp_path: Path) -> None:
    async with mailbox(tmp_path) as box:
        await box.archivist.restore(bites(good()), None)
        with pytest.raises(Conflict):
            await box.archivist.restore(bites(b"rubbish"), None)
        assert (tmp_path / "restore" / restore.READY).exists()
