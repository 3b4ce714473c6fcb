"""The JSON of the topics: domain values to bytes and back.

Published as JSON Schemas in `infra/schemas/` (`tapedeck schemas` writes them). Times are epoch ms
UTC. A single tick `{symbol, ts, price, size}` is read as a batch of one.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from streams.domain.bar import Bar
from streams.domain.dead_letter import DeadLetter
from streams.domain.indicator_row import IndicatorRow
from streams.domain.prediction import Prediction
from streams.domain.signal import Signal
from streams.domain.tape_report import TapeReport
from streams.domain.tick import TickBatch

PRODUCED = "produced"
"""Header of a tick message, carried to every output that it causes: epoch ms when it was sent."""
TRACEPARENT = "traceparent"
"""W3C trace context, carried from the tick to the notification."""

Headers = list[tuple[str, bytes]]


class TickMessage(msgspec.Struct, frozen=True):
    """One tick, or one candle where open, high and low are there too and the price is the close."""

    symbol: str
    ts: int
    price: float
    size: float | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    source: str | None = None
    first: int = 0
    run: str | None = None


T = TypeVar("T")
# Text from anyone: int() would refuse "²" and thousands of digits, and so would the store.
_POSITION = re.compile(r"-?[0-9]{1,18}")
_encoder = msgspec.json.Encoder()
_batch = msgspec.json.Decoder(TickBatch)
_tick = msgspec.json.Decoder(TickMessage)
_bar = msgspec.json.Decoder(Bar)
_indicators = msgspec.json.Decoder(IndicatorRow)
_signal = msgspec.json.Decoder(Signal)
_prediction = msgspec.json.Decoder(Prediction)
_report = msgspec.json.Decoder(TapeReport)


def decoded(decoder: msgspec.json.Decoder[T], value: bytes) -> T:
    """Raises msgspec.ValidationError or DecodeError, and nothing else.

    msgspec lets out two more: text that is not UTF-8, and members that nest too deeply.
    """
    try:
        return decoder.decode(value)
    except (UnicodeDecodeError, RecursionError) as error:
        raise msgspec.DecodeError(f"JSON is malformed: {error}") from error


def decode_ticks(value: bytes) -> TickBatch:
    """Read a `ticks` message by its types only; `streams.domain.screen` looks at the values.

    Raises msgspec.ValidationError or DecodeError when a type is off anywhere in the message.
    """
    try:
        return decoded(_batch, value)
    except msgspec.ValidationError:
        return _single(decoded(_tick, value))


def _single(tick: TickMessage) -> TickBatch:
    return TickBatch(
        symbol=tick.symbol,
        ts=[tick.ts],
        price=[tick.price],
        size=None if tick.size is None else [tick.size],
        open=None if tick.open is None else [tick.open],
        high=None if tick.high is None else [tick.high],
        low=None if tick.low is None else [tick.low],
        source=tick.source,
        first=tick.first,
        run=tick.run,
    )


def encode_ticks(batch: TickBatch) -> bytes:
    """The value of a `ticks` message; columns and fields at their default are left out."""
    return _encoder.encode(
        {
            field: value
            for field in TickBatch.__slots__
            if (value := getattr(batch, field)) is not None and (field != "first" or batch.source)
        }
    )


def encode(value: Bar | IndicatorRow | Signal | TapeReport | Prediction) -> bytes:
    """The value of a `bars`, `indicators`, `signals`, `predictions` or `tapes` message."""
    return _encoder.encode(value)


def decode_bar(value: bytes) -> Bar:
    """Raises msgspec.ValidationError or DecodeError when it is none."""
    return decoded(_bar, value)


def decode_indicators(value: bytes) -> IndicatorRow:
    """Raises msgspec.ValidationError or DecodeError when it is none."""
    return decoded(_indicators, value)


def decode_signal(value: bytes) -> Signal:
    """The data of a signal event. Raises msgspec.ValidationError or DecodeError when it is none."""
    return decoded(_signal, value)


def decode_prediction(value: bytes) -> Prediction:
    """Raises msgspec.ValidationError or DecodeError when it is none."""
    return decoded(_prediction, value)


def decode_report(value: bytes) -> TapeReport:
    """Raises msgspec.ValidationError or DecodeError when it is none."""
    return decoded(_report, value)


def dead_letter_headers(letter: DeadLetter) -> Headers:
    """Why and where from; the message's value is the raw bytes, its key the origin."""
    fields = ("id", "origin", "reason", "detail", "source", "position")
    return [(name, str(getattr(letter, name)).encode()) for name in fields]


def decode_dead_letter(
    value: bytes | None, headers: Iterable[tuple[str, Any]] | None
) -> DeadLetter:
    """A dead letter from its message; what a foreign producer left out reads as empty."""
    at: Mapping[str, str] = {
        name: bytes(text or b"").decode("utf-8", "replace") for name, text in headers or ()
    }
    position = at.get("position", "")
    return DeadLetter(
        id=at.get("id", ""),
        origin=at.get("origin", ""),
        reason=at.get("reason", ""),
        detail=at.get("detail", ""),
        source=at.get("source", ""),
        position=int(position) if _POSITION.fullmatch(position) else 0,
        raw=value or b"",
    )
