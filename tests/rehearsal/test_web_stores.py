"""The web UI's own stores as clients: what the page shows is what the box knows."""

from pathlib import Path

import pytest

from tests.rehearsal.story import failure, goes_well
from tomb.events import Event, Events
from tomb.rehearsal import web_stores
from tomb.rehearsal.simulated.music import RATE

pytestmark = pytest.mark.usefixtures("web_modules")

AFTERNOON = """
    [[step]]
    connect = { client = "mum", stores = "web" }
    expect.told.mum = ["state:playlists", "state:player", "sync:complete"]
    [[step]]
    connect = { client = "dad", stores = "web", rooms = ["playlists", "cow"] }
    [[step]]
    after = "1s"
    tap = "cow"
    [[step]]
    after = "5s"
    [[step.together]]
    by = "mum"
    call = "PUT /api/playlists/<cow>"
    body = { title = "Kuh" }
    [[step.together]]
    by = "dad"
    call = "PUT /api/playlists/<cow>"
    body = { description = "of dad's" }
    [[step.together]]
    by = "aunt"
    call = "DELETE /api/playlists/<whale>"
    [[step]]
    after = "2s"
    drop = "mum"
    [[step]]
    call = "POST /api/playlists"
    body = { title = "Wolf" }
    expect.answer.http = 201
    [[step]]
    after = "3s"
    resync = "mum"
    [[step]]
    call = "POST /api/nfc/scan"
    body = { playlist_id = "<cow>" }
    [[step]]
    after = "65s"
    cut = "power"
    [[step]]
    resync = "dad"
    [[step]]
    after = "2s"
    resync = "mum"
    expect.connected = ["mum", "dad"]
"""


@pytest.mark.parametrize("seed", range(3))
def test_three_parents_edit_and_every_page_shows_what_there_is(seed: int) -> None:
    goes_well(AFTERNOON, seed)


def test_a_page_that_was_not_told_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    real = Events._hand_out

    def hand_out(events: Events, event: Event) -> None:
        if event.type != "state:playlist_deleted":
            real(events, event)

    monkeypatch.setattr(Events, "_hand_out", hand_out)
    said = failure(AFTERNOON)
    assert "mum knows what the box knows" in said


def test_where_there_is_no_node_the_scenario_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert RATE  # the stage is loaded before its path is taken away
    web_stores._bundle.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    connects = '[[step]]\nconnect = { client = "mum", stores = "web" }\n'
    assert "the web UI's stores need Node, and there is none" in failure(connects)
    monkeypatch.setattr(web_stores, "WEB", tmp_path)
    assert "need its sources and its modules" in failure(connects)
