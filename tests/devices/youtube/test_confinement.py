"""What the child may: shown by an extractor that tries, and tells what came of it as the title of its video."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import trio
from msgspec.structs import replace

from tests.rigs.youtube import youtube_rig
from tests.rigs.youtube.videos import SONG
from tests.test_sandbox import START, UNCONFINED_START, WAYS
from tomb import sandbox
from tomb.devices.youtube import YouTubeFault
from tomb.devices.youtube.child import Limits
from tomb.devices.youtube.tool import YtDlp
from tomb.ports import RealPorts

SPY = """
import json, os, resource, socket, subprocess, sys
from yt_dlp.extractor.common import InfoExtractor
from yt_dlp.utils import ExtractorError

def attempt(call):
    try:
        return call() or "done"
    except Exception as error:
        return type(error).__name__

def write(path):
    with open(path, "w") as file:
        file.write("x")

def leave(call):
    child = os.fork()
    if child == 0:
        os._exit(attempt(call) == "PermissionError")
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

def solver(runtime):
    '''YouTube's puzzles, as yt-dlp's own provider gives them to Deno.'''
    from yt_dlp.extractor.youtube.jsc._builtin.deno import DenoJCP
    from yt_dlp_ejs.yt.solver import core, lib
    script = lib() + ";Object.assign(globalThis, lib);" + core() + ";console.log(typeof jsc);"
    command = [runtime.path, "run", *DenoJCP._DENO_BASE_OPTIONS, "--no-npm", "--cached-only", "-"]
    return subprocess.run(command, input=script, capture_output=True, text=True, check=True).stdout.strip()

class SpyIE(InfoExtractor):
    IE_NAME = "rig"
    _VALID_URL = r"https://www\\.youtube\\.com/watch\\?v=(?P<id>[\\w-]{11})"

    def _real_extract(self, url):
        told = {
            "env": sorted(os.environ),
            "cwd": os.getcwd(),
            "secret": attempt(lambda: open(SECRET).read()),
            "outside": attempt(lambda: write(OUTSIDE)),
            "home": attempt(lambda: os.listdir(REAL_HOME)),
            "inside": attempt(lambda: write("mine")),
            "tmp": attempt(lambda: write("/tmp/tomb-spy")),
            "direct": attempt(lambda: socket.create_connection(("127.0.0.1", PORT), 5).close()),
            "listen": attempt(lambda: socket.create_server(("127.0.0.1", 0)).close()),
            "shell": attempt(lambda: subprocess.run(["/bin/sh", "-c", "echo > " + OUTSIDE], check=True) and None),
            "solver": attempt(lambda: solver(self._downloader._js_runtimes["deno"].info)),
            "left": [leave(os.setsid), leave(lambda: os.setpgid(0, 0))],
            "rights": attempt(lambda: os.chmod(SECRET, 0o777)),
            "datagram": attempt(lambda: socket.socket(type=socket.SOCK_DGRAM)),
            "fast": attempt(lambda: socket.socket().sendto(b"x", socket.MSG_FASTOPEN, ("127.0.0.1", PORT))),
            "core": resource.getrlimit(resource.RLIMIT_CORE)[1],
            "file": resource.getrlimit(resource.RLIMIT_FSIZE)[1],
            "tasks": resource.getrlimit(resource.RLIMIT_NPROC)[1] < 10_000,
            "group": os.getpgid(0) == os.getpid(),
            "privileges": [line.split()[1] for line in open("/proc/self/status") if line.startswith("NoNewPrivs")],
        }
        raise ExtractorError("SPY" + json.dumps(told) + "YPS", expected=True)
"""


@pytest.fixture
def spy(tmp_path: Path) -> Path:
    plugins = tmp_path / "plugins" / "spy" / "yt_dlp_plugins" / "extractor"
    plugins.mkdir(parents=True)
    return plugins / "spy.py"


async def test_the_child_has_its_folder_and_its_proxy_and_nothing_else(
    spy: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sandbox.landlock_abi() >= 4, "this test wants Linux 6.7"
    caplog.set_level("INFO")
    monkeypatch.setenv("TOMB_SECRET", "secret")
    scratch, secret, outside = tmp_path / "scratch", tmp_path / "secret", tmp_path / "outside"
    scratch.mkdir()
    await trio.Path(secret).write_text("secret")
    async with youtube_rig() as rig:
        known = {"SECRET": secret, "OUTSIDE": outside, "REAL_HOME": Path.home()}
        constants = [f"{name} = {str(value)!r}" for name, value in known.items()]
        source = "\n".join([*constants, f"PORT = {rig.network.port}", SPY])
        await trio.Path(spy).write_text(source)
        world = replace(rig.world, plugins=tmp_path / "plugins")
        youtube = YtDlp(RealPorts(), tmp_path / "youtube", world=world, limits=Limits(pauses_s=()))
        with pytest.raises(YouTubeFault):
            await youtube.fetch("https://www.youtube.com/watch?v=rig_song_01", scratch, lambda _: None)
    [told] = [each for each in caplog.messages if "SPY{" in each]
    seen: dict[str, Any] = json.loads(told.partition("SPY")[2].partition("YPS")[0])
    wanted = {"HOME", "LANG", "PATH", "SSL_CERT_FILE", "TMPDIR", "all_proxy", "http_proxy", "https_proxy"}
    assert set(seen.pop("env")) - {"LC_CTYPE"} == wanted
    assert seen == {
        "cwd": str(scratch),
        "secret": "PermissionError",
        "outside": "PermissionError",
        "home": "PermissionError",
        "inside": "done",
        "tmp": "PermissionError",
        "direct": "PermissionError",
        "listen": "PermissionError",
        "shell": "CalledProcessError",
        "solver": "function",
        "left": [False, False],
        "rights": "PermissionError",
        "datagram": "PermissionError",
        "fast": "PermissionError",
        "core": 0,
        "file": 200 * 1024 * 1024,
        "tasks": True,
        "group": True,
        "privileges": ["1"],
    }
    assert {path.name for path in (outside, scratch / "mine", Path("/tmp/tomb-spy")) if path.exists()} == {"mine"}


@pytest.mark.parametrize(
    ("start", "notice"),
    [
        (START.format(folder=str(Path(sandbox.__file__).parent), way=WAYS["namespaces"]), None),
        (UNCONFINED_START, sandbox.UNCONFINED),
    ],
    ids=["namespaces", "nothing"],
)
async def test_where_the_kernel_has_no_landlock_it_fetches_all_the_same_and_the_log_says_what_it_can_not(
    start: str, notice: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sandbox.command

    def less(program: Sequence[str], **given: Any) -> list[str]:
        words = real(program, **given)
        place = words.index(sandbox.__file__)
        return [*words[:place], "-c", start, *words[place + 1 :]]

    monkeypatch.setattr(sandbox, "command", less)
    async with youtube_rig() as rig:
        youtube = YtDlp(RealPorts(), tmp_path / "youtube", world=rig.world)
        (tmp_path / "scratch").mkdir()
        fetched = await youtube.fetch(f"https://www.youtube.com/watch?v={SONG}", tmp_path / "scratch", lambda _: None)
    assert fetched.title == "A song of the rig"
    said = {each.removeprefix("yt-dlp: ") for each in caplog.messages if "sandbox" in each}
    assert said == (set() if notice is None else {notice, sandbox.ONLINE})


def test_the_box_imports_no_yt_dlp() -> None:
    look = "import sys, tomb.service, tomb.devices.youtube.tool; print([m for m in sys.modules if 'yt_dlp' in m])"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
