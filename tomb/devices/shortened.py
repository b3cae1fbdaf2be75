"""A long MP3 as if most of what comes before a place had never been in it, so that a seek there is one.

Only who has walked through all frames of an MP3 knows which one a place is in, and its decoder would do that for each
seek: five hours of it are 700,000 frames, all over 130 MB that a card takes seconds to read. The examiner has walked
once, and noted every 512th (`models.SeekMarks`). The decoder is shown the head of the file and, right behind it, what
follows one of these. The head says how many frames there are and how many samples at both ends are the encoder's own,
so the decoder leaves out the same as ever, and each sample is what it would be, by a number that is known.
"""

import struct
from io import SEEK_CUR, SEEK_END, SEEK_SET
from pathlib import Path

from tomb.errors import DecodeError
from tomb.models import SeekMarks

LARGEST_HEAD = 4096  # bytes; no frame is larger
FRAMES, BYTES = 1, 2  # the flags of a Xing head that say whether it has these numbers


class Shortened:
    """A file for libsndfile to read: the head of an MP3, and its frames from the mark number `place` on.

    `failure`: why it could not be read any further, which libsndfile takes for its end. Raises: OSError, DecodeError.
    """

    def __init__(self, path: Path, marks: SeekMarks, place: int) -> None:
        self.failure: OSError | None = None
        size = marks.offsets[0] - marks.head
        if not 0 < size <= LARGEST_HEAD:
            raise DecodeError("it has no head")
        self._file = path.open("rb")
        try:
            self._file.seek(marks.head)
            left_out = marks.offsets[place] - marks.offsets[0]
            self._head = _lessened(self._file.read(size), marks.every * place, left_out)
            self._before = marks.head + left_out  # in the file, and not in this one
            self._size = self._file.seek(0, SEEK_END) - self._before
        except BaseException:
            self._file.close()
            raise
        self._at = 0

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        self._at = offset + {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._size}[whence]
        return self._at

    def read(self, count: int) -> bytes:
        """libsndfile's thread must not hear of an exception: it would print it and go on."""
        content = self._head[self._at : self._at + count]
        try:
            if len(content) < count:
                self._file.seek(self._before + self._at + len(content))
                content += self._file.read(count - len(content))
        except OSError as error:
            self.failure = error
        self._at += len(content)
        return content

    def close(self) -> None:
        self._file.close()

    def __del__(self) -> None:  # as libsndfile's own: a decoder that is left behind goes when nobody holds it
        if hasattr(self, "_file"):
            self._file.close()


def _lessened(head: bytes, frames: int, size: int) -> bytes:
    """By so many frames, and bytes. Raises: DecodeError, when it does not say of how many."""
    at = max(head.find(b"Xing"), head.find(b"Info"))
    if at < 0 or len(head) < at + 16:
        raise DecodeError("it has no head")
    flags, *numbers = struct.unpack_from(">III", head, at + 4)
    if not flags & FRAMES or numbers[0] <= frames:
        raise DecodeError("its head does not say how long it is")
    numbers[0] -= frames
    if flags & BYTES:
        numbers[1] = max(0, numbers[1] - size)
    return head[: at + 8] + struct.pack(">II", *numbers) + head[at + 16 :]
