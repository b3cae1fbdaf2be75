"""How much a box writes to its log, whatever happens to it: a card must not fill up with complaints."""

import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from tests.rigs.asgi import served_box
from tests.rigs.box import TAGS, UNKNOWN_TAG
from tests.rigs.virtual import virtual_time
from tomb import logs

pytestmark = virtual_time

HOURS = 2
LINES_AN_HOUR = 150  # of each kind one a minute: of 100 bytes each, 360 kB a day


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def assert_few(self) -> None:
        said = Counter(str(record.msg)[:60] for record in self.records)
        assert len(self.records) <= HOURS * LINES_AN_HOUR, said.most_common(5)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What goes to stderr. The records' own time is that of the box."""
    made, make = Lines(), logging.getLogRecordFactory()

    def on_virtual_time(*args: object, **options: object) -> logging.LogRecord:
        record: logging.LogRecord = make(*args, **options)
        record.created = trio.current_time()
        return record

    root = logging.getLogger()
    kept, level, of_tomb = root.handlers[:], root.level, logging.getLogger("tomb").level
    logs.configure("info", made)
    logging.setLogRecordFactory(on_virtual_time)
    yield made
    logging.setLogRecordFactory(make)
    root.handlers[:] = kept
    root.setLevel(level)
    logging.getLogger("tomb").setLevel(of_tomb)
    for name in logs.RATIONED:
        rationed = logging.getLogger(name)
        rationed.filters[:] = [each for each in rationed.filters if not isinstance(each, logs.Ration)]


async def test_a_loudspeaker_with_a_loose_plug(tmp_path: Path, lines: Lines) -> None:
    async with served_box(tmp_path, fragile=True) as (box, _):
        await box.add("Songs", 600.0, tag_id=TAGS[0])
        await box.tap(TAGS[0])
        assert box.output is not None
        for _ in range(HOURS * 360):
            box.output.unplug()
            await trio.sleep(2)
            box.output.there = True
            await trio.sleep(8)
    assert lines.records
    lines.assert_few()


async def test_strangers_who_send_nonsense_all_day(tmp_path: Path, lines: Lines) -> None:
    async with served_box(tmp_path) as (_, client):
        for round_ in range(HOURS * 120):
            await client.ask("POST", "/api/playlists", raw=b"{" * 100)
            await client.ask("GET", f"/api/playlists/{round_}")
            await client.ask("GET", "/api/health", headers={"host": f"evil{round_}.example"})
            await client.ask("PUT", f"/api/tags/{round_}", {"playlist_id": "\r\n2026 ERROR forged"})
            await trio.sleep(30)
    lines.assert_few()


async def test_a_tag_that_nobody_linked_and_that_never_lies_still(tmp_path: Path, lines: Lines) -> None:
    async with served_box(tmp_path) as (box, _):
        for _ in range(HOURS * 600):
            await box.tap(UNKNOWN_TAG, 1.0)
            await trio.sleep(4)
    lines.assert_few()


async def test_a_data_folder_that_comes_and_goes(tmp_path: Path, lines: Lines) -> None:
    async with served_box(tmp_path, free_kept_mb=0) as (box, client):
        await box.add("Songs", 600.0, tag_id=TAGS[0])
        for _ in range(HOURS * 120):
            (tmp_path / "data").rename(tmp_path / "away")
            await client.post("/api/playlists", title="New")
            await trio.sleep(15)
            (tmp_path / "away").rename(tmp_path / "data")
            await trio.sleep(30)
    lines.assert_few()
