"""The deck owns the player: every command, tap, edit and report of the sound goes over its one desk.

The machine decides (tomb.machines.player); the deck carries out its effects: tells the output, publishes what changed,
has the scribe note what is to be remembered. An answer is the state after the command; it never waits for sound.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import trio

from tomb.devices import output as sound
from tomb.errors import BadRequest
from tomb.events import PLAYLISTS, Events
from tomb.library.memory import PlayerMemory
from tomb.machines import player as rules
from tomb.machines import player_events as happening
from tomb.machines.player_state import Player
from tomb.machines.table import Outcome
from tomb.models import OnRemoval, PlayerState, Playlist, RepeatMode, Resume, SameTag, Track, TrackPosition
from tomb.nurseries.alarm import Alarm
from tomb.nurseries.desk import Desk
from tomb.nurseries.scribe import Scribe
from tomb.ports import Ports

NO_OUTPUT = "there is no sound output yet"
CHECKPOINT_S = 4.0  # with a tick and the writing on top, a power cut costs less than 5 s


@dataclass(frozen=True, slots=True)
class Reply:
    """The state after a command, and what to tell whoever gave it."""

    state: PlayerState
    message: str


@dataclass(frozen=True, slots=True)
class Policy:
    """What parents chose for all playlists; a playlist's own choice goes before it."""

    same_tag: SameTag = "toggle"
    on_removal: OnRemoval = "keep"


class Deck:
    """`find` reads a playlist (raises NotFound); `library` is the folder that `Track.file_path` is relative to."""

    def __init__(
        self, ports: Ports, events: Events, scribe: Scribe, find: Callable[[str], Awaitable[Playlist]], library: Path
    ) -> None:
        self.policy = Policy()
        self._ports = ports
        self._events = events
        self._scribe = scribe
        self._find = find
        self._library = library
        self._player = Player(lost=NO_OUTPUT)
        self._playlist: Playlist | None = None
        self._output: sound.Output | None = None
        self._desk = Desk()
        self._fade = Alarm(lambda: self._desk.post(lambda: self._fire(happening.SleepNear())))
        self._sleep = Alarm(lambda: self._desk.post(lambda: self._fire(happening.SleepOver(self._heard_ms()))))
        self._jumped = trio.Event()
        self._checkpoint_due = 0.0

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._fade.run)
            nursery.start_soon(self._sleep.run)
            await self._desk.run(task_status=task_status)

    # --- commands: what people, tags and clients ask for ------------------------------------------------------------

    async def play(self) -> Reply:
        return await self._command(lambda _: happening.Play(), "playing", "nothing is chosen yet")

    async def pause(self) -> Reply:
        return await self._command(happening.Pause, "paused", "nothing is playing")

    async def toggle(self) -> Reply:
        return await self._command(happening.Toggle, "toggled", "nothing is chosen yet")

    async def stop(self) -> Reply:
        return await self._command(happening.Stop, "stopped", "nothing is playing")

    async def next(self) -> Reply:
        return await self._command(happening.Next, "next track", "there is no next track")

    async def previous(self) -> Reply:
        return await self._command(happening.Previous, "previous track", "nothing is chosen yet")

    async def seek(self, position_ms: int) -> Reply:
        """Raises BadRequest beyond the end, with the track's length, or when nothing is chosen."""

        async def job() -> Reply:
            if self._fire(happening.Seek(position_ms)) is Outcome.MOVED:
                return self._reply("position set")
            track = self._player.track
            if track is None:
                raise BadRequest("nothing is chosen, so there is nothing to seek in")
            raise BadRequest("the position is beyond the end of the track", {"duration_ms": track.duration_ms})

        return await self._desk.ask(job)

    async def set_volume(self, volume: int) -> Reply:
        return await self._command(lambda _: happening.SetVolume(volume), "volume set", "")

    async def turn_volume(self, step: int) -> Reply:
        def turned(_: int | None) -> happening.Event:
            return happening.SetVolume(max(0, min(100, self._player.volume + step)))

        return await self._command(turned, "volume set", "")

    async def set_mode(
        self,
        *,
        repeat: RepeatMode | None = None,
        shuffle: bool | None = None,
        auto_advance: bool | None = None,
        muted: bool | None = None,
    ) -> Reply:
        """None leaves a mode as it is."""

        def mode(_: int | None) -> happening.Event:
            drawn = self._ports.permutation(len(self._player.order))
            return happening.SetMode(drawn, repeat, shuffle, auto_advance, muted)

        return await self._command(mode, "mode set", "")

    async def toggle_shuffle(self) -> Reply:
        return await self.set_mode(shuffle=not self._player.shuffle)

    async def sleep(self, seconds: float | None) -> Reply:
        """Fade and stop in `seconds`; None switches the timer off."""
        ends_at = None if seconds is None else self._ports.wall() + seconds
        return await self._command(lambda _: happening.SetSleep(seconds, ends_at), "sleep timer set", "")

    async def start(self, playlist_id: str, track_number: int | None = None) -> Reply:
        """Play a playlist from where it was left, or from a track (1-based). Raises NotFound, BadRequest."""

        async def job() -> Reply:
            playlist = await self._find(playlist_id)
            resume = self._resume(playlist) if track_number is None else _numbered(playlist, track_number)
            start = happening.Start(*self._listing(playlist), *resume, heard_ms=self._heard_ms())
            return self._begin(playlist, start)

        return await self._desk.ask(job)

    async def tap(self, playlist_id: str) -> Reply:
        """A tag of this playlist was placed. Raises NotFound, BadRequest."""

        async def job() -> Reply:
            playlist = await self._find(playlist_id)
            same_tag = playlist.same_tag or self.policy.same_tag
            listing, drawn = self._listing(playlist)
            self._catch_up()
            tap = happening.Tapped(listing, drawn, same_tag, *self._resume(playlist), heard_ms=self._heard_ms())
            wanted = rules.meaning(self._player, tap)
            if isinstance(wanted, happening.Start):
                return self._begin(playlist, wanted)
            if wanted is not None:
                self._fire(wanted)
            return self._reply("tapped")

        return await self._desk.ask(job)

    async def lifted(self, playlist_id: str) -> None:
        """The tag of this playlist was taken away."""

        async def job() -> None:
            playlist = self._playlist
            if playlist is None or playlist.id != playlist_id or not self._player.is_playing:
                return
            if (playlist.on_removal or self.policy.on_removal) == "pause":
                self._fire(happening.Pause(self._heard_ms()))

        await self._desk.ask(job)

    # --- facts: what the library, the device and the start of the box tell ------------------------------------------

    async def restore(self, memory: PlayerMemory) -> None:
        """Be ready to go on where the box was switched off."""

        async def job() -> None:
            player = self._player
            player.volume, player.muted = min(memory.volume, player.ceiling), memory.muted
            player.repeat, player.shuffle = memory.repeat_mode, memory.shuffle_enabled
            player.auto_advance = memory.auto_advance_enabled
            if memory.playlist_id is not None:
                self._playlist = await self._find(memory.playlist_id)
                chosen = self._listing(self._playlist)
                self._fire(happening.Choose(*chosen, memory.track_id, memory.position_ms))

        await self._desk.ask(job)

    def set_ceiling(self, ceiling: int) -> None:
        self._desk.post(lambda: self._fire(happening.SetCeiling(ceiling)))

    def edited(self, playlist: Playlist) -> None:
        """The library changed a playlist: its tracks, their order, their names."""

        def job() -> None:
            if self._playlist is not None and self._playlist.id == playlist.id:
                self._catch_up()
                self._playlist = playlist
                self._fire(happening.Edited(self._listing(playlist)[0], self._heard_ms()))

        self._desk.post(job)

    def gone(self, playlist_id: str) -> None:
        def job() -> None:
            if self._playlist is not None and self._playlist.id == playlist_id:
                self._fire(happening.Gone(playlist_id))
                self._playlist = None

        self._desk.post(job)

    def attach(self, output: sound.Output) -> None:
        """From now on the sound comes out there."""

        def job() -> None:
            heard_ms = self._heard_ms()
            if self._output is not None:
                self._output.halt()
            self._output = output
            self._fire(happening.DeviceBack(heard_ms))

        self._desk.post(job)

    def detach(self, message: str) -> None:
        """The output is lost; `message` says why."""

        def job() -> None:
            heard_ms = self._heard_ms()
            self._output = None
            self._fire(happening.DeviceLost(message, heard_ms))

        self._desk.post(job)

    def report(self, report: sound.Report) -> None:
        """What the output has to say. It is called from the output's own task."""
        match report:
            case sound.Started(generation):
                self._desk.post(lambda: self._fire(happening.Started(generation)))
            case sound.Finished(generation):
                self._desk.post(lambda: self._fire(happening.Finished(generation)))
            case sound.Failed(generation, reason):
                self._desk.post(lambda: self._fire(happening.Failed(generation, self._named(generation, reason))))

    # --- what everybody may look at ---------------------------------------------------------------------------------

    def state(self, server_seq: int) -> PlayerState:
        player, playlist, track = self._player, self._playlist, self._track()
        return PlayerState(
            state=player.state,
            is_playing=player.is_playing,
            active_playlist_id=playlist.id if playlist else None,
            active_playlist_title=playlist.title if playlist else None,
            active_track=track,
            position_ms=self._position_ms(),
            duration_ms=track.duration_ms if track else 0,
            track_index=player.order[player.place] if player.order else 0,
            track_count=len(player.order),
            can_prev=player.can_prev,
            can_next=player.can_next,
            volume=player.volume,
            muted=player.muted,
            repeat_mode=player.repeat,
            shuffle_enabled=player.shuffle,
            auto_advance_enabled=player.auto_advance,
            sleep_timer_ends_at=player.sleep_ends_at,
            error_message=player.message,
            server_seq=server_seq,
        )

    def position(self) -> TrackPosition | None:
        """What is heard now, None without a track."""
        track = self._track()
        if track is None:
            return None
        return TrackPosition(
            position_ms=self._position_ms(),
            track_id=track.id,
            is_playing=self._player.is_playing,
            duration_ms=track.duration_ms,
        )

    @property
    def is_sounding(self) -> bool:
        return self._player.state == "playing"

    async def jumped(self) -> None:
        """Wait until the position does anything else than to move on: seek, pause, another track."""
        await self._jumped.wait()

    def keep_position(self) -> None:
        """Called while playing: notes the position every `CHECKPOINT_S` seconds."""
        if trio.current_time() >= self._checkpoint_due:
            self.note_position()

    def note_position(self) -> None:
        """Have the scribe write down where we are."""
        track = self._player.track
        if self._playlist is not None and track is not None and self._player.state != "stopped":
            point = Resume(track_id=track.track_id, position_ms=self._position_ms())
            self._carry_out(happening.Checkpoint(self._playlist.id, point.track_id, point.position_ms))
            self._remember()

    # --- inside -----------------------------------------------------------------------------------------------------

    async def _command(self, make: Callable[[int | None], happening.Event], moved: str, otherwise: str) -> Reply:
        async def job() -> Reply:
            self._catch_up()
            outcome = self._fire(make(self._heard_ms()))
            return self._reply(moved if outcome is Outcome.MOVED else otherwise)

        return await self._desk.ask(job)

    def _begin(self, playlist: Playlist, start: happening.Start) -> Reply:
        if not start.listing.entries:
            raise BadRequest("the playlist has no tracks", {"playlist_id": playlist.id})
        self._catch_up()
        self._playlist = playlist
        self._fire(start)
        return self._reply("playing")

    def _fire(self, what: happening.Event) -> Outcome:
        before = self._glance()
        outcome = rules.PLAYER.fire(self._player, what)
        effects, self._player.effects = self._player.effects, []
        for effect in effects:
            self._carry_out(effect)
        if outcome is Outcome.MOVED:
            self._announce(before)
        return outcome

    def _catch_up(self) -> None:
        """The follower may be heard already although its report still waits on the desk."""
        heard = self._output.heard().generation if self._output else None
        if self._player.following is not None and heard == self._player.following[0]:
            self._fire(happening.Started(heard))

    def _carry_out(self, effect: happening.Effect) -> None:
        match effect:
            case happening.Checkpoint(playlist_id, track_id, position_ms):
                self._scribe.resume(playlist_id, Resume(track_id=track_id, position_ms=position_ms))
                self._checkpoint_due = trio.current_time() + CHECKPOINT_S
            case happening.Forget(playlist_id):
                self._scribe.resume(playlist_id, None)
            case happening.Credit(playlist_id, track_id):
                self._scribe.credit(playlist_id, track_id)
            case happening.ArmSleep(seconds):
                ends_at = None if seconds is None else trio.current_time() + seconds
                self._sleep.set(ends_at)
                self._fade.set(None if ends_at is None else ends_at - happening.FADE_S)
            case happening.Skipped():
                pass  # announced with the state, whose message names it
            case _ if self._output is not None:
                self._tell_output(self._output, effect)
            case _:
                pass  # without an output there is nobody to tell; a new one is told all it needs

    def _tell_output(self, output: sound.Output, effect: happening.Effect) -> None:
        match effect:
            case happening.Cut(generation, track_id, position_ms):
                output.play(sound.Cue(generation, self._path(track_id), position_ms))
            case happening.Follow(_, None):
                output.follow(None)
            case happening.Follow(generation, str(track_id)):
                output.follow(sound.Cue(generation, self._path(track_id)))
            case happening.Hush():
                output.pause()
            case happening.Unhush():
                output.resume()
            case happening.Halt():
                output.halt()
            case happening.Loudness(level, None):
                output.gain(level)
            case happening.Loudness(level, float(seconds)):
                output.gain(level, seconds)
            case _:
                raise AssertionError(f"an effect that nobody carries out: {effect}")

    def _glance(self) -> tuple[object, ...]:
        player = self._player
        return player.state, player.generation, player.track, player.position_ms, player.volume, player.muted

    def _announce(self, before: tuple[object, ...]) -> None:
        after = self._glance()
        self._events.publish("state:player", {PLAYLISTS}, self.state)
        if after[4:] != before[4:]:
            data = {"volume": self._player.volume, "muted": self._player.muted}
            self._events.publish("state:volume_changed", {PLAYLISTS}, lambda _: data)
        if after[:4] != before[:4]:
            self._jumped.set()
            self._jumped = trio.Event()
        self._remember()

    def _remember(self) -> None:
        player, track = self._player, self._player.track
        self._scribe.player(
            PlayerMemory(
                volume=player.volume,
                muted=player.muted,
                repeat_mode=player.repeat,
                shuffle_enabled=player.shuffle,
                auto_advance_enabled=player.auto_advance,
                playlist_id=self._playlist.id if self._playlist else None,
                track_id=track.track_id if track else None,
                position_ms=self._position_ms(),
                playing=player.is_playing,
            )
        )

    def _reply(self, message: str) -> Reply:
        return Reply(self.state(self._events.number), message)

    def _heard_ms(self) -> int | None:
        if self._output is None or not self._player.cued:
            return None
        heard = self._output.heard()
        return heard.position_ms if heard.generation == self._player.generation else None

    def _position_ms(self) -> int:
        heard = self._heard_ms()
        return self._player.position_ms if heard is None else heard

    def _track(self) -> Track | None:
        entry = self._player.track
        return self._track_by_id(entry.track_id) if entry else None

    def _track_by_id(self, track_id: str) -> Track | None:
        tracks = self._playlist.tracks if self._playlist else ()
        return next((track for track in tracks if track.id == track_id), None)

    def _path(self, track_id: str) -> Path:
        track = self._track_by_id(track_id)
        assert track is not None
        return self._library / track.file_path

    def _named(self, generation: int, reason: str) -> str:
        player = self._player
        following = player.following is not None and player.following[0] == generation
        track = self._track_by_id(player.following[1]) if following and player.following else self._track()
        return f"“{track.title}” cannot be played: {reason}" if track else reason

    def _listing(self, playlist: Playlist) -> tuple[happening.Listing, tuple[int, ...]]:
        entries = tuple(happening.Entry(track.id, track.duration_ms) for track in playlist.tracks)
        return happening.Listing(playlist.id, entries), self._ports.permutation(len(entries))

    def _resume(self, playlist: Playlist) -> tuple[str | None, int]:
        point = self._scribe.unwritten(playlist.id, playlist.resume)
        return (point.track_id, point.position_ms) if point else (None, 0)


def _numbered(playlist: Playlist, number: int) -> tuple[str, int]:
    if not 1 <= number <= len(playlist.tracks):
        raise BadRequest("the playlist has no such track", {"track_number": number, "tracks": len(playlist.tracks)})
    return playlist.tracks[number - 1].id, 0
