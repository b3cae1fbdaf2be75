"""A whole box on virtual time, and a client of its HTTP side."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from tests.rigs.box import VirtualBox, virtual_box
from tomb.http.app import ROUTES, make_app
from tomb.http.routes import Route
from tomb.http.ui import WebUi
from tomb.rehearsal.requests import Client


@asynccontextmanager
async def served_box(
    folder: Path, routes: tuple[Route, ...] = ROUTES, **options: Any
) -> AsyncIterator[tuple[VirtualBox, Client]]:
    """A whole box on virtual time, and a client of it. `options`: as `virtual_box` has them; without rate limits unless
    named.

    Its web UI is what lies in `folder/static`: nothing, if the test has put nothing there.
    """
    async with virtual_box(folder, **({"rate_limits": "off"} | options)) as box, trio.open_nursery() as nursery:
        app = make_app(box.services, routes, WebUi(folder / "static"))
        await nursery.start(app.run)
        yield box, Client(app)
        nursery.cancel_scope.cancel()
