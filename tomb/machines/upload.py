"""A file that a browser sends in chunks: announced, received, made a track.

`pending` until the first chunk is there, `uploading` until all are and the client says so, `processing` while the file
is compared, examined and taken in; and three ends. The names are the wire's (wire.md, section 4).

The owner of an upload is its row in the database, and the transaction in which it is changed: what happens is decided
there, on what the row says at that moment, and is true when the transaction is committed. So two who come at once need
no agreement. (One that was announced in the last moment has no row yet: then that transaction makes it.) A cancel and
the commit of the track may race: whoever commits first has decided, and the other finds a final state, in which nothing
means anything any more. An error stays an error too, with its message, whoever cancels.

`processing` is the one state that the row does not have. It lives as long as the task that does the work, and the row
says `uploading` meanwhile: so whatever interrupts the work, be it a full disk, a client that hangs up or a power cut,
leaves a row that is right without anybody writing it, on a disk that may be the very reason.

Chunks come and are sent again while it is `uploading` alone: the turn that a chunk waits for is the one that the work
has. Which chunks there are is not the machine's, but the row's, which hears of a chunk when it is on the disk, a moment
after it was answered; until then the box knows of it. All that decides anything is whether they are all there.
"""

from msgspec import Struct, field

from tomb.machines.table import STAY, Table, row
from tomb.models import UploadState

OPEN: tuple[UploadState, ...] = ("pending", "uploading", "processing")
ENDS: tuple[UploadState, ...] = ("completed", "error", "cancelled")


class ChunkStored(Struct, frozen=True):
    """A chunk is in the file, and will be on the disk in a moment."""


class Finalize(Struct, frozen=True):
    """The client says that this was all. `complete`: whether all chunks are there."""

    complete: bool


class Committed(Struct, frozen=True):
    """The track is in the library, in this very transaction."""

    track_id: str


class Unplayable(Struct, frozen=True):
    """There is no sound in it that could be played, and never will be. `reason` is for the parent."""

    reason: str


class Interrupted(Struct, frozen=True):
    """The work came to no end, and may be begun again."""


class Abandon(Struct, frozen=True):
    """Nobody wants it any more. `reason`: if it was not the client who said so."""

    reason: str | None = None


class StopWork(Struct, frozen=True):
    """The work on it is in vain."""


class DiscardPart(Struct, frozen=True):
    """The bytes that were sent are not needed any more."""


class Transfer(Struct):
    """What the machine knows of an upload. `error`: why it ended. `track_id`: what it became."""

    state: UploadState = "pending"
    error: str | None = None
    track_id: str | None = None
    effects: list[StopWork | DiscardPart] = field(default_factory=list)


def all_there(_: Transfer, event: Finalize) -> bool:
    return event.complete


def _succeed(transfer: Transfer, event: Committed) -> None:
    transfer.track_id = event.track_id
    transfer.effects.append(DiscardPart())


def _fail(transfer: Transfer, event: Unplayable) -> None:
    transfer.error = event.reason
    transfer.effects.append(DiscardPart())


def _discard(transfer: Transfer, event: Abandon) -> None:
    transfer.error = event.reason
    transfer.effects.append(DiscardPart())


def _stop_and_discard(transfer: Transfer, event: Abandon) -> None:
    transfer.effects.append(StopWork())
    _discard(transfer, event)


UPLOAD: Table[Transfer] = Table(
    "upload",
    Transfer,
    states=(*OPEN, *ENDS),
    initial="pending",
    events=(ChunkStored, Finalize, Committed, Unplayable, Interrupted, Abandon),
    rows=[
        row("pending", ChunkStored, "uploading"),
        row("uploading", ChunkStored, STAY),
        row("uploading", Finalize, "processing", when=all_there),
        row("processing", Committed, "completed", do=_succeed),
        row("processing", Unplayable, "error", do=_fail),
        row("processing", Interrupted, "uploading"),
        row(("pending", "uploading"), Abandon, "cancelled", do=_discard),
        row("processing", Abandon, "cancelled", do=_stop_and_discard),
    ],
    ignored={
        "pending": (Finalize, Committed, Unplayable, Interrupted),
        "uploading": (Committed, Unplayable, Interrupted),
        "processing": (ChunkStored, Finalize),
        **dict.fromkeys(ENDS, (ChunkStored, Finalize, Committed, Unplayable, Interrupted, Abandon)),
    },
    final=ENDS,
)
