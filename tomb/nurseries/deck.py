"""The deck owns the player: every command, tap, edit and report of the sound goes over its one mailbox.

The machine decides (tomb.machines.player), the deck carries out what it decided. From an event to the last of its
effects everything is synchronous: what comes out is carried out at once, and what changed is published and noted, so
nothing else is ever in between. An answer is the state after the command; it never waits for sound.

Two things may still be on their way when a command is looked at. The output may have gone on to the next track, its
report waiting in the mailbox behind the command: `_catch_up` takes that report first, or Next would lead to what a
child hears already, and a lost device would go on in the track before. And a timer may have rung: its number tells the
machine whether it still counts.
"""

import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Protocol

import trio
from msgspec import Struct
from pydantic_core import to_json

from tomb.devices import output
from tomb.errors import BadRequest, Forbidden, RequestError
from tomb.events import PLAYLISTS, POSITION, Events
from tomb.library.memory import PlayerMemory
from tomb.library.reading import Playable
from tomb.machines.player import PLAYER, events
from tomb.machines.player.model import Player, can_next, chapter_at, gain
from tomb.machines.table import Outcome
from tomb.models import (
    UNLIMITED,
    Chime,
    LimitReason,
    LimitState,
    LoudnessMode,
    OnRemoval,
    Origin,
    PlayerState,
    Playlist,
    PlaylistLite,
    PlayState,
    RepeatMode,
    Resume,
    SameTag,
    SoundTroubleKind,
    TagAction,
    Track,
    TrackPosition,
)
from tomb.nurseries.journal import Journal
from tomb.nurseries.machine_states import MachineStates
from tomb.nurseries.mailbox import Mailbox
from tomb.nurseries.timer import Timer
from tomb.ports import Ports

log = logging.getLogger(__name__)

NO_OUTPUT = "there is no sound output yet"
_Chosen = tuple[events.Listing, tuple[int, ...]]

_STARTING = ("next", "previous", "chapter_next", "chapter_previous")
WHY: Mapping[LimitReason | None, str] = {
    "daily": "enough music for today: only parents start more",
    "bedtime": "it is bedtime: only parents start music now",
    "quiet": "these are quiet hours: only parents start music now",
    None: "only parents start music now",
}
VOLUME_STEP = 5
SLEEP_MINUTES = 30
MORE_MINUTES = 15
NEARLY_S = 0.1  # between looks whether a chapter begins, where the output is behind our clock
CHECKPOINT_S = 4.0  # with a tick and the writing on top, a power cut costs less than 5 s


class Reply(Struct, frozen=True):
    """The state after a command, and what to tell whoever gave it. `json`: the state, where it was told to all."""

    state: PlayerState
    message: str
    json: bytes | None = None


class Policy(Struct, frozen=True):
    """What parents chose for all playlists; a playlist's own choice goes before it."""

    same_tag: SameTag = "toggle"
    on_removal: OnRemoval = "keep"
    sounds: bool = True


class Limiter(Protocol):
    """Who knows what limits leave. The deck asks and tells at any moment; nothing of this may block."""

    def shown(self) -> LimitState: ...

    def heard(self, state: PlayState) -> None:
        """From now on this is what the player does."""

    def note(self) -> None:
        """The position is being noted: what was used may be, too."""

    def bonus(self, seconds: float) -> bool:
        """A tag gives so much more; False where that cannot be, or was today already."""


Complain = Callable[[SoundTroubleKind, str, str | None], None]


class Deck:
    """`find` reads a playlist (raises NotFound); `library` is the folder that `Track.file_path` is relative to. While
    something is heard, its position is told every `position_every_s` seconds. `complain` is told what goes wrong
    with the sound while the music goes on: what kind of trouble, in words, and the title of a track that is skipped."""

    def __init__(
        self,
        ports: Ports,
        event_log: Events,
        journal: Journal,
        find: Callable[[str], Awaitable[Playable]],
        library: Path,
        machines: MachineStates,
        position_every_s: float,
        complain: Complain = lambda *_: None,
    ) -> None:
        self.policy = Policy()
        self.limiter: Limiter | None = None
        self._ports = ports
        self._event_log = event_log
        self._journal = journal
        self._find = find
        self._library = library
        self._machines = machines
        self._position_every_s = position_every_s
        self._player = Player(sound="lost", loss=NO_OUTPUT)
        self._output: output.Output | None = None
        self._loudness: LoudnessMode = "off"
        self._mailbox = Mailbox("deck")
        self._fade = Timer(self._sleep_is_near)
        self._sleep = Timer(self._sleep_is_over)
        self._sleeps_at = 0.0  # when that timer is over, on Trio's clock
        self._hush = Timer(self._hush_is_over)
        self._chapter = Timer(self._chapter_begins)
        self._chapter_ms = 0  # the position that this timer is for
        self._sounds = trio.Event()  # set when something is heard; whoever waits for that makes it anew
        self._told_at = -math.inf  # when the position was told last
        # As it was published for what happened last, and the JSON of it; None if it changed nothing.
        self._shown: tuple[PlayerState, bytes] | None = None
        self._checkpoint_due = 0.0
        self._complain = complain

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._fade.run)
            nursery.start_soon(self._sleep.run)
            nursery.start_soon(self._hush.run)
            nursery.start_soon(self._chapter.run)
            nursery.start_soon(self._tick)
            await self._mailbox.run(task_status=task_status)

    async def turn(self, job: Callable[[], Awaitable[object]]) -> None:
        """Have `job` done when the mailbox has come to it: an answer that it still does."""
        await self._mailbox.ask(job)

    # --- commands: what people, tags and clients ask for ------------------------------------------------------------

    # Each has an origin (wire.md, section 7): it goes to the machine, which asks it where that matters.

    async def play(self, *, origin: Origin = "child") -> Reply:
        play = events.Play(origin=origin)
        return await self._command(lambda _: play, "playing", "nothing is chosen yet", "already playing")

    async def pause(self, *, origin: Origin = "child") -> Reply:
        make = partial(events.Pause, origin=origin)
        return await self._command(make, "paused", "nothing is playing", "nothing is playing")

    async def toggle(self, *, origin: Origin = "child") -> Reply:
        return await self._command(partial(events.Toggle, origin=origin), "toggled", "nothing is chosen yet")

    async def stop(self, *, origin: Origin = "child") -> Reply:
        make = partial(events.Stop, origin=origin)
        return await self._command(make, "stopped", "nothing is playing", "nothing is playing")

    async def next(self, *, origin: Origin = "child") -> Reply:
        return await self._command(partial(events.Next, origin=origin), "next track", "there is no next track")

    async def previous(self, *, origin: Origin = "child") -> Reply:
        return await self._command(partial(events.Previous, origin=origin), "previous track", "nothing is chosen yet")

    async def chapter(self, index: int, *, origin: Origin = "child") -> Reply:
        """Play the track from this chapter (from 0) on. Raises: BadRequest, with their number, where it has no such."""

        def job() -> Reply:
            self._catch_up()
            if self._fire(events.ToChapter(index, origin=origin)) is Outcome.MOVED:
                return self._reply("playing")
            track = self._player.track
            if track is None:
                raise BadRequest("nothing is chosen, so there are no chapters")
            raise BadRequest("the track has no such chapter", {"chapters": len(track.chapters)})

        return await self._mailbox.decide(job)

    async def seek(self, position_ms: int, *, origin: Origin = "child") -> Reply:
        """Raises BadRequest beyond the end, with the track's length, or when nothing is chosen."""

        def job() -> Reply:
            self._catch_up()
            if self._fire(events.Seek(position_ms, origin=origin)) is Outcome.MOVED:
                return self._reply("position set")
            track = self._player.track
            if track is None:
                raise BadRequest("nothing is chosen, so there is nothing to seek in")
            raise BadRequest("the position is beyond the end of the track", {"duration_ms": track.duration_ms})

        return await self._mailbox.decide(job)

    async def set_volume(self, volume: int, *, origin: Origin = "child") -> Reply:
        return await self._command(lambda _: events.SetVolume(volume, origin=origin), "volume set")

    async def set_mode(
        self,
        *,
        repeat: RepeatMode | None = None,
        shuffle: bool | None = None,
        auto_advance: bool | None = None,
        muted: bool | None = None,
        origin: Origin = "child",
    ) -> Reply:
        """None leaves a mode as it is."""
        return await self._command(
            lambda _: events.SetMode(self._drawn(), repeat, shuffle, auto_advance, muted, origin=origin), "mode set"
        )

    async def sleep(self, seconds: float | None, *, origin: Origin = "child") -> Reply:
        """Fade and stop in `seconds`; None switches the timer off."""
        return await self._command(lambda _: self._sleep_in(seconds, origin), "sleep timer set")

    async def start(self, playlist_id: str, track_number: int | None = None, *, origin: Origin = "child") -> Reply:
        """Play a playlist from where it was left, or from a track (1-based). Raises NotFound, BadRequest."""

        async def job() -> Reply:
            playlist = await self._find(playlist_id)
            self.note_position()  # it may be the very playlist that plays: then it goes on where it is heard
            place = self._resume(playlist) if track_number is None else _numbered(playlist, track_number)
            self._use(playlist, lambda chosen: events.Start(*chosen, *place, self._heard_ms(), origin=origin))
            return self._reply("playing")

        return await self._mailbox.ask(job)

    async def tap_and_reply(self, playlist_id: str) -> Reply:
        """As if a child placed a tag of this playlist, and waited for an answer. Raises NotFound, BadRequest."""

        async def job() -> Reply:
            await self._tapped(playlist_id, "child")
            return self._reply("tapped")

        return await self._mailbox.ask(job)

    async def _tapped(self, playlist_id: str, origin: Origin) -> None:
        playlist = await self._find(playlist_id)
        same_tag, place = playlist.lite.same_tag or self.policy.same_tag, self._resume(playlist)
        self._use(playlist, lambda chosen: events.Tapped(*chosen, same_tag, *place, self._heard_ms(), origin=origin))

    # --- what tags ask for: in the order of these calls, and nobody waits for an answer -----------------------------

    def tap(self, playlist_id: str, failed: Callable[[], None] = lambda: None, *, origin: Origin = "tag") -> None:
        """A tag of this playlist was placed, or a key of that meaning pressed. `failed`: called if it cannot be
        played."""

        async def job() -> None:
            try:
                await self._tapped(playlist_id, origin)
            except Forbidden:
                return  # which is heard already
            except RequestError:  # nobody reads an answer, so it is heard
                self._chime("error")
                failed()
                raise

        self._mailbox.post_async(job)

    def lifted(self, playlist_id: str) -> None:
        """The tag of this playlist was taken away."""

        def job() -> None:
            self._catch_up()
            own = self._playlist.lite.on_removal if self._playlist else None
            self._fire(events.TagRemoved(playlist_id, own or self.policy.on_removal, self._heard_ms(), origin="tag"))

        self._mailbox.post(job)

    def act(self, action: TagAction, *, origin: Origin = "child") -> None:
        """A tag that does something else than to play a playlist was placed, or a key of that meaning pressed."""

        async def job() -> None:
            self._catch_up()
            with suppress(Forbidden):  # which is heard already
                meant = self._meant(action, origin)
                if meant is None:
                    self._give_more(60 * (MORE_MINUTES if action.minutes is None else action.minutes))
                else:
                    self._fire(meant)

        self._mailbox.post_async(job)

    def _give_more(self, seconds: float) -> None:
        given = self.limiter is not None and self.limiter.bonus(seconds)
        self._chime("ready" if given else "limit")

    def refuses(self, use: PlaylistLite | TagAction) -> bool:
        """Whether a limit is in the way of a tag of that use."""
        player = self._player
        if player.curb != "shut":
            return False
        if isinstance(use, TagAction):
            return use.action in _STARTING or (use.action == "pause" and not player.is_playing)
        ours = self._playlist is not None and self._playlist.lite.id == use.id
        return not (player.is_playing and ours and (use.same_tag or self.policy.same_tag) == "toggle")

    def toggle_mute(self, *, origin: Origin = "child") -> None:
        def job() -> None:
            self._fire(events.SetMode(self._drawn(), muted=not self._player.muted, origin=origin))

        self._mailbox.post(job)

    def _meant(self, action: TagAction, origin: Origin) -> events.Event | None:
        """None where it is no business of the player's."""
        match action.action:
            case "more":
                return None
            case "next":
                return events.Next(self._heard_ms(), origin=origin)
            case "previous":
                return events.Previous(self._heard_ms(), origin=origin)
            case "chapter_next":
                return events.Next(self._heard_ms(), by_chapter=True, origin=origin)
            case "chapter_previous":
                return events.Previous(self._heard_ms(), by_chapter=True, origin=origin)
            case "pause":
                return events.Toggle(self._heard_ms(), origin=origin)
            case "stop":
                return events.Stop(self._heard_ms(), origin=origin)
            case "volume_up" | "volume_down":
                step = action.step or VOLUME_STEP
                turned = self._player.volume + (step if action.action == "volume_up" else -step)
                return events.SetVolume(max(0, min(100, turned)), origin=origin)
            case "sleep_timer":
                return self._sleep_in(60 * (SLEEP_MINUTES if action.minutes is None else action.minutes), origin)
            case "shuffle":
                return events.SetMode(self._drawn(), shuffle=not self._player.shuffled, origin=origin)

    # --- facts: what the library, the device and the start of the box tell ------------------------------------------

    async def restore(self, memory: PlayerMemory) -> None:
        """Be ready to go on where the box was switched off."""

        async def job() -> None:
            listing, drawn = None, tuple[int, ...]()
            track_id, position_ms = memory.track_id, memory.position_ms
            if memory.playlist_id is not None:
                playlist = await self._find(memory.playlist_id)
                listing, drawn = self._listing(playlist)
                if track_id is None:  # it was deleted, and the power cut before that was noted
                    track_id, position_ms = self._resume(playlist)
            self._fire(
                events.Restore(
                    volume=memory.volume,
                    muted=memory.muted,
                    repeat=memory.repeat_mode,
                    shuffle=memory.shuffle_enabled,
                    auto_advance=memory.auto_advance_enabled,
                    listing=listing,
                    drawn=drawn,
                    track_id=track_id,
                    position_ms=position_ms,
                )
            )

        await self._mailbox.ask(job)

    def set_ceiling(self, ceiling: int) -> None:
        self._mailbox.post(lambda: self._fire(events.SetCeiling(ceiling)))

    def set_curb(self, curb: events.Curb) -> None:
        """What limits leave, from now on."""

        def job() -> None:
            self._catch_up()
            self._fire(events.SetCurb(curb))

        self._mailbox.post(job)

    def tell(self) -> None:
        """Something that is shown of the player is another one, without its doing."""
        self._mailbox.post(lambda: self._event_log.publish("state:player", {PLAYLISTS}, self.state))

    def set_loudness(self, mode: LoudnessMode) -> None:
        """From now on each track is brought to a loudness of its own, or its album's, or is left as it is."""

        def job() -> None:
            self._catch_up()
            self._loudness = mode
            player, following = self._player, self._player.following
            if self._output is not None and player.held and player.track is not None:
                self._output.set_cue_gain(player.generation, self._cue_gain(player.track.track_id))
                if following is not None:
                    self._output.set_cue_gain(following[0], self._cue_gain(following[1]))

        self._mailbox.post(job)

    def expect(self, playlists: Sequence[Playable]) -> None:
        """These may be asked for next, the likeliest first."""

        def job() -> None:
            cues = [cue for playlist in playlists if (cue := self._first_cue(playlist)) is not None]
            if self._output is not None:
                self._output.expect(cues)

        self._mailbox.post(job)

    def chime(self, chime: Chime) -> None:
        """Let the box say something by one of its own sounds, where parents let it."""
        self._mailbox.post(lambda: self._chime(chime))

    def edited(self, playlist: Playlist) -> None:
        """The library changed a playlist: its tracks, their order, their names."""

        def job() -> None:
            if self._playlist is not None and self._playlist.lite.id == playlist.id:
                self._catch_up()
                listing, _ = self._listing(Playable.of_playlist(playlist))
                self._fire(events.PlaylistChanged(listing, self._heard_ms()))

        self._mailbox.post(job)

    def gone(self, playlist_id: str) -> None:
        self._mailbox.post(lambda: self._fire(events.PlaylistDeleted(playlist_id)))

    def attach(self, device: output.Output) -> None:
        """From now on the sound comes out there."""

        def job() -> None:
            self._catch_up()
            heard_ms = self._heard_ms()
            if self._output is not None:
                self._output.stop()
            device.set_gain(self.gain, 0.0)  # it may ring before it plays
            self._output = device
            self._fire(events.DeviceBack(heard_ms))

        self._mailbox.post(job)

    def detach(self, message: str) -> None:
        """The output is lost; `message` says why."""

        def job() -> None:
            self._catch_up()
            heard_ms = self._heard_ms()
            self._output = None
            self._fire(events.DeviceLost(message, heard_ms))

        self._mailbox.post(job)

    def report(self, report: output.Report) -> None:
        """What the output has to say. It is called from the output's own task."""

        def job() -> None:
            match report:
                case output.CueStarted(generation):
                    self._fire(events.TrackStarted(generation))
                case output.CueFinished(generation):
                    self._fire(events.TrackFinished(generation))
                case output.CueFailed(generation, reason):
                    track = self._given_out(generation)
                    named = f"“{track.title}” cannot be played: {reason}" if track else reason
                    self._complain("skipped", named, track.title if track else None)
                    self._fire(events.TrackFailed(generation, named))
                case output.Stuttered(blocks):
                    late = f"blocks late: {blocks}"
                    self._complain("gaps", f"the sound had gaps ({late}): the box, or its disk, is too slow", None)
                case output.MadeDo(reason):
                    self._complain("made_do", reason, None)

        self._mailbox.post(job)

    def _sleep_is_near(self, number: int) -> None:
        self._mailbox.post(
            lambda: self._fire(events.SleepNear(number, max(0.0, self._sleeps_at - trio.current_time())))
        )

    def _sleep_is_over(self, number: int) -> None:
        def job() -> None:
            self._catch_up()
            self._fire(events.SleepOver(number, self._heard_ms()))

        self._mailbox.post(job)

    def _hush_is_over(self, number: int) -> None:
        def job() -> None:
            self._catch_up()
            self._fire(events.HushOver(number, self._heard_ms()))

        self._mailbox.post(job)

    def _chapter_begins(self, number: int) -> None:
        def job() -> None:
            self._catch_up()
            ahead_ms = self._chapter_ms - self._position_ms()
            if number == self._player.chapter_number and self._player.play_state == "playing" and ahead_ms > 0:
                # It waited for a file, or its clock is slower than ours.
                self._chapter.set(trio.current_time() + max(ahead_ms / 1000, NEARLY_S), number)
            else:
                self._fire(events.ChapterBegan(number, self._heard_ms()))

        self._mailbox.post(job)

    # --- what everybody may look at ---------------------------------------------------------------------------------

    def state(self, server_seq: int) -> PlayerState:
        player, playlist, track = self._player, self._playlist, self._track()
        position_ms = self._position_ms()
        return PlayerState(
            state=player.play_state,
            is_playing=player.is_playing,
            active_playlist_id=playlist.lite.id if playlist else None,
            active_playlist_title=playlist.lite.title if playlist else None,
            active_track=track,
            position_ms=position_ms,
            duration_ms=track.duration_ms if track else 0,
            chapter_index=chapter_at(player.track, position_ms),
            track_index=player.order[player.place] if player.order else 0,
            track_count=len(player.order),
            can_prev=player.can_prev,
            can_next=can_next(player, position_ms),
            volume=player.volume,
            muted=player.muted,
            repeat_mode=player.repeat,
            shuffle_enabled=player.shuffled,
            auto_advance_enabled=player.auto_advance,
            sleep_timer_ends_at=player.sleep_ends_at,
            error_message=player.message,
            limit=self.limit,
            server_seq=server_seq,
        )

    @property
    def is_playing(self) -> bool:
        """The intent, as in `PlayerState`."""
        return self._player.is_playing

    @property
    def limit(self) -> LimitState:
        """What limits leave."""
        return UNLIMITED if self.limiter is None else self.limiter.shown()

    @property
    def ceiling(self) -> int:
        """The loudest volume that can be set now."""
        return self._player.ceiling

    @property
    def gain(self) -> float:
        """The linear gain of the volume, never above the ceiling's; 0 while muted."""
        return gain(self._player)

    def note_position(self) -> None:
        """Have it written down where we are."""
        listing, track = self._player.listing, self._player.track
        if listing is not None and track is not None and self._player.state != "stopped":
            self._carry_out(events.SaveResume(listing.playlist_id, track.track_id, self._position_ms()))
            self._remember()
        if self.limiter is not None:
            self.limiter.note()

    # --- while something is heard -----------------------------------------------------------------------------------

    async def _tick(self) -> None:
        """A jump is told where it happens, and nobody is woken for it: it puts off what is due here, so two positions
        are never closer than the interval without one."""
        while True:
            if self._player.play_state != "playing":
                self._sounds = trio.Event()
                await self._sounds.wait()
                continue
            if trio.current_time() >= self._checkpoint_due:  # also where one jump after the other puts off the rest
                self.note_position()
            if (due := self._told_at + self._position_every_s) > trio.current_time():
                await trio.sleep_until(due)
            else:
                self._tell_position()

    def _tell_position(self) -> None:
        track = self._player.track
        self._told_at = trio.current_time()
        if track is not None:
            position = TrackPosition(
                position_ms=self._position_ms(),
                track_id=track.track_id,
                is_playing=self._player.is_playing,
                duration_ms=track.duration_ms,
            )
            self._event_log.publish(POSITION, {PLAYLISTS}, lambda _: position)

    # --- from an event to its effects -------------------------------------------------------------------------------

    async def _command(
        self, make: Callable[[int | None], events.Event], moved: str, refused: str = "", ignored: str = ""
    ) -> Reply:
        """`make` is given the position that is heard. The words are for what may become of the event."""

        def job() -> Reply:
            self._catch_up()
            outcome = self._fire(make(self._heard_ms()))
            why_not = self._player.message or refused
            return self._reply({Outcome.MOVED: moved, Outcome.REFUSED: why_not, Outcome.IGNORED: ignored}[outcome])

        return await self._mailbox.decide(job)

    def _use(self, playlist: Playable, make: Callable[[_Chosen], events.Start | events.Tapped]) -> None:
        """Fire what `make` makes of a playlist that has just been read."""
        if not playlist.tracks:
            raise BadRequest("the playlist has no tracks", {"playlist_id": playlist.lite.id})
        self._catch_up()
        self._fire(make(self._listing(playlist)))

    def _reply(self, message: str) -> Reply:
        if self._shown is None:
            return Reply(self.state(self._event_log.number), message)
        state, json = self._shown
        return Reply(state, message, json)

    def _fire(self, event: events.Event) -> Outcome:
        """Let `event` happen to the player, with all that follows from it."""
        if isinstance(event, events.Command):
            log.debug("%s asks for %s", event.origin, type(event).__name__)
        before, self._shown = self._glance(), None
        outcome = PLAYER.fire(self._player, event)
        self._machines.note(PLAYER, "player", self._player.state)
        effects, self._player.effects = self._player.effects, []
        for effect in effects:
            self._carry_out(effect)
        if events.Refused() in effects:
            limit = self.limit
            raise Forbidden(WHY[limit.reason], {"limit": limit.model_dump()})
        if outcome is Outcome.MOVED:
            self._announce(before)
        return outcome

    def _catch_up(self) -> None:
        heard = self._output.heard().generation if self._output else None
        if self._player.following is not None and heard == self._player.following[0]:
            self._fire(events.TrackStarted(heard))

    def _carry_out(self, effect: events.Effect) -> None:
        match effect:
            case events.SaveResume(playlist_id, track_id, position_ms):
                self._journal.resume(playlist_id, Resume(track_id=track_id, position_ms=position_ms))
                self._checkpoint_due = trio.current_time() + CHECKPOINT_S
            case events.ClearResume(playlist_id):
                self._journal.resume(playlist_id, None)
            case events.CountPlay(playlist_id, track_id):
                self._journal.credit(playlist_id, track_id)
            case events.SetSleepTimer(None, _):
                self._fade.clear()
                self._sleep.clear()
            case events.SetSleepTimer(float() | int() as seconds, number):
                self._sleeps_at = trio.current_time() + seconds
                self._fade.set(self._sleeps_at - events.FADE_S, number)
                self._sleep.set(self._sleeps_at, number)
            case events.SetHushTimer(None, _):
                self._hush.clear()
            case events.SetHushTimer(float() | int() as seconds, number):
                self._hush.set(trio.current_time() + seconds, number)
            case events.SetChapterTimer(position_ms, number):
                self._chapter_ms = position_ms
                self._chapter.set(trio.current_time() + (position_ms - self._position_ms()) / 1000, number)
            case events.Refused():
                self._chime("limit")
            case events.PlayChime(chime):
                self._chime(chime)
            case _ if self._output is not None:
                self._command_output(self._output, effect)
            case _:
                pass  # without an output there is nobody to tell; a new one is told all it needs

    def _command_output(self, device: output.Output, effect: events.Effect) -> None:
        match effect:
            case events.PlayTrack(generation, track_id, position_ms):
                device.play(self._cue(generation, track_id, position_ms))
            case events.EnqueueTrack(_, None):
                device.enqueue(None)
            case events.EnqueueTrack(generation, str(track_id)):
                device.enqueue(self._cue(generation, track_id))
            case events.PauseOutput():
                device.pause()
            case events.ResumeOutput():
                device.resume()
            case events.StopOutput():
                device.stop()
            case events.SetGain(level, None):
                device.set_gain(level)
            case events.SetGain(level, float(seconds)):
                device.set_gain(level, seconds)
            case _:
                raise AssertionError(f"an effect that nobody carries out: {effect}")

    def _chime(self, chime: Chime) -> None:
        if self._output is not None and self.policy.sounds:
            self._output.chime(chime)

    def _glance(self) -> tuple[object, ...]:
        player = self._player
        return player.play_state, player.generation, player.track, player.position_ms, player.volume, player.muted

    def _announce(self, before: tuple[object, ...]) -> None:
        after = self._glance()
        self._event_log.publish("state:player", {PLAYLISTS}, self._show)
        if after[4:] != before[4:]:
            data = {"volume": self._player.volume, "muted": self._player.muted}
            self._event_log.publish("state:volume_changed", {PLAYLISTS}, lambda _: data)
        if after[:4] != before[:4]:
            self._tell_position()
            if after[0] == "playing":
                self._sounds.set()
        self._remember()
        if self.limiter is not None and after[0] != before[0]:
            self.limiter.heard(self._player.play_state)

    def _show(self, server_seq: int) -> bytes:
        state = self.state(server_seq)
        self._shown = state, to_json(state)
        return self._shown[1]

    def _remember(self) -> None:
        player = self._player
        self._journal.player(
            PlayerMemory(
                volume=player.volume,
                muted=player.muted,
                repeat_mode=player.repeat,
                shuffle_enabled=player.shuffle,
                auto_advance_enabled=player.auto_advance,
                playlist_id=player.listing.playlist_id if player.listing else None,
                track_id=player.track.track_id if player.track else None,
                position_ms=self._position_ms(),
                playing=player.state == "playing",  # the intent: it outlives a lost device
            )
        )

    # --- the playlist that is chosen --------------------------------------------------------------------------------

    @property
    def _playlist(self) -> Playable | None:
        playlist = self._player.listing.playlist if self._player.listing else None
        assert playlist is None or isinstance(playlist, Playable)
        return playlist

    def _heard_ms(self) -> int | None:
        """The position in the current track that is heard, None while the output does not hold it."""
        if self._output is None or not self._player.held:
            return None
        heard = self._output.heard()
        if heard.generation == self._player.generation:
            return heard.position_ms
        # What is heard is past its end, though the report of that is still on its way.
        return self._player.track.duration_ms if self._player.sound == "heard" and self._player.track else None

    def _position_ms(self) -> int:
        heard = self._heard_ms()
        return self._player.position_ms if heard is None else heard

    def _track(self) -> Track | None:
        entry = self._player.track
        return self._track_by_id(entry.track_id) if entry else None

    def _track_by_id(self, track_id: str) -> Track | None:
        return self._playlist.track(track_id) if self._playlist else None

    def _cue(self, generation: int, track_id: str, position_ms: int = 0) -> output.Cue:
        track = self._track_by_id(track_id)
        assert track is not None
        path, gain = self._library / track.file_path, self._cue_gain(track_id)
        return output.Cue(generation, path, position_ms, gain, track.seek_marks)

    def _cue_gain(self, track_id: str) -> float:
        return self._playlist.gain(track_id, self._loudness) if self._playlist else 1.0

    def _first_cue(self, playlist: Playable) -> output.Cue | None:
        """What is heard first when it is started. None where that is not known, or where it is the one that plays."""
        track_id, position_ms = self._resume(playlist)
        track = playlist.track(track_id) if track_id is not None else None
        shuffled = self._player.shuffle if playlist.lite.shuffle is None else playlist.lite.shuffle
        if track is None and not shuffled and playlist.tracks:
            track, position_ms = playlist.track(playlist.tracks[0][0]), 0
        ours = self._playlist is not None and self._playlist.lite.id == playlist.lite.id
        if track is None or (ours and self._player.state != "stopped"):
            return None
        return output.Cue(0, self._library / track.file_path, position_ms, seek_marks=track.seek_marks)

    def _given_out(self, generation: int) -> Track | None:
        """The track of this generation."""
        following = self._player.following
        enqueued = following is not None and following[0] == generation
        return self._track_by_id(following[1]) if enqueued and following else self._track()

    def _listing(self, playlist: Playable) -> _Chosen:
        """The playlist as the machine sees it, and a permutation in case it shuffles."""
        entries = tuple(events.Entry(*track) for track in playlist.tracks)
        listing = events.Listing(playlist.lite.id, entries, playlist.lite.shuffle, playlist)
        return listing, self._ports.permutation(len(entries))

    def _sleep_in(self, seconds: float | None, origin: Origin) -> events.SetSleep:
        ends_at = None if seconds is None else self._ports.wall() + seconds
        return events.SetSleep(seconds, ends_at, origin=origin)

    def _drawn(self) -> tuple[int, ...]:
        return self._ports.permutation(len(self._player.order))

    def _resume(self, playlist: Playable) -> tuple[str | None, int]:
        """The track and the position where the playlist was left; (None, 0) to begin at its start, always so where
        parents chose that."""
        if playlist.lite.resume_policy == "restart":
            return None, 0
        point = self._journal.unwritten(playlist.lite.id, playlist.lite.resume)
        if point is not None and playlist.track(point.track_id) is None:
            point = playlist.lite.resume  # deleted since that was noted: what the library made of it stands
        return (point.track_id, point.position_ms) if point else (None, 0)


def _numbered(playlist: Playable, number: int) -> tuple[str, int]:
    if not 1 <= number <= len(playlist.tracks):
        raise BadRequest("the playlist has no such track", {"track_number": number, "tracks": len(playlist.tracks)})
    return playlist.tracks[number - 1][0], 0
