"""The JSON of the topic `context`."""

import msgspec

from streams.adapters.messages import decoded
from streams.domain.context_event import ContextEvent, context_fault

_encoder = msgspec.json.Encoder()
_event = msgspec.json.Decoder(ContextEvent)


def encode_context(event: ContextEvent) -> bytes:
    """The value of a `context` message; fields without a value are left out."""
    return _encoder.encode(
        {
            field: value
            for field in ContextEvent.__slots__
            if (value := getattr(event, field)) is not None
        }
    )


def decode_context(value: bytes) -> ContextEvent:
    """Raises msgspec.ValidationError or DecodeError when it is none, or one that cannot be."""
    event = decoded(_event, value)
    fault = context_fault(event)
    if fault is not None:
        raise msgspec.ValidationError(fault)
    return event
