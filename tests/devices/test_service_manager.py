"""What is said to systemd, and what is not."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tomb.devices.service_manager import ServiceManager


@pytest.fixture(params=["file", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"@tomb-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify")


@pytest.fixture
def heard(address: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        to.bind(address.replace("@", "\0", 1) if address.startswith("@") else address)
        to.settimeout(5)
        yield to


def test_each_word_is_a_datagram(address: str, heard: socket.socket) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"})
    assert manager.is_there
    manager.ready("tags play")
    manager.alive()
    manager.still_starting(30)
    manager.stopping()
    assert [heard.recv(4096) for _ in range(4)] == [
        b"READY=1\nSTATUS=tags play\nWATCHDOG_USEC=1000000",
        b"WATCHDOG=1",
        b"EXTEND_TIMEOUT_USEC=30000000",
        b"STOPPING=1",
    ]


def test_a_status_is_one_line_and_short_and_is_not_said_twice(address: str, heard: socket.socket) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": address})
    manager.say("a card\nREADY=1 " + "x" * 10_000)
    manager.say("a card\nREADY=1 " + "x" * 10_000)
    manager.say("other")
    assert heard.recv(65536).startswith(b"STATUS=a card READY=1 xxx")
    assert heard.recv(65536) == b"STATUS=other"


def test_without_a_manager_nothing_is_said_and_nothing_fails(tmp_path: Path) -> None:
    for environment in ({}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": str(tmp_path / "nobody")}):
        manager = ServiceManager(environment)
        manager.ready("tags play")
        manager.stopping()
    assert not ServiceManager({"WATCHDOG_USEC": "1000000"}).is_there
    assert not ServiceManager({"NOTIFY_SOCKET": "vsock:2:1234"}).is_there


def test_a_manager_that_does_not_read_holds_nobody_up(address: str, heard: socket.socket) -> None:
    manager = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"})
    for _ in range(10_000):  # more than the kernel keeps for it
        manager.alive()
    assert heard.recv(4096) == b"WATCHDOG=1"


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_whether_it_watches(environment: dict[str, str], seconds: float | None) -> None:
    assert ServiceManager({"NOTIFY_SOCKET": "/run/notify", **environment}).watchdog_s == seconds
    assert ServiceManager(environment).watchdog_s is None
