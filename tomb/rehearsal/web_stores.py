"""The web UI's own stores as a client: run by Node, in lock-step over a pipe. One line in, one line out.

They have no clock: what they hear comes with its time. So they are as deterministic as all the rest. They are there in
a checkout with Node and the web UI's modules (`scripts/ui modules`); a package has neither their sources nor their
tools.
"""

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trio

from tomb.ports import Ports

WEB = Path(__file__).parents[2] / "web"
BUNDLING_S = 60.0


class NoStores(Exception):
    """They cannot be run here: its message says why."""


@cache
def _bundle() -> str:
    """A module for Node. Raises NoStores."""
    if not (WEB / "node_modules/vite").exists():
        raise NoStores(f"the web UI's stores need its sources and its modules in {WEB} (scripts/ui modules)")
    with TemporaryDirectory(prefix="tomb-stores-") as folder:
        command = ("node", WEB / "scripts/stores.mjs", folder)
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=BUNDLING_S)
        except FileNotFoundError:
            raise NoStores("the web UI's stores need Node, and there is none") from None
        except subprocess.CalledProcessError as error:
            raise NoStores(f"the web UI's stores cannot be bundled: {error.stderr.strip()}") from None
        return (Path(folder) / "stores.mjs").read_text(encoding="utf-8")


class WebView:
    """What the page shows: as `views.View`, by the page's own code. Raises NoStores."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        command = ("node", "--input-type=module", "--eval", _bundle())
        self._node = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def take(self, event_type: str, payload: Mapping[str, Any]) -> None:
        message = {"name": event_type, "data": payload}
        self._ask(
            {"does": "hear", "message": message, "now": trio.current_time() * 1000, "wall": self._ports.wall() * 1000}
        )

    def forget(self) -> None:
        self._ask({"does": "forget"})

    def shown(self) -> Mapping[str, Any]:
        """`player`, `playlists`, `opened`, `machines`; `session`: the state of the one that lives; `present`: the tag
        that lies there."""
        shown: Mapping[str, Any] = self._ask({"does": "show"})
        return shown

    def close(self) -> None:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.close()
        self._node.stdout.close()
        self._node.wait()

    def _ask(self, line: Mapping[str, Any]) -> Any:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps(line) + "\n")
        self._node.stdin.flush()
        answer = self._node.stdout.readline()
        if not answer:
            raise RuntimeError("the web UI's stores died: their words are above")
        return json.loads(answer)
