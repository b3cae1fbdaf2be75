"""Tags that nobody linked are remembered for a while, those that somebody did for ever."""

from pathlib import Path

import trio
from trio.testing import MockClock

from tests.rigs.library import opened
from tomb.library.tags import STRANGERS_KEPT
from tomb.models import TagAction


async def test_strangers_do_not_fill_the_table(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [])
        await stage.librarian.link_tag("04AA", made.id)
        await stage.librarian.assign_tag("04BB", TagAction(action="volume_up", step=10))
        for number in range(STRANGERS_KEPT + 20):
            await stage.librarian.see_tag(f"08{number:06X}")
            await trio.sleep(1)
        known = {tag.tag_id for tag in await stage.librarian.tags()}
    assert known == {"04AA", "04BB", *(f"08{number:06X}" for number in range(20, STRANGERS_KEPT + 20))}


async def test_a_tag_that_is_seen_keeps_its_use(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with opened(tmp_path) as stage:
        tag = await stage.librarian.assign_tag("04BB", TagAction(action="sleep_timer", minutes=20))
        assert tag.last_seen is None
        await trio.sleep(5)
        await stage.librarian.see_tag("04BB")
        seen = await stage.librarian.tag("04BB")
        assert seen is not None
        assert (seen.action, seen.last_seen) == (tag.action, tag.created_at + 5)
        assert stage.news() == []


async def test_a_new_tag_replaces_the_one_that_a_playlist_had(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [])
        await stage.librarian.link_tag("04AA", made.id)
        await stage.librarian.link_tag("04BB", made.id)
        assert stage.librarian.lite(made.id).nfc_tag_id == "04BB"
        assert await stage.librarian.tag_owner("04AA") is None
