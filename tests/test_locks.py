"""The locks: one file a purpose, every version pinned by hash, and nothing in pyproject.toml that they lack."""

from __future__ import annotations

import re
import tomllib
from itertools import product
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
LOCKS = sorted(path.name for path in (ROOT / "requirements").glob("*.txt"))
TARGETS = list(product(("3.11", "3.12", "3.13"), ("x86_64", "aarch64")))


def lines(lock: str) -> list[str]:
    """The requirements of a lock, each with its hashes in one line."""
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    return text.replace("\\\n", " ").splitlines()


def pins(lock: str, python: str, machine: str) -> dict[str, str]:
    """Name to version, as the lock gives it to one Python on one kind of machine."""
    where = {"python_version": python, "python_full_version": f"{python}.4", "platform_machine": machine}
    where |= {"sys_platform": "linux", "platform_python_implementation": "CPython", "implementation_name": "cpython"}
    wanted = [Requirement(line.split("--hash")[0]) for line in lines(lock)]
    return {
        canonicalize_name(one.name): str(one.specifier).removeprefix("==")
        for one in wanted
        if one.marker is None or one.marker.evaluate(where)
    }


def declared() -> dict[str, list[Requirement]]:
    """What pyproject.toml and the *.in files ask for, by the lock that must have it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {
        "runtime.txt": project["project"]["dependencies"],
        "dev.txt": project["project"]["dependencies"] + project["dependency-groups"]["dev"],
        "bench.txt": project["dependency-groups"]["bench"],
        "docs.txt": project["dependency-groups"]["docs"],
        "build.txt": project["build-system"]["requires"],
    }
    for path in (ROOT / "requirements").glob("*.in"):
        named = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        asked.setdefault(path.with_suffix(".txt").name, []).extend(named)
    return {lock: [Requirement(line) for line in requirements] for lock, requirements in asked.items()}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_version_is_pinned_by_hash(lock: str) -> None:
    for line in lines(lock):
        assert re.match(r"^[a-z0-9.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line), line


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_where_packages_come_from(lock: str) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links|@ ", "\n".join(lines(lock)))


@pytest.mark.parametrize(("python", "machine"), TARGETS)
@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_all_that_was_asked_for(lock: str, python: str, machine: str) -> None:
    pinned = pins(lock, python, machine)
    for asked in declared()[lock]:
        version = pinned.get(canonicalize_name(asked.name), "0")
        assert version in asked.specifier, f"{asked} is not in {lock}: run ./justw lock"


@pytest.mark.parametrize(("python", "machine"), TARGETS)
def test_developers_run_what_the_box_runs(python: str, machine: str) -> None:
    box, developers = pins("runtime.txt", python, machine), pins("dev.txt", python, machine)
    assert box.items() <= developers.items()


@pytest.mark.parametrize(("python", "machine"), TARGETS)
def test_the_bench_changes_nothing_of_what_it_measures(python: str, machine: str) -> None:
    developers, bench = pins("dev.txt", python, machine), pins("bench.txt", python, machine)
    assert {name: developers[name] for name in bench.keys() & developers.keys()}.items() <= bench.items()
