"""A worker: owns playlists, tags and uploads, changes one thing at a time, knows what must be there after a crash."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.soak.api import Api, Complaint, Gone
from tests.soak.holding import Holding, Record, Sending, difference
from tests.soak.seen import Seen
from tests.soak.sounds import Pool

TAGS = 4


@dataclass(slots=True)
class Transfer:
    """A file on its way.

    Chunks: `acked` were answered, `flying` sent and not answered, `wrong` hold rubbish, `again` must be sent once more.
    """

    content: bytes
    chunk_size: int
    upload_id: str = ""
    acked: set[int] = field(default_factory=set)
    flying: set[int] = field(default_factory=set)
    wrong: set[int] = field(default_factory=set)
    again: set[int] = field(default_factory=set)
    is_new: bool = True  # announced since the box started

    @property
    def total(self) -> int:
        return -(-len(self.content) // self.chunk_size)

    @property
    def missing(self) -> list[int]:
        return [index for index in range(self.total) if index not in self.acked or index in self.again]

    def piece(self, index: int) -> bytes:
        return self.content[index * self.chunk_size : (index + 1) * self.chunk_size]


class Worker:
    """`holding`: what was acknowledged. `doing`: the same after the change that is under way, if there is one.

    `certain`: that change is the box's to make, whether or not it answers: its files lie in the inbox. `keeps_chunks`:
    see `power.Kill`.
    """

    def __init__(self, number: int, random: Random, pool: Pool, library: Path, *, keeps_chunks: bool = True) -> None:
        self._keeps_chunks = keeps_chunks
        self.name = f"w{number}"
        self.random = random
        self.pool = pool
        self.library = library
        self.tags = [f"04{number:02X}{each:02X}AA" for each in range(TAGS)]
        self.holding = Holding(choices={"volume_ceiling": 100, "same_tag": "toggle"} if number == 1 else {})
        self.doing: Holding | None = None
        self.what = ""
        self.certain = False
        self.playlist_ids: dict[str, str] = {}
        self.track_ids: dict[str, str] = {}
        self.transfers: dict[str, Transfer] = {}
        self.binned: dict[str, tuple[str, Record]] = {}  # by key, the id and what it was
        self.api: Api
        self._serial = 0

    async def work(self, api: Api, deeds: "Deeds") -> None:
        """One thing after the other, until the box is gone."""
        self.api = api
        weights = [weight for weight, _ in deeds]
        try:
            while True:
                [(_, deed)] = self.random.choices(deeds, weights)
                await deed(self)
        except Gone:
            return

    async def change(
        self, what: str, after: Holding, method: str, path: str, body: object = None, *, status: int = 200
    ) -> Any:
        """Ask for a change, and note that it was made: the answer's `data`, None for one without a body."""
        self.begin(what, after)
        answer = await self.api.ask(method, path, body, ok=(status,))
        self.end(after)
        return answer.data if answer.content else None

    def begin(self, what: str, after: Holding) -> None:
        self.what, self.doing, self.certain = what, after, False
        self.api.journal.note(f"{self.name} begins: {what}")

    def end(self, after: Holding) -> None:
        self.holding, self.doing, self.certain = after, None, False
        self.transfers = {name: each for name, each in self.transfers.items() if name in after.sendings}
        self.api.journal.counts[self.what] += 1

    def new_key(self) -> str:
        self._serial += 1
        return f"{self.name}-{self._serial}"

    def pick(self) -> str | None:
        """The key of some playlist of this worker's."""
        return self.random.choice(list(self.holding.records)) if self.holding.records else None

    def learn(self, playlist: Any, key: str) -> None:
        self.playlist_ids[key] = playlist["id"]
        self.track_ids |= {track["filename"]: track["id"] for track in playlist["tracks"]}

    # --- after a crash ----------------------------------------------------------------------------------------------

    def faults(self, seen: Seen) -> list[str]:
        """What is not as it must be."""
        allowed = [self.holding] if self.doing is None else [self.doing] if self.certain else [self.holding, self.doing]
        keeps = self._keeps_chunks
        empty = {name for name, each in self.transfers.items() if each.is_new and not (keeps and each.acked)}
        allowed = [each.without_sendings(empty - seen.received.keys()) for each in allowed]
        under_way = f"{self.name}, while it was to {self.what}: " if self.doing else f"{self.name}: "
        faults = difference(seen.of(self.name), allowed) + self._chunk_faults(seen)
        faults += [
            f"{what} {name} has another id now"
            for what, mine, theirs in (
                ("playlist", self.playlist_ids, seen.playlist_ids),
                ("track", self.track_ids, seen.track_ids),
            )
            for name in mine.keys() & theirs.keys()
            if mine[name] != theirs[name]
        ]
        return [under_way + fault for fault in faults]

    def go_on_from(self, seen: Seen) -> bool | None:
        """Take what is there, which was found right, for what was acknowledged.

        Whether what was under way has happened; None if nothing was.
        """
        before, now = self.holding, seen.of(self.name)
        happened = None if self.doing is None or self.doing == before else now == self.doing
        self.holding, self.doing, self.certain = now, None, False
        self.playlist_ids = {key: seen.playlist_ids[key] for key in now.records}
        self.binned = {key: each for key, each in self.binned.items() if key not in now.records}
        self.track_ids = {
            tune.filename: seen.track_ids[tune.filename] for each in now.records.values() for tune in each.tunes
        }
        for name, transfer in list(self.transfers.items()):
            if now.sendings.get(name, Sending("", "error")).stage != "open":
                del self.transfers[name]
                continue
            transfer.upload_id, transfer.is_new = seen.upload_ids[name], False
            transfer.acked, transfer.flying = seen.received[name], set()
            transfer.again |= transfer.wrong  # rubbish that was not answered may be there or not
        return happened

    def _chunk_faults(self, seen: Seen) -> list[str]:
        return [
            f"of {name} the chunks {sorted(seen.received[name])} are there, though {sorted(transfer.acked)} were"
            f" answered and {sorted(transfer.flying)} sent"
            for name, transfer in self.transfers.items()
            if name in seen.received
            and self.holding.sendings.get(name, Sending("")).stage == "open"
            and not (transfer.acked if self._keeps_chunks else set())
            <= seen.received[name]
            <= transfer.acked | transfer.flying
        ]


Deeds = list[tuple[int, Callable[[Worker], Awaitable[None]]]]


def expect(condition: object, complaint: str) -> None:
    if not condition:
        raise Complaint(complaint)
