"""The way to a broker in a whole box on virtual time: what is told, what may be asked for, and what a broker can do."""

import errno
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, get_args

import pytest
import trio

from tests.rigs.box import TAGS, UNKNOWN_TAG, VirtualBox, virtual_box
from tests.rigs.virtual import virtual_time
from tomb import __version__
from tomb.devices import computer
from tomb.devices.mqtt.frames import LARGEST
from tomb.devices.mqtt.session import ANSWER_S, PING_S, SEND_S, SILENCE_S
from tomb.devices.reader import Sighting
from tomb.library.reading import Playable
from tomb.logs import Ration
from tomb.models import UpdateState, UpdateStatus
from tomb.nurseries.mqtt import link
from tomb.nurseries.mqtt.commands import COMMANDS
from tomb.nurseries.mqtt.outbox import MOMENTS, Outbox
from tomb.nurseries.mqtt.topics import STATES, of_update
from tomb.rehearsal.simulated.broker import BAD_LOGIN, FakeBroker, publish
from tomb.rehearsal.simulated.updates import FakeUpdater

pytestmark = virtual_time

A, B, _ = TAGS
SOON_S = 0.1


@asynccontextmanager
async def at_home(folder: Path, **options: Any) -> AsyncIterator[tuple[VirtualBox, FakeBroker]]:
    async with FakeBroker().running() as broker, virtual_box(folder, fragile=True, broker=broker, **options) as box:
        await trio.sleep(SOON_S)
        yield box, broker


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[tuple[VirtualBox, FakeBroker]]:
    async with at_home(tmp_path) as (box, broker):
        await box.add("Songs", 400, 400, tag_id=A)
        await box.add("Story", 3000, tag_id=B)
        await trio.sleep(link.LISTS_S)
        yield box, broker


async def ask(broker: FakeBroker, name: str, payload: str | bytes = "PRESS", *, retained: bool = False) -> None:
    await broker.say(name, payload, retained=retained)
    await trio.sleep(SOON_S)


def id_of(box: VirtualBox, title: str) -> str:
    return next(each.id for each in box.services.librarian.lites() if each.title == title)


def health(box: VirtualBox) -> str:
    return box.services.board.details()["mqtt"].state


# --- what is told ---------------------------------------------------------------------------------------------------


async def test_a_broker_is_told_all_and_that_the_box_is_there_at_the_end(home: tuple[VirtualBox, FakeBroker]) -> None:
    box, broker = home
    published = [topic for topic, _, _ in broker.client.published]
    root = f"tomb/{broker.box_id}"
    told = {topic.removeprefix(f"{root}/state/") for topic in broker.retained if topic.startswith(f"{root}/state/")}
    assert told == set(STATES) - {"health"}
    first_words = published[: published.index(f"{root}/availability") + 1]
    assert len(first_words) == len(STATES) - 1 + 2  # and Home Assistant's
    assert broker.retained[f"{root}/availability"] == b"online"
    assert all(retained for _, _, retained in broker.client.published)
    assert broker.client.will == (f"{root}/availability", b"offline")
    assert broker.client.login == ("box", "geheim")
    assert broker.state("player") == "stopped"
    assert broker.state("volume") == "50"
    assert health(box) == "up"


async def test_what_changes_is_told_and_nothing_else(home: tuple[VirtualBox, FakeBroker]) -> None:
    box, broker = home
    before = len(broker.client.published)
    await box.services.deck.set_volume(30)
    await trio.sleep(SOON_S)
    assert [topic.rpartition("/")[2] for topic, _, _ in broker.client.published[before:]] == ["volume"]
    assert broker.state("volume") == "30"


async def test_what_plays_is_told(home: tuple[VirtualBox, FakeBroker]) -> None:
    box, broker = home
    await box.tap(A)
    shown = {name: broker.state(name) for name in ("player", "playlist", "track", "number", "duration")}
    assert shown == {"player": "playing", "playlist": "Songs", "track": "1 Track", "number": "1", "duration": "400"}
    await box.services.deck.next()
    await trio.sleep(SOON_S)
    assert broker.state("number") == "2"
    await box.services.deck.stop()
    await trio.sleep(SOON_S)
    assert broker.state("player") == "stopped"


async def test_the_position_is_told_at_its_jumps_and_not_while_it_moves_on(
    home: tuple[VirtualBox, FakeBroker],
) -> None:
    box, broker = home
    await box.services.deck.start(id_of(box, "Story"))
    await trio.sleep(1)
    before = len(broker.client.published)
    await trio.sleep(600)
    told = {topic.rpartition("/")[2] for topic, _, _ in broker.client.published[before:]}
    assert told <= {"free", "health"}
    await box.services.deck.seek(1_234_000)
    await trio.sleep(SOON_S)
    assert broker.state("position") == "1234"


async def test_minutes_are_told_as_they_pass(home: tuple[VirtualBox, FakeBroker]) -> None:
    box, broker = home
    await box.services.deck.start(id_of(box, "Story"))
    await box.services.deck.sleep(150)
    await trio.sleep(SOON_S)
    assert broker.state("sleep") == "3"
    await trio.sleep(100)
    assert broker.state("sleep") == "1"
    await box.services.preferences.change({"daily_minutes": [30] * 7}, {})
    await trio.sleep(SOON_S + link.LOOK_S)
    assert broker.state("minutes_left") in ("28", "29")


async def test_a_tag_is_told_once_and_kept_by_nobody(home: tuple[VirtualBox, FakeBroker]) -> None:
    box, broker = home
    await box.tap(A)
    await box.tap(UNKNOWN_TAG)
    taps = [json.loads(each) for each in broker.client.said("/event/tap")]
    assert [(each["event_type"], each["tag_id"], each["playlist"]) for each in taps] == [
        ("played", A, "Songs"),
        ("lifted", A, "Songs"),
        ("unlinked", UNKNOWN_TAG, None),
        ("lifted", UNKNOWN_TAG, None),
    ]
    assert broker.client.said("/event/tag") == [UNKNOWN_TAG]
    assert not any("/event/" in topic for topic in broker.retained)


async def test_a_phone_that_has_another_number_each_time_is_no_tag_of_the_house(
    home: tuple[VirtualBox, FakeBroker],
) -> None:
    box, broker = home
    box.services.taps.see(Sighting("08A1B2C3", box.reader.names[0], is_random=True))
    await trio.sleep(SOON_S)
    assert broker.client.said("/event/tag") == []
    assert '"unlinked"' in broker.client.said("/event/tap")[0]


async def test_a_disk_that_is_gone_is_no_reason_to_say_nothing(
    home: tuple[VirtualBox, FakeBroker], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, broker = home
    assert float(broker.state("free") or "") > 0

    def gone(_: Path) -> computer.Disk:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(computer, "disk", gone)
    await trio.sleep(link.DISK_S + link.LOOK_S)
    assert broker.state("free") == "None"
    assert health(box) == "up"


async def test_health_is_told_though_nobody_says_that_it_changed(home: tuple[VirtualBox, FakeBroker]) -> None:
    box, broker = home
    await trio.sleep(link.LOOK_S)
    assert broker.client.said("/state/health") == ["healthy"]  # and never anything else, while it connected
    assert box.output is not None
    box.output.unplug()
    await trio.sleep(2 * link.LOOK_S)
    assert broker.state("health") == "degraded"


async def test_a_newer_version_is_told_as_long_as_it_is_offered(tmp_path: Path) -> None:
    async with at_home(tmp_path, updater=FakeUpdater()) as (box, broker):
        assert broker.state("version") == broker.state("latest_version") == __version__
        box.services.updates.ask(wanted=False)
        await trio.sleep(link.LOOK_S)
        assert broker.state("version") == __version__
        assert broker.state("latest_version") == "2.0"


@pytest.mark.parametrize("state", get_args(UpdateState))
async def test_only_a_version_that_may_come_is_a_newer_one(state: UpdateState) -> None:
    told = of_update(
        UpdateStatus(state=state, version="2.0", message="", reason=None, current="1.0", percent=None, hindrance=None)
    )
    newest = "2.0" if state in ("available", "installing", "proving") else "1.0"
    assert told == {"version": "1.0", "latest_version": newest}


# --- what may be asked for ------------------------------------------------------------------------------------------


async def test_each_command_does_what_a_click_does(
    home: tuple[VirtualBox, FakeBroker], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "tomb.nurseries.deck")
    box, broker = home
    deck = box.services.deck
    tried = set()

    async def asked(name: str, payload: str = "PRESS") -> None:
        tried.add(name)
        await ask(broker, name, payload)

    await asked("playlist", "Songs")
    assert deck.state(0).active_playlist_title == "Songs"
    await asked("next")
    assert deck.state(0).active_track_number == 2
    await asked("previous")
    assert deck.state(0).active_track_number == 1
    await asked("pause")
    assert box.state == "paused"
    await asked("play")
    assert box.state == "playing"
    await asked("toggle")
    assert box.state == "paused"
    await asked("position", "100")
    assert deck.state(0).position_ms == 100_000
    await asked("volume", "20.0")
    assert deck.state(0).volume == 20
    await asked("mute", "ON")
    assert deck.state(0).muted
    await asked("shuffle", "ON")
    assert deck.state(0).shuffle_enabled
    await asked("repeat", "playlist")
    assert deck.state(0).repeat_mode == "playlist"
    await asked("sleep", "30")
    assert deck.state(0).sleep_timer_ends_at is not None
    await asked("sleep", "0")
    assert deck.state(0).sleep_timer_ends_at is None
    await asked("stop")
    assert box.state == "stopped"
    await asked("playlist", id_of(box, "Story"))
    assert deck.state(0).active_playlist_title == "Story"
    assert tried == set(COMMANDS)
    assert {each.getMessage().split()[0] for each in caplog.records if "asks for" in each.msg} == {"home"}
    assert broker.state("refusal") == "None"


WRONG = [
    ("volume", "101", "0 to 100"),
    ("volume", "-1", "0 to 100"),
    ("volume", "٣", "0 to 100"),
    ("volume", "1e1", "0 to 100"),
    ("volume", "9" * 900, "0 to 100"),
    ("volume", b"\xff\xfe", "UTF-8"),
    ("volume", "3" * 2000, "less"),
    ("mute", "on", "ON or OFF"),
    ("repeat", "all", "none or track or playlist"),
    ("sleep", "1441", "0 to 1440"),
    ("position", "90000", "0 to 86400"),
    ("playlist", "Nobody's", "playlist not found"),
    ("playlist", "", "playlist not found"),
    ("play", "", "PRESS"),
    ("stop", "", "PRESS"),
    ("power_off", "PRESS", "command not found"),
    ("a/b", "PRESS", "command not found"),
]


@pytest.mark.parametrize(("name", "payload", "why"), WRONG)
async def test_what_a_command_does_not_take_is_refused_and_said(
    home: tuple[VirtualBox, FakeBroker], name: str, payload: str | bytes, why: str
) -> None:
    box, broker = home
    await box.tap(A)
    before = box.services.deck.state(0).model_copy(update={"position_ms": 0})
    await ask(broker, name, payload)
    assert box.services.deck.state(0).model_copy(update={"position_ms": 0}) == before
    refusal = broker.state("refusal") or ""
    assert refusal.startswith(f"{name}: ")
    assert why in refusal
    await ask(broker, "volume", "40")
    assert broker.state("refusal") == "None"
    assert health(box) == "up"


async def test_what_the_broker_kept_from_before_is_no_command(home: tuple[VirtualBox, FakeBroker]) -> None:
    box, broker = home
    await ask(broker, "volume", "10", retained=True)
    assert box.services.deck.state(0).volume == 50


async def test_a_command_is_held_by_the_limits_and_says_why(home: tuple[VirtualBox, FakeBroker]) -> None:
    box, broker = home
    await box.services.preferences.change({"daily_minutes": [0] * 7}, {})
    await trio.sleep(SOON_S)
    await ask(broker, "playlist", "Songs")
    assert box.state == "stopped"
    assert "only parents start more" in (broker.state("refusal") or "")
    assert broker.state("limit") == "spent"
    await box.tap(A)
    [refused] = [each for each in map(json.loads, broker.client.said("/event/tap")) if each["event_type"] == "refused"]
    assert refused["reason"] == "daily"


async def test_with_a_pin_only_what_parents_chose_for_children_is_started(
    home: tuple[VirtualBox, FakeBroker],
) -> None:
    box, broker = home
    await box.services.preferences.change({"child_playlists": [id_of(box, "Songs")]}, {})
    await ask(broker, "playlist", "Story")
    assert box.services.deck.state(0).active_playlist_title == "Story"  # as any phone could, without a PIN
    await box.services.deck.stop()
    sealed = await box.services.parent_auth.seal("1234")
    box.services.parent_auth.use(sealed)
    await ask(broker, "playlist", "Story")
    assert box.state == "stopped"
    assert "parents did not choose" in (broker.state("refusal") or "")
    await ask(broker, "playlist", "Songs")
    assert box.state == "playing"


async def test_a_flood_costs_nothing_but_itself(
    home: tuple[VirtualBox, FakeBroker], caplog: pytest.LogCaptureFixture
) -> None:
    box, broker = home
    logging.getLogger(link.__name__).addFilter(ration := Ration())
    try:
        began = trio.current_time()
        before = len(box.told("state:player"))
        flood = b"".join(publish(f"tomb/{broker.box_id}/set/volume", b"%d" % (n % 100)) for n in range(10_000))
        await broker.send(flood)
        await box.tap(A)
        assert box.state == "playing"  # meanwhile
        await trio.sleep(120)
        carried = len(box.told("state:player")) - before
        assert carried < link.RATE.burst + link.RATE.per_second * (trio.current_time() - began)
        lines = [each for each in caplog.records if each.name == link.__name__]
        assert len(lines) < 10
        await ask(broker, "volume", "33")
        assert broker.state("volume") == "33"
    finally:
        logging.getLogger(link.__name__).removeFilter(ration)


async def test_commands_do_not_pile_up_behind_a_disk_that_hangs(
    home: tuple[VirtualBox, FakeBroker], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, broker = home
    hangs = trio.Event()
    asked = list[str]()
    find = box.services.deck._find

    async def slow(playlist_id: str) -> Playable:
        asked.append(playlist_id)
        await hangs.wait()
        return await find(playlist_id)

    monkeypatch.setattr(box.services.deck, "_find", slow)
    for _ in range(20):
        for _ in range(10):
            await broker.say("playlist", "Songs")
        await trio.sleep(1)
    assert "faster than they are carried out" in caplog.text
    hangs.set()
    await trio.sleep(1)
    assert len(asked) <= link.COMMANDS_WAITING + 2
    assert box.state == "playing"


async def test_a_message_that_is_too_large_is_passed_over(home: tuple[VirtualBox, FakeBroker]) -> None:
    box, broker = home
    await ask(broker, "volume", b"1" * (100 * LARGEST))
    await ask(broker, "volume", "21")
    await trio.sleep(2)  # it is read at a walking pace
    assert box.services.deck.state(0).volume == 21
    assert len(broker.clients) == 1


# --- brokers that come and go ---------------------------------------------------------------------------------------


async def test_the_box_does_not_wait_for_a_broker_and_tries_again(tmp_path: Path) -> None:
    broker = FakeBroker()
    broker.there = False
    async with broker.running(), virtual_box(tmp_path, broker=broker) as box:
        assert trio.current_time() < 1
        await trio.sleep(SOON_S)
        assert health(box) == "down"
        assert "cannot be reached" in (box.services.board.details()["mqtt"].last_error or "")
        assert box.services.board.overall == "degraded"
        await trio.sleep(300)
        pauses = [round(later - sooner) for sooner, later in zip(broker.dials, broker.dials[1:], strict=False)]
        assert pauses[:5] == [1, 2, 5, 10, 30]
        assert set(pauses[5:]) == {30}
        broker.there = True
        await trio.sleep(30)
        assert health(box) == "up"
        assert broker.state("player") == "stopped"


async def test_a_broker_that_comes_back_is_told_all_of_it_anew_and_nothing_of_the_time_between(
    home: tuple[VirtualBox, FakeBroker], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, broker = home
    broker.there = False
    await broker.hang_up()
    await trio.sleep(SOON_S)
    assert health(box) == "down"
    with monkeypatch.context() as patched:
        patched.setattr(Outbox, "tell", lambda *_: pytest.fail("while nobody hears it, it costs nothing"))
        patched.setattr(Outbox, "put", lambda *_: pytest.fail("while nobody hears it, it costs nothing"))
        await box.tap(A)
        for volume in range(100):
            await box.services.deck.set_volume(volume)
    broker.retained.clear()
    broker.there = True
    await trio.sleep(30)
    assert len(broker.clients) == 2
    assert broker.client.said("/state/volume") == ["99"]
    assert broker.client.said("/event/tap") == []
    assert {topic.rpartition("/")[2] for topic in broker.retained} == {*STATES, "availability", "config"}


async def test_a_silent_broker_is_found_out_on_the_clock_of_the_box(
    home: tuple[VirtualBox, FakeBroker], caplog: pytest.LogCaptureFixture
) -> None:
    box, broker = home
    await trio.sleep(10 * PING_S)
    assert broker.client.pings >= 9
    assert len(broker.clients) == 1
    assert broker.client.keepalive == SILENCE_S
    broker.silent = True
    broker.there = False
    await trio.sleep(SILENCE_S + 2 * PING_S)
    assert health(box) == "down"
    assert "the broker does not answer any more" in caplog.text


async def test_a_broker_that_takes_nothing_holds_nobody_up(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    broker = FakeBroker()
    broker.narrow = True
    async with broker.running(), virtual_box(tmp_path, broker=broker) as box:
        await box.add("Songs", 400, tag_id=A)
        await trio.sleep(1)
        assert health(box) == "up"
        broker.deaf = True
        await box.tap(A)
        assert box.state == "playing"
        for volume in range(100):
            await box.services.deck.set_volume(volume)
        await trio.sleep(SEND_S)
        assert health(box) == "down"
        assert "does not take what the box has to say" in caplog.text


async def test_a_broker_that_does_not_listen_from_the_beginning_is_no_broker(tmp_path: Path) -> None:
    broker = FakeBroker()
    broker.narrow = broker.deaf = True
    async with broker.running(), virtual_box(tmp_path, broker=broker) as box:
        assert trio.current_time() < 1
        await trio.sleep(ANSWER_S + SOON_S)
        assert box.services.board.details()["mqtt"].last_error == "the broker does not answer"


async def test_a_broker_that_does_not_want_the_box_is_seen_in_its_health(tmp_path: Path) -> None:
    broker = FakeBroker()
    broker.answer = BAD_LOGIN
    async with broker.running(), virtual_box(tmp_path, broker=broker) as box:
        await trio.sleep(SOON_S)
        said = box.services.board.details()["mqtt"].last_error or ""
        assert said.startswith("the broker refuses the box: ")
        assert "geheim" not in said
        broker.answer, broker.allows = 0, False
        await trio.sleep(10)
        assert "does not let the box listen" in (box.services.board.details()["mqtt"].last_error or "")


async def test_who_is_stopped_says_so_and_takes_leave(tmp_path: Path) -> None:
    async with FakeBroker().running() as broker:
        async with virtual_box(tmp_path, broker=broker):
            await trio.sleep(SOON_S)
        await trio.sleep(SOON_S)
        assert broker.retained[f"tomb/{broker.box_id}/availability"] == b"offline"
        assert broker.client.took_leave


async def test_the_box_keeps_its_name_over_a_restart(tmp_path: Path) -> None:
    names = set()
    for seed in range(2):
        async with at_home(tmp_path, seed=seed) as (_, broker):
            names.add(broker.box_id)
    [name] = names
    assert len(name) == 12


async def test_home_assistant_that_comes_up_is_told_anew_but_not_without_end(
    home: tuple[VirtualBox, FakeBroker],
) -> None:
    _, broker = home
    await trio.sleep(10)
    for _ in range(50):
        await broker.send(publish("homeassistant/status", b"online"))
    await trio.sleep(SOON_S)
    await broker.send(publish("homeassistant/status", b"offline"))
    await trio.sleep(1)
    devices = [topic for topic, _, _ in broker.client.published if topic.endswith("/config")]
    assert 2 < len(devices) <= 5
    assert broker.client.said("/availability") == ["online", "online"]


async def test_who_wants_no_home_assistant_is_not_listened_to(tmp_path: Path) -> None:
    async with at_home(tmp_path, mqtt_discovery="") as (_, broker):
        assert not any(topic.startswith("homeassistant") for topic in broker.retained)
        assert broker.client.topics == [f"tomb/{broker.box_id}/set/+"]


async def test_what_waits_for_a_broker_is_as_large_as_there_are_topics() -> None:
    outbox = Outbox()
    for number in range(1000):
        outbox.put("a", str(number))
        outbox.tell("b", str(number))
    assert len(outbox) == 1 + MOMENTS
    said = [message.payload for message in iter(outbox.take, None)]
    assert said == [*(str(number).encode() for number in range(1000 - MOMENTS, 1000)), b"999"]
    outbox.put("a", "999")
    assert not len(outbox)


async def test_a_name_that_is_no_text_can_be_told() -> None:
    outbox = Outbox()
    outbox.put("a", "L\udce4rm")
    message = outbox.take()
    assert message is not None
    assert message.payload == b"L?rm"
