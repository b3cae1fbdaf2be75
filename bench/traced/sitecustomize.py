"""Has a box write down when it comes to the steps from a tap to sound (see bench/taps.py).

A line a stamp, "name ns" of the monotonic clock, into the file that BENCH_TRACES names. That costs 2 µs each.
"""

import os
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import tomb.devices.audio
import tomb.devices.buffer
import tomb.devices.playhead
import tomb.devices.portaudio
import tomb.nurseries.deck

FILE = os.open(os.environ["BENCH_TRACES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def stamp(name: str) -> None:
    os.write(FILE, b"%s %d\n" % (name.encode(), time.monotonic_ns()))


def traced(owner: type, method: str, before: str | None, after: str | None = None) -> None:
    call: Callable[..., Any] = getattr(owner, method)

    @wraps(call)
    def stamped(*args: Any, **options: Any) -> Any:
        if before:
            stamp(before)
        try:
            return call(*args, **options)
        finally:
            if after:
                stamp(after)

    setattr(owner, method, stamped)


def filled(playhead: tomb.devices.playhead.Playhead, out: Any, heard_at_ns: int) -> None:
    FILL(playhead, out, heard_at_ns)
    if out.any():
        stamp("filled")


if Path("/proc/self/cmdline").read_bytes().split(b"\0")[2:3] == [b"serve"]:  # and not a child of the box
    traced(tomb.nurseries.deck.Deck, "tap_and_reply", "asked")
    traced(tomb.devices.audio.PortAudioOutput, "play", "cued")
    traced(tomb.devices.buffer.ReadAhead, "_pour", "decoding", "decoded")
    traced(tomb.devices.portaudio.Stream, "open", "opening", "opened")
    FILL = tomb.devices.playhead.Playhead.fill
    setattr(tomb.devices.playhead.Playhead, "fill", filled)  # noqa: B010 - mypy lets no method be assigned
