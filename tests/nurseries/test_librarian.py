"""The librarian: commit, then publish, then tell the deck."""

from pathlib import Path
from typing import Any

import pytest
import trio
from pydantic_core import from_json

from tests.rigs.library import opened, titles
from tests.rigs.virtual import virtual_time
from tomb.errors import BadRequest, Conflict, NotFound, Unavailable
from tomb.events import Event
from tomb.library.index import Query
from tomb.library.memory import PlayerMemory
from tomb.library.playlists import PlaylistEdit
from tomb.models import PlaylistLite, Resume, TagAction
from tomb.nurseries.journal import Notes
from tomb.nurseries.library_events import APART_S, GATHER_S
from tomb.ports import RealPorts


async def test_a_new_playlist_is_told_and_then_the_list(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.librarian.create("Songs", "to sing")
        created, listed = stage.bodies()
    data: Any = created["data"]
    assert created["event_type"] == "state:playlist_created"
    assert data["playlist"] == made.model_dump(mode="json")
    assert (data["playlist_id"], made.description, made.server_seq) == (made.id, "to sing", created["server_seq"])
    data = listed["data"]
    assert listed["event_type"] == "state:playlists"
    assert [set(each) for each in data["playlists"]] == [
        {*PlaylistLite.model_fields, *PlaylistLite.model_computed_fields}
    ]


@virtual_time
async def test_the_list_is_told_once_a_second_while_it_goes_on_changing_and_then_as_it_is(tmp_path: Path) -> None:
    heard = list[tuple[float, int]]()

    def hear(event: Event) -> None:
        if event.type == "state:playlists":
            heard.append((trio.current_time() - began, len(from_json(event.payload)["data"]["playlists"])))

    async with opened(tmp_path) as stage, trio.open_nursery() as nursery:
        await nursery.start(stage.librarian.run)
        stage.events.subscribe(hear)
        began = trio.current_time()
        for number in range(20):
            await stage.librarian.create(f"Songs {number}")
            assert stage.told[-1].type == "state:playlist_created"  # that is told at once
            await trio.sleep(0.07)
        await trio.sleep(10 * APART_S)
        nursery.cancel_scope.cancel()
    assert [count for _, count in heard] == [1, 16, 20]
    assert [at for at, _ in heard] == pytest.approx([GATHER_S + (GATHER_S + APART_S) * turn for turn in range(3)])


async def test_an_edit_is_told_to_its_room_in_full_and_to_the_list(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        left = await stage.librarian.update(made.id, {"description": ""})
        rooms = [event.rooms for event in stage.told]
        full, updated = stage.bodies()
        deck = stage.deck.heard
    assert rooms == [{f"playlist:{made.id}"}, {"playlists"}]
    assert (full["event_type"], updated["event_type"]) == ("state:playlist", "state:playlist_updated")
    assert full["playlist_seq"] == made.playlist_seq + 1
    assert updated["data"] == {"playlist_id": made.id, "playlist": left.model_dump(mode="json")}
    assert {track.server_seq for track in left.tracks} == {left.server_seq} == {updated["server_seq"]}
    assert deck == [("edited", made.id)]


async def test_an_edit_of_nothing_is_no_edit(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a"])
        assert await stage.librarian.update(made.id, {}) == made
        assert stage.news() == []


async def test_an_edit_of_a_track_is_told_with_its_playlist_and_leaves_the_rest(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        first, second = made.tracks
        changed = await stage.librarian.edit_track(second.id, {"title": "Winter", "artist": "A choir"})
        news, deck = stage.news(), list(stage.deck.heard)
        cleared = await stage.librarian.edit_track(second.id, {"artist": None})
        after = await stage.librarian.playlist(made.id)
    assert news == ["state:track", "state:playlist", "state:playlist_updated"]
    assert deck == [("edited", made.id)]
    assert (changed.title, changed.artist, changed.album) == ("Winter", "A choir", second.album)
    assert (cleared.title, cleared.artist) == ("Winter", None)
    assert after.playlist_seq == made.playlist_seq + 2
    assert (after.tracks[0].title, after.tracks[1]) == (first.title, cleared)


async def test_an_edit_of_nothing_leaves_a_track_as_it_is(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a"])
        await stage.librarian.edit_track(made.tracks[0].id, {})
        assert (stage.news(), (await stage.librarian.playlist(made.id)).playlist_seq) == ([], made.playlist_seq)
        with pytest.raises(NotFound):
            await stage.librarian.edit_track("nobody", {"title": "Winter"})


async def test_policies_come_and_go(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [])
        set_ = await stage.librarian.update(made.id, {"same_tag": "restart", "on_removal": "pause"})
        unset = await stage.librarian.update(made.id, {"same_tag": None})
    assert (set_.same_tag, set_.on_removal) == ("restart", "pause")
    assert (unset.same_tag, unset.on_removal) == (None, "pause")


async def test_a_deleted_playlist_takes_its_files_along_but_no_others(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        songs = await stage.fill("Songs", [b"shared", b"alone"])
        others = await stage.fill("Others", [b"shared"])
        await stage.librarian.link_tag("04AA", songs.id)
        stage.news()
        await stage.librarian.delete(songs.id)
        assert stage.news() == ["state:playlist_deleted", "state:playlists"]
        assert stage.deck.heard[-1] == ("gone", songs.id)
        await stage.librarian.empty_bin()
        assert stage.files() == {f"{others.tracks[0].file_hash}.mp3"}
        tag = await stage.librarian.tag("04AA")
        assert tag is not None
        assert tag.playlist_id is None
        with pytest.raises(NotFound):
            await stage.librarian.delete(songs.id)
        assert stage.news() == []


async def test_added_tracks_are_told_one_by_one_with_their_keys_beside(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a"])
        async with stage.ingest.incoming() as incoming:
            (incoming / "new.mp3").write_bytes(b"new")
            arrived = await stage.librarian.add(made.id, [await stage.ingest.stage(incoming / "new.mp3", incoming)])
        rooms = stage.told[0].rooms
        added, *rest = stage.bodies()
    assert rooms == {"playlists", f"playlist:{made.id}"}
    data: Any = added["data"]
    assert added["event_type"] == "state:track_added"
    assert added["track"] == data["track"]
    assert added["playlist_id"] == data["playlist_id"] == made.id
    assert (data["track"]["number"], data["track"]["server_seq"]) == (2, added["server_seq"])
    assert [each["event_type"] for each in rest] == ["state:playlist", "state:playlist_updated"]
    assert arrived.added[0].title == "new"


async def test_deleted_tracks_are_told_with_their_keys_beside(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b", b"c"])
        left = await stage.librarian.delete_tracks(made.id, [3], [made.tracks[0].id])
        deleted, *rest = stage.bodies()
        await stage.librarian.empty_bin()
        assert stage.files() == {f"{made.tracks[1].file_hash}.mp3"}
    assert titles(left) == ["2"]
    assert left.tracks[0].number == 1
    assert deleted["track_numbers"] == [1, 3]
    assert deleted["track_ids"] == [made.tracks[0].id, made.tracks[2].id]
    assert [each["event_type"] for each in rest] == ["state:playlist", "state:playlist_updated"]


@pytest.mark.parametrize("numbers", [[1, 9], [0], [-1], []])
async def test_if_one_of_the_tracks_is_not_there_none_is_deleted(tmp_path: Path, numbers: list[int]) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        with pytest.raises((NotFound, BadRequest)):
            await stage.librarian.delete_tracks(made.id, numbers)
        assert await stage.librarian.playlist(made.id) == made
        assert stage.news() == []


async def test_a_moved_track_leaves_one_playlist_and_joins_the_other(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        source = await stage.fill("Source", [b"a", b"b", b"c"])
        target = await stage.fill("Target", [b"d", b"e"])
        left, joined = await stage.librarian.move_track(source.id, target.id, 2, 1)
        news = stage.news()
    assert titles(left) == ["1", "3"]
    assert titles(joined) == ["2", "1", "2"]
    assert [track.number for track in (*left.tracks, *joined.tracks)] == [1, 2, 1, 2, 3]
    assert joined.tracks[0].id == source.tracks[1].id
    assert news == ["state:track_deleted", "state:track_added"] + ["state:playlist", "state:playlist_updated"] * 2


async def test_a_move_within_a_playlist_is_a_reorder(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b", b"c"])
        moved, same = await stage.librarian.move_track(made.id, made.id, 1)
        assert titles(moved) == ["2", "3", "1"]
        assert moved == same
        assert stage.news() == ["state:playlist", "state:playlist_updated"]


async def test_a_position_beyond_the_end_moves_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        source, target = await stage.fill("Source", [b"a"]), await stage.fill("Target", [b"b"])
        with pytest.raises(BadRequest) as refused:
            await stage.librarian.move_track(source.id, target.id, 1, 3)
        assert refused.value.details == {"last_position": 2}
        assert await stage.librarian.playlist(source.id) == source


async def test_an_order_may_name_tracks_by_number_or_by_id(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b", b"c"])
        assert titles(await stage.librarian.reorder(made.id, [3, 1, 2])) == ["3", "1", "2"]
        assert titles(await stage.librarian.reorder(made.id, [track.id for track in made.tracks])) == ["1", "2", "3"]


@pytest.mark.parametrize("order", [[1], [1, 1], [1, 2, 3], [0, 1], ["x", "y"], []])
async def test_an_order_that_is_no_permutation_is_refused(tmp_path: Path, order: list[Any]) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        with pytest.raises(BadRequest):
            await stage.librarian.reorder(made.id, order)
        assert await stage.librarian.playlist(made.id) == made


async def test_a_tag_that_changes_hands_is_lost_before_it_is_gained(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        old, new = await stage.fill("Old", []), await stage.fill("New", [])
        await stage.librarian.link_tag("04AA", old.id)
        with pytest.raises(Conflict) as refused:
            await stage.librarian.link_tag("04AA", new.id)
        assert refused.value.details == {"tag_id": "04AA", "existing_playlist": {"id": old.id, "title": "Old"}}
        stage.news()
        await stage.librarian.link_tag("04AA", new.id, override=True)
        owners = [each["data"] for each in stage.bodies() if each["event_type"] == "state:playlist"]
        assert [(each["id"], each["nfc_tag_id"]) for each in owners] == [(old.id, None), (new.id, "04AA")]  # type: ignore[index]  # JSON
        assert stage.librarian.tag_owner("04AA") is not None
        assert stage.librarian.lite(old.id).nfc_tag_id is None


async def test_a_tag_with_an_action_is_nobodys(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [])
        await stage.librarian.link_tag("04AA", made.id)
        with pytest.raises(Conflict):
            await stage.librarian.assign_tag("04AA", TagAction(action="next"))
        tag = await stage.librarian.assign_tag("04AA", TagAction(action="next"), override=True)
        assert (tag.playlist_id, tag.action) == (None, TagAction(action="next"))
        assert stage.librarian.lite(made.id).nfc_tag_id is None
        await stage.librarian.forget_tag("04AA")
        assert await stage.librarian.tags() == []


async def test_notes_of_the_journal_are_read_back_but_are_no_news(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        before = await stage.librarian.playlist_json(made.id)
        track = made.tracks[1]
        player = PlayerMemory(volume=30, playlist_id=made.id, track_id=track.id, position_ms=900, playing=True)
        point = Resume(track_id=track.id, position_ms=900)
        await stage.librarian.note(Notes({made.id: point}, [(made.id, track.id)], player))
        assert stage.news() == []
        after = await stage.librarian.playlist(made.id)
        assert await stage.librarian.playlist_json(made.id) != before
    async with opened(tmp_path) as again:
        assert await again.librarian.recall() == player
        kept = again.librarian.lite(made.id)
    assert (after.resume, after.tracks[1].play_count, after.playlist_seq) == (point, 1, made.playlist_seq)
    assert (kept.resume, kept.last_played) == (point, after.last_played)


async def test_notes_about_what_was_deleted_meanwhile_are_left_out(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a"])
        await stage.librarian.delete(made.id)
        gone = Resume(track_id=made.tracks[0].id, position_ms=1)
        player = PlayerMemory(playlist_id=made.id, track_id=gone.track_id)
        await stage.librarian.note(Notes({made.id: gone}, [(made.id, gone.track_id)], player))
        assert await stage.librarian.recall() == PlayerMemory()


async def test_what_did_not_change_in_this_run_carries_the_number_at_its_start(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a"])
    async with opened(tmp_path) as again:
        start = again.events.number
        assert start > made.server_seq
        read = await again.librarian.playlist(made.id)
        assert {read.server_seq, read.tracks[0].server_seq, again.librarian.lite(made.id).server_seq} == {start}


async def test_a_page_is_encoded_once_until_something_changes(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = [await stage.fill(f"Songs {number}", [bytes([number])]) for number in range(5)]
        query = Query(page=2, limit=2)
        page = await stage.librarian.page_json(query)
        assert await stage.librarian.page_json(query) is page
        decoded = from_json(page)
        assert [each["title"] for each in decoded["items"]] == ["Songs 2", "Songs 3"]
        assert decoded["items"] == decoded["playlists"]
        assert (decoded["total"], decoded["total_pages"], decoded["page"], decoded["limit"]) == (5, 3, 2, 2)
        await stage.librarian.update(made[2].id, {"title": "New"})
        decoded = from_json(await stage.librarian.page_json(query))
        full = await stage.librarian.playlist(made[2].id)
        assert decoded["items"][0] == full.model_dump(mode="json")
        lite = from_json(await stage.librarian.page_json(Query(tracks=False)))
        assert "tracks" not in lite["items"][0]


@pytest.mark.parametrize("q", ["STRASSE", "straße", " Stra", "e\u0301te\u0301", "\u00e9T\u00e9"])
async def test_a_search_ignores_case_and_how_accents_were_typed(tmp_path: Path, q: str) -> None:
    async with opened(tmp_path) as stage:
        await stage.fill("Other", [])
        await stage.librarian.create("In der Straße", "l'\u00c9te\u0301")
        found = from_json(await stage.librarian.page_json(Query(q=q)))
    assert (found["total"], found["items"][0]["title"]) == (1, "In der Straße")


async def test_whoever_is_cancelled_while_it_is_committed_does_not_silence_the_news(tmp_path: Path) -> None:
    ports = RealPorts()
    async with opened(tmp_path, ports=ports) as stage:
        with trio.CancelScope() as scope:
            in_thread = ports.in_thread

            async def be_cancelled_in_thread(*args: Any, **options: Any) -> Any:
                trio.lowlevel.current_trio_token().run_sync_soon(scope.cancel)
                return await in_thread(*args, **options)

            ports.in_thread = be_cancelled_in_thread  # type: ignore[assignment, method-assign]  # cancels at the worst moment
            await stage.librarian.create("Songs")
            await trio.lowlevel.checkpoint()
        assert scope.cancelled_caught
        assert stage.news() == ["state:playlist_created", "state:playlists"]
        assert stage.librarian.count() == 1
        ports.in_thread = in_thread  # type: ignore[method-assign]


async def test_news_comes_in_the_order_of_the_commits(tmp_path: Path) -> None:
    async with opened(tmp_path, ports=RealPorts()) as stage:
        made = await stage.fill("Songs", [])
        async with trio.open_nursery() as nursery:
            for number in range(30):
                edit: PlaylistEdit = {"title": str(number)}
                nursery.start_soon(stage.librarian.update, made.id, edit)
        revisions = [each["playlist_seq"] for each in stage.bodies() if each["event_type"] == "state:playlist"]
    assert revisions == list(range(made.playlist_seq + 1, made.playlist_seq + 31))


async def test_missing_files_are_marked_and_told_and_come_back(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a", b"b"])
        path = stage.store.library / made.tracks[0].file_path
        aside = path.rename(tmp_path / "aside")
        seen = await stage.librarian.reconcile()
        assert seen.lost == (made.tracks[0].file_hash,)
        assert stage.news() == ["state:track", "state:playlist", "state:playlist_updated"]
        assert [track.missing for track in (await stage.librarian.playlist(made.id)).tracks] == [True, False]
        aside.rename(path)
        await stage.librarian.reconcile()
        assert [track.missing for track in (await stage.librarian.playlist(made.id)).tracks] == [False, False]
        stage.news()
        await stage.librarian.reconcile()
        assert stage.news() == []


async def test_settings_are_kept(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.librarian.change_settings({"ceiling": 60, "quiet": {"from": "20:00"}})
        assert await stage.librarian.change_settings({"ceiling": None}) == {"quiet": {"from": "20:00"}}
    async with opened(tmp_path) as again:
        assert await again.librarian.settings() == {"quiet": {"from": "20:00"}}


async def test_a_disk_that_fails_at_the_end_of_a_download_ends_neither_the_download_nor_the_box(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [b"a"])

        async def fail(*_: object) -> None:
            raise Unavailable("the library cannot be read: disk I/O error")

        async with stage.librarian.pinned():
            await stage.librarian.delete(made.id)
            await stage.librarian.empty_bin()
            monkeypatch.setattr(stage.store, "between", fail)
        monkeypatch.undo()
        assert "disk I/O error" in caplog.text
        assert len(stage.files()) == 1
        await stage.librarian.reconcile()
        assert stage.files() == set()
