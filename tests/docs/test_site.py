"""The documents as a site: made without a warning, and read in a browser that has no network."""

import os
from pathlib import Path
from subprocess import STDOUT

import pytest
import trio

from tests.rigs.patience import PATIENCE_S

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


async def run(*command: str | Path, **env: str) -> None:
    with trio.fail_after(4 * PATIENCE_S):
        ended = await trio.run_process(
            [str(each) for each in command],
            cwd=ROOT, env=os.environ | env, capture_stdout=True, stderr=STDOUT, check=False,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stdout.decode(errors="replace")[-8000:]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    trio.run(run, "sh", "scripts/docs", folder)  # which fails at a warning
    return folder


async def test_each_page_of_the_documents_is_in_the_site_and_in_its_navigation(site: Path) -> None:
    start = (site / "docs/index.html").read_text(encoding="utf-8")
    for page in (ROOT / "docs").glob("*.md"):
        assert (site / "docs" / page.name).with_suffix(".html").exists(), page.name
        assert page.stem == "index" or f'class="reference internal" href="{page.stem}.html"' in start, page.name


async def test_it_is_read_without_a_network(site: Path) -> None:
    await run("node", "--test", "--test-reporter=spec", HERE / "site.test.mjs", TOMB_SITE=str(site))
