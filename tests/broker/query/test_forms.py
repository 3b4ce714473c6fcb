"""The forms of an answer of the REST API: CSV, compressed, unchanged, without a body."""

import gzip
import io

from flask.testing import FlaskClient

from streams.adapters.database import connect_engine
from streams.adapters.database.export import Selection, open_snapshot, read_export
from streams.adapters.database.export_files import write_csv
from tests.broker.query.asking import ask, csv_rows
from tests.broker.query.store import TICKS_ONLY


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
        assert ask(client, path, accept="text/csv").data == _exported(url, selection), path


def _exported(url: str, selection: Selection) -> bytes:
    out, engine = io.BytesIO(), connect_engine(url)
    with open_snapshot(engine) as connection:
        assert write_csv(out, read_export(connection, selection)) > 0
    engine.dispose()
    return out.getvalue()


def test_csv_of_what_has_no_export(client: FlaskClient) -> None:
    header, *rows = csv_rows(ask(client, "/symbols", accept="text/csv"))
    assert header == ["symbol", "intervals", "last_ts_ms", "close"]
    assert ["A", '["1m", "5m"]', "1440007", "102.4"] in rows
    header, row = csv_rows(ask(client, f"/latest/{TICKS_ONLY}", accept="text/csv"))
    assert (header, row) == (["symbol", "ts_ms", "price", "size"], [TICKS_ONLY, "5", "1.5", ""])


def test_an_unchanged_answer_is_304(client: FlaskClient) -> None:
    whole = ask(client, "/bars/A")
    tag = whole.headers["ETag"]
    assert not tag.startswith("W/")
    same = ask(client, "/bars/A", if_none_match=tag)
    assert (same.status_code, same.data, same.headers["ETag"]) == (304, b"", tag)
    assert same.headers["Cache-Control"] == whole.headers["Cache-Control"]
    assert "Accept" in same.headers["Vary"]
    for known in ("*", f'"x", {tag}', f"W/{tag}"):
        assert ask(client, "/bars/A", if_none_match=known).status_code == 304
    assert ask(client, "/bars/A", if_none_match='"x"').status_code == 200
    assert ask(client, "/bars/A", if_none_match=tag, accept="text/csv").status_code == 200


def test_long_answers_are_compressed_and_short_ones_are_not(client: FlaskClient) -> None:
    plain = ask(client, "/bars/A")
    packed = ask(client, "/bars/A", accept_encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert packed.headers["ETag"] != plain.headers["ETag"]
    again = ask(client, "/bars/A", accept_encoding="gzip", if_none_match=packed.headers["ETag"])
    assert (again.status_code, again.headers["ETag"]) == (304, packed.headers["ETag"])
    assert set(packed.headers["Vary"].split(", ")) == {"Accept", "Accept-Encoding"}
    assert "Content-Encoding" not in ask(client, "/latest/A", accept_encoding="gzip").headers
    for refused in ("gzip;q=0", "br", "identity, gzip;q=0.0", "*;q=0"):
        whole = ask(client, "/bars/A", accept_encoding=refused)
        assert (whole.data, whole.headers["ETag"]) == (plain.data, plain.headers["ETag"])


def test_how_long_an_answer_may_be_kept(client: FlaskClient) -> None:
    def kept(path: str) -> str:
        return str(ask(client, path).headers["Cache-Control"])

    assert kept("/latest/A") == kept("/bars/A") == "public, max-age=1"
    assert kept("/bars/A?to=2020-01-01") == "public, max-age=60"
    assert kept("/bars/NONE") == "no-store"


def test_head_is_get_without_the_body(client: FlaskClient) -> None:
    for path in ("/bars/A", "/latest/A", "/symbols"):
        head, get = client.head(f"/api/v1{path}"), ask(client, path)
        assert (head.status_code, head.data) == (200, b"")
        for name in ("Content-Length", "Content-Type", "ETag"):
            assert head.headers[name] == get.headers[name]


def test_a_form_that_there_is_not_is_406(client: FlaskClient) -> None:
    for accept in ("image/png", "application/json;q=0, text/csv;q=0"):
        answer = ask(client, "/bars/A", accept=accept)
        assert (answer.status_code, answer.mimetype) == (406, "application/problem+json")
    for accept in ("*/*", "application/*", "text/html, */*;q=0.1", ""):
        assert ask(client, "/bars/A", accept=accept).mimetype == "application/json"
    assert ask(client, "/bars/A", accept="text/*").mimetype == "text/csv"
