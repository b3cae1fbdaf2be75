"""What is read of a command before anybody obeys it: whatever comes, a click or a refusal in words."""

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from tomb.errors import BadRequest, NotFound
from tomb.nurseries.mqtt.commands import COMMANDS, read

NAMES = st.sampled_from(sorted(COMMANDS)) | st.text(max_size=20)
PAYLOADS = st.one_of(
    st.binary(max_size=2000),
    st.text(max_size=20).map(str.encode),
    st.integers().map(lambda number: b"%d" % number),
    st.sampled_from([b"PRESS", b"ON", b"OFF", b"none", b"track", b"1.0", b"", b"\x00", b"nan", b"1_0", b" 1", b"+1"]),
)


@given(NAMES, PAYLOADS)
def test_whatever_is_asked_for_is_understood_or_refused(name: str, payload: bytes) -> None:
    with suppress(BadRequest, NotFound):
        assert callable(read(name, payload))


@given(st.integers(-5, 2000))
def test_a_number_is_taken_within_its_bounds_and_nowhere_else(number: int) -> None:
    for name, most in (("volume", 100), ("sleep", 1440)):
        try:
            read(name, b"%d" % number)
        except BadRequest:
            assert not 0 <= number <= most
        else:
            assert 0 <= number <= most
