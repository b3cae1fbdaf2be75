"""The installed box without power: a computer with a real systemd, whose disk stops first and then all of it.

All of its disk but /usr, which only an installation writes to, is an ext4 file system of its own. While workers edit
and upload, a child listens: after a cut the computer must start, its disk need no mending, the box be healthy, all that
was acknowledged be there, and the place in the story at most five seconds behind what was heard. Then the tag is put on
the box again, and it plays.
"""

import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import trio

from tests.rigs import machine
from tests.rigs.machine import PORT, Machine, overlaid, switched_on
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Answer
from tests.rigs.small_disk import Ext4Disk, ext4_disk
from tests.soak.api import Api, Complaint, Gone, Numbers
from tests.soak.arrivals import upload
from tests.soak.edits import EDITS
from tests.soak.power import Kill
from tests.soak.rounds import Soak
from tests.soak.seen import Seen
from tests.soak.victim import Victim
from tests.soak.worker import Deeds

DISK_MIB = 1024
TAG = "04A1B2C3"  # of the demo
LOST_MS = 5000  # of what was heard, at most (docs/library.md)
LOOK_S = 0.05
FIRST_S = 10.0  # of a start that makes the demo as well
# A test may ask as often as it likes, and nothing is kept free, so that it does not depend on the machine.
SETTINGS = """
TOMB_AUDIO=silent
TOMB_READER=virtual
TOMB_KEYS=none
TOMB_RATE_LIMITS=off
TOMB_FREE_KEPT_MB=0
"""
DEEDS: Deeds = [*EDITS, (30, upload)]  # nobody lays folders into the inbox of another computer


@contextmanager
def installed(package: Path, folder: Path) -> Iterator[tuple[Path, Ext4Disk]]:
    """A Debian 12 with the box on a disk that can lose its power, switched off; and its /usr."""
    folder.mkdir()
    with overlaid(machine.root("bookworm"), folder / "made") as made:
        _inside(made, package, "dpkg", "--force-unsafe-io", "--install", f"/mnt/{package.name}")
        with ext4_disk(folder / "disk", DISK_MIB) as disk:
            _copy(made, disk.folder)
            with (disk.folder / "etc/tomb/tomb.env").open("a") as file:
                file.write(SETTINGS)
            disk.sync()
            yield made / "usr", disk


def _inside(made: Path, package: Path, *command: str) -> None:
    """It need not start for that."""
    nspawn = ("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--pipe")
    name = f"--machine=tomb-{os.getpid()}"  # or it would be that of the folder, which is everybody's
    subprocess.run([*nspawn, name, f"--bind-ro={package.parent}:/mnt", f"--directory={made}", *command], check=True)


def _copy(made: Path, disk: Path) -> None:
    """All but /usr, and of that what says that there is a Debian."""
    left = ("./usr", "./var/cache", "./var/lib/apt/lists")
    with subprocess.Popen(
        ["tar", "-C", made, *(f"--exclude={each}" for each in left), "-c", "."], stdout=subprocess.PIPE
    ) as read:
        subprocess.run(["tar", "-C", disk, "-x"], stdin=read.stdout, check=True)
    assert read.returncode == 0
    (disk / "usr/lib").mkdir(parents=True)
    (disk / "usr/lib/os-release").write_bytes((made / "usr/lib/os-release").read_bytes())


class Computer(Victim):
    """The same as any victim, and more dies with it."""

    def __init__(self, machine: Machine, disk: Ext4Disk) -> None:
        self.machine = machine
        self._disk = disk
        self.dead = trio.Event()

    async def up(self) -> int:
        await self.machine.until("/api/health", lambda health: health["status"] == "healthy")
        return PORT

    async def call(self, _: int, method: str, path: str, body: object = None, **more: Any) -> Answer:
        return await self.machine.ask(method, path, body, **more)

    async def stand_still(self) -> None:
        """A box whose disk fails would say so, and one without power says nothing. (It may not have started.)"""
        await self.machine.run("systemctl", "kill", "--signal=STOP", "tomb.service", check=False)
        log = (await self.machine.run("journalctl", "--unit=tomb", "--output=cat", check=False)).said
        if "Traceback" in log:
            raise Complaint(f"the box wrote a traceback: {log}")

    async def kill(self) -> None:
        await self.machine.kill()
        self.dead.set()

    async def terminate(self) -> None:
        await self.machine.power_off()
        self._disk.sync()
        self.dead.set()


class Unplug(Kill):
    """The disk stops, then all that runs."""

    keeps_chunks = False

    def __init__(self, disk: Ext4Disk) -> None:
        self._disk = disk
        self._off = False

    async def kill(self, victim: Victim) -> None:
        assert isinstance(victim, Computer)
        await victim.stand_still()
        self._disk.cut_power()
        self._off = True
        await victim.kill()

    def restore_power(self) -> None:
        if self._off:
            self._disk.restore_power(examined=True)
            self._off = False


class InstalledSoak(Soak):
    """`usr`: what the computer has as /usr."""

    starting_s = 6.0  # until it is ready, and a little longer

    def __init__(self, seed: int, usr: Path, disk: Ext4Disk, keep: Path | None = None) -> None:
        super().__init__(seed, disk.folder / "var/lib/tomb", Unplug(disk), keep)
        self._usr = usr
        self._disk = disk
        self._computer: Computer
        self._story: Any = None  # the demo's playlist
        self._heard_ms: int | None = None  # how far into it, when it was asked last
        self.taps = 0

    async def _first(self) -> None:
        """The very first start is cut off, too: what it had begun to make must be whole after the next."""
        async with self._starting() as victim:
            await trio.sleep(self.random.uniform(0, FIRST_S))
            await self._how.kill(victim)
        self._how.restore_power()
        await super()._first()

    def _load(self, nursery: trio.Nursery, port: int, _: trio.Event) -> None:
        for worker in self.workers:
            nursery.start_soon(worker.work, self._api(port, worker.name), DEEDS)
        nursery.start_soon(self._hear, self._api(port, "child"))

    async def _hear(self, api: Api) -> None:
        """Note how far the story is, and put the tag on the box again at its end."""
        try:
            while True:
                state = (await api.ask("GET", "/api/player/status")).data
                if state["state"] == "stopped":
                    self._heard_ms = None
                    await self._tap(api)
                elif state["state"] == "playing":
                    self._heard_ms = self._place(state)
                await trio.sleep(LOOK_S)
        except Gone:
            return

    async def _tap(self, api: Api) -> None:
        await api.ask("POST", f"/api/tags/{TAG}/tap", {})
        with trio.move_on_after(PATIENCE_S):
            while not (await api.ask("GET", "/api/player/status")).data["is_playing"]:
                await trio.sleep(LOOK_S)
            self.taps += 1
            return
        raise Complaint("a tap plays nothing")

    def _place(self, state: Any) -> int:
        before = self._story["tracks"][: state["active_track_number"] - 1]
        return int(sum(track["duration_ms"] for track in before) + state["position_ms"])

    async def _check(self, api: Api) -> None:
        if self._story is None:
            quiet = replace(api, numbers=Numbers())  # `_check` has the first look at the numbers
            listed = (await quiet.ask("GET", "/api/playlists")).data["playlists"]
            self._story = next(each for each in listed if each["nfc_tag_id"] == TAG)
        await super()._check(api)
        self._heard_ms = None
        await self._tap(api)

    async def _player_faults(self, api: Api, seen: Seen) -> list[str]:
        faults = await super()._player_faults(api, seen)
        state, heard = (await api.ask("GET", "/api/player/status")).data, self._heard_ms
        if heard is None or heard > self._story["total_duration_ms"] - LOST_MS:  # its end may have come, unseen
            return faults
        # A box that was told of the story in these last seconds may know nothing of it.
        lost_ms = heard - (self._place(state) if state["active_playlist_id"] == self._story["id"] else 0)
        return faults if lost_ms <= LOST_MS else [*faults, f"{lost_ms} ms of what was heard are lost"]

    def _api(self, port: int, who: str) -> Api:
        return Api(port, who, self.journal, self.numbers, self._computer.call)

    @asynccontextmanager
    async def _starting(self) -> AsyncIterator[Victim]:
        async with switched_on(self._disk.folder, None, f"--bind-ro={self._usr}:/usr") as computer:
            self._computer = Computer(computer, self._disk)
            yield self._computer
