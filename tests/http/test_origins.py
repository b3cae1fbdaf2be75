"""Whose command it is: by the PIN over HTTP, and by the reader; the machine hears of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from trio.testing import MockClock

from tests.rigs.asgi import served_box
from tests.rigs.box import TAGS
from tomb.machines.player import PLAYER, events
from tomb.machines.table import Outcome
from tomb.models import Origin, TagAction

PIN = "2580"
ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "POST /api/playlists/{id}/start": ("Start", {}),
    "POST /api/playlists/{id}/play/1": ("Start", {}),
    "POST /api/player/chapter": ("ToChapter", {"index": 1}),
    "POST /api/player/seek": ("Seek", {"position_ms": 1000}),
    "POST /api/player/pause": ("Pause", {}),
    "POST /api/player/play": ("Play", {}),
    "POST /api/player/toggle": ("Toggle", {}),
    "POST /api/player/next": ("Next", {}),
    "POST /api/player/previous": ("Previous", {}),
    "POST /api/player/volume": ("SetVolume", {"volume": 20}),
    "PUT /api/player/mode": ("SetMode", {"muted": True}),
    "POST /api/player/sleep": ("SetSleep", {"seconds": 60}),
    "POST /api/player/stop": ("Stop", {}),
}


@contextmanager
def commands_heard() -> Iterator[list[tuple[str, Origin]]]:
    """What the player's machine is asked meanwhile, and by whom."""
    heard: list[tuple[str, Origin]] = []
    fire = PLAYER.fire

    def listened(model: Any, event: object) -> Outcome:
        if isinstance(event, events.Command):
            heard.append((type(event).__name__, event.origin))
        return fire(model, event)

    with patch.object(PLAYER, "fire", listened):
        yield heard


@pytest.mark.parametrize("pin", [None, PIN])
async def test_who_has_no_pin_session_is_a_child_where_there_is_a_pin_and_else_a_parent(
    tmp_path: Path, autojump_clock: MockClock, pin: str | None
) -> None:
    async with served_box(tmp_path) as (box, client):
        playlist_id = await box.add("Songs", 10, 10)
        await box.mark(playlist_id, 2000)
        await client.put("/api/settings", pin=pin)
        stranger = replace(client, cookies={})
        if pin is not None:
            await client.post("/api/pin/session", pin=pin)
        with commands_heard() as heard:
            for route, (_, body) in ASKED.items():
                method, path = route.split()
                for asker in (client, stranger):
                    answer = await asker.ask(method, path.format(id=playlist_id), body)
                    assert answer.status == 200, (route, answer.content)
        other = "parent" if pin is None else "child"
        assert heard == [each for name, _ in ASKED.values() for each in ((name, "parent"), (name, other))]


async def test_the_child_s_page_is_a_child_s_with_a_pin_and_without(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        playlist_id = await box.add("Songs", 10)
        with commands_heard() as heard:
            assert (await client.post(f"/api/playlists/{playlist_id}/tap")).status == 200
        assert heard == [("Tapped", "child")]


async def test_what_a_tag_does_comes_from_a_tag(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, _):
        await box.add("Songs", 60, tag_id=TAGS[0])
        await box.services.librarian.assign_tag(TAGS[1], TagAction(action="next"))
        await box.services.preferences.change({"on_removal": "pause"}, {})
        with commands_heard() as heard:
            await box.tap(TAGS[0])
            await box.tap(TAGS[1])
        assert heard == [("Tapped", "tag"), ("TagRemoved", "tag"), ("Next", "tag")]


def test_every_command_that_the_machine_knows_has_an_origin_and_who_says_none_may_do_least() -> None:
    assert events.Play().origin == "child"
    commands = {
        name for name, each in vars(events).items() if isinstance(each, type) and issubclass(each, events.Command)
    }
    assert commands == {"Command", "Tapped", "TagRemoved", *(name for name, _ in ASKED.values())}
