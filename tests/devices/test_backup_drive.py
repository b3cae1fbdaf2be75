"""Where backups go, by the real child on real disks: absent, full, read-only, hanging, with strange things on them."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trio
from msgspec.structs import replace

from tests.rigs.patience import PATIENCE_S
from tests.rigs.small_disk import SmallDisk, ext4_disk, small_disk
from tomb.backup_writer import KEPT, LARGEST, largest
from tomb.devices.backup_drive import ChildDrive, Target, Visit
from tomb.errors import Broken, Missing

OWNER = "3f9a1c"
CONTENT = b"a whole library" * 100_000  # 1.5 MB


class Place:
    """`media`: where sticks are mounted, `stick` is. `data`: the box's own."""

    def __init__(self, folder: Path) -> None:
        self.media = folder / "media"
        self.stick = self.media / "stick"
        self.data = folder / "data"
        self.media.mkdir()
        self.data.mkdir()

    def target(self, *parts: str) -> Target:
        return Target(self.stick.joinpath(*parts), self.media, self.data, OWNER)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def stick(place: Place) -> Iterator[SmallDisk]:
    with small_disk(place.stick, 16) as disk:
        yield disk


async def keep(target: Target, content: bytes = CONTENT, date: str = "2026-11-26", title: str = "kids") -> str:
    async with ChildDrive().visit(target) as visit:
        await visit.begin(title, date, len(content))
        await visit.send(content)
        return await visit.finish()


async def rest(visit: Visit, content: bytes) -> str:
    await visit.send(content)
    return await visit.finish()


def there(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_backup_is_whole_under_a_name_that_says_whose_and_of_when_it_is(place: Place, stick: SmallDisk) -> None:
    name = await keep(place.target("box", "backups"))
    assert name == f"tomb-kids-2026-11-26-0001-{OWNER}.tar"
    assert (place.stick / "box" / "backups" / name).read_bytes() == CONTENT
    async with ChildDrive().visit(place.target("box", "backups")) as visit:
        assert [(each.name, each.bytes) for each in visit.seen.kept] == [(name, len(CONTENT))]
        assert 0 < visit.seen.free < visit.seen.total == 16 * 2**20


async def test_the_last_three_stay_whatever_the_clock_says_and_whatever_the_box_is_called(
    place: Place, stick: SmallDisk
) -> None:
    dates = ("2026-11-26", "1970-01-01", "2031-01-01", "1970-01-01", "2026-11-27")
    titles = ("kids", "", "kids", "new-name", "new-name")
    made = [await keep(place.target(), b"x", date, title) for date, title in zip(dates, titles, strict=True)]
    assert there(place.stick) == set(made[-KEPT:])


async def test_nothing_goes_that_is_not_a_backup_of_this_box(place: Place, stick: SmallDisk) -> None:
    strangers = (
        "tomb-kids-2026-11-26-0001-ffffff.tar",  # of another box
        f"tomb-kids-2026-11-26-0001-{OWNER}.tar.bak",
        ".tomb-kids-2026-11-26-0001-ffffff.tar.half",
        "tomb-2026-11-26.tar",  # by hand
        "holiday.jpg",
    )
    for name in strangers:
        (place.stick / name).write_bytes(b"mine")
    (place.stick / f"tomb-kids-2026-11-26-0002-{OWNER}.tar").mkdir()  # no file
    (place.stick / f"tomb-kids-2026-11-26-0003-{OWNER}.tar").symlink_to(place.data)
    (place.stick / f"tomb-kids-2026-11-26-99999999-{OWNER}.tar").write_bytes(b"the last number there is")
    (place.stick / f".tomb-kids-2026-11-26-0099-{OWNER}.tar.half").mkdir()
    (place.stick / f".tomb-kids-2026-11-26-0004-{OWNER}.tar.half").write_bytes(b"of a power cut")
    before = there(place.stick)
    made = {await keep(place.target(), b"x") for _ in range(5)}
    assert there(place.stick) == (before - {f".tomb-kids-2026-11-26-0004-{OWNER}.tar.half"}) | set(sorted(made)[-KEPT:])


async def test_who_only_looks_makes_nothing(place: Place, stick: SmallDisk) -> None:
    async with ChildDrive().visit(replace(place.target("box", "backups"), make=False)) as visit:
        assert (visit.seen.total, visit.seen.kept) == (16 * 2**20, ())
    assert there(place.stick) == set()


async def test_an_empty_mount_point_is_not_written_to(place: Place) -> None:
    place.stick.mkdir()
    for target in (place.target(), place.target("box")):
        with pytest.raises(Missing, match="Nothing is plugged in or mounted"):
            await keep(target)
    assert there(place.stick) == set()
    place.stick.rmdir()
    with pytest.raises(Missing):
        await keep(place.target())
    assert there(place.media) == set()


async def test_a_backup_on_the_disk_of_the_library_is_none(tmp_path: Path) -> None:
    with small_disk(tmp_path / "media") as disk:
        (disk.folder / "data").mkdir()
        (disk.folder / "backups").mkdir()
        with pytest.raises(Missing):
            await keep(Target(disk.folder / "backups", tmp_path, disk.folder / "data", OWNER))


async def test_a_share_may_be_mounted_on_the_very_folder_that_mounts_are_below(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.mkdir()
    with small_disk(tmp_path / "mnt"):
        assert await keep(Target(tmp_path / "mnt" / "box", tmp_path / "mnt", place, OWNER))


async def test_links_on_a_stick_lead_nowhere(place: Place, stick: SmallDisk) -> None:
    (place.stick / "box").symlink_to(place.data)
    (place.stick / "file").write_bytes(b"")
    for part in ("box", "file"):
        with pytest.raises(Broken, match="no folder is in the way"):
            await keep(place.target(part))
    assert there(place.data) == set()


async def test_a_full_stick_says_so_before_it_is_written_to_and_keeps_what_it_has(
    place: Place, stick: SmallDisk
) -> None:
    first = await keep(place.target())
    with stick.full(1024):
        with pytest.raises(Broken, match="too little room"):
            await keep(place.target())
        assert there(place.stick) == {first, "filler"}
    assert await keep(place.target())


async def test_a_stick_that_gets_full_meanwhile_keeps_what_it_has(place: Place, stick: SmallDisk) -> None:
    first = await keep(place.target())
    async with ChildDrive().visit(place.target()) as visit:
        await visit.begin("kids", "2026-11-26", len(CONTENT))
        await visit.send(CONTENT[:200_000])
        with trio.fail_after(PATIENCE_S):
            while len(there(place.stick)) < 2:
                await trio.sleep(0.01)
        stick.leave(0)
        with pytest.raises(Broken, match="too little room"):
            await rest(visit, CONTENT[200_000:])
    assert there(place.stick) == {first, "filler"}


async def test_a_stick_that_may_only_be_read_says_so(place: Place, stick: SmallDisk) -> None:
    with stick.read_only(), pytest.raises(Broken, match="only read"):
        await keep(place.target())


async def test_one_that_is_cut_off_leaves_nothing_under_its_name(place: Place, stick: SmallDisk) -> None:
    first = await keep(place.target())
    async with ChildDrive().visit(place.target()) as visit:
        await visit.begin("kids", "2026-11-26", len(CONTENT))
        await visit.send(CONTENT[:-1])
    assert first in there(place.stick)
    assert not [name for name in there(place.stick) - {first} if not name.startswith(".")]
    second = await keep(place.target())
    assert there(place.stick) == {first, second}


def test_fat_is_known_by_its_mount_and_holds_no_file_of_4_gb(tmp_path: Path) -> None:
    """(The kernels of containers have no FAT to mount.)"""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "36 22 8:1 / /media/tomb-backup rw,nosuid shared:20 master:1 - vfat /dev/sda1 rw,uid=999\n"
        "37 22 8:2 / /media/other rw - ext4 /dev/sda2 rw\n"
    )
    assert largest(os.makedev(8, 1), mounts) == 2**32 - 1
    assert largest(os.makedev(8, 2), mounts) == largest(os.makedev(8, 3), mounts) == LARGEST


async def test_what_a_file_system_cannot_hold_is_not_begun_with(place: Place, stick: SmallDisk) -> None:
    async with ChildDrive().visit(place.target()) as visit:
        await visit.begin("kids", "2026-11-26", LARGEST + 1)
        with pytest.raises(Broken, match="FAT32"):
            await visit.finish()
    assert there(place.stick) == set()


async def test_what_hangs_in_the_kernel_holds_up_nobody_and_is_not_asked_twice(place: Place) -> None:
    drive = ChildDrive(answer_s=1.0)
    with ext4_disk(place.stick, 64), frozen(place.stick) as thaw:
        begin = trio.current_time()
        async with drive.visit(place.target()) as visit:
            await visit.begin("kids", "2026-11-26", len(CONTENT))
            with pytest.raises(Broken, match="does not answer"):
                await rest(visit, CONTENT)
        assert drive._hanging is not None
        hanging, _ = drive._hanging
        assert hanging.poll() is None, "even SIGKILL does not reach it"
        elsewhere = replace(place.target(), folder=place.media / "other")
        with pytest.raises(Broken, match=f"does not answer: {place.stick}$"):
            async with drive.visit(elsewhere):
                pass
        assert trio.current_time() - begin < PATIENCE_S
        thaw()
        with trio.fail_after(PATIENCE_S):
            assert await hanging.wait() == -signal.SIGKILL
        async with drive.visit(place.target()) as visit:
            assert visit.seen.kept == ()


@contextmanager
def frozen(folder: Path) -> Iterator[Callable[[], None]]:
    """Whoever writes to it waits in the kernel, where nobody can end him, as on a share whose server is gone."""
    run("fsfreeze", "--freeze", folder)
    is_frozen = [True]

    def thaw() -> None:
        if is_frozen.pop():
            run("fsfreeze", "--unfreeze", folder)
            is_frozen.append(False)

    try:
        yield thaw
    finally:
        if is_frozen[0]:
            thaw()


def run(*command: str | Path) -> None:
    env = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    subprocess.run(command, check=True, env=env, stdout=subprocess.DEVNULL)
