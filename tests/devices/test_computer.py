"""Which mounts are offered to parents for their backups."""

from pathlib import Path

import pytest

from tomb.devices.computer import pluggable

SYSTEM = """\
22 1 179:2 / / rw,relatime shared:1 - ext4 /dev/mmcblk0p2 rw
23 22 179:1 / /boot/firmware rw,relatime shared:2 - vfat /dev/mmcblk0p1 rw
24 22 0:22 / /proc rw - proc proc rw
25 22 0:25 / /run rw shared:5 - tmpfs tmpfs rw,mode=755
"""
MEDIA = ("/media", "/mnt", "/run/media")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Of a Pi with an SD card, and on USB a stick (sda, whole) and a drive (sdb) with two partitions."""
    for number, name in (
        ("179:1", "mmcblk0/mmcblk0p1"),
        ("179:2", "mmcblk0/mmcblk0p2"),
        ("179:3", "mmcblk0/mmcblk0p3"),
        ("8:0", "sda"),
        ("8:17", "sdb/sdb1"),
        ("8:18", "sdb/sdb2"),
    ):
        device = tmp_path / "sys/devices/block" / name
        device.mkdir(parents=True)
        if "/" in name:
            (device / "partition").write_text("1\n", encoding="ascii")
        link = tmp_path / "sys/dev/block" / number
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(device)
    return tmp_path


def offered(root: Path, *mounts: str, data: str = "/var/lib/tomb") -> list[str]:
    (root / "proc/self").mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{number} 22 {each}\n" for number, each in enumerate(mounts, 30))
    (root / "proc/self/mountinfo").write_text(SYSTEM + lines, encoding="utf-8")
    return pluggable(MEDIA, Path(data), root)


def test_sticks_drives_and_shares_are_offered(root: Path) -> None:
    assert offered(
        root,
        r"8:0 / /media/My\040stick rw,nosuid shared:20 master:1 - vfat /dev/sda rw,uid=999",
        "8:17 / /run/media/eva/drive rw - fuseblk /dev/sdb1 rw",
        "8:18 /@backups /mnt/drive rw - btrfs /dev/sdb2 rw,subvol=/@backups",
        "0:45 /box /mnt/nas rw - cifs //nas/tomb rw",
        "0:46 / /mnt/nfs rw - nfs4 nas:/volume1/tomb rw",
        "0:47 / /mnt/ssh rw - fuse.sshfs eva@nas:/tomb rw",
        "0:48 / /media/tomb-backup rw - autofs systemd-1 rw,fd=50",
    ) == [
        "/media/My stick",
        "/media/tomb-backup",
        "/mnt/drive",
        "/mnt/nas",
        "/mnt/nfs",
        "/mnt/ssh",
        "/run/media/eva/drive",
    ]


@pytest.mark.parametrize(
    "mount",
    [
        "0:50 / /mnt/tools ro - tmpfs tools ro,size=4k",
        "0:51 / /mnt/layers rw - overlay overlay rw,lowerdir=/a",
        "0:52 / /mnt/wsl rw - 9p drivers rw",
        "179:2 /srv/music /mnt/music rw - ext4 /dev/mmcblk0p2 rw",  # bound, a part of it
        "179:2 / /media/root-ro ro - ext4 /dev/mmcblk0p2 ro",  # bound, the whole; or below an overlay
        "179:3 / /mnt/spare rw - ext4 /dev/mmcblk0p3 rw",  # the same card, which may be lost as a whole
        "8:17 /photos /mnt/photos rw - ext4 /dev/sdb1 rw",
        "7:0 / /mnt/snap ro - squashfs /dev/loop0 ro",
        "11:0 / /media/cdrom ro - iso9660 /dev/sr0 ro",
        "8:17 / /media rw - ext4 /dev/sdb1 rw",
        "8:17 / /mediamarkt/x rw - ext4 /dev/sdb1 rw",
    ],
)
def test_what_the_system_mounts_for_itself_is_not(root: Path, mount: str) -> None:
    assert offered(root, mount) == []


def test_nor_is_the_disk_that_the_music_is_on(root: Path) -> None:
    drive = ("8:17 / /mnt/music rw - ext4 /dev/sdb1 rw", "8:18 / /mnt/other rw - ext4 /dev/sdb2 rw")
    stick = "8:0 / /media/stick rw - exfat /dev/sda rw"
    assert offered(root, *drive, stick, data="/mnt/music/tomb") == ["/media/stick"]
    assert offered(root, *drive, stick) == ["/media/stick", "/mnt/music", "/mnt/other"]


def test_of_this_computer_something_can_be_told() -> None:
    assert isinstance(pluggable(MEDIA, Path.cwd()), list)
