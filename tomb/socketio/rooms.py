"""Who is in which room. Python-socketio has this too, but tied to its server and to one more dependency's internals."""

from collections.abc import Collection, Hashable, Iterable
from typing import Generic, TypeVar

Member = TypeVar("Member", bound=Hashable)


class Rooms(Generic[Member]):
    """Rooms exist while somebody is in them. Members are kept in the order in which they came."""

    __slots__ = ("_members", "_rooms")

    def __init__(self) -> None:
        self._members: dict[str, dict[Member, None]] = {}
        self._rooms: dict[Member, set[str]] = {}

    def enter(self, member: Member, room: str) -> None:
        self._members.setdefault(room, {})[member] = None
        self._rooms.setdefault(member, set()).add(room)

    def leave(self, member: Member, room: str) -> None:
        self._rooms.get(member, set()).discard(room)
        members = self._members.get(room, {})
        members.pop(member, None)
        if not members:
            self._members.pop(room, None)

    def leave_all(self, member: Member) -> None:
        for room in self.of(member):
            self.leave(member, room)
        self._rooms.pop(member, None)

    def of(self, member: Member) -> frozenset[str]:
        return frozenset(self._rooms.get(member, ()))

    def within(self, rooms: Iterable[str]) -> Collection[Member]:
        """Everybody in any of them, each once."""
        union: dict[Member, None] = {}
        for room in rooms:
            union.update(self._members.get(room, {}))
        return union
