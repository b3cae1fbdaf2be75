"""What Home Assistant is told, against the fields that it documents, and the names of playlists in its list."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.nurseries.test_mqtt import at_home
from tests.rigs.box import VirtualBox
from tests.rigs.virtual import virtual_time
from tomb.models import PlaylistLite
from tomb.nurseries.mqtt import discovery
from tomb.nurseries.mqtt.commands import COMMANDS
from tomb.nurseries.mqtt.labels import LONGEST, MOST, NOTHING, Labels
from tomb.nurseries.mqtt.link import LISTS_S, LOOK_S
from tomb.nurseries.mqtt.topics import MOMENTS, STATES, Topics
from tomb.rehearsal.simulated.broker import FakeBroker

STRING, FLAG, NUMBER, STRINGS = {"type": "string"}, {"type": "boolean"}, {"type": "number"}, {"type": "array"}
LISTED = {"type": "array", "items": STRING, "minItems": 1, "uniqueItems": True}
TOPIC = {"type": "string", "pattern": r"^[^#+\x00]+$"}

# https://www.home-assistant.io/integrations/KIND.mqtt/, "Configuration variables": of each kind those that the box
# uses, with their types, and which are required. All of them but `tag` take those of ENTITY.
ENTITY = {
    "name": STRING,
    "unique_id": STRING,
    "icon": {"type": "string", "pattern": "^mdi:[a-z0-9-]+$"},
    "entity_category": {"enum": ["config", "diagnostic"]},
    "enabled_by_default": FLAG,
    "device_class": STRING,
}
KINDS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "sensor": ({"state_topic": TOPIC, "options": LISTED, "unit_of_measurement": STRING}, ["state_topic"]),
    "binary_sensor": ({"state_topic": TOPIC, "value_template": STRING}, ["state_topic"]),
    "number": (
        {"state_topic": TOPIC, "command_topic": TOPIC, "min": NUMBER, "max": NUMBER, "unit_of_measurement": STRING},
        ["command_topic"],
    ),
    "switch": ({"state_topic": TOPIC, "command_topic": TOPIC}, ["command_topic"]),
    "button": ({"command_topic": TOPIC}, ["command_topic"]),
    "select": (
        {"state_topic": TOPIC, "command_topic": TOPIC, "options": {"type": "array", "items": STRING}},
        ["command_topic", "options"],
    ),
    "event": ({"state_topic": TOPIC, "event_types": LISTED}, ["state_topic", "event_types"]),
    "update": ({"state_topic": TOPIC, "latest_version_topic": TOPIC}, []),
    "tag": ({"topic": TOPIC}, ["topic"]),
}
# https://www.home-assistant.io/integrations/sensor/#device-class, binary_sensor/#device-class, number/#device-class,
# with the units that each may have.
CLASSES: dict[str, set[str | None]] = {
    "enum": {None},
    "duration": {"s", "min"},
    "data_size": {"GB"},
    "problem": {None},
    "firmware": {None},
}


def component(kind: str) -> dict[str, Any]:
    fields, required = KINDS[kind]
    properties = fields | {"platform": {"const": kind}} | ({} if kind == "tag" else ENTITY)
    always = ["platform", *required, *([] if kind == "tag" else ["name", "unique_id"])]
    return {"type": "object", "properties": properties, "required": always, "additionalProperties": False}


# https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload
DEVICE = {
    "type": "object",
    "properties": {
        "device": {
            "type": "object",
            "properties": {
                "identifiers": LISTED,
                "name": STRING,
                "manufacturer": STRING,
                "model": STRING,
                "sw_version": STRING,
                "configuration_url": {"type": "string", "pattern": "^https?://[^/]+$"},
            },
            "required": ["identifiers"],
            "additionalProperties": False,
        },
        "origin": {
            "type": "object",
            "properties": {"name": STRING, "sw_version": STRING, "support_url": STRING},
            "required": ["name"],
            "additionalProperties": False,
        },
        "availability_topic": TOPIC,
        "components": {
            "type": "object",
            "propertyNames": {"pattern": "^[a-zA-Z0-9_-]+$"},
            "additionalProperties": {"oneOf": [component(kind) for kind in KINDS]},
        },
    },
    "required": ["device", "origin", "components"],
    "additionalProperties": False,
}


KEYS = {
    *(
        "player",
        "track",
        "artist",
        "album",
        "position",
        "duration",
        "limit",
        "minutes_left",
        "error",
        "refusal",
        "free",
    ),
    *("problem", "volume", "sleep", "mute", "shuffle", "play", "pause", "next", "previous", "stop", "playlist"),
    *("repeat", "tap", "tag", "update"),
}


def told(options: Sequence[str] = ("Songs",)) -> Any:
    topics = Topics("0123456789ab")
    return json.loads(discovery.payload(topics, "Anna's box", "http://box.local:8000", 80, options))


def test_what_home_assistant_is_told_is_what_it_documents() -> None:
    jsonschema.validate(told(), DEVICE, jsonschema.Draft202012Validator)
    for name, each in told()["components"].items():
        kind = each.get("device_class")
        assert kind is None or each.get("unit_of_measurement") in CLASSES[kind], name
        assert ("options" in each) == (kind == "enum" or each["platform"] == "select"), name


def test_all_kinds_of_the_documents_are_there_and_known_by_their_own_ids() -> None:
    components = told()["components"]
    assert {each["platform"] for each in components.values()} == set(KINDS)
    ids = [each["unique_id"] for each in components.values() if each["platform"] != "tag"]
    assert len(set(ids)) == len(ids)
    # Home Assistant knows them by these for ever: who renames one takes it from the family's automations.
    assert set(components) == KEYS


def test_each_topic_of_it_is_one_that_the_box_has() -> None:
    topics = Topics("0123456789ab")
    has = {topics.state(name) for name in STATES} | {topics.moment(name) for name in MOMENTS}
    takes = {topics.command(name) for name in COMMANDS}
    for each in told()["components"].values():
        assert {each[key] for key in ("state_topic", "latest_version_topic", "topic") if key in each} <= has
        assert each.get("command_topic") in takes | {None}


pressed = [name for name, each in told()["components"].items() if each["platform"] == "button"]


@pytest.mark.parametrize("name", pressed)
def test_a_button_sends_what_its_command_takes(name: str) -> None:
    COMMANDS[name].read("PRESS")  # the default of `payload_press`


def test_a_switch_sends_and_shows_what_its_command_takes() -> None:
    for name in ("mute", "shuffle"):
        for payload in ("ON", "OFF"):  # the defaults of `payload_on` and `payload_off`
            COMMANDS[name].read(payload)


# --- in a box -------------------------------------------------------------------------------------------------------


def config(broker: FakeBroker) -> Any:
    return json.loads(broker.retained[f"homeassistant/device/tomb_{broker.box_id}/config"])


def options(broker: FakeBroker) -> list[str]:
    listed: list[str] = config(broker)["components"]["playlist"]["options"]
    return listed


async def create(box: VirtualBox, *titles: str) -> list[str]:
    made = [(await box.services.librarian.create(title)).id for title in titles]
    await trio.sleep(LISTS_S)
    return made


@virtual_time
async def test_the_list_to_choose_from_follows_the_library(tmp_path: Path) -> None:
    async with at_home(tmp_path) as (box, broker):
        assert options(broker) == []
        first, second = await create(box, "Łódź 🎷\n“x”", "Songs")
        assert options(broker) == ["Łódź 🎷\n“x”", "Songs"]
        await box.services.librarian.delete(second)
        await trio.sleep(LISTS_S)
        assert options(broker) == ["Łódź 🎷\n“x”"]
        await broker.say("playlist", "Songs")
        await trio.sleep(0.1)
        assert "playlist not found" in (broker.state("refusal") or "")
        await broker.say("playlist", "Łódź 🎷\n“x”")
        await trio.sleep(0.1)
        assert "has no tracks" in (broker.state("refusal") or "")
        jsonschema.validate(config(broker), DEVICE, jsonschema.Draft202012Validator)
        assert first in {each.id for each in box.services.librarian.lites()}


@virtual_time
async def test_an_import_is_not_told_list_by_list(tmp_path: Path) -> None:
    async with at_home(tmp_path) as (box, broker):
        await trio.sleep(LISTS_S)
        before = len(broker.client.said("/config"))
        for number in range(100):
            await box.services.librarian.create(f"Album {number}")
            await trio.sleep(0.1)
        await trio.sleep(LISTS_S)
        assert len(broker.client.said("/config")) - before <= 10 / LISTS_S + 2
        assert len(options(broker)) == 100


@virtual_time
async def test_two_of_a_name_are_started_one_by_one(tmp_path: Path) -> None:
    async with at_home(tmp_path) as (box, broker):
        await box.add("Songs", 100)
        await create(box, "Other")
        other = await box.add("More", 100)
        await box.services.librarian.update(other, {"title": "Songs"})
        await trio.sleep(LISTS_S)
        alike = [each for each in options(broker) if each.startswith("Songs")]
        assert len(set(alike)) == 2
        started = set()
        for each in alike:
            await broker.say("playlist", each)
            await trio.sleep(0.1)
            assert broker.state("playlist") == each
            started.add(box.services.deck.state(0).active_playlist_id)
        assert len(started) == 2


@virtual_time
async def test_the_loudest_volume_and_the_name_are_those_that_parents_chose(tmp_path: Path) -> None:
    async with at_home(tmp_path) as (box, broker):
        assert config(broker)["device"]["name"] == discovery.UNNAMED
        assert "configuration_url" not in config(broker)["device"]  # nobody announces this one's name
        await box.services.preferences.change({"volume_ceiling": 60, "box_name": "Ännas Box"}, {})
        await trio.sleep(LOOK_S + 0.1)
        assert config(broker)["components"]["volume"]["max"] == 60
        assert config(broker)["device"]["name"] == "Ännas Box"


def lite(number: int, title: str) -> PlaylistLite:
    playlist_id = f"{number:08x}-0000-4000-8000-000000000000"
    return PlaylistLite(
        id=playlist_id,
        title=title,
        track_count=0,
        total_duration_ms=0,
        created_at="",
        updated_at="",
        server_seq=0,
        playlist_seq=0,
    )


TITLES = st.lists(st.sampled_from(["a", "b", "none", "None", "a · 0000", "a · 0001", "x" * 300, " a"]), max_size=12)


@settings(max_examples=60)
@given(TITLES | st.lists(st.text(min_size=1, max_size=300), max_size=12))
def test_every_playlist_has_a_label_of_its_own_that_leads_back_to_it(titles: list[str]) -> None:
    playlists = [lite(number, title) for number, title in enumerate(titles)]
    labels = Labels(playlists)
    assert len(list(labels)) == len(playlists)
    for each in playlists:
        assert labels.meant(labels.of(each.id)) == each.id
        assert labels.meant(each.id) == each.id
        assert labels.of(each.id).casefold() != NOTHING.casefold()
        assert len(labels.of(each.id)) <= LONGEST


def test_a_list_has_an_end() -> None:
    labels = Labels(lite(number, f"{number}") for number in range(2 * MOST))
    assert len(list(labels)) == MOST
    assert labels.of(lite(MOST, "").id) == NOTHING
