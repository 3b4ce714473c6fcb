"""Domain values as polars frames, with the columns of `tapedeck export`."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from math import inf

import polars as pl

from streams.domain.backtest import Backtest
from streams.domain.bar import Bar
from streams.domain.errors import InputError
from streams.domain.indicator_row import IndicatorRow
from streams.domain.scorecard import Scorecard
from streams.domain.signal import Signal
from streams.domain.tick import TickBatch

_BAR = {
    "symbol": pl.String, "interval": pl.String, "start_ms": pl.Int64, "end_ms": pl.Int64,
    "open": pl.Float64, "high": pl.Float64, "low": pl.Float64, "close": pl.Float64,
    "volume": pl.Float64, "vwap": pl.Float64, "trades": pl.Int64, "last_ts_ms": pl.Int64,
}  # fmt: skip
_PRICES = pl.col("open", "high", "low", "close", "vwap")
_VOLUME = pl.col("volume").is_between(0, inf, closed="left")
_SIGNAL = {
    "id": pl.String, "time_ms": pl.Int64, "symbol": pl.String, "interval": pl.String,
    "kind": pl.String, "side": pl.String, "price": pl.Float64, "strength": pl.Float64,
    "warm": pl.Boolean, "reason": pl.String,
}  # fmt: skip
_CARD = {
    "rule": pl.String, "interval": pl.String, "symbol": pl.String, "horizon": pl.Int64,
    "signals": pl.Int64, "hits": pl.Int64, "hit_rate": pl.Float64, "low": pl.Float64,
    "high": pl.Float64, "mean_return": pl.Float64, "base_rate": pl.Float64,
    "base_mean_return": pl.Float64,
}  # fmt: skip
_TICK = {"symbol": pl.String, "ts_ms": pl.Int64, "price": pl.Float64, "size": pl.Float64}


def tick_frame(batches: Iterable[TickBatch]) -> pl.DataFrame:
    """`symbol ts_ms price size`, sorted by symbol, then time; equal times in the tape's order."""
    parts = [
        pl.DataFrame(
            {"symbol": [batch.symbol] * len(batch), "ts_ms": batch.ts, "price": batch.price,
             "size": batch.size or [None] * len(batch)},
            schema=_TICK,
        )
        for batch in batches
    ]  # fmt: skip
    held = pl.concat(parts) if parts else pl.DataFrame(schema=_TICK)
    return held.sort("symbol", "ts_ms", maintain_order=True)


def bar_frame(bars: Iterable[Bar]) -> pl.DataFrame:
    """A row per bar."""
    names = [field.name for field in fields(Bar) if field.name != "final"]
    rows = [tuple(getattr(bar, name) for name in names) for bar in bars]
    return pl.DataFrame(rows, schema=_BAR, orient="row")


def bars_of_frame(frame: pl.DataFrame) -> list[Bar]:
    """The bars of a frame with the columns of `bar_frame`; of one that is there twice the first.

    Raises InputError where a value is missing, or no market has it.
    """
    held = frame.select(list(_BAR)).unique(
        ["symbol", "interval", "start_ms"], keep="first", maintain_order=True
    )
    missing = [name for name in held.columns if held[name].null_count()]
    if missing:
        raise InputError(f"bars: expected a value everywhere, was null in {', '.join(missing)}")
    held = held.cast(_BAR)  # type: ignore[arg-type]  # polars' types of dtypes
    odd = held.filter(~pl.all_horizontal(_PRICES.is_between(0, inf, closed="none"), _VOLUME))
    if len(odd):
        raise InputError(
            "bars: expected finite prices > 0 and a volume >= 0, "
            f"was {odd.select(_PRICES, 'volume').row(0, named=True)}"
        )
    return [Bar(*row) for row in held.iter_rows()]


def indicator_frame(
    rows: Sequence[IndicatorRow], names: Sequence[str], voters: Sequence[str]
) -> pl.DataFrame:
    """A row per bar: key, close, indicators, `vote_RULE`, `warm`; null while warming up."""
    columns: dict[str, pl.Series] = {
        "symbol": pl.Series([row.symbol for row in rows], dtype=pl.String),
        "interval": pl.Series([row.interval for row in rows], dtype=pl.String),
        "start_ms": pl.Series([row.start for row in rows], dtype=pl.Int64),
        "close": pl.Series([row.close for row in rows], dtype=pl.Float64),
    }
    for name in names:
        columns[name] = pl.Series([row.values.get(name) for row in rows], dtype=pl.Float64)
    for name in voters:
        columns[f"vote_{name}"] = pl.Series([r.votes.get(name) for r in rows], dtype=pl.String)
    columns["warm"] = pl.Series([row.warm for row in rows], dtype=pl.Boolean)
    return pl.DataFrame(columns)


def signal_frame(signals: Iterable[Signal]) -> pl.DataFrame:
    """A row per signal."""
    names = [field.name for field in fields(Signal)]
    rows = [tuple(getattr(each, name) for name in names) for each in signals]
    return pl.DataFrame([(*r[:5], r[5].value, *r[6:]) for r in rows], schema=_SIGNAL, orient="row")


def card_frame(cards: Iterable[tuple[str, str, str, int, Scorecard]]) -> pl.DataFrame:
    """A row per (rule, interval, symbol, horizon, card); symbol `*` is all of them."""
    rows = [
        (rule, interval, symbol, horizon, card.signals, card.hits, card.hit_rate, *card.interval,
         card.mean_return, card.base_rate, card.base_mean_return)
        for rule, interval, symbol, horizon, card in cards
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=_CARD, orient="row")


def equity_frame(found: Backtest) -> pl.DataFrame:
    """`start_ms equity drawdown hold`, a row per bar's start, of all symbols together."""
    schema = {"start_ms": pl.Int64, "equity": pl.Float64, "drawdown": pl.Float64,
              "hold": pl.Float64}  # fmt: skip
    return pl.DataFrame([tuple(point) for point in found.points], schema=schema, orient="row")


def trade_frame(found: Backtest) -> pl.DataFrame:
    """A row per completed trade: when, which way (1 or -1), prices, gain after costs."""
    schema = {
        "symbol": pl.String, "entered_ms": pl.Int64, "left_ms": pl.Int64, "position": pl.Int64,
        "price": pl.Float64, "exit_price": pl.Float64, "gain": pl.Float64,
    }  # fmt: skip
    rows = [(each.symbol, *trade) for each in found.followed for trade in each.ledger.trades]
    return pl.DataFrame(rows, schema=schema, orient="row")
