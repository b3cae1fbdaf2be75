"""Real reverse proxies, with the configurations of docs/https.md: only names, ports and paths are the test's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from subprocess import DEVNULL

import trio

from tests.rigs.certificates import Made
from tests.rigs.documented import blocks, with_changes
from tests.rigs.patience import PATIENCE_S
from tests.rigs.ports import free_port
from tests.rigs.process import LOOK_S, clean_env

NAME = "music.example.org"
PROGRAMS = ("nginx", "caddy")

NGINX = """daemon off;
user root;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""
CADDY = """{{
    admin off
    auto_https disable_redirects
}}
{site}
"""


@asynccontextmanager
async def proxy(program: str, folder: Path, made: Made, box: int) -> AsyncIterator[int]:
    """One of `PROGRAMS` in front of the box on that port. Gives its own port."""
    port = free_port()
    config = folder / f"{program}.conf"
    config.write_text(_nginx(folder, made, box, port) if program == "nginx" else _caddy(made, box, port))
    commands = {
        "nginx": ("nginx", "-e", "stderr", "-p", str(folder), "-c", str(config)),
        "caddy": ("caddy", "run", "--config", str(config), "--adapter", "caddyfile"),
    }
    env = clean_env() | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    process = await trio.lowlevel.open_process(commands[program], env=env, stdin=DEVNULL)
    try:
        with trio.fail_after(PATIENCE_S):
            await _listens(port, process)
        yield port
    finally:
        process.terminate()
        with trio.CancelScope(shield=True):
            await process.wait()


def _nginx(folder: Path, made: Made, box: int, port: int) -> str:
    [server] = blocks("https.md", "nginx")
    changes = {
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "listen [::]:443 ssl;": f"listen [::1]:{port} ssl;",
        "/etc/ssl/music.crt": str(made.certificate),
        "/etc/ssl/private/music.key": str(made.key),
        "127.0.0.1:8000": f"127.0.0.1:{box}",
    }
    return NGINX.format(folder=folder, server=with_changes(server, changes))


def _caddy(made: Made, box: int, port: int) -> str:
    [site] = blocks("https.md", "caddy")
    changes = {
        f"{NAME} {{": f"https://{NAME}:{port} {{\n    bind 127.0.0.1",
        "/etc/ssl/music.crt /etc/ssl/private/music.key": f"{made.certificate} {made.key}",
        "127.0.0.1:8000": f"127.0.0.1:{box}",
    }
    return CADDY.format(site=with_changes(site, changes))


async def _listens(port: int, process: trio.Process) -> None:
    while True:
        assert process.poll() is None, "the proxy ended; it says why on stderr"
        try:
            await (await trio.open_tcp_stream("127.0.0.1", port)).aclose()
        except OSError:
            await trio.sleep(LOOK_S)
        else:
            return
