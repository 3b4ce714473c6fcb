"""The messages of the topic `context`: JSON, and in a header the place on the tape it is from."""

import re

import msgspec

from streams.adapters.messages import Headers, decoded
from streams.adapters.records import Message
from streams.domain.context_event import ContextEvent, context_fault

_encoder = msgspec.json.Encoder()
_event = msgspec.json.Decoder(ContextEvent)
_PLACE = "place"
_ON_TAPE = re.compile(rb"([\w-]{1,64})/(\d{1,15})")


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


def place_headers(source: str, number: int) -> Headers:
    """Those of the event that is the `number`-th of a tape, which may be sent again."""
    return [(_PLACE, f"{source}/{number}".encode())]


def place_of(message: Message) -> tuple[str, int]:
    """What an event is known by: its tape's source and its number there, or topic and offset.

    Among the events of one symbol and source the numbers only grow.
    """
    told = _ON_TAPE.fullmatch(dict(message.headers).get(_PLACE, b""))
    return (told[1].decode(), int(told[2])) if told else (message.origin, message.offset)
