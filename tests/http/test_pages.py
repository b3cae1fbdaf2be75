"""The page of the API for people, and what programs that show its description make of it."""

import re

from tomb.http import openapi, pages
from tomb.http.app import ROUTES


def test_the_page_for_people_begins_with_what_the_box_is_for_and_names_its_groups_in_words() -> None:
    page = pages.api_page(openapi.document(ROUTES))
    groups = re.findall("<h2>(.*?)</h2>", page)
    assert groups[:5] == ["Playlists", "The player", "Linking tags", "Tags", "Uploads"]
    assert groups[-1] == "Descriptions"
    assert page.count("<details>") == len(ROUTES)


def test_programs_that_show_the_description_have_the_same_groups_in_that_order() -> None:
    document = openapi.document(ROUTES)
    used = {tag for methods in document["paths"].values() for each in methods.values() for tag in each["tags"]}
    named = [each["name"] for each in document["tags"]]
    assert (set(named), len(set(named))) == (used, len(named))
