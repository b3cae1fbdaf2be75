"""What an archive says about itself is a stranger's JSON: it is measured before anybody parses it."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomb import bounded_json
from tomb.library.archives import archive, manifest
from tomb.library.archives.archive import BadArchive
from tomb.library.archives.manifest import Manifest, PlaylistCard, TrackCard

LARGEST = archive.TEXT_LIMITS[archive.MANIFEST]
TRACK = TrackCard(title="t" * 30, filename="f" * 40, artist="a" * 20, album="b" * 20, file="0" * 64 + ".mp3",
                  cover="1" * 64 + ".jpg")  # fmt: skip


def filled(piece: bytes) -> bytes:
    return piece * (LARGEST // len(piece))


COSTLY = {
    "nested lists": filled(b"["),
    "nested objects": filled(b'{"a":'),
    "nested a little": b"[" + filled(b"[[[[]]]],"),
    "many lists": b"[" + filled(b"[],") + b"[]]",
    "many numbers": b"[" + filled(b"1,") + b"1]",
    "many keys": b'{"":0' + filled(b',"":0') + b"}",
    "one number": b'{"format":' + filled(b"9") + b"}",
    "one fraction": b'{"format":0.' + filled(b"9") + b"}",
    "strings that never end": filled(b'"a'),
    "brackets in what looks like strings": b'{"a\\\\":' + filled(b"["),
}


@pytest.mark.parametrize("name", COSTLY)
def test_what_would_cost_much_is_refused_before_it_is_parsed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def parsed(_: bytes) -> object:
        raise AssertionError("it was parsed")

    monkeypatch.setattr(bounded_json, "from_json", parsed)
    tracemalloc.start()
    try:
        with pytest.raises(BadArchive):
            manifest.decoded(COSTLY[name], "playlist")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("piece", [b'"', b'\\"', b'"\\', b"\\", b'""', b"a"])
def test_no_byte_is_looked_at_twice(piece: bytes) -> None:
    """A pattern that backs up over a string of 8 MB, once for each of its bytes, would never come to an end here."""
    for content in (filled(piece), b'"' + filled(piece), b'{"a":"' + filled(piece)):
        with pytest.raises(BadArchive):
            manifest.decoded(content, "playlist")


def test_the_largest_playlist_is_taken() -> None:
    made = Manifest(
        kind="playlist", program="1", created="now", playlist=PlaylistCard(title="All", tracks=[TRACK] * 10_000)
    )
    content = manifest.encoded(made)
    assert len(content) < LARGEST
    assert manifest.decoded(content, "playlist") == made


@given(st.text(alphabet='"\\[]{},:ab\n', max_size=30), st.text(alphabet='"\\[{', max_size=30))
def test_what_stands_in_strings_does_not_count(title: str, description: str) -> None:
    made = Manifest(
        kind="playlist",
        program="1",
        created="now",
        playlist=PlaylistCard(title=title, description=description, tracks=[TRACK]),
    )
    assert manifest.decoded(manifest.encoded(made), "playlist") == made
