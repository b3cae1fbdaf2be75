"""What `tomb doctor` looks at: the computer around the box, as the kernel, its daemons and their tools tell of it.

Facts only; what they mean is said by `tomb.nurseries.doctor`. Each is gathered for itself and may take its time or fail
without the others (`gather`): it is None then, and nobody knows. `root` stands for the computer's /, so that a test can
hand in another tree; what has to be asked of a program that runs (pcscd, PulseAudio, mDNS) is asked of the real one.
"""

import grp
import os
import pwd
import re
import shutil
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import trio
from msgspec import Struct, field
from msgspec.structs import replace

from tomb import __version__
from tomb.devices import pcsc
from tomb.devices.backup_drive import SILENT, BackupDrive, Target
from tomb.devices.computer import Disk, disk
from tomb.devices.reader import UID_SIZES
from tomb.errors import DeviceError, Missing
from tomb.ports import Ports, monotonic_ns

T = TypeVar("T")

ROOT: Final = Path("/")
WITHIN_S: Final = 5.0
ANSWER_S: Final = 1.5
WRITTEN: Final = 4 * 1024 * 1024
MDNS: Final = ("224.0.0.251", 5353)
MODPROBE_PLACES: Final = ("etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d", "usr/lib/modprobe.d")
UNIT: Final = "tomb.service"
GROUPS: Final = ("audio", "input")  # sound cards; buttons, knobs and readers that type
CCID_PLACES: Final = ("etc/libccid_Info.plist", "usr/lib/pcsc/drivers/ifd-ccid.bundle/Contents/Info.plist")
_SMART_CARDS: Final = "0b"  # the class of USB interfaces (usb.org, "Defined Class Codes")
_ACS: Final = "072f"
_LISTENS: Final = "0A"  # TCP_LISTEN of the kernel
_LOOPS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # who listens on all of them, listens there


class Usb(Struct, frozen=True):
    """A tag reader on USB. `is_acr122`: it is ACS's, which the kernel's own driver takes away from pcscd."""

    name: str
    is_acr122: bool


class Cards(Struct, frozen=True):
    """What pcscd says. `fault`: why it says nothing; `refused`: because it does not let this user. `tags`: the ids of
    those that lie there."""

    readers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    fault: str | None = None
    refused: bool = False


class Sink(Struct, frozen=True):
    name: str
    muted: bool
    is_default: bool


class Sound(Struct, frozen=True):
    """`cards`: ALSA's. `server`: PulseAudio, or PipeWire that speaks its language; None for neither. `mixer_muted`: of
    ALSA's first card, None where nobody can say."""

    cards: tuple[str, ...]
    server: str | None
    sinks: tuple[Sink, ...]
    mixer_muted: bool | None


class Storage(Struct, frozen=True):
    """Of the data folder. `seconds`: to write `WRITTEN` bytes down; None: it cannot be written. `errors`: that its file
    system has counted; `worn`: tenths of the life of its card that are over, 11: all of it and more."""

    space: Disk
    seconds: float | None
    errors: int | None
    worn: int | None


class Clock(Struct, frozen=True):
    """`wall`: epoch seconds. `is_set`: by the network; None where nobody says. `battery`: there is a clock with one."""

    wall: float
    is_set: bool | None
    battery: bool


class Network(Struct, frozen=True):
    """`box`: whether a box answers on the port; `taken`: somebody else does. `listens`: on which addresses, empty for
    nobody, None where that is not known. `addresses`: of this computer, without its own loop. `named`: what phones get
    that ask for its name, None where they could not ask."""

    port: int
    box: bool
    taken: bool
    listens: tuple[str, ...] | None
    addresses: tuple[str, ...]
    hostname: str
    named: tuple[str, ...] | None


class Inputs(Struct, frozen=True):
    """How many input devices there are, and how many of them this process may read."""

    there: int
    readable: int


class Who(Struct, frozen=True):
    user: str
    group: str


class Service(Struct, frozen=True):
    """The box as a service of systemd. `state`: as `systemctl is-active` has it. `user`: whose groups `groups` are, of
    those that there are on this computer and that matter."""

    state: str
    user: str
    groups: frozenset[str]


class BackupFolder(Struct, frozen=True):
    """Where backups go. `fault`: why they cannot, in words for a parent. Bytes."""

    folder: str
    fault: str | None
    free: int = 0
    kept: int = 0


class Facts(Struct, frozen=True):
    """None: nobody knows."""

    who: Who | None = None
    usb: tuple[Usb, ...] | None = None
    modules: frozenset[str] | None = None
    cards: Cards | None = None
    escapes: bool | None = None
    sound: Sound | None = None
    tools: Mapping[str, str] | None = None
    storage: Storage | None = None
    clock: Clock | None = None
    network: Network | None = None
    throttled: int | None = None
    inputs: Inputs | None = None
    blacklisted: frozenset[str] | None = None
    service: Service | None = None
    backups: BackupFolder | None = None
    versions: Mapping[str, str] = field(default_factory=dict)


Gather = Callable[[Ports, Path, int], Awaitable[Facts]]


async def gather(ports: Ports, data: Path, port: int, root: Path = ROOT) -> Facts:
    """All of them at once, within `WITHIN_S`, whatever hangs. `data`: the folder of the library."""
    thread = partial(ports.in_thread, abandon=True)
    ways: Mapping[str, Callable[[], Awaitable[Any]]] = {
        "who": lambda: thread(who),
        "usb": lambda: thread(usb_readers, root),
        "modules": lambda: thread(modules, root),
        "cards": lambda: thread(smart_cards),
        "escapes": lambda: thread(escape_commands, root),
        "sound": lambda: sound(ports, root),
        "tools": lambda: thread(tools, data),
        "storage": lambda: thread(storage, data, root),
        "clock": lambda: thread(clock, ports.wall(), root),
        "network": lambda: network(ports, port, root),
        "throttled": lambda: throttled(root),
        "inputs": lambda: thread(inputs, root),
        "blacklisted": lambda: thread(blacklisted, root),
        "service": lambda: service(ports),
    }
    found: dict[str, Any] = {}

    async def one(name: str, way: Callable[[], Awaitable[Any]]) -> None:
        with trio.move_on_after(WITHIN_S):
            try:
                found[name] = await way()
            except OSError:
                found[name] = None

    async with trio.open_nursery() as nursery:
        for name, way in ways.items():
            nursery.start_soon(one, name, way)
    return Facts(**found, versions=versions())


# --- the reader ------------------------------------------------------------------------------------------------------


def usb_readers(root: Path = ROOT) -> tuple[Usb, ...]:
    """Those that say that they read smart cards."""
    found = []
    for device in sorted((root / "sys/bus/usb/devices").glob("*/idVendor")):
        folder = device.parent
        classes = {_text(each) for each in folder.glob("*/bInterfaceClass")}
        if _SMART_CARDS in classes or _text(device) == _ACS:
            name = _text(folder / "product") or f"{_text(device)}:{_text(folder / 'idProduct')}"
            found.append(Usb(name, _text(device) == _ACS))
    return tuple(found)


def modules(root: Path = ROOT) -> frozenset[str]:
    """Those of the kernel that are loaded."""
    lines = (root / "proc/modules").read_text(encoding="utf-8").splitlines()
    return frozenset(line.split()[0] for line in lines if line)


def blacklisted(root: Path = ROOT) -> frozenset[str]:
    """Modules that the kernel does not load by itself when it sees a device (modprobe.d(5))."""
    files = [path for place in MODPROBE_PLACES for path in sorted((root / place).glob("*.conf"))]
    lines = [line.split() for path in files for line in _text(path).splitlines()]
    return frozenset(words[1].replace("-", "_") for words in lines if len(words) == 2 and words[0] == "blacklist")


def smart_cards(load: Callable[[], pcsc.Scard] = pcsc.load) -> Cards:
    """What a program is told that asks pcscd. Blocks for as long as pcscd does."""
    try:
        scard = load()
    except Missing as error:
        return Cards(fault=str(error))
    try:
        with pcsc.Context(scard) as context:
            readers = tuple(name for name in context.readers() if " SAM " not in name)
            tags = [tag for name in readers if (tag := _tag_on(context, name)) is not None]
            return Cards(readers, tuple(tags))
    except DeviceError as error:
        return Cards(fault=str(error), refused="polkit" in str(error))
    except pcsc.PcscError as error:
        return Cards(fault=str(error.fault()))


def _tag_on(context: pcsc.Context, reader: str) -> str | None:
    try:
        with context.connect(reader) as card:
            answer = card.transmit(bytes.fromhex("FFCA000000"))
    except pcsc.PcscError:
        return None
    uid = answer[:-2]
    return uid.hex().upper() if answer[-2:] == b"\x90\x00" and len(uid) in UID_SIZES else None


def escape_commands(root: Path = ROOT) -> bool | None:
    """Whether libccid hands the commands on that light an ACR122U without a card; None without libccid."""
    for place in CCID_PLACES:
        found = re.search(r"<key>ifdDriverOptions</key>\s*<string>(0x)?([0-9A-Fa-f]+)</string>", _text(root / place))
        if found is not None:
            return bool(int(found[2], 16) & 1)  # DRIVER_OPTION_CCID_EXCHANGE_AUTHORIZED of libccid
    return None


# --- sound -----------------------------------------------------------------------------------------------------------


async def sound(ports: Ports, root: Path = ROOT) -> Sound:
    cards = await ports.in_thread(_sound_cards, root)
    said = await _said("pactl", "info")
    server = re.search(r"^Server Name: (.*)$", said or "", re.MULTILINE)
    default = re.search(r"^Default Sink: (.*)$", said or "", re.MULTILINE)
    sinks = await _said("pactl", "list", "sinks") if server else None
    mixer = await _said("amixer", "sget", "Master") if cards else None
    return Sound(
        cards=cards,
        server=server[1] if server else None,
        sinks=_sinks(sinks or "", default[1] if default else ""),
        mixer_muted=None if mixer is None else "[off]" in mixer,
    )


def _sound_cards(root: Path) -> tuple[str, ...]:
    lines = _text(root / "proc/asound/cards").splitlines()
    return tuple(found[1] for line in lines if (found := re.match(r"\s*\d+ \[.*\]: (.*)", line)) is not None)


def _sinks(said: str, default: str) -> tuple[Sink, ...]:
    found = []
    for part in said.split("Sink #")[1:]:
        name, muted = re.search(r"Name: (\S+)", part), re.search(r"Mute: (\w+)", part)
        if name is not None and name[1] != "auto_null":  # what PulseAudio makes up where there is none
            found.append(Sink(name[1], muted is not None and muted[1] == "yes", name[1] == default))
    return tuple(found)


# --- tools, disk, clock ----------------------------------------------------------------------------------------------


def tools(data: Path) -> Mapping[str, str]:
    """The programs that YouTube and foreign formats need, and their version or place; without those that lack. `js`:
    what runs the scripts of YouTube's pages."""
    from tomb.devices.youtube import installation  # late: no box needs it to start

    found = {name: place for name in ("ffmpeg", "ffprobe") if (place := shutil.which(name)) is not None}
    newest = next(iter(installation.releases(data / "youtube")), None)
    if newest is not None:
        found["yt-dlp"] = newest.version
    if (runtime := installation.runtime()) is not None:
        found["js"] = str(runtime[1])
    return found


def storage(data: Path, root: Path = ROOT) -> Storage:
    """Writes `WRITTEN` bytes into the folder, and takes them away again. Raises OSError where there is no folder."""
    folder = next(each for each in (data, *data.parents) if each.is_dir())
    device = _device_of(folder, root)
    return Storage(disk(folder), _seconds_to_write(folder), _errors_of(device, root), _worn(device, root))


def _seconds_to_write(folder: Path) -> float | None:
    path = folder / f".doctor-{os.getpid()}"
    begin = monotonic_ns()
    try:
        with path.open("wb") as file:
            file.write(bytes(WRITTEN))
            file.flush()
            os.fsync(file.fileno())
        return (monotonic_ns() - begin) / 1e9
    except OSError:
        return None
    finally:
        with suppress(OSError):
            path.unlink()


def _device_of(folder: Path, root: Path) -> str:
    """The name of the block device that the folder lies on, such as mmcblk0p2; empty where that is none."""
    best, found = Path(), ""
    for line in _text(root / "proc/mounts").splitlines():
        device, place, *_ = line.split()
        where = Path(place.encode().decode("unicode_escape"))
        if folder.resolve().is_relative_to(where) and len(where.parts) >= len(best.parts):
            best, found = where, device
    return Path(found).name if found.startswith("/dev/") else ""


def _errors_of(device: str, root: Path) -> int | None:
    counted = _text(root / "sys/fs/ext4" / device / "errors_count") if device else ""
    return int(counted) if counted.isdecimal() else None


def _worn(device: str, root: Path) -> int | None:
    """The worse of the two kinds of cells (JEDEC eMMC 5.0, DEVICE_LIFE_TIME_EST: 1 is up to a tenth, 11 is over)."""
    whole = re.sub(r"p\d+$", "", device)
    told = _text(root / "sys/block" / whole / "device/life_time").split() if whole else []
    lives = [int(each, 16) for each in told]
    return max(lives) if any(lives) else None


def clock(wall: float, root: Path = ROOT) -> Clock:
    synchronised = (root / "run/systemd/timesync/synchronized").exists()
    runs = (root / "run/systemd/timesync").exists()
    return Clock(wall, True if synchronised else (False if runs else None), any((root / "sys/class/rtc").glob("rtc*")))


# --- the network -----------------------------------------------------------------------------------------------------


async def network(ports: Ports, port: int, root: Path = ROOT, at: tuple[str, int] = MDNS) -> Network:
    hostname = socket.gethostname().partition(".")[0]
    listens = await ports.in_thread(listeners, port, root)
    box, taken = await _who_answers(port, listens or ())
    found = await ports.in_thread(addresses, abandon=True)
    return Network(port, box, taken, listens, found, hostname, await names(f"{hostname}.local", at))


def listeners(port: int, root: Path = ROOT) -> tuple[str, ...] | None:
    """The addresses of this computer on which somebody listens at that port (proc_net_tcp.rst of the kernel)."""
    tables = [_text(root / "proc/net" / name).splitlines() for name in ("tcp", "tcp6")]
    if not any(tables):
        return None
    found = []
    for line in (line for table in tables for line in table[1:]):
        _, local, _, state, *_ = line.split()
        address, _, at = local.partition(":")
        if state == _LISTENS and int(at, 16) == port:
            words = (int(address[begin : begin + 8], 16) for begin in range(0, len(address), 8))
            packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)  # as they lie in its memory
            found.append(socket.inet_ntop(socket.AF_INET6 if len(packed) == 16 else socket.AF_INET, packed))
    return tuple(dict.fromkeys(found))


async def _who_answers(port: int, listens: Sequence[str]) -> tuple[bool, bool]:
    """It is asked by its own loop, or where it does not listen there by the first address of all."""
    own = ("127.0.0.1", "0.0.0.0", "::1", "::")  # noqa: S104  # no address to listen on
    at = min(listens, key=lambda each: own.index(each) if each in own else len(own), default="127.0.0.1")
    try:
        with trio.fail_after(ANSWER_S):
            async with await trio.open_tcp_stream(_LOOPS.get(at, at), port) as stream:
                await stream.send_all(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                said = b""
                while b"server_seq" not in said and (more := await stream.receive_some(4096)):
                    said += more
    except (OSError, trio.BrokenResourceError):
        return False, False
    except trio.TooSlowError:
        return False, True
    return b"server_seq" in said, b"server_seq" not in said


def addresses() -> tuple[str, ...]:
    """By which phones reach this computer, as far as that can be known without asking anybody."""
    found = []
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((far, 9))  # sends nothing: the kernel only chooses where it would go out
            except OSError:
                continue
            found.append(probe.getsockname()[0])
    return tuple(each for each in found if not each.startswith(("127.", "::1")))


def is_own(address: str) -> bool:
    """Whether that is an address of this computer."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


async def names(name: str, at: tuple[str, int] = MDNS) -> tuple[str, ...] | None:
    """The addresses that multicast DNS gives for a name (RFC 6762, 5.1: one question, answered to its sender)."""
    labels = b"".join(bytes([len(each)]) + each for each in (label.encode() for label in name.split(".")))
    question = struct.pack(">HHHHHH", 0, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 0x8001)
    with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            await asking.sendto(question, at)
        except OSError:
            return None
        with trio.move_on_after(ANSWER_S):
            while True:
                answer, _ = await asking.recvfrom(2048)
                found = _first_addresses(answer, labels)
                if found:
                    return found
    return ()


def _first_addresses(answer: bytes, labels: bytes) -> tuple[str, ...]:
    """The A records of an answer. It is a stranger's: whatever is no answer gives none."""
    start = 12 + (len(labels) + 5 if answer[4:6] == b"\0\1" else 0)
    count = int.from_bytes(answer[6:8], "big")
    found = []
    for _ in range(count):
        name_end = start + (2 if answer[start : start + 1] >= b"\xc0" else len(labels) + 1)
        kind, length = answer[name_end : name_end + 2], int.from_bytes(answer[name_end + 8 : name_end + 10], "big")
        value = answer[name_end + 10 : name_end + 10 + length]
        if kind == b"\0\1" and len(value) == 4:
            found.append(socket.inet_ntoa(value))
        start = name_end + 10 + length
    return tuple(found)


# --- power, keys, versions -------------------------------------------------------------------------------------------


async def throttled(root: Path = ROOT) -> int | None:
    """The flags of `vcgencmd get_throttled` (raspberrypi.com, "vcgencmd"); None on what is no Raspberry Pi."""
    program = shutil.which("vcgencmd", path=os.environ["PATH"] if root == ROOT else str(root / "usr/bin"))
    said = await _said(program, "get_throttled") if program else None
    found = re.search(r"throttled=0x([0-9a-fA-F]+)", said or "")
    return int(found[1], 16) if found else None


def inputs(root: Path = ROOT) -> Inputs:
    files = list((root / "dev/input").glob("event*"))
    return Inputs(len(files), sum(os.access(each, os.R_OK) for each in files))


def who() -> Who:
    user, group = os.getuid(), os.getgid()
    try:
        return Who(pwd.getpwuid(user).pw_name, grp.getgrgid(group).gr_name)
    except KeyError:
        return Who(str(user), str(group))


async def service(ports: Ports) -> Service | None:
    """None where the box is not installed as one."""
    said = await _said("systemctl", "show", UNIT, "--property=LoadState,ActiveState,User")
    about = dict(line.partition("=")[::2] for line in (said or "").splitlines())
    if about.get("LoadState") != "loaded":
        return None
    user = about.get("User") or "root"
    return Service(about.get("ActiveState", ""), user, await ports.in_thread(_groups, user, abandon=True))


def _groups(user: str) -> frozenset[str]:
    there = {each.gr_name: each.gr_gid for each in grp.getgrall()}
    try:
        mine = os.getgrouplist(user, pwd.getpwnam(user).pw_gid)
    except KeyError:
        return frozenset()
    return frozenset(name for name in GROUPS if name not in there or there[name] in mine)


async def backup_folder(drive: BackupDrive, target: Target) -> BackupFolder:
    folder = str(target.folder)
    with trio.move_on_after(WITHIN_S):
        try:
            async with drive.visit(replace(target, make=False)) as visit:
                return BackupFolder(folder, None, visit.seen.free, len(visit.seen.kept))
        except DeviceError as error:
            return BackupFolder(folder, str(error))
    return BackupFolder(folder, SILENT.format(folder=folder))


def versions() -> Mapping[str, str]:
    about = os.uname()
    python = ".".join(map(str, sys.version_info[:3]))
    return {"tomb": __version__, "Python": python, about.sysname: about.release, "machine": about.machine}


async def _said(*command: str) -> str | None:
    """What a program writes; None where it is not there, fails, or takes too long."""
    with trio.move_on_after(ANSWER_S):
        try:
            done = await trio.run_process(
                command,
                capture_stdout=True,
                capture_stderr=True,
                check=False,
                env=os.environ | {"LC_ALL": "C"},
                deliver_cancel=_kill,
            )
        except OSError:
            return None
        return done.stdout.decode(errors="replace") if done.returncode == 0 else None
    return None


async def _kill(process: trio.Process) -> None:
    """It only says something, so nothing is lost; and who may ignore to be asked to end would be waited for."""
    process.kill()


def _text(path: Path) -> str:
    """Empty where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
