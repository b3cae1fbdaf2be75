"""Files are looked at by a child: it may take its time, die, lie or swell, and the box only shrugs."""

import os
import signal
import struct
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import soundfile
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.library.test_labels import id3, picture, text
from tests.rigs import pictures
from tests.rigs.children import alive, children, peak_kb, until_child, until_ended
from tests.rigs.sounds import noise, write
from tomb.errors import DecodeError, Unavailable
from tomb.library import labels
from tomb.models import Loudness
from tomb.nurseries.inspection import AT_ONCE, COMMAND, LIMIT_S, Inspection

# A stand-in for the examiner; what it does with a question is put in.
STAND_IN = """
import json, os, signal, sys, time

def say(**told):
    print(json.dumps(told), flush=True)

say(done=True)
for line in sys.stdin:
    name = json.loads(line).get("name")
    if name == "good.mp3":
        say(duration_ms=1000)
        say(done=True)
        continue
    %s
    say(done=True)
"""
ENDLESS = [  # what a bad file makes of the examiner
    "while True: pass",
    "time.sleep(1000)",
    "for _ in iter(int, 1): say(going_on=True) or time.sleep(1000)",
]
MEANWHILE = [
    "sys.exit()",
    "1 / 0",
    "os.kill(os.getpid(), signal.SIGSEGV)",
    "os.kill(os.getpid(), signal.SIGKILL)",
    "hoard = [bytearray(300_000_000) for _ in range(1000)]",
    "print('Dear diary', flush=True)",
    "print('{}' * 10, flush=True)",
    "print(chr(34) * 10_000_000, flush=True)",
    "say(duration_ms='long')",
    "say(duration_ms=-1)",
    "say(duration_ms=10**30)",
    "say(labels={'title': 'a' * 201})",
    "say(labels={'title': chr(7)})",
    "say(labels={'title': 'a', 'owner': True})",
    "say(labels={'title': 'a', 'track': 10**30})",
    "say(loudness={'track': float('nan')})",
    "say(cover='no base64')",
    "print('{\"labels\": {\"owner\": ' + '[' * 1_000_000, flush=True)",
    "sys.stdout.buffer.write(bytes('{\"labels\": {\"title\": \"ÿ\"}}', 'latin-1') + b'\\n')",
    "say(labels={'title': 'a', 'chapters': [[5, 'a'], [1, 'b']]})",
    "say(labels={'title': 'a', 'chapters': [[n, 'a' * 200] for n in range(2000)]})",
    "while True: say(ext='jpg')",
    "say(duration_ms=1, owner=True)",
    "say(duration_ms=1, seek_marks={'every': 1, 'samples': 1, 'total': 1, 'head': -1, 'offsets': [1]})",
    "pass",
]


@asynccontextmanager
async def inspecting(
    command: Sequence[str] = COMMAND, limit_s: float = LIMIT_S, idle_s: float = 20.0, going_on_s: float = 900.0
) -> AsyncIterator[Inspection]:
    inspection = Inspection(command, limit_s, idle_s, going_on_s)
    async with trio.open_nursery() as nursery:
        await nursery.start(inspection.run)
        yield inspection
        nursery.cancel_scope.cancel()


def stand_in(doing: str) -> Sequence[str]:
    return (sys.executable, "-c", STAND_IN % doing)


def ours() -> list[int]:
    return children(os.getpid(), command="examiner")


async def length(inspection: Inspection, path: Path) -> int:
    return (await inspection.sound(path, path.name, path)).duration_ms


async def test_a_file_says_all_that_it_has_to_say(tmp_path: Path) -> None:
    path = write(tmp_path / "x.mp3", noise(0.5))
    tag = id3({"TIT2": text("Süße Träume"), "TRCK": text("7/12"), "APIC": picture(pictures.plain(900, 900))})
    path.write_bytes(tag + path.read_bytes())
    async with inspecting() as inspection:
        found = await inspection.sound(path, "1.mp3", path)
        assert found.duration_ms == 500
        assert found.labels == labels.Labels("Süße Träume", track=7)
        assert found.cover is not None
        assert pictures.opened(found.cover.data).size == (600, 600)
        assert (await inspection.sound(path, "1.mp3", None)).duration_ms == 0


async def test_a_file_is_measured_and_what_its_tags_say_goes_before(tmp_path: Path) -> None:
    plain, tagged = write(tmp_path / "x.wav", noise(2, peak=4000)), write(tmp_path / "x.mp3", noise(2, peak=4000))
    tagged.write_bytes(id3({"TXXX": b"\0REPLAYGAIN_TRACK_GAIN\0-7.5 dB"}) + tagged.read_bytes())
    async with inspecting() as inspection:
        measured = (await inspection.sound(plain, "1.wav", plain)).loudness
        assert measured.track == pytest.approx(-17, abs=0.3)
        assert measured.peak == pytest.approx(4000 / 32768, abs=0.1)
        said = (await inspection.sound(tagged, "1.mp3", tagged)).loudness
        assert said.track == -10.5
        assert said.peak is not None
        assert (await inspection.sound(plain, "1.wav", None)).loudness == Loudness()


async def test_a_file_that_says_nothing_is_called_as_it_was_where_it_came_from(tmp_path: Path) -> None:
    path = write(tmp_path / "0f3a.wav", noise(0.5))
    async with inspecting() as inspection:
        assert (await inspection.sound(path, "Der Mond.wav", path)).labels == labels.Labels("Der Mond")


async def test_the_picture_of_a_folder_is_the_first_that_is_one(tmp_path: Path) -> None:
    async with inspecting() as inspection:
        assert await inspection.beside(tmp_path) is None
        (tmp_path / "cover.jpg").write_text("Dear diary")
        assert await inspection.beside(tmp_path) is None
        (tmp_path / "folder.gif").write_bytes(pictures.plain(900, 900, kind="GIF"))
        found = await inspection.beside(tmp_path)
        assert found is not None
        assert pictures.opened(found.data).size == (600, 600)


async def test_a_child_serves_many_files_and_a_few_those_who_ask_at_once(tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{number}.wav", noise(0.1 + number / 10)) for number in range(5)]
    told: dict[str, int] = {}

    async def ask(path: Path) -> None:
        told[path.name] = await length(inspection, path)

    async with inspecting() as inspection:
        await length(inspection, paths[0])
        [child] = ours()
        async with trio.open_nursery() as nursery:
            for path in paths:
                nursery.start_soon(ask, path)
        with pytest.raises(DecodeError, match="not an audio file"):
            await length(inspection, tmp_path / Path(__file__))
        assert child in ours()
        assert len(ours()) <= AT_ONCE
    assert told == {"0.wav": 100, "1.wav": 200, "2.wav": 300, "3.wav": 400, "4.wav": 500}
    assert not alive(child)


async def test_a_box_that_has_nothing_to_examine_has_no_child(tmp_path: Path) -> None:
    path = write(tmp_path / "x.wav", noise(0.1))
    async with inspecting(idle_s=0.2) as inspection:
        assert ours() == []
        await length(inspection, path)
        [child] = ours()
        await until_ended(child)
        assert await length(inspection, path) == 100


@pytest.mark.parametrize("doing", MEANWHILE)
async def test_whatever_a_file_does_to_the_child_the_next_one_is_well(doing: str) -> None:
    async with inspecting(stand_in(doing)) as inspection:
        for _ in range(2):
            with pytest.raises(DecodeError):
                await length(inspection, Path("bad.mp3"))
            assert await inspection.beside(Path("bad")) is None
            assert (await inspection.sound(Path("bad.mp3"), "bad.mp3", None)).labels == labels.Labels("bad")
            assert await length(inspection, Path("good.mp3")) == 1000


@pytest.mark.parametrize("doing", ENDLESS)
async def test_what_takes_too_long_is_given_up_and_the_next_one_is_well(doing: str, mock_clock: MockClock) -> None:
    """The clock stands still, and goes on when everybody waits for the child."""

    async def too_long() -> None:
        await wait_all_tasks_blocked()
        mock_clock.jump(LIMIT_S)

    async with inspecting(stand_in(doing)) as inspection:
        assert await length(inspection, Path("good.mp3")) == 1000
        async with trio.open_nursery() as nursery:
            nursery.start_soon(too_long)
            with pytest.raises(DecodeError, match="looking at it takes too long"):
                await length(inspection, Path("bad.mp3"))
        assert await length(inspection, Path("good.mp3")) == 1000
        async with trio.open_nursery() as nursery:
            nursery.start_soon(too_long)
            assert await inspection.beside(Path("bad")) is None
        assert await length(inspection, Path("good.mp3")) == 1000


async def test_it_is_given_up_by_what_it_works_not_by_what_others_leave_it(tmp_path: Path) -> None:
    """No clock ends it here, and what does ends it in the middle of a library, too."""
    busy = "import tomb.examiner as e; e.WORK_S = 1; e.embedded.read = lambda *_: sum(iter(int, 1)); e.main()"
    song = write(tmp_path / "Der Mond.mp3", noise(0.2))
    async with inspecting((sys.executable, "-c", busy), limit_s=600.0) as inspection:
        found = await inspection.sound(song, song.name, song)
        assert (found.duration_ms, found.labels) == (200, labels.Labels("Der Mond"))


async def test_no_file_pays_for_those_before_it_whatever_clock_they_were_counted_by(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The kernel's own clock goes ahead of the one that it shows: here that one stands still."""
    busy = """
import resource, time, tomb.examiner as e
def work(*_):
    end = time.process_time() + 0.7
    while time.process_time() < end: pass
    return ()
still = resource.getrusage(resource.RUSAGE_SELF)
resource.getrusage = lambda _: still
e.WORK_S, e.embedded.read = 1, work
e.main()
"""
    songs = [write(tmp_path / f"{number}.mp3", noise(0.2, seed=number)) for number in range(4)]
    async with inspecting((sys.executable, "-c", busy), limit_s=600.0) as inspection:
        for song in songs:
            assert (await inspection.sound(song, song.name, song)).duration_ms == 200
    assert not caplog.records


@pytest.mark.parametrize("doing", MEANWHILE[:5])
async def test_music_whose_labels_are_too_much_is_music_all_the_same(doing: str) -> None:
    async with inspecting(stand_in(f"say(duration_ms=7)\n    {doing}")) as inspection:
        found = await inspection.sound(Path("0f3a.mp3"), "Der Mond.mp3", Path("0f3a.mp3"))
        assert (found.duration_ms, found.labels, found.cover) == (7, labels.Labels("Der Mond"), None)


async def test_what_goes_on_may_take_its_time() -> None:
    doing = "for _ in range(%d): say(going_on=True); time.sleep(0.2)\n    say(duration_ms=7)"
    async with inspecting(stand_in(doing % 8), limit_s=1.0) as inspection:
        assert await length(inspection, Path("long.mp3")) == 7
    async with inspecting(stand_in(doing % 100), limit_s=1.0, going_on_s=0.3) as inspection:
        with pytest.raises(DecodeError, match="too long"):
            await length(inspection, Path("long.mp3"))


async def test_whoever_leaves_does_not_harm_the_next() -> None:
    async with inspecting(stand_in("time.sleep(1000)")) as inspection:
        for patience in (0.0, 0.01, 0.1, 0.4):
            with trio.move_on_after(patience):
                await length(inspection, Path("slow.mp3"))
            assert await length(inspection, Path("good.mp3")) == 1000


async def test_a_child_that_died_in_its_sleep_is_replaced(tmp_path: Path) -> None:
    path = write(tmp_path / "x.wav", noise(0.1))
    async with inspecting() as inspection:
        await length(inspection, path)
        [child] = ours()
        os.kill(child, signal.SIGKILL)
        await until_ended(child)
        assert await length(inspection, path) == 100


async def test_a_signal_to_all_processes_of_the_service_does_not_take_the_child(tmp_path: Path) -> None:
    path = write(tmp_path / "x.wav", noise(0.1))
    async with inspecting() as inspection:
        await length(inspection, path)
        [child] = ours()
        os.kill(child, signal.SIGTERM)
        assert await length(inspection, path) == 100
        assert ours() == [child]


@pytest.mark.parametrize("command", [("/no/such/program",), ("false",), (sys.executable, "-c", "print('Dear diary')")])
async def test_without_a_child_nothing_can_be_examined_and_no_file_is_to_blame(command: Sequence[str]) -> None:
    async with inspecting(command) as inspection:
        for _ in range(2):
            with pytest.raises(Unavailable, match="cannot be examined now"):
                await length(inspection, Path("good.mp3"))


async def test_a_box_that_is_switched_off_blames_no_file() -> None:
    inspection = Inspection(stand_in("time.sleep(1000)"))
    refused: list[Unavailable] = []

    async def ask() -> None:
        try:
            await length(inspection, Path("slow.mp3"))
        except Unavailable as error:
            refused.append(error)

    async with trio.open_nursery() as asking, trio.open_nursery() as nursery:
        await nursery.start(inspection.run)
        asking.start_soon(ask)
        await until_child(os.getpid(), STAND_IN[:20])
        await trio.sleep(0.1)
        nursery.cancel_scope.cancel()
    await ask()
    assert len(refused) == 2


async def test_half_an_hour_of_silence_is_heard_to_its_end_and_takes_no_memory(tmp_path: Path) -> None:
    path = write(tmp_path / "long.wav", noise(0.1))
    told = 2**28 - 100 & ~3
    with path.open("r+b") as file:
        file.truncate(44 + told)
        for place, size in ((4, told + 36), (40, told)):
            file.seek(place)
            file.write(struct.pack("<I", size))
    async with inspecting() as inspection:
        assert await length(inspection, path) == round(told / 4 / 44.1)
        [child] = ours()
        assert peak_kb(child) < 100_000


NAMES = [
    "new\nline.wav",
    'quote".wav',
    "{}.wav",
    "-rf.wav",
    "..wav",
    "\\..\\up.wav",
    "\u202egnp.wav",
    "\U0001f319.wav",
    b"\xff\xfe.wav".decode("utf-8", "surrogateescape"),
    "a" * 240 + ".wav",
]


@pytest.mark.parametrize("name", NAMES)
async def test_no_name_is_a_trick(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(write(tmp_path / "x.wav", noise(0.1)).read_bytes())
    async with inspecting() as inspection:
        # Only what was copied under a name of our own is decoded.
        found = await inspection.sound(path, f"../../{name}", tmp_path / "x.wav")
        assert found.duration_ms == 100
        assert "/" not in found.labels.title
        found.labels.title.encode()


async def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    async with inspecting() as inspection:
        for name in ("pipe.wav", ".", "nowhere.wav"):
            with pytest.raises(DecodeError):
                await length(inspection, tmp_path / name)


def vorbis(path: Path, title: str) -> Path:
    with soundfile.SoundFile(path, "w", 44100, 2) as file:
        file.title = title
        file.write(noise(0.2))
    return path


@pytest.mark.parametrize("ext", ["mp3", "flac", "ogg"])
async def test_a_title_as_long_as_a_book_is_cut(tmp_path: Path, ext: str) -> None:
    path = tmp_path / f"x.{ext}"
    if ext == "mp3":
        write(path, noise(0.2))
        path.write_bytes(id3({"TIT2": text("a" * 100_000)}) + path.read_bytes())
    else:
        vorbis(path, "a" * 100_000)
    async with inspecting() as inspection:
        found = await inspection.sound(path, path.name, path)
        assert found.labels.title == "a" * labels.LONGEST
        assert found.duration_ms == 200


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def examiner(probing: str) -> Sequence[str]:
    """The real one, to which a file does something while it is decoded."""
    return (sys.executable, "-c", f"import os, socket\nfrom tomb import examiner\n{probing}\nexaminer.main()")


@pytest.mark.parametrize("step", ["labels.tags", "embedded.read", "covers.taken"])
async def test_what_was_found_counts_whatever_the_next_step_does_to_the_child(tmp_path: Path, step: str) -> None:
    path = write(tmp_path / "1.mp3", noise(0.5))
    tag = id3(
        {"TIT2": text("Song"), "TXXX": b"\0REPLAYGAIN_TRACK_GAIN\0-7.5 dB", "APIC": picture(pictures.plain(9, 9))}
    )
    path.write_bytes(tag + path.read_bytes())
    async with inspecting(examiner(f"examiner.{step} = lambda *_: os._exit(1)")) as inspection:
        found = await inspection.sound(path, "1.mp3", path)
    assert found.duration_ms == 500
    assert found.loudness.track is not None
    assert (found.labels.title, found.loudness.track == -10.5) == (("1", False) if "tags" in step else ("Song", True))


async def test_sound_that_takes_more_memory_than_the_box_could_spare_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "1.wav", noise(0.1))
    hoarding = "examiner.measure = lambda path, *_: bytearray(200_000_000)"
    async with inspecting(examiner(hoarding)) as inspection:
        with pytest.raises(DecodeError, match="more memory"):
            await length(inspection, path)
        # A picture may have more, for a moment: the box never decodes one.
        assert (await inspection.sound(path, "1.wav", None)).labels == labels.Labels("1")


async def test_sound_that_cannot_be_played_as_the_box_would_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "1.wav", noise(0.1))
    failing = (
        "from tomb.devices.decoder import Decoder\n"
        "def fail(*_): raise examiner.DecodeError('not even a second of it')\n"
        "Decoder.sides = fail"
    )
    async with inspecting(examiner(failing)) as inspection:
        with pytest.raises(DecodeError, match="not even a second"):
            await length(inspection, path)


@pytest.mark.parametrize(
    "doing",
    [
        "open('mine', 'w')",
        "open('new', 'w')",
        "os.unlink('mine')",
        "os.rename('mine', 'new')",
        "os.mkdir('new')",
        "os.symlink('mine', 'new')",
        "os.execv('/bin/rm', ['rm', 'mine'])",
    ],
)
async def test_a_file_that_takes_the_examiner_over_changes_nothing(tmp_path: Path, doing: str) -> None:
    path = write(tmp_path / "1.wav", noise(0.1))
    (tmp_path / "mine").write_text("mine")
    takeover = f"examiner.measure = lambda path, *_: (os.chdir({str(tmp_path)!r}), {doing})"
    async with inspecting(examiner(takeover)) as inspection:
        with pytest.raises(DecodeError):
            await length(inspection, path)
    assert names_in(tmp_path) == {"1.wav", "mine"}
    assert (tmp_path / "mine").read_text() == "mine"


# --- pictures -------------------------------------------------------------------------------------------------------


async def test_the_child_takes_a_picture_and_makes_it_smaller(tmp_path: Path) -> None:
    source, kept = tmp_path / "picture", tmp_path / "kept.jpg"
    source.write_bytes(pictures.plain(900, 450, pictures.BLUE, "WEBP"))
    async with inspecting() as inspection:
        taken = await inspection.picture(source)
        assert (taken.ext, pictures.opened(taken.data).size) == ("jpg", (600, 300))
        kept.write_bytes(taken.data)
        shown = await inspection.fitted(kept, 120, "webp")
        assert (shown.ext, pictures.opened(shown.data).size) == ("webp", (120, 60))


async def test_a_picture_that_is_none_is_refused_in_words(tmp_path: Path) -> None:
    source = tmp_path / "picture"
    async with inspecting() as inspection:
        for data, why in (
            (b"<svg/>", "no JPEG, PNG"),
            (pictures.png(30_000, 30_000, rows=pictures.deflated_zeros(1_000_000)), "million pixels"),
            (pictures.png(7000, 7000, rows=pictures.deflated_zeros(1000)), "damaged"),
        ):
            source.write_bytes(data)
            with pytest.raises(DecodeError, match=why):
                await inspection.picture(source)
        with pytest.raises(DecodeError):
            await inspection.fitted(tmp_path / "gone.jpg", 120, "jpg")
        source.write_bytes(pictures.plain(9, 9))  # and the same child goes on
        assert (await inspection.picture(source)).ext == "jpg"


@pytest.mark.parametrize("doing", [ENDLESS[0], *MEANWHILE[:6], "pass"])
async def test_a_picture_that_the_child_does_not_survive_is_refused(tmp_path: Path, doing: str) -> None:
    async with inspecting(stand_in(doing), limit_s=1.0) as inspection:
        with pytest.raises(DecodeError):
            await inspection.picture(tmp_path / "picture")


async def test_where_the_frames_of_a_long_mp3_are_is_known_once_it_was_heard(tmp_path: Path) -> None:
    long, short = (
        write(tmp_path / f"{minutes}.mp3", noise(minutes * 60, rate=8000, channels=1), 8000) for minutes in (11, 2)
    )
    async with inspecting() as inspection:
        marks = (await inspection.sound(long, "long.mp3", long)).seek_marks
        assert (await inspection.sound(short, "short.mp3", short)).seek_marks is None
    assert marks is not None
    assert marks.total == 11 * 60 * 8000
    assert len(marks.offsets) == pytest.approx(marks.total / (marks.every * marks.samples), abs=1)
