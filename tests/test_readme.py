"""What the README says is what the program does."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tomb.config import Settings, configuration_table
from tomb.models import Choices

README = Path(__file__).parent.parent / "README.md"
TOMB = Path(__file__).parent.parent / "tomb"


def test_the_table_of_settings_is_the_one_of_the_program() -> None:
    assert configuration_table().strip() in README.read_text(encoding="utf-8"), "paste what `tomb settings` prints"


@cache
def settings_read() -> set[str]:
    """What is read of an object called `settings`, anywhere but where the settings are made."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in TOMB.rglob("*.py") if path.name != "config.py")
    return {
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value).rpartition(".")[2].lstrip("_") == "settings"
    }


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_wired_to_something(name: str) -> None:
    chosen = name in Choices.model_fields  # read by `Preferences`, as one
    assert chosen or name in settings_read()


def test_an_attribute_of_something_else_wires_no_setting() -> None:
    """`address.host` or `answer.data` is no reading of a setting of that name."""
    assert settings_read().isdisjoint({"number", "name", "title", "sid", "status", "current"})
