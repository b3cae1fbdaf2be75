"""The doctor: what is fine, what is wrong, and the command that mends it.

Each check is a function of the facts (`tomb.devices.facts`) and of nothing else, so that it can be tried in its good
and its bad state. It says one thing, in a sentence for whoever built the box, and where a command mends what is wrong
it says that command, to be copied as it is. Nothing is changed here.
"""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

import trio
from msgspec.structs import replace

from tomb.devices.backup_drive import BackupDrive, Target
from tomb.devices.facts import GROUPS, UNIT, WRITTEN, Facts, Gather, backup_folder
from tomb.models import Finding
from tomb.ports import Ports

FRESH_S: Final = 5.0
MIB: Final = 1024 * 1024
LITTLE_SPACE: Final = 500 * MIB
SLOW: Final = 2 * MIB  # bytes a second; an upload over Wi-Fi is faster
WORN: Final = 9  # of ten tenths of a card's life
OLD_DAYS: Final = 90  # YouTube changes; a yt-dlp of last season often finds nothing any more
BUILT: Final = 2026
_ANY: Final = {"0.0.0.0": 4, "::": 6}  # noqa: S104  # all addresses of that version of IP
_ITSELF: Final = ("127.", "::1", "localhost")
IN_THE_WAY: Final = ("pn533_usb", "pn533", "nfc")  # the kernel's own drivers of tag readers
# Of `vcgencmd get_throttled`: what is so now, and 16 bits higher whether it was since the start.
NOW: Final = (
    (0b0001, "weak", "The supply gives too little voltage at this moment. A stronger one, or a shorter cable?"),
    (0b1000, "hot", "The computer is too hot at this moment. Let more air at it."),
    (0b0110, "slow", "The computer slows itself down at this moment: it is too hot, or its supply is too weak."),
)


class Doctor:
    """The doctor of a box that runs. `data`: the folder of the library. `backups_to`: where backups go now."""

    def __init__(
        self,
        ports: Ports,
        gather: Gather,
        data: Path,
        drive: BackupDrive,
        backups_to: Callable[[], Target | None],
    ) -> None:
        self._ports = ports
        self._gather = gather
        self._data = data
        self._drive = drive
        self._backups_to = backups_to
        self._turn = trio.Lock()
        self._at = float("-inf")
        self._findings: list[Finding] = []

    async def examine(self, port: int) -> list[Finding]:
        """Gather the facts and judge them, in some seconds at most. `port`: that of the box.

        To look costs a write to the card and some programs. So there is one look at a time, and whoever asks within
        `FRESH_S` of it hears what it found.
        """
        async with self._turn:
            if trio.current_time() - self._at >= FRESH_S:
                facts = await self._gather(self._ports, self._data, port)
                if (target := self._backups_to()) is not None:
                    facts = replace(facts, backups=await backup_folder(self._drive, target))
                self._findings = judged(facts)
                self._at = trio.current_time()
            return self._findings


def judged(facts: Facts) -> list[Finding]:
    """What all checks say, in the order in which they are told."""
    return [check(facts) for check in CHECKS]


def _yes(check: str, reason: str, text: str, **values: object) -> Finding:
    return _finding(check, "yes", reason, text, None, values)


def _no(check: str, reason: str, text: str, remedy: str | None = None, **values: object) -> Finding:
    return _finding(check, "no", reason, text, remedy, values)


def _unknown(check: str, reason: str, text: str, remedy: str | None = None, **values: object) -> Finding:
    return _finding(check, "unknown", reason, text, remedy, values)


def _finding(
    check: str,
    ok: Literal["yes", "no", "unknown"],
    reason: str,
    text: str,
    remedy: str | None,
    values: Mapping[str, object],
) -> Finding:
    """`text` has the names of `values` in braces. In all languages web/src/locales has it, by check and reason."""
    shown = {name: str(value) for name, value in values.items()}
    return Finding(check=check, ok=ok, reason=reason, values=shown, text=text.format(**shown), remedy=remedy)


# --- the reader ------------------------------------------------------------------------------------------------------


def usb_reader(facts: Facts) -> Finding:
    if facts.usb is None:
        return _unknown("usb_reader", "mute", "This computer does not say what is plugged in on USB.")
    if not facts.usb:
        return _no(
            "usb_reader", "none", "No tag reader is plugged in on USB. Another socket, or another cable?", "lsusb"
        )
    return _yes("usb_reader", "there", "On USB there is {readers}.", readers=", ".join(each.name for each in facts.usb))


def kernel_modules(facts: Facts) -> Finding:
    if facts.modules is None:
        return _unknown("kernel_modules", "mute", "This computer does not say which modules its kernel has loaded.")
    there = [each for each in IN_THE_WAY if each in facts.modules]
    if not there:
        return _yes("kernel_modules", "none", "No module of the kernel takes the reader away from pcscd.")
    lines = "\\n".join(f"blacklist {each}" for each in IN_THE_WAY)
    return _no(
        "kernel_modules",
        "loaded",
        "Modules of the kernel ({modules}) take the reader away from pcscd.",
        f"printf '{lines}\\n' | sudo tee /etc/modprobe.d/tomb-reader.conf && sudo modprobe -r {' '.join(there)}",
        modules=", ".join(there),
    )


def blacklist(facts: Facts) -> Finding:
    if facts.blacklisted is None or not any(each.is_acr122 for each in facts.usb or ()):
        return _unknown(
            "blacklist", "other", "Only an ACR122U has to be kept from the kernel's own drivers; there is none."
        )
    lacking = [each for each in IN_THE_WAY if each not in facts.blacklisted]
    if not lacking:
        return _yes("blacklist", "there", "The kernel leaves the reader alone, after a restart, too.")
    lines = "\\n".join(f"blacklist {each}" for each in IN_THE_WAY)
    return _no(
        "blacklist",
        "lacking",
        "After a restart the kernel may take the reader away from pcscd ({modules}).",
        f"printf '{lines}\\n' | sudo tee /etc/modprobe.d/tomb-reader.conf",
        modules=", ".join(lacking),
    )


def pcscd(facts: Facts) -> Finding:
    cards = facts.cards
    if cards is None:
        return _no("pcscd", "silent", "The smart card daemon (pcscd) does not answer.", "sudo systemctl restart pcscd")
    if cards.refused:
        return _yes("pcscd", "runs", "The smart card daemon (pcscd) runs.")
    if cards.fault is not None:
        install = "sudo apt-get install pcscd && sudo systemctl enable --now pcscd.socket"
        return _no("pcscd", "fault", "{fault}", install, fault=cards.fault)
    if not cards.readers:
        said = "The smart card daemon (pcscd) runs and sees no reader."
        return _no("pcscd", "blind", said, "sudo systemctl restart pcscd")
    said = "The smart card daemon (pcscd) runs and sees {readers}."
    return _yes("pcscd", "sees", said, readers=", ".join(cards.readers))


def polkit(facts: Facts) -> Finding:
    if facts.cards is None or (facts.cards.fault is not None and not facts.cards.refused):
        return _unknown("polkit", "later", "Whether polkit lets the box at the reader shows when pcscd runs.")
    if not facts.cards.refused:
        return _yes("polkit", "may", "The box may use the reader.")
    user = facts.who.user if facts.who else "tomb"
    rule = (
        "polkit.addRule(function (action, subject) { if (/^org\\.debian\\.pcsc-lite\\.access_/.test(action.id)"
        f' && subject.user === "{user}") return polkit.Result.YES }})'
    )
    return _no(
        "polkit",
        "refused",
        "polkit does not let {user} at the reader.",
        f"echo '{rule}' | sudo tee /etc/polkit-1/rules.d/50-tomb-reader.rules",
        user=user,
    )


def escapes(facts: Facts) -> Finding:
    if not any(each.is_acr122 for each in facts.usb or ()):
        return _unknown("escapes", "other", "Only an ACR122U needs to be told to be quiet; there is none.")
    if facts.escapes is None:
        return _unknown("escapes", "mute", "Where the driver of readers (libccid) keeps its options is not known here.")
    if facts.escapes:
        return _yes("escapes", "may", "The reader takes commands for its light and its beep.")
    return _no(
        "escapes",
        "held_back",
        "The driver of readers (libccid) keeps back the commands for the light and the beep while no tag lies there.",
        "sudo sed -i '/ifdDriverOptions/{n;s/0x0000/0x0001/}' /etc/libccid_Info.plist && sudo systemctl restart pcscd",
    )


def tag(facts: Facts) -> Finding:
    if facts.cards is None or not facts.cards.readers:
        return _unknown("tag", "no_reader", "Without a reader no tag can be read.")
    if facts.cards.tags:
        return _yes("tag", "there", "The tag that lies there is {tags}.", tags=", ".join(facts.cards.tags))
    return _unknown("tag", "none", "No tag lies on the reader. Put one on it, and ask again.", "tomb doctor")


# --- sound -----------------------------------------------------------------------------------------------------------


# On a Raspberry Pi alone, which is known by its `vcgencmd`: other computers have no such file.
_ONBOARD_SOUND = "echo 'dtparam=audio=on' | sudo tee -a /boot/firmware/config.txt && sudo reboot"


def sound_card(facts: Facts) -> Finding:
    sound = facts.sound
    if sound is None:
        return _unknown("sound_card", "mute", "What sound devices there are could not be found out in time.")
    names = [each.name for each in sound.sinks] or list(sound.cards)
    if not names:
        return _no(
            "sound_card",
            "none",
            "There is no sound device. On a Raspberry Pi its own is switched on by a line of its configuration.",
            None if facts.throttled is None else _ONBOARD_SOUND,
        )
    return _yes("sound_card", "there", "Sound can come out of {names}.", names=", ".join(names))


def sound_server(facts: Facts) -> Finding:
    sound = facts.sound
    if sound is None:
        return _unknown("sound_server", "mute", "Which sound system runs could not be found out in time.")
    if sound.server is None:
        return _yes("sound_server", "alsa", "Sound goes to ALSA: neither PulseAudio nor PipeWire runs for this user.")
    return _yes("sound_server", "server", "Sound goes to {server}.", server=sound.server)


def mixer(facts: Facts) -> Finding:
    sound = facts.sound
    if sound is None or (sound.mixer_muted is None and not sound.sinks):
        return _unknown("mixer", "mute", "Whether the sound is muted outside the box cannot be told.")
    muted = [each.name for each in sound.sinks if each.muted and each.is_default]
    if muted:
        return _no("mixer", "sink", "{sink} is muted.", "pactl set-sink-mute @DEFAULT_SINK@ 0", sink=muted[0])
    if sound.mixer_muted:
        return _no("mixer", "card", "The sound card is muted.", "amixer sset Master unmute")
    return _yes("mixer", "loud", "Nothing is muted outside the box.")


# --- tools, disk, clock ----------------------------------------------------------------------------------------------


def ffmpeg(facts: Facts) -> Finding:
    if facts.tools is None:
        return _unknown("ffmpeg", "mute", "Which programs there are could not be found out in time.")
    if {"ffmpeg", "ffprobe"} <= facts.tools.keys():
        return _yes("ffmpeg", "there", "ffmpeg is there ({place}).", place=facts.tools["ffmpeg"])
    said = "ffmpeg lacks: m4a, wma and videos cannot be added."
    return _no("ffmpeg", "none", said, "sudo apt-get install ffmpeg")


def yt_dlp(facts: Facts) -> Finding:
    install = "tomb youtube update"
    if facts.tools is None or facts.clock is None:
        return _unknown("yt_dlp", "mute", "Which programs there are could not be found out in time.")
    version = facts.tools.get("yt-dlp")
    if version is None:
        return _no("yt_dlp", "none", "yt-dlp lacks: nothing can be fetched from YouTube.", install)
    if "js" not in facts.tools:
        return _no(
            "yt_dlp",
            "no_runtime",
            "Nothing here runs the scripts of YouTube's pages (Deno or Node).",
            f"{sys.executable} -m pip install deno",
        )
    found = re.match(r"(\d{4})\.(\d{1,2})\.(\d{1,2})", version)
    if found is None or _year(facts.clock.wall) < BUILT:
        return _unknown(
            "yt_dlp", "ageless", "yt-dlp {version} is there; how old it is cannot be told.", version=version
        )
    made = datetime(*(int(each) for each in found.groups()), tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]  # three ints
    days = int((facts.clock.wall - made) / 86_400)
    if days > OLD_DAYS:
        return _no("yt_dlp", "old", "yt-dlp is {days} days old; YouTube has changed since.", install, days=days)
    return _yes("yt_dlp", "there", "yt-dlp {version} is there.", version=version)


def disk_space(facts: Facts) -> Finding:
    if facts.storage is None:
        return _no("disk_space", "silent", "The folder of the library does not answer.", "df -h")
    free = facts.storage.space.free
    shown = _size(free)
    if free < LITTLE_SPACE:
        said = "Only {free} are free; the bin on the page Settings may hold more."
        return _no("disk_space", "little", said, "df -h", free=shown)
    return _yes("disk_space", "enough", "{free} are free.", free=shown)


def disk_writes(facts: Facts) -> Finding:
    if facts.storage is None:
        return _unknown("disk_writes", "mute", "How fast the disk is could not be found out in time.")
    if facts.storage.seconds is None:
        return _no(
            "disk_writes",
            "read_only",
            "The folder of the library cannot be written: the card is read-only, or somebody else's.",
            "mount | grep ' / ' && sudo dmesg | grep -i 'mmc\\|ext4' | tail",
        )
    speed = WRITTEN / max(facts.storage.seconds, 1e-6)
    if speed < SLOW:
        said = "The disk writes {speed} MB/s: too slow for uploads. Another card?"
        return _no("disk_writes", "slow", said, speed=f"{speed / MIB:.1f}")
    return _yes("disk_writes", "fast", "The disk writes {speed} MB/s.", speed=f"{speed / MIB:.0f}")


def disk_health(facts: Facts) -> Finding:
    storage = facts.storage
    if storage is None or (storage.errors is None and storage.worn is None):
        return _unknown("disk_health", "mute", "The disk does not say how it is.")
    if storage.errors:
        return _no(
            "disk_health",
            "errors",
            "The file system has counted {count} errors. Make a backup, then have it checked.",
            "tomb backup tomb-backup.tar && sudo touch /forcefsck",
            count=storage.errors,
        )
    if storage.worn is not None and storage.worn >= WORN:
        said = "The card is nearly worn out. Make a backup."
        return _no("disk_health", "worn", said, "tomb backup tomb-backup.tar")
    return _yes("disk_health", "well", "The disk has counted no errors.")


def clock(facts: Facts) -> Finding:
    found = facts.clock
    if found is None:
        return _unknown("clock", "mute", "What time it is could not be found out.")
    if _year(found.wall) < BUILT:
        return _no("clock", "wrong", "The clock says {year}.", "sudo timedatectl set-ntp true", year=_year(found.wall))
    if found.is_set is False:
        said = "The clock was not set by the network."
        return _no("clock", "unset", said, "sudo timedatectl set-ntp true")
    if found.battery:
        return _yes("clock", "battery", "The clock goes, and goes on without power.")
    return _yes("clock", "goes", "The clock goes. Without the network it does not know the time after a power cut.")


# --- the network -----------------------------------------------------------------------------------------------------


def port(facts: Facts) -> Finding:
    network = facts.network
    if network is None:
        return _unknown("port", "mute", "Whether the box can be reached could not be found out in time.")
    if network.taken:
        command = f"sudo ss -ltnp 'sport = :{network.port}'"
        return _no("port", "taken", "Another program has port {port}.", command, port=network.port)
    if network.box:
        return _yes("port", "answers", "The box answers on port {port}.", port=network.port)
    return _unknown("port", "free", "No box runs on port {port}, which is free.", "tomb serve", port=network.port)


def addresses(facts: Facts) -> Finding:
    if facts.network is None:
        return _unknown("addresses", "mute", "Which addresses the box has could not be found out in time.")
    if not facts.network.addresses:
        return _no("addresses", "none", "This computer is in no network.", "nmcli device wifi")
    heard = _heard(facts.network.addresses, facts.network.listens)
    if not heard:
        said = "The box listens on {addresses} alone, where no phone finds it; what stands in front of it may be found."
        return _unknown("addresses", "local", said, addresses=", ".join(facts.network.listens or ()))
    there = ", ".join(f"http://{_host(each)}:{facts.network.port}" for each in heard)
    return _yes("addresses", "there", "Phones in the same network find it at {addresses}.", addresses=there)


def _heard(addresses: Sequence[str], listens: Sequence[str] | None) -> Sequence[str]:
    """Those of the computer's addresses on which somebody listens; all of them, where nobody does or that is not known:
    at these it would be found."""
    if not listens:
        return addresses
    everywhere = {family for any_address, family in _ANY.items() if any_address in listens}
    here = [each for each in addresses if each in listens or (6 if ":" in each else 4) in everywhere]
    others = [each for each in listens if each not in (*_ANY, *here) and not each.startswith(_ITSELF)]
    return [*here, *others]


def names(facts: Facts) -> Finding:
    network = facts.network
    if network is None or network.named is None:
        return _unknown("names", "mute", "Whether phones find it by name could not be asked: there is no network.")
    name = f"{network.hostname}.local"
    if not network.named:
        return _no(
            "names",
            "silent",
            "Nobody answers phones that ask for {name}.",
            "sudo apt-get install avahi-daemon && sudo systemctl enable --now avahi-daemon",
            name=name,
        )
    told = ", ".join(network.named)
    return _yes("names", "told", "Phones that ask for {name} are told {addresses}.", name=name, addresses=told)


# --- power, keys, versions -------------------------------------------------------------------------------------------


def power(facts: Facts) -> Finding:
    if facts.throttled is None:
        return _unknown("power", "mute", "Only a Raspberry Pi says how its power is.")
    for bits, reason, text in NOW:
        if facts.throttled & bits:
            return _no("power", reason, text)
    if facts.throttled >> 16:
        said = "Since the start its voltage was too low at times, or it was too hot."
        return _no("power", "once", said, "vcgencmd get_throttled")
    return _yes("power", "strong", "The supply is strong enough.")


def inputs(facts: Facts) -> Finding:
    found = facts.inputs
    if found is None or not found.there:
        return _unknown("inputs", "none", "There is no button, knob or keyboard.")
    if found.readable == found.there:
        return _yes("inputs", "all", "The box may listen to all input devices ({count}).", count=found.there)
    group = facts.who.group if facts.who else "tomb"
    rule = f'SUBSYSTEM=="input", KERNEL=="event[0-9]*", GROUP="{group}", MODE="0660"'
    return _no(
        "inputs",
        "some",
        "The box may listen to {readable} of {count} input devices.",
        f"echo '{rule}' | sudo tee /etc/udev/rules.d/70-tomb-input.rules && sudo udevadm control --reload"
        " && sudo udevadm trigger --subsystem-match=input",
        readable=found.readable,
        count=found.there,
    )


# --- an installed box, backups --------------------------------------------------------------------------------------


def service(facts: Facts) -> Finding:
    found = facts.service
    if found is None:
        return _unknown(
            "service", "none", "The box is not installed as a service: whoever started it has to start it again."
        )
    if found.state in ("active", "activating", "reloading"):
        return _yes("service", "runs", "The box starts with the computer, and runs.")
    return _no(
        "service",
        "stopped",
        "The service of the box does not run ({state}).",
        f"sudo systemctl reset-failed {UNIT}; sudo systemctl restart {UNIT}; journalctl -u {UNIT} -n 50 --no-pager",
        state=found.state or "unknown",
    )


def groups(facts: Facts) -> Finding:
    found = facts.service
    if found is None:
        return _unknown("groups", "none", "Only the user of an installed box needs groups.")
    lacking = [each for each in GROUPS if each not in found.groups]
    if not lacking or found.user == "root":
        return _yes("groups", "there", "The user {user} may use sound cards and buttons.", user=found.user)
    return _no(
        "groups",
        "lacking",
        "The user {user} is not in the groups {groups}.",
        f"sudo usermod -aG {','.join(lacking)} {found.user} && sudo systemctl restart {UNIT}",
        user=found.user,
        groups=", ".join(lacking),
    )


def backups(facts: Facts) -> Finding:
    found = facts.backups
    if found is None:
        return _unknown("backups", "none", "No stick and no share was chosen for backups.")
    if found.fault is not None:
        return _no(
            "backups", "fault", "{fault}", "lsblk -o NAME,LABEL,FSTYPE,SIZE,MOUNTPOINTS; df -h", fault=found.fault
        )
    free = _size(found.free)
    said = "Backups in {folder}: {count}. {free} are free there."
    return _yes("backups", "there", said, folder=found.folder, count=found.kept, free=free)


def versions(facts: Facts) -> Finding:
    said = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    return _yes("versions", "told", "{versions}", versions=said)


CHECKS: Final[Sequence[Callable[[Facts], Finding]]] = (
    usb_reader,
    kernel_modules,
    blacklist,
    pcscd,
    polkit,
    escapes,
    tag,
    sound_card,
    sound_server,
    mixer,
    ffmpeg,
    yt_dlp,
    disk_space,
    disk_writes,
    disk_health,
    clock,
    port,
    addresses,
    names,
    power,
    inputs,
    service,
    groups,
    backups,
    versions,
)


def _size(count: int) -> str:
    """As the page System says sizes, and whoever sells disks."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _year(wall: float) -> int:
    return datetime.fromtimestamp(wall, UTC).year


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address
