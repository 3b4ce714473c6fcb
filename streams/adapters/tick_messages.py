"""What a `ticks` message says, from us or from anyone else, and why when it cannot be used."""

import json
from typing import Any

import msgspec

from streams.adapters.messages import decode_ticks
from streams.adapters.records import Message
from streams.domain.screen import batch_fault
from streams.domain.tick import Mark, Reject, TickBatch

_COLUMNS = ("ts", "price", "size", "open", "high", "low")


class _Envelope(msgspec.Struct):
    """A `ticks` message without its columns."""

    symbol: str
    source: str | None = None
    first: int = 0
    run: str | None = None
    mark: Mark | None = None
    clock: int | None = None


def read_ticks(message: Message) -> tuple[TickBatch | None, list[Reject]]:
    """The batch of a message, or None and why the message is rejected whole.

    Columns may still hold values that are no prices, even no numbers: `screen` finds them, so that
    a bad tick rejects itself and never its batch.
    """
    try:
        batch = decode_ticks(message.value)
    except msgspec.MsgspecError:
        try:
            batch = _salvage(message.value)
        except (ValueError, RecursionError) as error:
            return None, [_whole(message, "bad_message", f"ticks: {error}")]
    fault = batch_fault(batch)
    if fault is None and message.key != batch.symbol:
        fault = "bad_key", f"key: expected the symbol {batch.symbol!r}, was {message.key!r}"
    return (batch, []) if fault is None else (None, [_whole(message, *fault)])


def _whole(message: Message, reason: str, detail: str) -> Reject:
    return Reject(reason, detail, 0, message.value.decode("utf-8", "replace"))


def _salvage(value: bytes) -> TickBatch:
    """A batch by its envelope only: its columns hold whatever they came with, NaN included."""
    raw = json.loads(value)
    envelope = msgspec.convert(raw, _Envelope)
    columns = {name: _column(name, raw.get(name)) for name in _COLUMNS}
    return TickBatch(
        symbol=envelope.symbol,
        ts=columns["ts"] or [],
        price=columns["price"] or [],
        size=columns["size"],
        open=columns["open"],
        high=columns["high"],
        low=columns["low"],
        source=envelope.source,
        first=envelope.first,
        run=envelope.run,
        mark=envelope.mark,
        clock=envelope.clock,
    )


def _column(name: str, value: Any) -> list[Any] | None:
    if value is None:
        return None
    values = value if isinstance(value, list) else [value]
    return [(_time(v) if name == "ts" else _number(v)) for v in values]


def _time(value: Any) -> Any:
    """An int, or what came as JSON text, which no check takes for a time."""
    if type(value) is float and value.is_integer():  # JavaScript has no integers
        return int(value)
    return value if type(value) is int else json.dumps(value)


def _number(value: Any) -> Any:
    """A float, or what came as JSON text, which no check takes for a number."""
    if type(value) is int and abs(value) < 1 << 53:
        return float(value)
    return value if type(value) is float else json.dumps(value)
