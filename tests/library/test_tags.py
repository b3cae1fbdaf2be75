"""Tags that nobody linked are remembered for a while, those that somebody did for ever."""

from pathlib import Path
from random import Random

import pytest
import trio
from trio.testing import MockClock

from tests.rigs.library import Stage, opened
from tomb.errors import Conflict, NotFound
from tomb.library.tags import STRANGERS_KEPT
from tomb.models import PlaylistLite, TagAction
from tomb.nurseries.journal import Notes
from tomb.ports import VirtualPorts


async def test_strangers_do_not_fill_the_table(tmp_path: Path, autojump_clock: MockClock) -> None:
    ports = VirtualPorts()
    async with opened(tmp_path, ports=ports) as stage:
        made = await stage.fill("Songs", [])
        await stage.librarian.link_tag("04AA", made.id)
        await stage.librarian.assign_tag("04BB", TagAction(action="volume_up", step=10))
        for number in range(STRANGERS_KEPT + 20):
            await stage.librarian.note(Notes(seen={f"08{number:06X}": ports.wall()}))
            await trio.sleep(1)
        known = {tag.tag_id for tag in await stage.librarian.tags()}
    assert known == {"04AA", "04BB", *(f"08{number:06X}" for number in range(20, STRANGERS_KEPT + 20))}


async def test_a_name_stays_whatever_the_tag_is_used_for(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [])
        named = await stage.librarian.name_tag("04AA", "The red fox")
        assert (named.name, named.playlist_id, named.action) == ("The red fox", None, None)
        assert (await stage.librarian.link_tag("04AA", made.id)).name == "The red fox"
        for number in range(STRANGERS_KEPT + 1):
            await stage.librarian.note(Notes(seen={f"08{number:06X}": float(number)}))
        await stage.librarian.delete(made.id)
        await stage.librarian.note(Notes(seen={"04BB": 2e9}))
        assert (await stage.librarian.assign_tag("04AA", TagAction(action="next"))).name == "The red fox"
        assert (await stage.librarian.name_tag("04AA", None)).action == TagAction(action="next")
        assert (await stage.librarian.forget_tag("04AA")).name is None


async def test_a_tag_that_is_unlinked_keeps_its_name_and_nothing_else(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [])
        for name in ("The red fox", None):
            await stage.librarian.link_tag("04AA", made.id)
            await stage.librarian.name_tag("04AA", name)
            assert (await stage.librarian.unlink_tag("04AA")).playlist_id == made.id
            assert stage.librarian.lite(made.id).nfc_tag_id is None
            left = await stage.librarian.tag("04AA")
            assert (left and (left.name, left.playlist_id, left.action)) == (name and (name, None, None))
        await stage.librarian.assign_tag("04AA", TagAction(action="sleep_timer", minutes=20))
        await stage.librarian.name_tag("04AA", "The moon")
        await stage.librarian.unlink_tag("04AA")
        assert (await stage.librarian.forget_tag("04AA")).name == "The moon"
        assert await stage.librarian.tag("04AA") is None


async def test_a_tag_that_is_seen_keeps_its_use(tmp_path: Path, autojump_clock: MockClock) -> None:
    ports = VirtualPorts()
    async with opened(tmp_path, ports=ports) as stage:
        tag = await stage.librarian.assign_tag("04BB", TagAction(action="sleep_timer", minutes=20))
        assert tag.last_seen is None
        await trio.sleep(5)
        await stage.librarian.note(Notes(seen={"04BB": ports.wall()}))
        seen = await stage.librarian.tag("04BB")
        assert seen is not None
        assert (seen.action, seen.last_seen) == (tag.action, tag.created_at + 5)
        assert stage.news() == []


async def test_a_playlist_has_as_many_tags_as_are_linked_to_it_in_that_order(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        made = await stage.fill("Songs", [])
        for tag_id in ("04BB", "04AA", "04CC", "04BB"):  # one that is linked already stays where it is
            await stage.librarian.link_tag(tag_id, made.id)
    async with opened(tmp_path) as again:
        lite = again.librarian.lite(made.id)
        assert (lite.tag_ids, lite.nfc_tag_id) == (("04BB", "04AA", "04CC"), "04CC")
        for tag_id in lite.tag_ids:
            assert again.librarian.tag_use(tag_id) == lite
        await again.librarian.unlink_tag("04CC")
        assert again.librarian.lite(made.id).nfc_tag_id == "04AA"
        assert again.librarian.tag_use("04CC") is None


async def test_a_tag_takes_the_place_of_another_in_one_step_which_both_lists_hear_of(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        old, new = await stage.fill("Old", []), await stage.fill("New", [])
        await stage.librarian.link_tag("04AA", new.id)
        await stage.librarian.name_tag("04AA", "The lost card")
        await stage.librarian.link_tag("04CC", new.id)
        await stage.librarian.link_tag("04BB", old.id)
        stage.news()
        with pytest.raises(Conflict):
            await stage.librarian.link_tag("04BB", new.id, replaces="04AA")
        with pytest.raises(NotFound):
            await stage.librarian.link_tag("04BB", new.id, override=True, replaces="04FF")
        assert stage.librarian.lite(new.id).tag_ids == ("04AA", "04CC")
        assert stage.told == []
        await stage.librarian.link_tag("04BB", new.id, override=True, replaces="04AA")
        told = [each["data"] for each in stage.bodies() if each["event_type"] == "state:playlist"]
        lists = [(each["id"], each["tag_ids"], each["nfc_tag_id"]) for each in told]  # type: ignore[index]  # JSON
        assert lists == [(old.id, [], None), (new.id, ["04CC", "04BB"], "04BB")]
        lost = await stage.librarian.tag("04AA")
        assert lost is not None
        assert (lost.name, lost.playlist_id) == ("The lost card", None)


async def test_a_card_that_does_something_else_is_replaced_too(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.librarian.assign_tag("04AA", TagAction(action="next"))
        await stage.librarian.assign_tag("04BB", TagAction(action="next"), replaces="04AA")
        assert (stage.librarian.tag_use("04AA"), stage.librarian.tag_use("04BB")) == (None, TagAction(action="next"))


async def test_the_tag_that_was_linked_last_is_the_newest_though_the_clock_went_back(tmp_path: Path) -> None:
    ports = VirtualPorts()
    async with opened(tmp_path, ports=ports) as stage:
        made = await stage.fill("Songs", [])
        await stage.librarian.link_tag("04AA", made.id)
        ports.wall = lambda: 0.0  # type: ignore[method-assign]  # no clock of its own, and no network yet
        await stage.librarian.link_tag("04BB", made.id)
        assert stage.librarian.lite(made.id).nfc_tag_id == "04BB"


@pytest.mark.parametrize("seed", range(10))
async def test_what_a_tag_is_for_is_known_by_heart_and_is_what_the_database_says(seed: int, tmp_path: Path) -> None:
    chance, tags = Random(seed), ("04AA", "04BB", "04CC", "04DD")
    async with opened(tmp_path) as stage:
        for _ in range(40):
            lites = stage.librarian.lites()
            tag_id, override = chance.choice(tags), chance.random() < 0.5
            try:
                match chance.choice(("create", "delete", "link", "link", "link", "assign", "forget")):
                    case "delete" if lites:
                        await stage.librarian.delete(chance.choice(lites).id)
                    case "link" if lites:
                        await stage.librarian.link_tag(tag_id, chance.choice(lites).id, override=override)
                    case "assign":
                        await stage.librarian.assign_tag(tag_id, TagAction(action="next"), override=override)
                    case "forget":
                        await stage.librarian.forget_tag(tag_id)
                    case _:
                        await stage.librarian.create("Songs")
            except (Conflict, NotFound):
                pass
            await _by_heart(stage, tags)
    async with opened(tmp_path) as again:
        await _by_heart(again, tags)


async def _by_heart(stage: Stage, tags: tuple[str, ...]) -> None:
    for tag_id in tags:
        tag, use = await stage.librarian.tag(tag_id), stage.librarian.tag_use(tag_id)
        known = (use.id, None) if isinstance(use, PlaylistLite) else (None, use)
        assert known == ((tag.playlist_id, tag.action) if tag else (None, None))
