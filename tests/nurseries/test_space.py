"""What was promised to one is not there for another, and stays free once nobody wants it."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
import trio

from tests.rigs.library import Stage, opened
from tests.rigs.small_disk import SmallDisk, small_disk
from tests.rigs.virtual import virtual_time
from tomb.errors import NoSpace
from tomb.library import parcels
from tomb.library.parcels import FileCard, Parcel
from tomb.nurseries.space import LOOKED_S, Space
from tomb.ports import VirtualPorts

pytestmark = virtual_time

MIB = 1024 * 1024
KEPT = 2 * MIB


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", 16) as made:
        yield made


async def give_nothing(_: int) -> None:
    await trio.lowlevel.checkpoint()


async def test_what_is_promised_is_there_for_nobody_else_until_the_end(disk: SmallDisk) -> None:
    space = Space(disk.folder, VirtualPorts(), KEPT, give_nothing)
    async with space.promise(10 * MIB):
        assert await space.free() == 4 * MIB
        with pytest.raises(NoSpace, match="nearly full"):
            await space.promise(5 * MIB).__aenter__()
        async with space.promise(4 * MIB):
            assert await space.free() == 0
    assert await space.free() == 14 * MIB


async def test_where_there_is_plenty_nobody_looks_twice_within_a_second(
    disk: SmallDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tomb.nurseries.space.PLENTY", 4 * MIB)
    space = Space(disk.folder, VirtualPorts(), KEPT, give_nothing)
    async with space.promise(MIB), space.promise(MIB):
        with disk.full(1000):
            async with space.promise(8 * MIB):
                pass  # nobody has seen yet that the rest is gone
            with pytest.raises(NoSpace):  # what was promised since counts: that would not leave plenty
                await space.promise(2 * MIB).__aenter__()
        async with space.promise(MIB):
            pass
        with disk.full(1000):
            await trio.sleep(LOOKED_S)
            with pytest.raises(NoSpace):
                await space.promise(MIB).__aenter__()


async def test_on_a_full_disk_whoever_writes_nothing_is_not_refused(disk: SmallDisk, tmp_path: Path) -> None:
    folder = tmp_path / "Songs"
    folder.mkdir()
    (folder / "1.mp3").write_bytes(bytes(100_000))
    async with opened(disk.folder / "data", free_kept=KEPT) as stage:
        await stage.importer.import_folder(folder)
        with disk.full(1000):
            again = await stage.importer.import_folder(folder)
            assert (again.tracks, again.already) == (0, 1)
            (folder / "2.mp3").write_bytes(bytes(200_000))
            with pytest.raises(NoSpace):
                await stage.importer.import_folder(folder)


async def test_what_was_written_counts_once(disk: SmallDisk) -> None:
    space = Space(disk.folder, VirtualPorts(), KEPT, give_nothing)
    file = disk.folder / "file"
    async with space.promise(4 * MIB, file), space.promise(4 * MIB) as told:
        file.write_bytes(bytes(3 * MIB))
        assert await space.free() == 6 * MIB
        disk.folder.joinpath("another").write_bytes(bytes(4 * MIB))
        told.written(4 * MIB)
        assert await space.free() == 6 * MIB
        file.write_bytes(bytes(5 * MIB))  # more than it was to be
        assert await space.free() == 5 * MIB
    assert await space.free() == 5 * MIB


async def test_room_is_made_for_all_that_is_promised_where_it_is_lacking(disk: SmallDisk) -> None:
    asked, in_bin = list[int](), disk.folder / "in the bin"
    in_bin.write_bytes(bytes(6 * MIB))

    async def make(size: int) -> None:
        await trio.lowlevel.checkpoint()
        asked.append(size)
        in_bin.unlink()

    space = Space(disk.folder, VirtualPorts(), KEPT, make)
    async with space.promise(3 * MIB), space.promise(5 * MIB):
        assert asked == []
        async with space.promise(MIB):
            assert asked == [9 * MIB + KEPT]


def folder_of(title: str, *sizes: int) -> list[bytes]:
    files = [FileCard(name=f"{title}/{number}.mp3", size=size) for number, size in enumerate(sizes)]
    line = parcels.encoded(Parcel(title=title, files=files))
    return [line, *(title[:1].encode() * 65536 for _ in range(sum(sizes) // 65536))]


@pytest.mark.parametrize("seed", range(5))
async def test_of_two_folders_that_come_at_once_and_do_not_fit_one_is_taken_and_one_is_refused_at_the_start(
    disk: SmallDisk, seed: int
) -> None:
    """Whatever comes first, and however their pieces alternate."""
    least, taken, refused = disk.free, list[str](), dict[str, int]()
    ports = VirtualPorts(seed=seed)

    async def come(stage: Stage, title: str) -> None:
        sent = 0

        async def pieces() -> AsyncGenerator[bytes, None]:
            nonlocal sent, least
            for piece in folder_of(title, 3 * MIB, 2 * MIB, 3 * MIB):
                least = min(least, disk.free)
                for _ in range(1 + ports.permutation(3)[0]):
                    await trio.lowlevel.checkpoint()
                sent += len(piece)
                yield piece
            least = min(least, disk.free)

        async with aclosing(pieces()) as coming:
            try:
                await stage.importer.take_delivery(coming)
                taken.append(title)
            except NoSpace:
                refused[title] = sent

    async with opened(disk.folder / "data", ports=ports, free_kept=KEPT) as stage:
        async with trio.open_nursery() as nursery:
            for title in ("Apples", "Bananas"):
                nursery.start_soon(come, stage, title)
        assert [lite.title for lite in stage.librarian.lites()] == taken
        assert (len(taken), len(refused), stage.half_taken()) == (1, 1, [])
    [sent] = refused.values()
    assert sent < 1000  # the line that says what comes
    assert least >= KEPT
