"""Avahi, which answers for this computer in the network where there is no name server (multicast DNS, RFC 6762), and
tells who looks for them which services there are (DNS-SD, RFC 6763). By D-Bus; its interfaces are described in
/usr/share/dbus-1/interfaces, its constants in avahi-common/defs.h.

Its signals say only that something has changed; what is the case now, it is asked. So it does not matter that signals
may be missed while one is looked into, nor that any program on this computer may send us such a signal.

Loaded where it is used: D-Bus costs 50 ms to load.
"""

import errno
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from enum import IntEnum
from typing import Any

import trio
from jeepney import DBusAddress, DBusErrorResponse, MatchRule, new_method_call
from jeepney.auth import AuthenticationError
from jeepney.bus_messages import message_bus
from jeepney.io.common import RouterClosed
from jeepney.io.trio import DBusRouter, open_dbus_router
from jeepney.wrappers import unwrap_msg
from msgspec import Struct

from tomb.errors import Broken, Missing

NAME = "org.freedesktop.Avahi"
COLLISION = f"{NAME}.CollisionError"
CALL_S = 5.0
ANY = -1  # interface, or protocol

_SERVER = DBusAddress("/", bus_name=NAME, interface=f"{NAME}.Server")


class ServerState(IntEnum):
    INVALID = 0
    REGISTERING = 1
    RUNNING = 2
    COLLISION = 3
    FAILURE = 4


class GroupState(IntEnum):
    UNCOMMITTED = 0
    REGISTERING = 1
    ESTABLISHED = 2
    COLLISION = 3
    FAILURE = 4


class Collision(Exception):
    """Another service in the network is called so."""


class Service(Struct, frozen=True):
    """`kind` such as `_http._tcp`; `text`: entries `key=value` of at most 255 bytes."""

    kind: str
    port: int
    text: Sequence[bytes]


class Avahi:
    """A connection to it; made by `open_avahi`. Every method raises Broken where it does not answer."""

    def __init__(self, router: DBusRouter, signals: "trio.MemoryReceiveChannel[Any]") -> None:
        self._router = router
        self._signals = signals

    async def wait(self) -> None:
        """Until something has changed."""
        await self._signals.receive()

    async def is_there(self) -> bool:
        return bool((await self._call_bus(message_bus.NameHasOwner(NAME)))[0])

    async def state(self) -> ServerState:
        return ServerState((await self._call(_SERVER, "GetState"))[0])

    async def host_name(self) -> str:
        """The name under which this computer is found, such as `box.local`, or `box-2.local` after a collision."""
        return str((await self._call(_SERVER, "GetHostNameFqdn"))[0])

    async def alternative(self, name: str) -> str:
        """What a service is called instead, whose name is taken."""
        return str((await self._call(_SERVER, "GetAlternativeServiceName", "s", (name,)))[0])

    async def publish(self, name: str, services: Sequence[Service]) -> "Group":
        """Have services announced, all of the same name. Raises Collision."""
        [path] = await self._call(_SERVER, "EntryGroupNew")
        group = Group(self, DBusAddress(path, bus_name=NAME, interface=f"{NAME}.EntryGroup"))
        try:
            for each in services:
                await group.add(name, each)
            await group.commit()
        except BaseException:
            with trio.move_on_after(CALL_S, shield=True):
                await group.free()
            raise
        return group

    async def _call_bus(self, message: Any) -> tuple[Any, ...]:
        try:
            with trio.fail_after(CALL_S):
                reply: tuple[Any, ...] = unwrap_msg(await self._router.send_and_get_reply(message))
        except DBusErrorResponse as error:
            if error.name == COLLISION:
                raise Collision from None
            raise Broken(f"Avahi refuses: {error.name}") from None
        except trio.TooSlowError:
            raise Broken("Avahi does not answer") from None
        return reply

    async def _call(
        self, address: DBusAddress, method: str, signature: str | None = None, body: tuple[Any, ...] = ()
    ) -> tuple[Any, ...]:
        return await self._call_bus(new_method_call(address, method, signature, body))


class Group:
    """Services that come and go together; they go with the connection in any case."""

    def __init__(self, avahi: Avahi, address: DBusAddress) -> None:
        self._avahi = avahi
        self._address = address

    async def add(self, name: str, service: Service) -> None:
        body = (ANY, ANY, 0, name, service.kind, "", "", service.port, [list(each) for each in service.text])
        await self._avahi._call(self._address, "AddService", "iiussssqaay", body)

    async def commit(self) -> None:
        await self._avahi._call(self._address, "Commit")

    async def state(self) -> GroupState:
        return GroupState((await self._avahi._call(self._address, "GetState"))[0])

    async def free(self) -> None:
        await self._avahi._call(self._address, "Free")


@asynccontextmanager
async def open_avahi() -> AsyncIterator[Avahi]:
    """Raises Missing where there is none, Broken when it goes away meanwhile."""
    try:
        async with open_dbus_router("SYSTEM") as router:
            # Not as a context: jeepney 0.9 walks through its filters when it ends, and one that leaves meanwhile is an
            # error. They end with the connection.
            avahi = Avahi(router, router.filter(MatchRule(type="signal"), bufsize=1).receive_channel)
            owner = MatchRule(type="signal", sender=message_bus.bus_name, member="NameOwnerChanged")
            owner.add_arg_condition(0, NAME)
            for rule in (MatchRule(type="signal", sender=NAME, member="StateChanged"), owner):
                await avahi._call_bus(message_bus.AddMatch(rule))
            if not await avahi.is_there():
                raise Missing("there is no Avahi here that would answer for a name in .local")
            yield avahi
    except* OSError as errors:
        if any(
            each.errno in (errno.ENOENT, errno.ECONNREFUSED) for each in errors.exceptions if isinstance(each, OSError)
        ):
            raise Missing("there is no D-Bus here, and so no Avahi that would answer for a name in .local") from None
        raise Broken(f"D-Bus: {errors.exceptions[0]}") from None
    except* (trio.EndOfChannel, trio.BrokenResourceError, RouterClosed, AuthenticationError):
        raise Broken("D-Bus has hung up") from None
