"""What the C library keeps back for itself. The calls are glibc's; with another library nothing is done.

Measured on a box with 200 playlists and its sound through PulseAudio: 4 MB of 90 idle, 4 MB of 94 after playing.
"""

import ctypes

M_ARENA_MAX = -8  # malloc.h


def keep_one_heap() -> None:
    """To be called before there are threads: glibc gives each its own heap, and none can use what another one freed."""
    _call("mallopt", M_ARENA_MAX, 1)


def give_back() -> None:
    """Hand unused pages back to the kernel: a start takes a good deal that is never needed again."""
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    function = getattr(ctypes.CDLL(None), name, None)
    if function is not None:
        function(*arguments)
