"""What is added to a folder comes to its place, wherever parents have put what was there."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from trio.testing import MockClock

from tests.rigs.library import Stage, opened
from tomb.library.arrivals import Album, Arrival
from tomb.models import Playlist


def one_by_one(there: Sequence[str], coming: Sequence[str]) -> list[str]:
    """Each new one behind the one before it in the folder; those before any that is known, before that one."""
    order, at, before = [*there], "", list[str]()
    for each in coming:
        if each in there:
            order[order.index(each) : order.index(each)] = before
            at, before = each, []
        elif at:
            order.insert(order.index(at) + 1, each)
            at = each
        else:
            before.append(each)
    return order + before


@pytest.mark.parametrize("seed", range(30))
async def test_a_new_file_stands_behind_the_one_before_it(tmp_path: Path, autojump_clock: MockClock, seed: int) -> None:
    random = Random(seed)
    folder = [f"{number}.mp3" for number in range(random.randrange(2, 12))]
    had = [name for name in folder if random.random() < 0.6] or folder[:1]
    async with opened(tmp_path) as stage:
        made = await arrive(stage, had)
        numbers = random.sample(range(1, len(had) + 1), len(had))
        await stage.librarian.reorder(made.id, numbers)
        again = await arrive(stage, folder)
        assert again.id == made.id
        expected = one_by_one([had[number - 1] for number in numbers], folder)
        assert [track.filename for track in again.tracks] == expected


async def arrive(stage: Stage, names: Sequence[str]) -> Playlist:
    async with stage.ingest.incoming() as incoming:
        arrivals = list[Arrival]()
        for name in names:
            source = incoming / name
            source.write_bytes(name.encode() * 7)
            arrivals.append(await stage.ingest.stage(source, incoming))
        arrived = await stage.librarian.add_album(Album("Songs", arrivals))
    return arrived.playlist
