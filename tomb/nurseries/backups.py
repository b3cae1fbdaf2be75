"""Backups by themselves: every so many days the whole library as one file, on a stick or a share.

A box that was off when its day came makes up for it when it is on. Days are the calendar's, which has an answer to
clocks that nobody has set; where the last backup is from a day that is still to come, they are counted from today. So
most backups are made right after midnight, when nobody listens. If somebody does, it waits for a pause, though not for
long: there are boxes that are only on while they play. It then goes so slowly that the music's disk has time for the
music.

What is wrong is a state (`supervisor`): where backups go is looked at every few hours, so a stick that somebody took
away is missed before its day. It is up again when it was there again, and the backup made that was due. One that failed
half-way, for a reason that only shows then, is tried again after `AGAIN_S` and not before: each try wears the stick.

`backup_to` may come from a parent's phone, or with a library that was restored, and is a path: it counts only below the
folders in which Linux mounts what is plugged in (`TOMB_BACKUP_BELOW`), or where the operator named it. Whoever could
name any folder could have the box write into its own, and list what lies in others.
"""

import logging
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import trio
from msgspec import Struct
from pydantic import JsonValue

from tomb.devices.backup_drive import BackupDrive, Kept, Seen, Target, Visit, refusal
from tomb.errors import BadRequest, Broken, TombError, Unavailable
from tomb.models import Choices
from tomb.nurseries.archivist import Archivist
from tomb.nurseries.calendar import Calendar
from tomb.nurseries.librarian import Librarian

log = logging.getLogger(__name__)

PAUSES_S = (1.0, 5.0, 30.0, 120.0)  # a stick that is plugged in again is seen within two minutes
FIRST_S = 120.0  # after the start, which has more to do
TURN_S = 3600.0  # between two looks at the calendar
LOOK_S = 6 * 3600.0  # between two looks at the stick: a share's disks are not woken all the time
QUIET_S = 1800.0  # at most, until nobody listens
PAUSE_S = 20.0  # between two looks whether somebody still does
WITH_MUSIC = 2 * 1024 * 1024  # bytes a second
AGAIN_S = 3600.0
MADE = "backed_up"  # the setting in which the last one is noted


class Made(Struct, frozen=True):
    """The last one that went to `folder`. `day`: an ISO date, the calendar's."""

    folder: str
    day: str


class Failure(Struct, frozen=True):
    at: float
    folder: Path
    error: TombError


class Backups:
    """A service. `below`: where the folders lie that parents may name. `data`: the box's own.

    `seen`: what the last look found, None before it. `running`: one is being written.
    """

    def __init__(
        self,
        archivist: Archivist,
        librarian: Librarian,
        calendar: Calendar,
        drive: BackupDrive,
        is_playing: Callable[[], bool],
        data: Path,
        below: tuple[str, ...],
        owner: str,
    ) -> None:
        self._archivist = archivist
        self._librarian = librarian
        self._calendar = calendar
        self._drive = drive
        self._is_playing = is_playing
        self.data = data
        self.below = below
        self._owner = owner
        self._title = ""
        self._every_days = 7
        self.folder: Path | None = None
        self._is_free = False
        self.made: Made | None = None
        self.seen: Seen | None = None
        self.running = False
        self._changed = trio.Event()
        self._begun = False
        self._looked_at = float("-inf")
        self._failure: Failure | None = None

    def remember(self, stored: Mapping[str, JsonValue]) -> None:
        """What was noted among the settings, if it makes sense."""
        noted = stored.get(MADE)
        if isinstance(noted, dict) and isinstance(noted.get("folder"), str) and isinstance(noted.get("day"), str):
            self.made = Made(str(noted["folder"]), str(noted["day"]))

    def use(self, choices: Choices, *, by_operator: bool) -> bool:
        """From now on; whether the folder is another one than before. `by_operator`: it is not a parent's choice, and
        may be anywhere."""
        folder = None if choices.backup_to is None else Path(choices.backup_to)
        self._title = _plain(choices.box_name)
        self._is_free = by_operator
        is_another = folder != self.folder
        if is_another:
            self.seen, self._looked_at, self._failure = None, float("-inf"), None
        if is_another or choices.backup_every_days != self._every_days:
            self.folder, self._every_days = folder, choices.backup_every_days
            self._changed.set()
        return is_another

    def check(self, folder: str) -> None:
        """Whether parents may name it. Raises: BadRequest."""
        if self._above(Path(folder)) is None:
            said = f"backups go to a folder in {' or '.join(self.below)}, where sticks and shares are mounted"
            raise BadRequest(said, {"backup_below": list(self.below)})

    def target(self) -> Target | None:
        """Where they go; None where nowhere, or where they may not. For whoever looks at it besides."""
        try:
            return None if self.folder is None else self._target(self.folder)
        except Broken:
            return None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Go on for ever. Raises: DeviceError, RequestError; started again, it is up when all is well."""
        again, self._begun = self._begun, True
        self._changed = trio.Event()
        if not again:
            task_status.started()
            await self._until_changed(FIRST_S)
        while True:
            self._changed = trio.Event()
            wait = float("inf")
            if self.folder is not None:
                held_back = self._held_back(self.folder)
                if held_back and again:
                    await self._until_changed(held_back)
                    continue
                folder = self.folder
                try:
                    await self._care_for(self._target(folder))
                except TombError:
                    if folder != self.folder:
                        continue  # it was given up meanwhile: what is wrong with it is nobody's business
                    raise
                wait = TURN_S
            if again:
                again = False
                task_status.started()
            await self._until_changed(wait)

    async def _is_due(self, target: Target) -> bool:
        """The first is due on any day."""
        made, today = self.made, self._calendar.look().day
        if made is None or made.folder != str(target.folder):
            return True
        days = _days_between(made.day, today)
        if days < 0:
            await self._note(target)
        return days >= self._every_days

    async def _care_for(self, target: Target) -> None:
        now = trio.current_time()
        due = await self._is_due(target)
        if not due and now - self._looked_at < LOOK_S:
            return
        async with self._drive.visit(target) as visit:
            if target.folder == self.folder:
                self.seen, self._looked_at = visit.seen, now
        if due:
            await self._until_quiet()
            if not self._changed.is_set():
                await self._make(target)

    async def _make(self, target: Target) -> None:
        self.running = True
        try:
            async with self._drive.visit(target) as visit:
                needed = await self._librarian.size()
                if needed > visit.seen.largest:
                    raise refusal(target.folder, "too_large")
                if needed > visit.seen.free:
                    raise refusal(target.folder, "full")
                try:
                    name, size = await self._write(visit)
                except TombError as error:
                    self._failure = Failure(trio.current_time(), target.folder, error)
                    raise
            kept = [*visit.seen.kept, Kept(name=name, bytes=size)]
            self._failure = None
            await self._note(target)
            async with self._drive.visit(target) as visit:
                if target.folder == self.folder:
                    self.seen = visit.seen
        finally:
            self.running = False
        log.info("a backup is in %s: %s; %d before it", target.folder, name, len(kept) - 1)

    async def _write(self, visit: Visit) -> tuple[str, int]:
        outgoing = await self._archivist.backup()
        async with outgoing.pieces:
            sent = 0
            await visit.begin(self._title, self._calendar.look().day or "1970-01-01", outgoing.length)
            async for piece in outgoing.pieces:
                await visit.send(piece)
                sent += len(piece)
                if self._is_playing():
                    await trio.sleep(len(piece) / WITH_MUSIC)
        if sent != outgoing.length:
            raise Unavailable("the library could not be read to its end")
        return await visit.finish(), sent

    async def _note(self, target: Target) -> None:
        self.made = Made(str(target.folder), self._calendar.look().day)
        await self._librarian.change_settings({MADE: {"folder": self.made.folder, "day": self.made.day}})

    def _target(self, folder: Path) -> Target:
        below = self._above(folder)
        if below is None and not self._is_free:
            raise Broken(f"Backups may not go to {folder}, but into {' or '.join(self.below)}")
        return Target(folder, None if self._is_free else below, self.data, self._owner)

    def _above(self, folder: Path) -> Path | None:
        return next((Path(each) for each in self.below if Path(each) in folder.parents), None)

    def _held_back(self, folder: Path) -> float:
        """Seconds for which nothing is tried."""
        if self._failure is None or self._failure.folder != folder:
            return 0.0
        return max(0.0, self._failure.at + AGAIN_S - trio.current_time())

    async def _until_quiet(self) -> None:
        with trio.move_on_after(QUIET_S):
            while self._is_playing() and not self._changed.is_set():
                await self._until_changed(PAUSE_S)

    async def _until_changed(self, seconds: float) -> None:
        with trio.move_on_after(seconds):
            await self._changed.wait()


def _days_between(first: str, second: str) -> int:
    """Fewer than none, too, where one of them is no day."""
    if first == second:
        return 0
    try:
        return (date.fromisoformat(second) - date.fromisoformat(first)).days
    except ValueError:
        return -1


def _plain(name: str) -> str:
    """What FAT, shares and terminals all take: Mäxchens Box becomes maxchens-box."""
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:30].strip("-")
