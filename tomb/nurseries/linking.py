"""Linking: the owner of association sessions. One reader, so one live session; a new one supersedes the old.

While a session lives, and until the tag that ended it is lifted, taps belong to it and start nothing. The machine
(tomb.machines.association) decides; here its effects are carried out: storing, telling the clients, the deadline.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import trio

from tomb.errors import BadRequest, Conflict, NotFound, RequestError
from tomb.events import EVERYONE, Events
from tomb.machines import association as rules
from tomb.machines.table import Outcome
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.mailbox import Mailbox
from tomb.nurseries.timer import Timer
from tomb.ports import Ports

DEADLINE_S = 60.0
SHOWN_AFTER_END_S = 10.0
NO_READER = " The tag reader is not there at the moment; it works as soon as it is back."


@dataclass(slots=True)
class LiveSession:
    """A session as clients see it. `expires_at`: epoch seconds; `ended_at`: Trio's time, None while it lives."""

    id: str
    machine: rules.Session
    timeout_s: float
    expires_at: float
    ended_at: float | None = None
    last: rules.Announce = field(default_factory=lambda: rules.Announce("waiting", ""))

    def as_listed(self) -> dict[str, Any]:
        """An entry of `active_sessions` (wire.md, section 3)."""
        existing = self.last.existing_playlist
        return {
            "session_id": self.id,
            "assoc_id": self.id,
            "playlist_id": self.machine.playlist_id,
            "state": self.machine.state,
            "tag_id": self.last.tag_id,
            "existing_playlist": existing.model_dump() if existing else None,
            "expires_at": self.expires_at,
        }


class Linking:
    def __init__(self, ports: Ports, events: Events, librarian: Librarian) -> None:
        self._ports = ports
        self._events = events
        self._librarian = librarian
        self._mailbox = Mailbox("linking")
        self._deadline = Timer(lambda _: self._mailbox.post_async(self._expire))
        self._sessions: list[LiveSession] = []
        self._present: str | None = None
        self._held: str | None = None
        self.reader_there = False

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._deadline.run)
            await self._mailbox.run(task_status=task_status)

    # --- what parents ask for ---------------------------------------------------------------------------------------

    async def open(
        self, playlist_id: str | None, timeout_s: float = DEADLINE_S, *, override: bool = False
    ) -> LiveSession:
        """Open a session; a tag that lies on the reader counts at once. Raises NotFound."""

        async def job() -> LiveSession:
            return await self._open(playlist_id, timeout_s, override=override)

        return await self._mailbox.ask(job)

    async def cancel(self, session_id: str) -> LiveSession:
        """Raises NotFound for a session that is not listed, BadRequest for one that has ended."""

        async def job() -> LiveSession:
            session = self._listed(session_id)
            if await self._fire(session, rules.Cancel()) is not Outcome.MOVED:
                raise BadRequest(f"the session has ended: {session.machine.state}", {"state": session.machine.state})
            return session

        return await self._mailbox.ask(job)

    async def cancel_for(self, playlist_id: str) -> LiveSession:
        """Cancel the live session of a playlist. Raises NotFound."""
        live = self.live
        if live is None or live.machine.playlist_id != playlist_id:
            raise NotFound("nfc session of playlist", playlist_id)
        return await self.cancel(live.id)

    async def override(self, playlist_id: str, tag_id: str | None = None) -> LiveSession:
        """Take a tag from its owner: the named one, else the one in question, else the next that is placed."""

        async def job() -> LiveSession:
            session = self.live
            if session is None or session.machine.playlist_id != playlist_id:
                session = await self._open(playlist_id, DEADLINE_S, override=True, taking=tag_id)
            else:
                await self._fire(session, rules.Override(tag_id))
            return session

        return await self._mailbox.ask(job)

    # --- what the reader tells --------------------------------------------------------------------------------------

    async def placed(self, tag_id: str) -> bool:
        """Whether the tag belongs to a session."""

        async def job() -> bool:
            self._present = tag_id
            session = self.live
            if session is not None:
                await self._offer(session, tag_id)
            return session is not None

        return await self._mailbox.ask(job)

    async def lifted(self, tag_id: str) -> bool:
        """Whether the tag belonged to a session: one that lives, or one that it ended."""

        async def job() -> bool:
            self._present = None
            held, self._held = self._held, None
            return held == tag_id or self.live is not None

        return await self._mailbox.ask(job)

    # --- what everybody may look at ---------------------------------------------------------------------------------

    @property
    def live(self) -> LiveSession | None:
        newest = self._sessions[-1] if self._sessions else None
        return newest if newest is not None and newest.ended_at is None else None

    @property
    def present(self) -> str | None:
        """The tag that lies on the reader."""
        return self._present

    def listed(self) -> list[LiveSession]:
        """The live session, and those that ended so short ago that a client may not have seen it."""
        self._forget_old()
        return list(self._sessions)

    def snapshot(self, session_id: str | None) -> dict[str, Any] | None:
        """The data of `nfc_status` for a session, the newest if None."""
        sessions = [each for each in self.listed() if session_id in (None, each.id)]
        return _status(sessions[-1]) if sessions else None

    # --- inside -----------------------------------------------------------------------------------------------------

    async def _open(
        self, playlist_id: str | None, timeout_s: float, *, override: bool, taking: str | None = None
    ) -> LiveSession:
        if playlist_id is not None:
            self._librarian.lite(playlist_id)
        if self.live is not None:
            await self._fire(self.live, rules.Superseded())
        machine = rules.open_session(playlist_id, override=override)
        session = LiveSession(self._ports.new_id(), machine, timeout_s, self._ports.wall() + timeout_s)
        self._forget_old()
        self._sessions.append(session)
        self._deadline.set(trio.current_time() + timeout_s, 0)
        await self._carry_out(session)
        tag_id = taking or self._present
        if taking is not None:
            await self._fire(session, rules.Override(taking))
        elif tag_id is not None:
            await self._offer(session, tag_id)
        return session

    async def _offer(self, session: LiveSession, tag_id: str) -> None:
        await self._fire(session, rules.TagPlaced(tag_id, await self._librarian.tag_owner(tag_id)))

    async def _expire(self) -> None:
        if self.live is not None:
            await self._fire(self.live, rules.Expired())

    async def _fire(self, session: LiveSession, event: object) -> Outcome:
        outcome = rules.ASSOCIATION.fire(session.machine, event)
        await self._carry_out(session)
        return outcome

    async def _carry_out(self, session: LiveSession) -> None:
        effects, session.machine.effects = session.machine.effects, []
        for effect in effects:
            match effect:
                case rules.Link(tag_id, override):
                    await self._fire(session, await self._store(session, tag_id, override=override))
                case rules.Announce():
                    self._announce(session, effect)

    async def _store(
        self, session: LiveSession, tag_id: str, *, override: bool
    ) -> rules.Stored | rules.Taken | rules.StoreFailed:
        assert session.machine.playlist_id is not None
        try:
            await self._librarian.link_tag(tag_id, session.machine.playlist_id, override=override)
        except Conflict as conflict:
            owner = await self._librarian.tag_owner(tag_id)
            return rules.Taken(owner) if owner else rules.StoreFailed(f"The tag could not be linked: {conflict}")
        except RequestError as error:
            return rules.StoreFailed(f"The tag could not be linked: {error}")
        return rules.Stored()

    def _announce(self, session: LiveSession, step: rules.Announce) -> None:
        session.last = step
        if step.state in rules.ENDS:
            session.ended_at = trio.current_time()
            self._held = self._present
            self._deadline.clear()
        self._events.tell("nfc_status", {f"nfc:{session.id}"}, _status(session))
        self._events.tell("nfc_association_state", EVERYONE, self._association_state(session))

    def _association_state(self, session: LiveSession) -> Mapping[str, Any]:
        step = session.last
        data: dict[str, Any] = {
            "state": step.state,
            "playlist_id": session.machine.playlist_id,
            "session_id": session.id,
            "message": step.message + (NO_READER if step.state == "waiting" and not self.reader_there else ""),
            "expires_at": session.expires_at,
            "timestamp": int(self._ports.wall() * 1000),
        }
        if step.tag_id is not None:
            data["tag_id"] = step.tag_id
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
        self._sessions = [each for each in self._sessions if each.ended_at is None or each.ended_at > horizon]


def _status(session: LiveSession) -> dict[str, Any]:
    data = {"assoc_id": session.id, "state": session.last.state, "playlist_id": session.machine.playlist_id}
    return data if session.last.tag_id is None else {**data, "tag_id": session.last.tag_id}
