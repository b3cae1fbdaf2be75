"""What a box loads, and when: a module that is not needed costs each start, and its memory for good."""

import re
import subprocess
import sys
from collections.abc import Collection, Iterable
from pathlib import Path

import trio

from tests.rigs.patience import PATIENCE_S
from tests.rigs.process import serving

WEB = {"engineio", "h11", "http", "hypercorn", "quart", "socketio", "tomb.http", "werkzeug"}
REST = {"tomb.rest", "tomb.devices.facts", "tomb.devices.youtube.tool", "tomb.nurseries.importer"}
# Of things that are off, that a child does, or that somebody has to ask for.
NEVER = {
    *("aiofiles", "asyncio", "click", "flask.cli", "http.client", "itsdangerous", "jinja2", "multiprocessing"),
    *("quart.cli", "urllib.request", "werkzeug.serving", "werkzeug.test"),
    *("PIL", "engineio.client", "h2.connection", "hpack", "paho", "pip", "pydantic_settings", "smartcard"),
    *("socketio.client", "sounddevice", "soxr", "tarfile", "tqdm", "tomb.library.repair.salvage"),
    *("tomb.library.structure", "yt_dlp"),
    "transitions.extensions",
    *("tomb.devices.audio", "tomb.devices.mqtt", "tomb.devices.pcsc_reader", "tomb.devices.snapcast.output"),
    *("tomb.doctor", "tomb.examiner", "tomb.http.asyncapi", "tomb.http.waiting", "tomb.nurseries.mpd"),
    *("tomb.nurseries.mqtt", "tomb.rehearsal", "tomb.remote"),
}
SOUND = {"numpy", "soundfile", "tomb.devices.decoder"}  # of a box without sound, as long as nothing is played
# Records are Structs of msgspec, which compile nothing: a dataclass takes forty times as long to make, at each start.
# These are read by pydantic, or have fields that are not compared, not shown, or not given.
DATACLASSES = {"BrokerAddress", "Cue", "Listing", "Rate", "Recovery", "Route"}


def loaded(names: Iterable[str], of: Collection[str]) -> set[str]:
    """Those of the names that are one of the modules, or within one."""
    return {name for name in names if any(name == each or name.startswith(f"{each}.") for each in of)}


def test_until_a_tag_plays_nothing_is_loaded_but_what_plays_it() -> None:
    program = (
        "import sys; from tomb import service; service.load_sound(service.Settings(audio='silent'));"
        "print(*(name for name, module in sys.modules.items() if module is not None))"
    )
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=True)
    names = done.stdout.split()
    assert "tomb.devices.silent" in names
    assert loaded(names, WEB | REST | NEVER) == set()


def test_what_is_loaded_while_a_large_library_is_examined_is_what_would_be_loaded_anyway() -> None:
    program = "import sys; from tomb import box; box.load_ahead(lambda: False); print(*sys.modules)"
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=True)
    names = done.stdout.split()
    assert "tomb.http.serving" in names
    assert loaded(names, NEVER) == set()


def test_what_is_left_out_of_libraries_is_there_for_whoever_asks() -> None:
    program = (
        "from tomb.http import serving; import asyncio, click, jinja2, werkzeug.test;"
        "assert asyncio.run(asyncio.sleep(0, 'awake')) == 'awake';"
        "assert jinja2.Template('{{ 1 + 1 }}').render() == '2';"
        "print(click.Path, werkzeug.test.Client)"
    )
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=True)
    assert "click.types.Path" in done.stdout


def test_what_a_start_makes_are_records_that_compile_nothing() -> None:
    program = (
        "import sys; from tomb import http, rest; from tomb.http import serving;"
        "modules = [module for name, module in sys.modules.items() if name.startswith('tomb')];"
        "ours = [thing for module in modules for thing in vars(module).values() if isinstance(thing, type)];"
        "print(*{thing.__name__ for thing in ours if '__dataclass_fields__' in vars(thing)"
        " and thing.__module__.startswith('tomb')})"
    )
    done = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == DATACLASSES


async def test_an_idle_box_has_loaded_nothing_that_is_off_or_was_not_asked_for(tmp_path: Path) -> None:
    quiet = ("--audio", "silent", "--reader", "none")
    async with serving(tmp_path, *quiet, env={"PYTHONPROFILEIMPORTTIME": "1"}) as box:
        assert (await box.get("/api/health")).status == 200
        with trio.fail_after(PATIENCE_S):
            while "tomb.http.serving\n" not in box.log:
                await trio.sleep(0.01)
        names = re.findall(r"^import time:.*\| +(\S+)$", box.log, re.MULTILINE)
        assert loaded(names, NEVER | SOUND) == set()
