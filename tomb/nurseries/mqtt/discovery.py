"""What Home Assistant is told of the box: one message, from which it makes a device with all that the box has.

The message is a device discovery payload (Home Assistant 2024.11 and newer):
https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload; the fields of each kind of entity are those
of https://www.home-assistant.io/integrations/KIND.mqtt/. A component's key and its `unique_id` are what Home Assistant
knows it by, for ever: names may change, these may not.
"""

import json
from collections.abc import Iterable
from typing import Any, Final, get_args

from tomb import __version__
from tomb.models import LimitName, PlayState, RepeatMode
from tomb.nurseries.mqtt.topics import TAP_TYPES, Topics

SLEEP_MINUTES: Final = 240  # as far as the slider goes; the command takes more
STATUS: Final = "status"  # under the same prefix, where Home Assistant says that it has come up
UNNAMED: Final = "Music box"

Component = dict[str, Any]


def topic(prefix: str, box_id: str) -> str:
    return f"{prefix}/device/tomb_{box_id}/config"


def payload(topics: Topics, box_name: str, url: str | None, ceiling: int, playlists: Iterable[str]) -> str:
    """`url`: of the box's page. `ceiling`: the loudest volume. `playlists`: what there is to choose from."""
    return json.dumps(
        {
            "device": {
                "identifiers": [f"tomb_{topics.box_id}"],
                "name": box_name or UNNAMED,
                "manufacturer": "TOMB",
                "model": "The Open Music Box",
                "sw_version": __version__,
                **({} if url is None else {"configuration_url": url}),
            },
            "origin": {"name": "TOMB", "sw_version": __version__},
            "availability_topic": topics.availability,
            "components": {
                key: component
                if component["platform"] == "tag"
                else {"unique_id": f"tomb_{topics.box_id}_{key}", **component}
                for key, component in _components(topics, ceiling, playlists).items()
            },
        },
        ensure_ascii=False,
    )


def _components(topics: Topics, ceiling: int, playlists: Iterable[str]) -> dict[str, Component]:
    def sensor(name: str, icon: str, state: str, **more: Any) -> Component:
        return _entity("sensor", name, icon, state_topic=topics.state(state), **more)

    def setter(platform: str, name: str, icon: str, state: str, **more: Any) -> Component:
        both = {"state_topic": topics.state(state), "command_topic": topics.command(state)}
        return _entity(platform, name, icon, **both, **more)

    def button(name: str, icon: str, command: str) -> Component:
        return _entity("button", name, icon, command_topic=topics.command(command))

    diagnostic = {"entity_category": "diagnostic"}
    seconds = {"device_class": "duration", "unit_of_measurement": "s", "enabled_by_default": False}
    minutes = {"device_class": "duration", "unit_of_measurement": "min"}
    return {
        "player": sensor("Player", "mdi:music-box", "player", device_class="enum", options=list(get_args(PlayState))),
        "track": sensor("Track", "mdi:music-note", "track"),
        "artist": sensor("Artist", "mdi:account-music", "artist"),
        "album": sensor("Album", "mdi:album", "album"),
        "position": sensor("Position", "mdi:progress-clock", "position", **seconds),
        "duration": sensor("Duration", "mdi:timer-outline", "duration", **seconds),
        "limit": sensor("Limit", "mdi:timer-lock", "limit", device_class="enum", options=list(get_args(LimitName))),
        "minutes_left": sensor("Left today", "mdi:timer-sand", "minutes_left", **minutes),
        "error": sensor("Error", "mdi:alert-circle-outline", "error", **diagnostic),
        "refusal": sensor("Last refusal", "mdi:hand-back-left-off", "refusal", **diagnostic),
        "free": sensor(
            "Free space", "mdi:harddisk", "free", device_class="data_size", unit_of_measurement="GB", **diagnostic
        ),
        "problem": _entity(
            "binary_sensor",
            "Problem",
            None,
            state_topic=topics.state("health"),
            value_template="{{ 'OFF' if value == 'healthy' else 'ON' }}",
            device_class="problem",
            **diagnostic,
        ),
        "volume": setter(
            "number", "Volume", "mdi:volume-high", "volume", min=0, max=max(1, ceiling), unit_of_measurement="%"
        ),
        "sleep": setter("number", "Sleep timer", "mdi:sleep", "sleep", min=0, max=SLEEP_MINUTES, **minutes),
        "mute": setter("switch", "Mute", "mdi:volume-off", "mute"),
        "shuffle": setter("switch", "Shuffle", "mdi:shuffle", "shuffle"),
        "play": button("Play", "mdi:play", "play"),
        "pause": button("Pause", "mdi:pause", "pause"),
        "next": button("Next", "mdi:skip-next", "next"),
        "previous": button("Previous", "mdi:skip-previous", "previous"),
        "stop": button("Stop", "mdi:stop", "stop"),
        "playlist": setter("select", "Playlist", "mdi:playlist-music", "playlist", options=list(playlists)),
        "repeat": setter("select", "Repeat", "mdi:repeat", "repeat", options=list(get_args(RepeatMode))),
        # Without a command: what is installed on the box is a parent's choice, on its page.
        "update": _entity(
            "update",
            "Version",
            None,
            state_topic=topics.state("version"),
            latest_version_topic=topics.state("latest_version"),
            device_class="firmware",
            **diagnostic,
        ),
        "tap": _entity("event", "Tag", "mdi:nfc-tap", state_topic=topics.moment("tap"), event_types=list(TAP_TYPES)),
        "tag": {"platform": "tag", "topic": topics.moment("tag")},
    }


def _entity(platform: str, name: str, icon: str | None, **fields: Any) -> Component:
    entity = {"platform": platform, "name": name, **fields}
    return entity if icon is None else {**entity, "icon": icon}
