"""Whether things are as a scenario expects, and in words that help, if they are not.

Each expectation is a function of what there is now to complaints; none means that it holds. An expectation is a subset:
of an object, the fields that are named; of events, those that are named, in their order, among others.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from msgspec import Struct
from pydantic_core import from_json

from tomb.events import Event
from tomb.rehearsal.requests import Answer
from tomb.rehearsal.scenario import EventSpec, Expectation, seconds
from tomb.rehearsal.simulated.frames import FramesOutput, digest
from tomb.rehearsal.stage import NotThere, Stage
from tomb.rehearsal.transcript import short

NEAR_MS = 250  # a position in words is meant so
_COMPARED = re.compile(r"(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)")
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
}
ABSENT = object()


class Complaint(Struct, frozen=True):
    """`field`: which expectation, as ("player", "state"). `near`: what came closest, if anything did."""

    field: tuple[str, ...]
    expected: str
    found: str
    near: str = ""


class Window(Struct):
    """What belongs to a step: the places in the records at which it began, and what its action was answered."""

    events: int
    told: Mapping[str, int]
    heard: int
    chimes: int
    answer: Any = None


def window(stage: Stage) -> Window:
    told = {name: len(phone.told) for name, phone in stage.phones.items()}
    return Window(len(stage.events), told, len(stage.played.tracks), len(stage.played.chimes))


def complaints(stage: Stage, expected: Expectation, since: Window) -> Iterator[Complaint]:
    names = stage.scenario_names
    if expected.player is not None:
        yield from _differing(("player",), names.given(expected.player), player(stage))
    for name, state in (expected.machines or {}).items():
        yield from _machine(stage, name, state)
    events = [(event.type, _data(event)) for event in stage.events[since.events :]]
    if expected.events is not None:
        yield from _in_order(("events",), names.events(expected.events), events)
    if expected.no_events is not None:
        yield from _none_of(("no_events",), names.events(expected.no_events), events)
    if expected.answer is not None:
        yield from _differing(("answer",), names.given(expected.answer), answered(since.answer))
    for name, wanted in (expected.told or {}).items():
        yield from _in_order(("told", name), names.events(wanted), _told(stage, name, since))
    for name, unwanted in (expected.not_told or {}).items():
        yield from _none_of(("not_told", name), names.events(unwanted), _told(stage, name, since))
    if expected.connected is not None:
        there = sorted(name for name, phone in stage.phones.items() if phone.is_connected)
        yield from _differing(("connected",), sorted(expected.connected), there)
    if expected.sounds is not None:
        sounding = (stage.sound and stage.sound.sounding) or "silence"
        yield from _differing(("sounds",), expected.sounds, sounding)
    if expected.heard is not None:
        yield from _differing(("heard",), expected.heard, stage.played.tracks[since.heard :])
    if expected.chimes is not None:
        yield from _differing(("chimes",), expected.chimes, stage.played.chimes[since.chimes :])
    if expected.samples is not None:
        yield from _samples(stage, expected.samples)
    if expected.hash is not None:
        found = digest(_frames(stage).taken())
        if not found.startswith(expected.hash):
            yield Complaint(("hash",), expected.hash, found)
    if expected.health is not None:
        health = {name: each.state for name, each in stage.box.board.details().items()}
        yield from _differing(("health",), expected.health, health)
    if expected.home is not None:
        home = {name: stage.broker and stage.broker.state(name) for name in expected.home}
        yield from _differing(("home",), names.given(expected.home), home)


def player(stage: Stage) -> dict[str, Any]:
    """The player's state as clients are told, and what scenarios call things."""
    state = stage.box.deck.state(stage.box.events.number).model_dump(mode="json")
    named = stage.names.of
    playlist, track = state["active_playlist_id"], state["active_track_id"]
    short_names = {"playlist": playlist and named(playlist), "track": track and named(track)}
    return {**state, **short_names, "position": state["position_ms"]}


def answered(answer: Any) -> Any:
    """An answer over HTTP as an object: its body, and its status as `http`."""
    if not isinstance(answer, Answer):
        return answer
    body = from_json(answer.content) if answer.content[:1] in (b"{", b"[") else answer.content.decode(errors="replace")
    return {"http": answer.status, **body} if isinstance(body, dict) else {"http": answer.status, "body": body}


def _data(event: Event) -> Any:
    return from_json(event.payload)


def _told(stage: Stage, name: str, since: Window) -> list[tuple[str, Any]]:
    phone = stage.phones.get(name)
    return [] if phone is None else phone.told[since.told.get(name, 0) :]


def _machine(stage: Stage, name: str, expected: str) -> Iterator[Complaint]:
    """`name`: of a table, then the last machine of it is meant, or with a machine's id: "device nfc"."""
    table, _, machine_id = name.partition(" ")
    states = {stage.names.of(each): state for each, state in stage.box.board.machines.of(table).items()}
    found = states.get(machine_id, "none") if machine_id else (list(states.values()) or ["none"])[-1]
    if expected not in (found, "*"):
        yield Complaint(("machines", name), expected, found, short(states))


def _frames(stage: Stage) -> FramesOutput:
    device = stage.sound and stage.sound.device
    if not isinstance(device, FramesOutput):
        raise NotThere('frames are counted where `box.sound = "frames"`')
    return device


def _samples(stage: Stage, tracks: Sequence[str]) -> Iterator[Complaint]:
    """What was heard since the step began is a part of these tracks, one behind the other, and has some of each."""
    device = _frames(stage)
    heard = device.taken()
    whole = [stage.frames_of(track) for track in tracks]
    played = np.rint(np.concatenate(whole) * np.float32(device.level)).astype(np.int16)
    at = played.tobytes().find(heard.tobytes())
    begin, end = at // played[0].nbytes, at // played[0].nbytes + len(heard)
    last = len(played) - len(whole[-1])
    if at < 0 or not len(heard) or begin >= len(whole[0]) or end <= last:
        found = f"{len(heard)} frames" + ("" if at < 0 else f", from {begin} to {end}")
        yield Complaint(("samples",), f"{' and '.join(tracks)} ({len(played)} frames)", found)


# --- comparing ------------------------------------------------------------------------------------------------------


def _in_order(
    field: tuple[str, ...], wanted: Sequence[EventSpec], came: Sequence[tuple[str, Any]]
) -> Iterator[Complaint]:
    left = list(came)
    for number, each in enumerate(wanted):
        place = next((at for at, (kind, data) in enumerate(left) if not unlike(each, kind, data)), None)
        if place is None:
            after = f", after {wanted[number - 1].type}" if number else ""
            yield Complaint(field, _said(each) + after, _types(left), _nearest(each, left or came))
            return
        left = left[place + 1 :]


def _none_of(
    field: tuple[str, ...], unwanted: Sequence[EventSpec], came: Sequence[tuple[str, Any]]
) -> Iterator[Complaint]:
    for each in unwanted:
        for kind, data in came:
            if not unlike(each, kind, data):
                yield Complaint(field, f"no {_said(each)}", f"{kind} {short(data.get('data', data))}")


def unlike(wanted: EventSpec, kind: str, payload: Any) -> list[Complaint]:
    """What of an event is not as it was wanted. Its fields are those of its data, else those of the envelope."""
    if kind != wanted.type:
        return [Complaint(("type",), wanted.type, kind)]
    data = payload.get("data", payload) if isinstance(payload, dict) else payload
    fields = {**payload, **data} if isinstance(payload, dict) and isinstance(data, dict) else {"": data}
    return list(_differing((), wanted.fields, fields))


def _nearest(wanted: EventSpec, came: Sequence[tuple[str, Any]]) -> str:
    alike = [unlike(wanted, kind, payload) for kind, payload in came if kind == wanted.type]
    if not alike:
        return ""
    nearest = min(alike, key=len)
    if not nearest:
        return f"a {wanted.type} like that came, but earlier"
    differences = "; ".join(f"{'.'.join(each.field)} is {each.found} and not {each.expected}" for each in nearest)
    return f"a {wanted.type} came, but {differences}"


def _types(came: Sequence[tuple[str, Any]]) -> str:
    """Each kind once, with how often it came."""
    counted: dict[str, int] = {}
    for kind, _ in came:
        counted[kind] = counted.get(kind, 0) + 1
    return ", ".join(kind if count == 1 else f"{kind} ({count})" for kind, count in counted.items()) or "nothing"


def _said(wanted: EventSpec) -> str:
    return f"{wanted.type} {short(dict(wanted.fields))}".rstrip()


def _differing(field: tuple[str, ...], expected: Any, found: Any) -> Iterator[Complaint]:
    if isinstance(expected, dict):
        if not isinstance(found, dict):
            yield Complaint(field, short(expected), _shown(found))
            return
        for name, value in expected.items():
            yield from _differing((*field, name), value, found.get(name, ABSENT))
    elif isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            yield Complaint(field, _shown(expected), _shown(found))
            return
        for place, (one, other) in enumerate(zip(expected, found, strict=True)):
            yield from _differing((*field, str(place)), one, other)
    elif not _equal(expected, found):
        yield Complaint(field, _shown(expected), _shown(found))


def _equal(expected: Any, found: Any) -> bool:
    """A string may be more than itself: "*" anything, "none" nothing, "/…/" what matches, ">5" what is, and of a
    number "12s" what is near so many milliseconds."""
    if not isinstance(expected, str):
        return isinstance(expected, bool) == isinstance(found, bool) and bool(expected == found)
    if expected == found:
        return True
    if expected in ("*", "none"):
        return (found is None or found is ABSENT) == (expected == "none")
    if isinstance(found, int | float):
        return not isinstance(found, bool) and _near(expected, found)
    return len(expected) > 1 and expected[0] == expected[-1] == "/" and bool(re.search(expected[1:-1], str(found)))


def _near(expected: str, found: float) -> bool:
    if compared := _COMPARED.fullmatch(expected):
        return _COMPARISONS[compared[1]](found, float(compared[2]))
    try:
        return abs(seconds(expected) * 1000 - found) <= NEAR_MS
    except ValueError:
        return False


def _shown(found: Any) -> str:
    return "nothing" if found is ABSENT or found is None else found if isinstance(found, str) else short(found) or "[]"
