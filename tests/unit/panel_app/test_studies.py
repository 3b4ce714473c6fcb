"""The chart's indicators: the same as over the whole series, however its bars came."""

from math import isnan, nan
from typing import Any

import pytest

from panel_app.store import DEEP, Key, Store
from panel_app.studies import CHARTED, INDICATORS, Studies, Study
from streams.domain.bar import Bar
from streams.domain.indicator_row import IndicatorRow
from streams.domain.indicators.catalogue import standard_set
from streams.domain.indicators.indicator_set import IndicatorSet, IndicatorSets
from streams.domain.indicators.lag import Lag
from streams.domain.indicators.volatility import Volatility

KEY = Key("A", "1m")
MINUTE = 60_000


def bar(minute: int, *, final: bool = True, close: float | None = None) -> Bar:
    at = 100.0 + (minute * 37) % 11 + minute / 50 if close is None else close
    start = minute * MINUTE
    return Bar("A", "1m", start, start + MINUTE, at, at + 1, at - 1, at, 5.0, at, 3, start, final)


def expected(bars: list[Bar]) -> list[dict[str, float]]:
    """Every indicator over all bars at once."""
    states: list[Any] = [None] * len(INDICATORS)
    found = []
    for each in bars:
        values: dict[str, float] = {}
        for n, indicator in enumerate(INDICATORS):
            states[n], named = indicator.step(states[n], each)
            values.update(named)
        found.append(values)
    return found


NAMED = [name for each in INDICATORS for name in each.names]


def values(study: Study, since: int = 0) -> list[dict[str, float]]:
    return [
        {name: value for name, value in zip(NAMED, row[1:], strict=True) if not isnan(value)}
        for row in study.rows(NAMED, since)
    ]


def test_bar_by_bar_with_forming_ones_it_is_the_same_as_at_once() -> None:
    store, bars = Store(), [bar(minute) for minute in range(260)]
    study = Study(store, KEY)
    for each in bars:
        store.put_bar(bar(each.start // MINUTE, final=False, close=999.0))
        study.update()
        store.put_bar(each)
        study.update()
    assert values(study) == expected(bars)


def test_only_what_changed_is_news_and_the_forming_bar_counts() -> None:
    store = Store()
    study = Study(store, KEY)
    for minute in range(30):
        store.put_bar(bar(minute))
    study.update()
    before = study.version
    study.update()
    assert study.rows(NAMED, before) == []
    store.put_bar(bar(30, final=False, close=110.0))
    study.update()
    (row,) = study.rows(["sma5"], before)
    last = expected([*(bar(minute) for minute in range(30)), bar(30, close=110.0)])[-1]
    assert row == [30, last["sma5"]]
    assert study.last(["sma5"]) == [last["sma5"]]


@pytest.mark.parametrize("late", [0, 17, 45, 58])
def test_a_bar_that_comes_late_changes_all_after_it(late: int) -> None:
    store, bars = Store(), [bar(minute) for minute in range(60)]
    study = Study(store, KEY)
    for each in bars:
        if each is not bars[late]:
            store.put_bar(each)
    study.update()
    store.put_bar(bars[late])
    study.update()
    assert values(study) == expected(bars)


def test_a_final_bar_that_changes_in_place_changes_all_after_it() -> None:
    store, bars = Store(), [bar(minute) for minute in range(40)]
    study = Study(store, KEY)
    for each in bars:
        store.put_bar(each)
    study.update()
    before = study.version
    bars[30] = bar(30, close=150.0)
    store.put_bar(bars[30])
    study.update()
    assert values(study) == expected(bars)
    assert study.rows(NAMED, before)


def test_rollover_keeps_numbers_and_values_together() -> None:
    store = Store()
    study = Study(store, KEY)
    for minute in range(DEEP + DEEP // 5):
        store.put_bar(bar(minute))
        if minute % 7 == 0:
            study.update()
    study.update()
    change = store.read(KEY, -1, -1)
    assert change is not None
    rows = study.rows(["sma5"], 0)
    assert [row[0] for row in rows] == [number for number, *_ in change.bars]
    closes = [row[3] for _, _, row, _ in change.bars]
    assert rows[-1][1] == pytest.approx(sum(closes[-5:]) / 5)


def test_the_streams_averages_are_shown_and_go_on_in_the_forming_bar() -> None:
    store = Store()
    study = Study(store, KEY)
    at = bar(0)
    row = IndicatorRow(
        "A", "1m", 0, MINUTE, at.open, at.high, at.low, at.close, 5.0, at.vwap, 3, True,
        {"ema38": 50.0},
    )  # fmt: skip
    store.put_bar(at)
    store.put_indicators(row)
    store.put_bar(bar(1, final=False, close=89.0))
    study.update()
    rows = study.rows(["ema38", "ema100"], 0)
    assert rows[0][1] == 50.0
    assert rows[1][1] == 89.0 * (2 / 39) + 50.0 * (1 - 2 / 39)
    assert isnan(rows[0][2])


def test_studies_are_shared_until_the_last_one_leaves() -> None:
    studies = Studies(Store())
    first = studies.take(KEY)
    assert studies.take(KEY) is first
    studies.leave(KEY)
    assert studies.take(KEY) is first
    studies.leave(KEY)
    studies.leave(KEY)
    assert studies.take(KEY) is not first


def test_a_page_of_history_is_computed_like_any_series() -> None:
    bars = [bar(minute) for minute in range(40)]
    held = [
        (b.start, (b.open, b.high, b.low, b.close, b.volume, b.vwap, 3.0, nan, nan)) for b in bars
    ]
    rows = Studies(Store()).page(KEY, held, ["rsi14"])
    assert len(rows) == 40
    assert rows[-1] == [expected(bars)[-1]["rsi14"]]


def test_configured_indicators_are_computed_too_on_the_bars_of_their_interval() -> None:
    usual = standard_set(seeded=True)
    configured = IndicatorSets(usual, {"1m": IndicatorSet((Lag(7), Volatility(20, 1.0)))})
    store = Store()
    studies = Studies(store, configured)
    study = studies.take(KEY)
    for minute in range(30):
        store.put_bar(bar(minute, final=minute < 29))
    study.update()
    assert study.last(["lag7"]) == [bar(22).close]
    whole = expected([bar(minute) for minute in range(30)])[-1]["volatility20"]
    assert study.last(["volatility20"]) == [pytest.approx(whole / 252**0.5)]
    assert studies.names(KEY) == study.names
    assert "lag7" not in studies.names(Key("A", "5m"))
    assert set(CHARTED) < set(studies.names(Key("A", "5m")))
    assert studies.named("1m")["lag7"] == ("lag7",)
    assert studies.named("5m")["macd"] == ("macd", "macd_signal", "macd_hist")
