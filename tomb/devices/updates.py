"""Newer versions of the box: where they are told of, how their package comes here, and to whom it is left.

The box may not install anything. It writes the package and its signature into a folder, the package last; a program
of root's takes them from there (packaging/update), and says in a file of its own how far it is. What comes over the
network is not judged here: the signature is, there, and until then a package is a heap of bytes of a bounded size.

The index is a small JSON file at the address that the operator has set: the newest version, and for each Debian and
architecture the name of its package, which lies beside the index, as does its signature (docs/update.md). It is not
signed. Who exchanges it can keep an update back; to have another one installed than its builder made, he cannot.
"""

import json
import os
import platform
import re
import sys
import sysconfig
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urljoin

import trio
from msgspec import Struct

from tomb import __version__, bounded_json
from tomb.devices.internet import Internet, Network
from tomb.ports import Ports

if TYPE_CHECKING:  # loaded when something is fetched
    import ssl

PACKAGE = "tomb-music-box"
CODE = Path("/usr/lib") / PACKAGE
DATA = Path("/var/lib/tomb")
INCOMING = DATA / "updates" / "incoming"
NOTED = Path("/var/lib/tomb-update/status.json")
NAME, SIGNATURE = "update.deb", "update.deb.minisig"

LARGEST_INDEX = 64 * 1024
LARGEST_PACKAGE = 512 * 1024 * 1024  # as the program has it that looks at it
LARGEST_SIGNATURE = 4096
LARGEST_NOTE = 16 * 1024
INDEX_S = 120.0
FETCH_S = 3600.0
UNDER_WAY = frozenset({"installing", "proving", "going_back"})
"""Of a note: from the moment that the database was saved, an edit would be lost if the box went back."""

_VERSION = re.compile(r"\d{1,6}(?:\.\d{1,6}){1,3}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~_-]{0,199}\.deb")
_ARCHITECTURES = {"x86_64-linux-gnu": "amd64", "aarch64-linux-gnu": "arm64", "arm-linux-gnueabihf": "armhf"}


class UpdateFault(Exception):
    """`reason`: a key, for words in any language; the text: one sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Offer(Struct, frozen=True):
    """A newer version, and where its package is."""

    version: str
    url: str


class Note(Struct, frozen=True):
    """What the program has noted: its states are those of the wire, and `taken` and `going_back`. `number` is another
    one for each note; "" is the state before the first."""

    state: str = ""
    version: str = ""
    reason: str = ""
    message: str = ""
    number: int = 0


class Updater(Protocol):
    """How this box is updated; tests have one of their own. All raise UpdateFault where nothing else is said."""

    def hindrance(self) -> UpdateFault | None:
        """Why nothing can be installed here at all."""

    def has_index(self) -> bool:
        """Whether anybody tells of newer versions."""

    async def newest(self) -> Offer | None:
        """The newest version, if it is newer than this one."""

    async def fetch(self, url: str, told: Callable[[float], object]) -> None:
        """Bring a package here and leave it to the program. `told`: called with the percentage that has come."""

    async def withdraw(self) -> None:
        """Take back what nobody has taken."""

    async def noted(self) -> Note:
        """How far the program is."""


class PackageUpdater:
    """Of a box that was installed from its package. `index`: its address, "" for none."""

    def __init__(
        self,
        ports: Ports,
        index: str,
        *,
        network: Network | None = None,
        tls: "ssl.SSLContext | None" = None,
        code: Path = CODE,
        incoming: Path = INCOMING,
        noted: Path = NOTED,
        key: str | None = None,
    ) -> None:
        self._ports = ports
        self._index = index
        self._network = network or Internet()
        self._tls = tls
        self._code = code
        self._incoming = incoming
        self._noted = noted
        self._key = key

    def hindrance(self) -> UpdateFault | None:
        if Path(sys.prefix).is_relative_to(self._code):
            return None
        said = "This box does not run from a package: whoever runs it updates its folder (git pull) and starts it anew."
        return UpdateFault("not_installed", said)

    def has_index(self) -> bool:
        return bool(self._index)

    async def newest(self) -> Offer | None:
        content = bytearray()

        async def take(block: bytes) -> None:
            content.extend(block)

        try:
            with trio.fail_after(INDEX_S):  # a server that trickles would keep the box from being updated at all
                await self._get(self._index, LARGEST_INDEX, take)
        except trio.TooSlowError:
            raise UpdateFault("network", "It took too long to look.") from None
        return offer_in(bytes(content), self._index, self._key or platform_key())

    async def fetch(self, url: str, told: Callable[[float], object]) -> None:
        package, signature = self._incoming / f"{NAME}.part", self._incoming / f"{SIGNATURE}.part"
        try:
            await self._ports.in_thread(_prepare, self._incoming)
            with trio.fail_after(FETCH_S):
                await self._fetch(f"{url}.minisig", signature, LARGEST_SIGNATURE, lambda _: None)
                await self._fetch(url, package, LARGEST_PACKAGE, told)
            await self._ports.in_thread(_leave, self._incoming)
        except OSError as error:
            raise UpdateFault("no_room", f"It cannot be written: {error.strerror or error}.") from error
        except trio.TooSlowError:
            raise UpdateFault("network", "It took too long to fetch.") from None
        finally:
            with trio.move_on_after(1.0, shield=True):
                await self._ports.in_thread(_clear, (package, signature), abandon=True)

    async def withdraw(self) -> None:
        await self._ports.in_thread(_clear, (self._incoming / NAME, self._incoming / SIGNATURE))

    async def noted(self) -> Note:
        return await self._ports.in_thread(read_note, self._noted)

    async def _fetch(self, url: str, target: Path, largest: int, told: Callable[[float], object]) -> None:
        size = came = 0

        def sized(length: int) -> None:
            nonlocal size
            size = length

        async def take(block: bytes) -> None:
            nonlocal came
            await self._ports.in_thread(file.write, block)
            came += len(block)
            told(100 * came / size if size else 0.0)

        file = await self._ports.in_thread(target.open, "xb")
        with file:
            await self._get(url, largest, take, sized)
            await self._ports.in_thread(_settle, file.fileno(), file.flush)

    async def _get(
        self,
        url: str,
        largest: int,
        take: Callable[[bytes], Awaitable[object]],
        sized: Callable[[int], object] = lambda _: None,
    ) -> None:
        import ssl

        from tomb.devices import https

        if self._tls is None:
            self._tls = await self._ports.in_thread(ssl.create_default_context)
        try:
            await https.get(self._network, self._tls, url, largest, take, sized)
        except https.NoFile as error:
            raise UpdateFault(error.reason, str(error)) from error


def offer_in(index: bytes, url: str, key: str) -> Offer | None:
    """What an index has for this computer, if it is newer than this program. Raises: UpdateFault when it is none."""
    try:
        said = bounded_json.load(index, size=LARGEST_INDEX, values=1000, depth=8)
        version, package = said["version"], said["packages"].get(key)
        name = None if package is None else package["file"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UpdateFault("bad_index", "What lies at the address for updates is no index.") from None
    if not isinstance(version, str) or _VERSION.fullmatch(version) is None:
        raise UpdateFault("bad_index", "The index names no version.")
    if not is_newer(version, __version__):
        return None
    if not isinstance(name, str) or _FILE.fullmatch(name) is None:
        raise UpdateFault("no_package", f"There is a version {version}, but not for this computer ({key}).")
    return Offer(version, urljoin(url, quote(name)))


def is_newer(version: str, than: str) -> bool:
    """Of versions that are numbers; what is none is never newer."""
    if _VERSION.fullmatch(version) is None or _VERSION.match(than) is None:
        return False
    return _numbers(version) > _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.match(version)
    assert found is not None
    numbers = [int(each) for each in found[0].split(".")]
    while numbers and numbers[-1] == 0:  # 1.2 and 1.2.0 are one
        numbers.pop()
    return tuple(numbers)


def platform_key() -> str:
    """Which package is for this computer, such as `deb12-arm64`. Raises: UpdateFault."""
    try:
        release = platform.freedesktop_os_release().get("VERSION_ID", "")
    except OSError:
        release = ""
    triplet = sysconfig.get_config_var("MULTIARCH") or ""
    return f"deb{release}-{_ARCHITECTURES.get(triplet, triplet)}"


def read_note(path: Path = NOTED) -> Note:
    """What the program has noted; an empty one before the first update."""
    try:
        with path.open("rb") as file:
            said: Mapping[str, object] = json.loads(file.read(LARGEST_NOTE))
            number = os.fstat(file.fileno()).st_ino ^ os.fstat(file.fileno()).st_mtime_ns
        texts = {name: str(said.get(name, ""))[:500] for name in ("state", "version", "reason", "message")}
    except (OSError, ValueError, AttributeError):
        return Note()
    # Which Debian a package is for is part of its version, and no part of the box's.
    return Note(**{**texts, "version": re.sub(r"~deb\d+$", "", texts["version"])}, number=number)


# --- in a thread -----------------------------------------------------------------------------------------------------


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _clear(list(folder.iterdir()))


def _leave(folder: Path) -> None:
    """The package last, for it is what is looked for."""
    (folder / f"{SIGNATURE}.part").replace(folder / SIGNATURE)
    (folder / f"{NAME}.part").replace(folder / NAME)
    _sync(folder)


def _settle(number: int, flush: Callable[[], object]) -> None:
    flush()
    os.fsync(number)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _clear(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(FileNotFoundError, IsADirectoryError):
            path.unlink()
