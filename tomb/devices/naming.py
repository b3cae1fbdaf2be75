"""What this computer is called, and so which names in a browser's address are the box's own.

A name is the box's when nobody else can have it lead here. Whatever merely resolves to the box is not: anybody can make
a name of his own do that, and a page under it would then speak to the box as if it were the box's (DNS rebinding). The
name of the computer alone is asked for in the home only, and so is what ends in `.local`, `.lan`, `.home.arpa` or
`.internal`: the world's name servers know none of these (RFC 6762, RFC 8375, ICANN's resolutions).

A search domain of the resolver is what a router calls the home: behind one of AVM's, `box` is `box.fritz.box`. It comes
over the network, from whoever answers DHCP first, and may be nonsense or worse: with `search com`, a computer called
`tomb` would take every page of tomb.com for its own. So a search domain counts only where strangers cannot get a name
beside ours: below a domain that somebody has registered (`fritz.box`, `example.co.uk`), or where no public name server
has anything at all (`speedport.ip`). Where anybody may register a name (`com`, `co.uk`, `duckdns.org`) it does not
count; which these are is written down in the Public Suffix List (https://publicsuffix.org). A single word does not
count either unless it is one of those that will never be sold: new ones are, each year, and our list may be old.
"""

import re
import socket
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

RESOLV_CONF, HOSTNAME = Path("/etc/resolv.conf"), Path("/etc/hostname")
CONF_BYTES = 64 * 1024
SEARCH_DOMAINS = 16  # glibc took six of them until 2018

HOME = ("local", "lan", "home.arpa", "internal")
# Never sold: RFC 6762, appendix G; ICANN's resolution of 2018-02-04 on `corp` and `home`; `localdomain` is virtual
# machines' and some routers'.
NOT_FOR_SALE = frozenset({*HOME, "home", "corp", "intranet", "private", "localdomain"})

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*")


class Naming(Struct, frozen=True):
    """`host`: as the kernel has it, with or without a domain. `search`: as the resolver has them. `written`: as
    hostname(5) has it; a service whose name is protected (`ProtectHostname=`) hears of a new one by that alone."""

    host: str
    search: tuple[str, ...] = ()
    written: str = ""


def look(resolv_conf: Path = RESOLV_CONF, hostname: Path = HOSTNAME) -> Naming:
    """As it is now."""
    lines = [line for line in _text(hostname).splitlines() if line.strip() and not line.startswith("#")]
    written = lines[0].strip() if lines else ""
    return Naming(socket.gethostname(), search_domains(_text(resolv_conf)), written)


def _text(path: Path) -> str:
    with suppress(OSError), path.open("rb") as file:
        return file.read(CONF_BYTES).decode("ascii", errors="replace")
    return ""


def search_domains(resolv_conf: str) -> tuple[str, ...]:
    """Of a resolv.conf(5): those of its last line that has some. systemd-resolved, which keeps that file for others,
    writes `search .` where there are none."""
    found: list[str] = []
    for line in resolv_conf.splitlines():
        keyword, *values = line.split() or [""]
        if keyword in ("search", "domain"):
            found = values if keyword == "search" else values[:1]
    return tuple(name for each in found[:SEARCH_DOMAINS] if (name := as_name(each)) is not None)


def own_names(naming: Naming) -> frozenset[str]:
    """The names of a computer that is called so. With search domains it may take 50 ms: a long list is read."""
    hosts = {name for each in (naming.host, naming.written) if (name := as_name(each)) is not None}
    domains = dict.fromkeys((*naming.search, *(domain for each in hosts if (domain := each.partition(".")[2]))))
    short = {each.partition(".")[0] for each in hosts}
    return frozenset(
        short | {f"{each}.{domain}" for each in short for domain in (*HOME, *(_trusted(domains) if short else ()))}
    )


def as_name(text: str) -> str | None:
    """In lower case, without the dot of the root; None for what is no name in DNS."""
    name = text.lower().removesuffix(".")
    return name if _NAME.fullmatch(name) else None


def _trusted(domains: dict[str, None]) -> list[str]:
    trusted = [each for each in domains if each in NOT_FOR_SALE]
    doubtful = [each for each in domains if each not in NOT_FOR_SALE and "." in each]
    if doubtful:
        from publicsuffixlist import PublicSuffixList  # with its list, 2 MB that are needed once

        public = PublicSuffixList(accept_unknown=False)
        trusted += [each for each in doubtful if not public.publicsuffix(each) or public.privatesuffix(each)]
    return trusted
