"""What a power cut must not take."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """What is in a file, or the names in a folder, survive a power cut from now on. Raises: OSError."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
