"""The command `tomb`. Whatever goes wrong on purpose is one clear line on stderr and a status that is not zero."""

import argparse
import math
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from tomb import __version__, installed
from tomb.errors import TombError

Command = Callable[[argparse.Namespace], None]
DEFAULT_URL = "http://localhost:8000"


def main(argv: Sequence[str] | None = None) -> int:
    try:
        args = _parser().parse_args(argv)
        installed.settle(args.name, args)
        command: Command = args.command
        command(args)
        sys.stdout.flush()
    except TombError as error:
        print(f"tomb: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever reads it has had enough, as `head` has; Python would say so once more at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return 0


class _CommandParser(argparse.ArgumentParser):
    """Of one command. What it does not know argparse leaves to the parser above, which would show how `tomb` is used
    and not how the command is."""

    def parse_known_args(self, args: Iterable[str] | None = None, namespace: Any = None) -> tuple[Any, list[str]]:
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, unknown


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("tomb", description="TOMB, The Open Music Box: put a tag on it, and music plays.")
    parser.add_argument("--version", action="version", version=f"tomb {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="name", parser_class=_CommandParser)

    serve = commands.add_parser("serve", help="run the box")
    serve.add_argument("--host", help="addresses to listen on, separated by commas (0.0.0.0,::)")
    serve.add_argument("--port", type=int, help="port to listen on (8000; 0: any free one)")
    serve.add_argument("--data", type=Path, metavar="DIR", help="folder of the database and the library")
    serve.add_argument("--audio", choices=("auto", "portaudio", "snapcast", "silent"), help="sound output (auto)")
    serve.add_argument("--reader", choices=("auto", "pcsc", "virtual", "none"), help="tag reader (auto)")
    serve.add_argument(
        "--demo", nargs="?", const="on", choices=("auto", "on", "off"), help="the demo library; alone: add it (auto)"
    )
    serve.set_defaults(command=_serve)

    tap = commands.add_parser("tap", help="put a tag on the virtual reader of a running box")
    tap.add_argument("uid", metavar="UID", help="the tag's number, such as 04:A1:B2:C3")
    tap.add_argument("--hold", type=_seconds, default=1.0, metavar="SECONDS", help="how long it lies there (1)")
    tap.add_argument("--url", help=f"where the box is ({DEFAULT_URL})")
    tap.set_defaults(command=_tap)

    imports = commands.add_parser("import", help="add music: a folder of audio files is a playlist, and so is a file")
    imports.add_argument("path", type=Path, metavar="PATH", help="an audio file, a folder of such, or of such folders")
    imports.add_argument("--into", metavar="PLAYLIST", help="its name or id: all of it comes there")
    imports.add_argument("--data", type=Path, metavar="DIR", help="folder of the database and the library")
    imports.add_argument("--url", help="where the box is that gets it, if it is not the one on that folder")
    imports.set_defaults(command=_import)

    backup = commands.add_parser("backup", help="write the whole library to one file, while the box plays or not")
    backup.add_argument("file", type=Path, metavar="FILE", help="the file to write")
    restore = commands.add_parser("restore", help="replace the whole library by such a file")
    restore.add_argument("file", type=Path, metavar="FILE", help="a file that `tomb backup` wrote")
    restore.add_argument("--even-damaged", action="store_true", help="take sound that is not quite what it was, too")
    for each, command in ((backup, _backup), (restore, _restore)):
        each.add_argument("--data", type=Path, metavar="DIR", help="folder of the database and the library")
        each.add_argument("--url", help="where the box is, if it is not the one on that folder")
        each.set_defaults(command=command)

    pin = commands.add_parser("pin", help="forget the parents' PIN, on the box itself")
    pin.add_argument("--reset", action="store_true", required=True, help="forget it: then everybody is a parent")
    pin.add_argument("--data", type=Path, metavar="DIR", help="folder of the database and the library")
    pin.set_defaults(command=_pin)

    doctor = commands.add_parser("doctor", help="say what is fine, what is wrong, and the command that mends it")
    doctor.add_argument("--json", action="store_true", help="as JSON, for programs")
    doctor.add_argument("--data", type=Path, metavar="DIR", help="folder of the database and the library")
    doctor.set_defaults(command=_doctor)

    youtube = commands.add_parser("youtube", help="what fetches from YouTube").add_subparsers(
        required=True, metavar="COMMAND"
    )
    update = youtube.add_parser("update", help="install the newest yt-dlp; the one before stays as a reserve")
    update.add_argument("--data", type=Path, metavar="DIR", help="folder of the database and the library")
    update.add_argument("--url", help="where the box is, if it is not the one on that folder")
    update.set_defaults(command=_update_youtube)

    newer = commands.add_parser("update", help="install a newer version of the box; it goes back if that does not work")
    newer.add_argument(
        "source", nargs="?", metavar="FILE|URL", help="a package with its signature beside it; else the newest"
    )
    newer.add_argument("--url", help="where the box is, if it is not this computer")
    newer.set_defaults(command=_update)

    diagrams = commands.add_parser("diagrams", help="write the diagrams of the state machines")
    diagrams.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    diagrams.set_defaults(command=_diagrams)

    rehearse = commands.add_parser("rehearse", help="have the box live through stories, on a virtual clock")
    rehearse.add_argument(
        "scenarios", nargs="+", type=Path, metavar="SCENARIO", help="a TOML file, or a folder of them"
    )
    rehearse.add_argument("--seed", type=_count, default=0, metavar="K", help="the order of what happens at once (0)")
    rehearse.add_argument("--seeds", type=_count, metavar="N", help="rehearse each with N of them, from that on")
    rehearse.add_argument("--coverage", action="store_true", help="say which rows of the state machines they told")
    shown = rehearse.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="print the transcript as lines of JSON")
    shown.add_argument("--diagram", action="store_true", help="print it as a sequence diagram for Mermaid")
    rehearse.set_defaults(command=_rehearse)

    settings = commands.add_parser("settings", help="print all settings, as the table of docs/configuration.md")
    settings.set_defaults(command=_settings)
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return seconds


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is no number of them")
    return int(text)


# Each command imports what it needs, so that `tomb --version` does not wait for the sound stack.


def _serve(args: argparse.Namespace) -> None:
    from tomb import memory

    memory.begin()
    # Or pydantic looks for plugins through the metadata of all that is installed: there are none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from tomb.service import serve

    names = ("host", "port", "data", "audio", "reader", "demo")
    serve({name: getattr(args, name) for name in names if getattr(args, name) is not None})


def _tap(args: argparse.Namespace) -> None:
    from tomb.remote import tap

    print(tap(args.url or DEFAULT_URL, args.uid, args.hold))


def _import(args: argparse.Namespace) -> None:
    from tomb.config import read_settings
    from tomb.imports import import_music

    settings = read_settings({} if args.data is None else {"data": args.data})
    import_music(args.path, settings, args.url, args.into)


def _backup(args: argparse.Namespace) -> None:
    from tomb.archives import back_up
    from tomb.config import read_settings

    settings = read_settings({} if args.data is None else {"data": args.data})
    back_up(args.file, settings, args.url)


def _restore(args: argparse.Namespace) -> None:
    from tomb.archives import restore_from
    from tomb.config import read_settings

    settings = read_settings({} if args.data is None else {"data": args.data})
    restore_from(args.file, settings, args.url, even_damaged=args.even_damaged)


def _pin(args: argparse.Namespace) -> None:
    from tomb.config import read_settings
    from tomb.pin import reset

    print(reset(read_settings({} if args.data is None else {"data": args.data})))


def _doctor(args: argparse.Namespace) -> None:
    from tomb.config import read_settings
    from tomb.doctor import doctor

    settings = read_settings({} if args.data is None else {"data": args.data})
    if not doctor(settings, as_json=args.json):
        sys.exit(1)


def _update_youtube(args: argparse.Namespace) -> None:
    from tomb.config import read_settings
    from tomb.youtube import update

    print(update(read_settings({} if args.data is None else {"data": args.data}), args.url))


def _update(args: argparse.Namespace) -> None:
    from tomb.config import read_settings
    from tomb.update import update

    print(update(args.source, read_settings({}), args.url))


def _diagrams(args: argparse.Namespace) -> None:
    from tomb.machines.diagrams import write

    try:
        for path in write(args.out):
            print(path)
    except OSError as error:
        raise TombError(f"cannot write to {args.out}: {error.strerror}") from None


def _rehearse(args: argparse.Namespace) -> None:
    from tomb.rehearsal.command import rehearse_all
    from tomb.rehearsal.coverage import Coverage

    style: Literal["text", "json", "diagram"] = "json" if args.json else "diagram" if args.diagram else "text"
    coverage = Coverage() if args.coverage else None
    if not rehearse_all(args.scenarios, args.seed, args.seeds, style, coverage):
        sys.exit(1)


def _settings(_: argparse.Namespace) -> None:
    from tomb.config import configuration_table

    print(configuration_table(), end="")
