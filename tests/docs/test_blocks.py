"""Every command and code block of the documents is tried here, names the test that runs it, or says why it is not run.

Above a block, in an HTML comment that no reader sees: `run by PATH`, a test that reads this page or makes it, or `not
run: WHY`. A block without either is tried by its language; commands in the middle of a sentence are, too.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from functools import cache
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import run_tomb, serving
from tomb.cli import _parser
from tomb.config import Settings
from tomb.http.app import ROUTES
from tomb.rehearsal import scenario
from tomb.rehearsal.simulated.music import sparse_wav

ROOT = Path(__file__).parent.parent.parent
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "packaging").rglob("*.md")))
FENCED = re.compile(
    r"(?:<!-- (?P<mark>[^\n]*?) -->\n\s*)?^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$",
    re.MULTILINE | re.DOTALL,
)
RECIPES = set(
    re.findall(r"^([a-z][\w-]*)(?: [^:\n]*)?:(?!=)", (ROOT / "justfile").read_text(encoding="utf-8"), re.MULTILINE)
)


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    text: str
    mark: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks() -> Iterator[Block]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in FENCED.finditer(text):
            code = re.sub(rf"^{found['indent']}", "", found["text"], flags=re.MULTILINE)
            yield Block(page, text.count("\n", 0, found.start("text")), found["language"], code, found["mark"] or "")


BLOCKS = list(blocks())
UNMARKED = [block for block in BLOCKS if not block.mark.startswith(("run by ", "not run: "))]


def test_each_fence_is_seen() -> None:
    fences = sum(len(re.findall(r"^ *```", page.read_text(encoding="utf-8"), re.MULTILINE)) for page in PAGES)
    assert fences == 2 * len(BLOCKS)


@pytest.mark.parametrize("block", [each for each in BLOCKS if each not in UNMARKED], ids=str)
def test_a_mark_says_why_or_names_a_test_of_that_page(block: Block) -> None:
    kind, _, said = block.mark.partition(" ")
    if kind == "run":
        test = (ROOT / said.removeprefix("by ")).read_text(encoding="utf-8")
        assert block.page.name in test or block.page.name in (ROOT / "tests/docs/reference.py").read_text(
            encoding="utf-8"
        )
    else:
        assert len(said.removeprefix("run: ")) > 10


@pytest.mark.parametrize("block", UNMARKED, ids=str)
def test_a_block_without_a_mark_does_what_it_says(block: Block) -> None:
    try_it = BY_LANGUAGE.get(block.language)
    assert try_it is not None, "nothing here can try this language: mark it"
    try_it(block.text)


def commands(text: str) -> None:
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if words := shlex.split(line, comments=True):
            command(words)


def command(words: list[str]) -> None:
    """A command of ours is understood, a setting is one, a request is one of the API's. No other is tried."""
    while words[0] == "sudo":
        words = words[3:] if words[1] == "-u" else words[1:]
    match words:
        case ["tomb" | ".venv/bin/tomb", *arguments]:
            _parser().parse_args(arguments)  # which exits where it does not know one
        case ["./justw", recipe, *_]:
            assert recipe in RECIPES
        case ["curl", *arguments]:
            request(arguments)
        case [setting] if setting.startswith("TOMB_"):
            name, _, value = setting.removeprefix("TOMB_").lower().partition("=")
            assert name in Settings.model_fields
            Settings(**{name: value})
        case ["grep", *_]:
            assert subprocess.run(words, capture_output=True, check=False, timeout=PATIENCE_S).returncode == 0
        case _:
            pytest.fail(f"nothing here can try {shlex.join(words)}: mark the block")


def request(arguments: list[str]) -> None:
    """That there is such a route, and that it takes this body."""
    said = dict(pairwise(arguments))
    [address] = [each for each in arguments if each.startswith("http://tomb.local:8000/")]
    path, method = address.removeprefix("http://tomb.local:8000").partition("?")[0], said.get("-X", "GET")
    known = [
        each for each in ROUTES if each.method == method and re.fullmatch(re.sub(r"<\w+>", "[^/]+", each.path), path)
    ]
    assert known, f"{method} {path}"
    if "-d" in said:
        assert said["-H"] == "Content-Type: application/json"
        known[0].body.model_validate_json(said["-d"])


def story(text: str) -> None:
    scenario.parse(text, "the page")


def drawing(text: str) -> None:
    """What is drawn is drawn by tests/docs/site.test.mjs, in a browser."""
    assert re.match(r"(---\n.*?---\n)?\s*(flowchart|sequenceDiagram|stateDiagram-v2)", text, re.DOTALL)


def prose(_: str) -> None:
    """A block of no language is a table of names, or a drawing in letters."""


BY_LANGUAGE: Mapping[str, Callable[[str], object]] = {
    "": prose,
    "sh": commands,
    "json": json.loads,
    "yaml": yaml.safe_load,
    "toml": story,
    "mermaid": drawing,
}


@cache
def help_of(name: str) -> str:
    said = StringIO()
    with redirect_stdout(said), redirect_stderr(StringIO()), suppress(SystemExit):
        _parser().parse_args([name, "--help"])
    return said.getvalue()


# In a sentence a command may be named without all that it takes.
OF_RECIPES = {"TOMB_ARCH", "TOMB_PACKAGES", "TOMB_URL"}  # read by scripts/, and no settings of the box
MENTIONED = re.compile(r"(?:sudo (?:-u tomb )?)?(?:\.venv/bin/)?(tomb|\./justw) ([a-z][\w-]*)(.*)|(TOMB_[A-Z_]+)=?.*")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_command_in_a_sentence_is_one(page: Path) -> None:
    sentences = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for said in re.findall(r"`([^`]+)`", sentences):
        if (found := MENTIONED.fullmatch(" ".join(said.split()))) is None:
            continue
        program, name, rest, setting = found.groups()
        if setting is not None:
            assert setting.removeprefix("TOMB_").lower() in Settings.model_fields or setting in OF_RECIPES, said
        elif program == "tomb":
            known = help_of(name)
            assert known, f"there is no command {name}"
            assert set(re.findall(r"(?<!\w)--[a-z][\w-]*", rest)) <= set(re.findall(r"--[a-z][\w-]*", known)), said
        else:
            assert name in RECIPES, said


# --- what the command line is told, on a real box ----------------------------------------------------------------


# In this order, as a backup is restored that was made; the others need an address, a signature, or a terminal.
RUN = ("tap", "import", "backup", "doctor", "rehearse", "restore")
OF_THE_DATA = ("import", "backup", "doctor", "restore")


def told(data: Path, music: Path, backup: Path) -> list[list[str]]:
    """The commands of ours in the blocks, without who gives them, of these places; each once, in the order of RUN."""
    here = {"/var/lib/tomb": str(data), "/media/music": str(music), "FILE": str(backup)}
    lines = (line for each in BLOCKS if each.language == "sh" for line in each.text.splitlines())
    every: dict[tuple[str, ...], None] = {}
    for line in lines:
        if found := re.match(r"(?:sudo -u tomb )?(?:\.venv/bin/)?tomb (.*)", line):
            words = shlex.split(found[1], comments=True)
            words = [str(backup) if each.endswith(".tar") else here.get(each, each) for each in words]
            if words[0] in OF_THE_DATA and "--data" not in words:
                words[1:1] = ["--data", str(data)]  # for whoever's folder is where it usually is
            every[tuple(words)] = None
    return sorted((list(each) for each in every if each[0] in RUN), key=lambda each: RUN.index(each[0]))


async def test_what_the_pages_tell_people_to_type_works_on_a_box(tmp_path: Path) -> None:
    data, music, backup = (tmp_path / each for each in ("data", "music", "box.tar"))
    music.mkdir()
    sparse_wav(music / "Song.wav", 2.0)
    commands = told(data, music, backup)
    assert [each[0] for each in commands] == list(RUN)
    async with serving(data, "--audio", "silent", "--reader", "virtual") as box:
        for words in commands:
            ended = await run_tomb(*words, *(["--url", box.url] if words[0] == "tap" else []), cwd=ROOT)
            # The doctor says by 1 that something is wrong with this computer.
            assert ended.status in ((0, 1) if words[0] == "doctor" else (0,)), (words, ended)
            assert ended.out, words
        await box.until_up(2)  # as it starts again with what was restored
        assert [each["title"] for each in (await box.get("/api/playlists")).data["playlists"]] == ["music"]
