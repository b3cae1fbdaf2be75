"""Linking: the owner of association sessions, and of the question whose a tag is that lies on the box.

The machine (tomb.machines.association) decides; here its effects are carried out: storing, telling the clients, the
deadline. Everything but storing is synchronous: a tag, a cancellation and a deadline find the machine free at any time.

*Whose a lying tag is.* It belongs to playing or to a session, from the moment it is placed until it is lifted. A tag
that is placed while a session lives is the session's: it plays nothing, and its removal does nothing. Any other is
playing's, and stays so whatever session opens, looks at it and ends while it lies there, with one exception: the tag
with which a session *succeeded* is the session's from then on. `Placement.of_session` is the one place that says so.

*Storing* waits for the library's turn, which may take seconds, so it is done in a task of its own while the session
lives on. A link that is withdrawn is cancelled, and the librarian promises what that means: while it waits for its turn
nothing has changed yet, so the answer is that nothing was stored; once the commit has begun it runs to its end and
cannot be interrupted, and what comes back is whether it was stored. There is no third answer. An answer therefore is
never too late for its session: a session does not end before it (only the box may, and then nobody waits for it).

*Superseding.* One reader, so one live session: whoever opens a new one asks the old one to end and waits for that, so
that clients hear the end before they hear the beginning. The wait is as short as a withdrawn link is, and whoever gives
up waiting has opened nothing. Of several who wait, each supersedes the one before.
"""

import itertools
from collections.abc import Mapping
from typing import Any, Protocol

import trio
from msgspec import Struct, field

from tomb.errors import BadRequest, Conflict, NotFound, RequestError
from tomb.events import EVERYONE, Events, session_room
from tomb.machines.association import (
    ASSOCIATION,
    ENDS,
    Announce,
    AssociationSession,
    Cancel,
    Expired,
    Link,
    NotStored,
    Override,
    Stored,
    TagPlaced,
    WithdrawLink,
    open_session,
)
from tomb.machines.table import ClearTimer, Outcome, SetTimer
from tomb.models import ExistingPlaylist, LinkState, PlaylistLite, Tag
from tomb.nurseries.machine_states import MachineStates
from tomb.nurseries.mailbox import Boundary
from tomb.nurseries.timer import Timer
from tomb.ports import Ports

DEADLINE_S = 60.0
SHOWN_AFTER_END_S = 10.0
NO_READER = " The tag reader is not there at the moment; it works as soon as it is back."


class Library(Protocol):
    """What sessions need of the librarian. `lite` raises NotFound; `link_tag` as the librarian says."""

    def lite(self, playlist_id: str) -> PlaylistLite: ...

    def tag_owner(self, tag_id: str) -> ExistingPlaylist | None: ...

    async def link_tag(
        self, tag_id: str, playlist_id: str, *, override: bool = False, replaces: str | None = None
    ) -> Tag: ...


class Storing(Struct):
    """A link on its way to the disk."""

    scope: trio.CancelScope = field(default_factory=trio.CancelScope)
    answered: trio.Event = field(default_factory=trio.Event)


class LiveSession(Struct):
    """A session as clients see it. `expires_at`: epoch seconds; `ended_at`: Trio's time, None while it lives; `last`:
    what was announced last."""

    id: str
    machine: AssociationSession
    expires_at: float
    ended_at: float | None = None
    last: Announce = field(default_factory=lambda: Announce("waiting", ""))
    storing: Storing | None = None

    @property
    def state(self) -> LinkState:
        """As clients know it."""
        return self.last.state

    async def settled(self) -> None:
        """Wait until nothing is being stored."""
        if self.storing is not None:
            await self.storing.answered.wait()


class Placement(Struct):
    """A tag that lies on the box, and whether it belongs to a session. `seen`: its reader is there; `offered`: the
    session that heard of it last."""

    tag_id: str
    of_session: bool
    is_random: bool = False
    seen: bool = True
    offered: LiveSession | None = None


class Linking:
    def __init__(self, ports: Ports, events: Events, library: Library, machines: MachineStates) -> None:
        self._ports = ports
        self._events = events
        self._library = library
        self._machines = machines
        self._timer = Timer(self._expire)
        self._boundary = Boundary()
        self._numbers = itertools.count(1)
        self._sessions: list[LiveSession] = []
        self._lying: dict[str, Placement] = {}  # by tag, the one that was placed last at the end
        self._nursery: trio.Nursery | None = None
        self.reader_there = False

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as self._nursery:
            self._nursery.start_soon(self._timer.run)
            task_status.started()
            await self._boundary.run()

    # --- what parents ask for: each answers when nothing is being stored any more -----------------------------------

    async def open(
        self,
        playlist_id: str | None,
        timeout_s: float = DEADLINE_S,
        *,
        override: bool = False,
        replaces: str | None = None,
    ) -> LiveSession:
        """Open a session; a tag that lies on the reader counts at once. `replaces`: the tag that is unlinked with the
        link. Raises NotFound."""
        session = await self._open(playlist_id, timeout_s, override=override, replaces=replaces)
        if self.present is not None:
            self._offer(session, self.present)
        await session.settled()
        return session

    async def cancel(self, session_id: str) -> LiveSession:
        """Raises NotFound for a session that is not listed, BadRequest for one that has ended, be it just now."""
        session = self._listed(session_id)
        if session.ended_at is None:
            self._fire(session, Cancel())
            await session.settled()
            if session.state == "cancelled":
                return session
        raise BadRequest(f"the session has ended: {session.state}", {"state": session.state})

    async def cancel_for(self, playlist_id: str) -> LiveSession:
        """Cancel the live session of a playlist. Raises NotFound, BadRequest as `cancel` does."""
        live = self.live
        if live is None or live.machine.playlist_id != playlist_id:
            raise NotFound("nfc session of playlist", playlist_id)
        return await self.cancel(live.id)

    async def override(self, playlist_id: str, tag_id: str | None = None) -> LiveSession:
        """Take a tag from its owner: the named one, else the one in question, else the next that is placed.

        Raises NotFound; BadRequest while another link of the session is being stored.
        """
        live = self.live
        if live is None or live.machine.playlist_id != playlist_id:
            if tag_id is None:
                return await self.open(playlist_id, override=True)
            live = await self._open(playlist_id, DEADLINE_S, override=True)
        if self._fire(live, Override(tag_id)) is not Outcome.MOVED:
            raise BadRequest("a tag is being linked at this moment", {"session_id": live.id})
        await live.settled()
        return live

    # --- whose the lying tag is -------------------------------------------------------------------------------------

    def placed(self, tag_id: str, *, is_random: bool = False) -> bool:
        """Whether the tag, which lies there from now on, belongs to a session. `is_random`: its number is made up."""
        session = self.live
        self._lying.pop(tag_id, None)
        self._lying[tag_id] = placement = Placement(tag_id, session is not None, is_random)
        if session is not None:
            self._offer(session, placement)
        return session is not None

    def passed(self, tag_id: str) -> bool:
        """As `placed`, of a tag that nobody will see lifted: whether it belongs to a session."""
        session = self.live
        if session is not None:
            self._offer(session, Placement(tag_id, of_session=True))
        return session is not None

    def refuse(self, why: str) -> None:
        """Something was told that is no tag: whoever waits for one hears why nothing comes of it, and waits on."""
        session = self.live
        if session is not None and session.state == "waiting":
            with self._boundary.crossed():
                self._announce(session, Announce("waiting", why))

    def hidden(self, tag_id: str) -> None:
        """The reader of the tag is lost: nobody knows whether it still lies there."""
        if tag_id in self._lying:
            self._lying[tag_id].seen, self._lying[tag_id].offered = False, self.live

    def found(self, tag_id: str) -> None:
        """The reader is back, and the tag lies there as it did. A session that began meanwhile hears of it."""
        lying = self._lying.get(tag_id)
        if lying is None:
            return
        lying.seen = True
        if self.live is not None and lying.offered is not self.live:
            self._offer(self.live, lying)

    def has(self, tag_id: str | None) -> bool:
        """Whether the tag that lies there belongs to a session."""
        return tag_id in self._lying and self._lying[tag_id].of_session

    def lifted(self, tag_id: str) -> bool:
        """Whether the tag that lay there belonged to a session."""
        lay = self._lying.pop(tag_id, None)
        return lay is not None and lay.of_session

    # --- what everybody may look at ---------------------------------------------------------------------------------

    @property
    def live(self) -> LiveSession | None:
        newest = self._sessions[-1] if self._sessions else None
        return newest if newest is not None and newest.ended_at is None else None

    @property
    def present(self) -> Placement | None:
        """The tag that lies on a reader; of several the one that was placed last."""
        return next((each for each in reversed(self._lying.values()) if each.seen), None)

    def listed(self) -> list[LiveSession]:
        """The live session, and those that ended so short ago that a client may not have seen it."""
        self._forget_old()
        return list(self._sessions)

    def snapshot(self, session_id: str | None) -> dict[str, Any] | None:
        """The data of `nfc_status` for a session, the newest if None."""
        sessions = [each for each in self.listed() if session_id in (None, each.id)]
        return _status(sessions[-1]) if sessions else None

    def message(self, session: LiveSession) -> str:
        """What people are told of it."""
        step = session.last
        return step.message + (NO_READER if step.state == "waiting" and not self.reader_there else "")

    # --- inside -----------------------------------------------------------------------------------------------------

    async def _open(
        self, playlist_id: str | None, timeout_s: float, *, override: bool, replaces: str | None = None
    ) -> LiveSession:
        if playlist_id is not None:
            self._library.lite(playlist_id)
        while self.live is not None:
            old = self.live
            self._fire(old, Cancel("superseded"))
            await old.settled()
        deadline = trio.current_time() + timeout_s
        machine = open_session(playlist_id, next(self._numbers), deadline, override=override, replaces=replaces)
        session = LiveSession(self._ports.new_id(), machine, self._ports.wall() + timeout_s)
        self._forget_old()
        self._sessions.append(session)
        self._machines.note(ASSOCIATION, session.id, machine.state)
        with self._boundary.crossed():
            self._carry_out(session)
        return session

    def _offer(self, session: LiveSession, placement: Placement) -> None:
        placement.offered = session
        owner = self._library.tag_owner(placement.tag_id)
        self._fire(session, TagPlaced(placement.tag_id, owner, placement.is_random))

    def _expire(self, number: int) -> None:
        if self.live is not None:
            self._fire(self.live, Expired(number))

    def _fire(self, session: LiveSession, event: object) -> Outcome:
        with self._boundary.crossed():
            outcome = ASSOCIATION.fire(session.machine, event)
            self._machines.note(ASSOCIATION, session.id, session.machine.state)
            self._carry_out(session)
        return outcome

    def _carry_out(self, session: LiveSession) -> None:
        effects, session.machine.effects = session.machine.effects, []
        for effect in effects:
            match effect:
                case SetTimer(at, number):
                    self._timer.set(at, number)
                case ClearTimer():
                    self._timer.clear()
                case Link():
                    assert self._nursery is not None
                    session.storing = Storing()
                    self._nursery.start_soon(self._store, session, effect, session.storing)
                case WithdrawLink():
                    assert session.storing is not None
                    session.storing.scope.cancel()
                case Announce():
                    self._announce(session, effect)

    async def _store(self, session: LiveSession, link: Link, storing: Storing) -> None:
        answer: Stored | NotStored = NotStored("The link was withdrawn.")
        with storing.scope:
            answer = await self._link(session, link)
        session.storing = None
        self._fire(session, answer)
        storing.answered.set()

    async def _link(self, session: LiveSession, link: Link) -> Stored | NotStored:
        assert session.machine.playlist_id is not None
        try:
            await self._library.link_tag(
                link.tag_id, session.machine.playlist_id, override=link.override, replaces=link.replaces
            )
        except RequestError as error:
            taken = isinstance(error, Conflict)
            owner = self._library.tag_owner(link.tag_id) if taken else None
            return NotStored(f"The tag could not be linked: {error}", owner, acts=taken and owner is None)
        return Stored()

    def _announce(self, session: LiveSession, step: Announce) -> None:
        session.last = step
        if step.state in ENDS:
            session.ended_at = trio.current_time()
        if step.state == "success" and step.tag_id in self._lying:
            self._lying[step.tag_id].of_session = True
        self._events.tell("nfc_status", {session_room(session.id)}, _status(session))
        self._events.tell("nfc_association_state", EVERYONE, self._association_state(session))

    def _association_state(self, session: LiveSession) -> Mapping[str, Any]:
        step = session.last
        data: dict[str, Any] = {
            "state": step.state,
            "playlist_id": session.machine.playlist_id,
            "session_id": session.id,
            "message": self.message(session),
            "expires_at": session.expires_at,
            "timestamp": int(self._ports.wall() * 1000),
        }
        if step.tag_id is not None:
            data["tag_id"] = step.tag_id
        if step.reason is not None:
            data["reason"] = step.reason
        if step.existing_playlist is not None:
            data["existing_playlist"] = step.existing_playlist.model_dump()
        return data

    def _listed(self, session_id: str) -> LiveSession:
        for session in self.listed():
            if session.id == session_id:
                return session
        raise NotFound("nfc session", session_id)

    def _forget_old(self) -> None:
        horizon = trio.current_time() - SHOWN_AFTER_END_S
        for old in [each for each in self._sessions if each.ended_at is not None and each.ended_at <= horizon]:
            self._sessions.remove(old)
            self._machines.drop(ASSOCIATION, old.id)


def _status(session: LiveSession) -> dict[str, Any]:
    data = {"assoc_id": session.id, "state": session.last.state, "playlist_id": session.machine.playlist_id}
    return data if session.last.tag_id is None else {**data, "tag_id": session.last.tag_id}
