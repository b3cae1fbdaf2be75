"""Each rule that always holds is found broken when it is: by a fault that is planted in the box."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.story import LIBRARY, failure, goes_well, told
from tomb.events import Event, Events
from tomb.http import system
from tomb.library.counters import EventLease
from tomb.nurseries.deck import Deck
from tomb.nurseries.linking import Linking
from tomb.rehearsal.loudspeaker import Loudspeaker
from tomb.rehearsal.simulated.disk import Disk
from tomb.rehearsal.simulated.sound import FragileOutput

TAP = '[[step]]\ntap = "cow"\n'
CONNECTED = '[[step]]\nconnect = "phone"\n'
EDIT = '[[step]]\ncall = "PUT /api/playlists/<cow>"\nbody = { title = "Kuh" }\n'
CUT = '[[step]]\ncut = "power"\n'
SESSION = '[[step]]\ncall = "POST /api/nfc/scan"\nbody = { playlist_id = "<whale>" }\n'
PAUSE = '[[step]]\ncall = "POST /api/player/pause"\n'
HEALTH = '[[step]]\ncall = "GET /api/health"\n'
LATE = '[box]\nmissing = ["sound"]\n' + LIBRARY.partition("\n")[2]
FOUND = TAP + '[[step]]\nafter = "5s"\nreturn = "sound"\n[[step]]\nafter = "10s"\n'


async def _starts_over(_: EventLease, __: float = 0.0) -> int:
    return 0


def _deaf_to_edits(real: Callable[..., None]) -> Callable[..., None]:
    def hand_out(events: Events, event: Event) -> None:
        if event.type != "state:playlist_updated":
            real(events, event)

    return hand_out


def _beyond_its_end(real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda deck, number: real(deck, number).model_copy(update={"position_ms": 60_001})


def _louder(real: Callable[..., None]) -> Callable[..., None]:
    return lambda output, level, seconds=0.02: real(output, 2 * level, seconds)


def _without_its_log(real: Callable[..., None]) -> Callable[..., None]:
    def after_cut(disk: Disk, before: Path, after: Path) -> None:
        real(disk, before, after)
        (after / "tomb.db-wal").unlink(missing_ok=True)

    return after_cut


def _fails(_: object) -> Callable[..., None]:
    def health_status(_: object) -> None:
        raise ZeroDivisionError("planted")

    return health_status


FAULTS: dict[str, tuple[object, str, Callable[[Any], object], str, str]] = {
    "numbers": (EventLease, "open", lambda _: _starts_over, TAP + CUT + PAUSE, "server_seq strictly grows"),
    "view": (Events, "_hand_out", _deaf_to_edits, CONNECTED + EDIT, "phone knows what the box knows"),
    "position": (Deck, "state", _beyond_its_end, TAP, "the position lies within the track"),
    "gain": (Loudspeaker, "set_gain", _louder, TAP, "never above the ceiling"),
    "heard": (Deck, "state", lambda real: lambda deck, n: real(deck, n).model_copy(update={"state": "paused"}), TAP,
              "what is heard is what is told"),
    "session": (Linking, "placed", lambda _: lambda *_, **__: False, SESSION + TAP, "no tap plays"),
    "log": (system, "health_status", _fails, HEALTH, "no defect in the log"),
    "cut": (Disk, "after_cut", _without_its_log, EDIT + CUT, "nothing acknowledged is lost over a power cut"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, name, planted, steps, rule = FAULTS[fault]
    monkeypatch.setattr(where, name, planted(getattr(where, name)))
    assert f"expected  {rule}" in failure(steps)


@pytest.mark.parametrize("fault", FAULTS)
def test_without_it_all_is_well(fault: str) -> None:
    goes_well(FAULTS[fault][3])


def test_a_stand_in_that_is_not_silent_when_the_loudspeaker_is_found_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    library = f'title = "Late"\n{LATE}'
    goes_well(FOUND, library=library)
    monkeypatch.setattr(FragileOutput, "stop", lambda _: None)
    assert "expected  never two tracks sounding" in str(told(FOUND, library=library).failure)
