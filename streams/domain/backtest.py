"""A rule's signals followed through the bars they were raised on, and what to think of the result.

```
 bar k ends: signal at its close    | bar k+1: filled at its open |  ... held ...  | next call's k+1
```
Nothing of a bar is known before its end, so nothing is bought at the price that raised the signal.
Each order costs `costs` and is filled `slippage` worse than the open, both fractions of what is
traded. See `equity` for positions, `portfolio` for several symbols. Nothing here is advice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, sqrt

from streams.domain.deflated_sharpe import deflated_sharpe
from streams.domain.equity import Call, Ledger, Point, Price, keep_books
from streams.domain.errors import ConfigError, InputError
from streams.domain.performance import Moments, bars_a_year, moments, returns, worst_drawdown
from streams.domain.permutation import PermutationTest, permutation_test
from streams.domain.portfolio import together
from streams.domain.signal import Side

HOLD_ONE_SIDED = 20
"""Bars that a position is held for when its rule has no other side to leave it by."""
_WIDEST = 1e50  # squares and sums of such gains are numbers yet


@dataclass(frozen=True, slots=True)
class Terms:
    """How signals are followed.

    `costs` and `slippage` are fractions per side; `hold` bars after its signal a position is left
    (0: never by itself); without `short` a sell leaves the position. `tried` is how many rules or
    settings were looked at before this one, itself included. `bars_a_year` is for annual figures
    (None: by the bars' own times). Raises ConfigError for what cannot be.
    """

    costs: float = 0.0
    slippage: float = 0.0
    hold: int = 0
    short: bool = True
    tried: int = 1
    bars_a_year: float | None = None

    def __post_init__(self) -> None:
        for name, least, most in (
            ("costs", 0, 1), ("slippage", 0, 1), ("hold", 0, inf), ("tried", 1, inf),
        ):  # fmt: skip
            value = getattr(self, name)
            if not least <= value <= most:
                raise ConfigError(f"{name}: expected {least} to {most}, was {value}")
        if self.bars_a_year is not None and not 0 < self.bars_a_year < inf:
            raise ConfigError(f"bars_a_year: expected a number > 0, was {self.bars_a_year}")


@dataclass(frozen=True, slots=True)
class Followed:
    """One symbol: its bars, its calls, and what came of them."""

    symbol: str
    prices: Sequence[Price]
    calls: Sequence[Call]
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Curve:
    """Figures of an equity curve; ratios are None where nothing varies."""

    total_return: float
    worst_drawdown: float
    moments: Moments | None
    bars_a_year: float

    @property
    def sharpe(self) -> float | None:
        """Annual: the ratio per bar times the root of the bars a year."""
        ratio = self.moments.sharpe if self.moments else None
        return None if ratio is None else ratio * sqrt(self.bars_a_year)

    @property
    def volatility(self) -> float | None:
        """Annual standard deviation of the returns."""
        return self.moments.deviation * sqrt(self.bars_a_year) if self.moments else None


@dataclass(frozen=True, slots=True)
class Backtest:
    """The whole: symbols, their curve together, its figures, buy-and-hold's, and two doubts."""

    followed: Sequence[Followed]
    points: Sequence[Point]
    rule: Curve
    hold: Curve
    permutation: PermutationTest | None
    deflated_sharpe: float | None
    terms: Terms

    @property
    def trades(self) -> int:
        return sum(len(each.ledger.trades) for each in self.followed)

    @property
    def won(self) -> int:
        return sum(trade.gain > 0 for each in self.followed for trade in each.ledger.trades)

    @property
    def bars(self) -> int:
        return sum(len(each.prices) for each in self.followed)

    @property
    def exposed(self) -> float:
        """Share of the bars with a position."""
        held = sum(position != 0 for each in self.followed for position in each.ledger.positions)
        return held / self.bars if self.bars else 0.0

    @property
    def turnover(self) -> float:
        """Times that a symbol's equity was traded, on average over the symbols."""
        total = sum(each.ledger.turnover for each in self.followed)
        return total / len(self.followed) if self.followed else 0.0


def backtest(tape: Sequence[tuple[str, Sequence[Price], Sequence[Call]]], terms: Terms) -> Backtest:
    """Follow the calls of every (symbol, bars, calls); bars and calls are in order.

    Raises InputError for prices that lie so far apart that gains could not be counted.
    """
    followed = [_follow(symbol, prices, calls, terms) for symbol, prices, calls in tape]
    points = together([each.ledger.points for each in followed])
    year = terms.bars_a_year or bars_a_year([point.start for point in points])
    rule = _curve([point.equity for point in points], year)
    return Backtest(
        followed,
        points,
        rule,
        _curve([point.hold for point in points], year),
        permutation_test([(each.ledger.positions, _moves(each.prices)) for each in followed]),
        deflated_sharpe(rule.moments, terms.tried) if rule.moments else None,
        terms,
    )


def _follow(symbol: str, prices: Sequence[Price], calls: Sequence[Call], terms: Terms) -> Followed:
    cost = terms.costs + terms.slippage
    with_exits = _with_exits(prices, calls, terms.hold)
    ledger = keep_books(prices, with_exits, cost, short=terms.short)
    if prices:
        _check(symbol, prices, ledger.points[-1].equity)
    return Followed(symbol, prices, calls, ledger)


def _check(symbol: str, prices: Sequence[Price], equity: float) -> None:
    every = [price for bar in prices for price in (bar.open, bar.close)]
    low, high = min(every), max(every)
    if not (high / low < _WIDEST and equity < _WIDEST):
        raise InputError(
            f"{symbol}: expected prices whose gains can be counted, was {low:g} to {high:g}"
        )


def _with_exits(prices: Sequence[Price], calls: Sequence[Call], hold: int) -> list[Call]:
    """The calls, and a neutral one `hold` bars after each that no other call has followed."""
    if not hold:
        return [*calls]
    index = {price.start: at for at, price in enumerate(prices)}
    by_bar = {index[call.start]: call for call in calls}
    places = sorted(by_bar)
    for at, after in pairwise([*places, len(prices)]):
        if at + hold < after:
            by_bar[at + hold] = Call(prices[at + hold].start, Side.NEUTRAL)
    return [by_bar[at] for at in sorted(by_bar)]


def _moves(prices: Sequence[Price]) -> list[float]:
    """The return of holding at each bar: from its open to the next one's, or to the last close."""
    after = [*(price.open for price in prices[1:]), *(price.close for price in prices[-1:])]
    return [end / price.open - 1 for price, end in zip(prices, after, strict=True)]


def _curve(values: Sequence[float], year: float) -> Curve:
    total = values[-1] - 1 if values else 0.0
    return Curve(total, worst_drawdown(values), moments(returns(values)), year)
