"""Whatever fails while music plays is told, noted in health, and the music goes on: a whole box with a sound device of
virtual time. (That each really fails like this: test_decoder.py, test_audio_pulse.py, test_read_ahead.py.)"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import pytest
import trio

from tests.rigs.box import VirtualBox, virtual_box
from tests.rigs.sounds import noise, write
from tests.rigs.virtual import virtual_time
from tests.rigs.virtual_sink import VirtualSink
from tomb.devices import computer, decoder
from tomb.devices.audio import PortAudioOutput
from tomb.errors import Busy
from tomb.ports import VirtualPorts

pytestmark = virtual_time

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
SECONDS = 12  # of each track
TRACKS = 4


@dataclass
class Stage:
    """`files`: of the tracks, in the library."""

    box: VirtualBox
    sink: VirtualSink
    monkeypatch: pytest.MonkeyPatch
    files: list[Path] = field(default_factory=list)


def vanishes(stage: Stage) -> None:
    stage.files[2].unlink()


def is_cut_off(stage: Stage) -> None:
    os.truncate(stage.files[1], 44 + 44100 * 4 * 3)


def is_cut_off_while_it_is_heard(stage: Stage) -> None:
    os.truncate(stage.files[0], 44 + 44100 * 4 * 9)


def cannot_be_read(stage: Stage) -> None:
    """As libsndfile says it, and the kernel when it is asked once more."""
    read = decoder._read

    def fail(file: object, *args: object) -> object:
        if str(getattr(file, "name", "")) == str(stage.files[1]):
            raise decoder.Damaged("damaged: it cannot be decoded any further")
        return read(file, *args)  # type: ignore[arg-type]

    stage.monkeypatch.setattr(decoder, "_read", fail)
    stage.monkeypatch.setattr(decoder, "_unreadable", lambda _: "unreadable: input/output error")


def hangs(stage: Stage) -> None:
    decode_slowly(stage, stage.files[1], 600)


def is_decoded_too_slowly(stage: Stage) -> None:
    stage.monkeypatch.setattr(computer, "waits_for_disk", lambda _: True)
    decode_slowly(stage, stage.files[1], 12)


def decode_slowly(stage: Stage, path: Path, seconds: float) -> None:
    """The first piece of that file."""
    in_thread, left = VirtualPorts.in_thread, [seconds]

    async def slow(
        ports: VirtualPorts,
        call: Callable[[*Ts], T],
        *args: *Ts,
        limiter: trio.CapacityLimiter | None = None,
        abandon: bool = False,
    ) -> T:
        cue = getattr(getattr(getattr(call, "__self__", None), "_buffer", None), "cue", None)
        if cue is not None and cue.path == path and left:
            await trio.sleep(left.pop())
        return await in_thread(ports, call, *args, limiter=limiter, abandon=abandon)

    stage.monkeypatch.setattr(VirtualPorts, "in_thread", slow)


async def is_pulled_out(stage: Stage) -> None:
    stage.sink.frozen = True
    await trio.sleep(4)
    assert stage.box.state == "error"
    stage.sink.frozen = False


async def is_taken_by_another_program(stage: Stage) -> None:
    check = stage.sink.check_rate

    def refuse(_: int) -> None:
        raise Busy("the sound output is in use by another program")

    stage.monkeypatch.setattr(stage.sink, "check_rate", refuse)
    await is_pulled_out(stage)
    await trio.sleep(3)
    assert stage.box.state == "error"
    stage.monkeypatch.setattr(stage.sink, "check_rate", check)


async def comes_back_at_another_rate(stage: Stage) -> None:
    stage.sink.only_rate = 48000
    await is_pulled_out(stage)


async def is_not_served_in_time(stage: Stage) -> None:
    stage.sink.starve()


@dataclass(frozen=True, slots=True)
class Fault:
    """`happens` five seconds into the first track: the second is decoded ahead by then, the third is not. `says`: in
    which words. `lasts`: whether it ends the sound for a while, which the player's state says; the words are health's.
    """

    happens: Callable[[Stage], Awaitable[None] | None]
    says: str
    lasts: bool = False


FAULTS = [
    Fault(vanishes, "cannot be played: unreadable: no such file or directory"),
    Fault(is_cut_off, "cannot be played: "),
    Fault(is_cut_off_while_it_is_heard, "cannot be played: it was cut off while it was played"),
    Fault(cannot_be_read, "cannot be played: unreadable: input/output error"),
    Fault(hangs, "cannot be played: it takes too long to read"),
    Fault(is_decoded_too_slowly, "the sound had gaps"),
    Fault(is_not_served_in_time, "the sound had gaps (blocks late: 1)"),
    Fault(is_pulled_out, "the sound output stopped taking sound", lasts=True),
    Fault(is_taken_by_another_program, "the sound output is in use by another program", lasts=True),
    Fault(comes_back_at_another_rate, "the sound output does not play 44100 Hz; it plays 48000 Hz"),
]


@asynccontextmanager
async def playing(monkeypatch: pytest.MonkeyPatch, folder: Path) -> AsyncIterator[Stage]:
    """Five seconds of the first track are heard."""
    async with trio.open_nursery() as nursery:
        sink = VirtualSink(nursery)
        sink.install(monkeypatch)
        async with virtual_box(
            folder, output=lambda ports, deck: PortAudioOutput(ports, deck.report), inbox_watch_s=0
        ) as box:
            stage = Stage(box, sink, monkeypatch)
            records = folder / "Album"
            records.mkdir()
            for number in range(TRACKS):
                write(records / f"{number}.wav", noise(SECONDS, seed=number))
            [playlist_id] = (await box.services.importer.import_folder(records)).playlist_ids
            playlist = await box.services.librarian.playlist(playlist_id)
            stage.files += [box.services.librarian.folder / track.file_path for track in playlist.tracks]
            await box.services.deck.start(playlist_id)
            await trio.sleep(5)
            yield stage
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.happens.__name__)
async def test_it_is_told_noted_and_the_music_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: Fault
) -> None:
    async with playing(monkeypatch, tmp_path) as stage:
        box = stage.box
        assert box.told("sound_trouble") == []
        done = fault.happens(stage)
        if done is not None:
            await done
        heard = len(stage.sink.blocks)
        await trio.sleep(TRACKS * SECONDS + 10)
        troubles = [each["message"] for each in box.told("sound_trouble")]
        noted = str(box.services.board.details()["audio"].last_error)
        if fault.lasts:
            assert any(each["state"] == "error" and each["error_message"] for each in box.told("state:player"))
            assert fault.says in noted
        else:
            assert any(fault.says in each for each in troubles)
            assert noted == troubles[-1]
        started = [each["active_track_number"] for each in box.told("state:player") if each["state"] == "playing"]
        assert started[-1] == TRACKS  # which is over by now
        assert box.state == "stopped"
        assert box.services.board.details()["audio"].state == "up"
        assert any(block.any() for block in stage.sink.blocks[heard:])
