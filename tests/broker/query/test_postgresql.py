"""The REST API when PostgreSQL is there, and while it is away, hangs or has no tables."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from functions.query.database import Database
from streams.adapters.database import connect_engine
from streams.domain.errors import ServiceError
from tests.broker.query.answering import Make, archive, through
from tests.broker.relay import Relay
from tests.waiting import wait_for


def test_it_is_ready_when_postgresql_is(client: FlaskClient) -> None:
    assert client.get("/readyz").json == {"status": "ready"}


def test_postgresql_down_is_503_and_over_when_it_is_back(
    query: Make, redis_url: str, url: str, database_relay: Relay, symbol: str
) -> None:
    archive(redis_url, symbol, 5, 7.5)
    q = query(redis_url, through(database_relay, url))
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
    archive(redis_url, symbol, 5, 7.5)
    q = query(redis_url, through(database_relay, url))
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
