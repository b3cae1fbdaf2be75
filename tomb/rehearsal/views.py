"""What a client knows that believes all it is told: the other end of the contract, kept as clients keep it.

It shares nothing with the server but the names of fields. A snapshot replaces what was known, an event changes it.
"""

from collections.abc import Mapping
from typing import Any


class View:
    """`player`: the player's state, None before there was one. `playlists`: by id, in the order of the list, as far as
    each is known. `machines`: the state of each, by its table's name and its id."""

    def __init__(self) -> None:
        self.player: dict[str, Any] | None = None
        self.playlists: dict[str, dict[str, Any]] = {}
        self.opened: dict[str, dict[str, Any]] = {}  # of which the room was joined
        self.machines: dict[tuple[str, str], str] = {}

    def take(self, event_type: str, payload: Mapping[str, Any]) -> None:
        data = payload.get("data", payload)
        match event_type:
            case "state:player":
                self.player = dict(data)
            case "state:track_position" if self.player is not None:
                self.player |= {"position_ms": data["position_ms"], "is_playing": data["is_playing"]}
            case "state:playlists":
                self.playlists = {each["id"]: dict(each) for each in data["playlists"]}
            case "state:playlist_created" | "state:playlist_updated":
                playlist = data["playlist"]
                self.playlists[playlist["id"]] = self.playlists.get(playlist["id"], {}) | playlist
            case "state:playlist_deleted":
                self.playlists.pop(data["playlist_id"], None)
                self.opened.pop(data["playlist_id"], None)
            case "state:playlist":
                self.opened[data["id"]] = dict(data)
            case "machine_state":
                self._machine(data)

    def _machine(self, data: Mapping[str, Any]) -> None:
        where = (data["name"], data["id"])
        if data["state"] is None:
            self.machines.pop(where, None)
        else:
            self.machines[where] = data["state"]
