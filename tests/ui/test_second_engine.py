"""The first day once more in WebKitGTK, the engine next to a phone's Safari: load, upload, reorder, link, play."""

from pathlib import Path

import pytest
import trio

from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import LOOK_S, Box, serving
from tests.rigs.sounds import noise, write
from tests.rigs.webkit import Page, webkit

TAG = "04A1B2C3"
SMALL, LARGE = (447, 884), (1280, 860)  # the browser's own toolbar makes it no narrower
WATCH = """
window.wrong = []
addEventListener('error', event => wrong.push(String(event.message)))
addEventListener('unhandledrejection', event => wrong.push(String(event.reason)))
document.addEventListener('securitypolicyviolation', event => wrong.push(event.violatedDirective + event.blockedURI))
const error = console.error
console.error = (...all) => { wrong.push(all.join(' ')); error(...all) }
"""


def button(name: str) -> str:
    return f"//main//button[normalize-space()='{name}' or @aria-label='{name}'] | {in_dialog(name)}"


def in_dialog(name: str) -> str:
    return f"//dialog//button[normalize-space()='{name}' or @aria-label='{name}']"


def heading(words: str) -> str:
    return f"//h1[contains(., '{words}')] | //h2[contains(., '{words}')]"


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(("width", "height"), [SMALL, LARGE])
async def test_from_an_empty_box_to_a_tag_that_plays(width: int, height: int, tmp_path: Path) -> None:
    songs = [write(tmp_path / f"{name}.wav", noise(seconds)) for name, seconds in (("Abend", 1), ("La Le Lu", 60))]
    async with (
        serving(tmp_path / "data", "--audio", "silent", "--reader", "virtual") as box,
        webkit(width, height) as page,
    ):
        await page.go(box.url)
        await page.see(heading("Hello!"))
        await page.click("//button[@aria-label='End the welcome']")
        await page.see(heading("put some music in"))
        await page.run(WATCH)
        playlist = await make(page, box, "Lullabies")
        await upload(page, songs)
        await until_titles(box, playlist, ["Abend", "La Le Lu"])
        await by_menu(page, "La Le Lu", "Move up")
        await page.see("//ol/li[1][contains(., 'La Le Lu')]")
        await page.see("//ol/li[2][contains(., 'Abend')]")
        await until_titles(box, playlist, ["La Le Lu", "Abend"])  # shown at once, while the box is still being asked
        await link(page, box)
        await tap(box)
        await page.see("//section[@aria-label='Now playing'][contains(., 'La Le Lu')]")
        await page.click("//section[@aria-label='Now playing']//button[@aria-label='Pause']")
        await box.until_player(lambda player: player["state"] == "paused")
        assert await page.run("return document.documentElement.scrollWidth <= innerWidth")
        assert await page.run("return wrong") == []


async def make(page: Page, box: Box, title: str) -> str:
    await page.click("//button[contains(., 'Make a playlist')]")
    await page.type("//dialog//input", title)
    await page.click(in_dialog("Create"))
    await page.see(heading(title))
    return str((await box.get("/api/playlists")).data["playlists"][0]["id"])


async def upload(page: Page, files: list[Path]) -> None:
    await page.click(button("Add music"))
    await page.see(in_dialog("Choose files"))
    await page.type("//dialog//input[@type='file'][not(@webkitdirectory)]", "\n".join(map(str, files)))
    await page.see(f"//*[contains(text(), '{len(files)} of {len(files)} files')]")
    await page.click(in_dialog("Done"))


async def by_menu(page: Page, track: str, action: str) -> None:
    await page.click(button(f"More for {track}"))
    await page.click(in_dialog(action))


async def link(page: Page, box: Box) -> None:
    await page.click(button("Link a tag"))
    await page.see("//dialog//*[@role='timer']")
    await place(box)
    await page.see("//dialog//*[contains(text(), 'Tag 04 A1 B2 C3 plays “Lullabies”.')]")
    await lift(box)
    await page.click(in_dialog("Done"))


async def tap(box: Box) -> None:
    await place(box)
    await box.until_player(lambda player: player["is_playing"])
    await lift(box)


async def place(box: Box) -> None:
    assert (await box.put("/api/reader/tag", {"tag_id": TAG})).status == 200


async def lift(box: Box) -> None:
    """Until the box has seen it go: a tag that is back sooner never left."""
    assert (await box.delete("/api/reader/tag")).status < 300
    with trio.fail_after(PATIENCE_S):
        while (await box.get("/api/nfc/status")).data["tag_present"] is not None:
            await trio.sleep(LOOK_S)


async def until_titles(box: Box, playlist: str, wanted: list[str]) -> None:
    titles: list[str] = []
    with trio.move_on_after(PATIENCE_S):
        while titles != wanted:
            await trio.sleep(LOOK_S)
            titles = [track["title"] for track in (await box.get(f"/api/playlists/{playlist}")).data["tracks"]]
    assert titles == wanted
