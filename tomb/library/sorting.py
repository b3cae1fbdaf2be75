"""The order of names, as people expect it: "Äpfel" before "Zebra", "2" before "10", whatever the case.

It approximates what a browser's `Intl.Collator` does with `numeric` and `ignorePunctuation`, which the web UI sorts by:
the root order of the Unicode Collation Algorithm, in which accents count only between words that are otherwise equal,
and case only after that. ICU itself would be the right thing; what the package index has of it is either built against
the system's library, or 10 MB and more. What differs: languages that have an order of their own (ä in Swedish comes
behind z), and scripts whose letters are not in the order of their numbers (Chinese).
"""

import re
import unicodedata

_RUNS = re.compile(r"(\d+)")
# Letters that are no base letter with a mark to Unicode, but to the order of words.
_PLAIN = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ı": "i", "ŧ": "t"})

_SYMBOLS = ("Sk", "So", "Sm", "Sc")  # money comes last

_SYMBOL, _NUMBER, _LETTER = range(3)
_Token = tuple[int, int, str]
Key = tuple[tuple[_Token, ...], str, str, str]


def key(name: str) -> Key:
    """What to sort names by. Punctuation and spaces are passed over; symbols, digits, letters come in this order."""
    tokens: list[_Token] = []
    marks = ""
    for place, run in enumerate(_RUNS.split(name)):
        if place % 2:
            tokens.append((_NUMBER, int(run), ""))
            continue
        for char in unicodedata.normalize("NFKD", run).casefold().translate(_PLAIN):
            match unicodedata.category(char)[0]:
                case "M":
                    marks += chr(len(tokens)) + char  # the later the mark, the later the name
                case "S":
                    tokens.append((_SYMBOL, _SYMBOLS.index(unicodedata.category(char)), char))
                case "L" | "N":
                    tokens.append((_LETTER, 0, char))
    cases = "".join(char for char in unicodedata.normalize("NFKD", name).swapcase() if char.isalpha())
    return tuple(tokens), marks, cases, name
