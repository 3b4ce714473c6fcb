"""Trades of many symbols gathered into batches of one symbol, under the names that we use."""

from dataclasses import dataclass, field
from functools import lru_cache

from streams.adapters.feeds.event import Trade
from streams.domain.screen import screen, symbol_fault
from streams.domain.tick import MIN_TS, TickBatch

_symbol_fault = lru_cache(4_096)(symbol_fault)
_MOST = 4_096
# So that the sums and products of a bar stay finite numbers.
_MOST_VALUE = 1e15


def trade_fault(trade: Trade, latest_ms: int) -> tuple[str, str] | None:
    """Why a trade cannot be a tick, as (reason, detail), or None; no time is after `latest_ms`."""
    # What nearly every trade is, at a tenth of the cost of finding out what is wrong with one.
    if (
        0 < trade.price <= _MOST_VALUE
        and 0 <= (trade.size or 0.0) <= _MOST_VALUE
        and MIN_TS <= trade.ts <= latest_ms
        and trade.range is None
        and _symbol_fault(trade.symbol) is None
    ):
        return None
    fault = _symbol_fault(trade.symbol)
    if fault is not None:
        return "bad_symbol", fault
    if trade.ts > latest_ms:
        return "bad_time", f"time: expected at most {latest_ms}, was {trade.ts}"
    if max(trade.price, trade.size or 0.0) > _MOST_VALUE:
        return "bad_price", f"price and size: expected at most {_MOST_VALUE:g}, was {trade}"
    faults = screen(_batch(trade.symbol, [trade]))[1]
    return (faults[0].reason, faults[0].detail) if faults else None


@dataclass(slots=True)
class Gathered:
    """What came since the last `batches`, by our symbols."""

    names: dict[str, str] = field(default_factory=dict)
    """{the provider's symbol: ours}; others keep theirs."""
    count: int = 0
    _open: dict[str, list[Trade]] = field(default_factory=dict)

    def add(self, trade: Trade) -> str:
        """Put a trade into its symbol's batch; returns our name of the symbol."""
        symbol = self.names.get(trade.symbol, trade.symbol)
        self._open.setdefault(symbol, []).append(trade)
        self.count += 1
        return symbol

    def batches(self) -> list[TickBatch]:
        """Everything that was gathered, a batch per symbol and kind of trade."""
        found = [
            _batch(symbol, part) for symbol, trades in self._open.items() for part in _alike(trades)
        ]
        self._open, self.count = {}, 0
        return found


def _alike(trades: list[Trade]) -> list[list[Trade]]:
    """In their order: all of a part have a size or none has, and so with ranges."""
    parts: list[list[Trade]] = []
    kind = None
    for trade in trades:
        its = (trade.size is None, trade.range is None)
        if its != kind or len(parts[-1]) == _MOST:
            parts.append([])
            kind = its
        parts[-1].append(trade)
    return parts


def _batch(symbol: str, trades: list[Trade]) -> TickBatch:
    ranges = [trade.range for trade in trades if trade.range is not None]
    first, high, low = zip(*ranges, strict=True) if ranges else (None, None, None)
    sized = trades[0].size is not None
    return TickBatch(
        symbol,
        [trade.ts for trade in trades],
        [trade.price for trade in trades],
        [trade.size or 0.0 for trade in trades] if sized else None,
        open=first,
        high=high,
        low=low,
    )
