"""What a look at a file found."""

from dataclasses import dataclass

from tomb.library.covers import Picture
from tomb.library.labels import Labels


@dataclass(frozen=True, slots=True)
class Findings:
    """`duration_ms` is exact; 0 if it was not asked for."""

    labels: Labels
    duration_ms: int = 0
    cover: Picture | None = None
