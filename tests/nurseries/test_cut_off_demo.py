"""The demo is made once in the life of a library: whole in the end, and gone for good where a parent deleted it."""

from pathlib import Path

import pytest
import trio

from tests.rigs.library import Stage, opened
from tests.rigs.virtual import virtual_time
from tomb.devices.decoder import probe
from tomb.errors import NoSpace
from tomb.events import Event
from tomb.library.arrivals import Album
from tomb.library.tunes import Set, Tune
from tomb.nurseries import importer
from tomb.ports import VirtualPorts

pytestmark = virtual_time

SHORT = tuple(
    Set(f"Set {name}", f"About {name}", f"04{name * 2}", "harp", (Tune(f"{name} one", "TOMB", 600, 4, notes, "C/1"),))
    for name, notes in (("A", "C4"), ("B", "D4"), ("C", "E4"))
)
ALL = [each.title for each in SHORT]


@pytest.fixture(autouse=True)
def short_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importer, "SETS", SHORT)


def there(stage: Stage) -> list[tuple[str, str, str | None, int]]:
    return [(each.title, each.description, each.nfc_tag_id, each.track_count) for each in stage.librarian.lites()]


WHOLE = [(each.title, each.description, each.tag_id, 1) for each in SHORT]


async def demo_until(folder: Path, count: int, seed: int) -> None:
    """Make the demo, and cut it off when so many events were told."""
    async with opened(folder, ports=VirtualPorts(seed), probe=probe) as stage:
        with trio.CancelScope() as scope:

            def listen(_: Event) -> None:
                if stage.events.number - start >= count:
                    scope.cancel()

            start = stage.events.number
            stage.events.subscribe(listen)
            await stage.importer.demo()


@pytest.mark.parametrize("count", range(1, 16))
async def test_a_demo_that_was_cut_off_is_whole_after_the_next_start(tmp_path: Path, count: int) -> None:
    await demo_until(tmp_path, count, seed=1)
    async with opened(tmp_path, ports=VirtualPorts(seed=2), probe=probe) as stage:
        before = there(stage)
        assert [each[0] for each in before] == ALL[: len(before)]
        await stage.importer.demo()
        assert there(stage) == WHOLE
        assert stage.half_taken() == []


async def test_what_a_parent_deleted_stays_deleted(tmp_path: Path) -> None:
    async with opened(tmp_path, probe=probe) as stage:
        await stage.importer.demo()
        for lite in stage.librarian.lites():
            await stage.librarian.delete(lite.id)
        await stage.librarian.empty_bin()
    async with opened(tmp_path, ports=VirtualPorts(seed=2), probe=probe) as stage:
        await stage.importer.demo()
        assert there(stage) == []
        assert stage.files() == set()
        await stage.importer.demo(again=True)
        assert there(stage) == WHOLE


async def test_a_demo_that_had_no_space_goes_on_without_what_was_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path, probe=probe) as stage:
        add_album = stage.librarian.add_album

        async def full_after_one(album: Album) -> object:
            if stage.librarian.count():
                raise NoSpace("the disk is full; nothing was changed")
            return await add_album(album)

        monkeypatch.setattr(stage.librarian, "add_album", full_after_one)
        with pytest.raises(NoSpace):
            await stage.importer.demo()
        [lite] = stage.librarian.lites()
        await stage.librarian.delete(lite.id)
    async with opened(tmp_path, ports=VirtualPorts(seed=2), probe=probe) as stage:
        await stage.importer.demo()
        assert there(stage) == WHOLE[1:]


async def test_a_library_that_is_in_use_gets_no_demo_even_when_it_is_emptied(tmp_path: Path) -> None:
    async with opened(tmp_path, probe=probe) as stage:
        own = await stage.librarian.create("Our own")
        await stage.importer.demo()
        assert [lite.title for lite in stage.librarian.lites()] == ["Our own"]
        await stage.librarian.delete(own.id)
        await stage.importer.demo()
        assert there(stage) == []
