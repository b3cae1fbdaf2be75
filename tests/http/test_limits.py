"""Clients that ask too often are told to wait, and cost the box no memory."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio
from pydantic import ValidationError
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.rigs.asgi import served_box
from tomb.config import Rate, Settings, read_settings
from tomb.http import asyncapi, openapi, player
from tomb.http.guard import FILES, FILES_OF_ONE
from tomb.nurseries.uploads import NewUpload
from tomb.rehearsal.requests import Client
from tomb.rehearsal.simulated.videos import FakeYouTube


async def statuses(client: Client, path: str, count: int) -> list[int]:
    return [(await client.get(path)).status for _ in range(count)]


async def test_the_player_takes_thirty_at_once_and_ten_a_second(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, rate_limits="on") as (_, client):
        assert await statuses(client, "/api/player/status", 32) == [200] * 30 + [429] * 2
        await trio.sleep(0.55)
        assert await statuses(client, "/api/player/status", 6) == [200] * 5 + [429]


async def test_the_rest_takes_fifty_a_second_and_addresses_that_are_not_there_count(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path, rate_limits="on") as (_, client):
        assert await statuses(client, "/api/nowhere", 50) == [404] * 50
        assert await statuses(client, "/api/playlists", 1) == [429]


async def test_categories_and_clients_do_not_disturb_each_other(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, rate_limits="on", rate_player="1/0.1") as (_, client):
        assert await statuses(client, "/api/player/status", 2) == [200, 429]
        assert await statuses(client, "/api/playlists", 1) == [200]
        assert await statuses(replace(client, address="192.168.1.8"), "/api/player/status", 1) == [200]


async def test_youtube_takes_six_a_minute(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, rate_limits="on", youtube=FakeYouTube()) as (_, client):
        search = "/api/youtube/search?query=song"
        assert await statuses(client, search, 7) == [200] * 6 + [429]
        await trio.sleep(60)
        assert await statuses(client, search, 7) == [200] * 6 + [429]
        assert await statuses(client, "/api/youtube/tasks", 20) == [200] * 20  # which nobody outside is asked for


async def test_the_descriptions_that_anybody_may_ask_for_are_made_once(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each took a tenth of a second of the loop, fifty times a second."""
    made: list[str] = []
    for module in (openapi, asyncapi):

        def document(*args: Any, plain: Any = module.document, name: str = module.__name__) -> Any:
            made.append(name)
            return plain(*args)

        monkeypatch.setattr(module, "document", document)
    async with served_box(tmp_path, routes=openapi.described(player.ROUTES)) as (_, client):
        for path in ("/api/openapi.json", "/api/asyncapi.json", "/api/docs"):
            first, again = await client.get(path), await client.get(path)
            assert first.status == 200
            assert first.content == again.content
    assert made == [openapi.__name__, asyncapi.__name__, openapi.__name__]


async def test_retry_after_is_long_enough(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, rate_limits="on", rate_player="1/0.3") as (_, client):
        await client.get("/api/player/status")
        refused = await client.get("/api/player/status")
        assert refused.body["details"]["retry_after"] == pytest.approx(3.33, abs=0.01)
        await trio.sleep(int(refused.headers["retry-after"]))
        assert (await client.get("/api/player/status")).status == 200


async def test_limits_can_be_switched_off(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, rate_limits="off", rate_player="1/0.1") as (_, client):
        assert await statuses(client, "/api/player/status", 100) == [200] * 100


async def test_eight_uploads_at_once_and_the_ninth_must_wait(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, rate_limits="on") as (box, client):
        playlist, answers = (await box.services.librarian.create("Songs")).id, list[int]()
        begun = await box.services.uploads.begin(playlist, NewUpload("a.wav", 2, 1024))
        path = f"/api/playlists/{playlist}/uploads/{begun.id}/chunks/0"

        async def upload() -> None:
            answers.append((await client.ask("PUT", path, raw=[(1.0, b"a"), (1.0, b"b")])).status)

        async with trio.open_nursery() as nursery:
            for _ in range(9):
                nursery.start_soon(upload)
        assert sorted(answers) == [200] * 8 + [429]
        await upload()
        assert answers[-1] == 200


async def test_files_that_nobody_reads_are_bounded_by_client_and_altogether(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    """Each is an open file. One device had all of them."""
    async with served_box(tmp_path, rate_limits="on", rate_other="1000/1000") as (box, client):
        playlist = await box.add("One", 30.0)
        track = (await box.services.librarian.playlist(playlist)).tracks[0].id
        path = f"/api/tracks/{track}/audio"
        async with trio.open_nursery() as nursery:
            for device in range(12):
                for _ in range(FILES_OF_ONE):
                    nursery.start_soon(replace(client, address=f"10.0.0.{device}").stall, path)
                await wait_all_tasks_blocked()
                other = replace(client, address=f"10.0.1.{device}")
                assert (await replace(client, address=f"10.0.0.{device}").get(path)).status == 429
                assert (await other.get(path)).status == (200 if (device + 1) * FILES_OF_ONE < FILES else 429)
                assert (await other.get("/api/player/status")).status == 200
            nursery.cancel_scope.cancel()
        assert (await replace(client, address="10.0.0.0").get(path)).status == 200


def test_rates_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOMB_RATE_PLAYER", "5/0.5")
    assert read_settings({}).rate_player == Rate(5, 0.5)
    assert str(Rate(5, 0.5)) == "5/0.5"


@pytest.mark.parametrize("rate", ["", "5", "5/0", "0/5", "fast", "5/-1"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(ValidationError, match="BURST/PER_SECOND"):
        Settings.model_validate({"rate_player": rate})
