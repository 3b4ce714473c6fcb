"""The REST API without a server: refusals, headers, other origins, settings."""

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from pydantic import ValidationError

from functions.query.app import create_app
from streams.domain.errors import ConfigError
from tests.fakes import settings

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


def _client(home: Path, **values: object) -> FlaskClient:
    chosen = settings(DATABASE_URL=NOWHERE, TAPEDECK_HOME=home, **values)
    return create_app(chosen).test_client()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    return _client(tmp_path_factory.mktemp("query"))


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
