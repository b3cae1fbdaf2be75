"""The walls around the rig's pcscd: run by `pcsc.py` inside a network and a mount namespace of their own.

    pcsc_cell.py FD FOLDER

vpcd, the virtual reader, listens on all interfaces, and pcscd has one fixed place for its socket: in here the
interfaces are nobody else's, and that place is FOLDER. Commands come as packets on the socket FD, each is answered with
one:

    start           pcscd is up and has its readers         kill            it is gone, without a word to its clients
    freeze          it does nothing any more                thaw            it goes on
    connect PORT    with a connection to that port of vpcd, which it takes for an inserted card

Ends, and pcscd with it, when the other end of FD is closed: whatever becomes of the test, nothing is left behind.
"""

import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path


class Cell:
    def __init__(self, folder: Path) -> None:
        self._socket = folder / "pcscd.comm"
        self._pid = folder / "pcscd.pid"
        self._log = folder / "pcscd.log"
        self._pcscd: subprocess.Popen[bytes] | None = None

    def obey(self, command: str, *arguments: str) -> list[socket.socket]:
        """The connections to send back."""
        match command:
            case "start":
                self._start()
            case "kill":
                self.kill()
            case "freeze":
                self._signal(signal.SIGSTOP)
            case "thaw":
                self._signal(signal.SIGCONT)
            case "connect":
                return [socket.create_connection(("127.0.0.1", int(arguments[0])))]
            case _:
                raise ValueError(command)
        return []

    def _start(self) -> None:
        # Should even this process be killed, the kernel takes pcscd with it.
        command = ["setpriv", "--pdeathsig", "KILL", "pcscd", "--foreground", "--info"]
        with self._log.open("wb") as log:
            self._pcscd = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while not self._ready():
            if self._pcscd.poll() is not None:
                raise RuntimeError(f"pcscd did not start: {self._log.read_text()}")
            time.sleep(0.005)

    def _ready(self) -> bool:
        """It has its readers before it says so, and its socket shortly after."""
        with socket.socket(socket.AF_UNIX) as probe:
            return b"daemon ready" in self._log.read_bytes() and probe.connect_ex(str(self._socket)) == 0

    def _signal(self, number: signal.Signals) -> None:
        if self._pcscd is not None:
            self._pcscd.send_signal(number)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)
        if self._pcscd is not None:
            self._pcscd.wait()
        # A pcscd that finds these refuses to start: "another pcscd seems to be running".
        self._socket.unlink(missing_ok=True)
        self._pid.unlink(missing_ok=True)


def furnish(folder: Path) -> None:
    def run(*command: str) -> None:
        subprocess.run(command, check=True)

    run("ip", "link", "set", "lo", "up")
    # The rest of /run stays out, too: no udev, and so none of the machine's own readers.
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    Path("/run/pcscd").mkdir()
    run("mount", "--bind", str(folder), "/run/pcscd")
    for usb_driver in Path("/usr/lib/pcsc/drivers").glob("*.bundle"):
        run("mount", "-t", "tmpfs", "tmpfs", str(usb_driver))


def main() -> None:
    control = socket.socket(fileno=int(sys.argv[1]))
    control.setblocking(True)  # it was one of Trio's
    folder = Path(sys.argv[2])
    furnish(folder)
    cell = Cell(folder)
    control.send(b"ready")
    try:
        with suppress(ConnectionError):
            while packet := control.recv(100):
                connections = cell.obey(*packet.decode().split())
                socket.send_fds(control, [b"done"], [connection.fileno() for connection in connections])
                for connection in connections:
                    connection.close()  # else the card would never be gone
    finally:
        cell.kill()


if __name__ == "__main__":
    main()
