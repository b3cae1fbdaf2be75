"""An update of the box, as a parent sees it.

Whether there is a newer version is looked up in an index: on a parent's request, which is `checking`, and once a day,
of which nobody sees anything unless one is found. `available` waits for a parent: nothing is installed that nobody has
asked for. `installing` is the longest part: the package is fetched, and then left to a program that may do what the
box may not (packaging/update). That program checks it, stops the box, installs it and starts the box again, in the new
version, which begins with what was noted: it is `proving`, and takes no edits before it is `done`. Is it not healthy
in time, the program goes back, and the old version begins with `went_back`.

So the process in which an update began never sees its end. What the program has noted is the truth about all that comes
after the package was left to it; each process learns it when it starts, and while it waits.

`failed` is said of a look, a fetch or a package that was refused: nothing was changed. A version that went back is not
offered again by the daily look: parents would be offered every day what does not work. Whoever asks himself may try.
"""

from msgspec import Struct, field

from tomb.machines.table import STAY, Table, row
from tomb.models import UpdateState

OPEN: tuple[UpdateState, ...] = ("checking", "installing", "proving")
QUIET: tuple[UpdateState, ...] = ("none", "available", "done", "went_back", "failed")


class Ask(Struct, frozen=True):
    """A parent wants to know whether there is a newer version. `wanted`: and have it, if there is."""

    wanted: bool


class Take(Struct, frozen=True):
    """A parent wants this package, whatever the index says. `source`: its address."""

    source: str


class Found(Struct, frozen=True):
    """There is a newer version."""

    version: str


class UpToDate(Struct, frozen=True):
    """There is none."""


class Failed(Struct, frozen=True):
    """It came to nothing. `reason`: a key, for words in any language; `message`: one sentence."""

    reason: str
    message: str
    version: str | None = None


class Begun(Struct, frozen=True):
    """The program is at work on it."""

    version: str | None


class OnTrial(Struct, frozen=True):
    """The new version runs, and is being judged."""

    version: str


class Judged(Struct, frozen=True):
    """It is healthy, and stays."""

    version: str


class WentBack(Struct, frozen=True):
    """The version did not prove itself; the one before is back. `reason`, `message`: as in `Failed`."""

    version: str
    reason: str
    message: str


class LookUp(Struct, frozen=True):
    """Ask the index."""


class Fetch(Struct, frozen=True):
    """Fetch the package and leave it to the program. `source`: its address; None: what was found."""

    source: str | None


class Update(Struct):
    """What the machine knows. `version`: which one this is about; `wanted`: it is installed as soon as it is found."""

    state: UpdateState = "none"
    version: str | None = None
    wanted: bool = False
    reason: str | None = None
    message: str = ""
    effects: list[LookUp | Fetch] = field(default_factory=list)


def is_wanted(update: Update, _: object) -> bool:
    return update.wanted


def is_another(update: Update, event: Found) -> bool:
    return event.version != update.version


def is_wanted_now(_: Update, event: Ask) -> bool:
    return event.wanted


def _look_up(update: Update, event: Ask) -> None:
    update.wanted, update.version, update.reason, update.message = event.wanted, None, None, ""
    update.effects.append(LookUp())


def _want(update: Update, _: Ask) -> None:
    update.wanted = True


def _learn(update: Update, event: Found | Begun | OnTrial | Judged) -> None:
    update.version, update.reason, update.message = event.version, None, ""


def _fetch_found(update: Update, event: Found) -> None:
    _learn(update, event)
    update.effects.append(Fetch(None))


def _fetch(update: Update, _: Ask) -> None:
    update.effects.append(Fetch(None))


def _fetch_from(update: Update, event: Take) -> None:
    update.version, update.reason, update.message = None, None, ""
    update.effects.append(Fetch(event.source))


def _forget(update: Update, _: UpToDate) -> None:
    update.version = None


def _fail(update: Update, event: Failed | WentBack) -> None:
    update.reason, update.message = event.reason, event.message
    update.version = event.version or update.version


UPDATE: Table[Update] = Table(
    "update",
    Update,
    states=("none", "available", "checking", "installing", "proving", "done", "went_back", "failed"),
    initial="none",
    events=(Ask, Take, Found, UpToDate, Failed, Begun, OnTrial, Judged, WentBack),
    rows=[
        row("available", Ask, "installing", when=is_wanted_now, do=_fetch),
        row(QUIET, Ask, "checking", do=_look_up),
        row(QUIET, Take, "installing", do=_fetch_from),
        row(("none", "available", "done", "failed"), Found, "available", do=_learn, note="the daily look"),
        row("went_back", Found, "available", when=is_another, do=_learn),
        row("available", UpToDate, "none", do=_forget),
        row("checking", Ask, STAY, when=is_wanted_now, do=_want),
        row("checking", Found, "installing", when=is_wanted, do=_fetch_found),
        row("checking", Found, "available", do=_learn),
        row("checking", UpToDate, "none", do=_forget),
        row(("checking", "installing", "none"), Failed, "failed", do=_fail),
        row(("none", "installing"), Begun, "installing", do=_learn),
        row(("none", "installing", "proving"), OnTrial, "proving", do=_learn),
        row(("none", "installing", "proving"), Judged, "done", do=_learn),
        row(("none", "installing", "proving"), WentBack, "went_back", do=_fail),
    ],
    ignored={
        "none": (UpToDate,),
        "available": (Failed, Begun, OnTrial, Judged, WentBack),
        "checking": (Take, Begun, OnTrial, Judged, WentBack),
        "installing": (Ask, Take, Found, UpToDate),
        "proving": (Ask, Take, Found, UpToDate, Failed, Begun),
        **dict.fromkeys(("done", "went_back", "failed"), (UpToDate, Failed, Begun, OnTrial, Judged, WentBack)),
    },
)
