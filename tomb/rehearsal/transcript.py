"""What happened, in order: the virtual time, who, and what. The same scenario and seed have the same transcript.

Nothing in it depends on where or when it was made. What has a name in the scenario is called by it, and the folder of
the box is called DATA.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio
from msgspec import Struct
from pydantic_core import from_json

from tomb.events import POSITION, Event

SHOWN = 110  # letters of what an event says
DRAWN = 60  # in a diagram
_IDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b(?:[0-9A-F]{20}|[0-9A-F]{14}|[0-9A-F]{8})\b")
_OF_NO_INTEREST = frozenset(("server_seq", "timestamp", "event_id", "event_type", "playlist_seq"))


class Entry(Struct, frozen=True):
    """`at`: seconds since the box was switched on first. `to`: whom it was done to, if anybody. `kind`: of what, for
    programs: "action", "answer", "event", "machine", "sound", "told", "log", "note"."""

    at: float
    who: str
    to: str | None
    kind: str
    text: str
    data: Any = None


@dataclass
class Names:
    """What identifiers are called."""

    by_id: dict[str, str] = field(default_factory=dict)
    data: Path | None = None

    def of(self, identifier: str) -> str:
        return self.by_id.get(identifier, identifier)

    def called(self, text: str) -> str:
        """The text, with names in place of numbers."""
        if self.data is not None:
            text = text.replace(str(self.data), "DATA")
        return _IDS.sub(lambda found: self.of(found[0]), text)

    def within(self, data: Any) -> Any:
        return json.loads(self.called(json.dumps(data))) if data is not None else None


class Transcript:
    def __init__(self) -> None:
        self.names = Names()
        self.entries: list[Entry] = []
        self.began = 0.0
        self.news = trio.Event()
        self._machines: dict[tuple[str, str], str | None] = {}

    @property
    def now(self) -> float:
        return trio.current_time() - self.began

    @property
    def last(self) -> float:
        """When the last thing happened."""
        return self.entries[-1].at if self.entries else 0.0

    def note(self, who: str, kind: str, text: str, *, to: str | None = None, data: Any = None) -> None:
        names = self.names
        self.entries.append(
            Entry(round(self.now, 6), who, to, kind, names.called(text), names.within(data)),
        )
        self.news.set()
        self.news = trio.Event()

    def event(self, event: Event) -> None:
        """The box said something to whoever listens."""
        payload = from_json(event.payload)
        if event.type == "machine_state":
            self._machine(payload["name"], payload["id"], payload["state"])
            return
        data = payload.get("data", payload)
        self.note("box", "event", f"{event.type} {self._said(event.type, data)}".rstrip(), to="all", data=payload)

    def machine(self, name: str, machine_id: str, state: str) -> None:
        """Where a machine is, as of now."""
        self._machines[name, machine_id] = state

    def _machine(self, name: str, machine_id: str, state: str | None) -> None:
        before, self._machines[name, machine_id] = self._machines.get((name, machine_id)), state
        which = name if machine_id == name else f"{name} {machine_id}"
        data = {"machine": name, "id": machine_id, "from": before, "to": state}
        self.note(which, "machine", f"{before or 'new'} → {state or 'gone'}", data=data)

    def _said(self, event_type: str, data: dict[str, Any]) -> str:
        if event_type == "state:player":
            track = data["active_track_id"]
            where = f" {self.names.of(track)} at {data['position_ms'] / 1000:g} s" if track else ""
            loud = f", volume {data['volume']}" + (" muted" if data["muted"] else "")
            return f"{data['state']}{where}{loud}"
        if event_type == POSITION:
            return f"{self.names.of(data['track_id'] or '')} at {data['position_ms'] / 1000:g} s"
        if event_type == "state:playlists":
            return ", ".join(each["title"] for each in data["playlists"])
        return short({name: value for name, value in data.items() if name not in _OF_NO_INTEREST})

    # --- as it is printed -------------------------------------------------------------------------------------------

    def lines(self, *, positions: bool = False) -> Iterator[str]:
        """For people. `positions`: with those that are told twice a second."""
        width = max((len(entry.who) for entry in self.entries), default=0)
        for entry in self.entries:
            if positions or not entry.text.startswith(POSITION):
                yield f"{entry.at:12.3f}  {entry.who:<{width}}  {entry.text}"

    def json_lines(self) -> Iterator[str]:
        """For programs, and for `digest`: all of it."""
        for entry in self.entries:
            told = {"at": entry.at, "who": entry.who, "to": entry.to, "kind": entry.kind, "text": entry.text}
            yield json.dumps(told | {"data": entry.data}, ensure_ascii=False, sort_keys=True)

    def diagram(self) -> Iterator[str]:
        """A sequence diagram for Mermaid: who did what to whom, as far as it shows on a page. Positions, of which there
        are two a second, are left away, and machines are notes beside the box."""
        shown = [entry for entry in self.entries if not entry.text.startswith(POSITION)]
        known: dict[str, None] = {"box": None}
        for entry in shown:
            known |= {} if entry.kind == "machine" else dict.fromkeys((entry.who, *_named(entry.to)))
        alias = {name: f"p{number}" for number, name in enumerate(known)}
        yield "sequenceDiagram"
        yield from (f"    participant {alias[name]} as {_plain(name)}" for name in known)
        before: float | None = None
        for entry in shown:
            if entry.at != before:
                yield f"    note over {alias['box']}: {entry.at:.3f} s"
                before = entry.at
            yield f"    {self._arrow(entry, alias)}"

    def _arrow(self, entry: Entry, alias: dict[str, str]) -> str:
        text = _plain(entry.text if len(entry.text) <= DRAWN else f"{entry.text[: DRAWN - 1]}…")
        box = alias["box"]
        match entry.kind:
            case "machine":
                return f"note right of {box}: {_plain(entry.who)}: {text}"
            case "sound":
                return f"{box}->>{alias[entry.who]}: {text}"
            case "event":
                return f"{box}-){box}: {text}"
            case _ if entry.to is not None:
                return f"{alias[entry.who]}{'-->>' if entry.kind == 'answer' else '->>'}{alias[entry.to]}: {text}"
        return f"note over {alias[entry.who]}: {text}"

    def digest(self) -> str:
        """SHA-256, in hexadecimal digits."""
        told = hashlib.sha256()
        for line in self.json_lines():
            told.update(line.encode() + b"\n")
        return told.hexdigest()


def _named(to: str | None) -> tuple[str, ...]:
    return () if to in (None, "all") else (str(to),)


def _plain(text: str) -> str:
    """Without what means something to Mermaid."""
    return re.sub(r"[;#<>\n]", " ", text).replace(":", " ").strip() or "…"


def short(data: object) -> str:
    if data in (None, {}, []):
        return ""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
