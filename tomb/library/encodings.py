"""Names and tags are bytes, and somebody wrote them in some encoding that nobody wrote down.

What is UTF-8 is UTF-8: other text is hardly ever that by chance. Else it is of Windows (CP1252, and with it Latin-1) or
of a Mac before OS X, whichever gives more letters that people here have in their names.
"""

from itertools import pairwise

_LETTERS = frozenset("äöüÄÖÜßéèêëàâçñôîïûùáíóúåæøÅÆØÉÈÀÇœõã’")
_SELDOM = frozenset("šžŠŽÿ‘“”„–—«»°·¡¿´©®")


def read(raw: bytes) -> str:
    """As text, without surrogates, whatever the bytes are."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return max((raw.decode(each, "replace") for each in ("cp1252", "mac_roman")), key=_likely)


def mended(text: str) -> str:
    """Text of a tag that calls itself Latin-1 and is not: UTF-8 that was taken for it ("TrÃ¤ume"), or CP1252."""
    if text.isascii():
        return text
    for taken_for in ("latin-1", "cp1252"):
        try:
            return text.encode(taken_for).decode("utf-8")
        except UnicodeError:
            continue
    if any("\x80" <= char <= "\x9f" for char in text):  # control characters, which nobody has in a name
        try:
            return read(text.encode("latin-1"))
        except UnicodeEncodeError:
            return text
    return text


def _likely(text: str) -> int:
    return sum(_weight(before, char) for before, char in pairwise(f" {text}") if not char.isascii())


def _weight(before: str, char: str) -> int:
    if before.islower() and char.isupper():  # "TrŠume"
        return -3
    if char in _LETTERS:
        return 2
    return 1 if char in _SELDOM else 0 if char in "…€§\xa0" else -3
