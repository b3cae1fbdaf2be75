"""Sheets beside sound files, as programs and people write them, and as strangers do."""

from pathlib import Path

import pytest

from tests.library.test_folders import grow
from tests.rigs.chaptered import ffmpeg
from tests.rigs.library import opened, titles
from tests.rigs.sounds import noise, write
from tomb.devices.decoder import probe
from tomb.library import chapters, parcels
from tomb.library.chapters import sheets
from tomb.library.chapters.sheets import Cue, CueFile, CueTrack
from tomb.library.folders import PlannedFile, albums, plan
from tomb.library.labels import Labels
from tomb.ports import RealPorts

WHOLE = """REM GENRE "Hörspiel"
PERFORMER "Die Erzähler"
TITLE "Räuber"
FILE "Raeuber.wav" WAVE
  TRACK 01 AUDIO
    TITLE "Der Überfall"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Im \t Wald"
    PERFORMER "Andere"
    INDEX 00 00:02:00
    INDEX 01 00:03:37
  TRACK 03 AUDIO
    INDEX 01 00:07:00
"""
MARKS = ((0, "Der Überfall"), (3493, "Im Wald"), (7000, ""))


def planned(root: Path) -> list[PlannedFile]:
    [only], skipped = plan(root)
    assert skipped == []
    return only.files


def order(root: Path) -> str:
    """As it would be played, though the files' tags say otherwise."""
    [only], _ = plan(root)
    backwards = [Labels("", track=len(only.files) - place) for place in range(len(only.files))]
    [(_, places)] = albums(only, list(zip(only.files, backwards, strict=True)))
    return " ".join(only.files[place].path.name for place in places)


# --- cue sheets -------------------------------------------------------------------------------------------------------


def test_a_cue_sheet_says_where_tracks_begin() -> None:
    expected = (CueTrack(0, "Der Überfall", None), CueTrack(3493, "Im Wald", "Andere"), CueTrack(7000, None, None))
    assert sheets.cue(WHOLE) == Cue("Räuber", "Die Erzähler", (CueFile("Raeuber.wav", expected),))


def test_a_track_begins_in_the_file_of_its_index_1() -> None:
    said = "FILE a.wav WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nTITLE Two\nINDEX 00 03:00:00\n"
    said += "FILE my b.wav WAVE\nINDEX 01 00:00:00\n"
    files = sheets.cue(said).files
    assert [(file.name, [track.title for track in file.tracks]) for file in files] == [
        ("a.wav", [None]),
        ("my b.wav", ["Two"]),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_sheets_in_the_encodings_that_programs_write(tmp_path: Path, encoding: str) -> None:
    grow(tmp_path, "Raeuber.flac")
    (tmp_path / "a.cue").write_bytes(WHOLE.replace("\n", "\r\n").encode(encoding))
    assert [file.chapters for file in planned(tmp_path)] == [MARKS]


@pytest.mark.parametrize(
    ("sound", "sheet"),
    [
        ("Raeuber.wav", "x.cue"),
        ("raeuber.FLAC", "x.CUE"),
        ("image.flac", "image.cue"),
        ("other.flac", "other.flac.cue"),
    ],
)
def test_the_file_is_found_by_its_name_by_that_without_its_ending_or_by_that_of_the_sheet(
    tmp_path: Path, sound: str, sheet: str
) -> None:
    grow(tmp_path, sound, "second.flac")
    (tmp_path / sheet).write_text(WHOLE, encoding="utf-8")
    found = {file.path.name: file for file in planned(tmp_path)}
    assert found[sound].chapters == MARKS
    assert found["second.flac"].chapters == ()
    own = Labels("CDImage", artist=None, chapters=((0, "a"), (1, "b")))
    assert found[sound].labelled(own) == Labels("Räuber", artist="Die Erzähler", chapters=MARKS)
    assert found["second.flac"].labelled(own) == own


def test_a_cue_sheet_of_several_files_says_their_order_and_titles(tmp_path: Path) -> None:
    grow(tmp_path, "a.mp3", "b.mp3", "c.mp3", "bonus.mp3")
    lines = [f'FILE "{name}.wav" WAVE\nTRACK 01 AUDIO\nTITLE "{name} it is"\nINDEX 01 00:00:00' for name in "cab"]
    (tmp_path / "x.cue").write_text("\n".join(lines), encoding="utf-8")
    assert order(tmp_path) == "c.mp3 a.mp3 b.mp3 bonus.mp3"
    assert [file.title for file in planned(tmp_path)] == ["c it is", "a it is", "b it is", None]


def test_a_file_alone_is_imported_with_its_sheet(tmp_path: Path) -> None:
    grow(tmp_path, "Raeuber.flac", "other.flac")
    (tmp_path / "Raeuber.cue").write_text(WHOLE, encoding="utf-8")
    assert [file.chapters for file in planned(tmp_path / "Raeuber.flac")] == [MARKS]


# --- m3u --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["order.m3u", "order.M3U8"])
def test_an_m3u_says_the_order_of_a_folder(tmp_path: Path, name: str) -> None:
    grow(tmp_path, "a.mp3", "b.mp3", "Ö.mp3", "z.mp3")
    said = "\ufeff#EXTM3U\n#EXTINF:12,Whatever\nO\u0308.mp3\nC:\\Music\\b.mp3\n\n./a.mp3\nb.mp3\n../gone.mp3\n"
    (tmp_path / name).write_text(said, encoding="utf-8")
    assert order(tmp_path) == "Ö.mp3 b.mp3 a.mp3 z.mp3"


def test_an_m3u_leads_into_discs_but_discs_stay_in_order(tmp_path: Path) -> None:
    grow(tmp_path, "CD1/1.mp3", "CD1/2.mp3", "CD2/1.mp3")
    (tmp_path / "all.m3u").write_text("CD2/1.mp3\nCD1/2.mp3\nCD1/1.mp3\n", encoding="utf-8")
    found = [file.path.relative_to(tmp_path).as_posix() for file in planned(tmp_path)]
    assert found == ["CD1/2.mp3", "CD1/1.mp3", "CD2/1.mp3"]


def test_of_several_sheets_the_one_that_names_most_counts(tmp_path: Path) -> None:
    grow(tmp_path, "a.mp3", "b.mp3", "c.mp3")
    (tmp_path / "1.m3u").write_text("b.mp3\na.mp3\n", encoding="utf-8")
    (tmp_path / "2.m3u").write_text("c.mp3\nb.mp3\na.mp3\n", encoding="utf-8")
    (tmp_path / "3.m3u").write_text("c.mp3\n", encoding="utf-8")
    assert order(tmp_path) == "c.mp3 b.mp3 a.mp3"


def test_a_sheet_about_other_files_changes_nothing(tmp_path: Path) -> None:
    grow(tmp_path, "1.mp3", "2.mp3")
    (tmp_path / "x.m3u").write_text("/etc/passwd\n../../x.mp3\nhttp://example.org/1\n\0\n", encoding="utf-8")
    (tmp_path / "x.cue").write_text(WHOLE, encoding="utf-8")
    assert planned(tmp_path) == [PlannedFile(tmp_path / f"{n}.mp3", part=plan(tmp_path)[0][0].title) for n in (1, 2)]


# --- strangers' sheets ------------------------------------------------------------------------------------------------


def test_a_sheet_of_a_million_lines_is_read_as_far_as_a_sheet_goes(tmp_path: Path) -> None:
    grow(tmp_path, "1.mp3", "2.mp3")
    tracks = "".join(f"TRACK {n} AUDIO\nINDEX 01 {n}:00:00\n" for n in range(500_000))
    (tmp_path / "1.cue").write_text(f"FILE 1.wav WAVE\n{tracks}", encoding="utf-8")
    (tmp_path / "2.m3u").write_text("2.mp3\n1.mp3\n" * 500_000, encoding="utf-8")
    files = planned(tmp_path)
    assert [file.path.name for file in files] == ["2.mp3", "1.mp3"]
    assert len(files[1].chapters) == chapters.MOST


@pytest.mark.parametrize(
    "said",
    [
        "FILE " + " " * 400_000 + "x",
        "FILE " + '"' * 400_000,
        "FILE a.wav WAVE\nTRACK\nINDEX\nINDEX 01\nINDEX 01 1:2\nINDEX 01 -1:00:00\nINDEX 01 x:y:z\nINDEX 01 999999:0:0",
        "INDEX 01 00:00:00\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTITLE",
        "\0" * 1000,
        "",
    ],
)
def test_a_sheet_that_makes_no_sense_says_nothing(said: str) -> None:
    assert all(file.tracks == () for file in sheets.cue(said).files)


def test_bytes_that_are_no_text_are_read_as_far_as_they_go(tmp_path: Path) -> None:
    path = tmp_path / "a.m3u"
    for data in (bytes(range(256)), b"\xff\xfe\xd8", b"\xef\xbb\xbf\xff", "ä".encode() * sheets.LARGEST):
        path.write_bytes(data)
        assert isinstance(sheets.text(path), str)
    path.write_bytes("ö.mp3\n".encode() * sheets.LARGEST)  # cut off somewhere
    assert {*sheets.text(path).splitlines()} == {"ö.mp3"}


# --- all the way ------------------------------------------------------------------------------------------------------


async def test_a_folder_with_sheets_comes_into_the_library_as_they_say(tmp_path: Path) -> None:
    root = grow(tmp_path / "Story")
    root.mkdir()
    ffmpeg(root / "Raeuber.flac", seconds=8)
    write(root / "1.wav", noise(0.2, seed=1))
    write(root / "2.wav", noise(0.2, seed=2))
    (root / "x.cue").write_text(WHOLE, encoding="utf-8")
    (root / "x.m3u").write_text("2.wav\nRaeuber.flac\n1.wav\n", encoding="utf-8")
    async with opened(tmp_path / "data", ports=RealPorts(), probe=probe) as stage:
        imported = await stage.importer.import_folder(root)
        made = await stage.librarian.playlist(imported.playlist_ids[0])
    assert titles(made) == ["2", "Räuber", "1"]
    assert [(each.start_ms, each.title) for each in made.tracks[1].chapters] == [*MARKS]
    assert made.tracks[1].artist == "Die Erzähler"


def test_what_sheets_say_travels_over_the_network(tmp_path: Path) -> None:
    file = PlannedFile(Path("a/b.flac"), 2, "a", 3, "Title", "Artist", MARKS)
    card = parcels.FileCard(
        name="a/b.flac",
        size=1,
        disc=2,
        part="a",
        place=3,
        title="Title",
        artist="Artist",
        chapters=chapters.encoded(MARKS),
    )
    [came] = parcels.decoded(parcels.encoded(parcels.Parcel(title="x", files=[card]))).planned().files
    assert came == file
    assert card.model_copy(update={"chapters": "[[["}).planned().chapters == ()
