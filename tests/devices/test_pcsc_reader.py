"""The reader on a real pcscd with virtual readers, in real time. The rest is in test_pcsc_reader_faults.py."""

import threading
from collections.abc import AsyncIterator, Callable
from typing import TypeVar, TypeVarTuple

import pytest
import trio

from tests.rigs.patience import PATIENCE_S
from tests.rigs.pcsc import GONE, READER, SECOND_READER, PcscRig, pcsc_rig
from tests.rigs.sightings import Sightings
from tomb.devices.pcsc_reader import PcscReader
from tomb.devices.reader import Sighting
from tomb.errors import Broken, Missing
from tomb.ports import RealPorts

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

UID = "04A22B3C4D5E80"
OTHER = "04DEADBEEF0180"


class CountingPorts(RealPorts):
    """Knows how many threads are inside a call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.inside = 0

    async def in_thread(
        self,
        call: Callable[[*Ts], T],
        *args: *Ts,
        limiter: trio.CapacityLimiter | None = None,
        abandon: bool = False,
    ) -> T:
        return await super().in_thread(self._counted, call, args, limiter=limiter, abandon=abandon)

    def _counted(self, call: Callable[[*Ts], T], args: tuple[*Ts]) -> T:
        with self._lock:
            self.inside += 1
        try:
            return call(*args)
        finally:
            with self._lock:
                self.inside -= 1


@pytest.fixture
async def rig() -> AsyncIterator[PcscRig]:
    async with pcsc_rig() as rig:
        yield rig


@pytest.fixture
def ports() -> CountingPorts:
    return CountingPorts()


@pytest.fixture
def reader(ports: CountingPorts) -> PcscReader:
    return PcscReader(ports)


@pytest.fixture
async def sightings(rig: PcscRig, reader: PcscReader, nursery: trio.Nursery) -> Sightings:
    """Of the reader, watching; its field is empty."""
    sightings = Sightings()
    await nursery.start(reader.run, sightings.see)
    await sightings.until(None)
    await sightings.until(None)  # there are two
    return sightings


@pytest.mark.parametrize("uid", ["04A22B3C", UID, "04A22B3C4D5E80112233"])
async def test_a_card_is_seen_with_its_uid(rig: PcscRig, sightings: Sightings, uid: str) -> None:
    await rig.insert(uid)
    assert await sightings.next() == uid


async def test_its_removal_is_seen(rig: PcscRig, sightings: Sightings) -> None:
    await rig.insert(UID)
    await sightings.until(UID)
    await rig.remove()
    assert set(await sightings.until(None)) <= {UID}


async def test_a_card_that_lies_is_read_again_and_again(rig: PcscRig, sightings: Sightings) -> None:
    await rig.insert(UID)
    assert [await sightings.next() for _ in range(4)] == [UID] * 4


async def test_a_card_that_lies_there_before_is_seen_at_once(rig: PcscRig, reader: PcscReader) -> None:
    early, late = Sightings(), Sightings()
    async with trio.open_nursery() as nursery:
        await nursery.start(reader.run, early.see)
        await rig.insert(UID)
        await early.until(UID)
        nursery.cancel_scope.cancel()
    async with trio.open_nursery() as nursery:
        await nursery.start(reader.run, late.see)
        assert await late.next() == UID
        nursery.cancel_scope.cancel()


async def test_a_card_swapped_faster_than_pcscd_looks_is_seen(rig: PcscRig, sightings: Sightings) -> None:
    await rig.insert(UID)
    await sightings.until(UID)
    await rig.swap(OTHER)
    assert set(await sightings.until(OTHER)) <= {UID, None}


async def test_a_wobbling_card_gives_only_contacts_and_misses(rig: PcscRig, sightings: Sightings) -> None:
    await rig.insert(UID)
    await sightings.until(UID)
    with trio.fail_after(PATIENCE_S):
        await rig.wobble(4, gap_ms=20)
    told = len(sightings.all)
    assert set(sightings.all) == {UID, None}
    while len(sightings.all) == told:
        await sightings.next()
    assert sightings.all[-1] == UID


@pytest.mark.parametrize(
    "answer",
    [b"\x63\x00", b"\x6a\x81", b"\x90\x00", b"\x04", bytes.fromhex("04A22B9000"), bytes.fromhex("04A22B3C6300")],
)
async def test_an_odd_or_torn_answer_is_a_miss_and_then_the_card_is_read(
    rig: PcscRig, sightings: Sightings, answer: bytes
) -> None:
    await rig.insert(UID, answers=[answer])
    assert [await sightings.next(), await sightings.next()] == [None, UID]


async def test_a_card_torn_away_while_it_is_read_is_a_miss(rig: PcscRig, sightings: Sightings) -> None:
    await rig.insert(UID, answers=[GONE])
    assert await sightings.next() is None
    await rig.remove()
    await rig.insert(UID)
    assert set(await sightings.until(UID)) <= {None}


async def test_each_of_two_readers_tells_of_its_card(rig: PcscRig, sightings: Sightings) -> None:
    await rig.insert(UID, reader=SECOND_READER)
    await sightings.until(UID)
    await rig.insert(OTHER)
    await sightings.until(OTHER)
    await sightings.until(UID)  # it is read on
    await rig.remove(reader=SECOND_READER)
    await sightings.until(None)
    told = {(each.reader, each.tag_id) for each in sightings.raw if isinstance(each, Sighting)}
    assert told == {(READER, None), (SECOND_READER, None), (SECOND_READER, UID), (READER, OTHER)}


async def test_it_has_its_name_while_it_is_watched(rig: PcscRig, reader: PcscReader) -> None:
    async with trio.open_nursery() as nursery:
        assert repr(reader) == "<PcscReader missing>"
        await nursery.start(reader.run, Sightings().see)
        assert reader.names == (READER, SECOND_READER)
        assert READER in repr(reader)
        nursery.cancel_scope.cancel()
    assert not reader.names


async def test_pcscd_killed_is_broken_then_missing_and_after_its_restart_all_is_well(
    rig: PcscRig, reader: PcscReader
) -> None:
    sightings = Sightings()
    with pytest.RaisesGroup(pytest.RaisesExc(Broken, match="pcscd")):
        async with trio.open_nursery() as nursery:
            await nursery.start(reader.run, sightings.see)
            await rig.insert(UID)
            await sightings.until(UID)
            await rig.kill()
    for _ in range(3):
        with pytest.raises(Missing, match="pcscd"):
            await reader.run(sightings.see)
    await rig.start()
    async with trio.open_nursery() as nursery:
        await nursery.start(reader.run, sightings.see)
        await rig.insert(OTHER)
        await sightings.until(OTHER)
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("uid", [None, UID])
async def test_a_cancelled_run_leaves_no_thread(
    rig: PcscRig, reader: PcscReader, ports: CountingPorts, uid: str | None
) -> None:
    sightings = Sightings()
    async with trio.open_nursery() as nursery:
        if uid is not None:
            await rig.insert(uid)
        await nursery.start(reader.run, sightings.see)
        await sightings.until(uid)
        assert ports.inside == 1
        nursery.cancel_scope.cancel()
    assert ports.inside == 0


async def test_a_run_cancelled_at_once_leaves_no_thread(rig: PcscRig, reader: PcscReader, ports: CountingPorts) -> None:
    for turns in range(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(reader.run, Sightings().see)
            for _ in range(turns):
                await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
        assert ports.inside == 0


async def test_a_pcscd_that_hangs_holds_up_neither_the_stop_nor_the_next_run(
    rig: PcscRig, reader: PcscReader, ports: CountingPorts
) -> None:
    sightings = Sightings()
    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            await nursery.start(reader.run, sightings.see)
            await rig.freeze()
            nursery.cancel_scope.cancel()
        with pytest.raises(Broken, match="does not answer"):
            await reader.run(sightings.see)
        assert ports.inside > 0
    await rig.thaw()
    with trio.fail_after(PATIENCE_S):
        while ports.inside:
            await trio.sleep(0.01)
    async with trio.open_nursery() as nursery:
        await nursery.start(reader.run, sightings.see)
        await rig.insert(UID)
        await sightings.until(UID)
        nursery.cancel_scope.cancel()


async def test_a_signal_to_a_reader_without_light_is_quietly_nothing(
    rig: PcscRig, reader: PcscReader, ports: CountingPorts
) -> None:
    await reader.signal("ok", READER)
    async with trio.open_nursery() as nursery:
        await nursery.start(reader.run, Sightings().see)
        card = await rig.insert(UID)
        await card.touched.wait()
        await reader.signal("ok", READER)
        nursery.cancel_scope.cancel()
    assert set(card.apdus) <= {bytes.fromhex("FFCA000000")}
