"""Names are sorted as people expect it, here as in the browser."""

import json
import random
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from tomb.library.sorting import key

NAMES = [
    "Äpfel", "Apfel", "apfel", "äpfel", "Zebra", "zebra", "Öl", "Ofen", "Über", "Uhu", "Straße", "Strasse", "Strassen",
    "2", "10", "02", "1-2", "12", "1.2", "2 again", "Folge 2", "Folge 10", "Folge 2b", "folge 2a", "Folge", "Folge2",
    "'Die Maus'", "Die Maus", "Die-Maus", "(Die) Mause", "[Live] Maus", "„Maus“", "€ 5", "+1", "#1", "& so", "$",
    "Été", "Ete", "Étoile", "Noël", "Noel", "Çà", "Ca", "Łódź", "Lodz", "Zażółć", "Ørsted", "Orson", "Æsop", "Aesop",
    "Œuvre", "ñandú", "nandu", "nz", "Αλφα", "Ωμεγα", "Абв", "Ящик", "İstanbul", "Istanbul", "Éte\u0301", "a b", "ab",
]  # fmt: skip


def in_a_browser(names: list[str], locale: str) -> list[str]:
    """As V8, and its ICU, sort them."""
    script = """
        const collator = new Intl.Collator(process.argv[1], { numeric: true, ignorePunctuation: true })
        const names = JSON.parse(require('node:fs').readFileSync(0))
        console.log(JSON.stringify(names.sort(collator.compare)))
    """
    done = subprocess.run(
        ["node", "-e", script, locale], input=json.dumps(names), capture_output=True, text=True, check=True
    )
    sorted_names: list[str] = json.loads(done.stdout)
    return sorted_names


def test_the_box_sorts_as_the_browser_does() -> None:
    chance = random.Random(1)
    for locale in ("en", "de", "en", "de"):
        chance.shuffle(NAMES)
        there = in_a_browser(NAMES, locale)
        # What only punctuation tells apart is one to the browser: it keeps the order in which it got them.
        assert [key(each)[:3] for each in there] == [
            key(each)[:3] for each in sorted(there, key=lambda each: key(each)[:3])
        ]


def test_what_everybody_expects() -> None:
    names = ["Zebra", "10", "Äpfel", "2", "apfel", "Straße 2", "Strasse 10"]
    assert sorted(names, key=key) == ["2", "10", "apfel", "Äpfel", "Straße 2", "Strasse 10", "Zebra"]


@given(st.text(), st.text())
def test_it_is_an_order_of_any_names(one: str, other: str) -> None:
    assert (key(one) < key(other)) or (key(one) >= key(other))


@given(st.integers(0, 10**30), st.integers(0, 10**30), st.text())
def test_numbers_in_names_are_in_their_order(one: int, other: int, around: str) -> None:
    around = "".join(char for char in around if not char.isdigit())
    assert (key(f"{around}{one}{around}") < key(f"{around}{other}{around}")) == (one < other)
