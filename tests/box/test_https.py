"""A whole box with HTTPS beside HTTP, and a certificate that comes late."""

import re
from pathlib import Path

from tests.rigs.certificates import self_signed
from tests.rigs.music import Music
from tests.rigs.process import call, serving

QUIET = ("--audio", "silent", "--reader", "none")


async def test_https_comes_with_its_certificate_and_http_never_waits_for_it(music: Music, tmp_path: Path) -> None:
    certificate, key = tmp_path / "box.crt", tmp_path / "box.key"
    env = {"TOMB_TLS_CERT": str(certificate), "TOMB_TLS_KEY": str(key), "TOMB_TLS_PORT": "0"}
    async with serving(music.data, *QUIET, env=env) as box:
        assert f"  https     not yet: {certificate} is not there\n" in box.welcome
        health = await box.health()
        assert (health["status"], health["details"]["https"]["state"]) == ("degraded", "down")
        made = self_signed(tmp_path)
        assert (await box.until_health(lambda said: said["status"] == "healthy"))["details"]["https"]["restarts"] == 1
        assert await box.terminate() == 0
    async with serving(music.data, *QUIET, env=env) as box:
        shown = re.search(r"^  https     https://127\.0\.0\.1:(\d+)$", box.welcome, re.MULTILINE)
        assert shown is not None, box.welcome
        port = int(shown[1])
        answer = await call(port, "GET", "/api/health", trust=made.client())
        assert answer.body["status"] == "success"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        own = {"Origin": f"https://127.0.0.1:{port}"}
        assert (await call(port, "POST", "/api/player/stop", headers=own, trust=made.client())).status == 200
        foreign = {"Origin": f"https://127.0.0.1:{box.port}"}
        assert (await call(port, "POST", "/api/player/stop", headers=foreign, trust=made.client())).status == 403
        assert (await box.get("/api/health")).status == 200


async def test_the_box_answers_by_ipv6_and_by_ipv4(music: Music) -> None:
    async with serving(music.data, *QUIET, "--host", "127.0.0.1,::1") as box:
        for address in ("127.0.0.1", "::1"):
            assert (await call(box.port, "GET", "/api/health", address=address)).status == 200
