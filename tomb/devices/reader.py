"""The box's tag reader, through PC/SC: the Trio side, which starts the watching thread, ends it, and gives it up when
pcscd hangs. What the thread does is in `field`.
"""

from contextlib import suppress
from typing import Final

import trio

from tomb.devices import acr122u, pcsc
from tomb.devices.field import Field
from tomb.devices.pcsc import Context, PcscError, Scard
from tomb.devices.sighting import Sighting, Sink
from tomb.errors import Broken, DeviceError
from tomb.ports import Ports

CANCEL_EVERY_S: Final = 0.02
GRACE_S: Final = 0.5  # the whole box has one second to stop
STALLED_S: Final = 15.0  # longer than the longest timeout of a CCID driver, which is not a stall yet
SIGNAL_S: Final = 1.0

_HANGS: Final = "The smart card daemon (pcscd) does not answer."


class PcscReader:
    """One run at a time. `scard` is pyscard's unless a test hands in its own."""

    def __init__(self, ports: Ports, scard: Scard | None = None) -> None:
        self.name: str | None = None
        self._ports = ports
        self._scard = scard
        # One thread each: however often a pcscd that hangs is tried again, it holds no more than these.
        self._watching = trio.CapacityLimiter(1)
        self._cancelling = trio.CapacityLimiter(1)
        self._signalling = trio.CapacityLimiter(1)

    def __repr__(self) -> str:
        return f"<PcscReader {self.name or 'missing'}>"

    async def run(self, see: Sink, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        if not self._watching.available_tokens:
            raise Broken(_HANGS)  # the thread of an earlier run is still inside
        field = Field(await self._load())
        back = trio.Event()
        fault: DeviceError | None = None
        try:
            async with trio.open_nursery() as nursery:
                with trio.CancelScope(shield=True) as hold:
                    nursery.start_soon(self._fetch_back, field, back, hold)
                    try:
                        await self._watch(field, see, task_status)
                    except DeviceError as error:
                        fault = error
                    back.set()
                nursery.cancel_scope.cancel()
        finally:
            self.name = None
        raise fault or Broken(_HANGS)

    async def signal(self, ok: bool) -> None:
        name = self.name
        if name is None or not acr122u.is_one(name):
            await trio.lowlevel.checkpoint()
            return
        with trio.move_on_after(SIGNAL_S):
            await self._ports.in_thread(_signal, await self._load(), name, ok, limiter=self._signalling, abandon=True)

    async def _watch(self, field: Field, see: Sink, task_status: trio.TaskStatus[None]) -> None:
        def attended(name: str) -> None:
            if field.stopped:  # a thread that was given up may come back long after
                return
            if self.name is None:
                task_status.started()
            self.name = name

        def seen(sighting: Sighting) -> None:
            if not field.stopped:
                see(sighting)

        def watch() -> None:
            field.watch(
                lambda name: trio.from_thread.run_sync(attended, name),
                lambda sighting: trio.from_thread.run_sync(seen, sighting),
            )

        await self._ports.in_thread(watch, limiter=self._watching, abandon=True)

    async def _fetch_back(self, field: Field, back: trio.Event, hold: trio.CancelScope) -> None:
        """Once cancelled, or when the thread stalls: get it out of its waiting, or let go of it."""
        try:
            turns = -1
            while turns != field.turns:
                turns = field.turns
                await trio.sleep(STALLED_S)
        finally:
            field.stop()
            with trio.move_on_after(GRACE_S, shield=True):
                while not back.is_set():
                    await self._ports.in_thread(field.interrupt, limiter=self._cancelling, abandon=True)
                    with trio.move_on_after(CANCEL_EVERY_S):
                        await back.wait()
            hold.cancel()

    async def _load(self) -> Scard:
        if self._scard is None:
            self._scard = await self._ports.in_thread(pcsc.load)  # an import of 30 ms
        return self._scard


def _signal(scard: Scard, reader: str, ok: bool) -> None:
    with suppress(PcscError, DeviceError), Context(scard) as context:
        acr122u.blink(context, reader, ok)
