"""Whatever is asked of the REST API on a real PostgreSQL, it is no fault."""

import gzip
import json

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

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
