"""A newer yt-dlp, beside the one that came with the box: YouTube changes every few weeks, and the box does not.

    pip install --target <folder>/.new  ->  tried out, in the sandbox  ->  on disk  ->  renamed to <folder>/<version>

The rename is the only step that counts: whatever ends it before, be it a power cut, leaves what there was. What lies
in `.new` is removed by the next update. The release before is kept, and is used again when the new one does not work
(see `tool`); older ones go.

pip is not locked up as yt-dlp is: it comes with the box, reaches whatever index its owner has told it of, checks what
it gets by the hashes of that index, and, since only wheels are taken, runs nothing of it.
"""

import logging
import os
import shutil
import sys
from collections.abc import Sequence, Set
from pathlib import Path
from subprocess import DEVNULL, PIPE

import trio

from tomb import confined
from tomb.devices.youtube import Reason, YouTubeFault, child
from tomb.devices.youtube.child import Job, Limits
from tomb.devices.youtube.installation import Release, environment, is_version, readable, releases
from tomb.devices.youtube.output import line
from tomb.ports import Ports

log = logging.getLogger(__name__)

INSTALL_S = 20 * 60.0  # on a Pi most of it is spent on compiling
TRY_S = 120.0
KEPT = 2
WANTED = "yt-dlp[default]"
LAST_WORDS = 4096
_PIP = ("-m", "pip", "install", "--only-binary", ":all:", "--no-cache-dir", "--disable-pip-version-check", "--no-input")
_PASSED_ON = ("PATH", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")
# More than `--version`, for which little is loaded: what it needs for YouTube is all there, and fits this Python.
_TRY = "import yt_dlp, yt_dlp_ejs, yt_dlp.extractor.youtube as y; y.YoutubeIE(); print(yt_dlp.version.__version__)"


async def install(ports: Ports, folder: Path, broken: Set[Release], options: Sequence[str] = ()) -> Release:
    """The newest release that there is, in `folder` from now on if it was not there, or is `broken` there. `options`:
    more of pip's.

    Raises: YouTubeFault, and then nothing has changed.
    """
    new = folder / ".new"
    try:
        await ports.in_thread(_prepare, new)
        try:
            await _pip(new, options)
            version = await _tried_out(ports, new)
            return await ports.in_thread(_put_in_place, folder, new, version, broken)
        finally:
            await ports.in_thread(_remove, new)  # not when it is cancelled, which has to be quick
    except OSError as error:
        raise YouTubeFault(Reason.DISK_FULL, f"It cannot be written: {error.strerror}.") from error


async def _pip(target: Path, options: Sequence[str]) -> None:
    """Raises: YouTubeFault."""
    passed_on = {name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith("PIP_")}
    env = {"LANG": "C.UTF-8", "HOME": str(target), "TMPDIR": str(target), **passed_on}
    command = [sys.executable, "-P", "-s", *_PIP, "--target", str(target), *options, WANTED]
    said, status = b"", None
    with trio.move_on_after(INSTALL_S):
        async with confined.child(command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, env=env) as process:
            assert process.stderr is not None
            async for block in process.stderr:
                said = (said + block)[-LAST_WORDS:]
            status = await process.wait()
    if status == 0:
        return
    words = said.decode("utf-8", "replace")
    log.info("pip: %s", words.strip() or "it took too long")
    if status is None:
        raise YouTubeFault(Reason.TIMEOUT, "It took too long to fetch.")
    if "No module named pip" in words:
        raise YouTubeFault(Reason.NO_TOOL, "pip is missing, which installs it.")
    if "No space left" in words:
        raise YouTubeFault(Reason.DISK_FULL, "There is not enough room left.")
    why = line((words.strip().splitlines() or ["pip says nothing"])[-1].removeprefix("ERROR: "))
    raise YouTubeFault(Reason.NETWORK, f"It could not be fetched: {why}.")


async def _tried_out(ports: Ports, new: Path) -> str:
    """Its version, as it says itself. Raises: YouTubeFault when it does not work."""
    release = Release("new", new)
    python = [sys.executable, "-B", "-P", "-s"]
    heard: list[str] = []
    for arguments in (["-m", "yt_dlp", "--ignore-config", "--no-plugin-dirs", "--version"], ["-c", _TRY]):
        job = Job(
            command=[*python, *arguments],
            env=environment(release),
            read=readable(release),
            run=(),
            port=None,
            limits=Limits(),
            folder=None,
            free_kept=0,
        )
        said: list[str] = []
        with trio.move_on_after(TRY_S):
            ending = await child.run(ports, job, said.append)
            if ending.status != 0:
                log.info("the new yt-dlp does not work here: %s", ending.said.strip())
                said = []
        heard.append(said[-1].strip() if said else "")
    version, again = heard
    if not is_version(version) or version != again:
        raise YouTubeFault(Reason.UNKNOWN, "The new yt-dlp does not work on this box; the old one stays in use.")
    return version


def _prepare(new: Path) -> None:
    _remove(new)
    new.mkdir(parents=True)


def _remove(new: Path) -> None:
    if new.exists():
        shutil.rmtree(new)


def _put_in_place(folder: Path, new: Path, version: str, broken: Set[Release]) -> Release:
    there = [each for each in releases(folder) if each not in broken]
    release = Release(version, folder / version)
    if there and there[0].order >= release.order:
        return there[0]
    os.sync()  # some 3,000 files: else a power cut leaves the names, and nothing in them
    _remove(folder / version)  # a broken one
    new.rename(folder / version)
    parent = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)
    updates = [each for each in releases(folder) if each.folder is not None]
    for each in updates[KEPT:]:
        assert each.folder is not None
        shutil.rmtree(each.folder)
    return release
