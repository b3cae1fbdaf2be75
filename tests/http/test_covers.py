"""Pictures of playlists: chosen, shown in every size to every client, and never anything but a picture."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import pytest
import trio
from PIL import Image
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.http.world import World, made_world
from tests.rigs import pictures
from tests.rigs.asgi import served_box
from tests.rigs.box import virtual_box
from tests.rigs.pictures import BLUE, GREEN
from tomb.errors import DecodeError, NotFound
from tomb.library import covers
from tomb.library.covers import Picture
from tomb.nurseries.covers import TAKEN_AT_ONCE
from tomb.rehearsal.requests import Answer

OWN = pictures.plain(900, 900, BLUE, "JPEG")
BROWSER = {"accept": "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with served_box(tmp_path) as (box, client):
        yield await made_world(box, client)


def address(world: World, name: str = "playlist") -> str:
    return f"/api/playlists/{world.names[name]}/cover"


async def put(world: World, data: bytes = OWN, name: str = "playlist", kind: str = "image/jpeg") -> Answer:
    return await world.client.ask("PUT", address(world, name), raw=data, headers={"content-type": kind})


def shown(answer: Answer) -> Image.Image:
    return pictures.opened(answer.content)


def colour(answer: Answer) -> str:
    red, _, blue = shown(answer).convert("RGB").getpixel((2, 2))  # type: ignore[misc]  # Pillow: of an RGB, three
    return "blue" if blue > red else "red"


async def test_the_picture_that_is_sent_is_the_playlist_s_own_for_every_client_at_once(
    world: World, autojump_clock: MockClock
) -> None:
    before = (await world.client.get(f"/api/playlists/{world.names['playlist']}")).data
    assert (before["own_cover"], colour(await world.client.get(before["cover_url"]))) == (False, "red")
    made = await put(world)
    assert (made.status, made.data["own_cover"]) == (200, True)
    assert made.data["cover_url"] != before["cover_url"]
    assert colour(await world.client.get(made.data["cover_url"])) == "blue"
    told = world.box.told("state:playlist_updated")[-1]["playlist"]
    assert (told["cover_url"], told["playlist_seq"]) == (made.data["cover_url"], before["playlist_seq"] + 1)
    listed = (await world.client.get("/api/playlists")).data["playlists"][0]
    assert listed["cover_url"] == made.data["cover_url"]


async def test_it_is_there_after_a_restart(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        world = await made_world(box, client)
        url = (await put(world)).data["cover_url"]
    async with virtual_box(tmp_path) as box:
        lite = box.services.librarian.lite(world.names["playlist"])
        assert (lite.cover_url, lite.own_cover) == (url, True)


async def test_the_picture_of_a_track_can_be_the_playlist_s_own_and_stays_when_the_track_goes(
    world: World, autojump_clock: MockClock
) -> None:
    made = await world.client.put(address(world), track_id=world.names["track"])
    assert made.data["own_cover"]
    for name in ("track", "track2", "track3"):
        await world.box.services.librarian.delete_tracks(world.names["playlist"], track_ids=[world.names[name]])
    await world.box.services.librarian.empty_bin()
    assert (await world.client.get(address(world))).status == 200


async def test_a_track_without_a_picture_or_of_another_playlist_lends_none(
    world: World, autojump_clock: MockClock
) -> None:
    bare = await world.client.put(address(world, "second"), track_id=world.names["bare"])
    assert (bare.status, bare.body["error_type"]) == (400, "bad_request")
    foreign = await world.client.put(address(world, "second"), track_id=world.names["track"])
    assert (foreign.status, foreign.body["details"]["resource"]) == (404, "track")


async def test_given_up_it_is_the_automatic_one_again_and_its_file_goes(
    world: World, autojump_clock: MockClock
) -> None:
    folder = world.box.services.librarian.folder / "covers"
    before = (await world.client.get(f"/api/playlists/{world.names['playlist']}")).data["cover_url"]
    await put(world)
    assert len(list(folder.iterdir())) == 2
    back = await world.client.delete(address(world))
    assert (back.data["own_cover"], back.data["cover_url"]) == (False, before)
    assert len(list(folder.iterdir())) == 1
    events = len(world.box.events)
    assert (await world.client.delete(address(world))).data["cover_url"] == before
    assert len(world.box.events) == events  # there was none any more, so nothing changed


async def test_the_same_picture_again_is_kept(world: World, autojump_clock: MockClock) -> None:
    first, again = await put(world), await put(world)
    assert first.data["cover_url"] == again.data["cover_url"]
    assert (await world.client.get(address(world))).status == 200
    other = await put(world, name="second")
    await world.client.delete(address(world))
    assert colour(await world.client.get(other.data["cover_url"])) == "blue"  # two had it, and one has it still


@pytest.mark.parametrize("size", [120, 300, 600])
@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "image/jpeg"),
        ({"accept": "*/*"}, "image/jpeg"),
        ({"accept": "image/*"}, "image/jpeg"),
        ({"accept": "image/webp;q=0, image/*"}, "image/jpeg"),
        ({"accept": "text/html"}, "image/jpeg"),
        (BROWSER, "image/webp"),
    ],
)
async def test_it_is_shown_in_the_size_and_kind_that_is_asked_for(
    world: World, autojump_clock: MockClock, size: int, accept: dict[str, str] | None, media_type: str
) -> None:
    await put(world)
    answer = await world.client.ask("GET", f"{address(world)}?size={size}", headers=accept)
    assert (answer.status, answer.headers["content-type"]) == (200, media_type)
    assert "Accept" in answer.headers["vary"]
    assert shown(answer).size == (size, size)


@pytest.mark.parametrize("query", ["size=601", "size=", "size=0600x", "size=-120", "size=120.0"])
async def test_another_size_is_refused_by_its_name(world: World, autojump_clock: MockClock, query: str) -> None:
    refused = await world.client.get(f"{address(world)}?{query}")
    assert (refused.status, [each["field"] for each in refused.body["errors"]]) == (400, ["size"])


async def test_caches_are_told_the_truth(world: World, autojump_clock: MockClock) -> None:
    url = (await put(world)).data["cover_url"]
    first = await world.client.ask("GET", f"{url}&size=120", headers=BROWSER)
    assert first.headers["cache-control"] == "private, max-age=31536000, immutable"
    tag = first.headers["etag"]
    assert not tag.startswith("W/")
    had = await world.client.ask("GET", f"{url}&size=120", headers={**BROWSER, "if_none_match": tag})
    assert (had.status, had.content) == (304, b"")
    other = await world.client.ask("GET", f"{url}&size=300", headers={**BROWSER, "if_none_match": tag})
    assert other.status == 200
    assert (await world.client.ask("GET", f"{url}&size=120", headers={"if_none_match": tag})).status == 200  # as JPEG
    # An address that says less is not for ever: what is behind it changes.
    for stale in (address(world), f"{address(world)}?v=0123456789abcdef"):
        assert (await world.client.get(stale)).headers["cache-control"] == "private, no-cache"
    await put(world, pictures.plain(50, 50, GREEN))
    assert (await world.client.ask("GET", url, headers={"if_none_match": tag})).status == 200


async def test_only_the_head_can_be_asked_for(world: World, autojump_clock: MockClock) -> None:
    whole = await world.client.get(address(world))
    head = await world.client.ask("HEAD", address(world))
    assert (head.status, head.content) == (200, b"")
    assert (head.headers["content-length"], head.headers["etag"]) == (str(len(whole.content)), whole.headers["etag"])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no JPEG, PNG"),
        (pictures.png(50_000, 50_000, rows=pictures.deflated_zeros(1_000_000)), "50 million pixels"),
        (OWN[:300], "damaged"),
        (b"", "no JPEG"),
    ],
)
async def test_what_is_no_picture_is_refused_in_words_and_leaves_nothing(
    world: World, autojump_clock: MockClock, data: bytes, why: str
) -> None:
    before = (await world.client.get(f"/api/playlists/{world.names['playlist']}")).data
    refused = await put(world, data)
    assert (refused.status, refused.body["error_type"]) == (415, "unsupported_media_type")
    assert why in refused.body["message"]
    assert (await world.client.get(f"/api/playlists/{world.names['playlist']}")).data == before
    assert list((world.box.services.librarian.folder / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    "data",
    [
        pictures.encoded(Image.new("CMYK", (40, 40), (0, 0, 0, 0)), "JPEG"),
        pictures.encoded(Image.new("I;16", (40, 40), 0xFFFF), "PNG"),
        pictures.many_frames_gif(50),
        pictures.plain(1, 30_000),
        pictures.plain(40, 40, kind="WEBP"),
    ],
    ids=["CMYK", "16 bit", "animated", "a line", "WebP"],
)
async def test_whatever_kind_of_picture_it_is(world: World, autojump_clock: MockClock, data: bytes) -> None:
    assert (await put(world, data, kind="application/octet-stream")).status == 200
    assert max(shown(await world.client.get(address(world))).size) <= 600


async def test_more_than_twenty_megabytes_are_not_even_read(world: World, autojump_clock: MockClock) -> None:
    refused = await put(world, bytes(covers.LARGEST + 1))
    assert (refused.status, refused.body["details"]) == (413, {"limit": covers.LARGEST})
    lied = await world.client.ask(
        "PUT", address(world), raw=[(0.0, bytes(2**20))] * 21, headers={"content-type": "image/jpeg"}
    )
    assert lied.status == 413


async def test_json_names_a_track_and_is_no_place_for_a_picture(world: World, autojump_clock: MockClock) -> None:
    assert (await world.client.ask("PUT", address(world), {})).status == 400
    assert (await world.client.ask("PUT", address(world), {"track_id": None})).status == 400
    large = await world.client.ask("PUT", address(world), {"track_id": "x" * 2**20})
    assert large.status == 413


async def test_choosing_a_track_twice_is_done_once(world: World, autojump_clock: MockClock) -> None:
    body = {"track_id": world.names["track"], "client_op_id": "one"}
    first = await world.client.ask("PUT", address(world), body)
    seq = world.box.services.events.number
    again = await world.client.ask("PUT", address(world), body)
    assert (again.data["playlist_seq"], world.box.services.events.number) == (first.data["playlist_seq"], seq)


async def test_what_is_damaged_or_gone_on_the_disk_is_made_anew(world: World, autojump_clock: MockClock) -> None:
    await put(world)
    cache = world.box.services.settings.data / "cache" / "covers"
    whole = await world.client.get(f"{address(world)}?size=120")
    [path] = cache.iterdir()
    for harm in (lambda: path.write_bytes(b"noise"), path.unlink, lambda: path.write_bytes(b"")):
        harm()
        again = await world.client.get(f"{address(world)}?size=120")
        assert (again.status, again.content, again.headers["etag"]) == (200, whole.content, whole.headers["etag"])


async def test_what_cannot_be_made_smaller_now_is_shown_as_it_is_kept_and_not_for_ever(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = (await put(world)).data["cover_url"]

    async def fails(*_: object) -> None:
        raise DecodeError("the child is gone")

    inspector = world.box.services.covers._inspector
    with monkeypatch.context() as patched:
        patched.setattr(inspector, "fitted", fails)
        stand_in = await world.client.get(f"{url}&size=120")
        assert (stand_in.status, shown(stand_in).size) == (200, (600, 600))
        assert stand_in.headers["cache-control"] == "private, no-cache"
    assert shown(await world.client.get(f"{url}&size=120")).size == (120, 120)


async def test_a_playlist_without_any_picture_has_none(world: World, autojump_clock: MockClock) -> None:
    for name in ("second", "empty"):
        assert (await world.client.get(address(world, name))).status == 404
    gone = await world.client.get("/api/playlists/nowhere/cover")
    assert (gone.status, gone.body["details"]["resource"]) == (404, "playlist")


async def test_the_bin_gives_it_back(world: World, autojump_clock: MockClock) -> None:
    url = (await put(world)).data["cover_url"]
    librarian = world.box.services.librarian
    await librarian.delete(world.names["playlist"])
    with pytest.raises(NotFound):
        await librarian.cover(world.names["playlist"])
    back = await librarian.restore(world.names["playlist"])
    assert (back.own_cover, back.cover_url) == (True, url)
    assert (await world.client.get(url)).status == 200
    await librarian.delete(world.names["playlist"])
    await librarian.empty_bin()
    assert list((librarian.folder / "covers").iterdir()) == []


async def test_a_playlist_that_goes_while_its_picture_comes_keeps_nothing(
    world: World, autojump_clock: MockClock
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield OWN
        await world.box.services.librarian.delete(world.names["playlist"])

    with pytest.raises(NotFound):
        await world.box.services.covers.put(world.names["playlist"], pieces())
    assert list((world.box.services.librarian.folder / "incoming").iterdir()) == []
    assert len(list((world.box.services.librarian.folder / "covers").iterdir())) == 1  # that of its tracks, in the bin


async def test_however_many_ask_for_the_same_it_is_made_once(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(world)
    inspector, made = world.box.services.covers._inspector, list[int]()
    fitted = inspector.fitted

    async def counted(cover: Path, side: int, ext: Literal["jpg", "webp"]) -> Picture:
        made.append(side)
        await trio.sleep(1)
        return await fitted(cover, side, ext)

    monkeypatch.setattr(inspector, "fitted", counted)
    async with trio.open_nursery() as nursery:
        for number in range(30):
            nursery.start_soon(world.client.get, f"{address(world)}?size={(120, 300)[number % 2]}")
    assert sorted(made) == [120, 300]


async def test_whoever_sends_slowly_keeps_nobody_from_sending(world: World, autojump_clock: MockClock) -> None:
    async def for_ever() -> AsyncIterator[bytes]:
        yield OWN[:1]
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        for _ in range(TAKEN_AT_ONCE + 3):
            nursery.start_soon(world.box.services.covers.put, world.names["playlist"], for_ever())
        await wait_all_tasks_blocked()
        began = trio.current_time()
        assert (await put(world)).status == 200
        assert trio.current_time() == began
        nursery.cancel_scope.cancel()
    assert list((world.box.services.librarian.folder / "incoming").iterdir()) == []


async def test_no_more_than_a_few_pictures_are_taken_at_once(
    world: World, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspector = world.box.services.covers._inspector
    picture, looking, most = inspector.picture, 0, 0

    async def slowly(source: Path) -> Picture:
        nonlocal looking, most
        looking, most = looking + 1, max(most, looking + 1)
        await trio.sleep(1)
        looking -= 1
        return await picture(source)

    monkeypatch.setattr(inspector, "picture", slowly)
    async with trio.open_nursery() as nursery:
        for _ in range(TAKEN_AT_ONCE + 3):
            nursery.start_soon(put, world)
    assert most == TAKEN_AT_ONCE
