"""`python -m tests.soak`: a busy box is killed, another one watched by a crowd, a third besieged; tags are put down.

See the package.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import trio

from tests.rehearsal.search import failure, hunt
from tests.rigs.machine import packages
from tests.rigs.small_disk import ext4_disk
from tests.soak.api import Complaint, leaves
from tests.soak.cards import shuffle
from tests.soak.crowd import gather
from tests.soak.day import live
from tests.soak.fetching import break_off
from tests.soak.hostile import besiege
from tests.soak.household import keep_house
from tests.soak.installed import InstalledSoak, installed
from tests.soak.mutated import chew
from tests.soak.placements import place
from tests.soak.power import Cut, Kill
from tests.soak.rounds import Soak
from tests.soak.seeks import FORMATS, seek_about

CROWD_S = 120.0


def main() -> int:
    args = _arguments()
    if args.life:
        return _life(args)
    if args.installed:
        return _installed(args)
    if args.updates:
        return _update(args.updates, args.seed)
    if args.stories:
        return _hunt(args)
    with _place(args.keep) as folder, _disk(folder, args.power_cut) as (how, data):
        soak = Soak(args.seed, data, how, args.keep)
        try:
            sys.stdout.write(f"{trio.run(soak.run, args.kills)}\n")
            sys.stdout.write(f"{trio.run(gather, args.seed, args.clients, CROWD_S, folder / 'crowded')}\n")
            (folder / "fetching").mkdir()
            sys.stdout.write(f"{trio.run(break_off, args.seed, args.fetched, folder / 'fetching')}\n")
            sys.stdout.write(f"{place(args.placements, args.seed)}\n")
            sys.stdout.write(f"{trio.run(shuffle, args.cards)}\n")
            (folder / "broken").mkdir()
            sys.stdout.write(f"{trio.run(chew, 0, args.broken, folder / 'broken')}\n")
            sys.stdout.write(f"{seek_about(FORMATS, args.seeks, args.seed, folder / 'broken')}\n")
            sys.stdout.write(f"{trio.run(besiege, args.seed, args.minutes * 60, folder / 'besieged')}\n")
        except BaseException as error:
            sys.stderr.write("\n".join(soak.journal.lines) + f"\n\nseed {args.seed}, round {soak.round}, {data}:\n")
            if not isinstance(error, Complaint):
                raise
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


def _hunt(args: argparse.Namespace) -> int:
    found = hunt(args.stories, args.seed, lambda count: sys.stderr.write(f"{count} stories: nothing yet\n"))
    if found is None:
        sys.stdout.write(f"{args.stories} stories: nothing went wrong in any\n")
        return 0
    if args.keep is not None:
        args.keep.mkdir(parents=True, exist_ok=True)
        (args.keep / "found.toml").write_text(found, encoding="utf-8")
    sys.stdout.write(found)
    sys.stderr.write(f"{failure(found)}\nseed {args.seed}\n")
    return 1


def _installed(args: argparse.Namespace) -> int:
    with _place(args.keep) as folder, installed(packages("bookworm")["bookworm"], folder / "computer") as (usr, disk):
        soak = InstalledSoak(args.seed, usr, disk, args.keep)
        try:
            sys.stdout.write(f"{trio.run(soak.run, args.kills)}; the tag played {soak.taps} times\n")
        except BaseException as error:
            sys.stderr.write("\n".join(soak.journal.lines) + f"\n\nseed {args.seed}, round {soak.round}:\n")
            if not isinstance(error, Complaint):
                raise
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


def _life(args: argparse.Namespace) -> int:
    complaints: list[BaseException] = []
    with _place(args.keep) as folder:
        try:
            sys.stdout.write(f"{live(args.seed, args.life_hours, folder / 'day')}\n")
            sys.stdout.flush()
            sys.stdout.write(f"{trio.run(keep_house, args.seed, args.life_minutes, folder / 'house')}\n")
        except* Complaint as group:
            complaints = list(leaves(group))
    sys.stderr.write("".join(f"{each}\nseed {args.seed}\n" for each in complaints))
    return bool(complaints)


def _update(cuts: int, seed: int) -> int:
    """The tests of updates that are cut off, which draw more moments than in a continuous-integration run."""
    command = [sys.executable, "-m", "pytest", "--timeout=0", "-k", "cut", "tests/packaging/test_update_program.py"]
    drawn = {"TOMB_UPDATE_CUTS": str(cuts), "TOMB_SEED": str(seed)}
    return subprocess.run(command, env=os.environ | drawn, check=False).returncode


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
    else:
        with TemporaryDirectory(prefix="tomb-soak") as folder:
            yield Path(folder)


@contextmanager
def _disk(folder: Path, power_cut: bool) -> Iterator[tuple[Kill, Path]]:
    if power_cut:
        with ext4_disk(folder / "disk") as disk:
            yield Cut(disk), disk.folder / "data"
    else:
        yield Kill(), folder / "data"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.soak", description=__doc__)
    parser.add_argument("--kills", type=int, default=300, help="how often (300)")
    parser.add_argument("--clients", type=int, default=100, help="how many clients watch a box after that (100)")
    parser.add_argument("--fetched", type=int, default=30, help="how often it is killed while it fetches (30)")
    parser.add_argument("--broken", type=int, default=1000, help="how many broken files it is fed (1000)")
    parser.add_argument("--seeks", type=int, default=50, help="to how many places in a file of each format (50)")
    parser.add_argument(
        "--placements", type=int, default=10_000, help="how many tags are put on no reader at all (10000)"
    )
    parser.add_argument("--cards", type=int, default=500, help="how many cards on those of a real pcscd (500)")
    parser.add_argument("--minutes", type=float, default=30, help="how long strangers besiege a box (30)")
    parser.add_argument(
        "--life", action="store_true", help="instead: how a box lives, with flat memory and descriptors"
    )
    parser.add_argument("--life-hours", type=float, default=24, help="on virtual time (24)")
    parser.add_argument("--life-minutes", type=float, default=20, help="and then in earnest, as a process (20)")
    parser.add_argument(
        "--installed", action="store_true", help="instead: cut the power of a computer with the package (needs root)"
    )
    parser.add_argument("--updates", type=int, default=0, help="instead: how many updates are cut off, of each kind")
    parser.add_argument("--stories", type=int, default=0, help="instead: rehearse so many stories that nobody wrote")
    parser.add_argument("--seed", type=int, default=1, help="of the random choices (1)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="an empty folder for the data and the journal")
    parser.add_argument("--power-cut", action="store_true", help="lose what was not synced, too (needs root)")
    args = parser.parse_args()
    if args.keep is not None and args.keep.exists() and any(args.keep.iterdir()):
        parser.error(f"{args.keep} is not empty")
    return args


if __name__ == "__main__":
    sys.exit(main())
