#!/usr/bin/python3 -I
"""The part of an update that needs root: check what was dropped, install it, judge it, and go back by itself.

The box runs as a user who may change nothing of the system. It drops a package and its signature into `incoming`, a
path unit sees that and starts this program, and nothing else does. All of it is in this file, it needs the system's
Python and nothing of the box's environment, for that is what an update replaces; and whoever wants to know what runs
as root on the box has read all of it after this file.

**What lies in `incoming` was put there by a stranger.** Whoever gets hold of the box's user may write there, and
exchange a file for another, or for a link, at any moment. So the folders are opened one in the other without following
links, the file is copied first, and all that is looked at from then on, and installed, is the copy, which is root's.
What is bounded is bounded before the signature is checked; what opens the package comes after that.

**An update is a story with few steps, and which of them was reached is in one file**, `status.json`, written anew and
synced before the step begins that it names:

    taken       it is being looked at; nothing was changed yet                a cut: it is forgotten
    installing  the box is stopped, the database is saved, dpkg is at work    a cut: it goes back
    proving     the new version runs, and is being judged                     a cut: once more, and at the second, back
    going_back  dpkg installs the old version, the database is put back       a cut: that is done again, all of it
    done, went_back, failed                                                   the end

Each step can be begun anew wherever it was cut off. While there is something to finish, a unit of its own lies in
/etc/systemd/system with a copy of this very program: it is not of the package, so it is whole whatever dpkg was just
doing, and a broken new version cannot bring its own way of not going back. It runs before the box, and at no other
boot, for the end of an update removes it.

**Going back loses nothing that was acknowledged**, because nothing was: the box reads `status.json`, and takes no edits
until it says `done`. What was played meanwhile is forgotten, for the database is put back as it was before the new
version opened it. Only the numbers of events never go backwards, which clients rely on (`leased`).

What the package's own scripts do about units is left out (SYSTEMD_OFFLINE): they would start the new version before it
is due, and at boot wait for a box that waits for them.
"""

import errno
import fcntl
import hashlib
import http.client
import json
import math
import os
import pwd
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

PACKAGE = "tomb-music-box"
UNIT = "tomb.service"
BOOT_UNIT = "tomb-update-boot.service"

# --- what healthy means ----------------------------------------------------------------------------------------------
# The unit is active: its process has said READY, which it does when taps work. Its web side answers, the library is up,
# and sound and reader are there if they were there before the update: a new version that plays into the void is none.
# All that for `STEADY_S` in a row, by one and the same process, and within `PROVE_S` of its start.
PROVE_S = 60.0
STEADY_S = 15.0
LOOK_S = 0.5
ANSWER_S = 3.0
AS_BEFORE = {"audio": "no_sound", "nfc": "no_reader"}
LIBRARY_IS_UP = ("up", "recovered")

LARGEST_PACKAGE = 512 * 1024 * 1024
LARGEST_CONTENT = 3 * 1024 * 1024 * 1024
LARGEST_SIGNATURE = 4096
LARGEST_ANSWER = 64 * 1024
LARGEST_DATABASE = 4 * 1024 * 1024 * 1024
LARGEST_NUMBER = 2**62  # of an event
ROOM_LEFT = 64 * 1024 * 1024  # beside the package of the old version, and the new one that dpkg writes beside it
DPKG_S = 900.0
PACKAGES_S = 900.0
BLOCK = 1024 * 1024
IN_USE_S = 20.0
COPY_S = 600.0  # as long as a database of some gigabytes takes on a slow card
READ_S = 60.0
DATABASE, LOG = "tomb.db", "tomb.db-wal"
LEASED = "events.leased"

FINAL = ("done", "went_back", "failed")


class Refused(Exception):
    """The update is not made, or is taken back. `reason`: a key, for words in any language; the text: one sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Stopped(Exception):
    """The computer is being switched off; what is not finished is finished when it starts."""


@dataclass(frozen=True)
class Status:
    """`version`: the new one's; `old`: the one before. `before`: which parts of the box were up. `tries`: how often it
    was judged. `leased`: the highest number of an event that the new version may have used."""

    state: str
    version: str = ""
    old: str = ""
    reason: str = ""
    message: str = ""
    before: Mapping[str, bool] = field(default_factory=dict)
    tries: int = 0
    leased: int = 0


@dataclass(frozen=True)
class Places:
    """Where all that is. `user`: the box's. Tests have a root of their own; `dpkg` are options for it."""

    root: Path = Path("/")
    base: Path = Path("/var/lib")
    incoming: Sequence[str] = ("tomb", "updates", "incoming")
    folder: Path = Path("/var/lib/tomb-update")
    key: Path = Path("/etc/tomb/update.pub")
    environment: Path = Path("/etc/tomb/tomb.env")
    data: Path = Path("/var/lib/tomb")
    user: str = "tomb"
    units: Path = Path("/etc/systemd/system")
    packages: Path = Path("/var/lib/dpkg/lock-frontend")
    program: Path = Path(__file__)
    dpkg: Sequence[str] = ()
    dpkg_query: Sequence[str] = ()
    apt: Sequence[str] = ()
    prove_s: float = PROVE_S
    steady_s: float = STEADY_S
    look_s: float = LOOK_S

    @property
    def status(self) -> Path:
        return self.folder / "status.json"

    @property
    def new(self) -> Path:
        return self.folder / "work" / "new.deb"

    @property
    def signature(self) -> Path:
        return self.folder / "work" / "new.deb.minisig"

    @property
    def old(self) -> Path:
        return self.folder / "work" / "old.deb"

    @property
    def saved(self) -> Path:
        return self.folder / "work" / "database"

    @property
    def kept(self) -> Path:
        """The package that is installed, as it was signed; it is not there before the first update."""
        return self.folder / "installed.deb"

    @property
    def kit(self) -> Path:
        return self.folder / "tomb_update.py"


def main(arguments: Sequence[str], places: Places | None = None) -> int:
    if arguments[:1] == ["database"]:
        return _as_the_box(arguments[1:])
    if list(arguments) not in ([], ["boot"]):
        sys.stderr.write("usage: tomb_update.py [boot]\n")
        return 2
    try:
        Update(places or Places(), booting=bool(arguments)).run()
    except Refused as refusal:  # even going back was refused: systemd starts this again, at the next boot at the latest
        sys.stderr.write(f"{refusal}\n")
        return 1
    return 0


class Update:
    """`booting`: it runs before the box, which is started when it has ended; else starting it is for this program."""

    def __init__(self, places: Places, *, booting: bool = False) -> None:
        self.at = places
        self._booting = booting
        self._stopping = False
        self._has_stopped_the_box = False

    # --- the story ---------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Finish what was cut off, if anything was; then take what lies in `incoming`, if anything does.

        Raises: Refused when a box could not be brought back; it is tried again then.
        """
        with suppress(Stopped), self._alone():
            try:
                self._finish()
                if not self._booting and self._copy_what_came():
                    self._make()
            finally:
                if self._has_stopped_the_box:  # whatever ends this, a card that fails too: a box that is off is no box
                    self._start_the_box()

    def _make(self) -> None:
        note = self._noted()
        try:
            with _on_the_disk():
                note = self._prepared(self._looked_at(note))
        except Refused as refusal:
            self._end(replace(note, state="failed"), refusal)
            return
        try:
            self._stop_the_box()
            with _on_the_disk():
                self._save_database()
        except Refused as refusal:  # nothing was changed yet
            self._end(replace(note, state="failed"), refusal)
            return
        note = replace(note, state="installing")
        self._note(note)
        try:
            self._install(self.at.new)
        except Refused as refusal:
            self._go_back(note, refusal)
            return
        self._prove(note)

    def _finish(self) -> None:
        note = self._noted()
        cut = Refused("interrupted", "It was interrupted, by a power cut for example.")
        if self._is_unfinished(note) and not self._booting:
            # It was this program that was killed, not the computer: the box may have been off since then.
            _run("systemctl", "start", "--no-block", UNIT, fails="")
        match note.state:
            case "taken":
                self._end(replace(note, state="failed"), cut)
            case "installing":
                self._go_back(note, cut)
            case "proving" if note.tries > 1:
                self._go_back(note, cut)
            case "proving" if self._booting:
                # The box starts after this, so it is judged elsewhere; by this program, not by the new version's.
                _run("systemd-run", "--no-block", "--collect", "--unit=tomb-update-again", *_python(self.at.kit))
            case "proving":
                self._prove(note)
            case "going_back":
                self._go_back(note, Refused(note.reason, note.message))
            case _:
                self._tidy(note)

    def _is_unfinished(self, note: Status) -> bool:
        """And nothing else starts the box: what goes back stops it once more, and who judges it starts it."""
        return note.state in ("", "taken", *FINAL) and (self.at.folder / "work").exists()

    def _prove(self, note: Status) -> None:
        note = replace(note, state="proving", tries=note.tries + 1)
        self._note(note)
        if note.tries == 1:
            self._start_the_box()
        else:
            _run("systemctl", "start", UNIT, fails="", seconds=DPKG_S)  # whenever it is its turn, while all else boots
        try:
            self._judge(note)
        except Refused as refusal:
            self._go_back(note, refusal)
        else:
            self._end(replace(note, state="done"))

    def _go_back(self, note: Status, why: Refused) -> None:
        """Raises: Refused when even that cannot be; then it is begun again, at the next start at the latest."""
        note = replace(note, state="going_back", reason=why.reason, message=str(why))
        self._note(note)
        self._stop_the_box()
        self._install(self.at.old)
        with _on_the_disk():
            self._remove_strays()
        with suppress(Refused):  # of a database that the new version has made into a riddle
            note = replace(note, leased=max(note.leased, self._as_the_box("leased", seconds=READ_S)))
        self._note(note)
        self._put_database_back(note.leased)
        self._end(replace(note, state="went_back"), why)

    def _end(self, note: Status, why: Refused | None = None) -> None:
        if why is not None:
            note = replace(note, reason=why.reason, message=str(why))
            sys.stderr.write(f"{note.state}: {why}\n")
        self._note(note)
        if self._has_stopped_the_box:
            self._start_the_box()
        self._tidy(note)

    def _tidy(self, note: Status) -> None:
        """After the end, which is noted: whatever is left here may be done again."""
        if note.state == "done" and self.at.new.exists():
            self.at.new.replace(self.at.kept)
            _sync(self.at.folder)
        for path in (self.at.units / "multi-user.target.wants" / BOOT_UNIT, self.at.units / BOOT_UNIT, self.at.kit):
            path.unlink(missing_ok=True)
        if (self.at.folder / "work").exists():
            shutil.rmtree(self.at.folder / "work")

    # --- what came ---------------------------------------------------------------------------------------------------

    def _copy_what_came(self) -> bool:
        """Copy both files out of the reach of whoever can write in `incoming`, and remove them there."""
        with _opened_below(self.at.base, self.at.incoming) as incoming:
            if incoming is None or not _is_in(incoming, "update.deb"):
                return False
            self._note(Status("taken"))  # from here on, what lies in `work` is known to be nobody's yet
            (self.at.folder / "work").mkdir(mode=0o700)
            try:
                _copy_out(incoming, "update.deb", self.at.new, LARGEST_PACKAGE)
                _copy_out(incoming, "update.deb.minisig", self.at.signature, LARGEST_SIGNATURE)
            except Refused as refusal:
                self._end(Status("failed"), refusal)
                return False
            finally:
                for name in ("update.deb", "update.deb.minisig"):
                    _remove_in(incoming, name)
            return True

    def _looked_at(self, note: Status) -> Status:
        self._check_signature()
        fields = _run("dpkg-deb", "-f", str(self.at.new), "Package", "Version", "Architecture").splitlines()
        said = dict(each.split(": ", 1) for each in fields if ": " in each)
        version, installed = said.get("Version", ""), self._installed()
        note = replace(note, version=version, old=installed)
        if said.get("Package") != PACKAGE:
            raise Refused("wrong_package", "It is another program's package.")
        if said.get("Architecture") != _run("dpkg", "--print-architecture").strip():
            raise Refused("wrong_computer", f"It is for another kind of computer ({said.get('Architecture')}).")
        if not installed:
            raise Refused("not_installed", "The box is not installed from a package.")
        if not _tells("dpkg", "--compare-versions", version, "gt", installed):
            raise Refused("not_newer", f"{version} is not newer than {installed}, which is installed.")
        self._check_room()
        return note

    def _check_signature(self) -> None:
        try:
            key = self.at.key.stat()
        except OSError:
            raise Refused("no_key", f"There is no key in {self.at.key} to check its signature with.") from None
        if key.st_uid != os.geteuid() or key.st_mode & 0o022:
            raise Refused("no_key", f"Others than root can write {self.at.key}.")
        arguments = ("-V", "-H", "-q", "-p", self.at.key, "-x", self.at.signature, "-m", self.at.new)
        if not _tells("minisign", *map(str, arguments)):
            raise Refused("bad_signature", "Its signature is not that of the key that this box trusts.")

    def _check_room(self) -> None:
        """All of it is unpacked once, into nowhere: a package that is cut off or swollen is found before anything is
        stopped for it."""
        size = 0
        with _child("dpkg-deb", "--fsys-tarfile", str(self.at.new)) as content:
            while block := content.read(BLOCK):
                size += len(block)
                if size > LARGEST_CONTENT:
                    raise Refused("too_large", "There is more in it than any version of the box has.")
        needed = 3 * size + self._database_size() + ROOM_LEFT
        if shutil.disk_usage(self.at.folder).free < needed or shutil.disk_usage(self.at.root).free < needed:
            raise Refused("no_room", f"There is not enough room on the card: it takes {needed // 10**6} MB.")

    def _check_needs(self) -> None:
        """With what is installed, and nothing else: neither is anything fetched, nor does another package make way."""
        none = self.at.folder / "work" / "none"
        none.mkdir()
        lists = [f"Dir::State::lists={none}", "Dir::Etc::sourcelist=/dev/null", "Dir::Etc::sourceparts=/dev/null"]
        caches = ["Dir::Cache::pkgcache=", "Dir::Cache::srcpkgcache="]
        options = [word for each in (*lists, *caches, *self.at.apt) for word in ("-o", each)]
        command = ["apt-get", "--simulate", "--quiet=2", *options, "install", str(self.at.new)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120, check=False)
        except subprocess.TimeoutExpired as error:
            raise Refused("no_tool", f"apt-get: {error}") from None
        does = [line.split() for line in done.stdout.splitlines() if line.startswith(("Inst ", "Conf ", "Remv "))]
        if done.returncode or any(each[0] == "Remv" or each[1] != PACKAGE for each in does):
            lacks = re.search(r"Depends: ([^,\n]{1,100}?)(?: but|$)", done.stdout + done.stderr, re.MULTILINE)
            said = lacks[1] if lacks else _last_line(done.stderr)
            raise Refused("needs_packages", f"It needs what is not installed here: {said}.")

    def _prepared(self, note: Status) -> Status:
        """All that going back takes is on the disk before anything is changed."""
        self._check_needs()
        if self.at.kept.exists() and note.old == _run("dpkg-deb", "-f", str(self.at.kept), "Version").strip():
            _link(self.at.kept, self.at.old)
        else:
            self._pack_what_is_installed()
        _sync(self.at.old)
        _sync(self.at.old.parent)
        shutil.copyfile(self.at.program, self.at.kit)
        boot = self.at.units / BOOT_UNIT
        boot.write_text(_BOOT_UNIT.format(program=" ".join(_python(self.at.kit)), unit=UNIT))
        wants = self.at.units / "multi-user.target.wants"
        wants.mkdir(exist_ok=True)
        (wants / BOOT_UNIT).unlink(missing_ok=True)
        (wants / BOOT_UNIT).symlink_to(boot)
        for path in (self.at.kit, boot, self.at.folder, self.at.units, wants):
            _sync(path)
        return replace(note, before=self._parts())

    # --- dpkg --------------------------------------------------------------------------------------------------------

    def _installed(self) -> str:
        """Its version, "" when it is not there or not whole."""
        said = _run("dpkg-query", *self.at.dpkg_query, "-W", "-f", "${db:Status-Abbrev}${Version}", PACKAGE, fails="")
        return said[3:] if said.startswith("ii ") else ""

    def _install(self, package: Path) -> None:
        options = ("--force-confold", "--force-confdef", "--force-downgrade")
        try:
            self._dpkg(*options, "-i", str(package))
        except Refused as refusal:
            raise Refused("not_installable", f"It could not be installed: {refusal}") from None

    def _remove_strays(self) -> None:
        """What only the new version has. Cut off at a certain moment, dpkg has unpacked it and not yet noted that."""
        with (
            _child("dpkg-deb", "--fsys-tarfile", str(self.at.new)) as content,
            tarfile.open(None, "r|", content) as tar,
        ):
            theirs = {each.name.removeprefix("."): each.isdir() for each in tar}
        query = ("dpkg-query", *self.at.dpkg_query)
        ours = set(_run(*query, "-L", PACKAGE).splitlines())
        strays = sorted(each for each in theirs if each not in ours and os.path.lexists(self._below_root(each)))
        if not strays:
            return
        owned = set(re.findall(r": (/.*)$", _run(*query, "-S", *strays, some=True), re.MULTILINE))
        for each in reversed(strays):
            if each not in owned and not each.startswith("/etc/"):
                path = self._below_root(each)
                with suppress(OSError):  # a folder that is not empty
                    path.rmdir() if theirs[each] else path.unlink()

    def _below_root(self, path: str) -> Path:
        return self.at.root / path.lstrip("/")

    def _dpkg(self, *arguments: str) -> None:
        """Raises: Refused with its last words."""
        _run("dpkg", *self.at.dpkg, *arguments, env={**os.environ, **_QUIET}, seconds=DPKG_S)

    def _pack_what_is_installed(self) -> None:
        """A package of the files that are there, since nobody kept the one that they came from.

        Conffiles that somebody has edited are left out: dpkg lets them lie then, and remembers what they were when they
        came. In this package they would be what was made of them, and the next version would take them for untouched.
        """
        tree = self.at.folder / "work" / "old"
        shutil.rmtree(tree, ignore_errors=True)
        query = ("dpkg-query", *self.at.dpkg_query)
        stanza = _run(*query, "-s", PACKAGE)
        conffiles = dict(re.findall(r"^ (/\S+) ([0-9a-f]{32})", stanza, re.MULTILINE))
        edited = {each for each, was in conffiles.items() if _md5(self._below_root(each)) != was}
        paths = _run(*query, "-L", PACKAGE).splitlines()
        folders = {str(above) for each in paths for above in Path(each).parents}
        for line in paths:
            path, target = self._below_root(line), tree / line.lstrip("/")
            if line in edited or not line.startswith("/") or not os.path.lexists(path):
                continue
            # What is a folder to the package may be a link to one here, as /lib is.
            if line in folders or (path.is_dir() and not path.is_symlink()):
                target.mkdir(parents=True, exist_ok=True)
                shutil.copymode(path, target)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                _link(path, target)
        control = tree / "DEBIAN"
        control.mkdir(mode=0o755)
        fields = re.sub(r"^(?:Status|Conffiles|Config-Version):.*\n(?: .*\n)*", "", stanza, flags=re.MULTILINE)
        (control / "control").write_text(fields)
        (control / "conffiles").write_text("".join(f"{each}\n" for each in conffiles if each not in edited))
        for name in _run(*query, "--control-list", PACKAGE).split():
            if name not in ("conffiles", "list"):
                shutil.copy(_run(*query, "--control-path", PACKAGE, name).strip(), control / name)
        _run("dpkg-deb", "--root-owner-group", "-Znone", "--build", str(tree), str(self.at.old))
        shutil.rmtree(tree)

    # --- the box -----------------------------------------------------------------------------------------------------

    def _stop_the_box(self) -> None:
        if not self._booting:  # it does not run yet, and to stop it now would take it out of what is to be started
            self._has_stopped_the_box = True
            _run("systemctl", "stop", UNIT)

    def _start_the_box(self) -> None:
        """Without waiting for it: one that does not start is judged as well."""
        self._has_stopped_the_box = False
        _run("systemctl", "daemon-reload", fails="")
        if not self._booting:
            _run("systemctl", "reset-failed", UNIT, fails="")
            _run("systemctl", "restart", "--no-block", UNIT, fails="")

    def _judge(self, note: Status) -> None:
        """Return when it is healthy. Raises: Refused when it is not, or not in time; Stopped."""
        begun = time.monotonic()
        well_since, well, amiss = 0.0, 0, Refused("no_start", "It did not start.")
        while time.monotonic() - begun < self.at.prove_s:
            self._go_on()
            try:
                process = self._look(note.before)
            except Refused as refusal:
                amiss, well = refusal, 0
            else:
                if process != well:
                    well_since, well = time.monotonic(), process
                if time.monotonic() - well_since >= self.at.steady_s:
                    return
                amiss = Refused("unsteady", "It did not keep running.")
            time.sleep(self.at.look_s)
        raise amiss

    def _look(self, before: Mapping[str, bool]) -> int:
        """Its process. Raises: Refused with what is amiss."""
        said = _run("systemctl", "show", UNIT, "-p", "ActiveState", "-p", "MainPID", fails="")
        unit = dict(each.split("=", 1) for each in said.splitlines() if "=" in each)
        if unit.get("ActiveState") != "active":
            raise Refused("no_start", "It did not start.")
        health = self._health()
        if health is None:
            raise Refused("no_web", "Its web side did not answer.")
        parts, library = _parts_in(health)
        if library not in LIBRARY_IS_UP:
            raise Refused("no_library", "It could not use the library.")
        for name, reason in AS_BEFORE.items():
            if before.get(name) and not parts.get(name):
                raise Refused(reason, f"With it, {name} was gone, which was there before.")
        return int(unit.get("MainPID", "0"))

    def _parts(self) -> dict[str, bool]:
        """Which parts are up. Nothing of a box that does not answer."""
        health = self._health()
        return {} if health is None else {name: up for name, up in _parts_in(health)[0].items() if name in AS_BEFORE}

    def _health(self) -> object:
        """What `/api/health` answers, None if it does not. Where that is, the box has written into its lock."""
        noted = _read_below(self._data(), "tomb.lock", 1024).split()
        try:
            at = urlsplit(noted[1])
            # By its number: not every system has a file that says where localhost is.
            host = "127.0.0.1" if at.hostname in ("localhost", None) else at.hostname
            connection = http.client.HTTPConnection(host, at.port or 80, timeout=ANSWER_S)
            with closing(connection), _within(ANSWER_S):
                connection.request("GET", "/api/health")
                answer: object = json.loads(connection.getresponse().read(LARGEST_ANSWER))
                return answer
        except (IndexError, OSError, ValueError, http.client.HTTPException):
            return None

    # --- the database ------------------------------------------------------------------------------------------------

    def _data(self) -> Path:
        found = re.findall(r"^\s*TOMB_DATA=(['\"]?)(.+?)\1\s*$", _text(self.at.environment), re.MULTILINE)
        return Path(found[-1][1]) if found else self.at.data

    def _database_size(self) -> int:
        with suppress(OSError):
            return (self._data() / DATABASE).lstat().st_size
        return 0

    def _save_database(self) -> None:
        half = self.at.saved.with_suffix(".half")  # what has its name is whole
        half.mkdir(mode=0o700)
        with (half / DATABASE).open("wb") as database, (half / LOG).open("wb") as log:
            self._as_the_box("save", database, log)
            for file in (database, log):
                os.fsync(file.fileno())
        _sync(half)
        half.rename(self.at.saved)
        _sync(self.at.saved.parent)

    def _put_database_back(self, leased: int) -> None:
        with (self.at.saved / DATABASE).open("rb") as database, (self.at.saved / LOG).open("rb") as log:
            self._as_the_box("put-back", database, log, leased)

    def _as_the_box(
        self,
        what: str,
        database: IO[bytes] | None = None,
        log: IO[bytes] | None = None,
        leased: int = 0,
        *,
        seconds: float = COPY_S,
    ) -> int:
        """In the box's folder links lead where its user likes: so there it works with what its user may, and no more.

        Who that is, is not asked of the folder: where its user may exchange it, as on a stick that is his, it could be
        a link to root's by then. Raises: Refused.
        """
        try:
            user = pwd.getpwnam(self.at.user)
        except KeyError:
            raise Refused("no_library", f"There is no user {self.at.user}.") from None
        files = [file.fileno() for file in (database, log) if file is not None]
        command = (*_python(self.at.program), "database", what, str(self._data()), str(leased), *map(str, files))
        ids = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
        try:
            done = subprocess.run(  # type: ignore[call-overload]
                command, pass_fds=files, capture_output=True, text=True, timeout=seconds, check=False, **ids
            )
        except subprocess.TimeoutExpired:
            raise Refused("no_library", "The disk with the library does not answer.") from None
        if done.returncode:
            raise Refused("no_library", f"The library cannot be saved: {_last_line(done.stderr)}.")
        return int(done.stdout or "0")

    # --- on the disk -------------------------------------------------------------------------------------------------

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Raises: Refused while others go on installing; Stopped, which waits for nobody."""
        self.at.folder.mkdir(mode=0o755, exist_ok=True)

        def stop(_: int, __: object) -> None:
            # dpkg is not cut off for a shutdown, which waits for it; who judges, or waits for his turn, ends at once.
            self._stopping = True

        signal.signal(signal.SIGTERM, stop)
        with (self.at.folder / "lock").open("w") as mine, self.at.packages.open("w") as everybodys:
            _patiently(lambda: fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB), math.inf, self._go_on)
            # As apt does: dpkg is told that its caller has the lock, and nobody installs anything in between.
            _patiently(lambda: fcntl.lockf(everybodys, fcntl.LOCK_EX | fcntl.LOCK_NB), PACKAGES_S, self._go_on)
            yield

    def _go_on(self) -> None:
        """Raises: Stopped when it is not to."""
        if self._stopping:
            raise Stopped

    def _noted(self) -> Status:
        try:
            return Status(**json.loads(self.at.status.read_text()))
        except FileNotFoundError:
            return Status("")  # before the first update
        except (OSError, ValueError, TypeError):
            # A card has lost it. While there is something to finish, back is the way that needs to know nothing more.
            wanted = self.at.units / "multi-user.target.wants" / BOOT_UNIT
            is_open = wanted.is_symlink() and self.at.old.exists() and self.at.saved.exists()
            return Status("installing" if is_open else "")

    def _note(self, note: Status) -> None:
        """On the disk before the step begins that it names; readable by the box."""
        half = self.at.status.with_suffix(".half")
        with half.open("w") as file:
            os.fchmod(file.fileno(), 0o644)
            json.dump(asdict(note), file)
            file.flush()
            os.fsync(file.fileno())
        half.replace(self.at.status)
        _sync(self.at.folder)


_QUIET = {"SYSTEMD_OFFLINE": "1", "DEBIAN_FRONTEND": "noninteractive", "DPKG_FRONTEND_LOCKED": "1"}
_BOOT_UNIT = """\
# Written by an update that is under way, removed at its end: finishes it before the box starts, should it be cut off.
[Unit]
Description=Finish an interrupted update of The Open Music Box
RequiresMountsFor=/var/lib /usr
Before={unit}

[Service]
Type=oneshot
ExecStart={program} boot
TimeoutStartSec=30min
"""


# --- as the user of the box, in its data folder ----------------------------------------------------------------------


def _as_the_box(arguments: Sequence[str]) -> int:
    what, folder, leased, *files = arguments
    try:
        with _locked(Path(folder)):
            if what == "save":
                _save(Path(folder), *map(int, files))
            elif what == "put-back":
                _put_back(Path(folder), *map(int, files))
                _lease(Path(folder), int(leased))
            elif what == "leased":
                sys.stdout.write(str(_leased(Path(folder))))
    except (OSError, sqlite3.Error, Refused) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """As the box itself locks it: whoever imports by hand has a moment to come to its end."""
    lock = os.open(folder / "tomb.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        _patiently(lambda: fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB), IN_USE_S)
        yield
    finally:
        os.close(lock)


def _save(folder: Path, database: int, log: int) -> None:
    """To the byte, with the log beside it if there is one: nobody has it open, and nothing is to be made of it."""
    _pour(folder / DATABASE, database)
    if (folder / LOG).exists():
        _pour(folder / LOG, log)


def _pour(source: Path, target: int) -> None:
    opened = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode) or os.fstat(opened).st_size > LARGEST_DATABASE:
            raise OSError(errno.EINVAL, f"{source.name} is no database")
        poured = 0
        with os.fdopen(os.dup(target), "wb") as file:
            while block := os.read(opened, BLOCK):
                poured += len(block)
                if poured > LARGEST_DATABASE:  # counted, not asked for: it may be growing
                    raise OSError(errno.EFBIG, f"{source.name} is no database")
                file.write(block)
    finally:
        os.close(opened)


def _put_back(folder: Path, database: int, log: int) -> None:
    """The new version's log goes first: beside the old database it would be taken for that one's."""
    for name in (LOG, f"{DATABASE}-shm"):
        (folder / name).unlink(missing_ok=True)
    _sync(folder)
    for name, source in ((DATABASE, database), (LOG, log)):
        if name == LOG and not os.fstat(source).st_size:
            continue
        half = folder / f"{name}.half"
        half.unlink(missing_ok=True)  # it may be anything by now: a pipe that nobody reads
        with os.fdopen(os.dup(source), "rb") as saved, half.open("xb") as file:
            shutil.copyfileobj(saved, file, BLOCK)
            file.flush()
            os.fsync(file.fileno())
        half.replace(folder / name)
        _sync(folder)


def _leased(folder: Path) -> int:
    """0 where there is nothing to be read: a new version may have left anything."""
    try:
        with closing(sqlite3.connect(folder / DATABASE)) as db:
            found = db.execute("SELECT value FROM counters WHERE name = ?", (LEASED,)).fetchone()
            return min(max(int(found[0]), 0), LARGEST_NUMBER) if found else 0
    except (sqlite3.Error, ValueError, TypeError):
        return 0


def _lease(folder: Path, leased: int) -> None:
    with suppress(sqlite3.Error), closing(sqlite3.connect(folder / DATABASE, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = FULL")
        db.execute("UPDATE counters SET value = max(value, ?) WHERE name = ?", (leased, LEASED))


# --- small things ----------------------------------------------------------------------------------------------------


@contextmanager
def _opened_below(base: Path, steps: Sequence[str]) -> Iterator[int | None]:
    """A folder of folders that others can write; None where it is not there. No link is followed below `base/first`."""
    first, *rest = steps
    opened: list[int] = []
    try:
        try:
            opened.append(os.open(base / first, os.O_RDONLY | os.O_DIRECTORY))
            for step in rest:
                opened.append(os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=opened[-1]))
        except OSError:
            yield None
            return
        yield opened[-1]
    finally:
        for each in opened:
            os.close(each)


def _is_in(folder: int, name: str) -> bool:
    with suppress(FileNotFoundError):
        os.stat(name, dir_fd=folder, follow_symlinks=False)
        return True
    return False


def _copy_out(folder: int, name: str, target: Path, largest: int) -> None:
    """Raises: Refused."""
    try:
        opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except OSError as error:
        raise Refused("bad_file", f"{name} cannot be read: {error.strerror}.") from None
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise Refused("bad_file", f"{name} is no file.")
        copied = 0
        with target.open("wb") as file:
            while block := os.read(opened, BLOCK):
                copied += len(block)
                if copied > largest:  # counted, not asked for: it may be growing
                    raise Refused("too_large", f"{name} is too large.")
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Refused("no_room", f"{name} cannot be copied: {error.strerror}.") from None
    finally:
        os.close(opened)


def _remove_in(folder: int, name: str) -> None:
    """Whatever it is: what stays would start this program again, and again."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        pass
    except (IsADirectoryError, PermissionError):
        # Of folders in folders, thousands of them, Python's own would not reach the end.
        _run("rm", "-rf", f"/proc/self/fd/{folder}/{name}", fails="", inherits=(folder,))


def _read_below(folder: Path, name: str, largest: int) -> str:
    """A small file of the box's; "" where it is none."""
    try:
        opened = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    try:
        return os.read(opened, largest).decode("ascii", "replace") if stat.S_ISREG(os.fstat(opened).st_mode) else ""
    finally:
        os.close(opened)


def _parts_in(health: object) -> tuple[dict[str, bool], object]:
    """Which services are up, and the state of the library, as far as an answer says that."""
    try:
        data = health["data"]  # type: ignore[index]
        return {str(name): up is True for name, up in data["services"].items()}, data["details"]["library"]["state"]
    except (AttributeError, KeyError, TypeError):
        return {}, None


def _link(path: Path, target: Path) -> None:
    """Not a byte is copied where that can be: the files are as large as all of the box."""
    try:
        os.link(path, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(path, target, follow_symlinks=False)


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raises: TimeoutError. A socket's own time is one for each piece: who trickles has all the time of the world."""

    def over(_: int, __: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _patiently(lock: Callable[[], None], seconds: float, go_on: Callable[[], None] = lambda: None) -> None:
    """Raises: Refused when somebody else has it for so long; what `go_on` raises, which is asked again and again."""
    until = time.monotonic() + seconds
    while True:
        try:
            lock()
        except BlockingIOError:
            if time.monotonic() > until:
                raise Refused("busy", "Something else is being installed, or works on the library.") from None
        else:
            return
        go_on()
        time.sleep(0.1)


def _md5(path: Path) -> str:
    """As dpkg notes it of conffiles; "" of what is not there."""
    with suppress(OSError):
        return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    return ""


@contextmanager
def _on_the_disk() -> Iterator[None]:
    """Raises: Refused for what a disk does that is full, or fails."""
    try:
        yield
    except OSError as error:
        raise Refused("no_room", f"The disk does not take it: {error.strerror or error}.") from error


def _text(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(errors="replace")
    return ""


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _python(program: Path) -> tuple[str, ...]:
    return ("/usr/bin/python3", "-I", str(program))


def _run(
    *command: str,
    fails: str | None = None,
    some: bool = False,
    env: Mapping[str, str] | None = None,
    seconds: float = 120.0,
    inherits: Sequence[int] = (),
) -> str:
    """What it said. Raises: Refused with its last words when it fails, unless `fails` says what that means, or `some`
    of what it says is an answer then."""
    try:
        done = subprocess.run(
            command,
            env=env,
            pass_fds=inherits,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused("no_tool", f"{command[0]}: {error}") from None
    if done.returncode == 0 or some:
        return done.stdout
    if fails is not None:
        return fails
    raise Refused("bad_package", f"{command[0]} says: {_last_line(done.stderr)}")


def _tells(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=300, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused("no_tool", f"{command[0]}: {error}") from None


@contextmanager
def _child(*command: str) -> Iterator[IO[bytes]]:
    """Raises: Refused when it fails after all that it said was taken."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        try:
            yield child.stdout
        except BaseException:
            child.kill()
            raise
        said = child.stderr.read(BLOCK).decode(errors="replace")
    if child.returncode:
        raise Refused("bad_package", f"{command[0]} says: {_last_line(said)}")


def _last_line(said: str) -> str:
    return (said.strip().splitlines() or ["nothing"])[-1][:200]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
