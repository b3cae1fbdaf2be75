"""Who may ask what: names of the box, pages from elsewhere, and what browsers are told."""

from dataclasses import replace
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from tests.http.world import made_world
from tests.rigs.asgi import served_box
from tomb.config import read_settings
from tomb.devices.naming import Naming
from tomb.errors import HeadersTooLarge, StartError
from tomb.http import guard
from tomb.http.app import ROUTES
from tomb.nurseries.names import Names
from tomb.ports import VirtualPorts
from tomb.rehearsal.requests import Answer

FRIEND = "https://friend.example"
NAMES = Names(VirtualPorts(), ["Jukebox.lan"], lambda: Naming("Box"))


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("localhost", True),
        ("LOCALHOST:8000", True),
        ("127.0.0.1:8000", True),
        ("[::1]:8000", True),
        ("192.168.1.2:8000", True),
        ("jukebox.lan", True),
        ("box", True),
        ("Box.local:8000", True),
        ("box.lan", True),
        ("box.home.arpa", True),
        ("box.internal", True),
        ("box.com", False),
        ("box.example.local", False),
        ("other.local", False),
        ("192.168.1.3", False),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("evil.example@localhost.evil", False),
        ("", False),
        ("[::1", False),
        ("localhost.", True),
        ("localhost..", False),
        (".", False),
        ("localhost:port", False),
        ("localhost:99999", False),
        ("localhost/x", False),
        ("localhost?x", False),
        (None, False),
    ],
)
def test_the_box_goes_by_its_own_names(host: str | None, known: bool) -> None:
    assert guard.knows_host(host, NAMES, "192.168.1.2") is known


@pytest.mark.parametrize(
    ("origin", "known"),
    [
        (None, True),
        ("http://localhost:8000", True),
        (FRIEND, True),
        ("http://localhost:8001", False),
        ("https://evil.example", False),
        ("null", False),
        ("", False),
        ("http://[", False),
        ("http://localhost:port", False),
        ("ftp://localhost:8000", False),
        ("http://localhost:8000/path", False),
        ("HTTPS://Friend.example", True),
        (f"{FRIEND}:443", True),
        (f"{FRIEND}:80", False),
        ("http://friend.example", False),
    ],
)
def test_a_page_may_act_if_it_is_the_box_s_own_or_a_friend(origin: str | None, known: bool) -> None:
    assert guard.knows_origin(origin, "localhost:8000", {guard.origin_in(FRIEND)}) is known


@pytest.mark.parametrize(
    ("origin", "host", "known"),
    [
        ("https://box.example", "box.example:443", True),
        ("https://box.example", "box.example", True),
        ("https://box.example:443", "box.example", True),
        ("http://box.example", "box.example:80", True),
        ("http://box.example", "BOX.example.", True),
        ("https://box.example", "box.example:80", False),
        ("http://box.example", "box.example:443", False),
        ("http://box.example:8000", "box.example:8001", False),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://box.example", None, False),
        ("http://box.example", "[", False),
    ],
)
def test_a_proxy_may_name_the_usual_port_or_leave_it_away(origin: str, host: str | None, known: bool) -> None:
    assert guard.knows_origin(origin, host, ()) is known


async def test_an_origin_that_is_none_is_refused_and_no_defect(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (_, client):
        for origin in ("http://[", "http://[::1", "http://a:b", "https://", "//", "x" * 300):
            answer = await client.ask("POST", "/api/playlists", {"title": "a"}, headers={"origin": origin})
            assert (answer.status, answer.body["error_type"]) == (403, "forbidden")


async def test_a_refusal_names_the_setting_that_would_have_allowed_it(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (_, client):
        page = await client.ask("POST", "/api/playlists", {"title": "a"}, headers={"origin": "https://other.example"})
        name = await client.get("/api/health", host="other.example")
        for answer, setting in ((page, "TOMB_CORS_ORIGINS"), (name, "TOMB_ALLOWED_HOSTS")):
            assert (answer.status, answer.body["details"]["setting"]) == (403, setting)
            assert setting in answer.body["message"]


@pytest.mark.parametrize("origin", ["friend.example", "*", "https://", "https://friend.example/path", "null"])
def test_an_origin_in_the_settings_that_is_none_is_refused_at_the_start(origin: str) -> None:
    with pytest.raises(StartError, match="TOMB_CORS_ORIGINS"):
        read_settings({"cors_origins": origin})


ELSEWHERE = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"}


async def test_a_foreign_page_can_have_nothing_done_by_looking(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        world = await made_world(box, client)
        led = ELSEWHERE | {"sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
        for route in (each for each in ROUTES if each.method == "GET"):
            address = world.address(route)
            assert (await client.get(address, **ELSEWHERE)).status == 403, route.name
            assert (await client.get(address, **led)).status == 403 or not route.costly, route.name
            for site in ("same-origin", "none"):
                assert (await client.get(address, **ELSEWHERE | {"sec_fetch_site": site})).status != 403, route.name
        assert {each.name for each in ROUTES if each.costly} == {
            "GET /api/backup",
            "GET /api/playlists/<playlist_id>/export",
            "GET /api/system/doctor",
            "GET /api/tracks/<track_id>/audio",
            "GET /api/youtube/playlist",
            "GET /api/youtube/search",
            "GET /api/youtube/thumbnail/<video_id>",
        }
        assert (await client.get("/playlists", **led)).status == 200


async def test_a_friend_s_page_may_look(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, cors_origins=(FRIEND,)) as (_, client):
        friend = {"origin": FRIEND, "sec_fetch_site": "cross-site", "sec_fetch_mode": "cors"}
        assert (await client.get("/api/playlists", **friend)).status == 200
        assert (await client.get("/api/playlists", **friend | {"origin": "https://evil.example"})).status == 403


async def test_a_foreign_page_changes_nothing_anywhere(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        before = len(box.events)
        for route in ROUTES:
            if route.method != "GET":
                path = route.path.replace("<", "").replace(">", "")
                answer = await client.ask(route.method, path, {}, headers={"origin": "https://evil.example"})
                assert answer.status == 403, route.name
                assert "access-control-allow-origin" not in answer.headers
        assert len(box.events) == before


async def test_a_form_or_a_beacon_cannot_pretend_to_be_json(tmp_path: Path, autojump_clock: MockClock) -> None:
    """What pages may send anywhere without asking: three media types, none of them JSON."""
    async with served_box(tmp_path) as (box, client):
        for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            headers = {"content_type": media_type}
            answer = await client.ask("POST", "/api/playlists", raw=b'{"title": "a"}', headers=headers)
            assert answer.status == 415
        assert box.services.librarian.count() == 0


async def test_a_friend_is_echoed_and_nobody_else(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, cors_origins=(FRIEND,)) as (_, client):
        friendly = await client.ask("POST", "/api/playlists", {"title": "a"}, headers={"origin": FRIEND})
        assert friendly.status == 201
        assert friendly.headers["access-control-allow-origin"] == FRIEND
        assert friendly.headers["access-control-allow-credentials"] == "true"
        for origin in ("https://evil.example", "null", f"{FRIEND}.evil.example"):
            foreign = await client.get("/api/playlists", origin=origin)
            assert "access-control-allow-origin" not in foreign.headers
            assert foreign.headers["vary"] == "Origin"
        assert "*" not in friendly.headers.values()


async def test_a_refusal_to_a_friend_can_be_read_by_it(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path, cors_origins=(FRIEND,)) as (_, client):
        answer = await client.ask("POST", "/api/playlists", {}, headers={"origin": FRIEND})
        assert answer.status == 400
        assert answer.headers["access-control-allow-origin"] == FRIEND


async def test_a_friend_s_preflight_is_answered(tmp_path: Path, autojump_clock: MockClock) -> None:
    async def preflight(origin: str) -> Answer:
        headers = {"origin": origin, "access_control_request_method": "PUT"}
        return await client.ask("OPTIONS", "/api/settings", headers=headers)

    async with served_box(tmp_path, cors_origins=(FRIEND,)) as (_, client):
        friendly = await preflight(FRIEND)
        assert friendly.status == 200
        assert "PUT" in friendly.headers["access-control-allow-methods"]
        assert "content-type" in friendly.headers["access-control-allow-headers"]
        assert "access-control-allow-methods" not in (await preflight("https://evil.example")).headers


async def test_every_answer_tells_browsers_to_be_careful(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (_, client):
        answers = [await client.get(path) for path in ("/", "/api/health", "/api/nowhere", "/api/docs", "/some/page")]
        answers.append(await client.ask("POST", "/api/playlists", {}))
        for answer in answers:
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-frame-options"] == "DENY"
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert len(answer.headers["x-request-id"]) == 36
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'")
            assert "script-src" not in policy  # so that default-src counts: none but our own, and none in line


async def test_pages_of_the_web_ui_find_it_and_addresses_of_the_api_do_not(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (_, client):
        home = await client.get("/")
        assert home.status == 200
        for path in ("/playlists", "/playlists/12", "/apix", "/%F0%9F%98%80"):
            assert (await client.get(path)).content == home.content
        for path in ("/api", "/api/", "/api/nowhere", "/api//health", "/socket.io/x"):
            answer = await client.get(path)
            assert (answer.status, answer.body["error_type"]) == (404, "not_found")
        assert (await client.post("/playlists")).status == 404


async def test_with_and_without_a_trailing_slash(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        made = (await client.post("/api/playlists/", title="a")).data["id"]
        for path in ("/api/health", "/api/playlists", f"/api/playlists/{made}", "/api/player/status", "/api/docs"):
            assert (await client.get(path)).status == (await client.get(path + "/")).status == 200
        assert (await client.delete(f"/api/playlists/{made}/")).status == 204
        assert box.services.librarian.count() == 0


async def test_a_method_that_an_address_does_not_know_is_told_which_it_does(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with served_box(tmp_path) as (_, client):
        answer = await client.ask("PATCH", "/api/playlists")
        assert (answer.status, answer.body["error_type"]) == (405, "bad_request")
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize(
    ("scheme", "forwarded", "isolated"),
    [("http", {}, False), ("https", {}, True), ("http", {"x_forwarded_proto": "https"}, True)],
)
async def test_pages_are_isolated_where_browsers_trust_the_connection_and_only_there(
    tmp_path: Path, autojump_clock: MockClock, scheme: str, forwarded: dict[str, str], isolated: bool
) -> None:
    async with served_box(tmp_path) as (_, client):
        client = replace(client, scheme=scheme)
        for path in ("/", "/api/health", "/api/nowhere"):
            answer = await client.ask("GET", path, headers=forwarded)
            assert ("cross-origin-opener-policy" in answer.headers) == isolated
        refused = await client.ask("GET", "/", headers={"host": "evil.example", **forwarded})
        assert (refused.status, "cross-origin-opener-policy" in refused.headers) == (403, isolated)


FIREFOX = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("languages", "words"),
    [
        ("", "does not go by the name music.example"),
        ("en-GB,en;q=0.9,de;q=0.8", "does not go by the name music.example"),
        ("fr, de;q=0.7", "heißt nicht music.example"),
        ("de-AT", "heißt nicht music.example"),
        ("q=;;,\x00", "does not go by the name"),
    ],
)
async def test_who_calls_the_box_by_another_name_reads_how_to_allow_it(
    tmp_path: Path, autojump_clock: MockClock, languages: str, words: str
) -> None:
    async with served_box(tmp_path) as (_, client):
        told = {"host": "music.example:8000", "accept_language": languages, **FIREFOX}
        answer = await client.get("/playlists/1", **told)
        page = answer.content.decode()
        assert (answer.status, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert words in page
        assert "<pre>TOMB_ALLOWED_HOSTS=music.example</pre>" in page
        assert "/etc/tomb/tomb.env" in page
        for path in ("/api/health", "/api", "/socket.io/x"):
            assert (await client.get(path, **told)).body["details"]["setting"] == "TOMB_ALLOWED_HOSTS"
        assert (await client.get("/", host="music.example")).body["error_type"] == "forbidden", "no browser asks"


@pytest.mark.parametrize(
    "host", ["<script>alert(1)</script>", 'a"b.example', "x&lt;.example", "[::1", "a b", "", "y" * 300, "{line}"]
)
async def test_a_name_that_is_none_is_not_shown_to_anybody(
    tmp_path: Path, autojump_clock: MockClock, host: str
) -> None:
    async with served_box(tmp_path) as (_, client):
        answer = await client.get("/", host=host, **FIREFOX)
        assert answer.status == 403
        assert "<pre>TOMB_ALLOWED_HOSTS=…</pre>" in answer.content.decode()
        assert not host or host not in answer.content.decode()


async def test_the_names_of_the_computer_are_those_of_the_box(tmp_path: Path, autojump_clock: MockClock) -> None:
    async with served_box(tmp_path) as (box, client):
        await trio.sleep(1)
        for host in ("box", "box.local:8000", "box.fritz.box", "box.fritz.box."):
            assert (await client.get("/", host=host)).status == 200
        for host in ("fritz.box", "other.fritz.box", "box.example", "box.com"):
            assert (await client.get("/", host=host)).status == 403
        box.services.names.announced = "box-2.local"
        assert (await client.get("/", host="box-2.local")).status == 200


@pytest.mark.parametrize("name", sorted(each.decode() for each in guard._TAKEN_APART))
def test_of_a_header_that_is_taken_apart_there_may_be_little(name: str) -> None:
    """Sixty kilobytes of Accept-Language cost 40 ms, of anybody, before the box's name was looked at."""
    large, small, encoded = b"a," * 520, b"a," * 500, name.encode()
    guard.check_headers([(encoded, small), (b"user-agent", large), (b"cookie", large)])
    for headers in ([(encoded, large)], [(encoded, small), (encoded.upper(), small)]):
        with pytest.raises(HeadersTooLarge) as refused:
            guard.check_headers(headers)
        assert refused.value.details == {"header": name.title(), "limit": guard.FIELD_LIMIT}


async def test_what_is_too_large_is_refused_before_anything_else(tmp_path: Path, autojump_clock: MockClock) -> None:
    large = "a/b;q=0.1," * 200
    async with served_box(tmp_path) as (_, client):
        for headers in (
            {"accept_language": large, "accept": "text/html", "host": "evil.example"},
            {"content_type": f"multipart/form-data; boundary=x; {large}"},
            {"accept": large},
        ):
            refused = await client.ask("GET", "/", headers=headers)
            assert (refused.status, refused.body["error_type"]) == (431, "payload_too_large")
        polling = "/socket.io/?EIO=4&transport=polling"
        assert (await client.ask("GET", polling)).status == 200
        assert (await client.ask("GET", polling, headers={"cookie": "a=b;" * 5000})).status == 403
        assert (await client.ask("GET", polling, headers={"accept_encoding": large})).status == 403
