"""`/data` without PostgreSQL: what is in memory, and clear words for what is not."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from panel_app.market import Origin
from streams.adapters.replay_control import ReplayDesk, ReplayPost
from streams.domain.indicator_row import IndicatorRow
from tests.unit.panel_app.data_server import DataServer, data_server
from tests.unit.panel_app.public_feed import LIVE, MINUTE, bar, signal
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[DataServer]:
    """One for all; a test that adds something adds it elsewhere."""
    with data_server(home) as running:
        for minute in range(3):
            running.market.bar(bar("AAPL", minute, 2.0 + minute), LIVE)
        running.market.bar(bar("AAPL", 3, 9.0, final=False), LIVE)
        running.market.signal(signal("AAPL", 1), Origin(severity="critical"))
        running.market.signal(signal("MSFT", 2), LIVE)
        yield running


def test_the_watchlist_at_a_glance(server: DataServer) -> None:
    found = server.get("watchlist?sparks=AAPL,NONE")
    assert found["symbols"][0] == "AAPL"
    assert found["rows"][:1] == [[0, 9.0, 800.0, 20.0, None, None]]
    assert found["sparks"] == {"AAPL": [2.0, 3.0, 4.0]}


def test_one_symbol_with_all_that_is_known(server: DataServer) -> None:
    at = bar("ONE", 1)
    server.market.bar(at, LIVE)
    server.market.signal(signal("ONE", 1), Origin())
    server.market.indicators(
        IndicatorRow(
            "ONE", "1m", at.start, at.end, at.open, at.high, at.low, at.close, 5, 1.5, 3, True,
            {"ema38": 1.25}, {"rsi": "UP"},
        ),
        LIVE,
    )  # fmt: skip
    found = server.get("symbol?symbol=ONE&interval=1m")
    assert (found["last"], found["start"], found["final"]) == (2.0, MINUTE, True)
    assert found["rules"] == {"rsi": "UP"}
    assert found["values"]["ema38"] == 1.25
    assert found["values"]["sma5"] is None
    assert [each["id"] for each in found["signals"]] == [f"ONE/1m/{MINUTE}/breakout"]
    # The forming bar's own values come before those of the last row, which fill what is missing.
    server.market.bar(bar("ONE", 2, 3.0, final=False), LIVE)
    row = {"ema38": 1.25, "change": -1.0, "sma200": 7.0}
    server.market.indicators(
        IndicatorRow(
            "ONE", "1m", at.start, at.end, at.open, at.high, at.low, at.close, 5, 1.5, 3, True, row
        ),
        LIVE,
    )
    forming = server.get("symbol?symbol=ONE&interval=1m")["values"]
    assert (forming["change"], forming["lag1"], forming["sma200"]) == (1.0, 2.0, 7.0)
    nobody = server.get("symbol?symbol=NONE")
    assert (nobody["interval"], nobody["last"], nobody["rules"]) == ("5m", None, None)


def test_bars_as_csv(server: DataServer) -> None:
    answer = server.client.get(f"bars.csv?symbol=AAPL&interval=1m&from={2 * MINUTE}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="AAPL-1m.csv"'
    assert answer.text == (
        "symbol,interval,start_ms,end_ms,open,high,low,close,volume,vwap,trades,ema38,ema100,"
        "final\n"
        "AAPL,1m,120000,180000,1.0,7.0,0.5,4.0,5.0,1.5,3,,,true\n"
        "AAPL,1m,180000,240000,1.0,12.0,0.5,9.0,5.0,1.5,3,,,false\n"
    )
    awkward = server.client.get('bars.csv?symbol=a"%0D%0Ab/../c&interval=1m')
    assert awkward.headers["content-disposition"] == 'attachment; filename="a___b_.._c-1m.csv"'


@pytest.mark.parametrize(
    ("query", "symbols"),
    [("?limit=2", ["MSFT", "ONE"]), ("?symbol=AAPL", ["AAPL"]), ("?severity=critical", ["AAPL"]),
     ("?side=sell", []), ("?kind=breakout&limit=1", ["MSFT"]), ("?before=180000", ["ONE", "AAPL"])],
)  # fmt: skip
def test_alerts_from_memory(server: DataServer, query: str, symbols: list[str]) -> None:
    found = server.get(f"alerts{query}")
    assert found["source"] == "memory"
    assert [each["symbol"] for each in found["alerts"]] == symbols
    assert found["more"] is ("limit" in query)


def test_equity_from_memory_says_that_it_is_no_advice(server: DataServer) -> None:
    found = server.get("equity?symbol=AAPL&interval=1m&cost_bps=0")
    assert "not advice" in found["advice"]
    assert found["source"] == "memory"
    assert [point[0] for point in found["points"]] == [0, MINUTE, 2 * MINUTE]
    assert found["points"][-1][1] == 4.0  # bought at the open of 1, it closed at 4
    assert (found["trades"], found["exposed"]) == (0, pytest.approx(1 / 3))


@pytest.mark.parametrize("path", ["bars?symbol=A", "context?symbol=A", "performance"])
def test_what_needs_postgresql_says_so(server: DataServer, path: str) -> None:
    status, detail = server.problem(path)
    assert status == 503
    assert detail.startswith("PostgreSQL")


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("symbol", "symbol: expected 1 to 64 characters, was ''"),
        (f"symbol?symbol={'X' * 65}", "symbol: expected 1 to 64 characters"),
        ("symbol?symbol=%00", "symbol: expected"),
        ("symbol?symbol=A&interval=7w", "interval: expected one of 1m, 5m, was '7w'"),
        ("bars?symbol=A&limit=0", "limit: expected 1 to 2000, was '0'"),
        ("bars?symbol=A&limit=many", "limit: expected 1 to 2000, was 'many'"),
        ("bars?symbol=A&before=1e99", "before: expected 0 to"),
        ("equity?symbol=A&cost_bps=-1", "cost_bps: expected 0 to 1000"),
        ("alerts?limit=99999", "limit: expected 1 to 1000"),
    ],
)
def test_bad_parameters_are_explained(server: DataServer, path: str, detail: str) -> None:
    status, said = server.problem(path)
    assert status == 400
    assert said.startswith(detail)


def _many(answer: httpx.Response) -> httpx.Response | None:
    return answer if len(answer.json()["rows"]) > 200 else None


def test_long_answers_are_compressed_for_who_can_read_them(server: DataServer) -> None:
    for number in range(200):
        server.market.bar(bar(f"S{number}", 1), LIVE)
    answer = wait_for(lambda: _many(server.client.get("watchlist")), "a version with all of them")
    assert answer.headers["content-encoding"] == "gzip"
    plain = server.client.get("watchlist", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


def test_the_controls_of_a_replay(server: DataServer, home: Path) -> None:
    assert server.get("replay") == {"replay": None}
    assert server.client.post("replay", json={"paused": True}).status_code == 409
    post = ReplayPost(home, "r1", ("tape.csv",))
    post.exchange(60.0, False, 5_000, (0, 9_000), 0)
    answer = server.client.post("replay", json={"speed": 120.5, "paused": False})
    assert answer.status_code == 200, answer.text
    assert answer.json()["wanted"] == {"run": "r1", "speed": 120.5, "paused": False}
    assert answer.json()["replay"] == {
        "run": "r1", "files": ["tape.csv"], "speed": 60.0, "paused": False, "clock": 5_000,
        "first": 0, "last": 9_000, "lap": 0,
    }  # fmt: skip
    post.tell_soon()
    wish = post.exchange(60.0, False, 5_000, (0, 9_000), 0)
    assert wish is not None
    assert (wish.speed, wish.paused) == (120.5, False)
    assert ReplayDesk(home).look() is not None
    post.close()
    assert ReplayDesk(home).look() is None


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ('{"paused": true}', {"Origin": "http://evil.example"}, 403),
        ('{"paused": true}', {"Content-Type": "text/plain"}, 400),
        ('{"paused": 1}', {}, 400),
        ("{}", {}, 400),
        ("[]", {}, 400),
        ("{", {}, 400),
        ('{"speed": 0}', {}, 400),
        ('{"speed": 1e300}', {}, 400),
        ('{"speed": 2, "more": 1}', {}, 400),
    ],
)
def test_wishes_that_cannot_be_are_refused(
    server: DataServer, home: Path, body: str, headers: dict[str, str], status: int
) -> None:
    post = ReplayPost(home, "r1", ())
    post.exchange(60.0, False, 0, (0, 1), 0)
    sent = {"Content-Type": "application/json"} | headers
    answer = server.client.post("replay", content=body, headers=sent)
    assert answer.status_code == status, answer.text
    assert not (home / "run" / "replay-control.json").exists()
    post.close()


def test_the_system_is_unknown_until_somebody_has_looked(server: DataServer) -> None:
    assert server.get("system") == {"taken": None}
