"""The journal: what was noted is written, once, whatever happens while it is written."""

from pathlib import Path

import pytest
import trio
from trio.lowlevel import Task

from tests.rigs.library import opened
from tests.rigs.virtual import virtual_time
from tomb.errors import NoSpace
from tomb.models import Resume
from tomb.nurseries.journal import GATHER_S, LAST_S, RETRY_S, Journal, Notes
from tomb.ports import RealPorts


def at(position_ms: int) -> Resume:
    return Resume(track_id="t", position_ms=position_ms)


class Disk:
    """Takes notes one write at a time, as the librarian does, each after `seconds`; a full one takes none."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.full = False
        self.written: list[Notes] = []
        self.turn = trio.Lock()

    async def write(self, notes: Notes) -> None:
        async with self.turn:
            await trio.sleep(self.seconds)
            if self.full:
                raise NoSpace("the disk is full")
            self.written.append(notes)

    def has(self, playlist_id: str) -> Resume | None:
        return {key: point for notes in self.written for key, point in notes.resume.items()}.get(playlist_id)


class CancelAtStep(trio.abc.Instrument):
    """Cancels a scope when the task that entered it makes its step number `step`: at one await after the other."""

    def __init__(self, step: int) -> None:
        self.scope = trio.CancelScope()
        self.steps_left = step
        self._task = trio.lowlevel.current_task()

    def before_task_step(self, task: Task) -> None:
        if task is self._task:
            self.steps_left -= 1
            if self.steps_left == 0:
                self.scope.cancel()


@virtual_time
async def test_what_is_noted_within_a_moment_is_one_write(nursery: trio.Nursery) -> None:
    disk = Disk()
    journal = Journal(disk.write)
    await nursery.start(journal.run)
    for position_ms in (1, 2, 3):
        journal.resume("p", at(position_ms))
    await trio.sleep(2 * GATHER_S)
    assert [notes.resume for notes in disk.written] == [{"p": at(3)}]


@virtual_time
async def test_notes_that_a_full_disk_does_not_take_are_kept_behind_newer_ones(nursery: trio.Nursery) -> None:
    disk = Disk()
    journal = Journal(disk.write)
    await nursery.start(journal.run)
    disk.full = True
    journal.resume("p", at(1))
    journal.credit("p", "t")
    await trio.sleep(2 * GATHER_S)
    journal.resume("p", at(2))
    assert journal.unwritten("p", None) == at(2)
    disk.full = False
    await trio.sleep(2 * RETRY_S)
    assert [(notes.resume, notes.credits) for notes in disk.written] == [({"p": at(2)}, [("p", "t")])]


@virtual_time
async def test_a_box_that_is_stopped_while_a_note_waits_for_its_turn_has_it_after_all() -> None:
    disk = Disk()
    journal = Journal(disk.write)
    async with trio.open_nursery() as nursery:
        await nursery.start(journal.run)
        await disk.turn.acquire()  # an import has the librarian
        journal.resume("p", at(1))
        journal.credit("p", "t")
        await trio.sleep(2 * GATHER_S)
        journal.resume("q", at(2))
        nursery.cancel_scope.cancel()
        disk.turn.release()
    assert (disk.has("p"), disk.has("q")) == (at(1), at(2))
    assert [credit for notes in disk.written for credit in notes.credits] == [("p", "t")]


@virtual_time
async def test_a_library_that_is_stuck_does_not_hold_the_end_for_ever() -> None:
    disk = Disk()
    journal = Journal(disk.write)
    with trio.fail_after(LAST_S + 0.1):
        async with trio.open_nursery() as nursery:
            await nursery.start(journal.run)
            await disk.turn.acquire()
            journal.resume("p", at(1))
            nursery.cancel_scope.cancel()
    assert not disk.written


@virtual_time
async def test_of_two_flushes_the_older_notes_are_written_first_also_when_they_were_cancelled() -> None:
    disk = Disk(seconds=1)
    journal = Journal(disk.write)
    journal.resume("p", at(1))
    async with trio.open_nursery() as nursery:
        with trio.move_on_after(0.5):
            await journal.flush()
        journal.resume("p", at(2))
        nursery.start_soon(journal.flush)
        nursery.start_soon(journal.flush)
    assert [notes.resume["p"] for notes in disk.written] == [at(2)]


async def test_a_flush_that_is_cancelled_at_any_await_drops_nothing_and_writes_nothing_twice(tmp_path: Path) -> None:
    async with opened(tmp_path, ports=RealPorts()) as stage:
        made = await stage.fill("Songs", [b"a"])
        track_id = made.tracks[0].id
        cancelled = 0
        for step in range(1, 200):
            journal = Journal(stage.librarian.note)
            journal.credit(made.id, track_id)
            journal.resume(made.id, Resume(track_id=track_id, position_ms=step))
            canceller = CancelAtStep(step)
            trio.lowlevel.add_instrument(canceller)
            with canceller.scope:
                await journal.flush()
            trio.lowlevel.remove_instrument(canceller)
            cancelled += canceller.scope.cancelled_caught
            await journal.flush()
            [track] = (await stage.librarian.playlist(made.id)).tracks
            known = await stage.librarian.playlist(made.id)
            assert track.play_count == step
            assert known.resume == Resume(track_id=track_id, position_ms=step)
            if canceller.steps_left > 0:
                break
        assert cancelled >= 1  # before the turn, at least
        assert step > cancelled  # and it did come to its end


@pytest.mark.parametrize("held_up", [0.0, 0.05])
async def test_a_flush_in_a_real_library_waits_behind_a_slow_edit_and_is_not_lost(
    tmp_path: Path, held_up: float
) -> None:
    async with opened(tmp_path, ports=RealPorts()) as stage:
        made = await stage.fill("Songs", [b"a"])
        journal = Journal(stage.librarian.note)
        async with trio.open_nursery() as nursery:
            await nursery.start(journal.run)
            await stage.librarian._turn.acquire()
            journal.credit(made.id, made.tracks[0].id)
            await trio.sleep(GATHER_S + held_up)
            nursery.cancel_scope.cancel()
            stage.librarian._turn.release()
        [track] = (await stage.librarian.playlist(made.id)).tracks
        assert track.play_count == 1
