"""The commands: what each asks of the deck or the library, and what it answers.

Each is a function of the client and its arguments, and gives the lines of its answer. There is one way to change a
thing: what a client of MPD asks for goes to the same deck as a click, with the origin `home`, under the same limits.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal

from msgspec import Struct

from tomb.errors import Forbidden, NotFound, RequestError
from tomb.library.containers import PLAYABLE
from tomb.library.reading import Whereabouts
from tomb.models import PlayerState, Playlist, PlaylistLite, RepeatMode
from tomb.nurseries.deck import Deck, Reply
from tomb.nurseries.health import Board
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.mpd import names
from tomb.nurseries.mpd.names import Names
from tomb.nurseries.mpd.protocol import Code, CommandError, binary, boolean, integer, milliseconds, pair, section
from tomb.nurseries.mpd.queue import Entry, Loaded, Queue
from tomb.nurseries.parent_auth import ParentAuth
from tomb.ports import Ports

LEAST_PIECE, PIECE, LARGEST_PIECE = (
    64,
    8192,
    128 * 1024,
)  # bytes of a picture in an answer: MPD's bound and default; ours
ORIGIN: Literal["home"] = "home"
SUBSYSTEMS = ("database", "stored_playlist", "playlist", "player", "mixer", "output", "options")
ONE_PLAYLIST = "the queue of this box is one playlist: clear it first"
MEDIA_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}

Lines = Iterable[bytes]
NOTHING: Lines = ()


class House(Struct, frozen=True):
    """Whom commands are passed on to. `requeued`: to be called when another queue was loaded."""

    ports: Ports
    board: Board
    deck: Deck
    librarian: Librarian
    parent_auth: ParentAuth
    queue: Queue
    names: Callable[[], Names]
    requeued: Callable[[], None]


class Client(Struct):
    """What a connection has said of itself. `admitted`: with which of the parents' PINs; `hidden`: tags that it does
    not want to hear of; `piece`: how much of a picture it wants at once."""

    house: House
    address: str
    admitted: int | None = None
    hidden: frozenset[str] = frozenset()
    piece: int = PIECE

    @property
    def is_parent(self) -> bool:
        auth = self.house.parent_auth
        return not auth.is_set or self.admitted == auth.generation


Handler = Callable[[Client, tuple[str, ...]], Awaitable[Lines]]


class Command(Struct, frozen=True):
    """`least`, `most`: how many arguments. `plays`: it counts among the requests to the player."""

    handle: Handler
    least: int = 0
    most: int = 0
    plays: bool = False


def refusal(error: RequestError) -> CommandError:
    """How MPD says what the deck or the library answered."""
    match error:
        case Forbidden():
            code = Code.PERMISSION
        case NotFound():
            code = Code.NO_EXIST
        case _ if error.status == 400:
            code = Code.ARGUMENT
        case _:
            code = Code.SYSTEM
    return CommandError(code, error.message)


# --- how it is -------------------------------------------------------------------------------------------------------


async def _status(client: Client, _: tuple[str, ...]) -> Lines:
    queue = client.house.queue
    state = await queue.look()
    lines = [
        pair("volume", state.volume),
        pair("repeat", int(state.repeat_mode != "none")),
        pair("random", int(state.shuffle_enabled)),
        pair("single", int(_is_single(state))),
        pair("consume", 0),
        pair("playlist", queue.version),
        pair("playlistlength", len(queue.entries)),
        pair("state", _play_state(state)),
    ]
    place = _current(queue, state)
    if place is not None:
        lines += _named("song", place, queue.entries[place])
        if (following := _following(queue, state, place)) is not None:
            lines += _named("nextsong", following, queue.entries[following])
        if state.state != "stopped":
            lines += [
                pair("time", f"{state.position_ms // 1000}:{round(state.duration)}"),
                pair("elapsed", f"{state.position_ms / 1000:.3f}"),
                pair("duration", f"{state.duration:.3f}"),
            ]
    if state.error_message is not None:
        lines.append(pair("error", state.error_message))
    return lines


def _named(name: str, place: int, entry: Entry) -> list[bytes]:
    return [pair(name, place), pair(f"{name}id", entry.song_id)]


def _play_state(state: PlayerState) -> str:
    """What cannot be heard now, and will be, is a pause with an error, as MPD has it."""
    if state.is_playing:
        return "play"
    return "stop" if state.state == "stopped" or state.active_track is None else "pause"


def _current(queue: Queue, state: PlayerState) -> int | None:
    """The position of what is heard, or was; none while something else is loaded."""
    return queue.position(state.active_track_id) if queue.loaded is None else None


def _following(queue: Queue, state: PlayerState, place: int) -> int | None:
    """The position of what comes by itself, where that is known."""
    if state.repeat_mode == "track":
        return place
    if state.shuffle_enabled or not state.auto_advance_enabled:
        return None
    if place + 1 < len(queue.entries):
        return place + 1
    return 0 if state.repeat_mode == "playlist" else None


async def _current_song(client: Client, _: tuple[str, ...]) -> Lines:
    queue = client.house.queue
    place = _current(queue, await queue.look())
    return NOTHING if place is None else _entries(client, range(place, place + 1))


async def _stats(client: Client, _: tuple[str, ...]) -> Lines:
    lites = client.house.librarian.lites()
    return (
        pair("albums", len(lites)),
        pair("songs", sum(lite.track_count for lite in lites)),
        pair("uptime", int(client.house.board.uptime)),
        pair("db_playtime", sum(lite.total_duration_ms for lite in lites) // 1000),
    )


async def _nothing(_: Client, __: tuple[str, ...]) -> Lines:
    return NOTHING


# --- playing ---------------------------------------------------------------------------------------------------------


async def _play(client: Client, arguments: tuple[str, ...]) -> Lines:
    number = integer(arguments[0], -1) if arguments else -1
    return await _play_at(client, None if number == -1 else number)


async def _play_id(client: Client, arguments: tuple[str, ...]) -> Lines:
    await client.house.queue.look()
    number = integer(arguments[0], -1) if arguments else -1
    return await _play_at(client, None if number == -1 else _place_of_id(client, number))


async def _play_at(client: Client, place: int | None) -> Lines:
    """Of the queue; None: to go on, or to begin."""
    house = client.house
    await house.queue.look()
    loaded = house.queue.loaded
    if place is not None:
        if place >= len(house.queue.entries):
            raise CommandError(Code.ARGUMENT, "Bad song index")
        await _start(client, place + 1)
    elif loaded is None:
        await house.deck.play(origin=ORIGIN)
    elif loaded.playlist_id is not None:
        first = house.queue.position(loaded.first)
        await _start(client, None if first is None else first + 1)
    return NOTHING


async def _start(client: Client, number: int | None) -> None:
    shown = client.house.queue.shown()
    if shown is None:
        raise CommandError(Code.NO_EXIST, "No such song")
    _allow(client, client.house.librarian.lite(shown[0]))
    await client.house.deck.start(shown[0], number, origin=ORIGIN)


def _place_of_id(client: Client, song_id: int) -> int:
    place = client.house.queue.position_of_id(song_id)
    if place is None:
        raise CommandError(Code.NO_EXIST, "No such song")
    return place


async def _pause(client: Client, arguments: tuple[str, ...]) -> Lines:
    deck = client.house.deck
    state = deck.state(0)
    pauses = boolean(arguments[0]) if arguments else state.is_playing
    if pauses and state.is_playing:
        await deck.pause(origin=ORIGIN)
    elif not pauses and state.state != "stopped" and not state.is_playing:
        await deck.play(origin=ORIGIN)
    return NOTHING


async def _stop(client: Client, _: tuple[str, ...]) -> Lines:
    await client.house.deck.stop(origin=ORIGIN)
    return NOTHING


async def _seek(client: Client, arguments: tuple[str, ...]) -> Lines:
    await client.house.queue.look()
    return await _seek_at(client, integer(arguments[0], 0), milliseconds(arguments[1]))


async def _seek_id(client: Client, arguments: tuple[str, ...]) -> Lines:
    await client.house.queue.look()
    return await _seek_at(client, _place_of_id(client, integer(arguments[0])), milliseconds(arguments[1]))


async def _seek_at(client: Client, place: int, position_ms: int) -> Lines:
    house = client.house
    state = await house.queue.look()
    if state.state == "stopped" or place != _current(house.queue, state):
        await _play_at(client, place)
    await house.deck.seek(max(0, position_ms), origin=ORIGIN)
    return NOTHING


async def _seek_current(client: Client, arguments: tuple[str, ...]) -> Lines:
    deck, position_ms = client.house.deck, milliseconds(arguments[0])
    if deck.state(0).state == "stopped":
        raise CommandError(Code.NOT_PLAYING, "Not playing")
    if arguments[0][0] in "+-":
        position_ms += deck.state(0).position_ms
    await deck.seek(max(0, position_ms), origin=ORIGIN)
    return NOTHING


def _button(press: Callable[..., Awaitable[Reply]]) -> Command:
    async def handle(client: Client, _: tuple[str, ...]) -> Lines:
        if client.house.queue.loaded is not None:  # or it would go on from what is not in the queue
            raise CommandError(Code.NOT_PLAYING, "Not playing")
        await press(client.house.deck, origin=ORIGIN)
        return NOTHING

    return Command(handle, plays=True)


# --- how it is played ------------------------------------------------------------------------------------------------


async def _set_volume(client: Client, arguments: tuple[str, ...]) -> Lines:
    await client.house.deck.set_volume(integer(arguments[0], 0, 100), origin=ORIGIN)
    return NOTHING


async def _change_volume(client: Client, arguments: tuple[str, ...]) -> Lines:
    deck = client.house.deck
    volume = deck.state(0).volume + integer(arguments[0], -100, 100)
    await deck.set_volume(max(0, min(100, volume)), origin=ORIGIN)
    return NOTHING


async def _get_volume(client: Client, _: tuple[str, ...]) -> Lines:
    return (pair("volume", client.house.deck.state(0).volume),)


async def _random(client: Client, arguments: tuple[str, ...]) -> Lines:
    await client.house.deck.set_mode(shuffle=boolean(arguments[0]), origin=ORIGIN)
    return NOTHING


async def _repeat(client: Client, arguments: tuple[str, ...]) -> Lines:
    return await _set_order(client, repeat=boolean(arguments[0]), single=_is_single(client.house.deck.state(0)))


async def _single(client: Client, arguments: tuple[str, ...]) -> Lines:
    return await _set_order(
        client, repeat=client.house.deck.state(0).repeat_mode != "none", single=boolean(arguments[0])
    )


def _is_single(state: PlayerState) -> bool:
    """MPD stops after a song, or repeats it, by one and the same switch."""
    return state.repeat_mode == "track" or (state.repeat_mode == "none" and not state.auto_advance_enabled)


async def _set_order(client: Client, *, repeat: bool, single: bool) -> Lines:
    mode: RepeatMode = ("track" if single else "playlist") if repeat else "none"
    await client.house.deck.set_mode(repeat=mode, auto_advance=repeat or not single, origin=ORIGIN)
    return NOTHING


async def _only_off(_: Client, arguments: tuple[str, ...]) -> Lines:
    if integer(arguments[0], 0):
        raise CommandError(Code.ARGUMENT, "this box does not do that")
    return NOTHING


# --- the sound: one output, which is off while the box is mute -------------------------------------------------------


async def _outputs(client: Client, _: tuple[str, ...]) -> Lines:
    audible = not client.house.deck.state(0).muted
    return pair("outputid", 0), pair("outputname", "box"), pair("plugin", "tomb"), pair("outputenabled", int(audible))


async def _enable(client: Client, arguments: tuple[str, ...], *, on: bool | None) -> Lines:
    """None: the other way round."""
    if integer(arguments[0], 0) != 0:
        raise CommandError(Code.NO_EXIST, "No such audio output")
    deck = client.house.deck
    await deck.set_mode(muted=not deck.state(0).muted if on is None else not on, origin=ORIGIN)
    return NOTHING


# --- the queue -------------------------------------------------------------------------------------------------------


def _entries(client: Client, places: Iterable[int]) -> Lines:
    """Of the queue as it is now, whatever it is when they are sent."""
    return _described(client.house.queue.entries, places, client.hidden)


def _described(queued: Sequence[Entry], places: Iterable[int], hidden: frozenset[str]) -> Iterator[bytes]:
    for place in places:
        entry = queued[place]
        yield names.without(entry.lines, hidden) + pair("Pos", place) + pair("Id", entry.song_id)


async def _queue(client: Client, arguments: tuple[str, ...]) -> Lines:
    queue = client.house.queue
    await queue.look()
    count = len(queue.entries)
    if not arguments or arguments[0] == "-1":
        return _entries(client, range(count))
    return _entries(client, section(arguments[0], count))


async def _queue_id(client: Client, arguments: tuple[str, ...]) -> Lines:
    if not arguments:
        return await _queue(client, ())
    await client.house.queue.look()
    place = _place_of_id(client, integer(arguments[0]))
    return _entries(client, range(place, place + 1))


async def _changes(client: Client, arguments: tuple[str, ...]) -> list[int]:
    """The positions at which something is new since a version; all for a version that there never was."""
    queue = client.house.queue
    await queue.look()
    version = integer(arguments[0], 0)
    within = section(arguments[1], len(queue.entries)) if arguments[1:] else range(len(queue.entries))
    return [each for each in within if queue.entries[each].version > version or version > queue.version]


async def _queue_changes(client: Client, arguments: tuple[str, ...]) -> Lines:
    return _entries(client, await _changes(client, arguments))


async def _queue_changed_ids(client: Client, arguments: tuple[str, ...]) -> Lines:
    places, queued = await _changes(client, arguments), client.house.queue.entries
    return (pair("cpos", place) + pair("Id", queued[place].song_id) for place in places)


async def _clear(client: Client, _: tuple[str, ...]) -> Lines:
    await client.house.deck.stop(origin=ORIGIN)
    _load_into(client, Loaded(None))
    return NOTHING


async def _load(client: Client, arguments: tuple[str, ...]) -> Lines:
    if arguments[1:] and arguments[1] not in ("0:", "0"):
        raise CommandError(Code.ARGUMENT, "the queue of this box is a whole playlist")
    await _choose(client, client.house.names().playlist_id(arguments[0]))
    return NOTHING


async def _add(client: Client, arguments: tuple[str, ...]) -> Lines:
    """A song's whole playlist, to begin with the song."""
    uri = arguments[0].rstrip("/")
    known = dict(client.house.names())
    if uri in known:
        await _choose(client, known[uri])
        return NOTHING
    await _add_song(client, uri)
    return NOTHING


async def _add_id(client: Client, arguments: tuple[str, ...]) -> Lines:
    track_id = await _add_song(client, arguments[0])
    await client.house.queue.look()
    place = client.house.queue.position(track_id)
    if place is None:
        raise CommandError(Code.NO_EXIST, "No such song")
    return (pair("Id", client.house.queue.entries[place].song_id),)


async def _add_song(client: Client, uri: str) -> str:
    """Its id."""
    found = await _whereabouts(client, uri)
    await _choose(client, found.playlist_id, found.track.id)
    return found.track.id


async def _choose(client: Client, playlist_id: str, first: str | None = None) -> None:
    """Have the queue be that playlist. What is heard is nobody's to take away in passing: for that there is `clear`."""
    house = client.house
    lite = house.librarian.lite(playlist_id)
    _allow(client, lite)
    shown, state = house.queue.shown(), house.deck.state(0)
    if shown is not None and shown[0] == playlist_id:
        return
    if state.is_playing:
        raise CommandError(Code.QUEUE_FULL, ONE_PLAYLIST)
    await house.deck.stop(origin=ORIGIN)
    _load_into(client, Loaded(playlist_id, first))


def _load_into(client: Client, loaded: Loaded) -> None:
    """If nothing plays, for somebody may have put a tag on the box just now."""
    if client.house.deck.state(0).state == "stopped":
        client.house.queue.load(loaded)
        client.house.requeued()


def _allow(client: Client, lite: PlaylistLite) -> None:
    """Whoever has not shown the PIN starts what parents chose for children, and nothing else, as in the web UI."""
    if not lite.for_child and not client.is_parent:
        raise CommandError(Code.PERMISSION, "parents did not choose that playlist for children")


# --- stored playlists, and the library as folders of songs -----------------------------------------------------------


async def _playlists(client: Client, _: tuple[str, ...]) -> Lines:
    return _named_playlists(client, "playlist")


def _named_playlists(client: Client, *kinds: str) -> Iterator[bytes]:
    house = client.house
    for name, playlist_id in house.names():
        if house.librarian.has(playlist_id):  # it may go while this is sent
            when = names.modified(house.librarian.lite(playlist_id).updated_at)
            yield b"".join(pair(kind, name) + when for kind in kinds)


async def _playlist_files(client: Client, arguments: tuple[str, ...]) -> Lines:
    name, playlist = await _stored(client, arguments[0])
    return (names.song(name, track).partition(b"\n")[0] + b"\n" for track in playlist.tracks)


async def _playlist_songs(client: Client, arguments: tuple[str, ...]) -> Lines:
    name, playlist = await _stored(client, arguments[0])
    return (names.without(names.song(name, track), client.hidden) for track in playlist.tracks)


async def _stored(client: Client, name: str) -> tuple[str, Playlist]:
    return name, await client.house.librarian.playlist(client.house.names().playlist_id(name))


async def _folder(client: Client, arguments: tuple[str, ...]) -> Lines:
    uri = arguments[0].strip("/") if arguments else ""
    if not uri:
        return _named_playlists(client, "directory", "playlist")  # mpc lists playlists by this
    if uri in dict(client.house.names()):
        return await _playlist_songs(client, (uri,))
    found = await _whereabouts(client, uri)
    name = client.house.names().name(found.playlist_id)
    return (names.without(names.song(name, found.track), client.hidden),)


async def _whereabouts(client: Client, uri: str) -> Whereabouts:
    try:
        return await client.house.librarian.track(names.track_id(uri))
    except NotFound:
        raise CommandError(Code.NO_EXIST, "No such song") from None


# --- pictures --------------------------------------------------------------------------------------------------------


async def _own_picture(client: Client, arguments: tuple[str, ...]) -> Lines:
    """That of the song; a song without one has an answer without anything."""
    found = await _whereabouts(client, arguments[0])
    return NOTHING if found.cover is None else await _piece(client, found.cover, arguments[1])


async def _cover(client: Client, arguments: tuple[str, ...]) -> Lines:
    """That of its playlist, as MPD looks into the song's folder."""
    found = await _whereabouts(client, arguments[0])
    return await _piece(client, await client.house.librarian.cover(found.playlist_id), arguments[1], named=False)


async def _piece(client: Client, cover: PurePosixPath, offset: str, *, named: bool = True) -> Lines:
    path, start = client.house.librarian.folder / cover, integer(offset, 0)
    try:
        size, data = await client.house.ports.in_thread(_read, path, start, client.piece)
    except OSError as error:
        raise CommandError(Code.NO_EXIST, f"the picture cannot be read: {error.strerror}") from None
    if start > size:
        raise CommandError(Code.ARGUMENT, "Offset too large")
    return (binary(size, data, MEDIA_TYPES.get(path.suffix[1:]) if named else None),)


def _read(path: Path, start: int, size: int) -> tuple[int, bytes]:
    with path.open("rb") as file:
        whole = file.seek(0, 2)
        file.seek(start)
        return whole, file.read(size)


# --- the connection itself -------------------------------------------------------------------------------------------


async def _password(client: Client, arguments: tuple[str, ...]) -> Lines:
    """Where none is needed, any will do: Home Assistant gives the one that it was told, and ends at a refusal."""
    auth = client.house.parent_auth
    if auth.is_set:
        try:
            client.admitted = await auth.prove(arguments[0], client.address)
        except RequestError as error:
            raise CommandError(Code.PASSWORD, error.message) from None
    return NOTHING


async def _piece_size(client: Client, arguments: tuple[str, ...]) -> Lines:
    client.piece = min(integer(arguments[0], LEAST_PIECE), LARGEST_PIECE)
    return NOTHING


async def _tag_types(client: Client, arguments: tuple[str, ...]) -> Lines:
    if not arguments:
        return tuple(pair("tagtype", tag) for tag in names.TAGS if tag not in client.hidden)
    known = {tag.lower(): tag for tag in names.TAGS}
    named = {known[each.lower()] for each in arguments[1:] if each.lower() in known}
    match arguments[0]:
        case "all":
            client.hidden = frozenset()
        case "clear":
            client.hidden = frozenset(names.TAGS)
        case "enable":
            client.hidden -= named
        case "disable":
            client.hidden |= named
        case _:
            raise CommandError(Code.ARGUMENT, "Unknown sub command")
    return NOTHING


async def _commands(_: Client, __: tuple[str, ...]) -> Lines:
    return tuple(pair("command", name) for name in sorted(COMMANDS))


async def _decoders(_: Client, __: tuple[str, ...]) -> Lines:
    return (pair("plugin", "sndfile"), *(pair("suffix", ending) for ending in sorted(PLAYABLE)))


COMMANDS: Mapping[str, Command] = {
    "add": Command(_add, 1, 2, plays=True),
    "addid": Command(_add_id, 1, 2, plays=True),
    "albumart": Command(_cover, 2, 2),
    "binarylimit": Command(_piece_size, 1, 1),
    "clear": Command(_clear, plays=True),
    "clearerror": Command(_nothing),
    "close": Command(_nothing),  # the server's: it has no answer
    "commands": Command(_commands),
    "consume": Command(_only_off, 1, 1),
    "crossfade": Command(_only_off, 1, 1),
    "currentsong": Command(_current_song),
    "decoders": Command(_decoders),
    "disableoutput": Command(partial(_enable, on=False), 1, 1, plays=True),
    "enableoutput": Command(partial(_enable, on=True), 1, 1, plays=True),
    "getvol": Command(_get_volume),
    "idle": Command(_nothing, 0, 32),  # the server's: its answer comes later
    "listplaylist": Command(_playlist_files, 1, 1),
    "listplaylistinfo": Command(_playlist_songs, 1, 1),
    "listplaylists": Command(_playlists),
    "load": Command(_load, 1, 2, plays=True),
    "lsinfo": Command(_folder, 0, 1),
    "next": _button(Deck.next),
    "notcommands": Command(_nothing),
    "outputs": Command(_outputs),
    "password": Command(_password, 1, 1),
    "pause": Command(_pause, 0, 1, plays=True),
    "ping": Command(_nothing),
    "play": Command(_play, 0, 1, plays=True),
    "playid": Command(_play_id, 0, 1, plays=True),
    "playlistid": Command(_queue_id, 0, 1),
    "playlistinfo": Command(_queue, 0, 1),
    "plchanges": Command(_queue_changes, 1, 2),
    "plchangesposid": Command(_queue_changed_ids, 1, 2),
    "previous": _button(Deck.previous),
    "random": Command(_random, 1, 1, plays=True),
    "readpicture": Command(_own_picture, 2, 2),
    "repeat": Command(_repeat, 1, 1, plays=True),
    "seek": Command(_seek, 2, 2, plays=True),
    "seekcur": Command(_seek_current, 1, 1, plays=True),
    "seekid": Command(_seek_id, 2, 2, plays=True),
    "setvol": Command(_set_volume, 1, 1, plays=True),
    "single": Command(_single, 1, 1, plays=True),
    "stats": Command(_stats),
    "status": Command(_status),
    "stop": Command(_stop, plays=True),
    "tagtypes": Command(_tag_types, 0, 32),
    "toggleoutput": Command(partial(_enable, on=None), 1, 1, plays=True),
    "urlhandlers": Command(_nothing),
    "volume": Command(_change_volume, 1, 1, plays=True),
}


def find(name: str, arguments: tuple[str, ...]) -> Command:
    """Raises CommandError."""
    command = COMMANDS[name]
    if len(arguments) < command.least:
        raise CommandError(Code.ARGUMENT, f'too few arguments for "{name}"')
    if len(arguments) > command.most:
        raise CommandError(Code.ARGUMENT, f'too many arguments for "{name}"')
    return command
