"""PortAudio, as far as the box needs it: one output stream at a time, and who opens, watches and closes it.

(A test tone has a second one beside it, for as long as it is heard.)

`Stream` and `look_again` block: they are called in a thread. PortAudio is one library for the whole process and not
thread-safe, so one thread at a time may be in it (its limiter in tomb.ports). Its errors end here, as Missing or Busy.

A device that is pulled out says nothing: its callbacks stop coming, and any call about it may hang, closing included.
Hence every call has a deadline and a thread that may be left behind. A thread that is left behind keeps the one place
in the library, for two calls at once would crash it; whoever comes next gives up by his own deadline and says that the
sound system does not answer. A stream that opens after it was given up closes itself, in its own thread, and never asks
for a block: by then another may have opened, and both would play.
"""

import atexit
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import numpy as np
import trio

from tomb.devices.decoder import Frames
from tomb.devices.output import Loudspeaker, MadeDo
from tomb.devices.playhead import Playhead
from tomb.errors import Broken, Busy, Missing
from tomb.ports import Ports, monotonic_ns

if TYPE_CHECKING:
    import sounddevice

Fill = Callable[[Frames, int], None]  # the block to fill, and the time on the monotonic clock at which it is heard

SOON_S = 0.005  # how often to look for the first block
SILENCE_S = 1.5  # callbacks that stay away for so long do not come back
OPEN_S = 5.0
CLOSE_S = 0.5
QUIET_S = 0.3  # longer than any latency that is asked for
SANE_DELAY_S = 5.0
TONE_HZ, TONE_S, TONE_EDGE_S = 660.0, 0.6, 0.05
TONE_PEAK = 0.3  # of full scale: a sine is louder than music of the same peak
DEVICE_UNAVAILABLE, INVALID_SAMPLE_RATE = -9985, -9997  # paDeviceUnavailable, paInvalidSampleRate in portaudio.h


class RateRefused(Missing):
    """The device does not play at the rate that it was asked for. `rate`: one in Hz at which it does."""

    def __init__(self, asked: int, rate: int) -> None:
        super().__init__(f"the sound output does not play {asked} Hz")
        self.rate = rate


def look_again() -> None:
    """Make PortAudio list its devices anew, which it does only when it is initialised. No stream may be open.

    Raises: Missing, when PortAudio is not installed.
    """
    try:
        import sounddevice
    except OSError as error:
        raise Missing("PortAudio is not installed (Debian's package libportaudio2)") from error
    # At exit it would close a stream that hangs, and hang with it. Whoever opens one here closes it, by a deadline.
    atexit.unregister(sounddevice._exit_handler)
    try:
        while sounddevice._initialized:
            sounddevice._terminate()
        sounddevice._initialize()
    except sounddevice.PortAudioError as error:
        raise Missing("the sound system does not start: " + _words(error)) from error


def list_loudspeakers() -> list[Loudspeaker]:
    """As PortAudio listed them when it was last initialised. Raises: Missing."""
    import sounddevice

    try:
        default = sounddevice.default.device[1]
        devices = sounddevice.query_devices()
    except sounddevice.PortAudioError as error:
        raise Missing("the sound system does not answer: " + _words(error)) from error
    return [
        Loudspeaker(str(each["name"]), each["index"] == default) for each in devices if each["max_output_channels"] >= 2
    ]


class Stream:
    """An output stream of int16 stereo frames.

    `fill` is called from PortAudio's own thread for each block; before that `ran_dry`, where the call came so late that
    all that the device had must have been heard by then. A stream that took too long to open can be given up: whenever
    its thread gets through, the stream closes itself and never calls `fill`.
    """

    def __init__(
        self,
        fill: Fill,
        device: str | int | None,
        rate: int,
        block: int,
        latency: float,
        ran_dry: Callable[[], None] = lambda: None,
    ) -> None:
        self._fill = fill
        self._device = device
        self._rate = rate
        self._block = block
        self._latency = latency
        self._stream: sounddevice.OutputStream | None = None
        self._given_up = False
        self._ran_dry = ran_dry
        self._asked_ns = 0  # when it was asked for a block last
        self._lasts_ns = sys.maxsize  # what the device has at most, and a block
        self.name = "sound output"
        self.ended = False

    def open(self) -> None:
        """Raises: Missing, Busy, RateRefused."""
        import sounddevice

        own_rate = 0
        try:
            found = sounddevice.query_devices(self._device, "output")
            self.name, own_rate = str(found["name"]), int(found.get("default_samplerate", 0))
            self._stream = sounddevice.OutputStream(
                samplerate=self._rate,
                blocksize=self._block,
                device=self._device,
                channels=2,
                dtype="int16",
                latency=self._latency,
                callback=self._on_block,
                finished_callback=self._on_end,
            )
            self._lasts_ns = int((self._stream.latency + self._block / self._rate) * 1e9)
            if not self._given_up:
                self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            self.close()
            if _code(error) == INVALID_SAMPLE_RATE and own_rate not in (0, self._rate):
                raise RateRefused(self._rate, own_rate) from error
            raise _translated(error) from error
        if self._given_up:
            self.close()

    def close(self) -> None:
        """Drop what is not heard yet. May hang when the device is gone."""
        if self._stream is not None:
            self._stream.abort()
            self._stream.close()

    def give_up(self) -> None:
        self._given_up = True

    def _on_block(self, out: Frames, _count: int, times: "_Times", _status: object) -> None:
        if self._given_up:
            out.fill(0)
            return
        delay = times.outputBufferDacTime - times.currentTime
        if not times.outputBufferDacTime or not 0 <= delay <= SANE_DELAY_S:  # some host interfaces do not fill it in
            delay = self._latency
        now_ns = monotonic_ns()
        if self._asked_ns and now_ns - self._asked_ns > self._lasts_ns:
            self._ran_dry()
        self._asked_ns = now_ns
        self._fill(out, now_ns + int(delay * 1e9))

    def _on_end(self) -> None:
        self.ended = True


class _Tone:
    """A sine that begins and ends softly, then silence."""

    def __init__(self, rate: int, level: float) -> None:
        moments = np.arange(int(TONE_S * rate)) / rate
        edges = np.minimum(1.0, np.minimum(moments, TONE_S - moments) / TONE_EDGE_S)
        mono = np.sin(2 * np.pi * TONE_HZ * moments) * edges * level * TONE_PEAK * 32767
        self._samples = np.repeat(np.rint(mono).astype(np.int16)[:, None], 2, axis=1)
        self._played = 0
        self.heard_at: int | None = None  # of the last sample, on the monotonic clock in ns
        self._rate = rate

    def fill(self, out: Frames, heard_at: int) -> None:
        """Called from PortAudio's thread."""
        out.fill(0)
        piece = self._samples[self._played : self._played + len(out)]
        out[: len(piece)] = piece
        self._played += len(piece)
        if self._played == len(self._samples) and self.heard_at is None:
            self.heard_at = heard_at + len(piece) * 1_000_000_000 // self._rate


class _Times(Protocol):
    """PaStreamCallbackTimeInfo: seconds of the stream's own clock."""

    currentTime: float  # noqa: N815 - PortAudio's names
    outputBufferDacTime: float  # noqa: N815


def _translated(error: Exception) -> Missing | Busy:
    if _code(error) == DEVICE_UNAVAILABLE:
        return Busy("the sound output is in use by another program")
    # "Error querying device -1" is how sounddevice says that there is no default one.
    return Missing("there is no sound output" + ("" if "device -1" in str(error) else ": " + _words(error)))


def _code(error: Exception) -> object:
    return error.args[1] if len(error.args) > 1 else None


def _words(error: Exception) -> str:
    return str(error.args[0] if error.args else error)


class Sink:
    """Holds the stream that the playhead fills, or none. `settings`: device, rate (Hz), block (frames), latency (s)."""

    def __init__(
        self, ports: Ports, playhead: Playhead, settings: tuple[str | int | None, int, int, float], idle_close_s: float
    ) -> None:
        self.name = "sound output"
        self._ports = ports
        self._playhead = playhead
        self._settings = settings
        self._idle_close_s = idle_close_s
        self._stream: Stream | None = None
        self._pulse = (0, 0.0)
        self._refused: RateRefused | None = None
        self._needed = False
        self._needed_at = 0.0

    @property
    def rate(self) -> int:
        """Hz."""
        return self._settings[1]

    @property
    def is_open(self) -> bool:
        return self._stream is not None

    @property
    def queues_silence(self) -> bool:
        """It is open, and all that waits in it is silence: what came next would be late by its whole latency."""
        return self.is_open and not self._needed and trio.current_time() - self._needed_at > QUIET_S

    async def find(self, told: Callable[[MadeDo], None]) -> None:
        """Look for the device anew, and see that it takes sound: at the `rate` that was asked for or, if it refuses
        that, at its own, which is `told`. Raises: Missing, Busy, Broken."""
        await self._in_library(look_again)
        before = self._playhead.frames
        try:
            await self._open()
        except RateRefused as refused:
            self._refused = refused
            device, _, *rest = self._settings
            self._settings = (device, refused.rate, *rest)  # type: ignore[assignment]  # of the same length as before
            await self._open()
        while self._playhead.frames == before:
            self.check()
            await trio.sleep(SOON_S)
        if self._refused is not None:
            told(MadeDo(f"{self._refused}; it plays {self._refused.rate} Hz"))

    async def tend(self, *, needed: bool, ready: bool) -> None:
        """Open the stream if it is `needed` and there is something `ready` for it; close it if it was not for long.

        Raises: Missing, Busy, Broken.
        """
        now, self._needed = trio.current_time(), needed
        if needed:
            self._needed_at = now
        if self.is_open:
            self.check()
            if not needed and self._playhead.settled and now - self._needed_at >= self._idle_close_s:
                await self.close()
        elif needed and ready:
            await self._open()

    def check(self) -> None:
        """Raises: Broken, when the callbacks of an open stream stay away."""
        now, (frames, since) = trio.current_time(), self._pulse
        if frames != self._playhead.frames:
            self._pulse = (self._playhead.frames, now)
        elif self._stream is not None and (self._stream.ended or now - since > SILENCE_S):
            raise Broken("the sound output stopped taking sound")

    async def close(self) -> None:
        """What is not heard yet is dropped. A stream that hangs is left to its thread."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.give_up()
            # Shielded, for this is how a cancelled output ends: unclosed, the stream would hold the device for as long
            # as the process lives, and the next one would find it busy. Not for long, since a dead one never closes.
            with trio.move_on_after(CLOSE_S, shield=True):
                await self._ports.in_thread(stream.close, limiter=self._ports.limiters.portaudio, abandon=True)

    def select(self, device: str | int | None) -> bool:
        """Open this one from now on. True where another is open, which is to be closed."""
        before, *rest = self._settings
        self._settings = (device, *rest)  # type: ignore[assignment]  # of the same length as before
        return self.is_open and device != before

    async def loudspeakers(self) -> list[Loudspeaker]:
        """Raises: Missing. Those plugged in while a stream was open are seen when it is closed."""
        if not self.is_open:
            await self._in_library(look_again)
        found: list[Loudspeaker] = []
        await self._in_library(lambda: found.extend(list_loudspeakers()))
        return found

    async def test(self, device: str | int | None, level: float) -> None:
        """A tone on a stream of its own. Raises: Missing, Busy, Broken."""
        _, rate, block, latency = self._settings
        tone = _Tone(rate, level)
        stream = Stream(tone.fill, device, rate, block, latency)
        try:
            await self._in_library(stream.open)
            with trio.fail_after(OPEN_S):
                while tone.heard_at is None or tone.heard_at > monotonic_ns():  # noqa: ASYNC110 - its callback wakes nobody
                    await trio.sleep(SOON_S)
        except trio.TooSlowError:
            raise Broken("the sound output takes no sound") from None
        finally:
            stream.give_up()
            with trio.move_on_after(CLOSE_S, shield=True):  # as in `close`
                await self._ports.in_thread(stream.close, limiter=self._ports.limiters.portaudio, abandon=True)

    async def _open(self) -> None:
        self._playhead.reset()
        stream = Stream(self._playhead.fill, *self._settings, self._playhead.missed)
        try:
            await self._in_library(stream.open)
        except BaseException:  # a cancellation too: the thread that opens it is left behind, and must not succeed
            stream.give_up()
            raise
        self._stream, self.name = stream, stream.name
        self._needed_at = trio.current_time()
        self._pulse = (self._playhead.frames, self._needed_at)

    async def _in_library(self, call: Callable[[], None]) -> None:
        with trio.move_on_after(OPEN_S):
            await self._ports.in_thread(call, limiter=self._ports.limiters.portaudio, abandon=True)
            return
        raise Missing("the sound system does not answer")
