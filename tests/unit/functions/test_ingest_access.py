"""Who may post to `POST /ingest`, and how often."""

import pytest

from functions.ingest.rate import Rate, parse_rate
from streams.domain.errors import ConfigError
from tests.ingesting import TICK, Ingest


def test_a_key_is_asked_for_where_one_is_set() -> None:
    ingest = Ingest(TAPEDECK_INGEST_API_KEY="s3cret")
    answer = ingest.post(TICK)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="tapedeck"'
    assert ingest.post(TICK, X_API_Key="other").status_code == 401
    assert ingest.post(TICK, Authorization="Basic s3cret").status_code == 401
    assert ingest.sent == []
    assert ingest.post(TICK, X_API_Key="s3cret").status_code == 200
    assert ingest.post(TICK, Authorization="bearer s3cret").status_code == 200
    assert ingest.client.get("/healthz").status_code == 200


def test_a_client_beyond_its_rate_is_told_when_to_come_back() -> None:
    ingest = Ingest(TAPEDECK_INGEST_RATE="2/minute")
    answers = [ingest.post(TICK) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert ingest.client.get("/healthz").status_code == 200


def test_forwarded_addresses_count_only_behind_trusted_proxies() -> None:
    for proxies, expected in (("0", [200, 429]), ("1", [200, 200])):
        ingest = Ingest(TAPEDECK_INGEST_RATE="1/minute", TAPEDECK_TRUSTED_PROXIES=proxies)
        answers = [ingest.post(TICK, X_Forwarded_For=f"10.0.0.{n}") for n in (1, 2)]
        assert [answer.status_code for answer in answers] == expected


def test_a_rate_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"TAPEDECK_INGEST_RATE: expected such as 1000/second"):
        parse_rate("often")


def test_a_redis_that_is_away_is_left_alone_and_memory_counts() -> None:
    asked: list[float] = []
    now = [0.0]

    def address() -> str:
        asked.append(now[0])
        return "redis://127.0.0.1:1/0"

    rate = Rate(parse_rate("1/hour"), address, clock=lambda: now[0])
    assert rate.refuse("a") is None
    assert rate.refuse("a") is not None
    assert asked == [0.0]
    now[0] = 31.0
    assert rate.refuse("b") is None
    assert asked == [0.0, 31.0]


def test_an_address_that_is_none_of_redis_leaves_memory_to_count() -> None:
    rate = Rate(parse_rate("1/hour"), lambda: "http://127.0.0.1:1/")
    assert [rate.refuse("a") is None for _ in range(2)] == [True, False]
