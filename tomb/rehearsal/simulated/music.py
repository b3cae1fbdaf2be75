"""Files that hold as much sound as one likes, and take next to no room."""

import hashlib
import struct
from pathlib import Path

RATE = 8000
NEVER_SILENT = bytes(129 if value == 128 else value for value in range(256))  # of samples without a sign


def sparse_wav(path: Path, seconds: float, *, salt: str = "") -> Path:
    """Silence in a file that takes no room however long it lasts; `salt` makes its content its own."""
    frames = round(seconds * RATE)
    head = _head(frames, salt)
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + frames)
    return path


def noise_wav(path: Path, seconds: float, *, salt: str) -> Path:
    """Noise that is another one for each salt, and never silent: what is heard of it can be found in it."""
    frames = round(seconds * RATE)
    noise = hashlib.shake_256(salt.encode()).digest(frames)
    path.write_bytes(_head(frames, salt) + noise.translate(NEVER_SILENT))
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
