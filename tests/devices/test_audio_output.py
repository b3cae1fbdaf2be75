"""What only the PortAudio output does, on a device of virtual time: streams that come, go and hang, files that do."""

import math
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import numpy as np
import pytest
import trio
from trio.testing import MockClock

import tomb.devices.portaudio
from tests.rigs.sounds import as_heard, noise, write
from tests.rigs.virtual_sink import VirtualSink
from tomb.devices import chimes, computer
from tomb.devices.audio import PortAudioOutput
from tomb.devices.decoder import Decoder
from tomb.devices.output import Cue, CueFailed, CueFinished, CueStarted, MadeDo, Report, Stuttered
from tomb.devices.portaudio import CLOSE_S, OPEN_S, SILENCE_S, RateRefused
from tomb.devices.warm import MOST_BYTES
from tomb.errors import Broken, Busy, Missing
from tomb.ports import Ports, VirtualPorts

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class SlowPorts(VirtualPorts):
    """Every thread hop takes `slow[n]` seconds for the n-th call of the method of that name, else none."""

    def __init__(self, **slow: dict[int, float]) -> None:
        super().__init__()
        self._slow = slow
        self._hops: Counter[str] = Counter()

    async def in_thread(
        self,
        call: Callable[[*Ts], T],
        *args: *Ts,
        limiter: trio.CapacityLimiter | None = None,
        abandon: bool = False,
    ) -> T:
        self._hops[call.__name__] += 1
        await trio.sleep(self._slow.get(call.__name__, {}).get(self._hops[call.__name__], 0))
        return await super().in_thread(call, *args, limiter=limiter, abandon=abandon)

    def next_takes(self, name: str, seconds: float) -> None:
        self._slow[name] = {self._hops[name] + 1: seconds}


class Player:
    def __init__(self, sink: VirtualSink, nursery: trio.Nursery) -> None:
        self.sink = sink
        self.told: list[Report] = []
        self.nursery = nursery

    @property
    def reports(self) -> list[Report]:
        """What was told of cues."""
        return [each for each in self.told if not isinstance(each, (Stuttered, MadeDo))]

    @property
    def gaps(self) -> list[int]:
        return [each.blocks for each in self.told if isinstance(each, Stuttered)]

    async def output(self, ports: Ports | None = None) -> PortAudioOutput:
        made = PortAudioOutput(ports or VirtualPorts(), self.told.append)
        await self.nursery.start(made.run)
        return made


@pytest.fixture
def clock() -> MockClock:
    return MockClock(autojump_threshold=0)


@pytest.fixture
async def player(monkeypatch: pytest.MonkeyPatch, clock: MockClock, nursery: trio.Nursery) -> Player:
    sink = VirtualSink(nursery)
    sink.install(monkeypatch)
    return Player(sink, nursery)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write(tmp_path / "song.wav", noise(3))


async def test_the_stream_is_open_while_needed_and_a_little_longer(
    player: Player, clock: MockClock, song: Path
) -> None:
    output = await player.output()
    assert player.sink.streams == 1
    await trio.sleep(11)
    assert player.sink.streams == 0
    output.play(Cue(1, song))
    await trio.sleep(4)
    assert player.sink.streams == 1
    await trio.sleep(9.5)
    assert player.sink.streams == 0
    assert player.reports == [CueStarted(1), CueFinished(1)]


async def test_in_a_long_pause_the_stream_is_closed_and_resume_opens_it(
    player: Player, clock: MockClock, song: Path
) -> None:
    output = await player.output()
    output.play(Cue(1, song))
    await trio.sleep(1)
    output.pause()
    held = output.heard()
    await trio.sleep(3600)
    assert player.sink.streams == 0
    assert output.heard() == held
    output.resume()
    await trio.sleep(3)
    assert player.reports == [CueStarted(1), CueFinished(1)]
    tail = as_heard(song)[-44100:]
    played = player.sink.played()
    end = np.flatnonzero(played.any(axis=1))[-1] + 1
    np.testing.assert_array_equal(played[end - 44100 : end], tail)


async def test_a_cold_stream_begins_with_sound(player: Player, clock: MockClock, song: Path) -> None:
    output = await player.output(SlowPorts(_pour={1: 0.3}))
    await trio.sleep(11)
    player.sink.blocks.clear()
    output.play(Cue(1, song))
    await trio.sleep(1)
    np.testing.assert_array_equal(player.sink.blocks[0], as_heard(song)[:1024])


async def test_silence_that_is_queued_is_not_waited_for(player: Player, clock: MockClock, song: Path) -> None:
    output = await player.output()
    await trio.sleep(5)
    asked = trio.current_time()
    output.play(Cue(1, song))
    while not player.reports:
        await trio.sleep(0.001)
    assert trio.current_time() - asked < 0.01
    await trio.sleep(4)
    played = player.sink.played()
    start = int(np.flatnonzero(played.any(axis=1))[0])
    np.testing.assert_array_equal(played[start : start + 3 * 44100], as_heard(song))
    assert player.sink.streams == 1


async def test_what_a_stream_took_before_it_is_replaced_is_not_lost(
    player: Player, clock: MockClock, song: Path
) -> None:
    output = await player.output()
    output.play(Cue(1, song))
    output.pause()
    await trio.sleep(5)
    output.resume()
    player.sink.ask()  # the callback is faster than the event loop
    player.sink.blocks.clear()
    await trio.sleep(4)
    played = player.sink.played()
    np.testing.assert_array_equal(played[played.any(axis=1)], as_heard(song))


async def test_an_event_loop_that_stalls_disturbs_no_sound(player: Player, clock: MockClock, song: Path) -> None:
    output = await player.output()
    await trio.sleep(11)
    output.play(Cue(1, song))
    await trio.sleep(1)
    clock.jump(0.6)  # as if all of this had been one long step of some task
    await trio.sleep(4)
    played = player.sink.played()
    np.testing.assert_array_equal(played[played.any(axis=1)], as_heard(song))
    assert output.underruns == 0


async def test_a_device_that_takes_no_more_sound_is_broken(player: Player, clock: MockClock, song: Path) -> None:
    output = PortAudioOutput(VirtualPorts(), player.told.append)
    output.play(Cue(1, song))
    player.nursery.start_soon(freeze, player.sink, 1.0)
    with pytest.raises(Broken, match="stopped taking sound"):
        await output.run()
    assert trio.current_time() == pytest.approx(1 + SILENCE_S, abs=0.5)
    assert 800 < output.heard().position_ms <= 1100
    assert player.sink.streams == 0


async def freeze(sink: VirtualSink, after_s: float) -> None:
    await trio.sleep(after_s)
    sink.frozen = True


async def test_a_device_that_takes_no_sound_from_the_start_is_broken(player: Player, clock: MockClock) -> None:
    player.sink.frozen = True
    with pytest.raises(Broken):
        await PortAudioOutput(VirtualPorts(), player.told.append).run()


async def test_a_device_in_use_is_busy(player: Player, clock: MockClock, monkeypatch: pytest.MonkeyPatch) -> None:
    class Taken:
        def __init__(self, *_: object) -> None: ...

        def open(self) -> None:
            raise Busy("the sound output is in use by another program")

        def give_up(self) -> None: ...

    monkeypatch.setattr(tomb.devices.portaudio, "Stream", Taken)
    with pytest.raises(Busy):
        await PortAudioOutput(VirtualPorts(), player.told.append).run()


async def test_a_sound_system_that_does_not_answer_is_missing(player: Player, clock: MockClock) -> None:
    with pytest.raises(Missing, match="does not answer"):
        await PortAudioOutput(SlowPorts(open={1: math.inf}), player.told.append).run()
    assert trio.current_time() == pytest.approx(OPEN_S)


async def test_a_slow_file_holds_up_no_later_command(
    player: Player, clock: MockClock, song: Path, tmp_path: Path
) -> None:
    other = write(tmp_path / "other.wav", noise(1))
    output = await player.output(SlowPorts(_pour={1: 60}))
    output.play(Cue(1, song))
    await trio.sleep(0.5)
    output.play(Cue(2, other))
    await trio.sleep(0.2)
    assert player.reports == [CueStarted(2)]
    await trio.sleep(100)
    assert player.reports == [CueStarted(2), CueFinished(2)]


async def test_a_slow_follower_holds_up_nothing_of_the_first(
    player: Player, clock: MockClock, song: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computer, "waits_for_disk", lambda _: True)
    other = write(tmp_path / "other.wav", noise(1))
    ports = SlowPorts()
    output = await player.output(ports)
    output.play(Cue(1, song))
    await trio.sleep(2.5)  # by then all of it is decoded
    ports.next_takes("_pour", 10)
    output.enqueue(Cue(2, other))
    await trio.sleep(9)
    assert player.reports == [CueStarted(1)]
    played = player.sink.played()
    np.testing.assert_array_equal(played[played.any(axis=1)], as_heard(song))
    await trio.sleep(9)
    assert player.reports == [CueStarted(1), CueStarted(2), CueFinished(2)]


async def test_the_first_piece_covers_the_first_rush_and_a_slow_second_one(
    player: Player, clock: MockClock, song: Path
) -> None:
    output = await player.output(SlowPorts(_pour={2: 0.14}))
    await trio.sleep(11)
    output.play(Cue(1, song))
    await trio.sleep(4)
    assert output.underruns == 0
    assert player.reports == [CueStarted(1), CueFinished(1)]


async def test_a_disk_that_stalls_makes_a_gap_that_is_counted_and_loses_no_sample(
    player: Player, clock: MockClock, song: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(computer, "waits_for_disk", lambda _: True)
    output = await player.output(SlowPorts(_pour={3: 3}))
    output.play(Cue(1, song))
    await trio.sleep(10)
    assert output.underruns > 10
    assert len(player.gaps) == 1  # told once in a while, though there are more
    assert 0 < player.gaps[0] <= output.underruns
    assert player.reports == [CueStarted(1), CueFinished(1)]
    played = player.sink.played()
    np.testing.assert_array_equal(played[played.any(axis=1)], as_heard(song))


@pytest.mark.parametrize("pour", [1, 3])
async def test_a_decoder_that_hangs_is_given_up_after_two_seconds_of_silence_and_the_next_track_is_heard(
    player: Player, clock: MockClock, song: Path, pour: int
) -> None:
    output = await player.output(SlowPorts(_pour={pour: 600}))
    begun = trio.current_time()
    output.play(Cue(1, song))
    while not any(isinstance(report, CueFailed) for report in player.reports):
        await trio.sleep(0.1)
    assert trio.current_time() - begun == pytest.approx(2 if pour == 1 else 2.7, abs=0.6)
    assert player.reports[-1] == CueFailed(1, "it takes too long to read")
    output.play(Cue(2, song))
    await trio.sleep(5)
    assert player.reports[-2:] == [CueStarted(2), CueFinished(2)]


async def test_a_follower_whose_decoder_hangs_while_nobody_waits_for_it_is_waited_for(
    player: Player, clock: MockClock, song: Path, tmp_path: Path
) -> None:
    long = write(tmp_path / "long.wav", noise(12))
    ports = SlowPorts()
    output = await player.output(ports)
    output.play(Cue(1, long))
    await trio.sleep(1)
    ports.next_takes("_pour", 5)
    output.enqueue(Cue(2, song))
    await trio.sleep(16)
    assert player.reports == [CueStarted(1), CueStarted(2), CueFinished(2)]


async def test_damage_is_told_when_it_is_heard_and_the_follower_follows(
    player: Player, clock: MockClock, tmp_path: Path
) -> None:
    whole, after = write(tmp_path / "a.flac", noise(4)), write(tmp_path / "b.wav", noise(1))
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    output = await player.output()
    output.play(Cue(1, whole))
    output.enqueue(Cue(2, after))
    await trio.sleep(1.5)
    assert player.reports == [CueStarted(1)]
    await trio.sleep(2)
    told = [CueStarted(1), CueFailed(1, "damaged: it cannot be decoded any further"), CueStarted(2), CueFinished(2)]
    assert player.reports == told


async def test_damage_at_the_end_of_everything_is_no_proper_end(
    player: Player, clock: MockClock, tmp_path: Path
) -> None:
    whole = write(tmp_path / "a.flac", noise(2))
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    output = await player.output()
    output.play(Cue(1, whole))
    await trio.sleep(3)
    assert player.reports == [CueStarted(1), CueFailed(1, "damaged: it cannot be decoded any further")]
    assert output.heard().generation is None


async def test_seeking_again_and_again_leaves_no_decoder_behind(player: Player, clock: MockClock, song: Path) -> None:
    output = await player.output()
    for generation in range(50):
        output.play(Cue(generation, song, start_ms=generation * 10))
        await trio.sleep(0.05)
    await trio.sleep(0.1)
    assert len(player.nursery.child_tasks) == 2  # the output and the stream
    assert len(output._read_ahead) == 1


async def test_a_stream_that_hangs_while_it_closes_does_not_hold_up_the_end(
    player: Player, clock: MockClock, song: Path
) -> None:
    async with trio.open_nursery() as nursery:
        output = PortAudioOutput(SlowPorts(close={1: math.inf}), player.told.append)
        await nursery.start(output.run)
        output.play(Cue(1, song))
        await trio.sleep(1)
        asked = trio.current_time()
        nursery.cancel_scope.cancel()
    assert trio.current_time() == pytest.approx(asked + CLOSE_S)


async def test_a_bell_opens_a_stream_that_is_closed_is_heard_whole_and_the_stream_is_closed_again(
    player: Player, clock: MockClock
) -> None:
    output = await player.output()
    await trio.sleep(30)
    assert player.sink.streams == 0
    since, made = len(player.sink.played()), chimes.made("ready", 44100)
    output.chime("ready")
    await trio.sleep(30)
    heard = player.sink.played()[since:]
    begin = np.flatnonzero(heard.any(axis=1))[0] - np.flatnonzero(made.any(axis=1))[0]
    np.testing.assert_array_equal(heard[begin : begin + len(made)], made)
    assert not heard[begin + len(made) :].any()
    assert player.sink.streams == 0
    assert player.reports == []


async def test_a_bell_in_a_pause_is_heard_and_the_music_goes_on_where_it_was(
    player: Player, clock: MockClock, song: Path
) -> None:
    output = await player.output()
    output.play(Cue(1, song))
    await trio.sleep(1)
    output.pause()
    held = output.heard()
    output.chime("error")
    await trio.sleep(2)
    assert output.heard() == held
    output.resume()
    await trio.sleep(3)
    assert player.reports == [CueStarted(1), CueFinished(1)]


async def test_a_cue_s_gain_can_be_changed_while_it_is_heard_and_before(
    player: Player, clock: MockClock, song: Path
) -> None:
    output = await player.output()
    output.play(Cue(1, song, gain=0.5))
    output.enqueue(Cue(2, song, gain=0.5))
    await trio.sleep(1)
    output.set_cue_gain(2, 0.25)
    output.set_cue_gain(7, 9.0)  # nobody knows it
    await trio.sleep(6)
    source, heard = as_heard(song), player.sink.played()
    start = np.flatnonzero(heard.any(axis=1))[0]
    first, second = heard[start : start + len(source)], heard[start + len(source) :][: len(source)]
    np.testing.assert_array_equal(first[:-1000], np.rint(source[:-1000] * np.float32(0.5)).astype(np.int16))
    np.testing.assert_array_equal(second[1000:], np.rint(source[1000:] * np.float32(0.25)).astype(np.int16))


async def test_a_device_that_refuses_the_rate_is_played_at_its_own(
    player: Player, clock: MockClock, song: Path
) -> None:
    player.sink.only_rate = 48000
    output = await player.output()
    assert player.told == [MadeDo("the sound output does not play 44100 Hz; it plays 48000 Hz")]
    output.play(Cue(1, song))
    await trio.sleep(5)
    assert player.reports == [CueStarted(1), CueFinished(1)]
    played = player.sink.played()
    start, expected = np.flatnonzero(played.any(axis=1))[0], as_heard(song, 48000)
    np.testing.assert_array_equal(played[start : start + len(expected)], expected)


async def test_a_device_that_refuses_its_own_rate_too_is_missing(player: Player, clock: MockClock) -> None:
    class Fickle(VirtualSink):
        def check_rate(self, rate: int) -> None:
            raise RateRefused(rate, 2 * rate)

    player.sink.check_rate = Fickle(player.nursery).check_rate  # type: ignore[method-assign]
    with pytest.raises(Missing, match="does not play 88200 Hz"):
        await PortAudioOutput(VirtualPorts(), player.told.append).run()


@pytest.mark.parametrize("ext", ["wav", "mp3", "ogg", "flac"])
async def test_what_was_expected_is_heard_at_once_though_the_disk_sleeps_and_goes_on_to_the_sample(
    player: Player, clock: MockClock, tmp_path: Path, ext: str
) -> None:
    song, ports = write(tmp_path / f"song.{ext}", noise(4, rate=48000), 48000), SlowPorts()
    output = await player.output(ports)
    output.expect([Cue(0, song, 1000)])
    await trio.sleep(15)  # the stream is closed by now
    ports.next_takes("_pour", 0.7)
    since, begun = len(player.sink.played()), trio.current_time()
    output.play(Cue(1, song, 1000))
    while not player.reports:
        await trio.sleep(0.01)
    assert trio.current_time() - begun < 0.2
    await trio.sleep(5)
    assert player.reports == [CueStarted(1), CueFinished(1)]
    assert output.underruns == 0
    alone = Decoder(song, 44100, 1000).read(10**6)
    heard = player.sink.played()[since:]
    end = int(np.flatnonzero(heard.any(axis=1))[-1]) + 1
    np.testing.assert_array_equal(heard[end - 2 * 44100 : end - 300], alone[-2 * 44100 : len(alone) - 300])


async def test_of_what_is_expected_no_more_is_kept_than_there_is_room_for_and_the_unwanted_goes(
    player: Player, clock: MockClock, tmp_path: Path
) -> None:
    songs = [write(tmp_path / f"{number}.wav", noise(1.5, seed=number)) for number in range(50)]
    output = await player.output()
    output.expect([Cue(0, song) for song in songs])
    await trio.sleep(20)
    assert open_files(tmp_path) == set(songs[: int(MOST_BYTES / (44100 * 4))])
    output.expect([Cue(0, songs[-1]), Cue(0, tmp_path / "gone.wav")])
    await trio.sleep(20)
    assert open_files(tmp_path) == {songs[-1]}


def open_files(folder: Path) -> set[Path]:
    """Those of ours in that folder."""
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return {path for link in links if (path := link.readlink()).is_relative_to(folder)}
