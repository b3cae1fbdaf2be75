"""What is true of the box whatever happens: looked at after every step of every rehearsal.

Nothing is left to happen at that moment, so what was said has arrived.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tomb.rehearsal.expectations import Complaint
from tomb.rehearsal.scenario import Step
from tomb.rehearsal.stage import Phone, Stage

TOUCHES = ("tap", "place", "type")
OF_THE_MOMENT = frozenset(("position_ms", "chapter_index", "limit", "server_seq"))  # of a player's state
NOTED = frozenset(("last_played", "resume"))  # of a playlist, while it plays: no client is told of each time
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Before:
    """How things were when a step began. `forbidden`: why a tag may not start music now, None where it may."""

    starts: int
    forbidden: str | None


class Invariants:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._looked_at = 0
        self._number = 0
        self._remembered: Mapping[str, Any] = {}
        self._lost: list[Complaint] = []

    def before(self) -> Before:
        if self._stage.services is None:
            return Before(self._stage.played.starts, None)
        live = [state for state in self._states("association") if state in ("waiting", "duplicate")]
        limit = self._stage.services.deck.limit.state
        forbidden = "a linking session lives" if live else "a limit is spent" if limit == "spent" else None
        return Before(self._stage.played.starts, forbidden)

    def after(self, step: Step, before: Before) -> list[Complaint]:
        """Those that do not hold after this step."""
        return list(self._all(step, before))

    def power_is_cut(self) -> None:
        """What the box has told by now must be known to it afterwards."""
        self._remembered = self._known()

    def power_is_back(self) -> None:
        after = self._known()
        self._lost = [
            _broken("nothing acknowledged is lost over a power cut", f"{name}: {after.get(name)}, and it was {value}")
            for name, value in self._remembered.items()
            if not _is_kept(value, after.get(name))
        ]

    def _all(self, step: Step, before: Before) -> Iterator[Complaint]:
        yield from self._lost
        yield from self._numbers_grow()
        for record in self._stage.defects:
            yield _broken("no defect in the log", f"{record.getMessage()}: {_raised(record)}")
        if self._stage.services is None:
            return
        yield from self._sound()
        if step.action in TOUCHES and before.forbidden and self._stage.played.starts > before.starts:
            yield _broken("no tap plays", f"it did while {before.forbidden}")
        for phone in self._stage.phones.values():
            yield from self._view(phone)
            yield from self._queue(phone)

    def _numbers_grow(self) -> Iterator[Complaint]:
        events = self._stage.events
        for event in events[self._looked_at :]:
            if event.number and event.number <= self._number:
                yield _broken("server_seq strictly grows", f"{event.type} has {event.number} after {self._number}")
            self._number = max(self._number, event.number)
        self._looked_at = len(events)

    def _sound(self) -> Iterator[Complaint]:
        deck = self._stage.box.deck
        state = deck.state(0)
        if not 0 <= state.position_ms <= max(state.duration_ms, 0):
            yield _broken("the position lies within the track", f"{state.position_ms} of {state.duration_ms} ms")
        if state.volume > deck.ceiling:
            yield _broken("never above the ceiling", f"volume {state.volume}, ceiling {deck.ceiling}")
        sounding = [output for output in self._stage.outputs if output.sounds]
        if len(sounding) > 1:
            yield _broken("never two tracks sounding", f"{len(sounding)} outputs play")
        heard = next((track for output in sounding if (track := output.sounding) is not None), None)
        wanted = state.active_track_id and self._stage.names.of(state.active_track_id)
        if self._stage.scenario.told.box.sound_lag:  # it sounds on for that long
            heard = None
        if heard is not None and state.state not in ("playing", "loading"):
            yield _broken("what is heard is what is told", f"{heard} sounds, and the player is {state.state}")
        if heard is not None and state.state == "playing" and heard != wanted and "/" in heard:
            yield _broken("what is heard is what is told", f"{heard} sounds, and the player tells of {wanted}")
        loudest = max((output.level for output in sounding), default=0.0)
        if loudest > deck.gain + ROUNDING:
            yield _broken("never above the ceiling", f"the gain is {loudest}, and the volume allows {deck.gain}")

    def _view(self, phone: Phone) -> Iterator[Complaint]:
        """A client that hears all of it knows what the box knows."""
        if not phone.is_connected:
            return
        shown, box = phone.view.shown(), self._stage.box
        if "playlists" in phone.joined and shown["player"] is not None:
            state = box.deck.state(box.events.number).model_dump(mode="json")
            yield from _unlike(phone, "the player", shown["player"], state, OF_THE_MOMENT)
            lites = {lite.id: lite.model_dump(mode="json") for lite in box.librarian.lites()}
            is_due = box.librarian.list_is_due  # and with it the order, and what a child may start
            known = {each["id"]: each for each in shown["playlists"]}
            if set(known) != set(lites) or (list(known) != list(lites) and not is_due):
                yield _broken(f"{phone.name} knows what the box knows", f"{list(known)}, not {list(lites)}")
            for playlist_id, lite in lites.items():
                yield from _unlike(
                    phone,
                    lite["title"],
                    known.get(playlist_id, {}),
                    lite,
                    NOTED | {"for_child"} if is_due else NOTED,
                )
        if "machines" in phone.joined:
            there = {(name, each): state for name, each, state in box.board.machines.all()}
            machines = {(each["name"], each["id"]): each["state"] for each in shown["machines"]}
            yield from _unlike(phone, "the machines", machines, there, frozenset())
        if shown.get("session") is not None and not {"waiting", "duplicate"} & set(self._states("association")):
            yield _broken(f"{phone.name} knows what the box knows", f"a session is {shown['session']}, and none lives")

    def _queue(self, phone: Phone) -> Iterator[Complaint]:
        if phone.is_connected and not phone.stalled and (waiting := phone.waiting):
            yield _broken("queues are empty when all is said", f"{waiting} frames wait for {phone.name}")

    def _known(self) -> dict[str, Any]:
        box = self._stage.box
        known: dict[str, Any] = {"settings": box.preferences.current.model_dump(mode="json")}
        for lite in box.librarian.lites():
            known[f"playlist {lite.title}"] = {
                "playlist_seq": lite.playlist_seq,
                "tracks": lite.track_count,
                "tags": list(lite.tag_ids),
                "length": lite.total_duration_ms,
            }
        return known

    def _states(self, table: str) -> list[str]:
        return list(self._stage.box.board.machines.of(table).values())


def _is_kept(before: Any, after: Any) -> bool:
    """As it was; or further on, where something was written and not yet told when the power went."""
    if before == after:
        return True
    return isinstance(after, dict) and after.get("playlist_seq", 0) > before.get("playlist_seq", 0)


def _unlike(phone: Phone, what: str, known: Any, there: Any, but: frozenset[str]) -> Iterator[Complaint]:
    for name, value in there.items():
        if name not in but and known.get(name) != value:
            found = f"{what}: {name} is {value}, and it believes {known.get(name)}"
            yield _broken(f"{phone.name} knows what the box knows", found)


def _raised(record: logging.LogRecord) -> str:
    return str(record.exc_info[1]) if record.exc_info else ""


def _broken(rule: str, found: str) -> Complaint:
    return Complaint(("always",), rule, found)
