"""Pictures of albums, made anew from what came with the music: small, upright and without anything but the picture.

Pillow decodes (its own code and libjpeg-turbo, libwebp, zlib; 6 MB and 15 MB). A picture is anybody's, and decoders
have been talked into much: so only the examiner calls this, in a child that may die of it. What the box keeps and
serves was written here; no byte of the picture that came is in it.
"""

import warnings
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = 20 * 1024 * 1024  # bytes of a picture as it comes
PIXELS = 50_000_000  # of it, decoded; 4 bytes each
SIDE = 600  # pixels of a picture as it is kept, at most
PAPER = (251, 248, 242)  # the web UI's

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_STEMS = ("cover", "folder", "front")
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")


class Picture(Struct, frozen=True):
    data: bytes
    ext: Literal["jpg", "png", "webp"]


class NoPicture(Exception):
    """What came is none that the box takes; in words for a parent why."""


def taken(data: bytes) -> Picture:
    """At most `SIDE` pixels wide and high, turned as EXIF says: a JPEG, or a PNG if one can see through it.

    Takes JPEG, PNG, WebP, GIF, BMP and TIFF, of which the first frame. Raises NoPicture for all that is none of these,
    cannot be decoded to its end, or is too large.
    """
    if len(data) > LARGEST:
        raise NoPicture(f"it is larger than {LARGEST // 2**20} MiB")
    try:
        return _made_anew(data)
    except NoPicture:
        raise
    # Pillow's decoders stumble in as many ways as files are broken: OSError, SyntaxError, ValueError, struct.error,
    # MemoryError and more. Whatever it is, it is no picture.
    except Exception as error:  # the boundary to a foreign decoder, see above
        raise NoPicture("it is damaged") from error


def scaled(data: bytes) -> Picture | None:
    """What `taken` gives; None for what it does not take."""
    with suppress(NoPicture):
        return taken(data)
    return None


def fitted(data: bytes, side: int, ext: Literal["jpg", "webp"]) -> bytes:
    """A picture that `taken` made, at most so many pixels wide and high. A JPEG shows paper behind what one can see
    through. Raises NoPicture for one that is damaged."""
    from PIL import Image

    try:
        image = _plain(Image.open(BytesIO(data), formats=("JPEG", "PNG")))
        image.thumbnail((side, side), Image.Resampling.LANCZOS)
        file = BytesIO()
        if ext == "webp":
            image.save(file, "WEBP", quality=82, method=4)
        else:
            if image.mode == "RGBA":
                paper = Image.new("RGBA", image.size, PAPER)
                image = Image.alpha_composite(paper, image)
            image.convert("RGB").save(file, "JPEG", quality=82, optimize=True)
        return file.getvalue()
    except Exception as error:  # as above
        raise NoPicture("it is damaged") from error


def is_called_so(path: Path) -> bool:
    """Whether it has the name of a folder's picture."""
    return path.stem.casefold() in _STEMS and path.suffix.casefold() in _SUFFIXES


def beside(folder: Path) -> Iterator[bytes]:
    """What may be the picture of a folder of music: cover.jpg, folder.png, front.webp, whatever their case."""
    entries: list[Path] = []
    # A cover that cannot be read, or a folder that has just gone, is no reason to leave the music out.
    with suppress(OSError):
        entries = sorted(folder.iterdir(), key=lambda path: path.name.casefold())
    for path in entries:
        with suppress(OSError):
            if is_called_so(path) and path.is_file() and not path.is_symlink():
                with path.open("rb") as file:
                    yield file.read(LARGEST + 1)


def _made_anew(data: bytes) -> Picture:
    # Imported here: the box itself hands pictures on without ever looking into one.
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = PIXELS
    with warnings.catch_warnings():
        # Pillow warns above that limit, and refuses above its double. What else it warns of is no concern of ours.
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            opened = Image.open(BytesIO(data), formats=_FORMATS)
        except UnidentifiedImageError as error:
            raise NoPicture("it is no JPEG, PNG, WebP, GIF, BMP or TIFF") from error
        except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
            raise _too_many_pixels() from error
        if opened.width * opened.height > PIXELS:
            raise _too_many_pixels()
        opened.draft(None, (2 * SIDE, 2 * SIDE))  # a JPEG is made smaller, by 2, 4 or 8, while it is decoded
        image = _plain(opened)
        image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        image = _in_srgb(image)
        with suppress(Exception):  # the foreign decoder again: what is damaged there is no reason to have no cover
            ImageOps.exif_transpose(image, in_place=True)
        return _written(image)


def _too_many_pixels() -> NoPicture:
    return NoPicture(f"it has more than {PIXELS // 1_000_000} million pixels")


def _plain(image: "Image") -> "Image":
    """In eight bits a colour: what has a palette cannot be scaled well."""
    if image.mode.startswith("I"):  # a grey of 16 bits, which Pillow would cut off at 255 instead of scaling it
        image = image.convert("I").point(lambda grey: grey / 257).convert("L")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode in (mode, "CMYK") and "icc_profile" in image.info:
        return image  # what is printed with looks as its profile says, and like nothing without it
    return image if image.mode == mode else image.convert(mode)


def _in_srgb(image: "Image") -> "Image":
    """As browsers show a picture without a profile; where it has one, it looks as that says."""
    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK"):
        return image
    try:
        of, to = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        made = ImageCms.profileToProfile(image, of, to, outputMode="RGBA" if image.mode == "RGBA" else "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):  # one that is no profile, or for other colours
        return image
    return image if made is None else made


def _written(image: "Image") -> Picture:
    image.info.clear()  # comments and colour profiles, which Pillow would write again
    file = BytesIO()
    if image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255):
        image.save(file, "PNG", optimize=True)
        return Picture(file.getvalue(), "png")
    image.convert("RGB").save(file, "JPEG", quality=85, optimize=True)
    return Picture(file.getvalue(), "jpg")
