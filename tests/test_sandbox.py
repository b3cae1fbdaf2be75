"""A program that sees nothing but what it was started for, whichever way the kernel has for that."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tomb import confined, sandbox

Run = Callable[..., "subprocess.CompletedProcess[str]"]

WAYS = {
    "landlock": "assert sandbox.landlock_abi()",
    "namespaces": "sandbox.landlock_abi = lambda: 0",
}
START = """
import sys
sys.path.insert(0, {folder!r})
import sandbox
{way}
sandbox.main(sys.argv[1:])
"""

UNCONFINED_START = START.format(
    folder=str(Path(sandbox.__file__).parent),
    way="sandbox.landlock_abi = lambda: 0\nsandbox._PIVOT_ROOT = {}\nsandbox._go_in = lambda port, outside: False",
)


@pytest.fixture(params=WAYS)
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a line of shell in there."""
    start = START.format(folder=str(Path(sandbox.__file__).parent), way=WAYS[request.param])

    def run(*options: str | Path, shell: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-I", "-S", "-c", start, *options, "--", "/bin/sh", "-c", shell]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine").write_text("mine")
    (tmp_path / "secret").write_text("secret")
    return tmp_path


def test_what_is_named_can_be_read_and_nothing_beside_it(run: Run, folder: Path) -> None:
    mine = ("--read", folder / "mine")
    assert run(*mine, shell=f"cat {folder / 'mine'}").stdout == "mine"
    for shell in (f"cat {folder / 'secret'}", f"cat {folder}/../*/secret", f"cat {folder / 'mine'}/../secret"):
        done = run(*mine, shell=shell)
        assert (done.returncode, done.stdout) == (1, ""), done
    for shell in (f"echo {folder}/*", f"ls {folder}"):
        assert "secret" not in run(*mine, shell=shell).stdout


def test_what_is_named_to_be_read_cannot_be_written(run: Run, folder: Path) -> None:
    for shell in (f"echo x > {folder / 'mine'}", f"echo x >> {folder / 'mine'}", f"rm {folder / 'mine'}"):
        assert run("--read", folder / "mine", shell=shell).returncode != 0
    assert (folder / "mine").read_text() == "mine"


def test_a_link_to_a_secret_is_no_way_to_it(run: Run, folder: Path) -> None:
    (folder / "open").mkdir()
    (folder / "open" / "link").symlink_to(folder / "secret")
    assert run("--read", folder / "open", shell=f"cat {folder / 'open' / 'link'}").returncode == 1


def test_what_is_named_can_be_written_and_cut_and_nothing_be_made(run: Run, folder: Path) -> None:
    mine = ("--write", folder / "mine")
    assert run(*mine, shell=f"echo new > {folder / 'mine'}").returncode == 0
    assert (folder / "mine").read_text() == "new\n"
    for shell in (
        f"echo x > {folder / 'secret'}",
        f"echo x > {folder / 'more'}",
        f"rm {folder / 'mine'}",
        f"mv {folder / 'mine'} {folder / 'more'}",
        f"mkdir {folder / 'more'}",
        f"ln {folder / 'mine'} {folder / 'more'}",
    ):
        assert run(*mine, shell=shell).returncode != 0, shell
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"mine": "new\n", "secret": "secret"}


def test_only_programs_of_the_system_can_be_run(run: Run, folder: Path) -> None:
    program = folder / "program"
    program.write_bytes(Path("/bin/true").read_bytes())
    program.chmod(0o755)
    assert run(shell="/bin/true").returncode == 0
    assert run(shell=str(program)).returncode in (126, 127)


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("way", WAYS)
def test_nobody_can_be_called(way: str, port: int) -> None:
    assert way == "namespaces" or sandbox.landlock_abi() >= 4, "this test wants Linux 6.7"
    start = START.format(folder=str(Path(sandbox.__file__).parent), way=WAYS[way])
    call = f"import socket; socket.create_connection(('127.0.0.1', {port}))"
    own = [word for path in (sys.prefix, sys.base_prefix) for word in ("--read", path)]
    plain = [sys.executable, "-I", "-c", call]
    subprocess.run(plain, check=True)
    command = [sys.executable, "-I", "-S", "-c", start, *own, "--", *plain]
    done = subprocess.run(command, capture_output=True, check=False)
    assert b"Error: [Errno" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("way", WAYS)
def test_one_port_can_be_called_if_it_is_asked_for(way: str, port: int) -> None:
    start = START.format(folder=str(Path(sandbox.__file__).parent), way=WAYS[way])
    own = [word for path in (sys.prefix, sys.base_prefix) for word in ("--read", path)]
    with socket.create_server(("127.0.0.1", 0)) as other:
        call = f"""
import socket
for port in ({port}, {other.getsockname()[1]}):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
        print("reached")
    except OSError as error:
        print(error.strerror)
"""
        plain = [sys.executable, "-I", "-c", call]
        command = [sys.executable, "-I", "-S", "-c", start, *own, "--port", str(port), "--", *plain]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    refused = {"landlock": "Permission denied", "namespaces": "Connection refused"}[way]
    assert (done.stdout, done.stderr) == (f"reached\n{refused}\n", "")


def test_what_leads_out_ends_as_the_command_does() -> None:
    start = START.format(folder=str(Path(sandbox.__file__).parent), way=WAYS["namespaces"])
    for shell, status in (("exit 0", 0), ("exit 7", 7), ("kill -9 $$", -9)):
        command = [sys.executable, "-I", "-S", "-c", start, "--port", "1", "--", "/bin/sh", "-c", shell]
        with subprocess.Popen(command, process_group=0) as process:
            assert process.wait() == status
        assert confined.members(process.pid) == []


def test_where_there_are_no_namespaces_a_port_leaves_the_network_open_and_says_so(port: int) -> None:
    call = f"import socket; socket.create_connection(('127.0.0.1', {port}))"
    command = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        UNCONFINED_START,
        "--port",
        "1",
        "--",
        sys.executable,
        "-I",
        "-c",
        call,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == f"{sandbox.ONLINE}\n{sandbox.UNCONFINED}\n"


def test_in_a_folder_of_its_own_it_may_do_as_it_likes(run: Run, folder: Path) -> None:
    own = folder / "own"
    own.mkdir()
    shell = "mkdir a; echo x > a/b; mv a/b c; cat c; rm c; rmdir a; echo y > d"
    done = run("--folder", own, shell=f"cd {own} && {shell}")
    assert done.stdout == "x\n", done
    assert (own / "d").read_text() == "y\n"
    assert run("--folder", own, shell=f"cat {folder / 'secret'}").returncode == 1
    assert run("--folder", own, shell=f"echo x > {folder / 'secret'}").returncode != 0


def test_it_stays_in_the_folder_it_was_started_in(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = folder / "own"
    own.mkdir()
    monkeypatch.chdir(own)
    assert run("--folder", own, shell="echo x > here").returncode == 0
    assert (own / "here").read_text() == "x\n"


@pytest.mark.parametrize(("tasks", "refused"), [(100, False), (2, True)])
def test_tasks_have_an_end(tasks: int, refused: bool) -> None:
    """Those of a user that nobody else is: root has no such limit."""
    alone = "import os\nif os.getuid() == 0: os.setuid(64321)"
    start = START.format(folder=str(Path(sandbox.__file__).parent), way=alone)
    shell = "sleep 0.2 & sleep 0.2 & sleep 0.2 & wait"
    command = [sys.executable, "-I", "-S", "-c", start, "--tasks", str(tasks), "--", "/bin/sh", "-c", shell]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ("Cannot fork" in done.stderr) is refused, done


@pytest.mark.parametrize("call", ["os.setsid()", "os.setpgid(0, 0)", "os.chmod({0!r}, 0)", "os.chown({0!r}, -1, -1)"])
def test_nobody_leaves_the_group_by_which_he_is_ended_or_changes_rights(run: Run, folder: Path, call: str) -> None:
    call = call.format(str(folder / "secret"))
    code = f"import os\nif os.fork(): os.wait()\nelse: {call}"
    python = ("--read", sys.prefix, "--read", sys.base_prefix, "--run", os.path.realpath(sys.executable))
    done = run(*python, "--read", folder / "secret", shell=f'{sys.executable} -c "{code}"')
    assert "PermissionError" in done.stderr, done
    assert (folder / "secret").stat().st_mode & 0o777
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stderr == b""


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6"])
@pytest.mark.parametrize("kind", ["SOCK_DGRAM", "SOCK_STREAM, 262", "SOCK_STREAM", "SOCK_STREAM, IPPROTO_TCP"])
def test_nobody_speaks_anything_but_tcp(run: Run, family: str, kind: str) -> None:
    """262: MPTCP, which Landlock takes for something else than TCP."""
    code = f"from socket import *; socket({family}, {kind})"
    python = ("--read", sys.prefix, "--read", sys.base_prefix, "--run", os.path.realpath(sys.executable))
    done = run(*python, shell=f'{sys.executable} -c "{code}"')
    assert ("PermissionError" in done.stderr) is (kind in ("SOCK_DGRAM", "SOCK_STREAM, 262")), done


@pytest.mark.parametrize("send", ["sendto(b'x', 1 << 29, {})", "sendmsg([b'x'], [], 1 << 29, {})"])
def test_nobody_connects_by_sending(run: Run, port: int, send: str) -> None:
    """TCP Fast Open, by which any address was reached though one port alone may be connected to."""
    code = f"import socket; socket.socket().{send.format(('127.0.0.1', port))}".replace('"', "'")
    python = ("--read", sys.prefix, "--read", sys.base_prefix, "--run", os.path.realpath(sys.executable))
    done = run(*python, "--port", "1", shell=f'{sys.executable} -c "{code}"')
    assert "PermissionError" in done.stderr, done


def test_what_python_ignores_its_successor_does_not(folder: Path) -> None:
    tell = 'while read line; do case "$line" in SigIgn*) echo "$line"; esac; done < /proc/self/status'
    command = sandbox.command(["/bin/sh", "-c", tell], read=["/proc/self"], write=[])
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert int(told.split()[1], 16) & (1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1) == 0


def test_a_program_of_somebody_s_own_can_be_run_when_it_is_the_one_that_is_wanted(folder: Path) -> None:
    program = folder / "program"
    program.write_text("#!/bin/sh\necho here\n")
    program.chmod(0o755)
    command = sandbox.command([str(program)], read=[], write=[])
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "here\n"


def test_where_there_is_neither_the_program_runs_all_the_same() -> None:
    command = [sys.executable, "-I", "-S", "-c", UNCONFINED_START, "--", "/bin/sh", "-c", "echo here"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("here\n", f"{sandbox.UNCONFINED}\n")


def test_nothing_of_it_is_left(run: Run, folder: Path) -> None:
    before = Path("/proc/self/mountinfo").read_text()
    run("--read", folder / "mine", shell="true")
    assert Path("/proc/self/mountinfo").read_text() == before
    assert os.getuid() == os.geteuid()
