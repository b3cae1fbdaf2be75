"""What the README says is what the program does."""

from __future__ import annotations

from pathlib import Path

from tomb.config import configuration_table

README = Path(__file__).parent.parent / "README.md"


def test_the_table_of_settings_is_the_one_of_the_program() -> None:
    assert configuration_table().strip() in README.read_text(encoding="utf-8"), "paste what `tomb settings` prints"
