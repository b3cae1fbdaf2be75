"""The stage for pi-gen: laid out as that wants it, its script run as that does, up to what the chroot is told."""

import os
import subprocess
from pathlib import Path

import pytest

IMAGE = Path(__file__).parents[2] / "packaging/image"
PACKAGE = "tomb-music-box_1.0_arm64.deb"


@pytest.fixture
def pi_gen(tmp_path: Path) -> Path:
    folder = tmp_path / "pi-gen"
    (folder / "stage2").mkdir(parents=True)
    (folder / "build.sh").write_text("")
    return folder


def prepare(pi_gen: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([IMAGE / "prepare", pi_gen], capture_output=True, text=True, check=False, timeout=60)


def test_a_checkout_gets_the_stage_and_the_package_and_is_told_of_it(pi_gen: Path) -> None:
    (pi_gen / PACKAGE).write_bytes(b"a package")
    for _ in range(2):
        done = prepare(pi_gen)
        assert (done.returncode, done.stderr) == (0, "")
    stage = pi_gen / "stage-tomb"
    assert (stage / "00-install/files/tomb-music-box.deb").read_bytes() == b"a package"
    assert (stage / "EXPORT_IMAGE").exists()
    assert (pi_gen / "stage2/SKIP_IMAGES").exists()
    told = subprocess.run(
        ["bash", "-c", f"source {pi_gen}/config && echo $STAGE_LIST"], capture_output=True, text=True, check=True
    )
    assert told.stdout.split()[-1] == "stage-tomb"
    for script in stage.rglob("*.sh"):
        assert os.access(script, os.X_OK), "pi-gen passes over what may not be executed"


@pytest.mark.parametrize("packages", [(), (PACKAGE, "tomb-music-box_2.0_arm64.deb")])
def test_without_the_one_package_nothing_is_done(pi_gen: Path, packages: tuple[str, ...]) -> None:
    for name in packages:
        (pi_gen / name).write_bytes(b"")
    done = prepare(pi_gen)
    assert done.returncode == 1
    assert "put one" in done.stderr
    assert not (pi_gen / "stage-tomb").exists()


def test_the_stage_puts_the_package_into_the_image_and_has_it_installed_there(pi_gen: Path, tmp_path: Path) -> None:
    (pi_gen / PACKAGE).write_bytes(b"a package")
    prepare(pi_gen)
    rootfs, asked = tmp_path / "rootfs", tmp_path / "asked"
    for name in ("tmp", "usr/local/sbin"):
        (rootfs / name).mkdir(parents=True)
    # As pi-gen's build.sh runs it: within the folder of the sub-stage, with this function and this variable.
    run = f"on_chroot() {{ cat >{asked}; }}; export -f on_chroot; ./00-run.sh"
    subprocess.run(
        ["bash", "-c", run],
        cwd=pi_gen / "stage-tomb/00-install",
        check=True,
        timeout=60,
        env=os.environ | {"ROOTFS_DIR": str(rootfs)},
    )
    assert (rootfs / "tmp/tomb-music-box.deb").read_bytes() == b"a package"
    assert os.access(rootfs / "usr/local/sbin/tomb-wifi", os.X_OK)
    assert "apt-get -y install /tmp/tomb-music-box.deb\n" in asked.read_text()
    subprocess.run(["sh", "-n", asked], check=True)
