"""Pictures are made anew: small, upright, nothing but the picture; and what is none, or a trap, is none."""

import gzip
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from tests.rigs import pictures
from tests.rigs.pictures import BLUE, GREEN, RED
from tomb.library import covers
from tomb.library.covers import NoPicture, Picture

SMALL = pictures.plain(40, 20)


def made(data: bytes) -> Picture:
    picture = covers.scaled(data)
    assert picture is not None
    return picture


def near(pixel: object, colour: tuple[int, ...]) -> bool:
    """A JPEG comes close."""
    assert isinstance(pixel, tuple)
    return all(abs(one - other) < 24 for one, other in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
@pytest.mark.parametrize(("size", "kept"), [((40, 20), (40, 20)), ((600, 601), (599, 600)), ((3000, 1500), (600, 300))])
def test_what_is_large_is_scaled_and_what_is_small_is_not(
    kind: str, size: tuple[int, int], kept: tuple[int, int]
) -> None:
    picture = made(pictures.plain(*size, GREEN, kind))
    image = pictures.opened(picture.data)
    assert (image.format, picture.ext, image.size) == ("JPEG", "jpg", kept)
    assert near(image.getpixel((5, 5)), GREEN)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "YCbCr"])
def test_every_kind_of_colour_is_taken(mode: str) -> None:
    image = Image.new("RGB", (1000, 1000), (255, 255, 255)).convert(mode)
    picture = made(pictures.encoded(image, "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"))
    assert near(pictures.opened(picture.data).getpixel((0, 0)), (255, 255, 255))


def test_what_one_can_see_through_stays_so() -> None:
    image = Image.new("RGBA", (1200, 1200), (*RED, 255))
    image.paste((0, 0, 0, 0), (0, 0, 600, 1200))
    for kind in ("PNG", "WEBP", "GIF"):
        picture = made(pictures.encoded(image, kind))
        shown = pictures.opened(picture.data)
        assert (picture.ext, shown.format, shown.size) == ("png", "PNG", (600, 600))
        left, right = (shown.convert("RGBA").getpixel((x, 300)) for x in (5, 595))
        assert left == (0, 0, 0, 0)
        assert near(right, (*RED, 255))


def test_what_only_could_be_seen_through_is_a_jpeg() -> None:
    assert made(pictures.encoded(Image.new("RGBA", (10, 10), (*RED, 255)), "PNG")).ext == "jpg"


@pytest.mark.parametrize(
    ("orientation", "size", "red", "blue"),
    [
        (1, (40, 20), (2, 2), (37, 17)),
        (2, (40, 20), (37, 2), (2, 2)),
        (3, (40, 20), (37, 17), (2, 2)),
        (6, (20, 40), (2, 2), (2, 37)),
        (8, (20, 40), (2, 37), (2, 2)),
        (99, (40, 20), (2, 2), (37, 17)),
    ],
)
def test_a_photo_that_lies_on_its_side_is_set_up(
    orientation: int, size: tuple[int, int], red: tuple[int, int], blue: tuple[int, int]
) -> None:
    image = pictures.opened(made(pictures.turned(orientation)).data)
    assert image.size == size
    assert near(image.getpixel(red), RED)
    assert near(image.getpixel(blue), BLUE)


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "JPEG"])
def test_a_picture_of_any_usual_kind_looks_like_itself(kind: str) -> None:
    image = pictures.opened(made(pictures.encoded(pictures.halves(40, 20), kind)).data)
    assert near(image.getpixel((2, 2)), RED)
    assert near(image.getpixel((37, 17)), BLUE)


@pytest.mark.parametrize("mode", ["CMYK", "P", "1", "LA", "PA", "YCbCr", "I;16"])
def test_a_picture_in_any_mode_looks_like_itself(mode: str) -> None:
    half = Image.new("L", (40, 20), 255)
    half.paste(0, (20, 0, 40, 20))
    if mode == "I;16":
        half = half.convert("I").point(lambda grey: grey * 257).convert("I;16")
    kind = {"CMYK": "JPEG", "YCbCr": "JPEG", "LA": "PNG", "P": "PNG", "1": "PNG", "PA": "TIFF"}.get(mode, "PNG")
    data = pictures.encoded(half if mode == "I;16" else half.convert("RGB").convert(mode), kind)
    image = pictures.opened(made(data).data).convert("RGB")
    assert near(image.getpixel((2, 2)), (255, 255, 255))
    assert near(image.getpixel((37, 17)), (0, 0, 0))


def test_a_profile_is_followed() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"xXYZ", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"xXYZ", b"bXYZ", 1)
    for kind in ("JPEG", "PNG", "WEBP", "TIFF"):
        for profile, left in ((srgb, RED), (swapped, BLUE), (b"no profile", RED)):
            data = pictures.encoded(pictures.halves(40, 20), kind, icc_profile=profile)
            assert near(pictures.opened(made(data).data).convert("RGB").getpixel((2, 2)), left)


def test_a_photo_of_many_megabytes_is_a_cover() -> None:
    photo = Image.frombytes("RGB", (1600, 1600), Random(1).randbytes(1600 * 1600 * 3))
    data = pictures.encoded(photo, "PNG")
    assert len(data) > 7_000_000
    assert pictures.opened(made(data).data).size == (600, 600)


def test_nothing_but_the_picture_is_kept() -> None:
    where = pictures.turned(1).replace(
        b"\xff\xda", b"\xff\xfe" + struct.pack(">H", 12) + b"Our street" + b"\xff\xda", 1
    )
    said = PngInfo()
    said.add_text("Comment", "Our street", zip=False)
    see_through = pictures.encoded(
        Image.new("RGBA", (10, 10)), "PNG", pnginfo=said, icc_profile=b"Our street", exif=b"Our street"
    )
    for data in (where, see_through):
        assert b"Our street" in data
        assert b"Our street" not in made(data + b"Our street").data


def test_what_is_damaged_around_a_picture_does_not_spoil_it() -> None:
    assert made(pictures.encoded(pictures.halves(40, 20), "JPEG", exif=b"Exif\0\0no EXIF at all")).ext == "jpg"


def test_the_same_picture_is_the_same_cover() -> None:
    data = pictures.encoded(pictures.halves(1500, 1500), "JPEG")
    assert made(data) == made(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Dear diary",
        b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="10" height="10"/></svg>',
        gzip.compress(SMALL),
        SMALL[:-30],
        pictures.plain(600, 600, kind="JPEG")[:-500],
        pictures.png(1, 1, rows=b"no zlib"),
        pictures.png(0, 10),
        pictures.png(60_000, 60_000, rows=pictures.deflated_zeros(2_000_000)),
        pictures.png(7100, 7100, rows=pictures.deflated_zeros(7100 * 7101)),
        pictures.png(1, 1, pictures.chunk(b"zTXt", b"a\0\0" + pictures.deflated_zeros(500_000_000))),
        pictures.png(1, 1, pictures.chunk(b"iCCP", b"a\0\0" + pictures.deflated_zeros(500_000_000))),
        SMALL + bytes(covers.LARGEST),
        *(pictures.plain(10, 10, kind=kind) for kind in ("ICO", "PPM", "TGA", "PCX", "EPS", "PDF")),
    ],
    ids=lambda data: f"{len(data)}-{data[:12]!r}",
)
def test_what_is_no_picture_or_too_much_of_one_is_no_cover(data: bytes) -> None:
    assert covers.scaled(data) is None


def test_an_archive_is_no_cover() -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("cover.png", SMALL)
    assert covers.scaled(file.getvalue()) is None


@pytest.mark.parametrize(
    "data", [pictures.many_frames_gif(100_000), pictures.many_frames_png(50_000)], ids=["gif", "png"]
)
def test_of_a_hundred_thousand_frames_the_first_is_the_cover(data: bytes) -> None:
    image = pictures.opened(made(data).data)
    assert (image.format, image.size) == ("JPEG", (1, 1))


KINDS = [pictures.encoded(pictures.halves(30, 30), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF")]


@settings(max_examples=300)
@given(st.sampled_from(KINDS), st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8))
def test_a_broken_picture_is_a_picture_or_none(data: bytes, flips: list[tuple[int, int]]) -> None:
    broken = bytearray(data)
    for place, value in flips:
        broken[place % len(broken)] = value
    picture = covers.scaled(bytes(broken))
    if picture is not None:
        assert max(pictures.opened(picture.data).size) <= covers.SIDE


def test_the_picture_in_the_folder_is_told_by_its_name(tmp_path: Path) -> None:
    assert list(covers.beside(tmp_path)) == []
    for name in ("holiday.png", "cover.txt", "Folder.JPG", "cover.png", "front.webp"):
        (tmp_path / name).write_text(name)
    assert list(covers.beside(tmp_path)) == [b"cover.png", b"Folder.JPG", b"front.webp"]


def test_a_link_a_folder_and_what_is_gone_are_no_covers(tmp_path: Path) -> None:
    (tmp_path / "holiday.png").write_bytes(SMALL)
    (tmp_path / "cover.png").symlink_to(tmp_path / "holiday.png")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "front.png").symlink_to(tmp_path / "nowhere")
    assert list(covers.beside(tmp_path)) == []


def test_of_a_huge_picture_in_the_folder_no_more_is_read_than_needed(tmp_path: Path) -> None:
    with (tmp_path / "cover.png").open("wb") as file:
        file.truncate(10 * covers.LARGEST)
    assert [len(data) for data in covers.beside(tmp_path)] == [covers.LARGEST + 1]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "no JPEG, PNG"),
        (b"", "no JPEG, PNG"),
        (pictures.encoded(Image.new("RGB", (9, 9)), "PPM"), "no JPEG, PNG"),
        (pictures.png(50_000, 50_000, rows=pictures.deflated_zeros(1_000_000)), "more than 50 million pixels"),
        (pictures.png(10_001, 5_000, rows=b""), "more than 50 million pixels"),
        (pictures.plain(400, 400)[:-400], "damaged"),
        (pictures.png(3000, 3000, rows=zlib.compress(b"too little")), "damaged"),  # says more than it has
        (SMALL + bytes(covers.LARGEST), "larger than 20 MiB"),
    ],
)
def test_what_is_not_taken_hears_why(data: bytes, why: str) -> None:
    with pytest.raises(NoPicture, match=why):
        covers.taken(data)


def test_a_grey_of_sixteen_bits_is_as_light_as_it_was() -> None:
    grey = made(pictures.encoded(Image.new("I;16", (10, 10), 0x8080), "PNG")).data
    assert near(pictures.opened(grey).convert("RGB").getpixel((5, 5)), (128, 128, 128))


@pytest.mark.parametrize(("size", "kept"), [((1, 30_000), (1, 600)), ((30_000, 1), (600, 1))])
def test_a_line_is_a_short_line(size: tuple[int, int], kept: tuple[int, int]) -> None:
    assert pictures.opened(made(pictures.plain(*size)).data).size == kept


@pytest.mark.parametrize(("ext", "kind"), [("jpg", "JPEG"), ("webp", "WEBP")])
def test_a_kept_picture_is_fitted_to_the_size_that_is_asked_for(ext: Literal["jpg", "webp"], kind: str) -> None:
    kept = made(pictures.plain(600, 300, GREEN)).data
    shown = pictures.opened(covers.fitted(kept, 120, ext))
    assert (shown.format, shown.size) == (kind, (120, 60))
    assert near(shown.convert("RGB").getpixel((50, 30)), GREEN)
    assert pictures.opened(covers.fitted(kept, 600, ext)).size == (600, 300)


def test_behind_what_one_can_see_through_there_is_paper_where_nothing_else_can_be() -> None:
    kept = made(pictures.encoded(Image.new("RGBA", (90, 90), (0, 0, 0, 0)), "PNG")).data
    assert near(pictures.opened(covers.fitted(kept, 120, "jpg")).getpixel((5, 5)), covers.PAPER)
    assert pictures.opened(covers.fitted(kept, 120, "webp")).getchannel("A").getpixel((5, 5)) == 0


def test_a_kept_picture_that_is_damaged_is_said_to_be() -> None:
    with pytest.raises(NoPicture, match="damaged"):
        covers.fitted(b"half of it", 120, "jpg")
