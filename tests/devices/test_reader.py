"""The reader without hardware, and the one spelling of a tag's number. On virtual time."""

from random import Random

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from tests.rigs.sightings import Sightings
from tomb.devices.reader import UID_SIZES, VIRTUAL, Sighting, VirtualReader, has_random_uid, parse_uid
from tomb.errors import Busy

UID = "04A22B3C4D5E80"
OTHER = "04DEADBEEF0180"


async def test_placing_and_lifting_are_seen_as_they_happen(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    reader, sightings = VirtualReader(), Sightings()
    await nursery.start(reader.run, sightings.see)
    reader.place(UID)
    reader.place(OTHER)
    reader.lift()
    assert sightings.all == [None, UID, OTHER, None]


async def test_a_tag_placed_before_anybody_watched_is_told_at_once(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    reader, sightings = VirtualReader(), Sightings()
    reader.place(UID)
    await nursery.start(reader.run, sightings.see)
    assert sightings.all == [UID]


async def test_nobody_is_told_after_the_end_and_it_can_be_watched_anew(autojump_clock: MockClock) -> None:
    reader, first, second = VirtualReader(), Sightings(), Sightings()
    for sightings in (first, second):
        async with trio.open_nursery() as nursery:
            await nursery.start(reader.run, sightings.see)
            reader.place(UID)
            nursery.cancel_scope.cancel()
        reader.lift()
    assert (first.all, second.all) == ([None, UID], [None, UID])


async def test_it_has_one_watcher_at_a_time(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    reader = VirtualReader()
    await nursery.start(reader.run, Sightings().see)
    with pytest.raises(Busy):
        await reader.run(Sightings().see)


async def test_it_remembers_the_last_signal(autojump_clock: MockClock) -> None:
    reader = VirtualReader()
    await reader.signal("unknown", VIRTUAL)
    assert reader.signalled == "unknown"


def test_it_says_what_lies_on_it() -> None:
    reader = VirtualReader()
    reader.place("04:a2:2b:3c")
    assert reader.tag_id == "04A22B3C"
    assert "04A22B3C" in repr(reader)


def test_what_is_no_tag_is_not_placed() -> None:
    reader = VirtualReader()
    reader.place(UID)
    with pytest.raises(ValueError, match="hexadecimal"):
        reader.place("a song")
    assert reader.tag_id == UID


@pytest.mark.parametrize("text", ["04:A2:2B:3C", "04a22b3c", " 04 a2 2b 3c\n", "04-A2-2b-3C", "04.a2.2b.3c"])
def test_a_tag_number_has_many_spellings_and_is_one(text: str) -> None:
    assert parse_uid(text) == "04A22B3C"


@given(st.sampled_from(UID_SIZES).flatmap(lambda size: st.binary(min_size=size, max_size=size)), st.randoms())
def test_however_a_tag_number_is_written_it_is_the_same_one(uid: bytes, chance: Random) -> None:
    pairs = [chance.choice((str.upper, str.lower))(f"{byte:02X}") for byte in uid]
    written = "".join(chance.choice(("", ":", "-", " ", ".", ": ")) + pair for pair in pairs) + chance.choice(
        ("", "\n")
    )
    assert parse_uid(written) == uid.hex().upper()


@given(st.binary(min_size=1, max_size=12))
def test_a_number_is_random_if_it_has_four_bytes_and_begins_with_08(uid: bytes) -> None:
    assert has_random_uid(uid) == (uid.hex()[:2] == "08" and len(uid) == 4)


async def test_a_phone_is_told_as_what_it_is(autojump_clock: MockClock, nursery: trio.Nursery) -> None:
    reader, sightings = VirtualReader(), Sightings()
    await nursery.start(reader.run, sightings.see)
    reader.place("08A1B2C3", is_random=True)
    reader.place("08A1B2C4")
    assert sightings.raw[1:] == [Sighting("08A1B2C3", VIRTUAL, True), Sighting("08A1B2C4", VIRTUAL, False)]


@given(
    st.sampled_from([4, 7, 10]).flatmap(lambda size: st.binary(min_size=size, max_size=size)), st.sampled_from(":- .")
)
def test_every_tag_number_is_read_back_as_itself(uid: bytes, separator: str) -> None:
    assert parse_uid(uid.hex(separator)) == uid.hex().upper() == parse_uid(parse_uid(uid.hex()))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "hexadecimal"),
        ("04:A2:2B:3G", "hexadecimal"),
        ("0x04A22B3C", "hexadecimal"),
        ("\u0660\u0664A22B3C", "hexadecimal"),  # digits to Python, but not to a reader
        ("04A22B", "4, 7 or 10 bytes"),
        ("04A22B3", "4, 7 or 10 bytes"),
        ("04A22B3C4D5E8011", "4, 7 or 10 bytes"),
        ("04" * 11, "4, 7 or 10 bytes"),
    ],
)
def test_what_is_no_tag_number_is_refused_with_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_uid(text)
