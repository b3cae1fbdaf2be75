"""What a box fetches of an update: over real TLS, on loopback, through a network that has public addresses."""

import json
import ssl
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trio

from tests.rigs.certificates import self_signed
from tomb.devices import https, updates
from tomb.devices.updates import Note, Offer, PackageUpdater, UpdateFault, is_newer, offer_in, platform_key, read_note
from tomb.ports import RealPorts

HOST = "updates.example.org"
INDEX = f"https://{HOST}/tomb/index.json"
FILE = "tomb-music-box_2.0~deb12_amd64.deb"


def index(version: str = "2.0", file: object = FILE, key: str = "deb12-amd64") -> bytes:
    return json.dumps({"version": version, "packages": {key: {"file": file}}}).encode()


@dataclass
class Server:
    """`pages`: what lies where, or where else it is; `asked`: all targets. Of `endless` there is no end."""

    port: int
    pages: dict[str, bytes | str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    addresses: Mapping[str, Sequence[str]] = field(default_factory=lambda: {HOST: ["93.184.215.14"]})
    dialled: list[str] = field(default_factory=list)

    async def resolve(self, host: str) -> Sequence[str]:
        await trio.lowlevel.checkpoint()
        return self.addresses.get(host, ())

    async def connect(self, address: str, port: int) -> trio.SocketStream:
        assert port == 443
        self.dialled.append(address)
        return await trio.open_tcp_stream("127.0.0.1", self.port)

    async def serve(self, stream: trio.SSLStream[trio.SocketStream]) -> None:
        try:
            request = b""
            while b"\r\n\r\n" not in request:
                request += await stream.receive_some(4096)
            target = request.split()[1].decode()
            self.asked.append(target)
            await self._answer(stream, self.pages.get(target))
            await stream.aclose()
        except trio.BrokenResourceError:
            return  # the box hung up

    async def _answer(self, stream: trio.SSLStream[trio.SocketStream], page: bytes | str | None) -> None:
        match page:
            case None:
                await stream.send_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            case str():
                await stream.send_all(f"HTTP/1.1 302 Found\r\nLocation: {page}\r\nContent-Length: 0\r\n\r\n".encode())
            case b"endless":
                await stream.send_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while True:
                    await stream.send_all(b"10000\r\n" + bytes(65536) + b"\r\n")
            case b"trickle":
                await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
                while True:
                    await stream.send_all(b" ")
                    await trio.sleep(0.02)
            case b"cut":
                await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
            case _:
                await stream.send_all(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(page) + page)


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[Server, ssl.SSLContext]]:
    made = self_signed(folder, hosts=(f"DNS:{HOST}",))
    theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    theirs.load_cert_chain(made.certificate, made.key)
    ours = made.client()
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        server = Server(listeners[0].socket.getsockname()[1])

        async def handle(raw: trio.SocketStream) -> None:
            await server.serve(trio.SSLStream(raw, theirs, server_side=True, https_compatible=True))

        nursery.start_soon(trio.serve_listeners, handle, listeners)
        yield server, ours
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def updating(folder: Path) -> AsyncIterator[tuple[Server, PackageUpdater]]:
    async with serving(folder) as (server, tls):
        yield (
            server,
            PackageUpdater(
                RealPorts(),
                INDEX,
                network=server,
                tls=tls,
                key="deb12-amd64",
                code=folder,
                incoming=folder / "incoming",
            ),
        )


async def test_a_newer_version_is_found_and_its_package_and_signature_are_left(tmp_path: Path) -> None:
    package = bytes(range(256)) * 4000
    async with updating(tmp_path) as (server, updater):
        target = "/tomb/tomb-music-box_2.0~deb12_amd64.deb"
        server.pages = {"/tomb/index.json": index(), target: package, f"{target}.minisig": b"a signature"}
        offer = await updater.newest()
        assert offer == Offer("2.0", f"https://{HOST}{target}")
        heard: list[float] = []
        await updater.fetch(offer.url, heard.append)
        assert (tmp_path / "incoming/update.deb").read_bytes() == package
        assert (tmp_path / "incoming/update.deb.minisig").read_bytes() == b"a signature"
        assert sorted(each.name for each in (tmp_path / "incoming").iterdir()) == ["update.deb", "update.deb.minisig"]
        assert heard == sorted(heard)
        assert heard[-1] == 100
        await updater.withdraw()
        assert list((tmp_path / "incoming").iterdir()) == []


async def test_a_redirect_is_followed_and_taken_like_the_first_address(tmp_path: Path) -> None:
    async with updating(tmp_path) as (server, updater):
        server.addresses = {HOST: ["93.184.215.14"], "home.example.org": ["192.168.1.1"]}
        server.pages = {"/tomb/index.json": "/other/index.json", "/other/index.json": index()}
        assert await updater.newest() is not None
        for elsewhere in (
            "https://home.example.org/",
            f"http://{HOST}/",
            f"https://{HOST}:8443/",
            "https://127.0.0.1/",
            f"https://user@{HOST}/",
            "file:///etc/passwd",
        ):
            server.pages = {"/tomb/index.json": elsewhere}
            dialled = len(server.dialled)
            with pytest.raises(UpdateFault) as refused:
                await updater.newest()
            assert refused.value.reason == "refused", elsewhere
            assert len(server.dialled) == dialled + 1, elsewhere
        server.pages = {"/tomb/index.json": "/tomb/index.json"}
        with pytest.raises(UpdateFault, match="again and again"):
            await updater.newest()
        assert len(server.asked) < 20


@pytest.mark.parametrize(
    "elsewhere", ["//[", "https://[::1", "/a b", "/\x7f", f"https://{HOST}:port/", "https://a b/", "//"]
)
async def test_a_redirect_to_what_is_no_address_is_refused(tmp_path: Path, elsewhere: str) -> None:
    async with updating(tmp_path) as (server, updater):
        server.pages = {"/tomb/index.json": elsewhere}
        with pytest.raises(UpdateFault) as refused:
            await updater.newest()
        assert refused.value.reason in ("refused", "network")


@pytest.mark.parametrize("source", [f"https://{HOST}/\x01.deb", "https://a\0b/tomb.deb", "https://[/tomb.deb"])
async def test_an_address_that_a_parent_could_not_have_meant_is_refused(tmp_path: Path, source: str) -> None:
    async with updating(tmp_path) as (server, updater):
        with pytest.raises(UpdateFault) as refused:
            await updater.fetch(source, lambda _: None)
        assert (refused.value.reason, server.dialled) == ("refused", [])


async def test_an_index_that_trickles_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it has come, or not, the box could not be updated in any other way."""
    monkeypatch.setattr(updates, "INDEX_S", 0.3)
    async with updating(tmp_path) as (server, updater):
        server.pages = {"/tomb/index.json": b"trickle"}
        with pytest.raises(UpdateFault, match="too long to look") as fault:
            await updater.newest()
        assert fault.value.reason == "network"


@pytest.mark.parametrize("missing", ["package", "signature"])
async def test_what_is_not_there_leaves_nothing(tmp_path: Path, missing: str) -> None:
    async with updating(tmp_path) as (server, updater):
        server.pages = {"/a.deb.minisig": b"s"} if missing == "package" else {"/a.deb": b"p"}
        with pytest.raises(UpdateFault) as fault:
            await updater.fetch(f"https://{HOST}/a.deb", lambda _: None)
        assert fault.value.reason == "not_there"
        assert list((tmp_path / "incoming").iterdir()) == []


@pytest.mark.parametrize(("page", "reason"), [(b"endless", "too_large"), (b"cut", "network")])
async def test_what_does_not_end_or_ends_too_soon_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: bytes, reason: str
) -> None:
    monkeypatch.setattr(updates, "LARGEST_PACKAGE", 1024 * 1024)
    async with updating(tmp_path) as (server, updater):
        server.pages = {"/a.deb": page, "/a.deb.minisig": b"s"}
        with pytest.raises(UpdateFault) as fault:
            await updater.fetch(f"https://{HOST}/a.deb", lambda _: None)
        assert fault.value.reason == reason
        assert list((tmp_path / "incoming").iterdir()) == []


async def test_a_length_beyond_the_bound_is_refused_before_anything_comes(tmp_path: Path) -> None:
    async with serving(tmp_path) as (server, tls):
        server.pages = {"/": bytes(1000)}
        taken: list[bytes] = []

        async def take(block: bytes) -> None:
            taken.append(block)

        with pytest.raises(https.NoFile) as fault:
            await https.get(server, tls, f"https://{HOST}/", 999, take)
        assert (fault.value.reason, taken) == ("too_large", [])


async def test_a_server_that_the_computer_does_not_trust_is_none(tmp_path: Path) -> None:
    async with updating(tmp_path) as (server, updater):
        updater._tls = ssl.create_default_context()
        server.pages = {"/tomb/index.json": index()}
        with pytest.raises(UpdateFault) as fault:
            await updater.newest()
        assert (fault.value.reason, server.asked) == ("network", [])


async def test_what_lay_there_from_before_makes_way(tmp_path: Path) -> None:
    async with updating(tmp_path) as (server, updater):
        (tmp_path / "incoming").mkdir()
        (tmp_path / "incoming/update.deb").write_bytes(b"old")
        (tmp_path / "incoming/update.deb.part").write_bytes(b"half")
        server.pages = {"/a.deb": b"p", "/a.deb.minisig": b"s"}
        await updater.fetch(f"https://{HOST}/a.deb", lambda _: None)
        assert (tmp_path / "incoming/update.deb").read_bytes() == b"p"


# --- what is said -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        *(b"", b"[]", b"null", b"{}", b"no json", b'{"version": 2, "packages": {}}', index("latest"), index("2.0-rc1")),
        *(b'{"version": "2.0"}', b'{"version": "2.0", "packages": []}', b"[" * 1000, index("2." + "9" * 100)),
    ],
)
def test_what_is_no_index_is_named_so(said: bytes) -> None:
    with pytest.raises(UpdateFault) as fault:
        offer_in(said, INDEX, "deb12-amd64")
    assert fault.value.reason == "bad_index"


@pytest.mark.parametrize(
    "file", ["../a.deb", "/a.deb", "https://evil.example/a.deb", "a.txt", "", 7, None, ".deb", "a/b.deb"]
)
def test_a_package_lies_beside_the_index_and_nowhere_else(file: object) -> None:
    with pytest.raises(UpdateFault) as fault:
        offer_in(index(file=file), INDEX, "deb12-amd64")
    assert fault.value.reason == "no_package"


def test_a_version_that_is_not_for_this_computer_is_told_as_such() -> None:
    with pytest.raises(UpdateFault) as fault:
        offer_in(index(), INDEX, "deb13-arm64")
    assert fault.value.reason == "no_package"
    assert "deb13-arm64" in str(fault.value)


@pytest.mark.parametrize("version", ["0.0.1", "0.1", "0.1.0"])
def test_what_is_not_newer_is_no_offer(version: str) -> None:
    assert offer_in(index(version), INDEX, "deb12-amd64") is None


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [
        *(("1.10", "1.9", True), ("1.2.1", "1.2", True), ("1.2", "1.2.0", False), ("1.2.0", "1.2", False)),
        *(("2.0", "10.0", False), ("1", "0.9", False), ("1.2a", "1.1", False), ("1.2", "1.1.dev3", True)),
    ],
)
def test_versions_are_numbers(version: str, than: str, newer: bool) -> None:
    assert is_newer(version, than) == newer


def test_this_computer_has_a_name_for_its_packages() -> None:
    release, _, architecture = platform_key().partition("-")
    assert release.startswith("deb")
    assert architecture


def test_what_is_noted_is_read_and_what_is_none_is_the_beginning(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    assert read_note(path) == Note()
    for said in ("", "[]", "null", "{", "7"):
        path.write_text(said)
        assert read_note(path) == Note()
    path.write_text(json.dumps({"state": "done", "version": "2.0", "unknown": 1, "message": "x" * 1000}))
    note = read_note(path)
    assert (note.state, note.version, len(note.message)) == ("done", "2.0", 500)


async def test_a_box_that_runs_from_a_folder_says_so(tmp_path: Path) -> None:
    hindrance = PackageUpdater(RealPorts(), INDEX, code=Path("/usr/lib/nowhere")).hindrance()
    assert hindrance is not None
    assert hindrance.reason == "not_installed"
    assert PackageUpdater(RealPorts(), INDEX, code=Path(sys.prefix)).hindrance() is None
