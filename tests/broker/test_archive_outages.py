"""The archive while PostgreSQL or Redis is away, and the latest values that Redis holds."""

import json

import pytest
from quixstreams.sinks.base import SinkBackpressureError
from sqlalchemy import Engine, text

from streams.adapters.database import connect_engine
from streams.adapters.endpoints import Endpoints
from streams.adapters.latest import Latest, LatestValues
from streams.adapters.messages import encode
from streams.apps.archive import archive_bar, archive_ticks
from streams.domain.errors import ServiceError
from tests.broker.archiving import BAR, TAPE, add, archive_sink, cut, select_rows
from tests.fakes import FakeState, message

NOWHERE = "postgresql://u:p@127.0.0.1:1/none"


def test_an_outage_is_back_pressure_and_a_long_one_an_error() -> None:
    now = [0.0]
    sink = archive_sink(connect_engine(NOWHERE), lambda: now[0])
    for now[0] in (0.0, 599.0):
        add(sink, archive_bar(message(encode(BAR))))
        with pytest.raises(SinkBackpressureError):
            sink.flush()
    sink.flush()  # the failed batch is dropped: its messages come again
    now[0] = 600.0
    add(sink, archive_bar(message(encode(BAR))))
    with pytest.raises(ServiceError, match="expected PostgreSQL back within 600 s"):
        sink.flush()


def test_a_connection_that_was_killed_is_made_again(engine: Engine) -> None:
    sink = archive_sink(engine)
    add(sink, archive_ticks(cut(TAPE, 20)[0], FakeState()))
    sink.flush()
    other = connect_engine(engine.url.render_as_string(hide_password=False))
    with other.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    other.dispose()
    add(sink, archive_bar(message(encode(BAR))))
    sink.flush()
    assert select_rows(engine, "SELECT count(*) FROM bars") == [(1,)]


def test_latest_values_live_for_a_while_and_never_go_back(services: Endpoints) -> None:
    redis = pytest.importorskip("redis")
    if services.redis is None:
        pytest.skip("no Redis on this machine")
    client = redis.Redis.from_url(services.redis)
    latest = LatestValues(services.redis)
    for time, price in ((5, 1.0), (9, 2.0), (7, 3.0)):
        latest.add(Latest("latest_price:A", time, {"price": price}))
    assert latest.write()
    latest.add(Latest("latest_price:A", 8, {"price": 4.0}))
    assert latest.write()
    assert json.loads(client.get("latest_price:A")) == {"price": 2.0}
    assert 0 < client.ttl("latest_price:A") <= 300
    client.close()


def test_without_redis_everything_goes_on() -> None:
    now = [0.0]
    latest = LatestValues("redis://127.0.0.1:1/0", lambda: now[0])
    latest.add(Latest("a", 1, 1))
    assert not latest.write()
    latest.add(Latest("a", 1, 1))
    assert latest.write()  # left alone for a while
    now[0] = 31.0
    latest.add(Latest("a", 1, 1))
    assert not latest.write()
