"""The doors: routes, sockets, pages.

Libraries load a good deal for others: of what a box speaks with, 8 MB and 65 ms of each start. What is left out of them
is an empty module while they are being loaded; whoever asks for it afterwards gets it as it is. (Quart: `frame`.)
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


class _Empty(ModuleType):
    """Each of its names is a class to derive from, to annotate with or to hold, that can do nothing."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


@contextmanager
def left_out(*names: str) -> Iterator[None]:
    """Let these modules be empty for whoever is loaded meanwhile, unless they are there already."""
    empty = {name: _Empty(name) for name in names if name not in sys.modules}
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name in empty:
            del sys.modules[name]


# A server and a client for tests of their own, and HTTP/2, which is never spoken here (`nurseries.http1` says why).
with left_out("werkzeug.serving", "werkzeug.test"):
    import werkzeug  # noqa: F401  # for what comes with it
with left_out("h2", "h2.events", "hypercorn.protocol.h2", "multiprocessing.synchronize"):
    import hypercorn.trio  # noqa: F401  # likewise
