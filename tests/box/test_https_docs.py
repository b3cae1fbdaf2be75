"""docs/https.md, as somebody does it who reads it: an authority of one's own, nginx and Caddy."""

import ssl
from dataclasses import replace
from pathlib import Path
from subprocess import run

import pytest
import trio
from trio_websocket import wrap_client_stream

from tests.rigs.certificates import Made
from tests.rigs.documented import blocks, with_changes
from tests.rigs.music import Music
from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import Answer, call, serving
from tests.rigs.proxies import NAME, PROGRAMS, proxy

QUIET = ("--audio", "silent", "--reader", "none")
BROWSER, OTHER = "127.0.0.2", "127.0.0.3"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The certificate of the box, by the commands of the page."""
    folder = tmp_path_factory.mktemp("authority")
    names, *commands = blocks("https.md", "sh")
    script = "".join((with_changes(names, {"DNS:tomb.local,DNS:tomb.fritz.box": f"DNS:{NAME}"}), *commands))
    run(("sh", "-e", "-c", script), cwd=folder, check=True, capture_output=True)
    return Made(folder / "box.crt", folder / "box.key")


@pytest.fixture(scope="module")
def phone(made: Made) -> ssl.SSLContext:
    """It trusts the authority."""
    return replace(made, certificate=made.certificate.with_name("authority.crt")).client()


async def ask(port: int, phone: ssl.SSLContext, path: str = "/api/health", **more: str) -> Answer:
    own = {"Host": f"{NAME}:{port}", "Origin": f"https://{NAME}:{port}"}
    source = more.pop("source", BROWSER)
    return await call(port, "GET", path, headers=own | more, trust=phone, server_name=NAME, source=source)


def test_the_authority_can_pretend_to_be_nobody_but_the_box(made: Made) -> None:
    """It lies on phones, which use it for every page."""
    folder = made.certificate.parent
    [_, _, leaf] = blocks("https.md", "sh")
    run(("sh", "-e", "-c", f"names=DNS:bank.example\n{leaf.replace('box.', 'bank.')}"), cwd=folder, check=True)
    checked = ("openssl", "verify", "-CAfile", "authority.crt", "-x509_strict")
    run((*checked, "box.crt"), cwd=folder, check=True, capture_output=True)
    refused = run((*checked, "bank.crt"), cwd=folder, check=False, capture_output=True, text=True)
    assert refused.returncode
    assert "permitted subtree violation" in refused.stderr


async def test_a_phone_that_trusts_the_authority_trusts_the_box(
    made: Made, phone: ssl.SSLContext, music: Music
) -> None:
    env = {
        "TOMB_TLS_CERT": str(made.certificate),
        "TOMB_TLS_KEY": str(made.key),
        "TOMB_TLS_PORT": "0",
        "TOMB_ALLOWED_HOSTS": NAME,
    }
    async with serving(music.data, *QUIET, env=env) as box:
        port = int(box.welcome.partition("https://127.0.0.1:")[2].partition("\n")[0])
        assert (await ask(port, phone)).status == 200


@pytest.mark.parametrize("program", PROGRAMS)
async def test_behind_a_proxy_everything_works_and_each_phone_has_its_own_limits(
    made: Made, phone: ssl.SSLContext, music: Music, tmp_path: Path, program: str
) -> None:
    env = {
        "TOMB_ALLOWED_HOSTS": NAME,
        "TOMB_PROXIES": "127.0.0.1",
        "TOMB_RATE_LIMITS": "on",
        "TOMB_RATE_OTHER": "20/0.001",
    }
    async with serving(music.data, *QUIET, env=env) as box, proxy(program, tmp_path, made, box.port) as port:
        page = await ask(port, phone, "/")
        assert page.status == 200
        assert page.headers["cross-origin-opener-policy"] == "same-origin", "it knows that the page came over HTTPS"

        stream = await trio.open_tcp_stream("127.0.0.1", port, local_address=BROWSER)
        secured = trio.SSLStream(stream, phone, server_hostname=NAME, https_compatible=True)
        with trio.fail_after(PATIENCE_S):
            async with trio.open_nursery() as nursery:
                socket = await wrap_client_stream(
                    nursery, secured, f"{NAME}:{port}", "/socket.io/?EIO=4&transport=websocket"
                )
                assert str(await socket.get_message()).startswith("0{")
                nursery.cancel_scope.cancel()
        await trio.aclose_forcefully(secured)

        own = {"Host": f"{NAME}:{port}", "Origin": f"https://{NAME}:{port}"}
        made_list = await call(
            port,
            "POST",
            "/api/playlists",
            {"title": "through"},
            headers=own,
            trust=phone,
            server_name=NAME,
            source=OTHER,
        )
        uploads = f"/api/playlists/{made_list.data['id']}/uploads"
        size = 8 * 1024 * 1024
        body = {"filename": "long.wav", "file_size": size, "chunk_size": size}
        session = await call(
            port, "POST", f"{uploads}/session", body, headers=own, trust=phone, server_name=NAME, source=OTHER
        )
        chunk = await call(
            port,
            "PUT",
            f"{uploads}/{session.data['session_id']}/chunks/0",
            b"R" * size,
            headers=own | {"Content-Type": "application/octet-stream"},
            trust=phone,
            server_name=NAME,
            source=OTHER,
        )
        assert chunk.data["received_size"] == size

        statuses = [(await ask(port, phone)).status for _ in range(30)]
        assert statuses[0] == 200
        assert statuses[-1] == 429
        assert (await ask(port, phone, **{"X-Forwarded-For": "192.0.2.1"})).status == 429, "nor as somebody else"
        assert (await ask(port, phone, source=OTHER)).status == 200
