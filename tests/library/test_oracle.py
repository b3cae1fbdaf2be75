"""Any sequence of edits leaves the database as a library of plain lists would be left."""

import sqlite3
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from tomb.errors import BadRequest, Conflict, NotFound
from tomb.library import memory, playlists, reading, schema, tags, tracks
from tomb.library.tracks import NewTrack
from tomb.models import Resume, TagAction

CONTENTS = [f"{number:064x}" for number in range(4)]
TAGS = ["04AA", "04BB", "04CC"]
NOW = 1_750_000_000.0
edits = st.fixed_dictionaries({}, optional={"title": st.text(min_size=1), "description": st.text()})
some = st.lists(st.sampled_from(CONTENTS), min_size=1, max_size=4)
tag_ids = st.sampled_from(TAGS)


@dataclass
class Shelf:
    """A playlist as plainly as can be. `tracks`: (id, content)."""

    title: str
    description: str
    tracks: list[tuple[str, str]] = field(default_factory=list)
    edits: int = 1
    tags: list[str] = field(default_factory=list)
    resume: Resume | None = None

    def ids(self) -> list[str]:
        return [track_id for track_id, _ in self.tracks]

    def edited(self) -> None:
        self.edits += 1

    def take_out(self, doomed: set[str]) -> None:
        """What was left in one of these goes on with the next that stays."""
        if self.resume is not None and self.resume.track_id in doomed:
            behind = self.ids()[self.ids().index(self.resume.track_id) :]
            left = [each for each in behind if each not in doomed]
            self.resume = Resume(track_id=left[0], position_ms=0) if left else None
        self.tracks = [track for track in self.tracks if track[0] not in doomed]


class Edits(RuleBasedStateMachine):
    shelves = Bundle("shelves")

    def __init__(self) -> None:
        super().__init__()
        self.db = sqlite3.connect(":memory:", isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA foreign_keys = ON")
        schema.upgrade(self.db, backups=None)  # type: ignore[arg-type]  # a new database needs none
        self.told: dict[str, Shelf] = {}
        self.ids = 0

    def teardown(self) -> None:
        self.db.close()

    def new_id(self) -> str:
        self.ids += 1
        return f"id{self.ids}"

    def unit(self, call: Any, *args: Any) -> Any:
        """As `Store.write` does it."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            result = call(self.db, *args)
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")
        return result

    @rule(target=shelves, title=st.text(min_size=1, max_size=5), description=st.text(max_size=5), new=some)
    def create(self, title: str, description: str, new: list[str]) -> str:
        playlist_id = self.new_id()
        self.unit(playlists.create, playlist_id, title, description, NOW)
        self.told[playlist_id] = Shelf(title, description)
        self.add(playlist_id, new)
        return playlist_id

    @rule(
        shelf=shelves,
        edit=st.fixed_dictionaries({}, optional={"title": st.text(min_size=1), "description": st.text()}),
    )
    def update(self, shelf: str, edit: playlists.PlaylistEdit) -> None:
        self.unit(playlists.update, shelf, edit, NOW)
        told = self.told[shelf]
        told.title, told.description = edit.get("title", told.title), edit.get("description", told.description)
        told.edited()

    @rule(shelf=consumes(shelves))
    def delete(self, shelf: str) -> None:
        self.unit(playlists.delete, shelf)
        del self.told[shelf]
        with pytest.raises(NotFound):
            self.unit(playlists.delete, shelf)

    def add(self, shelf: str, new: list[str]) -> None:
        coming = [(self.new_id(), content) for content in new]

        def add(db: sqlite3.Connection) -> None:
            for _, content in coming:
                db.execute(
                    "INSERT OR IGNORE INTO files (hash, ext, size, duration_ms, origin) VALUES (?, 'mp3', 1, 1000, ?)",
                    (content, content),
                )
            made = [NewTrack(track_id, track_id, "", None, None, content) for track_id, content in coming]
            tracks.add(db, shelf, made, NOW)

        self.unit(add)
        self.told[shelf].tracks += coming
        self.told[shelf].edited()

    @rule(shelf=shelves, new=some)
    def add_more(self, shelf: str, new: list[str]) -> None:
        self.add(shelf, new)

    @rule(shelf=shelves, data=st.data())
    def reorder(self, shelf: str, data: st.DataObject) -> None:
        told = self.told[shelf]
        wanted = data.draw(st.permutations(told.tracks))
        by_number = [told.tracks.index(track) + 1 for track in wanted]
        self.unit(tracks.reorder, shelf, data.draw(st.sampled_from([by_number, [each for each, _ in wanted]])), NOW)
        told.tracks = list(wanted)
        told.edited()

    @rule(shelf=shelves, order=st.lists(st.integers(-1, 5), max_size=5))
    def reorder_wrongly(self, shelf: str, order: list[int]) -> None:
        if sorted(order) != list(range(1, len(self.told[shelf].tracks) + 1)):
            with pytest.raises(BadRequest):
                self.unit(tracks.reorder, shelf, order, NOW)

    @rule(shelf=shelves, numbers=st.lists(st.integers(0, 5), max_size=3), data=st.data())
    def delete_tracks(self, shelf: str, numbers: list[int], data: st.DataObject) -> None:
        told = self.told[shelf]
        ids = data.draw(st.lists(st.sampled_from(told.ids()), max_size=2)) if told.tracks else []
        doomed = {told.ids()[number - 1] for number in numbers if 1 <= number <= len(told.tracks)} | {*ids}
        if any(not 1 <= number <= len(told.tracks) for number in numbers):
            with pytest.raises(NotFound):
                self.unit(tracks.delete, shelf, numbers, ids, NOW)
        elif not doomed:
            with pytest.raises(BadRequest):
                self.unit(tracks.delete, shelf, numbers, ids, NOW)
        else:
            removal = self.unit(tracks.delete, shelf, numbers, ids, NOW)
            assert removal.ids == tuple(each for each in told.ids() if each in doomed)
            assert removal.numbers == tuple(place for place, each in enumerate(told.ids(), 1) if each in doomed)
            told.take_out(doomed)
            told.edited()

    @rule(giver=shelves, taker=shelves, data=st.data())
    def move(self, giver: str, taker: str, data: st.DataObject) -> None:
        giving, taking = self.told[giver], self.told[taker]
        if not giving.tracks:
            return
        places = len(taking.tracks) + (giving is not taking)
        number = data.draw(st.integers(1, len(giving.tracks)))
        position = data.draw(st.none() | st.integers(1, places))
        if data.draw(st.booleans()):
            giving.resume = Resume(track_id=giving.ids()[number - 1], position_ms=1)
            self.unit(memory.keep_resume, giver, giving.resume)
        self.unit(tracks.move, giver, taker, number, position, NOW)
        track = giving.tracks[number - 1]
        if giving is taking:
            giving.tracks.remove(track)
        else:
            giving.take_out({track[0]})
        taking.tracks.insert(places - 1 if position is None else position - 1, track)
        for shelf in {id(giving): giving, id(taking): taking}.values():
            shelf.edited()

    @rule(giver=shelves, taker=shelves)
    def move_wrongly(self, giver: str, taker: str) -> None:
        count, places = len(self.told[giver].tracks), len(self.told[taker].tracks) + (giver != taker)
        for number in (0, count + 1):
            with pytest.raises(NotFound):
                self.unit(tracks.move, giver, taker, number, None, NOW)
        for position in (0, places + 1) if count else ():
            with pytest.raises(BadRequest):
                self.unit(tracks.move, giver, taker, 1, position, NOW)

    def owner(self, tag: str) -> Shelf | None:
        return next((each for each in self.told.values() if tag in each.tags), None)

    @rule(shelf=shelves, tag=tag_ids, override=st.booleans())
    def link(self, shelf: str, tag: str, override: bool) -> None:
        owner, mine = self.owner(tag), self.told[shelf]
        if owner is mine:
            assert self.unit(tags.link, tag, shelf, override, NOW).changed == ()
        elif not override and (owner is not None or self.acts(tag)):
            with pytest.raises(Conflict):
                self.unit(tags.link, tag, shelf, override, NOW)
        else:
            self.unit(tags.link, tag, shelf, override, NOW)
            if owner is not None:
                owner.tags.remove(tag)
                owner.edited()
            mine.tags.append(tag)
            mine.edited()

    @rule(shelf=shelves, tag=tag_ids, old=tag_ids)
    def replace(self, shelf: str, tag: str, old: str) -> None:
        if tag == old:
            return
        if tags.find(self.db, old) is None:
            with pytest.raises(NotFound):
                self.unit(tags.link, tag, shelf, True, NOW, old)
            return
        owner, loser, mine = self.owner(tag), self.owner(old), self.told[shelf]
        change = self.unit(tags.link, tag, shelf, True, NOW, old)
        edited = {id(each): each for each in ((mine, owner, loser) if owner is not mine else (loser,)) if each}
        if loser is not None:
            loser.tags.remove(old)
        if owner is not mine:
            if owner is not None:
                owner.tags.remove(tag)
            mine.tags.append(tag)
        for each in edited.values():
            each.edited()
        assert len(change.changed) == len(edited)
        assert not self.acts(old)

    @rule(tag=tag_ids, override=st.booleans())
    def assign(self, tag: str, override: bool) -> None:
        owner = self.owner(tag)
        if owner is not None and not override:
            with pytest.raises(Conflict):
                self.unit(tags.assign, tag, TagAction(action="next"), override, NOW)
            return
        self.unit(tags.assign, tag, TagAction(action="next"), override, NOW)
        if owner is not None:
            owner.tags.remove(tag)
            owner.edited()

    @rule(tag=tag_ids)
    def see(self, tag: str) -> None:
        self.unit(tags.seen, tag, NOW)
        assert tags.get(self.db, tag).last_seen == NOW

    @rule(shelf=shelves, data=st.data())
    def leave_off(self, shelf: str, data: st.DataObject) -> None:
        told = self.told[shelf]
        if told.tracks:
            point = Resume(track_id=data.draw(st.sampled_from(told.ids())), position_ms=data.draw(st.integers(0, 9999)))
            assert self.unit(memory.keep_resume, shelf, point)
            told.resume = point
        assert not self.unit(memory.keep_resume, shelf, Resume(track_id="nobody", position_ms=1))

    def acts(self, tag: str) -> bool:
        found = tags.find(self.db, tag)
        return found is not None and found.action is not None

    @invariant()
    def the_database_agrees(self) -> None:
        lites = reading.lites(self.db)
        assert [lite.id for lite in lites] == list(self.told)
        for lite in lites:
            told, full = self.told[lite.id], reading.playlist(self.db, lite.id)
            assert full.lite() == lite
            assert (full.title, full.description, [*full.tag_ids]) == (told.title, told.description, told.tags)
            assert [(track.id, track.file_hash) for track in full.tracks] == told.tracks
            assert [track.number for track in full.tracks] == list(range(1, len(told.tracks) + 1))
            assert (full.track_count, full.total_duration_ms) == (len(told.tracks), 1000 * len(told.tracks))
            assert (full.playlist_seq, full.resume) == (told.edits, told.resume)

    @invariant()
    def only_what_is_used_is_kept(self) -> None:
        used = {content for told in self.told.values() for _, content in told.tracks}
        assert {row["hash"] for row in self.db.execute("SELECT hash FROM files")} == used
        assert self.db.execute("PRAGMA foreign_key_check").fetchall() == []


TestEdits = Edits.TestCase
TestEdits.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
