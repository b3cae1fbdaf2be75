"""Files from parents' phones, to the real box: whole after a power cut, and harmless whatever is in them."""

import hashlib
from pathlib import Path
from random import Random
from typing import Any

import trio

from tests.nurseries.test_hostile_files import BOMBS, mp3, names_in
from tests.rigs.process import Box, call, serving
from tests.rigs.sounds import noise, write

QUIET = ("--audio", "silent", "--reader", "none")
CHUNK = 65536


class Phone:
    """Sends files to one playlist."""

    def __init__(self, box: Box, playlist_id: str) -> None:
        self._port = box.port
        self._base = f"/api/playlists/{playlist_id}/uploads"

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        return (await call(self._port, method, self._base + path, body, headers=headers)).data

    async def begin(self, name: str, content: bytes) -> str:
        told = {"filename": name, "file_size": len(content), "chunk_size": CHUNK}
        session: str = (await self.ask("POST", "/session", told))["session_id"]
        return session

    async def send(self, session: str, content: bytes, *indices: int) -> None:
        """Some chunks, all at once."""
        async with trio.open_nursery() as nursery:
            for index in indices:
                piece = content[index * CHUNK : (index + 1) * CHUNK]
                path = f"{self._base}/{session}/chunks/{index}"
                nursery.start_soon(call, self._port, "PUT", path, piece)

    async def missing(self, session: str) -> list[int]:
        found: list[int] = (await self.ask("GET", f"/{session}"))["missing_chunks"]
        return found

    async def finalize(self, session: str, content: bytes) -> Any:
        return await self.ask("POST", f"/{session}/finalize", {"file_hash": hashlib.sha256(content).hexdigest()})

    async def upload(self, name: str, content: bytes) -> Any:
        session = await self.begin(name, content)
        await self.send(session, content, *range(-(-len(content) // CHUNK)))
        return await self.finalize(session, content)


async def test_two_uploads_go_on_after_a_power_cut_where_they_were(tmp_path: Path) -> None:
    songs = {name: write(tmp_path / name, noise(3.0, seed=len(name))).read_bytes() for name in ("a.wav", "song.wav")}
    order = Random(3)
    sessions: dict[str, str] = {}
    sent: dict[str, list[int]] = {}
    async with serving(tmp_path / "data", *QUIET) as box:
        playlist = (await box.post("/api/playlists", {"title": "Songs"})).data["id"]
        phone = Phone(box, playlist)
        for name, content in songs.items():
            sessions[name] = await phone.begin(name, content)
            sent[name] = order.sample(range(-(-len(content) // CHUNK)), 4)
            await phone.send(sessions[name], content, *sent[name])
        await box.kill()
    async with serving(tmp_path / "data", *QUIET) as box:
        phone = Phone(box, playlist)
        for name, content in songs.items():
            missing = await phone.missing(sessions[name])
            assert sorted(missing + sent[name]) == list(range(-(-len(content) // CHUNK)))
            await phone.send(sessions[name], content, *missing)
            track = await phone.finalize(sessions[name], content)
            assert track["duration_ms"] == 3000
            assert (await box.get(f"/api/tracks/{track['id']}/audio")).content == content
        assert list((tmp_path / "data" / "library" / "uploads").iterdir()) == []


async def test_what_a_phone_sends_does_no_harm(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", *QUIET) as box:
        playlist = (await box.post("/api/playlists", {"title": "Songs"})).data["id"]
        phone = Phone(box, playlist)
        before = names_in(tmp_path)
        for number, bomb in enumerate(BOMBS.values()):
            content = mp3(tmp_path / "song.mp3", bomb).read_bytes() + bytes([number])
            track = await phone.upload(f"../../../song {number}\u202e.mp3", content)
            assert (track["title"], track["cover_url"], track["duration_ms"]) == ("Song", None, 200)
        (tmp_path / "song.mp3").unlink()
        assert names_in(tmp_path) == before
        refused = await call(
            box.port,
            "POST",
            f"/api/playlists/{playlist}/uploads/session",
            {"filename": "a" * 100_000 + ".mp3", "file_size": 10},
        )
        assert (refused.status, refused.body["errors"][0]["field"]) == (400, "filename")
        assert (await box.get("/api/health")).status == 200


async def test_an_upload_that_libsndfile_cannot_play_is_made_one_that_it_can(tmp_path: Path) -> None:
    wav = write(tmp_path / "1.wav", noise(1.0))
    await trio.run_process(["ffmpeg", "-v", "error", "-i", str(wav), str(tmp_path / "1.m4a")])
    content = (tmp_path / "1.m4a").read_bytes()
    async with serving(tmp_path / "data", *QUIET) as box:
        playlist = (await box.post("/api/playlists", {"title": "Songs"})).data["id"]
        track = await Phone(box, playlist).upload("1.m4a", content)
        assert abs(track["duration_ms"] - 1000) < 100
        heard = await box.get(f"/api/tracks/{track['id']}/audio")
        assert heard.content.startswith(b"OggS")
        again = await Phone(box, playlist).upload("Again.m4a", content)
        assert again["file_hash"] == track["file_hash"]
        assert len(list((tmp_path / "data" / "library" / "files").glob("*.opus"))) == 1
