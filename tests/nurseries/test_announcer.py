"""The box in the network, by a real Avahi: found, renamed, called like another, and whatever becomes of Avahi."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import trio

from tests.rigs.avahi import LOOK_S, AvahiRig, avahi_rig
from tests.rigs.patience import PATIENCE_S
from tomb import __version__
from tomb.devices.naming import Naming
from tomb.nurseries.announcer import ENTRY_BYTES, UNNAMED, Announcer, entry, instance_name
from tomb.nurseries.health import Board
from tomb.nurseries.names import Names
from tomb.nurseries.supervisor import do_without, supervised
from tomb.ports import RealPorts

SOON = (0.1,)
ID = "0123456789ab"
LONG = "Küche 🎵, oder auch nebenan " + "ü" * 16  # as long as a name can be


@dataclass
class Stage:
    rig: AvahiRig
    board: Board
    names: Names
    announcer: Announcer
    box_name: str = LONG + "ü"

    def call(self, name: str) -> None:
        """Parents do."""
        self.box_name = name
        self.announcer.look_again()

    async def until(self, wanted: Callable[[], bool]) -> None:
        with trio.fail_after(PATIENCE_S):
            while not wanted():
                await trio.sleep(LOOK_S)


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    ports = RealPorts()

    async def box_id() -> str:
        return ID

    async with avahi_rig() as rig, trio.open_nursery() as nursery:
        names = Names(ports, (), lambda: Naming("box"))
        stage = Stage(rig, Board(ports), names, Announcer(ports, names, lambda: stage.box_name, box_id))
        await nursery.start(supervised("mdns", stage.board, stage.announcer.run, SOON, stand_in=do_without).run)
        yield stage
        nursery.cancel_scope.cancel()


async def test_the_box_is_found_as_soon_as_there_is_an_avahi_and_as_what_it_is_called_now() -> None:
    async with staged() as stage:
        mdns = stage.board.details()["mdns"]
        assert (mdns.state, "no D-Bus" in str(mdns.last_error)) == ("stand-in", True)
        assert stage.board.overall == "healthy", "nothing is wrong with a box that has none"
        await stage.rig.start("other", computer="other")
        await stage.rig.start("box")
        await stage.until(lambda: stage.board.is_up("mdns"))
        assert "box.local" in stage.names
        assert await stage.rig.found("_tomb._tcp") == set(), "there is no web side yet"

        stage.announcer.serve_at(8001)
        for kind in ("_http._tcp", "_tomb._tcp"):
            [found] = await stage.rig.until_found(kind, LONG, by_other=True)
            assert (found.host, found.port) == ("box.local", 8001)
            assert found.text >= {f"id={ID}", f"version={__version__}", "path=/"}
        assert stage.announcer.url == "http://box.local:8001"
        stage.announcer.serve_at(8002)
        stage.call("Attic")
        [found] = await stage.rig.until_found("_tomb._tcp", "Attic", by_other=True)
        assert found.port == 8002

        await stage.rig.rename("jukebox")
        await stage.until(lambda: stage.names.announced == "jukebox.local")
        assert "box.local" in stage.names, "as the computer is called that, too"
        await stage.until(lambda: stage.announcer.name == "Attic")
        assert "jukebox.local" in {each.host for each in await stage.rig.found("_tomb._tcp")}
        stage.announcer.serve_at(None)
        await stage.until(lambda: stage.announcer.name is None)
        await stage.rig.until_found("_tomb._tcp")


async def test_an_avahi_that_is_restarted_is_told_again() -> None:
    async with staged() as stage:
        await stage.rig.start("box")
        stage.announcer.serve_at(8001)
        await stage.rig.until_found("_tomb._tcp", LONG)
        await stage.rig.kill("avahi")
        await stage.until(lambda: stage.board.details()["mdns"].state == "down")
        assert stage.names.announced is None
        assert stage.board.overall == "degraded"
        await stage.rig.start("box")
        await stage.until(lambda: stage.announcer.name == LONG)
        assert stage.board.is_up("mdns")
        await stage.rig.kill("dbus")
        await stage.until(lambda: stage.board.details()["mdns"].state == "down")
        assert stage.board.details()["mdns"].last_error in ("D-Bus has hung up", "Avahi has ended")


async def test_of_two_that_are_called_the_same_both_are_found() -> None:
    async with staged() as stage:
        await stage.rig.start("box", computer="other")
        await stage.rig.offer("Music box", 80)
        stage.call("Music box")
        stage.announcer.serve_at(8001)
        await stage.rig.start("box")
        found = await stage.rig.until_found("_http._tcp", "Music box", "Music box #2", by_other=True)
        assert {each.name: (each.host, each.port) for each in found} == {
            "Music box": ("box.local", 80),
            "Music box #2": ("box-2.local", 8001),
        }
        assert stage.announcer.name == "Music box #2"
        assert "box-2.local" in stage.names


@pytest.mark.parametrize(
    ("box_name", "name"),
    [
        ("", UNNAMED),
        (" \t\n", UNNAMED),
        ("Küche 🎵", "Küche 🎵"),
        ("a\x00b\x7fc\u2028d", "a b c d"),
        ("x" * 80, "x" * 63),
        ("🎵" * 20, "🎵" * 15),
        ("x" * 62 + "ü", "x" * 62),
        ("x" * 61 + " " + "y", "x" * 61 + " y"),
        ("x" * 62 + " " + "y", "x" * 62),
    ],
)
def test_a_name_in_the_network_has_at_most_63_bytes(box_name: str, name: str) -> None:
    assert instance_name(box_name) == name


def test_an_entry_has_at_most_255_bytes() -> None:
    assert entry("name=" + "ü" * 200) == ("name=" + "ü" * 125).encode()
    assert len(entry("x" * 300)) == ENTRY_BYTES
