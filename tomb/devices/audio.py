"""Sound through PortAudio, by callback.

Four parts meet here. The `Playhead` runs in PortAudio's thread and fills blocks from buffers; a `ReadAhead` for each
buffer decodes ahead in worker threads; this object, in the event loop, strings the buffers together, looks at what the
playhead wrote down, and reports what is heard. The `Sink` keeps the stream.

Three clocks run here, and they are never mixed up. What was *decoded* is ahead of what was *taken* by up to `AHEAD_S`,
and that is ahead of what is *heard* by the device's latency. Commands act on what is heard: a pause goes back to it, an
enqueued cue counts as begun when it is heard, and a report is due then and not when the callback got there.

The callback wakes nobody (see playhead.py), so the event loop looks in, as often as something can have changed: every
quarter of a second while a track plays, every few milliseconds while an order waits for the next block, and exactly
when what was taken will be heard. While the stream is closed only commands and decoders wake it.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import trio

from tomb.devices import chimes
from tomb.devices.buffer import CueBuffer, ReadAhead
from tomb.devices.output import Cue, CueFailed, CueFinished, CueStarted, Heard, Loudspeaker, Reporter, Stuttered
from tomb.devices.playhead import Anchor, Bell, Level, Order, Playhead, Timeline
from tomb.devices.portaudio import Sink
from tomb.devices.warm import Warm
from tomb.errors import Broken, DeviceError
from tomb.models import Chime
from tomb.ports import Ports

AHEAD_S = 5.0  # at 44100 Hz a buffer of it takes 970 kB; two or three are there at once
HISTORY_S = 0.5
MARGIN_S = 0.15
FADE_S = 0.02
LOOK_S = 0.25  # how often a playing stream is looked at when nothing is due
GAPS_S = 10.0  # a box that is too slow says so no more often
SOON_S = 0.005  # the same while an order waits for the next block


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
        latency: float = 0.1,
        idle_close_s: float = 10.0,
    ) -> None:
        self._ports = ports
        self._report = report
        self._rate = rate
        self._playhead = Playhead(int(FADE_S * rate))
        self._sink = Sink(ports, self._playhead, (device, rate, block, latency), idle_close_s)
        self._timeline = Timeline(self._playhead, rate)
        # A stream that begins asks for its whole latency at once; what follows must then be decoded in this time.
        self._head = round(min(latency + MARGIN_S, AHEAD_S) * rate)
        self._warm = Warm(ports)
        self._order = Order()
        self._last = Heard(None, 0)
        self._read_ahead: dict[CueBuffer, ReadAhead] = {}
        self._started: CueBuffer | None = None
        self._failed: CueBuffer | None = None
        self._told_underruns, self._gaps_told_at = 0, -math.inf
        self._woken = trio.Event()
        self._moved = False  # to another loudspeaker: the stream that is open is that of the old one

    @property
    def name(self) -> str:
        return self._sink.name

    @property
    def underruns(self) -> int:
        """How often so far something should have sounded and did not."""
        return self._playhead.underruns

    def play(self, cue: Cue) -> None:
        self._obey(Order(self._buffer(cue), moving=True))

    def enqueue(self, cue: Cue | None) -> None:
        entered = self._timeline.entered
        if entered is not None:
            entered.follower = None if cue is None else self._buffer(cue)
            self._wake()

    def pause(self) -> None:
        here = self._timeline.heard()
        if here is not None and self._order.moving:
            self._obey(Order(here.buffer, here.position))

    def resume(self) -> None:
        here = self._timeline.heard()
        if here is not None and not self._order.moving:
            self._obey(Order(here.buffer, here.position, moving=True))

    def stop(self) -> None:
        self._obey(Order())

    def set_gain(self, level: float, seconds: float = FADE_S) -> None:
        self._playhead.level = Level(level, round(seconds * self._rate))

    def set_cue_gain(self, generation: int, gain: float) -> None:
        for buffer in self._timeline.chain():
            if buffer.cue.generation == generation:
                buffer.gain = gain

    def chime(self, chime: Chime) -> None:
        self._playhead.bell = Bell(chimes.made(chime, self._rate))
        self._wake()

    def expect(self, cues: Sequence[Cue]) -> None:
        self._warm.want(cues)

    async def loudspeakers(self) -> list[Loudspeaker]:
        return await self._sink.loudspeakers()

    def select(self, name: str | None) -> None:
        if self._sink.select(name):
            self._moved = True
            self._wake()

    async def test(self, name: str | None, level: float) -> None:
        await self._sink.test(name, level)

    def heard(self) -> Heard:
        here = self._timeline.heard()
        if here is None:
            return self._last
        return Heard(here.buffer.cue.generation, here.buffer.cue.start_ms + here.position * 1000 // self._rate)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        try:
            await self._sink.find(self._report)
            self._rate = self._timeline.rate = self._sink.rate  # nothing is decoded yet
            await self._ports.in_thread(chimes.prepare, self._rate)
            task_status.started()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._warm.run, self._rate)
                broken = await self._serve(nursery)
                nursery.cancel_scope.cancel()
        finally:
            # The nursery has waited for the readers: their threads, which may hang on a dead disk, it has left behind.
            # A last look at what is heard must come before the order that forgets it; the deck asks for it when it has
            # heard that the device is lost, to go on there.
            last = self.heard()
            self._obey(Order())
            self._last = last
            self._read_ahead.clear()
            await self._sink.close()
        raise broken

    async def _serve(self, nursery: trio.Nursery) -> Broken:
        """Returns what went wrong, since what a nursery's body raises would come out in a group."""
        try:
            while True:
                self._read_what_is_cued(nursery)
                self._report_heard()
                self._report_gaps()
                if self._moved:
                    await self._move()
                if self._order.moving and self._sink.queues_silence:
                    await self._begin_anew()
                ringing = self._playhead.ringing
                await self._sink.tend(needed=self._order.moving or ringing, ready=self._ready or ringing)
                with trio.move_on_after(self._look_in()):
                    await self._woken.wait()
                    self._woken = trio.Event()
        except DeviceError as error:
            return error if isinstance(error, Broken) else Broken(str(error))

    def _buffer(self, cue: Cue) -> CueBuffer:
        return CueBuffer(cue, int((AHEAD_S + HISTORY_S) * self._rate), int(HISTORY_S * self._rate))

    def _obey(self, order: Order) -> None:
        self._order = order
        self._last = Heard(None, 0)
        self._timeline.restart(order)
        self._wake()

    def _wake(self) -> None:
        self._woken.set()

    # What is decoded

    def _read_what_is_cued(self, nursery: trio.Nursery) -> None:
        cued = list(self._timeline.chain())
        for buffer in self._read_ahead.keys() - set(cued):
            self._read_ahead.pop(buffer).scope.cancel()
        for buffer in cued:
            if buffer not in self._read_ahead:
                awaited, begun = partial(self._awaits, buffer), self._warm.take(buffer.cue)
                reading = ReadAhead(self._ports, buffer, self._rate, self._head, self._wake, awaited, begun)
                self._read_ahead[buffer] = reading
                nursery.start_soon(self._read_ahead[buffer].run)

    def _awaits(self, buffer: CueBuffer) -> bool:
        return self._order.moving and self._timeline.entered is buffer

    # What is reported

    def _report_gaps(self) -> None:
        underruns, now = self._playhead.underruns, trio.current_time()
        if underruns > self._told_underruns and now >= self._gaps_told_at + GAPS_S:
            self._report(Stuttered(underruns - self._told_underruns))
            self._told_underruns, self._gaps_told_at = underruns, now

    def _report_heard(self) -> None:
        self._drop_unplayable_followers()
        while (here := self._timeline.oldest) is not None:
            self._report_start(here)
            following = self._timeline.pass_over()
            if following is None:
                self._report_end(here)
                return
            if following.buffer is not here.buffer:
                self._report_failure(here.buffer)

    def _drop_unplayable_followers(self) -> None:
        """Told at once, while what precedes them is still heard, so that something else can follow in time."""
        before = self._timeline.entered
        while before is not None and (buffer := before.follower) is not None:
            if buffer.unplayable:
                before.follower = buffer.follower
                self._report_failure(buffer)
            else:
                before = buffer

    def _report_start(self, here: Anchor) -> None:
        buffer = here.buffer
        begins_at_its_end = self._order.moving and buffer.end == 0 and buffer.error is None
        if buffer is not self._started and (here.moving or begins_at_its_end):
            self._started = buffer
            self._report(CueStarted(buffer.cue.generation))

    def _report_failure(self, buffer: CueBuffer) -> None:
        if buffer.error is not None and buffer is not self._failed:
            self._failed = buffer
            self._report(CueFailed(buffer.cue.generation, buffer.error))

    def _report_end(self, here: Anchor) -> None:
        """The buffer that is heard came to its end, or to nothing; unless a report made somebody cue something else."""
        buffer = here.buffer
        if here is not self._timeline.oldest or here.moving or here.position != buffer.end:
            return
        at_rest = not self._sink.is_open or not self._order.moving
        if buffer.unplayable and (at_rest or buffer.follower is None):
            self._obey(Order(buffer.follower, moving=self._order.moving))
            self._report_failure(buffer)
        elif self._order.moving and buffer.follower is None:
            self._obey(Order())
            if buffer.error is None:
                self._report(CueFinished(buffer.cue.generation))
            else:
                self._report_failure(buffer)

    # The stream

    def _look_in(self) -> float:
        """Seconds until something may have changed that nobody wakes us for."""
        if not self._sink.is_open:
            return math.inf
        entered = self._timeline.entered
        if not self._order.moving or entered is None:
            return LOOK_S if self._playhead.settled else SOON_S
        begun = entered.taken > 0
        left = LOOK_S if entered.end is None else (entered.end - entered.taken) / self._rate
        soon = min(left, self._timeline.until_next()) if begun else 0.0
        return min(LOOK_S, max(SOON_S, soon))

    async def _move(self) -> None:
        """To the loudspeaker that was selected. What the old stream has taken and nobody heard is played again there.

        Commands may come while it closes; its callback may even take some of what they cue, so that begins anew too.
        """
        self._moved = False
        here, order = self._timeline.heard(), self._order
        await self._sink.close()
        if self._order is not order:
            self._obey(replace(self._order))
        elif here is not None:
            self._obey(Order(here.buffer, here.position, moving=order.moving))

    async def _begin_anew(self) -> None:
        """To close a stream and to open another takes a tenth of the time that silence queued in it would take."""
        await self._sink.close()
        self._obey(replace(self._order))  # back to its start: what the callback took of it was not heard

    @property
    def _ready(self) -> bool:
        """There is something for the first block: a stream that begins with silence is late by its whole latency."""
        buffer = next((buffer for buffer in self._timeline.chain() if not buffer.unplayable), None)
        return buffer is not None and (buffer.written > 0 or buffer.end is not None)
