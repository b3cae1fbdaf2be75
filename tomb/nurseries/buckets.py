"""Tokens: who may do how much how often. Trio's clock, and no more memory however many come."""

from collections import OrderedDict

import trio
from msgspec import Struct

from tomb.config import Rate

KEPT = 1024


class _Bucket(Struct):
    tokens: float
    at: float


class Buckets:
    """One bucket of tokens a key. A key that was not seen for long has a full one, so it need not be remembered."""

    def __init__(self, rate: Rate, kept: int = KEPT) -> None:
        self._rate = rate
        self._kept = kept
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str) -> float:
        """Take a token: 0 if there was one, else the seconds until there is."""
        bucket = self._filled(key)
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._rate.per_second
        bucket.tokens -= 1
        return 0.0

    def give_back(self, key: str) -> None:
        bucket = self._filled(key)
        bucket.tokens = min(self._rate.burst, bucket.tokens + 1)

    def _filled(self, key: str) -> _Bucket:
        now = trio.current_time()
        bucket = self._buckets.setdefault(key, _Bucket(self._rate.burst, now))
        self._buckets.move_to_end(key)
        bucket.tokens = min(self._rate.burst, bucket.tokens + (now - bucket.at) * self._rate.per_second)
        bucket.at = now
        if len(self._buckets) > self._kept:
            self._buckets.popitem(last=False)
        return bucket
