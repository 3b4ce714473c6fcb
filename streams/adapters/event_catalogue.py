"""Every CloudEvent that passes the broker, described once.

From here come the catalogue page, the EventTypes of `knative/` and the JSON Schemas of the data;
`tapedeck schemas` writes them and a test compares.
"""

import json

from streams.adapters.cloud_event import JSON_TYPE, CloudEvent
from streams.adapters.event_kind import EventKind, standard
from streams.adapters.settled_event import SOURCE as SETTLED_SOURCE
from streams.adapters.settled_event import TYPE as SETTLED
from streams.adapters.settled_event import settled_event
from streams.adapters.signal_kinds import ANOMALY, CONTEXT_KINDS, signal_kind
from streams.domain.signal import Side, Signal

_EXAMPLE = Signal(
    "ACME/5m/1636362000000/breakout", 1_636_362_300_000, "ACME", "5m", "breakout",
    Side.BUY, 101.25, 0.5, True, "EMA38 crossed above EMA100",
)  # fmt: skip

BREAKOUT = signal_kind(_EXAMPLE, "A fast average of the closes crossed a slow one.")
RECOMMENDATION = signal_kind(
    Signal(
        "ACME/5m/1636362000000/recommendation", 1_636_362_300_000, "ACME", "5m", "recommendation",
        Side.BUY, 101.25, 0.61, True,
        "was neutral, weighted vote +0.61: rsi UP macd UP momentum UP change UP bollinger NEUTRAL",
    ),
    "What is recommended has changed: Buy, Sell or Neutral by the average of weighted votes.",
)  # fmt: skip
OWN_RULE = signal_kind(
    Signal(
        "ACME/5m/1636362000000/rule:oversold", 1_636_362_300_000, "ACME", "5m", "rule:oversold",
        Side.BUY, 101.25, 1.0, True, "rsi14 < 30 and close > bb_lower: rsi14 28.4, close 101.25, "
        "bb_lower 100.9",
    ),
    "The expression of a user's own rule has become true.",
)  # fmt: skip

_PING_SOURCE = "/apis/v1/namespaces/tapedeck/pingsources/every-five-minutes"
PING = EventKind(
    name="dev.knative.sources.ping",
    summary="Five minutes have passed: what is due by the clock is done now.",
    producer="the PingSource `every-five-minutes` sends it",
    receivers=("notify", "aggregate"),
    attributes=standard(
        "dev.knative.sources.ping", _PING_SOURCE, "made by the source", "when it was sent"
    ),
    extensions=(),
    data={
        "type": "object",
        "properties": {"every": {"type": "string"}},
        "required": ["every"],
    },
    fields={"every": "the span between two of them, `5m`"},
    example=CloudEvent(
        {
            "specversion": "1.0",
            "id": "0b2f4a0e-6a0c-4f5c-9d0e-3f1a6f0c2d11",
            "source": _PING_SOURCE,
            "type": "dev.knative.sources.ping",
            "time": "2021-11-08T09:05:00Z",
            "datacontenttype": JSON_TYPE,
        },
        json.dumps({"every": "5m"}).encode(),
    ),
)

SETTLED_TAPE = EventKind(
    name=SETTLED,
    summary="A replay is over: all that it caused is stored and delivered.",
    producer="`replay --wait` and `demo` post it",
    receivers=("aggregate",),
    attributes=standard(SETTLED, SETTLED_SOURCE, "the name of the run", "when it had settled"),
    extensions=(),
    data={
        "type": "object",
        "properties": {"run": {"type": "string", "minLength": 1}},
        "required": ["run"],
    },
    fields={"run": "the name of the run, as in the topic `tapes`"},
    example=settled_event("0b2f4a0e6a0c4f5c", 1_636_362_300, {}),
)

CATALOGUE: tuple[EventKind, ...] = (
    BREAKOUT, RECOMMENDATION, OWN_RULE, *CONTEXT_KINDS, ANOMALY, SETTLED_TAPE, PING,
)  # fmt: skip


def event_schemas() -> dict[str, str]:
    """{event type: schema text}, with stable formatting."""
    return {kind.name: json.dumps(kind.schema, indent=2) + "\n" for kind in CATALOGUE}
