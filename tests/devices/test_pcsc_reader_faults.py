"""The reader over a stand-in for pyscard: what readers and pcscd do that virtual readers cannot show."""

import sys
from collections.abc import AsyncIterator

import pytest
import trio

from tests.rigs.patience import PATIENCE_S
from tests.rigs.scard import GET_UID, FakeScard
from tests.rigs.sightings import Sightings
from tomb.devices import pcsc, pcsc_reader
from tomb.devices.pcsc_reader import PcscReader
from tomb.devices.reader import ReaderGone, Sighting, Sign
from tomb.errors import Broken, Busy, DeviceError, Missing
from tomb.ports import RealPorts

PLAIN = "Plain Reader 00 00"
ACR = "ACS ACR122U PICC Interface 00 00"
SAM = "ACS ACR1252 Dual Reader SAM 00 01"
UID = "04A22B3C4D5E80"
OTHER = "04DEADBEEF0180"

NO_BEEP = bytes.fromhex("FF00520000")
ASK = bytes.fromhex("FF00500000")  # which kinds of tags it looks for
ONLY_TYPE_A = bytes.fromhex("FF0051E100")
PREPARED = [NO_BEEP, ASK, ONLY_TYPE_A]
SIGNS: dict[Sign, bytes] = {
    "ok": bytes.fromhex("FF0040A00401010101"),
    "unknown": bytes.fromhex("FF0040500401010201"),
    "error": bytes.fromhex("FF0040500404010101"),
    "limit": bytes.fromhex("FF0040F00401010200"),
}


@pytest.fixture
def scard() -> FakeScard:
    return FakeScard(PLAIN)


@pytest.fixture
async def reader(scard: FakeScard) -> AsyncIterator[PcscReader]:
    yield PcscReader(RealPorts(), scard)
    scard.hang(False)


@pytest.fixture
def sightings() -> Sightings:
    return Sightings()


async def fault_of(reader: PcscReader) -> DeviceError:
    with trio.fail_after(PATIENCE_S), pytest.raises(DeviceError) as caught:
        await reader.run(Sightings().see)
    return caught.value


async def test_no_reader_is_said_in_plain_words(scard: FakeScard, reader: PcscReader) -> None:
    scard.unplug(PLAIN)
    fault = await fault_of(reader)
    assert (type(fault), str(fault)) == (Missing, "No tag reader is plugged in.")


@pytest.mark.parametrize(("code", "words"), [(pcsc.NO_SERVICE, "not running"), (pcsc.SECURITY_VIOLATION, "polkit")])
async def test_without_pcscd_no_handle_is_kept_and_the_reason_is_said(
    scard: FakeScard, reader: PcscReader, code: int, words: str
) -> None:
    scard.fail(code)
    fault = await fault_of(reader)
    assert isinstance(fault, Missing)
    assert words in str(fault)
    assert scard.contexts == set()


async def test_without_pyscard_the_reader_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard.scard", None)
    assert isinstance(await fault_of(PcscReader(RealPorts())), Missing)


@pytest.mark.parametrize(
    "code", [pcsc.COMM_ERROR, pcsc.NO_SERVICE, pcsc.SERVICE_STOPPED, pcsc.INVALID_HANDLE, pcsc.SECURITY_VIOLATION]
)
async def test_pcscd_that_dies_breaks_the_run_and_the_next_makes_new_contexts(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery, code: int
) -> None:
    with pytest.RaisesGroup(pytest.RaisesExc(Broken, match="stopped")):
        async with trio.open_nursery() as watching:
            await watching.start(reader.run, sightings.see)
            scard.fail(code)
    assert scard.contexts == set()
    scard.fail(pcsc.SUCCESS)
    await nursery.start(reader.run, sightings.see)
    scard.place(UID, PLAIN)
    await sightings.until(UID)


@pytest.mark.parametrize("code", [pcsc.COMM_ERROR, pcsc.NO_SERVICE, pcsc.SECURITY_VIOLATION])
async def test_pcscd_that_dies_while_a_card_is_read_breaks_the_run(
    scard: FakeScard, reader: PcscReader, code: int
) -> None:
    scard.readers[PLAIN].answers.append(code)
    scard.place(UID, PLAIN)
    assert isinstance(await fault_of(reader), Broken)
    assert (scard.contexts, scard.cards) == (set(), {})


async def test_cancelling_goes_on_until_the_thread_has_heard_it(
    scard: FakeScard, reader: PcscReader, sightings: Sightings
) -> None:
    scard.place(UID, PLAIN)
    async with trio.open_nursery() as watching:
        await watching.start(reader.run, sightings.see)
        await sightings.until(UID)
        scard.place(None, PLAIN)
        await sightings.until(None)
        with trio.fail_after(PATIENCE_S):
            while not scard.waiting:
                await trio.sleep(0.001)
        scard.cancels_to_lose = 3
        watching.cancel_scope.cancel()
    assert (scard.contexts, scard.cards) == (set(), {})


async def test_an_unknown_failure_is_broken_and_names_its_code(scard: FakeScard, reader: PcscReader) -> None:
    scard.fail(0x80100001)
    fault = await fault_of(reader)
    assert isinstance(fault, Broken)
    assert "80100001" in str(fault)


async def test_a_reader_unplugged_is_missing_and_found_again_once_plugged_in(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery
) -> None:
    with pytest.RaisesGroup(pytest.RaisesExc(Missing, match="unplugged")):
        async with trio.open_nursery() as watching:
            await watching.start(reader.run, sightings.see)
            scard.unplug(PLAIN)
    assert not reader.names
    scard.plug(PLAIN)
    await nursery.start(reader.run, sightings.see)
    assert reader.names == (PLAIN,)


async def test_a_reader_plugged_in_later_is_watched_too(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery
) -> None:
    await nursery.start(reader.run, sightings.see)
    scard.plug(ACR)
    scard.place(UID, ACR)
    await sightings.until(UID)
    assert reader.names == (PLAIN, ACR)


async def test_when_one_of_two_is_unplugged_the_other_serves_on(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery
) -> None:
    scard.plug(ACR)
    scard.place(OTHER, PLAIN)
    await nursery.start(reader.run, sightings.see)
    await sightings.until(OTHER)
    scard.unplug(PLAIN)
    scard.place(UID, ACR)
    await sightings.until(UID)
    assert reader.names == (ACR,)
    assert ReaderGone(PLAIN) in sightings.raw


async def test_a_slot_for_sams_is_no_reader(scard: FakeScard, reader: PcscReader) -> None:
    scard.unplug(PLAIN)
    scard.plug(SAM)
    scard.place(UID, SAM)
    assert isinstance(await fault_of(reader), Missing)


async def test_a_reader_that_another_program_holds_is_busy_before_it_counts_as_started(
    scard: FakeScard, reader: PcscReader, nursery: trio.Nursery, sightings: Sightings
) -> None:
    scard.place(UID, PLAIN)
    scard.readers[PLAIN].connect_codes.append(pcsc.SHARING_VIOLATION)
    with pytest.raises(Busy, match="Another program"):
        await nursery.start(reader.run, sightings.see)
    await nursery.start(reader.run, sightings.see)
    await sightings.until(UID)


@pytest.mark.parametrize(
    "answer",
    [pcsc.REMOVED_CARD, pcsc.RESET_CARD, pcsc.NOT_TRANSACTED, b"", b"\x90", b"\x63\x00", bytes(8) + b"\x90\x00"],
)
async def test_a_torn_reading_is_nothing_there_and_is_tried_again(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery, answer: bytes | int
) -> None:
    scard.readers[PLAIN].answers.append(answer)
    scard.place(UID, PLAIN)
    await nursery.start(reader.run, sightings.see)
    assert [await sightings.next(), await sightings.next()] == [None, UID]


@pytest.mark.parametrize("code", [0x80100066, 0x80100067, pcsc.REMOVED_CARD, pcsc.READER_UNAVAILABLE, 0x8010000F])
async def test_a_card_that_cannot_be_connected_is_nothing_there_and_is_tried_again(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery, code: int
) -> None:
    scard.readers[PLAIN].connect_codes.append(code)
    scard.place(UID, PLAIN)
    await nursery.start(reader.run, sightings.see)
    assert [await sightings.next(), await sightings.next()] == [None, UID]


async def test_another_program_that_looks_at_the_card_causes_no_reading(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc_reader, "REREAD_MS", 60_000)
    scard.place(UID, PLAIN)
    await nursery.start(reader.run, sightings.see)
    await sightings.until(UID)
    for times in range(6):
        waits = scard.waits
        scard.use(times % 2 == 0, PLAIN)
        with trio.fail_after(PATIENCE_S):
            while scard.waits == waits:
                await trio.sleep(0.001)
    scard.place(None, PLAIN)
    await sightings.until(None)
    assert scard.readers[PLAIN].transmitted == [GET_UID]


async def test_a_pcscd_that_hangs_breaks_the_run_until_it_answers(
    scard: FakeScard,
    reader: PcscReader,
    sightings: Sightings,
    nursery: trio.Nursery,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pcsc_reader, "IDLE_MS", 10)
    monkeypatch.setattr(pcsc_reader, "STALLED_S", 0.5)
    with trio.fail_after(PATIENCE_S), pytest.RaisesGroup(pytest.RaisesExc(Broken, match="does not answer")):
        async with trio.open_nursery() as watching:
            await watching.start(reader.run, sightings.see)
            scard.hang()
    assert isinstance(await fault_of(reader), Broken)
    told = list(sightings.all)
    scard.place(UID, PLAIN)
    scard.hang(False)
    with trio.fail_after(PATIENCE_S):
        while scard.contexts:
            await trio.sleep(0.01)
    assert sightings.all == told  # what the thread found after it was given up is nobody's
    await nursery.start(reader.run, sightings.see)
    await sightings.until(UID)


async def test_a_sink_that_fails_ends_the_run_with_its_own_error(scard: FakeScard, reader: PcscReader) -> None:
    def see(_: Sighting | ReaderGone) -> None:
        raise LookupError("a defect")

    with pytest.RaisesGroup(pytest.RaisesExc(LookupError, match="a defect")):
        await reader.run(see)
    assert scard.contexts == set()


async def test_the_detection_beep_of_an_acr122u_is_turned_off_at_once_where_the_driver_lets_us(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery
) -> None:
    scard.plug(ACR).takes_escapes = True
    await nursery.start(reader.run, sightings.see)
    scard.place(UID, ACR)
    await sightings.until(UID)
    assert scard.readers[ACR].escaped == PREPARED
    assert scard.readers[PLAIN].escaped == []
    assert NO_BEEP not in scard.readers[ACR].transmitted


async def test_the_detection_beep_of_an_acr122u_is_else_turned_off_through_the_first_card_and_once(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery
) -> None:
    scard.plug(ACR)
    await nursery.start(reader.run, sightings.see)
    scard.place(UID, ACR)
    await sightings.until(UID)
    await sightings.until(UID)
    assert scard.readers[ACR].transmitted == [GET_UID, *PREPARED, GET_UID]


async def test_an_acr122u_that_looks_for_our_tags_only_is_not_told_again(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery
) -> None:
    acr = scard.plug(ACR)
    acr.takes_escapes, acr.parameter = True, 0xE1
    await nursery.start(reader.run, sightings.see)
    assert acr.escaped == [NO_BEEP, ASK]


@pytest.mark.parametrize("escapes", [True, False])
async def test_a_reader_that_knows_nothing_of_that_reads_tags_as_any_other(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery, escapes: bool
) -> None:
    acr = scard.plug(ACR)
    acr.takes_escapes, acr.knows_commands = escapes, False
    await nursery.start(reader.run, sightings.see)
    for uid in (UID, OTHER):
        scard.place(uid, ACR)
        await sightings.until(uid)
    await reader.signal("ok", ACR)
    scard.place(None, ACR)
    await sightings.until(None)
    assert acr.transmitted.count(NO_BEEP) == 1  # asked once more through the first card, and then no more


async def test_a_reader_whose_kinds_of_tags_cannot_be_chosen_is_silenced_all_the_same(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery
) -> None:
    acr = scard.plug(ACR)
    acr.takes_escapes, acr.parameter = True, None
    await nursery.start(reader.run, sightings.see)
    scard.place(UID, ACR)
    await sightings.until(UID)
    assert acr.escaped == PREPARED
    assert acr.transmitted == [GET_UID]


@pytest.mark.parametrize(("sign", "command"), SIGNS.items())
async def test_a_signal_goes_to_an_acr122u_through_its_card_or_as_an_escape(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery, sign: Sign, command: bytes
) -> None:
    scard.unplug(PLAIN)
    acr = scard.plug(ACR)
    acr.takes_escapes = True
    await nursery.start(reader.run, sightings.see)
    await reader.signal(sign, ACR)
    assert acr.escaped == [*PREPARED, command]
    scard.place(UID, ACR)
    await sightings.until(UID)
    await reader.signal(sign, ACR)
    assert command in acr.transmitted
    assert acr.escaped == [*PREPARED, command]


async def test_a_signal_that_the_driver_refuses_is_quietly_nothing(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery
) -> None:
    scard.unplug(PLAIN)
    scard.plug(ACR)
    await nursery.start(reader.run, sightings.see)
    await reader.signal("ok", ACR)


async def test_a_signal_while_nobody_watches_is_quietly_nothing(scard: FakeScard, reader: PcscReader) -> None:
    await reader.signal("ok", ACR)
    assert scard.contexts == set()


async def test_a_signal_to_a_pcscd_that_hangs_is_given_up(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pcsc_reader, "SIGNAL_S", 0.05)
    scard.unplug(PLAIN)
    scard.plug(ACR)
    await nursery.start(reader.run, sightings.see)
    scard.hang()
    with trio.fail_after(PATIENCE_S):
        await reader.signal("ok", ACR)
        await reader.signal("unknown", ACR)
    scard.hang(False)


@pytest.mark.parametrize("code", [pcsc.NO_SERVICE, pcsc.COMM_ERROR])
async def test_a_signal_as_pcscd_dies_is_quietly_nothing(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, code: int
) -> None:
    scard.unplug(PLAIN)
    scard.plug(ACR)
    with pytest.RaisesGroup(Broken):
        async with trio.open_nursery() as watching:
            await watching.start(reader.run, sightings.see)
            scard.fail(code)
            await reader.signal("ok", ACR)


# --- several readers ------------------------------------------------------------------------------------------------


async def test_each_of_several_readers_tells_what_lies_on_it(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery
) -> None:
    scard.plug(ACR)
    scard.place(UID, PLAIN)
    scard.place(OTHER, ACR)
    await nursery.start(reader.run, sightings.see)
    await sightings.until(OTHER)
    scard.place(None, PLAIN)
    await sightings.until(None)
    told = [each for each in sightings.raw if isinstance(each, Sighting)]
    assert {(each.reader, each.tag_id) for each in told} == {(PLAIN, UID), (ACR, OTHER), (PLAIN, None)}


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("acr122", (ACR,)),
        ("plain*00 00", (PLAIN,)),
        ("Reader ?? 00", (PLAIN,)),
        ("", (PLAIN, ACR)),
        ("0 0", (PLAIN, ACR)),
    ],
)
async def test_readers_are_chosen_by_a_part_of_their_names(
    scard: FakeScard, sightings: Sightings, nursery: trio.Nursery, pattern: str, wanted: tuple[str, ...]
) -> None:
    scard.plug(ACR)
    reader = PcscReader(RealPorts(), scard, pattern=pattern)
    await nursery.start(reader.run, sightings.see)
    assert reader.names == wanted


async def test_a_name_that_no_reader_has_is_said_with_the_names_that_there_are(scard: FakeScard) -> None:
    fault = await fault_of(PcscReader(RealPorts(), scard, pattern="ACR"))
    assert (type(fault), str(fault)) == (Missing, f"None of the tag readers is called 'ACR': {PLAIN}.")


@pytest.mark.parametrize(
    ("uid", "is_random"), [("08A1B2C3", True), ("04A1B2C3", False), ("08A1B2C3D4E5F6", False), ("A808A1B2", False)]
)
async def test_a_number_that_is_another_one_each_time_is_told_as_such(
    scard: FakeScard, reader: PcscReader, sightings: Sightings, nursery: trio.Nursery, uid: str, is_random: bool
) -> None:
    scard.place(uid, PLAIN)
    await nursery.start(reader.run, sightings.see)
    await sightings.until(uid)
    assert sightings.raw[-1] == Sighting(uid, PLAIN, is_random)
