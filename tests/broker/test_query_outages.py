"""The REST API with Redis, and while Redis or PostgreSQL is away."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy import text

from functions.query.app import create_app
from functions.query.database import Database
from streams.adapters.database import connect_engine
from streams.adapters.endpoints import Endpoints
from streams.adapters.latest import Latest, LatestPrice, LatestPrices, LatestValues
from streams.domain.errors import ServiceError
from tests.broker.query_store import MINUTE, bar, fill_bars, fresh_database
from tests.broker.relay import Relay, relaying
from tests.fakes import settings
from tests.waiting import wait_for

MISSING = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="module")
def url(services: Endpoints) -> Iterator[str]:
    assert services.database is not None
    with fresh_database(services.database) as url:
        fill_bars(url, [bar("BAR", MINUTE)])
        yield url


@pytest.fixture
def symbol(url: str) -> str:
    """A name that no other test uses, with a bar whose close is 100.1."""
    name = f"S{uuid.uuid4().hex[:8]}"
    fill_bars(url, [bar(name, MINUTE)])
    return name


@dataclass
class Query:
    """The function in this process."""

    client: FlaskClient

    def latest(self, symbol: str) -> tuple[int, Any]:
        answer = self.client.get(f"/api/v1/latest/{symbol}")
        return answer.status_code, (answer.json or {}).get("price")

    def status(self, path: str) -> int:
        return self.client.get(path).status_code

    def count(self, tier: str, outcome: str) -> float:
        label = f'tapedeck_query_cache_total{{outcome="{outcome}",tier="{tier}"}} '
        lines = self.client.get("/metrics").text.splitlines()
        return sum(float(line.removeprefix(label)) for line in lines if line.startswith(label))


Make = Callable[..., Query]


@pytest.fixture
def query(url: str, tmp_path: Path) -> Make:
    def make(redis: str | None = None, database: str = url) -> Query:
        chosen = settings(DATABASE_URL=database, REDIS_URL=redis, TAPEDECK_HOME=tmp_path)
        return Query(create_app(chosen).test_client())

    return make


def _archive(redis_url: str, symbol: str, ts: int, price: float) -> None:
    """As `run archive` does it."""
    values = LatestValues(redis_url)
    tick = {"symbol": symbol, "ts": ts, "price": price, "size": None}
    values.add(Latest(f"latest_price:{symbol}", ts, tick))
    assert values.write()


def _through(relay: Relay, url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(
        parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{relay.port}")
    )


@pytest.fixture
def redis_relay(redis_url: str) -> Iterator[Relay]:
    parts = urlsplit(redis_url)
    with relaying(str(parts.hostname), int(parts.port or 0)) as relay:
        yield relay


@pytest.fixture
def database_relay(url: str) -> Iterator[Relay]:
    parts = urlsplit(url)
    with relaying(str(parts.hostname), int(parts.port or 0)) as relay:
        yield relay


def test_the_archives_value_is_served_without_postgresql(
    query: Make, redis_url: str, symbol: str
) -> None:
    _archive(redis_url, symbol, 5, 7.5)
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
    _archive(redis_url, symbol, MINUTE + 8, 9.0)
    assert query(redis_url).latest(symbol) == (200, 9.0)
    redis.close()


def test_of_two_values_the_newer_one_counts(redis_url: str, symbol: str) -> None:
    prices = LatestPrices(redis_url)
    assert prices.get(symbol) is None
    _archive(redis_url, symbol, 20, 2.0)
    prices.keep(LatestPrice(symbol, 10, 1.0))
    assert prices.get(symbol) == LatestPrice(symbol, 20, 2.0)
    prices.keep(LatestPrice(symbol, 30, 3.0, 4.0))
    assert prices.get(symbol) == LatestPrice(symbol, 30, 3.0, 4.0)
    _archive(redis_url, symbol, 40, 5.0)
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
    q = query(_through(redis_relay, redis_url))
    redis_relay.hang()
    assert [q.latest(name) for name in symbols] == [(200, 100.1)] * len(symbols)
    tried = q.count("redis", "error") + q.count("redis", "skipped")
    assert tried >= len(symbols)
    assert q.count("redis", "error") <= 2  # a second one if this took longer than the pause
    redis_relay.mend()
    _archive(redis_url, symbols[0], 10**9, 8.0)
    wait_for(lambda: q.latest(symbols[0]) == (200, 8.0), "Redis asked again")


def test_a_redis_that_was_restarted_is_used_at_once(
    query: Make, redis_url: str, redis_relay: Relay, symbol: str
) -> None:
    q = query(_through(redis_relay, redis_url))
    assert q.latest(symbol) == (200, 100.1)
    redis_relay.cut()
    redis_relay.mend()
    _archive(redis_url, symbol, 10**9, 8.0)
    wait_for(lambda: q.latest(symbol) == (200, 8.0), "the archive's value")
    assert q.count("redis", "error") == 0


def test_postgresql_down_is_503_and_over_when_it_is_back(
    query: Make, redis_url: str, url: str, database_relay: Relay, symbol: str
) -> None:
    _archive(redis_url, symbol, 5, 7.5)
    q = query(redis_url, _through(database_relay, url))
    path = f"/api/v1/bars/{symbol}"
    assert q.status(path) == 200
    database_relay.cut()
    answer = q.client.get(path)
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert int(answer.headers["Retry-After"]) >= 1
    assert "password" not in answer.text
    for _ in range(3):
        assert q.latest(symbol) == (200, 7.5)
        assert q.status(path) == 503
    database_relay.mend()
    wait_for(lambda: q.status(path) == 200, "PostgreSQL used again")


def test_while_postgresql_hangs_the_latest_prices_still_come(
    query: Make, redis_url: str, url: str, database_relay: Relay, symbol: str
) -> None:
    _archive(redis_url, symbol, 5, 7.5)
    q = query(redis_url, _through(database_relay, url))
    path = f"/api/v1/bars/{symbol}"
    assert q.status(path) == 200
    database_relay.hang()
    with ThreadPoolExecutor(8) as threads:
        stuck = [threads.submit(q.status, path) for _ in range(8)]
        wait_for(lambda: sum(each.done() for each in stuck) >= 2, "two refused at once")
        assert {each.result() for each in stuck if each.done()} == {503}
        told = [threads.submit(q.latest, symbol).result(timeout=30) for _ in range(20)]
        assert told == [(200, 7.5)] * 20
        assert not all(each.done() for each in stuck)
        database_relay.mend()
    wait_for(lambda: q.status(path) == 200, "PostgreSQL used again")


def test_a_statement_that_takes_too_long_is_given_up_and_no_outage(url: str) -> None:
    engine = connect_engine(url)
    database = Database(engine.execution_options())
    slow = text("SET statement_timeout = 50; SELECT pg_sleep(60)")
    for _ in range(2):
        with pytest.raises(ServiceError, match="statement timeout"):
            database.rows(slow)
        database.check()
    engine.dispose()


def test_missing_tables_are_503_with_the_command_that_makes_them(
    query: Make, database: str
) -> None:
    answer = query(None, database).client.get("/api/v1/bars/A")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["detail"].endswith("run `tapedeck db upgrade`")
