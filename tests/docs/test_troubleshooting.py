"""Each entry of the page on troubles is a check of the doctor's, and each check has an entry."""

import re

from tests.docs.reference import DOCS
from tomb.nurseries.doctor import CHECKS

TEXT = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
ORDER = [check.__name__ for check in CHECKS]


def test_its_entries_are_the_doctor_s_checks_in_the_doctor_s_order() -> None:
    assert re.findall(r"^### (\S+)$", TEXT, re.MULTILINE) == ORDER


def test_what_one_sees_leads_to_checks_and_each_check_is_led_to() -> None:
    told = " ".join(re.findall(r"Doctor: (.*?) \|", TEXT))
    named = re.findall(r"\[`(\w+)`\]\(#(\w+)\)", told)
    assert told.count("`") == 2 * len(named)
    assert all(name == anchor for name, anchor in named)
    assert {name for name, _ in named} == set(ORDER) - {"versions"}
