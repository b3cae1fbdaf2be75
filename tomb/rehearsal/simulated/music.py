"""Files that hold as much sound as one likes, and take next to no room."""

import struct
from pathlib import Path

RATE = 8000


def sparse_wav(path: Path, seconds: float, *, salt: str = "") -> Path:
    """Silence in a file that takes no room however long it lasts; `salt` makes its content its own."""
    frames = round(seconds * RATE)
    head = _head(frames, salt)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + frames)
    return path


def wav_bytes(seconds: float, *, salt: str = "") -> bytes:
    """What `sparse_wav` writes."""
    frames = round(seconds * RATE)
    return _head(frames, salt) + bytes(frames)


def _head(frames: int, salt: str) -> bytes:
    note = salt.encode()
    note += b"\0" * (len(note) % 2)
    chunks = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, RATE, RATE, 1, 8)
    chunks += b"note" + struct.pack("<I", len(note)) + note
    return (
        b"RIFF"
        + struct.pack("<I", 4 + len(chunks) + 8 + frames)
        + b"WAVE"
        + chunks
        + b"data"
        + struct.pack("<I", frames)
    )
