"""A computer with a Debian of its own: a container with a real systemd, from a folder that is copied for each test.

    with overlaid(root("bookworm"), tmp_path) as disk:
        async with booted(disk, debs) as machine:
            await machine.run("apt-get", "install", "--yes", "/mnt/tomb-music-box_….deb")
            answer = await machine.ask("GET", "/api/health")
            await machine.power_off()

It is in a network of its own, so nobody outside reaches it, nor it anybody. What it wrote to its console is printed
when the block fails. Needs root, as the tests of a continuous-integration run have it.
"""

import ctypes
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT
from typing import Any, Final

import trio

from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import LOOK_S, Answer, exchange

CHECKOUT: Final = Path(__file__).parents[2]
PACKAGES: Final = Path("/mnt")
PORT: Final = 8000
RELEASES: Final = {"bookworm": 12, "trixie": 13}
_MADE: Final = {"__pycache__", "node_modules", "static"}
_NEW_NETWORK: Final = 0x40000000
# Who runs a program in there is root with the environment of a login, not with that of the tests.
_CLEAN: Final = ("env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive")


def root(release: str) -> Path:
    """The folder of a fresh Debian with all that the package depends on. Made when it is first asked for: a minute."""
    done = subprocess.run(["sh", "scripts/root", release], cwd=CHECKOUT, stdout=PIPE, check=True, text=True)
    return Path(done.stdout.strip())


@contextmanager
def overlaid(below: Path | Sequence[Path], folder: Path) -> Iterator[Path]:
    """A disk that begins as the folders `below` (the uppermost first), and keeps its changes in `folder`/changes."""
    changes, work, disk = folder / "changes", folder / "work", folder / "disk"
    for each in (changes, work, disk):
        each.mkdir(parents=True)
    lower = ":".join(map(str, [below] if isinstance(below, Path) else below))
    options = f"lowerdir={lower},upperdir={changes},workdir={work}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


@dataclass(frozen=True, slots=True)
class Done:
    """A program that has ended: its status and what it wrote."""

    status: int
    said: str


class Machine:
    """One that is on; made by `switched_on` or `booted`."""

    def __init__(self, nspawn: trio.Process, leader: int, ready: trio.Event, console: bytearray) -> None:
        self.leader = leader
        self._nspawn = nspawn
        self._ready = ready
        self._console = console

    @property
    def console(self) -> str:
        return self._console.decode(errors="replace")

    async def run(self, *command: str, check: bool = True, stdin: bytes = b"") -> Done:
        """A program, as root, to its end."""
        with trio.fail_after(2 * PATIENCE_S):
            done = await trio.run_process(
                ["nsenter", f"--target={self.leader}", "--all", "--root", "--wd", "--", *_CLEAN, *command],
                stdin=stdin,
                capture_stdout=True,
                stderr=STDOUT,
                check=False,
            )
        said = done.stdout.decode(errors="replace")
        assert done.returncode == 0 or not check, f"{' '.join(command)}: {done.returncode}\n{said}"
        return Done(done.returncode, said.strip())

    async def connect(self, port: int = PORT) -> trio.SocketStream:
        """A connection to a port of its 127.0.0.1. Raises: OSError when nobody listens there."""
        made = trio.socket.from_stdlib_socket(_socket_inside(self.leader))
        try:
            await made.connect(("127.0.0.1", port))
        except BaseException:
            made.close()
            raise
        return trio.SocketStream(made)

    async def ask(self, method: str, path: str, body: object = None, *, port: int = PORT, **more: Any) -> Answer:
        """One HTTP request on a connection of its own, see `process.exchange`."""
        with trio.fail_after(PATIENCE_S):
            async with await self.connect(port) as stream:
                return await exchange(stream, method, path, body, host=f"localhost:{port}", **more)

    async def until(self, path: str, wanted: Callable[[Any], bool] = lambda _: True) -> Any:
        """The data of the first answer to a GET that is as wanted; a box that does not listen yet has time to."""
        seen: object = None
        with trio.move_on_after(PATIENCE_S):
            while True:
                try:
                    seen = (await self.ask("GET", path)).data
                except OSError as error:
                    seen = error
                else:
                    if wanted(seen):
                        return seen
                await trio.sleep(LOOK_S)
        raise AssertionError(f"{path} did not come to be as wanted; last seen: {seen}")

    async def ready(self) -> None:
        """Until all that is started with it has been."""
        with trio.fail_after(2 * PATIENCE_S):
            await self._ready.wait()

    @property
    def is_on(self) -> bool:
        return self._nspawn.poll() is None

    async def power_off(self) -> None:
        """As its button does it, to the end."""
        self._nspawn.terminate()
        await self._ended()

    async def kill(self) -> None:
        """As a power cut does it, but for what its kernel had not written down: that is of the machine outside."""
        os.kill(self.leader, signal.SIGKILL)  # its first process, and so all of them
        await self._ended()

    async def _ended(self) -> None:
        with trio.move_on_after(PATIENCE_S):
            await self._nspawn.wait()
            return
        raise AssertionError("it does not end; there still run: " + "; ".join(self._processes()))

    def _processes(self) -> list[str]:
        """Each that runs in it, and what it waits for in the kernel."""
        found = []
        space = Path(f"/proc/{self.leader}/ns/pid").readlink()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (process / "ns/pid").readlink() == space:
                    command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    found.append(f"{command or process.name} ({(process / 'wchan').read_text()})")
        return found


@asynccontextmanager
async def booted(disk: Path, packages: Path | None = None, *options: str) -> AsyncIterator[Machine]:
    """The computer that has this disk, when it has started all that it starts; switched off in the end.

    `packages`: a folder that it has in /mnt. `options`: of systemd-nspawn.
    """
    async with switched_on(disk, packages, *options) as machine:
        await machine.ready()
        yield machine
        if machine.is_on:
            await machine.power_off()


@asynccontextmanager
async def switched_on(disk: Path, packages: Path | None = None, *options: str) -> AsyncIterator[Machine]:
    """The same as soon as its first process runs; who wants it to end well has it do so."""
    if packages is not None:
        options = (f"--bind-ro={packages}:{PACKAGES}", *options)
    # How systemd tells whoever started it: sd_notify(3), systemd-nspawn(1) --notify-ready.
    name = f"tomb-{os.getpid()}-{os.urandom(4).hex()}"
    with trio.socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notes:
        await notes.bind(f"\0{name}")
        nspawn = await trio.lowlevel.open_process(
            [
                *("systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--boot", "--notify-ready=yes"),
                *(
                    f"--machine={name}",
                    "--hostname=box",
                    "--private-network",
                    "--resolv-conf=off",
                    "--timezone=off",
                    "--link-journal=no",
                ),
                *("--console=pipe", f"--directory={disk}", *options),
            ],
            # The systemd of Debian 13 does not run on the hierarchy that some machines still have for it.
            env={**os.environ, "NOTIFY_SOCKET": f"@{name}", "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
        )
        console, leader, ready = bytearray(), 0, trio.Event()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_read, nspawn, console)
                with trio.fail_after(PATIENCE_S):
                    leader = await nursery.start(_listen, notes, ready)
                yield Machine(nspawn, leader, ready, console)
                nursery.cancel_scope.cancel()
        except BaseException:
            sys.stderr.write(console.decode(errors="replace"))
            raise
        finally:
            with trio.CancelScope(shield=True):
                await _stop(nspawn, leader)


async def _read(nspawn: trio.Process, console: bytearray) -> None:
    assert nspawn.stdout is not None
    async for piece in nspawn.stdout:
        console += piece


async def _listen(
    notes: trio.socket.SocketType, ready: trio.Event, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
) -> None:
    """Started with the number of its first process. To its end: if nobody listened, it would wait for ever for its
    last words to be taken."""
    told = False
    while True:
        note = (await notes.recv(4096)).decode(errors="replace")
        said = dict(line.split("=", 1) for line in note.splitlines() if "=" in line)
        if not told and "X_NSPAWN_LEADER_PID" in said:
            told = True
            task_status.started(int(said["X_NSPAWN_LEADER_PID"]))
        if said.get("READY") == "1":
            ready.set()


async def _stop(nspawn: trio.Process, leader: int) -> None:
    if nspawn.poll() is None:
        nspawn.terminate()
        with trio.move_on_after(20):
            await nspawn.wait()
    if nspawn.poll() is None:
        if leader:
            os.kill(leader, signal.SIGKILL)  # which outlives who started it
        nspawn.kill()
        await nspawn.wait()


def _socket_inside(pid: int) -> socket.socket:
    """A socket belongs to the network that its thread was in when it was made (setns(2)); blocks for no time."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/proc/self/ns/net").open() as here, Path(f"/proc/{pid}/ns/net").open() as there:
        _checked(libc.setns(there.fileno(), _NEW_NETWORK))
        try:
            return socket.socket()
        finally:
            _checked(libc.setns(here.fileno(), _NEW_NETWORK))


def _checked(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


# --- the package ------------------------------------------------------------------------------------------------------


def packages(*releases: str) -> dict[str, Path]:
    """The package for each of these, of this checkout as it is. Built when nothing like it was before: a minute."""
    folder = _cache() / _fingerprint()
    if not all(list(folder.glob(f"*~deb{RELEASES[release]}_*.deb")) for release in releases):
        done = subprocess.run(
            ["sh", "scripts/deb", "--fast", *releases], cwd=CHECKOUT, stdout=PIPE, check=True, text=True
        )
        folder.mkdir(parents=True, exist_ok=True)
        for path in done.stdout.split():
            begun = shutil.copy2(CHECKOUT / path, folder / f"{Path(path).name}.begun")
            Path(begun).rename(folder / Path(path).name)
    return {release: next(folder.glob(f"*~deb{RELEASES[release]}_*.deb")) for release in releases}


def _cache() -> Path:
    """As scripts/root has it: a continuous-integration run begins without."""
    if "CI" in os.environ:
        return CHECKOUT / ".tools/packages"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tomb/packages"


def _fingerprint() -> str:
    """Of all that a package is made of."""
    digest = hashlib.sha256()
    for place in ("tomb", "packaging", "web", "requirements", "scripts", "pyproject.toml"):
        paths = [CHECKOUT / place, *(CHECKOUT / place).rglob("*")]
        for path in sorted(each for each in paths if each.is_file() and not _MADE & set(each.parts)):
            digest.update(f"{path.relative_to(CHECKOUT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def another_version(package: Path, version: str, folder: Path) -> Path:
    """The same package under another version, such as `0.2.0`, packed anew in seconds: the box in it says so, too."""
    old, release = package.name.split("_")[1].split("~")
    inside = folder / f"inside-{version}"
    subprocess.run(["dpkg-deb", "--raw-extract", package, inside], check=True)
    control = inside / "DEBIAN/control"
    control.write_text(control.read_text().replace(f"Version: {old}~", f"Version: {version}~"))
    [init] = inside.glob("usr/lib/tomb-music-box/lib/python3.*/site-packages/tomb/__init__.py")
    init.write_text(init.read_text().replace(f'"{old}"', f'"{version}"'))  # of another time than its byte code
    made = folder / package.name.replace(f"_{old}~{release}", f"_{version}~{release}")
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", inside, made], check=True, stdout=DEVNULL
    )
    shutil.rmtree(inside)
    return made
