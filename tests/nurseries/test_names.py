"""The names of a computer change while the box runs."""

import trio
from trio.testing import MockClock

from tomb.devices.naming import Naming
from tomb.nurseries.names import LOOK_S, Names
from tomb.ports import VirtualPorts


async def test_a_computer_that_is_renamed_or_carried_elsewhere_has_other_names(autojump_clock: MockClock) -> None:
    called = Naming("tomb", ("fritz.box",))
    names = Names(VirtualPorts(), ("Music.example",), lambda: called)
    assert "tomb.local" in names, "known from the start"
    assert "tomb.fritz.box" not in names, "and what takes longer to judge, a moment later"
    async with trio.open_nursery() as nursery:
        await nursery.start(names.run)
        await trio.sleep(1)
        assert "tomb.fritz.box" in names
        called = Naming("jukebox.lan", ("home",))
        await trio.sleep(LOOK_S)
        for name in ("jukebox", "jukebox.local", "jukebox.lan", "jukebox.home", "music.example", "localhost"):
            assert name in names
        for name in ("tomb", "tomb.local", "tomb.fritz.box"):
            assert name not in names
        assert names.host == "jukebox"
        nursery.cancel_scope.cancel()


async def test_what_it_was_given_on_the_network_is_a_name_as_long_as_it_has_it() -> None:
    names = Names(VirtualPorts(), (), lambda: Naming("tomb"))
    names.announced = "tomb-2.local"
    assert "tomb-2.local" in names
    names.announced = None
    assert "tomb-2.local" not in names
