"""The signal in an event, checked for what could not be stored or scored."""

from math import isfinite

import msgspec

from streams.adapters.cloud_event import CloudEvent, EventError, json_data
from streams.adapters.messages import decode_signal
from streams.domain.context_event import MARKET
from streams.domain.context_rules.context_rules import KINDS
from streams.domain.errors import ConfigError
from streams.domain.interval import interval_ms
from streams.domain.scorecard import POOLED
from streams.domain.screen import symbol_fault
from streams.domain.signal import Signal
from streams.domain.tick import MAX_TS, MIN_TS

# Two of them, at four bytes a character, fit an entry of an index.
_MAX_KEY = 300
_MAX_KIND = 64


def read_signal(event: CloudEvent) -> Signal | None:
    """The signal; None where there is nothing to score: what is about no single symbol.

    Raises EventError: 415, 400 or 422, which names the field, what was expected and was.
    """
    json_data(event)  # says 415, 400 or 422 for what is not even an object
    try:
        signal = decode_signal(event.data)
    except msgspec.DecodeError as error:
        raise EventError(422, f"data: expected a signal, was off: {error}") from error
    if signal.symbol == MARKET and signal.kind in KINDS:
        return None
    fault = _fault(event, signal)
    if fault is not None:
        raise EventError(422, fault)
    return signal


def _fault(event: CloudEvent, signal: Signal) -> str | None:
    for name, text in (("id", event.id), ("source", event.source)):
        if len(text) > _MAX_KEY:
            return f"{name}: expected at most {_MAX_KEY} characters, was {len(text)}"
    if signal.id != event.id:
        return f"data.id: expected the event's id {event.id!r}, was {signal.id[:_MAX_KEY]!r}"
    if (fault := symbol_fault(signal.symbol)) is not None:
        return f"data.{fault}"
    if signal.symbol == POOLED:
        return f"data.symbol: expected anything but {POOLED!r}, which stands for all symbols"
    if not signal.kind or len(signal.kind) > _MAX_KIND or not signal.kind.isprintable():
        was = signal.kind[:_MAX_KIND]
        return f"data.kind: expected 1 to {_MAX_KIND} printable characters, was {was!r}"
    if not MIN_TS < signal.time <= MAX_TS:
        return f"data.time: expected epoch ms in ({MIN_TS}, {MAX_TS}], was {signal.time}"
    unpriced = signal.price == 0 and signal.kind in KINDS
    if not (isfinite(signal.price) and (signal.price > 0 or unpriced)):
        return f"data.price: expected a finite number > 0, was {signal.price}"
    try:
        interval_ms(signal.interval)
    except ConfigError as error:
        return f"data.{error}"
    return None
