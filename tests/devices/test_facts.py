"""What the doctor looks at: in trees that a test made, and of a real pcscd and a real PulseAudio."""

import os
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.rigs.patience import PATIENCE_S
from tests.rigs.pcsc import READER, pcsc_rig
from tests.rigs.ports import free_port
from tests.rigs.pulse import pulse_rig
from tomb.devices import facts
from tomb.devices.backup_drive import Target, Visit
from tomb.devices.facts import Clock, Inputs, Network, Sink, Usb
from tomb.devices.pcsc import NO_SERVICE, SECURITY_VIOLATION, Scard
from tomb.errors import Missing
from tomb.ports import RealPorts, VirtualPorts
from tomb.rehearsal.simulated.computer import NoStick


def tree(root: Path, **files: str) -> Path:
    """Files by their path, with / written as __ ."""
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


# --- the reader ------------------------------------------------------------------------------------------------------


async def test_readers_on_usb_are_told_by_what_they_say_they_are(tmp_path: Path) -> None:
    usb = tmp_path / "sys/bus/usb/devices"
    for place, vendor, product, kind in (
        ("1-1", "072f", "ACR122U PICC Interface", "0b"),
        ("1-2", "08e6", "A reader", "0b"),
        ("1-3", "046d", "A mouse", "03"),
    ):
        (usb / place / f"{place}:1.0").mkdir(parents=True)
        (usb / place / "idVendor").write_text(vendor + "\n")
        (usb / place / "product").write_text(product + "\n")
        (usb / place / f"{place}:1.0/bInterfaceClass").write_text(kind + "\n")
    assert facts.usb_readers(tmp_path) == (Usb("ACR122U PICC Interface", True), Usb("A reader", False))
    assert facts.usb_readers(tmp_path / "nothing") == ()


async def test_modules_of_the_kernel(tmp_path: Path) -> None:
    root = tree(tmp_path, proc__modules="pn533_usb 20480 0 - Live 0x0\nnfc 9 1 pn533, Live 0x0\n")
    assert facts.modules(root) == {"pn533_usb", "nfc"}


@pytest.mark.parametrize(("options", "allowed"), [("0x0000", False), ("0x0001", True), ("0x0005", True)])
async def test_whether_the_driver_hands_on_commands(tmp_path: Path, options: str, allowed: bool) -> None:
    plist = f"<dict>\n\t<key>ifdDriverOptions</key>\n\t<string>{options}</string>\n</dict>"
    assert facts.escape_commands(tree(tmp_path, etc__libccid_Info="")) is None
    (tmp_path / "etc/libccid_Info.plist").write_text(plist)
    assert facts.escape_commands(tmp_path) is allowed


async def test_what_a_real_pcscd_says() -> None:
    async with pcsc_rig() as rig:
        look: Callable[[], Awaitable[facts.Cards]] = lambda: trio.to_thread.run_sync(facts.smart_cards)  # noqa: E731
        empty = await look()
        assert (READER in empty.readers, empty.tags, empty.fault) == (True, (), None)
        card = await rig.insert("04A22B3C4D5E80")
        await card.touched.wait()
        with trio.fail_after(PATIENCE_S):
            while (await look()).tags != ("04A22B3C4D5E80",):
                await trio.sleep(0.1)
        await rig.kill()
        gone = await look()
        assert (gone.readers, gone.refused) == ((), False)
        assert gone.fault == "The smart card daemon (pcscd) is not running."


@pytest.mark.parametrize(("code", "refused"), [(NO_SERVICE, False), (SECURITY_VIOLATION, True)])
async def test_a_pcscd_that_is_not_there_and_one_that_refuses_are_told_apart(code: int, refused: bool) -> None:
    class Refusing:
        def SCardEstablishContext(self, _: int) -> tuple[int, int]:  # noqa: N802  # as PC/SC calls it
            return code, 0

    found = facts.smart_cards(lambda: Refusing())  # type: ignore[arg-type, return-value]  # as much as is asked of it
    assert found.refused is refused
    assert found.fault is not None


async def test_without_the_software_for_readers_that_is_the_fault() -> None:
    def missing() -> Scard:
        raise Missing("Smart card support is not installed (nowhere).")

    assert facts.smart_cards(missing).fault == "Smart card support is not installed (nowhere)."


# --- sound -----------------------------------------------------------------------------------------------------------


async def test_what_a_real_pulseaudio_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with pulse_rig() as rig:
        for name, value in rig.env.items():
            monkeypatch.setenv(name, value)

        async def until(wanted: Callable[[facts.Sound], bool]) -> facts.Sound:
            with trio.fail_after(PATIENCE_S):  # one that is busy may not answer in time
                while not wanted(found := await facts.sound(RealPorts(), tmp_path)):
                    pass
            return found

        loud = await until(lambda sound: sound.sinks != ())
        assert loud.server is not None
        assert loud.server.lower().startswith("pulseaudio")
        assert loud.sinks == (Sink("box", muted=False, is_default=True),)
        await trio.run_process(["pactl", "set-sink-mute", "box", "1"])
        muted = await until(lambda sound: sound.sinks != ())
        assert muted.sinks == (Sink("box", muted=True, is_default=True),)
        await rig.kill()
        gone = await facts.sound(RealPorts(), tmp_path)
        assert (gone.server, gone.sinks) == (None, ())


async def test_cards_are_those_of_alsa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = " 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n                      bcm2835 Headphones\n"
    found = await facts.sound(RealPorts(), tree(tmp_path, proc__asound__cards=said))
    assert found == facts.Sound(("bcm2835_headpho - bcm2835 Headphones",), None, (), None)
    none = await facts.sound(RealPorts(), tree(tmp_path, proc__asound__cards="--- no soundcards ---\n"))
    assert none.cards == ()


@pytest.mark.parametrize(("said", "muted"), [("[on]", False), ("[off]", True)])
async def test_whether_the_card_is_muted_is_asked_of_alsas_mixer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, muted: bool
) -> None:
    program(tmp_path / "bin/amixer", f"echo '  Mono: Playback 12 [50%] {said}'")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/bin")
    root = tree(tmp_path, proc__asound__cards=" 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n")
    with trio.fail_after(PATIENCE_S):
        while (found := await facts.sound(RealPorts(), root)).mixer_muted is None:
            pass
    assert found.mixer_muted is muted


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


# --- disk, clock, power, keys ----------------------------------------------------------------------------------------


async def test_a_disk_that_can_be_written_and_one_that_cannot(tmp_path: Path) -> None:
    found = facts.storage(tmp_path / "not/there/yet", tmp_path)
    assert found.seconds is not None
    assert found.seconds > 0
    assert (found.errors, found.worn) == (None, None)
    assert not left_in(tmp_path)
    assert facts.storage(Path("/proc/self"), tmp_path).seconds is None  # nobody can make a file there


async def test_what_the_card_and_its_file_system_say_of_themselves(tmp_path: Path) -> None:
    data = tmp_path / "my data"
    data.mkdir()
    where = str(data).replace(" ", r"\040")
    root = tree(
        tmp_path,
        proc__mounts=f"/dev/mmcblk0p1 / ext4 rw 0 0\n/dev/mmcblk0p2 {where} ext4 rw 0 0\n",
        sys__fs__ext4__mmcblk0p2__errors_count="3\n",
        sys__block__mmcblk0__device__life_time="0x02 0x0a\n",
    )
    found = facts.storage(data, root)
    assert (found.errors, found.worn) == (3, 10)


async def test_a_clock_that_the_network_set_and_one_that_it_did_not(tmp_path: Path) -> None:
    assert facts.clock(5.0, tmp_path) == Clock(5.0, None, False)
    (tmp_path / "run/systemd/timesync").mkdir(parents=True)
    assert facts.clock(5.0, tmp_path) == Clock(5.0, False, False)
    (tmp_path / "run/systemd/timesync/synchronized").touch()
    (tmp_path / "sys/class/rtc/rtc0").mkdir(parents=True)
    assert facts.clock(5.0, tmp_path) == Clock(5.0, True, True)


async def test_the_power_is_asked_of_the_raspberry_pi(tmp_path: Path) -> None:
    assert await facts.throttled(tmp_path) is None
    program(tmp_path / "usr/bin/vcgencmd", 'test "$1" = get_throttled && echo throttled=0x50005')
    with trio.fail_after(PATIENCE_S):
        while (found := await facts.throttled(tmp_path)) is None:
            pass
    assert found == 0x50005


async def test_input_devices_that_may_be_read_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert facts.inputs(tmp_path) == Inputs(0, 0)
    root = tree(tmp_path, dev__input__event0="", dev__input__event1="", dev__input__mice="")
    monkeypatch.setattr(os, "access", lambda path, _: path.name == "event1")  # root may read all
    assert facts.inputs(root) == Inputs(2, 1)


# --- the network -----------------------------------------------------------------------------------------------------


async def test_who_has_the_port_is_asked_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unnamed(*_: object) -> tuple[str, ...]:
        return ()

    monkeypatch.setattr(facts, "names", unnamed)
    monkeypatch.setattr(facts, "ANSWER_S", PATIENCE_S)  # there is somebody, however busy

    async def answer(stream: trio.SocketStream, said: bytes) -> None:
        async with stream:
            await stream.receive_some()
            await stream.send_all(said)

    for said, box, taken in ((b'HTTP/1.1 200 OK\r\n\r\n{"server_seq":1}', True, False), (b"220 mail\r\n", False, True)):
        async with trio.open_nursery() as nursery:

            async def serve(stream: trio.SocketStream, said: bytes = said) -> None:
                await answer(stream, said)

            [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
            port = listener.socket.getsockname()[1]
            nursery.start_soon(trio.serve_listeners, serve, [listener])
            found = await facts.network(RealPorts(), port)
            assert (found.box, found.taken) == (box, taken)
            nursery.cancel_scope.cancel()
    free = await facts.network(RealPorts(), free_port())
    assert isinstance(free, Network)
    assert (free.box, free.taken, free.listens, free.named) == (False, False, (), ())


async def test_who_listens_is_asked_where_he_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """A box that is told to listen on one address of many was taken for none, and its port for free."""

    async def unnamed(*_: object) -> tuple[str, ...]:
        return ()

    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.receive_some()
            await stream.send_all(b'HTTP/1.1 200 OK\r\n\r\n{"server_seq":1}')

    monkeypatch.setattr(facts, "names", unnamed)
    monkeypatch.setattr(facts, "ANSWER_S", PATIENCE_S)
    async with trio.open_nursery() as nursery:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.3")
        nursery.start_soon(trio.serve_listeners, serve, [listener])
        found = await facts.network(RealPorts(), listener.socket.getsockname()[1])
        assert (found.box, found.taken, found.listens) == (True, False, ("127.0.0.3",))
        nursery.cancel_scope.cancel()


def test_who_listens_is_read_from_the_kernel(tmp_path: Path) -> None:
    assert facts.listeners(8000, tmp_path) is None
    head = "  sl  local_address rem_address   st tx_queue rx_queue\n"
    nobody = f"{'0' * 32}:0000"
    tcp = (
        "   0: 0100007F:1F40 00000000:0000 0A 0:0\n"
        "   1: 070200C0:1F40 080200C0:D431 01 0:0\n"  # a connection
        "   2: 00000000:0016 00000000:0000 0A 0:0\n"
    )
    tcp6 = f"   0: {'0' * 32}:1F40 {nobody} 0A 0:0\n   1: B80D0120000000000000000007000000:1F40 {nobody} 0A 0:0\n"
    root = tree(tmp_path, proc__net__tcp=head + tcp, proc__net__tcp6=head + tcp6)
    assert facts.listeners(8000, root) == ("127.0.0.1", "::", "2001:db8::7")
    assert facts.listeners(22, root) == ("0.0.0.0",)
    assert facts.listeners(80, root) == ()


def nobody() -> tuple[str, int]:
    """An address of this computer where nobody answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        host, port = probe.getsockname()
        return host, port


@pytest.mark.parametrize("with_question", [True, False])
async def test_a_name_is_asked_of_multicast_dns(with_question: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "ANSWER_S", PATIENCE_S)  # there is somebody, however busy

    async def respond(at: trio.socket.SocketType) -> None:
        asked, peer = await at.recvfrom(2048)
        question = asked[12:]
        assert question == b"\x03box\x05local\0" + struct.pack(">HH", 1, 0x8001)
        record = struct.pack(">HHHIH4s", 0xC00C, 1, 0x8001, 120, 4, socket.inet_aton("192.0.2.7"))
        if with_question:
            head, body = struct.pack(">HHHHHH", 0, 0x8400, 1, 1, 0, 0) + question, record
        else:
            head, body = struct.pack(">HHHHHH", 0, 0x8400, 0, 1, 0, 0), b"\x03box\x05local\0" + record[2:]
        for stray in (b"", b"\xff" * 40, head[:9], head):
            await at.sendto(stray, peer)
        await at.sendto(head + body, peer)

    with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as at:
        await at.bind(("127.0.0.1", 0))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(respond, at)
            assert await facts.names("box.local", at.getsockname()) == ("192.0.2.7",)


async def test_a_name_that_nobody_answers_for_has_no_address() -> None:
    assert await facts.names("box.local", nobody()) == ()


# --- all of it -------------------------------------------------------------------------------------------------------


async def test_what_hangs_or_fails_is_not_known_and_costs_nothing_else(
    tmp_path: Path, autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        await trio.sleep_forever()

    def fail(*_: object) -> None:
        raise PermissionError("not for you")

    async def nothing(*_: object) -> None:
        await trio.lowlevel.checkpoint()

    for name, how in (
        ("network", hang),
        ("sound", hang),
        ("modules", fail),
        ("throttled", nothing),
        ("smart_cards", fail),
    ):
        monkeypatch.setattr(facts, name, how)
    before = trio.current_time()
    found = await facts.gather(VirtualPorts(), tmp_path, 8000, tmp_path)
    assert trio.current_time() - before <= facts.WITHIN_S
    assert (found.network, found.sound, found.modules, found.cards) == (None, None, None, None)
    assert found.usb == ()
    assert found.storage is not None
    assert set(found.versions) >= {"tomb", "Python"}


async def test_modules_that_are_kept_away_are_those_of_all_places(tmp_path: Path) -> None:
    assert facts.blacklisted(tmp_path) == frozenset()
    for place, text in (
        ("etc/modprobe.d/a.conf", "# a remark\nblacklist pn533-usb\noptions nfc x=1\n"),
        ("usr/lib/modprobe.d/b.conf", "blacklist nfc\n"),
        ("etc/modprobe.d/c.off", "blacklist pn533\n"),
    ):
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert facts.blacklisted(tmp_path) == {"pn533_usb", "nfc"}


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("LoadState=loaded\nActiveState=failed\nUser=nobody\n", "failed"),
        ("LoadState=not-found\nActiveState=inactive\nUser=\n", None),
        ("", None),
    ],
)
async def test_the_service_is_asked_of_systemd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, state: str | None
) -> None:
    program = tmp_path / "systemctl"
    program.write_text(f"#!/bin/sh\nprintf '%s' '{said}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    found = await facts.service(RealPorts())
    assert (found and found.state) == state
    if found is not None:
        assert (found.user, "audio" in found.groups) == ("nobody", False)


async def test_where_backups_go_is_looked_at_and_what_hangs_is_said(tmp_path: Path, autojump_clock: MockClock) -> None:
    target = Target(tmp_path / "stick", None, tmp_path, "3f9a1c")
    assert await facts.backup_folder(NoStick(), target) == facts.BackupFolder(
        str(target.folder), f"Nothing is plugged in or mounted at {target.folder}"
    )

    class Hanging(NoStick):
        @asynccontextmanager
        async def visit(self, _: Target) -> AsyncIterator[Visit]:
            await trio.sleep_forever()
            yield  # type: ignore[unreachable]  # which makes a generator of it

    found = await facts.backup_folder(Hanging(), target)
    assert found.fault == f"Where backups go does not answer: {target.folder}"
