"""Sound through PortAudio, by callback.

Three parts meet here. The `Playhead` runs in PortAudio's thread and fills blocks from tapes; a `Feed` for each tape
decodes ahead in worker threads; this object, in the event loop, strings the tapes together, looks at what the playhead
wrote down, and reports what is heard. The stream is open only while something is to be heard and a little longer.
"""

import math
from collections.abc import Callable

import trio

from tomb.devices.feed import Feed
from tomb.devices.output import Cue, Failed, Finished, Heard, Reporter, Started
from tomb.devices.playhead import Anchor, Level, Order, Playhead
from tomb.devices.portaudio import Stream, library_limiter, look_again
from tomb.devices.ring import Tape
from tomb.devices.timeline import Timeline
from tomb.errors import Broken, DeviceError, Missing
from tomb.ports import Ports

AHEAD_S = 1.0
HISTORY_S = 0.5
FADE_S = 0.02
LOOK_S = 0.25  # how often a playing stream is looked at when nothing is due
SOON_S = 0.005  # the same while an order waits for the next block
SILENCE_S = 1.5  # callbacks that stay away for so long do not come back
OPEN_S = 5.0
CLOSE_S = 1.0


class PortAudioOutput:
    """One PortAudio device; `device` is its number, a part of its name, or None for the default one.

    `rate` in Hz, `block` in frames; `latency` in seconds is what the device is asked for. The stream is closed after
    `idle_close_s` seconds without sound. When `run` ends, what was cued is forgotten, and `heard` keeps its last answer
    until the next command.
    """

    def __init__(
        self,
        ports: Ports,
        report: Reporter,
        device: str | int | None = None,
        *,
        rate: int = 44100,
        block: int = 1024,
        latency: float = 0.05,
        idle_close_s: float = 10.0,
    ) -> None:
        self._ports = ports
        self._report = report
        self._rate = rate
        self._stream_settings = (device, rate, block, latency)
        self._idle_close_s = idle_close_s
        self._playhead = Playhead(int(FADE_S * rate))
        self._timeline = Timeline(self._playhead, rate)
        self._order = Order()
        self._last = Heard(None, 0)
        self._feeds: dict[Tape, Feed] = {}
        self._started: Tape | None = None
        self._failed: Tape | None = None
        self._stream: Stream | None = None
        self._name = "sound output"
        self._pulse = (0, 0.0)
        self._sound_at = 0.0
        self._stirred = trio.Event()

    @property
    def name(self) -> str:
        return self._name

    @property
    def underruns(self) -> int:
        """Blocks so far in which something should have sounded and nothing was decoded yet."""
        return self._playhead.underruns

    def play(self, cue: Cue, *, paused: bool = False) -> None:
        self._obey(Order(self._tape(cue), moving=not paused))

    def follow(self, cue: Cue | None) -> None:
        entered = self._timeline.entered
        if entered is not None:
            entered.follower = None if cue is None else self._tape(cue)
            self._stir()

    def pause(self) -> None:
        here = self._timeline.heard()
        if here is not None and self._order.moving:
            self._obey(Order(here.tape, here.position))

    def resume(self) -> None:
        here = self._timeline.heard()
        if here is not None and not self._order.moving:
            self._obey(Order(here.tape, here.position, moving=True))

    def halt(self) -> None:
        self._obey(Order())

    def gain(self, level: float, seconds: float = FADE_S) -> None:
        self._playhead.level = Level(level, round(seconds * self._rate))

    def heard(self) -> Heard:
        here = self._timeline.heard()
        if here is None:
            return self._last
        return Heard(here.tape.cue.generation, here.tape.cue.start_ms + here.position * 1000 // self._rate)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        try:
            await self._in_library(look_again)
            await self._first_block(await self._open_stream())
            task_status.started()
            async with trio.open_nursery() as nursery:
                broken = await self._serve(nursery)
                nursery.cancel_scope.cancel()
        finally:
            await self._close_stream()
            last = self.heard()
            self._obey(Order())
            self._feeds.clear()
            self._last = last
        raise broken

    async def _serve(self, nursery: trio.Nursery) -> Broken:
        """Returns what went wrong, since what a nursery's body raises would come out in a group."""
        try:
            while True:
                self._tend_feeds(nursery)
                self._tell()
                await self._tend_stream()
                with trio.move_on_after(self._look_in()):
                    await self._stirred.wait()
                    self._stirred = trio.Event()
        except DeviceError as error:
            return error if isinstance(error, Broken) else Broken(str(error))

    async def _first_block(self, stream: Stream) -> None:
        before = self._playhead.frames
        while self._playhead.frames == before:
            self._check_pulse(stream)
            await trio.sleep(SOON_S)

    def _tape(self, cue: Cue) -> Tape:
        return Tape(cue, int((AHEAD_S + HISTORY_S) * self._rate), int(HISTORY_S * self._rate))

    def _obey(self, order: Order) -> None:
        self._order = order
        self._last = Heard(None, 0)
        self._timeline.restart(order)
        self._stir()

    def _stir(self) -> None:
        self._stirred.set()

    # What is decoded

    def _tend_feeds(self, nursery: trio.Nursery) -> None:
        cued = list(self._timeline.chain())
        for tape in self._feeds.keys() - set(cued):
            self._feeds.pop(tape).scope.cancel()
        for tape in cued:
            if tape not in self._feeds:
                self._feeds[tape] = Feed(self._ports, tape, self._rate, self._stir)
                nursery.start_soon(self._feeds[tape].run)

    # What is reported

    def _tell(self) -> None:
        self._drop_unplayable_followers()
        while (here := self._timeline.oldest) is not None:
            self._tell_start(here)
            following = self._timeline.pass_over()
            if following is None:
                self._tell_end(here)
                return
            if following.tape is not here.tape:
                self._tell_failure(here.tape)

    def _drop_unplayable_followers(self) -> None:
        """Told at once, while what precedes them is still heard, so that something else can follow in time."""
        before = self._timeline.entered
        while before is not None and (tape := before.follower) is not None:
            if tape.unplayable:
                before.follower = tape.follower
                self._tell_failure(tape)
            else:
                before = tape

    def _tell_start(self, here: Anchor) -> None:
        tape = here.tape
        begins_at_its_end = self._order.moving and tape.end == 0 and tape.error is None
        if tape is not self._started and (here.moving or begins_at_its_end):
            self._started = tape
            self._report(Started(tape.cue.generation))

    def _tell_failure(self, tape: Tape) -> None:
        if tape.error is not None and tape is not self._failed:
            self._failed = tape
            self._report(Failed(tape.cue.generation, tape.error))

    def _tell_end(self, here: Anchor) -> None:
        """The tape that is heard came to its end, or to nothing; unless a report made somebody cue something else."""
        tape = here.tape
        if here is not self._timeline.oldest or here.moving or here.position != tape.end:
            return
        at_rest = self._stream is None or not self._order.moving
        if tape.unplayable and (at_rest or tape.follower is None):
            self._obey(Order(tape.follower, moving=self._order.moving))
            self._tell_failure(tape)
        elif self._order.moving and tape.follower is None:
            self._obey(Order())
            if tape.error is None:
                self._report(Finished(tape.cue.generation))
            else:
                self._tell_failure(tape)

    # The stream

    def _look_in(self) -> float:
        """Seconds until something may have changed that nobody wakes us for."""
        if self._stream is None:
            return math.inf
        entered = self._timeline.entered
        if not self._order.moving or entered is None:
            return LOOK_S if self._playhead.settled else SOON_S
        begun = entered.taken > 0
        left = LOOK_S if entered.end is None else (entered.end - entered.taken) / self._rate
        soon = min(left, self._timeline.until_next()) if begun else 0.0
        return min(LOOK_S, max(SOON_S, soon))

    async def _tend_stream(self) -> None:
        now = trio.current_time()
        if self._order.moving:
            self._sound_at = now
        if self._stream is None:
            if self._order.moving and self._ready:
                await self._open_stream()
        else:
            self._check_pulse(self._stream)
            if self._playhead.settled and now - self._sound_at >= self._idle_close_s:
                await self._close_stream()

    @property
    def _ready(self) -> bool:
        """There is something for the first block: a stream that begins with silence is late by its whole latency."""
        tape = next((tape for tape in self._timeline.chain() if not tape.unplayable), None)
        return tape is not None and (tape.written > 0 or tape.end is not None)

    def _check_pulse(self, stream: Stream) -> None:
        now, (frames, since) = trio.current_time(), self._pulse
        if frames != self._playhead.frames:
            self._pulse = (self._playhead.frames, now)
        elif stream.ended or now - since > SILENCE_S:
            raise Broken("the sound output stopped taking sound")

    async def _open_stream(self) -> Stream:
        self._playhead.reset()
        stream = Stream(self._playhead.fill, *self._stream_settings)
        try:
            await self._in_library(stream.open)
        except BaseException:
            stream.give_up()
            raise
        self._stream, self._name = stream, stream.name
        self._pulse = (self._playhead.frames, trio.current_time())
        return stream

    async def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.give_up()
            with trio.move_on_after(CLOSE_S, shield=True):
                await self._ports.in_thread(stream.close, limiter=library_limiter(), abandon=True)

    async def _in_library(self, call: Callable[[], None]) -> None:
        with trio.move_on_after(OPEN_S):
            await self._ports.in_thread(call, limiter=library_limiter(), abandon=True)
            return
        raise Missing("the sound system does not answer")
