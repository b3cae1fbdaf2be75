"""A small system of its own for the program that updates the box: a dpkg root, an `incoming`, and a fake `systemctl`.

What is real: dpkg and its database, minisign, the program in a process of its own, the HTTP that it asks, SQLite. What
is not: systemd, at one boundary, a `systemctl` on the PATH that "starts" whatever version is installed. What a version
does when it is started lies in its package: see `behaviours`.
"""

import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

PROGRAM = Path("packaging/update/tomb_update.py").resolve()
CHILD = Path(__file__).with_name("update_child.py")
PACKAGE = "tomb-music-box"
CODE = f"usr/lib/{PACKAGE}"
ARCHITECTURE = subprocess.run(
    ["dpkg", "--print-architecture"], capture_output=True, text=True, check=True
).stdout.strip()

# What `systemctl` is to the program. Starting the box is: to do to the database what the installed version does to it,
# and to answer from then on as that version does. `started` says which it was.
_SYSTEMCTL = """\
#!/bin/sh
echo "$*" >> {state}/asked
case "$1" in
stop) rm -f {state}/started ;;
start | restart)
    [ "$1" = restart ] && rm -f {state}/started
    [ -e {state}/started ] && exit 0
    behaviour=$(cat {code}/behaviour) version=$(cat {code}/version)
    {python} -I {state}/open_database.py {data} "$version"
    cp {state}/health.$behaviour {state}/health 2>/dev/null || rm -f {state}/health
    case $behaviour in dead) ;; *) echo "$version" > {state}/started ;; esac
    ;;
show)
    if [ -e {state}/started ]; then echo ActiveState=active; else echo ActiveState=activating; fi
    if [ "$(cat {code}/behaviour)" = restless ]; then echo MainPID=$$; else echo MainPID=4711; fi
    ;;
esac
"""
_SYSTEMD_RUN = """\
#!/bin/sh
echo "$*" >> {state}/asked_to_run
"""
# A newer schema, and numbers of events that were used: an old version could do nothing with the first.
_OPEN = """\
import sqlite3, sys
from pathlib import Path
folder, version = sys.argv[1:]
db = sqlite3.connect(Path(folder) / "tomb.db", isolation_level=None)
db.execute(f"PRAGMA user_version = {int(version.partition('.')[0])}")
db.execute("UPDATE counters SET value = value + 1000 WHERE name = 'events.leased'")
db.close()
"""


@dataclass(frozen=True)
class Key:
    public: Path
    secret: Path


def make_key(folder: Path, name: str = "update") -> Key:
    key = Key(folder / f"{name}.pub", folder / f"{name}.key")
    made = ["minisign", "-G", "-W", "-p", str(key.public), "-s", str(key.secret)]
    subprocess.run(made, check=True, capture_output=True)
    return key


def sign(package: Path, key: Key) -> Path:
    command = ["minisign", "-S", "-W", "-s", str(key.secret), "-m", str(package)]
    subprocess.run(command, check=True, capture_output=True, input=b"\n")
    return package.with_name(f"{package.name}.minisig")


def make_package(
    folder: Path,
    version: str,
    behaviour: str = "good",
    *,
    name: str = PACKAGE,
    architecture: str = ARCHITECTURE,
    depends: str = "",
    scripts: Mapping[str, str] = {},
    files: Mapping[str, bytes] = {},
) -> Path:
    """A small package of the box. `behaviour`: `good`, `dead` (never starts), `mute` (its sound is gone), `silent_web`,
    `lost` (its library is), `restless` (another process at each look)."""
    tree = folder / f"tree-{version}-{name}"
    shutil.rmtree(tree, ignore_errors=True)
    contents = {
        f"{CODE}/version": version.encode(),
        f"{CODE}/behaviour": behaviour.encode(),
        f"{CODE}/of/{version}": b"a file that only this version has",
        f"{CODE}/large": (version.encode() * 50000),
        "lib/systemd/system/tomb.service": b"[Service]\n",
        "etc/tomb/tomb.env": b"# settings of " + version.encode() + b"\n",
        **files,
    }
    for path, content in contents.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
    control = tree / "DEBIAN"
    control.mkdir()
    fields = {
        "Package": name,
        "Version": version,
        "Architecture": architecture,
        "Maintainer": "A builder <builder@example.org>",
        "Description": "a box\n that is a test's",
    }
    if depends:
        fields["Depends"] = depends
    (control / "control").write_text("".join(f"{each}: {said}\n" for each, said in fields.items()))
    (control / "conffiles").write_text("/etc/tomb/tomb.env\n")
    for each, script in scripts.items():
        (control / each).write_text(f"#!/bin/sh\n{script}\n")
        (control / each).chmod(0o755)
    package = folder / f"{name}_{version}_{architecture}.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(package)]
    subprocess.run(command, check=True, capture_output=True)
    shutil.rmtree(tree)
    return package


class Scratch:
    """A system in `folder`, with version 1.0 installed and running."""

    def __init__(self, folder: Path, key: Key, address: str) -> None:
        self.folder, self.key = folder, key
        self.root, self.state, self.data = folder / "root", folder / "state", folder / "root/var/lib/tomb"
        self.incoming = self.data / "updates/incoming"
        self.updates = self.root / "var/lib/tomb-update"
        self._address = address

    def make(self, first: Path) -> None:
        (self.root / "usr/lib").mkdir(parents=True)
        (self.root / "lib").symlink_to("usr/lib")  # as every Debian has it today
        for each in ("var/lib/dpkg/updates", "var/lib/dpkg/info", "var/lib/dpkg/triggers", "etc/systemd/system"):
            (self.root / each).mkdir(parents=True)
        (self.root / "var/lib/dpkg/status").touch()
        self.incoming.mkdir(parents=True)
        self.state.mkdir()
        (self.folder / "bin").mkdir()
        places = {"state": self.state, "code": self.root / CODE, "data": self.data, "python": sys.executable}
        for name, script in (("systemctl", _SYSTEMCTL), ("systemd-run", _SYSTEMD_RUN)):
            path = self.folder / "bin" / name
            path.write_text(script.format(**places))
            path.chmod(0o755)
        (self.state / "open_database.py").write_text(_OPEN)
        for behaviour, answer in behaviours().items():
            if answer is not None:
                (self.state / f"health.{behaviour}").write_text(json.dumps({"data": answer}))
        (self.data / "tomb.lock").write_text(f"1\n{self._address}\n")
        with closing(sqlite3.connect(self.data / "tomb.db")) as db:
            db.executescript(
                "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER); "
                "INSERT INTO counters VALUES ('events.leased', 5000); CREATE TABLE playlists (title TEXT); "
                "INSERT INTO playlists VALUES ('Bedtime'); PRAGMA user_version = 1"
            )
        self.dpkg("-i", str(first))
        self.systemctl("start")

    def dpkg(self, *arguments: str) -> None:
        subprocess.run(["dpkg", *self.options, *arguments], check=True, capture_output=True)

    @property
    def options(self) -> tuple[str, ...]:
        return (f"--root={self.root}", "--force-script-chrootless", "--force-not-root", "--force-unsafe-io")

    def systemctl(self, *arguments: str) -> None:
        subprocess.run([self.folder / "bin/systemctl", *arguments], check=True)

    def drop(self, package: Path, signature: Path | None = None) -> None:
        """As the box does: the signature first."""
        if signature is not None:
            shutil.copy(signature, self.incoming / "update.deb.minisig")
        shutil.copy(package, self.incoming / "update.deb")

    def run(
        self,
        *arguments: str,
        kill_at: int = 0,
        die_at: str = "",
        pid_file: str = "",
        program: Path | None = None,
        key: Path | None = None,
        user: str = "",
        constants: Mapping[str, float] = {},
    ) -> int:
        """The program's status. 0 < `kill_at`: it is killed before it does the thing of that number; `die_at`: before
        the first whose words contain that. All that it did is in `events`. `constants`: of its module."""
        at = {
            "root": self.root,
            "base": self.root / "var/lib",
            "folder": self.updates,
            "key": key or self.key.public,
            "environment": self.root / "etc/tomb/tomb.env",
            "data": self.data,
            "units": self.root / "etc/systemd/system",
            "packages": self.root / "var/lib/dpkg/lock-frontend",
            "program": program or PROGRAM,
        }
        given = {
            "paths": {name: str(path) for name, path in at.items()},
            "user": user or pwd.getpwuid(os.getuid()).pw_name,
            "dpkg": self.options,
            "apt": [f"Dir::State::status={self.root / 'var/lib/dpkg/status'}"],
            "dpkg_query": [f"--root={self.root}"],
            "prove_s": 1.0,
            "steady_s": 0.1,
            "look_s": 0.03,
            "die_at": die_at,
            "pid_file": pid_file,
            "constants": constants,
        }
        env = {**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        command = [sys.executable, str(CHILD), json.dumps(given), str(kill_at), str(self.state / "events"), *arguments]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=120)
        self.said = done.stderr
        return done.returncode

    @property
    def events(self) -> list[str]:
        return (self.state / "events").read_text().splitlines()

    @property
    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = json.loads((self.updates / "status.json").read_text())
        return status

    @property
    def installed(self) -> str:
        """Which version is there, with all of its files and no other's; "" when that is none."""
        show = ["dpkg-query", f"--root={self.root}", "-W", "-f", "${db:Status-Abbrev}|${Version}", PACKAGE]
        said = subprocess.run(show, capture_output=True, text=True, check=True).stdout
        if not said.startswith("ii |"):
            return ""
        version = said.partition("|")[2]
        code = self.root / CODE
        whole = (
            (code / "version").read_text() == version
            and [each.name for each in (code / "of").iterdir()] == [version]
            and (code / "large").read_bytes() == version.encode() * 50000
            and not list(self.root.rglob("*.dpkg-*"))
        )
        return version if whole else ""

    @property
    def started(self) -> str:
        """The version that runs."""
        path = self.state / "started"
        return path.read_text().strip() if path.exists() else ""

    def database(self) -> tuple[int, int, list[str]]:
        """Its schema, the numbers that were leased, and what is in it."""
        with closing(sqlite3.connect(self.data / "tomb.db")) as db:
            [version] = db.execute("PRAGMA user_version").fetchone()
            [leased] = db.execute("SELECT value FROM counters").fetchone()
            return version, leased, [title for (title,) in db.execute("SELECT title FROM playlists")]

    def left_over(self) -> list[str]:
        """Of what an update needs, and nobody needs after it."""
        units = self.root / "etc/systemd/system"
        found = [
            *units.rglob("*.service"),
            *self.updates.glob("work"),
            *self.updates.glob("*.py"),
            *self.incoming.iterdir(),
        ]
        return sorted(str(each.relative_to(self.root)) for each in found)


def behaviours() -> Mapping[str, object]:
    """What a version's `/api/health` says; None: nothing at all."""
    good = {"services": {"api": True, "audio": True, "nfc": True}, "details": {"library": {"state": "up"}}}
    return {
        "good": good,
        "restless": good,
        "mute": {**good, "services": {"api": True, "audio": False, "nfc": True}},
        "lost": {**good, "details": {"library": {"state": "down"}}},
        "silent_web": None,
        "dead": None,
    }


@contextmanager
def answering(folder: Path) -> Iterator[str]:
    """The web side of what was started last: the file `health` in the folder, if there is one. Yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            current = folder / "health"
            if self.path != "/api/health" or not current.exists():
                self.send_error(503)
                return
            content = current.read_bytes()
            self.send_response(200)
            if (folder / "trickles").exists():
                with suppress(OSError):  # until nobody wants any more
                    while True:
                        self.wfile.write(b"X-A: b\r\n")
                        self.wfile.flush()
                        time.sleep(0.05)
                return
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
