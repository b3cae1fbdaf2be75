"""What the README says is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tomb.config import Settings, configuration_table

README = Path(__file__).parent.parent / "README.md"
TOMB = Path(__file__).parent.parent / "tomb"


def test_the_table_of_settings_is_the_one_of_the_program() -> None:
    assert configuration_table().strip() in README.read_text(encoding="utf-8"), "paste what `tomb settings` prints"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_wired_to_something(name: str) -> None:
    sources = (path.read_text(encoding="utf-8") for path in TOMB.rglob("*.py") if path.name != "config.py")
    assert any(re.search(rf"\.{name}\b|\"{name}\"", source) for source in sources)
