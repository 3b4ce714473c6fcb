"""What the aggregate function accepts, and what it loads."""

import subprocess
import sys
from dataclasses import replace

import msgspec
import pytest

from functions.aggregate.aggregator import SIGNALS
from functions.aggregate.reading import read_signal
from streams.adapters.cloud_event import CloudEvent, EventError, check_attributes
from streams.adapters.settled_event import settled_event
from streams.adapters.signal_events import TYPE_PREFIX
from streams.domain.signal import Side, Signal

SIGNAL = Signal("A/5m/0/breakout", 300_000, "A", "5m", "breakout", Side.BUY, 1.5, 0.1, True, "x")


def event(signal: Signal, event_id: str | None = None, source: str = "/s") -> CloudEvent:
    attributes = {
        "specversion": "1.0",
        "id": event_id or signal.id,
        "source": source,
        "type": "io.tapedeck.signal.breakout",
    }
    return CloudEvent(attributes, msgspec.json.encode(signal))


def test_a_signal_is_read() -> None:
    assert read_signal(event(SIGNAL)) == SIGNAL


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"symbol": ""}, "data.symbol: expected 1 to 64"),
        ({"symbol": "a\0b"}, "data.symbol"),
        ({"symbol": "*"}, "stands for all symbols"),
        ({"kind": ""}, "data.kind: expected 1 to 64"),
        ({"kind": "a\0"}, "data.kind"),
        ({"kind": "k" * 65}, "data.kind"),
        ({"time": 0}, "data.time"),
        ({"time": 1 << 62}, "data.time"),
        ({"price": 0.0}, "data.price"),
        ({"price": -1.0}, "data.price"),
        ({"interval": "7m"}, "data.interval: expected a length that divides a day"),
        ({"interval": "soon"}, "data.interval"),
    ],
)
def test_a_wrong_field_is_named(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(EventError, match=said.replace(".", r"\.")) as caught:
        read_signal(event(replace(SIGNAL, **wrong)))  # type: ignore[arg-type]  # on purpose
    assert caught.value.status == 422


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (event(SIGNAL, "another"), "data.id: expected the event's id"),
        (event(replace(SIGNAL, id="i" * 301)), "id: expected at most 300"),
        (event(SIGNAL, source="/" * 301), "source: expected at most 300"),
        (replace(event(SIGNAL), data=b'{"id": 1}'), "expected a signal"),
        (replace(event(SIGNAL), data=b"[]"), "expected a JSON object"),
    ],
)
def test_a_wrong_event_is_named(broken: CloudEvent, said: str) -> None:
    with pytest.raises(EventError, match=said) as caught:
        read_signal(broken)
    assert caught.value.status == 422


def test_a_price_that_is_not_finite_is_no_json() -> None:
    data = event(SIGNAL).data.replace(b'"price":1.5', b'"price":NaN')
    with pytest.raises(EventError) as caught:
        read_signal(replace(event(SIGNAL), data=data))
    assert caught.value.status == 400


def test_its_types_are_those_that_are_sent() -> None:
    assert SIGNALS == TYPE_PREFIX
    settled = settled_event("run", 1.5, {"symbols": 2})
    check_attributes(settled.attributes)
    assert (settled.id, settled.get("time")) == ("run", "1970-01-01T00:00:01.500+00:00")
    assert msgspec.json.decode(settled.data) == {"run": "run", "symbols": 2}


def test_nothing_heavy_is_loaded() -> None:
    heavy = ("numpy", "polars", "pyarrow", "quixstreams", "confluent_kafka", "alembic")
    script = (
        "import sys, functions.aggregate; "
        f"print([name for name in {heavy} + ('cloudevents',) if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("kind", ["news", "order_book", "fundamentals", "economic"])
def test_a_context_signal_needs_no_price_but_a_symbol(kind: str) -> None:
    found = replace(SIGNAL, id=f"A/context/0/1/{kind}", kind=kind, price=0.0)
    assert read_signal(event(found)) == found
    assert read_signal(event(replace(found, symbol="*"))) is None
