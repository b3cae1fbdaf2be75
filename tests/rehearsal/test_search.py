"""The search finds nothing in the box, and does find what is planted in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.rehearsal import search
from tomb.machines.player import PLAYER, ROWS, actions, events, guards
from tomb.machines.table import Row, Table
from tomb.nurseries import deck
from tomb.nurseries.linking import Linking
from tomb.rehearsal.command import rehearse_all
from tomb.rehearsal.loudspeaker import Loudspeaker
from tomb.rehearsal.scenario import parse
from tomb.rehearsal.simulated.disk import Disk

EXAMPLES = 100  # `./justw soak --stories` looks for longer
PLANTED = 100  # stories, within which each of the faults is found: the last is in the 42nd
STEPS = 2  # at most are left of it
SEED = 2026

Plant = Callable[[pytest.MonkeyPatch], None]


def _player(rows: list[Row[Any]]) -> Table[Any]:
    ignored: dict[str, tuple[type, ...]] = dict.fromkeys(PLAYER.states, ())
    for state, event in PLAYER.ignored:
        ignored[state] = (*ignored[state], event)
    return Table(
        PLAYER.name, PLAYER.model, PLAYER.states, PLAYER.initial, PLAYER.events, rows, ignored, couple=PLAYER._couple
    )


def _limits_stop_no_tap(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(deck, "PLAYER", _player([each for each in ROWS if each.when is not guards.shut_out_of_more]))


def _next_asks_not_whether_there_is_one(patch: pytest.MonkeyPatch) -> None:
    rows = [each if each.when is not guards.has_next else replace(each, when=_always) for each in ROWS]
    patch.setattr(
        deck, "PLAYER", _player([each for each in rows if each.on is not events.Next or each.do is not actions.stop])
    )


def _a_pause_is_not_heard(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Loudspeaker, "pause", lambda _: None)


def _a_session_takes_no_tag(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Linking, "placed", lambda *_, **__: False)


def _edits_are_not_synced(patch: pytest.MonkeyPatch) -> None:
    """As with SQLite's `synchronous = NORMAL`: of its log a power cut leaves what was there long ago."""
    settle, after_cut = Disk.settle, Disk.after_cut
    log: dict[Path, bytes] = {}

    def settled(disk: Disk, folder: Path) -> None:
        settle(disk, folder)
        log.update((path, path.read_bytes()) for path in folder.rglob("tomb.db*"))

    def cut(disk: Disk, before: Path, after: Path) -> None:
        after_cut(disk, before, after)
        for path, content in log.items():
            if path.parent == before:
                (after / path.name).write_bytes(content)

    patch.setattr(Disk, "settle", settled)
    patch.setattr(Disk, "after_cut", cut)


FAULTS: dict[str, tuple[Plant, str]] = {
    "limits": (_limits_stop_no_tap, "no tap plays"),
    "next": (_next_asks_not_whether_there_is_one, "a box that lives"),
    "pause": (_a_pause_is_not_heard, "what is heard is what is told"),
    "session": (_a_session_takes_no_tag, "no tap plays"),
    "edit": (_edits_are_not_synced, "nothing acknowledged is lost over a power cut"),
}


def test_nothing_goes_wrong_in_stories_that_nobody_has_written() -> None:
    found = search.hunt(EXAMPLES, SEED)
    assert found is None, f"{found}\n{search.failure(found)}"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_and_its_shortest_story_is_a_scenario(
    fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plant, rule = FAULTS[fault]
    plant(monkeypatch)
    found = search.hunt(PLANTED, SEED)
    assert found is not None
    assert len(parse(found, "found.toml").told.step) <= STEPS, found
    file = tmp_path / "found.toml"
    file.write_text(found, encoding="utf-8")
    assert not rehearse_all([file], 0, None, "text")
    assert f"expected  {rule}" in capsys.readouterr().err
    monkeypatch.undo()
    assert rehearse_all([file], 0, None, "text")


def _always(*_: object) -> bool:
    return True
