"""What the deck needs of a place where sound comes out, real or silent.

Commands are synchronous and take effect at the next block; whatever must wait (opening files and streams, decoding
ahead) happens in the output's own `run` task. Each cue carries the generation of the player machine, and reports name
it, so that a late report about something older is recognised and dropped. When `run` ends, what was cued is forgotten,
and `heard` keeps its last answer until the next command; what is cued between two runs is played by the second.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import trio
from msgspec import Struct

from tomb.models import Chime


@dataclass(frozen=True, slots=True)
class Cue:
    """A file to be heard from `start_ms` on. `gain`: linear, by how loud the file is; the volume comes on top.
    `seek_marks`: if there are any for the file."""

    generation: int
    path: Path
    start_ms: int = 0
    gain: float = 1.0
    seek_marks: bytes | None = field(default=None, repr=False)


class CueStarted(Struct, frozen=True):
    """The cue's first sample is heard."""

    generation: int


class CueFinished(Struct, frozen=True):
    """The cue's last sample was heard and nothing follows it."""

    generation: int


class CueFailed(Struct, frozen=True):
    """The cue cannot be opened or decoded (any further). Only it is dropped: what was said to follow it, follows."""

    generation: int
    reason: str


class Stuttered(Struct, frozen=True):
    """So often since the last such report something should have sounded and did not: nothing was decoded yet, or the
    device ran dry before it got the next block."""

    blocks: int


class MadeDo(Struct, frozen=True):
    """The device serves, though not as it was asked to."""

    reason: str


Report = CueStarted | CueFinished | CueFailed | Stuttered | MadeDo
Reporter = Callable[[Report], None]


class Heard(Struct, frozen=True):
    """What is heard now: `generation` is None while nothing is cued. While paused: what resume will continue with."""

    generation: int | None
    position_ms: int


class Loudspeaker(Struct, frozen=True):
    """Somewhere that sound can come out. `default`: what is taken when nobody chooses."""

    name: str
    default: bool


class Output(Protocol):
    """One device. Reports go to the `Reporter` it was made with, from inside `run`, never from inside a command."""

    @property
    def name(self) -> str:
        """The device as a person would call it."""

    def play(self, cue: Cue) -> None:
        """Forget all that was cued and begin here, now."""

    def enqueue(self, cue: Cue | None) -> None:
        """Let `cue` follow the current one without a gap. Replaces what was said before, if that has not begun."""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def stop(self) -> None:
        """Forget all that was cued, be silent."""

    def set_gain(self, level: float, seconds: float = 0.02) -> None:
        """Go to the linear `level` (0 to 1; exactly 1 leaves every sample as it is) in a ramp of `seconds`."""

    def set_cue_gain(self, generation: int, gain: float) -> None:
        """Give the cue of this generation, if it is heard or will be, another gain of its own, in a short ramp."""

    def chime(self, chime: Chime) -> None:
        """Let a sound of the box be heard, over the music if there is any, at the volume that is set."""

    def expect(self, cues: Sequence[Cue]) -> None:
        """These may be played next, the likeliest first: have their beginnings ready. Instead of those said before."""

    def heard(self) -> Heard: ...

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled; `started` once the device is known to work.

        Raises: Missing, Busy (at the start), Broken (any time later).
        """


@runtime_checkable
class SelectableOutput(Output, Protocol):
    """An output that has several loudspeakers to choose from."""

    async def loudspeakers(self) -> list[Loudspeaker]:
        """Those that there are. Raises: Missing when the sound system does not answer."""

    def select(self, name: str | None) -> None:
        """Play there from now on, and go on with what is heard; a part of the name is enough, None: the default."""

    async def test(self, name: str | None, level: float) -> None:
        """Play a short tone there, at a linear `level` of 0 to 1, whatever else plays. Raises: Missing, Busy."""
