"""Told is what is heard is what is there, for every file of the corpus."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

import numpy as np
import pytest
import trio

from tests.corpus import SAMPLES, Sample
from tests.nurseries.test_hostile_files import staged
from tests.rigs.library import Stage
from tomb.devices.decoder import Decoder, probe
from tomb.errors import DecodeError

RATE = 8000


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of a file that was taken in: what is told of it, what is heard when it is played, what was wrong."""

    told_ms: int = 0
    silent_ms: int = 0
    damaged_ms: int | None = None
    heard: np.ndarray[tuple[int, ...], np.dtype[np.int16]] | None = None
    refused: str = ""


async def taken(stage: Stage, path: Path) -> Outcome:
    async with stage.ingest.incoming() as incoming:
        try:
            arrival = await stage.ingest.stage(path, incoming)
        except DecodeError as error:
            return Outcome(refused=str(error))
        assert arrival.sound is not None
        heard = await trio.to_thread.run_sync(played, arrival.sound.path)
        silent_ms = probe(arrival.sound.path).duration_ms
        return Outcome(arrival.duration_ms, silent_ms, arrival.damaged_ms, heard)


def played(path: Path) -> "np.ndarray[tuple[int, ...], np.dtype[np.int16]]":
    """On the left side, as the box plays it, until it ends or fails."""
    decoder = Decoder(path, RATE)
    blocks = []
    try:
        while len(block := decoder.read(RATE)):
            blocks.append(block[:, 0])
    except DecodeError:
        pass
    finally:
        decoder.close()
    return np.concatenate(blocks)


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Sample], Outcome]]:
    """One box for all, in a thread: a start of the examiner for each file would take longer than all the rest."""
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "box").mkdir()
    ready: SimpleQueue[tuple[Stage, trio.lowlevel.TrioToken, trio.Event]] = SimpleQueue()

    async def serve() -> None:
        async with staged(folder / "box") as stage:
            done = trio.Event()
            ready.put((stage, trio.lowlevel.current_trio_token(), done))
            await done.wait()

    thread = Thread(target=trio.run, args=(serve,))
    thread.start()
    stage, token, done = ready.get(timeout=60)

    def take_one(sample: Sample) -> Outcome:
        path = folder / sample.name
        path.write_bytes(sample.content())
        return trio.from_thread.run(taken, stage, path, trio_token=token)

    yield take_one
    token.run_sync_soon(done.set)
    thread.join()


def test_there_are_many_kinds_of_files_and_as_many_names() -> None:
    assert len({sample.name for sample in SAMPLES}) == len(SAMPLES) >= 120


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_told_is_heard_is_true(sample: Sample, take: Callable[[Sample], Outcome]) -> None:
    outcome = take(sample)
    assert outcome.refused == ""
    assert outcome.heard is not None
    heard_ms = len(outcome.heard) * 1000 / RATE
    assert outcome.told_ms == pytest.approx(heard_ms, abs=2)
    assert outcome.silent_ms == pytest.approx(heard_ms, abs=2)
    assert outcome.told_ms / 1000 == pytest.approx(sample.seconds, abs=sample.within)
    assert (outcome.damaged_ms is not None) == sample.damaged
    for second, tone in enumerate(sample.tones):
        if tone:
            middle = outcome.heard[int((second + 0.3) * RATE) : int((second + 0.7) * RATE)]
            loudest = np.abs(np.fft.rfft(middle)).argmax() * RATE / len(middle)
            assert loudest == pytest.approx(tone, abs=10), f"second {second}"
