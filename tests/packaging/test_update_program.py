"""The program that updates the box as root, on a system of its own: dpkg, minisign, SQLite and HTTP are real."""

import fcntl
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.rigs.patience import PATIENCE_S
from tests.rigs.update_root import (
    ARCHITECTURE,
    CODE,
    PROGRAM,
    Key,
    Scratch,
    answering,
    make_key,
    make_package,
    sign,
)

OLD, NEW = "1.0", "2.0"
_DEEP = """
import os, sys
os.chdir(sys.argv[1])
for name in ["update.deb"] + ["d"] * 1200:
    os.mkdir(name)
    os.chdir(name)
"""
CUTS = 4  # of all the things that an update does; `./justw soak --updates 999` tries each


@dataclass(frozen=True)
class Packages:
    """What is the same for all tests: a key, and the two versions that most of them need."""

    folder: Path
    key: Key
    old: Path
    new: Path
    signature: Path


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    folder = tmp_path_factory.mktemp("packages")
    key = make_key(folder)
    new = make_package(folder, NEW)
    return Packages(folder, key, make_package(folder, OLD), new, sign(new, key))


@pytest.fixture
def system(tmp_path: Path, packages: Packages) -> Iterator[Scratch]:
    with answering(tmp_path / "state") as address:
        scratch = Scratch(tmp_path, packages.key, address)
        scratch.make(packages.old)
        assert scratch.installed == scratch.started == OLD
        yield scratch


def is_old(system: Scratch) -> bool:
    """The old version, and the database as it was, with numbers that no event had yet."""
    version, leased, titles = system.database()
    return system.installed == OLD and version == 1 and leased >= 6000 and titles == ["Bedtime"]


def is_new(system: Scratch) -> bool:
    version, _, titles = system.database()
    return system.installed == NEW and version == 2 and titles == ["Bedtime"]


def refused(system: Scratch, reason: str) -> bool:
    """And nothing has changed: the box was not even stopped."""
    assert system.status["state"] == "failed", system.status
    assert system.status["reason"] == reason, system.status
    was_stopped = "stop" in (system.state / "asked").read_text()
    return is_old(system) and not was_stopped and system.left_over() == []


# --- forward and back -------------------------------------------------------------------------------------------------


def test_a_newer_version_is_installed_and_kept(system: Scratch, packages: Packages) -> None:
    system.drop(packages.new, packages.signature)
    assert system.run() == 0
    assert system.status["state"] == "done"
    assert (system.status["old"], system.status["version"]) == (OLD, NEW)
    assert is_new(system)
    assert system.started == NEW
    assert system.left_over() == []
    assert (system.updates / "installed.deb").read_bytes() == packages.new.read_bytes()


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("dead", "no_start"),
        ("silent_web", "no_web"),
        ("lost", "no_library"),
        ("mute", "no_sound"),
        ("restless", "unsteady"),
    ],
)
def test_a_version_that_is_not_healthy_is_taken_back(
    system: Scratch, packages: Packages, tmp_path: Path, behaviour: str, reason: str
) -> None:
    bad = make_package(tmp_path, NEW, behaviour)
    system.drop(bad, sign(bad, packages.key))
    assert system.run() == 0
    assert (system.status["state"], system.status["reason"]) == ("went_back", reason)
    assert is_old(system)
    assert system.started == OLD
    assert system.left_over() == []


def test_numbers_of_events_do_not_go_backwards_with_the_database(
    system: Scratch, packages: Packages, tmp_path: Path
) -> None:
    before = system.database()[1]
    bad = make_package(tmp_path, NEW, "mute")
    system.drop(bad, sign(bad, packages.key))
    system.run()
    # The new version leased a thousand before it was judged, and so does the old one, which was started again.
    assert system.database()[1] == before + 2000


def test_what_was_not_there_before_is_not_missed(system: Scratch, packages: Packages, tmp_path: Path) -> None:
    (system.state / "health").write_text((system.state / "health.mute").read_text())
    mute = make_package(tmp_path, NEW, "mute")
    system.drop(mute, sign(mute, packages.key))
    system.run()
    assert system.status["state"] == "done"


@pytest.mark.parametrize("script", ["preinst", "postinst"])
def test_a_version_that_cannot_be_installed_is_taken_back(
    system: Scratch, packages: Packages, tmp_path: Path, script: str
) -> None:
    bad = make_package(tmp_path, NEW, scripts={script: '[ "$1" = abort-upgrade ] || exit 1'})
    system.drop(bad, sign(bad, packages.key))
    assert system.run() == 0
    assert (system.status["state"], system.status["reason"]) == ("went_back", "not_installable")
    assert is_old(system)
    assert system.started == OLD


def test_settings_that_somebody_wrote_survive_both_ways(system: Scratch, packages: Packages, tmp_path: Path) -> None:
    settings = system.root / "etc/tomb/tomb.env"
    settings.write_text("TOMB_PORT=8080\n")
    bad = make_package(tmp_path, "3.0", "mute")
    system.drop(bad, sign(bad, packages.key))
    system.run()
    assert system.status["state"] == "went_back"
    assert settings.read_text() == "TOMB_PORT=8080\n"
    system.drop(packages.new, packages.signature)
    system.run()
    assert system.status["state"] == "done"
    assert settings.read_text() == "TOMB_PORT=8080\n"


def test_settings_that_nobody_touched_are_those_of_the_version(
    system: Scratch, packages: Packages, tmp_path: Path
) -> None:
    settings = system.root / "etc/tomb/tomb.env"
    bad = make_package(tmp_path, "3.0", "mute")
    system.drop(bad, sign(bad, packages.key))
    system.run()
    assert settings.read_text() == "# settings of 1.0\n"
    system.drop(packages.new, packages.signature)
    system.run()
    assert settings.read_text() == "# settings of 2.0\n"


def test_the_second_update_goes_back_to_the_package_that_was_signed(
    system: Scratch, packages: Packages, tmp_path: Path
) -> None:
    system.drop(packages.new, packages.signature)
    system.run()
    bad = make_package(tmp_path, "3.0", "dead")
    system.drop(bad, sign(bad, packages.key))
    system.run()
    assert system.status["state"] == "went_back"
    assert is_new(system)
    assert not any("control-list" in each for each in system.events), "it was packed again"


def test_while_a_new_version_is_judged_the_box_can_read_that_it_is(system: Scratch, packages: Packages) -> None:
    starting = "cat {0} > {1}/seen; chmod 644 {1}/seen\n".format(system.updates / "status.json", system.state)
    (system.folder / "bin/systemctl").write_text(
        (system.folder / "bin/systemctl").read_text().replace("start | restart)\n", f"start | restart)\n{starting}")
    )
    system.drop(packages.new, packages.signature)
    system.run()
    assert '"state": "proving"' in (system.state / "seen").read_text()
    assert (system.updates / "status.json").stat().st_mode & 0o444 == 0o444


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_package_without_a_signature_is_refused(system: Scratch, packages: Packages) -> None:
    system.drop(packages.new)
    system.run()
    assert refused(system, "bad_file")


def test_a_package_that_another_key_signed_is_refused(system: Scratch, packages: Packages, tmp_path: Path) -> None:
    mine = shutil.copy(packages.new, tmp_path / "mine.deb")
    system.drop(packages.new, sign(Path(mine), make_key(tmp_path, "another")))
    system.run()
    assert refused(system, "bad_signature")


def test_a_package_that_was_cut_off_or_changed_is_refused(system: Scratch, packages: Packages, tmp_path: Path) -> None:
    whole = packages.new.read_bytes()
    for content in (whole[:-100], whole[:100], b"", whole[:-1] + bytes([whole[-1] ^ 1]), whole + b"\0"):
        changed = tmp_path / "changed.deb"
        changed.write_bytes(content)
        system.drop(changed, packages.signature)
        system.run()
        assert refused(system, "bad_signature")


def test_a_package_that_was_cut_off_before_it_was_signed_is_refused(
    system: Scratch, packages: Packages, tmp_path: Path
) -> None:
    short = tmp_path / "short.deb"
    short.write_bytes(packages.new.read_bytes()[:-300])
    system.drop(short, sign(short, packages.key))
    system.run()
    assert refused(system, "bad_package")


def test_an_older_version_and_the_same_are_refused(system: Scratch, packages: Packages, tmp_path: Path) -> None:
    for version in (OLD, "0.9"):
        package = make_package(tmp_path, version)
        system.drop(package, sign(package, packages.key))
        system.run()
        assert refused(system, "not_newer")


def test_another_programs_package_is_refused(system: Scratch, packages: Packages, tmp_path: Path) -> None:
    package = make_package(tmp_path, NEW, name="bash")
    system.drop(package, sign(package, packages.key))
    system.run()
    assert refused(system, "wrong_package")


def test_a_package_for_another_computer_is_refused(system: Scratch, packages: Packages, tmp_path: Path) -> None:
    other = "arm64" if ARCHITECTURE != "arm64" else "amd64"
    package = make_package(tmp_path, NEW, architecture=other)
    system.drop(package, sign(package, packages.key))
    system.run()
    assert refused(system, "wrong_computer")


def test_a_version_that_needs_what_is_not_installed_is_refused_before_the_box_is_stopped(
    system: Scratch, packages: Packages, tmp_path: Path
) -> None:
    package = make_package(tmp_path, NEW, depends="python3 (>= 99)")
    system.drop(package, sign(package, packages.key))
    system.run()
    assert refused(system, "needs_packages")


def test_a_file_that_is_too_large_is_not_even_copied_to_its_end(system: Scratch, packages: Packages) -> None:
    system.drop(packages.new, packages.signature)
    os.truncate(system.incoming / "update.deb", 600 * 1024 * 1024)
    system.run()
    assert refused(system, "too_large")


def test_a_package_that_swells_is_refused(system: Scratch, packages: Packages, tmp_path: Path) -> None:
    package = make_package(tmp_path, NEW, files={f"{CODE}/zeros": bytes(64 * 1024 * 1024)})
    assert package.stat().st_size < 1024 * 1024
    system.drop(package, sign(package, packages.key))
    system.run(constants={"LARGEST_CONTENT": 32 * 1024 * 1024})
    assert refused(system, "too_large")


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "signature_link"])
def test_what_is_no_file_is_refused_and_removed(system: Scratch, packages: Packages, kind: str) -> None:
    package = system.incoming / "update.deb"
    match kind:
        case "link":
            shutil.copy(packages.signature, system.incoming / "update.deb.minisig")
            package.symlink_to(packages.new)
        case "pipe":
            os.mkfifo(package)
        case "folder":
            (package / "in it").mkdir(parents=True)
        case "signature_link":
            system.drop(packages.new)
            (system.incoming / "update.deb.minisig").symlink_to(packages.signature)
    system.run()
    assert refused(system, "bad_file")


def test_a_folder_that_was_exchanged_for_a_link_is_not_followed(
    system: Scratch, packages: Packages, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    system.drop(packages.new, packages.signature)
    system.incoming.rename(elsewhere)
    system.incoming.symlink_to(elsewhere)
    assert system.run() == 0
    assert is_old(system)
    assert sorted(each.name for each in elsewhere.iterdir()) == ["update.deb", "update.deb.minisig"]


def test_a_file_that_is_exchanged_after_it_was_copied_changes_nothing(system: Scratch, packages: Packages) -> None:
    """The signature is checked of the copy, and the copy is installed: whatever lies in `incoming` by then."""
    exchange = f'#!/bin/sh\necho bad > {system.incoming}/update.deb.x\nexec {shutil.which("minisign")} "$@"\n'
    (system.folder / "bin/minisign").write_text(exchange)
    (system.folder / "bin/minisign").chmod(0o755)
    system.drop(packages.new, packages.signature)
    system.run()
    assert is_new(system)
    assert (system.updates / "installed.deb").read_bytes() == packages.new.read_bytes()


def test_without_a_key_or_with_one_that_others_can_write_nothing_is_installed(
    system: Scratch, packages: Packages, tmp_path: Path
) -> None:
    for mode in (None, 0o666, 0o664):
        key = tmp_path / f"key-{mode}"
        if mode is not None:
            shutil.copy(packages.key.public, key)
            key.chmod(mode)
        system.drop(packages.new, packages.signature)
        system.run(key=key)
        assert refused(system, "no_key")


def test_a_database_that_is_a_link_is_not_followed(system: Scratch, packages: Packages, tmp_path: Path) -> None:
    """Root would read with it what its owner may not, and put it where he may."""
    (system.data / "tomb.db").rename(tmp_path / "secret")
    (system.data / "tomb.db").symlink_to(tmp_path / "secret")
    system.drop(packages.new, packages.signature)
    system.run()
    assert (system.status["state"], system.status["reason"]) == ("failed", "no_library")
    assert system.installed == system.started == OLD


def test_a_library_that_is_not_there_is_no_time_for_an_update(
    system: Scratch, packages: Packages, tmp_path: Path
) -> None:
    (system.data / "tomb.db").rename(tmp_path / "away")
    system.drop(packages.new, packages.signature)
    system.run()
    assert (system.status["state"], system.status["reason"]) == ("failed", "no_library")
    assert system.installed == OLD


def test_a_database_that_is_a_pipe_is_none(system: Scratch, packages: Packages) -> None:
    """Root would wait at it for whoever writes into it, and the box be off for as long."""
    (system.data / "tomb.db").unlink()
    os.mkfifo(system.data / "tomb.db")
    system.drop(packages.new, packages.signature)
    system.run()
    assert (system.status["state"], system.status["reason"]) == ("failed", "no_library")
    assert system.installed == system.started == OLD


def test_the_library_is_touched_with_the_rights_of_the_boxs_user_whoever_owns_its_folder(
    system: Scratch, packages: Packages
) -> None:
    """On a stick that is his he may exchange the folder for a link to another's."""
    (system.data / "tomb.db").chmod(0o600)
    system.drop(packages.new, packages.signature)
    system.run(user="nobody")
    assert (system.status["state"], system.status["reason"]) == ("failed", "no_library")
    assert system.installed == system.started == OLD


def test_folders_in_folders_are_removed_to_the_last(system: Scratch, packages: Packages) -> None:
    """As long as something of that name lies there, systemd starts the program again."""
    subprocess.run(["python3", "-c", _DEEP, system.incoming], check=True)
    try:
        system.run()
        assert refused(system, "bad_file")
    finally:  # pytest's own would not reach the end either
        subprocess.run(["rm", "-rf", system.incoming], check=True)


def test_a_web_side_that_trickles_does_not_hold_up_the_judge(
    system: Scratch, packages: Packages, tmp_path: Path
) -> None:
    """And with him the lock without which nobody on the computer installs anything."""
    (system.state / "trickles").touch()
    system.drop(packages.new, packages.signature)
    system.run(constants={"ANSWER_S": 0.3})
    assert (system.status["state"], system.status["reason"]) == ("went_back", "no_web")
    assert is_old(system)


def test_a_number_that_no_event_can_have_does_not_hold_up_the_way_back(
    system: Scratch, packages: Packages, tmp_path: Path
) -> None:
    opens = system.state / "open_database.py"
    opens.write_text(opens.read_text().replace("value + 1000", "1e30"))
    bad = make_package(tmp_path, NEW, "mute")
    system.drop(bad, sign(bad, packages.key))
    assert system.run() == 0
    assert system.status["state"] == "went_back"
    assert is_old(system)


def test_who_waits_for_others_to_install_ends_when_the_computer_does(
    system: Scratch, packages: Packages, tmp_path: Path
) -> None:
    system.drop(packages.new, packages.signature)
    with (system.root / "var/lib/dpkg/lock-frontend").open("w") as theirs, ThreadPoolExecutor(1) as thread:
        fcntl.lockf(theirs, fcntl.LOCK_EX)
        waiting = thread.submit(system.run, pid_file=str(tmp_path / "pid"))
        patiently = time.monotonic() + PATIENCE_S
        while not (system.updates / "lock").exists() and time.monotonic() < patiently:
            time.sleep(0.02)
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
        assert waiting.result(PATIENCE_S) == 0
    assert is_old(system)
    assert system.run() == 0
    assert is_new(system)


# --- cut off ----------------------------------------------------------------------------------------------------------


def after_the_cut(system: Scratch) -> None:
    """The power comes back: what an update has left runs before the box, and then the box."""
    (system.state / "started").unlink(missing_ok=True)
    boot = system.root / "etc/systemd/system/multi-user.target.wants/tomb-update-boot.service"
    if boot.is_symlink() and boot.exists():
        assert system.run("boot", program=system.updates / "tomb_update.py") == 0
    assert system.installed in (OLD, NEW), "it could not have started"
    system.systemctl("start")


def whole(system: Scratch) -> bool:
    return is_old(system) or is_new(system)


def cut_at(system: Scratch, packages: Packages, place: int, *, bad: Path | None = None) -> bool:
    """Cut an update off there; whether there was such a place. After it the box is the one or the other."""
    if bad is None:
        system.drop(packages.new, packages.signature)
    else:
        system.drop(bad, sign(bad, packages.key))
    ended = system.run(kill_at=place)
    if ended == 0:
        return False
    assert ended == -signal.SIGKILL, system.said
    after_the_cut(system)
    # What was proving is judged again; what was still in `incoming` is taken, or taken once more.
    assert system.run() == 0, system.said
    assert whole(system), (place, system.status)
    assert system.status["state"] in ("done", "went_back", "failed")
    assert system.started == system.installed
    assert system.left_over() == []
    return True


def places(system: Scratch, packages: Packages, bad: Path | None = None) -> list[int]:
    """All places where an update can be cut off; those at which the end is tidied up are alike."""
    if bad is None:
        system.drop(packages.new, packages.signature)
    else:
        system.drop(bad, sign(bad, packages.key))
    system.run()
    return [number for number, event in enumerate(system.events, 1) if "/" in event]


@pytest.fixture
def again(tmp_path: Path, packages: Packages) -> Iterator[Scratch]:
    """A system that can be made anew."""
    with answering(tmp_path / "system/state") as address:
        yield Scratch(tmp_path / "system", packages.key, address)


def made_anew(system: Scratch, packages: Packages) -> Scratch:
    shutil.rmtree(system.folder, ignore_errors=True)
    system.make(packages.old)
    return system


@pytest.mark.parametrize("ends", ["well", "badly"])
def test_an_update_that_is_cut_off_anywhere_leaves_one_version_or_the_other(
    again: Scratch, packages: Packages, tmp_path: Path, ends: str
) -> None:
    bad = make_package(tmp_path, NEW, "mute") if ends == "badly" else None
    all_places = places(made_anew(again, packages), packages, bad)
    seed = int(os.environ.get("TOMB_SEED", "0"))
    count = int(os.environ.get("TOMB_UPDATE_CUTS", CUTS))
    for place in sorted(random.Random(seed).sample(all_places, min(count, len(all_places)))):
        assert cut_at(made_anew(again, packages), packages, place, bad=bad), place


@pytest.mark.parametrize("script", ["prerm", "preinst", "postrm", "postinst"])
def test_a_cut_while_dpkg_is_at_work_leaves_the_old_version(
    again: Scratch, packages: Packages, tmp_path: Path, script: str
) -> None:
    """dpkg and the program end at once, in the middle of the package's own scripts."""
    once = f"[ -e {tmp_path}/cut ] || {{ touch {tmp_path}/cut; kill -9 $(cat {tmp_path}/pid) $PPID; }}"
    old = make_package(tmp_path, OLD, scripts={script: once} if script in ("prerm", "postrm") else {})
    new = make_package(tmp_path, NEW, scripts={script: once} if script in ("preinst", "postinst") else {})
    (tmp_path / "cut").touch()
    again.make(old)
    (tmp_path / "cut").unlink()
    again.drop(new, sign(new, packages.key))
    assert again.run(pid_file=str(tmp_path / "pid")) == -signal.SIGKILL
    assert (tmp_path / "cut").exists()
    assert again.status["state"] == "installing"
    after_the_cut(again)
    assert is_old(again)
    assert (again.status["state"], again.status["reason"]) == ("went_back", "interrupted")


def test_a_version_that_is_cut_off_twice_while_it_is_judged_is_taken_back(system: Scratch, packages: Packages) -> None:
    system.drop(packages.new, packages.signature)
    for tries in (1, 2):
        assert system.run(die_at="'show'") != 0
        assert system.status["tries"] == tries
        after_the_cut(system)
    assert system.status["state"] == "went_back"
    assert is_old(system)


@pytest.mark.parametrize(
    ("behaviour", "at"),
    [("good", "database.half"), ("good", "'dpkg'"), ("mute", "os.remove new.deb.minisig"), ("good", "'show'")],
)
def test_a_program_that_is_killed_does_not_leave_the_box_off(
    system: Scratch, packages: Packages, tmp_path: Path, behaviour: str, at: str
) -> None:
    """Where memory runs out, say: nothing starts anew then but the program."""
    package = make_package(tmp_path, NEW, behaviour)
    system.drop(package, sign(package, packages.key))
    assert system.run(die_at=at) == -signal.SIGKILL
    assert system.run() == 0
    assert whole(system)
    assert system.started == system.installed
    assert system.left_over() == []


def test_a_program_that_fails_does_not_leave_the_box_off(system: Scratch, packages: Packages) -> None:
    """Its state cannot be noted, for the card has failed by then."""
    system.drop(packages.new, packages.signature)
    fails = f"#!/bin/sh\n[ $1 = stop ] && mkdir {system.updates}/status.half\n. {system.folder}/bin/systemctl.real\n"
    (system.folder / "bin/systemctl").rename(system.folder / "bin/systemctl.real")
    (system.folder / "bin/systemctl").write_text(fails)
    (system.folder / "bin/systemctl").chmod(0o755)
    assert system.run() == 1
    assert system.installed == system.started == OLD


@pytest.mark.parametrize("noted", [b"", b'{"sta', b"[]", bytes(200)])
def test_an_update_of_which_the_note_is_lost_is_taken_back(system: Scratch, packages: Packages, noted: bytes) -> None:
    system.drop(packages.new, packages.signature)
    assert system.run(die_at="'show'") == -signal.SIGKILL
    (system.updates / "status.json").write_bytes(noted)
    after_the_cut(system)
    assert is_old(system)
    assert (system.status["state"], system.status["reason"]) == ("went_back", "interrupted")
    assert system.left_over() == []


def test_a_note_that_is_lost_when_all_is_over_is_no_reason_to_go_back(system: Scratch, packages: Packages) -> None:
    system.drop(packages.new, packages.signature)
    system.run()
    (system.updates / "status.json").write_bytes(b"")
    assert system.run() == 0
    assert is_new(system)


def test_a_new_version_with_a_broken_program_of_its_own_is_taken_back_after_a_cut(
    system: Scratch, packages: Packages, tmp_path: Path
) -> None:
    """What runs at the next start is the copy that was made before anything was installed."""
    system.drop(packages.new, packages.signature)
    assert system.run(die_at="'show'") != 0
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(3)")
    kit = system.updates / "tomb_update.py"
    assert kit.read_bytes() == PROGRAM.read_bytes()
    unit = (system.root / "etc/systemd/system/tomb-update-boot.service").read_text()
    assert f"{kit} boot" in unit
    assert "Before=tomb.service" in unit
    assert system.run("boot", program=kit) == 0
    assert str(kit) in (system.state / "asked_to_run").read_text()
