"""Single playlists that are given away, and what strangers send in their place."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from msgspec.structs import replace
from pydantic_core import to_json

from tests.rigs.archives import good, members, put_together
from tests.rigs.archivist import bites, mailbox, nothing_left, sounds, whole
from tests.rigs.library import titles
from tests.rigs.pictures import plain
from tests.rigs.virtual import virtual_time
from tomb.errors import NotFound, UnsupportedMedia
from tomb.library import intake
from tomb.library.archives import archive, manifest
from tomb.library.archives.archive import BadArchive
from tomb.library.archives.manifest import PlaylistCard
from tomb.library.archives.playlist_export import relabelled
from tomb.library.covers import scaled

pytestmark = virtual_time


async def test_a_playlist_comes_to_another_box_as_it_was(tmp_path: Path) -> None:
    async with mailbox(tmp_path / "a") as box:
        made = await box.stage.fill("Käthe's \u2603 songs", [b"one", b"two", b"one"])
        await box.stage.librarian.update(made.id, {"description": "a\nb", "same_tag": "next", "on_removal": "pause"})
        await box.stage.librarian.update(made.id, {"resume_policy": "restart", "shuffle": False})
        outgoing = await box.archivist.export(made.id)
        assert outgoing.name == "Käthe's \u2603 songs.tar"
        content = await whole(outgoing)
    assert sounds(content) == {b"one", b"two"}
    async with mailbox(tmp_path / "b") as other:
        other.stage.news()
        taken = await other.archivist.take(bites(content), len(content))
        assert other.stage.news() == ["state:playlist_created", "state:playlists"]
        assert (taken.resume_policy, taken.shuffle) == ("restart", False)
        assert (taken.title, taken.description, taken.same_tag, taken.on_removal) == (
            "Käthe's \u2603 songs",
            "a\nb",
            "next",
            "pause",
        )
        assert titles(taken) == titles(made)
        assert [track.file_hash for track in taken.tracks] == [track.file_hash for track in made.tracks]
        assert [track.duration_ms for track in taken.tracks] == [3, 3, 3]
        assert taken.id != made.id
        assert taken.server_seq > 0
        again = await other.archivist.take(bites(content), None)
        assert again.id != taken.id
        assert len(other.stage.files()) == 2
        assert nothing_left(tmp_path / "b")


async def test_chapters_travel_and_what_makes_no_sense_stays_away(tmp_path: Path) -> None:
    marks = ((0, "One"), (1, "Two"))
    async with mailbox(tmp_path / "a") as box:
        made = await box.stage.librarian.create("Stories")
        async with box.stage.ingest.incoming() as incoming:
            (incoming / "1.mp3").write_bytes(b"one")
            arrival = await box.stage.ingest.stage(incoming / "1.mp3", incoming)
            arrival = replace(arrival, labels=replace(arrival.labels, chapters=marks))
            made = (await box.stage.librarian.add(made.id, [arrival])).playlist
        content = await whole(await box.archivist.export(made.id))
    async with mailbox(tmp_path / "b") as other:
        taken = await other.archivist.take(bites(content), len(content))
        assert taken.tracks[0].chapters == made.tracks[0].chapters != ()
        told = manifest.decoded(members(content)[archive.MANIFEST], "playlist").playlist
        assert told is not None
        strange = told.tracks[0].model_copy(update={"chapters": '[{"title": 7}]'})
        assert relabelled(strange, arrival).labels.chapters == arrival.labels.chapters


async def test_pictures_travel_and_are_looked_at_like_any_stranger_s(tmp_path: Path) -> None:
    cover = scaled(plain(20, 20))
    assert cover is not None
    async with mailbox(tmp_path / "a") as box:
        made = await box.stage.librarian.create("Songs")
        async with box.stage.ingest.incoming() as incoming:
            (incoming / "1.mp3").write_bytes(b"one")
            arrival = await box.stage.ingest.stage(incoming / "1.mp3", incoming)
            arrival = replace(arrival, cover=intake.stage_picture(incoming, cover))
            made = (await box.stage.librarian.add(made.id, [arrival])).playlist
        content = await whole(await box.archivist.export(made.id))
        home = await box.archivist.take(bites(content), len(content))
        assert home.cover_url
        assert len(list((box.stage.store.library / "covers").iterdir())) == 1
    async with mailbox(tmp_path / "b") as other:
        taken = await other.archivist.take(bites(content), len(content))
        assert taken.cover_url
    parts = members(content)
    told = manifest.decoded(parts[archive.MANIFEST], "playlist")
    bomb = b"\x89PNG\r\n\x1a\n" + b"no picture"
    assert told.playlist is not None
    card = with_cover(told.playlist, f"{manifest.digest(bomb)}.png")
    parts = {
        archive.MANIFEST: manifest.encoded(told.model_copy(update={"playlist": card})),
        **{name: each for name, each in parts.items() if name.startswith("library/files")},
        f"library/covers/{manifest.digest(bomb)}.png": bomb,
        archive.SUMS: b"",
    }
    async with mailbox(tmp_path / "c") as third:
        taken = await third.archivist.take(bites(put_together(parts)), None)
        assert taken.cover_url is None
        assert list((third.stage.store.library / "covers").iterdir()) == []


async def test_a_picture_of_its_own_travels_and_is_looked_at_too(tmp_path: Path) -> None:
    cover = scaled(plain(20, 20))
    assert cover is not None
    async with mailbox(tmp_path / "a") as box:
        made = await box.stage.fill("Songs", [b"one"])
        async with box.stage.ingest.incoming() as incoming:
            await box.stage.librarian.set_cover(made.id, intake.stage_picture(incoming, cover))
        content = await whole(await box.archivist.export(made.id))
        home = await box.archivist.take(bites(content), len(content))
        assert (home.own_cover, home.tracks[0].cover_url) == (True, None)
        assert len(list((box.stage.store.library / "covers").iterdir())) == 1
    async with mailbox(tmp_path / "b") as other:
        assert (await other.archivist.take(bites(content), len(content))).own_cover
        assert nothing_left(tmp_path / "b")
    parts = members(content)
    told = manifest.decoded(parts[archive.MANIFEST], "playlist")
    assert told.playlist is not None
    noise = f"{manifest.digest(b'noise')}.png"
    card = told.playlist.model_copy(update={"cover": noise})
    parts = {
        archive.MANIFEST: manifest.encoded(told.model_copy(update={"playlist": card})),
        **{name: each for name, each in parts.items() if name.startswith("library/files")},
        f"library/covers/{noise}": b"noise",
        archive.SUMS: b"",
    }
    async with mailbox(tmp_path / "c") as third:
        assert not (await third.archivist.take(bites(put_together(parts)), None)).own_cover
        assert list((third.stage.store.library / "covers").iterdir()) == []


def with_cover(card: PlaylistCard, name: str) -> PlaylistCard:
    return card.model_copy(update={"tracks": [each.model_copy(update={"cover": name}) for each in card.tracks]})


async def test_tracks_without_sound_stay_at_home(tmp_path: Path) -> None:
    async with mailbox(tmp_path) as box:
        made = await box.stage.fill("Songs", [b"one", b"two", b"three"])
        (box.stage.store.library / "files" / f"{made.tracks[0].file_hash}.mp3").unlink()
        await box.stage.librarian.reconcile()
        (box.stage.store.library / "files" / f"{made.tracks[1].file_hash}.mp3").unlink()
        content = await whole(await box.archivist.export(made.id))
        taken = await box.archivist.take(bites(content), len(content))
        assert titles(taken) == ["3"]
        with pytest.raises(NotFound):
            await box.archivist.export("nowhere")


async def test_an_archive_with_something_in_it_that_cannot_be_played_is_refused(tmp_path: Path) -> None:
    async with mailbox(tmp_path / "a") as box:
        made = await box.stage.fill("Songs", [b"one", b"x" * 1000])
        content = await whole(await box.archivist.export(made.id))
    async with mailbox(tmp_path / "b", sound=100) as other:
        with pytest.raises(UnsupportedMedia, match="2: no sound"):
            await other.archivist.take(bites(content), len(content))
        assert other.stage.librarian.count() == 0
        assert other.stage.files() == set()
        assert nothing_left(tmp_path / "b")


def described(**fields: object) -> bytes:
    """An archive of a playlist that says this of itself, with one file."""
    name = f"{manifest.digest(b'one')}.mp3"
    track = {"title": "1", "filename": "1.mp3", "file": name}
    card = {"title": "Songs", "tracks": [track]} | fields
    told = {"format": 1, "kind": "playlist", "program": "1", "created": "now", "playlist": card}
    parts = {archive.MANIFEST: to_json(told), f"library/files/{name}": b"one", archive.SUMS: b""}
    return put_together(parts)


@pytest.mark.parametrize(
    "content",
    [
        described(tracks=[]),
        described(tracks=[{"title": "1", "filename": "1", "file": f"{'0' * 64}.mp3"}]),
        described(tracks=[{"title": "1", "filename": "1", "file": "../../x.mp3"}]),
        described(tracks=[{"title": "1", "filename": "1", "file": f"{manifest.digest(b'one')}.mp3"}] * 10_001),
        described(title="x" * 100_000),
        described(title=None),
        described(same_tag="explode"),
        good(),
    ],
    ids=range(8),
)
async def test_a_description_that_does_not_fit_is_refused(tmp_path: Path, content: bytes) -> None:
    async with mailbox(tmp_path) as box:
        with pytest.raises(BadArchive):
            await box.archivist.take(bites(content), len(content))
        assert box.stage.librarian.count() == 0
        assert nothing_left(tmp_path)


async def test_what_a_stranger_wrote_is_cleaned(tmp_path: Path) -> None:
    name = f"{manifest.digest(b'one')}.mp3"
    odd = "a\x00b\x1b[31m\r\nc" + "x" * 900
    tracks: Iterable[object] = [{"title": odd, "artist": odd, "filename": "../../" + odd, "file": name}]
    content = described(title=odd, description=odd, tracks=tracks)
    async with mailbox(tmp_path) as box:
        taken = await box.archivist.take(bites(content), None)
        [track] = taken.tracks
        for text in (taken.title, track.title, track.artist or "", track.filename):
            assert text.isprintable()
            assert len(text) <= 200
        assert taken.description.replace("\n", "").isprintable()
        blank = await box.archivist.take(bites(described(title="\x00 ", tracks=[*tracks])), None)
        assert blank.title == "?"
