"""Folders of music as people really have them, made from public reports about players and audiobook servers.

    root = trees.grow(tmp_path)
    ... import it, whichever way ...
    assert playlists == trees.expected()

Each kind says what it should become. Sound is noise, each file's its own; a name ends in what it is to be.
"""

import os
import socket
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from tests.rigs import pictures
from tests.rigs.sounds import noise, write
from tomb.library.labels import label

Playlists = list[tuple[str, list[str], bool]]
"""Titles, file names of the tracks, and whether there is a cover; sorted."""


@dataclass(frozen=True, slots=True)
class Tree:
    """`files`: paths below its root; `tags`: of some of them, (disc, track). `also`: called for the root.

    `makes`: what it becomes, "" being called as the root is; `left_out`: what is said to be left out; `covered`: titles
    of playlists that have covers.
    """

    files: tuple[str, ...]
    makes: tuple[tuple[str, list[str]], ...]
    left_out: tuple[str, ...] = ()
    covered: frozenset[str] = frozenset()
    tags: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    also: Callable[[Path], None] = lambda _: None


def grow(root: Path) -> Path:
    """All kinds, a folder each. What is in it is old."""
    for kind, tree in TREES.items():
        for name in tree.files:
            path = root / kind / name
            path.parent.mkdir(parents=True, exist_ok=True)
            _make(path, f"{kind}/{name}", tree.tags.get(name))
        tree.also(root / kind)
    for path in (root, *root.rglob("*")):
        os.utime(path, (1_700_000_000, 1_700_000_000), follow_symlinks=False)
    return root


def expected() -> Playlists:
    return sorted(
        (title or kind, names, title in tree.covered) for kind, tree in TREES.items() for title, names in tree.makes
    )


def left_out() -> list[str]:
    """Paths below the root."""
    return sorted(f"{kind}/{each}" for kind, tree in TREES.items() for each in tree.left_out)


def _make(path: Path, name: str, tags: tuple[int, int] | None) -> None:
    seed = int.from_bytes(sha256(name.encode()).digest()[:4])
    match path.suffix.lower():
        case _ if "letter" in path.name:
            path.write_text(f"{name} is no music")
        case _ if path.name in ("Song", "01. Kapitel"):
            write(path.with_name("x.flac"), noise(0.2, seed=seed)).rename(path)
        case ".wav" | ".flac" | ".ogg" | ".mp3":
            write(path, noise(0.2, seed=seed))
        case ".png":
            path.write_bytes(pictures.plain(8, 8, (seed % 256, 0, 0)))
        case _:
            path.write_text(f"{name} is no music")
    if tags is not None:
        _tag(path, *tags)


def _tag(path: Path, disc: int, track: int) -> None:
    made = path.with_name(f"tagged{path.suffix}")
    said = ["-metadata", f"disc={disc}", "-metadata", f"track={track}"]
    subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-c", "copy", *said, made], check=True)
    made.replace(path)


def _strange_things(root: Path) -> None:
    os.mkfifo(root / "pipe.mp3")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "socket.ogg"))
    (root / "round").symlink_to(root)
    (root / "link.wav").symlink_to(root / "1.wav")
    (root / "nowhere.wav").symlink_to(root / "gone.wav")


def _bytes_for_names(root: Path) -> None:
    (root / "1.wav").rename(root / os.fsdecode(b"1 M\xe4rchen.wav"))


MAERCHEN = label(os.fsdecode(b"1 M\xe4rchen.wav"))

TREES: Mapping[str, Tree] = {
    "an album a folder": Tree(
        ("A/1.wav", "A/2.flac", "B/1.ogg", "loose.mp3"),
        (("A", ["1.wav", "2.flac"]), ("B", ["1.ogg"]), ("", ["loose.mp3"])),
    ),
    "two series with the same episodes": Tree(
        ("Benjamin/Folge 1/1.wav", "Benjamin/Folge 1/2.wav", "Bibi/Folge 1/1.wav"),
        (("Folge 1", ["1.wav", "2.wav"]), ("Folge 1", ["1.wav"])),
    ),
    "discs with names": Tree(  # audiobookshelf #393, #840, #934
        ("Box/CD 1 - Der Anfang/1.wav", "Box/CD 1 - Der Anfang/2.wav", "Box/CD 2 - Das Ende/1.wav", "Box/CD 10/1.wav"),
        (("Box", ["1.wav", "2.wav", "1.wav", "1.wav"]),),
    ),
    "discs of every name": Tree(
        ("A/Disc 2/b.wav", "A/disk_01/a.wav", "B/Teil 1/a.wav", "B/Teil 2/b.wav", "C/Side A/a.wav", "C/Side B/b.wav",
         "D/Pt 00/a.wav", "D/Pt 01/b.wav", "E/CD1of2/a.wav", "E/CD2of2/b.wav", "F/CD 01 (live)/a.wav", "F/CD 02/b.wav"),
        tuple((each, ["a.wav", "b.wav"]) for each in "ABCDEF"),
    ),
    "discs beside each other": Tree(  # audiobookshelf #1904
        ("Tale by Somebody/Tale (Disc 01)/a.wav", "Tale by Somebody/Tale (Disc 02)/b.wav", "Tale by Somebody/cover.png",
         "Hits CD1/a.wav", "Hits CD2/b.wav", "Hits CD2/Scans/back.png", "Alone [Disc 1]/a.wav"),
        (("Tale", ["a.wav", "b.wav"]), ("Hits", ["a.wav", "b.wav"]), ("Alone [Disc 1]", ["a.wav"]),),
        covered=frozenset({"Tale"}),
    ),
    "numbers that are discs": Tree(
        ("Box/1/a.flac", "Box/2/b.flac"),
        (("Box", ["a.flac", "b.flac"]),),
        tags={"Box/1/a.flac": (1, 1), "Box/2/b.flac": (2, 1)},
    ),
    "numbers that are no discs": Tree(
        ("Years/90/a.flac", "Years/90/cover.png", "Years/91/b.flac", "Years/91/Somebody/c.flac"),
        (("90", ["a.flac"]), ("91", ["b.flac"]), ("Somebody", ["c.flac"]),),
        covered=frozenset({"90"}),
    ),
    "volumes and books": Tree(  # bindery #2672
        ("Series/Book 1/a.wav", "Series/Book 2/a.wav", "Series/Vol. 3/a.wav", "Radio/Teil 3 - Die Uhr/a.wav",
         "CD 1 - Bibi/a.wav", "CD 1 - Benno/a.wav", "Discussion 1/a.wav"),
        (("Book 1", ["a.wav"]), ("Book 2", ["a.wav"]), ("Vol. 3", ["a.wav"]), ("Teil 3 - Die Uhr", ["a.wav"]),
         ("CD 1 - Bibi", ["a.wav"]), ("CD 1 - Benno", ["a.wav"]), ("Discussion 1", ["a.wav"])),
    ),
    "what systems leave behind": Tree(  # metadata-remote #38, headphones #796, navidrome #2367
        ("A/1.wav", ".Trash-1000/files/1.wav", "#recycle/2.wav", "__MACOSX/A/3.wav", "A/@eaDir/1.wav/x.mp3",
         "A/.AppleDouble/1.wav", "A/._1.wav", "System Volume Information/4.wav", "$RECYCLE.BIN/5.wav", "A/.DS_Store",
         "lost+found/6.wav"),
        (("A", ["1.wav"]),),
    ),
    "a cover on the first disc": Tree(
        ("A/CD1/1.wav", "A/CD1/cover.png", "A/CD2/2.wav", "B/1.wav", "B/folder.png", "C/1.wav"),
        (("A", ["1.wav", "2.wav"]), ("B", ["1.wav"]), ("C", ["1.wav"]),),
        covered=frozenset({"A", "B"}),
    ),
    "what is no music": Tree(
        ("A/1.wav", "A/letter.mp3", "A/notes.txt", "A/cover.jpg", "B/only a letter.ogg"),
        (("A", ["1.wav"]),),
        left_out=("A/cover.jpg", "A/letter.mp3", "B/only a letter.ogg"),
    ),
    "names without an ending": Tree(
        ("A/Song", "A/01. Kapitel", "A/readme", "A/half.mp3.part"),
        (("A", ["01. Kapitel", "Song"]),),
    ),
    "no files": Tree(
        ("1.wav",),
        (("", ["1.wav"]),),
        left_out=("link.wav", "nowhere.wav", "pipe.mp3", "round", "socket.ogg"),
        also=_strange_things,
    ),
    "names that are bytes": Tree(("1.wav", "2.wav"), (("", [MAERCHEN, "2.wav"]),), also=_bytes_for_names),
    "the order of names": Tree(
        ("10.wav", "2.wav", "Zebra.wav", "Äpfel.wav", "apfel.wav", "2 again.wav", "'Quoted'.wav", "track 03.wav",
         "Track 2.wav"),
        (("", ["2.wav", "2 again.wav", "10.wav", "apfel.wav", "Äpfel.wav", "'Quoted'.wav", "Track 2.wav",
               "track 03.wav", "Zebra.wav"]),),
    ),
    "below a disc": Tree(
        ("Box/CD 1/Kapitel 1/1.wav", "Box/CD 1/Kapitel 2/1.wav", "Box/CD 2/1.wav"),
        (("Box", ["1.wav", "1.wav", "1.wav"]),),
    ),
}  # fmt: skip
