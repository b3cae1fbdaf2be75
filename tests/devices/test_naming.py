"""What this computer is called: by the kernel, and by a resolver that believes what a router says."""

from pathlib import Path

import publicsuffixlist
import pytest

from tomb.devices.naming import CONF_BYTES, Naming, look, own_names, search_domains

HOME = {"tomb", "tomb.local", "tomb.lan", "tomb.home.arpa", "tomb.internal"}
STUB = """# This is /run/systemd/resolve/stub-resolv.conf managed by man:systemd-resolved(8).
nameserver 127.0.0.53
options edns0 trust-ad
search {domains}
"""


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("", ()),
        ("nameserver 192.168.1.1\n", ()),
        ("search fritz.box\n", ("fritz.box",)),
        ("domain fritz.box other.box\n", ("fritz.box",)),
        ("search one.example two.example\n", ("one.example", "two.example")),
        ("search one.example\nsearch two.example\n", ("two.example",)),
        ("domain one.example\nsearch two.example\n", ("two.example",)),
        ("search\tFritz.Box.\n", ("fritz.box",)),
        ("# search one.example\n; search two.example\n", ()),
        ("searching one.example\nsearch\n", ()),
        (STUB.format(domains="."), ()),
        (STUB.format(domains="fritz.box example.org"), ("fritz.box", "example.org")),
        (
            "search ../../etc a..b <b>.example \u00fc.example -a.example " + "x" * 64 + ".example ok.example\n",
            ("ok.example",),
        ),
        ("search " + " ".join(f"d{number}.example" for number in range(99)), tuple(f"d{n}.example" for n in range(16))),
    ],
)
def test_the_search_domains_of_a_resolver(text: str, domains: tuple[str, ...]) -> None:
    assert search_domains(text) == domains


@pytest.mark.parametrize(
    "domain",
    ["fritz.box", "speedport.ip", "home", "localdomain", "example.co.uk", "our.home.lan", "family.duckdns.org"],
)
def test_a_name_under_what_the_home_is_called_is_the_box_s(domain: str) -> None:
    assert own_names(Naming("tomb", (domain,))) == HOME | {f"tomb.{domain}"}
    assert own_names(Naming(f"Tomb.{domain}")) == HOME | {f"tomb.{domain}"}


@pytest.mark.parametrize(
    "domain", ["com", "box", "co.uk", "duckdns.org", "github.io", "xn--p1ai", "ck", "new-and-for-sale", "arpa"]
)
def test_where_strangers_can_have_a_name_of_their_own_none_is_the_box_s(domain: str) -> None:
    """A router that says `search com` would make tomb.com, whoever's that is, a page of the box."""
    assert own_names(Naming("tomb", (domain, "fritz.box"))) == HOME | {"tomb.fritz.box"}
    assert own_names(Naming(f"tomb.{domain}")) == HOME


def test_of_all_endings_that_are_for_sale_none_counts() -> None:
    lines = (Path(publicsuffixlist.__file__).parent / "public_suffix_list.dat").read_text(encoding="utf-8").splitlines()
    rules = [line.strip() for line in lines if line.strip() and not line.startswith(("//", "!"))]
    suffixes = tuple(rule.replace("*.", "any.") for rule in rules)
    assert len(suffixes) > 9000
    assert own_names(Naming("tomb", suffixes)) == HOME


def test_a_name_that_was_written_down_counts_as_soon_as_that_is_done(tmp_path: Path) -> None:
    (tmp_path / "hostname").write_text("# as hostnamectl does\n\nJukebox\n", encoding="ascii")
    found = look(tmp_path / "missing", tmp_path / "hostname")
    assert found.written == "Jukebox"
    assert {"jukebox", "jukebox.local"} <= own_names(found)
    assert own_names(Naming("tomb", (), "tomb")) == HOME


def test_a_computer_without_a_proper_name_has_none() -> None:
    for host in ("", "a b", "tomb/..", "x" * 300):
        assert own_names(Naming(host, ("fritz.box",))) == frozenset()


def test_a_resolver_that_cannot_be_read_or_says_too_much_is_no_reason_to_fail(tmp_path: Path) -> None:
    assert look(tmp_path / "missing").search == ()
    assert look(tmp_path).search == ()
    (tmp_path / "long").write_bytes(b"search fritz.box\n" + b"#\xff" * CONF_BYTES + b"\nsearch late.example\n")
    assert look(tmp_path / "long").search == ("fritz.box",)
