"""JSON Schemas (2020-12) of the topics' messages, generated from the types that read them."""

import json
from typing import Any

import msgspec

from streams.adapters.messages import TickMessage
from streams.domain.anomaly import Anomaly
from streams.domain.bar import Bar
from streams.domain.context_event import ContextEvent
from streams.domain.indicator_row import IndicatorRow
from streams.domain.prediction import Prediction
from streams.domain.signal import Signal
from streams.domain.tape_report import TapeReport
from streams.domain.tick import TickBatch

_TYPES: dict[str, tuple[type, ...]] = {
    "ticks": (TickBatch, TickMessage),
    "context": (ContextEvent,),
    "bars": (Bar,),
    "indicators": (IndicatorRow,),
    "signals": (Signal, Anomaly),
    "predictions": (Prediction,),
    "tapes": (TapeReport,),
}
_NOTES = {
    "ticks": "Key: the symbol. A batch (columns of one symbol, all of one length), a mark without "
    "ticks, or one tick. Times are epoch milliseconds UTC, prices are finite and > 0, sizes >= 0. "
    "Readers ignore other fields.",
    "context": "Key: the symbol, or * where it is about none. One fact at one time, epoch "
    "milliseconds UTC; exactly the fields of its kind are there. Readers ignore other fields.",
    "bars": "Key: the symbol. What happened within [start, end), epoch milliseconds UTC. A bar "
    "that is not final is still forming and will be sent again.",
    "indicators": "Key: the symbol. One record per final bar and interval.",
    "signals": "Key: the symbol. The data of a CloudEvent 1.0 in Kafka binary mode (ce_* headers): "
    "an anomaly where its type is io.tapedeck.anomaly, else a signal.",
    "predictions": "Key: the symbol. What the models say at the close of one bar, [start, end), "
    "epoch milliseconds UTC. Votes are about the next bar, by model, with the calibrated "
    "probability that it closes higher; forecasts are closes so many bars later.",
    "tapes": "Key: the symbol. What became of one symbol's ticks in one run of a replay.",
}


def schemas() -> dict[str, str]:
    """{topic: schema text}, with stable formatting."""
    return {topic: json.dumps(_schema(topic), indent=2) + "\n" for topic in _TYPES}


def _schema(topic: str) -> dict[str, Any]:
    roots, components = msgspec.json.schema_components(_TYPES[topic], ref_template="#/$defs/{name}")
    body = roots[0] if len(roots) == 1 else {"anyOf": list(roots)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:tapedeck:schema:{topic}",
        "title": f"A message of the topic {topic}",
        "description": _NOTES[topic],
        **body,
        "$defs": components,
    }
