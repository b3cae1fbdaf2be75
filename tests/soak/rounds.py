"""The rounds of a soak: start, compare, load, kill; and again."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import trio

from tests.rigs.process import WITH_DEMO
from tests.soak import others
from tests.soak.api import Api, Complaint, Gone, Journal, Numbers, leaves
from tests.soak.arrivals import ARRIVALS
from tests.soak.checks import database_faults, folder_faults
from tests.soak.edits import EDITS
from tests.soak.power import Kill
from tests.soak.seen import Seen, kept_in, shown_by
from tests.soak.sounds import Pool
from tests.soak.victim import Victim, starting
from tests.soak.worker import Worker

WORKERS = 4
MOST_ANSWERS = 150  # before the kill: by the work that was done, so that a slow machine kills no idle box
LOOK_S = 0.005
LISTENED = 2  # tracks that are fetched over HTTP after each start
# Room is kept for others on a real box; here it must not depend on the machine's disk.
ENV = {"TOMB_FREE_KEPT_MB": "0"} | WITH_DEMO


@dataclass(slots=True)
class Tally:
    """What came of a soak. `whole`, `none`: changes under way at a kill that have happened, or not."""

    kills: int = 0
    in_start: int = 0
    whole: int = 0
    none: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        did = ", ".join(f"{name} {count}" for name, count in sorted(self.counts.items()))
        return (
            f"{self.kills} kills, {self.in_start} of them during a start; of the changes under way {self.whole} had"
            f" happened and {self.none} had not; acknowledged: {did}"
        )


class Soak:
    """`keep`: where the journal goes; `data`: the box's folder; `how`: what a kill is."""

    starting_s = 1.3  # the kills during a start are spread over that

    def __init__(self, seed: int, data: Path, how: Kill, keep: Path | None = None) -> None:
        self.random = Random(seed)
        self.data = data
        self.journal = Journal.kept_in(keep)
        self.numbers = Numbers()
        self.tally = Tally()
        self.round = 0
        self._how = how
        pool = Pool(seed)
        self.workers = [
            Worker(number, Random(self.random.random()), pool, data / "library", keeps_chunks=how.keeps_chunks)
            for number in range(1, WORKERS + 1)
        ]
        self._rest: Mapping[str, object] = {}

    async def run(self, kills: int) -> Tally:
        """Raises: Complaint, one for all that went wrong in a round."""
        complaint: Complaint | None = None
        try:
            await self._run(kills)
        except* Complaint as group:
            complaint = Complaint("\n".join(map(str, leaves(group))))  # raised in here, it would be in a group again
        if complaint is not None:
            raise complaint
        self.tally.counts = _by_verb(self.journal.counts)
        return self.tally

    async def _run(self, kills: int) -> None:
        await self._first()
        for self.round in range(1, kills + 1):
            self.journal.note(f"round {self.round}")
            if self.random.random() < 0.2:
                await self._kill_while_starting()
            else:
                await self._kill_under_load()
            self.tally.kills += 1
            self._look_at_the_dead()
        await self._last()

    # --- kinds of rounds --------------------------------------------------------------------------------------------

    async def _first(self) -> None:
        """The demo library is made, and nobody touches it later."""
        async with self._starting() as victim:
            api = self._api(await victim.up(), "first")
            await api.ask("POST", "/api/playlists/sync", {})
            self._rest = _of_nobody(await shown_by(api))
            await victim.terminate()

    async def _kill_while_starting(self) -> None:
        async with self._starting() as victim:
            await trio.sleep(self.random.uniform(0, self.starting_s))
            await self._how.kill(victim)
        self.tally.in_start += 1

    async def _kill_under_load(self) -> None:
        async with self._starting() as victim:
            port = await victim.up()
            await self.check(port)
            async with trio.open_nursery() as nursery:
                self._load(nursery, port, victim.dead)
                await self._answered(self.random.uniform(0, MOST_ANSWERS))
                await self._how.kill(victim)

    async def _answered(self, more: float) -> None:
        begun = self.journal.counts["answers"]
        while self.journal.counts["answers"] < begun + more:
            await trio.sleep(LOOK_S)

    async def _last(self) -> None:
        """It goes well for once; and what the inbox still held is taken."""
        async with self._starting() as victim:
            await self.check(await victim.up())
            await victim.terminate()
        self._look_at_the_dead()

    def _load(self, nursery: trio.Nursery, port: int, dead: trio.Event) -> None:
        for worker in self.workers:
            nursery.start_soon(worker.work, self._api(port, worker.name), [*EDITS, *ARRIVALS])
        tags = [tag for worker in self.workers for tag in worker.tags]
        nursery.start_soon(others.play, self._api(port, "player"), Random(self.random.random()), tags)
        nursery.start_soon(others.listen, port, dead, self.journal, self.numbers)
        if self.random.random() < 0.3:
            nursery.start_soon(others.back_up, self._api(port, "backup"))

    # --- comparing --------------------------------------------------------------------------------------------------

    async def check(self, port: int) -> None:
        """All that must be true of a box that has just started. Raises: Complaint."""
        api = self._api(port, "check")
        try:
            await self._check(api)
        except Gone as gone:
            raise Complaint("the box went away while nobody killed it") from gone

    async def _check(self, api: Api) -> None:
        quiet = replace(api, numbers=Numbers())  # whose answers do not count before they are compared
        self.numbers.check_begun((await quiet.ask("GET", "/api/health")).body["server_seq"])
        await api.ask("POST", "/api/playlists/sync", {})
        await api.ask("POST", "/api/uploads/cleanup", {})
        seen = await shown_by(api)
        faults = [fault for worker in self.workers for fault in worker.faults(seen)]
        faults += self._unchanged(seen) + folder_faults(self.data) + await self._player_faults(api, seen)
        kept = kept_in(self.data / "tomb.db")
        if kept != seen:
            faults.append(f"the box shows {seen}, its database has {kept}")
        if faults:
            raise Complaint("\n".join(faults))
        await self._listen_to_some(api, seen)
        for worker in self.workers:
            happened = worker.go_on_from(seen)
            self.tally.whole += happened is True
            self.tally.none += happened is False

    def _unchanged(self, seen: Seen) -> list[str]:
        rest = _of_nobody(seen)
        return [] if rest == self._rest else [f"what nobody touched has changed: {self._rest} to {rest}"]

    async def _player_faults(self, api: Api, seen: Seen) -> list[str]:
        state = (await api.ask("GET", "/api/player/status")).data
        keys = {playlist_id: key for key, playlist_id in seen.playlist_ids.items()}
        playlist_id, track_id = state["active_playlist_id"], state["active_track_id"]
        if playlist_id is None:
            return []
        if playlist_id not in keys:
            return [f"the player remembers a playlist that is not there: {playlist_id}"]
        tunes = seen.whole.records[keys[playlist_id]].tunes
        if track_id not in {None, *(seen.track_ids[tune.filename] for tune in tunes)}:
            return [f"the player remembers a track that is not in its playlist: {track_id}"]
        return []

    async def _listen_to_some(self, api: Api, seen: Seen) -> None:
        tunes = sorted(
            (tune.sha, seen.track_ids[tune.filename]) for each in seen.whole.records.values() for tune in each.tunes
        )
        for sha, track_id in self.random.sample(tunes, min(LISTENED, len(tunes))):
            content = (await api.ask("GET", f"/api/tracks/{track_id}/audio")).content
            if hashlib.sha256(content).hexdigest() != sha:
                raise Complaint(f"the sound of track {track_id} is not {sha}")

    def _look_at_the_dead(self) -> None:
        self._how.restore_power()
        if faults := database_faults(self.data):
            raise Complaint("after the kill: " + "\n".join(faults))

    # --- what is needed ---------------------------------------------------------------------------------------------

    def _api(self, port: int, who: str) -> Api:
        return Api(port, who, self.journal, self.numbers)

    @asynccontextmanager
    async def _starting(self) -> AsyncIterator[Victim]:
        async with starting(self.data, ENV) as victim:
            yield victim


def _of_nobody(seen: Seen) -> dict[str, object]:
    """What no worker owns: the demo."""
    workers = {f"w{number}" for number in range(1, WORKERS + 1)}
    return {key: each for key, each in seen.whole.records.items() if key.partition("-")[0] not in workers}


def _by_verb(counts: Mapping[str, int]) -> dict[str, int]:
    """ "create w1-2" and "create w2-3" are two creates."""
    verbs: dict[str, int] = {}
    for what, count in counts.items():
        verb = what.partition(" ")[0]
        verbs[verb] = verbs.get(verb, 0) + count
    return verbs
