"""What following a rule's signals would have made of 1, bar by bar. Nothing here is advice.

A signal is known at the end of its bar, so its position is taken at the open of the next bar, and
held until a signal of another side; `buy` holds the symbol, `sell` minus the symbol (or
nothing, `short` False), `neutral` nothing, always for the whole equity: it is adjusted at each open
and close. Each change of position costs `cost` (a fraction of the
equity, per unit of position).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from streams.domain.signal import Side


class Price(NamedTuple):
    """A bar, as far as this needs it; `start` in epoch ms."""

    start: int
    open: float
    close: float


class Call(NamedTuple):
    """A signal: the bar that raised it, and its side."""

    start: int
    side: Side


class Point(NamedTuple):
    """At a bar's close: equity, its fall below its own peak (<= 0), and buy-and-hold's equity."""

    start: int
    equity: float
    drawdown: float
    hold: float


class Trade(NamedTuple):
    """A position from its first bar's open to its last one's: 1 or -1, prices, gain after costs."""

    entered: int
    left: int
    position: int
    price: float
    exit_price: float
    gain: float


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that following gave: the curve, the position at each bar, completed trades."""

    points: list[Point]
    positions: list[int]
    trades: list[Trade]
    turnover: float
    """Sum of the changes of position: from long to short is 2."""


@dataclass(frozen=True, slots=True)
class Followed:
    """The curve, and what it comes down to; fractions, trades are completed ones."""

    points: list[Point]
    trades: int
    won: int
    total_return: float
    hold_return: float
    worst_drawdown: float
    exposed: float
    """Share of the bars with a position."""


def follow(
    bars: Sequence[Price], calls: Iterable[Call], cost: float = 0.0, *, short: bool = True
) -> Followed:
    """Follow the calls through the bars (by time); later calls of one bar win."""
    kept = keep_books(bars, calls, cost, short=short)
    points = kept.points
    return Followed(
        points,
        len(kept.trades),
        sum(trade.gain > 0 for trade in kept.trades),
        points[-1].equity - 1 if points else 0.0,
        points[-1].hold - 1 if points else 0.0,
        min((point.drawdown for point in points), default=0.0),
        sum(position != 0 for position in kept.positions) / len(points) if points else 0.0,
    )


def keep_books(
    bars: Sequence[Price], calls: Iterable[Call], cost: float = 0.0, *, short: bool = True
) -> Ledger:
    """The same, with every position and trade."""
    wanted = {call.start: _position(call.side, short) for call in calls}
    book = _Book(cost)
    points: list[Point] = []
    positions: list[int] = []
    peak, target = 1.0, 0
    for number, bar in enumerate(bars):
        if number:
            book.mark(bar.open)
        if target != book.position:
            book.turn(target, bar)
        book.mark(bar.close, begin=bar.open)
        peak = max(peak, book.equity)
        hold = bar.close / bars[0].open
        points.append(Point(bar.start, book.equity, book.equity / peak - 1, hold))
        positions.append(book.position)
        target = wanted.get(bar.start, target)
    return Ledger(points, positions, book.trades, book.turnover)


def _position(side: Side, short: bool) -> int:
    if side is Side.SELL:
        return -1 if short else 0
    return 1 if side is Side.BUY else 0


class _Book:
    """Equity and position, marked to prices."""

    def __init__(self, cost: float) -> None:
        self._cost = cost
        self._price: float | None = None
        self._entered = (0, 0.0, 1.0)
        self.equity = 1.0
        self.position = 0
        self.turnover = 0.0
        self.trades: list[Trade] = []

    def mark(self, price: float, begin: float | None = None) -> None:
        """Follow the price from the last mark (or `begin`, before the first one)."""
        before = self._price if self._price is not None else begin
        if before is not None:
            self.equity *= max(0.0, 1 + self.position * (price / before - 1))
        self._price = price

    def turn(self, position: int, bar: Price) -> None:
        """Change the position at a bar's open; what leaving costs is the old trade's."""
        change = abs(position - self.position)
        left = self.equity * max(0.0, 1 - self._cost * abs(self.position))
        if self.position:
            start, price, before = self._entered
            gain = left / before - 1 if before else 0.0
            self.trades.append(Trade(start, bar.start, self.position, price, bar.open, gain))
        self._entered = (bar.start, bar.open, left)
        self._price = bar.open
        self.equity *= max(0.0, 1 - self._cost * change)
        self.turnover += change
        self.position = position
