"""Where the box listens, on computers with and without IPv6."""

import errno
import socket
import subprocess
import sys

import pytest
import trio

from tomb.nurseries.listeners import EVERYWHERE, is_elsewhere, open_listeners


async def where(*hosts: str, port: int = 0) -> list[tuple[str, int]]:
    opened = await open_listeners(hosts, port)
    try:
        return [listener.socket.getsockname()[:2] for listener in opened]
    finally:
        for listener in opened:
            await listener.aclose()


async def test_everywhere_is_both_protocols_by_one_port() -> None:
    (first, port), (second, same) = await where(*EVERYWHERE)
    assert (first, second, port) == ("0.0.0.0", "::", same)


async def test_a_client_of_either_protocol_is_known_by_its_own_address() -> None:
    for host in ("127.0.0.1", "::1"):
        opened = await open_listeners(EVERYWHERE, 0)
        async with await trio.open_tcp_stream(host, opened[0].socket.getsockname()[1]):
            accepted = await opened[host == "::1"].accept()
            assert accepted.socket.getpeername()[0] == host
            await accepted.aclose()
        for listener in opened:
            await listener.aclose()


async def test_one_protocol_alone_or_a_list_may_be_asked_for() -> None:
    assert [host for host, _ in await where("::1")] == ["::1"]
    assert [host for host, _ in await where("0.0.0.0")] == ["0.0.0.0"]
    assert [host for host, _ in await where("127.0.0.2", "::1", "127.0.0.2")] == ["127.0.0.2", "::1"]


async def test_a_port_that_is_taken_at_one_of_them_is_an_error_and_nothing_stays_open() -> None:
    with socket.create_server(("127.0.0.3", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError) as refused:  # noqa: PT011 - errno says
            await open_listeners(("127.0.0.2", "127.0.0.3"), port)
        assert refused.value.errno == errno.EADDRINUSE
        assert await where("127.0.0.2", port=port)


@pytest.mark.parametrize(
    ("peer", "own", "elsewhere"),
    [
        ("2001:db8:1:1::7", "2001:db8:1:1::2", False),
        ("2001:db8:1:2::7", "2001:db8:1:1::2", True),
        ("2a00:1450::1", "2001:db8:1:1::2", True),
        ("2a00:1450::1", "fd00::2", True),
        ("fd00:1::7", "fd00::2", False),
        ("fd7a:115c::7", "2001:db8::2", False),
        ("fe80::7%eth0", "fe80::2%eth0", False),
        ("::1", "::1", False),
        ("8.8.8.8", "192.168.1.2", False),
        ("", "2001:db8::2", False),
        ("2001:db8::7", "", False),
    ],
)
def test_who_writes_from_the_internet_by_ipv6_is_told_apart(peer: str, own: str, elsewhere: bool) -> None:
    assert is_elsewhere(peer, own) is elsewhere


# In a network of its own: without IPv6 as a kernel or a container has it, and with a link-local address.
WITHOUT_IPV6 = """
import errno, socket, trio
from tomb.nurseries import listeners
real = trio.socket.socket
def without(family=socket.AF_INET, *more, **named):
    if family == socket.AF_INET6:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
    return real(family, *more, **named)
trio.socket.socket = without
async def main():
    print(*[each.socket.getsockname()[0] for each in await listeners.open_listeners(listeners.EVERYWHERE, 8000)])
    try:
        await listeners.open_listeners(["::"], 8001)
    except OSError as error:
        print(errno.errorcode[error.errno])
trio.run(main)
"""
LINK_LOCAL = """
import trio
from tomb.nurseries import listeners
from tomb.http.guard import knows_host
async def main():
    (listener,) = await listeners.open_listeners(["fe80::1%tomb0"], 8000)
    stream = await trio.open_tcp_stream("fe80::1%tomb0", 8000)
    accepted = await listener.accept()
    address = accepted.socket.getsockname()[0]
    hosts = ("[fe80::1]:8000", "[fe80::1%25tomb0]:8000", "[fe80::1%tomb0]", "[fe80::2]:8000")
    print(*[knows_host(host, (), address) for host in hosts])
trio.run(main)
"""


FROM_ELSEWHERE = """
import logging, trio
from functools import partial
from tomb.nurseries.web import serve_web
logging.basicConfig(format="%(message)s")
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})
        return
    for _ in range(2):
        await send({"type": f"{(await receive())['type']}.complete"})
async def main():
    async with trio.open_nursery() as nursery:
        [address] = await nursery.start(partial(serve_web, app, hosts=["::"], port=0))
        for source in ("2001:db8:1::7", "2001:db8:2::7", "fd77::7"):
            async with await trio.open_tcp_stream("2001:db8:1::2", address.port, local_address=source) as stream:
                try:
                    await stream.send_all(b"GET / HTTP/1.1\\r\\nHost: box\\r\\n\\r\\n")
                    print(source, (await stream.receive_some())[9:12].decode())
                except trio.BrokenResourceError:
                    print(source, "reset")
        nursery.cancel_scope.cancel()
trio.run(main)
"""


def alone(program: str, *commands: str) -> str:
    """What it prints in a network of its own."""
    script = " && ".join(("ip link set lo up", *commands, f'exec "{sys.executable}" -c "$PROGRAM"'))
    walls = ("unshare", "--net", "--map-root-user", "--user", "sh", "-c", script)
    env = {"PROGRAM": program, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    return subprocess.run(walls, env=env, stdout=subprocess.PIPE, text=True, check=True).stdout


def test_without_ipv6_the_box_listens_by_the_other_and_says_so_where_that_was_asked_for() -> None:
    assert alone(WITHOUT_IPV6).splitlines() == ["0.0.0.0", "EAFNOSUPPORT"]


def test_a_link_local_address_has_a_zone_and_is_a_name_of_the_box_with_and_without_it() -> None:
    link = (
        "ip link add tomb0 type veth peer name tomb1",
        "ip link set tomb1 up",
        "ip link set tomb0 up",
        "ip addr add fe80::1/64 dev tomb0 nodad",
    )
    assert alone(LINK_LOCAL, *link).split() == ["True", "True", "True", "False"]


def test_nobody_gets_at_the_box_from_the_internet_because_a_router_lets_ipv6_in() -> None:
    places = ("2001:db8:1::2/64", "2001:db8:1::7/64", "2001:db8:2::7/64", "fd77::7/64")
    said = alone(FROM_ELSEWHERE, *(f"ip addr add {each} dev lo" for each in places))
    assert said.splitlines() == ["2001:db8:1::7 204", "2001:db8:2::7 reset", "fd77::7 204"]
