"""Those who own nothing: somebody who plays whatever there is, somebody who listens, somebody who makes backups."""

import io
import json
import tarfile
from collections.abc import Iterator
from random import Random

import trio
from trio_websocket import ConnectionClosed, HandshakeError

from tests.rigs.listener import listening
from tests.soak.api import Api, Gone, Journal, Numbers
from tests.soak.worker import expect

LAST_WORDS_S = 0.5  # to read what the box sent before it died
MAYBE = (200, 400, 404)  # what is to be played may just be deleted, and nothing may be playing


async def play(api: Api, random: Random, tags: list[str]) -> None:
    """Press buttons and lay tags on the reader, until the box is gone."""
    try:
        while True:
            method, path, body = random.choice(list(_buttons(random, tags)))
            if path == "start":
                listed = (await api.ask("GET", "/api/playlists?tracks=false&limit=100")).data["playlists"]
                if not listed:
                    continue
                path = f"/api/playlists/{random.choice(listed)['id']}/start"
            await api.ask(method, path, body, ok=MAYBE)
    except Gone:
        return


def _buttons(random: Random, tags: list[str]) -> Iterator[tuple[str, str, object]]:
    yield from (("POST", "start", {}),) * 3
    yield from (("POST", f"/api/player/{name}", {}) for name in ("play", "pause", "toggle", "next", "previous"))
    yield "POST", "/api/player/seek", {"position_ms": random.randint(0, 4000)}
    yield "POST", "/api/player/volume", {"volume": random.randint(0, 100)}
    yield "PUT", "/api/player/mode", {"shuffle_enabled": random.random() < 0.5}
    yield "PUT", "/api/reader/tag", {"tag_id": random.choice(tags)}
    yield "DELETE", "/api/reader/tag", None


async def listen(port: int, dead: trio.Event, journal: Journal, numbers: Numbers) -> None:
    """Hear every event, until the box is gone: their numbers only ever grow."""
    told: list[int] = []
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_hang_up, dead, nursery.cancel_scope)
            async with listening(port, "playlists") as listener:
                await listener.ended.wait()
                told = [data["server_seq"] for event, data in listener.told if event.startswith("state:")]
            nursery.cancel_scope.cancel()
    except* (OSError, ConnectionClosed, HandshakeError, trio.BrokenResourceError):
        journal.note("the listener's connection broke")
    expect(told == sorted(told), f"events are out of order: {told}")  # snapshots have the number of the last one
    journal.note(f"the listener heard {len(told)} events, the last was {told[-1] if told else '-'}")
    journal.counts["events"] += len(told)
    numbers.saw(max(told, default=0))


async def _hang_up(dead: trio.Event, listening: trio.CancelScope) -> None:
    """Whoever was joining a room when the box died would wait for it for long; all others end by themselves."""
    await dead.wait()
    listening.deadline = trio.current_time() + LAST_WORDS_S


async def back_up(api: Api) -> None:
    """Fetch one backup after the other: each must be whole."""
    try:
        while (answer := await api.ask("GET", "/api/backup", ok=(200, 404, 409))).status == 200:
            _check_archive(answer.content)
            api.journal.counts["backups"] += 1
            await trio.sleep(0.2)
    except Gone:
        return


def _check_archive(content: bytes) -> None:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        names = archive.getnames()
        about = archive.extractfile(names[0])
        expect(about is not None and json.load(about), "the backup does not say what it is")
        expect("tomb.db" in names, f"the backup has no database: {names}")
