"""The deck owns the player: every command, tap, edit and report of the sound goes over its one mailbox.

The machine decides (tomb.machines.player), the turntable carries out what it decided. An answer is the state after the
command; it never waits for sound.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import trio

from tomb.devices import output as sound
from tomb.errors import BadRequest
from tomb.events import Events
from tomb.library.memory import PlayerMemory
from tomb.machines import player as rules
from tomb.machines import player_events as happening
from tomb.machines.table import Outcome
from tomb.models import OnRemoval, PlayerState, Playlist, RepeatMode, SameTag, TrackPosition
from tomb.nurseries.journal import Journal
from tomb.nurseries.mailbox import Mailbox
from tomb.nurseries.timer import Timer
from tomb.nurseries.turntable import Turntable
from tomb.ports import Ports


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
        self, ports: Ports, events: Events, journal: Journal, find: Callable[[str], Awaitable[Playlist]], library: Path
    ) -> None:
        self.policy = Policy()
        self._ports = ports
        self._events = events
        self._find = find
        self._mailbox = Mailbox("deck")
        self._fade = Timer(lambda _: self._mailbox.post(lambda: self._on.fire(happening.SleepNear())))
        self._sleep = Timer(
            lambda _: self._mailbox.post(lambda: self._on.fire(happening.SleepOver(self._on.heard_ms())))
        )
        self._on = Turntable(ports, events, journal, library, fade=self._fade, sleep=self._sleep)

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._fade.run)
            nursery.start_soon(self._sleep.run)
            await self._mailbox.run(task_status=task_status)

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
            if self._on.fire(happening.Seek(position_ms)) is Outcome.MOVED:
                return self._reply("position set")
            track = self._on.player.track
            if track is None:
                raise BadRequest("nothing is chosen, so there is nothing to seek in")
            raise BadRequest("the position is beyond the end of the track", {"duration_ms": track.duration_ms})

        return await self._mailbox.ask(job)

    async def set_volume(self, volume: int) -> Reply:
        return await self._command(lambda _: happening.SetVolume(volume), "volume set", "")

    async def turn_volume(self, step: int) -> Reply:
        def turned(_: int | None) -> happening.Event:
            return happening.SetVolume(max(0, min(100, self._on.player.volume + step)))

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
            drawn = self._ports.permutation(len(self._on.player.order))
            return happening.SetMode(drawn, repeat, shuffle, auto_advance, muted)

        return await self._command(mode, "mode set", "")

    async def toggle_shuffle(self) -> Reply:
        return await self.set_mode(shuffle=not self._on.player.shuffle)

    async def sleep(self, seconds: float | None) -> Reply:
        """Fade and stop in `seconds`; None switches the timer off."""
        ends_at = None if seconds is None else self._ports.wall() + seconds
        return await self._command(lambda _: happening.SetSleep(seconds, ends_at), "sleep timer set", "")

    async def start(self, playlist_id: str, track_number: int | None = None) -> Reply:
        """Play a playlist from where it was left, or from a track (1-based). Raises NotFound, BadRequest."""

        async def job() -> Reply:
            playlist = await self._find(playlist_id)
            resume = self._on.resume(playlist) if track_number is None else _numbered(playlist, track_number)
            start = happening.Start(*self._on.listing(playlist), *resume, heard_ms=self._on.heard_ms())
            return self._begin(playlist, start)

        return await self._mailbox.ask(job)

    async def tap(self, playlist_id: str) -> Reply:
        """A tag of this playlist was placed. Raises NotFound, BadRequest."""

        async def job() -> Reply:
            playlist = await self._find(playlist_id)
            same_tag = playlist.same_tag or self.policy.same_tag
            listing, drawn = self._on.listing(playlist)
            self._on.catch_up()
            tap = happening.Tapped(listing, drawn, same_tag, *self._on.resume(playlist), heard_ms=self._on.heard_ms())
            wanted = rules.meaning(self._on.player, tap)
            if isinstance(wanted, happening.Start):
                return self._begin(playlist, wanted)
            if wanted is not None:
                self._on.fire(wanted)
            return self._reply("tapped")

        return await self._mailbox.ask(job)

    async def lifted(self, playlist_id: str) -> None:
        """The tag of this playlist was taken away."""

        async def job() -> None:
            playlist = self._on.playlist
            if playlist is None or playlist.id != playlist_id or not self._on.player.is_playing:
                return
            if (playlist.on_removal or self.policy.on_removal) == "pause":
                self._on.fire(happening.Pause(self._on.heard_ms()))

        await self._mailbox.ask(job)

    # --- facts: what the library, the device and the start of the box tell ------------------------------------------

    async def restore(self, memory: PlayerMemory) -> None:
        """Be ready to go on where the box was switched off."""

        async def job() -> None:
            player = self._on.player
            player.volume, player.muted = min(memory.volume, player.ceiling), memory.muted
            player.repeat, player.shuffle = memory.repeat_mode, memory.shuffle_enabled
            player.auto_advance = memory.auto_advance_enabled
            if memory.playlist_id is not None:
                self._on.playlist = await self._find(memory.playlist_id)
                chosen = self._on.listing(self._on.playlist)
                self._on.fire(happening.Choose(*chosen, memory.track_id, memory.position_ms))

        await self._mailbox.ask(job)

    def set_ceiling(self, ceiling: int) -> None:
        self._mailbox.post(lambda: self._on.fire(happening.SetCeiling(ceiling)))

    def edited(self, playlist: Playlist) -> None:
        """The library changed a playlist: its tracks, their order, their names."""

        def job() -> None:
            if self._on.playlist is not None and self._on.playlist.id == playlist.id:
                self._on.catch_up()
                self._on.playlist = playlist
                self._on.fire(happening.Edited(self._on.listing(playlist)[0], self._on.heard_ms()))

        self._mailbox.post(job)

    def gone(self, playlist_id: str) -> None:
        def job() -> None:
            if self._on.playlist is not None and self._on.playlist.id == playlist_id:
                self._on.fire(happening.Gone(playlist_id))
                self._on.playlist = None

        self._mailbox.post(job)

    def attach(self, output: sound.Output) -> None:
        """From now on the sound comes out there."""

        def job() -> None:
            heard_ms = self._on.heard_ms()
            if self._on.output is not None:
                self._on.output.halt()
            self._on.output = output
            self._on.fire(happening.DeviceBack(heard_ms))

        self._mailbox.post(job)

    def detach(self, message: str) -> None:
        """The output is lost; `message` says why."""

        def job() -> None:
            heard_ms = self._on.heard_ms()
            self._on.output = None
            self._on.fire(happening.DeviceLost(message, heard_ms))

        self._mailbox.post(job)

    def report(self, report: sound.Report) -> None:
        """What the output has to say. It is called from the output's own task."""
        match report:
            case sound.Started(generation):
                self._mailbox.post(lambda: self._on.fire(happening.Started(generation)))
            case sound.Finished(generation):
                self._mailbox.post(lambda: self._on.fire(happening.Finished(generation)))
            case sound.Failed(generation, reason):
                self._mailbox.post(
                    lambda: self._on.fire(happening.Failed(generation, self._on.named(generation, reason)))
                )

    # --- what everybody may look at ---------------------------------------------------------------------------------

    def state(self, server_seq: int) -> PlayerState:
        return self._on.state(server_seq)

    def position(self) -> TrackPosition | None:
        """What is heard now, None without a track."""
        return self._on.position()

    @property
    def is_sounding(self) -> bool:
        return self._on.player.state == "playing"

    async def jumped(self) -> None:
        """Wait until the position does anything else than to move on: seek, pause, another track."""
        await self._on.jumped.wait()

    def note_position(self) -> None:
        """Have it written down where we are."""
        self._on.note_position()

    def keep_position(self) -> None:
        """The same, but every few seconds; to be called while playing."""
        self._on.keep_position()

    # --- inside -----------------------------------------------------------------------------------------------------

    async def _command(self, make: Callable[[int | None], happening.Event], moved: str, otherwise: str) -> Reply:
        async def job() -> Reply:
            self._on.catch_up()
            outcome = self._on.fire(make(self._on.heard_ms()))
            return self._reply(moved if outcome is Outcome.MOVED else otherwise)

        return await self._mailbox.ask(job)

    def _begin(self, playlist: Playlist, start: happening.Start) -> Reply:
        if not start.listing.entries:
            raise BadRequest("the playlist has no tracks", {"playlist_id": playlist.id})
        self._on.catch_up()
        self._on.playlist = playlist
        self._on.fire(start)
        return self._reply("playing")

    def _reply(self, message: str) -> Reply:
        return Reply(self.state(self._events.number), message)


def _numbered(playlist: Playlist, number: int) -> tuple[str, int]:
    if not 1 <= number <= len(playlist.tracks):
        raise BadRequest("the playlist has no such track", {"track_number": number, "tracks": len(playlist.tracks)})
    return playlist.tracks[number - 1].id, 0
