"""Each rule that always holds is found broken when it is: by a fault that is planted in the box."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.story import LIBRARY, failure, goes_well, told
from tomb.events import Event, Events
from tomb.http import system
from tomb.library.counters import EventLease
from tomb.nurseries import deck
from tomb.nurseries.deck import Deck
from tomb.nurseries.linking import Linking
from tomb.rehearsal.loudspeaker import Loudspeaker
from tomb.rehearsal.simulated.disk import Disk
from tomb.rehearsal.simulated.sound import FragileOutput
from tomb.socketio.queues import Outbox

TAP = '[[step]]\ntap = "cow"\n'
CONNECTED = '[[step]]\nconnect = "phone"\n'
EDIT = '[[step]]\ncall = "PUT /api/playlists/<cow>"\nbody = { title = "Kuh" }\n'
CUT = '[[step]]\ncut = "power"\n'
SESSION = '[[step]]\ncall = "POST /api/nfc/scan"\nbody = { playlist_id = "<whale>" }\n'
PAUSE = '[[step]]\ncall = "POST /api/player/pause"\n'
HEALTH = '[[step]]\ncall = "GET /api/health"\n'
SLOW = '[[step]]\ndisk = "slow"\n'
LOUDER = '[[step]]\ncall = "POST /api/player/volume"\nbody = { volume = 60 }\n'
STALLED = '[[step]]\nstall = "phone"\n'
ON_AND_ON = f"[[step]]\nrepeat = 600\n{LOUDER}{LOUDER.replace('60', '50')}".replace(
    "[[step]]\ncall", "[[step.steps]]\ncall"
)
A_WHILE = '[[step]]\nafter = "5s"\n'
PLAY = '[[step]]\ncall = "POST /api/player/play"\n'
TOGETHER = '[[step]]\n[[step.together]]\ntap = "cow"\n'
OPENED = '[[step]]\nconnect = { client = "phone", rooms = ["playlists", "cow"] }\n'
A_TRACK_LESS = '[[step]]\ncall = "DELETE /api/playlists/<cow>/tracks"\nbody = { track_numbers = [1] }\n'
ACTION = (
    '[[step]]\ncall = "DELETE /api/tags/<tag cow>"\nexpect.answer.http = 200\n'
    '[[step]]\ncall = "PUT /api/tags/<tag cow>"\nbody = { action = { action = "next" } }\nexpect.answer.http = 200\n'
)
LATE = '[box]\nmissing = ["sound"]\n' + LIBRARY.partition("\n")[2]
FOUND = TAP + '[[step]]\nafter = "5s"\nreturn = "sound"\n[[step]]\nafter = "10s"\n'


async def _starts_over(_: EventLease, __: float = 0.0) -> int:
    return 0


def _deaf_to(*types: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def deaf(real: Callable[..., None]) -> Callable[..., None]:
        def hand_out(events: Events, event: Event) -> None:
            if event.type not in types:
                real(events, event)

        return hand_out

    return deaf


def _keeps_a_volume_to_itself(real: Callable[..., bool]) -> Callable[..., bool]:
    def put(outbox: Outbox, frames: Sequence[str | bytes]) -> bool:
        said = [each for each in frames if "state:volume_changed" not in str(each)]
        return real(outbox, said) if said else True

    return put


def _far_ahead(real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **told: real(**told | {"position_ms": told["position_ms"] + 60_000})


def _nobody_s(_: object) -> Callable[..., bool]:
    return lambda *_, **__: False


def _beyond_its_end(real: Callable[..., Any]) -> Callable[..., Any]:
    return lambda deck, number: real(deck, number).model_copy(update={"position_ms": 60_001})


def _louder(real: Callable[..., None]) -> Callable[..., None]:
    return lambda output, level, seconds=0.02: real(output, 2 * level, seconds)


def _without_its_log(real: Callable[..., None]) -> Callable[..., None]:
    def after_cut(disk: Disk, before: Path, after: Path) -> None:
        real(disk, before, after)
        (after / "tomb.db-wal").unlink(missing_ok=True)

    return after_cut


def _without_its_actions(real: Callable[..., None]) -> Callable[..., None]:
    def after_cut(disk: Disk, before: Path, after: Path) -> None:
        real(disk, before, after)
        if (after / "tomb.db").exists():  # it is called for each folder within, too
            with closing(sqlite3.connect(after / "tomb.db")) as db, db:
                db.execute("UPDATE tags SET action = NULL")

    return after_cut


def _fails(_: object) -> Callable[..., None]:
    def health_status(_: object) -> None:
        raise ZeroDivisionError("planted")

    return health_status


FAULTS: dict[str, tuple[object, str, Callable[[Any], object], str, str]] = {
    "numbers": (EventLease, "open", lambda _: _starts_over, TAP + CUT + PAUSE, "server_seq strictly grows"),
    "view": (Events, "_hand_out", _deaf_to("state:playlist_updated"), CONNECTED + EDIT, "phone knows what the box"),
    "position": (Deck, "state", _beyond_its_end, TAP, "the position lies within the track"),
    "gain": (Loudspeaker, "set_gain", _louder, TAP, "never above the ceiling"),
    "heard": (Deck, "state", lambda real: lambda deck, n: real(deck, n).model_copy(update={"state": "paused"}), TAP,
              "what is heard is what is told"),
    "silence": (Loudspeaker, "resume", lambda _: lambda _: None, TAP + PAUSE + PLAY, "what is heard is what is told"),
    "told position": (deck, "TrackPosition", _far_ahead, TAP + A_WHILE, "the position lies within the track"),
    "opened": (Events, "_hand_out", _deaf_to("state:playlist"), OPENED + A_TRACK_LESS, "phone knows what the box"),
    "one client": (Outbox, "put", _keeps_a_volume_to_itself, CONNECTED + LOUDER, "phone hears what is said"),
    "bounds": (Outbox, "fits", lambda _: lambda *_: True, CONNECTED + STALLED + ON_AND_ON, "queues are bounded"),
    "session": (Linking, "placed", _nobody_s, SESSION + TAP, "no tap plays"),
    "together": (Linking, "placed", _nobody_s, SESSION + TOGETHER, "no tap plays"),
    "slow session": (Linking, "placed", _nobody_s, SESSION + SLOW + TAP + A_WHILE, "no tap plays"),
    "log": (system, "health_status", _fails, HEALTH, "no defect in the log"),
    "action": (Disk, "after_cut", _without_its_actions, ACTION + CUT, "nothing acknowledged is lost over a power cut"),
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
