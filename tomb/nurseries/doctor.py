"""The doctor: what is fine, what is wrong, and the command that mends it.

Each check is a function of the facts (`tomb.devices.facts`) and of nothing else, so that it can be tried in its good
and its bad state. It says one thing, in a sentence for whoever built the box, and where a command mends what is wrong
it says that command, to be copied as it is. Nothing is changed here.
"""

import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import trio

from tomb.devices.facts import WRITTEN, Facts, Gather
from tomb.models import Finding
from tomb.ports import Ports

FRESH_S: Final = 5.0
MIB: Final = 1024 * 1024
LITTLE_SPACE: Final = 500 * MIB
SLOW: Final = 2 * MIB  # bytes a second; an upload over Wi-Fi is faster
WORN: Final = 9  # of ten tenths of a card's life
OLD_DAYS: Final = 90  # YouTube changes; a yt-dlp of last season often finds nothing any more
BUILT: Final = 2026
IN_THE_WAY: Final = ("pn533_usb", "pn533", "nfc")  # the kernel's own drivers of tag readers
# Of `vcgencmd get_throttled`: what is so now, and 16 bits higher whether it was since the start.
NOW: Final = {
    0: "the supply gives too little voltage",
    1: "it is slowed down",
    2: "it is slowed down",
    3: "it is too hot",
}


class Doctor:
    """The doctor of a box that runs. `data`: the folder of the library."""

    def __init__(self, ports: Ports, gather: Gather, data: Path) -> None:
        self._ports = ports
        self._gather = gather
        self._data = data
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
                self._findings = judged(await self._gather(self._ports, self._data, port))
                self._at = trio.current_time()
            return self._findings


def judged(facts: Facts) -> list[Finding]:
    """What all checks say, in the order in which they are told."""
    return [check(facts) for check in CHECKS]


def _yes(check: str, text: str) -> Finding:
    return Finding(check=check, ok="yes", text=text)


def _no(check: str, text: str, remedy: str | None = None) -> Finding:
    return Finding(check=check, ok="no", text=text, remedy=remedy)


def _unknown(check: str, text: str, remedy: str | None = None) -> Finding:
    return Finding(check=check, ok="unknown", text=text, remedy=remedy)


# --- the reader ------------------------------------------------------------------------------------------------------


def usb_reader(facts: Facts) -> Finding:
    if facts.usb is None:
        return _unknown("usb_reader", "This computer does not say what is plugged in on USB.")
    if not facts.usb:
        return _no("usb_reader", "No tag reader is plugged in on USB. Another socket, or another cable?", "lsusb")
    return _yes("usb_reader", "On USB there is " + ", ".join(each.name for each in facts.usb) + ".")


def kernel_modules(facts: Facts) -> Finding:
    if facts.modules is None:
        return _unknown("kernel_modules", "This computer does not say which modules its kernel has loaded.")
    there = [each for each in IN_THE_WAY if each in facts.modules]
    if not there:
        return _yes("kernel_modules", "No module of the kernel takes the reader away from pcscd.")
    lines = "\\n".join(f"blacklist {each}" for each in IN_THE_WAY)
    return _no(
        "kernel_modules",
        f"Modules of the kernel ({', '.join(there)}) take the reader away from pcscd.",
        f"printf '{lines}\\n' | sudo tee /etc/modprobe.d/tomb-reader.conf && sudo modprobe -r {' '.join(there)}",
    )


def pcscd(facts: Facts) -> Finding:
    cards = facts.cards
    if cards is None:
        return _no("pcscd", "The smart card daemon (pcscd) does not answer.", "sudo systemctl restart pcscd")
    if cards.refused:
        return _yes("pcscd", "The smart card daemon (pcscd) runs.")
    if cards.fault is not None:
        return _no("pcscd", cards.fault, "sudo apt-get install pcscd && sudo systemctl enable --now pcscd.socket")
    if not cards.readers:
        return _no("pcscd", "The smart card daemon (pcscd) runs and sees no reader.", "sudo systemctl restart pcscd")
    return _yes("pcscd", "The smart card daemon (pcscd) runs and sees " + ", ".join(cards.readers) + ".")


def polkit(facts: Facts) -> Finding:
    if facts.cards is None or (facts.cards.fault is not None and not facts.cards.refused):
        return _unknown("polkit", "Whether polkit lets the box at the reader shows when pcscd runs.")
    if not facts.cards.refused:
        return _yes("polkit", "The box may use the reader.")
    user = facts.who.user if facts.who else "tomb"
    rule = (
        "polkit.addRule(function (action, subject) { if (/^org\\.debian\\.pcsc-lite\\.access_/.test(action.id)"
        f' && subject.user === "{user}") return polkit.Result.YES }})'
    )
    return _no(
        "polkit",
        f"polkit does not let {user} at the reader.",
        f"echo '{rule}' | sudo tee /etc/polkit-1/rules.d/50-tomb-reader.rules",
    )


def escapes(facts: Facts) -> Finding:
    if not any(each.is_acr122 for each in facts.usb or ()):
        return _unknown("escapes", "Only an ACR122U needs to be told to be quiet; there is none.")
    if facts.escapes is None:
        return _unknown("escapes", "Where the driver of readers (libccid) keeps its options is not known here.")
    if facts.escapes:
        return _yes("escapes", "The reader takes commands for its light and its beep.")
    return _no(
        "escapes",
        "The driver of readers (libccid) keeps back the commands for the light and the beep while no tag lies there.",
        "sudo sed -i '/ifdDriverOptions/{n;s/0x0000/0x0001/}' /etc/libccid_Info.plist && sudo systemctl restart pcscd",
    )


def tag(facts: Facts) -> Finding:
    if facts.cards is None or not facts.cards.readers:
        return _unknown("tag", "Without a reader no tag can be read.")
    if facts.cards.tags:
        return _yes("tag", "The tag that lies there is " + ", ".join(facts.cards.tags) + ".")
    return _unknown("tag", "No tag lies on the reader. Put one on it, and ask again.", "tomb doctor")


# --- sound -----------------------------------------------------------------------------------------------------------


# On a Raspberry Pi alone, which is known by its `vcgencmd`: other computers have no such file.
_ONBOARD_SOUND = "echo 'dtparam=audio=on' | sudo tee -a /boot/firmware/config.txt && sudo reboot"


def sound_card(facts: Facts) -> Finding:
    sound = facts.sound
    if sound is None:
        return _unknown("sound_card", "What sound devices there are could not be found out in time.")
    names = [each.name for each in sound.sinks] or list(sound.cards)
    if not names:
        return _no(
            "sound_card",
            "There is no sound device. On a Raspberry Pi its own is switched on by a line of its configuration.",
            None if facts.throttled is None else _ONBOARD_SOUND,
        )
    return _yes("sound_card", "Sound can come out of " + ", ".join(names) + ".")


def sound_server(facts: Facts) -> Finding:
    sound = facts.sound
    if sound is None:
        return _unknown("sound_server", "Which sound system runs could not be found out in time.")
    if sound.server is None:
        return _yes("sound_server", "Sound goes to ALSA: neither PulseAudio nor PipeWire runs for this user.")
    return _yes("sound_server", f"Sound goes to {sound.server}.")


def mixer(facts: Facts) -> Finding:
    sound = facts.sound
    if sound is None or (sound.mixer_muted is None and not sound.sinks):
        return _unknown("mixer", "Whether the sound is muted outside the box cannot be told.")
    muted = [each.name for each in sound.sinks if each.muted and each.is_default]
    if muted:
        return _no("mixer", f"{muted[0]} is muted.", "pactl set-sink-mute @DEFAULT_SINK@ 0")
    if sound.mixer_muted:
        return _no("mixer", "The sound card is muted.", "amixer sset Master unmute")
    return _yes("mixer", "Nothing is muted outside the box.")


# --- tools, disk, clock ----------------------------------------------------------------------------------------------


def ffmpeg(facts: Facts) -> Finding:
    if facts.tools is None:
        return _unknown("ffmpeg", "Which programs there are could not be found out in time.")
    if {"ffmpeg", "ffprobe"} <= facts.tools.keys():
        return _yes("ffmpeg", f"ffmpeg is there ({facts.tools['ffmpeg']}).")
    return _no("ffmpeg", "ffmpeg lacks: m4a, wma and videos cannot be added.", "sudo apt-get install ffmpeg")


def yt_dlp(facts: Facts) -> Finding:
    install = "tomb youtube update"
    if facts.tools is None or facts.clock is None:
        return _unknown("yt_dlp", "Which programs there are could not be found out in time.")
    version = facts.tools.get("yt-dlp")
    if version is None:
        return _no("yt_dlp", "yt-dlp lacks: nothing can be fetched from YouTube.", install)
    if "js" not in facts.tools:
        return _no(
            "yt_dlp",
            "Nothing here runs the scripts of YouTube's pages (Deno or Node).",
            f"{sys.executable} -m pip install deno",
        )
    found = re.match(r"(\d{4})\.(\d{1,2})\.(\d{1,2})", version)
    if found is None or _year(facts.clock.wall) < BUILT:
        return _unknown("yt_dlp", f"yt-dlp {version} is there; how old it is cannot be told.")
    made = datetime(*(int(each) for each in found.groups()), tzinfo=UTC).timestamp()  # type: ignore[misc,arg-type]  # three ints
    days = int((facts.clock.wall - made) / 86_400)
    if days > OLD_DAYS:
        return _no("yt_dlp", f"yt-dlp is {days} days old; YouTube has changed since.", install)
    return _yes("yt_dlp", f"yt-dlp {version} is there.")


def disk_space(facts: Facts) -> Finding:
    if facts.storage is None:
        return _no("disk_space", "The folder of the library does not answer.", "df -h")
    free = facts.storage.space.free
    shown = f"{free / MIB / 1024:.1f} GB" if free >= 1024 * MIB else f"{free // MIB} MB"
    if free < LITTLE_SPACE:
        return _no("disk_space", f"Only {shown} are free; the bin on the page Settings may hold more.", "df -h")
    return _yes("disk_space", f"{shown} are free.")


def disk_writes(facts: Facts) -> Finding:
    if facts.storage is None:
        return _unknown("disk_writes", "How fast the disk is could not be found out in time.")
    if facts.storage.seconds is None:
        return _no(
            "disk_writes",
            "The folder of the library cannot be written: the card is read-only, or somebody else's.",
            "mount | grep ' / ' && sudo dmesg | grep -i 'mmc\\|ext4' | tail",
        )
    speed = WRITTEN / max(facts.storage.seconds, 1e-6)
    if speed < SLOW:
        return _no("disk_writes", f"The disk writes {speed / MIB:.1f} MB/s: too slow for uploads. Another card?")
    return _yes("disk_writes", f"The disk writes {speed / MIB:.0f} MB/s.")


def disk_health(facts: Facts) -> Finding:
    storage = facts.storage
    if storage is None or (storage.errors is None and storage.worn is None):
        return _unknown("disk_health", "The disk does not say how it is.")
    if storage.errors:
        return _no(
            "disk_health",
            f"The file system has counted {storage.errors} errors. Make a backup, then have it checked.",
            "tomb backup tomb-backup.tar && sudo touch /forcefsck",
        )
    if storage.worn is not None and storage.worn >= WORN:
        return _no("disk_health", "The card is nearly worn out. Make a backup.", "tomb backup tomb-backup.tar")
    return _yes("disk_health", "The disk has counted no errors.")


def clock(facts: Facts) -> Finding:
    found = facts.clock
    if found is None:
        return _unknown("clock", "What time it is could not be found out.")
    if _year(found.wall) < BUILT:
        return _no("clock", f"The clock says {_year(found.wall)}.", "sudo timedatectl set-ntp true")
    if found.is_set is False:
        return _no("clock", "The clock was not set by the network.", "sudo timedatectl set-ntp true")
    if found.battery:
        return _yes("clock", "The clock goes, and goes on without power.")
    return _yes("clock", "The clock goes. Without the network it does not know the time after a power cut.")


# --- the network -----------------------------------------------------------------------------------------------------


def port(facts: Facts) -> Finding:
    network = facts.network
    if network is None:
        return _unknown("port", "Whether the box can be reached could not be found out in time.")
    if network.taken:
        return _no("port", f"Another program has port {network.port}.", f"sudo ss -ltnp 'sport = :{network.port}'")
    if network.box:
        return _yes("port", f"The box answers on port {network.port}.")
    return _unknown("port", f"No box runs on port {network.port}, which is free.", "tomb serve")


def addresses(facts: Facts) -> Finding:
    if facts.network is None:
        return _unknown("addresses", "Which addresses the box has could not be found out in time.")
    if not facts.network.addresses:
        return _no("addresses", "This computer is in no network.", "nmcli device wifi")
    there = ", ".join(f"http://{_host(each)}:{facts.network.port}" for each in facts.network.addresses)
    return _yes("addresses", f"Phones in the same network find it at {there}.")


def names(facts: Facts) -> Finding:
    network = facts.network
    if network is None or network.named is None:
        return _unknown("names", "Whether phones find it by name could not be asked: there is no network.")
    name = f"{network.hostname}.local"
    if not network.named:
        return _no(
            "names",
            f"Nobody answers phones that ask for {name}.",
            "sudo apt-get install avahi-daemon && sudo systemctl enable --now avahi-daemon",
        )
    return _yes("names", f"Phones that ask for {name} are told {', '.join(network.named)}.")


# --- power, keys, versions -------------------------------------------------------------------------------------------


def power(facts: Facts) -> Finding:
    if facts.throttled is None:
        return _unknown("power", "Only a Raspberry Pi says how its power is.")
    now = list(dict.fromkeys(words for bit, words in NOW.items() if facts.throttled >> bit & 1))
    if now:
        return _no("power", f"At this moment {', '.join(now)}. A stronger supply, or a shorter cable?")
    if facts.throttled >> 16:
        return _no(
            "power", "Since the start its voltage was too low at times, or it was too hot.", "vcgencmd get_throttled"
        )
    return _yes("power", "The supply is strong enough.")


def inputs(facts: Facts) -> Finding:
    found = facts.inputs
    if found is None or not found.there:
        return _unknown("inputs", "There is no button, knob or keyboard.")
    if found.readable == found.there:
        return _yes("inputs", f"The box may listen to all input devices ({found.there}).")
    group = facts.who.group if facts.who else "tomb"
    rule = f'SUBSYSTEM=="input", KERNEL=="event[0-9]*", GROUP="{group}", MODE="0660"'
    return _no(
        "inputs",
        f"The box may listen to {found.readable} of {found.there} input devices.",
        f"echo '{rule}' | sudo tee /etc/udev/rules.d/70-tomb-input.rules && sudo udevadm control --reload"
        " && sudo udevadm trigger --subsystem-match=input",
    )


def versions(facts: Facts) -> Finding:
    return _yes("versions", ", ".join(f"{name} {version}" for name, version in facts.versions.items()))


CHECKS: Final[Sequence[Callable[[Facts], Finding]]] = (
    usb_reader,
    kernel_modules,
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
    versions,
)


def _year(wall: float) -> int:
    return datetime.fromtimestamp(wall, UTC).year


def _host(address: str) -> str:
    return f"[{address}]" if ":" in address else address
