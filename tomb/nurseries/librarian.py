"""The sole writer of the library: commit, then publish, then tell the deck.

Edits are left to `Store.edit`, which has those that wait together reach the disk by one fsync and tells of each in the
order of the commits; also such as bring files in. Those that delete take turns: by them the bin's clock goes on, and
space is made. The lock is fair, whoever is cancelled while waiting for it has changed nothing, and from the return of
`Store.write` to the last event nothing is awaited: a change that was committed is told, even if nobody waits for the
answer any more.

Playlists are answered with the `server_seq` of their last change; those that did not change in this run carry the
number with which it began.
"""

import logging
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import PurePosixPath
from typing import Self, TypeVar

import trio
from pydantic import JsonValue

from tomb.errors import NoSpace, RequestError, StartError
from tomb.events import Events
from tomb.library import (
    chapters,
    counters,
    days,
    faults,
    files,
    memory,
    playlists,
    reading,
    recycle_bin,
    settings,
    tags,
    tracks,
)
from tomb.library.archives import playlist_export
from tomb.library.archives.manifest import PlaylistCard
from tomb.library.arrivals import Album, Arrival, Arrived, add, add_album, places_of
from tomb.library.files import Freed, Reconciled
from tomb.library.index import LibraryIndex
from tomb.library.intake import Staged
from tomb.library.playlists import PlaylistEdit
from tomb.library.store import Store, Unit
from tomb.library.tags import TagChange
from tomb.library.tracks import TrackEdit
from tomb.models import Playlist, Tag, TagAction, Track, iso
from tomb.nurseries.ingest import Findings
from tomb.nurseries.journal import Notes
from tomb.nurseries.library_events import LibraryEvents, Listener
from tomb.nurseries.library_reader import LibraryReader
from tomb.ports import Ports

A = TypeVar("A")
T = TypeVar("T")
R = TypeVar("R")
log = logging.getLogger(__name__)

Disposal = Callable[[sqlite3.Connection, float], T]

EDIT_SIZE = 1024 * 1024  # no edit of the database needs more
UNLINK_S = 5.0
TOLD_AT_ONCE = 10  # playlists
TRACKS_TOLD = 50  # of more tracks that changed with their files, only the playlists are told


class Librarian(LibraryReader):
    """Made by `Librarian.open`. All methods that name a playlist, track or tag raise NotFound when there is none.

    `today`: the day (an ISO date) on which statistics count; `counts`: whether they do. `may_edit`: called before an
    edit, and raises a RequestError when there may be none now."""

    def __init__(self, store: Store, ports: Ports, index: LibraryIndex, library_events: LibraryEvents) -> None:
        super().__init__(store, index, library_events)
        self._ports = ports
        self._turn = trio.Lock()
        self._pins = 0
        self._aged = trio.current_time()  # when the bin's clock went on last
        self._freed: dict[PurePosixPath, None] = {}  # of files that nothing refers to any more, until they are unlinked
        self.today: Callable[[], str] = lambda: iso(ports.wall())[:10]
        self.counts = True
        self.may_edit: Callable[[], None] = lambda: None

    @classmethod
    async def open(cls, store: Store, events: Events, ports: Ports) -> Self:
        """Make the folders ready and read the index of playlists. Raises: StartError."""
        try:
            await ports.in_thread(files.prepare, store.library)
        except OSError as error:
            raise StartError(f"the folder {store.library} cannot be used: {error.strerror}") from error
        lites, actions = await store.read(lambda db: (reading.lites(db), tags.actions(db)))
        stamped = (lite.model_copy(update={"server_seq": events.number}) for lite in lites)
        index = LibraryIndex(stamped, actions)
        return cls(store, ports, index, LibraryEvents(events, index))

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Tell the list of playlists when it has changed, until cancelled."""
        await self._library_events.run(task_status=task_status)

    @property
    def list_is_due(self) -> bool:
        """The list of playlists has changed and will be told in a moment."""
        return self._library_events.list_is_due

    async def turn(self, job: Callable[[], Awaitable[object]]) -> None:
        """Have `job` done between two that change files: an answer that it still gets there."""
        async with self._turn:
            await job()

    def listen(self, listener: Listener) -> None:
        """Whoever plays from the library: told of each edit after it was published."""
        self._library_events.listener = listener

    # --- playlists and their tracks ---------------------------------------------------------------------------------

    async def create(self, title: str, description: str = "") -> Playlist:
        playlist_id, now = self._ports.new_id(), self._ports.wall()

        def tell(playlist: Playlist) -> Playlist:
            created = self._library_events.created(playlist)
            self._library_events.listed()
            return created

        return await self._commit(lambda db: playlists.create(db, playlist_id, title, description, now), tell)

    async def update(self, playlist_id: str, edit: PlaylistEdit) -> Playlist:
        """Change what `edit` names; an empty one changes nothing and is not published."""
        if not edit:
            return await self.playlist(playlist_id)
        now = self._ports.wall()
        return await self._commit(lambda db: playlists.update(db, playlist_id, edit, now), self._library_events.edited)

    async def delete(self, playlist_id: str) -> None:
        """Into the bin; on a full disk for good."""
        async with self._editing():
            self._index.lite(playlist_id)
            freed = await self._dispose(
                lambda db, now, awake: recycle_bin.put_playlist(db, playlist_id, now, awake),
                lambda db, _: playlists.delete(db, playlist_id),
            )
            self._library_events.deleted(self._index.lite(playlist_id))
            self._library_events.listed()
            await self._discard(freed)

    async def reorder(self, playlist_id: str, order: Sequence[int] | Sequence[str]) -> Playlist:
        """`order`: all track ids or all numbers. Raises: BadRequest when it is no permutation of them."""
        now = self._ports.wall()
        return await self._commit(lambda db: tracks.reorder(db, playlist_id, order, now), self._library_events.edited)

    async def delete_tracks(
        self, playlist_id: str, numbers: Sequence[int] = (), track_ids: Sequence[str] = ()
    ) -> Playlist:
        """All of them or, if one is not there, none, as `delete` does. Raises: BadRequest when none is named."""
        async with self._editing():
            gone = await self._dispose(
                lambda db, now, awake: recycle_bin.put_tracks(db, playlist_id, numbers, track_ids, now, awake),
                lambda db, now: tracks.delete(db, playlist_id, numbers, track_ids, now),
            )
            self._library_events.tracks_deleted(gone.playlist, gone.numbers, gone.ids)
            left = self._library_events.edited(gone.playlist)
            await self._discard(gone.freed)
            return left

    async def edit_track(self, track_id: str, edit: TrackEdit) -> Track:
        """Change what `edit` names; an empty one changes nothing and is not published. The track as it is then."""
        if not edit:
            return (await self.track(track_id)).track
        now = self._ports.wall()

        def tell(playlist: Playlist) -> Track:
            self._library_events.track_changed(playlist, _track(playlist, track_id))
            return _track(self._library_events.edited(playlist), track_id)

        return await self._commit(lambda db: tracks.edit(db, track_id, edit, now), tell)

    async def move_track(
        self, source: str, target: str, number: int, position: int | None = None
    ) -> tuple[Playlist, Playlist]:
        """Move track `number` of `source` to `position` (from 1; None: the end) of `target`; both as they are then.

        Raises: BadRequest for a position beyond the end.
        """
        now = self._ports.wall()

        def tell(move: tracks.Move) -> tuple[Playlist, Playlist]:
            if source == target:
                moved = self._library_events.edited(move.target)
                return moved, moved
            self._library_events.tracks_deleted(move.source, [move.number], [move.track_id])
            self._library_events.track_added(move.target, _track(move.target, move.track_id))
            return self._library_events.edited(move.source), self._library_events.edited(move.target)

        return await self._commit(lambda db: tracks.move(db, source, target, number, position, now), tell)

    async def set_cover(self, playlist_id: str, cover: Staged) -> Playlist:
        """Give the playlist a picture of its own. Raises: NoSpace."""
        now = self._ports.wall()

        return await self._covered(
            lambda db: playlists.set_cover(db, playlist_id, files.keep_cover(db, self.folder, cover), now),
            files.places((), (cover,)),
        )

    async def set_cover_of_track(self, playlist_id: str, track_id: str) -> Playlist:
        """Let the picture of one of its tracks be the playlist's own. Raises: BadRequest when that has none."""
        now = self._ports.wall()
        return await self._covered(lambda db: playlists.set_cover_of_track(db, playlist_id, track_id, now))

    async def drop_cover(self, playlist_id: str) -> Playlist:
        """Let it have the picture of its first track that has one. Without a picture of its own, nothing changes."""
        if not self._index.lite(playlist_id).own_cover:
            return await self.playlist(playlist_id)
        now = self._ports.wall()
        return await self._covered(lambda db: playlists.set_cover(db, playlist_id, None, now))

    async def _covered(self, unit: Unit[tuple[Playlist, Freed]], places: Freed = ()) -> Playlist:
        async with self._turn:
            playlist, freed = await self._take_in(
                places, unit, lambda covered: (self._library_events.edited(covered[0]), covered[1])
            )
            await self._discard(freed)
            return playlist

    async def add(self, playlist_id: str, arrivals: Sequence[Arrival]) -> Arrived:
        """Append files that are ready. Raises: NoSpace; Unavailable when sound that was known is gone meanwhile."""
        return await self.add_with(playlist_id, arrivals, lambda _, arrived: arrived, lambda arrived, _: arrived)

    async def add_with(
        self,
        playlist_id: str,
        arrivals: Sequence[Arrival],
        also: Callable[[sqlite3.Connection, Arrived], A],
        tell: Callable[[Arrived, A], R],
        then: Callable[[], None] = lambda: None,
    ) -> R:
        """As `add`, and do what `also` does in the same transaction. `tell`, `then`: as of `Store.edit`; the tracks are
        told before. What `tell` returned."""
        now, new_id = self._ports.wall(), self._ports.new_id

        def unit(db: sqlite3.Connection) -> tuple[Arrived, A]:
            arrived = add(db, self.folder, playlist_id, arrivals, new_id, now)
            return arrived, also(db, arrived)

        return await self._take_in(
            places_of(arrivals), unit, lambda done: tell(self._library_events.arrived(done[0]), done[1]), then
        )

    async def add_album(self, album: Album) -> Arrived:
        """Make a playlist of a folder, or add to the one that was made of it before. Raises as `add` does.

        `listed` is to be called at the end of all that is imported at once.
        """
        now, new_id = self._ports.wall(), self._ports.new_id
        return await self._take_in(
            places_of(album.arrivals),
            lambda db: add_album(db, self.folder, album, new_id, now),
            self._library_events.arrived,
        )

    async def add_exported(
        self, described: PlaylistCard, arrivals: Sequence[Arrival], cover: Staged | None = None
    ) -> Playlist:
        """Make a playlist of what came in an archive. `arrivals`: for each of its tracks. Raises as `add` does."""
        playlist_id, now, new_id = self._ports.new_id(), self._ports.wall(), self._ports.new_id

        def tell(arrived: Arrived) -> Playlist:
            published = self._library_events.arrived(arrived).playlist
            self._library_events.listed()
            return published

        return await self._take_in(
            (*places_of(arrivals), *files.places((), (cover,))),
            lambda db: playlist_export.take(db, self.folder, playlist_id, described, arrivals, cover, new_id, now),
            tell,
        )

    def listed(self) -> None:
        """Have the list of playlists told."""
        self._library_events.listed()

    async def reconcile(self) -> Reconciled:
        """Look which files are there: mark the missing, remove what nobody knows, tell what changed."""

        def look(db: sqlite3.Connection, freed: Freed) -> tuple[Reconciled, list[str]]:
            seen = files.reconcile(db, self.folder, freed)
            return seen, tracks.users(db, seen.changed)

        async with self._turn:
            await self._discard()  # what could not be unlinked in its time
            seen, users = await self._store.write(partial(look, freed=tuple(self._freed)))
        await self._tell_files(users, seen.changed)
        return seen

    async def note_findings(self, file: str, found: Findings) -> None:
        """Keep what a look at a file (its hash) that had not been looked at before has found. `tell_findings` is to
        follow."""
        marks = chapters.encoded(chapters.tidy(found.labels.chapters, found.duration_ms))
        heard = (found.duration_ms, found.loudness, found.damaged_ms, found.packed_marks)

        def unit(db: sqlite3.Connection) -> None:
            files.look_again(db, file, *heard)
            tracks.learn_chapters(db, file, marks)

        await self._store.edit(unit, _say_nothing)

    async def tell_findings(self, hashes: Collection[str]) -> None:
        """Tell those who have these files of what was found in them."""
        changed = frozenset(hashes)
        await self._tell_files(await self._store.read(lambda db: tracks.users(db, changed)), changed)

    async def _tell_files(self, users: Sequence[str], hashes: frozenset[str]) -> None:
        """`users`: the ids of playlists, one for each track with such a file. Told a few at a time: when a whole disk
        is gone, that is every playlist, and the music goes on meanwhile."""
        now = self._ports.wall()
        told = hashes if len(users) <= TRACKS_TOLD else frozenset[str]()
        for few in _batches(list(dict.fromkeys(users)), TOLD_AT_ONCE):
            await self._commit(
                partial(tracks.files_changed, playlist_ids=few, now=now),
                lambda changed: self._library_events.files_changed(changed, told),
            )

    @asynccontextmanager
    async def pinned(self) -> AsyncIterator[None]:
        """Until the end of the block nothing is unlinked: whoever reads for long finds all that was there at its start.

        What nobody refers to any more goes at the end of the last such block. If the box ends before, it is a stray.
        """
        self._pins += 1
        try:
            yield
        finally:
            self._pins -= 1
            await self._discard()

    # --- the bin ----------------------------------------------------------------------------------------------------

    async def restore(self, item_id: str) -> Playlist:
        """Take back what was deleted: that playlist, or the one that the track is in. What is there already stays so.

        Raises: NotFound; Conflict when the playlist of a track is in the bin itself.
        """
        now = self._ports.wall()
        return await self._commit(lambda db: recycle_bin.restore(db, item_id, now), self._library_events.restored)

    async def restore_tracks(self, playlist_id: str, track_ids: Sequence[str]) -> Playlist:
        """Take back tracks of this playlist to their places, all or none. Raises as `recycle_bin.restore_tracks`."""
        now = self._ports.wall()
        return await self._commit(
            lambda db: recycle_bin.restore_tracks(db, playlist_id, track_ids, now), self._library_events.restored
        )

    async def remove(self, item_id: str) -> None:
        """Delete for good what is in the bin. Raises: NotFound."""
        await self._free(lambda db: recycle_bin.remove(db, item_id))

    async def empty_bin(self) -> None:
        """Delete for good all that is in it."""
        await self._free(recycle_bin.empty)

    async def expire(self) -> None:
        """Delete for good what has been in the bin for its time. Nothing is written where there is nothing."""
        if await self.bin():
            now, awake = self._ports.wall(), trio.current_time() - self._aged
            await self._free(lambda db: recycle_bin.expire(db, now, awake))
            self._aged = trio.current_time()

    async def make_space(self, size: int) -> None:
        """Let so many bytes be free on the disk, if the bin has what is lacking: the oldest in it go then."""
        if await self._lacking(size):
            async with self._turn:  # somebody else may just have made it
                await self._empty_for(await self._lacking(size))

    async def _lacking(self, size: int) -> int:
        with faults.translated("read"):  # what is not there any more has no space either
            return max(0, size - (await self._ports.in_thread(shutil.disk_usage, self.folder)).free)

    async def _empty_for(self, lacking: int) -> bool:
        """Within the turn. Whether anything was deleted."""
        # While somebody reads for long nothing is unlinked: the bin would be emptied in vain.
        if not lacking or self._pins:
            return False
        freed = await self._store.write_to_free(lambda db: recycle_bin.make_space(db, lacking))
        await self._discard(freed)
        return bool(freed)

    async def _free(self, unit: Unit[Freed]) -> None:
        self.may_edit()
        async with self._turn:
            await self._discard(await self._store.write_to_free(unit))

    async def _dispose(self, into_bin: Callable[[sqlite3.Connection, float, float], T], for_good: Disposal[T]) -> T:
        """Within the turn. The bin costs pages of the database: where there are none left, space is needed at once."""
        now, awake = self._ports.wall(), trio.current_time() - self._aged
        try:
            gone = await self._store.write(lambda db: into_bin(db, now, awake))
        except NoSpace:
            return await self._store.write_to_free(lambda db: for_good(db, now))
        self._aged = trio.current_time()
        return gone

    # --- tags -------------------------------------------------------------------------------------------------------

    async def link_tag(
        self, tag_id: str, playlist_id: str, *, override: bool = False, replaces: str | None = None
    ) -> Tag:
        """Give the tag to the playlist, beside those that it has. `replaces`: one that is unlinked with it.

        Raises: NotFound; Conflict, with `tag_id` and `existing_playlist` or `action` in its details, when the tag has
        another use and `override` is not set; with it, the other use ends in the same transaction.
        """
        now = self._ports.wall()
        return await self._commit(
            lambda db: tags.link(db, tag_id, playlist_id, override, now, replaces), self._tag_changed
        )

    async def assign_tag(
        self, tag_id: str, action: TagAction, *, override: bool = False, replaces: str | None = None
    ) -> Tag:
        """Let the tag do `action`. `replaces`: one that is unlinked with it.

        Raises: NotFound; Conflict when it plays a playlist and `override` is not set.
        """
        now = self._ports.wall()
        return await self._commit(
            lambda db: tags.assign(db, tag_id, action, override, now, replaces), self._tag_changed
        )

    async def name_tag(self, tag_id: str, name: str | None) -> Tag:
        """Call it that, or nothing."""
        now = self._ports.wall()
        return await self._commit(lambda db: tags.call(db, tag_id, name, now), lambda tag: tag)

    async def forget_tag(self, tag_id: str) -> Tag:
        """Forget the tag; as it was."""
        return await self._end_of_tag(tag_id, tags.forget)

    async def unlink_tag(self, tag_id: str) -> Tag:
        """Forget what the tag is for, but not its name; as it was."""
        return await self._end_of_tag(tag_id, tags.unlink)

    async def _end_of_tag(self, tag_id: str, end: Callable[[sqlite3.Connection, str, float], TagChange]) -> Tag:
        now = self._ports.wall()

        def tell(change: TagChange) -> Tag:
            self._tag_changed(change)
            self._index.put_action(tag_id, None)
            return change.tag

        return await self._commit(lambda db: end(db, tag_id, now), tell)

    # --- what the player remembers: no edits, so nothing is published -----------------------------------------------

    async def note(self, notes: Notes) -> None:
        """Write the journal's notes. What they are about may have been deleted meanwhile; that is then left out."""
        now = self._ports.wall()
        today, counts = self.today(), self.counts

        def unit(db: sqlite3.Connection) -> set[str]:
            noted = {each for each, point in notes.resume.items() if memory.keep_resume(db, each, point)}
            for playlist_id, track_id in notes.credits:
                memory.credit(db, playlist_id, track_id, now, today if counts else None)
            if notes.player is not None:
                memory.remember(db, notes.player)
            for tag_id, at in notes.seen.items():
                tags.seen(db, tag_id, at)
            for day, use in notes.days.items():
                days.keep(db, day, use, counts=counts)
            if counts:
                days.count_taps(db, today, notes.taps)
            return noted

        def tell(noted: set[str]) -> None:
            for playlist_id in noted:
                self._index.touch(playlist_id, resume=notes.resume[playlist_id])
            for playlist_id, _ in notes.credits:
                self._index.touch(playlist_id, last_played=int(now * 1000))

        await self._store.edit(unit, tell)

    async def box_id(self) -> str:
        """What programs know the box by. It is the library's: a box that is restored from a backup is the same one."""
        stored = (await self.settings()).get(settings.BOX_ID)
        if settings.is_box_id(stored):
            return str(stored)
        made = self._ports.new_id().replace("-", "")[:12]
        return await self._commit(lambda db: settings.keep_box_id(db, made), lambda kept: kept)

    async def change_settings(self, values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Set some (None removes one); all as they are then."""

        def tell(changed: dict[str, JsonValue]) -> dict[str, JsonValue]:
            if settings.CHILD_PLAYLISTS in values:
                self._library_events.chosen_for_child(settings.child_playlists(changed))
            return changed

        def unit(db: sqlite3.Connection) -> dict[str, JsonValue]:
            if values.get(settings.STATISTICS) is False:
                days.forget(db)
            return settings.change(db, values)

        return await self._commit(unit, tell)

    async def forget_statistics(self) -> None:
        """Delete what was counted."""
        await self._commit(days.forget, _say_nothing)

    async def raise_counter(self, name: str, value: int) -> None:
        """Counters only ever grow."""
        await self._store.edit(lambda db: counters.raise_to(db, name, value), _say_nothing)

    # --- the order of things ----------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _editing(self) -> AsyncIterator[None]:
        """One turn, of something that a parent would miss."""
        self.may_edit()
        async with self._turn:
            yield
            self._store.edited()

    async def _commit(self, unit: Unit[T], tell: Callable[[T], R]) -> R:
        try:
            return await self._edit(unit, tell)
        except NoSpace:
            async with self._turn:
                if not await self._empty_for(EDIT_SIZE):
                    raise
            return await self._edit(unit, tell)

    async def _take_in(
        self, places: Freed, unit: Unit[T], tell: Callable[[T], R], then: Callable[[], None] = lambda: None
    ) -> R:
        """Commit what adds files. When that is refused, those that it had moved into their `places` go again."""
        try:
            return await self._edit(unit, tell, places, then)
        except RequestError:
            await self._discard(places)
            raise

    async def _edit(
        self, unit: Unit[T], tell: Callable[[T], R], names: Freed = (), then: Callable[[], None] = lambda: None
    ) -> R:
        self.may_edit()

        def edited(done: T) -> R:
            self._store.edited()
            return tell(done)

        return await self._store.edit(unit, edited, names=names, then=then)

    async def _discard(self, freed: Freed = ()) -> None:
        """Unlink these, and what else waits for it, unless something refers to it again; while somebody reads for long,
        whoever reads last does it.

        Shielded, for this is also how a download ends that its client gave up; and with a deadline, for it may end
        because the box stops. It is no part of any answer: what was to be done is done, so a disk that fails now is no
        reason for anything to end. What is not unlinked here waits for the next, for `reconcile` or the next start.
        """
        self._freed |= dict.fromkeys(freed)
        if self._pins or not self._freed:
            return
        due, aside = tuple(self._freed), None
        with trio.move_on_after(UNLINK_S, shield=True):
            try:
                # Looked at in there again: who has begun to read meanwhile may have found what was freed after that.
                aside = await self._store.between(
                    lambda db: None if self._pins else files.put_aside(db, self.folder, due)
                )
            except RequestError as error:
                log.warning("what nobody refers to any more could not be removed: %s", error)
        if aside is not None:
            for each in due:
                self._freed.pop(each, None)
        if aside:
            with trio.move_on_after(UNLINK_S, shield=True):
                await self._ports.in_thread(files.unlink, aside)

    def _tag_changed(self, change: TagChange) -> Tag:
        self._index.put_action(change.tag.tag_id, change.tag.action)
        if change.replaced is not None:
            self._index.put_action(change.replaced, None)
        # The loser first, so that nobody ever sees one tag with two owners.
        for playlist in reversed(change.changed):
            self._library_events.edited(playlist)
        return change.tag


def _say_nothing(_: object) -> None:
    pass


def _batches(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[first : first + size] for first in range(0, len(items), size)]


def _track(playlist: Playlist, track_id: str) -> Track:
    return next(track for track in playlist.tracks if track.id == track_id)
