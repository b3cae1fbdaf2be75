"""The sound of a video on its way into a playlist: in line, fetched, taken in, a track.

`pending` until it is its turn, one after the other, in the order in which they were asked for. `downloading` while
yt-dlp fetches it, `processing` while it is examined and taken in as an upload is; and three ends. The names are the
wire's (wire.md, section 3).

The owner of a download is its row in the database, and the transaction in which it is changed, as it is for uploads: a
cancel and the commit of the track may race, and whoever commits first has decided. Each state is in the row, so that
whoever finds one that is `downloading` or `processing`, with nobody at work on it, knows that the work was interrupted,
be it by a power cut: that is an error, for what was fetched of it is gone. One that is `pending` only goes on waiting.

YouTube may want to be left alone for a while. Then the download goes back into the line, at the place that it had, and
nothing is fetched until that time has come; but `MOST_TRIES` of that are enough.
"""

from msgspec import Struct, field

from tomb.machines.table import Table, row
from tomb.models import DownloadState

OPEN: tuple[DownloadState, ...] = ("pending", "downloading", "processing")
ENDS: tuple[DownloadState, ...] = ("completed", "error", "cancelled")
MOST_TRIES = 5
INTERRUPTED = "interrupted"


class Begin(Struct, frozen=True):
    """It is its turn."""


class Limited(Struct, frozen=True):
    """YouTube wants to be left alone. `reason`, `message`: as in `Failed`."""

    reason: str
    message: str


class Downloaded(Struct, frozen=True):
    """All of it is here."""


class Committed(Struct, frozen=True):
    """The track is in the library, in this very transaction."""

    track_id: str


class Failed(Struct, frozen=True):
    """It came to nothing. `reason`: a key, for words in any language; `message`: one sentence."""

    reason: str
    message: str


class Interrupted(Struct, frozen=True):
    """Nobody is at work on it any more."""


class Cancel(Struct, frozen=True):
    """Nobody wants it any more."""


class StopWork(Struct, frozen=True):
    """The work on it is in vain."""


class Fetch(Struct):
    """What the machine knows of a download. `tries`: how often it began. `reason`, `error`: why it ended."""

    state: DownloadState = "pending"
    tries: int = 0
    reason: str | None = None
    error: str | None = None
    track_id: str | None = None
    effects: list[StopWork] = field(default_factory=list)


def tries_left(fetch: Fetch, _: Limited) -> bool:
    return fetch.tries < MOST_TRIES


def _count(fetch: Fetch, _: Begin) -> None:
    fetch.tries += 1


def _succeed(fetch: Fetch, event: Committed) -> None:
    fetch.track_id = event.track_id


def _fail(fetch: Fetch, event: Failed | Limited) -> None:
    fetch.reason, fetch.error = event.reason, event.message


def _give_up(fetch: Fetch, _: Interrupted) -> None:
    fetch.reason, fetch.error = INTERRUPTED, "The box was switched off while it was fetched."


def _stop(fetch: Fetch, _: Cancel) -> None:
    fetch.effects.append(StopWork())


DOWNLOAD: Table[Fetch] = Table(
    "download",
    Fetch,
    states=(*OPEN, *ENDS),
    initial="pending",
    events=(Begin, Limited, Downloaded, Committed, Failed, Interrupted, Cancel),
    rows=[
        row("pending", Begin, "downloading", do=_count),
        row("downloading", Limited, "pending", when=tries_left),
        row("downloading", Limited, "error", do=_fail),
        row("downloading", Downloaded, "processing"),
        row("processing", Committed, "completed", do=_succeed),
        row(("downloading", "processing"), Failed, "error", do=_fail),
        row(("downloading", "processing"), Interrupted, "error", do=_give_up),
        row("pending", Cancel, "cancelled"),
        row(("downloading", "processing"), Cancel, "cancelled", do=_stop),
    ],
    ignored={
        "pending": (Limited, Downloaded, Committed, Failed, Interrupted),
        "downloading": (Begin, Committed),
        "processing": (Begin, Limited, Downloaded),
        **dict.fromkeys(ENDS, (Begin, Limited, Downloaded, Committed, Failed, Interrupted, Cancel)),
    },
    final=ENDS,
)
