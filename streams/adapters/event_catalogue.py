"""Every CloudEvent that passes the broker, described once.

From here come the catalogue page, the EventTypes of `knative/` and the JSON Schemas of the data;
`tapedeck schemas` writes them and a test compares.
"""

import json

from streams.adapters.cloud_event import JSON_TYPE, CloudEvent
from streams.adapters.event_kind import Attribute, EventKind, standard
from streams.adapters.messages import encode
from streams.adapters.settled_event import SOURCE as SETTLED_SOURCE
from streams.adapters.settled_event import TYPE as SETTLED
from streams.adapters.settled_event import settled_event
from streams.adapters.signal_events import SOURCE, TYPE_PREFIX
from streams.domain.signal import Side, Signal

_EXAMPLE = Signal(
    "ACME/5m/1636362000000/breakout", 1_636_362_300_000, "ACME", "5m", "breakout",
    Side.BUY, 101.25, 0.5, True, "EMA38 crossed above EMA100",
)  # fmt: skip
_TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}

BREAKOUT = EventKind(
    name=f"{TYPE_PREFIX}breakout",
    summary="A fast average of the closes crossed a slow one.",
    producer="`run signals` makes it, `run deliver` posts it",
    receivers=("notify", "aggregate"),
    attributes=(
        *standard(
            f"{TYPE_PREFIX}breakout",
            SOURCE,
            "`SYMBOL/INTERVAL/START/breakout`, START = start of the bar in epoch ms: a pure "
            "function of what it is about",
            "end of the bar",
        ),
        Attribute("subject", "the symbol", "{symbol}"),
    ),
    extensions=(
        Attribute(
            "partitionkey",
            "the symbol: a symbol's events stay in order where the Trigger asks for `ordered`",
            "{symbol}",
        ),
        Attribute("symbol", "as in the data", "{symbol}"),
        Attribute("kind", "as in the data", "breakout"),
        Attribute("side", "as in the data", "{side}"),
        Attribute("interval", "as in the data", "{interval}"),
        Attribute(
            "warm",
            "`true`, or `false` while the averages are still dominated by their start",
            "{warm}",
        ),
        Attribute(
            "producedms",
            "over HTTP only: epoch ms when the tick that caused it was sent (Kafka header "
            "`produced`); absent when unknown",
            "{producedms}",
            optional=True,
        ),
    ),
    data=Signal,
    fields={
        "id": "the event's id",
        "time": "end of the bar, epoch ms UTC",
        "symbol": "1 to 64 characters",
        "interval": "such as `5m`",
        "kind": "`breakout`",
        "side": "`buy`, `sell` or `neutral`",
        "price": "close of the bar",
        "strength": ">= 0: how far the rule was exceeded",
        "warm": "as the extension",
        "reason": "for people",
    },
    example=CloudEvent(
        {
            "specversion": "1.0",
            "id": _EXAMPLE.id,
            "source": SOURCE,
            "type": f"{TYPE_PREFIX}breakout",
            "time": "2021-11-08T09:05:00Z",
            "subject": "ACME",
            "datacontenttype": JSON_TYPE,
            "partitionkey": "ACME",
            "symbol": "ACME",
            "kind": "breakout",
            "side": "buy",
            "interval": "5m",
            "warm": "true",
            "producedms": "1636362300012",
        },
        encode(_EXAMPLE),
        _TRACE,
    ),
)

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

CATALOGUE: tuple[EventKind, ...] = (BREAKOUT, SETTLED_TAPE, PING)


def event_schemas() -> dict[str, str]:
    """{event type: schema text}, with stable formatting."""
    return {kind.name: json.dumps(kind.schema, indent=2) + "\n" for kind in CATALOGUE}
