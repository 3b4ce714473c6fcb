"""Look at the values of a batch, by column; a bad tick rejects itself, never its batch."""

import json
from collections.abc import Sequence
from math import inf, isfinite

from streams.domain.spans import Span, runs
from streams.domain.tick import MAX_SYMBOL, MAX_TS, MIN_TS, Reject, TickBatch

_MAX_NAME = 128
_MAX_FIRST = 1 << 62  # so that ordinals and offsets fit 64 bits
_COLUMNS = ("price", "size", "open", "high", "low")


def screen(batch: TickBatch) -> tuple[list[Span], list[Reject]]:
    """Index spans of the good ticks, and a reject for each bad one.

    The columns must be of equal length (`batch_fault` says so); of their values, those that are
    no numbers may be anything but bool.
    """
    if not len(batch) or _all_good(batch):
        return ([(0, len(batch))] if len(batch) else []), []
    faults = {i: fault for i in range(len(batch)) if (fault := _tick_fault(batch, i))}
    rejects = [Reject(*fault, i, tick_json(batch, i)) for i, fault in faults.items()]
    return list(runs(i for i in range(len(batch)) if i not in faults)), rejects


def symbol_fault(symbol: str) -> str | None:
    """What is wrong with a symbol's name, or None."""
    if (
        not symbol
        or len(symbol) > MAX_SYMBOL
        or not symbol.isprintable()
        or symbol != symbol.strip()
    ):
        return f"symbol: expected 1 to {MAX_SYMBOL} printable characters, was {symbol[:80]!r}"
    return None


def batch_fault(batch: TickBatch) -> tuple[str, str] | None:
    """Why nothing of a batch can be used, as (reason, detail), or None.

    A symbol that is none, a source or a clock that cannot be, or columns of different lengths:
    nothing says which values belong together.
    """
    detail = symbol_fault(batch.symbol)
    if detail is not None:
        return "bad_symbol", detail
    detail = _envelope_fault(batch)
    if detail is not None:
        return "bad_envelope", detail
    count = len(batch.ts)
    if any(
        column is not None and len(column) != count
        for column in (batch.price, batch.size, batch.open, batch.high, batch.low)
    ):
        return "uneven_columns", f"columns: expected {count} values each, as there are times"
    if not ((batch.open is None) == (batch.high is None) == (batch.low is None)):
        return "uneven_columns", "candles: expected open, high and low together"
    return None


def _envelope_fault(batch: TickBatch) -> str | None:
    for name, text in (("source", batch.source), ("run", batch.run)):
        if text is not None and not (0 < len(text) <= _MAX_NAME and text.isprintable()):
            return f"{name}: expected 1 to {_MAX_NAME} printable characters, was {text[:80]!r}"
    if not 0 <= batch.first < _MAX_FIRST:
        return f"first: expected an ordinal of 0 or more, was {str(batch.first)[:80]}"
    if batch.clock is not None and not MIN_TS <= batch.clock <= MAX_TS:
        return f"clock: expected epoch ms within 1970..2199, was {str(batch.clock)[:80]}"
    return None


def _all_good(batch: TickBatch) -> bool:
    """Whole columns at C speed; a sum is finite only if each of its terms is."""
    try:
        if not (min(batch.ts) >= MIN_TS and max(batch.ts) < MAX_TS):
            return False
        if not (min(batch.price) > 0 and isfinite(sum(batch.price))):
            return False
        if batch.size is not None and not (min(batch.size) >= 0 and isfinite(sum(batch.size))):
            return False
    except TypeError:  # something that is no number; the slow path says what
        return False
    return batch.high is None or not any(_tick_fault(batch, i) for i in range(len(batch)))


def _tick_fault(batch: TickBatch, i: int) -> tuple[str, str] | None:
    ts, price = batch.ts[i], batch.price[i]
    if type(ts) is not int or not MIN_TS <= ts < MAX_TS:
        return "bad_time", f"ts: expected epoch ms within 1970..2199, was {ts!r}"
    if not _positive(price):
        return "bad_price", f"price: expected a finite number > 0, was {price!r}"
    if batch.size is not None and not (_positive(batch.size[i]) or batch.size[i] == 0):
        return "bad_size", f"size: expected a finite number >= 0, was {batch.size[i]!r}"
    if batch.open is not None and batch.high is not None and batch.low is not None:
        return _candle_fault(batch.open[i], batch.high[i], batch.low[i], price)
    return None


def _positive(value: float) -> bool:
    """Whether it is a finite number > 0; JSON from elsewhere may hold anything here."""
    return type(value) in (float, int) and 0 < value < inf


def _candle_fault(open_: float, high: float, low: float, close: float) -> tuple[str, str] | None:
    if (
        all(map(_positive, (open_, high, low)))
        and low <= min(open_, close)
        and high >= max(open_, close)
    ):
        return None
    return "bad_candle", (
        "candle: expected 0 < low <= open, close <= high, "
        f"was open={open_!r} high={high!r} low={low!r} close={close!r}"
    )


def tick_json(batch: TickBatch, i: int) -> str:
    """One tick of a batch as it came, for a person to read."""
    tick: dict[str, object] = {"symbol": batch.symbol, "ts": batch.ts[i]}
    for name in _COLUMNS:
        column: Sequence[float] | None = getattr(batch, name)
        if column is not None:
            tick[name] = column[i]
    return json.dumps(tick)
