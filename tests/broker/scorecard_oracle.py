"""What the tables of `functions.aggregate` should hold, from lists, without SQL."""

import math
import random
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import stdev
from typing import Any

import pytest

from streams.domain.bar import Bar
from streams.domain.interval import DAY_MS, interval_ms
from streams.domain.scorecard import HORIZONS
from streams.domain.signal import Side, Signal
from tests.broker.aggregating import DAY, Aggregate, make_bar, make_signal


def market(rng: random.Random) -> tuple[list[Bar], list[Signal]]:
    """Two symbols over a midnight, 1m and 5m bars with gaps, signals of three kinds."""
    bars: list[Bar] = []
    signals: list[Signal] = []
    for symbol in ("A", "É'\\"):
        for interval in ("1m", "5m"):
            length, price = interval_ms(interval), 100.0
            count = 4 * 3_600_000 // length
            for start in range(DAY - length * count // 2, DAY + length * count // 2, length):
                if rng.random() < 0.2:
                    continue
                price *= rng.choice((0.99, 1.0, 1.013))
                bar = make_bar(symbol, interval, start, price, rng.choice((0.0, 1.5, 7.25)))
                bars.append(bar)
                if interval == "5m" and rng.random() < 0.5:
                    kind = rng.choice(("breakout", "recommendation"))
                    side = rng.choice(list(Side))
                    signals.append(make_signal(bar, side, kind, warm=rng.random() < 0.8))
    return bars, signals


def approx(value: float | None) -> Any:
    return None if value is None else pytest.approx(value, rel=1e-9, abs=1e-12)


class Oracle:
    """The cards and summaries of a market, from its definition."""

    def __init__(self, bars: Sequence[Bar], signals: Sequence[Signal]) -> None:
        self.series: dict[tuple[str, str], list[Bar]] = {}
        for bar in sorted(bars, key=lambda b: b.start):
            self.series.setdefault((bar.symbol, bar.interval), []).append(bar)
        self.signals = signals

    def gain(self, signal: Signal, horizon: int) -> float | None:
        series = self.series.get((signal.symbol, signal.interval), [])
        after = [bar for bar in series if bar.start >= signal.time]
        if len(after) < horizon or signal.side is Side.NEUTRAL:
            return None
        change = after[horizon - 1].close / signal.price - 1
        return change if signal.side is Side.BUY else -change

    def base(self, signal: Signal, horizon: int) -> tuple[float, float]:
        """Share of bars after which the price went the signal's way, and their mean gain."""
        series = self.series[signal.symbol, signal.interval]
        sign = 1 if signal.side is Side.BUY else -1
        gains = [
            sign * (later.close / bar.close - 1)
            for bar, later in zip(series, series[horizon:], strict=False)
        ]
        return sum(gain > 0 for gain in gains) / len(gains), sum(gains) / len(gains)

    def card(
        self, rule: str, horizon: int, symbol: str | None, warm: bool
    ) -> tuple[Any, ...] | None:
        scored = [
            (signal, gain)
            for signal in self.signals
            if (signal.kind, signal.warm) == (rule, warm) and symbol in (None, signal.symbol)
            if (gain := self.gain(signal, horizon)) is not None
        ]
        if not scored:
            return None
        n = len(scored)
        bases = [self.base(signal, horizon) for signal, _ in scored]
        hits = sum(gain > 0 for _, gain in scored)
        low, high = wilson_by_search(hits, n)
        means = (
            sum(gain for _, gain in scored),
            *(sum(column) for column in zip(*bases, strict=True)),
        )
        mean, rate, base_mean = (total / n for total in means)
        return n, hits, hits / n, low, high, mean, rate, base_mean

    def day(self, symbol: str, day: int) -> dict[str, Any]:
        series = self.series[symbol, "1m"]
        today = [bar for bar in series if bar.start // DAY_MS * DAY_MS == day]
        before = [bar for bar in series if bar.start < day]
        returns = [math.log(b.close / a.close) for a, b in pairwise(today)]
        volume = sum(bar.volume for bar in today)
        reference = before[-1].close if before else today[0].open
        signals = [s for s in self.signals if s.symbol == symbol and day < s.time <= day + DAY_MS]
        kinds: dict[str, Counter[str]] = {}
        for signal in signals:
            kinds.setdefault(signal.kind, Counter())[signal.side.value] += 1
        last = max(signals, key=lambda s: (s.time, s.id)) if signals else None
        return {
            "interval": "1m", "bars": len(today), "trades": sum(bar.trades for bar in today),
            "open": today[0].open, "last": today[-1].close,
            "high": max(bar.high for bar in today), "low": min(bar.low for bar in today),
            "previous_last": before[-1].close if before else None,
            "change": approx(today[-1].close - reference),
            "change_percent": approx((today[-1].close / reference - 1) * 100),
            "volume": approx(volume),
            "vwap": approx(sum(bar.vwap * bar.volume for bar in today) / volume),
            "volatility": approx(stdev(returns)),
            "signals": {kind: dict(sides) for kind, sides in kinds.items()},
            "last_signal_id": last and last.id, "last_signal_ms": last and last.time,
            "last_signal_side": last and last.side.value,
        }  # fmt: skip


def wilson_by_search(hits: int, n: int) -> tuple[float, float]:
    """The p at which the observed share is just 1.96 standard deviations away, by bisection."""
    z, share = 1.959963984540054, hits / n

    def edge(inside: float, outside: float) -> float:
        for _ in range(100):
            p = (inside + outside) / 2
            near = abs(share - p) <= z * math.sqrt(p * (1 - p) / n)
            inside, outside = (p, outside) if near else (inside, p)
        return inside

    return edge(share, 0.0), edge(share, 1.0)


def assert_as_the_oracle_says(aggregate: Aggregate, oracle: Oracle) -> None:
    symbols = sorted({symbol for symbol, _ in oracle.series})
    for symbol, asked in ((s, None if s == "*" else s) for s in (*symbols, "*")):
        for warm in (True, False):
            cards = aggregate.cards(symbol=symbol, warm=warm)
            expected = {
                (rule, "5m", horizon): card
                for rule in ("breakout", "recommendation")
                for horizon in HORIZONS
                if (card := oracle.card(rule, horizon, asked, warm)) is not None
            }
            found = {key: tuple(row)[5:] for key, row in cards.items()}
            assert found == {key: approx_row(card) for key, card in expected.items()}
    for symbol in symbols:
        for row in aggregate.days(symbol):
            expected_day = oracle.day(symbol, row.day_ms)
            assert {name: getattr(row, name) for name in expected_day} == expected_day


def approx_row(values: tuple[Any, ...]) -> Any:
    return tuple(approx(value) if isinstance(value, float) else value for value in values)
