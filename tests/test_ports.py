"""The seams to the world, as far as they do more than to pass on: the computer's switch, identifiers."""

import uuid
from pathlib import Path

import pytest

from tomb.errors import Unavailable
from tomb.ports import RealPorts


def systemctl(place: Path, script: str) -> None:
    """A program of that name, the only one on the path."""
    program = place / "systemctl"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


async def test_the_computer_is_switched_off_by_systemd_without_a_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    systemctl(tmp_path, f'echo "$@" >"{tmp_path}/asked"')
    await RealPorts().power_off()
    assert (tmp_path / "asked").read_text(encoding="utf-8") == "poweroff --no-ask-password\n"


async def test_what_systemd_says_against_it_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    systemctl(tmp_path, 'echo "Call to PowerOff failed: Interactive authentication required." >&2; exit 1')
    with pytest.raises(Unavailable, match="may not be switched off from here: Call to PowerOff failed"):
        await RealPorts().power_off()


async def test_without_systemd_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="no systemd"):
        await RealPorts().power_off()


def test_an_identifier_is_a_random_uuid_and_no_other_one() -> None:
    made = [RealPorts().new_id() for _ in range(100)]
    for each in map(uuid.UUID, made):
        assert (each.version, each.variant) == (4, uuid.RFC_4122)
    assert made == [str(uuid.UUID(each)) for each in made]
    assert len(set(made)) == 100
