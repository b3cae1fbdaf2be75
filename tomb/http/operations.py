"""Idempotence (wire.md, section 2): a change that carries a `client_op_id` is made once, however often it is sent.

A repetition gets the stored answer and no new events; one that comes while the first still runs waits for it. The same
id for anything else is a conflict. Everybody in the room hears `ack:op` or `err:op` of what was really carried out.

A client repeats what it got no answer for, mostly because its connection broke. So whoever goes away while an operation
runs does not stop it at once: it may finish, for a while, and then the repetition finds its answer.

While the box stops that is pointless, since the answers are kept in memory, and somebody waits for the box to be off.
What runs then is drained: it has `DRAIN_S`, whoever is still there to hear of it, which is enough for whatever is just
being committed; after that it is cut off as any other request is, whole or not at all.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast

import trio
from msgspec import Struct, field
from pydantic import BaseModel
from pydantic_core import to_json

from tomb.errors import Conflict, InternalError, RateLimited, RequestError, RequestTimeout, Unavailable
from tomb.events import PLAYLISTS, Events
from tomb.http.envelope import Encoded, HandlerResult, Success

R = TypeVar("R", bound=HandlerResult)
KEPT_AT_MOST = 2000
KEPT_BYTES = 16 * 1024 * 1024
MODEL_FACTOR = 4  # an object takes more memory than its JSON
GONE = "this was carried out, but its answer was too large to be kept"
GRACE_S = 5.0
DRAIN_S = 0.3  # a stopping box is off within a second


class _Operation(Struct):
    """`fingerprint`: what was asked for. `size`: of the kept result, in bytes. `begun_at`, `seen_at`: Trio's time of
    the first and the last request.
    """

    fingerprint: tuple[object, ...]
    begun_at: float
    seen_at: float
    done: trio.Event = field(default_factory=trio.Event)
    result: HandlerResult | RequestError | None = None
    size: int = 0


class Operations:
    """`window_s`: how long after it was last seen an id is recognised; `ttl_s`: how long an answer is kept at most."""

    def __init__(self, events: Events, window_s: float, ttl_s: float) -> None:
        self._events = events
        self._window_s = window_s
        self._ttl_s = ttl_s
        self._operations: OrderedDict[str, _Operation] = OrderedDict()
        self._grace_s = GRACE_S
        self._patience: set[trio.CancelScope] = set()
        self.kept_bytes = 0

    def drain(self) -> None:
        """The box stops."""
        self._grace_s = DRAIN_S
        for scope in self._patience:
            scope.deadline = min(scope.deadline, trio.current_time() + DRAIN_S)

    async def once(
        self,
        op_id: str | None,
        fingerprint: tuple[object, ...],
        run: Callable[[], Awaitable[R]],
        *,
        caller: str | None = None,
        with_data: bool = True,
    ) -> R:
        """Carry `run` out unless that was done already. `caller`: the room of the socket that asked.
        `with_data`: whether all in the room may hear what came of it, and not only that it was done.

        Raises what `run` raises, and Conflict for an id that was used for something else.
        """
        if op_id is None:
            return await run()
        while (known := self._recognised(op_id)) is not None:
            if known.fingerprint != fingerprint:
                raise Conflict("this client_op_id was used for another operation", {"client_op_id": op_id})
            await known.done.wait()
            if known.result is not None:
                return cast("R", _given(known.result))  # the same question was answered by the same kind
        return await self._first(op_id, fingerprint, run, caller, with_data=with_data)

    async def _first(
        self,
        op_id: str,
        fingerprint: tuple[object, ...],
        run: Callable[[], Awaitable[R]],
        caller: str | None,
        *,
        with_data: bool,
    ) -> R:
        now = trio.current_time()
        operation = self._operations[op_id] = _Operation(fingerprint, now, now)
        self._operations.move_to_end(op_id)
        result: R | RequestError | None = None
        try:
            async with self._in_spite_of_leaving():
                result = await self._carry_out(op_id, run, caller, with_data=with_data)
                if _lasts(result):
                    self._keep(operation, result)
        finally:
            # Whoever waits tries itself when there is no answer to share: cancelled, or a fault that may pass.
            if operation.result is None and self._operations.get(op_id) is operation:
                del self._operations[op_id]
            if result is None:
                self._refuse(op_id, InternalError(), caller)
            operation.done.set()
        return _given(result)

    @asynccontextmanager
    async def _in_spite_of_leaving(self) -> AsyncIterator[None]:
        """A cancellation from outside gets in when the patience is over. Raises: Unavailable when the box stops."""
        patience = trio.CancelScope(shield=True)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._run_out, patience)
            self._patience.add(patience)
            try:
                with patience:
                    yield
            finally:
                self._patience.discard(patience)
            nursery.cancel_scope.cancel()
        if patience.cancelled_caught:  # and nobody has left, or that cancellation would have come out of the nursery
            raise Unavailable("the box is being switched off")

    async def _run_out(self, patience: trio.CancelScope) -> None:
        try:
            await trio.sleep_forever()
        finally:
            patience.deadline = min(patience.deadline, trio.current_time() + self._grace_s)

    async def _carry_out(
        self, op_id: str, run: Callable[[], Awaitable[R]], caller: str | None, *, with_data: bool
    ) -> R | RequestError:
        try:
            result = await run()
        except RequestError as error:
            self._refuse(op_id, error, caller)
            return _copied(error)
        self._acknowledge(op_id, result if with_data else None, caller)
        return result

    def _acknowledge(self, op_id: str, result: HandlerResult | None, caller: str | None) -> None:
        data: dict[str, Any] = {"client_op_id": op_id, "success": True}
        if isinstance(result, Success) and isinstance(result.data, BaseModel):
            data["data"] = result.data
        self._events.tell("ack:op", _rooms(caller), data)

    def _refuse(self, op_id: str, error: RequestError, caller: str | None) -> None:
        data = {"client_op_id": op_id, "success": False, "message": error.message, "error_type": error.error_type}
        self._events.tell("err:op", _rooms(caller), data)

    def _keep(self, operation: _Operation, result: HandlerResult | RequestError) -> None:
        """Keep the result for a repetition. The largest of the others go, should they be too much altogether: they are
        never carried out again, but of them a repetition hears only that.
        """
        operation.result, operation.size = result, _size(result)
        self.kept_bytes += operation.size
        while self.kept_bytes > KEPT_BYTES:
            others = (each for each in self._operations.values() if each is not operation and each.size)
            largest = max(others, key=lambda each: each.size, default=operation)
            self.kept_bytes -= largest.size
            largest.result, largest.size = Conflict(GONE, {"carried_out": True}), 0

    def _recognised(self, op_id: str) -> _Operation | None:
        now = trio.current_time()
        self._forget(now - self._ttl_s)
        known = self._operations.get(op_id)
        if known is None or (known.done.is_set() and now - known.seen_at > self._window_s):
            return None
        known.seen_at = now
        return known

    def _forget(self, horizon: float) -> None:
        """Free the oldest: those begun before `horizon`, and whatever is too much."""
        while self._operations:
            op_id, operation = next(iter(self._operations.items()))
            too_many = len(self._operations) >= KEPT_AT_MOST
            if not operation.done.is_set() or not (operation.begun_at < horizon or too_many):
                return
            del self._operations[op_id]
            self.kept_bytes -= operation.size


def _given(result: R | RequestError | None) -> R:
    if isinstance(result, RequestError):
        raise _copied(result)
    assert result is not None
    return result


def _copied(error: RequestError) -> RequestError:
    """The error without its traceback, causes and context.

    Raising one adds to its traceback, so one that is raised again and again would grow for ever; and a kept traceback
    keeps all that its frames hold, such as the body of the request.
    """
    copied = type(error).__new__(type(error), *error.args)
    vars(copied).update(vars(error))
    return copied


def _size(result: HandlerResult | RequestError) -> int:
    match result:
        case Success(data=Encoded(json=encoded)):
            return len(encoded)
        case Success(data=BaseModel() as model):
            return MODEL_FACTOR * len(to_json(model))
    return 0


def _lasts(result: HandlerResult | RequestError) -> bool:
    """Whether a repetition is to get this result too."""
    if isinstance(result, RequestError):
        return result.status < 500 and not isinstance(result, RequestTimeout | RateLimited)
    return True


def _rooms(caller: str | None) -> set[str]:
    return {PLAYLISTS} if caller is None else {PLAYLISTS, caller}
