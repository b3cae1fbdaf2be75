"""Pictures for tests: proper ones by Pillow, and such as nobody means well with."""

import struct
import zlib
from collections.abc import Iterable
from io import BytesIO

from PIL import Image
from PIL.Image import Exif

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
ORIENTATION = 0x0112
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
Colour = tuple[int, int, int]


def plain(width: int, height: int, colour: Colour = RED, kind: str = "PNG", mode: str = "RGB") -> bytes:
    return encoded(Image.new(mode, (width, height), colour), kind)


def halves(width: int, height: int) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned(orientation: int) -> bytes:
    """A JPEG of red and blue halves, 40 by 20 pixels as it is stored, that EXIF says to turn."""
    exif = Exif()
    exif[ORIENTATION] = orientation
    return encoded(halves(40, 20), "JPEG", exif=exif, quality=95)


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def chunk(name: bytes, data: bytes) -> bytes:
    """ISO/IEC 15948, section 5.3."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, *extra: bytes, rows: bytes | None = None) -> bytes:
    """In 8 bits of grey; with `rows` compressed as they are, or black."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    content = zlib.compress(bytes(height * (width + 1))) if rows is None else rows
    return PNG_HEAD + header + b"".join(extra) + chunk(b"IDAT", content) + chunk(b"IEND", b"")


def deflated_zeros(count: int) -> bytes:
    """So many zeros, a thousandth as long."""
    packer = zlib.compressobj(9)
    block = bytes(1024 * 1024)
    whole = [packer.compress(block[: min(len(block), count - start)]) for start in range(0, count, len(block))]
    return b"".join(whole) + packer.flush()


def many_frames_gif(count: int) -> bytes:
    """GIF89a, appendix; each frame the same pixel, in red."""
    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes((*RED, 0, 0, 0))
    frame = (
        b"\x21\xf9\x04\x00\x01\x00\x00\x00" + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    )
    return head + frame * count + b"\x3b"


def many_frames_png(count: int) -> bytes:
    """An APNG: its first picture is the default one, the others are chunks that other readers pass over."""
    animated = chunk(b"acTL", struct.pack(">II", count, 0))
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 10, 0, 0))
    pixel = zlib.compress(bytes(2))
    return PNG_HEAD + b"".join(_apng(count, animated, frame, pixel))


def _apng(count: int, animated: bytes, frame: bytes, pixel: bytes) -> Iterable[bytes]:
    yield chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + animated + frame + chunk(b"IDAT", pixel)
    for number in range(1, count):
        yield chunk(b"fcTL", struct.pack(">IIIIIHHBB", 2 * number - 1, 1, 1, 0, 0, 1, 10, 0, 0))
        yield chunk(b"fdAT", struct.pack(">I", 2 * number) + pixel)
    yield chunk(b"IEND", b"")
