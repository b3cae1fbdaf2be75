"""A session that links a tag to a playlist: the parent says "now", then puts a tag on the box.

`waiting` for a tag; `duplicate` when the tag has another use, a playlist or an action, and somebody has to decide;
`storing` while the link is on its way to the disk; `ending` when the session was asked to end just then; and four ends.
Clients know neither `storing` nor `ending` (wire.md, section 5): to them the session is still what was announced last.

Storing takes as long as the library has other things to do. These are the rules for that time:

- One link at a time. Tags and overrides that come meanwhile mean nothing; a tag that still lies there when the session
  is over is not lost, it only has to be put down again.
- An end that is asked for (cancelled, superseded, out of time) asks for the link back with `WithdrawLink`, and the
  session waits for the answer, which is never far then: a link that has not begun is not made, one that is being
  written is nearly there. If it was stored all the same, the session is a success, for that is what happened. Otherwise
  it ends as it was first asked to.
- Exactly one of `Stored` and `NotStored` answers a `Link`, withdrawn or not.

A session without a playlist only reports the next tag. An override session takes the tag from whoever has it. One that
replaces a tag has that one unlinked with the link; the very tag that is to be replaced is linked already.

One timer serves all sessions, one after the other, so a deadline carries the number of its session; that of an earlier
one is refused. The lying tag is the owner's business: it fires `TagPlaced` at once if a tag lies there when the session
opens.
"""

from msgspec import Struct, field

from tomb.machines.table import STAY, ClearTimer, SetTimer, Table, row
from tomb.models import ExistingPlaylist, LinkReason, LinkState

OPEN = ("waiting", "duplicate")
ENDS = ("success", "timeout", "cancelled", "error")


class TagPlaced(Struct, frozen=True):
    """A tag lies on the box. `owner`: the playlist that has it now. `is_random`: it has another number each time."""

    tag_id: str
    owner: ExistingPlaylist | None
    is_random: bool = False


class Override(Struct, frozen=True):
    """Take the tag from its owner: this tag, else the one in question, else whichever comes next."""

    tag_id: str | None = None


class Cancel(Struct, frozen=True):
    reason: str = "cancelled"


class Expired(Struct, frozen=True):
    """The deadline of the session with this number passed."""

    number: int


class Stored(Struct, frozen=True):
    """The link is on the disk."""


class NotStored(Struct, frozen=True):
    """Nothing was stored, and nothing will be. `message` is for the parent. `owner`: the playlist that the tag was
    linked to since it was looked up, if that is why. `acts`: an action of the tag is why."""

    message: str
    owner: ExistingPlaylist | None = None
    acts: bool = False


class Link(Struct, frozen=True):
    """Store the link of this tag to the session's playlist; with `override` its old owner loses it in the same
    transaction, and `replaces` is unlinked in it. The owner of the machine answers with Stored or NotStored."""

    tag_id: str
    override: bool
    replaces: str | None = None


class WithdrawLink(Struct, frozen=True):
    """Do not store the link, if that can still be helped. It is answered as before."""


class Announce(Struct, frozen=True):
    """Tell the clients of this step of the session."""

    state: LinkState
    message: str
    tag_id: str | None = None
    existing_playlist: ExistingPlaylist | None = None
    reason: LinkReason | None = None


Effect = SetTimer | ClearTimer | Link | WithdrawLink | Announce


class AssociationSession(Struct):
    """`number`: of the session, and of the timer of its deadline. `tag_id` and `existing_playlist` are what was
    announced last, `declined` whether it was that what lies there has no number of its own. `replaces`: the tag that
    the next one takes the place of. `link`: what is being stored. `ending`: how the session was asked to end meanwhile.
    """

    playlist_id: str | None
    number: int = 0
    override: bool = False
    replaces: str | None = None
    state: str = "waiting"
    tag_id: str | None = None
    existing_playlist: ExistingPlaylist | None = None
    declined: bool = False
    link: Link | None = None
    ending: Announce | None = None
    effects: list[Effect] = field(default_factory=list)


def open_session(
    playlist_id: str | None, number: int, deadline: float, *, override: bool = False, replaces: str | None = None
) -> AssociationSession:
    """A new session, with the timer of its deadline (monotonic seconds) and its first announcement among the effects.
    Without a playlist it only reports a tag."""
    session = AssociationSession(playlist_id, number, override, replaces)
    session.effects.append(SetTimer(deadline, number))
    _announce(session, "waiting", "Put a tag on the box.")
    return session


def has_no_number(_: AssociationSession, event: TagPlaced) -> bool:
    return event.is_random


def only_reports(session: AssociationSession, _: TagPlaced) -> bool:
    return session.playlist_id is None


def ours_already(session: AssociationSession, event: TagPlaced) -> bool:
    ours = event.owner is not None and event.owner.id == session.playlist_id
    return ours and session.replaces in (None, event.tag_id)


def belongs_to_another(session: AssociationSession, event: TagPlaced) -> bool:
    return event.owner is not None and event.owner.id != session.playlist_id and not session.override


def names_a_tag(session: AssociationSession, event: Override) -> bool:
    return may_override(session, event) and event.tag_id is not None


def may_override(session: AssociationSession, _: Override) -> bool:
    return session.playlist_id is not None


def of_this_session(session: AssociationSession, event: Expired) -> bool:
    return event.number == session.number


def has_another_use(_: AssociationSession, event: NotStored) -> bool:
    return event.owner is not None or event.acts


def past_the_deadline(session: AssociationSession, _: NotStored) -> bool:
    return session.ending is not None and session.ending.state == "timeout"


def _announce(
    session: AssociationSession,
    state: LinkState,
    message: str,
    tag_id: str | None = None,
    owner: ExistingPlaylist | None = None,
) -> None:
    session.tag_id, session.existing_playlist, session.declined = tag_id, owner, False
    session.effects.append(Announce(state, message, tag_id, owner))
    if state in ENDS:
        session.effects.append(ClearTimer())


def _decline(session: AssociationSession, _: TagPlaced) -> None:
    """Phones and passports: what was linked would never be seen again."""
    if not session.declined:  # the same is said once
        why = "This is a phone or a passport, which has another number each time. Put a tag on the box."
        session.tag_id = session.existing_playlist = None
        session.declined = True
        session.effects.append(Announce("waiting", why, reason="random_id"))


def _report(session: AssociationSession, event: TagPlaced) -> None:
    known = f"This tag plays “{event.owner.title}”." if event.owner else "This tag is not linked to a playlist."
    _announce(session, "success", known, event.tag_id, event.owner)


def _keep(session: AssociationSession, event: TagPlaced) -> None:
    _announce(session, "success", "This tag is linked to this playlist already.", event.tag_id)


def _ask(session: AssociationSession, tag_id: str, owner: ExistingPlaylist | None) -> None:
    if (session.tag_id, session.existing_playlist) != (tag_id, owner):  # the same question is put once
        use = f"This tag is linked to “{owner.title}”." if owner else "This tag does something else already."
        _announce(session, "duplicate", use, tag_id, owner)


def _ask_about_placed(session: AssociationSession, event: TagPlaced) -> None:
    _ask(session, event.tag_id, event.owner)


def _ask_about_stored(session: AssociationSession, event: NotStored) -> None:
    _ask(session, _answered(session).tag_id, event.owner)


def _store(session: AssociationSession, tag_id: str, override: bool) -> None:
    session.link = Link(tag_id, override, None if session.replaces == tag_id else session.replaces)
    session.effects.append(session.link)


def _store_placed(session: AssociationSession, event: TagPlaced) -> None:
    _store(session, event.tag_id, session.override)


def _override_named(session: AssociationSession, event: Override) -> None:
    assert event.tag_id is not None
    _store(session, event.tag_id, override=True)


def _override_asked_about(session: AssociationSession, _: Override) -> None:
    assert session.tag_id is not None
    _store(session, session.tag_id, override=True)


def _override_next(session: AssociationSession, _: Override) -> None:
    session.override = True


def _answered(session: AssociationSession) -> Link:
    assert session.link is not None
    answered, session.link = session.link, None
    return answered


def _succeed(session: AssociationSession, _: Stored) -> None:
    _announce(session, "success", "The tag is linked.", _answered(session).tag_id)


def _fail(session: AssociationSession, event: NotStored) -> None:
    _announce(session, "error", event.message, _answered(session).tag_id)


def _ending(session: AssociationSession, event: Cancel | Expired) -> Announce:
    match event:
        case Cancel(reason):
            return Announce("cancelled", reason, session.tag_id, session.existing_playlist)
        case Expired():
            return Announce("timeout", "No tag was linked in time.", session.tag_id, session.existing_playlist)


def _end(session: AssociationSession, event: Cancel | Expired) -> None:
    session.effects += (_ending(session, event), ClearTimer())


def _withdraw(session: AssociationSession, event: Cancel | Expired) -> None:
    session.ending = _ending(session, event)
    session.effects.append(WithdrawLink())


def _end_as_asked(session: AssociationSession, _: NotStored) -> None:
    assert session.ending is not None
    _answered(session)
    session.effects += (session.ending, ClearTimer())


ASSOCIATION: Table[AssociationSession] = Table(
    "association",
    AssociationSession,
    states=(*OPEN, "storing", "ending", *ENDS),
    initial="waiting",
    events=(TagPlaced, Override, Cancel, Expired, Stored, NotStored),
    rows=[
        row(OPEN, TagPlaced, "waiting", when=has_no_number, do=_decline),
        row("waiting", TagPlaced, "success", when=only_reports, do=_report),
        row(OPEN, TagPlaced, "success", when=ours_already, do=_keep),
        row(OPEN, TagPlaced, "duplicate", when=belongs_to_another, do=_ask_about_placed),
        row(OPEN, TagPlaced, "storing", do=_store_placed),
        row(OPEN, Override, "storing", when=names_a_tag, do=_override_named),
        row("duplicate", Override, "storing", do=_override_asked_about),
        row("waiting", Override, STAY, when=may_override, do=_override_next),
        row(OPEN, Cancel, "cancelled", do=_end),
        row(OPEN, Expired, "timeout", when=of_this_session, do=_end),
        row("storing", Cancel, "ending", do=_withdraw),
        row("storing", Expired, "ending", when=of_this_session, do=_withdraw),
        row(("storing", "ending"), Stored, "success", do=_succeed),
        row("storing", NotStored, "duplicate", when=has_another_use, do=_ask_about_stored),
        row("storing", NotStored, "error", do=_fail),
        row("ending", NotStored, "timeout", when=past_the_deadline, do=_end_as_asked),
        row("ending", NotStored, "cancelled", do=_end_as_asked),
    ],
    ignored={
        **dict.fromkeys(OPEN, (Stored, NotStored)),
        "storing": (TagPlaced, Override),
        "ending": (TagPlaced, Override, Cancel, Expired),
        **dict.fromkeys(ENDS, (TagPlaced, Override, Cancel, Expired, Stored, NotStored)),
    },
    final=ENDS,
)
