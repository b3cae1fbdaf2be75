"""Archives for tests: a good backup, what a library holds, and archives as nobody should make them."""

import io
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cache
from hashlib import sha256
from pathlib import Path

from tomb.library import arrivals, counters, files, intake, memory, playlists, schema, settings, tags
from tomb.library.archives import archive, backup, manifest, restore
from tomb.library.archives.backup import Counts
from tomb.library.archives.manifest import Manifest, PlaylistCard, TrackCard
from tomb.library.archives.unpacking import Unpacking
from tomb.library.arrivals import Arrival
from tomb.library.covers import Picture
from tomb.library.intake import Staged
from tomb.library.labels import Labels
from tomb.library.memory import PlayerMemory
from tomb.models import Resume
from tomb.rehearsal.simulated.music import sparse_wav

CREATED = "2026-01-02T03:04:05.000Z"
PICTURE = b"\x89PNG\r\n\x1a\n" + b"a picture"
PIN = "0d8f3c0e-7c2b-4b6e-8a55-0c1f6a2b9d11$" + "0" * 128
Members = dict[str, bytes]


def furnish(folder: Path) -> None:
    """A data folder with two playlists: three tracks of two contents, a picture, a tag, settings, what was heard."""
    library = folder / "library"
    library.mkdir(parents=True)
    files.prepare(library)
    with closing(sqlite3.connect(folder / "tomb.db", isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA journal_mode = WAL")
        schema.upgrade(db, folder / "backups")
        db.execute("BEGIN")
        playlists.create(db, "first", "First", "", 1.0)
        playlists.create(db, "second", "Second", "with a\npicture", 2.0)
        playlists.update(db, "second", {"same_tag": "next", "on_removal": "pause"}, 3.0)
        ids = iter(("one", "two", "three"))
        arrivals.add(
            db, library, "first", [_arrival(library, b"one"), _arrival(library, b"two" * 300)], ids.__next__, 4.0
        )
        arrivals.add(db, library, "second", [_arrival(library, b"one", PICTURE)], ids.__next__, 5.0)
        tags.link(db, "04A1B2C3", "first", False, 6.0)
        settings.change(db, {"volume_ceiling": 70, "pin": PIN})
        memory.keep_resume(db, "first", Resume(track_id="two", position_ms=200))
        memory.credit(db, "first", "two", 7.0, "1970-01-01")
        memory.remember(db, PlayerMemory(volume=33, playlist_id="first", track_id="two", position_ms=200, playing=True))
        counters.raise_to(db, counters.LEASED, 100_000)
        db.execute("COMMIT")


def _arrival(library: Path, sound: bytes, picture: bytes | None = None) -> Arrival:
    name = manifest.digest(sound)
    source = library / "incoming" / f"{name}.mp3"
    source.write_bytes(sound)
    staged = Staged(source, name, "mp3", len(sound))
    cover = picture and intake.stage_picture(library / "incoming", Picture(picture, "png"))
    return Arrival("a.mp3", Labels("Song", "Somebody"), name, 1000, sound=staged, cover=cover or None)


def packed(folder: Path) -> bytes:
    """A backup of the library in a data folder."""
    with tempfile.TemporaryDirectory() as place:
        snapshot = Path(place) / "snapshot.db"
        backup.snapshot(folder / "tomb.db", snapshot)
        return b"".join(archive.pieces(backup.pack(snapshot, folder / "library", CREATED)))


@cache
def good() -> bytes:
    """A backup of what `furnish` makes."""
    with tempfile.TemporaryDirectory() as place:
        furnish(Path(place))
        return packed(Path(place))


@cache
def exported_playlist() -> bytes:
    """An archive of a playlist, with a second of silence in it."""
    with tempfile.TemporaryDirectory() as place:
        sound = sparse_wav(Path(place) / "1.wav", 1.0).read_bytes()
    name = f"{manifest.digest(sound)}.wav"
    card = PlaylistCard(title="Parcel", tracks=[TrackCard(title="Silence", filename="1.wav", file=name)])
    told = manifest.encoded(Manifest(kind="playlist", program="1", created=CREATED, playlist=card))
    return put_together({archive.MANIFEST: told, f"library/files/{name}": sound, archive.SUMS: b""})


def stage_backup(folder: Path, content: bytes, *, bite: int = 100_000, even_damaged: bool = False) -> Counts:
    """Take a backup in, up to where the next start is bound to swap it. What is refused leaves nothing."""
    (folder / "library").mkdir(parents=True, exist_ok=True)
    targets = restore.targets(folder, 0, even_damaged=even_damaged)
    restore.prepare(folder, targets)
    taking = Unpacking(targets)
    try:
        for at in range(0, len(content), bite):
            taking.feed(content[at : at + bite])
        return restore.seal(folder, taking.finish())
    except BaseException:
        taking.abandon()
        restore.give_up(folder)
        raise


def held(folder: Path) -> dict[str, object]:
    """All that a library holds: the rows of its tables, and its files by their content."""
    with closing(sqlite3.connect(folder / "tomb.db")) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
        rows = {name: sorted(map(repr, db.execute(f"SELECT * FROM {name}"))) for name in names if name != "counters"}
    library = folder / "library"
    files = {
        f"{kind}/{path.name}": sha256(path.read_bytes()).hexdigest()
        for kind in ("files", "covers")
        for path in (library / kind).iterdir()
    }
    return {**rows, "on the disk": files}


def members(content: bytes) -> Members:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        found = {info.name: tar.extractfile(info) for info in tar}
        return {name: file.read() for name, file in found.items() if file is not None}


def put_together(parts: Mapping[str, bytes]) -> bytes:
    """An archive of just these members, the sums made to fit if there are any."""
    right = dict(parts)
    if archive.SUMS in right:
        summed = {name: manifest.digest(right[name]) for name in (archive.MANIFEST, archive.DATABASE) if name in right}
        sums = manifest.sums(summed).content
        assert isinstance(sums, bytes)
        right[archive.SUMS] = sums
    return b"".join(archive.pieces([archive.member(name, content) for name, content in right.items()]))


def doctored(content: bytes, doctor: Callable[[sqlite3.Connection], object]) -> bytes:
    """The same backup with something done to its database, and sums that fit."""
    parts = members(content)
    with tempfile.TemporaryDirectory() as place:
        database = Path(place) / "tomb.db"
        database.write_bytes(parts[archive.DATABASE])
        with closing(sqlite3.connect(database, isolation_level=None)) as db:
            db.execute("PRAGMA foreign_keys = OFF")
            db.execute("PRAGMA ignore_check_constraints = ON")
            doctor(db)
        parts[archive.DATABASE] = database.read_bytes()
    return put_together(parts)
