"""The tag reader: from a card's first contact to the sink, and what waiting costs.

On a real pcscd with a virtual reader, so without the radio and the USB of a real one. The floor is the same reading by
a bare thread with pyscard and nothing else, in the same run.

`python -m bench.reader` prints the rows.
"""

import itertools
import json
import resource
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import smartcard.scard
import trio

from tests.rigs.pcsc import GET_UID, READER, PcscRig, pcsc_rig
from tomb.devices.pcsc_reader import PcscReader
from tomb.devices.reader import Sighting
from tomb.ports import RealPorts

UIDS = ("04A22B3C4D5E80", "04DEADBEEF0180")
PATIENCE_S = 5


class Sightings:
    """When each tag was told, by the monotonic clock."""

    def __init__(self) -> None:
        self.told: dict[str | None, int] = {}
        self._news = trio.Event()

    def see(self, sighting: Sighting) -> None:
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
        return [
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
    for measured in trio.run(rows):
        print(json.dumps(measured))
