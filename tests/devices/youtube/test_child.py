"""A child that does its worst in its folder, and with what it says."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import trio

from tests.rigs.patience import PATIENCE_S
from tomb.devices.youtube import Reason, child, tool
from tomb.devices.youtube.child import Ending, Job, Limits
from tomb.devices.youtube.output import Hearing, entry
from tomb.devices.youtube.tool import YtDlp
from tomb.ports import Ports, RealPorts

DEEP = "[(os.mkdir('x' * 200), os.chdir('x' * 200)) for _ in range(30)]"
MANY = "[open(str(number), 'w').close() for number in range(20_000)]"


@pytest.mark.parametrize("makes", [DEEP, MANY], ids=["deep", "many"])
async def test_what_cannot_be_counted_or_has_no_size_is_too_much(tmp_path: Path, makes: str) -> None:
    job = Job(
        command=[sys.executable, "-c", f"import os, time\n{makes}\ntime.sleep(3600)"],
        env={},
        read=[sys.prefix, sys.base_prefix],
        run=(),
        port=None,
        limits=Limits(),
        folder=tmp_path,
        free_kept=0,
    )
    with trio.fail_after(PATIENCE_S):
        ending = await child.run(RealPorts(), job, lambda _: None)
    assert (ending.status, ending.why) == (None, Reason.TOO_LARGE)


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("sound.opus", True),
        ("sound.\0", False),
        ("sound.", False),
        ("sound." + "x" * 300, False),
        ("other.opus", False),
    ],
)
def test_a_file_has_the_name_that_it_was_given_and_an_ending(name: str, taken: bool) -> None:
    hearing = Hearing(lambda _: None)
    hearing.hear(f'file "/scratch/{name}"')
    assert hearing.file == (name if taken else None)


async def test_of_a_list_without_end_no_more_is_kept_than_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    async def endless(_ports: Ports, _job: Job, hear: Callable[[str], None]) -> Ending:
        await trio.lowlevel.checkpoint()
        for number in range(1000):
            hear("entry " + json.dumps({"id": f"video{number:06}", "title": "A song"}))
        return Ending(status=0)

    def noted(said: str) -> object:
        read.append(said)
        return entry(said)

    monkeypatch.setattr(tool, "entry", noted)
    monkeypatch.setattr(child, "run", endless)
    found = await YtDlp(RealPorts(), tmp_path).search("songs", 5)
    assert [video.id for video in found] == [f"video{number:06}" for number in range(5)]
    assert len(read) == 5
