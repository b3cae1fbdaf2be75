"""What only parents may do, if they set a PIN. Without one everybody may.

The PIN is kept as a scrypt hash. Whoever knows it gets a token, which is forgotten after a while without use and when
the box restarts. Tries are limited by client and, because addresses are cheap, for all together.
"""

import hashlib
import hmac
import json
import logging
from collections import OrderedDict
from typing import Self

import trio

from tomb.config import Rate
from tomb.errors import BadRequest, Forbidden, RateLimited
from tomb.library.settings import makes_sense
from tomb.nurseries.buckets import Buckets
from tomb.nurseries.librarian import Librarian
from tomb.ports import Ports

log = logging.getLogger(__name__)

KEY = "pin"
IDLE_S = 3600.0
TOKENS_KEPT = 32
TRIES = Rate(5, 1 / 60)
TRIES_OF_ALL = Rate(30, 1 / 20)  # four digits are guessed in 28 hours at best
# RFC 7914, section 2, with the 16 MB that a small box can spare for a moment.
COST, BLOCK, PARALLEL = 2**14, 8, 1


class ParentAuth:
    """Made by `ParentAuth.open`. `generation`: another number whenever the PIN is another one."""

    def __init__(self, ports: Ports, stored: str | None) -> None:
        self._ports = ports
        self.generation = 0
        self._stored = stored
        self._tokens: OrderedDict[str, float] = OrderedDict()
        self._tries, self._tries_of_all = Buckets(TRIES), Buckets(TRIES_OF_ALL)
        self._one_at_a_time = trio.CapacityLimiter(1)

    @classmethod
    async def open(cls, ports: Ports, librarian: Librarian) -> Self:
        stored = (await librarian.settings()).get(KEY)
        if stored is not None and not makes_sense(KEY, json.dumps(stored)):
            # No PIN in the world would open that, as in a backup that somebody has edited.
            log.warning("what is stored as the parents' PIN is none, so there is none; set one in the settings")
            stored = None
        return cls(ports, stored if isinstance(stored, str) else None)

    @property
    def is_set(self) -> bool:
        return self._stored is not None

    def admits(self, token: str | None) -> bool:
        """Whether the holder of the token may do what parents may."""
        if self._stored is None:
            return True
        now = trio.current_time()
        if token is None or self._tokens.get(token, now) <= now:
            return False
        self._tokens[token] = now + IDLE_S
        return True

    async def enter(self, pin: str, client: str) -> str:
        """A token for whoever knows the PIN. Raises as `prove` does."""
        await self.prove(pin, client)
        return self._admit()

    async def prove(self, pin: str, client: str) -> int:
        """The `generation` of the PIN that this is. Raises Forbidden, RateLimited, or BadRequest where none is set."""
        if self._stored is None:
            raise BadRequest("no PIN is set, so there is nothing to unlock")
        self._spend(client)
        stored = self._stored
        if not await self._is_right(pin, stored) or stored != self._stored:  # another was set while this one was tried
            raise Forbidden("that is not the PIN")
        self._tries.give_back(client)
        self._tries_of_all.give_back("")
        return self.generation

    def leave(self, token: str | None) -> None:
        """The token admits nobody any more."""
        if token is not None:
            self._tokens.pop(token, None)

    async def seal(self, pin: str | None) -> str | None:
        """What is to be stored under `KEY` for that PIN; None for none. `use` is to follow."""
        return None if pin is None else await self._sealed(pin, self._ports.new_id())

    def use(self, stored: str | None) -> None:
        """That is what is stored now; whoever was admitted no longer is."""
        self._stored = stored
        self.generation += 1
        self._tokens.clear()

    def _spend(self, client: str) -> None:
        wait = self._tries.take(client) or self._tries_of_all.take("")
        if wait:
            raise RateLimited(wait)

    def _admit(self) -> str:
        token = self._ports.new_id()
        self._tokens[token] = trio.current_time() + IDLE_S
        while len(self._tokens) > TOKENS_KEPT:
            self._tokens.popitem(last=False)
        return token

    async def _is_right(self, pin: str, stored: str) -> bool:
        return hmac.compare_digest(await self._sealed(pin, stored.partition("$")[0]), stored)

    async def _sealed(self, pin: str, salt: str) -> str:
        return await self._ports.in_thread(_seal, pin, salt, limiter=self._one_at_a_time)


def _seal(pin: str, salt: str) -> str:
    sealed = hashlib.scrypt(pin.encode(), salt=salt.encode(), n=COST, r=BLOCK, p=PARALLEL)
    return f"{salt}${sealed.hex()}"
