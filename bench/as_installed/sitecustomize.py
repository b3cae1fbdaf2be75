"""Makes a child's environment that of a box.

The Socket.IO codecs import these two wherever they find them, and only the developers' packages bring them: 6 MB that
a box does not have.
"""

import sys

for name in ("requests", "websocket"):
    sys.modules[name] = None  # type: ignore[assignment]  # documented: makes the import raise ImportError
