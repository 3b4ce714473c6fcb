"""The REST API without a server: parameters, cursors, refusals, headers, and what it holds."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from functions.query.app import create_app
from functions.query.breaker import Breaker
from functions.query.cursor import decode_cursor, encode_cursor, scope_of
from functions.query.held import Held
from functions.query.moment import parse_moment
from functions.query.refusal import RefusedError
from streams.domain.errors import ConfigError
from streams.domain.tick import MAX_TS
from tests.fakes import settings

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def _client(home: Path, **values: object) -> FlaskClient:
    chosen = settings(DATABASE_URL=NOWHERE, TAPEDECK_HOME=home, **values)
    return create_app(chosen).test_client()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    return _client(tmp_path_factory.mktemp("query"))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("0", 0),
        ("1636362000000", 1_636_362_000_000),
        ("2021-11-08T09:00:00Z", 1_636_362_000_000),
        ("2021-11-08T09:00", 1_636_362_000_000),
        ("2021-11-08 09:00:00", 1_636_362_000_000),
        ("2021-11-08T10:00+01:00", 1_636_362_000_000),
        ("2021-11-08T10:00 01:00", 1_636_362_000_000),
        ("2021-11-08", 1_636_329_600_000),
        ("20211108T090000Z", 1_636_362_000_000),
        ("1970-01-01T00:00:00.000999Z", 0),
    ],
)
def test_moments_are_epoch_ms_or_iso(text: str, ms: int) -> None:
    assert parse_moment(text) == ms


@pytest.mark.parametrize(
    "text",
    ["", "x", "-1", "1e3", "1.5", "1969-12-31", "2200-01-01T00:00:01", "99999999999999999999",
     "2021-02-30", "0001-01-01T00:00+14:00", "²", "2021-11-08T09:00 01:00 02:00"],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse_moment(text)


@given(st.text())
def test_any_text_is_a_moment_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        assert 0 <= parse_moment(text) <= MAX_TS


@given(st.lists(st.integers(-(2**63) + 1, 2**63 - 1) | st.booleans(), max_size=4), st.text())
def test_a_cursor_reads_back(parts: list[int | str | bool], asked: str) -> None:
    key = [*parts, asked.replace("\0", "").encode(errors="replace").decode()]
    scope = scope_of("bars", asked)
    text = encode_cursor(scope, key)
    assert decode_cursor(text, scope, [type(part) for part in key]) == key
    with pytest.raises(RefusedError):
        decode_cursor(text, scope_of("bars", asked, 1), [type(part) for part in key])


@given(st.text() | st.binary().map(lambda raw: encode_cursor("s", [raw.hex()])))
def test_any_other_text_is_refused_and_named(text: str) -> None:
    with pytest.raises(RefusedError, match=r"^cursor: expected"):
        decode_cursor(text, "s", [int])


@pytest.mark.parametrize("key", [[2**63], ["a\0b"], [1.5], [None], [True], [], [1, 2]])
def test_keys_that_no_row_has_are_refused(key: Any) -> None:
    kind = str if key and isinstance(key[0], str) else int
    with pytest.raises(RefusedError):
        decode_cursor(encode_cursor("s", key), "s", [kind])


def test_a_breaker_lets_one_try_after_each_pause() -> None:
    clock = Clock()
    breaker = Breaker(5.0, clock)
    assert breaker.allows()
    assert breaker.failed()
    assert not breaker.failed()
    clock.now = 4.9
    assert not breaker.allows()
    clock.now = 5.0
    assert [breaker.allows(), breaker.allows()] == [True, False]
    clock.now = 10.0
    assert breaker.allows()
    breaker.worked()
    assert [breaker.allows(), breaker.allows()] == [True, True]


def test_held_values_live_for_a_moment_and_are_few() -> None:
    clock = Clock()
    held: Held[int] = Held(0.25, 2, clock)
    held.put("a", 1)
    clock.now = 0.2
    held.put("b", 2)
    assert (held.get("a"), held.get("b"), held.get("c")) == (1, 2, None)
    clock.now = 0.25
    assert (held.get("a"), held.get("b")) == (None, 2)
    held.put("c", 3)
    assert (held.get("b"), held.get("c")) == (None, 3)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/bars/A?limit=0", "limit"),
        ("/bars/A?limit=1001", "limit"),
        ("/bars/A?limit=x", "limit"),
        ("/bars/A?limit=", "limit"),
        ("/bars/A?form=1", "form"),
        ("/bars/A?from=yesterday", "from"),
        ("/bars/A?from=2&to=1", "from"),
        ("/bars/A?to=1969-12-31", "to"),
        ("/bars/A?order=up", "order"),
        ("/bars/A?interval=7m", "interval"),
        ("/bars/A?interval=999999999999999m", "interval"),
        ("/bars/A?cursor=", "cursor"),
        ("/bars/A?cursor=zz", "cursor"),
        (f"/bars/A?cursor={'z' * 1025}", "cursor"),
        ("/aggregated/A?interval=1m", "interval"),
        ("/aggregated/A?window=0m", "window"),
        ("/latest/A?x=1", "x"),
        (f"/latest/{'A' * 65}", "symbol"),
        ("/latest/%00", "symbol"),
        ("/latest/%20A", "symbol"),
        ("/signals?side=long", "side"),
        ("/signals?kind=a%00b", "kind"),
        ("/signals?symbol=%0A", "symbol"),
        ("/scorecards?horizon=0", "horizon"),
        ("/scorecards?warm=perhaps", "warm"),
        ("/symbols?from=1", "from"),
    ],
)
def test_a_wrong_parameter_is_422_and_named(client: FlaskClient, path: str, field: str) -> None:
    answer = client.get(f"/api/v1{path}")
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json"), answer.text
    assert answer.json is not None
    (fault,) = answer.json["errors"]
    assert fault["field"] == field
    assert len(fault["was"]) <= 80
    assert answer.json["detail"] == f"{field}: expected {fault['expected']}, was {fault['was']!r}"
    assert answer.headers["Cache-Control"] == "no-store"


def test_all_that_is_wrong_is_said_at_once(client: FlaskClient) -> None:
    answer = client.get("/api/v1/bars/A?limit=0&order=up&x=1&from=q")
    assert answer.json is not None
    assert [fault["field"] for fault in answer.json["errors"]] == ["limit", "from", "order", "x"]


@pytest.mark.parametrize("path", ["/", "/api", "/api/v1", "/api/v1/", "/api/v1/bars", "/docs/x.js",
                                  "/docs/../../etc/passwd", "/docs/..%2f..%2fapp.py", "/static/x",
                                  "/api/v2/bars/A", "//", "/api/v1//bars/A",
                                  "/api/v1/ticks/A%0D%0ASet-Cookie:x"])  # fmt: skip
def test_what_there_is_not_is_404_as_a_problem(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_only_reading_is_allowed(client: FlaskClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = client.open("/api/v1/bars/A", method=method, data=b"{}")
        assert (answer.status_code, answer.mimetype) == (405, "application/problem+json")
        assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_without_postgresql_it_is_503_and_alive(client: FlaskClient) -> None:
    for path in ("/readyz", "/api/v1/symbols", "/api/v1/latest/A", "/api/v1/ticks/A"):
        answer = client.get(path)
        assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
        assert "Retry-After" in answer.headers
    assert client.get("/healthz").status_code == 200


def test_every_answer_forbids_guessing_and_framing(client: FlaskClient) -> None:
    for path in ("/healthz", "/api/v1/symbols", "/nothing", "/openapi.json"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert not {"Server", "X-Powered-By", "Set-Cookie"} & set(headers.keys())


def test_no_other_origin_may_read_unless_it_is_named(client: FlaskClient, tmp_path: Path) -> None:
    def shared(at: FlaskClient, origin: str, method: str = "GET") -> dict[str, str]:
        answer = at.open("/api/v1/symbols", method=method, headers={"Origin": origin})
        return {k: v for k, v in answer.headers.items() if k.startswith("Access-Control")}

    assert shared(client, "https://a.example") == {}
    named = _client(tmp_path, TAPEDECK_QUERY_ORIGINS="https://a.example, http://b.example:8080")
    for origin in ("https://a.example", "http://b.example:8080"):
        assert shared(named, origin)["Access-Control-Allow-Origin"] == origin
    for origin in ("https://a.example.evil", "null", "", "https://A.example/"):
        assert shared(named, origin) == {}
    assert shared(named, "https://a.example", "OPTIONS")["Access-Control-Allow-Methods"] == (
        "GET, HEAD, OPTIONS"
    )
    assert "Origin" in named.get("/api/v1/symbols").headers["Vary"]
    anyone = _client(tmp_path, TAPEDECK_QUERY_ORIGINS="*")
    assert shared(anyone, "https://c.example")["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("origins", ["a.example", "https://a.example/path", "ftp://a", "*,*"])
def test_origins_that_no_browser_sends_are_refused(origins: str) -> None:
    with pytest.raises(ValidationError, match="TAPEDECK_QUERY_ORIGINS"):
        settings(TAPEDECK_QUERY_ORIGINS=origins)


def test_a_database_that_is_no_postgresql_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL"):
        create_app(settings(DATABASE_URL="sqlite://", TAPEDECK_HOME=tmp_path))


@pytest.mark.parametrize("url", ["http://:secret@x", "redis://x:y", ":secret"])
def test_a_url_that_is_no_redis_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="REDIS_URL") as caught:
        _client(tmp_path, REDIS_URL=url)
    assert "secret" not in str(caught.value)


def test_lookups_are_counted_by_tier(tmp_path: Path) -> None:
    client = _client(tmp_path)
    client.get("/api/v1/latest/A")
    metrics = client.get("/metrics").text
    assert 'tapedeck_query_cache_total{outcome="miss",tier="process"} 1.0' in metrics
    assert 'tapedeck_query_cache_total{outcome="error",tier="postgres"} 1.0' in metrics


def test_the_first_refusal_is_json_too(client: FlaskClient) -> None:
    answer = client.get("/api/v1/bars/A?limit=0", headers={"Accept": "text/csv"})
    assert json.loads(answer.data)["status"] == 422
