"""What `functions.aggregate` answers to what it cannot take, and its tables exported."""

from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from functions.aggregate.app import create_app
from streams.adapters.cloud_event import binary_headers
from streams.domain.signal import Side
from tests.broker.aggregating import (
    DAY,
    PING,
    SETTLED,
    Aggregate,
    event,
    make_bar,
    make_signal,
    rising,
)
from tests.fakes import settings


@pytest.mark.parametrize(
    ("broken", "status"),
    [
        ({"ce-type": "io.tapedeck.other"}, 422),
        ({"ce-id": "another"}, 422),
        ({"ce-id": ""}, 400),
        ({"content-type": "text/plain"}, 415),
    ],
)
def test_what_is_no_signal_is_refused(
    aggregate: Aggregate, broken: dict[str, str], status: int
) -> None:
    good = event(make_signal(make_bar("A", "5m", DAY, 1.0), Side.BUY))
    headers = binary_headers(good) | broken
    assert aggregate.client.post("/", headers=headers, data=good.data).status_code == status
    assert aggregate.tables()["signal_scores"] == []


def test_without_postgresql_it_is_503_and_not_ready(tmp_path: Any) -> None:
    app = create_app(settings(DATABASE_URL=f"postgresql://postgres@/none?host={tmp_path}"))
    client = app.test_client()
    headers = binary_headers(PING)
    assert client.post("/", headers=headers).status_code == 503
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_without_tables_it_says_what_makes_them(database: str) -> None:
    client = create_app(settings(DATABASE_URL=database)).test_client()
    answer = client.post("/", headers=binary_headers(PING))
    assert answer.status_code == 503
    assert "tapedeck db upgrade" in answer.get_json()["detail"]


HEADER = (
    "rule,interval,symbol,horizon,signals,hits,hit_rate,low,high,mean_return,base_rate,"
    "base_mean_return"
)


@pytest.fixture
def export(migrated: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Callable[..., Any]:
    from streams.cli.main import app as command_line

    monkeypatch.setenv("DATABASE_URL", migrated)
    monkeypatch.setenv("TAPEDECK_HOME", str(tmp_path))
    return lambda *arguments: CliRunner().invoke(command_line, ["export", *arguments])


def test_scorecards_and_summaries_are_exported(
    aggregate: Aggregate, export: Callable[..., Any]
) -> None:
    assert export("scorecards").stdout.splitlines() == [HEADER]
    bars = rising("A", 3)
    aggregate.store(bars)
    for bar, warm in ((bars[0], True), (bars[1], False)):
        aggregate.post(event(make_signal(bar, Side.BUY, warm=warm)))
    aggregate.post(SETTLED)
    lines = export("scorecards").stdout.splitlines()
    assert [line.split(",")[:7] for line in lines[1:]] == [
        ["breakout", "5m", symbol, "1", "1", "1", "1.0"] for symbol in ("*", "A")
    ]
    assert export("scorecards", "--symbol", "A").stdout.count("\n") == 2
    refused = export("scorecards", "--from", "0")
    assert refused.exit_code != 0
    summary = export("summaries").stdout.splitlines()
    assert summary[0].startswith("symbol,day_ms,open,high,low,last,change,change_percent,volume")
    assert summary[1].startswith(f"A,{DAY},100.0,")
    assert '{""breakout"": {""buy"": 2}}' in summary[1]
