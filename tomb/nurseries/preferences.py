"""What parents choose for the whole box: kept in the database, in force at once, and below what the operator set."""

from collections.abc import Callable, Mapping
from typing import Self

import trio
from pydantic import JsonValue

from tomb.config import Settings
from tomb.devices.output import SelectableOutput
from tomb.errors import BadRequest
from tomb.library.settings import CHILD_PLAYLISTS
from tomb.models import Choices
from tomb.nurseries.deck import Deck, Policy
from tomb.nurseries.librarian import Librarian
from tomb.nurseries.limits import Limits

CHOICES = tuple(Choices.model_fields)


class Preferences:
    """Made by `Preferences.open`. `fixed`: what the operator has set in the environment or tomb.toml."""

    def __init__(
        self,
        settings: Settings,
        librarian: Librarian,
        deck: Deck,
        output: SelectableOutput | None,
        limits: Limits,
        stored: Mapping[str, JsonValue],
    ) -> None:
        self._librarian = librarian
        self._deck = deck
        self._output = output
        self._limits = limits
        self.fixed = tuple(name for name in CHOICES if name in settings.model_fields_set)
        # Some choices name what only the library knows, so no operator can set them.
        self._defaults = {name: getattr(settings, name) for name in CHOICES if name in Settings.model_fields}
        self.on_change: list[Callable[[], object]] = []  # who wants to know that there are others now
        self.current = self._use(stored)

    @classmethod
    async def open(
        cls,
        settings: Settings,
        librarian: Librarian,
        deck: Deck,
        output: SelectableOutput | None,
        limits: Limits,
    ) -> Self:
        stored = await librarian.settings()
        return cls(settings, librarian, deck, output, limits, stored)

    async def change(self, values: Mapping[str, JsonValue], besides: Mapping[str, JsonValue]) -> Choices:
        """Set some (None: back to the default); all as they are then. Raises BadRequest for one that is fixed.

        `besides`: what others keep among the settings, set in the same transaction.
        """
        refused = sorted(set(values) & set(self.fixed))
        if refused:
            raise BadRequest(f"fixed by whoever runs the box: {', '.join(refused)}", {"fixed": refused})
        if values or besides:
            self.current = self._use(await self._librarian.change_settings({**self._known(values), **besides}))
            for call in self.on_change:
                call()
            await self._deck.turn(trio.lowlevel.checkpoint)  # who asks it next hears what was chosen
        return self.current

    def _known(self, values: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """Without what is not there: somebody else may just have deleted a playlist that is chosen here."""
        chosen = values.get(CHILD_PLAYLISTS)
        if not isinstance(chosen, list):
            return values
        there = [each for each in dict.fromkeys(map(str, chosen)) if self._librarian.has(each)]
        return {**values, CHILD_PLAYLISTS: list[JsonValue](there)}

    @property
    def child_playlists(self) -> list[str] | None:
        """Those of the chosen that there are; one that comes back from the bin is chosen still."""
        chosen = self.current.child_playlists
        return None if chosen is None else [each for each in chosen if self._librarian.has(each)]

    def _use(self, stored: Mapping[str, JsonValue]) -> Choices:
        chosen = {name: stored[name] for name in CHOICES if name in stored and name not in self.fixed}
        choices = Choices.model_validate(self._defaults | chosen)
        self._deck.policy = Policy(choices.same_tag, choices.on_removal, choices.sounds)
        self._deck.set_loudness(choices.loudness)
        self._librarian.counts = choices.statistics
        self._limits.use(choices)
        if self._output is not None:
            self._output.select(choices.audio_device or None)
        return choices
