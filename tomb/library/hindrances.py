"""Files that look like music, and that nobody can play: sold with a lock, or never finished.

ffmpeg would say so, too, in words for engineers. A parent should hear what is wrong, and that it is not the box.

They are strangers' files, and the box itself reads them here: some numbers of a bounded number of places, no sound.
"""

import os
import struct

from tomb.library.containers import Container

LOCKED = "sold with a copy protection: only the seller's own programs can play it"
UNFINISHED = "it was never finished, or only a part of it was copied: what says where its sound is (moov) is lacking"
LOCKED_ENDINGS = frozenset({"aa", "aax", "aaxc", "m4p"})  # Audible's, and Apple's until 2009

_ATOMS = 10_000
_INDEX = 1024 * 1024  # bytes of an index that are looked at: what kind of sound it is stands before the tables
_LOCKED_SOUND = (b"aavd", b"drms", b"enca")  # Audible's; Apple's FairPlay; ISO 23001-7
_HEADER = 256 * 1024
# Objects in the header of an ASF file: Content Encryption, its extended and its advanced kind (ASF specification,
# sections 3.14 to 3.16).
_ENCRYPTION = tuple(
    bytes.fromhex(each)
    for each in (
        "fbb3112223bdd211b4b700a0c955fc6e",
        "14e68a292226174cb935dae07ee9289c",
        "338505438169e6499b74ad12cb86d58c",
    )
)


def found(file: int, kind: Container | None) -> str | None:
    """Why the open file cannot be played, in words for a parent; None where nothing speaks against it. Raises:
    OSError."""
    if kind == "mov":
        return _in_atoms(file)
    if kind == "asf":
        head = os.pread(file, _HEADER, 0)
        size = int.from_bytes(head[16:24], "little")  # of the header alone: sound may be anything
        return LOCKED if any(each in head[:size] for each in _ENCRYPTION) else None
    return None


def _in_atoms(file: int) -> str | None:
    """ISO 14496-12, section 4.2. What is written in pieces has a `moov` too, in front."""
    end, at = os.fstat(file).st_size, 0
    for _ in range(_ATOMS):
        head = os.pread(file, 16, at)
        if len(head) < 8:
            return UNFINISHED
        size, name = struct.unpack_from(">I4s", head)
        if size == 1 and len(head) == 16:
            size = int.from_bytes(head[8:], "big")
        if name == b"moov":
            return _in_index(os.pread(file, min(size or _INDEX, _INDEX), at))
        if size < 8 or at + size > end:  # 0: it goes on to the end of the file
            return UNFINISHED
        at += size
    return UNFINISHED


def _in_index(index: bytes) -> str | None:
    """The kind of a track's sound is 16 bytes behind the name of its description (`stsd`)."""
    at = index.find(b"stsd")
    while at >= 0:
        if index[at + 16 : at + 20] in _LOCKED_SOUND:
            return LOCKED
        at = index.find(b"stsd", at + 4)
    return None
