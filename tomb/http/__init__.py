"""The doors: routes, sockets, pages."""

import sys
from types import ModuleType

# Hypercorn loads HTTP/2 whether it is spoken or not, and here it never is (`nurseries.http1` says why): 2 MB, and 15 ms
# of each start. What it asks of the module is the name of a class; what it asks of the library are annotations.
if "h2" not in sys.modules:
    for name in ("h2", "h2.events", "hypercorn.protocol.h2"):
        sys.modules[name] = ModuleType(name)
    vars(sys.modules["hypercorn.protocol.h2"])["H2Protocol"] = None
