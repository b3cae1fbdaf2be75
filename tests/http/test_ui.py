"""The web UI as files: negotiated, cached, never anything but what the build has."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from trio.testing import MockClock

from tests.rigs.asgi import served_box
from tomb.http.ui import ASK_EACH_TIME, FOR_EVER, POLICY
from tomb.rehearsal.requests import Client

INDEX = b"<!doctype html><title>TOMB</title>"
SCRIPT = b"console.log('hello')" * 50
PACKED = gzip.compress(SCRIPT)
ASSET = "/assets/index-abc123.js"


@pytest.fixture
async def client(tmp_path: Path, autojump_clock: MockClock) -> AsyncIterator[Client]:
    assets = tmp_path / "static" / "assets"
    assets.mkdir(parents=True)
    (tmp_path / "static" / "index.html").write_bytes(INDEX)
    (tmp_path / "static" / "favicon.svg").write_bytes(b"<svg/>")
    (tmp_path / "secret.json").write_bytes(b"{}")
    script = assets / "index-abc123.js"
    script.write_bytes(SCRIPT)
    script.with_name(script.name + ".gz").write_bytes(PACKED)
    script.with_name(script.name + ".br").write_bytes(b"brotli")
    async with served_box(tmp_path) as (_, client):
        yield client


async def test_an_asset_is_kept_for_ever_and_the_page_is_asked_for_each_time(client: Client) -> None:
    asset, page = await client.get(ASSET), await client.get("/")
    assert (asset.status, asset.content, page.status, page.content) == (200, SCRIPT, 200, INDEX)
    assert asset.headers["content-type"] == "text/javascript; charset=utf-8"
    assert asset.headers["cache-control"] == FOR_EVER == "public, max-age=31536000, immutable"
    assert page.headers["cache-control"] == ASK_EACH_TIME
    for each in (asset, page):
        assert each.headers["content-security-policy"] == POLICY
        assert each.headers["x-content-type-options"] == "nosniff"
        assert each.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("br;q=0.5, gzip", "br"),
        ("br;q=0, gzip", "gzip"),
        ("GZIP", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
async def test_what_the_build_has_packed_is_sent_to_whoever_takes_it(
    client: Client, accepted: str, encoding: str | None
) -> None:
    answer = await client.get(ASSET, accept_encoding=accepted)
    assert answer.headers.get("content-encoding") == encoding
    assert answer.content == {"br": b"brotli", "gzip": PACKED, None: SCRIPT}[encoding]
    plain = await client.get("/favicon.svg", accept_encoding=accepted)
    assert (plain.content, "content-encoding" in plain.headers) == (b"<svg/>", False)


async def test_who_has_it_already_gets_nothing_and_each_encoding_has_a_tag_of_its_own(client: Client) -> None:
    plain, packed = await client.get(ASSET), await client.get(ASSET, accept_encoding="br")
    assert plain.headers["etag"] != packed.headers["etag"]
    again = await client.get(ASSET, accept_encoding="br", if_none_match=packed.headers["etag"])
    assert (again.status, again.content) == (304, b"")
    assert again.headers["cache-control"] == FOR_EVER
    assert (await client.get(ASSET, if_none_match=packed.headers["etag"])).status == 200


async def test_the_head_alone_and_a_part(client: Client) -> None:
    head = await client.ask("HEAD", ASSET)
    part = await client.get(ASSET, range="bytes=0-6")
    assert (head.status, head.content, head.headers["content-length"]) == (200, b"", str(len(SCRIPT)))
    assert (part.status, part.content, part.headers["content-range"]) == (206, b"console", f"bytes 0-6/{len(SCRIPT)}")


@pytest.mark.parametrize("path", ["/playlist/7", "/settings", "/no.such", "/assets", "/deep/er/than/that.js", "/.git"])
async def test_any_other_address_is_one_of_the_pages(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status, answer.content) == (200, INDEX)


@pytest.mark.parametrize(
    "path",
    [
        "/assets/index-old.js",
        "/assets/../secret.json",
        "/assets/..%2f..%2fsecret.json",
        "/assets/%2e%2e/%2e%2e/secret.json",
        "/assets/..%5c..%5csecret.json",
        "/assets/%00.js",
        "/assets/index-abc123.js.br",
        "/assets/",
    ],
)
async def test_what_the_build_does_not_have_is_not_found(client: Client, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status, answer.body["error_type"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/..%2fsecret.json", "/%2e%2e/secret.json", "/..%5csecret.json"])
async def test_no_path_leads_out_of_the_build(client: Client, path: str) -> None:
    assert (await client.get(path)).content == INDEX


async def test_the_api_is_no_page(client: Client) -> None:
    for path in ("/api/nowhere", "/api", "/socket.io/x"):
        assert (await client.get(path)).status in (400, 404)
    assert (await client.post("/playlist/7")).status == 404


async def test_without_a_build_the_plain_page_says_how_to_get_one(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (_, client):
        page = await client.get("/playlist/7")
        assert (page.status, page.headers["cache-control"]) == (200, "no-store")
        assert b"./justw serve" in page.content
        (tmp_path / "static").mkdir()
        (tmp_path / "static" / "index.html").write_bytes(INDEX)
        assert (await client.get("/playlist/7")).content == INDEX
