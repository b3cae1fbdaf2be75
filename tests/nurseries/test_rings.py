"""Who falls with whom (tomb.nurseries.lifecycle, supervisor, mailbox), in a whole box."""

from pathlib import Path
from typing import NoReturn

import pytest
import trio

from tests.rigs.box import TAGS, virtual_box
from tests.rigs.virtual import virtual_time
from tomb.errors import Unavailable

pytestmark = virtual_time

SERVICES = {"inbox", "housekeeping", "uploads", "backups"}


async def test_every_service_is_in_health_beside_the_devices(tmp_path: Path) -> None:
    async with virtual_box(tmp_path) as box:
        details = box.services.board.details()
        assert set(details) >= SERVICES | {"audio", "nfc", "library"}
        assert {details[name].state for name in SERVICES} == {"up"}


async def test_a_disk_that_does_not_read_when_a_tag_is_placed_does_not_end_the_box(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with virtual_box(tmp_path) as box:
        await box.add("Songs", 60, tag_id=TAGS[0])

        async def fail(*_: object) -> NoReturn:
            raise Unavailable("the library cannot be read: Input/output error")

        with monkeypatch.context() as patched:
            patched.setattr(box.services.librarian._store, "read", fail)
            patched.setattr(box.services.librarian._store, "write", fail)
            await box.tap(TAGS[0], seconds=10)
            await box.tap("DEADBEEF")
        await box.tap(TAGS[0])
        await trio.sleep(1)
        assert box.state == "playing"


@pytest.mark.parametrize(
    "error", [FileNotFoundError(2, "gone"), LookupError("a defect"), OSError(24, "no descriptors")]
)
async def test_whatever_a_service_meets_with_the_music_goes_on_and_the_service_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    async with virtual_box(tmp_path, inbox_watch_s=10) as box:
        await box.add("Songs", 600, tag_id=TAGS[0])
        box.reader.place(TAGS[0])

        async def fail(*_: object) -> NoReturn:
            raise error

        def states() -> tuple[str, str]:
            return box.services.board.details()["inbox"].state, box.services.board.overall

        with monkeypatch.context() as patched:
            patched.setattr(box.services.importer, "empty_inbox", fail)
            await trio.sleep(80)
            assert states() == ("down", "degraded")
            assert str(error) in str(box.services.board.details()["inbox"].last_error)
        await trio.sleep(130)
        assert states() == ("up", "healthy")
        assert box.state == "playing"


async def test_a_defect_in_the_core_ends_the_box_with_its_position_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*_: object) -> NoReturn:
        raise LookupError("a defect")

    with pytest.RaisesGroup(LookupError, flatten_subgroups=True):
        async with virtual_box(tmp_path) as box:
            await box.add("Songs", 600, tag_id=TAGS[0])
            box.reader.place(TAGS[0])
            await trio.sleep(41)
            monkeypatch.setattr(box.services.deck, "_reply", defect)
            await box.services.deck.next()
    monkeypatch.undo()
    async with virtual_box(tmp_path) as again:
        assert again.services.deck.state(0).position_ms == pytest.approx(41_000, abs=200)
