"""The REST API with Redis: the latest prices that it holds, rubbish, and while it is away."""

import pytest
from redis import Redis

from streams.adapters.latest import LatestPrice, LatestPrices
from tests.broker.query.answering import Make, archive, through
from tests.broker.query.store import MINUTE, bar, fill_bars
from tests.broker.relay import Relay
from tests.waiting import wait_for

MISSING = "redis://127.0.0.1:1/0"


def test_the_archives_value_is_served_without_postgresql(
    query: Make, redis_url: str, symbol: str
) -> None:
    archive(redis_url, symbol, 5, 7.5)
    q = query(redis_url, "postgresql://nobody@127.0.0.1:1/none")
    assert q.latest(symbol) == (200, 7.5)
    assert (q.count("redis", "hit"), q.count("process", "miss")) == (1, 1)
    assert q.latest(symbol) == (200, 7.5)
    assert q.count("process", "hit") + q.count("redis", "hit") == 2
    assert q.status(f"/api/v1/bars/{symbol}") == 503
    assert q.status("/readyz") == 503


def test_what_was_found_in_postgresql_is_kept_beside_the_archives_key(
    query: Make, redis_url: str, symbol: str
) -> None:
    assert query(redis_url).latest(symbol) == (200, 100.1)
    redis = Redis.from_url(redis_url)
    assert redis.get(f"latest_price:{symbol}") is None
    assert 0 < redis.pttl(f"found_price:{symbol}") <= 2_000
    second = query(redis_url, "postgresql://nobody@127.0.0.1:1/none")
    assert second.latest(symbol) == (200, 100.1)
    archive(redis_url, symbol, MINUTE + 8, 9.0)
    assert query(redis_url).latest(symbol) == (200, 9.0)
    redis.close()


def test_of_two_values_the_newer_one_counts(redis_url: str, symbol: str) -> None:
    prices = LatestPrices(redis_url)
    assert prices.get(symbol) is None
    archive(redis_url, symbol, 20, 2.0)
    prices.keep(LatestPrice(symbol, 10, 1.0))
    assert prices.get(symbol) == LatestPrice(symbol, 20, 2.0)
    prices.keep(LatestPrice(symbol, 30, 3.0, 4.0))
    assert prices.get(symbol) == LatestPrice(symbol, 30, 3.0, 4.0)
    archive(redis_url, symbol, 40, 5.0)
    assert prices.get(symbol) == LatestPrice(symbol, 40, 5.0)


@pytest.mark.parametrize(
    "value",
    [b"", b"{", b"[]", b'{"symbol":"OTHER","ts":9,"price":1.0}', b'{"ts":"x"}', b"\xff\x00"],
)
def test_rubbish_in_redis_is_no_price(
    query: Make, redis_url: str, symbol: str, value: bytes
) -> None:
    redis = Redis.from_url(redis_url)
    redis.set(f"latest_price:{symbol}", value, ex=60)
    redis.close()
    assert query(redis_url).latest(symbol) == (200, 100.1)


def test_a_key_of_another_type_is_no_fault(query: Make, redis_url: str, symbol: str) -> None:
    redis = Redis.from_url(redis_url)
    redis.lpush(f"latest_price:{symbol}", "x")
    assert query(redis_url).latest(symbol) == (200, 100.1)
    redis.delete(f"latest_price:{symbol}")
    redis.close()


def test_without_redis_postgresql_answers(query: Make, symbol: str) -> None:
    for redis in (None, MISSING):
        assert query(redis).latest(symbol) == (200, 100.1)


def test_a_redis_that_hangs_costs_one_time_out(
    query: Make, redis_url: str, redis_relay: Relay, url: str
) -> None:
    symbols = [f"H{n}" for n in range(12)]
    fill_bars(url, [bar(name, MINUTE) for name in symbols])
    q = query(through(redis_relay, redis_url))
    redis_relay.hang()
    assert [q.latest(name) for name in symbols] == [(200, 100.1)] * len(symbols)
    tried = q.count("redis", "error") + q.count("redis", "skipped")
    assert tried >= len(symbols)
    assert q.count("redis", "error") <= 2  # a second one if this took longer than the pause
    redis_relay.mend()
    archive(redis_url, symbols[0], 10**9, 8.0)
    wait_for(lambda: q.latest(symbols[0]) == (200, 8.0), "Redis asked again")


def test_a_redis_that_was_restarted_is_used_at_once(
    query: Make, redis_url: str, redis_relay: Relay, symbol: str
) -> None:
    q = query(through(redis_relay, redis_url))
    assert q.latest(symbol) == (200, 100.1)
    redis_relay.cut()
    redis_relay.mend()
    archive(redis_url, symbol, 10**9, 8.0)
    wait_for(lambda: q.latest(symbol) == (200, 8.0), "the archive's value")
    assert q.count("redis", "error") == 0
