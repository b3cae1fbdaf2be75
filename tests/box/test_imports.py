"""Music comes as folders, in three ways: into a library whose box is off, to a box that runs, by the inbox. What comes
of it is the same."""

import signal
import sqlite3
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest
import trio

from tests.rigs import trees
from tests.rigs.library import opened
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import TOMB, Ended, clean_env, refused, run_tomb, serving
from tests.rigs.small_disk import small_disk
from tests.rigs.sounds import noise, write
from tests.rigs.trees import Playlists
from tomb.ports import RealPorts

QUIET = ("--audio", "silent", "--reader", "none")
# Root reads and writes whatever it likes; without these it is asked for permission, like anybody.
LIKE_ANYBODY = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search")


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trees.grow(tmp_path_factory.mktemp("trees") / "Collection")


async def playlists(data: Path) -> Playlists:
    async with opened(data, ports=RealPorts()) as stage:
        made = [await stage.librarian.playlist(lite.id) for lite in stage.librarian.lites()]
        return sorted(
            (each.title, [track.filename for track in each.tracks], each.cover_url is not None) for each in made
        )


def said_left_out(ended: Ended, *, root: str = "Collection/") -> list[str]:
    lines = [line.removeprefix("left out: ") for line in ended.out.splitlines() if line.startswith("left out: ")]
    return sorted(line.removeprefix(root).partition(": ")[0] for line in lines)


def copies(data: Path) -> list[Path]:
    """What an import has left that belongs to nobody."""
    library = data / "library"
    return [*(library / "incoming").iterdir(), *(library / "inbox").iterdir()]


async def test_into_a_library_whose_box_is_off(collection: Path, tmp_path: Path) -> None:
    ended = await run_tomb("import", collection, "--data", tmp_path)
    assert (ended.status, ended.err) == (0, "")
    assert said_left_out(ended) == trees.left_out()
    assert await playlists(tmp_path) == trees.expected()
    assert copies(tmp_path) == []


async def test_to_a_box_that_runs(collection: Path, tmp_path: Path) -> None:
    async with serving(tmp_path, *QUIET) as box:
        ended = await run_tomb("import", collection, "--url", box.url)
        assert (ended.status, ended.err) == (0, "")
        assert said_left_out(ended) == trees.left_out()
        assert copies(tmp_path) == []
        again = await run_tomb("import", collection, "--url", box.url)
        assert "0 new playlists, 0 new tracks" in again.out
    assert await playlists(tmp_path) == trees.expected()


async def test_by_the_inbox(collection: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "library" / "inbox"
    async with serving(tmp_path, *QUIET, env={"TOMB_INBOX_WATCH_S": "0"}) as box:
        await trio.run_process(["cp", "-a", f"{collection}/.", inbox])
        sent = (await box.post("/api/playlists/sync")).data["imported"]
        assert sorted(each["file"] for each in sent["skipped"]) == sorted(
            each.rpartition("/")[2] for each in trees.left_out()
        )
    assert await playlists(tmp_path) == trees.expected()
    # What was not taken is all there, and nothing else.
    taken = leaves(collection) - leaves(inbox)
    assert sum(len(names) + covered for _, names, covered in trees.expected()) == len(taken)


def leaves(folder: Path) -> set[Path]:
    """All that is in it but folders."""
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.fixture(params=["the box is off", "a box runs"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def import_into(way: str, data: Path) -> AsyncIterator[list[str]]:
    """What to say to `tomb import` besides."""
    if way == "the box is off":
        yield ["--data", str(data)]
    else:
        async with serving(data, *QUIET, env={"TOMB_FREE_KEPT_MB": "0"}) as box:
            yield ["--url", box.url]


def albums(root: Path, *names: str, seconds: float = 0.2) -> Path:
    for seed, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        write(root / name, noise(seconds, seed=seed))
    return root


async def test_what_cannot_be_read_is_left_out_and_said(way: str, tmp_path: Path) -> None:
    root = albums(tmp_path / "Music", "A/1.wav", "A/2.wav", "B/1.wav", "Locked/1.wav")
    (root / "A" / "2.wav").chmod(0)
    (root / "Locked").chmod(0)
    (root / "B").chmod(0o555)
    data = tmp_path / "data"
    async with import_into(way, data) as how:
        ended = await run_tomb("import", root, *how, before=LIKE_ANYBODY)
        assert ended.err == ""
        assert said_left_out(ended, root="Music/") == ["A/2.wav", "Locked"]
        assert ended.out.count("cannot be read: Permission denied") == 2
    assert [(title, names) for title, names, _ in await playlists(data)] == [("A", ["1.wav"]), ("B", ["1.wav"])]


async def test_a_full_disk_ends_it_between_two_folders(way: str, tmp_path: Path) -> None:
    root = albums(tmp_path / "Music", "A/1.wav", "B/1.wav", "B/2.wav", seconds=20)  # 3.4 MiB each
    with small_disk(tmp_path / "disk", 64) as disk:
        data = disk.folder / "data"
        await run_tomb("import", albums(tmp_path / "First", "1.wav"), "--data", data, env={"TOMB_FREE_KEPT_MB": "0"})
        async with import_into(way, data) as how:
            disk.leave(9 * 1024)
            ended = await run_tomb("import", root, *how, env={"TOMB_FREE_KEPT_MB": "0"})
            refused(ended, "disk")
            assert "1 new playlist, 1 new track; then it was stopped" in ended.out
            assert copies(data) == []
            disk.clear()
            rest = await run_tomb("import", root, *how, env={"TOMB_FREE_KEPT_MB": "0"})
            assert rest.out == "1 new playlist, 2 new tracks, 1 already there (in “A”)\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
async def test_whoever_stops_it_has_whole_folders_and_goes_on_later(
    way: str, tmp_path: Path, how: signal.Signals
) -> None:
    root = albums(
        tmp_path / "Music", *(f"{album}/{track}.flac" for album in "ABCDEFGH" for track in range(6)), seconds=2
    )
    data = tmp_path / "data"
    await run_tomb("import", albums(tmp_path / "First", "1.wav"), "--data", data)
    async with import_into(way, data) as more:
        process = await trio.lowlevel.open_process(
            [TOMB, "import", str(root), *more], env=clean_env(), stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # a shell's background has it ignored
        )  # fmt: skip
        with trio.fail_after(PATIENCE_S):
            while count(data) < 3:
                await trio.sleep(0.01)
            process.send_signal(how)
            status = await process.wait()
            while way == "a box runs" and copies(data):
                await trio.sleep(0.01)
        assert status == (130 if how is signal.SIGINT else -signal.SIGKILL)
        done = await run_tomb("import", root, *more)
        assert done.status == 0
        assert copies(data) == []
    found = await playlists(data)
    assert [title for title, _, _ in found] == sorted([*"ABCDEFGH", "First"])
    assert all(len(names) == 6 for title, names, _ in found if title != "First")


def count(data: Path) -> int:
    """How many playlists there are, looked at from outside."""
    with closing(sqlite3.connect(f"file:{data / 'tomb.db'}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT count(*) FROM playlists").fetchone()[0])


# --- which box, which playlist ---------------------------------------------------------------------------------------


async def test_the_box_that_is_named_gets_it_and_nobody_else(tmp_path: Path) -> None:
    root = albums(tmp_path / "Music", "A/1.wav")
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    async with serving(theirs, *QUIET) as box:
        ended = await run_tomb("import", root, "--data", mine, "--url", box.url)
        assert (ended.status, ended.out) == (0, "1 new playlist, 1 new track\n")
    assert not mine.exists()
    assert [title for title, _, _ in await playlists(theirs)] == ["A"]
    refused(await run_tomb("import", root, "--data", mine, "--url", box.url), "no box answers")
    assert not mine.exists()


async def test_the_box_that_has_the_folder_is_found_wherever_it_answers(tmp_path: Path) -> None:
    root, data = albums(tmp_path / "Music", "A/1.wav"), tmp_path / "data"
    async with serving(data, *QUIET):  # on a port that nobody was told
        assert (await run_tomb("import", root, "--data", data)).out == "1 new playlist, 1 new track\n"
        assert (await run_tomb("backup", tmp_path / "all.tar", "--data", data)).status == 0
    with tarfile.open(tmp_path / "all.tar") as archive:
        assert "tomb.db" in archive.getnames()


async def test_what_was_taken_out_of_a_running_box_is_said_and_stays_so(tmp_path: Path) -> None:
    root = albums(tmp_path / "Music", "A/1.wav", "A/2.wav")
    async with serving(tmp_path / "data", *QUIET) as box:
        await run_tomb("import", root, "--url", box.url)
        [made] = (await box.get("/api/playlists")).data["playlists"]
        await box.delete(f"/api/playlists/{made['id']}/tracks", {"track_numbers": [1]})
        again = await run_tomb("import", root, "--url", box.url)
        assert again.out == (
            "left out: Music/A/1.wav: it was taken out of its playlist before, and stays so\n"
            "0 new playlists, 0 new tracks, 1 already there (in “A”), 1 left out\n"
        )
        write(root / "A" / "3.wav", noise(0.2, seed=9))
        assert (
            "0 new playlists, 1 new track, 1 already there (in “A”), 1 left out"
            in (await run_tomb("import", root, "--url", box.url)).out
        )


async def test_parents_alone_bring_music_to_a_box_with_a_pin(tmp_path: Path) -> None:
    root = albums(tmp_path / "Music", "A/1.wav")
    async with serving(tmp_path / "data", *QUIET) as box:
        await box.put("/api/settings", {"pin": "2580"})
        refused(await run_tomb("import", root, "--url", box.url), "PIN")
        asked = await trio.run_process(
            [TOMB, "import", str(root), "--url", box.url], stdin=b"2580\n", env=clean_env(), capture_stdout=True
        )
        assert asked.stdout == b"1 new playlist, 1 new track\n"


async def test_a_file_is_a_playlist_of_one_or_comes_into_another(way: str, tmp_path: Path) -> None:
    root = albums(tmp_path / "Music", "Songs/1.wav", "Songs/2.wav", "Alone.wav", "Late.wav")
    data = tmp_path / "data"
    async with import_into(way, data) as how:
        assert "1 new playlist, 2 new tracks" in (await run_tomb("import", root / "Songs", *how)).out
        assert (await run_tomb("import", root / "Alone.wav", *how)).out == "1 new playlist, 1 new track\n"
        into = await run_tomb("import", root / "Late.wav", "--into", "songs", *how)
        assert into.out == "0 new playlists, 1 new track\n"
        again = await run_tomb("import", root / "Late.wav", "--into", "Songs", *how)
        assert again.out == "0 new playlists, 0 new tracks, 1 already there (in “Songs”)\n"
        refused(await run_tomb("import", root / "Late.wav", "--into", "Nothing", *how), "Nothing")
        refused(await run_tomb("import", root / "nowhere.wav", *how), "No such file")
    assert [(title, names) for title, names, _ in await playlists(data)] == [
        ("Alone", ["Alone.wav"]),
        ("Songs", ["1.wav", "2.wav", "Late.wav"]),
    ]
