"""Names and addresses: whom a page may send the box to."""

from collections.abc import Sequence

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from tomb.devices.internet import Refused, public
from tomb.devices.youtube.reach import dial, known

OURS = ["youtube.com", "www.youtube.com", "WWW.YouTube.com", "rr3---sn-abc.googlevideo.com", "i.ytimg.com", "youtu.be"]
THEIRS = [
    *("", ".", "com", "youtube.com.", "youtube.com.example.org", "notyoutube.com", "youtube.community", "localhost"),
    *("www..youtube.com", ".youtube.com", "a b.youtube.com", "user@www.youtube.com", "www.youtube.com:443"),
    *("[::1].youtube.com", "ẞ.youtube.com", "x" * 64 + ".youtube.com", "a." * 130 + "youtube.com", "192.168.1.1"),
]


@pytest.mark.parametrize("host", OURS)
def test_youtubes_own_names_are_known(host: str) -> None:
    assert known(host)


@pytest.mark.parametrize("host", THEIRS)
def test_no_other_name_is(host: str) -> None:
    assert not known(host)


@pytest.mark.parametrize("address", ["142.250.185.78", "1.1.1.1", "2a00:1450:4001:830::200e", "64:ff9b::8efa:b94e"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.251", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "ff0e::1"),
        *("2001:db8::1", "::ffff:192.168.1.1", "::ffff:142.250.185.78", "::192.168.1.1", "2002:c0a8:101::1"),
        *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "64:ff9b::c0a8:101", "64:ff9b:1::1", "name", "", "1.2.3", "0x7f.1"),
    ],
)
def test_no_other_address_is(address: str) -> None:
    assert not public(address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="192.168.0.0/16"))
def test_no_way_of_writing_a_homes_address_makes_it_public(address: object) -> None:
    assert not public(str(address))
    for written in (f"::ffff:{address}", f"::{address}", f"64:ff9b::{address}"):
        assert not public(written)


class Names:
    """A network that has one name, with these addresses. `connected`: where to."""

    def __init__(self, *addresses: str, refuse: int = 0) -> None:
        self.addresses = addresses
        self.asked: list[str] = []
        self.connected: list[str] = []
        self._refuse = refuse

    async def resolve(self, host: str) -> Sequence[str]:
        await trio.lowlevel.checkpoint()
        self.asked.append(host)
        return self.addresses

    async def connect(self, address: str, port: int) -> trio.SocketStream:
        assert port == 443
        self.connected.append(address)
        if len(self.connected) <= self._refuse:
            if address == "1.1.1.1":
                await trio.sleep_forever()
            raise ConnectionRefusedError("nobody there")
        return trio.SocketStream(trio.socket.socket())


async def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to() -> None:
    names = Names("192.168.1.1", "142.250.185.78", "::1")
    async with await dial(names, "www.youtube.com", 443):
        pass
    assert (names.asked, names.connected) == (["www.youtube.com"], ["142.250.185.78"])


@pytest.mark.parametrize("addresses", [("192.168.1.1", "::ffff:127.0.0.1"), ()])
async def test_a_name_with_none_but_private_addresses_leads_nowhere(addresses: tuple[str, ...]) -> None:
    names = Names(*addresses)
    with pytest.raises(Refused):
        await dial(names, "www.youtube.com", 443)
    assert names.connected == []


@pytest.mark.parametrize(("host", "port"), [("www.youtube.com", 80), ("www.youtube.com", 8443), ("example.org", 443)])
async def test_what_is_not_youtube_is_not_even_resolved(host: str, port: int) -> None:
    names = Names("142.250.185.78")
    with pytest.raises(Refused):
        await dial(names, host, port)
    assert names.asked == []


async def test_where_one_address_does_not_answer_another_may(autojump_clock: trio.testing.MockClock) -> None:
    names = Names("1.1.1.1", "8.8.8.8", "142.250.185.78", refuse=2)
    async with await dial(names, "www.youtube.com", 443):
        pass
    assert names.connected == ["1.1.1.1", "8.8.8.8", "142.250.185.78"]


async def test_where_nobody_answers_there_is_an_end(autojump_clock: trio.testing.MockClock) -> None:
    with pytest.raises(OSError, match="nobody there"):
        await dial(Names("1.1.1.1", "8.8.8.8", refuse=99), "www.youtube.com", 443)
