"""Names that are no UTF-8 come over the wire as text."""

import os
from pathlib import Path

from trio.testing import MockClock

from tests.rigs.asgi import served_box
from tomb.rehearsal.simulated.music import sparse_wav


def in_latin_1(folder: Path, name: str) -> Path:
    return Path(os.fsdecode(os.fsencode(folder) + b"/" + name.encode("latin-1")))


def hand_over(inbox: Path) -> None:
    folder = in_latin_1(inbox, "Märchen")
    folder.mkdir(parents=True)
    sparse_wav(folder / "1.wav", 5.0)
    in_latin_1(folder, "Müll.mp3").write_text("Dear diary")
    for path in (folder, *folder.iterdir()):
        os.utime(path, (0, 0))


async def test_a_broken_file_with_a_latin_1_name_is_named_to_whoever_asks(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (box, client):
        hand_over(box.services.librarian.folder / "inbox")
        answer = await client.post("/api/playlists/sync")
        assert answer.status == 200
        assert [each["file"] for each in answer.data["imported"]["skipped"]] == ["Müll.mp3"]
        lists = (await client.get("/api/playlists")).data["playlists"]
        assert "Märchen" in [each["title"] for each in lists]
