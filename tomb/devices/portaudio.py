"""PortAudio, as far as the box needs it: one output stream at a time. All of it blocks: call it in a thread.

PortAudio is one library for the whole process and not thread-safe, so one thread at a time may be in here
(`library_limiter`). Its errors end here, as Missing or Busy.
"""

import atexit
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

import trio

from tomb.devices.ring import Frames
from tomb.errors import Busy, Missing
from tomb.ports import monotonic_ns

if TYPE_CHECKING:
    import sounddevice

Fill = Callable[[Frames, int], None]  # the block to fill, and the time on the monotonic clock at which it is heard

SANE_DELAY_S = 5.0
DEVICE_UNAVAILABLE = -9985  # paDeviceUnavailable in portaudio.h

_limiter: trio.lowlevel.RunVar[trio.CapacityLimiter] = trio.lowlevel.RunVar("portaudio")


def library_limiter() -> trio.CapacityLimiter:
    """The one place in the library. A call that hangs in it keeps it, and who comes next must give up by a deadline."""
    try:
        return _limiter.get()
    except LookupError:
        _limiter.set(trio.CapacityLimiter(1))
        return _limiter.get()


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


class Stream:
    """An output stream of int16 stereo frames.

    `fill` is called from PortAudio's own thread for each block. A stream that took too long to open can be given up:
    whenever its thread gets through, the stream closes itself and never calls `fill`.
    """

    def __init__(self, fill: Fill, device: str | int | None, rate: int, block: int, latency: float) -> None:
        self._fill = fill
        self._device = device
        self._rate = rate
        self._block = block
        self._latency = latency
        self._stream: sounddevice.OutputStream | None = None
        self._given_up = False
        self.name = "sound output"
        self.ended = False

    def open(self) -> None:
        """Raises: Missing, Busy."""
        import sounddevice

        try:
            self.name = str(sounddevice.query_devices(self._device, "output")["name"])
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
            if not self._given_up:
                self._stream.start()
        except (sounddevice.PortAudioError, ValueError) as error:
            self.close()
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
        self._fill(out, monotonic_ns() + int(delay * 1e9))

    def _on_end(self) -> None:
        self.ended = True


class _Times(Protocol):
    """PaStreamCallbackTimeInfo: seconds of the stream's own clock."""

    currentTime: float  # noqa: N815 - PortAudio's names
    outputBufferDacTime: float  # noqa: N815


def _translated(error: Exception) -> Missing | Busy:
    if len(error.args) > 1 and error.args[1] == DEVICE_UNAVAILABLE:
        return Busy("the sound output is in use by another program")
    # "Error querying device -1" is how sounddevice says that there is no default one.
    return Missing("there is no sound output" + ("" if "device -1" in str(error) else ": " + _words(error)))


def _words(error: Exception) -> str:
    return str(error.args[0] if error.args else error)
