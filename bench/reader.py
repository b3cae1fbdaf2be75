"""The tag reader: from a card's first contact to the sink and to sound, what waiting costs, and how soon it is back.

On a real pcscd with a virtual reader, so without the radio and the USB of a real one. The floor is the same reading by
a bare thread with pyscard and nothing else, in the same run.

    python -m bench.reader [--taps 500]

To sound it is the whole box as a process, on PulseAudio's null sink: the file is warm, its beginning kept ready as that
of all that has a tag, the stream closed. The floor of that is the opening of a bare stream.
"""

import argparse
import itertools
import json
import resource
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import smartcard.scard
import trio

from bench.box import AS_INSTALLED, REAL, TAGS, make_music, streams_to_sound, tap, until_closed
from bench.meters import timed
from tests.rigs.listener import listening
from tests.rigs.pcsc import GET_UID, READER, PcscRig, pcsc_rig
from tests.rigs.process import serving
from tests.rigs.pulse import pulse_rig
from tomb.devices.pcsc_reader import PcscReader
from tomb.devices.reader import ReaderGone, Sighting, TagReader
from tomb.nurseries.health import Board
from tomb.nurseries.supervisor import Supervisor
from tomb.ports import RealPorts

UIDS = ("04A22B3C4D5E80", "04DEADBEEF0180")
PATIENCE_S = 30
OUTAGE_S = 1.0


class Sightings:
    """When each tag was told, by the monotonic clock."""

    def __init__(self) -> None:
        self.told: dict[str | None, int] = {}
        self._news = trio.Event()

    def see(self, sighting: Sighting | ReaderGone) -> None:
        if isinstance(sighting, Sighting):
            self.told.setdefault(sighting.tag_id, time.monotonic_ns())
        self._news.set()
        self._news = trio.Event()

    async def time_of(self, tag_id: str | None) -> int:
        with trio.fail_after(PATIENCE_S):
            while tag_id not in self.told:
                await self._news.wait()
        return self.told[tag_id]


async def contact_to_sink(rig: PcscRig, taps: int) -> list[float]:
    """Milliseconds of each tap, through the box's reader."""
    sightings, taken = Sightings(), []
    async with trio.open_nursery() as nursery:
        await nursery.start(PcscReader(RealPorts()).run, sightings.see)
        for uid in itertools.islice(itertools.cycle(UIDS), taps):
            sightings.told.clear()
            card = await rig.insert(uid)
            taken.append((await sightings.time_of(uid) - card.touched_ns) / 1e6)
            sightings.told.clear()
            await rig.remove()
            await sightings.time_of(None)
            await trio.sleep(0.5)  # pcscd looks every 400 ms, and has to see the empty reader
        nursery.cancel_scope.cancel()
    return taken


async def contact_to_thread(rig: PcscRig, taps: int) -> list[float]:
    """The floor: milliseconds of each tap until a thread of nothing but pyscard has the UID."""
    taken = []
    for uid in itertools.islice(itertools.cycle(UIDS), taps):
        async with trio.open_nursery() as nursery:
            told: list[int] = []
            nursery.start_soon(_bare_reading, told)
            await trio.sleep(0.05)
            card = await rig.insert(uid)
        taken.append((told[0] - card.touched_ns) / 1e6)
        await rig.remove()
        await trio.sleep(0.5)
    return taken


async def _bare_reading(told: list[int]) -> None:
    told.append(await trio.to_thread.run_sync(_read_next))


def _read_next() -> int:
    pcsc = smartcard.scard
    _, context = pcsc.SCardEstablishContext(pcsc.SCARD_SCOPE_SYSTEM)
    state = pcsc.SCARD_STATE_UNAWARE
    while not state & pcsc.SCARD_STATE_PRESENT:
        _, [(_, state, _)] = pcsc.SCardGetStatusChange(context, PATIENCE_S * 1000, [(READER, state)])
    _, card, protocol = pcsc.SCardConnect(context, READER, pcsc.SCARD_SHARE_SHARED, pcsc.SCARD_PROTOCOL_ANY)
    pcsc.SCardTransmit(card, protocol, list(GET_UID))
    told = time.monotonic_ns()
    pcsc.SCardDisconnect(card, pcsc.SCARD_LEAVE_CARD)
    pcsc.SCardReleaseContext(context)
    return told


async def contact_to_sound(rig: PcscRig, taps: int) -> list[dict[str, Any]]:
    """Through the whole box, and the floor."""
    with TemporaryDirectory(dir=Path(__file__).parent) as folder:
        data = Path(folder) / "data"
        await make_music(data, 30.0)
        async with pulse_rig() as pulse:
            env = AS_INSTALLED | pulse.env | rig.env | {"TOMB_AUDIO_IDLE_CLOSE_S": "0"}
            async with (
                serving(data, *REAL, env=env) as box,
                listening(box.port, "playlists") as listener,
                pulse.recording() as recording,
            ):
                floor, taken = await streams_to_sound(pulse, recording, max(20, taps // 10)), []
                for _ in range(taps):
                    await until_closed(pulse)
                    taken.append(await tap(rig, listener, recording, TAGS["flac"]))
    return [timed("card's first contact to sound (floor: a bare stream)", taken, floor)]


async def recovery(rig: PcscRig, rounds: int) -> list[float]:
    """Milliseconds from a pcscd that is ready again until the box has read the card that lies there."""
    taken, ports = [], RealPorts()
    for _ in range(rounds):
        sightings = Sightings()

        async def serve(reader: TagReader, task_status: trio.TaskStatus[None], told: Sightings = sightings) -> None:
            await reader.run(told.see, task_status=task_status)

        def nothing(_: object) -> None:
            pass

        async with trio.open_nursery() as nursery:
            real: TagReader = PcscReader(ports)
            watched = Supervisor("nfc", Board(ports), real=real, serve=serve, use=nothing, lose=nothing)
            await nursery.start(watched.run)
            await rig.insert(UIDS[0])
            await sightings.time_of(UIDS[0])
            await rig.kill()
            await trio.sleep(OUTAGE_S)
            sightings.told.clear()
            await rig.start()
            ready_ns = time.monotonic_ns()
            await rig.insert(UIDS[0])
            taken.append((await sightings.time_of(UIDS[0]) - ready_ns) / 1e6)
            nursery.cancel_scope.cancel()
        await rig.remove()
    return taken


async def recovery_floor(rig: PcscRig, rounds: int) -> list[float]:
    """The same until a bare thread, begun when pcscd is ready, has the UID: pcscd looks every 400 ms."""
    taken = []
    for _ in range(rounds):
        await rig.restart()
        async with trio.open_nursery() as nursery:
            told: list[int] = []
            ready_ns = time.monotonic_ns()
            nursery.start_soon(_bare_reading, told)
            await rig.insert(UIDS[0])
        taken.append((told[0] - ready_ns) / 1e6)
        await rig.remove()
    return taken


async def idle_cpu(rig: PcscRig, seconds: float, uid: str | None) -> float:
    """Percent of a core that a watching reader takes in this process; with a card, the virtual card's work included."""
    sightings = Sightings()
    async with trio.open_nursery() as nursery:
        await nursery.start(PcscReader(RealPorts()).run, sightings.see)
        if uid is not None:
            await rig.insert(uid)
            await sightings.time_of(uid)
        before = _cpu_s()
        await trio.sleep(seconds)
        used = _cpu_s() - before
        nursery.cancel_scope.cancel()
    await rig.remove()
    return 100 * used / seconds


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def rows(taps: int = 40, seconds: float = 20) -> list[dict[str, Any]]:
    async with pcsc_rig() as rig:
        rounds = max(5, taps // 10)
        return [
            *await contact_to_sound(rig, taps),
            timed(
                f"pcscd ready after {OUTAGE_S:g} s without it to the card read (floor: a bare thread)",
                await recovery(rig, rounds),
                await recovery_floor(rig, rounds),
            ),
            await _latency("card's first contact to the sink, ms", contact_to_sink, rig, taps),
            await _latency("floor: to a bare thread, ms", contact_to_thread, rig, taps),
            {"row": "CPU watching an empty reader, % of a core", "value": round(await idle_cpu(rig, seconds, None), 2)},
            {
                "row": "CPU while a tag lies there, % of a core",
                "value": round(await idle_cpu(rig, seconds, UIDS[0]), 2),
            },
        ]


async def _latency(
    name: str, measure: Callable[[PcscRig, int], Awaitable[list[float]]], rig: PcscRig, taps: int
) -> dict[str, Any]:
    taken = sorted(await measure(rig, taps))
    p99 = taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    return {"row": name, "median": round(statistics.median(taken), 2), "p99": round(p99, 2), "taps": taps}


if __name__ == "__main__":
    parser = argparse.ArgumentParser("python -m bench.reader")
    parser.add_argument("--taps", type=int, default=40, help="how many of each kind (40)")
    for measured in trio.run(rows, parser.parse_args().taps):
        print(json.dumps(measured), flush=True)
