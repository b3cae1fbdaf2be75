"""What is sent to the box: a small pool of sounds, so that the same content comes again and again, and a picture."""

import hashlib
import io
import struct
import wave
import zlib
from dataclasses import dataclass
from random import Random

RATE = 8000


@dataclass(frozen=True, slots=True)
class Sound:
    """A whole WAV file."""

    content: bytes
    sha: str


class Pool:
    def __init__(self, seed: int, size: int = 24) -> None:
        random = Random(seed)
        self._sounds = [made(random, random.choice((0.2, 1.0, 4.0, 30.0))) for _ in range(size)]
        self._shas = {each.content: each.sha for each in self._sounds}

    def pick(self, random: Random) -> Sound:
        return random.choice(self._sounds)

    def fresh(self, random: Random) -> Sound:
        """One that nobody had, and that is not picked."""
        sound = made(random, 0.2)
        self._shas[sound.content] = sound.sha
        return sound

    def sha(self, content: bytes) -> str:
        """Of a sound that came from here."""
        return self._shas[content]


def made(random: Random, seconds: float) -> Sound:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(1)
        writer.setframerate(RATE)
        writer.writeframes(random.randbytes(round(seconds * RATE)))
    content = file.getvalue()
    return Sound(content, hashlib.sha256(content).hexdigest())


def picture(random: Random) -> bytes:
    """A PNG of 8 by 8 pixels in one of a few colours (ISO/IEC 15948)."""
    rows = (b"\0" + bytes(random.choices((0, 128, 255), k=3)) * 8) * 8
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
