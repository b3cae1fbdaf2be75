"""Names and tags are bytes, and somebody wrote them in some encoding that nobody wrote down.

What is UTF-8 is UTF-8: other text is hardly ever that by chance. Else it is of Windows (CP1252, and with it Latin-1),
of DOS, whose CP850 and CP437 are what zip archives had names in until 2006 and many have today, or of a Mac before OS
X: whichever gives more letters that people here have in their names, where they have them. The last two share nearly
all of their codes, so a single letter may be either: "Mère" of DOS is "Märe" of a Mac. What is German is believed then.
"""

_COMMON, _KNOWN, _RARE, _ODD = 4, 3, 2, -3
_LETTERS = (
    dict.fromkeys("äöüÄÖÜß", _COMMON)
    | dict.fromkeys("éèêçÉñåøæÅØ", _KNOWN)
    | dict.fromkeys("ëïâàôîûùáíóúÆÈÀÇÊÔœõã’", _RARE)
    | dict.fromkeys("šžŠŽÿ‘“”„–—«»°·¡¿´©®", 1)
    | dict.fromkeys("€§\xa0…", 0)
)
_VOWELS = frozenset("aeiouyäöüéèêëâàôîïûùáíóú")


def read(raw: bytes) -> str:
    """As text, without surrogates, whatever the bytes are."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return max((raw.decode(each, "replace") for each in ("cp1252", "cp850", "mac_roman")), key=_likely)


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
    spaced = f" {text} "
    return sum(
        _ODD if _is_odd(before, char, after) else 3 if char == "…" and not after.isalnum() else _LETTERS.get(char, _ODD)
        for before, char, after in zip(spaced, spaced[1:], spaced[2:], strict=False)
        if not char.isascii()
    )


def _is_odd(before: str, char: str, after: str) -> bool:
    """Whether nobody writes that letter there."""
    if char.isupper() and before.isalpha() and (before.islower() or after.islower()):  # "TrŠume", "MÜwe"
        return True
    behind_vowel, before_vowel = before.lower() in _VOWELS, after.lower() in _VOWELS
    match char.lower():
        case "ß" | "ï" | "ë":
            return not behind_vowel
        case "ä" | "ö" | "ü":
            return before.lower() in ("a", "o") or (before_vowel and (char.lower(), after.lower()) != ("ä", "u"))
        case "æ" | "å":
            return behind_vowel
        case "ç":
            return not before_vowel
    return char in "éèê" and before_vowel and not before.isalpha()
