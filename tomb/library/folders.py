"""How a folder of music becomes playlists: each folder is one, with what plays in it sorted as people expect.

The rules are the same wherever a folder comes from, and however deep it lies:

- What systems leave behind (`SYSTEM`) and what is hidden is passed over in silence. What looks like music and is no
  file, such as a pipe or a link, is left out and named.
- Discs are one playlist, in their order: "CD 1", "Disc 02 - The end", "Teil 2", "Side B" belong to the folder above
  them; "Tale (Disc 1)" and "Tale (Disc 2)", side by side, are "Tale". What lies below a disc is on it.
- "1", "2", "3" side by side may be discs, or three things. The tags of their files decide (`albums`).
- Whatever may be the cover of one of them may be that of the playlist.
- A sheet beside the files knows best: an m3u says their order; a cue sheet the chapters of a file, or, of several,
  their order and titles. What it calls them where it was written is looked for by name, and without its ending.

Volumes and books ("Vol. 2", "Band 3") are no discs: they are heard one by one.
"""

import os
import re
import stat
import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from tomb.errors import Unavailable
from tomb.library import chapters, containers, covers, hindrances, sorting
from tomb.library.chapters import sheets
from tomb.library.intake import unreadable
from tomb.library.labels import Labels, Marks, clean, label

SHEETS = frozenset({"cue", "m3u", "m3u8"})
SHEETS_READ = 20  # of a playlist

# In lower case. What begins with a dot, such as .Trash-1000, .AppleDouble and ._1.mp3, is hidden anyway.
SYSTEM = frozenset(
    {
        "__macosx",
        "system volume information",
        "$recycle.bin",
        "recycler",
        "lost+found",
        "network trash folder",
        "temporary items",
        "@eadir",  # Synology's
        "#recycle",
        "#snapshot",
        "@synoresource",
        "@recycle",  # QNAP's
        "@recently-snapshot",
    }
)

_NUMBER = r"[\s._#-]*0*(?P<number>\d{1,3})(?:\s*(?:of|von|/)\s*\d+)?"
_WORD = r"(?:cds?|dis[ck]s?|dvd|mc|lp|tape|cassette|kassette|platte|side|seite)"
_SIDE = r"(?:side|seite)[\s._-]*(?P<side>[a-h])"
_DISC = re.compile(rf"(?:{_WORD}{_NUMBER}|{_SIDE})(?![^\W_]).*", re.IGNORECASE | re.DOTALL)
_PART = re.compile(rf"(?:part|pt|teil){_NUMBER}(?![^\W_]).*", re.IGNORECASE | re.DOTALL)
_DISC_OF = re.compile(
    rf"(?P<stem>.+?)(?:[\s._,-]+[(\[{{]?|[(\[{{])\s*{_WORD}{_NUMBER}\s*[)\]}}]?", re.IGNORECASE | re.DOTALL
)
_BARE = re.compile(r"0*(?P<number>\d{1,2})", re.ASCII)
_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFBLK: "a device",
    stat.S_IFCHR: "a device",
}


class PlannedFile(Struct, frozen=True):
    """`disc`: by the names of the folders that it lies in; `part`: what a playlist of that folder would be called.

    What a sheet says of it: `place`, its place among those that the sheet names, and what of its own labels that goes
    before."""

    path: Path
    disc: int | None = None
    part: str = ""
    place: int | None = None
    title: str | None = None
    artist: str | None = None
    chapters: Marks = ()

    def labelled(self, own: Labels) -> Labels:
        """What it says of itself, and its sheet of it."""
        return Labels(
            self.title or own.title,
            own.artist or self.artist,
            own.album,
            own.disc,
            own.track,
            self.chapters or own.chapters,
        )


class FolderPlan(Struct, eq=False):
    """One playlist to be: `files` in the order of discs, and of names on each.

    `folder`: in which they lie, if not in one below. `own`: folders that are this playlist, with all that is in them,
    and files outside of these. `pictures`: what may be its cover, the likeliest first. `numbered`: its discs are such
    only if the files say so, too.
    """

    folder: Path
    title: str
    files: list[PlannedFile] = field(default_factory=list)
    own: list[Path] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)
    sheets: list[Path] = field(default_factory=list)
    numbered: bool = False


class Skipped(Struct, frozen=True):
    """What was left out, and why, in words for a parent."""

    path: Path
    reason: str


class _Place(Struct, frozen=True):
    """What a folder is: a part of a playlist to be. `doubtful`: only its number says that it is a disc."""

    plan: FolderPlan
    disc: int | None = None
    doubtful: bool = False


def plan(root: Path) -> tuple[list[FolderPlan], list[Skipped]]:
    """What importing `root` would make: a playlist for it and for each folder below that has something to play; of a
    file, a playlist of one.

    Raises: Unavailable when nothing can be read now.
    """
    skipped: list[Skipped] = []
    if not root.is_dir():
        alone = FolderPlan(root.parent, label(_stem(root)), [PlannedFile(root)], [root])
        alone.sheets = [sheet for sheet in (root.with_suffix(".cue"), root.with_suffix(".CUE")) if sheet.is_file()][:1]
        _follow_sheets(alone, skipped)
        return [alone] if _is_sound(root, skipped) else [], skipped
    top = FolderPlan(root, label(root.name), own=[root])
    made: dict[FolderPlan, None] = {}
    waiting = [(root, _Place(top))]
    while waiting:  # not by calls: folders may be a thousand deep
        folder, place = waiting.pop()
        made[place.plan] = None
        entries = _entries(folder, skipped)
        for path, mode in entries:
            if stat.S_ISREG(mode) and covers.is_called_so(path):
                place.plan.pictures.append(path)
            elif stat.S_ISREG(mode) and containers.ending(path.name) in SHEETS:
                place.plan.sheets.append(path)
            elif not stat.S_ISDIR(mode) and _is_sound(path, skipped):
                place.plan.files.append(PlannedFile(path, place.disc, label(folder.name)))
        below = [path for path, mode in entries if stat.S_ISDIR(mode)]
        waiting += reversed([*zip(below, _places(place, folder, below), strict=True)])
    for each in made:
        _follow_sheets(each, skipped)
        each.files.sort(key=lambda file: -1 if file.disc is None else file.disc)
    return [each for each in made if each.files], skipped


def albums(plan: FolderPlan, found: Sequence[tuple[PlannedFile, Labels]]) -> list[tuple[str, list[int]]]:
    """The playlists that are one in the plan: their titles, and which of the files found, in the order to play them.

    More than one only where numbers were no discs after all.
    """
    everything = range(len(found))
    if not plan.numbered or all(file.disc is None or labels.disc == file.disc for file, labels in found):
        return [(plan.title, in_order(found, everything))]
    parts = ([*places] for _, places in groupby(everything, key=lambda place: found[place][0].disc))
    return [(found[places[0]][0].part, in_order(found, places)) for places in parts]


def in_order(found: Sequence[tuple[PlannedFile, Labels]], places: Sequence[int]) -> list[int]:
    """By disc and track where all files say so without contradiction, else as given, and so where a sheet gave it. A
    folder knows its disc best."""
    if any(found[each][0].place is not None for each in places):
        return [*places]
    said = {each: (_disc(*found[each]), found[each][1].track or 0) for each in places}
    numbered = all(track for _, track in said.values()) and len({*said.values()}) == len(said)
    return sorted(places, key=said.__getitem__) if numbered else [*places]


def is_for_people(path: Path) -> bool:
    """Whether it is neither hidden nor something of a system's own."""
    return not path.name.startswith(".") and path.name.casefold() not in SYSTEM


def _follow_sheets(plan: FolderPlan, skipped: list[Skipped]) -> None:
    """Give the files what the sheets beside them say, and those first the order of the one that names most of them."""
    if not plan.sheets:
        return
    named = _Named([file.path for file in plan.files])
    longest: list[int] = []
    for sheet in plan.sheets[:SHEETS_READ]:
        try:
            said = sheets.text(sheet)
        except OSError as error:
            skipped.append(_left_out(sheet, error))
            continue
        is_cue = containers.ending(sheet.name) == "cue"
        listed = _follow_cue(plan, named, sheet, sheets.cue(said)) if is_cue else sheets.listed(said)
        found = [each for name in listed if (each := named.by(sheet, name)) is not None]
        longest = max(longest, list(dict.fromkeys(found)), key=len)
    if len(longest) > 1:
        for place, each in enumerate(longest):
            plan.files[each] = replace(plan.files[each], place=place)
        plan.files.sort(key=lambda file: len(longest) if file.place is None else file.place)


def _follow_cue(plan: FolderPlan, named: "_Named", sheet: Path, cue: sheets.Cue) -> list[str]:
    """The names of its files."""
    for file in cue.files:
        found = named.by(sheet, file.name)
        if found is None and len(cue.files) == 1:
            found = named.by(sheet, sheet.stem)
        if found is None or not file.tracks:
            continue
        [first, *others] = file.tracks
        if others:  # the whole of it is what the sheet is about, if it is all that the sheet is about
            title, artist = cue.title if len(cue.files) == 1 else None, cue.performer
        else:
            title, artist = first.title, first.performer or cue.performer
        marks = chapters.tidy((each.start_ms, each.title) for each in file.tracks)
        plan.files[found] = replace(plan.files[found], title=clean(title), artist=clean(artist), chapters=marks)
    return [file.name for file in cue.files]


class _Named:
    """Which of the files a sheet means: the one at that path from there on, or of that name, or of that without its
    ending, where there is one alone."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._tables: tuple[dict[object, int | None], ...] = ({}, {}, {})
        for place, path in enumerate(paths):
            for table, called in zip(self._tables, _calls(path), strict=True):
                table[called] = None if called in table else place

    def by(self, sheet: Path, name: str) -> int | None:
        calls = _calls(Path(os.path.normpath(sheet.parent / name)))
        found = (table.get(called) for table, called in zip(self._tables, calls, strict=True))
        return next((place for place in found if place is not None), None)


def _calls(path: Path) -> tuple[object, object, object]:
    return path, _folded(path.name), _folded(_stem(path))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _disc(file: PlannedFile, labels: Labels) -> int:
    return (labels.disc or 1) if file.disc is None else file.disc


def _places(above: _Place, folder: Path, below: Sequence[Path]) -> list[_Place]:
    """What the folders in one are."""
    if above.doubtful:
        above = _Place(FolderPlan(folder, label(folder.name), own=[folder]))
    elif above.disc is not None:
        return [above] * len(below)
    names = [label(each.name) for each in below]
    discs, parts, bare = (_numbers(kind, names) for kind in (_DISC, _PART, _BARE))
    of = [_DISC_OF.fullmatch(name) for name in names]
    stems = Counter(each["stem"] for each in of if each is not None)
    sets: dict[str, FolderPlan] = {}
    places = []
    for path, name, disc_of in zip(below, names, of, strict=True):
        if name in discs or (name in parts and len(parts) > 1):
            places.append(_Place(above.plan, (discs | parts)[name]))
        elif disc_of is not None and stems[disc_of["stem"]] > 1:
            stem = disc_of["stem"]
            whole = above.plan if stem == above.plan.title else sets.setdefault(stem, FolderPlan(folder, stem))
            if whole is not above.plan:
                whole.own.append(path)
            places.append(_Place(whole, int(disc_of["number"])))
        elif name in bare and len(bare) > 1:
            above.plan.numbered = True
            places.append(_Place(above.plan, bare[name], doubtful=True))
        else:
            places.append(_Place(FolderPlan(path, name, own=[path])))
    if len(sets) == 1 and not above.plan.files:
        [whole] = sets.values()
        whole.pictures += above.plan.pictures
    return places


def _numbers(kind: re.Pattern[str], names: Sequence[str]) -> dict[str, int]:
    """Those that are such discs, and which; none where two would be the same one."""
    found = {name: match for name in names if (match := kind.fullmatch(name)) is not None}
    numbers = {name: _number(match) for name, match in found.items()}
    return numbers if len({*numbers.values()}) == len(numbers) else {}


def _number(disc: re.Match[str]) -> int:
    side = disc.groupdict().get("side")
    return int(disc["number"]) if side is None else ord(side.lower()) - ord("a") + 1


def _entries(folder: Path, skipped: list[Skipped]) -> list[tuple[Path, int]]:
    """What is in a folder, in order: its paths and their modes. Whatever is renamed, removed or unplugged while this
    looks is left out, and the rest is found all the same."""
    try:
        paths = [path for path in folder.iterdir() if is_for_people(path)]
    except OSError as error:
        skipped.append(_left_out(folder, error))
        return []
    entries = []
    # Without the extension, so that "2.mp3" comes before "2 again.mp3".
    for path in sorted(paths, key=lambda path: (sorting.key(_stem(path)), path.name)):
        try:
            mode = path.lstat().st_mode
        except OSError as error:
            skipped.append(_left_out(path, error))
            continue
        if stat.S_ISLNK(mode) and path.is_dir():
            skipped.append(Skipped(path, "a link; import what it leads to"))
        else:
            entries.append((path, mode))
    return entries


def _stem(path: Path) -> str:
    return containers.stem(path.name)


def _is_sound(path: Path, skipped: list[Skipped]) -> bool:
    """By its name's ending; where that has none, by its content. What would be, but is no file, is left out."""
    ending = containers.ending(path.name)
    named = ending in containers.TYPES
    if ending in hindrances.LOCKED_ENDINGS:
        skipped.append(Skipped(path, hindrances.LOCKED))
    if ending and not named:
        return False
    try:
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode):
            return named or containers.container(path) is not None
    except OSError as error:
        skipped.append(_left_out(path, error))
        return False
    if named:
        skipped.append(Skipped(path, f"{_KINDS.get(stat.S_IFMT(mode), 'something else')}, and no file"))
    return False


def _left_out(path: Path, error: OSError) -> Skipped:
    reason = unreadable(error)
    if isinstance(reason, Unavailable):
        raise reason from error
    return Skipped(path, str(reason))
