"""Tokens: who may do how much how often, in no more memory however many come."""

from trio.testing import MockClock

from tomb.config import Rate
from tomb.nurseries.buckets import Buckets


async def test_a_hundred_thousand_clients_are_not_all_remembered(autojump_clock: MockClock) -> None:
    buckets = Buckets(Rate(2, 1))
    for number in range(100_000):
        assert buckets.take(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}") == 0
    assert len(buckets) == 1024


async def test_what_is_given_back_can_be_taken_again(autojump_clock: MockClock) -> None:
    buckets = Buckets(Rate(1, 0.5))
    assert buckets.take("a") == 0
    assert buckets.take("a") == 2
    buckets.give_back("a")
    buckets.give_back("a")
    assert [buckets.take("a"), buckets.take("a")] == [0, 2]
