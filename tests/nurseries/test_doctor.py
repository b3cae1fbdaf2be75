"""Each check of the doctor, in its good state and in its bad one."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import trio
from msgspec.structs import replace
from trio.testing import MockClock

from tests.rigs.box import virtual_box
from tests.rigs.patience import PATIENCE_S
from tests.test_polkit import RUN
from tomb.devices.computer import Disk
from tomb.devices.facts import (
    WRITTEN,
    BackupFolder,
    Cards,
    Clock,
    Facts,
    Inputs,
    Network,
    Service,
    Sink,
    Sound,
    Storage,
    Usb,
    Who,
    escape_commands,
)
from tomb.nurseries.doctor import CHECKS, FRESH_S, LITTLE_SPACE, Doctor, judged
from tomb.ports import Ports, VirtualPorts
from tomb.rehearsal.simulated.computer import NoStick

NOW = 1_790_000_000.0  # September 2026
READER = "ACS ACR122U PICC Interface 00 00"
GB = 1 << 30

FINE = Facts(
    who=Who("tomb", "tomb"),
    usb=(Usb("ACR122U", True),),
    modules=frozenset({"snd"}),
    cards=Cards((READER,), ("04A1B2C3",)),
    escapes=True,
    sound=Sound(("Headphones",), "PulseAudio 16", (Sink("alsa_output", muted=False, is_default=True),), False),
    tools={"ffmpeg": "/usr/bin/ffmpeg", "ffprobe": "/usr/bin/ffprobe", "yt-dlp": "2026.8.1", "js": "/usr/bin/node"},
    storage=Storage(Disk(64 * GB, 20 * GB), 0.1, 0, 1),
    clock=Clock(NOW, True, False),
    network=Network(8000, True, False, ("0.0.0.0", "::"), ("192.0.2.7", "2001:db8::7"), "box", ("192.0.2.7",)),
    throttled=0,
    inputs=Inputs(2, 2),
    blacklisted=frozenset({"pn533_usb", "pn533", "nfc"}),
    service=Service("active", "tomb", frozenset({"audio", "input"})),
    backups=BackupFolder("/media/stick", None, 20 * GB, 3),
    versions={"tomb": "0.1.0"},
)


def found(check: str, **changed: Any) -> tuple[str, str, str | None]:
    [finding] = [each for each in judged(replace(FINE, **changed)) if each.check == check]
    return finding.ok, finding.text, finding.remedy


def test_where_all_is_fine_each_check_says_so_and_none_says_what_to_do() -> None:
    assert {(each.ok, each.remedy) for each in judged(FINE)} == {("yes", None)}


def test_where_nothing_is_known_no_check_fails_and_none_claims_to_know() -> None:
    knowing = {each.check for each in judged(Facts()) if each.ok == "yes"}
    assert knowing == {"versions"}
    assert {each.check for each in judged(Facts()) if each.ok == "no"} == {"pcscd", "disk_space"}  # they did not answer


def test_each_check_is_called_by_its_name() -> None:
    assert [each.check for each in judged(FINE)] == [check.__name__ for check in CHECKS]


def storage(**changed: Any) -> Storage:
    assert FINE.storage is not None
    return replace(FINE.storage, **changed)


def network(**changed: Any) -> Network:
    assert FINE.network is not None
    return replace(FINE.network, **changed)


def sound(**changed: Any) -> Sound:
    assert FINE.sound is not None
    return replace(FINE.sound, **changed)


WRONG: tuple[tuple[str, dict[str, Any], str, str | None], ...] = (
    ("usb_reader", {"usb": ()}, "No tag reader", "lsusb"),
    ("kernel_modules", {"modules": frozenset({"nfc", "pn533_usb"})}, "(pn533_usb, nfc)", "modprobe -r pn533_usb nfc"),
    ("blacklist", {"blacklisted": frozenset({"nfc"})}, "(pn533_usb, pn533)", "tee /etc/modprobe.d/"),
    ("pcscd", {"cards": None}, "does not answer", "restart pcscd"),
    ("pcscd", {"cards": Cards(fault="It is not running.")}, "It is not running.", "install pcscd"),
    ("pcscd", {"cards": Cards()}, "sees no reader", "restart pcscd"),
    ("polkit", {"cards": Cards(fault="polkit says no", refused=True)}, "does not let tomb", 'subject.user === "tomb"'),
    ("escapes", {"escapes": False}, "keeps back", "libccid_Info.plist"),
    ("sound_card", {"sound": sound(cards=(), sinks=())}, "no sound device", "dtparam=audio=on"),
    ("sound_card", {"sound": sound(cards=(), sinks=()), "throttled": None}, "no sound device", None),
    ("mixer", {"sound": sound(sinks=(Sink("hdmi", True, True),))}, "hdmi is muted", "pactl set-sink-mute"),
    ("mixer", {"sound": sound(sinks=(), mixer_muted=True)}, "card is muted", "amixer sset Master unmute"),
    ("ffmpeg", {"tools": {"ffmpeg": "/usr/bin/ffmpeg"}}, "ffmpeg lacks", "apt-get install ffmpeg"),
    ("yt_dlp", {"tools": {}}, "yt-dlp lacks", "tomb youtube update"),
    ("yt_dlp", {"tools": {"yt-dlp": "2026.8.1"}}, "runs the scripts", "pip install deno"),
    ("yt_dlp", {"tools": {"yt-dlp": "2026.1.1", "js": "node"}}, "days old", "tomb youtube update"),
    ("disk_space", {"storage": storage(space=Disk(GB, LITTLE_SPACE - 1))}, "Only 524 MB", "df -h"),
    ("disk_writes", {"storage": storage(seconds=None)}, "cannot be written", "mount"),
    ("disk_writes", {"storage": storage(seconds=WRITTEN / 1e6)}, "too slow", None),
    ("disk_health", {"storage": storage(errors=2)}, "2 errors", "tomb backup"),
    ("disk_health", {"storage": storage(worn=10)}, "worn out", "tomb backup"),
    ("clock", {"clock": Clock(0.0, None, False)}, "1970", "timedatectl"),
    ("clock", {"clock": Clock(NOW, False, False)}, "not set by the network", "timedatectl"),
    ("port", {"network": network(box=False, taken=True)}, "Another program has port 8000", "sport = :8000"),
    ("addresses", {"network": network(addresses=())}, "in no network", "nmcli"),
    ("names", {"network": network(named=())}, "Nobody answers", "avahi-daemon"),
    ("power", {"throttled": 0x50001}, "too little voltage", None),
    ("power", {"throttled": 0x50008}, "too hot", None),
    ("power", {"throttled": 0x50004}, "slows itself down", None),
    ("power", {"throttled": 0x50000}, "at times", "vcgencmd"),
    ("service", {"service": Service("failed", "tomb", frozenset())}, "(failed)", "systemctl restart tomb.service"),
    ("groups", {"service": Service("active", "tomb", frozenset({"audio"}))}, "groups input", "usermod -aG input tomb"),
    ("backups", {"backups": BackupFolder("/media/x", "It is full.")}, "It is full.", "lsblk"),
    ("inputs", {"inputs": Inputs(3, 1)}, "1 of 3", 'GROUP="tomb", MODE="0660"'),
)


@pytest.mark.parametrize(("check", "changed", "text", "remedy"), WRONG)
def test_what_is_wrong_is_said_with_what_mends_it(
    check: str, changed: dict[str, Any], text: str, remedy: str | None
) -> None:
    ok, said, command = found(check, **changed)
    assert ok == "no"
    assert text in said
    assert command is remedy is None or (remedy is not None and command is not None and remedy in command)


UNKNOWN: tuple[tuple[str, dict[str, Any]], ...] = (
    ("usb_reader", {"usb": None}),
    ("kernel_modules", {"modules": None}),
    ("polkit", {"cards": Cards(fault="It is not running.")}),
    ("escapes", {"usb": (Usb("Another reader", False),)}),
    ("escapes", {"escapes": None}),
    ("tag", {"cards": Cards((READER,))}),
    ("tag", {"cards": Cards()}),
    ("mixer", {"sound": sound(sinks=(), mixer_muted=None)}),
    ("yt_dlp", {"tools": {"yt-dlp": "master", "js": "node"}}),
    ("yt_dlp", {"clock": Clock(0.0, None, False)}),
    ("disk_health", {"storage": storage(errors=None, worn=None)}),
    ("port", {"network": network(box=False)}),
    ("names", {"network": network(named=None)}),
    ("power", {"throttled": None}),
    ("inputs", {"inputs": Inputs(0, 0)}),
)


@pytest.mark.parametrize(("check", "changed"), UNKNOWN)
def test_what_nobody_can_tell_is_not_called_wrong(check: str, changed: dict[str, Any]) -> None:
    assert found(check, **changed)[0] == "unknown"


def test_every_check_has_a_bad_state_but_those_that_only_tell() -> None:
    def named(rows: Iterable[tuple[Any, ...]]) -> set[str]:
        return {row[0] for row in rows}

    assert {check.__name__ for check in CHECKS} - named(WRONG) == {"tag", "sound_server", "versions"}


def test_a_pcscd_that_refuses_runs() -> None:
    assert found("pcscd", cards=Cards(fault="polkit says no", refused=True))[0] == "yes"


def test_addresses_are_to_be_typed_into_a_phone() -> None:
    assert "http://192.0.2.7:8000, http://[2001:db8::7]:8000" in found("addresses")[1]


@pytest.mark.parametrize(
    ("listens", "said"),
    [
        (None, "at http://192.0.2.7:8000, http://[2001:db8::7]:8000."),
        ((), "at http://192.0.2.7:8000, http://[2001:db8::7]:8000."),
        (("0.0.0.0",), "at http://192.0.2.7:8000."),
        (("::", "127.0.0.1"), "at http://[2001:db8::7]:8000."),
        (("192.0.2.7", "127.0.0.1"), "at http://192.0.2.7:8000."),
        (("198.51.100.3",), "at http://198.51.100.3:8000."),  # another of its networks
    ],
)
def test_only_addresses_on_which_the_box_listens_are_told(listens: tuple[str, ...] | None, said: str) -> None:
    ok, told, _ = found("addresses", network=network(listens=listens))
    assert (ok, told) == ("yes", f"Phones in the same network find it {said}")


@pytest.mark.parametrize("listens", [("127.0.0.1",), ("127.0.0.1", "::1"), ("localhost",)])
def test_a_box_that_listens_to_itself_alone_is_said_so(listens: tuple[str, ...]) -> None:
    ok, said, _ = found("addresses", network=network(listens=listens))
    assert (ok, "192.0.2.7" in said) == ("unknown", False)
    assert said.startswith(f"The box listens on {', '.join(listens)} alone")


async def test_many_who_ask_at_once_cost_one_look_and_a_later_one_looks_again(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    looks = 0

    async def gather(_ports: Ports, _data: Path, _port: int) -> Facts:
        nonlocal looks
        looks += 1
        await trio.sleep(1)
        return replace(FINE, versions={"look": str(looks)})

    doctor, told = Doctor(VirtualPorts(), gather, tmp_path, NoStick(), lambda: None), list[str]()

    async def ask() -> None:
        told.append((await doctor.examine(8000))[-1].text)

    async with trio.open_nursery() as nursery:
        for _ in range(50):
            nursery.start_soon(ask)
    await ask()
    assert set(told) == {"look 1"}
    await trio.sleep(FRESH_S)
    await ask()
    assert (told[-1], looks) == ("look 2", 2)


async def test_one_who_gives_up_waiting_leaves_the_others_their_look(tmp_path: Path, autojump_clock: MockClock) -> None:
    async def gather(_ports: Ports, _data: Path, _port: int) -> Facts:
        await trio.sleep(1)
        return FINE

    doctor = Doctor(VirtualPorts(), gather, tmp_path, NoStick(), lambda: None)
    with trio.move_on_after(0.5):
        await doctor.examine(8000)
    assert len(await doctor.examine(8000)) == len(CHECKS)


# --- the commands, run on what they would be run on -----------------------------------------------------------------


def test_the_rule_for_polkit_lets_this_user_at_the_reader_and_nobody_else(tmp_path: Path) -> None:
    _, _, remedy = found("polkit", cards=Cards(fault="polkit says no", refused=True))
    assert remedy is not None
    command, _, place = remedy.partition(" | sudo tee ")
    assert place == "/etc/polkit-1/rules.d/50-tomb-reader.rules"
    rule = tmp_path / "rule.js"
    rule.write_bytes(subprocess.run(["sh", "-c", command], capture_output=True, check=True).stdout)
    reader, power = "org.debian.pcsc-lite.access_pcsc", "org.freedesktop.login1.power-off"
    asked = [[reader, "tomb"], ["org.debian.pcsc-lite.access_card", "tomb"], [reader, "somebody"], [power, "tomb"]]
    told = subprocess.run(
        ["node", "-e", RUN, json.dumps(asked), str(rule)], capture_output=True, check=True, timeout=PATIENCE_S
    )
    assert json.loads(told.stdout) == [["yes"], ["yes"], [None], [None]]


def test_the_command_for_the_driver_of_readers_lets_escape_commands_through(tmp_path: Path) -> None:
    plist = tmp_path / "etc/libccid_Info.plist"
    plist.parent.mkdir()
    plist.write_text("<key>ifdProtocolMultiplexing</key>\n<key>ifdDriverOptions</key>\n<string>0x0000</string>\n")
    _, _, remedy = found("escapes", escapes=escape_commands(tmp_path))
    assert remedy is not None
    command = remedy.partition(" && ")[0].removeprefix("sudo ").replace("/etc/", f"{tmp_path}/etc/")
    subprocess.run(["sh", "-c", command], check=True)
    assert escape_commands(tmp_path) is True


def test_the_command_for_the_kernels_drivers_names_each_of_them(tmp_path: Path) -> None:
    _, _, remedy = found("kernel_modules", modules=frozenset({"nfc"}))
    assert remedy is not None
    told = subprocess.run(["sh", "-c", remedy.partition(" | ")[0]], capture_output=True, check=True).stdout
    assert told == b"blacklist pn533_usb\nblacklist pn533\nblacklist nfc\n"


def test_the_rule_for_udev_is_one(tmp_path: Path) -> None:
    _, _, remedy = found("inputs", inputs=Inputs(1, 0))
    assert remedy is not None
    told = subprocess.run(["sh", "-c", remedy.partition(" | ")[0]], capture_output=True, check=True).stdout.decode()
    assert told == 'SUBSYSTEM=="input", KERNEL=="event[0-9]*", GROUP="tomb", MODE="0660"\n'


def test_no_remedy_can_be_made_of_what_a_stranger_named() -> None:
    """Names of devices are shown and no part of a command that is copied."""
    evil = "x'; rm -rf ~; '"
    facts = replace(
        FINE,
        usb=(Usb(evil, True),),
        cards=Cards((evil,), fault=None),
        sound=sound(cards=(evil,), sinks=(Sink(evil, True, True),)),
        escapes=False,
    )
    assert not [each for each in judged(facts) if each.remedy is not None and evil in each.remedy]


LOCALES = Path(__file__).parents[2] / "web/src/locales"


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_found_can_be_said_in_each_language_and_in_english_as_the_api_says_it(language: str) -> None:
    words = json.loads((LOCALES / f"{language}.json").read_text(encoding="utf-8"))["found"]
    cases = [
        Facts(),
        FINE,
        *(replace(FINE, **changed) for _, changed, *_ in WRONG),
        *(replace(FINE, **c) for _, c in UNKNOWN),
    ]
    for each in {finding.model_dump_json(): finding for facts in cases for finding in judged(facts)}.values():
        said = words[each.check][each.reason].format(**each.values)
        assert said == each.text or language != "en"


async def test_where_backups_go_is_looked_at_in_a_box_that_has_such_a_place(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with virtual_box(tmp_path, backup_to="/srv/nas") as box:
        [found] = [each for each in await box.services.doctor.examine(8000) if each.check == "backups"]
        assert (found.ok, found.text) == ("no", "Nothing is plugged in or mounted at /srv/nas")
