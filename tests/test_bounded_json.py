"""JSON that would cost a thousand times its size is refused before anything is made of it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomb.bounded_json import TooMuchJson, check, load


@pytest.mark.parametrize(
    ("raw", "bound"),
    [
        (b"[" * 2**20, "nested"),
        (b'{"a":' * 2**18, "nested"),
        (b"[" + b"[]," * 2**20 + b"[]]", "values"),
        (b"[" + b"1," * 2**20 + b"1]", "values"),
        (b"{" + b'"":0,' * 2**20 + b'"":0}', "values"),
        (b'"' + b"x" * 2**20 + b'",' + b"," * 2**20, "values"),
        (b"[1" + b"0" * 2**20 + b"]", "digits"),
    ],
    ids=["lists", "objects", "empty lists", "numbers", "fields", "beside a string", "a number"],
)
def test_what_would_cost_much_is_refused(raw: bytes, bound: str) -> None:
    with pytest.raises(TooMuchJson, match=bound):
        check(raw, values=10_000, depth=32)


@pytest.mark.parametrize(
    "raw",
    [
        b'"' + b"[{,:" * 2**18 + b'"',
        rb'"' + rb"\"[" * 2**18 + b'"',
        rb'["\\", "' + rb"\\[" * 2**18 + b'"]',
        b'{"title": "' + b"1" * 2**20 + b'"}',
        b"[" + b"1," * 9_000 + b"1]",
    ],
    ids=["brackets in a string", "escaped quotes", "escaped backslashes", "a long string", "many"],
)
def test_what_only_looks_like_it_is_not(raw: bytes) -> None:
    check(raw, values=10_000, depth=32)
    assert load(raw, size=2**23, values=10_000, depth=32) == json.loads(raw)


@pytest.mark.parametrize("inner", [b"x", b'\\"', b"\\\\", b"\\"], ids=repr)
def test_a_string_without_an_end_is_read_over_once(inner: bytes) -> None:
    """Reading it over from each of its quotes would take hours."""
    check(b'["' + inner * (2**21 + 1), values=10, depth=1)


def test_strings_without_anything_between_them_are_too_many_too() -> None:
    with pytest.raises(TooMuchJson, match="values"):
        check(b'"' * 2**21, values=10_000, depth=1)


LEAF = st.none() | st.integers(-(2**63), 2**63) | st.text()
JSON = st.recursive(LEAF, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


def counted(value: object) -> tuple[int, int]:
    """How many values there are in it, names of fields included, and how deep they are nested."""
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    names = len(value) if isinstance(value, dict) else 0
    counts = [counted(each) for each in inner]
    deeper = 1 + max((depth for _, depth in counts), default=0) if isinstance(value, dict | list) else 0
    return 1 + names + sum(count for count, _ in counts), deeper


@given(JSON)
def test_it_counts_what_is_there(value: object) -> None:
    """Brackets and commas may begin a value more than there is (an empty list holds none), never fewer."""
    raw, (values, depth) = json.dumps(value).encode(), counted(value)
    check(raw, values=2 * values, depth=depth)
    if depth:
        with pytest.raises(TooMuchJson):
            check(raw, values=2 * values, depth=depth - 1)
    if values > 1:
        with pytest.raises(TooMuchJson):
            check(raw, values=(values - 1) // 2, depth=depth)


def test_more_bytes_than_may_be_are_not_even_looked_at() -> None:
    with pytest.raises(TooMuchJson, match="bytes"):
        load(b"[]" * 100, size=100, values=10, depth=10)
