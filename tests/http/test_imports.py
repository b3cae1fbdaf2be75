"""A folder that comes over the network is a stranger's: what it says is bounded, and what is cut off leaves nothing."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from tests.http.rows import folder
from tests.library.test_labels import id3, picture
from tests.rigs import pictures
from tests.rigs.asgi import served_box
from tests.rigs.box import VirtualBox
from tests.rigs.sounds import noise, write
from tomb.library import chapters, parcels
from tomb.library.folders import FolderPlan
from tomb.library.parcels import Parcel
from tomb.rehearsal.requests import Client


@asynccontextmanager
async def served(tmp_path: Path, **settings: Any) -> AsyncIterator[tuple[VirtualBox, Client]]:
    async with served_box(tmp_path, **({"inbox_watch_s": 0} | settings)) as (box, client):
        yield box, client


def untouched(box: VirtualBox) -> bool:
    library = box.services.librarian.folder
    return not any(any((library / name).iterdir()) for name in ("incoming", "files", "inbox"))


def outside(folder: Path) -> set[Path]:
    """What is not in a library."""
    return {path for path in folder.rglob("*") if "library" not in path.parts}


async def test_a_folder_becomes_a_playlist(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served(tmp_path) as (box, client):
        answer = await client.ask("POST", "/api/imports", raw=folder())
        assert (answer.data["created"], answer.data["tracks"], answer.data["skipped"]) == (1, 1, [])
        [playlist_id] = answer.data["playlist_ids"]
        made = await box.services.librarian.playlist(playlist_id)
        assert (made.title, [track.filename for track in made.tracks]) == ("A folder", ["1.wav"])
        sizes = [{"size": each.size} for each in parcels.decoded(folder().partition(b"\n")[0]).files]
        look = await client.ask("POST", "/api/imports/look", {"title": "A folder", "files": sizes})
        assert look.data == {"new": 0, "gone": [], "already_in": []}


async def test_a_folder_that_comes_again_is_told_where_it_is(tmp_path: Path, autojump_clock: MockClock) -> None:
    _, _, sound = folder().partition(b"\n")
    files = [{"size": len(sound), "hash": sha256(sound).hexdigest()}]
    async with served(tmp_path) as (box, client):
        [playlist_id] = (await client.ask("POST", "/api/imports", raw=folder())).data["playlist_ids"]
        await box.services.librarian.update(playlist_id, {"title": "The bee"})
        look = await client.ask("POST", "/api/imports/look", {"title": "A folder", "files": files})
        assert look.data == {"new": 0, "gone": [], "already_in": ["The bee"]}
        again = await client.ask("POST", "/api/imports", raw=folder())
        assert (again.data["already"], again.data["already_in"]) == (1, ["The bee"])
        assert again.body["message"] == "0 new playlists, 0 new tracks, 1 already there (in “The bee”)"


async def test_what_a_sheet_said_of_a_file_comes_along(tmp_path: Path, autojump_clock: MockClock) -> None:
    line, _, sound = folder().partition(b"\n")
    said = parcels.decoded(line)
    marks = chapters.encoded(((0, "One"), (50, "Two"), (5000, "beyond its end")))
    files = [said.files[0].model_copy(update={"title": "Called so", "artist": "Somebody", "chapters": marks})]
    async with served(tmp_path) as (box, client):
        raw = parcels.encoded(said.model_copy(update={"files": files})) + sound
        [playlist_id] = (await client.ask("POST", "/api/imports", raw=raw)).data["playlist_ids"]
        [track] = (await box.services.librarian.playlist(playlist_id)).tracks
    assert (track.title, track.artist) == ("Called so", "Somebody")
    assert [(each.start_ms, each.title) for each in track.chapters] == [(0, "One"), (50, "Two")]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"no JSON\n",
        b"[]\n",
        b"[" * 100_000 + b"\n",
        b'{"title": "A", "files": []}\n',
        b'{"title": "", "files": [{"name": "1.wav", "size": 0}]}\n',
        b'{"title": "A", "files": [{"name": "1.wav", "size": -1}]}\n',
        b'{"title": "A", "files": [{"name": "1.wav", "size": 1e300}]}\n',
        b'{"title": "A", "files": [' + b'{"name": "1.wav", "size": 1},' * 10_001 + b'{"name": "1.wav", "size": 1}]}\n',
        b'{"title": "' + b"A" * 5_000_000,
    ],
)
async def test_a_line_that_says_nothing_sensible_is_refused(
    tmp_path: Path, autojump_clock: MockClock, line: bytes
) -> None:
    async with served(tmp_path) as (box, client):
        assert (await client.ask("POST", "/api/imports", raw=line)).status == 400
        assert untouched(box)


async def test_a_folder_as_large_as_may_be_is_read_beside_the_loop(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {"size": 2**40, "disc": 1, "part": "1", "place": 9, "title": "1", "artist": "1", "chapters": "[]"}
    files = [{"name": f"{number}.wav", **said} for number in range(parcels.FILES_LIMIT)]
    async with served(tmp_path) as (box, client):
        aside: list[bool] = []
        planned, in_thread = Parcel.planned, type(box.services.ports).in_thread

        def noting(parcel: Parcel) -> FolderPlan:
            aside.append(True)
            return planned(parcel)

        async def noted(self: Any, call: Any, *args: Any, **more: Any) -> Any:
            with monkeypatch.context() as within:
                within.setattr(Parcel, "planned", noting)
                return await in_thread(self, call, *args, **more)

        monkeypatch.setattr(type(box.services.ports), "in_thread", noted)
        raw = json.dumps({"title": "A", "files": files}).encode() + b"\n"
        assert (await client.ask("POST", "/api/imports", raw=raw)).status == 507
        assert aside == [True]


async def test_as_many_files_as_may_be_sent_may_be_asked_about(tmp_path: Path, autojump_clock: MockClock) -> None:
    files = [{"size": 12_345_678, "hash": f"{number:064x}"} for number in range(parcels.FILES_LIMIT)]
    async with served(tmp_path) as (_, client):
        look = await client.ask("POST", "/api/imports/look", {"title": "A", "files": files})
        assert look.data == {"new": parcels.FILES_LIMIT, "gone": [], "already_in": []}


async def test_names_are_labels_and_never_paths(tmp_path: Path, autojump_clock: MockClock) -> None:
    sound = folder().partition(b"\n")[2]
    for name in ("../../../etc/passwd", "/etc/cron.d/x.wav", "a\0b.wav", "..", "x." + "w" * 5000, "\x1b[2J.wav", "/"):
        said = Parcel.model_validate({"title": "../..\n", "files": [{"name": name, "size": len(sound)}]})
        async with served(tmp_path / str(abs(hash(name)))) as (box, client):
            before = outside(tmp_path)
            answer = await client.ask("POST", "/api/imports", raw=parcels.encoded(said) + sound)
            assert answer.status == 200, answer
            [lite] = box.services.librarian.lites()
            [track] = (await box.services.librarian.playlist(lite.id)).tracks
            assert "/" not in track.filename
            assert track.filename.isprintable()
            assert outside(tmp_path) == before


async def test_what_is_cut_off_leaves_nothing(tmp_path: Path, autojump_clock: MockClock) -> None:
    whole = folder()
    async with served(tmp_path) as (box, client):
        for length in (1, len(whole) // 2, len(whole) - 1):
            answer = await client.ask("POST", "/api/imports", raw=whole[:length])
            assert answer.status == 400
            assert untouched(box)
            assert box.services.librarian.count() == 0


async def test_what_is_cut_off_in_a_picture_that_is_not_needed_leaves_nothing_either(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    sound = id3({"APIC": picture(pictures.plain(8, 8))}) + write(tmp_path / "x.mp3", noise(0.5)).read_bytes()
    cards = {"files": [{"name": "1.mp3", "size": len(sound)}], "pictures": [{"name": "cover.png", "size": 99}]}
    raw = parcels.encoded(Parcel.model_validate({"title": "A", **cards})) + sound + bytes(20)
    async with served(tmp_path) as (box, client):
        answer = await client.ask("POST", "/api/imports", raw=raw)
        assert (answer.status, box.services.librarian.count()) == (400, 0)
        assert untouched(box)


async def test_one_that_trickles_is_given_up(tmp_path: Path, autojump_clock: MockClock) -> None:
    whole = folder()
    async with served(tmp_path) as (box, client):
        answer = await client.ask("POST", "/api/imports", raw=[(0.0, whole[:200]), (10_000.0, whole[200:])])
        assert answer.status == 408
        assert untouched(box)


async def test_more_than_there_is_space_for_is_refused_before_it_is_written(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    said = Parcel.model_validate({"title": "A", "files": [{"name": "1.wav", "size": parcels.LARGEST}]})
    async with served(tmp_path) as (box, client):
        answer = await client.ask("POST", "/api/imports", raw=parcels.encoded(said) + b"x")
        assert answer.status == 507
        assert untouched(box)


async def test_pictures_come_along(tmp_path: Path, autojump_clock: MockClock) -> None:
    sound, picture = folder().partition(b"\n")[2], pictures.plain(8, 8)
    files = [{"name": f"A/CD{disc}/1.wav", "size": len(sound), "disc": disc} for disc in (1, 2)]
    cards = [{"name": f"A/{name}.png", "size": len(picture)} for name in ("cover", "folder")]
    said = Parcel.model_validate({"title": "A", "files": files, "pictures": cards})
    async with served(tmp_path) as (box, client):
        raw = parcels.encoded(said) + 2 * sound + 2 * picture
        assert (await client.ask("POST", "/api/imports", raw=raw)).status == 200
        [lite] = box.services.librarian.lites()
        assert lite.cover_url is not None
        assert not any((box.services.librarian.folder / "incoming").iterdir())


async def test_parents_alone_may(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served(tmp_path) as (box, client):
        await client.put("/api/settings", pin="2580")
        client.cookies.clear()
        assert (await client.ask("POST", "/api/imports", raw=folder())).status == 403
        assert (await client.ask("POST", "/api/imports/look", {"title": "A", "files": []})).status == 403
        assert untouched(box)


async def test_a_few_at_once_and_no_more(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served(tmp_path) as (_, client), trio.open_nursery() as nursery:
        for _ in range(2):
            slow = [(0.0, folder()[:20]), (30.0, folder()[20:])]
            nursery.start_soon(lambda slow=slow: client.ask("POST", "/api/imports", raw=slow))  # type: ignore[misc]  # mypy infers no lambdas with defaults
        await trio.sleep(1)
        assert (await client.ask("POST", "/api/imports", raw=folder())).status == 429
