"""What is deleted can come back as it was, for 30 days by a clock that no jump of the wall clock hurries."""

import sqlite3
from pathlib import Path

import pytest
import trio

from tests.rigs.archivist import bites, mailbox, whole
from tests.rigs.library import Stage, opened, titles
from tests.rigs.virtual import virtual_time
from tomb.errors import Conflict, NoSpace, NotFound
from tomb.library import memory, playlists, recycle_bin
from tomb.library.recycle_bin import DAY_S, KEPT_DAYS
from tomb.models import BinItem, Resume, TagAction, iso
from tomb.nurseries.journal import Notes
from tomb.ports import VirtualPorts

pytestmark = virtual_time

TAG = "04A1B2C3"
NOW = 1_750_000_000.0


def columns(db: sqlite3.Connection, table: str) -> set[str]:
    return {row["name"] for row in db.execute(f"PRAGMA table_info({table})")}


async def rows(stage: Stage, table: str) -> list[tuple[object, ...]]:
    return await stage.store.read(lambda db: [tuple(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")])


async def binned(stage: Stage) -> list[str]:
    return [each.title for each in await stage.librarian.bin()]


# --- back as it was ---------------------------------------------------------------------------------------------------


async def test_all_that_a_playlist_and_a_track_are_goes_along(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        kept = await stage.store.read(lambda db: (columns(db, "bin_playlists"), columns(db, "bin_tracks")))
        all_of = await stage.store.read(lambda db: (columns(db, "playlists"), columns(db, "tracks")))
    assert all_of[0] <= kept[0]
    assert all_of[1] <= kept[1]
    assert set(recycle_bin._PLAYLIST.split(", ")) == all_of[0] - {"place"}
    assert set(recycle_bin._TRACK.split(", ")) == all_of[1] - {"number", "playlist_id"}


async def test_a_playlist_comes_back_as_it_was_and_where_it_was(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.fill("Before", [b"x"])
        made = await stage.fill("Songs", [b"a", b"b", b"c"])
        await stage.fill("After", [b"y"])
        await stage.librarian.update(made.id, {"description": "to sing", "same_tag": "next", "on_removal": "pause"})
        await stage.librarian.update(made.id, {"resume_policy": "restart", "shuffle": False})
        await stage.librarian.link_tag(TAG, made.id)
        point = Resume(track_id=made.tracks[1].id, position_ms=700)
        await stage.store.write(lambda db: memory.keep_resume(db, made.id, point))
        await stage.store.write(lambda db: memory.credit(db, made.id, made.tracks[0].id, NOW, iso(NOW)[:10]))
        tables = ("tracks", "plays", "resume", "files")
        before = {table: await rows(stage, table) for table in tables}
        was = await stage.librarian.playlist(made.id)
        await stage.librarian.delete(made.id)
        assert [lite.title for lite in stage.librarian.lites()] == ["Before", "After"]
        assert (await stage.librarian.tag(TAG)).playlist_id is None  # type: ignore[union-attr]
        assert stage.librarian.tag_use(TAG) is None
        with pytest.raises(NotFound):
            await stage.librarian.track(made.tracks[0].id)
        stage.news()
        back = await stage.librarian.restore(made.id)
        assert stage.news() == ["state:playlist_created", "state:playlists"]
        assert {table: await rows(stage, table) for table in tables} == before
        assert back.playlist_seq == was.playlist_seq + 1
        same = {"playlist_seq", "updated_at", "server_seq", "tracks"}
        assert back.model_dump(exclude=same) == was.model_dump(exclude=same) | {"last_played": int(NOW * 1000)}
        assert [lite.title for lite in stage.librarian.lites()] == ["Before", "Songs", "After"]
        assert stage.librarian.tag_use(TAG) == stage.librarian.lite(made.id)
        assert await stage.librarian.bin() == []
    async with opened(tmp_path, ports=VirtualPorts(seed=2)) as stage:
        assert [lite.title for lite in stage.librarian.lites()] == ["Before", "Songs", "After"]


async def test_tracks_come_back_to_their_places(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b", b"c", b"d"])
        was = await rows(stage, "tracks")
        await stage.librarian.delete_tracks(made.id, [2, 3])
        assert len(stage.files()) == 4
        stage.news()
        await stage.librarian.restore(made.tracks[1].id)
        back = await stage.librarian.restore(made.tracks[2].id)
        assert stage.news() == ["state:track_added", "state:playlist", "state:playlist_updated"] * 2
        assert [track.id for track in back.tracks] == [track.id for track in made.tracks]
        assert await rows(stage, "tracks") == was


async def left_at(stage: Stage, playlist_id: str) -> tuple[str, int] | None:
    point = (await stage.librarian.playlist(playlist_id)).resume
    assert point == stage.librarian.lite(playlist_id).resume
    return None if point is None else (point.track_id, point.position_ms)


async def leave_at(stage: Stage, playlist_id: str, track_id: str, position_ms: int) -> None:
    await stage.librarian.note(Notes({playlist_id: Resume(track_id=track_id, position_ms=position_ms)}))


@pytest.mark.parametrize(("deleted", "goes_on"), [([2], 3), ([3], 2), ([2, 3], 4), ([1, 2, 4], 3), ([2, 3, 4], None)])
@pytest.mark.parametrize("position_ms", [0, 700])
async def test_a_list_left_in_a_deleted_track_goes_on_with_the_one_that_followed(
    tmp_path: Path, deleted: list[int], goes_on: int | None, position_ms: int
) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Chapters", [b"a", b"b", b"c", b"d"])
        await leave_at(stage, made.id, made.tracks[1].id, position_ms)
        await stage.librarian.delete_tracks(made.id, deleted)
        expected = None if goes_on is None else (made.tracks[goes_on - 1].id, 0 if 2 in deleted else position_ms)
        assert await left_at(stage, made.id) == expected


async def test_a_deleted_track_that_comes_back_is_where_its_list_goes_on_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Chapters", [b"a", b"b", b"c"])
        for deleted in ([2], [2, 3], [1, 2, 3]):
            await leave_at(stage, made.id, made.tracks[1].id, 700)
            await stage.librarian.delete_tracks(made.id, deleted)
            for number in reversed(deleted):
                await stage.librarian.restore(made.tracks[number - 1].id)
            assert await left_at(stage, made.id) == (made.tracks[1].id, 700)


async def test_a_list_that_was_heard_since_its_track_was_deleted_stays_where_it_is(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Chapters", [b"a", b"b", b"c"])
        await leave_at(stage, made.id, made.tracks[1].id, 700)
        await stage.librarian.delete_tracks(made.id, [2])
        await leave_at(stage, made.id, made.tracks[2].id, 5)
        await stage.librarian.restore(made.tracks[1].id)
        assert await left_at(stage, made.id) == (made.tracks[2].id, 5)


async def test_a_list_left_in_a_track_that_moves_goes_on_with_the_one_that_followed(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made, other = await stage.fill("Chapters", [b"a", b"b", b"c"]), await stage.fill("Other", [b"x"])
        await leave_at(stage, made.id, made.tracks[1].id, 700)
        await stage.librarian.move_track(made.id, made.id, 2, 3)
        await stage.librarian.reorder(made.id, [3, 1, 2])
        assert await left_at(stage, made.id) == (made.tracks[1].id, 700)
        await stage.librarian.move_track(made.id, other.id, 1, 1)
        assert await left_at(stage, made.id) == (made.tracks[0].id, 0)
        assert await left_at(stage, other.id) is None
        await stage.librarian.move_track(made.id, other.id, 2)
        await stage.librarian.move_track(made.id, other.id, 1)
        assert await left_at(stage, made.id) is None


async def test_many_tracks_come_back_in_one_edit_each_to_its_place(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b", b"c", b"d", b"e"])
        was = await rows(stage, "tracks")
        gone = [made.tracks[index].id for index in (4, 0, 2)]
        await stage.librarian.delete_tracks(made.id, track_ids=gone)
        stage.news()
        back = await stage.librarian.restore_tracks(made.id, gone)
        assert stage.news() == ["state:track_added"] * 3 + ["state:playlist", "state:playlist_updated"]
        assert back.playlist_seq == made.playlist_seq + 2
        assert await rows(stage, "tracks") == was
        assert await stage.librarian.bin() == []
        stage.news()
        assert (await stage.librarian.restore_tracks(made.id, gone)).tracks == back.tracks  # there already
        assert stage.news() == []


async def test_tracks_come_back_all_or_none_and_to_their_own_playlist_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        other = await stage.fill("Other", [b"x", b"y"])
        await stage.librarian.delete_tracks(made.id, [1])
        await stage.librarian.delete_tracks(other.id, [1])
        for strange in ("nobody", other.tracks[0].id):
            with pytest.raises(NotFound):
                await stage.librarian.restore_tracks(made.id, [made.tracks[0].id, strange])
        assert sorted(await binned(stage)) == sorted([made.tracks[0].title, other.tracks[0].title])
        await stage.librarian.delete(made.id)
        with pytest.raises(Conflict):
            await stage.librarian.restore_tracks(made.id, [made.tracks[0].id])


async def test_a_place_that_is_gone_is_the_last_one(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b", b"c"])
        await stage.librarian.delete_tracks(made.id, [3])
        await stage.librarian.delete_tracks(made.id, [1])
        back = await stage.librarian.restore(made.tracks[2].id)
        assert titles(back) == [made.tracks[1].title, made.tracks[2].title]
        await stage.librarian.delete(made.id)
        await stage.librarian.create("Other")  # which takes its place among the playlists
        await stage.librarian.restore(made.id)
        assert [lite.title for lite in stage.librarian.lites()] == ["Other", "Songs"]


async def test_what_is_not_in_the_bin_any_more_stays_as_it_is(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        stage.news()
        assert await stage.librarian.restore(made.id) == made
        assert await stage.librarian.restore(made.tracks[1].id) == made
        assert stage.news() == []
        with pytest.raises(NotFound):
            await stage.librarian.restore("nobody")
        with pytest.raises(NotFound):
            await stage.librarian.remove("nobody")


async def test_a_track_waits_for_its_playlist(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        await stage.librarian.delete_tracks(made.id, [1])
        await stage.librarian.delete(made.id)
        with pytest.raises(Conflict) as refused:
            await stage.librarian.restore(made.tracks[0].id)
        assert refused.value.details == {"playlist_id": made.id, "playlist_title": "Songs"}
        with pytest.raises(NotFound):  # it is a part of what was deleted
            await stage.librarian.restore(made.tracks[1].id)
        await stage.librarian.restore(made.id)
        back = await stage.librarian.restore(made.tracks[0].id)
        assert [track.id for track in back.tracks] == [track.id for track in made.tracks]


async def test_a_track_whose_playlist_is_gone_for_good_brings_it_back_empty(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        await stage.librarian.delete_tracks(made.id, [2])
        await stage.librarian.delete(made.id)
        await stage.librarian.remove(made.id)
        stage.news()
        back = await stage.librarian.restore(made.tracks[1].id)
        assert (back.id, back.title, titles(back)) == (made.id, "Songs", [made.tracks[1].title])
        assert stage.news() == ["state:playlist_created", "state:playlists"]


@pytest.mark.parametrize("action", [True, False])
async def test_a_tag_that_has_another_use_meanwhile_keeps_it(tmp_path: Path, action: bool) -> None:
    async with opened(tmp_path) as stage:
        made, other = await stage.fill("Songs", [b"a"]), await stage.fill("Other", [b"b"])
        await stage.librarian.link_tag(TAG, made.id)
        await stage.librarian.delete(made.id)
        if action:
            await stage.librarian.assign_tag(TAG, TagAction(action="next"))
        else:
            await stage.librarian.link_tag(TAG, other.id)
        used = stage.librarian.tag_use(TAG)
        assert (await stage.librarian.restore(made.id)).nfc_tag_id is None
        assert stage.librarian.tag_use(TAG) == used


async def test_all_its_tags_come_back_with_it_in_their_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made, other = await stage.fill("Songs", [b"a"]), await stage.fill("Other", [b"b"])
        for tag_id in ("04BB", "04AA", "04DD", "04CC"):
            await stage.librarian.link_tag(tag_id, made.id)
        await stage.librarian.delete(made.id)
        await stage.librarian.link_tag("04DD", other.id)
        assert (await stage.librarian.restore(made.id)).tag_ids == ("04BB", "04AA", "04CC")
        assert stage.librarian.lite(other.id).tag_ids == ("04DD",)


async def test_it_says_what_is_in_it_the_last_first(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"bb", b"ccc"])
        await stage.librarian.delete_tracks(made.id, [2])
        await trio.sleep(60)
        await stage.librarian.delete(made.id)
        playlist, track = await stage.librarian.bin()
    assert playlist == BinItem(
        id=made.id, kind="playlist", title="Songs", playlist_id=None, playlist_title=None, track_count=2,
        duration_ms=4, bytes=4, deleted_at="2025-06-15T15:07:40.000Z", days_left=30,
    )  # fmt: skip
    assert (track.id, track.kind, track.title) == (made.tracks[1].id, "track", made.tracks[1].title)
    assert (track.playlist_id, track.playlist_title, track.track_count, track.bytes) == (made.id, "Songs", 1, 2)


# --- what it holds ----------------------------------------------------------------------------------------------------


async def test_sound_stays_until_it_is_deleted_for_good(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made, other = await stage.fill("Songs", [b"a", b"b"]), await stage.fill("Other", [b"b", b"c"])
        size = await stage.librarian.size()
        await stage.librarian.delete(made.id)
        await stage.librarian.delete_tracks(other.id, [2])
        assert (await stage.librarian.reconcile()).strays == 0
        assert (len(stage.files()), await stage.librarian.size()) == (3, size)
        await stage.librarian.remove(made.id)
        assert len(stage.files()) == 2  # one is in the other playlist
        await stage.librarian.empty_bin()
        assert len(stage.files()) == 1
        assert await stage.librarian.bin() == []
        for table in ("bin", "bin_playlists", "bin_tracks", "bin_tags", "bin_plays", "bin_imported"):
            assert await rows(stage, table) == []


async def test_a_backup_has_the_bin_too(tmp_path: Path) -> None:
    async with mailbox(tmp_path / "a") as box:
        made = await box.stage.fill("Songs", [b"a", b"b"])
        await box.stage.librarian.delete_tracks(made.id, [1])
        await box.stage.librarian.delete(made.id)
        content = await whole(await box.archivist.backup())
    async with mailbox(tmp_path / "b") as box:
        await box.archivist.restore(bites(content), len(content))
    async with opened(tmp_path / "b") as stage:
        await stage.librarian.reconcile()
        await stage.librarian.restore(made.id)
        back = await stage.librarian.restore(made.tracks[0].id)
        assert [(track.id, track.missing) for track in back.tracks] == [(track.id, False) for track in made.tracks]


async def test_it_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recycle_bin, "ITEMS_KEPT", 3)
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [bytes([each]) for each in range(6)])
        await stage.librarian.delete_tracks(made.id, [1, 2])
        await stage.librarian.delete_tracks(made.id, [1, 2])
        assert [each.id for each in await stage.librarian.bin()] == [track.id for track in reversed(made.tracks[1:4])]
        assert len(stage.files()) == 5


# --- space ------------------------------------------------------------------------------------------------------------


async def test_the_oldest_go_when_something_needs_the_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as stage:
        for number in range(4):
            made = await stage.fill(f"Songs {number}", [bytes([number]) * 100])
            await stage.librarian.delete(made.id)
        folder = tmp_path / "library" / "files"
        monkeypatch.setattr(
            "shutil.disk_usage", lambda _: _Usage(free=1000 - sum(path.stat().st_size for path in folder.iterdir()))
        )
        await stage.librarian.make_space(600)
        assert await binned(stage) == ["Songs 3", "Songs 2", "Songs 1", "Songs 0"]
        await stage.librarian.make_space(750)
        assert await binned(stage) == ["Songs 3", "Songs 2"]
        await stage.librarian.make_space(2000)  # which it could not give
        assert await binned(stage) == ["Songs 3", "Songs 2"]


async def test_a_file_that_comes_in_takes_the_place_of_what_was_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, song = tmp_path / "data" / "library", tmp_path / "song.mp3"
    song.write_bytes(b"x" * 500)
    async with opened(tmp_path / "data", free_kept=100) as stage:
        made = await stage.fill("Songs", [b"a" * 300])
        monkeypatch.setattr(
            "shutil.disk_usage",
            lambda _: _Usage(free=700 - sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())),
        )
        async with stage.ingest.incoming() as incoming:
            with pytest.raises(NoSpace):
                await stage.ingest.stage(song, incoming)
            await stage.librarian.delete(made.id)
            await stage.ingest.stage(song, incoming)
        assert await binned(stage) == []


async def test_while_a_backup_is_read_nothing_is_given_up_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a" * 100])
        await stage.librarian.delete(made.id)
        monkeypatch.setattr("shutil.disk_usage", lambda _: _Usage(free=0))
        async with stage.librarian.pinned():
            await stage.librarian.make_space(50)
        assert await binned(stage) == ["Songs"]
        await stage.librarian.make_space(50)
        assert await binned(stage) == []


async def test_on_a_full_disk_what_is_deleted_is_gone_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path) as stage:
        made, other = await stage.fill("Songs", [b"a", b"b"]), await stage.fill("Other", [b"c"])

        def full(*_: object) -> None:
            raise NoSpace("the disk is full; nothing was changed")

        monkeypatch.setattr(recycle_bin, "_enter", full)
        left = await stage.librarian.delete_tracks(made.id, [1])
        await stage.librarian.delete(other.id)
        assert titles(left) == [made.tracks[1].title]
        assert ([lite.title for lite in stage.librarian.lites()], await binned(stage)) == (["Songs"], [])
        assert len(stage.files()) == 1


async def test_an_edit_for_which_there_is_no_page_left_takes_one_from_the_bin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a" * 2_000_000])
        await stage.librarian.delete(made.id)
        create = playlists.create

        def on_a_full_disk(*args: object) -> object:
            if stage.files():
                raise NoSpace("the disk is full; nothing was changed")
            return create(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(playlists, "create", on_a_full_disk)
        await stage.librarian.create("New")
        assert await binned(stage) == []
        await stage.librarian.create("Newer")


# --- time -------------------------------------------------------------------------------------------------------------


class Leaping(VirtualPorts):
    """A wall clock that can be set."""

    ahead = 0.0

    def wall(self) -> float:
        return super().wall() + self.ahead


async def test_after_thirty_days_it_is_gone(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a"])
        await stage.librarian.delete(made.id)
        for day in range(KEPT_DAYS, 0, -1):
            assert [each.days_left for each in await stage.librarian.bin()] == [day]
            await trio.sleep(DAY_S)
            await stage.librarian.expire()
        assert (await binned(stage), stage.files()) == ([], set())


async def test_a_clock_that_leaps_does_not_empty_it(tmp_path: Path) -> None:
    ports = Leaping(epoch=0.0)
    async with opened(tmp_path, ports=ports) as stage:
        made = await stage.fill("Songs", [b"a"])
        await stage.librarian.delete(made.id)
        ports.ahead = 1_770_000_000.0
        await stage.librarian.expire()
        [item] = await stage.librarian.bin()
        assert item.days_left == KEPT_DAYS - 1
        for _ in range(100):  # starts without a clock, each a minute long
            ports.ahead = 0.0
            await stage.librarian.expire()
            await trio.sleep(60)
            ports.ahead = 1_770_000_000.0
            await stage.librarian.expire()
        [item] = await stage.librarian.bin()
        assert item.days_left == KEPT_DAYS - 1


async def test_a_clock_that_was_far_ahead_once_stops_nothing(tmp_path: Path) -> None:
    ports = Leaping()
    async with opened(tmp_path, ports=ports) as stage:
        made = await stage.fill("Songs", [b"a"])
        ports.ahead = 50 * 365.0 * DAY_S
        await stage.librarian.delete(made.id)
        ports.ahead = 0.0
        for _ in range(KEPT_DAYS):
            await trio.sleep(DAY_S)
            await stage.librarian.expire()
        assert await binned(stage) == []


async def test_days_on_which_the_box_was_off_count_by_its_next_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a"])
        await stage.librarian.delete(made.id)
    for day in range(1, KEPT_DAYS):
        async with opened(tmp_path, ports=VirtualPorts(seed=1 + day, epoch=NOW + day * DAY_S)) as stage:
            await stage.librarian.expire()
            assert [each.days_left for each in await stage.librarian.bin()] == [KEPT_DAYS - day]


async def test_a_look_into_an_empty_bin_writes_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        before = await rows(stage, "counters")
        await trio.sleep(DAY_S)
        await stage.librarian.expire()
        assert await rows(stage, "counters") == before


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free
