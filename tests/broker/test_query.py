"""The REST API on a real PostgreSQL: rows, pages, forms, caching, and rubbish."""

import csv
import gzip
import io
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import text
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from functions.query.app import create_app
from streams.adapters.database import connect_engine
from streams.adapters.database.export import Selection, open_snapshot, read_export
from streams.adapters.database.export_files import write_csv
from streams.adapters.endpoints import Endpoints
from tests.broker.query_store import (
    BARS,
    DAY,
    MINUTE,
    SLASH,
    TICKS_ONLY,
    bar,
    fill,
    fill_bars,
    fill_single_ticks,
    fill_ticks,
    fresh_database,
)
from tests.fakes import settings

Rows = list[dict[str, Any]]
_TIMES = [n * MINUTE for n in range(BARS)]


@pytest.fixture(scope="module")
def url(services: Endpoints) -> Iterator[str]:
    assert services.database is not None
    with fresh_database(services.database) as url:
        fill(url)
        yield url


@pytest.fixture(scope="module")
def client(url: str, tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    home = tmp_path_factory.mktemp("query")
    return create_app(settings(DATABASE_URL=url, TAPEDECK_HOME=home)).test_client()


def _get(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    return client.get(
        f"/api/v1{path}", headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def _pages(client: FlaskClient, path: str) -> Rows:
    """The rows of all pages, by the links."""
    found: Rows = []
    link: str | None = f"/api/v1{path}"
    while link is not None:
        answer = client.get(link)
        assert answer.status_code == 200, answer.text
        found += answer.json["items"]  # type: ignore[index]  # a page
        header = answer.headers.get("Link")
        assert (header is None) == (answer.json["next"] is None)  # type: ignore[index]
        link = header and header.partition("<")[2].partition(">")[0]
    return found


def _csv(answer: TestResponse) -> list[list[str]]:
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.text)))


def test_a_bar_has_the_columns_of_the_export_and_exact_floats(client: FlaskClient) -> None:
    answer = _get(client, "/bars/A?limit=1")
    assert answer.text.startswith(
        '{"items":[{"symbol":"A","interval":"1m","start_ms":1440000,"end_ms":1500000,"open":0.1,'
        '"high":1e22,"low":0.1,"close":102.4,"volume":3.0,"vwap":0.3,"trades":2,'
        '"last_ts_ms":1440007}],"next":"'
    )


@pytest.mark.parametrize(
    ("query", "starts"),
    [
        ("", _TIMES[::-1]),
        ("order=asc", _TIMES),
        ("from=60000&to=180000", [120_000, 60_000]),
        ("from=1970-01-01T00:01Z&to=1970-01-01T01:03+01:00", [120_000, 60_000]),
        ("from=1970-01-01T00:01&to=1970-01-01T00:03&order=asc", [60_000, 120_000]),
        ("to=0", []),
        ("interval=5min", [0]),
        ("interval=300s", [0]),
        ("interval=1h", []),
    ],
)
def test_bars_of_a_time_and_an_interval(client: FlaskClient, query: str, starts: list[int]) -> None:
    answer = _get(client, f"/bars/A?{query}")
    assert [item["start_ms"] for item in answer.json["items"]] == starts  # type: ignore[index]


def test_aggregated_is_bars_by_another_name(client: FlaskClient) -> None:
    for window, interval in {"1min": "1m", "5min": "5m", "15min": "15m", "1h": "1h"}.items():
        ours = _get(client, f"/aggregated/A?window={window}")
        assert ours.data == _get(client, f"/bars/A?interval={interval}").data


@pytest.mark.parametrize("path", ["/bars/A", "/indicators/A", "/signals", "/summary/A"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_of_any_length_make_the_whole(client: FlaskClient, path: str, order: str) -> None:
    whole = _get(client, f"{path}?limit=1000&order={order}").json["items"]  # type: ignore[index]
    assert len(whole) >= 3
    for limit in (1, 2, 7):
        assert _pages(client, f"{path}?limit={limit}&order={order}") == whole


def test_rows_that_come_while_paging_shift_nothing(client: FlaskClient, url: str) -> None:
    fill_bars(url, [bar("GROWS", n * MINUTE) for n in range(10, 20)])
    first = _get(client, "/bars/GROWS?limit=4").json
    assert first is not None
    fill_bars(url, [bar("GROWS", n * MINUTE) for n in (5, 20, 21)])
    rest = _pages(client, f"/bars/GROWS?limit=4&cursor={first['next']}")
    starts = [item["start_ms"] // MINUTE for item in [*first["items"], *rest]]
    assert starts == [*range(19, 9, -1), 5]


def test_a_cursor_is_good_for_its_own_query_only(client: FlaskClient) -> None:
    cursor = _get(client, "/bars/A?limit=2").json["next"]  # type: ignore[index]
    assert _get(client, f"/bars/A?limit=3&cursor={cursor}").status_code == 200
    for path in (
        f"/bars/A?interval=5m&cursor={cursor}",
        f"/bars/B?cursor={cursor}",
        f"/bars/A?order=asc&cursor={cursor}",
        f"/indicators/A?cursor={cursor}",
        f"/symbols?cursor={cursor}",
        f"/scorecards?cursor={cursor}",
        f"/ticks/A?cursor={cursor}",
        f"/bars/A?cursor={cursor[:-3]}",
        "/bars/A?cursor=%00",
    ):
        answer = _get(client, path)
        assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "cursor"), path  # type: ignore[index]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("seed", [1, 2])
def test_pages_of_ticks_are_the_view_in_order(
    client: FlaskClient, url: str, order: str, seed: int
) -> None:
    symbol = f"T{seed}{order}"
    fill_ticks(url, symbol, batches=60, seed=seed)
    engine = connect_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT ts_ms, source, seq FROM ticks WHERE symbol = :s"), {"s": symbol}
        )
        whole = sorted(map(tuple, rows), reverse=order == "desc")
    engine.dispose()
    assert len(whole) > 300
    for query, low, high in (("", 0, 10**6), ("&from=100&to=400", 100, 400)):
        wanted = [row for row in whole if low <= row[0] < high]
        for limit in (19, 1_000):
            got = _pages(client, f"/ticks/{symbol}?limit={limit}&order={order}{query}")
            assert [(t["ts_ms"], t["source"], t["seq"]) for t in got] == wanted


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_cursor_among_equal_times_leaves_nothing_out(
    client: FlaskClient, url: str, order: str
) -> None:
    times = [98] * 9 + [99] * 9 + [100] * 9
    fill_single_ticks(url, f"EVEN{order}", times)
    for limit in (5, 8, 26):
        got = _pages(client, f"/ticks/EVEN{order}?limit={limit}&order={order}")
        wanted = range(27) if order == "asc" else range(26, -1, -1)
        assert [tick["seq"] for tick in got] == list(wanted)


def test_csv_is_what_the_export_writes(client: FlaskClient, url: str) -> None:
    for path, selection in (
        ("/bars/A?order=asc", Selection("bars", interval="1m", symbol="A")),
        ("/indicators/A?order=asc", Selection("indicators", interval="1m", symbol="A")),
        ("/signals?symbol=A&order=asc", Selection("signals", symbol="A")),
        ("/anomalies?symbol=A&order=asc", Selection("anomalies", symbol="A")),
        (f"/ticks/{TICKS_ONLY}?order=asc", Selection("ticks", symbol=TICKS_ONLY)),
        ("/context/A", Selection("context", symbol="A")),
        ("/summary/A?order=asc", Selection("summaries", symbol="A")),
    ):
        assert _get(client, path, accept="text/csv").data == _exported(url, selection), path


def _exported(url: str, selection: Selection) -> bytes:
    out, engine = io.BytesIO(), connect_engine(url)
    with open_snapshot(engine) as connection:
        assert write_csv(out, read_export(connection, selection)) > 0
    engine.dispose()
    return out.getvalue()


def test_csv_of_what_has_no_export(client: FlaskClient) -> None:
    header, *rows = _csv(_get(client, "/symbols", accept="text/csv"))
    assert header == ["symbol", "intervals", "last_ts_ms", "close"]
    assert ["A", '["1m", "5m"]', "1440007", "102.4"] in rows
    header, row = _csv(_get(client, f"/latest/{TICKS_ONLY}", accept="text/csv"))
    assert (header, row) == (["symbol", "ts_ms", "price", "size"], [TICKS_ONLY, "5", "1.5", ""])


def test_the_latest_price_is_a_tick_or_else_a_close(client: FlaskClient) -> None:
    tick = {"symbol": TICKS_ONLY, "ts_ms": 5, "price": 1.5, "size": None}
    assert _get(client, f"/latest/{TICKS_ONLY}").json == tick
    close = {"symbol": "A", "ts_ms": 1_440_007, "price": 102.4, "size": None}
    assert _get(client, "/latest/A").json == close


def test_the_latest_of_equal_times_is_the_last_of_the_source(client: FlaskClient, url: str) -> None:
    fill_ticks(url, "TIES", batches=20, seed=5)
    got = _get(client, "/latest/TIES").json
    newest = _get(client, "/ticks/TIES?limit=1").json
    assert got is not None
    assert newest is not None
    assert (got["ts_ms"], got["price"]) == (
        newest["items"][0]["ts_ms"],
        newest["items"][0]["price"],
    )


def test_symbols_are_those_with_bars_with_what_they_have(client: FlaskClient) -> None:
    found = _pages(client, "/symbols?limit=1")
    assert found == _get(client, "/symbols").json["items"]  # type: ignore[index]
    symbols = {item["symbol"]: item for item in found}
    assert symbols["A"]["intervals"] == ["1m", "5m"]
    assert symbols[SLASH] == {
        "symbol": SLASH, "intervals": ["15m"], "last_ts_ms": 7, "close": 100.0,
    }  # fmt: skip
    assert TICKS_ONLY not in symbols


@pytest.mark.parametrize("path", ["/bars/BTC/USDT?interval=15m", "/bars/BTC%2FUSDT?interval=15m"])
def test_a_symbol_may_have_a_slash(client: FlaskClient, path: str) -> None:
    (item,) = _get(client, path).json["items"]  # type: ignore[index]
    assert item["symbol"] == SLASH


def test_a_known_symbol_without_rows_is_an_empty_list_and_an_unknown_one_404(
    client: FlaskClient,
) -> None:
    for name in ("bars", "ticks", "indicators", "summary", "context", "predictions", "latest"):
        answer = _get(client, f"/{name}/NONE")
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
        assert answer.json is not None
        assert answer.json["detail"] == "symbol: nothing is known about 'NONE'"
        if name not in ("ticks", "latest"):
            assert _get(client, f"/{name}/{TICKS_ONLY}").json == {"items": [], "next": None}
    assert _get(client, "/signals?symbol=NONE").status_code == 404
    assert _get(client, f"/signals?symbol={TICKS_ONLY}").json == {"items": [], "next": None}


def test_signals_are_filtered(client: FlaskClient) -> None:
    def kinds(query: str) -> list[str]:
        return [s["kind"] for s in _get(client, f"/signals?{query}").json["items"]]  # type: ignore[index]

    assert kinds("") == ["breakout", "news"] * 3
    assert kinds("kind=news") == ["news"] * 3
    assert kinds("side=buy&to=60001") == ["breakout"]
    assert kinds("symbol=A&interval=5m&limit=2") == ["breakout", "news"]
    assert kinds("interval=1m") == []


def test_a_symbol_without_predictions_is_an_empty_list(client: FlaskClient) -> None:
    assert _get(client, "/predictions/A").json == {"items": [], "next": None}
    for query in ("horizon=0", "horizon=x", "interval=7m", "model=a%20b", "kind=x"):
        assert _get(client, f"/predictions/A?{query}").status_code == 422


def test_anomalies_are_filtered_and_as_they_are_exported(client: FlaskClient) -> None:
    def severities(query: str) -> list[str]:
        return [a["severity"] for a in _pages(client, f"/anomalies?limit=1&{query}")]

    assert severities("") == ["high", "low"]
    assert severities("symbol=A&order=asc") == ["low", "high"]
    assert severities("severity=high&interval=1m&kind=latency") == ["high"]
    assert severities("kind=price_spike") == severities("interval=5m") == []
    assert _get(client, "/anomalies?severity=dire").status_code == 422
    newest = _get(client, "/anomalies?limit=1").json["items"][0]  # type: ignore[index]
    assert newest == {
        "id": "A/1m/60000/anomaly.latency", "time_ms": 120_000, "symbol": "A", "interval": "1m",
        "kind": "latency", "severity": "high", "value": 150.5, "expected": None,
        "threshold": 100.0, "start_ms": 60_000, "price": 1.5, "reason": "slow",
    }  # fmt: skip


def test_summaries_and_scorecards(client: FlaskClient) -> None:
    days = _get(client, "/summary/A").json["items"]  # type: ignore[index]
    assert [day["day_ms"] for day in days] == [2 * DAY, DAY, 0]
    assert days[0]["signals"] == {"breakout": {"buy": 1}}
    cards = _pages(client, "/scorecards?limit=1")
    assert [(card["symbol"], card["warm"]) for card in cards] == [
        ("*", False), ("*", True), ("A", False), ("A", True),
    ]  # fmt: skip
    assert len(_pages(client, "/scorecards?symbol=*&warm=true&horizon=5&rule=breakout")) == 1
    assert _pages(client, "/scorecards?horizon=1") == []
    header, row = _csv(_get(client, "/scorecards?symbol=A&warm=true", accept="text/csv"))
    assert dict(zip(header, row, strict=True))["warm"] == "true"


def test_context_shows_what_is_known_beside_the_ticks(client: FlaskClient) -> None:
    (item,) = _get(client, "/context/A").json["items"]  # type: ignore[index]
    assert (item["kind"], item["sentiment_score"], item["price"]) == ("news_sentiment", 0.5, None)


def test_an_unchanged_answer_is_304(client: FlaskClient) -> None:
    whole = _get(client, "/bars/A")
    tag = whole.headers["ETag"]
    assert not tag.startswith("W/")
    same = _get(client, "/bars/A", if_none_match=tag)
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
    assert same.headers["Cache-Control"] == whole.headers["Cache-Control"]
    assert "Accept" in same.headers["Vary"]
    for known in ("*", f'"x", {tag}', f"W/{tag}"):
        assert _get(client, "/bars/A", if_none_match=known).status_code == 304
    assert _get(client, "/bars/A", if_none_match='"x"').status_code == 200
    assert _get(client, "/bars/A", if_none_match=tag, accept="text/csv").status_code == 200


def test_long_answers_are_compressed_and_short_ones_are_not(client: FlaskClient) -> None:
    plain = _get(client, "/bars/A")
    packed = _get(client, "/bars/A", accept_encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert packed.headers["ETag"] != plain.headers["ETag"]
    again = _get(client, "/bars/A", accept_encoding="gzip", if_none_match=packed.headers["ETag"])
    assert (again.status_code, again.headers["ETag"]) == (304, packed.headers["ETag"])
    assert set(packed.headers["Vary"].split(", ")) == {"Accept", "Accept-Encoding"}
    assert "Content-Encoding" not in _get(client, "/latest/A", accept_encoding="gzip").headers
    for refused in ("gzip;q=0", "br", "identity, gzip;q=0.0", "*;q=0"):
        whole = _get(client, "/bars/A", accept_encoding=refused)
        assert (whole.data, whole.headers["ETag"]) == (plain.data, plain.headers["ETag"])


def test_how_long_an_answer_may_be_kept(client: FlaskClient) -> None:
    def kept(path: str) -> str:
        return str(_get(client, path).headers["Cache-Control"])

    assert kept("/latest/A") == kept("/bars/A") == "public, max-age=1"
    assert kept("/bars/A?to=2020-01-01") == "public, max-age=60"
    assert kept("/bars/NONE") == "no-store"


def test_head_is_get_without_the_body(client: FlaskClient) -> None:
    for path in ("/bars/A", "/latest/A", "/symbols"):
        head, get = client.head(f"/api/v1{path}"), _get(client, path)
        assert (head.status_code, head.data) == (200, b"")
        for name in ("Content-Length", "Content-Type", "ETag"):
            assert head.headers[name] == get.headers[name]


def test_a_form_that_there_is_not_is_406(client: FlaskClient) -> None:
    for accept in ("image/png", "application/json;q=0, text/csv;q=0"):
        answer = _get(client, "/bars/A", accept=accept)
        assert (answer.status_code, answer.mimetype) == (406, "application/problem+json")
    for accept in ("*/*", "application/*", "text/html, */*;q=0.1", ""):
        assert _get(client, "/bars/A", accept=accept).mimetype == "application/json"
    assert _get(client, "/bars/A", accept="text/*").mimetype == "text/csv"


def test_it_is_ready_when_postgresql_is(client: FlaskClient) -> None:
    assert client.get("/readyz").json == {"status": "ready"}


_NAMES = st.sampled_from(
    ["symbols", "latest", "ticks", "bars", "aggregated", "indicators", "signals", "anomalies",
     "predictions", "summary", "scorecards", "context", "nothing"]
)  # fmt: skip
_PARAMETERS = st.sampled_from(
    ["limit", "cursor", "from", "to", "order", "interval", "window", "symbol", "kind", "side",
     "rule", "horizon", "warm", "x"]
)  # fmt: skip
_TEXT = st.text(max_size=20) | st.sampled_from(
    ["1", "-1", "0", "1000", "1e3", "99999999999999999999", "asc", "1m", "5min", "2020-01-01",
     "9999-12-31T23:59:59.999999-23:59", "true", "A", "buy", "WzFd", "null", "\x00", "\ud800", "²"]
)  # fmt: skip
_HEADERS = st.dictionaries(
    st.sampled_from(["Accept", "Accept-Encoding", "If-None-Match", "Origin", "traceparent",
                     "If-Modified-Since", "Range", "Content-Type"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"))
    | st.sampled_from(["gzip", "*", "text/csv", "W/\"", "gzip;q=x", "a/b;q=nan", ";;,,"]),
    max_size=3,
)  # fmt: skip


@examples(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    name=_NAMES,
    symbol=st.none() | _TEXT,
    query=st.lists(st.tuples(_PARAMETERS, _TEXT), max_size=4),
    headers=_HEADERS,
    method=st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "OPTIONS"]),
)
def test_no_request_is_a_fault(
    client: FlaskClient,
    name: str,
    symbol: str | None,
    query: list[tuple[str, str]],
    headers: dict[str, str],
    method: str,
) -> None:
    tail = "" if symbol is None else "/" + _quoted(symbol)
    asked = "&".join(f"{key}={_quoted(value)}" for key, value in query)
    answer = client.open(
        f"/api/v1/{name}{tail}", method=method, query_string=asked, headers=headers
    )
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and method != "HEAD":
        assert answer.mimetype == "application/problem+json"
        assert json.loads(answer.data)["status"] == answer.status_code
    elif answer.status_code == 200 and method == "GET" and answer.mimetype == "application/json":
        body = answer.data
        json.loads(gzip.decompress(body) if "Content-Encoding" in answer.headers else body)


def _quoted(value: str) -> str:
    return "".join(f"%{byte:02X}" for byte in value.encode("utf-8", "surrogatepass"))


def test_a_query_of_any_bytes_is_no_fault(client: FlaskClient) -> None:
    for raw in ("limit=%ff", "from=%ED%A0%80", "cursor=%c0%80", "symbol=%00", "=&=&&", "limit=1;2"):
        assert client.get("/api/v1/signals", query_string=raw).status_code in (200, 422), raw


_PAGE = (Path(__file__).parents[2] / "infra" / "docs" / "api.md").read_text()


def _fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _PAGE, re.M | re.S)


def test_the_commands_of_the_page_work(client: FlaskClient, url: str) -> None:
    fill_bars(url, [bar("CORVA", n * MINUTE) for n in range(3)])
    commands = [shlex.split(line) for block in _fenced("sh") for line in block.splitlines()]
    assert len(commands) >= 7
    for command in commands:
        assert command[0] == "curl"
        address = urlsplit(command[-1])
        assert address.netloc == "127.0.0.1:8000"
        form = "text/csv" if "Accept: text/csv" in command else "application/json"
        path = f"{address.path}?{address.query}"
        answer = client.get(path, headers={"Accept": form})
        assert (answer.status_code, answer.mimetype) == (200, form), command


def test_the_pages_program_reads_all_pages(
    client: FlaskClient, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fill_bars(url, [bar("CORVA", n * MINUTE) for n in range(7)])
    (program,) = _fenced("python")
    server = make_server("127.0.0.1", 0, client.application, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        here = program.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}")
        exec(here.replace("limit=500", "limit=3"), {})
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert capsys.readouterr().out == "7 bars\n"


def test_the_page_names_every_endpoint_and_shows_a_real_problem(client: FlaskClient) -> None:
    described = client.get("/openapi.json").json
    assert described is not None
    table = _PAGE.partition("| `GET /api/v1` |")[2].partition("\n\n")[0]
    named = {f"/api/v1{path}" for path in re.findall(r"`(/[^`]+)`", table)}
    assert named == set(described["paths"])
    (example,) = _fenced("json")
    assert client.get("/api/v1/bars/A?limit=5000").json == json.loads(example)
