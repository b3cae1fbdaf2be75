"""What is true of the box whatever happens: looked at after every step of every rehearsal.

Nothing is left to happen at that moment, so what was said has arrived.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from msgspec import Struct
from pydantic_core import from_json

from tomb.events import EVERYONE, POSITION, Event, playlist_room
from tomb.machines.presence import Seen
from tomb.machines.table import WITNESS, Firing
from tomb.models import PlaylistLite
from tomb.rehearsal.clients import SocketClient
from tomb.rehearsal.expectations import Complaint
from tomb.rehearsal.stage import Phone, Stage

LIMIT = "a limit"  # among the sessions that keep a tag from playing
OF_THE_MOMENT = frozenset(("position_ms", "chapter_index", "limit", "server_seq"))  # of a player's state
NOTED = frozenset(("last_played", "resume"))  # of a playlist, while it plays: no client is told of each time
ROUNDING = 1e-9


class _Listening(Struct, frozen=True):
    """A client as it was after a step: what it had been told, and what it is told of."""

    socket: SocketClient
    told: int
    rooms: frozenset[str]

    @classmethod
    def of(cls, phone: Phone) -> "_Listening | None":
        if phone.socket is None or not phone.is_connected or phone.is_stalled:
            return None
        return cls(phone.socket, len(phone.told), frozenset(phone.joined))


class Invariants:
    """`_forbidden`: why a tag may not start music, as it was when one was put on the box last."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._looked_at = 0
        self._number = 0
        self._remembered: Mapping[str, Any] = {}
        self._lost: list[Complaint] = []
        self._forbidden: frozenset[str] = frozenset()
        self._begun: list[Complaint] = []
        self._listening: dict[str, _Listening] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Of what is fired in here each step of a machine is seen, and whoever looks at them already sees them, too."""
        other = WITNESS.get()

        def witness(firing: Firing) -> None:
            if other is not None:
                other(firing)
            if self._stage.services is not None:
                self._fired(firing)

        before = WITNESS.set(witness)
        try:
            yield
        finally:
            WITNESS.reset(before)

    def touched(self) -> None:
        """A tag was put on the box, or is about to be told by a reader that types."""
        self._forbidden = self._forbids()

    def after(self) -> list[Complaint]:
        """Those that do not hold after a step."""
        return list(self._all())

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

    def _fired(self, firing: Firing) -> None:
        """The music that a tag starts may begin long after it was put there: its disk may be slow."""
        row = firing.row
        if row is None:
            return
        if row.on is Seen and row.when is None:  # what is none of the tags that it knows
            self.touched()
        if firing.table.name == "player" and row.dest == "playing" and getattr(firing.event, "origin", "") == "tag":
            for why in sorted(self._forbidden & self._forbids()):
                told = "a limit is spent" if why == LIMIT else "a linking session lives"
                self._begun.append(_broken("no tap plays", f"it did while {told}"))

    def _forbids(self) -> frozenset[str]:
        live = {each for each, state in self._sessions().items() if state in ("waiting", "duplicate")}
        return frozenset(live | ({LIMIT} if self._stage.box.deck.limit.state == "spent" else set()))

    def _all(self) -> Iterator[Complaint]:
        yield from self._lost
        yield from self._begun
        yield from self._told()
        for record in self._stage.defects:
            yield _broken("no defect in the log", f"{record.getMessage()}: {_raised(record)}")
        if self._stage.services is None:
            return
        yield from self._sound()
        yield from self._bounds()
        for phone in self._stage.phones.values():
            yield from self._view(phone)
            yield from self._queue(phone)

    def _told(self) -> Iterator[Complaint]:
        events = self._stage.events
        for event in events[self._looked_at :]:
            if event.number and event.number <= self._number:
                yield _broken("server_seq strictly grows", f"{event.type} has {event.number} after {self._number}")
            self._number = max(self._number, event.number)
            if event.type in (POSITION, "state:player"):
                data = from_json(event.payload)["data"]
                yield from _within(data["position_ms"], data["duration_ms"])
        for phone in self._stage.phones.values():
            yield from self._arrived(phone, events[self._looked_at :])
        self._looked_at = len(events)

    def _arrived(self, phone: Phone, events: Sequence[Event]) -> Iterator[Complaint]:
        """Whoever listened all the time was told each of the events, in their order."""
        before, now = self._listening.pop(phone.name, None), _Listening.of(phone)
        if now is not None:
            self._listening[phone.name] = now
        if before is None or now is None or (before.socket, before.rooms) != (now.socket, now.rooms):
            return
        told = iter(phone.told[before.told :])
        for event in events:
            if event.rooms & (before.rooms | EVERYONE):
                said = (event.type, from_json(event.payload))
                if not any(each == said for each in told):
                    yield _broken(
                        f"{phone.name} hears what is said", f"{event.type} {event.number or ''} did not arrive"
                    )
                    return

    def _sound(self) -> Iterator[Complaint]:
        deck = self._stage.box.deck
        state = deck.state(0)
        yield from _within(state.position_ms, state.duration_ms)
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
        if not sounding and state.state == "playing" and not self._stage.scenario.told.box.sound_lag:
            yield _broken("what is heard is what is told", f"silence, and the player tells of {wanted}")
        loudest = max((output.level for output in sounding), default=0.0)
        if loudest > deck.gain + ROUNDING:
            yield _broken("never above the ceiling", f"the gain is {loudest}, and the volume allows {deck.gain}")

    def _view(self, phone: Phone) -> Iterator[Complaint]:
        """A client that hears all of it knows what the box knows."""
        if not phone.is_connected or phone.is_stalled:
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
        for opened in shown["opened"]:
            now = next((each for each in box.librarian.lites() if each.id == opened["id"]), None)
            if now is not None and playlist_room(now.id) in phone.joined:
                counts = {"playlist_seq": now.playlist_seq, "tracks": now.track_count}
                found = {"playlist_seq": opened["playlist_seq"], "tracks": len(opened["tracks"])}
                yield from _unlike(phone, f"all of {now.title}", found, counts, frozenset())
        if shown.get("session") is not None and shown["session"] not in self._sessions().values():
            yield _broken(f"{phone.name} knows what the box knows", f"a session is {shown['session']}, and none is")

    def _queue(self, phone: Phone) -> Iterator[Complaint]:
        if phone.is_connected and not phone.is_stalled and (waiting := phone.waiting):
            yield _broken("queues are empty when all is said", f"{waiting} frames wait for {phone.name}")

    def _bounds(self) -> Iterator[Complaint]:
        """What waits in the box, for whoever reads slowly or not at all."""
        app = self._stage.app
        assert app is not None
        if app.budget.held > app.limits.held_bytes:
            yield _broken("queues are bounded", f"{app.budget.held} bytes wait for clients")
        if app.budget.longest > app.limits.queued_packets:
            yield _broken("queues are bounded", f"{app.budget.longest} packets wait for one client")

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
        for number, name in self._stage.names.by_id.items():
            use = box.librarian.tag_use(number)
            if use is not None and not isinstance(use, PlaylistLite):
                known[f"tag {name}"] = use.model_dump(mode="json")
        return known

    def _sessions(self) -> Mapping[str, str]:
        return self._stage.box.board.machines.of("association")


def _is_kept(before: Any, after: Any) -> bool:
    """As it was; or further on, where something was written and not yet told when the power went."""
    if before == after:
        return True
    return isinstance(after, dict) and after.get("playlist_seq", 0) > before.get("playlist_seq", 0)


def _within(position_ms: int, duration_ms: int) -> Iterator[Complaint]:
    if not 0 <= position_ms <= max(duration_ms, 0):
        yield _broken("the position lies within the track", f"{position_ms} of {duration_ms} ms")


def _unlike(phone: Phone, what: str, known: Any, there: Any, but: frozenset[str]) -> Iterator[Complaint]:
    for name, value in there.items():
        if name not in but and known.get(name) != value:
            found = f"{what}: {name} is {value}, and it believes {known.get(name)}"
            yield _broken(f"{phone.name} knows what the box knows", found)


def _raised(record: logging.LogRecord) -> str:
    return str(record.exc_info[1]) if record.exc_info else ""


def _broken(rule: str, found: str) -> Complaint:
    return Complaint(("always",), rule, found)
