"""The pages that are made from the descriptions are those that this box would give."""

from collections import Counter

import pytest

from tests.docs.reference import DOCS, PAGES, api
from tomb.http.app import ROUTES


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_as_the_box_describes_itself(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == PAGES[page](), "run ./justw reference"


def test_each_route_has_an_example() -> None:
    lines = Counter(line.partition(" ")[0] for line in api().splitlines())
    assert lines["curl"] == len(ROUTES)
