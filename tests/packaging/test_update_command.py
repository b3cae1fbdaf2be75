"""`tomb update FILE`: it leaves the file to the program of root's, and follows what that does."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from tests.rigs.patience import PATIENCE_S
from tests.rigs.update_root import Scratch, answering, make_key, make_package, sign
from tomb import update
from tomb.errors import TombError
from tomb.update import update_from


@pytest.fixture
def system(tmp_path: Path) -> Iterator[Scratch]:
    with answering(tmp_path / "system/state") as address:
        scratch = Scratch(tmp_path / "system", make_key(tmp_path), address)
        scratch.make(make_package(tmp_path, "1.0"))
        yield scratch


def followed(system: Scratch, package: Path) -> str:
    """With what tomb-update.path does: the program is started as soon as a package lies there."""

    def watch() -> None:
        until = time.monotonic() + PATIENCE_S
        while not (system.incoming / "update.deb").exists() and time.monotonic() < until:
            time.sleep(0.02)
        system.run()

    watcher = Thread(target=watch)
    watcher.start()
    try:
        return update_from(package, system.data, system.updates / "status.json")
    finally:
        watcher.join()


def test_a_file_is_installed_and_each_step_is_said(
    system: Scratch, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tomb.update.LOOK_S", 0.002)  # on this scratch of a system a step is over in no time
    new = make_package(tmp_path, "2.0~deb12")
    sign(new, system.key)
    shutil.rmtree(system.data / "updates")
    assert followed(system, new) == "the box is 2.0 now"
    assert system.installed == "2.0~deb12"
    assert "trying 2.0 out" in capsys.readouterr().out


def test_a_version_that_went_back_is_a_failure_with_its_reason(system: Scratch, tmp_path: Path) -> None:
    bad = make_package(tmp_path, "2.0", "mute")
    sign(bad, system.key)
    with pytest.raises(TombError, match=r"2\.0 did not prove itself.*audio was gone"):
        followed(system, bad)
    assert system.installed == "1.0"


def test_a_file_without_a_signature_is_not_even_left(system: Scratch, tmp_path: Path) -> None:
    with pytest.raises(TombError, match=r"minisig is not there \(the signature lies beside the package\)"):
        update_from(make_package(tmp_path, "2.0"), system.data, system.updates / "status.json")
    assert list(system.incoming.iterdir()) == []


def test_what_nobody_takes_is_said_with_where_to_look(
    system: Scratch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "BEGUN_S", 0.2)
    monkeypatch.setattr(update, "LOOK_S", 0.05)
    new = make_package(tmp_path, "2.0")
    sign(new, system.key)
    with pytest.raises(TombError, match=r"tomb-update\.path"):
        update_from(new, system.data, system.updates / "status.json")


def test_a_link_in_the_boxs_folder_is_not_followed(system: Scratch, tmp_path: Path) -> None:
    """Its user may put one there, and whoever copies is root."""
    new, elsewhere = make_package(tmp_path, "2.0"), tmp_path / "elsewhere"
    sign(new, system.key)
    elsewhere.mkdir()
    (elsewhere / "precious").write_text("precious")
    (system.incoming / "update.deb.root").symlink_to(elsewhere / "precious")
    (system.incoming / "update.deb.minisig").symlink_to(elsewhere / "precious")
    assert followed(system, new) == "the box is 2.0 now"
    system.incoming.rmdir()
    system.incoming.symlink_to(elsewhere)
    with pytest.raises(TombError, match="cannot be used"):
        update_from(new, system.data, system.updates / "status.json")
    assert [each.read_text() for each in elsewhere.iterdir()] == ["precious"]
