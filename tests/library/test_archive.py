"""One file for a library: what is written is read again, and what is not quite that is refused."""

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rigs.archives import good, held, members, put_together, stage_backup
from tomb.errors import Conflict, Unavailable
from tomb.library.archives import archive, manifest, restore
from tomb.library.archives.archive import BadArchive, End, Header, Member, TarReader, member
from tomb.library.archives.manifest import Manifest

NAME = f"library/files/{'a' * 64}.mp3"


def read(content: bytes, bite: int = 7) -> list[tuple[str, bytes]]:
    """All members, read a few bytes at a time."""
    reader, found = TarReader(), list[tuple[str, bytes]]()
    ended = 0
    for at in range(0, len(content), bite):
        for event in reader.feed(content[at : at + bite]):
            match event:
                case Header():
                    found.append((event.name, b""))
                case End():
                    ended += 1
                    assert ended == len(found)
                case _:
                    found[-1] = (found[-1][0], found[-1][1] + event)
    reader.close()
    return found


def tar(*infos: tarfile.TarInfo | tuple[str, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    """As tarfile itself makes one."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as made:
        for each in infos:
            if isinstance(each, tarfile.TarInfo):
                made.addfile(each, io.BytesIO(bytes(each.size)))
            else:
                info = tarfile.TarInfo(each[0])
                info.size = len(each[1])
                made.addfile(info, io.BytesIO(each[1]))
    return file.getvalue()


def around(*middle: tarfile.TarInfo | tuple[str, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    return tar((archive.MANIFEST, b"{}"), *middle, (archive.SUMS, b""), form=form)


@given(st.lists(st.binary(max_size=2000), max_size=5), st.integers(1, 3000))
def test_what_is_written_is_read_again_in_whatever_bites(contents: list[bytes], bite: int) -> None:
    names = [f"library/files/{number:064x}.mp3" for number in range(len(contents))]
    parts = [(archive.MANIFEST, b"{}"), *zip(names, contents, strict=True), (archive.SUMS, b"sums")]
    written = [member(name, content) for name, content in parts]
    made = b"".join(archive.pieces(written))
    assert len(made) == archive.length(written)
    assert read(made, bite) == parts


def test_every_tar_program_can_open_it() -> None:
    with tarfile.open(fileobj=io.BytesIO(good())) as opened:
        names = opened.getnames()
    assert names[:2] == ["tomb.json", "tomb.db"]
    assert names[-1] == "tomb.sha256"


def test_what_another_program_packed_in_the_same_order_can_be_read() -> None:
    parts = members(good())
    for form in (tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT):
        assert dict(read(tar(*parts.items(), form=form), bite=10_000)) == parts


def test_files_of_more_than_eight_gigabytes_have_their_size_in_one_header() -> None:
    large = Member(NAME, 9 * 2**30, b"")
    reader = TarReader()
    head = next(archive.pieces([member(archive.MANIFEST, b"x"), large]))
    *_, header = reader.feed(head[: 3 * archive.BLOCK])
    assert isinstance(header, Header)
    assert (header.name, header.size) == (NAME, 9 * 2**30)


def test_a_file_that_changes_while_it_is_read_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"short", b"much too long"):
        path.write_bytes(content)
        with pytest.raises(Unavailable):
            list(archive.pieces([Member(NAME, 8, path)]))
    path.unlink()
    with pytest.raises(Unavailable):
        list(archive.pieces([Member(NAME, 8, path)]))


def link(kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(NAME)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


KINDS = (tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, b"S")


@pytest.mark.parametrize("kind", KINDS)
def test_only_files_are_taken(kind: bytes) -> None:
    with pytest.raises(BadArchive):
        read(around(link(kind)))


@pytest.mark.parametrize(
    "name",
    [
        "../tomb.db",
        "/etc/passwd",
        "library/files/../../../etc/passwd",
        f"library/files/{'a' * 64}.mp3/../../x",
        f"./{NAME}",
        f"/{NAME}",
        f"library/files/{'A' * 64}.mp3",
        f"library/files/{'a' * 63}.mp3",
        f"library/files/{'a' * 64}.",
        f"library/files/{'a' * 64}",
        f"library/files/{'a' * 64}.mp3\n",
        f"library/files/{'a' * 64}.exe.mp3",
        f"library/incoming/{'a' * 64}.mp3",
        f"library/files/{'a' * 64}.m\u00fc3",
        "tomb.db-wal",
        "tomb.lock",
        "x" * 200,
    ],
)
def test_no_name_leads_anywhere_else(name: str) -> None:
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with pytest.raises(BadArchive):
            read(around((name, b"x"), form=form))


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [("tomb.db", b"x")],
        [(NAME, b"x"), ("tomb.json", b"{}")],
        [("tomb.json", b"{}"), ("tomb.json", b"{}"), ("tomb.sha256", b"")],
        [("tomb.json", b"{}"), (NAME, b"x"), (NAME, b"x"), ("tomb.sha256", b"")],
        [("tomb.json", b"{}"), (NAME, b"x"), ("tomb.db", b"x"), ("tomb.sha256", b"")],
        [("tomb.json", b"{}"), ("tomb.sha256", b""), (NAME, b"x")],
        [("tomb.json", b"{}"), (NAME, b"x")],
    ],
)
def test_members_come_in_their_order_and_once(parts: list[tuple[str, bytes]]) -> None:
    with pytest.raises(BadArchive):
        read(tar(*parts))


def test_sizes_that_no_file_has_are_refused() -> None:
    for size in (-1, 2**41, 2**63, 2**80):
        info = tarfile.TarInfo(NAME)
        info.size = size
        head = info.tobuf(tarfile.GNU_FORMAT)
        with pytest.raises(BadArchive):
            list(TarReader().feed(tar((archive.MANIFEST, b""))[: archive.BLOCK] + head))


def test_a_description_is_not_as_long_as_one_likes() -> None:
    info = tarfile.TarInfo(archive.MANIFEST)
    info.size = archive.TEXT_LIMITS[archive.MANIFEST] + 1
    with pytest.raises(BadArchive, match="too large"):
        list(TarReader().feed(info.tobuf(tarfile.GNU_FORMAT)))


def test_behind_the_end_there_is_nothing_but_a_little_padding() -> None:
    whole = around((NAME, b"x"))
    assert read(whole + bytes(10_240), bite=512)
    with pytest.raises(BadArchive):
        read(whole + b"x" * archive.BLOCK)
    with pytest.raises(BadArchive):
        read(whole + bytes(archive.PADDING_LIMIT + archive.BLOCK), bite=100_000)


def boundaries() -> list[int]:
    """Where members and their headers begin and end, and a byte beside."""
    at, found = 0, set[int]()
    for content in members(good()).values():
        for step in (archive.BLOCK, len(content), -len(content) % archive.BLOCK):
            found |= {at, at + 1}
            at += step
    return sorted(found | {at, at + archive.BLOCK, len(good()) - 1})


def test_an_archive_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    for end in boundaries():
        with pytest.raises(BadArchive):
            stage_backup(tmp_path, good()[:end])
        assert [path.name for path in tmp_path.iterdir()] == ["library"]


def without(name: str) -> Callable[[dict[str, bytes]], None]:
    def leave_out(parts: dict[str, bytes]) -> None:
        del parts[name]

    return leave_out


def with_other_sound(parts: dict[str, bytes]) -> None:
    name = next(each for each in parts if each.startswith("library/files/"))
    parts[name] = bytes([parts[name][0] ^ 1]) + parts[name][1:]


def without_sound(parts: dict[str, bytes]) -> None:
    del parts[next(each for each in parts if each.startswith("library/files/"))]


def without_cover(parts: dict[str, bytes]) -> None:
    del parts[next(each for each in parts if each.startswith("library/covers/"))]


def with_a_stranger(parts: dict[str, bytes]) -> None:
    sums = parts.pop(archive.SUMS)
    parts[f"library/files/{manifest.digest(b'stranger')}.mp3"] = b"stranger"
    parts[archive.SUMS] = sums


@pytest.mark.parametrize(
    "change",
    [
        without(archive.MANIFEST),
        without(archive.DATABASE),
        without(archive.SUMS),
        with_other_sound,
        without_sound,
        without_cover,
        with_a_stranger,
    ],
)
def test_what_is_not_complete_and_consistent_is_refused(
    tmp_path: Path, change: Callable[[dict[str, bytes]], None]
) -> None:
    parts = members(good())
    change(parts)
    with pytest.raises(BadArchive):
        stage_backup(tmp_path, put_together(parts))


@pytest.mark.parametrize(
    "told",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"format":1}',
        b'{"format":"1","kind":"backup","program":"","created":""}',
        b'{"format":1,"kind":"backup","program":"","created":"","playlist":{"title":"x"}}',
        b'{"format":1,"kind":"playlist","program":"","created":""}',
    ],
)
def test_a_description_that_makes_no_sense_is_refused(told: bytes) -> None:
    for kind in ("backup", "playlist"):
        with pytest.raises(BadArchive):
            manifest.decoded(told, "backup" if kind == "backup" else "playlist")


def test_a_format_of_a_newer_program_is_told_as_that() -> None:
    with pytest.raises(Conflict, match="newer"):
        manifest.decoded(b'{"format":2,"kind":"backup"}', "backup")


def test_a_playlist_is_no_backup() -> None:
    told = Manifest(kind="backup", program="1", created="now")
    with pytest.raises(BadArchive, match="a backup of a whole library, not a single playlist"):
        manifest.decoded(manifest.encoded(told), "playlist")


@st.composite
def mutations(draw: st.DrawFn) -> bytes:
    """A good archive after an accident, or several."""
    content = bytearray(good())
    places = st.integers(0, len(content)) | st.sampled_from(boundaries())
    for _ in range(draw(st.integers(1, 3))):
        at = min(draw(places), len(content) - 1)
        match draw(st.sampled_from(("flip", "cut", "insert", "swap"))):
            case "flip":
                content[at] ^= draw(st.integers(1, 255))
            case "cut":
                del content[at : at + draw(st.sampled_from((1, 512, 1024, 4096)))]
            case "insert":
                content[at:at] = draw(st.binary(min_size=1, max_size=3)) * draw(st.sampled_from((1, 512)))
            case "swap":
                content[at : at + 512], content[:512] = content[:512], content[at : at + 512]
    return bytes(content)


@pytest.fixture(scope="module")
def the_same(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    folder = tmp_path_factory.mktemp("same")
    stage_backup(folder, good())
    restore.finish(folder)
    return held(folder)


@settings(max_examples=150, deadline=None)
@given(mutations())
def test_a_damaged_archive_is_refused_or_gives_the_same_library(
    tmp_path_factory: pytest.TempPathFactory, the_same: dict[str, object], content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    try:
        stage_backup(folder, content)
    except (BadArchive, Conflict):
        assert [path.name for path in folder.iterdir()] == ["library"]
        assert list((folder / "library").iterdir()) == []
    else:
        restore.finish(folder)
        assert held(folder) == the_same
