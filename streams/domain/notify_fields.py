"""The fields that templates of notifications may show, each with a value of its type."""

from collections.abc import Mapping
from datetime import UTC

from streams.domain.message_template import Moment, Value

_MOMENT = Moment(2021, 11, 8, 9, 5, tzinfo=UTC)

SIGNAL_FIELDS: Mapping[str, Value] = {
    "symbol": "ACME",
    "kind": "breakout",
    "side": "buy",
    "SIDE": "BUY",
    "interval": "5m",
    "price": 101.25,
    "strength": 0.5,
    "severity": "high",
    "warm": "true",
    "reason": "EMA38 crossed above EMA100",
    "time": _MOMENT,
    "id": "ACME/5m/1636362000000/breakout",
    "source": "/tapedeck/signals",
    "latency_ms": 40,
    "line": "BUY ACME at 101.25, ...",
}
"""Of `subject` and `text`; `line` is the usual text, missing values are empty."""

DIGEST_FIELDS: Mapping[str, Value] = {
    "count": 3,
    "symbols": "ACME, BRISK",
    "first": _MOMENT,
    "last": _MOMENT,
    "lines": "BUY ACME ...\nSELL BRISK ...",
}
"""Of `digest_subject` and `digest_text`; `lines` are the texts of what is told, one a line."""
