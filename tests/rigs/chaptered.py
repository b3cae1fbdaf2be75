"""Files with chapters, made by ffmpeg."""

import subprocess
from collections.abc import Sequence
from pathlib import Path


def ffmpeg(target: Path, *options: str | Path, seconds: float = 20) -> Path:
    """A tone, and whatever the options add to it."""
    tone = ("-f", "lavfi", "-i", f"sine=440:d={seconds}")
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", *tone, *options, target], check=True)
    return target


def with_chapters(
    target: Path, codec: str, marks: Sequence[tuple[int, str]], *options: str, seconds: float = 20, title: str = "Story"
) -> Path:
    """`marks`: milliseconds and titles."""
    ends = [*(start_ms for start_ms, _ in marks[1:]), 10**9]
    lines = [";FFMETADATA1", f"title={title}"]
    for (start_ms, said), end_ms in zip(marks, ends, strict=True):
        escaped = "".join(f"\\{char}" if char in "=;#\\\n" else char for char in said)
        lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={start_ms}", f"END={end_ms}", f"title={escaped}"]
    about = target.with_suffix(".txt")
    about.write_text("\n".join(lines), encoding="utf-8")
    mapped = ("-i", about, "-map", "0", "-map_metadata", "1", "-map_chapters", "1", "-c:a", codec)
    ffmpeg(target, *mapped, *options, seconds=seconds)
    about.unlink()
    return target
