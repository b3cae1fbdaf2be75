"""How the machines are coupled: who owns each, who fires its events, and whom its decisions reach.

A machine calls nobody. Its owner (tomb.nurseries) fires an event on behalf of whoever told it something, carries out
the effects that come back, and by that may turn to another owner, who fires another machine: a tag that is seen is
`presence`'s, the tap that this was is `player`'s. So an owner stands between any two machines, and all that is coupled
is coupled by the lines below.

`timer` is one that the machine itself asked for, `itself` a task of the owner's: one that waits for a disk, a device or
a network on the machine's behalf. `http` are the browsers, the sockets and the programs that speak to the box; `box`
is its start. What an effect sets in motion in its owner alone (a timer, a task) is no line.

This is what the documentation, `GET /api/system/machines` and the web UI show. The test reads the same from the sources
of the owners, so a line that is missing here, or that nobody causes any more, is found.
"""

from collections.abc import Mapping

from msgspec import Struct


class Owner(Struct, frozen=True):
    """`name`: its module in tomb.nurseries. `fired_by`: by who causes them, events; `reaches`: by whom they reach
    beyond the owner, effects."""

    name: str
    fired_by: Mapping[str, tuple[str, ...]]
    reaches: Mapping[str, tuple[str, ...]]


ACTIONS = ("Toggle", "Stop", "Next", "Previous", "SetVolume", "SetMode", "SetSleep")
"""What a tag or a button may be set to do to the player."""

OWNERS: Mapping[str, Owner] = {
    "player": Owner(
        "deck",
        fired_by={
            "box": ("Play", "SetVolume", "Restore"),
            "http": (
                "Start",
                "Tapped",
                "Play",
                "Pause",
                "Toggle",
                "Stop",
                "Next",
                "Previous",
                "ToChapter",
                "Seek",
                "SetVolume",
                "SetMode",
                "SetSleep",
            ),
            "keys": ("Tapped", *ACTIONS),
            "librarian": ("PlaylistChanged", "PlaylistDeleted"),
            "limits": ("SetCeiling", "SetCurb"),
            "mpd": ("Start", "Play", "Pause", "Stop", "Next", "Previous", "Seek", "SetVolume", "SetMode"),
            "mqtt": (
                "Start",
                "Play",
                "Pause",
                "Toggle",
                "Stop",
                "Next",
                "Previous",
                "Seek",
                "SetVolume",
                "SetMode",
                "SetSleep",
            ),
            "output": ("TrackStarted", "TrackFinished", "TrackFailed"),
            "supervisor": ("DeviceLost", "DeviceBack"),
            "taps": ("Tapped", "TagRemoved", *ACTIONS),
            "timer": ("SleepNear", "SleepOver", "HushOver", "ChapterBegan"),
        },
        reaches={
            "journal": ("SaveResume", "ClearResume", "CountPlay"),
            "output": (
                "PlayTrack",
                "EnqueueTrack",
                "PauseOutput",
                "ResumeOutput",
                "StopOutput",
                "SetGain",
                "Refused",
                "PlayChime",
            ),
        },
    ),
    "limits": Owner(
        "limits",
        fired_by={
            "deck": ("Looked", "Given"),
            "http": ("Looked", "Given"),
            "itself": ("Looked",),
            "preferences": ("Looked",),
            "timer": ("Looked", "GraceOver"),
        },
        reaches={
            "deck": ("Warn",),
        },
    ),
    "presence": Owner(
        "taps",
        fired_by={
            "http": ("Seen", "Missed"),
            "reader": ("Seen", "Missed", "Lost"),
            "supervisor": ("Seen", "Missed", "Lost"),
            "timer": ("Seen", "Missed", "Lost", "Waited"),
        },
        reaches={
            "clients": ("Placed", "Lifted", "Uncovered"),
            "deck": ("Placed", "Lifted"),
            "journal": ("Placed",),
            "linking": ("Placed", "Lifted", "Uncovered", "Hidden", "Found"),
        },
    ),
    "association": Owner(
        "linking",
        fired_by={
            "http": ("TagPlaced", "Override", "Cancel"),
            "itself": ("Stored", "NotStored"),
            "taps": ("TagPlaced",),
            "timer": ("Expired",),
        },
        reaches={
            "clients": ("Link", "Announce"),
            "librarian": ("Link",),
        },
    ),
    "device": Owner(
        "supervisor",
        fired_by={
            "itself": ("Begin", "Appeared", "Lost"),
            "timer": ("RetryDue",),
        },
        reaches={},
    ),
    "upload": Owner(
        "uploads",
        fired_by={
            "http": ("ChunkStored", "Finalize", "Committed", "Unplayable", "Interrupted", "Abandon"),
            "itself": ("ChunkStored",),
        },
        reaches={},
    ),
    "download": Owner(
        "downloads",
        fired_by={
            "http": ("Cancel",),
            "itself": ("Begin", "Limited", "Downloaded", "Committed", "Failed", "Interrupted"),
        },
        reaches={},
    ),
    "update": Owner(
        "updates",
        fired_by={
            "box": ("Failed", "Begun", "OnTrial", "Judged", "WentBack"),
            "http": ("Ask", "Take"),
            "itself": ("Found", "UpToDate", "Failed", "Begun", "OnTrial", "Judged", "WentBack"),
        },
        reaches={
            "clients": ("LookUp", "Fetch"),
            "updater": ("LookUp", "Fetch"),
        },
    ),
    "key": Owner(
        "keys",
        fired_by={
            "key devices": ("Pressed", "Released", "Forgotten"),
            "timer": ("Waited",),
        },
        reaches={
            "clients": ("Meant",),
            "deck": ("Meant",),
        },
    ),
    "knob": Owner(
        "keys",
        fired_by={
            "key devices": ("Turned",),
        },
        reaches={
            "clients": ("Meant",),
            "deck": ("Meant",),
        },
    ),
}
