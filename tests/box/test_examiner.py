"""The box, as a process, and its child that looks at files."""

import json
import os
from pathlib import Path

from tests.rigs import pictures
from tests.rigs.children import alive, until_child, until_ended
from tests.rigs.library import opened
from tests.rigs.process import Box, serving
from tests.rigs.sounds import noise, write

QUIET = ("--audio", "silent", "--reader", "none")


def loaded(pid: int) -> str:
    """Of the files that it has in its memory."""
    return Path(f"/proc/{pid}/maps").read_text()


async def hand_over(box: Box, data: Path, name: str) -> None:
    """Put a folder into the inbox, and have the box look there."""
    folder = data / "library" / "inbox" / name
    folder.mkdir(parents=True)
    write(folder / "1.mp3", noise(0.5, seed=len(name)))
    (folder / "cover.webp").write_bytes(pictures.plain(900, 900, kind="WEBP"))
    for path in (folder, *folder.iterdir()):
        os.utime(path, (0, 0))
    answer = await box.post("/api/playlists/sync", {})
    assert answer.status == 200, answer.content


async def test_the_box_itself_never_loads_what_decodes_files_on_their_way_in(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.librarian.create("No demo, which the box plays and writes itself")
    async with serving(tmp_path, *QUIET) as box:
        await hand_over(box, tmp_path, "Songs")
        in_box, in_child = loaded(box.pid), loaded(await until_child(box.pid, "tomb.examiner"))
        for library in ("_imaging", "sndfile"):
            assert library in in_child
            assert library not in in_box
        lists = await box.get("/api/playlists")
        assert "/cover" in json.dumps(lists.body)


async def test_a_power_cut_of_the_box_takes_its_child_along(tmp_path: Path) -> None:
    async with serving(tmp_path, *QUIET) as box:
        await hand_over(box, tmp_path, "Songs")
        child = await until_child(box.pid, "tomb.examiner")
        assert alive(child)
        await box.kill()
        await until_ended(child)


async def test_a_box_that_is_switched_off_leaves_no_child(tmp_path: Path) -> None:
    async with serving(tmp_path, *QUIET) as box:
        await hand_over(box, tmp_path, "Songs")
        child = await until_child(box.pid, "tomb.examiner")
        assert await box.terminate() == 0
        assert not alive(child)
