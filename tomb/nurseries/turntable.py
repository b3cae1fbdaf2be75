"""The turntable: the player's machine, what is on it, and the output that plays it.

Everything here is synchronous: an event is fired, the effects that come out are carried out at once, and what changed
is published and noted. Only the deck's mailbox fires, so nothing else is ever in between.
"""

from pathlib import Path

import trio

from tomb.devices import output as sound
from tomb.events import PLAYLISTS, Events
from tomb.library.memory import PlayerMemory
from tomb.machines import player_events as happening
from tomb.machines.player import PLAYER
from tomb.machines.player_state import Player
from tomb.machines.table import Outcome
from tomb.models import PlayerState, Playlist, Resume, Track, TrackPosition
from tomb.nurseries.journal import Journal
from tomb.nurseries.timer import Timer
from tomb.ports import Ports

NO_OUTPUT = "there is no sound output yet"
CHECKPOINT_S = 4.0  # with a tick and the writing on top, a power cut costs less than 5 s


class Turntable:
    """`library`: the folder that `Track.file_path` is relative to. `fade`, `sleep`: set by the sleep timer."""

    def __init__(
        self, ports: Ports, events: Events, journal: Journal, library: Path, *, fade: Timer, sleep: Timer
    ) -> None:
        self.player = Player(lost=NO_OUTPUT)
        self.playlist: Playlist | None = None
        self.output: sound.Output | None = None
        self._ports = ports
        self._events = events
        self._journal = journal
        self._library = library
        self._fade = fade
        self._sleep = sleep
        self.jumped = trio.Event()  # set, and made anew, when the position does anything else than to move on
        self._checkpoint_due = 0.0

    def state(self, server_seq: int) -> PlayerState:
        player, playlist, track = self.player, self.playlist, self._track()
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
            is_playing=self.player.is_playing,
            duration_ms=track.duration_ms,
        )

    def fire(self, what: happening.Event) -> Outcome:
        """Let `what` happen to the player, with all that follows from it."""
        before = self._glance()
        outcome = PLAYER.fire(self.player, what)
        effects, self.player.effects = self.player.effects, []
        for effect in effects:
            self._carry_out(effect)
        if outcome is Outcome.MOVED:
            self._announce(before)
        return outcome

    def catch_up(self) -> None:
        """The follower may be heard already although its report still waits on the mailbox."""
        heard = self.output.heard().generation if self.output else None
        if self.player.following is not None and heard == self.player.following[0]:
            self.fire(happening.Started(heard))

    def _carry_out(self, effect: happening.Effect) -> None:
        match effect:
            case happening.Checkpoint(playlist_id, track_id, position_ms):
                self._journal.resume(playlist_id, Resume(track_id=track_id, position_ms=position_ms))
                self._checkpoint_due = trio.current_time() + CHECKPOINT_S
            case happening.Forget(playlist_id):
                self._journal.resume(playlist_id, None)
            case happening.Credit(playlist_id, track_id):
                self._journal.credit(playlist_id, track_id)
            case happening.ArmSleep(seconds):
                ends_at = None if seconds is None else trio.current_time() + seconds
                self._sleep.clear()
                self._fade.clear()
                if ends_at is not None:
                    self._sleep.set(ends_at, 0)
                    self._fade.set(ends_at - happening.FADE_S, 0)
            case happening.Skipped():
                pass  # announced with the state, whose message names it
            case _ if self.output is not None:
                self._tell_output(self.output, effect)
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
        player = self.player
        return player.state, player.generation, player.track, player.position_ms, player.volume, player.muted

    def _announce(self, before: tuple[object, ...]) -> None:
        after = self._glance()
        self._events.publish("state:player", {PLAYLISTS}, self.state)
        if after[4:] != before[4:]:
            data = {"volume": self.player.volume, "muted": self.player.muted}
            self._events.publish("state:volume_changed", {PLAYLISTS}, lambda _: data)
        if after[:4] != before[:4]:
            self.jumped.set()
            self.jumped = trio.Event()
        self._remember()

    def _remember(self) -> None:
        player, track = self.player, self.player.track
        self._journal.player(
            PlayerMemory(
                volume=player.volume,
                muted=player.muted,
                repeat_mode=player.repeat,
                shuffle_enabled=player.shuffle,
                auto_advance_enabled=player.auto_advance,
                playlist_id=self.playlist.id if self.playlist else None,
                track_id=track.track_id if track else None,
                position_ms=self._position_ms(),
                playing=player.is_playing,
            )
        )

    def note_position(self) -> None:
        """Have the journal write down where we are."""
        track = self.player.track
        if self.playlist is not None and track is not None and self.player.state != "stopped":
            point = Resume(track_id=track.track_id, position_ms=self._position_ms())
            self._carry_out(happening.Checkpoint(self.playlist.id, point.track_id, point.position_ms))
            self._remember()

    def keep_position(self) -> None:
        """The same, every `CHECKPOINT_S` seconds."""
        if trio.current_time() >= self._checkpoint_due:
            self.note_position()

    def heard_ms(self) -> int | None:
        """The position in the current track that is heard, None while the output does not hold it."""
        if self.output is None or not self.player.cued:
            return None
        heard = self.output.heard()
        if heard.generation == self.player.generation:
            return heard.position_ms
        # What is heard is past its end, though the report of that is still on its way.
        return self.player.track.duration_ms if self.player.begun and self.player.track else None

    def _position_ms(self) -> int:
        heard = self.heard_ms()
        return self.player.position_ms if heard is None else heard

    def _track(self) -> Track | None:
        entry = self.player.track
        return self._track_by_id(entry.track_id) if entry else None

    def _track_by_id(self, track_id: str) -> Track | None:
        tracks = self.playlist.tracks if self.playlist else ()
        return next((track for track in tracks if track.id == track_id), None)

    def _path(self, track_id: str) -> Path:
        track = self._track_by_id(track_id)
        assert track is not None
        return self._library / track.file_path

    def named(self, generation: int, reason: str) -> str:
        """`reason` with the name of the track that the cue is of."""
        player = self.player
        following = player.following is not None and player.following[0] == generation
        track = self._track_by_id(player.following[1]) if following and player.following else self._track()
        return f"“{track.title}” cannot be played: {reason}" if track else reason

    def listing(self, playlist: Playlist) -> tuple[happening.Listing, tuple[int, ...]]:
        """The playlist as the machine sees it, and a permutation in case it shuffles."""
        entries = tuple(happening.Entry(track.id, track.duration_ms) for track in playlist.tracks)
        return happening.Listing(playlist.id, entries), self._ports.permutation(len(entries))

    def resume(self, playlist: Playlist) -> tuple[str | None, int]:
        """The track and the position where the playlist was left; (None, 0) to begin at its start."""
        point = self._journal.unwritten(playlist.id, playlist.resume)
        return (point.track_id, point.position_ms) if point else (None, 0)
