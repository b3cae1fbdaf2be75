"""The owner of the update machine: looks for newer versions, has them fetched, and follows what becomes of them.

The process that begins an update does not see its end (see the machine). So what the program of root's has noted is
read when the box starts, and every second while something is under way; an idle box reads nothing.
"""

import logging
from contextlib import suppress

import trio
from msgspec import Struct

from tomb.devices.updates import UNDER_WAY, Note, Offer, UpdateFault, Updater
from tomb.errors import Conflict, Unavailable
from tomb.events import PLAYLISTS, Events
from tomb.machines import update as rules
from tomb.machines.table import Outcome
from tomb.models import UpdateStatus
from tomb.nurseries.machine_states import MachineStates
from tomb.nurseries.mailbox import Boundary
from tomb.nurseries.probation import Probation

log = logging.getLogger(__name__)

FIRST_LOOK_S = 600.0  # after the start, which has other things to do
LOOK_S = 24 * 3600.0
WATCH_S = 1.0
TAKEN_S = 30.0  # until the program has begun: systemd starts it at once
TOLD_PERCENT = 5.0  # between two events of how much has come

_Event = (
    rules.Ask
    | rules.Take
    | rules.Found
    | rules.UpToDate
    | rules.Failed
    | rules.Begun
    | rules.OnTrial
    | rules.Judged
    | rules.WentBack
)


class _Left(Struct, frozen=True):
    """A package was left to the program. `before`: what was noted then; `at`: on Trio's clock."""

    before: Note
    at: float


class Updates:
    """`updater`: None where there is nothing to update. `version`: this one. `run` is a service and must be running."""

    def __init__(
        self, events: Events, machines: MachineStates, updater: Updater | None, probation: Probation, version: str
    ) -> None:
        self._events = events
        self._machines = machines
        self._updater = updater
        self._probation = probation
        self._version = version
        self._machine = rules.Update()
        self._boundary = Boundary()
        self._offer: Offer | None = None
        self._percent: float | None = None
        self._left: _Left | None = None
        self._nursery: trio.Nursery | None = None
        self._stirred = trio.Event()

    async def recall(self) -> None:
        """Learn what the program has noted. To be called once, before anything can be edited."""
        if self._updater is not None and self._updater.hindrance() is None:
            note = await self._updater.noted()
            if note.state in UNDER_WAY:
                self._probation.begin()
            self._learn(note)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look once a day, and follow what is under way, for ever."""
        try:
            async with trio.open_nursery() as self._nursery:
                self._nursery.start_soon(self._boundary.run)
                if self._machine.state == "checking" or (self._machine.state == "installing" and not self._is_left):
                    self._happens(rules.Failed("interrupted", "It was interrupted."))  # by a fault of this service
                task_status.started()
                if self._updater is not None and self._updater.hindrance() is None:
                    if self._updater.has_index():
                        self._nursery.start_soon(self._look_daily, self._updater)
                    await self._follow(self._updater)
                await trio.sleep_forever()
        finally:
            self._nursery = None

    def status(self) -> UpdateStatus:
        """How it stands."""
        machine, hindrance = self._machine, self._hindrance()
        return UpdateStatus(
            state=machine.state,
            version=machine.version,
            message=machine.message or (str(hindrance) if hindrance and machine.state == "none" else ""),
            reason=machine.reason,
            current=self._version,
            percent=self._percent,
            hindrance=None if hindrance is None else hindrance.reason,
        )

    def ask(self, *, wanted: bool) -> UpdateStatus:
        """Look whether there is a newer version; `wanted`: and have it installed if there is. It goes on by itself.

        Raises: Unavailable that says why it cannot be; Conflict while an update is under way.
        """
        if (hindrance := self._hindrance()) is not None:
            raise Unavailable(str(hindrance), {"reason": hindrance.reason})
        return self._asked(rules.Ask(wanted))

    def take(self, source: str) -> UpdateStatus:
        """Install the package at an address, whose signature lies beside it. Raises as `ask` does."""
        hindrance = self._hindrance()
        if hindrance is not None and hindrance.reason != "no_address":
            raise Unavailable(str(hindrance), {"reason": hindrance.reason})
        return self._asked(rules.Take(source))

    def _asked(self, event: rules.Ask | rules.Take) -> UpdateStatus:
        if self._nursery is None:
            raise Unavailable("the box is being switched off")
        if self._happens(event) is Outcome.IGNORED:
            raise Conflict("an update is under way", {"state": self._machine.state})
        return self.status()

    def _hindrance(self) -> UpdateFault | None:
        if self._updater is None:
            return UpdateFault("not_installed", "This box is not one that can be updated.")
        if (hindrance := self._updater.hindrance()) is not None:
            return hindrance
        if not self._updater.has_index():
            return UpdateFault("no_address", "No address for updates is set on this box (TOMB_UPDATE_URL).")
        return None

    # --- the machine -------------------------------------------------------------------------------------------------

    def _happens(self, event: _Event) -> Outcome:
        # Synchronous with all its effects, and no mailbox in between, as with a supervisor.
        with self._boundary.crossed():
            before = self.status()
            outcome = rules.UPDATE.fire(self._machine, event)
            effects, self._machine.effects = self._machine.effects, []
            if self._machine.state != "installing":
                self._percent = None
            for effect in effects:
                self._carry_out(effect)
        self._machines.note(rules.UPDATE, "box", self._machine.state)
        if self.status() != before:
            self._tell()
        self._stirred.set()
        return outcome

    def _carry_out(self, effect: rules.LookUp | rules.Fetch) -> None:
        assert self._nursery is not None
        assert self._updater is not None
        match effect:
            case rules.LookUp():
                self._nursery.start_soon(self._look_up, self._updater)
            case rules.Fetch(source):
                url = source or (self._offer.url if self._offer else "")
                self._nursery.start_soon(self._fetch, self._updater, url)

    def _tell(self) -> None:
        self._events.tell("update_state", {PLAYLISTS}, self.status().model_dump(mode="json"))

    # --- the work ----------------------------------------------------------------------------------------------------

    async def _look_daily(self, updater: Updater) -> None:
        await trio.sleep(FIRST_LOOK_S)
        while True:
            if self._machine.state in rules.QUIET:
                try:
                    self._learn_of(await updater.newest())
                except UpdateFault as fault:  # nobody asked, so nobody is told; it is looked at again tomorrow
                    log.info("no look for updates was possible: %s", fault)
            await trio.sleep(LOOK_S)

    async def _look_up(self, updater: Updater) -> None:
        try:
            self._learn_of(await updater.newest())
        except UpdateFault as fault:
            self._happens(rules.Failed(fault.reason, str(fault)))

    def _learn_of(self, offer: Offer | None) -> None:
        if offer is not None:
            self._offer = offer
        self._happens(rules.UpToDate() if offer is None else rules.Found(offer.version))

    async def _fetch(self, updater: Updater, url: str) -> None:
        try:
            before = await updater.noted()
            await updater.fetch(url, self._came)
        except UpdateFault as fault:
            log.warning("an update could not be fetched: %s", fault)
            self._happens(rules.Failed(fault.reason, str(fault)))
        else:
            self._left = _Left(before, trio.current_time())
            self._stirred.set()

    def _came(self, percent: float) -> None:
        if self._percent is None or percent - self._percent >= TOLD_PERCENT or percent >= 100 > self._percent:
            self._percent = round(percent, 1)
            self._tell()

    # --- what is noted -----------------------------------------------------------------------------------------------

    @property
    def _is_left(self) -> bool:
        return self._left is not None or self._probation.is_on

    async def _follow(self, updater: Updater) -> None:
        while True:
            self._stirred = trio.Event()
            if not self._is_left:
                await self._stirred.wait()
                continue
            note = await updater.noted()
            if self._left is None or note.number != self._left.before.number:
                self._learn(note)
            elif trio.current_time() - self._left.at > TAKEN_S:
                self._left = None
                with suppress(OSError):
                    await updater.withdraw()
                said = "The part of the system that installs updates has not taken it (tomb-update.path)."
                self._happens(rules.Failed("not_taken", said))
            await trio.sleep(WATCH_S)

    def _learn(self, note: Note) -> None:
        match note.state:
            case "taken" | "installing":
                self._happens(rules.Begun(note.version or None))
            case "proving" | "going_back":
                self._happens(rules.OnTrial(note.version))
            case "done":
                self._happens(rules.Judged(note.version))
            case "went_back":
                self._happens(rules.WentBack(note.version, note.reason, note.message))
            case "failed":
                self._happens(rules.Failed(note.reason, note.message, note.version or None))
        if note.state not in ("taken", *UNDER_WAY):
            self._left = None
            if self._probation.is_on:
                log.info("the update is judged; edits are taken again")
                self._probation.end()
