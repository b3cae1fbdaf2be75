"""A real box in a real household: a process of its own on a real sound daemon and a real card daemon, for minutes.

Cards come and go, phones too, somebody clicks, somebody uploads and deletes, PulseAudio and pcscd are killed and come
back. What the box holds is looked at from outside: resident memory, descriptors, threads. In the end it must hold what
it held, be healthy, and have nothing to say of a defect.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import trio

from tests.rigs.listener import listening
from tests.rigs.music import ALBUMS, Music, press, shelve
from tests.rigs.pcsc import PcscRig, pcsc_rig
from tests.rigs.process import Answer, Box, serving
from tests.rigs.pulse import PulseRig, pulse_rig
from tests.soak.api import Complaint
from tests.soak.meter import Meter, process_figures
from tests.soak.sounds import made

LOOK_S = 5.0
SETTLED_S = 45.0  # after which all has been loaded that is loaded once
ENV = {"TOMB_FREE_KEPT_MB": "0"}


@dataclass
class Tally:
    minutes: float
    did: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    meter: Meter = field(default_factory=Meter)

    def __str__(self) -> str:
        did = ", ".join(f"{name} {count}" for name, count in sorted(self.did.items()))
        answers = ", ".join(f"{status} × {count}" for status, count in sorted(self.answers.items()))
        return f"{self.minutes:g} real minutes of mixed use: {did}; answers {answers}\n{self.meter}"


@dataclass
class _Household:
    box: Box
    music: Music
    pulse: PulseRig
    cards: PcscRig
    tally: Tally
    reader: trio.Lock = field(default_factory=trio.Lock)  # there is one, and one thing at a time happens to it

    async def card(self, chance: Random) -> None:
        async with self.reader:
            self.tally.did["card"] += 1
            await self.cards.insert(self.music[chance.choice(list(ALBUMS))].tag_id)
            await trio.sleep(chance.uniform(0.5, 8))
            await self.cards.remove()

    async def click(self, chance: Random) -> None:
        self.tally.did["click"] += 1
        path, body = chance.choice(
            (
                ("toggle", {}),
                ("next", {}),
                ("previous", {}),
                ("seek", {"position_ms": chance.randrange(1000)}),
                ("volume", {"volume": chance.randrange(101)}),
            )
        )
        self._count(await self.box.post(f"/api/player/{path}", body))

    async def upload(self, chance: Random) -> None:
        """And all of it is deleted again."""
        self.tally.did["upload"] += 1
        song = made(chance, 2.0).content
        playlist = self._count(await self.box.post("/api/playlists", {"title": "Passing"})).data["id"]
        sessions = f"/api/playlists/{playlist}/uploads"
        begun = self._count(await self.box.post(f"{sessions}/session", {"filename": "a.wav", "file_size": len(song)}))
        at = f"{sessions}/{begun.data['session_id']}"
        self._count(await self.box.put(f"{at}/chunks/0", song))
        self._count(await self.box.post(f"{at}/finalize", {}))
        self._count(await self.box.delete(f"/api/playlists/{playlist}"))
        self._count(await self.box.delete("/api/bin"))

    async def visit(self, chance: Random) -> None:
        self.tally.did["visit"] += 1
        async with listening(self.box.port, "playlists"):
            await trio.sleep(chance.uniform(0.1, 20))

    async def lose_sound(self, chance: Random) -> None:
        self.tally.did["sound lost"] += 1
        await self.pulse.kill()
        await trio.sleep(chance.uniform(0.5, 10))
        await self.pulse.start()

    async def lose_reader(self, chance: Random) -> None:
        async with self.reader:
            self.tally.did["reader lost"] += 1
            await self.cards.kill()
            await trio.sleep(chance.uniform(0.5, 10))
            await self.cards.start()
            await self.box.until_health(lambda health: health["details"]["nfc"]["state"] == "up")

    def _count(self, answer: Answer) -> Answer:
        self.tally.answers[answer.status] += 1
        if answer.status >= 500:
            raise Complaint(f"somebody was answered {answer.status}: {answer.content[:300]!r}")
        return answer

    async def again(self, most: float, deed: Callable[[Random], Awaitable[object]], seed: float) -> None:
        chance = Random(seed)
        while True:
            await trio.sleep(chance.uniform(0, most))
            await deed(chance)


async def keep_house(seed: int, minutes: float, folder: Path) -> Tally:
    """Raises: Complaint."""
    tally, chance = Tally(minutes), Random(seed)
    (folder / "records").mkdir(parents=True)
    press(folder / "records")
    async with pulse_rig() as pulse, pcsc_rig() as cards:
        music = await shelve(folder / "records", folder / "data")
        arguments = ("--audio", "portaudio", "--reader", "pcsc")
        async with serving(music.data, *arguments, env=ENV | pulse.env | cards.env) as box:
            household = _Household(box, music, pulse, cards, tally)
            async with trio.open_nursery() as nursery:
                for most, deed in (
                    (6, household.card),
                    (2, household.click),
                    (8, household.upload),
                    (5, household.visit),
                    (5, household.visit),
                    (5, household.visit),
                    (90, household.lose_sound),
                    (120, household.lose_reader),
                ):
                    nursery.start_soon(household.again, most, deed, chance.random())
                await _measure(box.pid, tally)
                nursery.cancel_scope.cancel()
            await pulse.restart()  # which may just have been away
            await cards.restart()
            await _judge(box, tally)
            await box.terminate()
    return tally


async def _measure(pid: int, tally: Tally) -> None:
    began = trio.current_time()
    await trio.sleep(min(SETTLED_S, tally.minutes * 60 / 4))
    while (gone := trio.current_time() - began) < tally.minutes * 60:
        tally.meter.note(gone / 3600, process_figures(pid))
        await trio.sleep(LOOK_S)


async def _judge(box: Box, tally: Tally) -> None:
    wrong: list[str] = []
    if "Traceback" in box.log:
        wrong.append(box.log[box.log.index("Traceback") - 300 :][:3000])
    await box.until_health(lambda health: health["status"] == "healthy")
    for name, allowed in (("MB", 6.0), ("descriptors", 8.0), ("threads", 4.0)):
        if (grown := tally.meter.growth(name)) > allowed:
            wrong.append(f"{name} grew by {grown:g}")
    if wrong:
        raise Complaint("\n".join((*wrong, str(tally))))
