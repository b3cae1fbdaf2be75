"""Has the box found in the network by its name, without anybody typing an address: as `_http._tcp`, which browsers of
services list, and as `_tomb._tcp`, which programs look for.

Avahi does that for the whole computer, and this asks it to (why by D-Bus: a service file of Avahi's would be root's to
write, so it would go on naming a box that was renamed, or is not there). What is announced follows from three things,
and is told anew when one of them changes: what parents call the box, where its web side listens, and whether Avahi has
a name for this computer. Should another box be called the same, Avahi finds another name for one of them ("... #2"),
for a service as for a computer (`box-2.local`).

When it fails, or the connection ends, Avahi takes all of it back by itself. Where there is no Avahi, the box is silent:
a responder of its own would stand in the way of one that came later, and be one more thing that listens to strangers.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import trio
from msgspec import Struct

from tomb import __version__
from tomb.errors import Broken
from tomb.nurseries.names import Names
from tomb.ports import Ports

if TYPE_CHECKING:  # loaded where it is used
    from contextlib import AbstractAsyncContextManager

    from tomb.devices.avahi import Avahi, Group

log = logging.getLogger(__name__)

PAUSES_S = (1.0, 5.0, 10.0)
KINDS = ("_http._tcp", "_tomb._tcp")
NAME_BYTES = 63  # of one label (RFC 6763, 4.1.1)
ENTRY_BYTES = 255  # of TXT, with its key
UNNAMED = "The Open Music Box"
TAKEN_AT_MOST = 20  # names in a row; then somebody is at it on purpose


class Wanted(Struct, frozen=True):
    """What is to be announced: on which computer, where, and what the box is called."""

    host: str
    port: int
    name: str


class Announced(Struct, frozen=True):
    """What Avahi was asked for. `name`: by then, `taken`: after how many that others have."""

    wanted: Wanted
    name: str
    taken: int
    group: "Group"


class Announcer:
    """`box_name`: what parents call it now, `box_id`: what programs know it by, from its library."""

    def __init__(
        self, ports: Ports, names: Names, box_name: Callable[[], str], box_id: Callable[[], Awaitable[str]]
    ) -> None:
        self._ports = ports
        self._names = names
        self._box_name = box_name
        self._box_id = box_id
        self._port: int | None = None
        self._changed = trio.Event()
        self.name: str | None = None  # by which it is found; None while it is not

    @property
    def url(self) -> str | None:
        """Of the page, by the computer's name in the network; None while it is not found there."""
        is_found = self.name is not None and self._port is not None
        return f"http://{self._names.announced}:{self._port}" if is_found else None

    def serve_at(self, port: int | None) -> None:
        """The web side listens there from now on, for others in the network; None: it does not."""
        self._port = port
        self.look_again()

    def look_again(self) -> None:
        """Something may have changed."""
        self._changed.set()
        self._changed = trio.Event()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Announce until cancelled; ready when Avahi has a name for the computer. Raises Missing, Broken."""
        open_avahi = await self._ports.in_thread(_load)
        try:
            async with open_avahi() as avahi, trio.open_nursery() as nursery:
                nursery.start_soon(self._listen, avahi)
                await self._announce(avahi, task_status)
        finally:
            self._names.announced = self.name = None

    async def _listen(self, avahi: "Avahi") -> None:
        while True:
            await avahi.wait()
            self.look_again()

    async def _announce(self, avahi: "Avahi", task_status: trio.TaskStatus[None]) -> None:
        """Compare what is with what should be, each time that something may have changed."""
        box_id = await self._box_id()
        announced: Announced | None = None
        while True:
            changed = self._changed
            self._names.announced = host = await self._host(avahi)
            if host is not None:
                task_status.started()
            announced = await self._settle(avahi, announced, self._wanted(host), box_id)
            await changed.wait()

    async def _host(self, avahi: "Avahi") -> str | None:
        """By which name the computer is found; None while Avahi looks whether it is free."""
        from tomb.devices.avahi import ServerState

        if not await avahi.is_there():
            raise Broken("Avahi has ended")
        state = await avahi.state()
        if state == ServerState.FAILURE:
            raise Broken("Avahi cannot answer for this computer")
        return (await avahi.host_name()).lower() if state == ServerState.RUNNING else None

    async def _settle(
        self, avahi: "Avahi", announced: Announced | None, wanted: Wanted | None, box_id: str
    ) -> Announced | None:
        from tomb.devices.avahi import GroupState

        state = None if announced is None else await announced.group.state()
        if state == GroupState.FAILURE:
            raise Broken("Avahi cannot announce the box")
        is_found = announced is not None and announced.wanted == wanted and state == GroupState.ESTABLISHED
        name = announced.name if announced is not None and is_found else None
        if name not in (None, self.name):
            log.info("in the network the box is called %r", name)
        self.name = name
        if announced is not None and announced.wanted == wanted and state != GroupState.COLLISION:
            return announced
        if announced is not None:
            await announced.group.free()
        if wanted is None:
            return None
        if announced is None or announced.wanted != wanted:
            return await self._publish(avahi, wanted, wanted.name, 0, box_id)
        return await self._publish(avahi, wanted, await avahi.alternative(announced.name), announced.taken + 1, box_id)

    async def _publish(self, avahi: "Avahi", wanted: Wanted, name: str, taken: int, box_id: str) -> Announced:
        """By that name, or the next that no other service on this computer has."""
        from tomb.devices.avahi import Collision, Service

        text = [entry(f"id={box_id}"), entry(f"version={__version__}"), entry("path=/"), entry(f"name={wanted.name}")]
        services = [Service(kind, wanted.port, text) for kind in KINDS]
        while taken < TAKEN_AT_MOST:
            try:
                return Announced(wanted, name, taken, await avahi.publish(name, services))
            except Collision:
                name, taken = await avahi.alternative(name), taken + 1
        raise Broken(f"all names that the box could have are taken, up to {name}")

    def _wanted(self, host: str | None) -> Wanted | None:
        if host is None or self._port is None:
            return None
        return Wanted(host, self._port, instance_name(self._box_name()))


def instance_name(box_name: str) -> str:
    """What it is called in the network: at most 63 bytes of UTF-8, and nothing that is no character."""
    printable = "".join(each if each.isprintable() else " " for each in box_name)
    return _shortened(" ".join(printable.split()), NAME_BYTES) or UNNAMED


def entry(text: str) -> bytes:
    return _shortened(text, ENTRY_BYTES).encode()


def _shortened(text: str, size: int) -> str:
    """No character is torn, as UTF-8 goes; one that is made of several may be."""
    return text.encode()[:size].decode(errors="ignore").rstrip()


def _load() -> "Callable[[], AbstractAsyncContextManager[Avahi]]":
    from tomb.devices.avahi import open_avahi

    return open_avahi
