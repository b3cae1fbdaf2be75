"""The edge to PortAudio, where its errors become ours. No device is needed to go wrong."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import sounddevice

from tests.rigs.sounds import Int16
from tomb.devices.portaudio import RateRefused, Stream, look_again
from tomb.errors import Busy, Missing


class Fake:
    """Stands in for `sounddevice.OutputStream`, which opens a device as soon as it is made."""

    made: "list[Fake]"
    latency = 0.1  # seconds
    refusal: Exception | None = None

    def __init__(self, *, callback: Callable[[Int16, int, object, object], None], **_: object) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.callback = callback
        self.calls: list[str] = []
        self.made.append(self)

    def start(self) -> None:
        self.calls.append("start")

    def abort(self) -> None:
        self.calls.append("abort")

    def close(self) -> None:
        self.calls.append("close")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[Fake]:
    class Fresh(Fake):
        made: "list[Fake]" = []  # noqa: RUF012 - one list for each test

    monkeypatch.setattr(sounddevice, "OutputStream", Fresh)
    monkeypatch.setattr(sounddevice, "query_devices", lambda *_: {"name": "a sound card"})
    return Fresh


def stream(heard: list[int] | None = None) -> Stream:
    return Stream(lambda _, at_ns: None if heard is None else heard.append(at_ns), None, 44100, 1024, 0.1)


def test_an_open_stream_is_named_for_its_device(fake: type[Fake]) -> None:
    opened = stream()
    opened.open()
    assert opened.name == "a sound card"
    assert fake.made[0].calls == ["start"]
    opened.close()
    assert fake.made[0].calls == ["start", "abort", "close"]


def test_a_device_that_another_program_holds_is_busy(fake: type[Fake]) -> None:
    fake.refusal = sounddevice.PortAudioError("Error opening OutputStream: Device unavailable", -9985)
    with pytest.raises(Busy, match="in use by another program"):
        stream().open()


def test_any_other_refusal_is_a_missing_device(fake: type[Fake]) -> None:
    fake.refusal = sounddevice.PortAudioError("Invalid sample rate", -9997)
    with pytest.raises(Missing, match="Invalid sample rate"):
        stream().open()


def test_a_refused_rate_is_told_with_the_one_that_the_device_has(
    fake: type[Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.refusal = sounddevice.PortAudioError("Invalid sample rate", -9997)
    monkeypatch.setattr(sounddevice, "query_devices", lambda *_: {"name": "HDMI", "default_samplerate": 48000.0})
    with pytest.raises(RateRefused, match="does not play 44100 Hz") as refused:
        stream().open()
    assert refused.value.rate == 48000


def test_a_stream_given_up_while_it_opened_closes_itself(fake: type[Fake]) -> None:
    late = stream()
    late.give_up()
    late.open()
    assert fake.made[0].calls == ["abort", "close"]


def test_a_stream_given_up_plays_silence_and_asks_nobody(fake: type[Fake]) -> None:
    heard: list[int] = []
    opened = stream(heard)
    opened.open()
    opened.give_up()
    block = np.ones((8, 2), np.int16)
    fake.made[0].callback(block, 8, SimpleNamespace(currentTime=1.0, outputBufferDacTime=1.1), None)
    assert not block.any()
    assert not heard


@pytest.mark.parametrize(
    ("current", "dac", "delay_s"), [(5.0, 5.07, 0.07), (5.0, 5.0, 0.0), (0.0, 0.0, 0.1), (5.0, 99.0, 0.1)]
)
def test_a_block_is_heard_a_delay_later_the_device_s_or_else_the_one_asked_for(
    fake: type[Fake], monkeypatch: pytest.MonkeyPatch, current: float, dac: float, delay_s: float
) -> None:
    monkeypatch.setattr("tomb.devices.portaudio.monotonic_ns", lambda: 1_000_000_000)
    heard: list[int] = []
    opened = stream(heard)
    opened.open()
    times = SimpleNamespace(currentTime=current, outputBufferDacTime=dac)
    fake.made[0].callback(np.ones((8, 2), np.int16), 8, times, None)
    assert heard[0] / 1e9 == pytest.approx(1 + delay_s, abs=1e-6)


def test_a_device_that_is_not_served_in_time_has_run_dry(fake: type[Fake], monkeypatch: pytest.MonkeyPatch) -> None:
    now, dry = [0.0], list[float]()
    monkeypatch.setattr("tomb.devices.portaudio.monotonic_ns", lambda: int(now[0] * 1e9))
    opened = Stream(lambda *_: None, None, 44100, 1024, 0.1, lambda: dry.append(now[0]))
    opened.open()
    for now[0] in (1.0, 1.02, 1.04, 1.16, 1.18, 1.32, 1.34):
        opened._on_block(np.ones((8, 2), np.int16), 8, SimpleNamespace(currentTime=1.0, outputBufferDacTime=1.1), None)
    assert dry == [1.32]  # 140 ms after the last one


def test_without_the_library_the_message_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sounddevice")
    with pytest.raises(Missing, match="libportaudio2"):
        look_again()
