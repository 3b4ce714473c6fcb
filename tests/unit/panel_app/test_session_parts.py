"""What a session sends beside the bars: studies, votes, lists, small charts, the system."""

import json
from dataclasses import dataclass, replace
from typing import Any

import pytest

from panel_app.market import Origin
from panel_app.session import Session
from panel_app.store import Key
from streams.domain.indicator_row import IndicatorRow
from streams.domain.prediction import Forecast, ModelVote, Prediction
from tests.unit.panel_app.session_desk import LIVE, Desk, bar, signal
from tests.waiting import wait_for


def test_studies_come_with_their_bars_and_whole_when_others_are_wanted(desk: Desk) -> None:
    for minute in range(30):
        desk.store.put_bar(bar("AAPL", minute))
    session = desk.session()
    session.ask('{"symbol": "AAPL", "studies": ["sma5", "nonsense"]}')
    studies = desk.sent[-1]["change"]["studies"]
    assert studies["names"] == ["sma5"]
    assert [row[0] for row in studies["rows"]] == list(range(30))
    assert (studies["rows"][3][1], studies["rows"][4][1]) == (None, 2.0)
    desk.store.put_bar(bar("AAPL", 30, final=False))
    session.pull()
    assert [row[0] for row in desk.sent[-1]["change"]["studies"]["rows"]] == [30]
    session.ask('{"symbol": "AAPL", "studies": ["rsi14"], "keep": true}')
    change = desk.sent[-1]["change"]
    assert (change["whole"], change["bars"], change["count"]) == (False, [], 31)
    assert len(change["studies"]["rows"]) == 31


def test_the_streams_last_indicators_come_when_they_are_new(desk: Desk) -> None:
    at = bar("AAPL", 1)
    row = IndicatorRow(
        "AAPL", "1m", at.start, at.end, 1, 1, 1, 2.0, 1, 1, 1, True, {"ema38": 1.5}, {"rsi": "UP"}
    )
    desk.store.put_bar(at)
    desk.store.put_indicators(row)
    session = desk.session()
    session.ask("{}")
    assert desk.sent[-1]["change"]["latest"] == {
        "start": 60_000, "warm": True, "values": {"ema38": 1.5}, "votes": {"rsi": "UP"},
    }  # fmt: skip
    desk.store.put_bar(bar("AAPL", 2))
    session.pull()
    assert "latest" not in desk.sent[-1]["change"]


def test_what_the_models_say_comes_when_it_is_new(desk: Desk) -> None:
    said = Prediction(
        "AAPL", "1m", 60_000, 120_000, 2.0, "*", "v1", {"xgboost": ModelVote("UP", 0.53)},
        [Forecast(3, 2.1, 1.9, 2.3, 0.8)],
    )  # fmt: skip
    desk.store.put_bar(bar("AAPL", 1))
    session = desk.session()
    session.ask("{}")
    assert "prediction" not in desk.sent[-1]["change"]
    desk.market.prediction(said, LIVE)
    session.pull()
    assert desk.sent[-1]["change"]["prediction"] == {
        "start": 60_000, "close": 2.0, "votes": {"xgboost": ["UP", 0.53]},
        "forecasts": [[3, 2.1, 1.9, 2.3, 0.8]],
    }  # fmt: skip
    desk.market.prediction(replace(said, start=0), LIVE)
    desk.store.put_bar(bar("AAPL", 2))
    session.pull()
    assert "prediction" not in desk.sent[-1]["change"]


def test_a_kept_chart_is_not_sent_again_while_other_things_are(desk: Desk) -> None:
    desk.market.bar(bar("AAPL", 1), LIVE)
    session = desk.session()
    session.ask('{"symbol": "AAPL", "parts": ["chart", "watchlist"]}')
    session.ask(
        '{"symbol": "AAPL", "parts": ["chart", "watchlist"], "sparks": ["AAPL"], "keep": true}'
    )
    frame = desk.sent[-1]
    assert "change" not in frame
    assert "watchlist" not in frame
    assert frame["sparks"] == {"AAPL": [2.0]}
    session.ask('{"symbol": "MSFT", "parts": ["chart"], "keep": true}')
    assert desk.sent[-1]["symbol"] == "MSFT"
    session.ask('{"symbol": "AAPL", "parts": ["chart"], "keep": true}')
    assert desk.sent[-1]["change"]["whole"]


def test_the_watchlist_comes_whole_and_then_as_deltas_on_its_versions(desk: Desk) -> None:
    desk.market.bar(bar("AAPL", 1), LIVE)
    session = desk.session()
    session.ask('{"parts": ["watchlist"]}')
    first = desk.sent[-1]["watchlist"]
    assert (first["whole"], first["symbols"], first["rows"][0][:2]) == (True, ["AAPL"], [0, 2.0])
    assert "change" not in desk.sent[-1]
    wait_for(lambda: _delta(desk, session), "a new version")
    delta = desk.sent[-1]["watchlist"]
    assert (delta["whole"], delta["from"], delta["symbols"]) == (False, first["version"], ["MSFT"])
    assert [row[0] for row in delta["rows"]] == [1]


def _delta(desk: Desk, session: Session) -> bool:
    desk.market.bar(bar("MSFT", 1), LIVE)
    session.pull()
    return "watchlist" in desk.sent[-1] and not desk.sent[-1]["watchlist"]["whole"]


def test_alerts_come_whole_and_then_one_by_one(desk: Desk) -> None:
    desk.market.signal(signal(1), Origin())
    session = desk.session()
    session.ask('{"parts": ["alerts"]}')
    first = desk.sent[-1]["alerts"]
    assert first["whole"]
    assert [(row["id"], row["live"]) for row in first["rows"]] == [("id1", False)]
    session.pull()
    assert len(desk.sent) == 1
    desk.market.signal(signal(2), Origin(live=True, severity="critical"))
    desk.market.signal(signal(2), Origin(live=True))
    session.pull()
    (row,) = desk.sent[-1]["alerts"]["rows"]
    assert (row["id"], row["live"], row["severity"]) == ("id2", True, "critical")
    assert (row["time"], row["start"]) == (180_000, 120_000)


def test_small_charts_have_their_last_bars_and_go_when_they_are_not_wanted(desk: Desk) -> None:
    for minute in range(300):
        desk.store.put_bar(bar("AAPL", minute))
    session = desk.session()
    session.ask('{"parts": [], "grid": ["AAPL", "MSFT"], "interval": "1m"}')
    change = desk.sent[-1]["grid"]["AAPL"]
    assert (change["base"], change["count"], change["bars"][0][0]) == (180, 120, 180)
    desk.store.put_bar(bar("AAPL", 300))
    session.pull()
    change = desk.sent[-1]["grid"]["AAPL"]
    assert (change["whole"], change["base"], [b[0] for b in change["bars"]]) == (False, 181, [300])
    session.ask('{"parts": [], "grid": ["MSFT"], "interval": "1m", "keep": true}')
    assert desk.store.watched() == [Key("MSFT", "1m")]
    session.close()
    assert desk.store.watched() == []


def test_the_system_and_the_replay_are_sent_when_they_change(desk: Desk) -> None:
    @dataclass
    class Said:
        value: dict[str, Any] | None

        def look(self) -> dict[str, Any] | None:
            return self.value

    system, replay = Said({"taken": 1}), Said(None)
    session = desk.session(system=system, replay=replay)
    session.ask('{"parts": ["system", "replay"]}')
    assert (desk.sent[-1]["system"], desk.sent[-1]["replay"]) == ({"taken": 1}, None)
    replay.value = {"speed": 2.0}
    session.pull()
    assert desk.sent[-1]["replay"] == {"speed": 2.0}
    assert "system" not in desk.sent[-1]


def test_the_way_from_a_tick_to_a_frame_is_measured(desk: Desk) -> None:
    desk.store.put_bar(bar("AAPL", 1), 4_000)
    session = desk.session()
    session.ask("{}")
    desk.store.put_bar(bar("AAPL", 1), 9_000)
    session.pull()
    assert desk.sent[-1]["change"]["produced"] == 9_000
    assert desk.sources.sent.percentiles(1.0) == [1_000.0]
    desk.store.put_bar(bar("AAPL", 2))
    session.pull()
    assert desk.sent[-1]["change"]["produced"] is None


@pytest.mark.parametrize(
    "text",
    [
        '{"parts": ["tea"]}', '{"rate": "fast"}', '{"grid": "AAPL"}',
        '{"sparks": ' + json.dumps(["A"] * 201) + "}", '{"studies": [1]}',
    ],
)  # fmt: skip
def test_a_request_with_a_wrong_part_shows_the_default(desk: Desk, text: str) -> None:
    desk.store.put_bar(bar("AAPL", 1))
    desk.session().ask(text)
    assert desk.sent[0]["symbol"] == "AAPL"
    assert "watchlist" not in desk.sent[0]
