"""yt-dlp as the box's way to YouTube: a child, and a proxy for it, for as long as one call lasts."""

import logging
import re
import shutil
import ssl
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from subprocess import DEVNULL, PIPE

import trio
from msgspec import Struct, field

from tomb import confined, sandbox
from tomb.devices.internet import Internet, Network
from tomb.devices.youtube import Fetched, Reason, Told, Video, YouTubeFault, child, thumbnails, update, words
from tomb.devices.youtube.child import Ending, Job, Limits
from tomb.devices.youtube.installation import Release, environment, readable, releases, runtime
from tomb.devices.youtube.output import FETCH, LIST, PICTURE, SOUND, Hearing, entry, line
from tomb.devices.youtube.proxy import proxy
from tomb.ports import Ports

log = logging.getLogger(__name__)

LONGEST_S = 5 * 3600
RATE = "6M"  # bytes a second: the home's network is for others, too
MOST_RESULTS = 50
MEASURE_S, THUMBNAIL_S = 60.0, 20.0
TOLERANCE_S, TOLERANCE = 3.0, 0.02
ID = re.compile(r"[\w-]{11}", re.ASCII)
EXTRACTORS = "youtube,youtube:tab,youtube:playlist,youtube:search"
# Opus is what the box plays as it is, once it is out of its WebM, and that costs no quality. AAC will be converted.
FORMATS = "bestaudio[acodec=opus]/bestaudio[ext=m4a]/bestaudio"

_ALWAYS = (
    *("--ignore-config", "--no-cache-dir", "--no-cookies", "--no-cookies-from-browser", "--no-exec", "--no-colors"),
    # The same way to the network whatever else is installed, and the one that takes least.
    *("--compat-options", "prefer-legacy-http-handler"),
    *("--no-remote-components", "--no-update", "--no-plugin-dirs", "--no-js-runtimes", "--socket-timeout", "20"),
)
_FETCH = (
    *("--no-playlist", "--no-simulate", "--format", FORMATS, "--extract-audio", "--audio-format", "best"),
    *("--output", f"{SOUND}.%(ext)s", "--write-thumbnail", "--output", f"thumbnail:{PICTURE}.%(ext)s"),
    *("--limit-rate", RATE, "--no-mtime", "--no-continue"),
    *("--match-filters", f"live_status!=?is_live & live_status!=?is_upcoming & duration<=?{LONGEST_S}"),
    *("--retries", "3", "--fragment-retries", "3", "--progress", "--newline", "--progress-delta", "0.2"),
    *FETCH,
)


class World(Struct, frozen=True):
    """What is outside. Tests put their own in its place: another Internet, extractors of a plugin, an authority, and
    options of pip that name another index."""

    network: Network = field(default_factory=Internet)
    extractors: str = EXTRACTORS
    plugins: Path | None = None
    authority: Path | None = None
    pip: tuple[str, ...] = ()


class YtDlp:
    """See `YouTube`. `folder`: where updates lie. `free_kept`: bytes of the disk that a download leaves free."""

    def __init__(
        self,
        ports: Ports,
        folder: Path,
        free_kept: int = 0,
        *,
        world: World | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._ports = ports
        self._folder = folder
        self._free_kept = free_kept
        self._world = world or World()
        self._limits = limits or Limits()
        self._broken = set[Release]()
        self._tls: ssl.SSLContext | None = None
        self._updating = trio.Lock()

    def available(self) -> Reason | None:
        if not self._releases() or runtime() is None:
            return Reason.NO_TOOL
        return None if shutil.which("ffmpeg") and shutil.which("ffprobe") else Reason.NO_FFMPEG

    def version(self) -> str | None:
        found = self._releases()
        return found[0].version if found else None

    async def search(self, query: str, limit: int) -> list[Video]:
        limit = min(max(limit, 1), MOST_RESULTS)
        return await self._list(f"ytsearch{limit}:{line(query)}", limit)

    async def entries(self, url: str, limit: int = MOST_RESULTS) -> list[Video]:
        return await self._list(url, min(max(limit, 1), MOST_RESULTS))

    async def fetch(self, url: str, scratch: Path, told: Told) -> Fetched:
        hearing = Hearing(told)
        options = [*_FETCH, "--max-filesize", str(self._limits.file), "--", url]
        ending = await self._run(options, hearing.hear, self._limits.fetch_s, scratch)
        video = hearing.video
        if ending.status != 0 or hearing.file is None or video is None:
            raise self._fault(ending, video)
        path = scratch / hearing.file
        if video.duration_ms is not None:
            differs_s = abs(await self._length_s(path) - video.duration_ms / 1000)
            if differs_s > max(TOLERANCE_S, TOLERANCE * video.duration_ms / 1000):
                raise words.fault(Reason.WRONG_LENGTH, self._ports.wall())
        pictures = await self._ports.in_thread(lambda: sorted(scratch.glob(f"{PICTURE}.*")))
        return Fetched(path, video.title, video.channel, pictures[0] if pictures else None, video.duration_ms)

    async def thumbnail(self, video_id: str) -> bytes:
        if not ID.fullmatch(video_id):
            raise words.fault(Reason.UNAVAILABLE, self._ports.wall())
        if self._tls is None:
            self._tls = await self._ports.in_thread(self._make_tls)
        with trio.move_on_after(THUMBNAIL_S):
            try:
                return await thumbnails.fetch(self._world.network, self._tls, video_id)
            except thumbnails.NoThumbnail as error:
                log.info("no thumbnail of %s: %r", video_id, error.__cause__ or error)
                gone = error.status in (404, 410)
                raise words.fault(Reason.UNAVAILABLE if gone else Reason.NETWORK, self._ports.wall()) from None
        raise words.fault(Reason.TIMEOUT, self._ports.wall())

    def _make_tls(self) -> ssl.SSLContext:
        """Reads some hundred certificates."""
        return ssl.create_default_context(cafile=self._world.authority)

    async def update(self) -> str:
        try:
            self._updating.acquire_nowait()
        except trio.WouldBlock:
            raise YouTubeFault(Reason.UNKNOWN, "It is being updated just now.") from None
        try:
            release = await update.install(self._ports, self._folder, self._broken, self._world.pip)
        finally:
            self._updating.release()
        self._broken.discard(release)
        return release.version

    async def _list(self, what: str, limit: int) -> list[Video]:
        videos: dict[str, Video] = {}

        def hear(said: str) -> None:
            if len(videos) < limit and (video := entry(said)) is not None:
                videos.setdefault(video.id, video)

        options = ["--flat-playlist", "--simulate", "--playlist-items", f":{limit}", *LIST, "--", what]
        ending = await self._run(options, hear, self._limits.ask_s, None)
        if ending.status != 0 and not videos:
            raise self._fault(ending, None)
        return list(videos.values())

    async def _run(
        self, options: Sequence[str], hear: Callable[[str], None], limit_s: float, scratch: Path | None
    ) -> Ending:
        """By the newest release that works, and again where the network is to blame. Raises: YouTubeFault."""
        if (reason := self.available()) is not None:
            raise words.fault(reason, self._ports.wall())
        pauses = iter(self._limits.pauses_s)
        with trio.CancelScope(deadline=trio.current_time() + limit_s):
            while True:
                if not (found := self._releases()):
                    return Ending(why=Reason.NO_TOOL)
                release = found[0]
                ending = await self._attempt(release, options, hear, scratch)
                if words.is_broken(ending.said) and release.folder is not None:
                    log.error("yt-dlp %s does not work, so the one before it is used: %s", release.version, ending.said)
                    self._broken.add(release)
                    continue
                if ending.status in (0, None) or self._meaning(ending) is not Reason.NETWORK:
                    return ending
                if (pause := next(pauses, None)) is None:
                    return ending
                await trio.sleep(pause)
                if scratch is not None:
                    await self._ports.in_thread(_empty, scratch)
        return Ending(why=Reason.TIMEOUT)

    async def _attempt(
        self,
        release: Release,
        options: Sequence[str],
        hear: Callable[[str], None],
        scratch: Path | None,
    ) -> Ending:
        world, program = self._world, runtime()
        if program is None:
            return Ending(why=Reason.NO_TOOL)
        env = environment(release)
        fixed = ["--ies", world.extractors, "--js-runtimes", f"{program[0]}:{program[1]}"]
        more: list[str] = []
        if world.plugins is not None:
            fixed += ["--plugin-dirs", str(world.plugins)]
            more.append(str(world.plugins))
        if world.authority is not None:
            fixed += ["--compat-options", "no-certifi"]
            env["SSL_CERT_FILE"] = str(world.authority)
            more.append(str(world.authority))
        command = [sys.executable, "-B", "-P", "-s", "-m", "yt_dlp", *_ALWAYS, *fixed, *options]
        try:
            async with proxy(world.network, self._ports.new_id()) as way:
                env |= dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), way.url)
                job = Job(
                    command=command,
                    env=env,
                    read=[*readable(release), *more],
                    run=[str(program[1].resolve())],
                    port=way.port,
                    limits=self._limits,
                    folder=scratch,
                    free_kept=self._free_kept,
                )
                ending = await child.run(self._ports, job, hear)
        except OSError as error:  # no port, or no file to be had for it
            return Ending(why=Reason.UNKNOWN, said=f"no proxy: {error}")
        for notice in (sandbox.UNCONFINED, sandbox.ONLINE):
            if notice in ending.said:
                log.warning("yt-dlp: %s", notice)
        ending.refused = bool(way.refused)
        return ending

    def _releases(self) -> list[Release]:
        return [release for release in releases(self._folder) if release not in self._broken]

    def _meaning(self, ending: Ending) -> Reason:
        today = datetime.fromtimestamp(self._ports.wall(), UTC).date()
        reason = ending.why or words.meaning(ending.said, self.version(), today)
        # A way that leads elsewhere is not the network's fault, and does not become one by trying again.
        return Reason.UNKNOWN if ending.refused and reason is Reason.NETWORK else reason

    def _fault(self, ending: Ending, video: Video | None) -> YouTubeFault:
        reason = self._meaning(ending)
        if ending.status is not None and ending.status < 0 and ending.why is None:
            reason = Reason.INTERRUPTED  # somebody killed it, as the kernel does where memory runs out
        if video is not None and ending.status == 0:  # a filter kept it from being fetched, and that is no error to it
            too_long = video.duration_ms is not None and video.duration_ms > LONGEST_S * 1000
            reason = Reason.LIVE if video.live else Reason.TOO_LONG if too_long else Reason.TOO_LARGE
        log.info("yt-dlp (%s): %s", reason, ending.said.strip()[-1000:])
        return words.fault(reason, self._ports.wall(), ending.said)

    async def _length_s(self, path: Path) -> float:
        """As ffprobe reads it; 0 if it cannot."""
        probe = shutil.which("ffprobe") or "ffprobe"
        asked = [probe, "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", f"file:{path}"]
        command = sandbox.command(asked, read=[str(path)])
        said = b""
        with trio.move_on_after(MEASURE_S), suppress(OSError):
            async with confined.child(command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL) as process:
                assert process.stdout is not None
                async for block in process.stdout:
                    said = (said + block)[:1024]
        try:
            return float(said)
        except ValueError:
            return 0.0


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
