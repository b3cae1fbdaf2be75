"""The command line beside `serve`, and what it says to a running box."""

from functools import partial
from pathlib import Path

import pytest
import trio

import tomb
from tests.rigs.music import Music
from tests.rigs.process import refused, run_tomb, serving
from tests.rigs.sounds import noise, write

VIRTUAL = ("--audio", "silent", "--reader", "virtual")


async def test_the_version() -> None:
    ended = await run_tomb("--version")
    assert (ended.status, ended.out, ended.err) == (0, f"tomb {tomb.__version__}\n", "")


async def test_diagrams_of_every_machine(tmp_path: Path) -> None:
    ended = await run_tomb("diagrams", "--out", tmp_path / "new" / "folder")
    assert (ended.status, ended.err) == (0, "")
    written = [Path(line) for line in ended.out.splitlines()]
    assert written
    for path in written:
        assert ("flowchart" if path.stem == "coupling" else "stateDiagram") in path.read_text()


async def test_diagrams_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(await run_tomb("diagrams", "--out", tmp_path / "file"), str(tmp_path / "file"))


async def test_a_virtual_tap_plays(music: Music) -> None:
    async with serving(music.data, *VIRTUAL) as box:
        tapped = await run_tomb("tap", "04:DE:AD:BE:EF:01:80", "--hold", "0.1", "--url", box.url)
        assert (tapped.status, tapped.err) == (0, "")
        state = await box.until_player(lambda state: state["is_playing"])
        assert state["active_playlist_title"] == "Second"
        assert tapped.out == "04DEADBEEF0180: the tag of “Second”; the box plays “1” (1 of 1)\n"
        unknown = await run_tomb("tap", "04C0FFEE", "--hold", "0", "--url", box.url)
        assert unknown.out == "04C0FFEE: a tag that is linked to nothing yet; the box plays “1” (1 of 1)\n"


async def test_a_virtual_tap_of_the_tag_that_lies_there_lifts_it_first_and_says_so(music: Music) -> None:
    async with serving(music.data, *VIRTUAL) as box:
        assert not (await box.put("/api/reader/tag", {"tag_id": "04DEADBEEF0180"})).data["lay_there"]
        await box.until_player(lambda state: state["is_playing"])
        tapped = await run_tomb("tap", "04:DE:AD:BE:EF:01:80", "--hold", "0.1", "--url", box.url)
        assert tapped.out.startswith(
            "04DEADBEEF0180: the tag of “Second” (it lay there already: lifted and put on again); the box "
        )
        await box.until_player(lambda state: state["state"] == "paused")  # a second tap, as by a hand


async def test_a_tap_without_a_box() -> None:
    refused(await run_tomb("tap", "04A1B2C3", "--url", "http://127.0.0.1:9"), "no box", "http://127.0.0.1:9")


@pytest.mark.parametrize("uid", ["", "XYZ", "04A1", "04A1B2C", "04" * 11])
async def test_a_tap_with_a_number_that_no_tag_has(uid: str) -> None:
    refused(await run_tomb("tap", uid))


async def test_a_tap_on_a_box_without_a_virtual_reader(music: Music) -> None:
    async with serving(music.data, "--audio", "silent", "--reader", "none") as box:
        refused(await run_tomb("tap", "04A1B2C3", "--url", box.url), "reader")


async def test_an_address_that_is_none() -> None:
    refused(await run_tomb("tap", "04A1B2C3", "--url", "file:///etc/passwd"), "no address")
    refused(await run_tomb("tap", "04A1B2C3", "--url", "http://localhost:port"), "no box")


async def test_an_address_where_something_else_answers() -> None:
    async def answer(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        await stream.aclose()

    async with trio.open_nursery() as nursery:
        (listener,) = await nursery.start(partial(trio.serve_tcp, answer, 0, host="127.0.0.1"))
        url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        refused(await run_tomb("tap", "04A1B2C3", "--url", url), url, "no box")
        nursery.cancel_scope.cancel()


async def test_an_import_while_the_box_runs_goes_to_the_box(music: Music, tmp_path: Path) -> None:
    folder = tmp_path / "Fourth"
    folder.mkdir()
    write(folder / "1.wav", noise(0.3, seed=99))
    (folder / "letter.mp3").write_text("Dear parents")
    async with serving(music.data, "--audio", "silent", "--reader", "none") as box:
        ended = await run_tomb("import", folder, "--data", music.data, "--url", box.url)
        assert (ended.status, ended.err) == (0, "")
        assert "1 new playlist, 1 new track, 1 left out" in ended.out
        assert "left out: Fourth/letter.mp3: " in ended.out
        titles = {each["title"] for each in (await box.get("/api/playlists")).data["playlists"]}
        assert titles == {"First", "Second", "Third", "Fourth"}
        assert folder.joinpath("1.wav").exists()
        assert list((music.data / "library" / "inbox").iterdir()) == []


async def test_a_running_box_is_not_given_what_it_cannot_take(music: Music, tmp_path: Path) -> None:
    folder = tmp_path / "Fourth"
    folder.mkdir()
    (folder / "letter.mp3").write_text("Dear parents")
    inbox = music.data / "library" / "inbox"
    async with serving(music.data, "--audio", "silent", "--reader", "none") as box:
        refused(await run_tomb("import", folder, "--data", music.data, "--url", box.url), "nothing in it can be played")
        refused(await run_tomb("import", folder, "--data", music.data, "--url", "http://127.0.0.1:9"), "no box answers")
        assert list(inbox.iterdir()) == []
        assert (await box.get("/api/playlists")).data["total"] == 3


async def test_an_update_of_a_box_that_runs_from_a_folder_says_what_to_do_instead(music: Music, tmp_path: Path) -> None:
    package = tmp_path / "tomb-music-box.deb"
    package.touch()
    refused(await run_tomb("update", package), "git pull")
    async with serving(music.data, *VIRTUAL) as box:
        refused(await run_tomb("update", "--url", box.url), "git pull")
        refused(await run_tomb("update", "https://example.org/a.deb", "--url", box.url), "git pull")
