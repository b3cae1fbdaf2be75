"""What the documents say is what the program does, and where their links lead there is something."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tomb.config import Settings, configuration_table
from tomb.models import Choices

ROOT = Path(__file__).parent.parent
SETTINGS = ROOT / "docs/configuration.md"
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "packaging").rglob("*.md"))
TOMB = ROOT / "tomb"


def test_the_table_of_settings_is_the_one_of_the_program() -> None:
    assert configuration_table().strip() in SETTINGS.read_text(encoding="utf-8"), "paste what `tomb settings` prints"


def anchors(page: Path) -> set[str]:
    """What its headings can be reached by, as GitHub names them."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.*)", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_where_a_link_leads_there_is_something(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target, anchor in re.findall(r"\]\(([^)#\s:]*)(?:#([^)\s]*))?\)", text):
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"


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
