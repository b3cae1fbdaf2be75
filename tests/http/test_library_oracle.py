"""Any sequence of requests is answered as a library of plain lists would answer, and leaves the database like it."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from tests.rigs.asgi import served_box
from tests.rigs.box import VirtualBox
from tomb.rehearsal.requests import Answer, Client

TAGS = ("04A1B2C3", "04D4E5F6", "04070809")
NOWHERE = "nowhere"
titles = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=5)


@dataclass
class Shelf:
    title: str
    description: str = ""
    tracks: list[str] = field(default_factory=list)


@dataclass
class Oracle:
    """The library as plainly as can be. `tags`: by tag the playlist that it plays, those linked last at the end."""

    shelves: dict[str, Shelf] = field(default_factory=dict)
    tags: dict[str, str | None] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)

    def tags_of(self, playlist: str) -> list[str]:
        return [tag for tag, owner in self.tags.items() if owner == playlist]


class Play:
    """One run: draws requests, makes them, and compares each answer with the oracle's."""

    def __init__(self, client: Client, data: st.DataObject) -> None:
        self.client = client
        self.draw: Callable[..., Any] = data.draw
        self.oracle = Oracle()

    def any_playlist(self) -> str:
        return str(self.draw(st.sampled_from([*self.oracle.shelves, NOWHERE])))

    def refused(self, answer: Answer, status: int) -> None:
        assert answer.status == status, answer.content

    def compare(self, shown: Any, playlist: str) -> None:
        shelf = self.oracle.shelves[playlist]
        assert (shown["title"], shown["description"]) == (shelf.title, shelf.description)
        assert [track["id"] for track in shown["tracks"]] == shelf.tracks
        assert [track["number"] for track in shown["tracks"]] == list(range(1, len(shelf.tracks) + 1))
        assert shown["track_count"] == len(shelf.tracks)
        assert shown["tag_ids"] == self.oracle.tags_of(playlist)
        assert shown["nfc_tag_id"] == (shown["tag_ids"] or [None])[-1]

    async def create(self) -> None:
        title, description = self.draw(titles), self.draw(titles | st.just(""))
        made = (await self.client.post("/api/playlists", title=title, description=description)).data
        self.oracle.shelves[made["id"]] = Shelf(title, description)
        self.compare(made["playlist"], made["id"])

    async def update(self) -> None:
        playlist = self.any_playlist()
        edit = self.draw(st.fixed_dictionaries({}, optional={"title": titles, "description": titles | st.just("")}))
        answer = await self.client.ask("PUT", f"/api/playlists/{playlist}", edit)
        if playlist == NOWHERE:
            return self.refused(answer, 404)
        shelf = self.oracle.shelves[playlist]
        shelf.title, shelf.description = edit.get("title", shelf.title), edit.get("description", shelf.description)
        return self.compare(answer.data, playlist)

    async def delete(self) -> None:
        playlist = self.any_playlist()
        answer = await self.client.delete(f"/api/playlists/{playlist}")
        assert answer.status == (404 if playlist == NOWHERE else 204)
        self.oracle.shelves.pop(playlist, None)
        self.oracle.tags = {tag: None if owner == playlist else owner for tag, owner in self.oracle.tags.items()}

    async def reorder(self) -> None:
        playlist = self.any_playlist()
        tracks = self.oracle.shelves[playlist].tracks if playlist != NOWHERE else []
        places = self.draw(st.permutations(range(1, len(tracks) + 1)))
        wrong = self.draw(st.booleans())
        wanted = [tracks[place - 1] for place in places]
        order = self.draw(st.sampled_from([places, wanted])) + ([99] if wrong and places else [])
        answer = await self.client.post(f"/api/playlists/{playlist}/reorder", track_order=order)
        if playlist == NOWHERE:
            return self.refused(answer, 404)
        if wrong and places:
            return self.refused(answer, 400)
        self.oracle.shelves[playlist].tracks = wanted
        return self.compare(answer.data["playlist"], playlist)

    async def delete_tracks(self) -> None:
        playlist = self.any_playlist()
        tracks = self.oracle.shelves[playlist].tracks if playlist != NOWHERE else []
        numbers = self.draw(st.lists(st.integers(1, 5), max_size=2))
        ids = self.draw(st.lists(st.sampled_from([*tracks, "absent"]), max_size=2))
        path = f"/api/playlists/{playlist}/tracks"
        answer = await self.client.delete(path, track_numbers=numbers, track_ids=ids)
        absent = "absent" in ids or any(number > len(tracks) for number in numbers)
        if playlist == NOWHERE or absent:
            return self.refused(answer, 404)
        if not numbers and not ids:
            return self.refused(answer, 400)
        doomed = {*ids, *(tracks[number - 1] for number in numbers)}
        self.oracle.shelves[playlist].tracks = [track for track in tracks if track not in doomed]
        return self.compare(answer.data["playlist"], playlist)

    async def move(self) -> None:
        source, target = self.any_playlist(), self.any_playlist()
        number, position = self.draw(st.integers(1, 5)), self.draw(st.none() | st.integers(1, 6))
        body = {"target_playlist_id": target, "track_number": number, "target_position": position}
        if self.draw(st.booleans()):
            answer = await self.client.post(f"/api/playlists/{source}/move-track", **body)
        else:
            answer = await self.client.post("/api/playlists/move-track", source_playlist_id=source, **body)
        if NOWHERE in (source, target) or number > len(self.oracle.shelves[source].tracks):
            return self.refused(answer, 404)
        giving, taking = self.oracle.shelves[source].tracks, self.oracle.shelves[target].tracks
        if position is not None and position > len(taking) + (giving is not taking):
            return self.refused(answer, 400)
        track = giving.pop(number - 1)
        taking.insert(len(taking) if position is None else position - 1, track)
        self.compare(answer.data["source"], source)
        return self.compare(answer.data["target"], target)

    async def use_tag(self) -> None:
        tag, playlist, override = self.draw(st.sampled_from(TAGS)), self.any_playlist(), self.draw(st.booleans())
        replaces = self.draw(st.none() | st.sampled_from([each for each in TAGS if each != tag]))
        body = {"playlist_id": playlist, "override": override}
        if replaces is not None:
            answer = await self.client.put(f"/api/tags/{tag}", **body, replaces=replaces)
        elif self.draw(st.booleans()):
            answer = await self.client.put(f"/api/tags/{tag}", **body)
        else:
            answer = await self.client.post("/api/nfc/associate", tag_id=tag, **body)
        if playlist == NOWHERE:
            return self.refused(answer, 404)
        other = self.oracle.tags.get(tag) not in (None, playlist) or tag in self.oracle.actions
        if other and not override:
            return self.refused(answer, 409)
        if replaces is not None and replaces not in self.oracle.tags:
            return self.refused(answer, 404)
        assert answer.data["playlist_id"] == playlist
        if self.oracle.tags.get(tag) != playlist:
            self.oracle.tags.pop(tag, None)
            self.oracle.tags[tag] = playlist
        for gone in (tag, replaces):
            self.oracle.actions.pop(gone or "", None)
        if replaces is not None:
            del self.oracle.tags[replaces]
        return None

    async def act_tag(self) -> None:
        tag, override = self.draw(st.sampled_from(TAGS)), self.draw(st.booleans())
        answer = await self.client.put(f"/api/tags/{tag}", action={"action": "next"}, override=override)
        if self.oracle.tags.get(tag) is not None and not override:
            return self.refused(answer, 409)
        self.oracle.tags[tag], self.oracle.actions[tag] = None, "next"
        return None

    async def forget_tag(self) -> None:
        tag = self.draw(st.sampled_from(TAGS))
        path = self.draw(st.sampled_from(["/api/tags", "/api/nfc/associate"]))
        answer = await self.client.delete(f"{path}/{tag}")
        assert answer.status == (200 if tag in self.oracle.tags else 404)
        self.oracle.tags.pop(tag, None)
        self.oracle.actions.pop(tag, None)

    async def look(self) -> None:
        limit, page = self.draw(st.integers(1, 4)), self.draw(st.integers(1, 3))
        shown = (await self.client.get(f"/api/playlists?limit={limit}&page={page}")).data
        ids = list(self.oracle.shelves)
        assert shown["total"] == len(ids)
        assert [each["id"] for each in shown["playlists"]] == ids[(page - 1) * limit : page * limit]
        for each in shown["playlists"]:
            self.compare(each, each["id"])
        tags = (await self.client.get("/api/tags")).data["tags"]
        assert {tag["tag_id"]: tag["playlist_id"] for tag in tags} == self.oracle.tags


MOVES = (Play.create, Play.update, Play.delete, Play.reorder, Play.delete_tracks, Play.move, Play.move, Play.use_tag,
         Play.use_tag, Play.act_tag, Play.forget_tag, Play.look, Play.look)  # fmt: skip


async def act(folder: Path, data: st.DataObject) -> Oracle:
    async with served_box(folder) as (box, client):
        play = Play(client, data)
        await furnish(box, play.oracle)
        for move in data.draw(st.lists(st.sampled_from(MOVES), min_size=1, max_size=25)):
            await move(play)
        await play.look()
        return play.oracle


async def furnish(box: VirtualBox, oracle: Oracle) -> None:
    for title, count in (("First", 4), ("Second", 2)):
        playlist = await box.add(title, *(float(number + 1) for number in range(count)))
        tracks = (await box.services.librarian.playlist(playlist)).tracks
        oracle.shelves[playlist] = Shelf(title, "", [track.id for track in tracks])


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_requests_do_to_the_library_what_they_do_to_plain_lists(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        oracle = trio.run(act, Path(folder), data, clock=MockClock(autojump_threshold=0))
        database = sqlite3.connect(Path(folder) / "data" / "tomb.db")
        heads = database.execute("SELECT id, title, description FROM playlists ORDER BY place").fetchall()
        assert heads == [(key, shelf.title, shelf.description) for key, shelf in oracle.shelves.items()]
        tracks = database.execute("SELECT playlist_id, number, id FROM tracks ORDER BY playlist_id, number").fetchall()
        wanted = [
            (key, place, each) for key, shelf in oracle.shelves.items() for place, each in enumerate(shelf.tracks, 1)
        ]
        assert tracks == sorted(wanted)
        tags = dict(database.execute("SELECT tag_id, playlist_id FROM tags").fetchall())
        assert tags == oracle.tags
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
