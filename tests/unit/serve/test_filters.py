"""Trigger filters: the dialects, and what the webhook refuses."""

from typing import Any

import pytest

from streams.adapters.cloud_event import CloudEvent
from streams.apps.serve.filters import trigger_filter
from streams.domain.errors import ConfigError

EVENT = CloudEvent(
    {
        "specversion": "1.0",
        "id": "A/5m/0/breakout",
        "source": "/tapedeck/signals",
        "type": "io.tapedeck.signal.breakout",
        "symbol": "ACME",
        "side": "buy",
    }
)


@pytest.mark.parametrize(
    ("spec", "matches"),
    [
        ({}, True),
        ({"filters": []}, True),
        ({"filters": [{"exact": {"type": "io.tapedeck.signal.breakout"}}]}, True),
        ({"filters": [{"exact": {"type": "io.tapedeck.signal"}}]}, False),
        ({"filters": [{"prefix": {"type": "io.tapedeck."}}]}, True),
        ({"filters": [{"suffix": {"type": ".breakout", "symbol": "ME"}}]}, True),
        ({"filters": [{"suffix": {"type": ".breakout", "symbol": "X"}}]}, False),
        ({"filters": [{"exact": {"absent": "x"}}]}, False),
        ({"filters": [{"not": {"exact": {"absent": "x"}}}]}, True),
        ({"filters": [{"exact": {"side": "buy"}}, {"exact": {"symbol": "OTHER"}}]}, False),
        ({"filters": [{"any": [{"exact": {"side": "sell"}}, {"prefix": {"symbol": "AC"}}]}]}, True),
        ({"filters": [{"all": [{"exact": {"side": "buy"}}, {"prefix": {"symbol": "Z"}}]}]}, False),
        ({"filter": {"attributes": {"side": "buy"}}}, True),
        ({"filter": {"attributes": {"side": "sell"}}}, False),
        ({"filter": {"attributes": {"side": ""}}}, True),
        ({"filter": {"attributes": {"side": "sell"}}, "filters": []}, True),
    ],
)
def test_a_filter_looks_at_attributes(spec: dict[str, Any], matches: bool) -> None:
    assert trigger_filter(spec, "t")(EVENT) is matches


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"cesql": "type = 'x'"}, "cesql"),
        ({"exact": {"type": "a"}, "suffix": {"type": "b"}}, "one dialect per item"),
        ({"exact": {}}, "attributes and values"),
        ({"exact": {"Bad-Name": "x"}}, "name: text"),
        ({"exact": {"type": 5}}, "name: text"),
        ({"any": {"exact": {"type": "a"}}}, "list of filters"),
    ],
)
def test_what_the_webhook_refuses_is_refused(item: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError, match=expected):
        trigger_filter({"filters": [item]}, "trigger x")
