"""The walls around the rig's Avahi: run by `avahi.py` as root, inside a network and a mount namespace of their own.

    avahi_cell.py FD FOLDER

In here are two computers on one cable: `box`, whose D-Bus others may talk to by a socket in FOLDER, and `other`, which
is there to be called the same. Commands come as packets on the socket FD, each is answered with one:

    start COMPUTER NAME         D-Bus and Avahi are up there, and it is called so
    kill COMPUTER PROGRAM       it is gone
    rename COMPUTER NAME        it is called otherwise from now on
    offer COMPUTER PORT NAME    a web service is announced there
    processes                   the ids of those that nsenter gets into, in place of the answer

Ends, and all of it, when the other end of FD is closed.
"""

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/></policy>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/></policy>
</busconfig>
"""
AVAHI = """[server]
host-name={name}
use-ipv4=yes
use-ipv6=yes
allow-interfaces=eth0
[publish]
publish-hinfo=no
publish-workstation=no
"""


class Computer:
    """`into`: the command that gets into its namespaces."""

    def __init__(self, folder: Path, into: tuple[str, ...]) -> None:
        folder.mkdir(exist_ok=True)
        self.bus = folder / "bus"
        self._folder = folder
        self._into = into
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        if "dbus" not in self._running:
            config = self._folder / "bus.conf"
            config.write_text(BUS.format(socket=self.bus), encoding="ascii")
            self.bus.unlink(missing_ok=True)
            self._run("dbus", "dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile")
            self._until("dbus", lambda _: socket.socket(socket.AF_UNIX).connect_ex(str(self.bus)) == 0)
        config = self._folder / "avahi.conf"
        config.write_text(AVAHI.format(name=name), encoding="ascii")
        self._run("avahi", "avahi-daemon", "--no-drop-root", "--no-chroot", "--no-rlimits", "-f", str(config))
        self._until("avahi", lambda log: b"startup complete" in log)

    def offer(self, port: str, *name: str) -> None:
        self._run("offer", "avahi-publish", "-s", " ".join(name), "_http._tcp", port)
        self._until("offer", lambda log: b"Established" in log)

    def rename(self, name: str) -> None:
        subprocess.run((*self._into, "avahi-set-host-name", name), env=self._env, check=True)

    def kill(self, program: str) -> None:
        process = self._running.pop(program)
        process.kill()
        process.wait()
        if program == "avahi":  # one that is killed leaves it behind, and the next would not start
            subprocess.run((*self._into, "rm", "-rf", "/run/avahi-daemon"), check=True)

    def end(self) -> None:
        for program in list(self._running):
            with suppress(subprocess.SubprocessError):
                self.kill(program)

    @property
    def _env(self) -> dict[str, str]:
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.bus}", "PATH": path}

    def _run(self, program: str, *command: str) -> None:
        # Should even this process be killed, the kernel takes it with it.
        whole = (*self._into, "setpriv", "--pdeathsig", "KILL", *command)
        with (self._folder / f"{program}.log").open("wb") as log:
            self._running[program] = subprocess.Popen(
                whole, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def _until(self, program: str, is_ready: Callable[[bytes], bool]) -> None:
        log = self._folder / f"{program}.log"
        while not is_ready(log.read_bytes()):
            if self._running[program].poll() is not None:
                raise RuntimeError(f"{program} did not start: {log.read_text()}")
            time.sleep(0.01)


def furnish() -> tuple[subprocess.Popen[bytes], subprocess.Popen[bytes]]:
    """Two processes that hold the namespaces of the two computers, with a cable in between."""

    def run(*command: str) -> None:
        subprocess.run(command, check=True)

    held = []
    for _ in range(2):
        hold = ("setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount", "sh", "-c")
        script = "mount -t tmpfs tmpfs /run && ip link set lo up && echo ready && exec sleep infinity"
        process = subprocess.Popen((*hold, script), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        held.append(process)
    box, other = held
    run("ip", "link", "add", "box0", "type", "veth", "peer", "name", "other0")
    for number, (name, process) in enumerate((("box0", box), ("other0", other)), start=1):
        run("ip", "link", "set", name, "netns", str(process.pid))
        into = ("nsenter", "-t", str(process.pid), "--net")
        run(*into, "ip", "link", "set", name, "name", "eth0")
        run(*into, "ip", "addr", "add", f"10.77.0.{number}/24", "dev", "eth0")
        run(*into, "ip", "addr", "add", f"fd77::{number}/64", "dev", "eth0", "nodad")
        run(*into, "ip", "link", "set", "eth0", "up")
        run(*into, "ip", "route", "add", "default", "dev", "eth0")
        run(*into, "ip", "-6", "route", "add", "default", "dev", "eth0")
    return box, other


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    control.setblocking(True)  # it was one of Trio's
    folder = Path(sys.argv[2])
    held = furnish()
    computers = {
        name: Computer(folder / name, ("nsenter", "-t", str(process.pid), "--net", "--mount"))
        for name, process in zip(("box", "other"), held, strict=True)
    }
    control.send(b"ready")
    try:
        with suppress(ConnectionError):
            while packet := control.recv(1000):
                command, *arguments = packet.decode().split()
                if command == "processes":
                    control.send(" ".join(str(process.pid) for process in held).encode())
                    continue
                computer, *more = arguments
                getattr(computers[computer], command)(*more)
                control.send(b"done")
    finally:
        for each in computers.values():
            each.end()
        for process in held:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
