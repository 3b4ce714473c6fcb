"""Anomalies on the topic `signals`, told from signals by the type of their event.

Apart from `anomaly_events`, which makes them: its library is not for cold starts.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from streams.adapters.messages import decode_signal, decoded
from streams.domain.anomaly import Anomaly
from streams.domain.signal import Signal

TYPE = "io.tapedeck.anomaly"
SOURCE = "/tapedeck/anomalies"
_CE_TYPE = "ce_type"
_anomaly = msgspec.json.Decoder(Anomaly)
_encoder = msgspec.json.Encoder()


def encode_anomaly(anomaly: Anomaly) -> bytes:
    """The data of an anomaly's event."""
    return _encoder.encode(anomaly)


def decode_anomaly(value: bytes) -> Anomaly:
    """Raises msgspec.ValidationError or DecodeError when it is none."""
    return decoded(_anomaly, value)


def is_anomaly(headers: Iterable[tuple[str, Any]] | None) -> bool:
    """Whether a message of the topic `signals` is one."""
    return any(name == _CE_TYPE and value == TYPE.encode() for name, value in headers or ())


def decode_finding(value: bytes, headers: Iterable[tuple[str, Any]] | None) -> Signal:
    """A message of the topic `signals`: the signal, or an anomaly as one.

    Raises msgspec.ValidationError or DecodeError when it is neither.
    """
    return decode_anomaly(value).signal() if is_anomaly(headers) else decode_signal(value)
