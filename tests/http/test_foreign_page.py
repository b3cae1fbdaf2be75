"""A stranger's page in a real browser, on the same computer as the box: it may try what it likes and changes nothing.

The page lies on another port (another origin) or, as after DNS rebinding, at a stranger's name that leads to the box.
It tries all the ways by which pages reach other servers, and reports what came of each to its own server.
"""

import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import trio

from tests.rigs.listener import listening
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Box, call, serving
from tomb.nurseries.web import serve_web

BROWSER = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--host-resolver-rules=MAP evil.example 127.0.0.1")  # fmt: skip
SILENT = ("--audio", "silent", "--reader", "virtual")
ATTEMPTS = ("json", "plain", "blind", "empty", "put", "delete", "cookies", "read", "polling")
BLIND = {"beacon": "true", "form": "load"}  # these tell a page only that they were tried

PAGE = Path(__file__).with_name("stranger.html")


class Stranger:
    """A server of the page; `report` is what the page told of its attempts."""

    def __init__(self) -> None:
        self.page = PAGE.read_text()
        self.box = ""
        self.url = ""
        self.report: dict[str, str] = {}
        self.reported = trio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        if scope["path"] == "/report":
            self.report = json.loads(body)
            self.reported.set()
        page = self.page.replace("BOX", self.box).encode()
        headers = [(b"content-type", b"text/html"), (b"content-length", str(len(page)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": page})


@asynccontextmanager
async def browser(folder: Path, address: str) -> AsyncIterator[trio.Process]:
    command = [*BROWSER, f"--user-data-dir={folder}", "--remote-debugging-port=0", address]
    process = await trio.lowlevel.open_process(command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
    try:
        yield process
    finally:
        with trio.CancelScope(shield=True):
            process.send_signal(signal.SIGTERM)
            with trio.move_on_after(10):
                await process.wait()
            if process.returncode is None:
                process.kill()
                await process.wait()


@asynccontextmanager
async def stranger_there() -> AsyncIterator[Stranger]:
    stranger = Stranger()
    async with trio.open_nursery() as nursery:
        [address] = await nursery.start(partial(serve_web, stranger, hosts=["127.0.0.1"], port=0))
        stranger.url = f"http://evil.example:{address.port}"
        yield stranger
        nursery.cancel_scope.cancel()


async def attacked(folder: Path, stranger: Stranger, box: Box) -> dict[str, str]:
    """What the stranger's page could do with the box."""
    stranger.box = box.url
    async with browser(folder, f"{stranger.url}/"):
        with trio.fail_after(PATIENCE_S):
            await stranger.reported.wait()
    return stranger.report


async def test_a_stranger_s_page_changes_nothing(tmp_path: Path) -> None:
    async with stranger_there() as stranger, serving(tmp_path / "data", *SILENT) as box:
        await box.post("/api/playlists/sync")  # waits for the one that a start begins with
        async with listening(box.port, "playlists") as listener:
            await box.post("/api/playlists", {"title": "Mine"})
            await listener.until("state:playlists", lambda told: "Mine" in str(told))  # after which none is due
        before = (await box.get("/api/playlists")).body
        report = await attacked(tmp_path / "browser", stranger, box)
        after = (await box.get("/api/playlists")).body
        assert report == {**dict.fromkeys(ATTEMPTS, "refused: TypeError"), **BLIND, "socket": "error"}
        assert after["server_seq"] == before["server_seq"]  # not one event: nothing at all has changed
        assert after["data"] == before["data"]
        assert box.welcome.count(" is up") == 1


async def test_what_keeps_it_out_is_the_box_and_not_the_browser(tmp_path: Path) -> None:
    """The same page, let in by the operator: now its attempts come through, but for those that are no JSON."""
    async with stranger_there() as stranger:
        friend = {"TOMB_CORS_ORIGINS": stranger.url}
        async with serving(tmp_path / "data", *SILENT, env=friend) as box:
            report = await attacked(tmp_path / "browser", stranger, box)
            wanted = {"json": "201", "plain": "415", "put": "200", "delete": "200", "cookies": "200", "read": "200"}
            wanted |= {"polling": "200", "socket": "open", "blind": "opaque", "empty": "opaque"}
            assert {name: report[name] for name in wanted} == wanted
            titles = [each["title"] for each in (await box.get("/api/playlists")).data["playlists"]]
            assert titles.count("stranger") == 1


async def test_a_stranger_s_name_for_the_box_leads_nowhere(tmp_path: Path) -> None:
    async with serving(tmp_path / "data", *SILENT) as box:
        rebound = {"Host": f"evil.example:{box.port}", "Origin": f"http://evil.example:{box.port}"}
        for method in ("GET", "POST"):
            for path in ("/", "/api/playlists", "/socket.io/?EIO=4&transport=polling", "/api/player/play"):
                assert (await call(box.port, method, path, headers=rebound)).status == 403
