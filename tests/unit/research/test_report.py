"""The report of a backtest: one page that loads nothing, with figures, doubts and plots."""

import random
import re
from html.parser import HTMLParser
from itertools import pairwise
from math import exp
from xml.etree import ElementTree

import pytest

from streams.domain.backtest import Backtest, Terms, backtest
from streams.domain.equity import Call, Price
from streams.domain.signal import Side
from streams.research.plot import Line, histogram, line_plot
from streams.research.report import html_report
from streams.research.verdict import doubts, figures, has_evidence

FIVE = 300_000


def market(seed: int, bars: int = 600) -> list[Price]:
    rng = random.Random(seed)
    prices, last = [], 100.0
    for number in range(bars):
        close = last * exp(rng.gauss(0, 0.002))
        prices.append(Price(1_709_542_800_000 + number * FIVE, last, close))
        last = close
    return prices


def by_chance(symbols: tuple[str, ...] = ("A",), **terms: float) -> Backtest:
    tape = []
    for seed, symbol in enumerate(symbols):
        bars = market(seed)
        rng = random.Random(seed + 100)
        calls = [Call(b.start, rng.choice([Side.BUY, Side.SELL])) for b in bars[::10]]
        tape.append((symbol, bars, calls))
    return backtest(tape, Terms(**terms))  # type: ignore[arg-type]  # by name


def by_knowledge() -> Backtest:
    """Who knows each next bar: the calls of a prophet."""
    bars = market(3)
    calls = [
        Call(now.start, Side.BUY if then.close > then.open else Side.SELL)
        for now, then in pairwise(bars)
    ]
    return backtest([("A", bars, calls)], Terms(costs=0.0001, tried=100))


class Page(HTMLParser):
    """What a page would load, and whether its elements close."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "link", "img", "iframe", "object"):
            self.loads.append(tag)
        self.loads += [name for name, _ in attrs if name in ("src", "href", "srcset")]
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Closed at once."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_loads_nothing_from_elsewhere() -> None:
    page = Page()
    text = html_report(by_chance(("A", "<B>&")), 'Rule "a < b"', "about <it>")
    page.feed(text)
    assert (page.loads, page.open) == ([], [])
    assert not re.search(r"https?:|@import|url\(", text)
    assert "&lt;B&gt;&amp;" in text
    assert "<b>" not in text.lower()
    for part in ("Equity, from 1", "Drawdown", "buy and hold", "Trades, the last", "Symbols"):
        assert part in text


def test_every_plot_is_well_formed() -> None:
    for svg in re.findall(r"<svg.*?</svg>", html_report(by_chance(), "t", "a")):
        ElementTree.fromstring(svg)


def test_long_curves_are_thinned_and_keep_their_ends() -> None:
    values = [float(number) for number in range(10_001)]
    plot = line_plot("t", [*range(10_001)], [Line("rule", "l", values)])
    points = re.findall(r"[\d.]+,[\d.]+", plot.split('points="')[1].split('"')[0])
    assert 1_000 < len(points) <= 1_502
    xs = [float(point.split(",")[0]) for point in points]
    assert (xs[0], xs[-1]) == (62.0, 850.0)


@pytest.mark.parametrize("values", [[], [1.0]])
def test_too_few_bars_are_no_plot(values: list[float]) -> None:
    assert "too few" in line_plot("t", [*range(len(values))], [Line("rule", "l", values)])


def test_a_flat_curve_and_equal_turns_are_no_error() -> None:
    assert "<svg" in line_plot("t", [0, 1, 2], [Line("rule", "l", [1.0, 1.0, 1.0])])
    assert "all alike" in histogram("t", [0.5, 0.5], 0.5, "l")


def test_of_chance_it_says_that_it_is_chance() -> None:
    found = by_chance()
    assert not has_evidence(found)
    told = " ".join(doubts(found))
    assert "explained by chance" in told
    assert "Neither costs nor slippage" in told
    assert "say how many they were" in told
    assert "No evidence of skill" in html_report(found, "t", "a")


def test_of_a_prophet_it_says_that_luck_explains_it_badly() -> None:
    found = by_knowledge()
    assert has_evidence(found)
    told = " ".join(doubts(found))
    assert "few of the same positions" in told
    assert "best of 100 tried" in told
    assert "explained by chance" not in told
    assert "Luck explains this badly" in html_report(found, "t", "a")


def test_few_trades_are_said_to_be_few() -> None:
    bars = market(1, 50)
    found = backtest([("A", bars, [Call(bars[3].start, Side.BUY)])], Terms())
    assert any("0 completed trades: fewer than 30" in each for each in doubts(found))


def test_a_tape_of_nothing_has_a_page_and_figures() -> None:
    found = backtest([], Terms())
    assert figures(found)["permutation_p"] is None
    assert next(doubts(found)).startswith("Nothing was ever held")
    assert "too few bars" in html_report(found, "t", "a")
