"""Tag readers that type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomb.devices.typed import LONGEST, PACE_S, TypedLine, tag_of
from tomb.rehearsal.simulated.input import DIGIT, ENTER, LETTER

CODE = DIGIT | LETTER


def typed(text: str, *, pace: float = 0.005) -> str | None:
    line = TypedLine()
    for place, each in enumerate(text):
        assert line.press(CODE[each], place * pace) is None
    return line.press(ENTER, len(text) * pace)


@given(st.text("0123456789ABCDEF", min_size=4, max_size=LONGEST))
def test_what_is_typed_at_a_readers_pace_is_a_line(text: str) -> None:
    assert typed(text) == text


def test_what_a_hand_types_is_none() -> None:
    assert typed("0123456789", pace=2 * PACE_S) is None


def test_a_few_digits_and_enter_are_none() -> None:
    assert typed("123") is None


def test_what_was_left_by_hand_does_not_spoil_a_readers_line() -> None:
    line = TypedLine()
    line.press(CODE["7"], 0.0)
    assert [line.press(code, 5.0) for code in (*(CODE[each] for each in "04A1B2C3"), ENTER)][-1] == "04A1B2C3"


def test_a_line_that_never_ends_takes_no_room() -> None:
    line = TypedLine()
    for place in range(10_000):
        line.press(CODE["1"], place * 0.001)
    assert len(line.press(ENTER, 10.0) or "") == LONGEST


@given(st.binary(min_size=4, max_size=4))
def test_ten_digits_are_the_number_of_a_tag_of_four_bytes(tag: bytes) -> None:
    assert tag_of(f"{int.from_bytes(tag, 'big'):010d}") == tag.hex().upper()


@given(st.sampled_from([4, 7, 10]).flatmap(lambda size: st.binary(min_size=size, max_size=size)))
def test_hexadecimal_of_four_seven_or_ten_bytes_is_the_tag_as_it_is(tag: bytes) -> None:
    assert tag_of(tag.hex().upper()) == tag.hex().upper()


@pytest.mark.parametrize("line", ["4294967296", "12345", "04A1B2C3D4", "0" * 12])
def test_anything_else_is_refused_with_the_reason(line: str) -> None:
    with pytest.raises(ValueError, match="A tag's number"):
        tag_of(line)
