"""The demo's melodies, as notes: folk tunes and composers whose music belongs to everybody, and a few of our own.

A note is its name, octave and beats: `C4` is one beat, `C4/2` two, `C4/.5` half a beat, `R` a rest. A chord is a
letter, with an `m` if it is minor, and lasts a bar unless its beats are said likewise.
"""

from typing import Literal

from msgspec import Struct

Voice = Literal["flute", "harp", "bells"]


class Tune(Struct, frozen=True):
    title: str
    artist: str
    beats_a_minute: int
    beats_a_bar: int
    melody: str
    chords: str
    pickup: float = 0  # beats before the first full bar


class Set(Struct, frozen=True):
    """One playlist of the demo, and the virtual tag that it is linked to."""

    title: str
    description: str
    tag_id: str
    voice: Voice
    tunes: tuple[Tune, ...]


_FRERE = (
    "C4 D4 E4 C4 C4 D4 E4 C4 E4 F4 G4/2 E4 F4 G4/2 "
    "G4/.5 A4/.5 G4/.5 F4/.5 E4 C4 G4/.5 A4/.5 G4/.5 F4/.5 E4 C4 C4 G3 C4/2 C4 G3 C4/2 "
)
_BIRDS = "C4/1.5 E4/.5 G4 C5 A4 C5/.5 A4/.5 G4/2 F4/1.5 G4/.5 E4 C4 D4/2 C4/2 "
_BIRDS_REPLY = "G4 G4 F4 F4 E4 G4/.5 E4/.5 D4/2 "
_MOON = "C4 C4 C4 D4 E4/2 D4/2 C4 E4 D4 D4 C4/4 "
_STAR = "C5 C5 G5 G5 A5 A5 G5/2 F5 F5 E5 E5 D5 D5 C5/2 "
_STAR_REPLY = "G5 G5 F5 F5 E5 E5 D5/2 "
_LULLABY = (
    "E5/.5 E5/.5 G5/1.5 E5/.5 E5 G5/2 E5/.5 G5/.5 C6 B5/1.5 A5/.5 A5 G5 D5/.5 E5/.5 F5/1.5 D5/.5 D5/.5 E5/.5 "
    "F5/2 D5/.5 F5/.5 B5/.5 A5/.5 G5 B5 C6/2 C5/.5 C5/.5 C6/2 A5/.5 F5/.5 G5/2 E5/.5 C5/.5 F5 G5 A5 "
    "G5/2 C5/.5 C5/.5 C6/2 A5/.5 F5/.5 G5/2 E5/.5 C5/.5 F5 E5 D5 C5/2"
)
_JOY = "E5 E5 F5 G5 G5 F5 E5 D5 C5 C5 D5 E5 "
_JOY_REPLY = "D5 D5 E5 C5 D5 E5/.5 F5/.5 E5 C5 D5 E5/.5 F5/.5 E5 D5 C5 D5 G4/2 "
_RAIN = (
    "C5/.5 E5/.5 G5/.5 C6/.5 G5/.5 E5/.5 G5/.5 E5/.5 A4/.5 C5/.5 E5/.5 A5/.5 E5/.5 C5/.5 E5/.5 C5/.5 "
    "F4/.5 A4/.5 C5/.5 F5/.5 C5/.5 A4/.5 C5/.5 A4/.5 G4/.5 B4/.5 D5/.5 G5/.5 D5/.5 B4/.5 D5/.5 B4/.5 "
)
_CAROUSEL = "E5 G5 C6 B5/2 G5 A5 F5 A5 G5/3 F5 A5 D6 C6/2 A5 B5 G5 B5 C6/3 "
_POND = "G5/2 E5 A5 G5/3 R F5/2 D5 G5 E5/3 R A5/2 C6 B5 A5/2 G5/2 F5 E5 D5 B4 C5/4"

_TWO = "C F/2 C/2 F/2 C/2 G/2 C/2 "
_REPLY = "C/2 G/2 C/2 G/2 "

FOLK = Set(
    "Folk Songs",
    "Three tunes that everybody can sing.",
    "04A1B2C3",
    "flute",
    (
        Tune("Frère Jacques", "Traditional", 116, 4, _FRERE * 2, "C " * 16),
        Tune(
            "Alle Vögel sind schon da", "Traditional", 112, 4,
            _BIRDS + _BIRDS_REPLY * 2 + _BIRDS, _TWO + _REPLY * 2 + _TWO,
        ),
        Tune(
            "Au clair de la lune", "Traditional", 120, 4,
            _MOON * 2 + "D4 D4 D4 D4 A3/2 A3/2 D4 C4 B3 A3 G3/4 " + _MOON,
            "C C/2 G/2 C/2 G/2 C " * 2 + "Dm Am G/2 D/2 G " + "C C/2 G/2 C/2 G/2 C",
        ),
    ),
)  # fmt: skip
NIGHT = Set(
    "Good Night",
    "Quiet music for the end of the day.",
    "04D4E5F6",
    "bells",
    (
        Tune(
            "Twinkle, Twinkle, Little Star", "Traditional", 96, 4,
            _STAR + _STAR_REPLY * 2 + _STAR, _TWO + "C/2 F/2 C/2 G/2 " * 2 + _TWO,
        ),
        Tune("Lullaby", "Johannes Brahms", 84, 3, _LULLABY, "C C C G G G G C F C F C F C G C/2", pickup=1),
        Tune("The Moon in the Pond", "TOMB", 72, 4, _POND, "C C Dm C F C G C"),
    ),
)  # fmt: skip
BOX = Set(
    "The Little Music Box",
    "What a box of wood and steel would play.",
    "04778899",
    "harp",
    (
        Tune(
            "Ode to Joy", "Ludwig van Beethoven", 132, 4,
            _JOY + "E5/1.5 D5/.5 D5/2 " + _JOY + "D5/1.5 C5/.5 C5/2 " + _JOY_REPLY + _JOY + "D5/1.5 C5/.5 C5/2 ",
            "C G C G C G C G/2 C/2 " + "G/2 C/2 " * 3 + "C/2 G/2 " + "C G C G/2 C/2",
        ),
        Tune("Rain on the Window", "TOMB", 104, 4, _RAIN * 3 + "C5/4", "C Am F G " * 3 + "C"),
        Tune("Carousel", "TOMB", 150, 3, _CAROUSEL * 2, "C G F C Dm F G C " * 2),
    ),
)  # fmt: skip
SETS = (FOLK, NIGHT, BOX)
