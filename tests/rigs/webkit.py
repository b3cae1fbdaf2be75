"""WebKitGTK, the engine next to a phone's Safari that Debian has, driven by WebDriver (W3C) over plain HTTP.

    async with webkit(390, 844) as page:
        await page.go(box.url)
        await page.click("//button[.='New playlist']")

It draws on a virtual screen of its own. The screen, the driver and the browser end with the block.
"""

import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from typing import Any

import trio

from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Answer, call

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key of a reference to an element, as the standard has it
LOOK_S = 0.1
NOT_YET = {"element not interactable", "element click intercepted", "stale element reference"}


class Refused(Exception):
    """What the driver did not do; `why` is the standard's word for it."""

    def __init__(self, why: str, words: str) -> None:
        super().__init__(f"{why}: {words}")
        self.why = why


class Page:
    """The one page. Elements are found by XPath, and waited for."""

    def __init__(self, port: int, session: str) -> None:
        self._port = port
        self._session = session

    async def resize(self, width: int, height: int) -> None:
        """The window. Its toolbar is 38 px high, and at least 447 wide."""
        await self._ask("POST", "window/rect", {"x": 0, "y": 0, "width": width, "height": height})

    async def go(self, url: str) -> None:
        await self._ask("POST", "url", {"url": url})

    async def run(self, script: str, *arguments: object) -> Any:
        """What the function's body returns."""
        return await self._ask("POST", "execute/sync", {"script": script, "args": arguments})

    async def see(self, path: str) -> str:
        """The element, once it is there."""
        with trio.fail_after(PATIENCE_S):
            while not (found := await self._ask("POST", "elements", {"using": "xpath", "value": path})):
                await trio.sleep(LOOK_S)
        return str(found[0][ELEMENT])

    async def click(self, path: str) -> None:
        """As a finger does: what still moves, or lies under something else, is not hit, and tried again."""
        with trio.fail_after(PATIENCE_S):
            while True:
                try:
                    await self._ask("POST", f"element/{await self.see(path)}/click", {})
                    return
                except Refused as refused:
                    if refused.why not in NOT_YET:
                        raise
                    await trio.sleep(LOOK_S)

    async def type(self, path: str, text: str) -> None:
        """Into a field; into one for files, their paths, a line each."""
        await self._ask("POST", f"element/{await self.see(path)}/value", {"text": text})

    async def picture(self) -> str:
        """PNG, in base64."""
        return str(await self._ask("GET", "screenshot"))

    async def _ask(self, method: str, what: str, body: object = None) -> Any:
        return _value(await call(self._port, method, f"/session/{self._session}/{what}", body))


@asynccontextmanager
async def webkit(width: int, height: int) -> AsyncIterator[Page]:
    async with _screen(width, height) as display:
        with TemporaryDirectory() as home:
            # Its sandbox needs what root in a container has not; only the box's own pages are opened.
            alone = {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"} if os.geteuid() == 0 else {}
            env = (
                os.environ
                | alone
                | {"DISPLAY": display, "HOME": home, "XDG_RUNTIME_DIR": home, "LIBGL_ALWAYS_SOFTWARE": "1"}
            )
            async with _driver(env) as port:
                wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": _browser()}}}
                session = _value(await call(port, "POST", "/session", wanted))["sessionId"]
                try:
                    page = Page(port, session)
                    await page.resize(width, height)
                    yield page
                finally:
                    with trio.CancelScope(shield=True), trio.move_on_after(5):
                        await call(port, "DELETE", f"/session/{session}")


def _browser() -> dict[str, object]:
    found = next(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"))
    return {"binary": str(found), "args": ["--automation"]}


@asynccontextmanager
async def _screen(width: int, height: int) -> AsyncIterator[str]:
    """Its name. The server picks the number itself, and writes it when it is ready."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
    process = await trio.lowlevel.open_process(command, pass_fds=[write], stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
    os.close(write)
    try:
        async with trio.lowlevel.FdStream(read) as said:
            with trio.fail_after(PATIENCE_S):
                number = b""
                while not number.endswith(b"\n"):
                    number += await said.receive_some() or b"\n"
        yield f":{number.decode().strip()}"
    finally:
        await _end(process)


@asynccontextmanager
async def _driver(env: dict[str, str]) -> AsyncIterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await trio.lowlevel.open_process(
        ["WebKitWebDriver", f"--port={port}", "--host=127.0.0.1"],
        env=env,
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    try:
        with trio.fail_after(PATIENCE_S):
            while not await _answers(port):
                await trio.sleep(LOOK_S)
        yield port
    finally:
        await _end(process)


async def _answers(port: int) -> bool:
    try:
        return (await call(port, "GET", "/status")).status == 200
    except OSError:
        return False


async def _end(process: trio.Process) -> None:
    with trio.CancelScope(shield=True):
        if process.poll() is None:
            process.terminate()
        with trio.move_on_after(5):
            await process.wait()
        if process.poll() is None:
            process.kill()
            await process.wait()


def _value(answer: Answer) -> Any:
    value = json.loads(answer.content)["value"]
    if answer.status != 200:
        raise Refused(value["error"], value["message"])
    return value
