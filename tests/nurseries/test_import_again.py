"""Which folder is which, and what comes of one that comes again: what is in it counts, not where it lies."""

from pathlib import Path

import trio
from trio.testing import MockClock

from tests.rigs.library import Stage, opened, titles
from tomb.library import folders
from tomb.models import Playlist
from tomb.nurseries.importer import TAKEN_OUT
from tomb.ports import VirtualPorts

TUNE = b"the title tune of the whole series" * 10


def lay_down(folder: Path, **contents: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / f"{name}.mp3").write_bytes(content)
    return folder


def episode(folder: Path, salt: str, *names: str) -> Path:
    """Named files, each with content of its own, 1 to 2 kB."""
    return lay_down(folder, **{name: f"{salt} {name} ".encode() * 200 for name in names})


async def shelf(stage: Stage) -> list[tuple[str, list[str]]]:
    lites = stage.librarian.lites()
    return [(lite.title, titles(await stage.librarian.playlist(lite.id))) for lite in lites]


async def only(stage: Stage) -> Playlist:
    [lite] = stage.librarian.lites()
    return await stage.librarian.playlist(lite.id)


async def test_two_folders_of_one_name_that_pass_through_one_place_are_two_playlists(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as stage:
        folder = episode(tmp_path / "stick" / "Folge 1", "Benjamin", "a", "b")
        assert (await stage.importer.import_folder(folder)).created == 1
        episode(folder, "Bibi", "a", "b")
        assert (await stage.importer.import_folder(folder)).created == 1
        assert await shelf(stage) == [("Folge 1", ["a", "b"])] * 2
        assert (await stage.importer.import_folder(folder)).message == (
            "0 new playlists, 0 new tracks, 2 already there (in “Folge 1”)"
        )


async def test_a_title_tune_that_they_share_makes_them_no_one(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as stage:
        for series in ("Benjamin", "Bibi"):
            folder = lay_down(episode(tmp_path / series / "Folge 1", series, "b"), a=TUNE, c=TUNE[:100])
            await stage.importer.import_folder(folder)
        assert await shelf(stage) == [("Folge 1", ["a", "b", "c"])] * 2


async def test_an_album_within_a_larger_one_is_no_part_of_it(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as stage:
        await stage.importer.import_folder(episode(tmp_path / "Songs", "x", "a", "b"))
        await stage.importer.import_folder(episode(tmp_path / "All songs", "x", "a", "b", "c", "d"))
        assert await shelf(stage) == [("Songs", ["a", "b"]), ("All songs", ["a", "b", "c", "d"])]


async def test_what_was_added_comes_to_its_place_wherever_parents_have_put_the_others(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as stage:
        folder = episode(tmp_path / "Songs", "x", "2", "4", "6")
        await stage.importer.import_folder(folder)
        made = await only(stage)
        await stage.librarian.reorder(made.id, [3, 1, 2])  # 6 2 4
        episode(folder, "x", "1", "3", "5", "7")
        stage.news()
        imported = await stage.importer.import_folder(folder)
        assert (imported.created, imported.tracks, imported.already) == (0, 4, 3)
        assert titles(await only(stage)) == ["6", "7", "1", "2", "3", "4", "5"]
        assert [track.number for track in (await only(stage)).tracks] == [1, 2, 3, 4, 5, 6, 7]
        assert stage.news().count("state:track_added") == 4


async def test_what_parents_deleted_stays_deleted(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as stage:
        folder = episode(tmp_path / "Songs", "x", "1", "2", "3")
        await stage.importer.import_folder(folder)
        made = await only(stage)
        await stage.librarian.delete_tracks(made.id, [2])
        await stage.librarian.empty_bin()
        episode(folder, "x", "4")
        assert (await stage.importer.import_folder(folder)).tracks == 1
        assert titles(await only(stage)) == ["1", "3", "4"]


async def test_what_came_back_from_the_bin_comes_no_second_time(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as stage:
        folder = episode(tmp_path / "Songs", "x", "1", "2")
        await stage.importer.import_folder(folder)
        made = await only(stage)
        await stage.librarian.delete_tracks(made.id, [1])
        await stage.importer.import_folder(folder)
        await stage.librarian.restore(made.tracks[0].id)
        assert (await stage.importer.import_folder(folder)).already == 2
        assert titles(await only(stage)) == ["1", "2"]


async def test_a_playlist_that_was_in_the_bin_still_knows_what_it_had(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as stage:
        folder = episode(tmp_path / "Songs", "x", "1", "2", "3")
        await stage.importer.import_folder(folder)
        made = await only(stage)
        await stage.librarian.delete_tracks(made.id, [2])
        await stage.librarian.delete(made.id)
        await stage.librarian.restore(made.id)
        again = await stage.importer.import_folder(folder)
        assert again.message == "0 new playlists, 0 new tracks, 2 already there (in “Songs”), 1 left out"
        assert [(each.path.name, each.reason) for each in again.skipped] == [("2.mp3", TAKEN_OUT)]
        assert titles(await only(stage)) == ["1", "3"]


async def test_a_folder_whose_playlist_was_deleted_is_a_new_one(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as stage:
        folder = episode(tmp_path / "Songs", "x", "1", "2")
        await stage.importer.import_folder(folder)
        await stage.librarian.delete((await only(stage)).id)
        assert (await stage.importer.import_folder(folder)).created == 1


async def test_a_playlist_is_found_whatever_it_is_called_now(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as stage:
        folder = episode(tmp_path / "CD-Rip 0815", "x", "1", "2")
        await stage.importer.import_folder(folder)
        await stage.librarian.update((await only(stage)).id, {"title": "Die Biene"})
        folder = folder.rename(tmp_path / "Biene")  # at home it has a better name, too
        assert (await stage.importer.import_folder(folder)).created == 0
        episode(folder, "x", "3")
        assert (await stage.importer.import_folder(folder)).tracks == 1
        assert await shelf(stage) == [("Die Biene", ["1", "2", "3"])]


async def test_a_track_that_was_moved_elsewhere_does_not_come_back(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as stage:
        folder = episode(tmp_path / "Songs", "x", "1", "2")
        await stage.importer.import_folder(folder)
        made, other = await only(stage), await stage.librarian.create("Best of")
        await stage.librarian.move_track(made.id, other.id, 1)
        assert (await stage.importer.import_folder(folder)).tracks == 0
        assert await shelf(stage) == [("Songs", ["2"]), ("Best of", ["1"])]


async def test_sound_that_vanished_is_there_again(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as stage:
        folder = episode(tmp_path / "Songs", "x", "1", "2")
        await stage.importer.import_folder(folder)
        for path in (stage.librarian.folder / "files").iterdir():
            path.unlink()
        await stage.librarian.reconcile()
        assert all(track.missing for track in (await only(stage)).tracks)
        stage.news()
        await stage.importer.import_folder(folder)
        assert not any(track.missing for track in (await only(stage)).tracks)
        assert "state:playlist_updated" in stage.news()


async def test_the_inbox_keeps_what_parents_had_taken_out(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with opened(tmp_path / "data") as stage:
        await stage.importer.import_folder(episode(tmp_path / "Songs", "x", "1", "2"))
        await stage.librarian.delete_tracks((await only(stage)).id, [1])
        await stage.librarian.empty_bin()
        folder = episode(stage.librarian.folder / "inbox" / "Songs", "x", "1", "2", "3")
        await trio.sleep(60)
        assert (
            await stage.importer.sync()
        ).imported.message == "0 new playlists, 1 new track, 1 already there (in “Songs”), 1 left out"
        assert [path.name for path in folder.iterdir()] == ["1.mp3"]


async def test_a_file_in_the_inbox_is_a_playlist_of_one(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with opened(tmp_path / "data") as stage:
        inbox = episode(stage.librarian.folder / "inbox", "x", "Alone", ".hidden")
        (inbox / "letter.txt").write_text("Dear parents")
        episode(inbox / ".Trash-1000", "x", "1")
        await trio.sleep(60)
        await stage.importer.empty_inbox()
        assert await shelf(stage) == [("Alone", ["Alone"])]
        assert sorted(path.name for path in inbox.iterdir()) == [".Trash-1000", ".hidden.mp3", "letter.txt"]


async def test_a_folder_that_went_into_a_playlist_is_not_that_playlist(tmp_path: Path) -> None:
    async with opened(tmp_path / "data", ports=VirtualPorts(seed=1)) as stage:
        made = await stage.fill("Mixed", [b"one", b"two"])
        folder = episode(tmp_path / "Songs", "x", "1", "2")
        [plan], _ = folders.plan(folder)
        assert (await stage.importer.take(plan, into="mixed")).playlist_ids == [made.id]
        assert (await stage.importer.import_folder(folder)).created == 1
        assert await shelf(stage) == [("Mixed", ["1", "2", "1", "2"]), ("Songs", ["1", "2"])]


async def test_whoever_brings_it_again_is_told_which_playlists_have_it(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as stage:
        root = tmp_path / "Music"
        for name in "ABCDE":
            episode(root / name, name, "1", "2")
        await stage.importer.import_folder(root)
        for lite in stage.librarian.lites():
            await stage.librarian.update(lite.id, {"title": f"{lite.title} of ours"})
        one = await stage.importer.import_folder(root / "A")
        assert one.message == "0 new playlists, 0 new tracks, 2 already there (in “A of ours”)"
        all_of_it = await stage.importer.import_folder(root)
        said = "10 already there (in “A of ours”, “B of ours”, “C of ours” and 2 more)"
        assert all_of_it.message == f"0 new playlists, 0 new tracks, {said}"
        episode(root / "A", "A", "3")
        more = await stage.importer.import_folder(root / "A")
        assert more.message == "0 new playlists, 1 new track, 2 already there (in “A of ours”)"
