"""A session that links a tag to a playlist: the parent says "now", then puts a tag on the box.

`waiting` for a tag; `duplicate` when the tag belongs to another playlist and somebody has to decide; and four ends. The
names are the wire's (wire.md, section 5), so there is none for the moment in which the link is being stored. That
moment is the field `pending` instead, and these are its rules:

- One link at a time. Tags and overrides that come while one is being stored are refused; its answer is
  milliseconds away.
- An end that is asked for meanwhile (cancel, timeout, a newer session) waits for the answer. If the link was stored
  the session is a success, for that is what happened; if the tag turned out to be another's, the session ends as asked.
- Exactly one of `Stored`, `Taken` and `StoreFailed` answers a `Link`. An answer to nothing is refused.

A session without a playlist only reports the next tag. An override session takes the tag from whoever has it. The
deadline and the lying tag are the owner's: it fires `Expired`, and `TagPlaced` at once if a tag lies there already.
"""

from dataclasses import dataclass, field

from tomb.machines.table import STAY, Table, row
from tomb.models import ExistingPlaylist, LinkState

OPEN = ("waiting", "duplicate")
ENDS = ("success", "timeout", "cancelled", "error")


@dataclass(frozen=True, slots=True)
class TagPlaced:
    """A tag lies on the box. `owner`: the playlist that has it now."""

    tag_id: str
    owner: ExistingPlaylist | None


@dataclass(frozen=True, slots=True)
class Override:
    """Take the tag from its owner: this tag, else the one in question, else whichever comes next."""

    tag_id: str | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    reason: str = "cancelled"


@dataclass(frozen=True, slots=True)
class Superseded:
    """A newer session took the reader."""


@dataclass(frozen=True, slots=True)
class Expired:
    """The deadline of the session passed."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The link is on the disk."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Nothing was stored: the tag was linked elsewhere since it was looked up."""

    owner: ExistingPlaylist


@dataclass(frozen=True, slots=True)
class StoreFailed:
    """Nothing was stored, and nothing will be. `message` is for the parent."""

    message: str


@dataclass(frozen=True, slots=True)
class Link:
    """Store the link of this tag to the session's playlist; with `override` its old owner loses it in the same
    transaction. The owner answers with Stored, Taken or StoreFailed."""

    tag_id: str
    override: bool


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell the clients of this step of the session."""

    state: LinkState
    message: str
    tag_id: str | None = None
    existing_playlist: ExistingPlaylist | None = None


@dataclass(slots=True)
class Session:
    """`tag_id` and `existing_playlist` are what was announced last. `pending`: the link that is being stored.
    `ending`: how the session was asked to end meanwhile."""

    playlist_id: str | None
    override: bool = False
    state: LinkState = "waiting"
    tag_id: str | None = None
    existing_playlist: ExistingPlaylist | None = None
    pending: Link | None = None
    ending: Announce | None = None
    effects: list[Link | Announce] = field(default_factory=list)


def open_session(playlist_id: str | None, *, override: bool = False) -> Session:
    """A new session, with its first announcement among the effects. Without a playlist it only reports a tag."""
    session = Session(playlist_id, override)
    _announce(session, "waiting", "Put a tag on the box.")
    return session


def storing(session: Session, _: object) -> bool:
    return session.pending is not None


def storing_to_be_cancelled(session: Session, _: Taken) -> bool:
    return session.ending is not None and session.ending.state == "cancelled"


def storing_past_the_deadline(session: Session, _: Taken) -> bool:
    return session.ending is not None and session.ending.state == "timeout"


def only_reports(session: Session, _: TagPlaced) -> bool:
    return session.playlist_id is None


def ours_already(session: Session, event: TagPlaced) -> bool:
    return session.pending is None and event.owner is not None and event.owner.id == session.playlist_id


def belongs_to_another(session: Session, event: TagPlaced) -> bool:
    return session.pending is None and event.owner is not None and not session.override


def may_link(session: Session, _: TagPlaced) -> bool:
    return session.pending is None


def names_a_tag(session: Session, event: Override) -> bool:
    return may_override(session, event) and event.tag_id is not None


def may_override(session: Session, _: Override) -> bool:
    return session.pending is None and session.playlist_id is not None


def _announce(
    session: Session, state: LinkState, message: str, tag_id: str | None = None, owner: ExistingPlaylist | None = None
) -> None:
    session.tag_id, session.existing_playlist = tag_id, owner
    session.effects.append(Announce(state, message, tag_id, owner))


def _report(session: Session, event: TagPlaced) -> None:
    known = f"This tag plays “{event.owner.title}”." if event.owner else "This tag is not linked to a playlist."
    _announce(session, "success", known, event.tag_id, event.owner)


def _keep(session: Session, event: TagPlaced) -> None:
    _announce(session, "success", "This tag is linked to this playlist already.", event.tag_id)


def _ask(session: Session, tag_id: str, owner: ExistingPlaylist) -> None:
    if (session.tag_id, session.existing_playlist) != (tag_id, owner):  # the same question is put once
        _announce(session, "duplicate", f"This tag is linked to “{owner.title}”.", tag_id, owner)


def _ask_about_placed(session: Session, event: TagPlaced) -> None:
    assert event.owner is not None
    _ask(session, event.tag_id, event.owner)


def _ask_about_taken(session: Session, event: Taken) -> None:
    _ask(session, _answered(session).tag_id, event.owner)


def _store(session: Session, tag_id: str, override: bool) -> None:
    session.pending = Link(tag_id, override)
    session.effects.append(session.pending)


def _link(session: Session, event: TagPlaced) -> None:
    _store(session, event.tag_id, session.override)


def _override_named(session: Session, event: Override) -> None:
    assert event.tag_id is not None
    _store(session, event.tag_id, override=True)


def _override_asked_about(session: Session, _: Override) -> None:
    assert session.tag_id is not None
    _store(session, session.tag_id, override=True)


def _override_next(session: Session, _: Override) -> None:
    session.override = True


def _answered(session: Session) -> Link:
    assert session.pending is not None
    answered, session.pending = session.pending, None
    return answered


def _succeed(session: Session, _: Stored) -> None:
    _announce(session, "success", "The tag is linked.", _answered(session).tag_id)


def _fail(session: Session, event: StoreFailed) -> None:
    _announce(session, "error", event.message, _answered(session).tag_id)


def _ending(session: Session, event: Cancel | Superseded | Expired) -> Announce:
    match event:
        case Cancel(reason):
            return Announce("cancelled", reason, session.tag_id, session.existing_playlist)
        case Superseded():
            return Announce("cancelled", "superseded", session.tag_id, session.existing_playlist)
        case Expired():
            return Announce("timeout", "No tag was linked in time.", session.tag_id, session.existing_playlist)


def _end(session: Session, event: Cancel | Superseded | Expired) -> None:
    session.effects.append(_ending(session, event))


def _end_later(session: Session, event: Cancel | Superseded | Expired) -> None:
    # The first one who asked is told why; a second ending adds nothing.
    session.ending = session.ending or _ending(session, event)


def _end_as_asked(session: Session, _: Taken) -> None:
    assert session.ending is not None
    _answered(session)
    session.effects.append(session.ending)


ASSOCIATION: Table[Session] = Table(
    "association",
    Session,
    states=(*OPEN, *ENDS),
    initial="waiting",
    events=(TagPlaced, Override, Cancel, Superseded, Expired, Stored, Taken, StoreFailed),
    rows=[
        row("waiting", TagPlaced, "success", when=only_reports, do=_report),
        row(OPEN, TagPlaced, "success", when=ours_already, do=_keep),
        row(OPEN, TagPlaced, "duplicate", when=belongs_to_another, do=_ask_about_placed),
        row(OPEN, TagPlaced, STAY, when=may_link, do=_link),
        row(OPEN, Override, STAY, when=names_a_tag, do=_override_named),
        row("duplicate", Override, STAY, when=may_override, do=_override_asked_about),
        row("waiting", Override, STAY, when=may_override, do=_override_next),
        row(OPEN, Cancel, STAY, when=storing, do=_end_later),
        row(OPEN, Cancel, "cancelled", do=_end),
        row(OPEN, Superseded, STAY, when=storing, do=_end_later),
        row(OPEN, Superseded, "cancelled", do=_end),
        row(OPEN, Expired, STAY, when=storing, do=_end_later),
        row(OPEN, Expired, "timeout", do=_end),
        row(OPEN, Stored, "success", when=storing, do=_succeed),
        row(OPEN, Taken, "cancelled", when=storing_to_be_cancelled, do=_end_as_asked),
        row(OPEN, Taken, "timeout", when=storing_past_the_deadline, do=_end_as_asked),
        row(OPEN, Taken, "duplicate", when=storing, do=_ask_about_taken),
        row(OPEN, StoreFailed, "error", when=storing, do=_fail),
    ],
    ignored=dict.fromkeys(ENDS, (TagPlaced, Override, Cancel, Superseded, Expired, Stored, Taken, StoreFailed)),
    final=ENDS,
)
