"""`tomb doctor`: the findings on one page, or as JSON."""

import shutil
import sqlite3
import sys
import textwrap
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

import trio
from msgspec.structs import replace
from pydantic_core import from_json, to_json

from tomb.config import Settings
from tomb.devices import computer
from tomb.devices.backup_drive import ChildDrive, Target
from tomb.devices.facts import Facts, backup_folder, gather
from tomb.errors import TombError
from tomb.models import Finding
from tomb.nurseries.doctor import judged
from tomb.ports import RealPorts
from tomb.remote import Parent, ask

MARKS = {"yes": "ok   ", "no": "WRONG", "unknown": "  ?  "}
WIDEST = 100


def doctor(settings: Settings, *, as_json: bool) -> bool:
    """Look, and print what was found; whether nothing is wrong. At a terminal it offers to play a tone."""
    findings = judged(trio.run(_facts, settings))
    if as_json:
        print(to_json(findings, indent=2).decode())
    else:
        print(page(findings, min(shutil.get_terminal_size().columns, WIDEST)))
        if sys.stdin.isatty() and any(each.check == "port" and each.ok == "yes" for each in findings):
            _tone(f"http://localhost:{settings.port}")
    return all(each.ok != "no" for each in findings)


async def _facts(settings: Settings) -> Facts:
    facts = await gather(RealPorts(), settings.data, settings.port)
    if facts.network is not None and not facts.network.listens:  # a box that is off would listen there
        facts = replace(facts, network=replace(facts.network, listens=settings.host))
    folder = settings.backup_to or _chosen_by_parents(settings.data / "tomb.db")
    if folder is None:
        return facts
    target = Target(Path(folder), None, settings.data.absolute(), computer.short_id())
    return replace(facts, backups=await backup_folder(ChildDrive(), target))


def _chosen_by_parents(database: Path) -> str | None:
    """Where backups go, as it stands in a database that a box may have open."""
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as db:
            row = db.execute("SELECT value FROM settings WHERE key = 'backup_to'").fetchone()
            chosen = None if row is None else from_json(row[0])
    except (sqlite3.Error, ValueError):  # no library yet, or not one that can be read: others say so
        return None
    return chosen if isinstance(chosen, str) else None


def page(findings: Sequence[Finding], width: int) -> str:
    lines = []
    for each in findings:
        lines += textwrap.wrap(f"{MARKS[each.ok]}  {each.check}: {each.text}", width, subsequent_indent=" " * 7)
        if each.remedy is not None and each.ok == "no":
            lines.append(f"       $ {each.remedy}")  # in one piece, to be copied
    wrong = sum(each.ok == "no" for each in findings)
    return "\n".join([*lines, "", f"{wrong} wrong" if wrong else "Nothing is wrong."])


def _tone(url: str) -> None:
    """Only people can say whether there was one."""
    with suppress(EOFError):
        if input("Play a short tone? [y/N] ").strip().lower() in ("y", "yes"):
            try:
                ask(Parent(url), "POST", "/api/audio/test", {})
            except TombError as error:
                print(f"It could not be played: {error}")
                return
            heard = input("Did you hear it? [y/N] ").strip().lower() in ("y", "yes")
            print("The sound works." if heard else "Then look at sound_card and mixer above, and at the plug.")
