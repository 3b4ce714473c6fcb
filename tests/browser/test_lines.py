"""The lines and panes of the chart: the domain's values, those without a line of their own too."""

from math import isclose

from streams.domain.bar import Bar
from streams.domain.indicators.ema import Ema
from streams.domain.indicators.indicator import Indicator
from streams.domain.indicators.momentum import Momentum
from streams.domain.indicators.rsi import Rsi
from streams.domain.indicators.sma import Sma
from tests.browser.dashboard import Dashboard
from tests.browser.feeder import Tape
from tests.browser.screen import Screen
from tests.browser.zigzag import bar


def _column(screen: Screen, name: str) -> list[float | None]:
    """A column of the chart's source; JSON has no NaN."""
    values: list[float | None] = screen.page.evaluate(
        f"tapedeck.column('{name}').map(v => Number.isNaN(v) ? null : v)"
    )
    return values


def _close(found: list[float | None], wanted: list[float | None]) -> bool:
    return len(found) == len(wanted) and all(
        a is b is None or (a is not None and b is not None and isclose(a, b, rel_tol=1e-9))
        for a, b in zip(found, wanted, strict=True)
    )


def _values(indicator: Indicator, bars: list[Bar]) -> list[float | None]:
    state, found = None, list[float | None]()
    for each in bars:
        state, values = indicator.step(state, each)
        found.append(values.get(indicator.name))
    return found


def test_lines_and_panes_are_those_of_the_domain(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    bars = [bar(k, symbol="LINES") for k in range(80)]
    tape.send(*bars)
    screen.open(dashboard.url + "?symbol=LINES&interval=5m&lines=sma20&panes=volume,rsi,macd")
    screen.wait("v.drawn === 80 && tapedeck.column('rsi14').some(x => x > 0)")
    for indicator in (Sma(20), Rsi()):
        assert _close(_column(screen, indicator.name), _values(indicator, bars)), indicator.name
    assert screen.view()["panes"] == ["volume", "rsi", "macd"]
    for pane in ("price", "volume", "rsi", "macd"):
        box = screen.page.locator(f"#{pane}-pane canvas").first.bounding_box()
        assert box
        assert box["height"] > 50
    screen.page.get_by_text("Lines and panes").click()
    screen.page.get_by_label("MACD", exact=True).uncheck()
    screen.wait("v.panes.join() === 'volume,rsi'")
    assert "panes=volume%2Crsi" in screen.page.url
    assert not screen.page.locator("#macd-pane").is_visible()


def test_other_indicators_are_lines_on_the_price_or_panes(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    bars = [bar(k, symbol="OTHERS") for k in range(60)]
    tape.send(*bars)
    screen.open(dashboard.url + "?symbol=OTHERS&interval=5m&lines=ema12&panes=momentum10")
    screen.wait("v.drawn === 60 && tapedeck.column('momentum10').some(x => x > 0)")
    for indicator in (Ema(12, True), Momentum(10)):
        assert _close(_column(screen, indicator.name), _values(indicator, bars)), indicator.name
    assert "EMA 12" in screen.page.locator("#legend").inner_text()
    assert screen.page.locator("#free1-label").inner_text().startswith("MOMENTUM 10")
    assert not screen.page.locator("#free2-pane").is_visible()


def test_a_third_free_pane_takes_the_place_of_the_oldest(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    tape.send(*(bar(k, symbol="THIRD") for k in range(60)))
    screen.open(dashboard.url + "?symbol=THIRD&interval=5m&panes=volume,momentum10,volatility20")
    screen.wait("v.drawn === 60")
    screen.page.get_by_text("Lines and panes").click()
    screen.page.get_by_label("RSI 14 CUTLER").check()
    screen.wait("v.panes.join() === 'volume,volatility20,rsi14_cutler'")
    screen.page.get_by_label("VOLATILITY 20").uncheck()
    screen.wait("v.panes.join() === 'volume,rsi14_cutler'")
    screen.page.wait_for_function("document.getElementById('free2-pane').hidden")
    tape.send(bar(60, symbol="THIRD"))
    screen.wait("v.drawn === 61")


def test_heikin_ashi_line_and_scale_are_chosen_by_key_and_kept_in_the_link(
    tape: Tape, dashboard: Dashboard, screen: Screen
) -> None:
    bars = [bar(k, symbol="HEIKIN") for k in range(30)]
    tape.send(*bars)
    screen.open(dashboard.url + "?symbol=HEIKIN&interval=5m&type=ha")
    screen.wait("v.drawn === 30")
    opens, closes = list[float](), list[float]()
    for each in bars:
        first = (each.open + each.close) / 2
        opens.append((opens[-1] + closes[-1]) / 2 if opens else first)
        closes.append((each.open + each.high + each.low + each.close) / 4)
    middle = [(a + b) / 2 for a, b in zip(opens, closes, strict=True)]
    assert _close(_column(screen, "mid"), list(middle))
    screen.page.keyboard.press("c")
    screen.page.keyboard.press("l")
    screen.wait("tapedeck.column('mid').length === 30")
    assert "type=ha" not in screen.page.url
    assert "log=1" in screen.page.url
    kind = "Bokeh.documents[0].get_model_by_name('price-chart').y_scale.type"
    assert screen.page.evaluate(kind) == "LogScale"
