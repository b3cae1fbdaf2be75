"""What the box tells under `tomb/ID/`, in words: the topics, and what the state of the player is in each of them.

A topic has one plain value, so that whoever reads it needs no templates. What there is none of is `None`, since an
empty payload would have the broker forget the topic. Where the music is within its track is told when it changes by
more than passing: every half second would be a message for everybody who only listens to a lamp.
"""

import math
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from tomb.models import PlayerState, UpdateStatus
from tomb.nurseries.mqtt.labels import LONGEST, NOTHING

ROOT: Final = "tomb"
ONLINE, OFFLINE = "online", "offline"
ON, OFF = "ON", "OFF"
MINUTE_S: Final = 60.0

STATES: Final[Mapping[str, str]] = {
    "player": "`stopped`, `loading`, `playing`, `paused` or `error`",
    "playlist": "the playlist that is chosen, as it is called in the list to choose from",
    "track": "the title of the track",
    "artist": "of the track",
    "album": "of the track",
    "number": "of the track in its playlist, from 1",
    "duration": "of the track, in seconds",
    "position": "in the track, in seconds, when the player last did anything else than to play on",
    "volume": "0 to 100",
    "mute": "`ON` or `OFF`",
    "shuffle": "`ON` or `OFF`",
    "repeat": "`none`, `track` or `playlist`",
    "sleep": "minutes until the sleep timer stops the music; 0: it is off",
    "limit": "`free`, `warning`, `grace`, `spent` or `lifted`",
    "minutes_left": "until the limit that is nearest",
    "error": "what is wrong with the player, in words",
    "refusal": "the last command from here that came to nothing, and why; `None` after one that did not",
    "health": "`healthy`, `degraded` or `unhealthy`",
    "free": "space on the disk, in GB",
    "version": "of the box's program",
    "latest_version": "the version that a parent can have installed, else the same",
}
"""Under `tomb/ID/state/`; the broker keeps them."""

MOMENTS: Final[Mapping[str, str]] = {
    "tap": "a tag was placed or lifted: JSON with `event_type` (`played`, `acted`, `refused`, `unlinked` or `lifted`), "
    "`tag_id`, `playlist` and `reason`",
    "tag": "the number of a tag that is for nothing yet",
}
"""Under `tomb/ID/event/`; they are told once and not kept."""

TAP_TYPES: Final = ("played", "acted", "refused", "unlinked", "lifted")


class Topics(Struct, frozen=True):
    """`box_id`: of the box's library."""

    box_id: str

    @property
    def availability(self) -> str:
        return f"{ROOT}/{self.box_id}/availability"

    @property
    def commands(self) -> str:
        """What to subscribe to."""
        return self.command("+")

    def state(self, name: str) -> str:
        return f"{ROOT}/{self.box_id}/state/{name}"

    def moment(self, name: str) -> str:
        return f"{ROOT}/{self.box_id}/event/{name}"

    def command(self, name: str) -> str:
        return f"{ROOT}/{self.box_id}/set/{name}"

    def command_in(self, topic: str) -> str | None:
        """The name of the command that the topic is for."""
        prefix = self.command("")
        return topic.removeprefix(prefix) if topic.startswith(prefix) else None


def of_player(state: PlayerState, label: str, wall: float) -> dict[str, str]:
    """The topics that tell of the player. `label`: what its playlist is called; `wall`: the time, epoch seconds."""
    track, limit = state.active_track, state.limit
    sleeps_at = state.sleep_timer_ends_at
    return {
        "player": state.state,
        "playlist": label,
        "track": words(track.title if track else None),
        "artist": words(track.artist if track else None),
        "album": words(track.album if track else None),
        "number": NOTHING if track is None else str(track.number),
        "duration": NOTHING if track is None else str(round(state.duration_ms / 1000)),
        "position": NOTHING if track is None else str(state.position_ms // 1000),
        "volume": str(state.volume),
        "mute": ON if state.muted else OFF,
        "shuffle": ON if state.shuffle_enabled else OFF,
        "repeat": state.repeat_mode,
        "sleep": "0" if sleeps_at is None else str(max(0, math.ceil((sleeps_at - wall) / MINUTE_S))),
        "limit": limit.state,
        "minutes_left": NOTHING if limit.left_s is None else str(math.ceil(limit.left_s / MINUTE_S)),
        "error": words(state.error_message),
    }


def of_update(update: UpdateStatus) -> dict[str, str]:
    """What runs, and what could. A version that was tried and went back is not offered again."""
    newer = update.version if update.state in ("available", "installing", "proving") else None
    return {"version": update.current, "latest_version": newer or update.current}


def words(text: str | None) -> str:
    return (text or "").strip()[:LONGEST] or NOTHING
