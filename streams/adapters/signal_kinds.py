"""What is said of the events of one kind of signal, and of an anomaly."""

from datetime import UTC, datetime

from streams.adapters.anomaly_messages import SOURCE as ANOMALY_SOURCE
from streams.adapters.anomaly_messages import TYPE as ANOMALY_TYPE
from streams.adapters.anomaly_messages import encode_anomaly
from streams.adapters.cloud_event import JSON_TYPE, CloudEvent
from streams.adapters.event_kind import Attribute, EventKind, standard
from streams.adapters.messages import encode
from streams.adapters.signal_events import SOURCE, signal_type
from streams.domain.anomaly import Anomaly
from streams.domain.signal import Side, Signal

PRODUCER = "`run signals` makes it, `run deliver` posts it"
BAR_ID = (
    "`SYMBOL/INTERVAL/START/{kind}`, START = start of the bar in epoch ms: a pure function of what "
    "it is about"
)
_CONTEXT_ID = (
    "`SYMBOL/TOPIC/PARTITION/OFFSET/{kind}`, of the context event that made it; "
    "`SYMBOL/SOURCE/NUMBER/{kind}` of one from a tape"
)
_TRACE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
_SUBJECT = Attribute("subject", "the symbol", "{symbol}")
_PARTITION = Attribute(
    "partitionkey",
    "the symbol: a symbol's events stay in order where the Trigger asks for `ordered`",
    "{symbol}",
)
_PRODUCED = Attribute(
    "producedms",
    "over HTTP only: epoch ms when the tick that caused it was sent (Kafka header "
    "`produced`); absent when unknown",
    "{producedms}",
    optional=True,
)


def signal_kind(
    example: Signal,
    summary: str,
    *,
    id_: str = BAR_ID,
    time: str = "end of the bar",
    price: str = "close of the bar",
    warm: str = "`true`, or `false` while the averages are still dominated by their start",
) -> EventKind:
    """The events of the example's kind; `id_`, `time`, `price` and `warm` say what those are.

    A kind with a colon stands for all of its family: `rule:oversold` for `rule:NAME`.
    """
    family, named, _ = example.kind.partition(":")
    kind, template = (f"{family}:NAME", f"{family}:{{name}}") if named else (family, family)
    type_ = signal_type(example.kind)
    return EventKind(
        name=type_,
        summary=summary,
        producer=PRODUCER,
        receivers=("notify", "aggregate"),
        attributes=(*standard(type_, SOURCE, id_.replace("{kind}", kind), time), _SUBJECT),
        extensions=(
            _PARTITION,
            Attribute("symbol", "as in the data", "{symbol}"),
            Attribute("kind", "as in the data", template),
            Attribute("side", "as in the data", "{side}"),
            Attribute("interval", "as in the data", "{interval}"),
            Attribute("warm", warm, "{warm}"),
            _PRODUCED,
        ),
        data=Signal,
        fields={
            "id": "the event's id",
            "time": f"{time}, epoch ms UTC",
            "symbol": "1 to 64 characters",
            "interval": "such as `5m`",
            "kind": f"`{kind}`",
            "side": "`buy`, `sell` or `neutral`",
            "price": price,
            "strength": ">= 0: how far the rule was exceeded",
            "warm": "as the extension",
            "reason": "for people",
        },
        example=_example(type_, SOURCE, example, encode(example)),
    )


def _example(type_: str, source: str, of: Signal | Anomaly, data: bytes) -> CloudEvent:
    extensions = (
        {"side": of.side.value, "interval": of.interval, "warm": "true" if of.warm else "false"}
        if isinstance(of, Signal)
        else {"severity": of.severity, "interval": of.interval}
    )
    time = datetime.fromtimestamp(of.time / 1_000, UTC).isoformat().replace("+00:00", "Z")
    attributes = {
        "specversion": "1.0",
        "id": of.id,
        "source": source,
        "type": type_,
        "time": time,
        "subject": of.symbol,
        "datacontenttype": JSON_TYPE,
        "partitionkey": of.symbol,
        "symbol": of.symbol,
        "kind": of.kind,
        **extensions,
        "producedms": str(of.time + 12),
    }
    return CloudEvent(attributes, data, _TRACE)


def _context(kind: str, side: Side, strength: float, summary: str, reason: str) -> EventKind:
    symbol = "*" if kind == "economic" else "ACME"
    example = Signal(
        f"{symbol}/context/3/17/{kind}", 1_636_362_300_000, symbol, "5m", kind, side, 0.0,
        strength, True, reason,
    )  # fmt: skip
    return signal_kind(
        example,
        summary,
        id_=_CONTEXT_ID,
        time="time of the context event",
        price="0: it has none",
        warm="`true`",
    )


CONTEXT_KINDS = (
    _context(
        "news", Side.BUY, 2.6,
        "The news of a symbol of late add up to more than chance.",
        "news add up to +2.30, 2.6 times what chance would",
    ),
    _context(
        "order_book", Side.SELL, 0.52,
        "The orders for a symbol of late are one-sided.",
        "orders of late: 240 to buy, 760 to sell, imbalance -0.52",
    ),
    _context(
        "fundamentals", Side.BUY, 0.2,
        "The price-earnings ratio of a symbol is far from what it used to be.",
        "P/E 16 is -20.0 % from its mean of 20",
    ),
    _context(
        "economic", Side.SELL, 3.1,
        "A figure of the economy is a surprise; the symbol is `*`.",
        "Unemployment Rate +5.2 against a mean of +4.1, 3.1 deviations",
    ),
)  # fmt: skip

_ANOMALY = Anomaly(
    "ACME/5m/1636362000000/anomaly.price_spike", 1_636_362_300_000, "ACME", "5m", "price_spike",
    "high", 112.5, 100.0, 105.0, 1_636_362_000_000, 111.0,
    "112.5 is +12.5 % off the mean of 20 bars, 100",
)  # fmt: skip
ANOMALY = EventKind(
    name=ANOMALY_TYPE,
    summary="Something is out of the ordinary about a symbol's prices, volumes, quotes or feed.",
    producer="`run signals` or `run bars` makes it, `run deliver` posts it",
    receivers=("notify",),
    attributes=(
        *standard(
            ANOMALY_TYPE,
            ANOMALY_SOURCE,
            "`SYMBOL/INTERVAL/AT/anomaly.KIND`, AT = start of the bar, or time of the tick, in "
            "epoch ms: a pure function of what it is about",
            "end of the bar, or time of the tick",
        ),
        _SUBJECT,
    ),
    extensions=(
        _PARTITION,
        Attribute("symbol", "as in the data", "{symbol}"),
        Attribute("kind", "as in the data; people are told of `anomaly.KIND`", "{kind}"),
        Attribute("severity", "as in the data", "{severity}"),
        Attribute("interval", "as in the data", "{interval}"),
        _PRODUCED,
    ),
    data=Anomaly,
    fields={
        "id": "the event's id",
        "time": "end of the bar, or time of the tick, epoch ms UTC",
        "symbol": "1 to 64 characters",
        "interval": "such as `5m`; of a tick the shortest one",
        "kind": "such as `price_spike`: see [anomalies](anomalies.md)",
        "severity": "`low`, `medium`, `high` or `critical`: by how far",
        "value": "what was seen, in the unit of the kind",
        "expected": "what was to be expected, or null",
        "threshold": "from where on it is out of the ordinary, or null",
        "start": "start of the bar to look at, epoch ms UTC",
        "price": "close of the bar, or price of the tick",
        "reason": "for people",
    },
    example=_example(ANOMALY_TYPE, ANOMALY_SOURCE, _ANOMALY, encode_anomaly(_ANOMALY)),
)
