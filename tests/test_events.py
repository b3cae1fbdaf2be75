"""The numbered log: one counter, encoded once, kept for those who were away."""

import math

import pytest
import trio
from pydantic_core import from_json, to_json
from trio.testing import wait_all_tasks_blocked

from tests.rigs.virtual import virtual_time
from tomb import events as module
from tomb.events import EVERYONE, LEASE_BLOCK, PLAYLISTS, POSITION, Event, Events
from tomb.ports import VirtualPorts

pytestmark = virtual_time


def _publish(events: Events, event_type: str = "state:thing", size: int = 0) -> int:
    return events.publish(event_type, {PLAYLISTS}, lambda number: {"number": number, "padding": "x" * size})


async def test_the_envelope_has_the_fields_of_the_wire() -> None:
    told: list[Event] = []
    events = Events(VirtualPorts(), 41)
    events.subscribe(told.append)
    events.publish("state:playlist", {"playlist:1"}, lambda n: {"seq": n}, playlist_id="1", playlist_seq=7)
    envelope = from_json(told[0].payload)
    assert envelope.pop("event_id") != ""
    assert envelope.pop("timestamp") == int(VirtualPorts().wall() * 1000)
    assert envelope == {
        "event_type": "state:playlist",
        "server_seq": 42,
        "data": {"seq": 42},
        "playlist_id": "1",
        "playlist_seq": 7,
    }


async def test_flat_data_stands_at_the_top_level_too_and_hides_nothing_of_the_envelope() -> None:
    told: list[Event] = []
    events = Events(VirtualPorts(), 0)
    events.subscribe(told.append)
    events.publish("state:track_added", {PLAYLISTS}, lambda _: {"track": 5, "server_seq": -1}, flat=True)
    envelope = from_json(told[0].payload)
    assert (envelope["track"], envelope["data"]["track"], envelope["server_seq"]) == (5, 5, 1)


async def test_what_is_not_numbered_carries_the_current_number_and_is_not_replayed() -> None:
    told: list[Event] = []
    events = Events(VirtualPorts(), 0)
    events.subscribe(told.append)
    _publish(events)
    events.tell("nfc_tag", EVERYONE, {"tag_id": "04"})
    assert from_json(told[1].payload) == {"tag_id": "04", "server_seq": 1}
    assert events.since(1) == []


async def test_who_listens_for_some_types_hears_these_and_in_the_order_of_all() -> None:
    heard: list[tuple[str, str]] = []
    events = Events(VirtualPorts(), 0)
    _publish(events, "state:thing")
    events.subscribe(lambda event: heard.append(("things", event.type)), {"state:thing"})
    events.subscribe(lambda event: heard.append(("all", event.type)))
    _publish(events, "state:thing")
    _publish(events, "state:other")
    events.subscribe(lambda event: heard.append(("others", event.type)), {"state:other", "state:third"})
    _publish(events, "state:other")
    assert heard == [
        *(("things", "state:thing"), ("all", "state:thing"), ("all", "state:other")),
        *(("all", "state:other"), ("others", "state:other")),
    ]


async def test_what_is_not_kept_is_encoded_once_and_when_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Event] = []
    made: list[object] = []
    events = Events(VirtualPorts(), 0)
    events.subscribe(told.append)

    def encoded(data: object) -> bytes:
        made.append(data)
        return to_json(data)

    monkeypatch.setattr(module, "to_json", encoded)
    events.tell("machine_state", {PLAYLISTS}, {"state": "free"})
    assert made == []
    assert told[0].payload == told[0].payload == b'{"state":"free","server_seq":0}'
    assert len(made) == 1


async def test_every_sink_gets_the_same_bytes_in_the_same_order() -> None:
    first: list[Event] = []
    second: list[Event] = []
    events = Events(VirtualPorts(), 0)
    events.subscribe(first.append)
    events.subscribe(second.append)
    for _ in range(5):
        _publish(events)
    assert [event.number for event in first] == [1, 2, 3, 4, 5]
    assert all(one is other for one, other in zip(first, second, strict=True))


async def test_the_log_replays_what_was_missed_as_far_back_as_it_reaches() -> None:
    events = Events(VirtualPorts(), 100, log_size=3)
    for _ in range(5):
        _publish(events)
    missed = events.since(102)
    assert missed is not None
    assert [event.number for event in missed] == [103, 104, 105]
    assert events.since(101) is None
    assert events.since(105) == []


async def test_numbers_of_an_earlier_run_and_of_the_future_are_no_longer_known() -> None:
    events = Events(VirtualPorts(), 100)
    _publish(events)
    assert events.since(99) is None
    assert events.since(102) is None
    assert len(events.since(100) or []) == 1


async def test_of_positions_only_the_newest_is_kept_and_in_its_place() -> None:
    events = Events(VirtualPorts(), 0, log_size=3)
    for event_type in (POSITION, "state:a", POSITION, POSITION, "state:b"):
        _publish(events, event_type)
    assert [(event.number, event.type) for event in events.since(0) or []] == [
        (2, "state:a"),
        (4, POSITION),
        (5, "state:b"),
    ]


async def test_large_events_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOG_BYTES", 10_000)
    events = Events(VirtualPorts(), 0)
    for _ in range(10):
        _publish(events, size=3_000)
    assert events.since(6) is None
    assert len(events.since(7) or []) == 3


class SlowDisk:
    """Takes `seconds` to write down a lease."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.leased: list[int] = []

    async def extend(self, up_to: int) -> None:
        await trio.sleep(self.seconds)
        self.leased.append(up_to)


async def test_the_lease_is_renewed_before_it_runs_out_and_publishing_does_not_wait(nursery: trio.Nursery) -> None:
    disk = SlowDisk(3)
    events = Events(VirtualPorts(), 0, log_size=1)
    nursery.start_soon(events.run, disk)
    await wait_all_tasks_blocked()
    for _ in range(LEASE_BLOCK // 2):
        _publish(events)
    assert disk.leased == []
    await trio.sleep(4)
    assert disk.leased == [LEASE_BLOCK // 2 + LEASE_BLOCK]
    for _ in range(LEASE_BLOCK - 1):
        _publish(events)
    assert events.number == LEASE_BLOCK // 2 + LEASE_BLOCK - 1


async def test_no_number_is_used_that_was_not_leased(nursery: trio.Nursery) -> None:
    events = Events(VirtualPorts(), 0, log_size=1)
    nursery.start_soon(events.run, SlowDisk(math.inf))
    for _ in range(LEASE_BLOCK):
        _publish(events)
    with pytest.raises(RuntimeError, match="lease"):
        _publish(events)
    assert events.number == LEASE_BLOCK
