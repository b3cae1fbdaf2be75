"""Who asks, where a reverse proxy stands in front."""

from typing import Any

import pytest

from tomb.config import read_settings
from tomb.errors import StartError
from tomb.http.forwarded import behind

PROXIES = ("127.0.0.1", "fd00::1")


async def seen(peer: str | None, *headers: str, proxies: tuple[str, ...] = PROXIES) -> Any:
    found: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        found.append(scope.get("client"))

    said = [(b"X-Forwarded-For", each.encode("latin-1")) for each in headers]
    scope = {"type": "http", "headers": said} | ({"client": (peer, 50000)} if peer else {})
    await behind(proxies, app)(scope, None, None)
    return found[0] and found[0][0]


@pytest.mark.parametrize(
    ("headers", "client"),
    [
        ((), "127.0.0.1"),
        (("192.168.1.7",), "192.168.1.7"),
        (("10.0.0.1, 192.168.1.7",), "192.168.1.7"),
        (("10.0.0.1", "192.168.1.7"), "192.168.1.7"),
        (("fd00::0007",), "fd00::7"),
        (("[fd00::7]",), "fd00::7"),
        (("192.168.1.7, nobody",), "127.0.0.1"),
        (("",), "127.0.0.1"),
        (("\xff" * 4000,), "127.0.0.1"),
    ],
)
async def test_a_proxy_of_the_operator_says_who_asks(headers: tuple[str, ...], client: str) -> None:
    assert await seen("127.0.0.1", *headers) == client


async def test_nobody_else_can_choose_whom_to_be() -> None:
    for peer in ("192.168.1.9", "127.0.0.2", "fd00::2", None):
        assert await seen(peer, "192.168.1.7") == peer
    assert await seen("127.0.0.1", "192.168.1.7", proxies=()) == "127.0.0.1"
    assert await seen("fd00::1", "192.168.1.7", proxies=("FD00:0::1",)) == "192.168.1.7"


def test_a_proxy_in_the_settings_is_an_address() -> None:
    assert read_settings({"proxies": "127.0.0.1, ::1"}).proxies == ("127.0.0.1", "::1")
    with pytest.raises(StartError, match="TOMB_PROXIES"):
        read_settings({"proxies": "proxy.lan"})
