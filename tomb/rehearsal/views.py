"""What a client knows that believes all it is told: the other end of the contract, kept as clients keep it.

It shares nothing with the server but the names of fields. A snapshot replaces what was known, an event changes it.
"""

from collections.abc import Mapping
from typing import Any, Protocol


class View(Protocol):
    def take(self, event_type: str, payload: Mapping[str, Any]) -> None:
        """It was told this."""

    def forget(self) -> None:
        """The box forgot its numbers: what it says next is believed."""

    def shown(self) -> Mapping[str, Any]:
        """What is known: `player`, the whole state, None before there was one; `playlists`, in the order of the list;
        `opened`, those of which everything is known; `machines`, where each is, as the events have it."""

    def close(self) -> None:
        """It is not needed any more."""


class PlainView:
    """A client of a few lines, such as somebody writes who has read the documents."""

    def __init__(self) -> None:
        self._player: dict[str, Any] | None = None
        self._playlists: dict[str, dict[str, Any]] = {}
        self._opened: dict[str, Mapping[str, Any]] = {}
        self._machines: dict[tuple[str, str], Mapping[str, Any]] = {}

    def take(self, event_type: str, payload: Mapping[str, Any]) -> None:
        data = payload.get("data", payload)
        match event_type:
            case "state:player":
                self._player = dict(data)
            case "state:track_position" if self._player is not None:
                self._player |= {"position_ms": data["position_ms"], "is_playing": data["is_playing"]}
            case "state:playlists":
                self._playlists = {each["id"]: dict(each) for each in data["playlists"]}
            case "state:playlist_created" | "state:playlist_updated":
                playlist = data["playlist"]
                self._playlists[playlist["id"]] = playlist
            case "state:playlist_deleted":
                self._playlists.pop(data["playlist_id"], None)
                self._opened.pop(data["playlist_id"], None)
            case "state:playlist":
                self._opened[data["id"]] = data
            case "machine_state" if data["state"] is None:
                self._machines.pop((data["name"], data["id"]), None)
            case "machine_state":
                self._machines[data["name"], data["id"]] = data

    def forget(self) -> None:
        pass

    def shown(self) -> Mapping[str, Any]:
        return {
            "player": self._player,
            "playlists": list(self._playlists.values()),
            "opened": list(self._opened.values()),
            "machines": list(self._machines.values()),
        }

    def close(self) -> None:
        pass
