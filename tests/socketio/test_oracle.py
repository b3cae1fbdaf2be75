"""Any number of clients doing anything in any order, against a model so simple that it can be believed.

The model knows who is in which room and what each has been sent. Clients come over either transport, upgrade, enter and
leave rooms, read now and then, are sent away or vanish. Whoever is still there has heard exactly what the model says,
once and in order; whoever is not has left no trace.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.socketio.peer import running, server_with
from tomb.rehearsal.peer import Peer, Polling, Wire
from tomb.socketio import Client, Reason, SocketServer

ROOMS = ("red", "green", "blue")


@dataclass
class Member:
    """One client: the model of it, and its end of the line."""

    sid: str
    line: Wire | Polling
    rooms: set[str] = field(default_factory=set)
    due: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    async def listen(self) -> None:
        await trio.testing.wait_all_tasks_blocked()
        if isinstance(self.line, Wire):
            while self.line.from_app.statistics().current_buffer_used:
                self.heard.append(str(await self.line.frame()))
        elif len(self.heard) < len(self.due):
            self.heard += (await self.line.get()).packets

    async def listen_to_the_end(self) -> None:
        await self.listen()
        while isinstance(self.line, Polling) and len(self.heard) < len(self.due):
            await self.listen()


class World:
    def __init__(self, server: SocketServer, peer: Peer) -> None:
        self.server = server
        self.peer = peer
        self.here: list[Member] = []
        self.gone: list[str] = []
        self.departures: list[str] = []
        self.emitted = 0

        @server.namespace("/").on_disconnect
        async def departed(client: Client, reason: Reason) -> None:
            self.departures.append(client.sid)

    async def arrive(self, choice: int) -> None:
        line = await (self.peer.open_websocket() if choice % 2 else self.peer.open_polling())
        newest = list(self.server.namespace("/").clients)[-1]
        self.here.append(Member(newest, line))

    async def upgrade(self, choice: int) -> None:
        member = self._one(choice)
        if member is None or isinstance(member.line, Wire):
            return
        wire = await member.line.knock()
        await wire.send("2probe")
        assert await wire.frame() == "3probe"
        await wire.send("5")
        member.line = wire

    async def enter(self, choice: int) -> None:
        if member := self._one(choice):
            room = ROOMS[choice % 3]
            self.server.client(member.sid).enter_room(room)
            member.rooms.add(room)

    async def leave(self, choice: int) -> None:
        if member := self._one(choice):
            room = ROOMS[choice % 3]
            self.server.client(member.sid).leave_room(room)
            member.rooms.discard(room)

    async def tell_rooms(self, choice: int) -> None:
        rooms = {room for bit, room in enumerate(ROOMS) if choice >> bit & 1}
        self._emitted([member for member in self.here if member.rooms & rooms], rooms=sorted(rooms))

    async def tell_all(self, _: int) -> None:
        self._emitted(self.here)

    async def tell_one(self, choice: int) -> None:
        if member := self._one(choice):
            self._emitted([member], to=member.sid)

    async def listen(self, choice: int) -> None:
        if member := self._one(choice):
            await member.listen()

    async def kick(self, choice: int) -> None:
        if member := self._one(choice):
            self.server.client(member.sid).disconnect()
            self._gone(member)

    async def vanish(self, choice: int) -> None:
        if member := self._one(choice):
            self._gone(member)
            await (member.line.hang_up() if isinstance(member.line, Wire) else member.line.post("1"))
            await trio.testing.wait_all_tasks_blocked()

    async def check(self) -> None:
        for member in self.here:
            assert self.server.client(member.sid).rooms == member.rooms
            await member.listen_to_the_end()
            assert member.heard == member.due
        await trio.sleep(1)  # for those sent away who never polled again
        assert sorted(self.departures) == sorted(self.gone)
        assert set(self.server.namespace("/").clients) == {member.sid for member in self.here}
        assert self.server.connections == len(self.here)

    def _emitted(self, expected: list[Member], **target: object) -> None:
        self.emitted += 1
        reached = self.server.emit("n", self.emitted, **target)  # type: ignore[arg-type]  # rooms or to, as given
        assert reached == len(expected)
        for member in expected:
            member.due.append(f'42["n",{self.emitted}]')

    def _one(self, choice: int) -> Member | None:
        return self.here[choice % len(self.here)] if self.here else None

    def _gone(self, member: Member) -> None:
        self.here.remove(member)
        self.gone.append(member.sid)


DEEDS: list[Callable[[World, int], Awaitable[None]]] = [
    World.arrive, World.arrive, World.upgrade, World.enter, World.enter, World.leave, World.tell_rooms,
    World.tell_rooms,
    World.tell_all, World.tell_one, World.listen, World.listen, World.kick, World.vanish,
]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 23)), max_size=60))
@settings(max_examples=100, deadline=None)
def test_everybody_hears_what_the_model_says_and_whoever_left_leaves_no_trace(
    deeds: list[tuple[Callable[[World, int], Awaitable[None]], int]],
) -> None:
    async def scenario() -> None:
        server = server_with()
        async with running(server) as peer:
            world = World(server, peer)
            for deed, choice in deeds:
                await deed(world, choice)
            await world.check()

    trio.run(scenario, clock=trio.testing.MockClock(autojump_threshold=0))
